"""Pages of a list, and the headers that tell of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tests.fake_taiga.web.problems import not_found

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.fake_taiga.web.messages import Headers, Request

DEFAULT_SIZE = 30
LARGEST_SIZE = 1000
_NO_PAGE = "Page is not 'last', nor can it be converted to an int."
_Row = TypeVar("_Row")


def paginate(request: Request, rows: Sequence[_Row]) -> tuple[Sequence[_Row], Headers]:
    """The rows of the page that was asked for, and its headers.

    `x-disable-pagination` gives all, whatever it says. `x-lazy-pagination` spares the count.

    Raises:
        Problem: 404: no such page.
    """
    if "x-disable-pagination" in request.headers:
        return rows, []
    size = _size(request.query.get("page_size"))
    lazy = "x-lazy-pagination" in request.headers
    last = max(1, -(-len(rows) // size))
    number = _number(request.query.get("page") or "1", last, lazy=lazy)
    start = (number - 1) * size
    return rows[start : start + size], _headers(request, len(rows), size, number, last, lazy=lazy)


def _size(text: str) -> int:
    try:
        size = int(text)
    except ValueError:
        return DEFAULT_SIZE
    return min(size, LARGEST_SIZE) if size > 0 else DEFAULT_SIZE


def _number(text: str, last: int, *, lazy: bool) -> int:
    if text == "last":
        return last
    try:
        number = int(text)
    except ValueError:
        raise not_found(_NO_PAGE) from None
    if number < 1 or (number > last and not lazy):
        raise not_found(_NO_PAGE)
    if number > last:
        raise not_found(f"Invalid page ({number}): That page contains no results")
    return number


def _headers(
    request: Request, count: int, size: int, number: int, last: int, *, lazy: bool
) -> Headers:
    headers = [] if lazy else [("x-pagination-count", str(count))]
    headers += [
        ("x-paginated", "true"),
        ("x-paginated-by", str(size)),
        ("x-pagination-current", str(number)),
    ]
    if number < last:
        headers.append(("X-Pagination-Next", _address(request, number + 1)))
    if number > 1:
        headers.append(("X-Pagination-Prev", _address(request, number - 1)))
    return headers


def _address(request: Request, number: int) -> str:
    return f"{request.base_url}{request.path}?{request.query.replacing('page', number)}"
