"""How far a run is: a line on a terminal, once it takes longer than a second."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

PATIENCE, REFRESH = 1.0, 0.2
"""Seconds before the line shows, and between two of its states."""


class Line:
    """Tells from a thread of its own: while Taiga is asked for a long list, nobody else would.

    Args:
        what: the plural of what is counted.
        stream: the terminal.

    Attributes:
        count: how many are done.
    """

    def __init__(self, what: str, stream: TextIO) -> None:
        from threading import Event, Lock, Thread  # noqa: PLC0415  (for terminals only)

        self.count = 0
        self._what = what
        self._stream = stream
        self._started = time.monotonic()
        self._guard = Lock()
        self._ended = Event()
        self._shown = False
        Thread(target=self._run, name="progress", daemon=True).start()

    @contextmanager
    def aside(self) -> Iterator[None]:
        """While in this context, something else may be printed: the line is away meanwhile."""
        with self._guard:
            self._erase()
            yield

    def end(self) -> None:
        """There is nothing more to come."""
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
