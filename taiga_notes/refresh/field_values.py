"""What is known of a field besides its type: an example, and the values that it may have."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from taiga_notes.model.kinds import VALUES
from taiga_notes.model.parts import valued
from taiga_notes.query.runtime.project_values import ProjectValues

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from taiga_notes.model.rows import Rows

WIDEST = 48
"""Characters of an example; a longer one is cut."""

LOOKED_AT = 200
"""Rows among which a field's example is looked for."""


def field_values(kind: str, name: str, rows: Callable[[str], Rows]) -> list[object]:
    """The values that a field may have: what the project lists, else what its rows have.

    Args:
        kind: whose field it is.
        name: the field's, with dots.
        rows: gives the project's list of a kind.

    Raises:
        SourceError: as `rows` does.
    """
    path = tuple(name.split("."))
    if (found := valued(kind, path)) is not None:
        listed = rows(VALUES.name)
        values = ProjectValues(listed[number] for number in range(len(listed)))
        known = values.values(found[0], kind, found[1])
        if known is not None:
            return known
    return _distinct(rows(kind).column(path))


def _distinct(column: Sequence[object]) -> list[object]:
    """What the rows themselves have, where no project says what there may be."""
    values = [each for one in column for each in (one if isinstance(one, list) else [one])]
    return sorted((value for value in values if value is not None), key=written_value)


def field_example(rows: Rows, name: str) -> object:
    """A value of that field among the first rows; None where there is none."""
    for value in rows.column(tuple(name.split(".")))[:LOOKED_AT]:
        if value is not None:
            return value
    return None


def written_value(value: object) -> str:
    """A value for people: a text as it is, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def written_example(example: object) -> str:
    """An example as a query would have it, cut where it is long."""
    if example is None:
        return "nil"
    text = json.dumps(example, ensure_ascii=False)
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"
