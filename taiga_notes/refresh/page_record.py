"""The file in which a vault's settled pages are remembered, and the state of all they depend on.

JSON, for this user alone. One of another version, or damaged in any way, counts as empty.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any, Self

    from taiga_notes.refresh.fingerprint import Stamps
    from taiga_notes.system.files import Stamp

    Listed = tuple[str, str | int | None, tuple[tuple[str, str], ...], str, str]
    """A `Listing`'s parts, and the stamp that the list had."""

VERSION = 2
"""Of the file's form."""


class SettledPage:
    """A page whose blocks were rendered and did not change.

    Attributes:
        stamp: the file's.
        blocks: how many it has.
        lists: what they asked for.
    """

    __slots__ = ("blocks", "lists", "stamp")

    def __init__(self, stamp: Stamp, blocks: int, lists: Iterable[Listed]) -> None:
        self.stamp = stamp
        self.blocks = blocks
        self.lists = tuple(lists)


class Shelf:
    """The state of Taiga's store in which its lists are known.

    Attributes:
        files: the store, and what says whose it is.
        known: lists that are in it just so.
        age: how old its rows are, in words.
        since: when the oldest of them was held against Taiga, in Unix seconds.
        until: up to when they count as current.
    """

    __slots__ = ("age", "files", "known", "since", "until")

    def __init__(
        self,
        files: Stamps,
        known: Iterable[Listed] = (),
        age: str = "",
        since: float = 0.0,
        until: float = 0.0,
    ) -> None:
        self.files = files
        self.known = frozenset(known)
        self.age = age
        self.since = since
        self.until = until


class PageRecord:
    """What the file holds.

    Attributes:
        words: see `circumstances.words`.
        files: those that count, see `circumstances`.
        exclude: the vault's exclusions.
        pages: by name.
        shelf: Taiga's store, if it may be relied on.
    """

    __slots__ = ("exclude", "files", "pages", "shelf", "words")

    def __init__(self, words: Iterable[str] = ()) -> None:
        self.words = [*words]
        self.files: Stamps = {}
        self.exclude: Sequence[str] = ()
        self.pages: dict[str, SettledPage] = {}
        self.shelf = Shelf({})

    @classmethod
    def read(cls, path: str) -> Self:
        """The file at that path; empty if there is none that can be read."""
        try:
            with open(path, "rb") as file:
                data = file.read()
        except OSError:
            return cls()
        from json import loads  # noqa: PLC0415  (where nothing is remembered, there is none)

        try:
            return cls._of(loads(data))
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            return cls()

    @classmethod
    def _of(cls, document: dict[str, Any]) -> Self:
        record = cls()
        if document["version"] != VERSION:
            return record
        lists = [_listed(*each) for each in document["lists"]]
        record.words = document["words"]
        record.files = _stamps(document["files"])
        record.exclude = tuple(document["exclude"])
        files, known, age, since, until = document["shelf"]
        listed = map(lists.__getitem__, known)
        record.shelf = Shelf(_stamps(files), listed, str(age), float(since), float(until))
        record.pages = {
            name: SettledPage(_stamp(*stamp), blocks, [lists[number] for number in numbers])
            for name, (stamp, blocks, numbers) in document["pages"].items()
        }
        return record

    def write(self, path: str) -> None:
        """Writes the file; see `write_cache`."""
        from json import dumps  # noqa: PLC0415  (seldom needed)

        from taiga_notes.system.atomic_write import write_cache  # noqa: PLC0415  (as above)

        write_cache(path, dumps(self._document()).encode())

    def _document(self) -> dict[str, object]:
        numbers: dict[Listed, int] = {}

        def number(listed: Listed) -> int:
            return numbers.setdefault(listed, len(numbers))

        pages = {
            name: (page.stamp, page.blocks, [*map(number, page.lists)])
            for name, page in self.pages.items()
        }
        shelf = self.shelf
        known = [*map(number, shelf.known)]
        return {
            "version": VERSION,
            "words": self.words,
            "files": self.files,
            "exclude": self.exclude,
            "shelf": (shelf.files, known, shelf.age, shelf.since, shelf.until),
            "pages": pages,
            "lists": [*numbers],
        }


def _listed(
    kind: str, project: str | int | None, filters: list[list[str]], path: str, stamp: str
) -> Listed:
    return kind, project, tuple((name, text) for name, text in filters), path, stamp


def _stamps(found: Mapping[str, list[int] | None]) -> Stamps:
    return {path: None if each is None else _stamp(*each) for path, each in found.items()}


def _stamp(mtime: int, ctime: int, size: int, inode: int) -> Stamp:
    return mtime, ctime, size, inode
