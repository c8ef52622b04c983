"""How far a run is: a line on a terminal, once it takes longer than a second."""

from __future__ import annotations

import os
import sys
import time
from contextlib import AbstractContextManager, contextmanager, nullcontext

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

PATIENCE, REFRESH = 1.0, 0.2
"""Seconds before the line shows, and between two of its states."""


class Progress:
    """Counts, and tells nobody: what there is to tell goes to no terminal.

    Attributes:
        count: how many are done.
    """

    def __init__(self) -> None:
        self.count = 0

    def aside(self) -> AbstractContextManager[None]:
        """While in this context, something else may be printed."""
        return nullcontext()

    def end(self) -> None:
        """There is nothing more to come."""


class Line(Progress):
    """Tells from a thread of its own: while Taiga is asked for a long list, nobody else would.

    Args:
        what: the plural of what is counted.
        stream: the terminal.
    """

    def __init__(self, what: str, stream: TextIO) -> None:
        from threading import Event, Lock, Thread  # noqa: PLC0415  (for terminals only)

        super().__init__()
        self._what = what
        self._stream = stream
        self._started = time.monotonic()
        self._guard = Lock()
        self._ended = Event()
        self._shown = False
        Thread(target=self._run, name="progress", daemon=True).start()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """See `Progress.aside`: the line is away meanwhile."""
        with self._guard:
            self._erase()
            yield

    def end(self) -> None:
        """See `Progress.end`."""
        self._ended.set()
        with self._guard:
            self._erase()

    def _run(self) -> None:
        pause = PATIENCE
        while not self._ended.wait(pause):
            pause = REFRESH
            with self._guard:
                self._draw()

    def _draw(self) -> None:
        # Looked at once more: the end may have come while the guard was waited for.
        if not self._ended.is_set():
            seconds = time.monotonic() - self._started
            self._show(f"\r{self.count} {self._what}, {seconds:.0f} s …\x1b[K")
            self._shown = True

    def _erase(self) -> None:
        if self._shown:
            self._show("\r\x1b[K")
            self._shown = False

    def _show(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError:
            # The terminal was closed; the pages are to be finished all the same.
            self._ended.set()


def progress(what: str) -> Progress:
    """Progress on standard error.

    Args:
        what: the plural of what is counted.
    """
    can_draw = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
    return Line(what, sys.stderr) if can_draw else Progress()
