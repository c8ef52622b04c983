"""The system's own word that a file changed: the only user of watchdog.

Import this module only to watch: watchdog costs more than a whole render.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
import warnings
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from watchdog.events import (
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileClosedEvent,
    FileCreatedEvent,
    FileDeletedEvent,
    FileModifiedEvent,
    FileMovedEvent,
    FileSystemEvent,
    FileSystemEventHandler,
)

from taiga_notes.watch.scan import scan

if TYPE_CHECKING:
    from watchdog.observers.api import BaseObserver, ObservedWatch

    from taiga_notes.watch.inbox import Inbox
    from taiga_notes.watch.scan import Scan, WatchFilter


INOTIFY = sys.platform == "linux"

MOST_WATCHES = 64
"""Each of watchdog's watches is a thread."""

STOPPING = 0.6
"""Seconds for watchdog's threads to end: it holds half of a move back for 0.5."""

FILTER: list[type[FileSystemEvent]] = [
    DirCreatedEvent,
    DirDeletedEvent,
    DirMovedEvent,
    FileDeletedEvent,
    FileMovedEvent,
    # A file is read when it is closed, not while it is being written; where the system does not
    # tell that, the quiet time has to do. All else is kept out of inotify's queue: with watchdog's
    # usual mask its own walk over 10,000 folders fills it.
    *([FileClosedEvent] if INOTIFY else [FileCreatedEvent, FileModifiedEvent]),
]

TRIES, PAUSE = 5, 0.1
"""How often it is looked whether all is being watched, and seconds in between."""

LOGGER = logging.getLogger("watchdog")
"""Where watchdog says, and nowhere else, that events were dropped."""


class UnwatchableError(Exception):
    """The system refuses to watch; the message says why."""


class FileEvents(FileSystemEventHandler):
    """Tells the inbox what happens to files below a vault's root, from entering to leaving.

    Args:
        watch_filter: the vault, and what in it is watched.
        inbox: is told in watchdog's threads.

    Raises:
        UnwatchableError: on entering, if not all of the vault can be watched.
    """

    def __init__(self, watch_filter: WatchFilter, inbox: Inbox) -> None:
        self._watch_filter = watch_filter
        self._inbox = inbox
        self._doubts = _Doubts(inbox)
        self._watches: dict[str, ObservedWatch] = {}
        self._descriptors: set[str] = set()
        self._threads: set[threading.Thread] = set()
        self._crowded = False
        self._observer: BaseObserver

    def __enter__(self) -> Self:
        LOGGER.addHandler(self._doubts)
        # A folder made within a new one is watched twice, which watchdog tells the user.
        warnings.filterwarnings("ignore", "Callback with id", RuntimeWarning)
        try:
            self._start()
        except BaseException:
            LOGGER.removeHandler(self._doubts)
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        self._observer.stop()
        self._observer.join(STOPPING)
        LOGGER.removeHandler(self._doubts)

    @property
    def alive(self) -> bool:
        """Whether watchdog still works: a mistake of its own can end one of its threads."""
        return all(thread.is_alive() for thread in self._threads)

    def covers(self, found: Scan) -> bool:
        """Whether all that was found is being watched."""
        watched = sum(map(_watch_count, self._descriptors))
        works = self.alive and all(emitter.is_alive() for emitter in self._observer.emitters)
        return works and not self._crowded and (not watched or watched >= len(found.folders))

    def on_any_event(self, event: FileSystemEvent) -> None:
        """Tells of one event; called in watchdog's thread."""
        source, target = (
            self._watch_filter.name(os.fsdecode(path)) for path in (event.src_path, event.dest_path)
        )
        match event.event_type:
            case "moved":
                self._left(source, folder=event.is_directory)
                self._came(target, folder=event.is_directory)
            case "deleted":
                self._left(source, folder=event.is_directory)
            case _:
                self._came(source, folder=event.is_directory)

    def _came(self, name: str, *, folder: bool) -> None:
        if not folder and self._watch_filter.kind(name):
            self._inbox.touch(name)
        elif folder and name and self._watch_filter.enters(name):
            self._adopt(name)
            self._inbox.enter(name)

    def _left(self, name: str, *, folder: bool) -> None:
        if folder and name:
            for watched in [each for each in self._watches if f"{each}/".startswith(f"{name}/")]:
                self._observer.unschedule(self._watches.pop(watched))
        if name and (folder or self._watch_filter.kind(name)):
            self._inbox.lose(name)
        # The folder's own watch and that of the one above tell in any order that it went: by the
        # second time it may have been made again, and watched, and that watch be the one that went.
        if folder and name and os.path.isdir(self._watch_filter.path(name)):
            self._came(name, folder=True)

    def _adopt(self, folder: str) -> None:
        """Watches a new folder, if the watch of the one it is in does not reach it."""
        above = self._watches.get(folder.rpartition("/")[0])
        if above is None or above.is_recursive or folder in self._watches:
            return
        if len(self._watches) >= MOST_WATCHES:
            # Better to begin anew, with a plan for what there is now.
            self._crowded = True
            self._inbox.doubt()
            return
        try:
            self._watch(folder, recursive=True)
        except OSError:
            self._inbox.doubt()

    def _start(self) -> None:
        before, threads = _inotify_descriptors(), set(threading.enumerate())
        found = scan(self._watch_filter, with_files=False)
        try:
            self._observer = _observer()
            self._observer.start()
            self._descriptors = _inotify_descriptors() - before
            self._threads = set(threading.enumerate()) - threads
            for folder, recursive in _plan(found):
                self._watch(folder, recursive=recursive)
        except OSError as error:
            self._abandon()
            raise UnwatchableError(error.strerror or str(error)) from error
        # Where inotify's limit is met on the way, watchdog leaves the rest out and says nothing.
        if not self._covers_soon():
            self._abandon()
            raise UnwatchableError(f"{len(found.folders):,} folders exceed the system's limit")

    def _covers_soon(self) -> bool:
        """Whether all is being watched, or is in a moment: folders may come and go right now."""
        for _ in range(TRIES):
            if self.covers(scan(self._watch_filter, with_files=False)):
                return True
            time.sleep(PAUSE)
        return False

    def _watch(self, folder: str, *, recursive: bool) -> None:
        path = self._watch_filter.path(folder)
        self._watches[folder] = self._observer.schedule(
            self, path, recursive=recursive, event_filter=FILTER
        )

    def _abandon(self) -> None:
        if hasattr(self, "_observer"):
            self._observer.stop()
            self._observer.join(STOPPING)


class _Doubts(logging.Handler):
    """Takes watchdog's complaints as a reason to look at the whole vault."""

    def __init__(self, inbox: Inbox) -> None:
        super().__init__(logging.WARNING)
        self._inbox = inbox

    def emit(self, record: logging.LogRecord) -> None:
        del record
        self._inbox.doubt()


def _plan(found: Scan) -> list[tuple[str, bool]]:
    """The folders to watch, each with whether all below it is watched with it.

    A folder that holds one not to be looked into (`node_modules` may hold more folders than the
    system can watch) is watched alone, as are those above it; all others with what is below.
    """
    if not INOTIFY:
        return [("", True)]
    alone: set[str] = set()
    for folder in found.blind:
        while folder not in alone:
            alone.add(folder)
            folder = folder.rpartition("/")[0]  # noqa: PLW2901  (upwards, the root included)
    whole = [name for name in found.folders if name not in alone and _parent(name) in alone]
    plan = [*((name, False) for name in sorted(alone)), *((name, True) for name in whole)]
    return plan if 0 < len(plan) <= MOST_WATCHES else [("", True)]


def _parent(name: str) -> str:
    return name.rpartition("/")[0]


if INOTIFY:
    from watchdog.observers.inotify import InotifyObserver

    def _observer() -> BaseObserver:
        # "Full" tells a file that was moved here, which is whole, from one that is just being made.
        return InotifyObserver(generate_full_events=True)

else:
    from watchdog.observers import Observer

    def _observer() -> BaseObserver:
        return Observer()


def _inotify_descriptors() -> set[str]:
    """This process's inotify descriptors, by number; empty where there is no /proc."""
    with suppress(OSError):
        return {
            entry.name for entry in os.scandir("/proc/self/fd") if "inotify" in (_link(entry.path))
        }
    return set()


def _link(path: str) -> str:
    try:
        return os.readlink(path)
    except OSError:
        return ""


def _watch_count(descriptor: str) -> int:
    try:
        return Path(f"/proc/self/fdinfo/{descriptor}").read_bytes().count(b"inotify wd:")
    except OSError:
        return 0
