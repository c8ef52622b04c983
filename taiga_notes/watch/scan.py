"""A look at the whole vault by name and status, without opening a file.

It finds what changed where the system does not tell: while nobody watched, where watching is
refused or useless, and now and then in any case.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from taiga_notes.system.files import stamp_of

if TYPE_CHECKING:
    from taiga_notes.system.files import Stamp
    from taiga_notes.watch.watch_filter import WatchFilter

Mark = tuple[int, int, int]
"""What tells that a file's text changed: its stamp without the ctime, which is another one after
each backup, chmod or tag as well. No page is to be rendered for those."""


@dataclass(frozen=True, slots=True)
class Scan:
    """What was there at one time, by name in the vault.

    Attributes:
        files: pages, templates and settings, with their marks.
        folders: the folders looked into, the outer before the inner.
        blind: folders beside which there is one that was not looked into.
    """

    files: dict[str, Mark] = field(default_factory=dict)
    folders: list[str] = field(default_factory=list)
    blind: set[str] = field(default_factory=set)


def scan(interest: WatchFilter, start: str = "") -> Scan:
    """Looks at a folder and all below it; what can't be looked at is as good as not there.

    Args:
        interest: the vault, and what is of interest in it.
        start: the folder's name.
    """
    found = Scan()
    waiting = [start]
    while waiting:
        folder = waiting.pop()
        entries = _entries(interest.path(folder))
        if entries is None:
            continue
        found.folders.append(folder)
        for entry in entries:
            name = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_dir(follow_symlinks=False):
                if interest.enters(name):
                    waiting.append(name)
                else:
                    found.blind.add(folder)
            elif interest.kind(name) and (mark := mark_of(entry.path)):
                found.files[name] = mark
    return found


def mark_of(path: str) -> Mark | None:
    """A file's mark; None where there is none. Of a symlink, its target's."""
    stamp = stamp_of(path)
    return None if stamp is None else mark_in(stamp)


def mark_in(stamp: Stamp) -> Mark:
    """The mark in what a file was known by when it was read."""
    mtime, _, size, inode = stamp
    return mtime, size, inode


def _entries(path: str) -> list[os.DirEntry[str]] | None:
    """What is in a folder; None where that can't be told."""
    try:
        with os.scandir(path) as entries:
            return list(entries)
    except OSError:
        return None
