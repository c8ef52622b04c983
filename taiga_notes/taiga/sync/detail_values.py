"""What the store knows of items' details, and what of it Taiga would have to be asked about."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, cast
from zlib import crc32

from taiga_notes.errors import SourceError
from taiga_notes.model.details import without_signature
from taiga_notes.model.parts import members_in
from taiga_notes.system.garbage import collection_paused
from taiga_notes.taiga.store.detail_tables import details_in, topic_of
from taiga_notes.taiga.store.list_tables import detail_in, project_number
from taiga_notes.taiga.sync.activity import (
    TYPES,
    ItemEvent,
    ItemOrigin,
    UncertainError,
    attributes_of,
    comments,
    custom_values,
    history,
    moment,
    named_values,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from taiga_notes.model.details import DetailRequest
    from taiga_notes.model.rows import Path, Row
    from taiga_notes.taiga.store.list_tables import StoreReading
    from taiga_notes.taiga.sync.activity import Attribute
    from taiga_notes.taiga.sync.probe import Pulse

ACTIVITY = "activity "
"""How the records of projects' timelines are called, with the project's id behind it."""

EVENTS = "events"
"""The topic of what happened to items, from which comments, histories and values are made."""

WITH_PAST = ("comments", "history", "custom")
"""The pieces that are made of what happened."""

GONE = "gone"
"""What the row of an item says that is no more: ids are never used again."""

STALE = -1
"""An epoch that no timeline has."""


@dataclass(frozen=True, slots=True)
class ActivityMark:
    """Up to where a project's timeline was followed for the details of its items.

    Attributes:
        total: entries of the timeline then; None where it could not be had.
        recent: ids of the newest of those entries.
        pulse: see `probe.Probe`.
        rights: a checksum of this account's rights: with others the timeline has other entries.
        epoch: details that were asked for in an earlier one have to be asked for again.
        is_whole: whether the events of the past were read and not those since alone.
        checked_at: when that was, in Unix seconds.
        newest: see `ListMeta`.
    """

    total: int | None
    recent: tuple[int, ...]
    pulse: Pulse | None
    rights: int
    epoch: int
    is_whole: bool
    checked_at: float
    newest: str = ""

    @property
    def stored(self) -> dict[str, object]:
        """The same as JSON data."""
        return asdict(self)


def mark_in(store: StoreReading, project: int) -> ActivityMark | None:
    """Up to where a project's timeline was followed; None where it was not."""
    match store.record(f"{ACTIVITY}{project}"):
        case dict(fields):
            lists = {name: tuple(one) for name, one in fields.items() if isinstance(one, list)}
            return ActivityMark(**(fields | lists))
        case _:
            return None


@dataclass(slots=True)
class DetailView:
    """What the store has for a request.

    Attributes:
        mark: how far it follows the timeline; None where nothing is known.
        values: the piece by items, be it an old one.
        missing: the items of which it has nothing.
        old: those of which it has what was.
        alone: those that no list and no timeline tells of, so that each costs a request.
        unlisted: those that no list in the store has, so that their first status is not known.
        as_of: when the oldest value was as Taiga has it, in Unix seconds.
    """

    mark: ActivityMark | None
    values: dict[int, object] = field(default_factory=dict)
    missing: set[int] = field(default_factory=set)
    old: set[int] = field(default_factory=set)
    alone: set[int] = field(default_factory=set)
    unlisted: set[int] = field(default_factory=set)
    as_of: float = 0.0

    @property
    def wanted(self) -> list[int]:
        """The items to ask Taiga about."""
        return sorted(self.missing | self.old)

    @property
    def stamp(self) -> str:
        """Another one whenever the values are others."""
        text = json.dumps(sorted(self.values.items()), separators=(",", ":")).encode()
        return f"{len(text):x}-{crc32(text):08x}"


def view_of(store: StoreReading, request: DetailRequest) -> DetailView:
    """What the store has of a piece of some items.

    Raises:
        SourceError: there is no such piece of such items.
        DamagedError: the store is damaged.
    """
    if request.kind not in TYPES:
        raise SourceError(f"there is no {request.piece} of {request.kind or 'these items'}")
    number = project_number(store, request.project)
    mark = None if number is None else mark_in(store, number)
    view = DetailView(mark)
    if number is None or mark is None:
        view.missing.update(request.items)
        return view
    view.as_of = mark.checked_at
    with collection_paused():
        _see(store, request, number, view)
    return view


def _see(store: StoreReading, request: DetailRequest, number: int, view: DetailView) -> None:
    match request.piece:
        case "description":
            _see_descriptions(store, request, number, view)
        case "attachments":
            _see_attachments(store, request, number, view)
        case "custom":
            _see_custom_values(store, request, number, view)
        case _:
            _see_events(store, request, number, view)


def _see_descriptions(
    store: StoreReading, request: DetailRequest, number: int, view: DetailView
) -> None:
    topic = topic_of(request.piece, number, request.kind)
    _see_rows(details_in(store, topic, request.items), request, "text", view)


def _see_rows(rows: Mapping[int, Row], request: DetailRequest, name: str, view: DetailView) -> None:
    """Rows of which each was asked for by itself."""
    for item in request.items:
        row = rows.get(item)
        if row is None:
            view.missing.add(item)
        elif row.get(GONE):
            continue
        else:
            view.values[item] = row[name]
            _note_age(row, item, view)
        view.alone.add(item)


def _note_age(row: Row, item: int, view: DetailView) -> None:
    if view.mark is None or row.get("epoch") != view.mark.epoch:
        view.old.add(item)
        view.as_of = min(view.as_of, cast("float", row["at"]))


def _see_attachments(
    store: StoreReading, request: DetailRequest, number: int, view: DetailView
) -> None:
    topic = topic_of(request.piece, number, request.kind)
    match store.record(topic):
        case {"epoch": int(epoch), "newest": int(newest), "made": list(made), "at": float(at)}:
            known = details_in(store, topic, request.items)
            for item in request.items:
                view.values[item] = known[item]["files"] if item in known else []
            # An item that became a story has attachments of which no entry tells.
            later = {item for item in request.items if item > newest and item not in made}
            stale = view.mark is None or epoch != view.mark.epoch
            view.old = set(request.items) if stale else later
            view.as_of = min(view.as_of, at) if view.old else view.as_of
        case _:
            view.missing.update(request.items)


def _see_custom_values(
    store: StoreReading, request: DetailRequest, number: int, view: DetailView
) -> None:
    known = attributes_of(detail_in(store, number) or {}, request.kind)
    topic = topic_of(request.piece, number, request.kind)
    asked = details_in(store, topic, request.items)
    told = details_in(store, topic_of(EVENTS, number, request.kind), request.items)
    for item in request.items:
        row = asked.get(item, {})
        events = told.get(item, {})
        if row.get(GONE):
            continue
        values = _told_values(events, known)
        if values is None:
            view.alone.add(item)
            if "values" not in row:
                view.missing.add(item)
                continue
            values = {int(key): one for key, one in cast("Row", row["values"]).items()}
            _note_age(row, item, view)
        view.values[item] = named_values(values, known)


def _told_values(row: Row, known: list[Attribute]) -> dict[int, object] | None:
    """The custom values of an item as what happened to it tells them, if it does."""
    if not row.get("begun"):
        return None
    try:
        return custom_values(events_in(row, "custom"), known)
    except UncertainError:
        return None


def _see_events(store: StoreReading, request: DetailRequest, number: int, view: DetailView) -> None:
    told = details_in(store, topic_of(EVENTS, number, request.kind), request.items)
    is_history = request.piece == "history"
    names = _names(detail_in(store, number) or {})
    are_begun = all(told.get(item, {}).get("begun") for item in request.items)
    origins = _origins(store, number, request, are_begun=are_begun) if is_history else {}
    for item in request.items:
        row = told.get(item, {})
        if row.get(GONE):
            continue
        if not row.get("begun"):
            view.alone.add(item)
            if "epoch" not in row:
                view.missing.add(item)
                continue
            _note_age(row, item, view)
        if is_history:
            moves = events_in(row, "status", "creates")
            origin = origins.get(item, _UNKNOWN)
            if not origin.status and not any(event.status for event in moves):
                view.unlisted.add(item)
            view.values[item] = history(moves, names, origin)
        else:
            view.values[item] = comments(events_in(row, "text"), names)


def _names(detail: Row) -> dict[str, str]:
    """The full names of a project's members by their user names."""
    return {
        str(member["username"]): str(member["full_name"])
        for member in members_in(detail)
        if member["username"] and member["full_name"]
    }


def events_in(row: Row, *parts: str) -> list[ItemEvent]:
    """The events in a row of `EVENTS`; with `parts` those that have any of these."""
    events = cast("list[Row]", row.get("events") or [])
    return [
        ItemEvent.loaded(event)
        for event in events
        if not parts or any(part in event for part in parts)
    ]


_UNKNOWN = ItemOrigin("", "", "")


def _origins(
    store: StoreReading, project: int, request: DetailRequest, *, are_begun: bool
) -> dict[int, ItemOrigin]:
    """What the lists in the store say of how these items began."""
    wanted = set(request.items)
    # Who made an item is a column of few lists: whose beginning is told by an entry needs none.
    owner = _STATUS if are_begun else ("owner_extra_info", "full_name_display")
    found: dict[int, ItemOrigin] = {}
    paths = (("created_date",), _STATUS, owner)
    for numbers, columns in _columns(store, project, request.kind, paths):
        for item, *told in zip(numbers, *columns, strict=True):
            if item in wanted:
                found[cast("int", item)] = ItemOrigin(*(str(one or "") for one in told))
    return found


_STATUS = ("status_extra_info", "name")


def refs_in(store: StoreReading, project: int, kind: str) -> dict[int, object]:
    """The refs of a project's items by their ids, as far as lists in the store have them."""
    return {
        cast("int", item): ref
        for numbers, columns in _columns(store, project, kind, (("ref",),))
        for item, ref in zip(numbers, *columns, strict=True)
    }


def _columns(
    store: StoreReading, project: int, kind: str, paths: tuple[Path, ...]
) -> Iterator[tuple[list[object], list[list[object]]]]:
    """Of each list of a kind the ids and some columns; the one that was checked last comes last."""
    lists = [
        meta
        for _, meta in store.lists()
        if meta.kind == kind and meta.project in {project, None} and meta.count
    ]
    for meta in sorted(lists, key=lambda one: one.checked_at):
        numbers = store.values(meta, ("id",))
        yield numbers, [store.values(meta, path) for path in paths]


def files_of(rows: Iterable[Row]) -> dict[int, list[dict[str, object]]]:
    """Attachments by the items that they are attached to, the oldest first.

    Their addresses come without what stands behind the path: with protected media that is a
    signature, which opens the file to whoever has it, and is another one each time.
    """
    found: dict[int, list[dict[str, object]]] = {}
    for row in sorted(rows, key=lambda one: (moment(str(one.get("created_date"))), str(one))):
        item = row.get("object_id")
        if isinstance(item, int):
            url = without_signature(str(row.get("url") or ""))
            plain = {name: row.get(name) for name in ("name", "size", "description")}
            file = {**plain, "url": url, "created_date": row.get("created_date")}
            found.setdefault(item, []).append(file)
    return found
