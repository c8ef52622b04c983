"""The program of a query: its fast form, and its careful one for when that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taiga_notes.query.compile.field_check import is_known
from taiga_notes.query.compile.query_compiler import QueryCompiler

if TYPE_CHECKING:
    from collections.abc import Callable

    from taiga_notes.model.rows import Rows
    from taiga_notes.query.compile.query_compiler import QuerySource, RowShape
    from taiga_notes.query.runtime.evaluation import Evaluation


class CompiledQuery:
    """A compiled query.

    Args:
        written: the query.
        shape: what it is compiled for.
        rows: the rows at hand, for suggestions.

    Raises:
        QueryError: a name means nothing, or something is where it can't be.
    """

    def __init__(self, written: QuerySource, shape: RowShape, rows: Rows) -> None:
        self._written = written
        self._shape = shape
        build = QueryCompiler(written, shape, rows, fast=True)
        self._fast = build.function()
        self._careful: Callable[..., Any] | None = None
        places = sorted(build.reading.mentioned.items(), key=lambda each: each[1])
        self.unchecked = [each for each in places if not is_known(shape.kind, each[0])]
        """The paths that are read and not known to exist in such rows, and where they stand."""

    def run(self, rows: Rows, run: Evaluation, outer: tuple[Any, ...]) -> Any:
        """What the query gives for these rows."""
        try:
            return self._fast(rows, run, outer)
        except (TypeError, AttributeError, OverflowError):
            # A value that a fast form does not understand: the helpers do, or say what is wrong.
            if self._careful is None:
                build = QueryCompiler(self._written, self._shape, rows, fast=False)
                self._careful = build.function()
        return self._careful(rows, run, outer)
