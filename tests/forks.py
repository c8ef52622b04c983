"""Runs of the installed program at a tenth of their cost: forks of a process that imported it.

A run is a process of its own, with its own arguments, folder, environment, streams and status, as
if the script had been started; only the interpreter's start and the imports happened before. What
is about just these (test_imports, and what goes through a shell or is interrupted) starts the
script itself.

The process that forks is single-threaded and has imported the package, and called nothing of it
but the compiler of templates, which keeps what it compiled.
It gets, for each run, a message with the streams, and answers with the child's id, then its
status. Who starts a run on the side gives a fourth stream, which is told both instead.
"""

from __future__ import annotations

import atexit
import fcntl
import gc
import importlib
import json
import os
import pkgutil
import resource
import select
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import threading
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import cache
from typing import TYPE_CHECKING, NoReturn

import taiga_notes
from taiga_notes.errors import TaigaNotesError
from tests.unprivileged import obey_modes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType

PATIENCE = 300
"""Seconds after which a run counts as one without end, on whatever machine."""

LARGEST = 1 << 17
"""Bytes of a message: arguments and environment."""

STREAMS = ("stdin", "stdout", "stderr")

LATER = ("frontmatter", "httpx", "jinja2", "watchdog.observers", "yaml")
"""What the package imports when it is needed, beside its own modules."""


APART = "taiga_notes.lsp"
"""What takes longer to import than all else; no run in a fork is a language server."""


@dataclass(frozen=True)
class Run:
    """What to run.

    Attributes:
        arguments: the program's name first.
        folder: where it is started.
        environment: all of it.
        memory: bytes of address space that it gets; 0 is any.
        obeys_modes: whether modes of files count although root runs it.
        at_terminal: whether its input is a terminal, which is to be that of a session of its own.
        impairment: what goes wrong, see `tests.cli.impaired`; empty for nothing.
    """

    arguments: Sequence[str]
    folder: str
    environment: Mapping[str, str]
    memory: int = 0
    obeys_modes: bool = False
    at_terminal: bool = False
    impairment: str = ""


def forked(run: Run, typed: str | None = None, *, together: bool = False) -> tuple[int, str, str]:
    """The status, output and errors of a run that was typed that much; it must end.

    Args:
        run: what to run.
        typed: its input.
        together: whether the errors stand in the output, as at a terminal.
    """
    with (
        tempfile.TemporaryFile() as given,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as err,
    ):
        given.write((typed or "").encode())
        given.seek(0)
        last = out if together else err
        status = _forks().run(run, [given.fileno(), out.fileno(), last.fileno()])
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


def started(run: Run, streams: Sequence[int]) -> Started:
    """A run on the side, with these streams."""
    told, teller = os.pipe()
    try:
        _forks().start(run, [*streams, teller])
    finally:
        os.close(teller)
    return Started(told)


class Started:
    """A run on the side, as `subprocess.Popen` would show it.

    Args:
        told: where its process id stands, and, once it ended, its status.
    """

    def __init__(self, told: int) -> None:
        self._told = os.fdopen(told, "rb", buffering=0)
        self.pid = int(self._told.readline())
        self._status: int | None = None

    def poll(self) -> int | None:
        """Its status, if it has ended."""
        with suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def wait(self, timeout: float) -> int:
        """Its status, as subprocess gives it; waits that many seconds."""
        if self._status is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(f"run {self.pid}", timeout)
            with self._told:
                self._status = int(self._told.readline())
        return self._status

    def send_signal(self, number: int) -> None:
        """Sends a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)


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

    def start(self, run: Run, streams: Sequence[int]) -> None:
        """Starts it on the side; the last stream is told what becomes of it."""
        with self._lock:
            socket.send_fds(self._ours, [json.dumps(asdict(run)).encode()], streams)

    def close(self) -> None:
        """Ends it."""
        self._ours.close()
        self._process.wait()


def serve(channel: socket.socket) -> Run:
    """Forks for each message; returns in the child, with what it is to run."""
    while True:
        message, streams, *_ = socket.recv_fds(channel, LARGEST, 4)
        if not message:
            sys.exit()
        run = Run(**json.loads(message))
        _bury()
        child = os.fork()
        if child == 0:
            channel.close()
            if len(streams) > len(STREAMS):
                _stand_by(streams)
            _become(run, streams[: len(STREAMS)])
            return run
        for stream in streams:
            os.close(stream)
        if len(streams) > len(STREAMS):
            continue
        channel.send(str(child).encode())
        _, status = os.waitpid(child, 0)
        channel.send(str(os.waitstatus_to_exitcode(status)).encode())


def _bury() -> None:
    """Lets go of those on the side that have ended."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass


def _stand_by(streams: Sequence[int]) -> None:
    """Forks once more, and returns in that child; stays its parent, who tells its id and status."""
    child = os.fork()
    if child == 0:
        os.close(streams[-1])
        return
    for stream in streams[:-1]:
        os.close(stream)
    os.write(streams[-1], f"{child}\n".encode())
    _, status = os.waitpid(child, 0)
    with suppress(BrokenPipeError):
        os.write(streams[-1], f"{os.waitstatus_to_exitcode(status)}\n".encode())
    os._exit(0)


def _become(run: Run, streams: Sequence[int]) -> None:
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
        os.close(stream)
        # Those that the interpreter opened at its start remember what they led to: a device.
        name = STREAMS[number]
        was = getattr(sys, name)
        again = os.fdopen(
            number,
            was.mode,
            1 if name == "stderr" else -1,
            encoding=was.encoding,
            errors=was.errors,
            closefd=False,
        )
        setattr(sys, name, again)
    if run.at_terminal:
        # getpass asks at /dev/tty, which is the session's terminal.
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    os.chdir(run.folder)
    os.environ.clear()
    os.environ.update(run.environment)
    time.tzset()
    sys.argv = [*run.arguments]
    if run.obeys_modes:
        obey_modes()
    if run.memory:
        resource.setrlimit(resource.RLIMIT_AS, (run.memory, run.memory))


def imported(package: ModuleType) -> None:
    """Imports all of a package but what is apart, and what it may come to need."""
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        if not found.name.endswith("__main__") and not found.name.startswith(APART):
            importlib.import_module(found.name)
    for name in LATER:
        importlib.import_module(name)


def _compiled() -> None:
    """Compiles the built-in templates: most runs use one, and `doctor` looks at them all."""
    from taiga_notes.render import Templates, builtin_folder  # noqa: PLC0415  (not of the tests)

    templates = Templates([builtin_folder()])
    for template in templates.names():
        with suppress(TaigaNotesError):
            templates.render(template.name, [])


def _end(status: int) -> NoReturn:
    """Ends as the interpreter does, which then takes down each module: five times a run's cost."""
    threading._shutdown()  # type: ignore[attr-defined]  # waits for the threads
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(status)


def main() -> NoReturn:
    """The process that forks, and each of its children."""
    from taiga_notes.cli import main as program  # noqa: PLC0415  (not of the tests)
    from tests.cli.impaired import impair  # noqa: PLC0415  (the same)

    imported(taiga_notes)
    _compiled()
    # The children share what they do not touch; the collector would touch everything.
    gc.collect()
    gc.freeze()
    # As it is for the script: this folder is none of its own.
    del sys.path[0]
    with socket.socket(fileno=int(sys.argv[1])) as channel:
        run = serve(channel)
    if run.impairment:
        impair(run.impairment)
    _end(program())


if __name__ == "__main__":
    main()
