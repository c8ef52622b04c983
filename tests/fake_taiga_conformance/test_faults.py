"""Faults, seen from a raw socket."""

from __future__ import annotations

import gzip
import http.client
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.fake_taiga import serve
from tests.fake_taiga.faults import FAULTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fake_taiga import Server, Taiga
    from tests.fake_taiga.model import Project

pytestmark = pytest.mark.slow


@pytest.fixture
def server(taiga: Taiga, project: Project) -> Iterator[Server]:
    taiga.bulk_create(project, 5)
    with serve(taiga) as found:
        yield found


def get(server: Server, path: str = "/userstories") -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    try:
        connection.request("GET", f"/api/v1{path}")
        response = connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return response.status, headers, response.read()
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("name", "status"),
    [("error", 500), ("bad gateway", 502), ("unavailable", 503), ("gateway timeout", 504)],
)
def test_a_gateway_answers_in_html(taiga: Taiga, server: Server, name: str, status: int) -> None:
    taiga.faults.add(name, header="Retry-After", seconds=3)
    found = get(server)
    assert (found[0], found[1]["content-type"]) == (status, "text/html")
    assert found[1]["retry-after"] == "3"
    assert get(server)[0] == 200


@pytest.mark.parametrize("header", ["Retry-After", "X-Throttle-Wait-Seconds"])
def test_a_throttle_with_either_header(taiga: Taiga, server: Server, header: str) -> None:
    taiga.faults.add("throttled", header=header, seconds=7)
    status, headers, body = get(server)
    assert (status, headers[header.lower()]) == (429, "7")
    assert json.loads(body)["_error_type"].endswith("Throttled")


@pytest.mark.parametrize(
    ("name", "error"),
    [
        ("reset", ConnectionResetError),
        ("hang up", http.client.RemoteDisconnected),
        ("lost answer", http.client.RemoteDisconnected),
        ("cut", http.client.IncompleteRead),
        ("wrong length", http.client.IncompleteRead),
    ],
)
def test_a_connection_breaks(
    taiga: Taiga, server: Server, name: str, error: type[Exception]
) -> None:
    taiga.faults.add(name)
    with pytest.raises(error):
        get(server)
    assert get(server)[0] == 200


def test_a_lost_answer_was_carried_out(taiga: Taiga, server: Server) -> None:
    taiga.faults.add("lost answer")
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=120)
    connection.request(
        "POST",
        "/api/v1/userstories",
        json.dumps({"project": 1, "subject": "sixth"}),
        {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {taiga.token(taiga.users[1])}",
        },
    )
    with pytest.raises(http.client.RemoteDisconnected):
        connection.getresponse()
    connection.close()
    assert len(taiga.rows["userstories"]) == 6


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


@pytest.mark.parametrize("name", ["half json", "empty", "html"])
def test_a_success_that_is_no_json(taiga: Taiga, server: Server, name: str) -> None:
    taiga.faults.add(name)
    status, _, body = get(server)
    assert (status, _parsed(body)) == (200, None)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("wrong type", {"unexpected": True}), ("bare rows", ["no", "rows", None])],
)
def test_json_that_is_no_list_of_rows(
    taiga: Taiga, server: Server, name: str, expected: object
) -> None:
    taiga.faults.add(name)
    assert _parsed(get(server)[2]) == expected


def test_a_list_that_lacks_a_row(taiga: Taiga, server: Server) -> None:
    taiga.faults.add("short list")
    _, headers, body = get(server)
    assert (len(json.loads(body)), headers["x-pagination-count"]) == (4, "5")


@pytest.mark.parametrize("name", ["slow start", "slow body"])
def test_slowness(taiga: Taiga, server: Server, name: str) -> None:
    taiga.faults.add(name, seconds=0.2)
    before = time.monotonic()
    assert len(json.loads(get(server)[2])) == 5
    assert time.monotonic() - before >= 0.2


def test_a_redirect_elsewhere(taiga: Taiga, server: Server) -> None:
    taiga.faults.add("redirect", location="http://evil.example/")
    status, headers, _ = get(server)
    assert (status, headers["location"]) == (302, "http://evil.example/")


def test_a_packed_answer(taiga: Taiga, server: Server) -> None:
    taiga.faults.add("gzip")
    _, headers, body = get(server)
    assert headers["content-encoding"] == "gzip"
    assert len(json.loads(gzip.decompress(body))) == 5


def test_huge_answers(taiga: Taiga, server: Server) -> None:
    taiga.faults.add("huge", size=200_000)
    assert len(get(server)[2]) == 200_000
    taiga.faults.add("bomb", size=200_000)
    packed = get(server)[2]
    assert len(packed) < 2000
    assert len(gzip.decompress(packed)) > 200_000


def test_a_fault_waits_for_its_request(taiga: Taiga, server: Server) -> None:
    taiga.faults.add("error", path="/tasks", times=None)
    taiga.faults.add("unavailable", path=r"/userstories\?page=1$", after=1, times=2)
    paths = ["/tasks", "/tasks", *["/userstories?page=1"] * 4, "/userstories"]
    assert [get(server, path)[0] for path in paths] == [500, 500, 200, 503, 503, 200, 200]
    taiga.faults.clear()
    assert get(server, "/tasks")[0] == 200


def test_chance_can_be_repeated(taiga: Taiga, server: Server) -> None:
    taiga.faults.add("error", probability=0.5, times=None)

    def run() -> list[int]:
        taiga.faults.seed(7)
        return [get(server)[0] for _ in range(20)]

    first = run()
    assert {200, 500} == set(first)
    assert run() == first


def test_every_fault_is_known_and_an_unknown_one_refused(taiga: Taiga) -> None:
    with pytest.raises(LookupError, match="reset"):
        taiga.faults.add("earthquake")
    assert len(FAULTS) == 22
