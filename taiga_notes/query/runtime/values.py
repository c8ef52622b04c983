"""The values that a query computes with.

`nil` is None, booleans, numbers and strings are Python's, a list is a Python list, a record a
dict. A table that is both is a `Mixed`; rows that were found but not yet read are `Hits`.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any, TypeGuard

from taiga_notes.errors import did_you_mean
from taiga_notes.model.kinds import KINDS, names_below
from taiga_notes.model.rows import Table, picked
from taiga_notes.query.runtime.budget import MAX_NESTED_DATA, Budget, Mistake

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from taiga_notes.model.rows import Path, Rows


class Rendered(str):
    """Finished Markdown, as a template gave it: it is not made inert again."""

    __slots__ = ()


class Linked(Rendered):
    """A link: finished Markdown within a row, and no row's whole text as a template gives it."""

    __slots__ = ()


class Authored(str):
    """A string of the query's own text: beside what is `Rendered`, its author's Markdown."""

    __slots__ = ()


class Float(float):
    """A number that is a float even where it is whole: it prints `1.0`."""

    __slots__ = ()


class Mixed(list[Any]):
    """A table with a list's part and named fields: `{1, 2, name = 3}`."""

    __slots__ = ("fields",)

    def __init__(self, items: Iterable[object], fields: dict[str, object]) -> None:
        super().__init__(items)
        self.fields = fields


class GroupKey(Mixed):
    """The key of a group by several values: their list, in which named ones have a name as well."""

    __slots__ = ()


class Plain(list[Any]):
    """A list of which it is known that nothing in it needs `plain`."""

    __slots__ = ()


class Literals(Table):
    """Rows that are no source's: the items of a list, which may hold anything."""


class Hits:
    """Some rows of a source, in some order. A row is read when it is asked for.

    Args:
        rows: the source's rows.
        positions: their positions in the source; None for all.
    """

    __slots__ = ("kind", "positions", "rows", "whole")

    def __init__(self, rows: Rows, positions: Sequence[int] | None = None) -> None:
        self.rows = rows
        self.whole = positions is None
        self.positions = range(len(rows)) if positions is None else positions
        self.kind = rows.kind

    def __len__(self) -> int:
        return len(self.positions)

    def __getitem__(self, index: int, /) -> Any:
        return self.rows[self.positions[index]]

    def __iter__(self) -> Iterator[Any]:
        rows = self.rows.items if isinstance(self.rows, Table) else self.rows
        return map(rows.__getitem__, self.positions)

    def column(self, path: Path, /) -> Sequence[object]:
        """See `Rows.column`."""
        return picked(self.rows.column(path), self.positions)

    def carries(self, path: Path, /) -> bool:
        """See `Rows.carries`; the whole source answers."""
        return self.rows.carries(path)

    def names(self, path: Path, /) -> Iterable[str]:
        """See `Rows.names`; the whole source answers."""
        return self.rows.names(path)


class Template:
    """What `templates.NAME` is: something that rows can be given to."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


def type_name(value: object) -> str:
    """What Lua calls the value's type, for messages."""
    match value:
        case None:
            return "nil"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case Template():
            return "a template"
    return "a table"


def rows_of(value: object) -> Rows:
    """The value as rows to look through: a list's items, or the one thing itself.

    Raises:
        Mistake: it is nil.
    """
    if value is None:
        raise Mistake("there is nothing to list: it is nil")
    if isinstance(value, list):
        return Literals(value)
    if isinstance(value, Hits):
        # All rows of a source in its own order are that source, whose columns come ready.
        return value.rows if value.whole else value
    return Literals([value])


_CHUNK = 256


def column_at(rows: Rows, path: Path, positions: Sequence[int]) -> Sequence[object]:
    """The values at `path` of the rows at those positions."""
    if isinstance(positions, range) and len(positions) == len(rows):
        return rows.column(path)
    if isinstance(rows, Table):
        return rows.column_at(path, positions)
    return picked(rows.column(path), positions)


def lazily(rows: Rows, path: Path, positions: Sequence[int]) -> Iterator[object]:
    """The same, a few at a time, for who may need only the first ones."""

    def some(start: int) -> Sequence[object]:
        return column_at(rows, path, positions[start : start + _CHUNK])

    return chain.from_iterable(map(some, range(0, len(positions), _CHUNK)))


def are_literal(rows: Rows) -> bool:
    """Whether the rows are no source's, so that equal ones among them are the same."""
    while isinstance(rows, Hits):
        rows = rows.rows
    return isinstance(rows, Literals)


_PICKED = "write query[[from x = … limit 1 select x.{}]]"


def index(whole: Any, key: Any) -> Any:
    """`whole[key]`, where nil has nothing below it and lists count from 1.

    Raises:
        Mistake: `whole` has no parts, or is a row and the part is in no list.
    """
    if whole is None or key is None:
        return None
    if not isinstance(whole, (dict, list, Hits)):
        hint = "call a string's functions with a colon: subject:lower()"
        if not isinstance(key, str):
            hint = "the first character is subject:sub(1, 1)"
        raise Mistake(
            f"{type_name(whole)} has no field {_shown(key)}", hint if isinstance(whole, str) else ""
        )
    position = whole_number(key)
    if isinstance(whole, dict):
        kind = whole.get("kind")
        if isinstance(kind, str) and kind in KINDS and key in KINDS[kind].joins:
            # Where a list has such a name, it is empty; and of one row alone nothing is asked.
            raise Mistake(f"a row that was picked does not have its {key}", _PICKED.format(key))
        if isinstance(key, str) and key not in whole and _is_row(kind, whole):
            _demand(kind, key)
        # JSON's keys are strings: the points of role 81 are found by 81 as well.
        return whole.get(key if isinstance(key, str) else str(position))
    if position is not None and 1 <= position <= len(whole):
        return whole[position - 1]
    return whole.fields.get(key) if isinstance(whole, Mixed) and isinstance(key, str) else None


def _is_row(kind: object, whole: Mapping[Any, object]) -> TypeGuard[str]:
    return isinstance(kind, str) and kind in KINDS and "url" in whole


def _demand(kind: str, name: str) -> None:
    """Refuses a name that no row of the kind has.

    Raises:
        Mistake: it is such.
    """
    names = names_below(kind)[()]
    if name not in names:
        raise Mistake(f"{kind} have no field {name!r}", did_you_mean(name, names))


def whole_number(value: object) -> int | None:
    """The number as an int if it is a whole one, else None."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) else None


def _shown(key: object) -> str:
    return repr(key) if isinstance(key, (str, int, float)) else type_name(key)


def length(value: object) -> int:
    """`#value`: a string's UTF-16 units, or a list's items.

    Raises:
        Mistake: it has no length.
    """
    if isinstance(value, str):
        return units(value)
    if isinstance(value, (list, Hits)):
        return len(value)
    if isinstance(value, dict):
        return 0
    hint = "write #(… or {}) where it may be nil" if value is None else ""
    raise Mistake(f"{type_name(value)} has no length", hint)


def units(text: str) -> int:
    """A string's length as the language counts it: in UTF-16 units."""
    if text.isascii():
        return len(text)
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def same(left: Any, right: Any) -> bool:
    """`==`: nothing is coerced, numbers are equal by value, tables by identity."""
    if left.__class__ is right.__class__:
        kind = left.__class__
        return bool(left == right) if kind in _BY_VALUE else left is right
    if isinstance(left, str):
        return isinstance(right, str) and left == right
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return isinstance(left, bool) == isinstance(right, bool) and left == right
    return False


_BY_VALUE = {str, int, float, Float, Rendered, Linked, bool}


def member(item: object, items: Any) -> bool:
    """`item in items`, by `==`; nothing is in nil.

    Raises:
        Mistake: it is no list.
    """
    if isinstance(item, str) and items.__class__ is list:
        return item in items
    return any(same(item, each) for each in items_of(items))


def items_of(items: Any) -> Iterable[object]:
    """What `in` looks through: a list's items or a record's values.

    Raises:
        Mistake: it is neither, nor nil.
    """
    if isinstance(items, dict):
        return items.values()
    if items is None or isinstance(items, (list, Hits)):
        return items or ()
    hint = "look for text with :contains('…')" if isinstance(items, str) else ""
    raise Mistake(f"a list is wanted here, not {type_name(items)}", hint)


def built(items: list[object], fields: Iterable[tuple[object, object]]) -> Any:
    """A table from a list's part and from keys that may be computed.

    Raises:
        Mistake: a key is neither a string nor the next place of the list.
    """
    named: dict[str, object] = {}
    for key, value in fields:
        if isinstance(key, str):
            named[key] = value
        elif whole_number(key) == len(items) + 1:
            items.append(value)
        else:
            raise Mistake(
                f"a table's key is a string or the list's next place, not {type_name(key)}"
            )
    return Mixed(items, named) if items and named else named or items


def holds(value: object) -> bool:
    """Whether Lua takes the value for true: all but nil and false."""
    return value is not None and value is not False


def kept(value: object) -> bool:
    """What `where` keeps: anything but nil, false, 0 and the empty string."""
    return bool(value) or isinstance(value, (list, dict, Hits))


_PLAIN_KEYS = {str, int, float, type(None)}


def frozen(budget: Budget, value: Any, depth: int = 0) -> object:
    """A key that equal values share: what `group by` and the removal of repeats compare.

    Raises:
        Mistake: the value is too large, or holds itself.
    """
    if value.__class__ in _PLAIN_KEYS:
        return value
    if isinstance(value, bool):
        return (bool, value)
    if isinstance(value, Hits) and not are_literal(value):
        return (Hits, id(value.rows), *value.positions)
    if not isinstance(value, (list, tuple, dict, Hits)):
        return value
    check_depth(depth)
    budget.walk(len(value))
    if isinstance(value, dict):
        return (dict, *((key, frozen(budget, part, depth + 1)) for key, part in value.items()))
    parts = (list, *(frozen(budget, part, depth + 1) for part in value))
    if isinstance(value, Mixed):
        # Named fields tell rows apart as well: `{status_name, d = ref}`.
        return (*parts, frozen(budget, value.fields, depth + 1))
    return parts


def plain(budget: Budget, value: Any, depth: int = 0) -> Any:
    """The value as plain JSON data, rows of a source as they came.

    Raises:
        Mistake: the value is too large, holds itself, or is no data.
    """
    match value:
        case float():
            whole = value.__class__ is not Float and value.is_integer()
            return int(value) if whole else float(value)
        case Plain():
            return list(value)
        case Hits() if not are_literal(value):
            return list(value)
        case Mixed() if not isinstance(value, GroupKey):
            # Plain data can't hold both: positions become names, as SilverBullet's columns do.
            positions = {str(position): part for position, part in enumerate(value, 1)}
            return plain(budget, positions | value.fields, depth)
        case list() | Hits():
            check_depth(depth)
            budget.walk(len(value))
            return [plain(budget, each, depth + 1) for each in value]
        case dict():
            check_depth(depth)
            budget.walk(len(value))
            return {key: plain(budget, each, depth + 1) for key, each in value.items()}
        case Template():
            hint = f"write template.each(rows, templates.{value.name}), or call it with a row"
            raise Mistake("a template is no value", hint)
    return value


def check_depth(depth: int) -> None:
    """Refuses tables that are nested too deeply to be walked; some hold themselves.

    Raises:
        Mistake: they are.
    """
    if depth >= MAX_NESTED_DATA:
        raise Mistake("tables are nested too deeply", f"at most {MAX_NESTED_DATA} levels")
