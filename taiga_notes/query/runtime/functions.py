"""What a query can call, by name: functions, and aggregates, which skip nils."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from types import NoneType
from typing import TYPE_CHECKING, Any

from taiga_notes.model.calendar import SPRINTS
from taiga_notes.query.runtime import dates, formats, numbers, sprints, strings
from taiga_notes.query.runtime.budget import Mistake
from taiga_notes.query.runtime.numbers import Number, exact, in_base, parsed
from taiga_notes.query.runtime.ordering import extreme
from taiga_notes.query.runtime.values import (
    Hits,
    Linked,
    Mixed,
    Rendered,
    Template,
    index,
    member,
    type_name,
    whole_number,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from taiga_notes.query.runtime.evaluation import Evaluation


class ValueType(Enum):
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
        value_type: what its value is.
    """

    call: Callable[..., Any]
    form: str
    least: int
    most: int
    value_type: ValueType = ValueType.ANY


def _tonumber(run: Evaluation, value: Any, base: Any = None) -> Number | None:
    if base is not None:
        run.budget.read(len(value) if isinstance(value, str) else 0)
        return in_base(value, whole_number(base) or 0) if isinstance(value, str) else None
    if isinstance(value, str):
        return parsed(value)
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _today(run: Evaluation, days: Any = 0) -> str:
    count = 0 if days is None else whole_number(days)
    if count is None:
        raise Mistake(f"today wants a whole number of days, not {type_name(days)}")
    try:
        return (run.clock.today() + timedelta(days=count)).isoformat()
    except OverflowError:
        raise Mistake(f"there is no date {count} days from today") from None


def _now(run: Evaluation) -> str:
    return run.now()


def _some(run: Evaluation, value: Any) -> Any:
    """The value, or nil where there is nothing in it: SilverBullet's `some(list) or 'nothing'`."""
    match value:
        case str():
            run.budget.read(len(value))
            empty = not value.strip()
        case float():
            empty = not math.isfinite(value)
        case Mixed():
            empty = False
        case list() | dict() | Hits():
            empty = not len(value)
        case _:
            empty = False
    return None if empty else value


def _link(run: Evaluation, text: Any, url: Any) -> Linked | None:
    if run.scope.link is None:
        raise Mistake("there are no links here")
    if text is None and url is None:
        return None
    if url is not None and not isinstance(url, str):
        raise Mistake(f"link wants an address, not {type_name(url)}", "write link(subject, url)")
    shown = strings.tostring(run, "" if text is None else text)
    return Linked(run.scope.link(shown, url or ""))


def _notes_about(run: Evaluation, row: Any) -> list[Linked]:
    """`notes_about(_)`: links to the pages of the vault that name an item."""
    if row is None:
        return []
    if not isinstance(row, dict):
        raise Mistake(f"notes_about wants an item, not {type_name(row)}", "write notes_about(_)")
    links = run.scope.notes().get(f"{row.get('kind')}/{row.get('id')}", ())
    run.budget.make(len(links))
    return [*map(Linked, links)]


def _links(run: Evaluation) -> list[dict[str, object]]:
    """`links()`: each page that names an item, as a row with `kind`, `id` and `note`, a link."""
    found = [(key.split("/"), each) for key, links in run.scope.notes().items() for each in links]
    run.budget.make(3 * len(found))
    return [{"kind": kind, "id": int(id_), "note": Linked(note)} for (kind, id_), note in found]


def _type(_run: Evaluation, value: Any) -> str:
    # A template is what SilverBullet has functions for.
    return "function" if isinstance(value, Template) else type_name(value).removeprefix("a ")


def _page(run: Evaluation) -> dict[str, Any]:
    return run.page()


def _page_name(run: Evaluation) -> Any:
    return run.page().get("name")


def _page_path(run: Evaluation) -> Any:
    return run.page().get("path")


def _includes(run: Evaluation, table: Any, value: Any) -> bool:
    run.budget.work(len(table) if isinstance(table, (list, Hits)) else 1)
    return member(value, table)


def _table_concat(
    run: Evaluation, table: Any, between: Any = "", first: Any = 1, last: Any = None
) -> str:
    items = _list(table, "table.concat")
    run.budget.work(len(items))
    between = "" if between is None else between
    start = whole_number(1 if first is None else first)
    end = whole_number(len(items) if last is None else last)
    if start is None or end is None or not isinstance(between, str):
        raise Mistake("table.concat takes a table, a text and two places")
    chosen = items[max(start, 1) - 1 : max(end, 0)]
    return strings.join(run, [strings.concat_part(item) for item in chosen], between)


def _table_select(run: Evaluation, table: Any, *keys: Any) -> dict[str, object]:
    names = _list(keys[0], "table.select") if isinstance(keys[0], list) else keys
    run.budget.make(len(names))
    if not all(isinstance(name, str) for name in names):
        raise Mistake("table.select wants the names of fields, as strings")
    return {name: index(table, name) for name in names}


def _table_keys(run: Evaluation, table: Any) -> list[object]:
    if isinstance(table, dict):
        keys: list[object] = [*table]
    else:
        items = _list(table, "table.keys")
        keys = [*range(1, len(items) + 1), *(table.fields if isinstance(table, Mixed) else ())]
    run.budget.make(len(keys))
    return keys


def _list(table: Any, function: str) -> Any:
    if not isinstance(table, (list, Hits)):
        raise Mistake(f"{function} wants a list, not {type_name(table)}")
    return table if isinstance(table, list) else list(table)


def _each(run: Evaluation, rows: Any, template: Any) -> Rendered | None:
    """`template.each`: nil where there are no rows, so that `or 'nothing'` can follow it."""
    if not isinstance(template, Template):
        raise Mistake(
            f"template.each wants a template, not {type_name(template)}",
            "write template.each(rows, templates.NAME)",
        )
    items = [rows] if isinstance(rows, dict) else _list(rows, "template.each")
    return _rendered(run, template, items) if items else None


def applied(run: Evaluation, template: Template, given: Any) -> Rendered:
    """`templates.NAME(row)`: a row as the template renders it, or the rows of a group or query."""
    are_rows = isinstance(given, list) and given and all(isinstance(row, dict) for row in given)
    return _rendered(run, template, given if are_rows or isinstance(given, Hits) else [given])


def _rendered(run: Evaluation, template: Template, rows: Any) -> Rendered:
    return run.render(template.name, rows)


_MANY = 100
STRINGS = {
    "lower": Function(strings.lower, "s:lower()", 1, 1),
    "upper": Function(strings.upper, "s:upper()", 1, 1),
    "trim": Function(strings.trim, "s:trim()", 1, 1),
    "trimStart": Function(strings.trim_start, "s:trimStart()", 1, 1),
    "trimEnd": Function(strings.trim_end, "s:trimEnd()", 1, 1),
    "byte": Function(strings.byte, "s:byte(place)", 1, 3),
    "char": Function(strings.char, "string.char(code, …)", 1, _MANY, ValueType.STRING),
    "format": Function(
        formats.format_, "string.format('%s …', value, …)", 1, _MANY, ValueType.STRING
    ),
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
        "includes": Function(_includes, "table.includes(list, value)", 2, 2, ValueType.BOOLEAN),
        "concat": Function(
            _table_concat, "table.concat(list, between, first, last)", 1, 4, ValueType.STRING
        ),
        "select": Function(_table_select, "table.select(table, 'name', …)", 2, _MANY),
        "keys": Function(_table_keys, "table.keys(table)", 1, 1),
    },
    "math": {
        "floor": Function(
            numbers.rounding("math.floor", math.floor), "math.floor(x)", 1, 1, ValueType.NUMBER
        ),
        "ceil": Function(
            numbers.rounding("math.ceil", math.ceil), "math.ceil(x)", 1, 1, ValueType.NUMBER
        ),
        "abs": Function(numbers.absolute, "math.abs(x)", 1, 1, ValueType.NUMBER),
        "min": Function(numbers.least, "math.min(x, y, …)", 1, _MANY, ValueType.NUMBER),
        "max": Function(numbers.greatest, "math.max(x, y, …)", 1, _MANY, ValueType.NUMBER),
        "fmod": Function(numbers.remainder, "math.fmod(x, y)", 2, 2, ValueType.NUMBER),
        "modf": Function(numbers.whole_part, "math.modf(x)", 1, 1, ValueType.NUMBER),
        "log": Function(numbers.logarithm, "math.log(x, base)", 1, 2, ValueType.NUMBER),
        "pow": Function(numbers.raised, "math.pow(x, y)", 2, 2, ValueType.NUMBER),
        "atan": Function(numbers.arc, "math.atan(y, x)", 1, 2, ValueType.NUMBER),
        "deg": Function(numbers.degrees, "math.deg(x)", 1, 1, ValueType.NUMBER),
        "rad": Function(numbers.radians, "math.rad(x)", 1, 1, ValueType.NUMBER),
        "tointeger": Function(numbers.to_integer, "math.tointeger(x)", 1, 1),
        "type": Function(numbers.kind, "math.type(x)", 1, 1),
        "ult": Function(numbers.below, "math.ult(x, y)", 2, 2, ValueType.BOOLEAN),
        **{
            name: Function(numbers.real(name), f"math.{name}(x)", 1, 1, ValueType.NUMBER)
            for name in (
                *("sqrt", "exp", "sin", "cos", "tan"),
                *("asin", "acos", "sinh", "cosh", "tanh"),
            )
        },
    },
    "os": {
        "date": Function(dates.os_date, "os.date('%d %b', time)", 0, 2),
        "difftime": Function(
            dates.os_difftime, "os.difftime(later, earlier)", 1, 2, ValueType.NUMBER
        ),
        "time": Function(
            dates.os_time, "os.time({year = y, month = m, day = d})", 0, 1, ValueType.NUMBER
        ),
    },
    "editor": {
        "getCurrentPage": Function(_page_name, "editor.getCurrentPage()", 0, 0),
        "getCurrentPath": Function(_page_path, "editor.getCurrentPath()", 0, 0),
        "getCurrentPageMeta": Function(_page, "editor.getCurrentPageMeta()", 0, 0),
    },
    "template": {
        "each": Function(_each, "template.each(rows, templates.NAME)", 2, 2),
    },
}
"""The functions below a name: `string.lower`."""

FUNCTIONS = {
    "tostring": Function(strings.tostring, "tostring(value)", 1, 1, ValueType.STRING),
    "tonumber": Function(_tonumber, "tonumber(text, base)", 1, 2),
    "today": Function(_today, "today(days)", 0, 1, ValueType.STRING),
    "now": Function(_now, "now()", 0, 0, ValueType.STRING),
    "this_week": Function(sprints.this_week, "this_week(weeks)", 0, 1),
    **{name: Function(sprints.around_today(name), f"{name}()", 0, 0) for name in SPRINTS},
    "sprint": Function(sprints.sprint, "sprint('name')", 1, 1),
    "date": Function(dates.date_, "date(x, '%d %b')", 1, 2),
    "days": Function(dates.days, "days(from, to)", 2, 2),
    "link": Function(_link, "link(text, url)", 2, 2, ValueType.STRING),
    "links": Function(_links, "links()", 0, 0),
    "notes_about": Function(_notes_about, "notes_about(_)", 1, 1),
    "round": Function(numbers.rounded, "round(x, places)", 1, 2),
    "some": Function(_some, "some(list)", 1, 1),
    "type": Function(_type, "type(value)", 1, 1, ValueType.STRING),
}
"""The functions that stand alone."""


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
    run.budget.make(len(values))
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
