"""A query of a text: it compiles itself for the rows that it meets.

Which names are fields is known only once there are rows. The program is kept for the next rows
that have the same fields, and every field that it reads is looked up in the rows each time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taiga_notes.query import emit, tree
from taiga_notes.query.build import Shape, Written
from taiga_notes.query.compile import Coder
from taiga_notes.query.fieldcheck import (
    anything_goes,
    is_field,
    is_settled,
    suggestion,
    unknown_part,
)
from taiga_notes.query.limits import READ
from taiga_notes.query.places import error_at
from taiga_notes.query.program import Program
from taiga_notes.query.scopes import Outside, is_list, references
from taiga_notes.query.unit import Unit
from taiga_notes.query.values import are_literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from taiga_notes.query.run import Run
    from taiga_notes.rows import Path, Rows


class Plan:
    """One query of a text.

    Args:
        text: the whole text.
        query: the query.
        captured: what it refers to around it, in the order in which it is handed in.
    """

    def __init__(
        self, text: str, query: tree.Query, captured: tuple[tuple[str, Path], ...]
    ) -> None:
        self._written = Written(text, query, captured, Plan)
        self._source: Callable[[Run, tuple[Any, ...]], Rows] | None = None
        self._programs: dict[Shape, Program] = {}
        self._settled: dict[tuple[str, bool], Program] = {}
        own = query.variable or "_"
        parts = [*tree.row_parts(query)]
        self._roots = {each.root for part in parts for each in references(part)} - {own}
        self._weight = 1 + sum(map(_size, parts))

    def run(self, run: Run, outer: tuple[Any, ...]) -> Any:
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
        run.meter.work(self._weight * (len(rows) + 1) * (1 + _long(outer)))
        if are_literal(rows):
            long = sum(_long_in(rows[place]) for place in range(len(rows)))
            run.meter.work(self._weight * long)
        program = self._program(rows)
        self._check(rows, program)
        return program.run(rows, run, outer)

    def _compiled_source(self) -> Callable[..., Any]:
        unit = Unit(self._written.text, Plan)
        unit.unpack(len(self._written.captured))
        node = self._written.query.source
        # `from tasks` means the list, even within a query whose rows have a field of that name.
        captured = () if is_list(node) else self._written.captured
        coder = Coder(unit, Outside(captured), "from")
        rows = emit.at(node.at, emit.call("rows_of", coder.value(node)))
        return emit.function(["run", "outer"], unit.statements, rows, unit.names)

    def _program(self, rows: Rows) -> Program:
        literal = are_literal(rows)
        program = self._settled.get((rows.kind, literal))
        if program is not None:
            return program
        fields = frozenset(
            root for root in self._roots if anything_goes(rows, root) or is_field(rows, root)
        )
        shape = Shape(rows.kind, fields, literal)
        program = self._programs.get(shape)
        if program is None:
            program = self._programs[shape] = Program(self._written, shape, rows)
        if all(is_settled(rows.kind, root) for root in self._roots):
            self._settled[rows.kind, literal] = program
        return program

    def _check(self, rows: Rows, program: Program) -> None:
        for path, at in program.unchecked:
            part = unknown_part(rows, path)
            if part is not None:
                name = ".".join(path)
                hint = suggestion(rows, path, part)
                raise error_at(self._written.text, at, f"unknown field '{name}'", hint)


def _size(node: tree.Node) -> int:
    """How many nodes are met for a row; a query within counts for itself when it runs."""
    return 1 + sum(map(_size, tree.parts(node)))


def _long(values: Iterable[object]) -> int:
    """The steps of reading the texts among them: the short ones are worth none."""
    return sum(len(value) >> READ for value in values if isinstance(value, str))


def _long_in(row: object) -> int:
    """The steps of reading the texts in a row that a query made, or was handed by another."""
    return _long(row.values() if isinstance(row, dict) else (row,))
