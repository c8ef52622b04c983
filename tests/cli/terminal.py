"""A terminal with somebody at it: the program's own, so that it may ask and draw."""

from __future__ import annotations

import fcntl
import os
import select
import signal
import subprocess
import termios
import time
from typing import TYPE_CHECKING, Self

from tests.cli.program import PROGRAM
from tests.forks import Run, started

if TYPE_CHECKING:
    from types import TracebackType

    from tests.cli.program import Program
    from tests.forks import Started

PATIENCE = 180.0
"""Seconds; nothing here takes a tenth of that on an idle machine."""


class Terminal:
    """Runs the program at a terminal.

    Args:
        program: its home, folder and environment.
        arguments: what is typed behind `taiga-notes`.
        script: whether the installed script is started, not a fork of what it would become.

    Attributes:
        shown: all that the screen has shown.
    """

    def __init__(self, program: Program, *arguments: str, script: bool = False) -> None:
        self.shown = ""
        self._script = script
        self._program = program
        self._arguments = arguments

    def __enter__(self) -> Self:
        self._near, far = os.openpty()
        self.process = self._started(far)
        os.close(far)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(PATIENCE)
        os.close(self._near)

    def _started(self, terminal: int) -> subprocess.Popen[bytes] | Started:
        command, where = [str(PROGRAM), *self._arguments], str(self._program.folder)
        environment = {**self._program.environment(), "TERM": "xterm"}
        if not self._script:
            return started(Run(command, where, environment, at_terminal=True), [terminal] * 3)
        return subprocess.Popen(
            command,
            cwd=where,
            env=environment,
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            start_new_session=True,
            # getpass asks at /dev/tty, which is the session's terminal.
            preexec_fn=_take_terminal,  # noqa: PLW1509  (one system call, and no locks)
        )

    def until(self, text: str) -> None:
        """Waits for the screen to show that."""
        end = time.monotonic() + PATIENCE
        while text not in self.shown:
            assert time.monotonic() < end, f"{text!r} was never shown: {self.shown!r}"
            assert self._read() or text in self.shown, f"{text!r} was not shown: {self.shown!r}"

    def type(self, keys: str) -> None:
        """Types, without a return key unless it is given."""
        os.write(self._near, keys.encode())

    def interrupt(self) -> None:
        """Sends what Ctrl-C sends to everything that runs at a terminal."""
        os.killpg(self.process.pid, signal.SIGINT)

    def end(self) -> int:
        """Waits for the program's end; its status."""
        while self._read():
            pass
        assert "Traceback" not in self.shown, self.shown
        return self.process.wait(PATIENCE)

    def _read(self) -> bool:
        """Takes in what is shown next; False at the end."""
        ready, _, _ = select.select([self._near], [], [], PATIENCE)
        assert ready, f"nothing more is shown after {self.shown!r}"
        try:
            data = os.read(self._near, 65536)
        except OSError:
            # Linux says so where other systems give nothing.
            return False
        self.shown += data.decode("utf-8", "replace")
        return bool(data)


def _take_terminal() -> None:
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
