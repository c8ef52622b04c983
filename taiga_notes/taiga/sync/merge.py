"""A list in the store with some of its items replaced, added or gone: the rest is not read anew.

That goes also for lists whose items hold, count or name stories, after a story changed.
"""

from __future__ import annotations

from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from taiga_notes.model.kinds import KINDS
from taiga_notes.taiga.store.columns import below
from taiga_notes.taiga.store.list_content import Content, plain, put_away
from taiga_notes.taiga.store.list_tables import part_name, path_of
from taiga_notes.taiga.sync.fetch import DoubtError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

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


_SUMMED = ("is_closed", "total_points", "sprint_order")
"""What a sprint adds up of its stories, or has them in order by."""


def demand_no_epic(stories: Iterable[Row | None]) -> None:
    """Make sure that no epic counts these stories.

    Raises:
        DoubtError: one may.
    """
    for story in stories:
        # In no epic is null, in Taiga's lists; a field that is not there says nothing.
        if story is None or story.get("epics", ...) is not None:
            raise DoubtError


def with_stories(sprints: Iterable[Row], stories: Mapping[int, Row | None]) -> dict[int, Row]:
    """The sprints in which these stories stand, with them as they are now.

    Args:
        sprints: all of the project.
        stories: by id, as Taiga lists them.

    Raises:
        DoubtError: a sprint may show more of a story's change than the story itself.
    """
    homes = {number: story["milestone"] for number, story in stories.items() if story}
    if len(homes) < len(stories):
        raise DoubtError
    changed: dict[int, Row] = {}
    for sprint in sprints:
        held = sprint.get("user_stories")
        number = sprint.get("id")
        if not isinstance(held, list) or not isinstance(number, int):
            raise DoubtError
        here = {story.get("id") for story in held if isinstance(story, dict)} & homes.keys()
        # A story that came, went or moved: what the sprint adds up is another as well.
        if here != {one for one, home in homes.items() if home == number}:
            raise DoubtError
        if here:
            fresh = [_renewed(story, stories) for story in held]
            changed[number] = {**sprint, "user_stories": fresh}
    return changed


def named(task: Row, story: Row | None) -> Row:
    """A task of a story that was renamed.

    Raises:
        DoubtError: it does not show its story as it should.
    """
    extra = task.get("user_story_extra_info")
    if story is None or not isinstance(extra, dict):
        raise DoubtError
    fresh = {name: story.get(name, value) for name, value in extra.items()}
    return {**task, "user_story_extra_info": fresh}


def _renewed(held: Row, stories: Mapping[int, Row | None]) -> Row:
    """A story within its sprint, as it is now."""
    number = held.get("id")
    story = stories.get(number) if isinstance(number, int) else None
    if story is None:
        return held
    if not held.keys() <= story.keys() or any(held.get(n) != story.get(n) for n in _SUMMED):
        raise DoubtError
    return {name: story[name] for name in held}
