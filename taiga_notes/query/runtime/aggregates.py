"""Aggregates: one value from the rows of a group. Nils are skipped."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import NoneType
from typing import TYPE_CHECKING, Any

from taiga_notes.query.runtime import strings
from taiga_notes.query.runtime.numbers import Number, exact, parsed
from taiga_notes.query.runtime.ordering import extreme

if TYPE_CHECKING:
    from taiga_notes.query.runtime.evaluation import Evaluation

Values = Sequence[Any]
_PLAIN_NUMBERS = {int, float, NoneType}


@dataclass(frozen=True, slots=True)
class Aggregate:
    """An aggregate.

    Attributes:
        call: what to call with the evaluation, a value per row, and further arguments.
        form: how it is written, for messages.
        most: how many arguments it takes besides the value.
    """

    call: Callable[..., Any]
    form: str
    most: int = 0


def _present(values: Values) -> list[Any]:
    return [value for value in values if value is not None]


def _count(_run: Evaluation, values: Values) -> int:
    return len(_present(values))


def _numbers(values: Values) -> list[Number]:
    """Numbers, and those that strings hold; anything else does not count."""
    if set(map(type, values)) <= _PLAIN_NUMBERS:
        return _present(values)
    found = (parsed(value) if isinstance(value, str) else value for value in values)
    return [
        exact(value)
        for value in found
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    ]


def _sum(_run: Evaluation, values: Values) -> Number | None:
    return _total(_numbers(values))


def _total(numbers: list[Number]) -> Number | None:
    try:
        return sum(numbers) if numbers else None
    except OverflowError:
        return sum(map(exact, numbers))


def _avg(_run: Evaluation, values: Values) -> Number | None:
    numbers = _numbers(values)
    total = _total(numbers)
    return None if total is None else exact(total) / len(numbers)


def _min(_run: Evaluation, values: Values) -> Any:
    return extreme(_present(values), greatest=False)


def _max(_run: Evaluation, values: Values) -> Any:
    return extreme(_present(values), greatest=True)


def _array_agg(run: Evaluation, values: Values) -> list[Any]:
    run.meter.make(len(values))
    return _present(values)


def _string_agg(run: Evaluation, values: Values, between: Any = ",") -> str:
    parts = [strings.tostring(run, value) for value in _present(values)]
    return strings.join(run, parts, strings.tostring(run, between))


def _first(_run: Evaluation, values: Values) -> Any:
    return next((value for value in values if value is not None), None)


def _last(_run: Evaluation, values: Values) -> Any:
    return _first(_run, values[::-1])


AGGREGATES = {
    "count": Aggregate(_count, "count() or count(x)"),
    "sum": Aggregate(_sum, "sum(x)"),
    "avg": Aggregate(_avg, "avg(x)"),
    "min": Aggregate(_min, "min(x)"),
    "max": Aggregate(_max, "max(x)"),
    "array_agg": Aggregate(_array_agg, "array_agg(x)"),
    "string_agg": Aggregate(_string_agg, "string_agg(x, between)", 1),
    "first": Aggregate(_first, "first(x)"),
    "last": Aggregate(_last, "last(x)"),
}
"""All aggregates, by name."""
