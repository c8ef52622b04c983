"""What goes wrong with the program, and can't be brought about on the machine it runs on."""

from __future__ import annotations

import ctypes
import errno
import os
from functools import partial
from typing import TYPE_CHECKING, Any
from unittest import mock

from taiga_notes.refresh.refresh import refresh
from taiga_notes.system.folders import remote_kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MOST_WATCHES = 10
"""How many watches the system grants."""


def limited() -> None:
    """Of folders, the system watches `MOST_WATCHES` and no more."""
    from watchdog.observers import inotify_c  # noqa: PLC0415 - only to watch

    add, remove, watched = inotify_c.inotify_add_watch, inotify_c.inotify_rm_watch, set[int]()

    def add_watch(*arguments: Any) -> Any:
        number = add(*arguments)
        if number in watched or len(watched) < MOST_WATCHES:
            watched.add(number)
            return number
        remove(arguments[0], number)
        ctypes.set_errno(errno.ENOSPC)
        return -1

    replaced("watchdog.observers.inotify_c.inotify_add_watch", add_watch)


def remote() -> None:
    """The vault is on a file system that the variable MOUNTS names a table with."""
    where = partial(remote_kind, mounts=os.environ["MOUNTS"])
    replaced("taiga_notes.watch.file_watcher.remote_kind", where)


def crashing() -> None:
    """Refreshing a page named Crash.md is a mistake in the program."""

    def refreshed(*arguments: Any, **more: Any) -> Iterator[Any]:
        for outcome in refresh(*arguments, **more):
            if outcome.page == "Crash.md":
                raise ZeroDivisionError("by zero")
            yield outcome

    replaced("taiga_notes.watch.refresher.refresh", refreshed)


def replaced(name: str, stand_in: object) -> None:
    """Another object of that name, for as long as the process runs."""
    mock.patch(name, stand_in).start()


IMPAIRMENTS: dict[str, Callable[[], None]] = {
    each.__name__: each for each in (limited, remote, crashing)
}


def impair(name: str) -> None:
    """Has that go wrong in this process from now on."""
    IMPAIRMENTS[name]()
