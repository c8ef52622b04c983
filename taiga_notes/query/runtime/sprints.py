"""The week and the project's sprints around today, for queries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taiga_notes.errors import did_you_mean
from taiga_notes.model import calendar
from taiga_notes.model.kinds import MILESTONES
from taiga_notes.query.runtime.budget import Mistake
from taiga_notes.query.runtime.listings import listing
from taiga_notes.query.runtime.values import type_name, whole_number

if TYPE_CHECKING:
    from collections.abc import Callable

    from taiga_notes.model.rows import Row
    from taiga_notes.query.runtime.evaluation import Evaluation


def this_week(run: Evaluation, weeks: Any = 0) -> dict[str, object]:
    """`this_week()`: `start`, `finish`, `number` and `year`; `this_week(-1)` the one before.

    Raises:
        Mistake: that is no number of weeks.
    """
    count = 0 if weeks is None else whole_number(weeks)
    if count is None:
        raise Mistake(f"this_week wants a whole number of weeks, not {type_name(weeks)}")
    try:
        return calendar.week_of(run.clock.today(), count)
    except OverflowError:
        raise Mistake(f"there is no week {count} weeks from this one") from None


def around_today(name: str) -> Callable[[Evaluation], Row | None]:
    """The function of that name in `calendar.SPRINTS`: it gives a row, nil where there is none."""
    choose = calendar.SPRINTS[name]
    return lambda run: choose(_sprints(run), run.clock.today())


def sprint(run: Evaluation, name: Any) -> Row:
    """`sprint('Sprint 12')`: the project's sprint of that name or slug.

    Raises:
        Mistake: there is none, or that is no name.
    """
    if not isinstance(name, str):
        raise Mistake(f"sprint wants a sprint's name, not {type_name(name)}")
    rows = _sprints(run)
    found = calendar.sprint_named(rows, name)
    if found is None:
        names = [str(row.get("name")) for row in rows]
        raise Mistake(f"there is no sprint '{name[:80]}'", did_you_mean(name, names))
    return found


def _sprints(run: Evaluation) -> list[Row]:
    hits = listing(run, MILESTONES.name, {})
    run.budget.work(len(hits))
    return list(hits)
