"""What in a vault's folder is worth a watch, and a scan of it by name and status.

A scan opens no file. It finds what changed where the system does not tell: while nobody watched,
where watching is refused or useless, and now and then in any case.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

from taiga_notes.system.files import stamp_of
from taiga_notes.system.paths import VAULT_FILE
from taiga_notes.vault.discovery import MARKDOWN, NEVER

if TYPE_CHECKING:
    from taiga_notes.system.files import Stamp

IGNORE_FILE = ".gitignore"
TEMPLATE = ".j2"

Mark = tuple[int, int, int]
"""What tells that a file's text changed: its stamp without the ctime, which is another one after
each backup, chmod or tag as well. No page is to be rendered for those."""


class FileKind(Enum):
    """What a file is to us."""

    PAGE = auto()
    TEMPLATE = auto()
    SNAPSHOT = auto()
    """Where rows come from."""
    SETTINGS = auto()
    """Which pages are ours, and what they are rendered with."""


@dataclass(frozen=True, slots=True)
class WatchFilter:
    """What is watched below a vault's root, by name alone: pages, templates, rows and settings.

    Attributes:
        root: the vault's folder, a real path.
        templates: the templates' folder by its name in the vault. It may be hidden.
        snapshot: the file of rows by its name, likewise; None where rows come from Taiga.
    """

    root: str
    templates: str
    snapshot: str | None = None

    def name(self, path: str) -> str:
        """A path's name in the vault, with `/`; empty for the root."""
        return path[len(self.root) :].strip(os.sep).replace(os.sep, "/")

    def path(self, name: str) -> str:
        """The path of a name."""
        return f"{self.root.rstrip(os.sep)}{os.sep}{name}" if name else self.root

    def kind(self, name: str) -> FileKind | None:
        """What the file of that name is; None for what is none of ours.

        Whether a page is excluded, or a copy, is asked when it is opened.
        """
        folder, _, last = name.rpartition("/")
        if last.endswith(TEMPLATE) and self._is_below_templates(folder):
            return FileKind.TEMPLATE
        if name == VAULT_FILE:
            return FileKind.SETTINGS
        if name == self.snapshot:
            return FileKind.SNAPSHOT
        if not all(map(_is_open, folder.split("/"))):
            return None
        # A `taiga-notes.toml` further down makes of its folder a vault of its own, or no longer.
        if last in {IGNORE_FILE, VAULT_FILE}:
            return FileKind.SETTINGS
        return FileKind.PAGE if last.endswith(MARKDOWN) and not last.startswith(".") else None

    def enters(self, folder: str) -> bool:
        """Whether something in the folder of that name may be ours."""
        if all(map(_is_open, folder.split("/"))) or self._is_below_templates(folder):
            return True
        return any(name.startswith(f"{folder}/") for name in (self.templates, self.snapshot or ""))

    def _is_below_templates(self, folder: str) -> bool:
        return not self.templates or f"{folder}/".startswith(f"{self.templates}/")


@dataclass(frozen=True, slots=True)
class Scan:
    """What was there at one time, by name in the vault.

    Attributes:
        files: pages, templates and settings, with their marks.
        links: those that are symlinks, or would be of ours if what they name were there.
        folders: the folders looked into, the outer before the inner.
        blind: folders beside which there is one that was not looked into.
    """

    files: dict[str, Mark] = field(default_factory=dict)
    links: set[str] = field(default_factory=set)
    folders: list[str] = field(default_factory=list)
    blind: set[str] = field(default_factory=set)


def scan(watch_filter: WatchFilter, start: str = "", *, with_files: bool = True) -> Scan:
    """Scans a folder and all below it; what can't be read is as good as not there.

    Args:
        watch_filter: the vault, and what in it is watched.
        start: the folder's name.
        with_files: whether files are looked at, which is most of the work; else the folders alone.
    """
    found = Scan()
    waiting = [start]
    while waiting:
        folder = waiting.pop()
        entries = _entries(watch_filter.path(folder))
        if entries is None:
            continue
        found.folders.append(folder)
        for entry in entries:
            name = f"{folder}/{entry.name}" if folder else entry.name
            if entry.is_dir(follow_symlinks=False):
                if watch_filter.enters(name):
                    waiting.append(name)
                else:
                    found.blind.add(folder)
            elif with_files and watch_filter.kind(name):
                if entry.is_symlink():
                    found.links.add(name)
                if mark := mark_of(entry.path):
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


def _is_open(part: str) -> bool:
    return not part.startswith(".") and part not in NEVER


def _entries(path: str) -> list[os.DirEntry[str]] | None:
    """What is in a folder; None where that can't be told."""
    try:
        with os.scandir(path) as entries:
            return list(entries)
    except OSError:
        return None
