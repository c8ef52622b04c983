"""What charts and looks count: dates, sums up to each of them, statuses over time, bars, groups.

Pure. The dates are texts, `2026-11-22`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from taiga_notes.model.history import statuses_on, stays

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

_CELLS: Final = 10
_FULL, _FREE = "■", "□"
_COLOR: Final = re.compile(r"#[0-9A-Fa-f]{6}")
_GREY: Final = "#afb8c1"
_LARGEST: Final = 10**12
_PLACES: Final = 6  # of decimals: a smaller part is none that one sees

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


class Slice(NamedTuple):
    """A part of a whole: what it is called, and how much it is."""

    name: str
    value: float


def slices(parts: Iterable[tuple[str, float]]) -> list[Slice]:
    """The parts as a pie shows them: one for each name, in their order; nothing of what is 0.

    Mermaid draws the first of two that are called alike, so that the other would be missing.

    Args:
        parts: names and numbers.

    Raises:
        ValueError: it is no number of a pie's: negative, or without an end.
    """
    sums: dict[str, float] = {}
    for name, value in parts:
        if isinstance(value, bool) or not 0 <= value <= _LARGEST:
            raise ValueError(
                f"a pie shows numbers from 0 to {_LARGEST:,}, and {str(value).lower()} is none"
            )
        sums[name] = sums.get(name, 0) + value
    return [Slice(name, round(value, _PLACES)) for name, value in sums.items() if value]


@dataclass(frozen=True, slots=True)
class StatusHistory:
    """An item as a chart of statuses over time sees it.

    Attributes:
        history: the changes of its status, see `details`.
        status: the one that it is in.
        order: that one's place on the board; None where it is not known.
        color: that one's.
    """

    history: object
    status: object
    order: object
    color: object


def flow(items: Sequence[StatusHistory], most: int) -> dict[str, Any]:
    """How many items were in each status, or in a later one, at each of some dates.

    Args:
        items: them.
        most: dates at most, from the first change to the last.

    Returns:
        `dates`, and `bands`: for each status that an item ever was in, in the board's order, its
        `status`, `color` and `numbers`. The first band is all items that there were; each one
        holds those behind it, so that one drawn over the other shows as many bands. A status that
        no item is in any more comes first, for nothing tells its place.

    Raises:
        ValueError: see `dates`.
    """
    days = sorted({day for item in items for _, day, _ in stays(item.history, date.min)})
    axis = dates(days[0].isoformat(), days[-1].isoformat(), most) if days else []
    then = [statuses_on(item.history, axis) for item in items]
    ever = dict.fromkeys(status for item in items for status, _, _ in stays(item.history, date.min))
    places = {
        item.status: item.order if isinstance(item.order, int) else 0 for item in reversed(items)
    }
    ordered = sorted(ever, key=lambda status: places.get(status, -1))
    colors = {item.status: item.color for item in reversed(items)}
    bands = [
        {
            "status": status,
            "color": _color(colors.get(status)),
            "numbers": _within(then, ordered[n:]),
        }
        for n, status in enumerate(ordered)
    ]
    return {"dates": axis, "bands": bands if axis else []}


def _within(then: Sequence[Sequence[str | None]], statuses: Sequence[str]) -> list[int]:
    """For each date how many were in one of these statuses."""
    wanted = {*statuses}
    return [sum(1 for status in at_once if status in wanted) for at_once in zip(*then, strict=True)]


def _color(given: object) -> str:
    """A status's colour, which stands in the chart's settings: nothing else may."""
    return given if isinstance(given, str) and _COLOR.fullmatch(given) else _GREY


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
