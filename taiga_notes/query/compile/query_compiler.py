"""Builds the function of a query: from, where, group by, having, order by, select, limit.

It works on columns. Rows are positions up to the end; after each step only what the next one needs
is fetched, at the positions that are left, and only the result is read from the rows themselves.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, assert_never

from taiga_notes.model.kinds import joins_of
from taiga_notes.query.compile import codegen, operations
from taiga_notes.query.compile.codegen import ColumnReading, Columns, Loop
from taiga_notes.query.compile.compiler import (
    CompilationUnit,
    Compiler,
    Nested,
    holds_aggregate,
    templates_in,
)
from taiga_notes.query.compile.expression_compiler import ExpressionCompiler
from taiga_notes.query.compile.scopes import (
    Captured,
    ComparedLiteral,
    FieldPlace,
    GroupScope,
    OuterScope,
    RowScope,
    references,
)
from taiga_notes.query.syntax import tree

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Sequence

    from taiga_notes.model.rows import Path, Rows


@dataclass(frozen=True, slots=True)
class RowShape:
    """What a compiled query depends on besides its text.

    Attributes:
        kind: the rows' kind.
        fields: the names in the query that are fields of the rows.
        literal: whether the rows are values of a list, of which equal ones are the same.
    """

    kind: str
    fields: frozenset[str]
    literal: bool


@dataclass(frozen=True, slots=True)
class QuerySource:
    """A query as it was written.

    Attributes:
        text: the whole text.
        query: the query.
        captured: what it refers to around it, in the order in which it is handed in.
        nested: makes the plans of the queries within it.
    """

    text: str
    query: tree.Query
    captured: Captured
    nested: Nested


class _Clauses:
    """What the clauses of a query say, each where the step that builds it looks for it.

    A clause that the parser reads and no step knows of is a type error.
    """

    def __init__(self, query: tree.Query) -> None:
        self.variable = query.variable
        self.where: tree.Node | None = None
        self.group: tuple[tuple[str | None, tree.Node], ...] | None = None
        self.having: tree.Node | None = None
        self.order: tuple[tree.OrderKey, ...] = ()
        self.limit: tree.Node | None = None
        self.offset: tree.Node | None = None
        self.select: tree.Node | None = None
        for clause in query.clauses:
            self._take(clause)

    def _take(self, clause: tree.Clause) -> None:
        match clause:
            case tree.Where():
                self.where = clause.condition
            case tree.GroupBy():
                self.group = clause.keys
            case tree.Having():
                self.having = clause.condition
            case tree.OrderBy():
                self.order = clause.keys
            case tree.Limit():
                self.limit = clause.count
            case tree.Offset():
                self.offset = clause.count
            case tree.Select():
                self.select = clause.value
            case _:
                assert_never(clause)


class QueryCompiler:
    """Builds the function of a query.

    Args:
        source: the query as it was written.
        shape: what it is compiled for.
        rows: the rows at hand, for suggestions.
        fast: whether fast forms may be used.
    """

    def __init__(self, source: QuerySource, shape: RowShape, rows: Rows, *, fast: bool) -> None:
        self.reading = ColumnReading(joins_of(shape.kind))
        self._query = _Clauses(source.query)
        self._shape = shape
        self._fast = fast
        variable = self._query.variable
        self._unit = CompilationUnit(source.text, source.nested, rows if variable is None else None)
        self._unit.named = None if variable is None else (variable, rows)
        self._unit.unpack(len(source.captured))
        self._unit.selected = frozenset(_names(self._query.select) or ())
        self._outside = OuterScope(source.captured)
        self._steps: list[ast.stmt | Columns] = []
        self._ordered: ast.expr | None = None
        """Whether the hits are in order when they are found."""

    @property
    def literals(self) -> list[ComparedLiteral]:
        """What the query compares with fields whose values a project lists."""
        return self._unit.literals

    @property
    def warnings(self) -> list[str]:
        """What is to be told with the query's value."""
        return self._unit.warnings

    def function(self) -> Callable[..., Any]:
        """The function: of rows, evaluation and captured values to the query's value.

        Raises:
            QueryError: a name means nothing, or something is where it can't be.
        """
        self._window()
        # A range says that all rows are still there, so that their columns come ready.
        self._set("hits", codegen.call("range", codegen.call("len", codegen.name("rows"))))
        self._where()
        value = self._of_groups() if self._is_grouped else self._of_rows()
        statements = [*self._unit.statements]
        for step in self._steps:
            statements += step.statements() if isinstance(step, Columns) else [step]
        return codegen.function(["rows", "run", "outer"], statements, value, self._unit.names)

    def _set(self, name: str, value: ast.expr) -> None:
        self._steps.append(codegen.assigned([name], value))

    def _columns(self, letter: str, *, whole: bool = False, lazy: bool = False) -> Columns:
        """Columns at the positions that are the hits by now."""
        columns = Columns(letter, self.reading, whole=whole, lazy=lazy)
        self._steps.append(columns)
        return columns

    # The parts of a query

    @property
    def _is_grouped(self) -> bool:
        query = self._query
        aggregates = holds_aggregate(query.select) or holds_aggregate(query.having)
        return query.group is not None or aggregates

    @property
    def _filters(self) -> bool:
        return self._query.where is not None or self._query.having is not None

    @property
    def _selects_rows(self) -> bool:
        """Whether the rows themselves are the result, each of which differs from the others."""
        select, own = self._query.select, self._query.variable or "_"
        itself = isinstance(select, tree.Name) and select.name == own
        return (select is None or itself) and not self._shape.literal

    def _window(self) -> None:
        """The part of the result that is wanted: from `start` to before `stop`."""
        query = self._query
        compiler = ExpressionCompiler(self._unit, self._outside, "limit")
        start, stop = codegen.constant(0), codegen.constant(None)
        if query.offset is not None:
            start = codegen.call(
                "counted", compiler.value(query.offset), codegen.constant("offset")
            )
            codegen.at(query.offset.at, start)
        if query.limit is not None:
            count = codegen.call("counted", compiler.value(query.limit), codegen.constant("limit"))
            stop = codegen.calculated(codegen.name("start"), "+", codegen.at(query.limit.at, count))
        self._set("start", start)
        self._set("stop", stop)

    def _where(self) -> None:
        """The hits are the places of the rows that the conditions keep."""
        query = self._query
        wanted = [query.where, None if self._is_grouped else query.having]
        cheap, dear = self._priced([each for each in wanted if each is not None])
        if cheap:
            self._keep(cheap, Loop(self._columns("w", whole=True)), is_all=not dear)
        # One by one: what the next one asks for, it asks of the rows that this one keeps.
        for number, condition in enumerate(dear):
            loop = Loop(self._columns(f"d{number}_", whole=not (cheap or number)))
            compiler = self._row_compiler(loop, "where", fast=self._fast)
            kept = operations.keep(compiler, condition)
            self._set("hits", loop.each(codegen.name("i"), [kept]))

    def _priced(self, conditions: Sequence[tree.Node]) -> tuple[list[tree.Node], list[tree.Node]]:
        """What of the conditions the lists tell, and what is to be asked of the rows left then."""
        cheap: list[tree.Node] = []
        dear: list[tree.Node] = []
        for condition in conditions:
            parts = [*tree.conjuncts(condition)]
            asked = [part for part in parts if self._is_dear(part)]
            told = [part for part in parts if part not in asked]
            cheap += [tree.all_of(told, parts[-1])] if told else []
            dear += [tree.all_of([part], parts[-1]) for part in asked]
        return cheap, dear

    def _is_dear(self, node: tree.Node) -> bool:
        scope = self._row_scope(lambda _path, _at: codegen.constant(None), codegen.constant(None))
        paths = map(scope.path_of, references(node))
        return any(path and path[0] in self.reading.joined for path in paths)

    def _keep(self, conditions: Sequence[tree.Node], loop: Loop, *, is_all: bool) -> None:
        """The hits are those that conditions keep, which may be all that there are."""
        query = self._query
        compiler = self._row_compiler(loop, "where", fast=self._fast)
        kept = [operations.keep(compiler, condition) for condition in conditions]
        # With enough rows found there is no need to look at the others.
        lazy = is_all and query.limit is not None and self._selects_rows and not query.order
        hits = loop.each(codegen.name("i"), kept, lazy=lazy and not self._is_grouped)
        asked = self._filtered_and_ordered_by(loop, kept) if is_all else None
        if asked is not None:
            hits = self._by_value(*asked, kept, hits)
        self._set("hits", hits)

    def _filtered_and_ordered_by(
        self, loop: Loop, kept: list[ast.expr]
    ) -> tuple[tree.OrderKey, str, str] | None:
        """The only key of a limited order, if the conditions ask for its column and nothing else.

        With it the names of the column and of its values.
        """
        query = self._query
        if len(query.order) != 1 or query.limit is None:
            return None
        if self._is_grouped or not self._selects_rows:
            return None
        reference = tree.reference(query.order[0].key)
        path = reference and self._loop_scope(loop).path_of(reference)
        only = loop.only(path, kept) if path else None
        return (query.order[0], *only) if only else None

    def _by_value(
        self, order: tree.OrderKey, column: str, variable: str, kept: list[ast.expr], hits: ast.expr
    ) -> ast.expr:
        """The hits in order: each of few values is asked once, and looked for until enough."""
        self._set("few", codegen.call("few_texts", codegen.name(column)))
        some = codegen.each(codegen.name(variable), [variable], codegen.name("few"), kept)
        found = codegen.call(
            "with_values", self._key(order, codegen.name(column)), some, codegen.name("stop")
        )
        self._ordered = codegen.compare(codegen.name("few"), "is not", codegen.constant(None))
        return codegen.choice(self._ordered, found, hits)

    def _row_compiler(self, loop: Loop, clause: str, *, fast: bool) -> Compiler:
        return ExpressionCompiler(self._unit, self._loop_scope(loop), clause, fast=fast, loops=True)

    def _loop_scope(self, loop: Loop) -> RowScope:
        return self._row_scope(loop.value_of, codegen.item(codegen.name("rows"), codegen.name("i")))

    def _row_scope(self, value_of: Callable[[Path, int], ast.expr], row: ast.expr) -> RowScope:
        variable = self._query.variable
        return RowScope(
            variable=variable,
            kind=self._shape.kind,
            fields=self._shape.fields if variable is None else frozenset(),
            outside=self._outside,
            value_of=value_of,
            row=row,
        )

    def _key(self, order: tree.OrderKey, values: ast.expr) -> ast.expr:
        directions = codegen.constant(order.descending), codegen.constant(order.nulls_first)
        return codegen.call("Key", values, *directions)

    def _arranged(self, items: str, keys: list[ast.expr], need: ast.expr) -> ast.expr:
        return codegen.call(
            "arrange", codegen.name("budget"), codegen.name(items), codegen.row(keys), need
        )

    # Without groups

    def _of_rows(self) -> ast.expr:
        query = self._query
        if query.order:
            self._order_rows()
        if self._selects_rows:
            return self._found_rows()
        self._prepare(codegen.name("stop"))
        # What is selected is kept, so it is made by the helpers, which charge it.
        loop = Loop(self._columns("s", lazy=query.limit is not None))
        compiler = self._row_compiler(loop, "select", fast=False)
        select = query.select
        names = _names(select)
        if names is not None and isinstance(select, tree.TableConstructor):
            values = [compiler.value(field.value) for field in select.fields]
            return self._records(names, self._distinct(loop, "unique_parts", codegen.row(values)))
        value = codegen.item(codegen.name("rows"), codegen.name("i"))
        if select is not None:
            value = compiler.value(select)
        return self._distinct(loop, "unique", value)

    def _order_rows(self) -> None:
        columns = self._columns("o", whole=not self._filters)
        keys = []
        for order in self._query.order:
            loop = Loop(columns)
            compiler = self._row_compiler(loop, "order by", fast=self._fast)
            value = operations.comparable(compiler, order.key).whole()
            keys.append(self._key(order, loop.each(value)))
        # `select` drops repeats, so how many rows fill the window is not known before.
        need = codegen.name("stop") if self._selects_rows else codegen.constant(None)
        arranged = self._arranged("hits", keys, need)
        if self._ordered is not None:
            arranged = codegen.choice(self._ordered, codegen.name("hits"), arranged)
        self._set("hits", arranged)

    def _found_rows(self) -> ast.expr:
        query = self._query
        if not (query.where or query.having or query.order or query.limit or query.offset):
            return codegen.call("Hits", codegen.name("rows"))
        window = codegen.name("hits"), codegen.name("start"), codegen.name("stop")
        return codegen.call("Hits", codegen.name("rows"), codegen.call("window", *window))

    def _distinct(self, loop: Loop, helper: str, value: ast.expr) -> ast.expr:
        lazy = self._query.limit is not None
        if not lazy:
            width = codegen.constant(_width(self._query.select))
            hits = codegen.call("charged", codegen.name("budget"), codegen.name("hits"), width)
            self._set("hits", hits)
        window = codegen.name("start"), codegen.name("stop")
        return codegen.call(helper, codegen.name("budget"), loop.each(value, lazy=lazy), *window)

    def _prepare(self, stop: ast.expr) -> None:
        """Templates that are given row by row get what they use at once."""
        templates = () if self._query.select is None else (*templates_in(self._query.select),)
        if templates:
            given = codegen.name("run"), codegen.name("rows"), codegen.name("hits"), stop
            self._set("_", codegen.call("prepare", *given, codegen.constant(templates)))

    def _records(self, names: tuple[str, ...], parts: ast.expr) -> ast.expr:
        self._set("parts", parts)
        variables = [f"p{number}" for number in range(len(names))]
        record = codegen.record(dict(zip(names, map(codegen.name, variables), strict=True)))
        made = codegen.each(record, variables, codegen.name("parts"), single=False)
        return codegen.call("records", codegen.name("parts"), made)

    # With groups

    def _of_groups(self) -> ast.expr:
        query = self._query
        columns = self._columns("g")
        self._prepare(codegen.constant(None))
        keys = []
        for _, key in query.group or ():
            loop = Loop(columns)
            keys.append(loop.each(self._row_compiler(loop, "group by", fast=self._fast).value(key)))
        names = codegen.constant(tuple(name for name, _ in query.group or ()))
        hits = codegen.name("hits")
        found = codegen.call("grouped", codegen.name("budget"), hits, codegen.row(keys), names)
        self._set("groups", found)
        self._of_each_group(columns)
        if query.order:
            compiler = self._group_compiler(
                columns, "order by", frozenset(_names(query.select) or ())
            )
            arranged = [
                self._key(order, self._each_group(compiler.value(order.key)))
                for order in query.order
            ]
            self._set("groups", self._arranged("groups", arranged, codegen.constant(None)))
        values = self._each_group(codegen.name("s"))
        window = codegen.name("start"), codegen.name("stop")
        if query.select is None:
            return codegen.call("window", values, *window)
        return codegen.call("unique", codegen.name("budget"), values, *window)

    def _each_group(self, value: ast.expr) -> ast.expr:
        return codegen.each(value, ["k", "g", "s"], codegen.name("groups"))

    def _of_each_group(self, columns: Columns) -> None:
        """`having`, then `select`: each group becomes its key, its positions and its value."""
        query = self._query
        key, group = codegen.name("k"), codegen.name("g")
        kept = []
        if query.having is not None:
            kept = [operations.keep(self._group_compiler(columns, "having"), query.having)]
        value = codegen.call("group_row", codegen.name("rows"), codegen.name("hits"), key, group)
        if query.select is not None:
            value = self._group_compiler(columns, "select").value(query.select)
        triple = codegen.row((key, group, value))
        self._set("groups", codegen.each(triple, ["k", "g"], codegen.name("groups"), kept))

    def _key_places(self, rows: RowScope) -> dict[str, FieldPlace | None]:
        """Which field each key of the groups is that can be named."""
        group = self._query.group or ()
        places: dict[str, FieldPlace | None] = {}
        for name, key in group:
            reference = tree.reference(key)
            place = None if reference is None else rows.place(reference)
            if len(group) == 1:
                places["key"] = place
            if name is not None:
                places[name] = place
        return places

    def _group_compiler(
        self, columns: Columns, clause: str, selected: frozenset[str] = frozenset()
    ) -> Compiler:
        group = self._query.group or ()

        def at_member(path: Path, at: int) -> ast.expr:
            return codegen.item(codegen.name(columns.name(path, at)), codegen.name("i"))

        def at_first(path: Path, at: int) -> ast.expr:
            column, places = codegen.name(columns.name(path, at)), codegen.name("g")
            value = codegen.item(column, codegen.item(places, codegen.constant(0)))
            # Only the one group of all rows may be empty.
            return value if group else codegen.choice(places, value, codegen.constant(None))

        rows, hits = codegen.name("rows"), codegen.name("hits")
        member = codegen.item(rows, codegen.item(hits, codegen.name("i")))
        members = self._row_scope(at_member, member)
        of_group = codegen.call("group_hits", rows, hits, codegen.name("g"))
        first = self._row_scope(at_first, codegen.call("index", of_group, codegen.constant(1)))
        names = {
            name: number if len(group) > 1 else None
            for number, (name, _) in enumerate(group)
            if name is not None
        }
        return ExpressionCompiler(
            self._unit,
            GroupScope(first, self._shape.fields, names, self._key_places(first), selected),
            clause,
            fast=self._fast,
            loops=True,
            members=ExpressionCompiler(
                self._unit, members, "an aggregate", fast=self._fast, loops=True
            ),
        )


def _names(select: tree.Node | None) -> tuple[str, ...] | None:
    """The names of the record's fields, if `select` makes one whose names are all known."""
    if not isinstance(select, tree.TableConstructor) or not select.fields:
        return None
    keys = [
        field.key.value if isinstance(field.key, tree.Constant) else None for field in select.fields
    ]
    names = tuple(key for key in keys if isinstance(key, str))
    return names if len(names) == len(set(names)) == len(keys) else None


def _width(node: tree.Node | None) -> int:
    """How many cells the value has at least: those of the tables that are written out."""
    if not isinstance(node, tree.TableConstructor):
        return 1
    return 1 + sum(_width(field.value) for field in node.fields)
