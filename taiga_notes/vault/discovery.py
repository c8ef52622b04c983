"""Which files of a vault are notes.

A page's name is its path in the vault, with `/`: `projects/Acme.md`. Folders are walked once, by
name and without opening a page. Symlinked folders are never followed: what they lead to within
the vault is walked under its own name, and what lies outside is not ours. Nor is a folder with a
`taiga-notes.toml` of its own, which is another vault.
"""

from __future__ import annotations

import os

from taiga_notes.errors import ConfigError, WriteError, close_matches, meant
from taiga_notes.system.paths import VAULT_FILE
from taiga_notes.vault.exclusion import (
    SUSPECT,
    Exclusions,
    TemplateFolders,
    exclusions,
    is_copy,
    original,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


MARKDOWN = (".md", ".markdown", ".MD", ".MARKDOWN")
"""What a page's name ends in."""

NEVER = frozenset(
    (
        *(".git", ".logseq", ".obsidian", ".stfolder", ".stversions", ".trash"),
        *("_plug", "node_modules", "__MACOSX", "$RECYCLE.BIN", "System Volume Information"),
        # Synology's, QNAP's, NetApp's and GoodSync's: indexes, bins, snapshots, old versions
        *("@eaDir", "@tmp", "#recycle", "#snapshot", "@Recycle", "@Recently-Snapshot"),
        *("~snapshot", "_gsdata_", "$Recycle.Bin"),
    )
)
"""Folders of other programs: no page in them is touched, not even one that is named."""

BACKUPS = ("/logseq/bak/", "/logseq/version-files/")
"""Folders of another program by more than their own name."""


class Notes:
    """The notes of one vault.

    Args:
        root: the vault's folder.
        exclude: patterns as in a `.gitignore` of that folder; they overrule every such file.
            None where nothing is to be excluded, not even what is hidden or a copy if it is named.

    Raises:
        ConfigError: there is no such folder, or there are too many patterns.
        WriteError: a `.gitignore` above the vault can't be read.
    """

    __slots__ = ("_excludes", "_exclusions", "_templates", "_under", "root")

    def __init__(self, root: str | os.PathLike[str], exclude: Sequence[str] | None = ()) -> None:
        # Real, so that a vault has one lock, journal and cache, by whichever link it is opened.
        self.root = os.path.realpath(root)
        if not os.path.isdir(self.root):
            raise ConfigError(f"there is no folder {os.fspath(root)!r}")
        # With the separator: `/notes-old` begins as `/notes` does, and is not below it.
        self._under = self.root.rstrip(os.sep) + os.sep
        self._excludes = exclude is not None
        self._exclusions = exclusions(self.root, exclude)
        self._templates = TemplateFolders(self.root)

    def chosen(self, path: str | os.PathLike[str]) -> str:
        """The name of what a user means by a path: a page or folder; empty for the whole vault.

        Whether it is to be passed by is for `passed_by` to say.

        Args:
            path: as the user gave it. A symlink to a page keeps its name; all others are
                followed.

        Raises:
            ConfigError: it is outside the vault, it is neither a page nor a folder, or there is
                nothing there.
        """
        shown = repr(os.fspath(path))
        name = self.named(path)
        if not os.path.lexists(self.path(name)):
            raise ConfigError(f"{shown} does not exist", hint=similar_paths(path))
        if not name.endswith(MARKDOWN) and not self.is_folder(name):
            raise ConfigError(f"{shown} is no page", hint="a page's name ends in .md or .markdown")
        return name

    def named(self, path: str | os.PathLike[str]) -> str:
        """The name of what has that path; it need not exist.

        Raises:
            ConfigError: it is outside the vault.
        """
        name = self._name(path)
        if name is None:
            raise ConfigError(f"{os.fspath(path)!r} is outside the vault {self.root!r}")
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
        # Asked at each reading and writing, not once in the walk: a page may have become a link
        # since.
        if not real.startswith(self._under):
            hint = "pages outside the vault are never written; `exclude` silences this"
            raise WriteError("is left alone: it leads out of the vault", page=name, hint=hint)
        inside = self.inside(real)
        if foreign(inside):
            raise WriteError("is left alone: it leads to another program's files", page=name)
        # Also for what was found before that vault was made one.
        if vault := self.vault_of(inside):
            hint = f"name {inside} itself: that vault's own settings count for it"
            message = f"is left alone: it belongs to the vault {vault!r}"
            raise WriteError(message, page=name, hint=hint)
        return real

    def found(self, name: str) -> str:
        """The real path of a page that was come upon, and that is not excluded by another name.

        Raises:
            WriteError: as for `real`; or a symlink leads to what is excluded.
        """
        real = self.real(name)
        inside = self.inside(real)
        if self._excludes and inside != name and self._is_excluded(inside):
            message = f"is left alone: it leads to {inside}, which is excluded"
            raise WriteError(message, page=name, hint="`--no-exclude` takes it")
        return real

    def lists(self, name: str) -> bool:
        """Whether a walk of the whole vault comes upon that page.

        Args:
            name: the page's; it need not exist.
        """
        *folders, last = name.split("/")
        above = ["/".join(folders[: count + 1]) for count in range(len(folders))]
        if not is_page(last) or any(os.path.islink(self.path(folder)) for folder in above):
            return False
        try:
            return not self.passed_by(name)
        except WriteError:
            return False

    def passed_by(self, name: str) -> str:
        """Why a page or folder that was named is passed by; empty if it is not.

        Args:
            name: the page's or folder's; empty for the vault.

        Raises:
            WriteError: a `.gitignore` can't be read.
        """
        if foreign(name):
            return "belongs to another program"
        # Even where it is named: this vault's settings are not those by which that page is
        # rendered.
        if vault := self.vault_of(name):
            return f"belongs to the vault {vault!r}: name it in a run of its own"
        *folders, last = name.split("/")
        if not self._excludes:
            return ""
        if last.startswith(".") or not all(map(is_folder_of_notes, folders)):
            return "is hidden"
        if self._is_copy(name):
            return "is the copy of a page that was edited in two places"
        return "is excluded" if name and self._is_excluded(name) else ""

    def is_template(self, name: str) -> bool:
        """Whether a page lies where another program keeps templates, and is to be passed by."""
        return self._excludes and self._templates.hold(name)

    def vault_of(self, name: str) -> str:
        """The folder in this vault that is a vault of its own, and that has a page or folder."""
        parts = name.split("/") if name else []
        for count in range(1, len(parts) + 1):
            folder = "/".join(parts[:count])
            if os.path.isfile(f"{self._under}{folder}{os.sep}{VAULT_FILE}"):
                return folder
        return ""

    def walk(
        self, start: str, problems: list[WriteError], vaults: list[str] | None = None
    ) -> Iterator[tuple[str, list[os.DirEntry[str]]]]:
        """Folder by folder, what is a page by its name: files and symlinks.

        Args:
            start: the name of the folder to begin with; empty for the whole vault.
            problems: gets a message for each folder that can't be walked.
            vaults: gets the folders that are vaults of their own, if they are asked for.

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
            except _AnotherVaultError:
                if vaults is not None:
                    vaults.append(folder)
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
        # Before its entries are judged: a folder's own `.gitignore` counts for them.
        if listed:
            held = held.within(folder)
        if held:
            pages = [e for e in pages if not held.excludes(prefix + e.name, folder=False)]
            folders = [name for name in folders if not held.excludes(name, folder=True)]
        return pages, folders, held

    def _is_copy(self, name: str) -> bool:
        folder, _, last = name.rpartition("/")
        page = original(last)
        return is_copy(last) or (bool(page) and os.path.lexists(self.path(f"{folder}/{page}")))

    def _is_excluded(self, name: str) -> bool:
        *folders, _ = name.split("/")
        held, above = self._exclusions.within(""), ""
        for part in folders:
            folder = f"{above}/{part}" if above else part
            # As git has it: no `!` below an excluded folder takes a page back.
            if held.excludes(folder, folder=True):
                return True
            held, above = held.within(folder), folder
        return held.excludes(name, folder=self.is_folder(name))

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


class _AnotherVaultError(Exception):
    """A folder of the vault is another vault."""


def is_page(name: str) -> bool:
    """Whether a file of that name is a page: markdown, not hidden, no copy that a sync made."""
    return _is_named_as_page(name) and not is_copy(name)


def _is_named_as_page(name: str) -> bool:
    return name.endswith(MARKDOWN) and not name.startswith(".")


def is_folder_of_notes(name: str) -> bool:
    """Whether pages are looked for in folders of that name: not in hidden or foreign ones."""
    return not name.startswith(".") and name not in NEVER


def foreign(name: str) -> bool:
    """Whether a page or folder is another program's, and not to be touched even if it is named."""
    whole = f"/{name}/"
    return not NEVER.isdisjoint(name.split("/")) or any(each in whole for each in BACKUPS)


def _sorted_out(
    entries: Iterator[os.DirEntry[str]], prefix: str
) -> tuple[list[os.DirEntry[str]], list[str], bool]:
    """Pages, names of folders, and whether there is a `.gitignore`.

    Raises:
        _AnotherVaultError: the folder is a vault of its own.
    """
    pages, folders, listed = [], [], False
    for entry in entries:
        name = entry.name
        if _is_named_as_page(name) and not entry.is_dir(follow_symlinks=False):
            pages.append(entry)
        elif entry.is_dir(follow_symlinks=False) and is_folder_of_notes(name):
            folders.append(prefix + name)
        elif name == ".gitignore":
            listed = True
        elif name == VAULT_FILE and prefix and os.path.isfile(entry.path):
            raise _AnotherVaultError
    if prefix.endswith("logseq/"):
        folders = [folder for folder in folders if not foreign(folder)]
    return _without_copies(pages), folders, listed


def _without_copies(pages: list[os.DirEntry[str]]) -> list[os.DirEntry[str]]:
    names = "\n".join([entry.name for entry in pages]).lower()
    if names.isascii() and not any(map(names.__contains__, SUSPECT)):
        return pages
    originals = {entry.name: entry for entry in pages if not is_copy(entry.name)}
    return [entry for name, entry in originals.items() if original(name) not in originals]


def similar_paths(path: str | os.PathLike[str]) -> str:
    """Which page or folder may have been meant by a path that is none, as a user would type it.

    Args:
        path: as it was typed: perhaps without its `.md`, or with a block's line behind it.
    """
    folder, wanted = os.path.split(os.fspath(path).rstrip(os.sep))
    page, colon, number = wanted.rpartition(":")
    line = f":{number}" if colon and number.isdecimal() else ""
    try:
        with os.scandir(folder or ".") as entries:
            pages, folders, _ = _sorted_out(entries, "")
    except OSError:
        return ""
    known = {os.path.splitext(page.name)[0]: page.name + line for page in pages}
    known |= {name: name for name in folders}
    known |= {page.name: page.name + line for page in pages}
    near = dict.fromkeys(known[each] for each in close_matches(page if line else wanted, known, 2))
    return meant(os.path.join(folder, name) for name in near) if near else ""


def _ancestors(folder: str) -> Iterator[str]:
    """The folders above one, from the vault itself down: `a/b/c` → `""`, `a`, `a/b`."""
    place = -1
    while folder:
        yield folder[: max(place, 0)]
        place = folder.find("/", place + 1)
        if place < 0:
            return
