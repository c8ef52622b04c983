"""What changes in a vault's files: by the system's events, or else by scanning."""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taiga_notes.system.files import place
from taiga_notes.system.folders import remote_kind
from taiga_notes.watch.file_events import FileEvents, UnwatchableError
from taiga_notes.watch.scan import FileKind, Scan, mark_of, scan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from taiga_notes.watch.inbox import Inbox, Messages
    from taiga_notes.watch.scan import Mark, WatchFilter

SHORTEST = 1.0
"""Seconds between two scans of the vault where its files can't be watched."""

# So scanning a vault that can't be watched takes some 4 % of the time, however large it is.
SHARE = 25
"""How many times as long as a scan takes it is waited until the next one."""

LOOK = 1.0
"""Seconds between two looks at what symlinks name: nobody watches the folders where that lies."""

SOMETIMES = 600.0
"""Seconds between two scans of the vault although it is watched: no system tells everything."""


@dataclass(frozen=True, slots=True)
class FileChange:
    """A file is another than it was.

    Attributes:
        name: its name in the vault.
        at: when that was seen, by the file watcher's clock.
        gone: whether it is there no more.
    """

    name: str
    at: float
    gone: bool = False


class FileWatcher:
    """Follows the files of a vault.

    Args:
        watch_filter: the vault, and what in it is watched.
        inbox: where the system's events go.
        poll: scan, even where the system could tell of changes.
        clock: a time that never goes back, in seconds.

    Attributes:
        polling: why files are scanned rather than watched; empty where they are watched.
        next_scan: when to scan the whole vault.
    """

    def __init__(
        self,
        watch_filter: WatchFilter,
        inbox: Inbox,
        *,
        poll: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.polling = ""
        self.next_scan = math.inf
        self._watch_filter = watch_filter
        self._inbox = inbox
        self._poll = poll
        self._clock = clock
        self._marks: dict[str, Mark] = {}
        self._links: set[str] = set()
        self._links_due = -math.inf
        self._events: FileEvents | None = None
        self._place: tuple[int, int] | None = None
        self._retry = math.inf
        self._pause = SHORTEST

    @property
    def gone(self) -> bool:
        """Whether the vault is not there, or no longer where it is being watched."""
        return self._place is None or _place(self._watch_filter.root) != self._place

    @property
    def next_look(self) -> float:
        """When to call `scan_if_due` again: for the whole vault, or for what its symlinks name."""
        return min(self.next_scan, self._links_due) if self._links else self.next_scan

    @property
    def pages(self) -> set[str]:
        """The pages that are there, whether they are to be kept true or not."""
        return {name for name in self._marks if self._watch_filter.kind(name) is FileKind.PAGE}

    def open(self) -> None:
        """Begins to watch, and takes all files that are there now for known."""
        # Watched first, then scanned: what changes in between is seen twice rather than never.
        self._begin()
        self._marks.update(self._scan().files)

    def reopen(self, watch_filter: WatchFilter) -> Iterator[FileChange]:
        """Begins to watch again; gives what changed meanwhile.

        Args:
            watch_filter: what is watched from now on.
        """
        self.close()
        self._watch_filter = watch_filter
        self._begin()
        yield from self._compare_all()

    def close(self) -> None:
        """Ends the watching; what is known of the files is kept."""
        self._end_events()
        self._place = None
        self.polling = ""
        self.next_scan = math.inf

    def know(self, name: str, mark: Mark) -> None:
        """Takes a file for known: what we wrote ourselves is no change."""
        self._marks[name] = mark

    def take(self, messages: Messages) -> Iterator[FileChange]:
        """Gives what changed, by what came into the inbox about files."""
        for name in messages.gone:
            yield from self._lose(name)
        for folder in messages.folders:
            yield from self._compare_below(folder)
        if messages.folders:
            # Where the system's limit is met with them, watchdog leaves them out and says nothing.
            self.next_scan = min(self.next_scan, self._clock() + self._pause)
        for name, at in messages.touched.items():
            path = self._watch_filter.path(name)
            if os.path.islink(path):
                self._links.add(name)
            yield from self._see(name, mark_of(path), at)
        if messages.lost:
            self.next_scan = self._clock()

    def scan_if_due(self) -> Iterator[FileChange]:
        """Gives what changed, by a scan if it is time for one, or if events would not be seen."""
        if self._clock() >= self.next_scan or not (self._events is None or self._events.alive):
            yield from self._compare_all()
        elif self._clock() >= self.next_look:
            yield from self._look_behind_links()

    def _begin(self) -> None:
        self._place = _place(self._watch_filter.root)
        self._pause = SHORTEST
        self._retry = math.inf
        self.polling = _reason(self._watch_filter.root, poll=self._poll)
        if not self.polling:
            self._begin_events()

    def _begin_events(self) -> None:
        try:
            self._events = FileEvents(self._watch_filter, self._inbox).__enter__()
            self.polling = ""
        except UnwatchableError as error:
            self.polling = str(error)
            self._retry = self._clock() + SOMETIMES

    def _end_events(self) -> None:
        if self._events is not None:
            self._events.__exit__()
            self._events = None

    def _scan(self) -> Scan:
        """Scans the whole vault, and makes sure that all of it is being watched."""
        begun = self._clock()
        found = scan(self._watch_filter)
        self._pause = max(SHORTEST, SHARE * (self._clock() - begun))
        refused = self._events is None and begun >= self._retry
        if refused or (self._events is not None and not self._events.covers(found)):
            self._end_events()
            self._begin_events()
            # Once more: of what changed before the new watch began nobody tells.
            found = scan(self._watch_filter)
        self._links = found.links
        now = self._clock()
        self._links_due = now + LOOK
        self.next_scan = now + (self._pause if self.polling else SOMETIMES)
        return found

    def _look_behind_links(self) -> Iterator[FileChange]:
        """Who writes through a symlink, or to the file itself, causes no event at the page's name.

        Without this look a page that was empty for a moment would be left alone from then on.
        """
        begun = self._clock()
        for name in sorted(self._links):
            yield from self._see(name, mark_of(self._watch_filter.path(name)), begun)
        now = self._clock()
        self._links_due = now + max(LOOK, SHARE * (now - begun))

    def _compare_all(self) -> Iterator[FileChange]:
        found = self._scan()
        for name in [known for known in self._marks if known not in found.files]:
            yield from self._lose(name)
        yield from self._compare(found.files)

    def _compare_below(self, folder: str) -> Iterator[FileChange]:
        found = scan(self._watch_filter, folder)
        self._links |= found.links
        yield from self._compare(found.files)

    def _compare(self, files: dict[str, Mark]) -> Iterator[FileChange]:
        now = self._clock()
        for name, mark in files.items():
            yield from self._see(name, mark, now)

    def _see(self, name: str, mark: Mark | None, at: float) -> Iterator[FileChange]:
        if mark is None:
            yield from self._lose(name)
        elif self._marks.get(name) != mark:
            self._marks[name] = mark
            yield FileChange(name, at)

    def _lose(self, name: str) -> Iterator[FileChange]:
        """A file or folder is said to be gone; it may have come back, as it is when vim saves."""
        path = self._watch_filter.path(name)
        if os.path.isdir(path):
            yield from self._compare_below(name)
        elif mark := mark_of(path):
            yield from self._see(name, mark, self._clock())
        else:
            for known in self._known_at(name):
                del self._marks[known]
                yield FileChange(known, self._clock(), gone=True)

    def _known_at(self, name: str) -> Iterable[str]:
        """The files that are known by that name, or in the folder of that name."""
        if name in self._marks:
            return [name]
        return [known for known in self._marks if known.startswith(f"{name}/")]


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
