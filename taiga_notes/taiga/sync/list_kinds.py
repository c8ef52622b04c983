"""What the store must know of each of Taiga's lists. Facts were read off Taiga 6.10. Pure."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING

from taiga_notes.taiga.local_filters import verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from taiga_notes.model.rows import Path, Row

NOUNS = {
    "userstories": "user stories",
    "tasks": "tasks",
    "issues": "issues",
    "epics": "epics",
    "milestones": "sprints",
    "wiki": "wiki pages",
}
"""What a project's lists hold, in words for people."""

RIGHTS = {
    "userstories": "view_us",
    "tasks": "view_tasks",
    "issues": "view_issues",
    "epics": "view_epics",
    "milestones": "view_milestones",
    "wiki": "view_wiki_pages",
}
"""What `my_permissions` must hold: without it Taiga answers with an empty list, not an error."""

_CARD: tuple[Path, ...] = (
    ("id",),
    ("ref",),
    ("subject",),
    ("is_closed",),
    ("status_extra_info", "name"),
    ("assigned_to_extra_info", "username"),
    ("created_date",),
    ("modified_date",),
)

HOT: Mapping[str, tuple[Path, ...]] = {
    "userstories": (*_CARD, ("due_date",), ("milestone_name",), ("backlog_order",)),
    "tasks": (*_CARD, ("due_date",), ("user_story",)),
    "issues": (*_CARD, ("due_date",)),
    "epics": _CARD,
    "wiki": (("id",), ("slug",), ("modified_date",)),
}
"""Per kind the fields that get a column before any query asks for one: those that most ask for,
and those that `ORDER` needs. Any other gets its column when it is asked for."""

FEW: tuple[Path, ...] = (("id",), ("ref",))
"""The same for a list whose kind has no entry."""

ORDER: Mapping[str, tuple[str, ...]] = {
    "userstories": ("backlog_order", "ref"),
    "tasks": ("created_date", "ref"),
    "issues": ("-id",),
    "wiki": ("slug",),
}
"""By what Taiga sorts a project's list where it is not told; a hyphen means descending.

The others are short, or change with everything else (sprints hold their stories, epics count
theirs), so they are always read whole.
"""

GUARDED = {"userstories", "tasks", "epics", "milestones"}
"""The kinds of which items may come and go without a trace: a task that becomes a story does, and
the story that it becomes. So a project's stories are counted for all of these."""

DRAGGED: Mapping[str, tuple[str, str]] = {
    "kanban_order": ("status", "us_statuses"),
    "sprint_order": ("milestone", "milestones"),
    "backlog_order": ("milestone", ""),
}
"""Per order of stories: the filter that lists the column into which one is dragged, and the
project's vocabulary of those columns, empty where there is but one: the backlog. The rows beside
the dragged one get other orders, of which nothing tells."""

RECOUNTED = {"tasks", "issues", "wiki"}
"""Kinds of which now and then one is counted: with celery Taiga writes no entry for what it
deletes, since the item is gone by the time at which the entry would be made (its source:
`taiga/timeline/service.py`)."""

LOCAL = {
    "userstories": {"status__is_archived", "status__is_closed", "is_closed", "milestone", "status"},
    "tasks": {"status__is_closed", "milestone", "user_story", "status"},
    "issues": {"status__is_closed", "milestone", "status"},
    "wiki": set[str](),
}
"""The filters of which an item and its project's detail tell for certain what Taiga would say."""

_STATUSES = {"userstories": "us_statuses"}


def belongs(kind: str, item: Row, params: Iterable[tuple[str, str]], project: Row) -> bool | None:
    """Whether an item is in a list; None where that can't be told.

    Args:
        kind: of the list.
        item: as Taiga lists it.
        params: the list's filters, all of them among `LOCAL`.
        project: the project's detail.
    """
    archived = partial(_is_archived, project.get(_STATUSES.get(kind, "")))
    verdicts = [verdict(name, text, archived)(item) for name, text in params]
    return None if None in verdicts else all(verdicts)


def _is_archived(statuses: object, item: Row) -> bool | None:
    for one in statuses if isinstance(statuses, list) else ():
        match one:
            case {"id": number, "is_archived": bool(archived)} if number == item.get("status"):
                return archived
    return None


def is_local(kind: str, params: Iterable[tuple[str, str]]) -> bool:
    """Whether `belongs` can tell, as far as a list's filters go."""
    return kind in LOCAL and all(name in LOCAL[kind] for name, _ in params)


def sort_keys(kind: str, column: Callable[[str], Sequence[object]]) -> list[tuple[object, ...]]:
    """A key per row by which Taiga's order of that kind ascends; empty without rows or order.

    Args:
        kind: of the list, one of `ORDER`.
        column: gives a field's values, one a row.
    """
    columns = [_ascending(name, column(name.lstrip("-"))) for name in ORDER[kind]]
    return list(zip(*columns, strict=True))


def _ascending(name: str, values: Sequence[object]) -> list[object]:
    if name.startswith("-"):
        return [-value if isinstance(value, int) else None for value in values]
    if name.endswith("_date"):
        # A time with no fraction has none in Taiga's JSON, and "Z" sorts behind ".".
        return [value.rstrip("Z") if isinstance(value, str) else None for value in values]
    return list(values)


def ascends(keys: Sequence[tuple[object, ...]]) -> bool:
    """Whether rows with these keys are in order, and any others could be put among them."""
    if any(None in key for key in keys):
        return False
    return all(first <= second for first, second in pairwise(keys))
