"""Files: from the flags that they raise, and from looking, to what the agenda has to know."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from taiga_notes.watch.file_watcher import FileWatcher
from taiga_notes.watch.scan import mark_of, scan
from taiga_notes.watch.watch_filter import FileKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from taiga_notes.watch.inbox import Inbox, Raised
    from taiga_notes.watch.page_states import PageStates
    from taiga_notes.watch.scan import Mark
    from taiga_notes.watch.schedule import Schedule
    from taiga_notes.watch.watch_filter import WatchFilter


class FileChanges:
    """Follows the files of a vault.

    Args:
        interest: the vault, and what is of interest in it.
        flags: raised by the system's events.
        pages: gets to know each file as it is.
        agenda: gets to know each file that changed.
        keeps: whether a page is to be kept true; of others nothing is told.
        poll: look at files, even where the system could tell of them.
        clock: a time that never goes back, in seconds.
    """

    def __init__(
        self,
        interest: WatchFilter,
        flags: Inbox,
        pages: PageStates,
        agenda: Schedule,
        keeps: Callable[[str], bool],
        *,
        poll: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._interest = interest
        self._flags = flags
        self._pages = pages
        self._agenda = agenda
        self._keeps = keeps
        self._poll = poll
        self._clock = clock
        self._sight: FileWatcher | None = None

    @property
    def polling(self) -> str:
        """Why files are looked at rather than watched; empty where they are watched."""
        return self._sight.blind if self._sight else ""

    @property
    def gone(self) -> bool:
        """Whether the vault is not there, or no longer where it is being watched."""
        return self._sight is None or self._sight.moved

    @property
    def next_look(self) -> float:
        """When to look at the whole vault."""
        return self._sight.next_look if self._sight else float("inf")

    def open(self) -> None:
        """Begins to watch, and takes all files that are there now for known."""
        self._sight = FileWatcher(self._interest, self._flags, poll=self._poll, clock=self._clock)
        self._pages.marks.update(self._sight.look().files)

    def reopen(self) -> None:
        """Begins to watch again; what changed meanwhile is due."""
        self._sight = FileWatcher(self._interest, self._flags, poll=self._poll, clock=self._clock)
        self._look(self._sight)

    def close(self) -> None:
        """Ends the watching."""
        if self._sight is not None:
            self._sight.close()
            self._sight = None

    def take(self, raised: Raised) -> None:
        """Sees to the flags that files have raised."""
        for name in raised.gone:
            self._lose(name)
        for folder in raised.folders:
            self._compare(scan(self._interest, folder).files)
        if raised.folders and self._sight:
            self._sight.look_soon()
        for name, at in raised.touched.items():
            self._see(name, mark_of(self._interest.path(name)), at)
        if raised.lost and self._sight:
            self._sight.next_look = self._clock()

    def look_if_due(self) -> None:
        """Looks at the whole vault, if it is time to, or if events would not be seen."""
        sight = self._sight
        if sight and (self._clock() >= sight.next_look or not sight.alive):
            self._look(sight)

    def _look(self, sight: FileWatcher) -> None:
        found = sight.look()
        for name in [known for known in self._pages.marks if known not in found.files]:
            self._lose(name)
        self._compare(found.files)

    def _compare(self, files: dict[str, Mark]) -> None:
        now = self._clock()
        for name, mark in files.items():
            self._see(name, mark, now)

    def _see(self, name: str, mark: Mark | None, at: float) -> None:
        if mark is None:
            self._lose(name)
        elif self._pages.notice(name, mark) and self._is_ours(name):
            self._agenda.touch(name, at)

    def _is_ours(self, name: str) -> bool:
        return self._interest.kind(name) is not FileKind.PAGE or self._keeps(name)

    def _lose(self, name: str) -> None:
        """A file or folder is said to be gone; it may have come back, as it is when vim saves."""
        path = self._interest.path(name)
        if os.path.isdir(path):
            self._compare(scan(self._interest, name).files)
        elif mark := mark_of(path):
            self._see(name, mark, self._clock())
        else:
            self._forget(name)

    def _forget(self, name: str) -> None:
        for known in self._pages.forget(name):
            if self._interest.kind(known) is FileKind.PAGE:
                self._agenda.drop(known)
            else:
                # Without that file the pages may be others.
                self._agenda.touch(known, self._clock())
