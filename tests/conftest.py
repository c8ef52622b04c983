"""What holds for all tests."""

from __future__ import annotations

import fcntl
import gc
import os
import re
import signal
import sys
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.programs import cache_folder
from tests.thin import FULL

if TYPE_CHECKING:
    from collections.abc import Generator

QUICK, USUAL, MANY = 6, 40, 200
"""Examples of a property: in the quick tests, in all of them, and where everything is tried."""

MARKED = re.compile(r"^pytestmark = pytest\.mark\.(\w+)$", re.MULTILINE)
"""How all tests of a module are marked."""

MEMORY = "/dev/shm"  # noqa: S108  (folders in it are made by tempfile and pytest)
"""Where Linux has a file system in memory."""

ENOUGH = 2 << 30
"""Bytes: several times of what all tests write."""

if sys.dont_write_bytecode:
    # Else every process of every run compiles all tests anew, which is a quarter of the quick
    # ones' time. What is compiled is kept away from the sources, as was asked.
    sys.pycache_prefix = str(cache_folder() / "pycache")
    sys.dont_write_bytecode = False


def pytest_configure(config: pytest.Config) -> None:
    """Sets what does not depend on the machine, nor on how the tests were started."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # So a shell without job control starts what is in the background. The tests' programs
        # would inherit it, and none of them would heed Ctrl-C.
        signal.signal(signal.SIGINT, signal.default_int_handler)

    _write_to_memory()

    # Collecting finds little but thousands of tests, which last: see below.
    gc.disable()

    from hypothesis import HealthCheck, settings  # noqa: PLC0415  (it is compiled as said above)

    # How long an example takes says how busy the machine is: nothing here is judged by it.
    usual = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
    few = QUICK if "not slow" in config.option.markexpr else USUAL
    settings.register_profile("tests", usual, max_examples=MANY if FULL else few)
    settings.load_profile("tests")
    if not FULL:
        _draw_no_constants_of_the_package()


def _write_to_memory() -> None:
    """Has temporary files in memory, if there is such a place: the product waits for the disk
    whenever it writes, which is most of the tests' time. Who names a `TMPDIR` gets that."""
    if "TMPDIR" in os.environ or not os.access(MEMORY, os.R_OK | os.W_OK | os.X_OK):
        return
    about = os.statvfs(MEMORY)
    if about.f_bavail * about.f_frsize >= ENOUGH:
        os.environ["TMPDIR"] = MEMORY
        tempfile.tempdir = None


def _draw_no_constants_of_the_package() -> None:
    """Hypothesis reads all modules, seconds long, to try what stands in them now and then: with
    few examples it hardly ever does."""
    try:
        from hypothesis.internal.conjecture import providers  # noqa: PLC0415  (as above)
    except ImportError:
        # Older versions draw none, and newer ones may have it elsewhere: only time is lost then.
        return
    if hasattr(providers, "_get_local_constants") and hasattr(providers, "_local_constants"):
        nothing = providers._local_constants
        providers._get_local_constants = lambda: nothing


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Generator[None, object, object]:
    """Where anything has to be compiled, one process does it, and the others wait: for two, that
    is a tenth of the quick tests' time."""
    root = Path(__file__).parents[1]
    sources = (path for part in ("taiga_notes", "tests") for path in (root / part).rglob("*.py"))
    newest = str(max(path.stat().st_mtime_ns for path in sources))
    compiled = cache_folder() / f"compiled-{sha256(bytes(root)).hexdigest()[:12]}"
    collects = not session.config.pluginmanager.hasplugin("dsession")
    if not collects or (compiled.is_file() and compiled.read_text() == newest):
        return (yield)
    compiled.parent.mkdir(parents=True, exist_ok=True)
    with compiled.open("a+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        if compiled.read_text() == newest:
            fcntl.flock(file, fcntl.LOCK_UN)
            return (yield)
        result = yield
        compiled.write_text(newest)
        return result


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Does not even import what is left out as a whole: a fifth of the quick tests' start."""
    left_out = re.findall(r"\bnot (\w+)", config.option.markexpr)
    named = any(".py" in argument for argument in config.args)
    if not left_out or named or collection_path.suffix != ".py":
        return None
    marked = MARKED.search(collection_path.read_text(encoding="utf-8"))
    return True if marked and marked[1] in left_out else None


def pytest_collection_finish() -> None:
    """Spares the collector thousands of tests, which last as long as the process, and all that it
    forks."""
    gc.freeze()
    # What a test leaves behind is mostly no rubbish of circles: looked for a tenth as often.
    gc.set_threshold(7_000, 10, 10)
    gc.enable()
