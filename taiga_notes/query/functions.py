"""The functions that a query can call, by the names under which it calls them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

from taiga_notes.query import strings
from taiga_notes.query.limits import Mistake
from taiga_notes.query.numbers import Number, in_base, negate, parsed
from taiga_notes.query.ordering import extreme
from taiga_notes.query.values import (
    Hits,
    Mixed,
    Rendered,
    Template,
    index,
    member,
    plain,
    type_name,
    whole_number,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from taiga_notes.query.run import Run


class Gives(Enum):
    """What is known of an expression's value before it is computed."""

    ANY = "any value"
    STRING = "a string"
    NUMBER = "a number"
    BOOLEAN = "true or false"


@dataclass(frozen=True, slots=True)
class Function:
    """A function.

    Attributes:
        call: what to call, with the evaluation in front of the arguments.
        form: how it is written, for messages.
        least: how many arguments it wants.
        most: how many it takes.
        gives: what its value is.
    """

    call: Callable[..., Any]
    form: str
    least: int
    most: int
    gives: Gives = Gives.ANY


def _tonumber(_run: Run, value: Any, base: Any = None) -> Number | None:
    if base is not None:
        return in_base(value, whole_number(base) or 0) if isinstance(value, str) else None
    if isinstance(value, str):
        return parsed(value)
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _today(run: Run, days: Any = 0) -> str:
    count = 0 if days is None else whole_number(days)
    if count is None:
        raise Mistake(f"today wants a whole number of days, not {type_name(days)}")
    try:
        return (run.today() + timedelta(days=count)).isoformat()
    except OverflowError:
        raise Mistake(f"there is no date {count} days from today") from None


def _now(run: Run) -> str:
    return run.now()


def _includes(run: Run, table: Any, value: Any) -> bool:
    run.meter.work(len(table) if isinstance(table, (list, Hits)) else 1)
    return member(value, table)


def _table_concat(run: Run, table: Any, between: Any = "", first: Any = 1, last: Any = None) -> str:
    items = _list(table, "table.concat")
    start, end = whole_number(first), whole_number(len(items) if last is None else last)
    if start is None or end is None or not isinstance(between, str):
        raise Mistake("table.concat takes a table, a text and two places")
    chosen = items[max(start, 1) - 1 : max(end, 0)]
    return strings.join(run.meter, [strings.concat_part(item) for item in chosen], between)


def _table_select(run: Run, table: Any, *keys: Any) -> dict[str, object]:
    names = _list(keys[0], "table.select") if isinstance(keys[0], list) else keys
    run.meter.make(len(names))
    if not all(isinstance(name, str) for name in names):
        raise Mistake("table.select wants the names of fields, as strings")
    return {name: index(table, name) for name in names}


def _table_keys(run: Run, table: Any) -> list[object]:
    if isinstance(table, dict):
        keys: list[object] = [*table]
    else:
        items = _list(table, "table.keys")
        keys = [*range(1, len(items) + 1), *(table.fields if isinstance(table, Mixed) else ())]
    run.meter.make(len(keys))
    return keys


def _list(table: Any, function: str) -> Any:
    if not isinstance(table, (list, Hits)):
        raise Mistake(f"{function} wants a list, not {type_name(table)}")
    return table if isinstance(table, list) else list(table)


def _numbers(function: str, *values: Any) -> tuple[Number, ...]:
    for value in values:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise Mistake(f"{function} wants numbers, not {type_name(value)}")
    return values


def _rounded(function: str, round_: Callable[[float], int]) -> Callable[..., Number]:
    def call(_run: Run, value: Any) -> Number:
        (number,) = _numbers(function, value)
        return round_(number) if math.isfinite(number) else number

    return call


def _abs(_run: Run, value: Any) -> Number:
    (number,) = _numbers("math.abs", value)
    return negate(number) if number < 0 else number


def _min(_run: Run, *values: Any) -> Any:
    return extreme(_numbers("math.min", *values), greatest=False)


def _max(_run: Run, *values: Any) -> Any:
    return extreme(_numbers("math.max", *values), greatest=True)


def _each(run: Run, rows: Any, template: Any) -> Rendered:
    if not isinstance(template, Template):
        raise Mistake(
            f"template.each wants a template, not {type_name(template)}",
            "write template.each(rows, templates.NAME)",
        )
    items = [rows] if isinstance(rows, dict) else _list(rows, "template.each")
    return rendered(run, template, items)


def rendered(run: Run, template: Template, rows: Any) -> Rendered:
    """The rows as a template renders them: what `templates.NAME(row)` gives for one."""
    return run.render(template.name, plain(run.meter, rows))


_MANY = 100
STRINGS = {
    "lower": Function(strings.lower, "s:lower()", 1, 1),
    "upper": Function(strings.upper, "s:upper()", 1, 1),
    "trim": Function(strings.trim, "s:trim()", 1, 1),
    "reverse": Function(strings.reverse, "s:reverse()", 1, 1),
    "len": Function(strings.len_, "s:len()", 1, 1),
    "sub": Function(strings.sub, "s:sub(first, last)", 2, 3),
    "rep": Function(strings.rep, "s:rep(count, between)", 2, 3),
    "split": Function(strings.split, "s:split(between)", 2, 2),
    "find": Function(strings.find, "s:find(pattern, start, plain)", 2, 4),
    "match": Function(strings.match, "s:match(pattern, start)", 2, 3),
    "gsub": Function(strings.gsub, "s:gsub(pattern, by, count)", 3, 4),
    "startsWith": Function(strings.starts_with, "s:startsWith(text)", 2, 2),
    "endsWith": Function(strings.ends_with, "s:endsWith(text)", 2, 2),
    "contains": Function(strings.contains, "s:contains(text)", 2, 2),
}
"""The functions of strings, which are their methods as well."""

NAMESPACES = {
    "string": STRINGS,
    "table": {
        "includes": Function(_includes, "table.includes(list, value)", 2, 2, Gives.BOOLEAN),
        "concat": Function(
            _table_concat, "table.concat(list, between, first, last)", 1, 4, Gives.STRING
        ),
        "select": Function(_table_select, "table.select(table, 'name', …)", 2, _MANY),
        "keys": Function(_table_keys, "table.keys(table)", 1, 1),
    },
    "math": {
        "floor": Function(_rounded("math.floor", math.floor), "math.floor(x)", 1, 1, Gives.NUMBER),
        "ceil": Function(_rounded("math.ceil", math.ceil), "math.ceil(x)", 1, 1, Gives.NUMBER),
        "abs": Function(_abs, "math.abs(x)", 1, 1, Gives.NUMBER),
        "min": Function(_min, "math.min(x, y, …)", 1, _MANY, Gives.NUMBER),
        "max": Function(_max, "math.max(x, y, …)", 1, _MANY, Gives.NUMBER),
    },
    "template": {
        "each": Function(_each, "template.each(rows, templates.NAME)", 2, 2, Gives.STRING),
    },
}
"""The functions below a name: `string.lower`."""

FUNCTIONS = {
    "tostring": Function(strings.tostring, "tostring(value)", 1, 1, Gives.STRING),
    "tonumber": Function(_tonumber, "tonumber(text, base)", 1, 2),
    "today": Function(_today, "today(days)", 0, 1, Gives.STRING),
    "now": Function(_now, "now()", 0, 0, Gives.STRING),
}
"""The functions that stand alone."""
