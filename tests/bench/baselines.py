"""What somebody would write by hand who has the stories as dicts, knows their shape and Python.

None-safe as the queries are: a story without an assignee or a due date is everyday data.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tests.bench.data import Story


def status(story: Story) -> Any:
    """The status' name, or None."""
    info = story["status_extra_info"]
    return info["name"] if info else None


def assignee(story: Story) -> Any:
    """The assignee's username, or None."""
    info = story["assigned_to_extra_info"]
    return info["username"] if info else None


def original(stories: Iterable[Story]) -> list[Story]:
    """The query for which all this was made."""
    hits = [
        story
        for story in stories
        if (name := (story.get("status_extra_info") or {}).get("name")) != "Done" and name != "New"
    ]
    return sorted(hits, key=_status_or_last)[:100]


def _status_or_last(story: Story) -> tuple[bool, str]:
    name = (story.get("status_extra_info") or {}).get("name")
    return name is None, name or ""


def text_search(stories: Iterable[Story]) -> list[Any]:
    """Text in the subject, whatever its case."""
    return [story["ref"] for story in stories if "login" in (story["subject"] or "").lower()]


def tagged(stories: Iterable[Story]) -> list[Any]:
    """A tag among those of the story."""
    return [story["ref"] for story in stories if "bug" in (story["tag_names"] or ())]


def overdue(stories: Iterable[Story]) -> list[Any]:
    """A date before another, in its order."""
    hits = [
        story
        for story in stories
        if story["due_date"] is not None and story["due_date"] < "2026-03-01"
    ]
    hits.sort(key=lambda story: story["due_date"])
    return [story["ref"] for story in hits]


def several_keys(stories: Sequence[Story]) -> list[Any]:
    """Three keys, one of them descending, each with its own place for None."""
    hits = [story for story in stories if not story["is_closed"]]
    hits.sort(key=lambda story: story["ref"])
    points = [story for story in hits if story["total_points"] is not None]
    points.sort(key=lambda story: story["total_points"], reverse=True)
    hits = [story for story in hits if story["total_points"] is None] + points
    hits.sort(key=lambda story: ((name := status(story)) is None, name or ""))
    return [story["ref"] for story in hits[:50]]


def grouped(stories: Iterable[Story]) -> list[dict[str, Any]]:
    """How many of each status."""
    counts = Counter(map(status, stories))
    return [{"status": name, "n": count} for name, count in counts.items()]


def group_sums(stories: Iterable[Story]) -> list[dict[str, Any]]:
    """Sums and means for each person, those above a bound, the largest first."""
    groups: defaultdict[Any, list[Story]] = defaultdict(list)
    for story in stories:
        if not story["is_closed"]:
            groups[assignee(story)].append(story)
    rows = []
    for name, members in groups.items():
        if len(members) > 10:
            points = [s["total_points"] for s in members if s["total_points"] is not None]
            total = sum(points) if points else None
            mean = total / len(points) if total is not None else None
            rows.append({"who": name, "n": len(members), "sum": total, "mean": mean})
    rows.sort(key=lambda row: -math.inf if row["sum"] is None else row["sum"], reverse=True)
    return rows


def selected(stories: Iterable[Story]) -> list[dict[str, Any]]:
    """A record for each of the hits."""
    return [
        {"ref": story["ref"], "subject": story["subject"], "status": status(story)}
        for story in stories
        if story["milestone_name"] == "Sprint 7"
    ]


def among(stories: Iterable[Story]) -> list[Any]:
    """A status among some, and somebody's."""
    wanted = {"New", "Ready", "In progress"}
    people = {"ann", "eve"}
    return [
        story["ref"]
        for story in stories
        if status(story) in wanted and assignee(story) in people
    ]  # fmt: skip


def counted(stories: Iterable[Story]) -> list[int]:
    """How many are open and have no assignee."""
    open_ones = (story for story in stories if not story["is_closed"])
    return [sum(1 for story in open_ones if story["assigned_to"] is None)]


def newest(stories: Iterable[Story]) -> list[Story]:
    """The latest few of one person's."""
    hits = [story for story in stories if story["assignee"] == "ann"]
    hits.sort(key=lambda story: story["modified_date"] or "", reverse=True)
    return hits[:20]


def computed(stories: Iterable[Story]) -> list[Any]:
    """Numbers and texts made of fields, the first few by a computed key."""
    hits = [story for story in stories if (story["total_points"] or 0) * 2 > 8]
    hits.sort(key=lambda story: (story["total_points"] or 0) - story["ref"] % 5, reverse=True)
    return [f"{story['ref']}: {(story['subject'] or '').upper()}" for story in hits[:20]]
