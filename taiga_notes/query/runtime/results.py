"""What a compiled query does with what it found: groups, distinct values, windows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import islice
from types import NoneType
from typing import TYPE_CHECKING, Any

from taiga_notes.query.runtime.budget import Budget, Mistake
from taiga_notes.query.runtime.values import (
    GroupKey,
    Hits,
    Plain,
    frozen,
    items_of,
    same,
    type_name,
    whole_number,
)

if TYPE_CHECKING:
    from taiga_notes.model.rows import Rows

_COMPARABLE = ({str, int, float, NoneType}, {bool, NoneType})
"""Types of which Python's own equality is the language's; True and 1 are equal in Python."""

_PLAIN = {str, int, bool, NoneType}
"""Types that are plain data as they are."""


def counted(value: object, clause: str) -> int:
    """What `limit` or `offset` says.

    Raises:
        Mistake: it is no whole number from 0 on.
    """
    number = whole_number(value)
    if number is None or number < 0:
        shown = repr(value) if isinstance(value, (int, float)) else type_name(value)
        raise Mistake(f"{clause} wants a whole number from 0 on, not {shown}")
    return number


def window(values: Iterable[Any], start: int, stop: int | None) -> Sequence[Any]:
    """The values from the `start`th to before the `stop`th; a generator is not asked for more."""
    if isinstance(values, Sequence):
        return values[start:stop]
    return list(islice(values, start, stop))


def charged(budget: Budget, hits: Sequence[int], width: int) -> Sequence[int]:
    """The same hits, once the cells that each of them will make are charged."""
    budget.make(len(hits) * width)
    return hits


def grouped(
    budget: Budget,
    hits: Sequence[int],
    keys: tuple[Sequence[Any], ...],
    names: tuple[str | None, ...],
) -> list[tuple[Any, list[int]]]:
    """The groups in the order in which they are met: a key, and its rows' positions in `hits`.

    Args:
        budget: what is charged for large keys.
        hits: the places of the rows.
        keys: for each key a value per row; without any, all rows are one group, even if none.
        names: the keys' names; None for a key without one.
    """
    if not keys:
        return [(None, [*range(len(hits))])]
    comparable = [_comparable(budget, values) for values in keys]
    groups: defaultdict[Any, list[int]] = defaultdict(list)
    for number, key in enumerate(
        comparable[0] if len(keys) == 1 else zip(*comparable, strict=True)
    ):
        groups[key].append(number)
    return [(_group_key(keys, names, members[0]), members) for members in groups.values()]


def _comparable(budget: Budget, values: Sequence[Any]) -> Sequence[Any]:
    types = set(map(type, values))
    if any(types <= together for together in _COMPARABLE):
        return values
    return [frozen(budget, value) for value in values]


def _group_key(
    keys: tuple[Sequence[Any], ...], names: tuple[str | None, ...], first: int
) -> object:
    parts = [values[first] for values in keys]
    if len(parts) == 1:
        return parts[0]
    return GroupKey(parts, {name: part for name, part in zip(names, parts, strict=True) if name})


def group_hits(rows: Rows, hits: Sequence[int], members: list[int]) -> Hits:
    """The rows of a group."""
    return Hits(rows, [hits[member] for member in members])


def group_row(
    rows: Rows, hits: Sequence[int], key: object, members: list[int]
) -> dict[str, object]:
    """A group as a row: a nil key is no field, as in any table."""
    row: dict[str, object] = {} if key is None else {"key": key}
    row["group"] = group_hits(rows, hits, members)
    return row


def unique(
    budget: Budget, values: Iterable[Any], start: int = 0, stop: int | None = None
) -> list[Any]:
    """The values without repeats, from the `start`th to before the `stop`th."""
    if stop is not None and stop <= start:
        return []
    if isinstance(values, Sequence):
        types = set(map(type, values))
        if any(types <= together for together in _COMPARABLE):
            return (Plain if types <= _PLAIN else list)([*dict.fromkeys(values)][start:stop])
    return _distinct(budget, values, stop)[start:]


def unique_parts(
    budget: Budget, values: Iterable[tuple[Any, ...]], start: int, stop: int | None
) -> list[Any]:
    """As `unique`, for the parts of records."""
    if stop is not None and stop <= start:
        return []
    if isinstance(values, Sequence):
        columns = [set(map(type, column)) for column in zip(*values, strict=True)]
        if all(any(types <= together for together in _COMPARABLE) for types in columns):
            plain = all(types <= _PLAIN for types in columns)
            return (Plain if plain else list)([*dict.fromkeys(values)][start:stop])
    return _distinct(budget, values, stop)[start:]


def records(parts: list[Any], made: list[Any]) -> list[Any]:
    """The records that were made of these parts; they need no conversion if those do not."""
    return Plain(made) if isinstance(parts, Plain) else made


def _distinct(budget: Budget, values: Iterable[Any], stop: int | None) -> list[Any]:
    seen = set()
    distinct: list[Any] = []
    for value in values:
        key = frozen(budget, value)
        if key not in seen:
            seen.add(key)
            distinct.append(value)
            if len(distinct) == stop:
                break
    return distinct


class Members:
    """A list in which every row looks something up; made once, so that looking up is quick.

    Args:
        items: the list; nil holds nothing.

    Raises:
        Mistake: it is no list.
    """

    __slots__ = ("_tables", "_values")

    def __init__(self, items: Any) -> None:
        self._values: set[object] = set()
        self._tables: list[object] = []
        for item in items_of(items):
            if isinstance(item, (str, int, float, NoneType)):
                self._values.add(_key(item))
            else:
                self._tables.append(item)

    def __contains__(self, value: object) -> bool:
        if isinstance(value, (str, int, float, NoneType)):
            return _key(value) in self._values
        return any(value is table for table in self._tables)


def _key(value: object) -> object:
    return (bool, value) if isinstance(value, bool) else value


class _Comparand:
    """Something to compare with by the language's own `==`."""

    __slots__ = ("_value",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: object) -> None:
        self._value = value

    def __eq__(self, other: object) -> bool:
        return same(self._value, other)


def comparand(value: object) -> object:
    """Something of which Python's `value == it` is the language's `==`.

    Of a string that is so anyway; everything else answers for itself, since no value that a
    row can hold knows how to compare itself with a `_Comparand`.
    """
    return value if isinstance(value, str) else _Comparand(value)
