"""Rows of a snapshot: each gets the fields that Taiga does not give once somebody looks at it.

A query looks at a few columns of all rows and at all of a few rows. To make every field of every
row takes longer than to find those.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, overload

from taiga_notes.model.enrich import OF_THE_DAY
from taiga_notes.model.kinds import ADDED
from taiga_notes.model.rows import Table

if TYPE_CHECKING:
    from collections.abc import Callable

    from taiga_notes.model.rows import Path, Row

_MADE = {*ADDED, *OF_THE_DAY}
"""Fields that a row does not have as the snapshot has them."""


class SnapshotRows(Table):
    """The rows of one list.

    Args:
        items: as the snapshot has them.
        shown: gives one of them with all of its fields.
        kind: a name of `kinds.KINDS`.
    """

    def __init__(self, items: Sequence[Row], shown: Callable[[Row], Row], kind: str) -> None:
        super().__init__(_Shown(items, shown), kind)
        self._as_they_came = Table(items, kind)

    def column(self, path: Path, /) -> Sequence[object]:
        """See `Rows.column`."""
        if path and path[0] not in _MADE:
            return self._as_they_came.column(path)
        return super().column(path)

    def column_at(self, path: Path, places: Sequence[int], /) -> Sequence[object]:
        """See `Table.column_at`."""
        if path and path[0] not in _MADE:
            return self._as_they_came.column_at(path, places)
        return super().column_at(path, places)


class _Shown(Sequence["Row"]):
    """Rows with all of their fields, each made when it is first asked for."""

    def __init__(self, items: Sequence[Row], shown: Callable[[Row], Row]) -> None:
        self._items = items
        self._shown = shown
        self._made: dict[int, Row] = {}

    def __len__(self) -> int:
        return len(self._items)

    @overload
    def __getitem__(self, index: int, /) -> Row: ...
    @overload
    def __getitem__(self, index: slice, /) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice, /) -> Row | Sequence[Row]:
        if isinstance(index, slice):
            return [self[place] for place in range(len(self))[index]]
        place = range(len(self))[index]
        row = self._made.get(place)
        if row is None:
            row = self._made[place] = self._shown(self._items[place])
        return row
