"""The lists that a project's detail holds: its members, statuses, tags and roles, as rows; pure.

Besides all values that it lists, by which a literal in a query is known to be one: `VALUES`. What
each table of the detail looks like was read off a live Taiga (TAIGA.md, k4).
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from zlib import crc32

from taiga_notes.model.kinds import KINDS, MEMBERS, OF_ISSUES, ROLES, STATUSES, TAGS, VALUES
from taiga_notes.model.rows import Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from taiga_notes.model.rows import Path, Row

_ISSUES = "issues"
_NOUNS = {"issue_types": "type", "severities": "severity", "priorities": "priority"}
_KEYS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "members": ("person", ("id", "username", "full_name")),
    "milestones": ("sprint", ("id", "name", "slug")),
    "swimlanes": ("swimlane", ("id", "name")),
    "roles": ("role", ("id", "name")),
    "points": ("points", ("value",)),
    **{table: (noun, ("id", "name")) for table, noun in _NOUNS.items()},
}
"""By table of the detail: what it lists, and by what one may be named."""

_VALUED: Mapping[str, tuple[str, str]] = {
    "status": ("status", "id"),
    "status_name": ("status", "name"),
    "status_extra_info.name": ("status", "name"),
    **dict.fromkeys(("assigned_to", "owner", "assigned_users"), ("person", "id")),
    **dict.fromkeys(("assignee", "assignees"), ("person", "username")),
    **dict.fromkeys(("assignee_name", "owner_name"), ("person", "full_name")),
    **{
        f"{who}_extra_info.{part}": ("person", key)
        for who in ("assigned_to", "owner")
        for part, key in (
            ("id", "id"),
            ("username", "username"),
            ("full_name_display", "full_name"),
        )
    },
    "milestone": ("sprint", "id"),
    **dict.fromkeys(("sprint", "milestone_name"), ("sprint", "name")),
    "milestone_slug": ("sprint", "slug"),
    "tag_names": ("tag", "name"),
    "epic_subjects": ("epic", "subject"),
    "swimlane": ("swimlane", "id"),
    "swimlane_name": ("swimlane", "name"),
    "custom": ("custom attribute", "name"),
    "days_in": ("status", "name"),
    **{
        each: (_NOUNS[table], key)
        for name, (field, table) in OF_ISSUES.items()
        for each, key in ((name, "name"), (field, "id"))
    },
}
_VALUED_OF: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "milestones": {"name": ("sprint", "name"), "slug": ("sprint", "slug"), "id": ("sprint", "id")},
    MEMBERS.name: {
        "id": ("person", "id"),
        "username": ("person", "username"),
        "full_name": ("person", "full_name"),
        "role": ("role", "name"),
    },
    STATUSES.name: {"id": ("status", "id"), "name": ("status", "name")},
    TAGS.name: {"name": ("tag", "name")},
    ROLES.name: {"id": ("role", "id"), "name": ("role", "name")},
    "wiki": {"owner": ("person", "id"), "owner_name": ("person", "full_name")},
    "projects": {},
}
_BY_ROLE = "points_by_role"
_NAMED_BELOW = {_BY_ROLE: "role", "custom": "custom attribute"}
"""What the fields below a field are named after."""

_CUSTOM: Mapping[str, str] = {
    "userstories": "userstory_custom_attributes",
    "tasks": "task_custom_attributes",
    "issues": "issue_custom_attributes",
    "epics": "epic_custom_attributes",
}
"""By kind: the table of what its items may have besides."""

FILTERS: Mapping[str, str] = {
    **dict.fromkeys(("status", "exclude_status"), "status"),
    **dict.fromkeys(("assigned_to", "exclude_assigned_to", "assigned_users"), "person"),
    **dict.fromkeys(("exclude_assigned_users", "owner", "exclude_owner", "watchers"), "person"),
    "milestone": "sprint",
    **{f"{no}{noun}": noun for no in ("", "exclude_") for noun in (*_NOUNS.values(), "role")},
    **dict.fromkeys(("swimnlane", "exclude_swimlane"), "swimlane"),
}
"""Taiga's filters that want an id, and of what: in a query they take a name as well."""

EPIC_FILTERS = frozenset({"epic", "exclude_epic"})
"""The same of an epic, by its subject."""


class PartRows(Table):
    """Rows that projects' details hold.

    Attributes:
        stamp: another one, also in a later run, whenever the rows are others.
    """

    def __init__(self, items: Sequence[Row], kind: str) -> None:
        super().__init__(items, kind)
        self.stamp = f"{crc32(repr(items).encode()):08x}"


def part_rows(kind: str, details: Iterable[Row]) -> PartRows:
    """The rows of one of `PARTS`, from the details of projects (`/projects/by_slug`)."""
    rows = (
        {"project": detail.get("slug"), **row} for detail in details for row in _ROWS[kind](detail)
    )
    return PartRows([*rows], kind)


def valued(kind: str, path: Path) -> tuple[str, str] | None:
    """Of which values a field's are: what that is, and which of its own fields; None: of any."""
    if path[:1] == (_BY_ROLE,):
        return ("points", "value") if path[1:] else None
    name = ".".join(path)
    return _VALUED_OF[kind].get(name) if kind in _VALUED_OF else _VALUED.get(name)


def named_below(path: Path) -> tuple[str, str] | None:
    """What a path names that only a project knows: a role, a custom attribute; and its name."""
    noun = _NAMED_BELOW.get(path[0]) if path[1:] else None
    return None if noun is None else (noun, path[1])


def _table(detail: Row, name: str) -> Iterator[Row]:
    table = detail.get(name)
    yield from (row for row in (table if isinstance(table, list) else ()) if isinstance(row, dict))


def members_in(detail: Row) -> Iterator[Row]:
    """The members of a project, from its detail."""
    for row in _table(detail, "members"):
        yield {
            **{name: row.get(name) for name in ("id", "username")},
            "full_name": row.get("full_name_display") or row.get("full_name"),
            "role": row.get("role_name"),
            "is_active": row.get("is_active") is not False,
        }


def _statuses(detail: Row) -> Iterator[Row]:
    for kind in KINDS.values():
        for row in _table(detail, kind.statuses):
            yield {
                **{name: row.get(name) for name in ("id", "name")},
                "of": kind.name,
                **{name: row.get(name) for name in ("color", "order")},
                **{name: row.get(name) is True for name in ("is_closed", "is_archived")},
            }


def _tags(detail: Row) -> Iterator[Row]:
    colors = detail.get("tags_colors")
    if isinstance(colors, dict):
        yield from ({"name": name, "color": color or None} for name, color in colors.items())


def _roles(detail: Row) -> Iterator[Row]:
    for row in _table(detail, "roles"):
        yield {name: row.get(name) for name in ("id", "name", "order")} | {
            "computable": row.get("computable") is not False
        }


def _values(detail: Row) -> Iterator[Row]:
    """Each name and id by which something may be called; a nil where a table is there at all."""
    for kind in KINDS.values():
        if isinstance(detail.get(kind.statuses), list):
            yield from _named("status", kind.name, ("id", "name"), _table(detail, kind.statuses))
    for table, (noun, keys) in _KEYS.items():
        if table in detail:
            rows = members_in(detail) if table == "members" else _table(detail, table)
            yield from _named(noun, _ISSUES if table in _NOUNS else "", keys, rows)
    for of, table in _CUSTOM.items():
        if isinstance(detail.get(table), list):
            yield from _named("custom attribute", of, ("name",), _table(detail, table))
    if "tags_colors" in detail:
        yield from _named("tag", "", ("name",), _tags(detail))


def _named(noun: str, of: str, keys: Sequence[str], rows: Iterable[Row]) -> Iterator[Row]:
    every = {"noun": noun, "of": of}
    for key in keys:
        yield {**every, "key": key, "value": None, "id": None, "is_archived": False}
    for row in rows:
        about = {"id": row.get("id"), "is_archived": row.get("is_archived") is True}
        yield from ({**every, "key": key, "value": row.get(key), **about} for key in keys)


_ROWS = {
    MEMBERS.name: members_in,
    STATUSES.name: _statuses,
    TAGS.name: _tags,
    ROLES.name: _roles,
    VALUES.name: _values,
}
