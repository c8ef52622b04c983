"""What of an item may be pushed: the words of the clause `push`, and the fields behind them.

Pure. What Taiga makes of each field is in TAIGA.md, k2.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from taiga_notes.model.kinds import EPICS, ISSUES, TASKS, USERSTORIES

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Pushable:
    """A field that a cell of a table may change.

    Attributes:
        word: the clause's.
        name: the field as queries name it, in which its value is text.
        headings: of columns that show it, in small letters: its own name, and usual ones.
        raw: the field as Taiga takes it.
        noun: what people call it.
    """

    word: str
    name: str
    headings: tuple[str, ...]
    raw: str
    noun: str


STATUS = Pushable("status", "status_name", ("status_name", "status"), "status", "status")
ASSIGNEE = Pushable("assignee", "assignee", ("assignee",), "assigned_to", "assignee")
SPRINT = Pushable("sprint", "sprint", ("sprint",), "milestone", "sprint")
DUE = Pushable("due", "due_date", ("due_date", "due date", "due"), "due_date", "due date")
BLOCKED = Pushable("blocked", "is_blocked", ("is_blocked", "blocked"), "is_blocked", "blocked")

PUSHABLES = (STATUS, ASSIGNEE, SPRINT, DUE, BLOCKED)
BY_RAW = {each.raw: each for each in PUSHABLES}

DONE = "done"
"""The clause's word for ticks."""

NEW = "new"
"""The clause's word for new lines."""

USERS = "assigned_users"
"""All to whom a story is assigned. Nothing but this guards a story's `assigned_to` (k5)."""

NOTE = "blocked_note"
"""Why an item is blocked. Taiga empties it as the block is lifted (k2)."""

KEPT = (*(each.raw for each in PUSHABLES), USERS, "is_closed")
"""What is kept of each item when a block is rendered."""

RIGHTS: Mapping[str, str] = {
    USERSTORIES.name: "us",
    TASKS.name: "task",
    ISSUES.name: "issue",
    EPICS.name: "epic",
}
"""Which kinds may be pushed, and what stands behind `modify_` and `add_` among the permissions."""

NOUNS: Mapping[str, str] = {
    USERSTORIES.name: "story",
    TASKS.name: "task",
    ISSUES.name: "issue",
    EPICS.name: "epic",
}

HISTORIES: Mapping[str, str] = {
    USERSTORIES.name: "userstory",
    TASKS.name: "task",
    ISSUES.name: "issue",
    EPICS.name: "epic",
}
"""Under which name `/history` knows a kind."""

_NOT_OF_EPICS = frozenset({SPRINT.raw, DUE.raw})


def has_field(kind: str, raw: str) -> bool:
    """Whether items of a kind have that field."""
    return not (kind == EPICS.name and raw in _NOT_OF_EPICS)
