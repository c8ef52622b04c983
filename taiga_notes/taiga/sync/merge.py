"""A list in the store with some of its items replaced, added or gone: the rest is not read anew."""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from taiga_notes.model.kinds import KINDS
from taiga_notes.taiga.store.columns import below
from taiga_notes.taiga.store.list_content import Content, plain, put_away
from taiga_notes.taiga.store.list_tables import part_name, path_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from taiga_notes.model.rows import Row
    from taiga_notes.taiga.store.columns import Enrich, ItemOffsets
    from taiga_notes.taiga.store.list_tables import ListMeta, StoreReading


def patched(
    reading: StoreReading,
    held: ListMeta,
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
        held: the list, which is sorted.
        fresh: items that changed or came, by id, as Taiga lists them.
        gone: ids of rows that are in the list no more.
        enrich: adds `kinds.ADDED` to an item.
        web: see `list_tables.part_name`.
        keep: see `list_content.put_away`.
    """
    ids = reading.column(held, part_name(("id",))) or []
    left = [i for i, number in enumerate(ids) if number not in fresh and number not in gone]
    items = list(fresh.values())
    order = _order(reading, held, left, items)
    whole = [enrich(item) for item in items]
    columns = {}
    for name in reading.part_names(held):
        path = path_of(name, web)
        # Another web front's columns are let go: its addresses can't be made here for what is new.
        if path is not None:
            both = [*(reading.column(held, name) or ()), *below(whole, path)]
            columns[path] = list(map(both.__getitem__, order))
    places = reading.places(held)
    places.extend(_put_away(items, keep))
    return Content(places.picked(order), columns)


def _order(
    reading: StoreReading, held: ListMeta, left: Sequence[int], items: Sequence[Row]
) -> list[int]:
    """Where the rows come from: an index into the old ones, or beyond them into the new items."""
    if not KINDS[held.kind].order:
        # Items of these kinds only change, and stay where they are.
        at = {item["id"]: held.count + index for index, item in enumerate(items)}
        ids = reading.column(held, part_name(("id",))) or []
        return [at.get(number, index) for index, number in enumerate(ids)]

    def column(name: str) -> list[object]:
        old = reading.column(held, part_name((name,))) or []
        return [*map(old.__getitem__, left), *below(items, (name,))]

    rows = [*left, *range(held.count, held.count + len(items))]
    keys = dict(zip(rows, sort_keys(held.kind, column), strict=True))
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
