"""Bringing what no list has of items up to date for as little as possible.

comments, history, custom values   the project's timeline, read once and then followed
attachments                        one request for all of a project's items of a kind
descriptions                       one request each, and again when the timeline names one
an item without a beginning        one request: it was brought here, or made of another one

Taiga's report (`/userstories/csv`) has all descriptions at once, and is left alone: only admins
have it, its address lets anybody read the project, it takes Taiga two queries a row, and a text
that begins with a hyphen can't be told from one that it put an apostrophe before (TAIGA.md, k7).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from taiga_notes.model.kinds import kind_of
from taiga_notes.system import progress
from taiga_notes.taiga.store.detail_tables import details_in, drop_details, put_details, topic_of
from taiga_notes.taiga.sync.activity import ATTACHMENTS, CUSTOM, DESCRIPTION, merged
from taiga_notes.taiga.sync.detail_requests import DetailRequests, call_of, row_of
from taiga_notes.taiga.sync.detail_values import (
    EVENTS,
    GONE,
    events_in,
    files_of,
    mark_in,
    refs_in,
    view_of,
)
from taiga_notes.taiga.sync.probe import project_detail

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taiga_notes.errors import UnreachableError
    from taiga_notes.model.details import DetailRequest
    from taiga_notes.model.rows import Row
    from taiga_notes.taiga.http.client import Client
    from taiga_notes.taiga.store.list_tables import StoreWriting
    from taiga_notes.taiga.sync.probe import Probe

BATCH = 100
"""Items that are asked for before what came is kept, and others may write into the store."""


@dataclass(frozen=True, slots=True)
class DetailSync:
    """What one refresh may ask of items.

    Attributes:
        client: Taiga.
        now: when this refresh began, in Unix seconds.
        full_every: seconds after which attachments are read again, whatever the timeline says.
    """

    client: Client
    now: float
    full_every: float

    def take(self, store: StoreWriting, probe: Probe, kind: str, items: Mapping[int, Row]) -> None:
        """Take the descriptions of items that were read anyway, for their lists.

        Args:
            store: in a transaction, in which the timeline was followed.
            probe: the project.
            kind: of the items.
            items: them, by their ids, as they were when the timeline was last looked at or later.
        """
        mark = mark_in(store, probe.number)
        if mark is not None:
            head = {"epoch": mark.epoch, "at": self.now}
            rows = {item: {**head, "text": row["description"] or ""} for item, row in items.items()}
            put_details(store, topic_of(DESCRIPTION, probe.number, kind), rows)

    def read_attachments(self, store: StoreWriting, probe: Probe, request: DetailRequest) -> None:
        """Read the attachments of all of a project's items of a kind, if some may be others.

        Args:
            store: in a transaction, in which the timeline was followed; of both methods.
            probe: the project.
            request: whose attachments are asked for.

        Raises:
            SourceError: they can't be had; of both methods.
        """
        view, topic = view_of(store, request), topic_of(ATTACHMENTS, probe.number, request.kind)
        if view.mark is None or not (view.wanted or self._is_due(store, topic)):
            return
        query = {"project": str(probe.number)}
        rows = self.client.listing(f"/{request.kind}/attachments", query)
        if not rows:
            # Seen again after the answer: a project that has just gone private answers like this.
            probe.detail = project_detail(self.client, probe.number, known=True)
            probe.demand_right(request.kind)
        drop_details(store, topic)
        put_details(store, topic, {item: {"files": of} for item, of in files_of(rows).items()})
        newest = max((*request.items, *refs_in(store, probe.number, request.kind)), default=0)
        record = {"epoch": view.mark.epoch, "at": self.now, "newest": newest, "made": []}
        store.put_record(topic, record)

    def _is_due(self, store: StoreWriting, topic: str) -> bool:
        match store.record(topic):
            case {"at": float(at)}:
                return not 0 <= self.now - at < self.full_every
            case _:
                return True

    def read_some(
        self, store: StoreWriting, probe: Probe, request: DetailRequest
    ) -> UnreachableError | None:
        """Ask for a batch of the items that have to be asked for one by one.

        Returns:
            Why they came in part only; that part is kept.
        """
        view = view_of(store, request)
        wanted = view.wanted[:BATCH]
        if view.mark is None or not wanted:
            return None
        count, done = len(request.items), len(request.items) - len(view.wanted)
        what = kind_of(request.kind).noun
        requests = DetailRequests(self.client, lambda more: progress.tell(what, done + more, count))
        replies = requests.sent([call_of(request, item) for item in wanted])
        if requests.failure is not None:
            # There is nothing more to come.
            progress.tell(what, count, count)
        head = {"epoch": view.mark.epoch, "at": self.now}
        rows: dict[int, Row] = {}
        for place, reply in replies.items():
            row = row_of(request, wanted[place], reply, self.client)
            rows[wanted[place]] = {GONE: True} if row is None else {**head, **row}
        _put(store, probe.number, request, rows)
        return requests.failure


def _put(
    store: StoreWriting, project: int, request: DetailRequest, rows: Mapping[int, Row]
) -> None:
    if request.piece in {DESCRIPTION, CUSTOM}:
        put_details(store, topic_of(request.piece, project, request.kind), rows)
        return
    topic = topic_of(EVENTS, project, request.kind)
    known = details_in(store, topic, rows)
    both = {
        item: row if GONE in row else {**row, "events": _joined(known.get(item, {}), row)}
        for item, row in rows.items()
    }
    put_details(store, topic, both)


def _joined(known: Row, row: Row) -> list[dict[str, object]]:
    # A history is as of now: what an older entry of the timeline says may be a deleted comment's.
    asked = events_in(row)
    told = {event.at for event in asked}
    others = [event for event in events_in(known) if event.at not in told or event.creates]
    return [event.stored for event in merged(others, asked)]
