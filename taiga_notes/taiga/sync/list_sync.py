"""Bringing a list in the store up to date for as little as possible.

    nothing happened         stories are counted, since some come and go without a trace
    the timeline tells what  those items are read, and the count must come out right
    any doubt                the list is read whole

Doubt is a first time, `full_every`, a project whose statuses, tags, people, sprints, roles or
swimlanes changed otherwise than by growing, a gap in the timeline, entries that this account is not
shown, more changes than reading everything costs, a filter whose outcome only Taiga knows, an order
that is not the usual one, a count that is off. A project costs two requests, its detail and the
count of its stories, however many of its lists are asked for; besides, one other count in a whole
refresh, see `Kind.is_recounted`. What leaves no trace at all (orders, votes, people outside the
project) waits for the next full read.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from taiga_notes.errors import UnreachableError
from taiga_notes.model.enrich import Enricher
from taiga_notes.model.kinds import ADDED, EPICS, KINDS, USERSTORIES, kind_of
from taiga_notes.system.garbage import collection_paused
from taiga_notes.taiga.http.pagination import are_full
from taiga_notes.taiga.store.list_content import JsonStream, gather
from taiga_notes.taiga.store.list_tables import ListMeta, part_name, path_of
from taiga_notes.taiga.sync.changed_items import ChangedItems
from taiga_notes.taiga.sync.fetch import DoubtError, Fetch
from taiga_notes.taiga.sync.merge import (
    Begun,
    Part,
    ascends,
    patched,
    sort_keys,
)
from taiga_notes.taiga.sync.probe import LONGEST, OVERLAP, project_detail
from taiga_notes.taiga.sync.timeline import begin_of, changes_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from taiga_notes.model.rows import Path, Row
    from taiga_notes.taiga.api_list import ApiList
    from taiga_notes.taiga.http.client import Client
    from taiga_notes.taiga.store.list_content import Content
    from taiga_notes.taiga.store.list_tables import StoreWriting
    from taiga_notes.taiga.sync.probe import Probe, Pulse, Window
    from taiga_notes.taiga.sync.timeline import Changes

FORGET_AFTER = 30 * 86_400.0
"""Seconds after which a list that nobody asked for is dropped."""

RECOUNTED = 600.0
"""Seconds after which a list's items are counted though the refresh's one other request went to a
list of no project: that of all projects of the account, which is asked for each time."""

FEW_ENTRIES = 100
"""New entries of the timeline that are always read."""


@dataclass(frozen=True, slots=True)
class _TimelineMark:
    """Up to where a list follows its project's timeline."""

    pulse: Pulse | None = None
    total: int | None = None
    recent: tuple[int, ...] = ()
    newest: str = ""

    @classmethod
    def of(cls, pulse: Pulse | None, window: Window | None) -> Self:
        """Up to the newest entry that is seen."""
        if window is None:
            return cls(pulse)
        return cls(pulse, window.total, window.ids[:OVERLAP], window.newest)


@dataclass(frozen=True, slots=True)
class _Tally:
    """How many items of a list's kind the project has, and when they were counted."""

    counted: int | None
    at: float


@dataclass(frozen=True, slots=True)
class _SyncTask:
    """One list to bring up to date."""

    store: StoreWriting
    asked: ApiList
    probe: Probe | None
    meta: ListMeta | None
    guarded: int | None
    used: Sequence[Path]

    @property
    def number(self) -> int | None:
        """The project's id."""
        return None if self.probe is None else self.probe.number

    @property
    def name(self) -> str:
        """What the store calls the list."""
        return self.asked.name(self.number)


@dataclass(slots=True)
class Sync:
    """What one refresh knows and may do.

    Attributes:
        client: Taiga.
        web: the web front's address, see `list_tables.part_name`.
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
    _has_recounted: bool = field(default=False, init=False)
    _has_asked_others: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._fetch = Fetch(self.client)

    def bring(
        self, store: StoreWriting, asked: ApiList, probe: Probe | None, order: str = ""
    ) -> UnreachableError | None:
        """Bring a list up to date.

        Args:
            store: in a transaction.
            asked: the list.
            probe: its project; None for a list of no single project, which is always read whole.
            order: one of `Kind.drags` that is asked for, if it is not known from its columns.

        Returns:
            Why it came in part only; that part is kept.

        Raises:
            SourceError: it can't be had; the store is to stay as it was.
        """
        meta = store.meta(asked.name(None if probe is None else probe.number))
        self._has_asked_others |= probe is None
        if probe is not None:
            probe.demand_right(asked.kind)
        used = self._used(store, meta, order)
        task = _SyncTask(store, asked, probe, meta, self._guarded(asked.kind, probe), used)
        try:
            self._follow(task)
        except DoubtError:
            with collection_paused():
                return self._read_whole(task)
        return None

    def count_ahead(self, lists: Iterable[tuple[str, Probe]]) -> None:
        """Count at once what `bring` counts project by project, for these kinds and projects."""
        self._fetch.count_ahead(
            (_guard(kind, probe), probe.number) for kind, probe in lists if kind_of(kind).is_guarded
        )

    def whole_items(self, kind: str) -> dict[int, Row]:
        """The items of a kind that were read one by one in this refresh."""
        return self._fetch.whole(kind)

    def _guarded(self, kind: str, probe: Probe | None) -> int | None:
        if probe is None or not kind_of(kind).is_guarded:
            return None
        return self._fetch.counted(_guard(kind, probe), probe.number)

    def _follow(self, task: _SyncTask) -> None:
        meta, probe = task.meta, task.probe
        if meta is None or probe is None or not self._may_follow(task, meta, probe):
            raise DoubtError
        # The mark is of before the items are fetched: what happens meanwhile is looked at again.
        mark, changes, begin = self._news(meta, probe)
        if changes.is_unclear:
            raise DoubtError
        tally = self._tally(task, meta, probe, changes)
        changed = ChangedItems(
            *(self._fetch, task.store, task.asked, meta, probe, changes, begin), self._orders(task)
        )
        fresh, gone = changed.resolved()
        left = set(task.store.column(meta, part_name(("id",))) or []) - gone
        # The count is the last proof: what came or went without an entry shows in it.
        if (
            not task.asked.params
            and KINDS[meta.kind].order
            and tally.counted not in {None, len(left | fresh.keys())}
        ):
            raise DoubtError
        orders = self._unknown_orders(task, meta, changes)
        if fresh or len(left) < meta.count:
            content = patched(
                *(task.store, meta, fresh, gone),
                enrich=self._enricher(meta.kind, probe),
                web=self.web,
                keep=task.store.keeper(meta.number),
            )
            patch = self._new_meta(
                *(task, content, mark, tally), read_at=meta.read_at, unknown_orders=orders
            )
            task.store.put_content(patch, content, self.web)
        else:
            # The same rows keep their stamp, by which pages know whether they are true still.
            task.store.put_meta(
                replace(meta, **self._state(task, mark, tally), unknown_orders=orders)
            )

    def _may_follow(self, task: _SyncTask, meta: ListMeta, probe: Probe) -> bool:
        return (
            not self.full
            and 0 <= self.now - meta.read_at < self.full_every
            and meta.epoch == probe.epoch
            and (not KINDS[meta.kind].is_guarded or None not in {task.guarded, meta.guarded})
            and not self._orders(task).keys() & set(meta.unknown_orders)
        )

    def _orders(self, task: _SyncTask) -> dict[str, None]:
        """The orders that somebody asks for, be it by an order of the list itself."""
        kind = kind_of(task.asked.kind)
        names = {*(path[0] for path in task.used), *kind.order[:1]}
        return {name: None for name in kind.drags if name in names}

    def _unknown_orders(self, task: _SyncTask, meta: ListMeta, changes: Changes) -> tuple[str, ...]:
        """Those of which nobody has asked the rows beside a dragged one."""
        dragged = {order for order, _, _ in changes.dragged} - self._orders(task).keys()
        return tuple(sorted(dragged | set(meta.unknown_orders)))

    def _tally(self, task: _SyncTask, meta: ListMeta, probe: Probe, changes: Changes) -> _Tally:
        """How many items there are now, if that is what the timeline tells."""
        growth = changes.growth
        if KINDS[meta.kind].is_guarded:
            expected = (meta.guarded or 0) + growth[_guard(meta.kind, probe)]
            # A task that becomes a story has no entry: only the count shows it.
            if task.guarded != expected:
                raise DoubtError
        if not KINDS[meta.kind].order:
            return _Tally(None, meta.counted_at)
        is_known = meta.counted is not None and not changes.cascades
        told = (meta.counted or 0) + growth[meta.kind] if is_known else None
        counted = self._recounted(task, meta, probe)
        if counted is None:
            return _Tally(told, meta.counted_at)
        if told not in {None, counted}:
            raise DoubtError
        return _Tally(counted, self.now)

    def _recounted(self, task: _SyncTask, meta: ListMeta, probe: Probe) -> int | None:
        """How many items of its kind there are, if that is known or its turn to be asked."""
        if self._fetch.is_counted(meta.kind, probe.number) or self._is_its_turn(task, meta):
            return self._fetch.recounted(meta.kind, probe.number)
        return None

    def _is_its_turn(self, task: _SyncTask, meta: ListMeta) -> bool:
        """Whether of all lists in use this one's items were not counted for the longest time."""
        if self._has_recounted or not KINDS[meta.kind].is_recounted:
            return False
        if self._has_asked_others and 0 <= self.now - meta.counted_at < RECOUNTED:
            return False
        self._has_recounted = meta.counted_at <= min(
            one.counted_at
            for _, one in task.store.lists()
            if kind_of(one.kind).is_recounted and one.checked_at >= meta.checked_at
        )
        return self._has_recounted

    def _news(self, meta: ListMeta, probe: Probe) -> tuple[_TimelineMark, Changes, str | None]:
        """What the timeline has that this list does not know yet."""
        # The same pulse proves that no entry came since: the timeline need not be read.
        if probe.pulse is not None and meta.pulse == probe.pulse:
            mark = _TimelineMark(meta.pulse, meta.total, meta.recent, meta.newest)
            return mark, changes_of(meta.kind, ()), None
        if meta.total is None:
            raise DoubtError
        window = self._window(meta, meta.total, probe)
        if window is None or window.is_of_another(meta.recent, meta.newest):
            raise DoubtError
        entries = window.since(meta.total, meta.recent)
        if entries is None or _hides_more(meta, probe, window):
            raise DoubtError
        mark = _TimelineMark.of(probe.pulse, window)
        return mark, changes_of(meta.kind, entries), begin_of(entries)

    def _window(self, meta: ListMeta, total: int, probe: Probe) -> Window | None:
        """The entries that came since, and `OVERLAP` older ones; None where there are too many."""
        # More entries than that are taken for more changes than reading everything costs.
        most = min(LONGEST, max(FEW_ENTRIES, meta.count // 4))
        more = 0
        if probe.pulse is not None and meta.pulse is not None:
            more = min(max(probe.pulse[1] - meta.pulse[1], 0), most)
        window = probe.window(self.client, more + OVERLAP)
        if window is not None and more < window.total - total <= most:
            # The totals lag behind, or count what this account does not see.
            window = probe.window(self.client, window.total - total + OVERLAP)
        return window if window is None or 0 <= window.total - total <= most else None

    def _read_whole(self, task: _SyncTask) -> UnreachableError | None:
        # The mark before the rows: what happens while they come is looked at again, not missed.
        probe, mark = task.probe, self._mark(task)
        paths = dict.fromkeys((*kind_of(task.asked.kind).stored_columns, *task.used))
        begun = Begun(task.store, task.name, self.web)
        part = self._recalled(task, mark, begun, paths)
        reader = self._reader(task, paths)
        rows = part.rows()
        failure = None
        try:
            rows = self._fetch.listed(task.asked, task.number, reader, rows)
        except UnreachableError as error:
            # Without a pulse nothing would tell whether the rest still follows these rows.
            if mark.pulse is None or len(rows) <= part.content.count or not are_full(rows):
                raise
            failure = error
        if not rows and probe is not None:
            # Seen again after the answer: a project that has just gone private answers like this.
            probe.detail = project_detail(self.client, probe.number, known=True)
            probe.demand_right(task.asked.kind)
        new = Part(gather(reader.last(len(rows)), paths), self.now)
        part = part.completed(new, len(rows))
        meta = self._new_meta(
            *(task, part.content, mark, self._counted(task)), read_at=part.read_at
        )
        if failure is None:
            begun.give(meta.number, part.content)
            task.store.put_content(meta, part.content, self.web)
            self._forget_old(task.store)
        else:
            begun.keep(meta, part.content)
            # Its number was made for the chunks, which the begun list owns by now. Without a
            # body it would pass for damage.
            if task.meta is None:
                task.store.drop(meta.number)
        return failure

    def _recalled(
        self, task: _SyncTask, mark: _TimelineMark, begun: Begun, paths: Collection[Path]
    ) -> Part:
        """The rows that came in another run, as far as they are still of use."""
        nothing = gather((), paths)
        now = self._new_meta(*(task, nothing, mark, self._counted(task)), read_at=self.now)
        return begun.recalled(now, self.now if self.full else self.now - self.full_every, paths)

    def _reader(self, task: _SyncTask, paths: Collection[Path]) -> JsonStream:
        is_added = any(path[0] in ADDED for path in paths)
        enrich = self._enricher(task.asked.kind, task.probe) if is_added else None
        return JsonStream(tuple(paths), task.store.keeper(task.store.number_of(task.name)), enrich)

    def _counted(self, task: _SyncTask) -> _Tally:
        kind, number = task.asked.kind, task.number
        if number is None or not kind_of(kind).order:
            return _Tally(None, self.now)
        return _Tally(self._fetch.counted(kind, number), self.now)

    def _forget_old(self, store: StoreWriting) -> None:
        """A filter with a date in it, say, is another list every day."""
        for _, meta in store.lists():
            if meta.checked_at < self.now - FORGET_AFTER:
                store.drop(meta.number)

    def _used(self, store: StoreWriting, meta: ListMeta | None, order: str) -> Sequence[Path]:
        """The columns that this list has: they will be asked for again."""
        names = store.part_names(meta) if meta else ()
        used = [path for name in names if (path := path_of(name, self.web)) is not None]
        return [*used, (order,)] if order else used

    def _mark(self, task: _SyncTask) -> _TimelineMark:
        if task.probe is None:
            return _TimelineMark()
        return _TimelineMark.of(task.probe.pulse, task.probe.window(self.client, OVERLAP))

    def _enricher(self, kind: str, probe: Probe | None) -> Enricher:
        return Enricher(kind=kind, web=self.web, project=None if probe is None else probe.detail)

    def _state(self, task: _SyncTask, mark: _TimelineMark, tally: _Tally) -> dict[str, Any]:
        """What is known of a list besides its rows."""
        return {
            # When the refresh began: what happened since then may not be in it.
            "checked_at": self.now,
            "total": mark.total,
            "recent": mark.recent,
            "newest": mark.newest,
            "pulse": mark.pulse,
            "guarded": task.guarded,
            "counted": tally.counted,
            "counted_at": tally.at,
        }

    def _new_meta(
        self,
        task: _SyncTask,
        content: Content,
        mark: _TimelineMark,
        tally: _Tally,
        *,
        read_at: float,
        unknown_orders: tuple[str, ...] = (),
    ) -> ListMeta:
        """What is known of a list with these rows."""
        kind = task.asked.kind
        return ListMeta(
            number=task.store.number_of(task.name),
            kind=kind,
            project=task.number,
            count=content.count,
            # By chance: counting, a store begun anew would come to stamps that pages remember.
            stamp=secrets.token_hex(8),
            read_at=read_at,
            epoch=task.probe.epoch if task.probe else 0,
            is_sorted=bool(kind_of(kind).order)
            and ascends(sort_keys(kind, lambda name: content.columns[(name,)])),
            unknown_orders=unknown_orders,
            **self._state(task, mark, tally),
        )


def _hides_more(meta: ListMeta, probe: Probe, window: Window) -> bool:
    """Whether entries came that this account is not shown, and that may concern the list.

    In private projects Taiga shows the relations of epics and stories to administrators alone (its
    source: `taiga/timeline/service.py`), and counts them in the project's totals all the same.
    """
    if EPICS.name not in KINDS[meta.kind].changed_by or None in {probe.pulse, meta.pulse}:
        return False
    return _hidden(probe.pulse, window.total) > _hidden(meta.pulse, meta.total)


def _hidden(pulse: Pulse | None, shown: int | None) -> int:
    """How many of all entries are not among those that are shown."""
    return pulse[1] - shown if pulse is not None and shown is not None else 0


def _guard(kind: str, probe: Probe) -> str:
    """The items that are counted for a list of that kind."""
    return USERSTORIES.name if probe.shows_stories or not KINDS[kind].order else kind
