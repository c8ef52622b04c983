"""Lists that nobody fetched, for who looks at what a query says and has no Taiga at hand.

What is wrong with a query whatever Taiga holds is wrong with these rows, too.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from taiga_notes.model.details import Details
from taiga_notes.model.enrich import invented
from taiga_notes.model.kinds import KINDS, ME, PARTS, VALUES, joins_of
from taiga_notes.model.rows import Table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taiga_notes.model.details import DetailRequest
    from taiga_notes.model.rows import Listing, Row, Rows

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_WEB = "https://taiga.example"


class Invented:
    """A source that has a few items of each kind, all of whose fields have a value.

    Whatever a query filters by, there are several or none: one value is what it gives if it says
    so itself, by `limit 1` or an aggregate.
    """

    def rows(self, listing: Listing, /) -> Rows:
        """See `Source.rows`; a list by its path has the kind that the path begins with."""
        kind = _kind(listing)
        return Table([*_items(kind)], kind) if kind in KINDS else Table([], _own_part(kind))

    def me(self, _server: str = "", /) -> Row:
        """See `Source.me`."""
        return dict.fromkeys(ME, "ann")

    def details(self, request: DetailRequest, /) -> Details:
        """See `Source.details`: of each item what is the example of its kind."""
        example = joins_of(request.kind)[request.piece].field.example
        return Details(dict.fromkeys(request.items, example))


class Empty:
    """A source whose lists are all empty, each of its own kind; the account has every field."""

    def rows(self, listing: Listing, /) -> Rows:
        """See `Source.rows`."""
        kind = _kind(listing)
        return Table([], kind if kind in KINDS else _own_part(kind))

    def me(self, _server: str = "", /) -> Row:
        """See `Source.me`."""
        return {name: field.example for name, field in ME.items()}

    def details(self, _request: DetailRequest, /) -> Details:
        """See `Source.details`."""
        return Details()


def _kind(listing: Listing) -> str:
    return listing.kind or listing.path.strip("/").partition("?")[0]


def _own_part(kind: str) -> str:
    """A part of a project that queries can name; of its values nothing is known."""
    return kind if kind in PARTS and kind != VALUES.name else ""


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
