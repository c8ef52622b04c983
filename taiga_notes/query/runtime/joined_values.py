"""The fields that no list of Taiga holds: asked for of the rows that are left, and once.

A query computes on columns, and what of these is a `kinds.Join` comes from here: a piece from
whoever lists rows (`details`), items of another list from that list. What is known of an item is
kept for the evaluation, so that rows which were asked for in `where` are not asked for again.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from taiga_notes.model.details import DetailRequest, without_signatures
from taiga_notes.model.history import closed_on, days_in
from taiga_notes.model.kinds import EPICS, STATUSES, joins_of
from taiga_notes.model.rows import EVERY_PROJECT, Listing
from taiga_notes.query.runtime.values import Hits

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    from taiga_notes.model.details import Piece
    from taiga_notes.model.kinds import Join
    from taiga_notes.model.rows import Path, ProjectKey, Rows, Source
    from taiga_notes.query.runtime.budget import Budget

_EMPTY: Mapping[Piece, Any] = {
    "description": "",
    "custom": {},
    "comments": [],
    "history": [],
    "attachments": [],
}
"""What an item has of which there is nothing."""

CALLED = "days_in"
"""The field that is written as a function: `days_in('In progress')`."""

_COST = 20
"""Steps for each item that is joined."""


class Item(NamedTuple):
    """Which item it is, as its row says."""

    kind: str
    server: str
    project: ProjectKey | None
    id: int


class JoinedValues:
    """What one evaluation knows of its items besides their lists.

    Args:
        source: whom to ask.
        listing: gives the rows of a list, and takes note of whose they are.
        budget: is charged.
        today: tells up to which day something lasts.
    """

    def __init__(
        self,
        source: Source,
        listing: Callable[[Listing], Hits],
        budget: Budget,
        today: Callable[[], date],
    ) -> None:
        self._source = source
        self._listing = listing
        self._budget = budget
        self._today = today
        self._pieces: dict[Piece, dict[Item, object]] = defaultdict(dict)
        self._places: dict[tuple[Listing, Path], tuple[Rows, dict[int, list[int]]]] = {}
        self._closed: dict[tuple[ProjectKey | None, str], frozenset[str]] = {}

    def of(self, items: Sequence[Item], name: str) -> list[Any]:
        """A field of items of one kind.

        Raises:
            SourceError: it can't be had.
        """
        join = joins_of(items[0].kind)[name] if items else None
        if join is None:
            return []
        self._budget.work(_COST * len(items))
        if not join.piece:
            return [self._joined(join, item) for item in items]
        self._ask(join.piece, items)
        known = self._pieces[join.piece]
        return [self._shown(name, item, known[item]) for item in items]

    def _shown(self, name: str, item: Item, value: object) -> Any:
        if name == CALLED:
            return days_in(value, self._today())
        if name == "closed_on":
            return closed_on(value, self._closed_statuses(item))
        return value

    def _ask(self, piece: Piece, items: Iterable[Item]) -> None:
        """Has a piece of those items that are not known yet: one request for all of a project."""
        known = self._pieces[piece]
        wanted: dict[tuple[str, str, ProjectKey | None], set[int]] = defaultdict(set)
        for item in items:
            if item not in known:
                wanted[item.kind, item.server, item.project].add(item.id)
        for (kind, server, project), ids in wanted.items():
            numbers = tuple(sorted(ids))
            # Rows of no project are a file's, which does not ask whose they are.
            request = DetailRequest(kind, project or "", piece, numbers, server)
            values = self._source.details(request).values
            for number in numbers:
                known[Item(kind, server, project, number)] = _checked(piece, values.get(number))

    def _joined(self, join: Join, item: Item) -> Hits:
        project = EVERY_PROJECT if join.is_anywhere else item.project
        listing = Listing(join.kind, project, server=item.server)
        if (listing, join.key) not in self._places:
            rows = self._listing(listing).rows
            self._budget.work(_COST * len(rows))
            self._places[listing, join.key] = rows, _by_key(rows.column(join.key))
        rows, places = self._places[listing, join.key]
        return Hits(rows, places.get(item.id, []))

    def _closed_statuses(self, item: Item) -> frozenset[str]:
        """The names of the closed statuses of an item's project."""
        key = item.project, item.server
        if key not in self._closed:
            rows = self._source.rows(Listing(STATUSES.name, item.project, server=item.server))
            columns = (rows.column((each,)) for each in ("of", "name", "is_closed"))
            named = zip(*columns, strict=True)
            self._closed[key] = frozenset(
                name for of, name, closed in named if of == EPICS.name and closed is True
            )
        return self._closed[key]


def item_of(kind: str, server: str, project: object, number: object) -> Item:
    """The item; one that does not say its number, in a file, is none of which anything is known."""
    return Item(
        kind,
        server,
        project if isinstance(project, (str, int)) else None,
        number if isinstance(number, int) else -1,
    )


def _checked(piece: Piece, value: object) -> object:
    """The value if it is what the piece is; a file may hold anything."""
    empty = _EMPTY[piece]
    return without_signatures(piece, value) if isinstance(value, type(empty)) else empty


def _by_key(keys: Sequence[object]) -> dict[int, list[int]]:
    """The places of items by the ids of what they belong to; of a list, of each in it."""
    places: dict[int, list[int]] = defaultdict(list)
    for place, key in enumerate(keys):
        for each in key if isinstance(key, list) else (key,):
            number = each.get("id") if isinstance(each, dict) else each
            if isinstance(number, int):
                places[number].append(place)
    return places
