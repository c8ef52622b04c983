"""Which value comes first: comparisons, and the order of rows."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import chain, islice
from operator import ne
from types import NoneType
from typing import Any, NamedTuple, TypeVar

from taiga_notes.model.rows import picked
from taiga_notes.query.runtime.budget import Budget, Mistake
from taiga_notes.query.runtime.values import Float, Linked, Rendered, type_name

Item = TypeVar("Item")
Positions = Sequence[int]
Values = Sequence[Any]

_ASTRAL = re.compile("[\U00010000-\U0010ffff]")
_SAMPLE = 256
_GLANCE = 64
_FEW = 48
_MANY = 256
_PASSES = 3
_SELECTIVE = 16
_MARGIN = 4
_SLOW = 8
_NUMBERS = {int, float, Float}
_STRINGS = {str, Rendered, Linked}


class Key(NamedTuple):
    """One key of an order.

    Attributes:
        values: a value per item.
        descending: whether the greatest comes first.
        nulls_first: whether nil comes first.
    """

    values: Values
    descending: bool
    nulls_first: bool


def in_units(text: str) -> bytes:
    """What Python orders as the language orders a string: by UTF-16 code unit.

    Only characters beyond U+FFFF make a difference to strings; as two halves they compare as they
    should.
    """
    return text.encode("utf-16-be", "surrogatepass")


def less(left: Any, right: Any) -> bool:
    """`left < right`: of two numbers or two strings; nil is less than nothing.

    Raises:
        Mistake: they can't be compared.
    """
    left, right = _pair(left, right)
    return left is not None and bool(left < right)


def at_most(left: Any, right: Any) -> bool:
    """`left <= right`, see `less`."""
    left, right = _pair(left, right)
    return left is not None and bool(left <= right)


def _pair(left: Any, right: Any) -> tuple[Any, Any]:
    if left is None or right is None:
        return None, None
    if isinstance(left, str) and isinstance(right, str):
        return _texts_in_units(left, right)
    if _is_number(left) and _is_number(right):
        return left, right
    raise Mistake(
        f"{type_name(left)} can't be compared with {type_name(right)}",
        "convert with tostring(…) or tonumber(…)" if _is_number(left) or _is_number(right) else "",
    )


def _texts_in_units(left: str, right: str) -> tuple[str, str] | tuple[bytes, bytes]:
    if left.isascii() or right.isascii():
        return left, right  # where they differ, one character is below all halves
    # One may be long, and met for each row: no more of it matters than of the other.
    most = min(len(left), len(right)) + 1
    return in_units(left[:most]), in_units(right[:most])


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def arrange(
    budget: Budget, items: Sequence[Item], keys: tuple[Key, ...], need: int | None
) -> Sequence[Item]:
    """The items in the order of their keys; those with equal keys as they were.

    Args:
        budget: what is charged for slow comparisons.
        items: what to order.
        keys: the first is the most important.
        need: how many of the first ones are wanted; None for all.
    """
    positions: Positions = range(len(items))
    for key in keys[:0:-1]:
        positions = _arranged(budget, positions, key, None)
    return picked(items, _arranged(budget, positions, keys[0], need)[:need])


def few_texts(values: Values) -> set[Any] | None:
    """The distinct values, if they are few, and texts or nil.

    What depends on nothing else need be asked once for each of them, not for each row.
    """
    few = _few(values)
    texts = few is not None and all(isinstance(value, (str, NoneType)) for value in few)
    return few if texts else None


def with_values(key: Key, some: Sequence[Any], need: int) -> Positions:
    """The places of the first `need` items in the key's order of which it has one of the values."""
    return _by_value(range(len(key.values)), key, {*some}, need)[:need]


def _arranged(budget: Budget, positions: Positions, key: Key, need: int | None) -> Positions:
    """The positions ordered by one key: the keys are taken from the last to the first."""
    values = key.values
    few = _few(values)
    if few is not None:
        return _by_value(positions, key, few, need)
    types = set(map(type, values))
    nils: list[int] = []
    if NoneType in types:
        types.remove(NoneType)
        nils = [position for position in positions if values[position] is None]
        positions = [position for position in positions if values[position] is not None]
    ordered = _ordered(budget, positions, key, types, need)
    return [*nils, *ordered] if key.nulls_first else [*ordered, *nils]


def _few(values: Values) -> set[Any] | None:
    """The distinct values, if they are few and can be compared: statuses, sprints, people."""
    try:
        if len(values) <= _SAMPLE or len(set(values[:_GLANCE])) > _FEW:
            return None
        distinct = set(values)
    except TypeError:
        return None
    # True and 1 are one member of a set, and may hide each other.
    types = set(map(type, values if distinct & {0, 1} else distinct)) - {NoneType}
    some = [*(distinct - {None})]
    return distinct if len(distinct) <= _MANY and _are_ordered(some, types) else None


def _by_value(positions: Positions, key: Key, distinct: set[Any], need: int | None) -> list[int]:
    """One list for each value beats comparing the rows; the first values may be enough."""
    values = key.values if isinstance(positions, range) else picked(key.values, positions)
    strings = any(isinstance(value, str) for value in distinct)
    few: list[Any] = [value for value in distinct if value is not None]
    few.sort(key=in_units if strings else None, reverse=key.descending)
    if None in distinct:
        few.insert(0 if key.nulls_first else len(few), None)
    ordered: list[int] = []
    likely = need is not None and need * len(few) <= _PASSES * len(values)
    first = few[: _PASSES if likely else 0]
    for value in first:
        wanted = (need or 0) - len(ordered)
        ordered += [positions[place] for place in islice(_places(values, value), wanted)]
        if len(ordered) >= (need or 0):
            return ordered
    if len(few) == len(first):
        return ordered
    lists: defaultdict[Any, list[int]] = defaultdict(list)
    for position, value in zip(positions, values, strict=True):
        lists[value].append(position)
    return [*chain.from_iterable(lists[value] for value in few)]


def _places(values: Values, value: object) -> Iterator[int]:
    """Where a value stands among others; whoever wants a few of them looks no further."""
    place = -1
    with suppress(ValueError):
        while True:
            place = values.index(value, place + 1)
            yield place


def _ordered(
    budget: Budget, positions: Positions, key: Key, types: set[type], need: int | None
) -> Positions:
    values = key.values
    if not _are_ordered(values, types):
        return _merged(budget, positions, key)
    if types <= _STRINGS:
        # The same long text may be met for many rows, and compared each time.
        budget.work(sum(map(len, filter(None, values))) >> 1)
        values = _all_in_units(values)
    if need is not None and need * _SELECTIVE < len(positions):
        positions = _candidates(positions, values, need, descending=key.descending)
    return sorted(positions, key=values.__getitem__, reverse=key.descending)


def _are_ordered(values: Values, types: set[type]) -> bool:
    """Whether Python can sort values of these types, and as the language does.

    Not-a-number is neither less nor more than anything, which no quick sort survives.
    """
    if types <= {int} or types <= _STRINGS or types <= {bool}:
        return True
    return types <= _NUMBERS and not any(map(ne, values, values))


def _all_in_units(values: Values) -> Values:
    text = "".join(filter(None, values))
    if text.isascii() or _ASTRAL.search(text) is None:
        return values
    return [None if value is None else in_units(value) for value in values]


def _candidates(positions: Positions, values: Values, need: int, *, descending: bool) -> Positions:
    """A few positions among which the first `need` ones are, by the bound that a sample gives."""
    step = len(positions) // _SAMPLE + 1
    sample = sorted((values[position] for position in positions[::step]), reverse=descending)
    bound = sample[min(2 * need // step + _MARGIN, len(sample) - 1)]
    if descending:
        found = [position for position in positions if values[position] >= bound]
    else:
        found = [position for position in positions if values[position] <= bound]
    return found if len(found) >= need else positions


def _merged(budget: Budget, positions: Positions, key: Key) -> list[int]:
    """Values of several types keep their order: the outcome is that of a plain merge sort."""
    runs = [[position] for position in positions]
    while len(runs) > 1:
        budget.work(_SLOW * len(positions))
        odd = runs[-1:] if len(runs) % 2 else []
        runs = [
            _merge(first, second, key) for first, second in zip(runs[::2], runs[1::2], strict=False)
        ] + odd
    return runs[0] if runs else []


def _merge(first: list[int], second: list[int], key: Key) -> list[int]:
    merged: list[int] = []
    values, left, right = key.values, 0, 0
    while left < len(first) and right < len(second):
        one, other = values[first[left]], values[second[right]]
        if _is_less(one, other) if key.descending else _is_less(other, one):
            merged.append(second[right])
            right += 1
        else:
            merged.append(first[left])
            left += 1
    return merged + first[left:] + second[right:]


def _is_less(left: Any, right: Any) -> bool:
    if isinstance(left, bool) and isinstance(right, bool):
        return left < right
    strings = isinstance(left, str) and isinstance(right, str)
    return (strings or (_is_number(left) and _is_number(right))) and less(left, right)


def extreme(values: Values, *, greatest: bool) -> Any:
    """The least or greatest value, the first of equal ones; None of nothing."""
    best = None
    for value in values:
        if value is best:
            continue
        if best is None or (_is_less(best, value) if greatest else _is_less(value, best)):
            best = value
    return best
