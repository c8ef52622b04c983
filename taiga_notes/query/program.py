"""The program of a query: from, where, group by, having, order by, select, distinct, limit.

It is one function over the columns of the paths that the query names. Rows are places in those
columns up to the end; only what the result needs is read from the rows themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from taiga_notes.query import emit, tree
from taiga_notes.query.compile import Coder, holds_aggregate
from taiga_notes.query.fieldcheck import is_known
from taiga_notes.query.scopes import Columns, InGroups, InRows, Outside
from taiga_notes.query.unit import Nested, Unit

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Sequence

    from taiga_notes.query.run import Run
    from taiga_notes.rows import Path, Rows


@dataclass(frozen=True, slots=True)
class Shape:
    """What a program depends on besides its query.

    Attributes:
        kind: the rows' kind.
        fields: the names in the query that are fields of the rows.
        literal: whether the rows are values of a list, of which equal ones are the same.
    """

    kind: str
    fields: frozenset[str]
    literal: bool


@dataclass(frozen=True, slots=True)
class Written:
    """A query as it was written.

    Attributes:
        text: the whole text.
        query: the query.
        captured: what it refers to around it, in the order in which it is handed in.
        nested: makes the plans of the queries within it.
    """

    text: str
    query: tree.Query
    captured: tuple[tuple[str, Path], ...]
    nested: Nested


class Program:
    """A compiled query.

    Args:
        written: the query.
        shape: what it is compiled for.
        rows: the rows at hand, for suggestions.

    Raises:
        QueryError: a name means nothing, or something is where it can't be.
    """

    def __init__(self, written: Written, shape: Shape, rows: Rows) -> None:
        self._written = written
        self._shape = shape
        build = _Build(written, shape, rows, fast=True)
        self._fast = build.function()
        self._careful: Callable[..., Any] | None = None
        places = sorted(build.columns.places.items(), key=lambda each: each[1])
        self.unchecked = [each for each in places if not is_known(shape.kind, each[0])]
        """The paths that are read and not known to exist in such rows, and where they stand."""

    def run(self, rows: Rows, run: Run, outer: tuple[Any, ...]) -> Any:
        """What the query gives for these rows."""
        try:
            return self._fast(rows, run, outer)
        except (TypeError, AttributeError):
            # A value that a fast form does not understand: the helpers do, or say what is wrong.
            if self._careful is None:
                build = _Build(self._written, self._shape, rows, fast=False)
                self._careful = build.function()
        return self._careful(rows, run, outer)


class _Build:
    """Builds the function of a query."""

    def __init__(self, written: Written, shape: Shape, rows: Rows, *, fast: bool) -> None:
        self.columns = Columns()
        self._query = written.query
        self._shape = shape
        self._fast = fast
        named = written.query.variable is not None
        self._unit = Unit(written.text, written.nested, None if named else rows)
        self._unit.unpack(len(written.captured))
        self._unit.selected = frozenset(_names(written.query.select) or ())
        self._outside = Outside(written.captured)
        self._statements: list[ast.stmt] = []

    def function(self) -> Callable[..., Any]:
        """The function: of rows, evaluation and captured values to the query's value."""
        self._window()
        self._statements.append(emit.assigned(["hits"], self._hits()))
        value = self._of_groups() if self._is_grouped else self._of_rows()
        read = [
            emit.assigned([f"c{number}"], emit.method(emit.name("rows"), "column", _path(path)))
            for path, number in self.columns.paths.items()
        ]
        statements = [*self._unit.statements, *read, *self._statements]
        return emit.function(["rows", "run", "outer"], statements, value, self._unit.names)

    # The parts of a query

    @property
    def _is_grouped(self) -> bool:
        query = self._query
        aggregates = holds_aggregate(query.select) or holds_aggregate(query.having)
        return query.group is not None or aggregates

    @property
    def _is_lazy(self) -> bool:
        """Whether looking can end as soon as there are enough rows."""
        query = self._query
        return query.limit is not None and not query.order and not self._is_grouped

    def _window(self) -> None:
        """The part of the result that is wanted: from `start` to before `stop`."""
        query = self._query
        coder = Coder(self._unit, self._outside, "limit")
        start, stop = emit.constant(0), emit.constant(None)
        if query.offset is not None:
            start = emit.call("counted", coder.value(query.offset), emit.constant("offset"))
            emit.at(query.offset.at, start)
        if query.limit is not None:
            count = emit.call("counted", coder.value(query.limit), emit.constant("limit"))
            stop = emit.plus(emit.name("start"), emit.at(query.limit.at, count))
        self._statements += [emit.assigned(["start"], start), emit.assigned(["stop"], stop)]

    def _hits(self) -> ast.expr:
        """The places of the rows that the conditions keep."""
        query = self._query
        conditions = [query.where, None if self._is_grouped else query.having]
        every_row = emit.call("range", emit.call("len", emit.name("rows")))
        used: dict[int, str] = {}

        def value_of(number: int) -> ast.expr:
            return emit.name(used.setdefault(number, f"v{number}"))

        scope = self._row_scope(value_of)
        kept = [
            Coder(self._unit, scope, "where", fast=self._fast, loops=True).keep(condition)
            for condition in conditions
            if condition is not None
        ]
        if not kept:
            return every_row
        source = every_row
        if used:
            source = emit.call("zip", every_row, *(emit.name(f"c{number}") for number in used))
        variables = ["i", *used.values()]
        return emit.each(emit.name("i"), variables, source, kept, lazy=self._is_lazy)

    def _row_scope(self, value_of: Callable[[int], ast.expr] | None = None) -> InRows:
        def from_column(number: int) -> ast.expr:
            return emit.item(emit.name(f"c{number}"), emit.name("i"))

        return InRows(
            variable=self._query.variable,
            fields=self._shape.fields if self._query.variable is None else frozenset(),
            columns=self.columns,
            outside=self._outside,
            value_of=value_of or from_column,
            row=emit.item(emit.name("rows"), emit.name("i")),
        )

    def _row_coder(self, clause: str, *, fast: bool) -> Coder:
        return Coder(self._unit, self._row_scope(), clause, fast=fast, loops=True)

    def _keys(self, coder: Coder, variables: Sequence[str], items: str) -> ast.expr:
        """What `order by` sorts by: for each key its values and its direction."""
        return emit.row(
            emit.call(
                "Key",
                emit.each(coder.value(order.key), variables, emit.name(items)),
                emit.constant(order.descending),
                emit.constant(order.nulls_first),
            )
            for order in self._query.order
        )

    # Without groups

    def _of_rows(self) -> ast.expr:
        query = self._query
        rows = self._selects_rows and not self._shape.literal
        if query.order:
            keys = self._keys(self._row_coder("order by", fast=self._fast), ["i"], "hits")
            need = emit.name("stop") if rows else emit.constant(None)
            arranged = emit.call("arrange", emit.name("meter"), emit.name("hits"), keys, need)
            self._statements.append(emit.assigned(["hits"], arranged))
        if rows:
            return self._found_rows()
        coder = self._row_coder("select", fast=False)
        select = query.select
        if select is None or self._selects_rows:
            return self._distinct("unique", emit.item(emit.name("rows"), emit.name("i")), 1)
        names = _names(select)
        if names is None or not isinstance(select, tree.Table):
            return self._distinct("unique", coder.value(select), _width(select))
        values = emit.row(coder.value(field.value) for field in select.fields)
        found = self._distinct("unique_parts", values, _width(select))
        self._statements.append(emit.assigned(["parts"], found))
        variables = [f"p{number}" for number in range(len(names))]
        record = emit.record(dict(zip(names, map(emit.name, variables), strict=True)))
        made = emit.each(record, variables, emit.name("parts"), single=False)
        return emit.call("records", emit.name("parts"), made)

    @property
    def _selects_rows(self) -> bool:
        query = self._query
        own = query.variable or "_"
        return query.select is None or (
            isinstance(query.select, tree.Name) and query.select.name == own
        )

    def _found_rows(self) -> ast.expr:
        """Rows of a source differ from each other: nothing to select, nothing to compare."""
        query = self._query
        if not (query.where or query.having or query.order or query.limit or query.offset):
            return emit.call("Hits", emit.name("rows"))
        window = emit.name("hits"), emit.name("start"), emit.name("stop")
        return emit.call("Hits", emit.name("rows"), emit.call("window", *window))

    def _distinct(self, helper: str, value: ast.expr, width: int) -> ast.expr:
        hits = emit.name("hits")
        if not self._is_lazy:
            hits = emit.call("charged", emit.name("meter"), hits, emit.constant(width))
        values = emit.each(value, ["i"], hits, lazy=self._is_lazy)
        window = emit.name("start"), emit.name("stop")
        return emit.call(helper, emit.name("meter"), values, *window)

    # With groups

    def _of_groups(self) -> ast.expr:
        query = self._query
        group = query.group or ()
        coder = self._row_coder("group by", fast=self._fast)
        keys = emit.row(emit.each(coder.value(key), ["i"], emit.name("hits")) for _, key in group)
        names = emit.constant(tuple(name for name, _ in group))
        found = emit.call("grouped", emit.name("meter"), emit.name("hits"), keys, names)
        self._statements.append(emit.assigned(["groups"], found))
        self._of_each_group()
        if query.order:
            selected = frozenset(_names(query.select) or ())
            coder = self._group_coder("order by", selected)
            keys = self._keys(coder, ["k", "g", "s"], "groups")
            arranged = emit.call(
                "arrange", emit.name("meter"), emit.name("groups"), keys, emit.constant(None)
            )
            self._statements.append(emit.assigned(["groups"], arranged))
        values = emit.each(emit.name("s"), ["k", "g", "s"], emit.name("groups"))
        window = emit.name("start"), emit.name("stop")
        if query.select is None:
            return emit.call("window", values, *window)
        return emit.call("unique", emit.name("meter"), values, *window)

    def _of_each_group(self) -> None:
        """`having`, then `select`: each group becomes its key, its places and its value."""
        query = self._query
        key, group, rows = emit.name("k"), emit.name("g"), emit.name("rows")
        kept = [] if query.having is None else [self._group_coder("having").keep(query.having)]
        value = emit.call("group_row", rows, key, group)
        if query.select is not None:
            value = self._group_coder("select").value(query.select)
        triples = emit.each(emit.row((key, group, value)), ["k", "g"], emit.name("groups"), kept)
        self._statements.append(emit.assigned(["groups"], triples))

    def _group_coder(self, clause: str, selected: frozenset[str] = frozenset()) -> Coder:
        group = self._query.group

        def from_first(number: int) -> ast.expr:
            places, column = emit.name("g"), emit.name(f"c{number}")
            value = emit.item(column, emit.item(places, emit.constant(0)))
            # Only the one group of all rows may be empty.
            return value if group else emit.choice(places, value, emit.constant(None))

        names = {
            name: number if len(group) > 1 else None
            for number, (name, _) in enumerate(group or ())
            if name is not None and group is not None
        }
        hits = emit.call("Hits", emit.name("rows"), emit.name("g"))
        first = InRows(
            variable=self._query.variable,
            fields=frozenset(),
            columns=self.columns,
            outside=self._outside,
            value_of=from_first,
            row=emit.call("index", hits, emit.constant(1)),
        )
        scope = InGroups(first, self._shape.fields, names, selected)
        members = self._row_coder("an aggregate", fast=self._fast)
        return Coder(self._unit, scope, clause, fast=self._fast, loops=True, members=members)


def _path(path: Path) -> ast.expr:
    return emit.constant(path)


def _names(select: tree.Node | None) -> tuple[str, ...] | None:
    """The names of the record's fields, if `select` makes one whose names are all known."""
    if not isinstance(select, tree.Table) or not select.fields:
        return None
    keys = [
        field.key.value if isinstance(field.key, tree.Constant) else None for field in select.fields
    ]
    names = tuple(key for key in keys if isinstance(key, str))
    return names if len(names) == len(set(names)) == len(keys) else None


def _width(node: tree.Node) -> int:
    """How many cells the value has at least: those of the tables that are written out."""
    if not isinstance(node, tree.Table):
        return 1
    return 1 + sum(_width(field.value) for field in node.fields)
