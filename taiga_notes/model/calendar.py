"""The week and the sprints around a day: which ones they are, from a project's sprints.

Pure. A week begins on Monday, as in ISO 8601. A sprint is known by its days alone, those of its
start and finish included, be it closed or not: Taiga closes one by itself once all in it is closed.
Where sprints overlap, the current one is the one that started last; the last one is the one that
finished last, the next one the one that starts first. What still is a tie goes to the one that
finishes first, then to the one that was made first.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from taiga_notes.model.rows import Row

WEEK: Final = 7
"""Days."""


def week_of(day: date, weeks: int = 0) -> dict[str, object]:
    """The week of a day, or one so many weeks later.

    Returns:
        `start` and `finish`, its first and last day as Taiga writes them, and its `number` in the
        `year` that it counts to, both by ISO 8601.

    Raises:
        OverflowError: there is no such week.
    """
    first = day - timedelta(days=day.weekday()) + timedelta(weeks=weeks)
    year, number, _ = first.isocalendar()
    last = first + timedelta(days=WEEK - 1)
    return {
        "start": first.isoformat(),
        "finish": last.isoformat(),
        "number": number,
        "year": year,
    }


def current_sprint(sprints: Iterable[Row], day: date) -> Row | None:
    """The sprint whose days a day is one of; None where there is none."""
    now = day.isoformat()
    found = (each for each in _dated(sprints) if _start(each) <= now <= _finish(each))
    return min(found, key=lambda each: (_negated(_start(each)), *_tie(each)), default=None)


def last_sprint(sprints: Iterable[Row], day: date) -> Row | None:
    """The sprint that finished last before a day; None where none did."""
    now = day.isoformat()
    found = (each for each in _dated(sprints) if _finish(each) < now)
    return min(
        found,
        key=lambda each: (_negated(_finish(each)), _negated(_start(each)), *_tie(each)),
        default=None,
    )


def next_sprint(sprints: Iterable[Row], day: date) -> Row | None:
    """The sprint that starts first behind a day; None where none does."""
    now = day.isoformat()
    found = (each for each in _dated(sprints) if _start(each) > now)
    return min(found, key=lambda each: (_start(each), *_tie(each)), default=None)


SPRINTS: Final[dict[str, Callable[[Iterable[Row], date], Row | None]]] = {
    "current_sprint": current_sprint,
    "last_sprint": last_sprint,
    "next_sprint": next_sprint,
}
"""By the names that they have in queries and templates."""


def sprint_named(sprints: Iterable[Row], name: str) -> Row | None:
    """The sprint of that name or slug; of several the one that started last; None without one."""
    found = (each for each in sprints if name in (each.get("name"), each.get("slug")))
    return max(found, key=lambda each: (_start(each), _id(each)), default=None)


class Calendar:
    """A day, and the week and the sprints around it, for who asks by name.

    Args:
        today: the day.
        sprints: gives the project's; asked for by who asks for a sprint alone.

    Attributes:
        today: the same.
        sprints: the same.
    """

    def __init__(self, today: date, sprints: Callable[[], Sequence[Row]] = tuple) -> None:
        self.today = today
        self.sprints = sprints

    def day(self, days: int = 0) -> str:
        """The day so many days later, as Taiga writes it.

        Raises:
            OverflowError: there is none.
        """
        return (self.today + timedelta(days=days)).isoformat()

    def week(self, weeks: int = 0) -> dict[str, object]:
        """See `week_of`."""
        return week_of(self.today, weeks)

    def sprint(self, name: str) -> dict[str, object] | None:
        """A sprint by its name in `SPRINTS`, as a record; None where there is none."""
        found = SPRINTS[name](self.sprints(), self.today)
        return None if found is None else dict(found)


def _dated(sprints: Iterable[Row]) -> Iterator[Row]:
    return (each for each in sprints if _start(each) and _finish(each))


def _start(sprint: Row) -> str:
    return str(sprint.get("estimated_start") or "")


def _finish(sprint: Row) -> str:
    return str(sprint.get("estimated_finish") or "")


def _tie(sprint: Row) -> tuple[str, int]:
    return _finish(sprint), _id(sprint)


def _id(sprint: Row) -> int:
    number = sprint.get("id")
    return number if isinstance(number, int) else 0


def _negated(day: str) -> tuple[int, ...]:
    """Something that sorts the other way round."""
    return tuple(-ord(sign) for sign in day)
