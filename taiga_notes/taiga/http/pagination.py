"""A list of many pages, read whole and checked to be whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TypeGuard

from taiga_notes.errors import RefusedError, SourceError, UnreachableError
from taiga_notes.system import progress
from taiga_notes.taiga.http import responses
from taiga_notes.taiga.http.requests import ApiResponse

PAGE_ROWS = 1_000
"""Rows of a page: Taiga's largest (it takes more for 1,000 silently)."""

MAX_ROWS = 1_000_000
"""Of a list; more is no list of notes' interest, or a server that never ends."""

MAX_PAGES = 5_000
"""Of a list, whatever its count: Taiga gives 30 rows to a page, and 1,000 where it is asked to."""

_ROUND = 10

READINGS = 3
"""How often a list that changes while it is read is begun anew."""

Item = dict[str, object]


Get = Callable[[str, Mapping[str, str]], ApiResponse]
"""GET a path with its parameters."""


@dataclass(frozen=True, slots=True)
class _RowsPage:
    rows: list[Item]
    count: int | None
    size: int


def read_pages(
    get: Get, path: str, params: Mapping[str, str], rows: list[Item] | None = None
) -> list[Item]:
    """The whole list, page by page.

    Pages are counted here: the address that Taiga gives for the next one may name another host.

    Args:
        get: asks for one.
        path: of the list.
        params: its parameters.
        rows: of pages that came before, each of `PAGE_ROWS`; those that come are added to them,
            also where an error ends the reading.

    Raises:
        UnreachableError: rows moved from page to page, in each of `READINGS` readings.
        SourceError: whatever `get` raises; no list of objects; more than `MAX_ROWS`.
    """
    rows = [] if rows is None else rows
    for _ in range(READINGS):
        if _whole(rows, _read_on(get, path, params, rows)):
            return rows
        rows.clear()
    raise UnreachableError(
        f"the list {path} changed while it was read, {READINGS} times over", hint="try again later"
    )


def are_full(rows: list[Item]) -> bool:
    """Whether these are the rows of whole pages, so that the next page follows them."""
    return bool(rows) and len(rows) % PAGE_ROWS == 0


def may_be_page(rows: list[Item]) -> bool:
    """Whether these may be the first page of more, where nothing tells of pages.

    A gateway may have dropped both the header that asks for the whole list and those that tell of
    pages. Taiga's are of 30 and of 1,000 rows; no server's are of another than a round number.
    """
    return 0 < len(rows) <= PAGE_ROWS and len(rows) % _ROUND == 0


def goes_on(get: Get, path: str, params: Mapping[str, str], first: list[Item]) -> bool:
    """Whether a list has a second page: a list without pages gives the same rows again.

    Raises:
        SourceError: whatever `get` raises.
    """
    return _page(get, path, params, 2).rows not in ([], first)


def _read_on(get: Get, path: str, params: Mapping[str, str], rows: list[Item]) -> set[int]:
    """Add the rows of the pages that are left; how many there are by what the pages say."""
    counts: set[int] = set()
    before: list[Item] = []
    number = len(rows) // PAGE_ROWS
    while True:
        number += 1
        page = _page(get, path, params, number)
        rows.extend(page.rows)
        counts |= set() if page.count is None else {page.count}
        progress.tell(path.strip("/"), len(rows), page.count)
        if max(len(rows), page.count or 0) > MAX_ROWS or number > MAX_PAGES:
            raise SourceError(
                f"the list {path} is longer than {MAX_ROWS:,} rows", hint=responses.ASK_FOR_LESS
            )
        if _is_last(page, number) or _is_endless(page, before, len(rows)):
            return counts
        before = page.rows


def _is_endless(page: _RowsPage, before: list[Item], rows: int) -> bool:
    """Whether more pages would be of no use: `_whole` finds that these are not.

    There are more rows than the server counts, or it gives the same page again and again.
    """
    again = page.rows == before and any("id" in row for row in before)
    return again or (page.count is not None and rows > page.count)


def _page(get: Get, path: str, params: Mapping[str, str], number: int) -> _RowsPage:
    asked = {**params, "page_size": str(PAGE_ROWS), "page": str(number)}
    try:
        answer = get(path, asked)
    except RefusedError as error:
        if number > 1 and error.status == HTTPStatus.NOT_FOUND:
            # The list has become shorter since its first page.
            return _RowsPage([], None, 0)
        raise
    rows = rows_of(answer.data, path)
    # By the server's own word: it may give fewer rows to a page than it is asked for.
    size = _whole_number(answer.headers.get("x-paginated-by", ""))
    return _RowsPage(
        rows, _whole_number(answer.headers.get("x-pagination-count", "")), size or len(rows)
    )


def _is_last(page: _RowsPage, number: int) -> bool:
    return not page.rows or (page.count is not None and number * page.size >= page.count)


def _whole(rows: list[Item], counts: set[int]) -> bool:
    # A page is the rows from a number on: one that comes or goes meanwhile moves all behind it, so
    # that some row is there twice, or is missing, and then the count is off.
    return are_distinct(rows) and counts <= {len(rows)}


def are_distinct(rows: list[Item]) -> bool:
    """Whether no item is among them twice; what stands in another's place hides that it lacks."""
    ids = [number for row in rows if isinstance(number := row.get("id"), int)]
    return len(set(ids)) == len(ids)


def are_items(rows: list[Item]) -> bool:
    """Whether each is an item of Taiga's: it has a number, and no other has the same."""
    return are_distinct(rows) and all(is_id(row.get("id")) for row in rows)


def is_id(value: object) -> TypeGuard[int]:
    """Whether that is a number by which Taiga knows something."""
    # No bool, which Python takes for a number.
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def _whole_number(text: str) -> int | None:
    return (
        int(text) if text.isascii() and text.isdecimal() and len(text) < len("1000000000") else None
    )


def rows_of(data: object, path: str) -> list[Item]:
    """`data` as rows.

    Raises:
        SourceError: it is no list of objects.
    """
    if isinstance(data, list) and all(isinstance(row, dict) for row in data):
        return data
    raise SourceError(f"{path} is no list of items", hint="only Taiga's lists can be queried")
