"""What is no Taiga is named: servers at the other end of a socket, and files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.tables import each
from tests.wire import answering, wire

if TYPE_CHECKING:
    import socket

    from tests.cli.program import Program
    from tests.wire import Wire

PAGE = b"<!doctype html><html><head><title>Tenzu</title></head><body/></html>"


def _tenzu(server: Wire, connection: socket.socket, head: bytes) -> None:
    """The front's page for everything that is no API, as Tenzu's Caddyfile has it."""
    path = head.decode().split(" ", 2)[1]
    languages = {"data": [{"code": "en-US", "name": "English"}]}
    if path == "/api/v1/system/languages":
        answering(200, languages)(server, connection, head)
    elif path.startswith("/api/"):
        answering(404, b"<h1>Not Found</h1>", "text/html")(server, connection, head)
    else:
        answering(200, PAGE, "text/html")(server, connection, head)


@pytest.mark.slow
def test_tenzu_is_named_at_login_by_doctor_and_where_a_page_asks_for_rows(program: Program) -> None:
    program.env["TAIGA_NOTES_PASSWORD"] = "secret-word"
    with wire(_tenzu) as server:
        for address, status in ((server.url(path=""), 2), (server.url(), 4)):
            done = program("login", "--api", address, "--username", "ada")
            assert done.status == status
            assert "Tenzu, Taiga's successor by the same house, which has another API" in done.err
            assert "`taiga-notes snapshot FILE`" in done.err
        program.page("taiga-notes.toml", "")
        program.env |= {"TAIGA_NOTES_API": server.url(), "TAIGA_NOTES_USERNAME": "ada"}
        done = program("doctor")
        program.page(
            "Page.md",
            "<!-- taiga: from userstories{project='x'} template list -->\n<!-- /taiga -->\n",
        )
        rendered = program("render")
    assert rendered.status == 4
    assert f"at {server.url()} is Tenzu, Taiga's successor" in rendered.err
    assert done.status == 4
    assert f"fault  server: {server.url()}: at {server.url()} is Tenzu" in done.out


@each(
    ("text", "said"),
    [
        (b"<!doctype html><title>Log in</title>", "s.json is no JSON, but a web page or XML"),
        (b"SQLite format 3\0", "s.json is no JSON, but an SQLite database"),
        (json.dumps({"data": []}).encode(), "s.json is no snapshot: it comes from Tenzu, Taiga's"),
        (
            json.dumps({"issues": [{"key": "A-1", "fields": {}}]}).encode(),
            "s.json is no snapshot: it comes from Jira",
        ),
    ],
)
def test_a_file_that_is_no_snapshot_is_named(program: Program, text: bytes, said: str) -> None:
    (program.folder / "s.json").write_bytes(text)
    done = program("query", "--snapshot", "s.json", "1")
    assert done.status == 4
    assert said in done.err
