"""Which files of a vault are notes.

A page's name is its path in the vault, with `/`: `projects/Acme.md`. Folders are walked once, by
name and without opening a page. Symlinked folders are never followed: what they lead to within
the vault is walked under its own name, and what lies outside is not ours.
"""

from __future__ import annotations

import os

from taiga_notes.errors import ConfigError, WriteError
from taiga_notes.vault.exclusion import exclusions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from taiga_notes.vault.exclusion import Exclusions

MARKDOWN = (".md", ".markdown", ".MD", ".MARKDOWN")
"""What a page's name ends in."""

NEVER = frozenset(
    {
        ".git",
        ".logseq",
        ".obsidian",
        ".stfolder",
        ".stversions",
        ".trash",
        "_plug",
        "node_modules",
    }
)
"""Folders of other programs: no page in them is touched, not even one that is named."""


class Notes:
    """The notes of one vault.

    Args:
        root: the vault's folder.
        exclude: patterns as in a `.gitignore` of that folder; they overrule every such file.

    Raises:
        ConfigError: there is no such folder, or there are too many patterns.
        WriteError: a `.gitignore` above the vault can't be read.
    """

    __slots__ = ("_exclusions", "_under", "root")

    def __init__(self, root: str | os.PathLike[str], exclude: Sequence[str] = ()) -> None:
        self.root = os.path.realpath(root)
        if not os.path.isdir(self.root):
            raise ConfigError(f"there is no folder {os.fspath(root)!r}")
        self._under = self.root.rstrip(os.sep) + os.sep
        self._exclusions = exclusions(self.root, exclude)

    def chosen(self, path: str | os.PathLike[str]) -> str:
        """The name of what a user means by a path: a page or folder; empty for the whole vault.

        Exclusions and hidden folders do not count for what is named outright.

        Args:
            path: as the user gave it. A symlink to a page keeps its name; all others are
                followed.

        Raises:
            ConfigError: it is outside the vault, it is neither a page nor a folder, there is
                nothing there, or it belongs to another program.
        """
        shown = repr(os.fspath(path))
        name = self._name(path)
        if name is None:
            raise ConfigError(f"{shown} is outside the vault {self.root!r}")
        if not os.path.lexists(self.path(name)):
            raise ConfigError(f"{shown} does not exist")
        if foreign(name):
            raise ConfigError(f"{shown} is left alone: it belongs to another program")
        if not name.endswith(MARKDOWN) and not self.is_folder(name):
            raise ConfigError(f"{shown} is no page", hint="a page's name ends in .md or .markdown")
        return name

    def path(self, name: str) -> str:
        """The path of a page or folder."""
        return self._under + name if name else self.root

    def inside(self, real: str) -> str:
        """The name of what has that real path in the vault."""
        return real.removeprefix(self._under).replace(os.sep, "/")

    def is_folder(self, name: str) -> bool:
        """Whether that is a folder."""
        return os.path.isdir(self.path(name))

    def real(self, name: str) -> str:
        """The real path of a page, which is in the vault.

        Raises:
            WriteError: a symlink leads out of the vault, or to another program's files.
        """
        real = os.path.realpath(self.path(name))
        if not real.startswith(self._under):
            hint = "pages outside the vault are never written; `exclude` silences this"
            raise WriteError("is left alone: it leads out of the vault", page=name, hint=hint)
        if foreign(self.inside(real)):
            raise WriteError("is left alone: it leads to another program's files", page=name)
        return real

    def lists(self, name: str) -> bool:
        """Whether a walk of the whole vault comes upon that page.

        Args:
            name: the page's; it need not exist.
        """
        *folders, last = name.split("/")
        if not is_page(last) or not all(map(is_folder_of_notes, folders)):
            return False
        try:
            return self._lists(folders, name)
        except WriteError:
            return False

    def walk(
        self, start: str, problems: list[WriteError]
    ) -> Iterator[tuple[str, list[os.DirEntry[str]]]]:
        """Folder by folder, what is a page by its name: files and symlinks.

        Args:
            start: the name of the folder to begin with; empty for the whole vault.
            problems: gets a message for each folder that can't be walked.

        Yields:
            What stands before the names of a folder's pages, and their entries.
        """
        waiting = [(start, self._exclusions)]
        try:
            for above in _ancestors(start):
                waiting[0] = (start, waiting[0][1].within(above))
        except WriteError as problem:
            problems.append(problem)
            return
        while waiting:
            folder, held = waiting.pop()
            prefix = f"{folder}/" if folder else ""
            try:
                pages, folders, held = self._read(folder, prefix, held)
            except WriteError as problem:
                problems.append(problem)
                continue
            yield prefix, pages
            waiting += [(below, held) for below in folders]

    def _read(
        self, folder: str, prefix: str, held: Exclusions
    ) -> tuple[list[os.DirEntry[str]], list[str], Exclusions]:
        """A folder's pages, the names of its folders, and the exclusions that hold in them."""
        try:
            with os.scandir(self.path(folder)) as entries:
                pages, folders, listed = _sorted_out(entries, prefix)
        except OSError as error:
            raise WriteError(f"can't be read: {error.strerror}", page=folder or ".") from error
        if listed:
            held = held.within(folder)
        if held:
            pages = [e for e in pages if not held.excludes(prefix + e.name, folder=False)]
            folders = [name for name in folders if not held.excludes(name, folder=True)]
        return pages, folders, held

    def _lists(self, folders: list[str], name: str) -> bool:
        held, above = self._exclusions.within(""), ""
        for part in folders:
            folder = f"{above}/{part}" if above else part
            if os.path.islink(self.path(folder)) or held.excludes(folder, folder=True):
                return False
            held, above = held.within(folder), folder
        return not held.excludes(name, folder=False)

    def _name(self, path: str | os.PathLike[str]) -> str | None:
        whole = os.path.abspath(path)
        real = os.path.realpath(whole)
        if real == self.root:
            return ""
        folder, last = os.path.split(whole)
        kept = os.path.join(os.path.realpath(folder), last)
        for each in (real,) if os.path.isdir(real) else (kept, real):
            if each.startswith(self._under):
                return self.inside(each)
        return None


def is_page(name: str) -> bool:
    """Whether a file of that name is a page: markdown, not hidden, no copy that a sync made."""
    return name.endswith(MARKDOWN) and not name.startswith(".") and not is_copy(name)


def is_copy(name: str) -> bool:
    """Whether that is Syncthing's, Dropbox's or Nextcloud's copy of a page edited in two places."""
    return "conflict" in name and (".sync-conflict-" in name or "conflicted copy" in name)


def is_folder_of_notes(name: str) -> bool:
    """Whether pages are looked for in folders of that name: not in hidden or foreign ones."""
    return not name.startswith(".") and name not in NEVER


def foreign(name: str) -> bool:
    """Whether a page or folder is not to be touched even if it is named."""
    parts = name.split("/")
    return not NEVER.isdisjoint(parts) or is_copy(parts[-1])


def _sorted_out(
    entries: Iterator[os.DirEntry[str]], prefix: str
) -> tuple[list[os.DirEntry[str]], list[str], bool]:
    """Pages, names of folders, and whether there is a `.gitignore`."""
    pages, folders, listed = [], [], False
    for entry in entries:
        name = entry.name
        if is_page(name) and not entry.is_dir(follow_symlinks=False):
            pages.append(entry)
        elif entry.is_dir(follow_symlinks=False) and is_folder_of_notes(name):
            folders.append(prefix + name)
        elif name == ".gitignore":
            listed = True
    return pages, folders, listed


def _ancestors(folder: str) -> Iterator[str]:
    """The folders above one, from the vault itself down: `a/b/c` → `""`, `a`, `a/b`."""
    place = -1
    while folder:
        yield folder[: max(place, 0)]
        place = folder.find("/", place + 1)
        if place < 0:
            return
