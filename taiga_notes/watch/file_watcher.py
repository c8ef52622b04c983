"""How the worker sees what happens to files: by the system's events, or else by looking."""

from __future__ import annotations

import math
import os
import time
from typing import TYPE_CHECKING

from taiga_notes.system.files import place
from taiga_notes.system.mounts import remote_kind
from taiga_notes.watch.scan import Scan, scan

if TYPE_CHECKING:
    from collections.abc import Callable

    from taiga_notes.watch.file_events import FileEvents
    from taiga_notes.watch.inbox import Inbox
    from taiga_notes.watch.watch_filter import WatchFilter

SHORTEST = 1.0
"""Seconds between two looks at the vault where its files can't be watched."""

SHARE = 25
"""How many times as long as a look takes it is waited until the next one."""

SOMETIMES = 600.0
"""Seconds between two looks at the vault although it is watched: no system tells everything."""


class FileWatcher:
    """The files of one vault, as they change.

    Args:
        interest: the vault, and what is of interest in it.
        flags: raised by the system's events.
        poll: look, even where the system could tell.
        clock: a time that never goes back, in seconds.

    Attributes:
        blind: why the files can't be watched and are looked at; empty where they are watched.
        next_look: when to look at the whole vault.
    """

    def __init__(
        self,
        interest: WatchFilter,
        flags: Inbox,
        *,
        poll: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.interest = interest
        self.blind = _reason(interest.root, poll=poll)
        self.next_look = math.inf
        self._retry = math.inf
        self._flags = flags
        self._clock = clock
        self._events: FileEvents | None = None
        self._pause = SHORTEST
        self._place = _place(interest.root)
        if not self.blind:
            self._open()

    def look(self) -> Scan:
        """Looks at the whole vault, and makes sure that all of it is being watched."""
        begun = self._clock()
        found = scan(self.interest)
        self._pause = max(SHORTEST, SHARE * (self._clock() - begun))
        refused = self._events is None and begun >= self._retry
        if refused or (self._events is not None and not self._events.covers(found)):
            self.close()
            self._open()
            found = scan(self.interest)
        self.next_look = self._clock() + (self._pause if self.blind else SOMETIMES)
        return found

    def look_soon(self) -> None:
        """Looks at the whole vault as soon as polling would.

        Folders came: where the system's limit is met with them, watchdog leaves them out and says
        nothing.
        """
        self.next_look = min(self.next_look, self._clock() + self._pause)

    @property
    def alive(self) -> bool:
        """Whether events would still be seen."""
        return self._events is None or self._events.alive

    @property
    def moved(self) -> bool:
        """Whether the vault's folder is not the one any more that is being watched."""
        return self._place is None or _place(self.interest.root) != self._place

    def close(self) -> None:
        """Ends the watching."""
        if self._events is not None:
            self._events.__exit__(None, None, None)
            self._events = None

    def _open(self) -> None:
        from taiga_notes.watch.file_events import FileEvents, UnwatchableError  # noqa: PLC0415

        try:
            self._events = FileEvents(self.interest, self._flags).__enter__()
            self.blind = ""
        except UnwatchableError as error:
            self.blind = str(error)
            self._retry = self._clock() + SOMETIMES


def _reason(root: str, *, poll: bool) -> str:
    """Why watching would be of no use; empty where it is."""
    if poll:
        return "as you asked"
    kind = remote_kind(root)
    return f"{kind} does not tell of changes made elsewhere" if kind else ""


def _place(root: str) -> tuple[int, int] | None:
    """What the folder is known by; None where there is none."""
    try:
        status = os.stat(root)
    except OSError:
        return None
    return place(status)
