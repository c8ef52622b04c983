"""Taiga's filters, applied here: a snapshot has no server, and a changed item may leave its list.

Pure. A row that does not carry what a filter asks about stays: a snapshot may hold few fields.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from functools import partial

from taiga_notes.errors import SourceError
from taiga_notes.model.kinds import kind_of
from taiga_notes.model.rows import Row

Verdict = Callable[[Row], bool | None]
"""Whether a row passes; None where it does not tell."""

Values = Callable[[Row], Iterable[object] | None]
"""What a row has for a filter to look at; None where it does not tell."""

_SHAPE = {
    *("dashboard", "only_ref", "slight", "discover_mode", "page", "page_size"),
    *("include_attachments", "include_tasks"),
}
"""Parameters that change what a row carries or how many come at once, not which there are."""

_SIGNS = {"__gte": (0, 1), "__gt": (1,), "__lte": (-1, 0), "__lt": (-1,), "": (0,)}
"""What comparing the row's date with the filter's may give."""

_DATES = {
    *("created_date", "modified_date", "finish_date", "finished_date"),
    *("estimated_start", "estimated_finish"),
}
_FIELDS = {
    *("is_closed", "closed", "status", "owner", "assigned_to", "milestone", "user_story"),
    *("type", "severity", "priority", "slug", "is_looking_for_people", "is_featured"),
    *("is_backlog_activated", "is_kanban_activated"),
}


def select(rows: Iterable[Row], filters: Iterable[tuple[str, str]], archived: Verdict) -> list[Row]:
    """The rows that Taiga would list.

    Args:
        rows: of one kind.
        filters: names and values as they would go on the wire.
        archived: whether a row's status is an archived one.

    Raises:
        SourceError: a filter asks about what only Taiga knows.
    """
    chosen, order = list(rows), ""
    for name, text in filters:
        if name == "order_by":
            order = text
        elif name not in _SHAPE:
            excluded = name.startswith("exclude_")
            passes = verdict(name.removeprefix("exclude_"), text, archived)
            # A row that does not tell is neither True nor False, and stays.
            chosen = [row for row in chosen if passes(row) is not excluded]
    return _sorted(chosen, order) if order else chosen


def verdict(name: str, text: str, archived: Verdict) -> Verdict:
    """What one of Taiga's filters says of a row.

    Args:
        name: the filter's, without `exclude_`.
        text: its value on the wire.
        archived: see `select`.

    Raises:
        SourceError: it asks about what only Taiga knows.
    """
    if name == "status__is_archived":
        return partial(_has_one, partial(_archived, archived), frozenset({text}))
    if values := _values(name):
        return partial(_has_one, values, frozenset(text.split(",")))
    for end, signs in _SIGNS.items():
        field = name.removesuffix(end)
        if name.endswith(end) and field in _DATES:
            return partial(_compares, field, _instant(text, name), signs)
    raise SourceError(
        f"a snapshot can't apply Taiga's filter {name[:40]!a}", hint="use `where` instead"
    )


def is_local(kind: str, params: Iterable[tuple[str, str]]) -> bool:
    """Whether `belongs` can tell, as far as a list's filters go."""
    known = kind_of(kind).local_filters
    return all(name in known for name, _ in params)


def belongs(kind: str, item: Row, params: Iterable[tuple[str, str]], project: Row) -> bool | None:
    """Whether an item is in a list; None where that can't be told.

    Args:
        kind: of the list.
        item: as Taiga lists it.
        params: the list's filters, all of them local ones of the kind.
        project: the project's detail.
    """
    archived = partial(is_archived, project.get(kind_of(kind).statuses))
    verdicts = [verdict(name, text, archived)(item) for name, text in params]
    return None if None in verdicts else all(verdicts)


def is_archived(statuses: object, item: Row) -> bool | None:
    """Whether an item's status is an archived one, by its project's; None where that is untold."""
    for one in statuses if isinstance(statuses, list) else ():
        match one:
            case {"id": number, "is_archived": bool(archived)} if number == item.get("status"):
                return archived
    return None


def _values(name: str) -> Values | None:
    special: Mapping[str, Values] = {
        "status__is_closed": _status_closed,
        "milestone__isnull": _no_milestone,
        "assigned_users": _assigned,
        "watchers": partial(_members, "watchers"),
        "member": partial(_members, "members"),
        "epic": partial(_members, "epics"),
        "tags": _tags,
        # Taiga's own spelling (userstories/filters.py): `swimlane` it ignores.
        "swimnlane": partial(_field, "swimlane"),
    }
    return special.get(name) or (partial(_field, name) if name in _FIELDS else None)


def _has_one(values: Values, wanted: frozenset[str], row: Row) -> bool | None:
    found = values(row)
    if found is None:
        return None
    # Where there is nobody, or no epic, the filter `null` finds it.
    return not wanted.isdisjoint({_wire(value) for value in found} or {"null"})


def _wire(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case _:
            return str(value)


def _field(name: str, row: Row) -> Iterable[object] | None:
    return (row[name],) if name in row else None


def _status_closed(row: Row) -> Iterable[object] | None:
    match row.get("status_extra_info"):
        case {"is_closed": closed}:
            return (closed,)
        case _:
            return None


def _archived(archived: Verdict, row: Row) -> Iterable[object] | None:
    known = archived(row)
    return None if known is None else (known,)


def _no_milestone(row: Row) -> Iterable[object] | None:
    return (row["milestone"] is None,) if "milestone" in row else None


def _assigned(row: Row) -> Iterable[object] | None:
    """Taiga looks at both columns: the one assignee may be missing among the many."""
    if "assigned_users" not in row and "assigned_to" not in row:
        return None
    one = row.get("assigned_to")
    return [*(_members("assigned_users", row) or ()), *([] if one is None else [one])]


def _members(name: str, row: Row) -> Iterable[object] | None:
    match row.get(name, ...):
        case list() as members:
            return [item.get("id") if isinstance(item, dict) else item for item in members]
        case None:
            return ()
        case _:
            return None


def _tags(row: Row) -> Iterable[object] | None:
    match row.get("tags"):
        case list() as tags:
            return [tag[0] if isinstance(tag, list) and tag else tag for tag in tags]
        case _:
            return None


def _compares(field: str, limit: datetime, signs: tuple[int, ...], row: Row) -> bool | None:
    match row.get(field, ...):
        case str() as text:
            try:
                found = _parse(text)
            except ValueError:
                return None
            return (found > limit) - (found < limit) in signs
        case None:
            return False
        case _:
            return None


def _instant(text: str, name: str) -> datetime:
    try:
        return _parse(text)
    except ValueError:
        raise SourceError(
            f"{text[:40]!a} is no date for {name}", hint="write 2026-11-22 or 2026-11-22T14:02:00Z"
        ) from None


def _parse(text: str) -> datetime:
    """A date or a time; without a zone it is UTC, as Taiga has it."""
    time = datetime.fromisoformat(text)
    return time.replace(tzinfo=UTC) if time.tzinfo is None else time


def _sorted(rows: list[Row], order: str) -> list[Row]:
    """In the order that `order_by` names, equal ones from the newest on; Taiga ignores others."""
    if not any(order.removeprefix("-") in row for row in rows):
        return rows
    newest_first = sorted(rows, key=partial(_rank, "id"), reverse=True)
    key = partial(_rank, order.removeprefix("-"))
    return sorted(newest_first, key=key, reverse=order.startswith("-"))


def _rank(name: str, row: Row) -> tuple[int, float, str]:
    """Numbers, then texts, then nothing: to PostgreSQL null is the largest."""
    match row.get(name):
        case None:
            return 2, 0, ""
        case int() | float() as number:
            return 0, number, ""
        case other:
            return 1, 0, str(other)
