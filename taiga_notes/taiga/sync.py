"""Bringing a list in the store up to date for as little as possible.

    nothing happened         a count is asked, since some items come and go without a trace
    the timeline tells what  those items are read, and the count must come out right
    any doubt                the list is read whole

Doubt is a first time, `full_every`, a project whose statuses, tags, people or sprints changed
otherwise than by growing, a gap in the timeline, more changes than reading everything costs, a
filter whose outcome only Taiga knows, an order that is not the usual one, a count that is off.
What leaves no trace at all (orders, votes, people outside the project, dates that come near) waits
for the next full read.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from taiga_notes.fields import ADDED
from taiga_notes.items import Enricher
from taiga_notes.taiga.bodies import Reader
from taiga_notes.taiga.changes import begin_of, changes_of, refers
from taiga_notes.taiga.contents import gather
from taiga_notes.taiga.fetch import DoubtError, Fetch
from taiga_notes.taiga.kinds import FEW, HOT, ORDER, ascends, belongs, is_local, sort_keys
from taiga_notes.taiga.lists import Held, part_name, path_of
from taiga_notes.taiga.patches import patched
from taiga_notes.taiga.places import collection_paused
from taiga_notes.taiga.probe import LONGEST, OVERLAP, project_detail

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from taiga_notes.rows import Path, Row
    from taiga_notes.taiga.changes import Changes
    from taiga_notes.taiga.client import Client
    from taiga_notes.taiga.contents import Content
    from taiga_notes.taiga.lists import Writing
    from taiga_notes.taiga.probe import Probe
    from taiga_notes.taiga.wanted import Wanted

SINGLE_ITEMS = 20
"""Changed items that are always read one by one rather than the whole list."""

SINGLE_COST = 300
"""A single item costs Taiga as much time as so many rows of a list."""

FORGET_AFTER = 30 * 86_400.0
"""Seconds after which a list that nobody asked for is dropped."""

FEW_ENTRIES = 100
"""New entries of the timeline that are always read."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """Up to where a list follows its project's timeline."""

    total: int | None = None
    recent: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class _Task:
    """One list to bring up to date."""

    store: Writing
    wanted: Wanted
    probe: Probe | None
    held: Held | None
    counted: int | None

    @property
    def number(self) -> int | None:
        """The project's id."""
        return None if self.probe is None else self.probe.number


@dataclass(slots=True)
class Sync:
    """What one refresh knows and may do.

    Attributes:
        client: Taiga.
        web: the web front's address, see `lists.part_name`.
        now: the time at which this refresh began, in Unix seconds.
        full_every: seconds after which a list is read whole.
        full: read every list whole.
    """

    client: Client
    web: str
    now: float
    full_every: float
    full: bool
    _fetch: Fetch = field(init=False)

    def __post_init__(self) -> None:
        self._fetch = Fetch(self.client)

    def bring(self, store: Writing, wanted: Wanted, probe: Probe | None) -> None:
        """Bring a list up to date.

        Args:
            store: in a transaction.
            wanted: the list.
            probe: its project; None for a list of no single project, which is always read whole.

        Raises:
            SourceError: it can't be had; the store is to stay as it was.
        """
        held = store.held(wanted.name(None if probe is None else probe.number))
        if probe is not None:
            probe.demand_right(wanted.kind)
        counted = None if probe is None else self._fetch.counted(wanted.kind, probe.number)
        task = _Task(store, wanted, probe, held, counted)
        try:
            self._follow(task)
        except DoubtError:
            with collection_paused():
                self._read_whole(task)

    def _follow(self, task: _Task) -> None:
        held, probe = task.held, task.probe
        if held is None or probe is None or not self._may_follow(task, held, probe):
            raise DoubtError
        mark, changes, begin = self._news(held, probe)
        if changes.is_unclear or task.counted != (held.counted or 0) + changes.growth:
            raise DoubtError
        fresh, gone = self._resolve(task, held, probe, changes, begin) if changes else ({}, set())
        ids = task.store.column(held, part_name(("id",))) or []
        left = set(ids) - gone
        if (
            not task.wanted.params
            and held.kind in ORDER
            and task.counted != len(left | fresh.keys())
        ):
            raise DoubtError
        fresh = self._unlike(task.store, held, ids, fresh)
        if fresh or len(left) < held.count:
            content = patched(
                *(task.store, held, fresh, gone),
                enrich=self._enricher(held.kind, probe),
                web=self.web,
                keep=task.store.keeper(held.number),
            )
            self._put(task, content, held.number, mark, read_at=held.read_at)
        else:
            task.store.put_held(
                replace(
                    held,
                    checked_at=self.now,
                    total=mark.total,
                    recent=mark.recent,
                    counted=task.counted,
                )
            )

    def _may_follow(self, task: _Task, held: Held, probe: Probe) -> bool:
        return (
            not self.full
            and 0 <= self.now - held.read_at < self.full_every
            and held.epoch == probe.epoch
            and None not in {task.counted, held.counted}
        )

    def _news(self, held: Held, probe: Probe) -> tuple[_Mark, Changes, str | None]:
        """What the timeline has that this list does not know yet."""
        if probe.head is None or held.total is None:
            raise DoubtError
        if (probe.head.total, probe.head.ids) == (held.total, held.recent[:1]):
            return _Mark(held.total, held.recent), changes_of(held.kind, ()), None
        more = probe.head.total - held.total
        if not 0 <= more <= min(LONGEST, max(FEW_ENTRIES, held.count // 4)):
            raise DoubtError
        window = probe.window(self.client, more + OVERLAP)
        entries = None if window is None else window.since(held.total, held.recent)
        if window is None or entries is None:
            raise DoubtError
        mark = _Mark(window.total, window.ids[:OVERLAP])
        return mark, changes_of(held.kind, entries), begin_of(entries)

    def _resolve(
        self, task: _Task, held: Held, probe: Probe, changes: Changes, begin: str | None
    ) -> tuple[dict[int, Row], set[int]]:
        """The items that changed, as Taiga lists them, and the ids of those that left the list."""
        if not held.is_sorted or not is_local(held.kind, task.wanted.params):
            raise DoubtError
        touched = changes.touched | self._linked(task.store, held, changes)
        for story in self._stories_of(probe, changes.tasks, begin):
            touched.add(story)
        most = max(SINGLE_ITEMS, held.count // SINGLE_COST)
        items = self._fetch.items(held.kind, probe.number, touched - changes.gone, begin, most)
        fresh: dict[int, Row] = {}
        gone = set(changes.gone)
        names = tuple(task.store.first(held))
        for number, item in items.items():
            if item is not None and item.get("project") != probe.number:
                continue
            if item is None or not self._belongs(task, probe, item):
                gone.add(number)
            elif not names or any(name not in item for name in names):
                raise DoubtError
            else:
                fresh[number] = {name: item[name] for name in names}
        return fresh, gone

    def _belongs(self, task: _Task, probe: Probe, item: Row) -> bool:
        verdict = belongs(task.wanted.kind, item, task.wanted.params, probe.detail)
        if verdict is None:
            raise DoubtError
        return verdict

    def _linked(self, store: Writing, held: Held, changes: Changes) -> set[int]:
        """The ids of rows that show an item which changed."""
        ids = store.column(held, part_name(("id",))) or []
        found: set[int] = set()
        for path, numbers in changes.linked.items():
            values = store.values(held, path)
            found.update(
                number
                for number, value in zip(ids, values, strict=True)
                if isinstance(number, int) and refers(value, numbers)
            )
        return found

    def _stories_of(self, probe: Probe, tasks: Collection[int], begin: str | None) -> Iterable[int]:
        if not tasks:
            return
        items = self._fetch.items("tasks", probe.number, tasks, begin, SINGLE_ITEMS)
        for number in tasks:
            match items.get(number):
                case {"user_story": int(story)}:
                    yield story
                case {"user_story": None}:
                    pass
                case _:
                    raise DoubtError

    def _unlike(
        self, store: Writing, held: Held, ids: list[object], fresh: Mapping[int, Row]
    ) -> dict[int, Row]:
        """Those items that are not in the list just so: a comment, say, changes little."""
        places = store.places(held)
        at = {number: index for index, number in enumerate(ids)}
        return {
            number: item
            for number, item in fresh.items()
            if number not in at or json.loads(store.text(places, at[number])) != item
        }

    def _read_whole(self, task: _Task) -> None:
        kind, probe, wanted = task.wanted.kind, task.probe, task.wanted
        mark = self._mark(task)
        number = task.store.number_of(wanted.name(task.number))
        paths = dict.fromkeys((*HOT.get(kind, FEW), *self._used(task)))
        names = tuple(dict.fromkeys(path[0] for path in paths))
        enrich = self._enricher(kind, probe) if not ADDED.keys().isdisjoint(names) else None
        reader = Reader(names, task.store.keeper(number), enrich)
        rows = self._fetch.listed(wanted, task.number, reader)
        if not rows and probe is not None:
            # Seen again after the answer: a project that has just gone private answers like this.
            probe.detail = project_detail(self.client, probe.number, known=True)
            probe.demand_right(kind)
        content = gather(reader.last(len(rows)), paths)
        self._put(task, content, number, mark, read_at=self.now)
        self._forget_old(task.store)

    def _forget_old(self, store: Writing) -> None:
        """A filter with a date in it, say, is another list every day."""
        for _, held in store.lists():
            if held.checked_at < self.now - FORGET_AFTER:
                store.drop(held)

    def _used(self, task: _Task) -> list[Path]:
        """The columns that this list has: they will be asked for again."""
        names = task.store.part_names(task.held) if task.held else ()
        return [path for name in names if (path := path_of(name, self.web)) is not None]

    def _mark(self, task: _Task) -> _Mark:
        window = None if task.probe is None else task.probe.window(self.client, OVERLAP)
        return _Mark(window.total, window.ids[:OVERLAP]) if window else _Mark()

    def _enricher(self, kind: str, probe: Probe | None) -> Enricher:
        return Enricher(kind=kind, web=self.web, project=None if probe is None else probe.detail)

    def _put(
        self, task: _Task, content: Content, number: int, mark: _Mark, *, read_at: float
    ) -> None:
        kind = task.wanted.kind
        held = Held(
            number=number,
            kind=kind,
            project=task.number,
            count=content.count,
            stamp=secrets.token_hex(8),
            read_at=read_at,
            checked_at=self.now,
            total=mark.total,
            recent=mark.recent,
            counted=task.counted,
            epoch=task.probe.epoch if task.probe else 0,
            is_sorted=kind in ORDER
            and ascends(sort_keys(kind, lambda name: content.columns[(name,)])),
        )
        task.store.put_content(held, content, self.web)
