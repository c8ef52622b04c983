"""Rows, and where they come from: the seam between the query language and Taiga.

Pure: plain JSON data. The query engine asks a `Source` for a `Listing` and gets `Rows`; Taiga,
the store, a snapshot file and the tests' tables all stand behind these two protocols.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from taiga_notes.model.details import DetailRequest, Details

T = TypeVar("T")

_MANY = 2
_SEVERAL = 2

Row = Mapping[str, object]
"""One item of a list: Taiga's JSON as it came, plus the fields of `kinds.ADDED`."""

ProjectKey = str | int
"""A project's slug or id."""

Projects = ProjectKey | tuple[ProjectKey, ...] | None
"""Of which project a list is: of one, of several one after another, of every one that the account
is a member of (`EVERY_PROJECT`), or of none."""

EVERY_PROJECT = "*"
"""Stands for all projects that the account is a member of. No slug has such a character."""

Path = tuple[str, ...]
"""A field's place in a row: `("status_extra_info", "name")`."""


class Rows(Protocol):
    """What a source lists, in Taiga's order."""

    kind: str
    """A name of `kinds.KINDS`, or empty for a list whose kind is not known."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Row:
        """The whole row, as plain data."""

    def column(self, path: Path, /) -> Sequence[object]:
        """The value at `path` for each row; None where it is missing, null or has no such part."""

    def carries(self, path: Path, /) -> bool:
        """Whether any row has that field, be it null."""

    def names(self, path: Path, /) -> Iterable[str]:
        """The names of the fields right below `path` that rows have (`()` for the rows' own)."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Which list a query asks for: the key under which it is fetched once.

    Attributes:
        kind: a name of `kinds.KINDS`; empty where `path` says it.
        project: whose list it is; None where it is of no single project.
        filters: Taiga's own filters as they go on the wire, sorted by name.
        path: of `getTaigaTasks('/…')`: a path with its query below the API's root, else empty.
        server: a name of the user's for another server; empty for the usual one.
    """

    kind: str
    project: Projects = None
    filters: tuple[tuple[str, str], ...] = ()
    path: str = ""
    server: str = ""


def several(keys: Iterable[ProjectKey]) -> Projects:
    """These projects as a listing has them: each once, one alone as that one, none as None.

    Where `EVERY_PROJECT` is among them, it is all that is needed.
    """
    found = tuple(dict.fromkeys(keys))
    if EVERY_PROJECT in found:
        return EVERY_PROJECT
    return found if len(found) > 1 else next(iter(found), None)


def whose(project: Projects) -> str:
    """What stands after the name of a list to say whose it is, a blank before it; or nothing."""
    match project:
        case None:
            return ""
        case tuple(keys):
            return f" of {', '.join(map(str, keys))}"
        case _:
            return " of every project of mine" if project == EVERY_PROJECT else f" of {project}"


class Source(Protocol):
    """Whatever can list rows."""

    def rows(self, listing: Listing, /) -> Rows:
        """The rows of that list. Asked twice within one refresh, it is fetched once.

        Raises:
            SourceError: they can't be had.
        """

    def me(self, server: str = "", /) -> Row:
        """The logged-in user, as `/users/me` gives it; empty for an anonymous one.

        Args:
            server: see `Listing`.

        Raises:
            SourceError: it can't be had.
        """

    def details(self, request: DetailRequest, /) -> Details:
        """What the lists leave out of some items. Asked twice within one refresh, it is read once.

        Raises:
            SourceError: it can't be had, or it is of more items than Taiga may be asked about.
        """


class Table:
    """Rows held as Python values.

    Args:
        items: the rows; they must not change any more.
        kind: a name of `kinds.KINDS`, or empty.
    """

    def __init__(self, items: Sequence[Any], kind: str = "") -> None:
        self.items = items
        self.kind = kind
        self._columns: dict[Path, Sequence[object]] = {(): items}

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, index: int, /) -> Any:
        return self.items[index]

    def column(self, path: Path, /) -> Sequence[object]:
        """See `Rows.column`."""
        column = self._columns.get(path)
        if column is None:
            column = self._columns[path] = _parts(self.column(path[:-1]), path[-1])
        return column

    def column_at(self, path: Path, places: Sequence[int], /) -> Sequence[object]:
        """The values at `path` of some rows; those of a few do not cost a look at all of them."""
        if path in self._columns or _MANY * len(places) > len(self.items):
            return picked(self.column(path), places)
        values: Sequence[object] = picked(self.items, places)
        for name in path:
            values = _parts(values, name)
        return values

    def carries(self, path: Path, /) -> bool:
        """See `Rows.carries`."""
        return any(path[-1] in parent for parent in self._parents(path[:-1]))

    def names(self, path: Path, /) -> Iterable[str]:
        """See `Rows.names`."""
        return dict.fromkeys(name for parent in self._parents(path) for name in parent)

    def _parents(self, path: Path) -> Iterator[dict[str, object]]:
        return (parent for parent in self.column(path) if isinstance(parent, dict))


class JoinedRows:
    """The lists of several projects as one, one after another.

    Args:
        parts: them, of one kind.
        stamp: another one whenever the rows are others; empty where that can't be told.
    """

    def __init__(self, parts: Sequence[Rows], stamp: str) -> None:
        self.kind = parts[0].kind
        self.stamp = stamp
        self._parts = parts
        self._ends = [*accumulate(map(len, parts))]
        self._columns: dict[Path, list[object]] = {}

    def __len__(self) -> int:
        return self._ends[-1]

    def __getitem__(self, index: int, /) -> Row:
        place = range(len(self))[index]
        part = bisect_right(self._ends, place)
        return self._parts[part][place - (self._ends[part - 1] if part else 0)]

    def column(self, path: Path, /) -> Sequence[object]:
        """See `Rows.column`."""
        if path not in self._columns:
            self._columns[path] = [each for part in self._parts for each in part.column(path)]
        return self._columns[path]

    def carries(self, path: Path, /) -> bool:
        """See `Rows.carries`."""
        return any(part.carries(path) for part in self._parts)

    def names(self, path: Path, /) -> Iterable[str]:
        """See `Rows.names`."""
        return dict.fromkeys(name for part in self._parts for name in part.names(path))


def picked(values: Sequence[T], places: Sequence[int]) -> Sequence[T]:
    """The values at those places."""
    if len(places) < _SEVERAL:
        return [values[place] for place in places]
    several: Sequence[T] = itemgetter(*places)(values)
    return several


def _parts(wholes: Sequence[Any], name: str) -> list[object]:
    """Nearly always every whole is an object that has the part, or null: the quick ways first."""
    try:
        return list(map(itemgetter(name), wholes))
    except (KeyError, TypeError):
        pass
    try:
        return [None if whole is None else whole[name] for whole in wholes]
    except (KeyError, TypeError):
        return [whole.get(name) if isinstance(whole, dict) else None for whole in wholes]
