"""Loops over rows, and the columns that they read at those rows' positions."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from taiga_notes.query.compile import codegen

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from taiga_notes.model.rows import Path


class ColumnReading:
    """What one function reads of the rows."""

    def __init__(self) -> None:
        self.mentioned: dict[Path, int] = {}
        """Where in the text each path stands first."""
        self.whole: dict[Path, str] = {}
        """The columns that were read for all rows, by their names in the function."""


class Columns:
    """The columns that are read at the places of `hits` as they are at one point of a function.

    Args:
        letter: tells them from those of other points.
        reading: what the function reads elsewhere: no column is fetched twice.
        whole: whether the hits are still all rows.
        lazy: whether the values are fetched a few at a time.
    """

    def __init__(
        self, letter: str, reading: ColumnReading, *, whole: bool = False, lazy: bool = False
    ) -> None:
        self._letter = letter
        self._reading = reading
        self._whole = whole
        self._lazy = lazy
        self._names: dict[Path, str] = {}

    def name(self, path: Path, at: int) -> str:
        """The name of a column, whose values are in the order of the hits."""
        mentioned = self._reading.mentioned
        # The first one in the text is blamed, whichever clause happened to be compiled first.
        mentioned[path] = min(at, mentioned.get(path, at))
        return self._names.setdefault(path, f"c{self._letter}{len(self._names)}")

    def known(self, path: Path) -> str | None:
        """The name of a column that is read; None of one that is not."""
        return self._names.get(path)

    def statements(self) -> Iterator[ast.stmt]:
        """What fetches them."""
        for path, name in self._names.items():
            yield codegen.assigned([name], self._fetched(path))
            if self._whole:
                self._reading.whole.setdefault(path, name)

    def _fetched(self, path: Path) -> ast.expr:
        hits, earlier = codegen.name("hits"), self._reading.whole.get(path)
        if earlier is None:
            helper = "lazily" if self._lazy else "column_at"
            return codegen.call(helper, codegen.name("rows"), codegen.constant(path), hits)
        if self._lazy:
            return codegen.call(
                "map", codegen.attribute(codegen.name(earlier), "__getitem__"), hits
            )
        return codegen.call("picked", codegen.name(earlier), hits)


class Loop:
    """One loop over the hits: `i` is the row's position, `v…` the columns' values there."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._used: dict[str, str] = {}

    def value_of(self, path: Path, at: int) -> ast.expr:
        """The value at that path of the loop's row."""
        column = self._columns.name(path, at)
        return codegen.name(self._used.setdefault(column, f"v{column}"))

    def each(
        self, value: ast.expr, conditions: Sequence[ast.expr] = (), *, lazy: bool = False
    ) -> ast.expr:
        """The values of an expression of this loop for the rows that meet the conditions.

        Those of a column are that column: nothing is looped over that need not be.
        """
        read = self._read((value, *conditions))
        if not conditions and isinstance(value, ast.Name) and value.id in read:
            return codegen.name(read[value.id])
        sources = [*map(codegen.name, (read or {"i": "hits"}).values())]
        source = sources[0] if len(sources) == 1 else codegen.call("zip", *sources)
        return codegen.each(value, [*read] or ["i"], source, conditions, lazy=lazy)

    def only(self, path: Path, conditions: Sequence[ast.expr]) -> tuple[str, str] | None:
        """The names of the column at that path and of its values, if nothing else is asked for."""
        column = self._columns.known(path)
        read = self._read(conditions)
        return (column, self._used[column]) if column and [*read.values()] == [column] else None

    def _read(self, parts: Sequence[ast.expr]) -> dict[str, str]:
        """The loop's variables that are read, and what each of them runs over."""
        columns = {variable: column for column, variable in self._used.items()}
        named = {node.id for part in parts for node in ast.walk(part) if isinstance(node, ast.Name)}
        return {name: of for name, of in {"i": "hits", **columns}.items() if name in named}
