"""The client: every answer becomes data or one clear error, and nothing goes to another host."""

from __future__ import annotations

import gzip
import io
import json
import logging
import socket
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from taiga_notes.config.settings import UserConfig
from taiga_notes.errors import (
    ConfigError,
    LoginError,
    RefusedError,
    SourceError,
    TaigaNotesError,
    UnreachableError,
)
from taiga_notes.taiga.auth.credentials import Anonymous, FixedToken
from taiga_notes.taiga.http.client import Client
from taiga_notes.taiga.http.requests import LATEST, ApiRequest, Backoff
from tests.fake_taiga import Taiga, populate, serve
from tests.tables import each
from tests.taiga.scripted import API, Script, Time, client, recorded, reply

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fake_taiga import Server

TOKEN = "abc-S3CRET-xyz"
HTML = httpx.Response(200, text="<!doctype html><title>Log in to the hotel's network</title>")


@pytest.fixture
def taiga() -> Taiga:
    return Taiga()


@pytest.fixture
def server(taiga: Taiga) -> Iterator[Server]:
    with serve(taiga) as server:
        yield server


def _client(server: Server, **options: Any) -> Client:
    time = Time()
    options = {"backoff": Backoff(30.0, time.sleep, chance=lambda: 0.5), **options}
    return Client(server.url, options.pop("auth", Anonymous()), **options)


# --- what every request carries ---


def test_a_request_carries_the_account_the_language_and_its_parameters_encoded() -> None:
    script = Script(reply(200, []))
    with client(script, auth=FixedToken("Bearer", TOKEN, "X")) as taiga:
        taiga.get("/userstories", {"q": "a+b &c", "modified_date__gte": "2026-11-22T03:48:39.379Z"})
    (request,) = script.requests
    assert str(request.url) == (
        f"{API}/userstories?q=a%2Bb+%26c&modified_date__gte=2026-11-22T03%3A48%3A39.379Z"
    )
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["accept-language"] == "en"
    assert request.headers["accept"] == "application/json"
    assert request.headers["cache-control"] == "no-cache"


def test_the_users_language_is_asked_for(tmp_path: Path) -> None:
    user = UserConfig(tmp_path / "config.toml", api=API, language="de")
    script = Script(reply(200, []))
    with Client.of(user, Anonymous()) as taiga:
        taiga._transport = script
        taiga.get("/userstories")
    assert script.requests[0].headers["accept-language"] == "de"


def test_an_anonymous_request_carries_no_account() -> None:
    script = Script(reply(200, []))
    client(script).get("/userstories")
    assert "authorization" not in script.requests[0].headers


@pytest.mark.parametrize("path", ["/auth", "/auth/refresh"])
def test_a_login_never_carries_an_account(path: str) -> None:
    """Taiga refuses a login whose header holds a stale token, whatever its body says."""
    script = Script(recorded("auth/ok"))
    client(script, auth=FixedToken("Bearer", TOKEN, "X")).post(path, {"type": "normal"})
    assert "authorization" not in script.requests[0].headers


def test_other_posts_carry_the_account() -> None:
    script = Script(recorded("webhooks/create"))
    client(script, auth=FixedToken("Bearer", TOKEN, "X")).post("/webhooks", {"name": "hook"})
    assert script.requests[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert json.loads(script.requests[0].content) == {"name": "hook"}


def test_no_credentials_come_from_netrc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login someone password something\n")
    monkeypatch.setenv("NETRC", str(netrc))
    script = Script(reply(200, []))
    client(script).get("/userstories")
    assert "authorization" not in script.requests[0].headers


@each(
    "path",
    [
        *("", "userstories", "//evil.example/x", "/a//b", "/..", "/a/../b", "/a/.", "/%2e%2E/x"),
        *("/a%2f%2fb", "/a?project=1", "/a#b", "/a\\b", "/a b", "/a\r\nHost: evil", "/ü", "/a%5Cb"),
        *("https://evil.example/api/v1/userstories", "@evil.example", "/a/", "/a%zz"),
    ],
)
def test_no_path_leads_out_of_the_api(path: str) -> None:
    script = Script(reply(200, []))
    with pytest.raises(SourceError, match="is no path below Taiga's API"):
        client(script).get(path)
    assert script.requests == []


@given(path=st.text(alphabet="/.%2eEfF5cab?#@:\\", max_size=12))
def test_whatever_the_path_the_request_stays_below_the_api(path: str) -> None:
    script = Script(reply(200, []))
    try:
        client(script).get(f"/{path}")
    except SourceError:
        return
    url = script.requests[0].url
    assert (url.scheme, url.host, url.query) == ("https", "taiga.example", b"")
    assert url.path.startswith("/api/v1/")


@each(
    "api", ["", "taiga.example", "ftp://taiga.example", "https://u:p@taiga.example", "http://[::1"]
)
def test_an_api_must_be_an_address(api: str) -> None:
    with pytest.raises(ConfigError, match="the API's address must be an address such as"):
        Client(api, Anonymous())


# --- errors: the recordings ---


@each(
    ("recording", "kind", "message"),
    [
        (
            "userstories/400_project_not_int",
            RefusedError,
            "Taiga answered 400 to /x: 'project' must be an integer value",
        ),
        ("userstories/400_invalid_status", RefusedError, "status: Invalid pk '999999' - object"),
        ("auth/err_bad_json", RefusedError, "400 to /x: JSON parse error - Expecting property"),
        ("auth/err_missing_type", RefusedError, "invalid login type"),
        ("occ/400_missing_version", RefusedError, "version: The version parameter is not valid"),
        ("401_anonymous_users_me", LoginError, "Taiga shows this to an account only"),
        ("401_spanish", LoginError, "Taiga shows this to an account only"),
        (
            "403_outsider_private_project",
            RefusedError,
            r"403 to /x: You do not have permission .* \(this account has no right to read that\)",
        ),
        ("404_userstory", RefusedError, "404 to /x: No UserStory matches the given query"),
        ("projects/by_slug_404", RefusedError, r"404 to /x \(it does not exist, or is not visible"),
        ("userstories/404_page", RefusedError, "Page is not 'last', nor can it be converted"),
        (
            "404_unknown_route_debug_off",
            UnreachableError,
            r"^not Taiga: 'Not Found' answered 404 to /x \(is `api` right\?",
        ),
        ("451_blocked_post", RefusedError, "451 to /x: Blocked element"),
        (
            "429_throttled_read",
            UnreachableError,
            "throttling this account or address for another 55",
        ),
        ("500_debug_off", UnreachableError, "failed with 500 on /x: Server application error"),
        (
            "500_bad_date_debug_off",
            UnreachableError,
            r"failed with 500 on /x: .* \(the server's fault, or",
        ),
    ],
)
def test_each_recorded_error_becomes_one_of_ours(
    recording: str, kind: type[TaigaNotesError], message: str
) -> None:
    with pytest.raises(kind, match=message) as caught:
        client(Script(recorded(recording))).get("/x")
    assert type(caught.value.__cause__) in {type(None), RefusedError}


def test_a_refusal_carries_taigas_stable_name() -> None:
    with pytest.raises(RefusedError) as caught:
        client(Script(recorded("auth/err_wrong_password"))).post("/auth", {})
    assert (caught.value.status, caught.value.code) == (401, "invalid_credentials")


@each("status", [400, 403, 404, 405, 406, 410, 415, 451])
def test_a_refusal_is_final(status: int) -> None:
    script, time = Script(reply(status, {"_error_message": "no"})), Time()
    with pytest.raises(RefusedError):
        client(script, time=time).get("/x")
    assert (len(script.requests), time.sleeps) == (1, [])


def test_a_secret_in_the_servers_words_is_not_repeated() -> None:
    said = reply(403, {"_error_message": f"token {TOKEN} may not"})
    with pytest.raises(RefusedError) as caught:
        client(Script(said), auth=FixedToken("Bearer", TOKEN, "X")).get("/x")
    assert TOKEN not in str(caught.value)
    with pytest.raises(RefusedError) as caught:
        client(Script(reply(400, {"password": ["pa55word is too short"]}))).post(
            "/auth", {"username": "ann", "password": "pa55word"}
        )
    assert "pa55word" not in f"{caught.value}{caught.value!r}"


# --- 401 ---


class Renewing:
    """Credentials of which the first are stale."""

    def __init__(self) -> None:
        self.refused: list[str] = []

    def authorization(self, _post: object, /) -> str:
        return "Bearer stale"

    def renewed(self, refused: str, _post: object, /) -> str:
        self.refused.append(refused)
        return "Bearer fresh"


def test_after_a_401_the_request_goes_once_more_with_renewed_credentials() -> None:
    script, auth = Script(recorded("401_expired_token"), reply(200, [1])), Renewing()
    assert client(script, auth=auth).get("/x").data == [1]
    assert [request.headers["authorization"] for request in script.requests] == [
        "Bearer stale",
        "Bearer fresh",
    ]
    assert auth.refused == ["Bearer stale"]


def test_a_second_401_is_final() -> None:
    script = Script(recorded("401_expired_token"))
    with pytest.raises(LoginError, match="run `taiga-notes login`"):
        client(script, auth=Renewing()).get("/x")
    assert len(script.requests) == 2


def test_another_refusal_after_a_401_is_itself() -> None:
    script = Script(recorded("401_expired_token"), recorded("404_userstory"))
    with pytest.raises(RefusedError, match="No UserStory"):
        client(script, auth=Renewing()).get("/x")


# --- failing and throttled servers ---


@each(
    "trouble",
    [
        *(httpx.RemoteProtocolError("cut"), httpx.ReadError(""), httpx.DecodingError("gzip")),
        *(httpx.Response(code, text="<html>") for code in (500, 502, 503, 504, 520)),
        *(HTML, httpx.Response(200, content=b'[{"id": 1}, {"i'), httpx.Response(200, content=b"")),
    ],
    ids=repr,
)
def test_a_failing_server_is_asked_four_times_with_growing_pauses(trouble: object) -> None:
    script, time = Script(trouble, trouble, trouble, reply(200, [1])), Time()
    assert client(script, time=time).get("/x").data == [1]
    assert time.sleeps == [0.5, 1.0, 2.0]
    script, time = Script(trouble), Time()
    with pytest.raises(UnreachableError):
        client(script, time=time).get("/x")
    assert len(script.requests) == 4


@pytest.mark.parametrize(
    "trouble",
    [httpx.ReadTimeout("x"), httpx.ConnectTimeout("x"), httpx.ConnectError("refused")],
    ids=repr,
)
def test_a_server_that_does_not_answer_is_asked_twice(trouble: Exception) -> None:
    script = Script(trouble, reply(200, [1]))
    assert client(script).get("/x").data == [1]
    script, time = Script(trouble), Time()
    with pytest.raises(UnreachableError):
        client(script, time=time).get("/x")
    assert (len(script.requests), time.sleeps) == (2, [0.5])


def test_pauses_differ_from_machine_to_machine() -> None:
    sleeps: list[float] = []
    chances = iter([0.0, 0.999])
    backoff = Backoff(30.0, sleeps.append, lambda: 0.0, lambda: next(chances))
    script = Script(HTML, HTML, reply(200, []))
    Client(API, Anonymous(), transport=script, backoff=backoff).get("/x")
    assert sleeps == [pytest.approx(0.25), pytest.approx(1.499)]


@each(
    ("trouble", "message"),
    [
        (httpx.ReadTimeout("x"), r"^no answer to /x within 30 seconds \(try again"),
        (
            httpx.ConnectError("[Errno 111] refused"),
            r"^taiga\.example can't be reached: \[Errno 111\]",
        ),
        (httpx.ReadError(""), r"^the connection broke during /x: ReadError \(try again"),
        (
            HTML,
            r"^not Taiga's API but a web page answered /x: 'Log in to the hotel's network' \(is",
        ),
        (
            httpx.Response(200, content=b"[1, 2"),
            r"^the answer to /x is no complete JSON document \(try",
        ),
        (httpx.Response(502, text="<html>"), r"^not Taiga answered 502 to /x \(Taiga, or the way"),
        (
            httpx.Response(522, text="<title>x | 522: Connection timed out</title>"),
            r"^not Taiga: 'x \| 522: Connection timed out' answered 522 to /x \(Taiga, or the way",
        ),
        (
            httpx.Response(503, json={"_error_message": "Soon"}),
            "^Taiga failed with 503 on /x: Soon",
        ),
        (httpx.Response(500, text="<h1>Server Error (500)</h1>"), "^Taiga failed with 500 on /x"),
    ],
    ids=str,
)
def test_a_failure_says_what_failed(trouble: object, message: str) -> None:
    with pytest.raises(UnreachableError, match=message):
        client(Script(trouble)).get("/x")


@each(
    ("headers", "wait"),
    [
        ({"X-Throttle-Wait-Seconds": "7"}, 7.0),
        ({"Retry-After": "9"}, 9.0),
        ({"Retry-After": "9", "X-Throttle-Wait-Seconds": "7"}, 9.0),
        (
            {
                "Retry-After": "Sun, 22 Nov 2026 05:00:11 GMT",
                "Date": "Sun, 22 Nov 2026 05:00:00 GMT",
            },
            11.0,
        ),
        ({"X-Throttle-Wait-Seconds": "0"}, 1.0),
        ({"X-Throttle-Wait-Seconds": "nan"}, 1.0),
        ({}, 1.0),
    ],
)
def test_a_throttling_server_is_waited_for(headers: dict[str, str], wait: float) -> None:
    time = Time()
    script = Script(reply(429, {}, headers=headers), reply(200, [1]))
    assert client(script, time=time).get("/x").data == [1]
    assert time.sleeps == [wait]


def test_a_date_to_wait_for_counts_from_our_time_where_the_server_tells_none() -> None:
    time = Time()
    script = Script(
        reply(429, {}, headers={"Retry-After": "Thu, 01 Jan 1970 00:01:45 GMT"}), reply()
    )
    client(script, time=time, now=lambda: 100.0).get("/x")
    assert time.sleeps == [5.0]


def test_a_server_that_asks_for_more_than_we_would_wait_counts_as_unreachable() -> None:
    time, script = Time(), Script(reply(429, {}, headers={"X-Throttle-Wait-Seconds": "31"}))
    with pytest.raises(UnreachableError, match="for another 31 seconds"):
        client(script, time=time).get("/x")
    assert (time.sleeps, len(script.requests)) == ([], 1)


def test_a_server_that_throttles_for_ever_is_left_when_the_budget_is_spent() -> None:
    time, script = Time(), Script(reply(429, {}))
    with pytest.raises(UnreachableError, match="for a while"):
        client(script, time=time, max_wait=20).get("/x")
    assert time.sleeps == [1.0, 2.0, 4.0, 8.0]


def test_a_503_that_says_how_long_is_waited_for() -> None:
    time = Time()
    script = Script(httpx.Response(503, headers={"Retry-After": "3"}), reply(200, [1]))
    assert client(script, time=time).get("/x").data == [1]
    assert time.sleeps == [3.0]
    with pytest.raises(UnreachableError, match="answered 503"):
        client(Script(httpx.Response(503, headers={"Retry-After": "99"}))).get("/x")


def test_all_waiting_of_a_run_together_stays_within_the_budget() -> None:
    time = Time()
    throttled = reply(429, {}, headers={"X-Throttle-Wait-Seconds": "10"})
    taiga = client(Script(*[throttled, reply(200, [])] * 3, throttled), time=time, max_wait=30)
    for _ in range(3):
        taiga.get("/x")
    with pytest.raises(UnreachableError):
        taiga.get("/x")
    assert sum(time.sleeps) == 30.0


def test_a_process_of_many_days_may_wait_again() -> None:
    time = Time()
    throttled = reply(429, {}, headers={"X-Throttle-Wait-Seconds": "30"})
    taiga = client(Script(throttled, reply(), throttled, reply()), time=time, max_wait=30)
    taiga.get("/x")
    time.now += 301
    taiga.get("/x")
    assert time.sleeps == [30.0, 30.0]


@given(waits=st.lists(st.floats(0, 50), max_size=30), gaps=st.lists(st.floats(0, 400), max_size=30))
def test_no_span_of_time_holds_more_waiting_than_the_budget(
    waits: list[float], gaps: list[float]
) -> None:
    time = Time()
    backoff = time.backoff(30.0)
    begun: list[tuple[float, float]] = []
    for wait, gap in zip(waits, gaps, strict=False):
        time.now += gap
        start = time.now
        if backoff.wait(wait):
            begun.append((start, wait))
    for start, _ in begun:
        assert sum(wait for at, wait in begun if start <= at < start + 300) <= 30.0 + 1e-6


def test_with_no_time_to_wait_nothing_is_waited_for() -> None:
    time, script = Time(), Script(HTML)
    with pytest.raises(UnreachableError):
        client(script, time=time, max_wait=0).get("/x")
    assert (time.sleeps, len(script.requests)) == ([], 1)


# --- POST ---


@pytest.mark.parametrize(
    "trouble",
    [httpx.ReadTimeout("x"), httpx.RemoteProtocolError("x"), httpx.Response(502), HTML],
    ids=repr,
)
def test_a_post_that_may_have_arrived_is_not_sent_again(trouble: object) -> None:
    script = Script(trouble)
    with pytest.raises(UnreachableError):
        client(script).post("/auth/refresh", {"refresh": "r"})
    assert len(script.requests) == 1


def test_a_deletion_carries_the_account_and_is_not_sent_again() -> None:
    script = Script(httpx.Response(204))
    client(script, auth=FixedToken("Bearer", TOKEN, "X")).delete("/webhooks/3")
    (request,) = script.requests
    assert (request.method, request.url.path, request.content) == (
        "DELETE",
        "/api/v1/webhooks/3",
        b"",
    )
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    script = Script(httpx.ReadTimeout("x"))
    with pytest.raises(UnreachableError):
        client(script).delete("/webhooks/3")
    assert len(script.requests) == 1


def test_a_post_that_never_left_is_sent_again() -> None:
    script = Script(httpx.ConnectError("refused"), reply(200, {"auth_token": "a"}))
    assert client(script).post("/auth", {}).data == {"auth_token": "a"}


def test_a_throttled_post_is_not_sent_again() -> None:
    script, time = Script(recorded("429_throttled_login")), Time()
    with pytest.raises(UnreachableError, match="for another 60 seconds"):
        client(script, time=time, max_wait=100).post("/auth", {})
    assert (len(script.requests), time.sleeps) == (1, [])


def test_an_answer_without_content_is_none() -> None:
    assert client(Script(httpx.Response(204))).post("/webhooks", {}).data is None


# --- redirects ---


@each("target", ["https://evil.example/x", "//evil.example", "/api/v1/x/", ""])
@each("status", [301, 302, 303, 307, 308])
def test_no_redirect_is_followed(status: int, target: str) -> None:
    script = Script(httpx.Response(status, headers={"Location": target}))
    with pytest.raises(SourceError, match="the server sends /x on to") as caught:
        client(script, auth=FixedToken("Bearer", TOKEN, "X")).get("/x")
    assert [request.url.host for request in script.requests] == ["taiga.example"]
    assert "set `api`" in caught.value.hint


# --- size and time of an answer ---


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["huge", "bomb"])
def test_an_answer_beyond_the_bound_is_given_up_early(
    taiga: Taiga, server: Server, fault: str
) -> None:
    taiga.faults.add(fault, times=None, size=50_000_000)
    with (
        _client(server, max_bytes=1_000_000) as slim,
        pytest.raises(
            SourceError, match=r"the answer to /userstories exceeds 1,000,000 bytes \(let a filter"
        ),
    ):
        slim.get("/userstories")
    assert slim.statistics.requests == 1
    assert slim.statistics.bytes < 3_000_000


def test_an_answer_that_trickles_for_ever_is_given_up() -> None:
    class Trickle(httpx.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            while True:
                time.now += 50
                yield b" "

    class Slow(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            return httpx.Response(200, stream=Trickle(), request=request)

    time = Time()
    with pytest.raises(UnreachableError, match="was not there after 100 seconds"):
        client(Slow(), time=time).get("/x")
    assert time.now == pytest.approx(100)


def test_packed_answers_are_unpacked_and_counted_packed(taiga: Taiga, server: Server) -> None:
    populate(taiga, stories=101)  # no round number, which a page may have
    taiga.faults.add("gzip", path="/userstories")
    with _client(server) as it:
        rows = it.listing("/userstories")
    assert len(rows) == 101
    assert it.statistics.bytes < len(json.dumps(rows)) / 5
    assert it.statistics.requests == 1


def test_broken_packing_is_a_failure() -> None:
    packed = gzip.compress(b"[]")[:-3] + b"xyz"
    broken = httpx.Response(200, headers={"Content-Encoding": "gzip"}, stream=_Bytes(packed))

    class Raw(httpx.BaseTransport):
        def handle_request(self, _request: httpx.Request) -> httpx.Response:
            return broken

    with pytest.raises(UnreachableError, match="the connection broke during /x"):
        client(Raw(), max_wait=0).get("/x")


class _Bytes(httpx.SyncByteStream):
    def __init__(self, data: bytes) -> None:
        self._data = data

    def __iter__(self) -> Iterator[bytes]:
        yield self._data


# --- a real connection that breaks ---


@pytest.mark.parametrize(
    "fault",
    [
        *("error", "bad gateway", "unavailable", "gateway timeout", "throttled", "reset"),
        *("hang up", "lost answer", "cut", "half json", "empty", "html", "wrong length"),
    ],
)
def test_two_faults_of_any_kind_are_overcome(taiga: Taiga, server: Server, fault: str) -> None:
    ada = taiga.add_user("ada")
    taiga.faults.add(fault, times=2)
    with _client(server, auth=FixedToken("Bearer", taiga.token(ada), "X")) as it:
        data = it.get("/users/me").data
    assert isinstance(data, dict)
    assert data["username"] == "ada"
    assert taiga.faults.met == 2


def test_a_server_that_falls_silent_is_given_up(taiga: Taiga, server: Server) -> None:
    taiga.faults.add("slow start", seconds=600)
    with _client(server, timeout=3) as it:
        assert it.get("/projects").data == []
    taiga.faults.clear()
    assert it.statistics.requests == 2


def test_an_answer_that_is_slow_but_keeps_coming_is_read_whole(
    taiga: Taiga, server: Server
) -> None:
    populate(taiga, stories=3)
    taiga.faults.add("slow body", seconds=4)
    with _client(server, timeout=2) as it:
        assert len(it.listing("/userstories")) == 3
    assert it.statistics.requests == 1


def test_a_closed_port_is_a_server_that_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        api = f"http://127.0.0.1:{free.getsockname()[1]}/api/v1"
    time = Time()
    taiga = Client(api, Anonymous(), backoff=time.backoff())
    with pytest.raises(UnreachableError, match=r"127\.0\.0\.1:\d+ can't be reached") as caught:
        taiga.get("/projects")
    assert "is the network up" in caught.value.hint
    assert len(time.sleeps) == 1


def test_one_connection_serves_many_requests(taiga: Taiga) -> None:
    with serve(taiga, keep_alive=True) as server, _client(server) as it:
        for _ in range(5):
            it.get("/projects")
        assert len(server._open) == 1
    assert it.statistics.requests == 5


def test_a_server_that_restarts_between_two_requests_is_no_failure(taiga: Taiga) -> None:
    with serve(taiga, keep_alive=True) as server, _client(server) as it:
        it.get("/projects")
        server.drop_connections()
        it.get("/projects")


def test_a_closed_client_opens_again(server: Server) -> None:
    it = _client(server)
    it.get("/projects")
    it.close()
    it.close()
    assert it.get("/projects").status == 200
    it.close()


# --- what is kept from view ---


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """All that is logged meanwhile."""
    text = io.StringIO()
    handler, level = logging.StreamHandler(text), logging.root.level
    logging.root.addHandler(handler)
    logging.root.setLevel(logging.DEBUG)
    yield text
    logging.root.setLevel(level)
    logging.root.removeHandler(handler)


def test_neither_log_nor_representation_shows_a_secret(
    taiga: Taiga, server: Server, log: io.StringIO
) -> None:
    token = taiga.token(taiga.add_user("ada"))
    auth = FixedToken("Bearer", token, "X")
    with _client(server, auth=auth) as it:
        it.get("/users/me")
        answer = it.post("/auth", {"type": "normal", "username": "ada", "password": "ada-password"})
    assert isinstance(answer.data, dict)
    call = ApiRequest("POST", "/auth", payload={"password": "ada-password"})
    assert "/api/v1/users/me" in log.getvalue()
    shown = f"{log.getvalue()}{it!r}{auth!r}{answer!r}{answer}{call!r}{call}"
    for secret in (token, "ada-password", answer.data["auth_token"], answer.data["refresh"]):
        assert secret not in shown


def test_of_all_requests_the_latest_are_remembered(server: Server) -> None:
    with _client(server) as it:
        for number in range(LATEST + 1):
            it.get("/projects", {"page_size": "1", "q": f"{number}&"})
    assert it.statistics.requests == LATEST + 1
    assert len(it.statistics.latest) == LATEST
    assert it.statistics.latest[-1] == f"GET /projects?page_size=1&q={LATEST}&"
