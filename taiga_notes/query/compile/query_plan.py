"""A query of a text: it compiles itself for the rows that it meets.

Which names are fields is known only once there are rows. What was compiled is kept for the next
rows that have the same fields, and every field that it reads is looked up in the rows each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taiga_notes.model.kinds import VALUES
from taiga_notes.model.parts import named_below
from taiga_notes.model.rows import Listing
from taiga_notes.query.compile import codegen
from taiga_notes.query.compile.compiler import CompilationUnit
from taiga_notes.query.compile.expression_compiler import ExpressionCompiler
from taiga_notes.query.compile.missing_sprints import sprint_comparisons
from taiga_notes.query.compile.query_compiler import QueryCompiler, QuerySource, RowShape
from taiga_notes.query.compile.scopes import (
    Captured,
    OuterScope,
    anything_goes,
    is_field,
    is_known,
    is_list,
    is_settled,
    references,
    suggestion,
    unknown_part,
)
from taiga_notes.query.runtime.budget import READ
from taiga_notes.query.runtime.project_values import (
    check_literal,
    check_named,
    project_values_of,
    whole,
)
from taiga_notes.query.runtime.sprints import around_today
from taiga_notes.query.runtime.values import are_literal
from taiga_notes.query.syntax import tree
from taiga_notes.query.syntax.lexer import error_at

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from taiga_notes.model.rows import Rows
    from taiga_notes.query.runtime.evaluation import Evaluation


class CompiledQuery:
    """A compiled query: its fast form, and its careful one for when that fails.

    Args:
        source: the query as it was written.
        shape: what it is compiled for.
        rows: the rows at hand, for suggestions.

    Raises:
        QueryError: a name means nothing, or something is where it can't be.
    """

    def __init__(self, source: QuerySource, shape: RowShape, rows: Rows) -> None:
        self._query_source = source
        self._shape = shape
        compiler = QueryCompiler(source, shape, rows, fast=True)
        self._fast = compiler.function()
        self._careful: Callable[..., Any] | None = None
        mentioned = sorted(compiler.reading.mentioned.items(), key=lambda each: each[1])
        self.unchecked = [each for each in mentioned if not is_known(shape.kind, each[0])]
        """The paths that are read and not known to exist in such rows, and where they stand."""
        self._warnings = compiler.warnings
        self._literals = sorted(compiler.literals, key=lambda each: each.at)
        self._sprints = sprint_comparisons(source.query)
        self._named = [path for path, _ in mentioned if named_below(path) is not None]

    def look_up(self, rows: Rows, run: Evaluation) -> None:
        """Warns of what is doubtful, such as literals that the project does not list."""
        key = id(self), id(whole(rows))
        doubts = self._literals or self._named or self._warnings or self._sprints
        if not doubts or key in run.looked_up:
            return
        run.looked_up.add(key)
        for warning in self._warnings:
            run.warn(warning)
        for each in self._sprints:
            if around_today(each.function)(run) is None and _knows_projects(run):
                run.warn(each.doubt)
        for path in self._named:
            check_named(run, rows, path)
        for literal in self._literals:
            check_literal(run, rows, literal.path, literal.value, wanted=literal.wanted)

    def run(self, rows: Rows, run: Evaluation, outer: tuple[Any, ...]) -> Any:
        """What the query gives for these rows."""
        try:
            return self._fast(rows, run, outer)
        except (TypeError, AttributeError, OverflowError):
            # A value that a fast form does not understand: the helpers do, or say what is wrong.
            if self._careful is None:
                compiler = QueryCompiler(self._query_source, self._shape, rows, fast=False)
                self._careful = compiler.function()
        return self._careful(rows, run, outer)


def _knows_projects(run: Evaluation) -> bool:
    """Whether what a page's project has not got is known to be missing."""
    values = Listing(VALUES.name, run.scope.project, server=run.scope.server)
    return project_values_of(run, values).are_known


class QueryPlan:
    """One query of a text.

    Args:
        text: the whole text.
        query: the query.
        captured: what it refers to around it, in the order in which it is handed in.
    """

    def __init__(self, text: str, query: tree.Query, captured: Captured) -> None:
        self._query_source = QuerySource(text, query, captured, QueryPlan)
        self._source: Callable[[Evaluation, tuple[Any, ...]], Rows] | None = None
        self._compiled: dict[RowShape, CompiledQuery] = {}
        self._settled: dict[tuple[str, bool], CompiledQuery] = {}
        own = query.variable or "_"
        parts = [*tree.row_parts(query)]
        self._roots = {each.root for part in parts for each in references(part)} - {own}
        self._weight = 1 + sum(map(_size, parts))

    def run(self, run: Evaluation, outer: tuple[Any, ...]) -> Any:
        """What the query gives.

        Args:
            run: the evaluation.
            outer: the values of what it refers to around it.

        Raises:
            QueryError: a field does not exist, or the query can't be compiled for these rows.
            Mistake: something is wrong with the values.
        """
        if self._source is None:
            self._source = self._compiled_source()
        rows = self._source(run, outer)
        # Before it runs: a plain loop of Python's never looks at the budget. Texts from around the
        # query count by their length, since each row may be compared with all of them.
        run.budget.work(self._weight * (len(rows) + 1) * (1 + _long(outer)))
        if are_literal(rows):
            long = sum(_long_in(rows[position]) for position in range(len(rows)))
            run.budget.work(self._weight * long)
        compiled = self._compiled_for(rows)
        self._check(rows, compiled)
        compiled.look_up(rows, run)
        with run.within(rows):
            return compiled.run(rows, run, outer)

    def _compiled_source(self) -> Callable[..., Any]:
        unit = CompilationUnit(self._query_source.text, QueryPlan)
        unit.unpack(len(self._query_source.captured))
        node = self._query_source.query.source
        # `from tasks` means the list, even within a query whose rows have a field of that name.
        captured = {} if is_list(node) else self._query_source.captured
        compiler = ExpressionCompiler(unit, OuterScope(captured), "from")
        rows = codegen.at(node.at, codegen.call("rows_of", compiler.value(node)))
        return codegen.function(["run", "outer"], unit.statements, rows, unit.names)

    def _compiled_for(self, rows: Rows) -> CompiledQuery:
        literal = are_literal(rows)
        compiled = self._settled.get((rows.kind, literal))
        if compiled is not None:
            return compiled
        fields = frozenset(
            root for root in self._roots if anything_goes(rows, root) or is_field(rows, root)
        )
        # By shape and not by rows: the next listing of the same kind runs what this one compiled.
        shape = RowShape(rows.kind, fields, literal)
        compiled = self._compiled.get(shape)
        if compiled is None:
            compiled = self._compiled[shape] = CompiledQuery(self._query_source, shape, rows)
        if all(is_settled(rows.kind, root) for root in self._roots):
            self._settled[rows.kind, literal] = compiled
        return compiled

    def _check(self, rows: Rows, compiled: CompiledQuery) -> None:
        for path, at in compiled.unchecked:
            # Looked up in these very rows: that others had the field says nothing of them.
            part = unknown_part(rows, path)
            if part is not None:
                name = ".".join(path)
                hint = suggestion(rows, path, part)
                raise error_at(self._query_source.text, at, f"unknown field '{name}'", hint)


def _size(node: tree.Node) -> int:
    """How many nodes are met for a row; a query within counts for itself when it runs."""
    return 1 + sum(map(_size, tree.parts(node)))


def _long(values: Iterable[object]) -> int:
    """The steps of reading the texts among them: the short ones are worth none."""
    return sum(len(value) >> READ for value in values if isinstance(value, str))


def _long_in(row: object) -> int:
    """The steps of reading the texts in a row that a query made, or was handed by another."""
    return _long(row.values() if isinstance(row, dict) else (row,))
