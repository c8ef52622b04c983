"""Whether `render` could evaluate what is live, tried on an invented item of each list.

A query that worked in SilverBullet is not to become a warning here: what names a function, a
field, a template or a preset that there is not is left as it is. What comes of nil says nothing,
since the invented items are few.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from taiga_notes.errors import QueryError, TaigaNotesError
from taiga_notes.model.enrich import invented
from taiga_notes.model.kinds import KINDS, ME
from taiga_notes.model.rows import Listing, Row, Rows, Table
from taiga_notes.query import Answer, Scope, evaluate
from taiga_notes.query.runtime.budget import Mistake

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_WEB = "https://taiga.example"


class Invented:
    """A source that has a few items of each kind, all of whose fields have a value.

    Whatever a query filters by, there are several or none: one value is what it gives if it says
    so itself, by `limit 1` or an aggregate.
    """

    def rows(self, listing: Listing, /) -> Rows:
        """See `Source.rows`; a list by its path has the kind that the path begins with."""
        kind = listing.kind or listing.path.strip("/").partition("?")[0]
        return Table([*_items(kind)], kind) if kind in KINDS else Table([])

    def me(self) -> Row:
        """See `Source.me`."""
        return dict.fromkeys(ME, "ann")


def _items(kind: str) -> Iterator[dict[str, object]]:
    item = invented(kind, _WEB)
    other = {name: _other(value) for name, value in item.items()}
    for each in (item, other):
        yield each
        yield {name: (not part) if isinstance(part, bool) else part for name, part in each.items()}


def _other(value: object) -> object:
    """Another value of the same kind."""
    match value:
        case bool():
            return value
        case int() | float():
            return value + 1
        case str() if _DATE.match(value):
            return f"{value[:8]}{'12' if value[8:10] == '11' else '11'}{value[10:]}"
        case str():
            return f"{value}2"
    return value


def objection(query: str, scope: Scope, show: Callable[[Answer], object]) -> str:
    """Why a query can't be evaluated or shown, whatever Taiga holds; empty if it can.

    Args:
        query: an expression, or a block's clauses.
        scope: what it can see; the rows are invented.
        show: renders an answer.
    """
    try:
        show(evaluate(query, replace(scope, source=Invented())))
    except TaigaNotesError as error:
        return "" if _comes_of_nil(error) else f"{error}"
    return ""


def _comes_of_nil(error: TaigaNotesError) -> bool:
    computed = isinstance(error, QueryError) and isinstance(error.__cause__, Mistake)
    return computed and "nil" in error.message
