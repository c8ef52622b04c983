"""Following a project's timeline for the details of its items.

The lists' probe has told whether the timeline has anything new, and has mostly read it already:
then nothing is asked here. An entry says which pieces are others since, so only those are asked
for again. Where entries may be missing, all that was asked for by items is asked for again.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from zlib import crc32

from taiga_notes.errors import RefusedError
from taiga_notes.system import progress
from taiga_notes.taiga.http.pagination import PAGE_ROWS, rows_of
from taiga_notes.taiga.store.detail_tables import (
    details_in,
    drop_details,
    put_details,
    topic_in,
    topic_of,
)
from taiga_notes.taiga.sync.activity import ATTACHMENTS, CUSTOM, DESCRIPTION, TYPES, merged, news_of
from taiga_notes.taiga.sync.detail_values import (
    ACTIVITY,
    EVENTS,
    GONE,
    STALE,
    WITH_PAST,
    ActivityMark,
    events_in,
    mark_in,
    refs_in,
)
from taiga_notes.taiga.sync.probe import LONGEST, OVERLAP, Window, entry_ids

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from taiga_notes.model.rows import Row
    from taiga_notes.taiga.http.client import Client
    from taiga_notes.taiga.store.list_tables import StoreWriting
    from taiga_notes.taiga.sync.activity import News
    from taiga_notes.taiga.sync.probe import Probe
    from taiga_notes.taiga.sync.timeline import Entry

FORGET_AFTER = 30 * 86_400.0
"""Seconds after which details that nobody asked for are dropped."""

TIMELINE_PAGES = 50
"""Pages of 1,000 entries of a timeline that are read. Of items that began before those the history
is asked for one by one."""


_ENTRIES = "entries of the timeline"


@dataclass(slots=True)
class ActivitySync:
    """What one refresh knows of timelines, and may ask.

    Attributes:
        client: Taiga.
        now: when this refresh began, in Unix seconds.
        full: ask for everything again.
    """

    client: Client
    now: float
    full: bool
    _followed: set[int] = field(default_factory=set, init=False)

    def follow(self, store: StoreWriting, probe: Probe, piece: str) -> None:
        """Take what the timeline tells into the store.

        Args:
            store: in a transaction.
            probe: the project.
            piece: what is asked for: some are made of all that ever happened.

        Raises:
            SourceError: the timeline can't be had; of all methods.
        """
        mark, needs_past = mark_in(store, probe.number), piece in WITH_PAST
        if probe.number in self._followed and mark and (mark.is_whole or not needs_past):
            return
        begins = self.full and probe.number not in self._followed
        self._followed.add(probe.number)
        if mark is None or begins or mark.rights != _rights(probe):
            self._begin(store, probe, mark, is_whole=needs_past)
        elif needs_past and not mark.is_whole:
            self._read_past(store, probe, mark)
        else:
            self._go_on(store, probe, mark)

    def _begin(
        self, store: StoreWriting, probe: Probe, before: ActivityMark | None, *, is_whole: bool
    ) -> None:
        """Follow from now on; of what was asked for before nothing is believed any more."""
        _forget_old(store, self.now - FORGET_AFTER)
        is_whole = is_whole or (before is not None and before.is_whole)
        epoch = 0 if before is None else before.epoch + 1
        if is_whole:
            self._put_past(store, probe)
        mark = replace(self._mark(probe, is_whole=is_whole), epoch=epoch)
        store.put_record(f"{ACTIVITY}{probe.number}", mark.stored)

    def _read_past(self, store: StoreWriting, probe: Probe, before: ActivityMark) -> None:
        """Read what happened before as well; what was asked for by items is followed on."""
        entries = self._put_past(store, probe)
        mark = replace(self._mark(probe, is_whole=True), epoch=before.epoch)
        _touch(store, probe.number, news_of(_since(before, entries)))
        store.put_record(f"{ACTIVITY}{probe.number}", mark.stored)

    def _go_on(self, store: StoreWriting, probe: Probe, before: ActivityMark) -> None:
        # The same pulse proves that no entry came since: the timeline need not be read.
        if probe.pulse is not None and before.pulse == probe.pulse:
            mark = replace(before, checked_at=self.now)
            store.put_record(f"{ACTIVITY}{probe.number}", mark.stored)
            return
        entries = self._news(probe, before)
        if entries is None:
            self._begin(store, probe, before, is_whole=before.is_whole)
            return
        news = [*news_of(entries)]
        if before.is_whole:
            _put_events(store, probe.number, news)
        _touch(store, probe.number, news)
        mark = replace(self._mark(probe, is_whole=before.is_whole), epoch=before.epoch)
        store.put_record(f"{ACTIVITY}{probe.number}", mark.stored)

    def _mark(self, probe: Probe, *, is_whole: bool) -> ActivityMark:
        # The newest entries as they were when the timeline was first looked at: what happens
        # meanwhile is looked at again, not missed.
        window = probe.window(self.client, OVERLAP)
        return ActivityMark(
            total=window.total if window else None,
            recent=window.ids[:OVERLAP] if window else (),
            newest=window.newest if window else "",
            # Of a timeline that is refused as well: that tells too that nothing happened since, and
            # what had to be asked for item by item need not be asked for again.
            pulse=probe.pulse,
            rights=_rights(probe),
            epoch=0,
            is_whole=is_whole,
            checked_at=self.now,
        )

    def _news(self, probe: Probe, before: ActivityMark) -> list[Entry] | None:
        """The entries that came since; None where some may be missing."""
        if before.total is None:
            return None
        more = 0
        if probe.pulse is not None and before.pulse is not None:
            more = min(max(probe.pulse[1] - before.pulse[1], 0), LONGEST)
        window = probe.window(self.client, more + OVERLAP)
        if window is not None and more < window.total - before.total <= LONGEST:
            # The totals lag behind, or count what this account does not see.
            window = probe.window(self.client, window.total - before.total + OVERLAP)
        if window is None or window.is_of_another(before.recent, before.newest):
            return None
        entries = window.since(before.total, before.recent)
        if entries is not None or len(before.recent) < OVERLAP:
            return entries
        # More than a page of them, or fewer in all than there were: by their numbers then.
        oldest = min(before.recent)
        pages = self._entries(probe, oldest)
        reached = len(pages) >= window.total or min(entry_ids(pages), default=oldest + 1) <= oldest
        is_whole = reached and len(pages) < TIMELINE_PAGES * PAGE_ROWS
        return [*_since(before, pages)] if is_whole else None

    def _put_past(self, store: StoreWriting, probe: Probe) -> list[Entry]:
        entries = self._entries(probe, 0)
        kept: dict[str, dict[int, Row]] = {}
        for kind in TYPES:
            topic = topic_of(EVENTS, probe.number, kind)
            # What histories told of items without a beginning was asked for, and stays.
            kept[kind] = {
                item: row
                for item, row in topic_in(store, topic).items()
                if "epoch" in row or GONE in row
            }
            drop_details(store, topic)
            put_details(store, topic, kept[kind])
        _put_events(store, probe.number, [*news_of(entries)])
        return entries

    def _entries(self, probe: Probe, since: int) -> list[Entry]:
        """The timeline's entries down to that number, the newest first."""
        entries: list[Entry] = []
        total = 0
        for page in range(1, TIMELINE_PAGES + 1):
            window = self._page(probe, page)
            entries.extend(window.entries)
            total = total or min(window.total, TIMELINE_PAGES * PAGE_ROWS)
            progress.tell(_ENTRIES, len(entries), total)
            if len(window.entries) < PAGE_ROWS or min(window.ids, default=0) <= since:
                break
        # There is nothing more to come, be it less than was expected.
        progress.tell(_ENTRIES, total, total)
        return entries

    def _page(self, probe: Probe, page: int) -> Window:
        path = f"/timeline/project/{probe.number}"
        asked = {"page_size": str(PAGE_ROWS), "page": str(page)}
        if page == 1:
            # The probe may have read more than a page.
            known = probe.window(self.client, PAGE_ROWS) or Window(0, ())
            return Window(known.total, known.entries[:PAGE_ROWS])
        try:
            return Window(0, tuple(rows_of(self.client.get(path, asked).data, path)))
        except RefusedError:
            # It has no such page, or is not for this account.
            return Window(0, ())


def _forget_old(store: StoreWriting, since: float) -> None:
    """Forget the details of projects of which nobody has asked for any since then."""
    for name in store.record_names():
        number = name.removeprefix(ACTIVITY)
        if name == number or not number.isdecimal():
            continue
        mark = mark_in(store, int(number))
        if mark is not None and mark.checked_at < since:
            store.put_record(name, None)
            for kind in TYPES:
                for piece in (EVENTS, DESCRIPTION, CUSTOM, ATTACHMENTS):
                    drop_details(store, topic_of(piece, int(number), kind))
                store.put_record(topic_of(ATTACHMENTS, int(number), kind), None)


def _rights(probe: Probe) -> int:
    rights = probe.detail.get("my_permissions")
    return crc32(repr(sorted(map(str, rights)) if isinstance(rights, list) else "").encode())


def _since(before: ActivityMark, entries: Iterable[Entry]) -> Iterable[Entry]:
    """Those that were not seen before."""
    oldest = min(before.recent) if len(before.recent) >= OVERLAP else 0
    for entry in entries:
        number = entry.get("id")
        if isinstance(number, int) and number > oldest and number not in before.recent:
            yield entry


def _put_events(store: StoreWriting, project: int, news: Sequence[News]) -> None:
    """Add what happened to what is known of each item."""
    for kind in TYPES:
        found: dict[int, list[News]] = {}
        gone = {one.item for one in news if one.kind == kind and one.is_gone}
        refs = refs_in(store, project, kind) if any(one.kind == kind for one in news) else {}
        for one in news:
            # An item that was brought here keeps its ref and not its id: its timeline may name
            # an id that is another item's here.
            is_ours = one.ref in {None, refs.get(one.item, one.ref)}
            if one.kind == kind and one.is_kept and is_ours:
                found.setdefault(one.item, []).append(one)
        topic = topic_of(EVENTS, project, kind)
        known = details_in(store, topic, found)
        rows = {
            item: _with_news(known.get(item, {}), of)
            for item, of in found.items()
            if item not in gone and GONE not in known.get(item, {})
        }
        put_details(store, topic, rows)


def _with_news(row: Row, news: Iterable[News]) -> Row:
    events = merged(events_in(row), [one.event for one in news])
    begun = any(event.creates for event in events)
    stored = {"events": [event.stored for event in events]}
    return {**row, **stored, **({"begun": True} if begun else {})}


def _touch(store: StoreWriting, project: int, news: Iterable[News]) -> None:
    """Note which pieces have to be asked for again."""
    touched: dict[tuple[str, str], set[int]] = {}
    made: dict[str, set[int]] = {}
    for one in news:
        if one.is_gone:
            _forget(store, project, one)
        if one.event.creates:
            made.setdefault(one.kind, set()).add(one.item)
        for piece in one.touched:
            touched.setdefault((piece, one.kind), set()).add(one.item)
    for kind in TYPES:
        items = made.get(kind, set())
        _touch_attachments(store, project, kind, items, (ATTACHMENTS, kind) in touched)
        for piece in (DESCRIPTION, CUSTOM):
            _touch_items(store, topic_of(piece, project, kind), touched.get((piece, kind), ()))


def _forget(store: StoreWriting, project: int, gone: News) -> None:
    for piece in (DESCRIPTION, CUSTOM, EVENTS):
        topic = topic_of(piece, project, gone.kind)
        known = details_in(store, topic, [gone.item])
        put_details(store, topic, {item: {GONE: True} for item in known})


def _touch_items(store: StoreWriting, topic: str, items: Iterable[int]) -> None:
    known = details_in(store, topic, items)
    # What it was is kept: where Taiga can't be had any more, it has to do.
    old = {item: {**row, "epoch": STALE} for item, row in known.items() if GONE not in row}
    put_details(store, topic, old)


def _touch_attachments(
    store: StoreWriting,
    project: int,
    kind: str,
    made: Iterable[int],
    are_others: bool,  # noqa: FBT001 - what was found out
) -> None:
    topic = topic_of(ATTACHMENTS, project, kind)
    record = store.record(topic)
    if isinstance(record, dict) and (made or are_others):
        stale = {"epoch": STALE} if are_others else {}
        store.put_record(topic, record | stale | {"made": [*record["made"], *made]})
