"""Whole lists: in one answer where that works, by pages where not, and never in part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taiga_notes.errors import SourceError, UnreachableError
from taiga_notes.taiga.auth.credentials import FixedToken
from taiga_notes.taiga.http import client as client_module
from taiga_notes.taiga.http import pagination
from taiga_notes.taiga.http.client import Client
from tests.fake_taiga import Taiga, populate, serve
from tests.tables import each, others_slow
from tests.taiga.scripted import Script, Time, client, reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Rows = list[dict[str, int]]
UNPAGED = "x-disable-pagination"


def _rows(start: int, end: int) -> Rows:
    return [{"id": number} for number in range(start, end)]


def _paging(
    rows: Callable[[], Rows], *, cap: int = 1000, headers: dict[str, str] | None = None
) -> Callable[[httpx.Request], httpx.Response]:
    """A server that pages as Taiga does, and has lost the header that says not to."""

    def answer(request: httpx.Request) -> httpx.Response:
        asked = request.url.params
        size = min(int(asked.get("page_size", "30")), cap)
        page = int(asked.get("page", "1"))
        found = rows()
        here = found[(page - 1) * size : page * size]
        if page > 1 and not here:
            return reply(404, {"_error_message": "Page is not 'last'"})
        told = {
            "x-paginated": "true",
            "x-paginated-by": str(size),
            "x-pagination-count": str(len(found)),
            "x-pagination-current": str(page),
            "X-Pagination-Next": "https://evil.example/api/v1/userstories?page=2",
        }
        return reply(200, here, headers=told if headers is None else headers)

    return answer


@pytest.fixture(scope="module")
def big() -> Iterator[tuple[Taiga, Client]]:
    taiga = Taiga()
    populate(taiga, stories=1000)
    ada = next(user for user in taiga.users.values() if user.username == "ada")
    with serve(taiga) as server:
        auth = FixedToken("Bearer", taiga.token(ada), "X")
        with Client(server.url, auth, backoff=Time().backoff()) as client:
            yield taiga, client


# --- against Taiga ---


@pytest.mark.slow
def test_a_list_of_a_thousand_stories_comes_whole_in_one_answer(big: tuple[Taiga, Client]) -> None:
    taiga, client = big
    taiga.log.clear()
    rows = client.listing("/userstories", {"project__slug": "acme"}, expected=1000)
    assert len({row["id"] for row in rows}) == 1000
    assert len(taiga.log.entries("/userstories")) == 1


@pytest.mark.slow
def test_pages_give_the_same_rows_in_the_same_order(
    big: tuple[Taiga, Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, client = big
    monkeypatch.setattr(pagination, "PAGE_ROWS", 130)
    paged = client.listing("/userstories", {"project__slug": "acme"}, expected=10**6)
    assert paged == client.listing("/userstories", {"project__slug": "acme"})


def test_a_large_list_is_read_by_pages_from_the_start(
    big: tuple[Taiga, Client],
) -> None:
    taiga, client = big
    taiga.log.clear()
    client.listing("/userstories", expected=client_module.UNPAGED_ROWS + 1)
    entries = taiga.log.entries("/userstories")
    assert [UNPAGED in entry.headers for entry in entries] == [False]


@pytest.mark.parametrize(
    "fault",
    others_slow(
        ["gateway timeout", "cut", "bad gateway", "reset", "half json", "html", "empty"], 2
    ),
)
def test_a_list_too_large_for_the_server_comes_by_pages(
    big: tuple[Taiga, Client], fault: str
) -> None:
    taiga, client = big
    taiga.faults.add(fault, path="/userstories")
    taiga.log.clear()
    assert len(client.listing("/userstories")) == 1000
    assert len(taiga.log.entries("/userstories")) == 2


def test_the_callers_page_is_ignored(big: tuple[Taiga, Client]) -> None:
    _, client = big
    assert len(client.listing("/userstories", {"page": "2", "page_size": "10"})) == 1000


@pytest.mark.slow
def test_a_page_that_lost_a_row_is_noticed(
    big: tuple[Taiga, Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    taiga, client = big
    monkeypatch.setattr(pagination, "PAGE_ROWS", 400)
    taiga.faults.add("short list", path="page=2")
    rows = client.listing("/userstories", expected=10**6)
    assert len({row["id"] for row in rows}) == 1000


def test_an_empty_list_is_empty(big: tuple[Taiga, Client]) -> None:
    _, client = big
    assert client.listing("/userstories", {"project": "999"}) == []
    assert client.listing("/userstories", {"project": "999"}, expected=10**6) == []


# --- against servers of all kinds ---


@given(count=st.integers(0, 60), cap=st.integers(1, 20), told=st.booleans())
def test_every_row_comes_once_whatever_the_page_size(count: int, cap: int, *, told: bool) -> None:
    headers: dict[str, str] | None = None if told else {}
    script = Script(_paging(lambda: _rows(0, count), cap=cap, headers=headers))
    rows = client(script).listing("/x", expected=10**6)
    assert rows == _rows(0, count)
    assert {request.url.host for request in script.requests} == {"taiga.example"}


def test_a_lost_header_is_noticed() -> None:
    script = Script(_paging(lambda: _rows(0, 2500)))
    assert client(script).listing("/x") == _rows(0, 2500)
    assert [request.url.params.get("page") for request in script.requests] == [None, "1", "2", "3"]


def test_a_list_that_grows_while_it_is_read_is_read_again() -> None:
    states = iter([_rows(1, 2001), _rows(0, 2001), _rows(0, 2001)])
    state: list[Rows] = [[]]

    def changing() -> Rows:
        state[0] = next(states, state[0])
        return state[0]

    rows = client(Script(_paging(changing))).listing("/x", expected=10**6)
    assert rows == _rows(0, 2001)


def test_a_list_that_shrinks_while_it_is_read_is_read_again() -> None:
    states = iter([_rows(0, 1001), _rows(0, 900), _rows(0, 900)])
    state: list[Rows] = [[]]

    def changing() -> Rows:
        state[0] = next(states, state[0])
        return state[0]

    rows = client(Script(_paging(changing))).listing("/x", expected=10**6)
    assert rows == _rows(0, 900)


def test_a_list_that_never_stands_still_is_given_up() -> None:
    length = iter(range(1500, 9000, 7))
    script = Script(_paging(lambda: _rows(0, next(length))))
    with pytest.raises(UnreachableError, match="changed while it was read, 3 times over"):
        client(script).listing("/x", expected=10**6)


def test_a_row_that_comes_twice_makes_the_reading_invalid() -> None:
    twice = [*_rows(0, 1000), {"id": 999}]
    with pytest.raises(UnreachableError, match="changed while it was read"):
        client(Script(_paging(lambda: twice))).listing("/x", expected=10**6)


def test_rows_without_ids_are_counted_only() -> None:
    rows: list[Any] = [{"name": "x"}] * 1500
    assert client(Script(_paging(lambda: rows))).listing("/x", expected=10**6) == rows


def test_a_list_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pagination, "MAX_ROWS", 5000)

    def endless(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params.get("page", "1"))
        return reply(200, _rows(page * 1000, page * 1000 + 1000))

    script = Script(reply(200, _rows(0, 1000), headers={"x-paginated": "true"}), endless)
    with pytest.raises(SourceError, match=r"is longer than 5,000 rows \(let a filter leave"):
        client(script).listing("/x", expected=10**6)
    assert len(script.requests) == 6


@each("count", ["-1", "1e3", "many", "9" * 30, ""])
def test_a_count_that_is_none_is_ignored(count: str) -> None:
    told = {"x-paginated": "true", "x-pagination-count": count, "x-paginated-by": count}
    script = Script(_paging(lambda: _rows(0, 1001), headers=told))
    assert client(script).listing("/x") == _rows(0, 1001)


@each("data", [{}, None, "x", [1], [{"id": 1}, None], [["id", 1]]])
@each("expected", [0, 10**6])
def test_what_is_no_list_of_objects_is_refused(data: object, expected: int) -> None:
    with pytest.raises(SourceError, match=r"^/projects/1 is no list of items"):
        client(Script(reply(200, data))).listing("/projects/1", expected=expected)


@pytest.mark.parametrize("expected", [0, 10**6])
@pytest.mark.parametrize("status", [403, 404])
def test_a_refusal_of_the_list_is_final(status: int, expected: int) -> None:
    script = Script(reply(status, {"_error_message": "no"}))
    with pytest.raises(SourceError, match=f"answered {status}"):
        client(script).listing("/x", expected=expected)
    assert len(script.requests) == 1


def test_a_throttled_list_is_waited_for_and_not_paged() -> None:
    script = Script(reply(429, {}, headers={"Retry-After": "5"}), reply(200, _rows(0, 3)))
    assert client(script).listing("/x") == _rows(0, 3)
    assert UNPAGED in script.requests[1].headers
    script = Script(reply(429, {}, headers={"Retry-After": "500"}))
    with pytest.raises(UnreachableError, match="throttling"):
        client(script).listing("/x")
    assert len(script.requests) == 1


def test_an_answer_beyond_the_bound_comes_by_pages() -> None:
    script = Script(reply(200, _rows(0, 9000)), _paging(lambda: _rows(0, 2500)))
    assert client(script, max_bytes=50_000).listing("/x") == _rows(0, 2500)


def test_a_server_that_is_not_there_is_tried_a_bounded_number_of_times() -> None:
    script = Script(httpx.ConnectError("refused"))
    with pytest.raises(UnreachableError):
        client(script).listing("/x")
    assert len(script.requests) == 1 + client_module.SILENT_ATTEMPTS


# --- servers without end ---


@each("count", [5, 1_999, 2_500])
@each("size", ["1", "30", "1000"])
def test_more_rows_than_the_server_counts_are_not_read_for_ever(count: int, size: str) -> None:
    def endless(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params.get("page", "1"))
        told = {"x-paginated": "true", "x-paginated-by": size, "x-pagination-count": str(count)}
        return reply(200, _rows(page * 1000, page * 1000 + 1000), headers=told)

    script = Script(endless)
    with pytest.raises(UnreachableError, match="changed while it was read"):
        client(script).listing("/userstories")
    assert len(script.requests) <= 1 + pagination.READINGS * 3


@pytest.mark.parametrize("count", [None, "2000", "999999"])
def test_the_same_page_again_and_again_is_not_read_for_ever(count: str | None) -> None:
    told = {"x-paginated": "true"} | ({"x-pagination-count": count} if count else {})
    script = Script(reply(200, _rows(0, 1000), headers=told))
    with pytest.raises(UnreachableError, match="changed while it was read"):
        client(script).listing("/userstories")
    assert len(script.requests) == 1 + pagination.READINGS * 2


def test_a_count_beyond_all_bounds_is_told_at_once() -> None:
    told = {"x-paginated": "true", "x-pagination-count": "999999999"}
    script = Script(reply(200, _rows(0, 1), headers=told))
    with pytest.raises(SourceError, match="is longer than 1,000,000 rows"):
        client(script).listing("/userstories")
    assert len(script.requests) == 2


def test_a_row_a_page_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def one_by_one(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params.get("page", "1"))
        told = {"x-paginated": "true", "x-pagination-count": "900000"}
        return reply(200, _rows(page, page + 1), headers=told)

    monkeypatch.setattr(pagination, "MAX_PAGES", 20)
    script = Script(one_by_one)
    with pytest.raises(SourceError, match="is longer than"):
        client(script).listing("/userstories")
    assert len(script.requests) == 22


# --- gateways that drop the headers of both ways ---


CAPPED = [
    *((count, 30) for count in (30, 1_030)),
    *((count, 100) for count in (30, 1_000, 1_098)),
    *((count, 1_000) for count in (1_000, 1_030, 3_000)),
]
"""How many rows a list has and an answer at most: each of either, in full pages and not."""


@each(("count", "cap"), CAPPED)
def test_no_page_passes_for_the_whole_list(count: int, cap: int) -> None:
    script = Script(_paging(lambda: _rows(0, count), cap=cap, headers={}))
    assert client(script).listing("/x") == _rows(0, count)


def test_a_whole_list_of_as_many_rows_as_a_page_is_asked_for_once_more_only() -> None:
    def unpaged(request: httpx.Request) -> httpx.Response:
        paged = int(request.url.params.get("page", "1")) > 1
        return reply(404, {"_error_message": "x"}) if paged else reply(200, _rows(0, 1000))

    script = Script(unpaged)
    assert client(script).listing("/x") == _rows(0, 1000)
    assert [request.url.params.get("page") for request in script.requests] == [None, "2"]
    assert client(script).listing("/x", expected=1000) == _rows(0, 1000)
    assert len(script.requests) == 3, "the count proves it as well"


@pytest.mark.parametrize("count", [10, 1000])
def test_a_list_that_has_no_pages_is_whole(count: int) -> None:
    script = Script(reply(200, _rows(0, count)))
    assert client(script).listing("/x") == _rows(0, count)
    assert len(script.requests) == 2
