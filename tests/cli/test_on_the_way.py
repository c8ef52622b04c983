"""The installed program behind proxies, gateways and firewalls, and before servers that stall."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import IMPATIENT
from tests.fake_taiga import Taiga, serve
from tests.wire import Wire, answering, dead_port, trickling, wire

if TYPE_CHECKING:
    import socket
    from pathlib import Path

    from tests.cli.conftest import Acme
    from tests.cli.program import Program

pytestmark = pytest.mark.slow

PAGE = "<title>Just a moment…</title>".encode()
COUNT = "There are <!-- taiga: from userstories select count() --><!-- /taiga --> stories.\n"


@pytest.mark.parametrize("status", [401, 403, 404, 451])
def test_a_firewalls_page_leaves_the_last_known_state(
    vault: Path, acme: Acme, program: Program, status: int
) -> None:
    assert vault
    assert acme
    page = program.page("A.md", COUNT)
    assert program("render").status == 0
    before = page.read_bytes()
    with wire(answering(status, PAGE, "text/html; charset=utf-8")) as gateway:
        # The same store: what lies between is not part of the address.
        program.env["HTTP_PROXY"] = f"http://{gateway.host}"
        done = program("render")
        assert done.status == 4
        assert "as of" in done.err + done.out
        doctor = program("doctor")
    assert f"not Taiga: 'Just a moment…' answered {status} to " in doctor.out
    assert "deleted" not in done.err + doctor.out
    assert page.read_bytes() == before
    program.env.pop("HTTP_PROXY")
    assert program("render").status == 0


def test_one_page_of_a_proxy_costs_no_session(program: Program) -> None:
    taiga = Taiga()
    taiga.add_project("Acme", owner=taiga.add_user("ada"), slug="acme")
    with serve(taiga) as server:
        program.env |= {"TAIGA_NOTES_API": server.url, "TAIGA_NOTES_PASSWORD": "ada-password"}
        assert program("login", "--username", "ada").status == 0
        program.env.pop("TAIGA_NOTES_PASSWORD")
        program.configure(f'api = "{server.url}"\nusername = "ada"\n{IMPATIENT}')
        taiga.clock.advance(25 * 3600)
        for status in (401, 400, 403):
            with wire(answering(status, PAGE, "text/html")) as gateway:
                program.env["http_proxy"] = gateway.host
                done = program("query", "#userstories{project='acme'}", "--full")
                assert (done.status, done.out) == (4, "")
                assert f"not Taiga: 'Just a moment…' answered {status}" in done.err
            program.env.pop("http_proxy")
        done = program("query", "#userstories{project='acme'}", "--full")
        assert (done.status, done.out) == (0, "0\n")


def test_a_login_that_a_proxy_makes_useless_is_told(program: Program) -> None:
    account = {"auth_token": "t", "refresh": "r", "username": "ada"}
    nobody = {"_error_message": "No.", "_error_type": "taiga.base.exceptions.NotAuthenticated"}

    def handle(server: Wire, connection: socket.socket, head: bytes) -> None:
        answer = answering(200, account) if head.startswith(b"POST") else answering(401, nobody)
        answer(server, connection, head)

    with wire(handle) as server:
        program.env |= {"TAIGA_NOTES_API": server.url(), "TAIGA_NOTES_PASSWORD": "x"}
        done = program("login", "--username", "ada")
    assert done.status == 5
    assert "gave a token for this login, and then refused it" in done.err
    assert not list((program.home / "state").rglob("*.json"))


@pytest.mark.parametrize(
    ("variable", "named"),
    [
        ("ALL_PROXY", "socks5://127.0.0.1:{port}"),
        ("all_proxy", "http://127.0.0.1:{port}"),
        ("HTTP_PROXY", "http://127.0.0.1:{port}"),
    ],
)
def test_a_dead_proxy_is_named(
    vault: Path, acme: Acme, program: Program, variable: str, named: str
) -> None:
    assert vault
    assert acme
    with dead_port() as port:
        url = named.format(port=port)
        program.env[variable] = url
        done = program("query", "#userstories{project='acme'}")
        assert done.status == 4
        assert f"the proxy {url} of {variable} can't be reached" in done.err
        program.env["NO_PROXY"] = "localhost,::1/128,127.0.0.0/8"
        assert program("query", "#userstories{project='acme'}").out == "3\n"


def test_a_watch_says_that_taiga_does_not_answer(vault: Path, program: Program) -> None:
    assert vault
    program.page("A.md", COUNT)
    with wire(trickling(b"HTTP/1.1 200 OK\r\nX: ", b"y")) as server:
        program.env["TAIGA_NOTES_API"] = server.url()
        program.configure('timeout = "0.3s"\nmax_wait = "0s"\n')
        watching = program.start("watch", "--json")
        try:
            assert watching.stdout
            until = time.monotonic() + 60
            said = ""
            while "was not there after" not in said and time.monotonic() < until:
                said = json.loads(watching.stdout.readline())["message"]
        finally:
            watching.terminate()
            watching.communicate(timeout=60)
    assert "the answer to /projects/by_slug was not there after" in said
