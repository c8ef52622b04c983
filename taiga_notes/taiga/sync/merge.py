"""A list's rows put together of those that the store has and those that come.

Either some items were replaced, added or gone, and the rest is not read anew; or Taiga asked to
wait before all pages had come, and those that came are kept, and read on from. Pages go by the
number of rows before them, so those of one run and of the next fit together only while nothing
came, went or changed in between: the project's pulse and the counts say so. A row that was but
moved, of which nothing tells, would be there twice; then the list is read anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from taiga_notes.model.kinds import KINDS
from taiga_notes.taiga.store.columns import DamagedError, ItemOffsets, below
from taiga_notes.taiga.store.list_content import Content, joined, plain, put_away
from taiga_notes.taiga.store.list_tables import part_name, path_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from taiga_notes.model.rows import Path, Row
    from taiga_notes.taiga.http.pagination import Item
    from taiga_notes.taiga.store.columns import Enrich
    from taiga_notes.taiga.store.list_tables import ListMeta, StoreReading, StoreWriting


def patched(
    reading: StoreReading,
    meta: ListMeta,
    fresh: Mapping[int, Row],
    gone: Collection[int],
    *,
    enrich: Enrich,
    web: str,
    keep: Callable[[memoryview], int],
) -> Content:
    """The list's rows after a change, at the places where Taiga has them.

    Args:
        reading: the store.
        meta: the list, which is sorted.
        fresh: items that changed or came, by id, as Taiga lists them.
        gone: ids of rows that are in the list no more.
        enrich: adds `kinds.ADDED` to an item.
        web: see `list_tables.part_name`.
        keep: see `list_content.put_away`.
    """
    ids = reading.column(meta, part_name(("id",))) or []
    left = [i for i, number in enumerate(ids) if number not in fresh and number not in gone]
    items = list(fresh.values())
    order = _order(reading, meta, left, items)
    whole = [enrich(item) for item in items]
    columns = {}
    for name in reading.part_names(meta):
        path = path_of(name, web)
        # Another web front's columns are let go: its addresses can't be made here for what is new.
        if path is not None:
            both = [*(reading.column(meta, name) or ()), *below(whole, path)]
            columns[path] = list(map(both.__getitem__, order))
    for name in KINDS[meta.kind].order:
        if (name.lstrip("-"),) not in columns:
            # Each list has those from the first: the column is there, by a name that was damaged.
            raise DamagedError(name)
    offsets = reading.offsets(meta)
    offsets.extend(_put_away(items, keep))
    return Content(offsets.picked(order), columns)


def _order(
    reading: StoreReading, meta: ListMeta, left: Sequence[int], items: Sequence[Row]
) -> list[int]:
    """Where the rows come from: an index into the old ones, or beyond them into the new items."""
    if not KINDS[meta.kind].order:
        # Items of these kinds only change, and stay where they are.
        at = {item["id"]: meta.count + index for index, item in enumerate(items)}
        ids = reading.column(meta, part_name(("id",))) or []
        return [at.get(number, index) for index, number in enumerate(ids)]

    def column(name: str) -> list[object]:
        old = reading.column(meta, part_name((name,))) or []
        return [*map(old.__getitem__, left), *below(items, (name,))]

    rows = [*left, *range(meta.count, meta.count + len(items))]
    keys = dict(zip(rows, sort_keys(meta.kind, column), strict=True))
    return sorted(rows, key=keys.__getitem__)


def _put_away(items: Sequence[Row], keep: Callable[[memoryview], int]) -> ItemOffsets:
    texts = [plain(item) for item in items]
    ends = list(accumulate(map(len, texts)))
    starts = (end - len(text) for end, text in zip(ends, texts, strict=True))
    bounds = [cut for pair in zip(starts, ends, strict=True) for cut in pair]
    return put_away(memoryview(b"".join(texts)), bounds, keep)


def sort_keys(kind: str, column: Callable[[str], Sequence[object]]) -> list[tuple[object, ...]]:
    """A key per row by which Taiga's order of that kind ascends; empty without rows or order.

    Args:
        kind: of the list, which has an order.
        column: gives a field's values, one a row.
    """
    columns = [_ascending(name, column(name.lstrip("-"))) for name in KINDS[kind].order]
    return list(zip(*columns, strict=True))


def _ascending(name: str, values: Sequence[object]) -> list[object]:
    if name.startswith("-"):
        return [-value if isinstance(value, int) else None for value in values]
    if name.endswith("_date"):
        # A time with no fraction has none in Taiga's JSON, and "Z" sorts behind ".".
        return [value.rstrip("Z") if isinstance(value, str) else None for value in values]
    return list(values)


def ascends(keys: Sequence[tuple[object, ...]]) -> bool:
    """Whether rows with these keys are in order, and any others could be put among them."""
    if any(None in key for key in keys):
        return False
    return all(first <= second for first, second in pairwise(keys))


@dataclass(frozen=True, slots=True)
class Part:
    """The first rows of a list, or all of them.

    Attributes:
        content: the rows.
        read_at: when the first of them was read, in Unix seconds.
    """

    content: Content
    read_at: float

    def rows(self) -> list[Item]:
        """A row for each, with its id alone."""
        return [{"id": number} for number in self.content.columns.get(("id",), ())]

    def completed(self, later: Part, count: int) -> Part:
        """`count` rows: these and the later ones; or those alone, if they are as many.

        Then the list was begun anew.
        """
        if later.content.count == count:
            return later
        # As old as its oldest rows: from then on `full_every` counts.
        return Part(joined(self.content, later.content), self.read_at)


class Begun:
    """What the store has of a list that came in part.

    Args:
        store: in a transaction.
        name: the list's.
        web: see `list_tables.part_name`.
    """

    def __init__(self, store: StoreWriting, name: str, web: str) -> None:
        self._store = store
        self._name = f"begun {name}"
        self._web = web
        self._meta = store.meta(self._name)

    def recalled(self, now: ListMeta, oldest: float, paths: Iterable[Path]) -> Part:
        """The rows that came, if what is left still follows them; else none.

        Args:
            now: what is known of the list if it is read now.
            oldest: when they must have been read, in Unix seconds.
            paths: of the columns that are needed.
        """
        meta = self._meta
        if meta and oldest < meta.read_at <= now.read_at and _state(meta) == _state(now):
            columns = {path: self._store.column(meta, part_name(path, self._web)) for path in paths}
            known = {path: values for path, values in columns.items() if values is not None}
            if len(known) == len(columns):
                return Part(Content(self._store.offsets(meta), known), meta.read_at)
        return Part(Content(ItemOffsets(), {}), now.read_at)

    def keep(self, meta: ListMeta, content: Content) -> None:
        """Put the rows away that came.

        Args:
            meta: what is known of the list.
            content: the rows.
        """
        number = self._store.number_of(self._name)
        self._store.own(number, content)
        # Of no kind: nothing is asked of it, and nothing is counted for it.
        self._store.put_content(replace(meta, number=number, kind=""), content, self._web)

    def give(self, number: int, content: Content) -> None:
        """Let the rows among `content` be the whole list's, and forget the others."""
        if self._meta is not None:
            # Before the others go: chunks go with the list that owns them.
            self._store.own(number, content)
            self._store.drop(self._meta.number)


def _state(meta: ListMeta) -> tuple[object, ...]:
    return meta.pulse, meta.epoch, meta.guarded, meta.counted
