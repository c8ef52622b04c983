"""What the timeline and the histories tell of an item: comments, statuses, custom values. Pure.

An entry of the timeline and one of an item's history are the same event. A comment that is edited,
deleted or brought back is told of again, by a later entry of the timeline with the time of the
first (recordings `join/timeline_*_comment`): so the time is what tells an item's events apart, and
of those with the same time the last entry is right. A deleted comment's text still stands in its
entry; it is left behind here, so that it reaches neither the store nor a page.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from taiga_notes.model.rows import Row
    from taiga_notes.taiga.sync.timeline import Entry

TYPES: Mapping[str, str] = {
    "userstories": "userstory",
    "tasks": "task",
    "issues": "issue",
    "epics": "epic",
}
"""The kinds whose items have details, and what entries and histories call one of those items."""

DESCRIPTION, CUSTOM, ATTACHMENTS = "description", "custom", "attachments"

_TOUCHED = {
    "description_diff": DESCRIPTION,
    "custom_attributes": CUSTOM,
    "attachments": ATTACHMENTS,
}
"""Fields of an entry, and the pieces that are others since."""


class UncertainError(Exception):
    """What the events come to can't be told: the item itself has to be asked."""


@dataclass(frozen=True, slots=True)
class ItemEvent:
    """Something that happened to an item, as far as it is kept.

    Attributes:
        at: when, as Taiga writes it.
        number: the timeline's number of the entry; 0 where it came from the item's history.
        who: the full name of who did it.
        username: the same person's.
        text: the comment; empty where there is none, or none any more.
        status: the names of the one before and the one since, if it changed.
        custom: what Taiga says of changed custom attributes, if any did.
        creates: whether the item came to be.
    """

    at: str
    number: int
    who: str
    username: str
    text: str = ""
    status: tuple[str, str] | None = None
    custom: Row | None = None
    creates: bool = False

    @classmethod
    def loaded(cls, fields: Mapping[str, object]) -> ItemEvent:
        """An event out of `stored`."""
        status = fields.get("status")
        pair = (str(status[0]), str(status[1])) if isinstance(status, list | tuple) else None
        return cls(**(dict(fields) | {"status": pair}))  # type: ignore[arg-type]  # it was sealed

    @property
    def stored(self) -> dict[str, object]:
        """The same as JSON data; what is empty is left out."""
        whole = asdict(self)
        return {name: whole[name] for name in whole if whole[name] or name in _ALWAYS}


_ALWAYS = {"at", "number", "who", "username"}


@dataclass(frozen=True, slots=True)
class News:
    """An entry of the timeline about one item.

    Attributes:
        kind: the item's.
        item: its id.
        ref: its number in the project, by which an item of another server's project that was
            brought here is told apart from one with the same id.
        event: what happened.
        touched: the pieces that are others since.
        is_gone: whether the item was deleted.
        is_kept: whether the event tells anything that is kept.
    """

    kind: str
    item: int
    ref: int | None
    event: ItemEvent
    touched: frozenset[str]
    is_gone: bool
    is_kept: bool


def news_of(entries: Iterable[Entry]) -> Iterator[News]:
    """What entries of a timeline tell of the items that have details."""
    for entry in entries:
        kind, _, rest = str(entry.get("event_type")).partition(".")
        type_, _, action = rest.partition(".")
        data = entry.get("data")
        if TYPES.get(kind) == type_ and isinstance(data, dict):
            yield from _news(kind, action, entry, data)


def _news(kind: str, action: str, entry: Entry, data: Row) -> Iterator[News]:
    about, number, at = data.get(TYPES[kind]), entry.get("id"), entry.get("created")
    if not isinstance(about, dict) or not isinstance(number, int) or not isinstance(at, str):
        return
    item, ref, diff = about.get("id"), about.get("ref"), data.get("values_diff")
    if isinstance(item, int):
        user, said = _record(data.get("user")), data.get("comment")
        event = ItemEvent(
            at,
            number,
            _text(user.get("name")),
            _text(user.get("username")),
            "" if data.get("comment_deleted") else _text(said),
            _status(diff),
            _custom(diff),
            creates=action == "create",
        )
        yield News(
            kind,
            item,
            ref if isinstance(ref, int) else None,
            event,
            frozenset(piece for name, piece in _TOUCHED.items() if name in _record(diff)),
            is_gone=action == "delete",
            # A deleted comment as well: an entry with its text may be read after this one.
            is_kept=bool(said or event.status or event.custom or event.creates),
        )


def events_of_history(entries: Iterable[Row]) -> list[ItemEvent]:
    """The events of an item out of what `/history/…` gives; it has none for the creation."""
    return [_of_history(entry) for entry in entries if isinstance(entry.get("created_at"), str)]


def _of_history(entry: Row) -> ItemEvent:
    user, diff = _record(entry.get("user")), entry.get("values_diff")
    text = "" if entry.get("delete_comment_date") else _text(entry.get("comment"))
    return ItemEvent(
        _text(entry.get("created_at")),
        0,
        _text(user.get("name")),
        _text(user.get("username")),
        text,
        _status(diff),
        _custom(diff),
    )


def _record(value: object) -> Row:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _status(diff: object) -> tuple[str, str] | None:
    match diff:
        case {"status": [str() | None as before, str(since)]}:
            return before or "", since
        case _:
            return None


def _custom(diff: object) -> Row | None:
    return _record(_record(diff).get("custom_attributes")) or None


def merged(known: Iterable[ItemEvent], more: Iterable[ItemEvent]) -> list[ItemEvent]:
    """The events of an item, each once, the oldest first."""
    found: dict[tuple[str, bool], ItemEvent] = {}
    for event in (*known, *more):
        key = event.at, event.creates
        if key not in found or found[key].number <= event.number:
            found[key] = event
    return sorted(found.values(), key=lambda event: (moment(event.at), not event.creates))


def moment(text: str) -> datetime:
    """A moment of Taiga's: with milliseconds or none, with Z or an offset."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        # Not Taiga's; what it belongs to is the oldest then.
        return _BEGINNING
    return found if found.tzinfo else found.replace(tzinfo=UTC)


_BEGINNING = datetime.fromisoformat("0001-01-01T00:00:00+00:00")


def comments(events: Iterable[ItemEvent], names: Mapping[str, str]) -> list[dict[str, str]]:
    """The comments, the newest first.

    Args:
        events: what happened to an item, the oldest first.
        names: full names as they are now by user names; others' are as they were.
    """
    return [
        {
            "who": names.get(event.username, event.who),
            "username": event.username,
            "when": event.at,
            "text": event.text,
        }
        for event in events
        if event.text
    ][::-1]


@dataclass(frozen=True, slots=True)
class ItemOrigin:
    """What a list says of an item that no event tells.

    Attributes:
        created: when it came to be, as Taiga writes it.
        status: its status now.
        owner: the full name of who made it.
    """

    created: str
    status: str
    owner: str


def history(
    events: Sequence[ItemEvent], names: Mapping[str, str], origin: ItemOrigin
) -> list[dict[str, str | None]]:
    """The changes of its status, the oldest first; the first is the creation.

    Args:
        events: what happened to an item, the oldest first.
        names: see `comments`.
        origin: the item.
    """
    moves = [(event, event.status) for event in events if event.status]
    made = next((event for event in events if event.creates), None)
    by = names.get(made.username, made.who) if made else origin.owner
    at = origin.created or (made.at if made else "")
    status = (moves[0][1][0] if moves else "") or origin.status
    told: list[dict[str, str | None]] = [
        {"when": at, "status_from": None, "to": status, "by": by},
    ]
    for event, (before, since) in moves:
        # Of a status that was deleted nothing is said: it was the one before.
        who = names.get(event.username, event.who)
        told.append(
            {"when": event.at, "status_from": before or status, "to": since, "by": who},
        )
        status = since
    return told


@dataclass(frozen=True, slots=True)
class Attribute:
    """A custom attribute as the project defines it.

    Attributes:
        number: its id.
        name: its name now.
        since: when it was last changed, be it its name.
    """

    number: int
    name: str
    since: datetime


def attributes_of(detail: Row, kind: str) -> list[Attribute]:
    """The custom attributes of a kind, in the project's order."""
    rows = detail.get(f"{TYPES[kind]}_custom_attributes")
    return [
        Attribute(row["id"], row["name"], moment(_text(row.get("modified_date"))))
        for row in (rows if isinstance(rows, list) else ())
        if isinstance(row, dict)
        and isinstance(row.get("id"), int)
        and isinstance(row.get("name"), str)
    ]


def named_values(values: Mapping[int, object], known: Iterable[Attribute]) -> dict[str, object]:
    """Custom values by the names that their attributes have now, without those of no value."""
    found = {one.name: values.get(one.number) for one in known}
    return {name: value for name, value in found.items() if value not in (None, "")}


def custom_values(events: Iterable[ItemEvent], known: Sequence[Attribute]) -> dict[int, object]:
    """The custom values of an item of which every event is known, by the attributes' ids.

    Raises:
        UncertainError: an event names an attribute that was renamed since, or says too little.
    """
    values: dict[int, object] = {}
    for event in events:
        if event.custom is not None:
            _follow(values, event, known)
    return values


def _follow(values: dict[int, object], event: ItemEvent, known: Sequence[Attribute]) -> None:
    for row in _rows(event.custom, "deleted"):
        values.pop(_number(row), None)
    for row in _rows(event.custom, "new"):
        values[_number(row)] = row.get("value")
    for row in _rows(event.custom, "changed"):
        match row:
            case {"name": str(name), "changes": {"value": [before, since]}}:
                values[_changed(values, name, before, event.at, known)] = since
            case _:
                raise UncertainError


def _rows(custom: Row | None, name: str) -> list[Row]:
    rows = (custom or {}).get(name)
    return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []


def _number(row: Row) -> int:
    number = row.get("id")
    if isinstance(number, int):
        return number
    raise UncertainError


def _changed(
    values: Mapping[int, object], name: str, before: object, at: str, known: Sequence[Attribute]
) -> int:
    """Which attribute a change is of: Taiga names it, and does not give its id."""
    same = [number for number, value in values.items() if value == before]
    if len(same) == 1:
        return same[0]
    # Its name then is its name now, if it was not touched since.
    for one in known:
        if one.name == name and one.number in same and one.since <= moment(at):
            return one.number
    raise UncertainError
