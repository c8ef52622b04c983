"""Which exclusions hold where in a vault: its configuration's, and those that git would heed.

The nearest list that has a say decides: `exclude` of the configuration first, then the
`.gitignore` of the folder, of each folder above up to the repository's, and last the
repository's `.git/info/exclude`. What a user excludes from all of their repositories is no
property of the vault and does not count; nor do the lists above a vault that they exclude.
"""

from __future__ import annotations

import errno
import os

from taiga_notes.errors import ConfigError, WriteError
from taiga_notes.system.files import opened
from taiga_notes.vault.gitignore import MOST_GLOBS, Rules, TooManyPatternsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

LARGEST = 256 * 1024
"""Bytes of the largest `.gitignore` that is read: some twenty times the largest in use."""

_ABSENT = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENXIO}
"""No list is there, or one that git would not read either, such as a symlink."""


class _List:
    """Patterns, and what they see of a vault's names.

    Attributes:
        rules: the patterns.
        before: what stands before a name, if the list is of a folder above the vault.
        cut: how many bytes of a name are cut off, if it is of a folder in the vault.
    """

    __slots__ = ("before", "cut", "rules")

    def __init__(self, rules: Rules, before: bytes, cut: int) -> None:
        self.rules = rules
        self.before = before
        self.cut = cut


class Exclusions:
    """What is excluded in one folder of a vault and in those below it.

    Args:
        root: the vault's folder, a real path.
        first: the configuration's list.
        lists: the others, nearest first.
    """

    __slots__ = ("_all", "_first", "_lists", "_root")

    def __init__(
        self, root: str, first: tuple[_List, ...] = (), lists: tuple[_List, ...] = ()
    ) -> None:
        self._root = root
        self._first = first
        self._lists = lists
        self._all = first + lists

    def __bool__(self) -> bool:
        return bool(self._all)

    def within(self, folder: str) -> Exclusions:
        """The same, with the `.gitignore` of that folder.

        Args:
            folder: its name in the vault; empty for the vault itself.

        Raises:
            WriteError: that file can't be read, or holds too much.
        """
        rules = _read(self._root, f"{folder}/.gitignore" if folder else ".gitignore")
        if rules is None:
            return self
        cut = len(os.fsencode(folder)) + 1 if folder else 0
        return Exclusions(self._root, self._first, (_List(rules, b"", cut), *self._lists))

    def excludes(self, name: str, *, folder: bool) -> bool:
        """Whether what has that name is excluded, given that the folders it is in are not.

        Args:
            name: of a page or folder in this folder.
            folder: whether it is one.
        """
        path = os.fsencode(name)
        for each in self._all:
            verdict = each.rules.verdict(each.before + path[each.cut :], folder=folder)
            if verdict is not None:
                return verdict
        return False

    def seen_from(self, place: str) -> tuple[_List, ...]:
        """The lists as they see the names of a vault in that folder, which is as deep as any."""
        prefix = os.fsencode(f"{place}/" if place else "")
        return tuple(_List(each.rules, prefix[each.cut :], 0) for each in self._lists)


class NoExclusions(Exclusions):
    """Nothing is excluded, whatever lists there are."""

    __slots__ = ()

    def within(self, folder: str) -> Exclusions:  # noqa: ARG002  (see `Exclusions.within`)
        """The same."""
        return self


def exclusions(root: str, exclude: Sequence[str] | None) -> Exclusions:
    """What is excluded in a vault, but for its own `.gitignore`.

    Args:
        root: the vault's folder, a real path.
        exclude: the configuration's patterns; None where nothing is to be excluded.

    Raises:
        ConfigError: those are too many.
        WriteError: a list above the vault can't be read, or holds too much.
    """
    if exclude is None:
        return NoExclusions(root)
    try:
        rules = Rules("\n".join(exclude).encode()) if exclude else None
    except TooManyPatternsError as error:
        message = f"`exclude` has more than {MOST_GLOBS} patterns with wildcards"
        raise ConfigError(message) from error
    return Exclusions(root, (_List(rules, b"", 0),) if rules else (), _above(root))


def _above(root: str) -> tuple[_List, ...]:
    """The lists of the repository that the vault is part of."""
    top = _repository(root)
    if top is None:
        return ()
    info = _read(top, ".git/info/exclude")
    held = Exclusions(top, lists=(_List(info, b"", 0),) if info else ())
    place = os.path.relpath(root, top).replace(os.sep, "/")
    if place == ".":
        return held.seen_from("")
    for folder, below in _steps(place):
        held = held.within(folder)
        if held.excludes(below, folder=True):
            return ()
    return held.seen_from(place)


def _steps(place: str) -> Iterator[tuple[str, str]]:
    """`a/b` → `("", "a")`, `("a", "a/b")`: each folder with the next one in it."""
    folder = ""
    for part in place.split("/"):
        below = f"{folder}/{part}" if folder else part
        yield folder, below
        folder = below


def _repository(root: str) -> str | None:
    folder = root
    while not os.path.lexists(os.path.join(folder, ".git")):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder


def _read(folder: str, name: str) -> Rules | None:
    """A list's patterns; None where it is missing or has none.

    Raises:
        WriteError: it can't be read, or holds too much: nobody knows what it would exclude.
    """
    try:
        data = _bytes(os.path.join(folder, name))
    except OSError as error:
        if error.errno in _ABSENT:
            return None
        raise WriteError(f"can't be read: {error.strerror}", page=name) from error
    if len(data) > LARGEST:
        raise WriteError(f"is larger than {LARGEST >> 10} kB", page=name)
    try:
        return Rules(data) if data.strip() else None
    except TooManyPatternsError as error:
        message = f"has more than {MOST_GLOBS} patterns with wildcards"
        raise WriteError(message, page=name) from error


def _bytes(path: str) -> bytes:
    # Symlinks are not followed, as git does not, and a pipe of that name is not waited at.
    descriptor = opened(path)
    try:
        return os.read(descriptor, LARGEST + 1)
    finally:
        os.close(descriptor)
