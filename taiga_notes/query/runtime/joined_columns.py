"""What a compiled query calls for the fields that no list of Taiga holds: columns of them."""

from __future__ import annotations

from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from taiga_notes.query.runtime.joined_values import item_of
from taiga_notes.query.runtime.values import Hits, column_at, index

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from taiga_notes.model.rows import Path, Rows
    from taiga_notes.query.runtime.evaluation import Evaluation
    from taiga_notes.query.runtime.joined_values import Item


def joined_at(run: Evaluation, rows: Rows, path: Path, positions: Sequence[int]) -> list[Any]:
    """The values at `path`, which begins with the name of a join, of the rows there."""
    while isinstance(rows, Hits):
        positions = [rows.positions[position] for position in positions]
        rows = rows.rows
    values: list[Any] = run.joined.of(_items(run, rows, positions), path[0])
    for name in path[1:]:
        values = [index(value, name) for value in values]
    return values


def _items(run: Evaluation, rows: Rows, positions: Sequence[int]) -> list[Item]:
    server = run.server_of(rows)
    ids, projects = (column_at(rows, (name,), positions) for name in ("id", "project"))
    return [
        item_of(rows.kind, server, project, number)
        for project, number in zip(projects, ids, strict=True)
    ]


def in_status(days: Any, status: Any) -> int:
    """`days_in('In progress')`: 0 where an item never was in that status."""
    found = days.get(status) if isinstance(days, dict) and isinstance(status, str) else None
    return found if isinstance(found, int) else 0


def joined_lazily(
    run: Evaluation, rows: Rows, path: Path, positions: Sequence[int], stop: int
) -> Iterator[Any]:
    """The same, as many at a time as are wanted at least."""
    width = max(stop, 1)
    parts = [positions[start : start + width] for start in range(0, len(positions), width)]
    return chain.from_iterable(map(partial(joined_at, run, rows, path), parts))


def prepare(
    run: Evaluation,
    rows: Rows,
    positions: Sequence[int],
    stop: int | None,
    templates: Sequence[str],
) -> None:
    """Asks at once for what templates use that are then given these rows one by one."""
    for template in templates:
        if use := run.scope.uses(template):
            run.filled(Hits(rows, positions[:stop]), use)
