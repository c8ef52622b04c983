"""One item of Taiga's lists, with the fields that notes want besides Taiga's own.

Taiga names people, statuses and sprints by id or in nested objects that differ by kind; here
each item gets the same short names (`kinds.ADDED`). Pure.

What Taiga computes from the day on which it is asked, `due_date_status`, is computed here anew:
kept, it would be wrong from the next midnight in UTC on.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from taiga_notes.model.kinds import ADDED, ISSUES, KINDS, OF_ISSUES, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from taiga_notes.model.rows import Row


_DAY_LENGTH = len("2026-11-22")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

_INVENTED = {
    **{kind.statuses: [{"id": 81, "order": 3}] for kind in KINDS.values() if kind.statuses},
    "members": [
        {"id": 16, "username": "bob", "full_name_display": "Bob Roy"},
        {"id": 17, "username": "ann", "full_name_display": "Ann Lee"},
    ],
    "milestones": [{"id": 17, "name": "Sprint 3"}],
    "roles": [{"id": 81, "name": "Back"}],
    "points": [{"id": 157, "value": 5}],
    "swimlanes": [{"id": 4, "name": "Expedite"}],
    **{table: [{"id": 3, "name": ADDED[name].example}] for name, (_, table) in OF_ISSUES.items()},
}
"""The project of the examples among the fields, as far as they speak of it."""


class Enricher:
    """Adds `kinds.ADDED` to the items of one list.

    Args:
        kind: a name of `kinds.KINDS`.
        web: the root of Taiga's web front, such as `https://tree.taiga.io`.
        project: the project's detail (`/projects/by_slug`), or None where it is not at hand;
            then the board's order, the sprints of tasks and issues, the names of further people,
            of roles and swimlanes, and of what issues are, are not known.
    """

    def __init__(self, *, kind: str, web: str, project: Row | None) -> None:
        detail = project or {}
        of = kind_of(kind)
        self._kind = kind
        self._folder, self._key = of.web
        self._is_of_a_project = of.is_of_a_project
        self._sprint_name = of.sprint_name
        self._web = web.rstrip("/")
        self._slug = detail.get("slug")
        self._orders = _lookup(detail, of.statuses, "order")
        self._usernames = _lookup(detail, "members", "username")
        self._sprints = _lookup(detail, "milestones", "name")
        self._full_names = _lookup(detail, "members", "full_name_display")
        self._swimlanes = _lookup(detail, "swimlanes", "name")
        # JSON's keys are strings, the roles' ids numbers.
        roles = _lookup(detail, "roles", "name").items()
        self._roles = {str(id_): name for id_, name in roles if isinstance(name, str)}
        self._points = _lookup(detail, "points", "value")
        self._epics = of.epics
        self._closed = of.closed
        self._of_issues = {
            name: (field, _lookup(detail, table, "name"))
            for name, (field, table) in (OF_ISSUES.items() if kind == ISSUES.name else ())
        }

    def __call__(self, item: Row) -> dict[str, object]:
        """The item as it came, and the added fields; what is not known is None or empty."""
        assignee = _part(item, "assigned_to_extra_info", "username")
        return {
            **item,
            "url": self._url(item),
            "kind": self._kind,
            "project": self._project(item),
            "status_name": _part(item, "status_extra_info", "name"),
            "status_order": _found(self._orders, item.get("status")),
            "assignee": assignee,
            "assignees": self._assignees(item, assignee),
            "tag_names": _tag_names(item),
            "sprint": self._sprint(item),
            "assignee_name": _part(item, "assigned_to_extra_info", "full_name_display"),
            "owner_name": self._owner(item),
            "epic_subjects": self._epic_subjects(item),
            "swimlane_name": _found(self._swimlanes, item.get("swimlane")),
            "points_by_role": self._by_role(item.get("points")),
            "watcher_names": self._watchers(item),
            "closed_on": self._closed_on(item),
            **{
                name: _found(known, item.get(field))
                for name, (field, known) in self._of_issues.items()
            },
        }

    def _project(self, item: Row) -> object:
        """The project's slug, in the place of Taiga's number of it."""
        named = _part(item, "project_extra_info", "slug")
        return (named if self._is_of_a_project else item.get("slug")) or self._slug

    def _url(self, item: Row) -> str | None:
        project = self._project(item)
        if not project:
            return None
        root = f"{self._web}/project/{_quoted(project)}"
        if not self._folder:
            return root
        key = item.get(self._key)
        return None if key is None or key == "" else f"{root}/{self._folder}/{_quoted(key)}"

    def _assignees(self, item: Row, first: object) -> list[object]:
        """The assignee, then the others by name: Taiga's own order changes from call to call."""
        ids = item.get("assigned_users")
        known = (_found(self._usernames, id_) for id_ in ids) if isinstance(ids, list) else ()
        others = {name for name in known if isinstance(name, str)} - {first}
        return [*([] if first is None else [first]), *sorted(others)]

    def _watchers(self, item: Row) -> list[str]:
        """By name, as `_assignees`: those who are no members have none."""
        ids = item.get("watchers")
        known = (_found(self._full_names, id_) for id_ in ids) if isinstance(ids, list) else ()
        return sorted({name for name in known if isinstance(name, str)})

    def _closed_on(self, item: Row) -> str | None:
        when = item.get(self._closed)
        return when[:_DAY_LENGTH] if isinstance(when, str) else None

    def _owner(self, item: Row) -> object:
        owner = item.get("owner")
        if isinstance(owner, dict):
            return owner.get("full_name_display")
        name = _part(item, "owner_extra_info", "full_name_display")
        return _found(self._full_names, owner) if name is None else name

    def _epic_subjects(self, item: Row) -> list[object]:
        epics: object = item
        for name in self._epics:
            epics = epics.get(name) if isinstance(epics, dict) else None
        listed = epics if isinstance(epics, list) else ()
        return [epic.get("subject") for epic in listed if isinstance(epic, dict)]

    def _by_role(self, points: object) -> dict[str, object]:
        """Points by the roles' names; those of a role that is not known have none."""
        if not isinstance(points, dict):
            return {}
        roles = self._roles
        return {
            roles[key]: _found(self._points, id_) for key, id_ in points.items() if key in roles
        }

    def _sprint(self, item: Row) -> object:
        name = item.get(self._sprint_name)
        return _found(self._sprints, item.get("milestone")) if name is None else name


def enrich(item: Row, *, kind: str, web: str, project: Row | None) -> dict[str, object]:
    """One item with its added fields; for a whole list make one `Enricher`."""
    return Enricher(kind=kind, web=web, project=project)(item)


def invented(kind: str, web: str) -> dict[str, object]:
    """An item whose fields are the examples of its kind, with the added ones as they follow."""
    item = {name: field.example for name, field in KINDS[kind].fields.items() if "." not in name}
    return enrich(item, kind=kind, web=web, project=_INVENTED)


def _lookup(detail: Row, table: str, field: str) -> Mapping[int, object]:
    entries = detail.get(table)
    rows: Iterable[object] = entries if isinstance(entries, list) else ()
    return {
        row["id"]: row.get(field)
        for row in rows
        if isinstance(row, dict) and isinstance(row.get("id"), int)
    }


def _found(lookup: Mapping[int, object], id_: object) -> object:
    """A snapshot may hold anything where an id belongs, and not everything can be looked up."""
    return lookup.get(id_) if isinstance(id_, int) else None


def _part(item: Row, field: str, name: str) -> object:
    whole = item.get(field)
    return whole.get(name) if isinstance(whole, dict) else None


def _tag_names(item: Row) -> list[object]:
    """Lists give pairs of name and colour, webhooks and projects plain names."""
    tags = item.get("tags")
    if not isinstance(tags, list):
        return []
    return [tag[0] if isinstance(tag, list) and tag else tag for tag in tags]


def _quoted(value: object) -> str:
    """Percent-encoded, since a wiki page's slug may hold any letter (`überblick`)."""
    text = str(value)
    if text.isascii() and text.isalnum():
        return text
    data = text.encode("utf-8", "replace")
    return "".join(chr(byte) if byte in _UNRESERVED else f"%{byte:02X}" for byte in data)


OF_THE_DAY = ("due_date_status", "user_stories")
"""Fields that `Day.shown` makes anew."""

_SOON = timedelta(days=14)
"""For how long Taiga calls a due date soon: a constant, whatever thresholds a project defines."""


class Day:
    """A day in UTC, by which Taiga tells what is overdue.

    Args:
        seconds: a moment of it, in Unix seconds.

    Attributes:
        name: `2026-11-22`.
    """

    __slots__ = ("_soon", "name")

    def __init__(self, seconds: float) -> None:
        day = datetime.fromtimestamp(seconds, UTC).date()
        self.name = day.isoformat()
        self._soon = (day + _SOON).isoformat()

    def status(self, due: object, is_closed: object) -> str:
        """The `due_date_status` of an item on that day.

        Args:
            due: its `due_date`.
            is_closed: whether its status is a closed one. A story may be closed and its status not.
        """
        if not isinstance(due, str):
            return "not_set"
        if is_closed is True:
            return "no_longer_applicable"
        if due < self.name:
            return "past_due"
        return "due_soon" if due <= self._soon else "set"

    def shown(self, item: Row) -> Row:
        """An item as Taiga gives it on that day; a sprint with its stories."""
        if "due_date" in item:
            return {**item, "due_date_status": self.status(item["due_date"], _is_done(item))}
        stories = item.get("user_stories")
        return {**item, "user_stories": self.stories(stories)} if stories else item

    def stories(self, stories: object) -> object:
        """The stories within a sprint, likewise."""
        if not isinstance(stories, list):
            return stories
        return [self.shown(story) if isinstance(story, dict) else story for story in stories]


def _is_done(item: Row) -> object:
    """Whether an item's status counts as closed; where that is not at hand, as it was known."""
    match item.get("status_extra_info"):
        case {"is_closed": flag}:
            return flag
        case _:
            return item.get("due_date_status") == "no_longer_applicable"
