"""Taiga is asked once more what it was asked: only the very same answers count. On real sockets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from taiga_notes.config.settings import UserConfig
from taiga_notes.errors import UnreachableError
from taiga_notes.taiga.auth.credentials import Anonymous, FixedToken
from taiga_notes.taiga.http import known_answers
from taiga_notes.taiga.http.client import Client
from taiga_notes.taiga.http.known_answers import LARGEST, MOST, AskedAgain, line_of, worth_asking
from tests.tables import each
from tests.wire import answering, connect_proxy, dead_port, trickling, wire

if TYPE_CHECKING:
    from pathlib import Path

    from taiga_notes.taiga.http.requests import KnownAnswer, Post

STORIES = [{"id": 1, "subject": "Größe"}]
COUNTED = {"X_Pagination_Count": "12"}
OK = answering(200, STORIES, **COUNTED)


def asked(client: Client) -> list[KnownAnswer]:
    """What a client knows of its answers."""
    client.get("/userstories", {"project": "1", "page_size": "1"})
    assert worth_asking(client.statistics.answers, client.statistics.requests)
    return [*client.statistics.answers]


def user(folder: Path, api: str, **how: Any) -> UserConfig:
    return UserConfig(folder / "config.toml", api=api, **how)


@pytest.fixture
def known() -> list[KnownAnswer]:
    with wire(OK) as server, Client(server.url(), Anonymous()) as client:
        return asked(client)


def test_the_same_request_is_sent_and_the_same_answer_counts(
    known: list[KnownAnswer], tmp_path: Path
) -> None:
    with wire(OK) as server:
        how = user(tmp_path, server.url(), language="de", headers={"X-Gate": "open"})
        assert AskedAgain(how, FixedToken("Bearer", "abc", "X")).is_same(known)
        [head] = server.heads
    begin, *lines = head.decode().split("\r\n")
    assert begin == "GET /api/v1/userstories?project=1&page_size=1 HTTP/1.1"
    assert {
        *("Authorization: Bearer abc", "Accept-Language: de", "X-Gate: open"),
        *("Accept-Encoding: identity", f"Host: {server.host}"),
    } <= {*lines}
    assert line_of(known[0], server.url()) == "GET /userstories?project=1&page_size=1"


@each(
    "answer",
    [
        answering(200, [{"id": 1, "subject": "Grösse"}], **COUNTED),
        answering(200, [*STORIES, *STORIES], **COUNTED),
        answering(200, "x" * LARGEST, **COUNTED),
        answering(200, STORIES, X_Pagination_Count="13"),
        answering(200, STORIES, Content_Encoding="br", **COUNTED),
        answering(401, STORIES, **COUNTED),
        answering(302, STORIES, Location="http://elsewhere.example/", **COUNTED),
        trickling(b"220 ready\r\n", b"x"),
        trickling(b"HTTP/1.1 200 OK\r\nX-Pagination-Count: 12\r\n\r\n", b""),
    ],
    ids=["body", "longer", "large", "count", "packed", "refused", "moved", "no HTTP", "no end"],
)
def test_whatever_is_not_that_answer_is_none_of_it(
    answer: Any, known: list[KnownAnswer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(known_answers, "PATIENCE", 0.5)
    with wire(answer) as server:
        assert not AskedAgain(user(tmp_path, server.url()), Anonymous()).is_same(known)
        assert len(server.heads) == 1


def test_nobody_there_is_no_answer(known: list[KnownAnswer], tmp_path: Path) -> None:
    with dead_port() as port:
        how = user(tmp_path, f"http://127.0.0.1:{port}/api/v1")
        assert not AskedAgain(how, Anonymous()).is_same(known)


def test_it_goes_the_way_that_all_requests_go(known: list[KnownAnswer], tmp_path: Path) -> None:
    with wire(OK) as server, wire(connect_proxy) as between:
        how = user(tmp_path, server.url(), proxy=f"http://{between.host}")
        assert AskedAgain(how, Anonymous()).is_same(known)
        assert between.connections == 1


def test_no_session_is_renewed_for_it(known: list[KnownAnswer], tmp_path: Path) -> None:
    class Ending(Anonymous):
        def authorization(self, post: Post, /) -> str:
            post("/auth/refresh", {})
            return ""

    with wire(OK) as server:
        with pytest.raises(UnreachableError):
            AskedAgain(user(tmp_path, server.url()), Ending()).is_same(known)
        assert server.heads == []


def test_only_what_is_little_and_known_as_a_whole_is_worth_it(known: list[KnownAnswer]) -> None:
    [one] = known
    assert worth_asking([one] * MOST, MOST)
    assert not worth_asking([], 0)
    assert not worth_asking([one], 2)
    assert not worth_asking([one] * (MOST + 1), MOST + 1)
    assert not worth_asking([(*one[:2], LARGEST, 0), one], 2)


def test_of_a_large_answer_or_one_to_special_headers_nothing_is_known() -> None:
    with wire(answering(200, "x" * LARGEST)) as server, Client(server.url(), Anonymous()) as client:
        client.get("/x")
    with wire(OK) as server, Client(server.url(), Anonymous()) as other:
        other.get("/x", headers={"x-disable-pagination": "1"})
    assert not client.statistics.answers
    assert not other.statistics.answers


def test_what_was_answered_need_not_be_asked_for_again_at_once(
    known: list[KnownAnswer], tmp_path: Path
) -> None:
    with wire(answering(200, [], **COUNTED)) as server:
        again = AskedAgain(user(tmp_path, server.url()), Anonymous())
        assert not again.is_same(known)
    # Of a server that is gone by now.
    with Client(server.url(), Anonymous(), fresh=again.fresh, max_wait=0) as client:
        asked(client)
        reply = client.statistics.answers[0]
        with pytest.raises(UnreachableError):
            asked(client)
    assert reply != known[0]
