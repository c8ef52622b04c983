"""What the history of an item's status tells: how long it was in which, and when it was closed.

Pure. A history is what `details` says of it. Days are those of UTC, as moments are Taiga's.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

_DAY_LENGTH = len("2026-11-22")


def stays(history: object, today: date) -> Iterator[tuple[str, date, date]]:
    """Each status in which an item was, from which day and up to which; today in the last one.

    Args:
        history: a list of changes, the oldest first; whatever else it holds is passed by.
        today: the day up to which it is told.
    """
    changes = [*_changes(history)]
    ends = [day for day, _ in changes[1:]]
    for (begin, status), end in zip(changes, [*ends, today], strict=False):
        yield status, begin, max(begin, end)


def days_in(history: object, today: date) -> dict[str, int]:
    """How many days an item was in each status: midnights, so that a day it came and went is 0."""
    days: dict[str, int] = {}
    for status, begin, end in stays(history, today):
        days[status] = days.get(status, 0) + (end - begin).days
    return days


def closed_on(history: object, closed: Collection[str]) -> str | None:
    """The day on which an item got the closed status that it is in; None where it is in none.

    Args:
        history: see `stays`.
        closed: the names of the closed statuses.
    """
    found = None
    for day, status in _changes(history):
        if status not in closed:
            found = None
        elif found is None:
            found = day.isoformat()
    return found


def statuses_on(history: object, days: Sequence[str]) -> list[str | None]:
    """In which status an item was at the end of each of some days; None before there was one.

    Args:
        history: see `stays`.
        days: ascending, as Taiga writes them.
    """
    changes = [(day.isoformat(), status) for day, status in _changes(history)]
    found: list[str | None] = []
    place, status = 0, None
    for day in days:
        while place < len(changes) and changes[place][0] <= day:
            status = changes[place][1]
            place += 1
        found.append(status)
    return found


def _changes(history: object) -> Iterator[tuple[date, str]]:
    for change in history if isinstance(history, list) else ():
        match change:
            case {"when": str() as when, "to": str() as status}:
                if (day := _day(when)) is not None:
                    yield day, status


def _day(when: str) -> date | None:
    try:
        return date.fromisoformat(when[:_DAY_LENGTH])
    except ValueError:
        return None
