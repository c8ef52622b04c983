"""The filters and tests that templates have: Jinja's useful ones, bounded, and Markdown's own.

A filter that works on text gives plain text, which is made inert where it is printed, whatever it
was before. Finished Markdown comes only from those that make it (`link`, `item`, `table`, `code`,
`escape`), from those that change nothing but blanks (`trim`, `indent`), and from `raw`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import UTC
from functools import wraps
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from jinja2 import Environment, Undefined
from jinja2.filters import FILTERS, make_attrgetter, make_multi_attrgetter
from jinja2.tests import TESTS

from taiga_notes.markdown import places, tables
from taiga_notes.markdown.prose import MOST, prose
from taiga_notes.markdown.text import BEGIN, END, Markdown
from taiga_notes.query.runtime.dates import formatted_date
from taiga_notes.render import figures
from taiga_notes.render.misuse import wrong_call
from taiga_notes.render.operators import KEPT, LARGEST_BITS, Operators

if TYPE_CHECKING:
    from datetime import tzinfo

    from taiga_notes.render.template_budget import TemplateBudget

_WIDEST: Final = 1_000  # columns of an indentation
_MOST: Final = 10_000  # parts into which a list may be cut
_LONG: Final = 1_000  # characters; a shorter text is no reason to look at the clock
_COSTS: Final = 20  # steps for each item of a list that a filter goes through
_PARTS: Final = 50  # of an `attribute`, which is followed for each row
_PRECISE: Final = 400  # digits to which a number may be rounded: a float has fewer

_LISTS: Final = (  # noqa: SIM905 - a list of words
    "batch dictsort first items last list map reject rejectattr reverse select selectattr slice "
    "unique"
).split()
_MAKING: Final = frozenset({"batch", "map", "slice"})
"""Those of them that may hold a value twice; all others give items of their list, each once."""

_TESTS: Final = (  # noqa: SIM905 - the same
    "boolean divisibleby eq equalto even false float ge greaterthan gt in integer iterable le "
    "lessthan lower lt mapping ne number odd sequence string true upper == != > >= < <="
).split()


class Raw(Markdown):
    """What the template's author lets through, wherever it may stand."""

    __slots__ = ()


class Group(NamedTuple):
    """What `groupby` gives."""

    grouper: Any
    list: list[Any]


class Filters:
    """Them all, for one environment.

    Args:
        environment: knows how a field is looked up.
        operators: make Markdown of values, and format them.
        budget: is charged for what the filters do.
        dates: in which time zone moments are written.
    """

    def __init__(
        self,
        environment: Environment,
        operators: Operators,
        budget: TemplateBudget,
        dates: tzinfo = UTC,
    ) -> None:
        self._environment = environment
        self._operators = operators
        self._budget = budget
        self._dates = dates

    def table(self) -> dict[str, Callable[..., Any]]:
        """Name → filter."""
        filters = {
            **{name: self._over_list(FILTERS[name], holds=name in _MAKING) for name in _LISTS},
            **{name: FILTERS[name] for name in ("abs", "float")},
            **self._texts(),
            **self._markdowns(),
            "bar": _bar,
            "count": self._length,
            "d": _default,
            "dates": self._axis,
            "default": _default,
            "flow": self._flow,
            "groupby": self._groupby,
            "groupby_date": self._groupby_date,
            "groupby_each": self._groupby_each,
            "int": _int,
            "length": self._length,
            "max": self._extreme(max),
            "min": self._extreme(min),
            "round": _round,
            "slices": self._slices,
            "so_far": self._so_far,
            "sort": self._sort,
            "sum": self._sum,
        }
        return {name: self._watched(name, function) for name, function in filters.items()}

    def _watched(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The filter; a look at the clock follows what gives a long text."""

        @wraps(function)
        def watched(*given: Any, **named: Any) -> Any:
            try:
                value = function(*given, **named)
            except TypeError as error:
                for each in (*given, *named.values()):
                    _checked(each)  # a name that nothing has is what is wrong
                if wrong := wrong_call(name, function, given, named, is_filter=True):
                    raise TypeError(wrong) from error
                raise
            if isinstance(value, str) and len(value) > _LONG:
                self._budget.charge(len(value) >> 3)
                self._budget.look()
            return value

        return watched

    def tests(self) -> dict[str, Any]:
        """Name → test."""
        tests: dict[str, Any] = {name: TESTS[name] for name in _TESTS}
        tests["defined"] = lambda value: not _is_nothing(value)
        tests["none"] = lambda value: _checked(value) is None
        tests["undefined"] = _is_nothing
        return tests

    def _texts(self) -> dict[str, Callable[..., Any]]:
        """Those that give plain text."""
        return {
            "capitalize": self._over_text(str.capitalize),
            "date": self._over_text(self._date),
            "format": self._format,
            "join": self._join,
            "lower": self._over_text(str.lower),
            "name": tables.name_of,
            "page": self._over_text(places.page_name),
            "replace": self._over_text(self._replace),
            "string": text_of,
            "title": self._over_text(FILTERS["title"]),
            "tojson": self._json,
            "truncate": self._over_text(_truncate),
            "upper": self._over_text(str.upper),
            "urlencode": self._over_text(places.component),
            "wordcount": self._over_text(_words),
        }

    def _date(self, text: str, form: Any = "%F") -> str:
        return formatted_date(text, text_of(form), self._dates)

    def _markdowns(self) -> dict[str, Callable[..., Any]]:
        """Those that give Markdown, or what stands in code."""
        return {
            "cell": self._cell,
            "code": self._over_text(places.code),
            "e": self._escape,
            "escape": self._escape,
            "indent": self._indent,
            "item": _item,
            "link": _link,
            "markdown": self._over_text(_prose),
            "mermaid": self._over_text(places.mermaid),
            "raw": _raw,
            "table": self._table,
            "trim": _trim,
        }

    def _over_list(self, function: Callable[..., Any], *, holds: bool) -> Callable[..., Any]:
        """Jinja's filter, charged for the list's length; None is an empty list."""
        place = 1 if hasattr(function, "jinja_pass_arg") else 0

        @wraps(function)
        def over_list(*given: Any, **named: Any) -> Any:
            arguments = [*given]
            arguments[place] = self._items(given[place])
            others = (*given[place + 1 :], *named.values())
            # Looked at before: `batch` and `slice` fill up to any number in one step of C.
            if any(isinstance(one, int) and one > _MOST for one in others):
                raise ValueError(f"a list can't be cut into more than {_MOST:,} parts")
            _check_path(*others)
            result = function(*arguments, **named)
            if not isinstance(result, Iterator):
                return result
            found = self._listed(result)
            # Without arguments nothing is there twice; `map(default=…)` and their kind may do that.
            if holds and others:
                self._budget.hold(found)
            return found

        return over_list

    def _listed(self, result: Iterator[Any]) -> list[Any]:
        """What a filter finds, one by one, since each may take its time."""
        found = []
        for one in result:
            self._budget.charge(_COSTS)
            found.append(one)
        return found

    def _over_text(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function of text, charged for its length."""

        @wraps(function)
        def over_text(value: Any, *given: Any, **named: Any) -> Any:
            text = text_of(value)
            # Markdown's own filters look at each character more than once.
            self._budget.charge(len(text) >> 1)
            return function(text, *given, **named)

        return over_text

    def _items(self, value: Any) -> Any:
        if value is None:
            return ()
        if isinstance(value, Collection):
            self._budget.charge(len(value))
        return _checked(value)

    def _length(self, value: Any) -> int:
        return 0 if value is None else len(_checked(value))

    def _sort(
        self,
        value: Any,
        reverse: bool = False,  # noqa: FBT001, FBT002 - Jinja's
        case_sensitive: bool = False,  # noqa: FBT001, FBT002 - Jinja's
        attribute: Any = None,
    ) -> list[Any]:  # fmt: skip
        """As Jinja's, and a None is greater than anything."""
        comparable = _exactly if case_sensitive else _folded
        _check_path(attribute)
        key = make_multi_attrgetter(self._environment, attribute, postprocess=comparable)
        return sorted(self._items(value), key=key, reverse=reverse)

    def _groupby(self, value: Any, attribute: Any) -> list[Group]:
        """As Jinja's; the rows with None are the last group."""
        get = self._getter(attribute)
        rows = sorted(self._items(value), key=lambda row: _exactly(get(row)))
        return [Group(key, list(group)) for key, group in groupby(rows, get)]

    def _groupby_date(self, value: Any, attribute: Any, form: Any = "%F") -> list[Group]:
        """By a date as it is written, in the rows' order; those without a date are left out."""
        get = self._getter(attribute)
        groups: dict[str, list[Any]] = {}
        for row in self._items(value):
            if when := text_of(get(row)):
                groups.setdefault(self._date(when, form), []).append(row)
        return [Group(key, rows) for key, rows in groups.items()]

    def _groupby_each(self, value: Any, attribute: Any) -> list[Group]:
        """By each value of a list in a field, such as tags or epics; the rows without come last."""
        get = self._getter(attribute)
        groups = figures.by_each(self._items(value), lambda row: _listed(get(row)), _identity)
        self._budget.charge(sum(len(rows) for _, rows in groups.values()))
        return [Group(key, rows) for key, rows in groups.values()]

    def _axis(self, value: Any, last: Any, most: int = 15) -> list[str]:
        found = figures.dates(self._date(text_of(value)), self._date(text_of(last)), most)
        self._budget.charge(len(found))
        return found

    def _so_far(self, value: Any, attribute: Any, axis: Any, number: Any = None) -> list[float]:
        """Of each date how many rows, or how much of a field, are dated up to it."""
        when, much = self._getter(attribute), self._getter(number)
        dated = (
            (self._date(text_of(when(row))), 1 if number is None else _number(much(row)))
            for row in self._items(value)
        )
        return figures.so_far(dated, [text_of(day) for day in self._items(axis)])

    def _slices(self, value: Any) -> list[figures.Slice]:
        """Of records `{key, value}` the values, of groups how many they hold; see `pie`."""
        key, number, group = map(self._getter, ("key", "value", "group"))

        def much(row: Any) -> Any:
            is_valued = isinstance(row, Mapping) and "value" in row
            return _number(number(row)) if is_valued else self._length(group(row))

        return figures.slices(
            (tables.name_of(_checked(key(row))), much(row)) for row in self._items(value)
        )

    def _flow(self, value: Any, most: int = 15) -> dict[str, Any]:
        """How many rows were in each status over time, see `figures.flow`."""
        names = ("history", "status_name", "status_order", "status_extra_info.color")
        items = [
            figures.StatusHistory(*(self._getter(name)(row) for name in names))
            for row in self._items(value)
        ]
        self._budget.charge(_COSTS * len(items) * max(most, 1))
        return figures.flow(items, most)

    def _getter(self, attribute: Any) -> Callable[[Any], Any]:
        _check_path(attribute)
        return make_attrgetter(self._environment, attribute)

    def _extreme(self, choose: Callable[..., Any]) -> Callable[..., Any]:
        """The largest or smallest; None is neither."""

        def extreme(value: Any, attribute: Any = None) -> Any:
            get = self._getter(attribute)
            rows = [row for row in self._items(value) if get(row) is not None]
            return choose(rows, key=lambda row: _folded(get(row)), default=None)

        return extreme

    def _sum(self, value: Any, attribute: Any = None, start: float = 0) -> float:
        """Of numbers; None counts nothing."""
        get = self._getter(attribute)
        numbers = [number for number in map(get, self._items(value)) if number is not None]
        if not all(isinstance(number, int | float) for number in (start, *numbers)):
            raise TypeError("only numbers have a sum")
        return sum(numbers, start)

    def _join(self, value: Any, d: Any = "", attribute: Any = None) -> str:
        """Markdown if any of it is, and then the rest is made inert; else plain text."""
        get = self._getter(attribute)
        values = [get(one) for one in self._items(value)]
        # Finished Markdown makes the whole Markdown, so the plain ones among it are made inert
        # here: nobody does it later.
        if any(isinstance(one, KEPT) for one in (d, *values)):
            return Markdown(self._joined(self._operators.escape, d, values))
        return self._joined(text_of, d, values)

    def _joined(self, spell: Callable[[Any], str], separator: Any, values: list[Any]) -> str:
        between, pieces = spell(separator), [spell(one) for one in values]
        self._budget.text(sum(map(len, pieces)) + len(between) * len(pieces))
        return between.join(pieces)

    def _format(self, value: Any, *given: Any, **named: Any) -> str:
        return self._operators.formatted(text_of(value), given or named)

    def _replace(self, text: str, old: Any, new: Any, count: int = -1) -> str:
        old, new = text_of(old), text_of(new)
        # Before it is made: two texts of a megabyte make one of a terabyte in a single step.
        self._budget.text(len(text) + text.count(old) * len(new))
        return text.replace(old, new, count)

    def _json(self, value: Any) -> str:
        text = json.dumps(_checked(value), ensure_ascii=False, default=text_of)
        self._budget.text(len(text))
        return text

    def _escape(self, value: Any) -> Markdown:
        return Markdown(self._operators.escape(value))

    def _cell(self, value: Any) -> Markdown:
        """One line, and no bare `|` even from finished Markdown."""
        # Finished Markdown too: a pipe in a link's label ends the cell, and moves all others in the
        # row.
        text = self._operators.escape(value)
        return Markdown(places.one_cell(text))

    def _indent(self, value: Any, width: int = 4, first: bool = False) -> str:  # noqa: FBT001, FBT002 - Jinja's
        """Each line but the first by so many blanks; Markdown stays it."""
        if not 0 <= width <= _WIDEST:
            raise ValueError(f"an indentation has 0 to {_WIDEST:,} columns")
        # Its author says where it stands: nothing else puts it there.
        text = re.sub(f"[{BEGIN}{END}]", "", text_of(value))
        self._budget.text(len(text) + text.count("\n") * width)
        blanks = " " * width
        text = "\n".join(blanks + line if line else "" for line in text.split("\n"))
        return _as(value, text if first else text.removeprefix(blanks))

    def _table(self, value: Any, *fields: Any) -> Markdown:
        rows = list(self._items(value))
        self._budget.charge(len(rows) * (10 + len(fields)))
        for field in fields if rows else ():
            # By the first row: a column that no row has would be empty, and look like an answer.
            self._demand(rows[0], text_of(field))
        return tables.table(rows, [text_of(field) for field in fields])

    def _demand(self, row: Any, path: str) -> None:
        """Makes sure that there may be such a field, so that no column is empty for its name."""
        for name in () if isinstance(row, Mapping) and path in row else path.split("."):
            row = self._environment.getitem(row, name)


def text_of(value: Any) -> str:
    """`tables.text_of`, with an undefined name's own error."""
    return tables.text_of(_checked(value))


def _checked(value: Any) -> Any:
    if isinstance(value, Undefined):
        str(value)  # raises
    return value


def _check_path(*paths: Any) -> None:
    texts = (path for path in paths if isinstance(path, str))
    if any(path.count(".") + path.count(",") >= _PARTS for path in texts):
        raise ValueError(f"a field's path has at most {_PARTS} parts")


def _is_nothing(value: Any) -> bool:
    """A field that is missing is None, so both are alike."""
    return value is None or isinstance(value, Undefined)


def _exactly(value: Any) -> tuple[bool, Any]:
    return value is None, value


def _folded(value: Any) -> tuple[bool, Any]:
    return value is None, value.lower() if isinstance(value, str) else value


def _listed(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else ()


def _identity(value: Any) -> str:
    """What Taiga nests is the same wherever it has the same id."""
    named = value.get("id") if isinstance(value, Mapping) else None
    return text_of(value if named is None else named)


def _number(value: Any) -> float:
    """None counts nothing."""
    if value is None:
        return 0
    if not isinstance(value, int | float):
        raise TypeError("only numbers have a sum")
    return value


def _bar(value: Any, total: Any) -> str:
    return figures.bar(_number(_checked(value)), _number(_checked(total)))


def _default(value: Any, default_value: Any = "", boolean: bool = False) -> Any:  # noqa: FBT001, FBT002 - Jinja's
    return default_value if _is_nothing(value) or (boolean and not value) else value


def _round(value: Any, precision: int = 0) -> Any:
    if abs(precision) > _PRECISE:
        raise ValueError(f"a number is rounded to at most {_PRECISE} digits")
    return None if value is None else round(_checked(value), precision)


def _int(value: Any, default: int = 0, base: int = 10) -> int:
    """Jinja's, within the bounds of numbers; in bases such as 16 Python has none."""
    number: int = FILTERS["int"](value, default, base)
    if abs(number).bit_length() > LARGEST_BITS:
        raise OverflowError("the number grows too large")
    return number


def _truncate(text: str, length: int = 80, end: Any = "…") -> str:
    """At most `length` characters, cut at a blank where there is one."""
    if len(text) <= length:
        return text
    tail = text_of(end)
    cut = text[: max(0, length - len(tail))]
    return (cut.rpartition(" ")[0] or cut) + tail


def _words(text: str) -> int:
    return len(text.split())


def _item(value: Any) -> Markdown:
    return tables.item(_checked(value))


def _raw(value: Any) -> Raw:
    return Raw(text_of(value))


def _prose(text: str, most: int = MOST) -> Markdown:
    """A description or a comment with its paragraphs, lists, emphasis, links and code."""
    return prose(text, most)


def _link(value: Any, url: Any = None) -> Markdown:
    """A text's link to an address; a row's to its own."""
    if isinstance(value, Mapping) and url is None:
        return tables.item(value)
    if isinstance(value, tables.FINISHED):
        label = value if isinstance(value, Raw) else places.labelled(value)
        return places.linked(label, text_of(url))
    text = text_of(value)
    return places.link(text, text if url is None else text_of(url))


def _trim(value: Any) -> str:
    return _as(value, text_of(value).strip())


def _as(value: Any, text: str) -> str:
    """`text`, which is Markdown if `value` was."""
    return Markdown(text) if isinstance(value, tables.FINISHED) else text
