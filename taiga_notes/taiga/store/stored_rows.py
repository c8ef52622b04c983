"""The rows of a list in the store: columns as they are asked for, whole items one by one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar, cast

from taiga_notes.errors import SourceError
from taiga_notes.model.kinds import ADDED
from taiga_notes.taiga.store.columns import DamagedError, below, pack
from taiga_notes.taiga.store.database import UnusableError
from taiga_notes.taiga.store.list_tables import UnknownOrderError, names_below, part_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from taiga_notes.model.enrich import Day
    from taiga_notes.model.rows import Path, Row
    from taiga_notes.taiga.store.columns import Enrich, ItemOffsets
    from taiga_notes.taiga.store.list_tables import ListMeta, StoreReading

T = TypeVar("T")

_STATUS = ("due_date_status",)
_DUE = ("due_date",)
_CLOSED = ("status_extra_info", "is_closed")
_STORIES = ("user_stories",)


@dataclass(frozen=True, slots=True)
class View:
    """One state of one list.

    Attributes:
        reading: a snapshot of the store.
        meta: the list in it.
        enrich: adds `kinds.ADDED` to an item; None for a list of no known kind.
        web: see `list_tables.part_name`.
        day: on which it is seen: what is due then is not kept but computed.
    """

    reading: StoreReading
    meta: ListMeta
    enrich: Enrich | None
    web: str
    day: Day

    @property
    def stamp(self) -> str:
        """Another one whenever the rows are others."""
        return f"{self.meta.stamp} {self.day.name}"


class StoredRows:
    """Rows of a list in the store, see `rows.Rows`. What was asked for once is kept at hand.

    Args:
        view: what they are.
        look: gives these rows a view anew, where theirs was let go of, the store turned out to be
            damaged or an order is not known; is told what was wrong, if anything was. It releases
            the former view.
        remember: puts columns that had to be made into the store, by name, packed.
    """

    def __init__(
        self,
        view: View,
        look: Callable[[StoredRows, DamagedError | UnusableError | UnknownOrderError | None], View],
        remember: Callable[[ListMeta, dict[str, bytes]], None],
    ) -> None:
        self.kind = view.meta.kind
        self.stamp = view.stamp
        """Another one, also in a later run, whenever the rows are others."""
        self._count = view.meta.count
        self._view: View | None = view
        self._look = look
        self._remember = remember
        self._columns: dict[Path, list[object]] = {}
        self._orders: set[str] = set()
        self._offsets: ItemOffsets | None = None

    def __len__(self) -> int:
        return self._count

    def __getitem__(self, index: int, /) -> Row:
        return self._seen(lambda view: self._row(view, range(self._count)[index]))

    def column(self, path: Path, /) -> Sequence[object]:
        """See `Rows.column`."""
        values = self._columns.get(path)
        if values is None:
            values = self._columns[path] = self._seen(lambda view: self._ask(view, path))
        return values

    def carries(self, path: Path, /) -> bool:
        """See `Rows.carries`."""
        if any(value is not None for value in self.column(path)):
            return True
        # Usually all rows of a list have the same fields, so that the first one tells.
        return self._seen(lambda view: self._is_known(view, path) or self._is_anywhere(view, path))

    def names(self, path: Path, /) -> Iterable[str]:
        """See `Rows.names`."""
        if path:
            return names_below(self.column(path))
        return names_below(self[index] for index in range(self._count))

    def _is_known(self, view: View, path: Path) -> bool:
        """Whether the first row has that field: a typing error is to be no column for ever."""
        return bool(self._count) and _reaches(self._row(view, 0), path)

    def _is_anywhere(self, view: View, path: Path) -> bool:
        name = json.dumps(path[-1])
        texts = view.reading.texts(view.reading.offsets(view.meta))
        return any(name in text and _reaches(json.loads(text), path) for _, text in texts)

    def let_go(self) -> StoreReading | None:
        """Stop using the snapshot; a later question looks at the store anew.

        Returns:
            The snapshot, to be released; None if there is none.
        """
        view, self._view = self._view, None
        return None if view is None else view.reading

    @property
    def is_let_go(self) -> bool:
        """Whether it has no view of the store at the moment."""
        return self._view is None

    def use(self, view: View) -> None:
        """Go on with another view of the same rows.

        Raises:
            SourceError: they are others, and some of these rows were given already.
        """
        self._view = view
        self._offsets = None
        if view.stamp == self.stamp:
            return
        # Another stamp need not mean other rows; those that were given must be the same.
        same = view.meta.count == self._count and all(
            self._load(view, path) == values for path, values in self._columns.items()
        )
        if not same:
            raise SourceError("Taiga's list changed while it was read", hint="run it again")
        self.stamp = view.stamp

    def _seen(self, look: Callable[[View], T]) -> T:
        """What `look` finds in the view; in a new one if there is anything wrong with this one."""
        if self._view is None:
            self.use(self._look(self, None))
        try:
            return look(cast("View", self._view))
        except (DamagedError, UnusableError, UnknownOrderError) as error:
            self.use(self._look(self, error))
            return look(cast("View", self._view))

    def _row(self, view: View, index: int) -> Row:
        if self._offsets is None:
            self._offsets = view.reading.offsets(view.meta)
        item: Row = json.loads(view.reading.text(self._offsets, index))
        return view.day.shown(item if view.enrich is None else view.enrich(item))

    def _ask(self, view: View, path: Path) -> list[object]:
        if path[0] in view.meta.unknown_orders and path[0] not in self._orders:
            # Once: where Taiga can't be had, what is known has to do.
            self._orders.add(path[0])
            raise UnknownOrderError(path[0])
        return self._load(view, path)

    def _load(self, view: View, path: Path) -> list[object]:
        # Taiga's own goes by the day on which it was asked, in UTC.
        if path == _STATUS and self._is_known(view, _DUE):
            pairs = zip(self._kept(view, _DUE), self._kept(view, _CLOSED), strict=True)
            return [view.day.status(due, is_closed) for due, is_closed in pairs]
        values = self._kept(view, path)
        return list(map(view.day.stories, values)) if path == _STORIES else values

    def _kept(self, view: View, path: Path) -> list[object]:
        values = view.reading.column(view.meta, part_name(path, view.web))
        return self._make(view, path) if values is None else values

    def _make(self, view: View, path: Path) -> list[object]:
        """A column out of the items themselves; it is in the store from then on."""
        if view.enrich is None or path[0] not in ADDED:
            made = {path: view.reading.values(view.meta, path)}
        else:
            # Adding the fields costs the same for one as for all.
            added = view.reading.scan(view.meta, tuple(ADDED), view.enrich)
            made = {(name,): values for name, values in added.items()}
            made[path] = below(added[path[0]], path[1:])
        parts = {
            part_name(place, view.web): pack(values)
            for place, values in made.items()
            if any(value is not None for value in values) or self._is_known(view, place)
        }
        self._remember(view.meta, parts)
        return made[path]


def _reaches(row: object, path: Path) -> bool:
    """Whether a row has that field, be it null."""
    for name in path[:-1]:
        row = row.get(name) if isinstance(row, dict) else None
    return isinstance(row, dict) and path[-1] in row
