"""Runs of the installed program at a tenth of their cost: forks of a process that imported it.

A run is a process of its own, with its own arguments, folder, environment, streams and status, as
if the script had been started; only the interpreter's start and the imports happened before. What
is about just these (test_imports, and whatever goes through a shell, a terminal or a signal)
starts the script itself.

The process that forks is single-threaded and has imported the package, and called nothing of it.
It gets, for each run, a message with the streams, and answers with the child's id, then its
status.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import pkgutil
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, NoReturn

import taiga_notes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType

PATIENCE = 300
"""Seconds after which a run counts as one without end, on whatever machine."""

LARGEST = 1 << 17
"""Bytes of a message: arguments and environment."""

LATER = ("frontmatter", "httpx", "jinja2", "watchdog.observers", "yaml")
"""What the package imports when it is needed, beside its own modules."""


@dataclass(frozen=True)
class Run:
    """What to run.

    Attributes:
        arguments: the program's name first.
        folder: where it is started.
        environment: all of it.
        memory: bytes of address space that it gets; 0 is any.
    """

    arguments: Sequence[str]
    folder: str
    environment: Mapping[str, str]
    memory: int = 0


def forked(run: Run, typed: str | None = None) -> tuple[int, str, str]:
    """The status, output and errors of a run that was typed that much; it must end."""
    with (
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        given.write((typed or "").encode())
        given.seek(0)
        status = _forks().run(run, [given.fileno(), out.fileno(), err.fileno()])
        out.seek(0)
        err.seek(0)
        return status, _text(out.read()), _text(err.read())


def _text(output: bytes) -> str:
    """As text mode reads it."""
    return output.decode().replace("\r\n", "\n")


@cache
def _forks() -> Forks:
    forks = Forks()
    atexit.register(forks.close)
    return forks


class Forks:
    """The process that forks, seen from the tests."""

    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._ours.settimeout(PATIENCE)
        self._lock = threading.Lock()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.forks", str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env={"PYTHONUTF8": "1", "PATH": os.environ.get("PATH", os.defpath)},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )

    def run(self, run: Run, streams: Sequence[int]) -> int:
        """The status, as subprocess gives it."""
        with self._lock:
            socket.send_fds(self._ours, [json.dumps(asdict(run)).encode()], streams)
            child = int(self._ours.recv(LARGEST))
            try:
                return int(self._ours.recv(LARGEST))
            except TimeoutError:
                os.kill(child, signal.SIGKILL)
                self._ours.recv(LARGEST)
                raise

    def close(self) -> None:
        """Ends it."""
        self._ours.close()
        self._process.wait()


def serve(channel: socket.socket) -> Run:
    """Forks for each message; returns in the child, with what it is to run."""
    while True:
        message, streams, *_ = socket.recv_fds(channel, LARGEST, 3)
        if not message:
            sys.exit()
        run = Run(**json.loads(message))
        child = os.fork()
        if child == 0:
            _become(run, streams)
            channel.close()
            return run
        for stream in streams:
            os.close(stream)
        channel.send(str(child).encode())
        _, status = os.waitpid(child, 0)
        channel.send(str(os.waitstatus_to_exitcode(status)).encode())


def _become(run: Run, streams: Sequence[int]) -> None:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
    os.chdir(run.folder)
    os.environ.clear()
    os.environ.update(run.environment)
    time.tzset()
    sys.argv = [*run.arguments]
    if run.memory:
        resource.setrlimit(resource.RLIMIT_AS, (run.memory, run.memory))


def imported(package: ModuleType) -> None:
    """Imports all of a package, and what it may come to need."""
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
    for name in LATER:
        importlib.import_module(name)


def main() -> NoReturn:
    """The process that forks, and each of its children."""
    from taiga_notes.cli import main as program  # noqa: PLC0415  (not of the tests)

    imported(taiga_notes)
    # The children share what they do not touch; the collector would touch everything.
    gc.collect()
    gc.freeze()
    # As it is for the script: this folder is none of its own.
    del sys.path[0]
    with socket.socket(fileno=int(sys.argv[1])) as channel:
        serve(channel)
    sys.exit(program())


if __name__ == "__main__":
    main()
