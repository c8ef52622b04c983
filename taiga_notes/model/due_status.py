"""What Taiga computes from the day on which it is asked: `due_date_status`, computed here anew.

Kept, it would be wrong from the next midnight in UTC on.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taiga_notes.model.rows import Row

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
