"""Prints the figures as a table: `python -m tests.structure`."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from tests.structure.source import circles, class_names_twice, module_names_twice, modules
from tests.structure.ways import ways

if TYPE_CHECKING:
    from collections.abc import Iterator


def main() -> None:
    """One line a figure."""
    for name, figure in figures():
        print(f"{name:<40} {figure}")  # noqa: T201


def figures() -> Iterator[tuple[str, object]]:
    """Each figure and its name; names that are not single are listed."""
    found = modules()
    lengths = [lines for module in found for _, lines in module.functions()]
    code = sum(module.code_lines() for module in found)
    comments = sum(module.comments() for module in found)
    yield "modules, folders' own files not counted", sum(not each.is_folder for each in found)
    yield "lines of code", f"{code:,}"
    yield "comments in a hundred lines of code", f"{100 * comments / code:.1f}"
    yield "longest function, lines", max(lengths)
    yield "median function, lines", f"{median(lengths):g}"
    yield "module names twice", module_names_twice(found) or "none"
    yield "class names twice", class_names_twice(found) or "none"
    yield "circles of imports, types included", circles(found) or "none"
    for name, way in ways().items():
        yield f"{name}: modules", len(way.modules)
        yield f"{name}: functions", way.functions
        yield f"{name}: depth of calls", way.depth


if __name__ == "__main__":
    main()
