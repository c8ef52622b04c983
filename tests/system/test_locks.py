"""Who else has a page open for writing, as the system tells; real processes, real signals."""

from __future__ import annotations

import errno
import fcntl
import json
import mmap
import os
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import IO, TYPE_CHECKING

import pytest

from taiga_notes.system import locks
from taiga_notes.system.files import contents
from taiga_notes.system.locks import (
    HeldError,
    Lease,
    alone,
    demand_free,
    give_back,
    holders,
    unknown,
)
from tests.pages import failing
from tests.unprivileged import unprivileged

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def page(tmp_path: Path) -> Path:
    page = tmp_path / "a.md"
    page.write_text("what it holds\n")
    return page


def mapped(page: Path) -> mmap.mmap:
    with page.open("r+b") as file:
        return mmap.mmap(file.fileno(), 0)


def piped(page: Path) -> subprocess.Popen[bytes]:
    tee = subprocess.Popen(["tee", "-a", page], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert tee.stdin is not None
    assert tee.stdout is not None
    tee.stdin.write(b"!")
    tee.stdin.flush()
    tee.stdout.read(1)
    return tee


def left_to_a_child(page: Path) -> AbstractContextManager[object]:
    with page.open("a") as file:
        return subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=file)


WAYS: dict[str, Callable[[Path], AbstractContextManager[object]]] = {
    "append": lambda page: page.open("a"),
    "anew": lambda page: page.open("w"),
    "read and write": lambda page: page.open("r+"),
    "mapped into memory": mapped,
    "tee -a": piped,
    "left to a child": left_to_a_child,
    "by another name": lambda page: _linked(page).open("a"),
}


def _linked(page: Path) -> Path:
    other = page.with_name("other")
    other.hardlink_to(page)
    return other


@pytest.mark.parametrize("way", WAYS)
def test_whoever_has_a_page_open_for_writing_is_seen(page: Path, way: str) -> None:
    with ExitStack() as closing_it:
        opened = closing_it.enter_context(WAYS[way](page))
        with pytest.raises(HeldError):
            demand_free(str(page))
        if isinstance(opened, subprocess.Popen):
            assert opened.stdin is not None
            opened.stdin.close()
            opened.wait()
    demand_free(str(page))


def reader(page: Path) -> IO[bytes]:
    return page.open("rb")


def reading_map(page: Path) -> mmap.mmap:
    with page.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)


def neighbour(page: Path) -> IO[bytes]:
    """As our own new file is, beside the page."""
    return page.with_name("neighbour").open("wb")


@pytest.mark.parametrize("way", [reader, reading_map, neighbour])
def test_nobody_else_counts(
    page: Path, way: Callable[[Path], AbstractContextManager[object]]
) -> None:
    with way(page), Lease(str(page)) as lease:
        assert lease.unknown == ""
        assert not lease.wanted
        assert contents(str(page))[0] == b"what it holds\n"
        with Lease(str(page)):
            pass


@pytest.mark.parametrize("mode", ["a", "w", "r+"])
def test_who_opens_a_page_meanwhile_waits_and_is_seen(page: Path, mode: str) -> None:
    def write() -> None:
        with page.open(mode) as file:
            file.write("theirs")

    thread = threading.Thread(target=write)
    with Lease(str(page)) as lease:
        thread.start()
        _until(lambda: lease.wanted)
        # Not even emptied yet, as by `open("w")`.
        assert page.read_text() == "what it holds\n"
    thread.join()
    assert "theirs" in page.read_text()
    demand_free(str(page))


def test_who_empties_a_page_by_its_name_waits_as_well(page: Path) -> None:
    thread = threading.Thread(target=os.truncate, args=(page, 0))
    with Lease(str(page)) as lease:
        thread.start()
        _until(lambda: lease.wanted)
        assert page.read_text() == "what it holds\n"
    thread.join()
    assert page.read_text() == ""


def _until(is_so: Callable[[], bool]) -> None:
    while not is_so():
        time.sleep(0.001)


def test_a_process_forked_meanwhile_does_not_keep_the_lease(page: Path) -> None:
    over, end = os.pipe()
    with Lease(str(page)):
        child = os.fork()
        if child == 0:
            os.close(end)
            os.read(over, 1)
            os._exit(0)
    # Were it kept, this would wait for 45 seconds, and the one after as well.
    begun = time.monotonic()
    page.write_text("theirs")
    assert time.monotonic() - begun < 30
    os.close(end)
    os.close(over)
    os.waitpid(child, 0)


MEETING = """
import json, signal, sys, threading
from taiga_notes.system.locks import Lease

MODE, PAGE, TIMES = sys.argv[1], sys.argv[2], int(sys.argv[3])
taken = []
if MODE == "handlers of its own":
    signal.signal(signal.SIGIO, lambda *_: taken.append("SIGIO"))
    signal.signal(signal.SIGURG, lambda *_: taken.append("SIGURG"))
if MODE == "all signals blocked":
    signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
before = [(each, signal.getsignal(each)) for each in signal.valid_signals()]

def meet():
    for _ in range(TIMES):
        with Lease(PAGE) as lease:
            print("leased", flush=True)
            while not lease.wanted:
                pass
        sys.stdin.readline()

if MODE == "a thread":
    thread = threading.Thread(target=meet)
    thread.start()
    thread.join()
else:
    meet()
assert before == [(each, signal.getsignal(each)) for each in signal.valid_signals()]
print(json.dumps(taken))
"""


@pytest.mark.parametrize(
    ("mode", "times"),
    [
        ("the usual", 1000),
        ("a thread", 50),
        ("handlers of its own", 50),
        ("all signals blocked", 50),
    ],
)
def test_a_page_opened_between_lease_and_release_ends_nobody(
    page: Path, mode: str, times: int
) -> None:
    command = [sys.executable, "-c", MEETING, mode, str(page), str(times)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=REPOSITORY) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in range(times):
            assert process.stdout.readline() == "leased\n", number
            with page.open("a") as file:
                file.write(f"{number}\n")
            process.stdin.write("\n")
            process.stdin.flush()
        taken = json.loads(process.stdout.read())
    assert process.returncode == 0
    assert page.read_text().splitlines()[1:] == [str(number) for number in range(times)]
    assert set(taken) == ({"SIGURG"} if mode == "handlers of its own" else set())


def test_a_signal_too_many_does_not_become_the_one_that_ends_a_process(page: Path) -> None:
    """Where a user may have no signal pending, a real-time signal would turn into SIGIO."""
    limited = "import resource; resource.setrlimit(resource.RLIMIT_SIGPENDING, (0, 0))\n"
    command = [sys.executable, "-c", limited + MEETING, "the usual", str(page), "20"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, cwd=REPOSITORY) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for _ in range(20):
            assert process.stdout.readline() == "leased\n"
            page.open("a").close()
            process.stdin.write("\n")
            process.stdin.flush()
        process.stdout.read()
    assert process.returncode == 0


# What can't be known


def test_of_another_user_s_page_nothing_is_known() -> None:
    with unprivileged():
        assert unknown("/etc/passwd") == "it belongs to another user"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (errno.EINVAL, "its file system has no leases"),
        (errno.EACCES, "it belongs to another user"),
        (errno.ENOSYS, os.strerror(errno.ENOSYS)),
    ],
)
def test_where_a_lease_is_refused_nothing_is_known(
    page: Path, monkeypatch: pytest.MonkeyPatch, code: int, reason: str
) -> None:
    monkeypatch.setattr(fcntl, "fcntl", failing(code))
    with page.open("a"), Lease(str(page)) as lease:
        assert reason in lease.unknown
        assert not lease.wanted
    assert reason in unknown(str(page))


@pytest.mark.parametrize("kind", ["nfs4", "cifs"])
def test_what_a_server_does_not_promise_is_not_taken_for_somebody_who_writes(
    page: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(locks, "remote_kind", lambda _folder: kind)
    monkeypatch.setattr(fcntl, "fcntl", failing(errno.EAGAIN))
    demand_free(str(page))
    assert unknown(str(page)) == f"{kind} does not tell"


def test_a_page_that_is_held_open_is_no_unknown_one(page: Path) -> None:
    with page.open("a"):
        assert unknown(str(page)) == ""


# Alone


def test_alone_all_others_wait_and_with_a_reader_nobody_is(page: Path) -> None:
    descriptor = os.open(page, os.O_RDWR)
    with page.open():
        assert not alone(descriptor)
    assert alone(descriptor)
    read: list[bytes] = []
    thread = threading.Thread(target=lambda: read.append(contents(str(page))[0]))
    thread.start()
    time.sleep(0.05)
    assert read == []
    os.write(descriptor, b"ours")
    give_back(descriptor)
    thread.join()
    os.close(descriptor)
    assert read == [b"ours it holds\n"]


# Who it is


def test_those_who_have_a_page_open_are_named(page: Path) -> None:
    with piped(page) as tee, page.open():
        assert holders(str(page)) == f"process {tee.pid} (tee)"
        with page.open("a"):
            both = sorted([(tee.pid, "tee"), (os.getpid(), Path("/proc/self/comm").read_text())])
            told = ", ".join(f"process {pid} ({name.strip()})" for pid, name in both)
            assert holders(str(page)) == told
        assert tee.stdin is not None
        with closing(tee.stdin):
            pass
    assert holders(str(page)) == ""


def test_where_processes_are_not_shown_nobody_is_named(page: Path, tmp_path: Path) -> None:
    with page.open("a"):
        assert holders(str(page), str(tmp_path / "none")) == ""
    assert holders(str(tmp_path / "gone.md")) == ""


def test_a_process_that_ends_meanwhile_is_no_trouble(page: Path, tmp_path: Path) -> None:
    descriptors = tmp_path / "7/fd"
    descriptors.mkdir(parents=True)
    (descriptors / "3").symlink_to(page)
    assert holders(str(page), str(tmp_path)) == ""
    (tmp_path / "7/fdinfo").mkdir()
    (tmp_path / "7/fdinfo/3").write_text("pos:\t0\nflags:\t0100001\n")
    assert holders(str(page), str(tmp_path)) == "process 7"
