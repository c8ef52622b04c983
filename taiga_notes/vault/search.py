"""Which pages may hold something for us: every note's bytes, searched once."""

from __future__ import annotations

import os
from functools import partial

from taiga_notes.errors import PageChangedError, PageGoneError, WriteError
from taiga_notes.system import files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Protocol

    from taiga_notes.system.files import Stamp
    from taiga_notes.vault.discovery import Notes

    class KnownPages(Protocol):
        """What a search need not look at, by whoever remembers it.

        Attributes:
            whole: set once the whole vault has been walked.
        """

        whole: bool

        def unknown(self, entries: list[os.DirEntry[str]]) -> list[os.DirEntry[str]]:
            """Those files that are not known to hold nothing."""

        def is_settled(self, name: str, status: Callable[[], os.stat_result]) -> bool:
            """Whether a page is known to hold something."""

        def add_plain(self, stamp: Stamp) -> None:
            """Takes note of a file that holds nothing."""


UTF16 = (b"\xff\xfe", b"\xfe\xff")
"""What a page in UTF-16 begins with."""


class SearchResult:
    """What a search came upon.

    Attributes:
        pages: names of pages that may hold something, sorted. A page that several symlinks or
            hard links lead to has one of its names.
        left: what was passed by, and why: pages too large, and symlinks out of the vault. Of
            no concern, unless it was named, or is too large and begins with something for us: then
            it is among the problems.
        problems: what could not be looked at, and why.
        vaults: folders that are vaults of their own, and were not walked.
    """

    __slots__ = ("left", "pages", "problems", "vaults")

    def __init__(self) -> None:
        self.pages: list[str] = []
        self.left: list[WriteError] = []
        self.problems: list[WriteError] = []
        self.vaults: list[str] = []


def search(
    notes: Notes,
    names: Iterable[str],
    holds: Callable[[bytes], bool],
    cache: KnownPages | None = None,
) -> SearchResult:
    """Finds pages by what they hold.

    Args:
        notes: the vault's notes.
        names: of pages and folders; the empty name is the whole vault.
        holds: whether bytes of a page hold what is searched for.
        cache: what need not be looked at; None looks at everything.
    """
    hunt = _PageSearch(notes, holds, cache)
    for name in names:
        if notes.is_folder(name):
            hunt.folder(name)
        else:
            hunt.page(name)
    return hunt.result()


class _PageSearch:
    def __init__(
        self, notes: Notes, holds: Callable[[bytes], bool], cache: KnownPages | None
    ) -> None:
        self._notes = notes
        self._holds = holds
        self._cache = cache
        self._links: set[str] = set()
        self._found = SearchResult()

    def folder(self, start: str) -> None:
        for prefix, entries in self._notes.walk(start, self._found.problems, self._found.vaults):
            rest = entries if self._cache is None else self._cache.unknown(entries)
            for entry in rest:
                if _is_file(entry):
                    self._entry(prefix + entry.name, entry)
        if self._cache is not None and not start:
            self._cache.whole = True

    def page(self, name: str) -> None:
        """A page that was named: what is wrong with it is always told."""
        if os.path.islink(self._notes.path(name)):
            self._links.add(name)
        try:
            real = self._notes.found(name)
            if self._is_settled(name, partial(os.stat, real)):
                return
            data, _ = files.contents(real)
        except OSError as error:
            self._found.problems.append(unreadable(name, error))
        except WriteError as problem:
            self._found.problems.append(problem)
        else:
            self._judge(name, data)

    def _entry(self, name: str, entry: os.DirEntry[str]) -> None:
        try:
            path = entry.path
            if entry.is_symlink():
                self._links.add(name)
                path = self._notes.found(name)
            if self._is_settled(name, entry.stat):
                return
            data, stamp = files.look(path)
        except FileNotFoundError:
            return
        except files.TooLargeError as error:
            # Its owner is to be told if it is meant for us, which its beginning tells.
            meant = self._holds(files.beginning(entry.path))
            told = self._found.problems if meant else self._found.left
            told.append(unreadable(name, error))
        except OSError as error:
            self._found.problems.append(unreadable(name, error))
        except WriteError as problem:
            self._found.left.append(problem)
        else:
            if not self._judge(name, data) and self._cache is not None:
                self._cache.add_plain(stamp)

    def _is_settled(self, name: str, status: Callable[[], os.stat_result]) -> bool:
        """Whether it is known of the page that it holds something, without a look into it."""
        known = self._cache is not None and self._cache.is_settled(name, status)
        if known:
            self._found.pages.append(name)
        return known

    def _judge(self, name: str, data: bytes) -> bool:
        # The bytes of ASCII text in UTF-16 are those of ASCII with NULs between: reading such a
        # page will fail, which its owner is to be told, but only if it is meant for us.
        held = self._holds(data) or (
            data.startswith(UTF16) and self._holds(data.replace(b"\0", b""))
        )
        if held:
            self._found.pages.append(name)
        return held

    def result(self) -> SearchResult:
        """All that was found, each page once: under its own name rather than a symlink's."""
        seen: set[tuple[int, int]] = set()
        pages = []
        for name in sorted(set(self._found.pages), key=lambda name: (name in self._links, name)):
            try:
                status = os.stat(self._notes.path(name))
            except OSError:
                continue  # gone since
            # By device and inode: a page with two names would be rendered, and told, twice.
            if files.place(status) not in seen:
                seen.add(files.place(status))
                pages.append(name)
        self._found.pages = sorted(pages)
        return self._found


def _is_file(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_file()
    except OSError:
        return False  # a symlink in a circle, or to where we may not look


def changed_meanwhile(name: str) -> PageChangedError:
    """The error for a page that is no longer what it was."""
    return PageChangedError("was changed by someone else meanwhile", page=name)


def failed_page(
    name: str, error: OSError, what: str, *, hint: str = "", real: str = ""
) -> WriteError:
    """The error for a page at which the system failed.

    Args:
        name: the page's.
        error: the system's.
        what: what there is to tell of the page.
        hint: what to do about it.
        real: where the page was looked for, by its real path.
    """
    if os.path.islink(real):
        # A real path leads through none: it became one since.
        return changed_meanwhile(name)
    kind = PageGoneError if isinstance(error, files.NO_FILE) else WriteError
    return kind(what, page=name, hint=hint)


def unreadable(name: str, error: OSError, real: str = "") -> WriteError:
    """The error for a page that can't be read; see `failed_page`."""
    if isinstance(error, files.TooLargeError):
        what = f"is left alone: it {error.strerror}"
        return failed_page(name, error, what, hint="split it up", real=real)
    return failed_page(name, error, f"can't be read: {error.strerror}", real=real)
