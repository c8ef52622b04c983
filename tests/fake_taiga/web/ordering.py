"""The order of lists: Taiga's own, or what `order_by` says. A field it does not know is ignored."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.fake_taiga.web.messages import Query

    Key = Callable[[Any], Any]


def _project(row: Any) -> tuple[str, int]:
    return row.project.name, row.project.id


_DEFAULT: dict[str, Key] = {
    "userstories": lambda row: (_project(row), row.backlog_order, row.ref),
    "tasks": lambda row: (_project(row), row.created_date, row.ref),
    "issues": lambda row: (_project(row), -row.id),
    "epics": lambda row: (_project(row), row.epics_order, row.ref),
    "wiki": lambda row: (_project(row), row.slug),
}


def _vocabulary(name: str) -> Key:
    def key(row: Any) -> tuple[Any, ...]:
        value = getattr(row, name)
        return _project(row), value.order, value.name

    return key


def _person(name: str) -> Key:
    def key(row: Any) -> str | None:
        value = getattr(row, name)
        return None if value is None else str(value.full_name)

    return key


_KEYS: dict[str, Key] = {
    **{
        name: attrgetter(name)
        for name in (
            *("backlog_order", "sprint_order", "kanban_order", "us_order"),
            *("created_date", "modified_date", "subject", "ref", "closed", "name"),
            *("estimated_start", "estimated_finish"),
        )
    },
    **{name: _vocabulary(name) for name in ("status", "type", "severity", "priority")},
    **{name: _person(name) for name in ("assigned_to", "owner")},
    "project": _project,
    "milestone": lambda row: row.milestone and (_project(row), row.milestone.created_date),
    "total_voters": lambda row: len(row.voters),
}
_COMMON = ("project", "status", "created_date", "modified_date", "assigned_to", "subject")
_KNOWN = {
    "userstories": {
        *("backlog_order", "sprint_order", "kanban_order", "epic_order", "milestone"),
        *("total_voters", *_COMMON),
    },
    "tasks": {"milestone", "us_order", "total_voters", *_COMMON},
    "issues": {"type", "severity", "priority", "owner", "total_voters", "ref", *_COMMON},
    "epics": set(),
    "milestones": {
        *("project", "name", "estimated_start", "estimated_finish", "closed", "created_date"),
    },
    "wiki": set(),
}


def ordered(rows: list[Any], kind: str, query: Query) -> list[Any]:
    """The rows in the order that the request asks for.

    Equal ones are ordered by id, the newest first. Nulls stand last, or first when descending, as
    PostgreSQL has them.
    """
    raw = query.get("order_by")
    name, descending = raw.removeprefix("-"), raw.startswith("-")
    if name not in _KNOWN[kind]:
        return _by_default(rows, kind)
    rows = sorted(rows, key=lambda row: -row.id)
    return _sorted(rows, _epic_order(query) if name == "epic_order" else _KEYS[name], descending)


def _by_default(rows: list[Any], kind: str) -> list[Any]:
    if kind == "milestones":
        rows = sorted(rows, key=lambda row: row.id)
        return sorted(rows, key=lambda row: row.estimated_start, reverse=True)
    return sorted(rows, key=_DEFAULT[kind])


def _sorted(rows: Iterable[Any], key: Key, descending: bool) -> list[Any]:
    keyed = [(key(row), row) for row in rows]
    nulls = [row for value, row in keyed if value is None]
    found = [(value, row) for value, row in keyed if value is not None]
    # Sorting keeps equal ones in place also when reversed, so the newest stay first.
    found.sort(key=lambda pair: pair[0], reverse=descending)
    values = [row for _, row in found]
    return nulls + values if descending else values + nulls


def _epic_order(query: Query) -> Key:
    first = query.get("epic").split(",")[0]

    def key(story: Any) -> int | None:
        orders = [one.order for one in story.relations if str(one.epic.id) == first]
        return orders[0] if orders else None

    return key
