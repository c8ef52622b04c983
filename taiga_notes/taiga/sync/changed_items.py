"""The items of a list that changed, as Taiga has them now, by what the timeline tells of them.

Some show in others: a sprint holds its stories, an epic counts them, a task names its own, and a
dragged story moves those below it. What can't be told so is a doubt: then the list is read whole.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from taiga_notes.model.kinds import KINDS, TASKS, USERSTORIES
from taiga_notes.taiga.local_filters import belongs, is_local
from taiga_notes.taiga.store.list_tables import part_name
from taiga_notes.taiga.sync.fetch import DoubtError
from taiga_notes.taiga.sync.timeline import refers

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from taiga_notes.model.rows import Row
    from taiga_notes.taiga.api_list import ApiList
    from taiga_notes.taiga.store.list_tables import ListMeta, StoreReading
    from taiga_notes.taiga.sync.fetch import Fetch
    from taiga_notes.taiga.sync.probe import Probe
    from taiga_notes.taiga.sync.timeline import Changes

SINGLE_ITEMS = 20
"""Changed items that are always read one by one rather than the whole list."""

SINGLE_COST = 300
"""A single item costs Taiga as much time as so many rows of a list."""

_SUMMED = ("is_closed", "total_points", "sprint_order")
"""What a sprint adds up of its stories, or has them in order by."""


@dataclass(frozen=True, slots=True)
class ChangedItems:
    """What changed of one list.

    Attributes:
        fetch: asks Taiga for each item once.
        store: what is known.
        asked: the list.
        meta: the list in the store.
        probe: its project.
        changes: what the timeline tells.
        begin: a time before those changes; None where it is not known.
        orders: names of `Kind.drags` that somebody asks for.
    """

    fetch: Fetch
    store: StoreReading
    asked: ApiList
    meta: ListMeta
    probe: Probe
    changes: Changes
    begin: str | None
    orders: Collection[str]

    def resolved(self) -> tuple[dict[int, Row], set[int]]:
        """The items that changed, as Taiga lists them, and the ids of those that left the list.

        Raises:
            DoubtError: the list has to be read whole.
            SourceError: Taiga can't be had.
        """
        if not self.changes:
            return {}, set()
        if not KINDS[self.meta.kind].order:
            return self._unlike(self._holders()), set()
        items, gone = self._items()
        renamed = {number: row for number, row in self._renamed().items() if number not in gone}
        return self._unlike(renamed | items), gone

    def _items(self) -> tuple[dict[int, Row], set[int]]:
        if not self.meta.is_sorted or not is_local(self.meta.kind, self.asked.params):
            raise DoubtError
        touched = self.changes.touched | self._linked()
        touched.update(self._stories_of_tasks())
        # Columns first: the dragged story comes with its neighbours.
        touched |= self._neighbours()
        most = max(SINGLE_ITEMS, self.meta.count // SINGLE_COST)
        items = self._fetched(self.meta.kind, touched - self.changes.gone, most)
        fresh: dict[int, Row] = {}
        gone = set(self.changes.gone)
        names = tuple(self.store.first(self.meta))
        for number, item in items.items():
            # Those that other projects' lists asked for in this refresh are among them.
            if item is not None and item.get("project") != self.probe.number:
                continue
            if item is None or not self._belongs(item):
                gone.add(number)
            # A single item has more fields than the list gives: it gets those, and has to have all.
            elif not names or any(name not in item for name in names):
                raise DoubtError
            else:
                fresh[number] = {name: item[name] for name in names}
        return fresh, gone

    def _renamed(self) -> dict[int, Row]:
        """The tasks whose stories have another subject: that is all that changed of them."""
        if not self.changes.stories:
            return {}
        found: dict[int, Row] = {}
        homes = self.store.values(self.meta, ("user_story",))
        at = [index for index, story in enumerate(homes) if story in self.changes.stories]
        stories = {story for index in at if isinstance(story := homes[index], int)}
        items = self._fetched(USERSTORIES.name, stories)
        ids = self.store.column(self.meta, part_name(("id",))) or []
        offsets = self.store.offsets(self.meta)
        for index in at:
            row = named(
                json.loads(self.store.text(offsets, index)), items[cast("int", homes[index])]
            )
            found[cast("int", ids[index])] = row
        return found

    def _holders(self) -> dict[int, Row]:
        """The sprints or epics that show a story which changed."""
        if self.asked.params:
            raise DoubtError
        items = self._fetched(USERSTORIES.name, self.changes.stories)
        stories = {number: items[number] for number in self.changes.stories}
        if KINDS[self.meta.kind].stories == "counts":
            demand_no_epic(stories.values())
            return {}
        texts = self.store.texts(self.store.offsets(self.meta))
        return with_stories([json.loads(text) for _, text in texts], stories)

    def _neighbours(self) -> set[int]:
        """The stories of the columns into which one was dragged, if anybody asks for their order.

        A drag gives those below it other orders, and leaves no trace of that.
        """
        found: set[int] = set()
        for order, name, story in self.changes.dragged:
            if order in self.orders:
                column = self._column(order, name, story)
                if column is not None:
                    filters = {USERSTORIES.drags[order][0]: column}
                    found.update(self.fetch.column(self.probe.number, filters))
        return found

    def _column(self, order: str, name: str | None, story: int) -> str | None:
        """The column of a drag, as a filter takes it; None where there is no such order."""
        field, vocabulary = USERSTORIES.drags[order]
        # Wherever the story is by now: it may have been dragged on, or deleted, and those that it
        # pushed down stay where they are.
        if not vocabulary:
            return "null"
        if name is not None:
            return _number_of(self.probe.detail.get(vocabulary), name)
        if story in self.changes.gone:
            return None
        items = self._fetched(USERSTORIES.name, {story})
        value = (items[story] or {}).get(field)
        return None if value is None else str(value)

    def _fetched(
        self, kind: str, ids: Collection[int], most: int = SINGLE_ITEMS
    ) -> Mapping[int, Row | None]:
        return self.fetch.items(kind, self.probe.number, ids, self.begin, most)

    def _belongs(self, item: Row) -> bool:
        verdict = belongs(self.asked.kind, item, self.asked.params, self.probe.detail)
        if verdict is None:
            raise DoubtError
        return verdict

    def _linked(self) -> set[int]:
        """The ids of rows that show an item which changed."""
        ids = self.store.column(self.meta, part_name(("id",))) or []
        found: set[int] = set()
        for path, numbers in self.changes.linked.items():
            values = self.store.values(self.meta, path)
            found.update(
                number
                for number, value in zip(ids, values, strict=True)
                if isinstance(number, int) and refers(value, numbers)
            )
        return found

    def _stories_of_tasks(self) -> Iterator[int]:
        tasks = self.changes.tasks
        if not tasks:
            return
        items = self._fetched(TASKS.name, tasks)
        for number in tasks:
            match items.get(number):
                case {"user_story": int(story)}:
                    yield story
                case {"user_story": None}:
                    pass
                case _:
                    raise DoubtError

    def _unlike(self, fresh: Mapping[int, Row]) -> dict[int, Row]:
        """Those items that are not in the list just so: a comment, say, changes little."""
        offsets = self.store.offsets(self.meta)
        ids = self.store.column(self.meta, part_name(("id",))) or []
        at = {number: index for index, number in enumerate(ids)}
        return {
            number: item
            for number, item in fresh.items()
            if number not in at or json.loads(self.store.text(offsets, at[number])) != item
        }


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
        shown = sprint.get("user_stories")
        number = sprint.get("id")
        if not isinstance(shown, list) or not isinstance(number, int):
            raise DoubtError
        here = {story.get("id") for story in shown if isinstance(story, dict)} & homes.keys()
        # A story that came, went or moved: what the sprint adds up is another as well.
        if here != {one for one, home in homes.items() if home == number}:
            raise DoubtError
        if here:
            fresh = [_renewed(story, stories) for story in shown]
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


def _renewed(shown: Row, stories: Mapping[int, Row | None]) -> Row:
    """A story within its sprint, as it is now."""
    number = shown.get("id")
    story = stories.get(number) if isinstance(number, int) else None
    if story is None:
        return shown
    if not shown.keys() <= story.keys() or any(shown.get(n) != story.get(n) for n in _SUMMED):
        raise DoubtError
    return {name: story[name] for name in shown}


def _number_of(vocabulary: object, name: str) -> str:
    """The id of a status or sprint."""
    for row in vocabulary if isinstance(vocabulary, list) else ():
        if isinstance(row, dict) and row.get("name") == name:
            return str(row.get("id"))
    # It was renamed since.
    raise DoubtError
