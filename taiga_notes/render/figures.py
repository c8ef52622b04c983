"""What charts and looks count: dates of an axis, sums up to each of them, bars, groups.

Pure. The dates are texts, `2026-11-22`.
"""

from __future__ import annotations

from bisect import bisect_left
from datetime import date, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

_CELLS: Final = 10
_FULL, _FREE = "■", "□"

MOST_DATES: Final = 366
"""A year of days: no chart shows more."""


def dates(first: str, last: str, most: int) -> list[str]:
    """Dates from the one to the other, both among them, evenly spaced: days where they are few.

    Args:
        first: a date; without either of the two there are none.
        last: the same; before `first` there are none.
        most: as many at most.

    Raises:
        ValueError: it is no date, or `most` is out of bounds.
    """
    if not 2 <= most <= MOST_DATES:  # noqa: PLR2004 - both ends
        raise ValueError(f"an axis has 2 to {MOST_DATES} dates")
    if not first or not last:
        return []
    begin, days = _day(first), (_day(last) - _day(first)).days
    steps = min(days, most - 1)
    if steps < 1:
        return [begin.isoformat()] if steps == 0 else []
    offsets = (round(step * days / steps) for step in range(steps + 1))
    return [(begin + timedelta(days=offset)).isoformat() for offset in offsets]


def so_far(dated: Iterable[tuple[str, float]], axis: Sequence[str]) -> list[float]:
    """For each date of an axis the sum of all that is dated up to it, that day included.

    Args:
        dated: date and number; without a date it is not yet.
        axis: ascending dates.
    """
    sums = [0.0] * (len(axis) + 1)
    for when, number in dated:
        if when:
            sums[bisect_left(axis, when)] += number
    return list(accumulate(sums[:-1]))


def bar(done: float, total: float) -> str:
    """How much of it is done, as ten cells: only what is complete shows as full, and only 0 empty.

    `■■■□□□□□□□`
    """
    if total <= 0 or done <= 0:
        return _FREE * _CELLS
    full = _CELLS if done >= total else min(_CELLS - 1, max(1, round(_CELLS * done / total)))
    return _FULL * full + _FREE * (_CELLS - full)


def by_each(
    rows: Iterable[Any], values: Callable[[Any], Any], key: Callable[[Any], Hashable]
) -> dict[Hashable, tuple[Any, list[Any]]]:
    """Rows by each value of a list that they have: a row stands wherever it belongs.

    Args:
        rows: in the order that each group keeps.
        values: a row's list; a row without one, or with an empty one, is in the last group.
        key: what two values that mean the same have in common.

    Returns:
        By key the first value of that key and its rows, in the order of their first appearance.
    """
    groups: dict[Hashable, tuple[Any, list[Any]]] = {}
    without: list[Any] = []
    for row in rows:
        listed = values(row)
        if not listed:
            without.append(row)
        for value in {key(value): value for value in listed or ()}.items():
            groups.setdefault(value[0], (value[1], []))[1].append(row)
    return groups | ({None: (None, without)} if without else {})


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"'{text}' is no date") from None
