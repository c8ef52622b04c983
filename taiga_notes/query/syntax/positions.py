"""Places in a query's text: from an offset to the line and column that an error names."""

from __future__ import annotations

from taiga_notes.errors import QueryError


def error_at(text: str, at: int, message: str, hint: str = "") -> QueryError:
    """An error that points into a query.

    Args:
        text: the whole query.
        at: the offset of the place, in characters.
        message: see `QueryError`.
        hint: see `QueryError`.
    """
    before = text[:at]
    start = before.rfind("\n") + 1
    line = text[start:].partition("\n")[0].rstrip("\r")
    return QueryError(
        message,
        line=before.count("\n") + 1,
        column=at - start + 1,
        source=line,
        hint=hint,
    )
