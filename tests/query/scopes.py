"""What the tests evaluate queries in: tables in memory, and templates that need no Jinja."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from taiga_notes.model.rows import Table
from taiga_notes.query import QueryClock, Scope, evaluate
from tests.without_details import WithoutDetails

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from taiga_notes.model.rows import Listing, Row, Rows

NOW = datetime(2026, 11, 22, 1, 30, tzinfo=timezone(timedelta(hours=2)))
"""Half past one at night, when it is still the day before in UTC."""


class Lists(WithoutDetails):
    """A source that gives the same rows for every list, and notes what it was asked for."""

    def __init__(self, rows: Rows | dict[str, Rows], me: Row | None = None) -> None:
        self._rows = rows
        self._me = me or {}
        self.asked: list[Listing] = []

    def rows(self, listing: Listing, /) -> Rows:
        self.asked.append(listing)
        return self._rows[listing.kind] if isinstance(self._rows, dict) else self._rows

    def me(self, _server: str = "", /) -> Row:
        return self._me


def lines(template: str, rows: Sequence[Any]) -> str:
    return "".join(f"{template}: {row}\n" for row in rows)


def scope(
    rows: Sequence[Any] = (),
    kind: str = "userstories",
    *,
    me: Row | None = None,
    page: Mapping[str, object] | None = None,
    presets: Mapping[str, str] | None = None,
    render: Callable[[str, Sequence[Any]], str] | None = lines,
    project: str | int | None = "acme",
) -> Scope:
    return Scope(
        Lists(Table(rows, kind), me),
        QueryClock(NOW),
        project=project,
        page=page or {},
        presets=presets or {},
        render=render,
    )


def value(text: str, rows: Sequence[Any] = (), kind: str = "userstories", **more: Any) -> Any:
    return evaluate(text, scope(rows, kind, **more)).value
