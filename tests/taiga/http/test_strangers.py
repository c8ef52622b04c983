"""Who else may answer, or have written a file: told by marks that no language changes."""

from __future__ import annotations

import httpx
import pytest

from taiga_notes.errors import ConfigError, SourceError
from taiga_notes.taiga.auth.credentials import Anonymous
from taiga_notes.taiga.http import responses
from taiga_notes.taiga.http.client import Client
from taiga_notes.taiga.http.strangers import (
    EXPORT,
    FORGEJO,
    FRONT,
    GITHUB,
    GITLAB,
    JIRA,
    OPENPROJECT,
    REDMINE,
    TENZU,
    TRELLO,
    Stranger,
    answering,
    is_tenzu,
    kind_of_bytes,
    titled,
    writing,
)
from taiga_notes.taiga.http.web_front import locate, named
from tests.tables import each
from tests.taiga.scripted import Script, recorded, reply

TENZU_LANGUAGES = {"data": [{"code": "en-US", "name": "English", "isDefault": True}]}
TENZU_ERROR = {"error": {"code": "not-found", "detail": "not-found-error", "msg": "…"}}
TENZU_FRONT = "<!doctype html><html><head><title>Tenzu</title></head></html>"


@each(
    ("data", "headers", "title", "who"),
    [
        (TENZU_ERROR, {}, "", TENZU),
        ({"error": {"code": "x"}}, {}, "", None),
        ({"error": "Not Found"}, {}, "", None),
        ({"message": "Not Found", "documentation_url": "https://docs.github.com/rest"}, {}, "",
         GITHUB),
        ({"message": "Not Found", "documentation_url": "https://evil.example"}, {}, "", None),
        ({}, {"x-github-request-id": "1"}, "", GITHUB),
        ({"message": "401 Unauthorized"}, {"x-gitlab-meta": "{}"}, "", GITLAB),
        ({"message": "401 Unauthorized"}, {}, "", None),
        ({"errorMessages": [], "errors": {}}, {}, "", JIRA),
        (None, {"x-seraph-loginreason": "OK"}, "", JIRA),
        ({"_type": "Error", "errorIdentifier": "urn:openproject-org:api:v3:errors:NotFound"}, {},
         "", OPENPROJECT),
        ({"errors": None, "message": "no", "url": "https://git.example/api/swagger"}, {}, "",
         FORGEJO),
        (None, {}, "Sign in · GitLab", GITLAB),
        (None, {}, "", None),
        ([], {"server": "nginx"}, "404 Not Found", None),
    ],
)  # fmt: skip
def test_whose_answer_it_is(
    data: object, headers: dict[str, str], title: str, who: Stranger | None
) -> None:
    assert answering(data, headers, title) is who


@each(
    ("title", "who"),
    [
        *(("Tenzu", TENZU), ("Taiga", FRONT), ("Taiga: Your agile tool", FRONT)),
        *(("Build software · GitHub", GITHUB), ("Log in - Jira", JIRA), ("Redmine", REDMINE)),
        *(("Sign in | OpenProject", OPENPROJECT), ("Taigatown", None), ("My GitHub blog", None)),
    ],
)
def test_whose_page_it_is(title: str, who: Stranger | None) -> None:
    assert titled(title) is who


@each(
    ("data", "who"),
    [
        ({"user_stories": [], "slug": "acme", "memberships": [], "issues": []}, EXPORT),
        ({"data": [{"ref": 1}]}, TENZU),
        ({"data": [], "userstories": []}, None),
        ({"issues": [{"key": "A-1", "fields": {}}], "total": 1}, JIRA),
        ({"issues": [{"id": 1, "tracker": {}, "subject": "x"}]}, REDMINE),
        ({"cards": [], "lists": []}, TRELLO),
        ([{"html_url": "https://github.com/a/b/issues/1", "number": 1}], GITHUB),
        ([{"iid": 1, "web_url": "https://gitlab.example/a"}], GITLAB),
        (TENZU_ERROR, TENZU),
        ({"issues": [{"ref": 1, "subject": "x"}]}, None),
        ([], None),
        (3, None),
    ],
)
def test_who_wrote_a_file(data: object, who: Stranger | None) -> None:
    assert writing(data) is who


@each(
    ("data", "kind"),
    [
        (b"\n <!doctype html>", "a web page or XML"),
        (b"\x1f\x8b\x08", "packed (gzip)"),
        (b"PK\x03\x04", "packed (zip)"),
        (b"SQLite format 3\0", "an SQLite database"),
        ("{}".encode("utf-16"), "UTF-16, not UTF-8"),
        (b"{", ""),
        (b"", ""),
    ],
)
def test_what_bytes_are(data: bytes, kind: str) -> None:
    assert kind_of_bytes(data) == kind


def test_only_tenzu_lists_its_languages_so() -> None:
    assert is_tenzu(TENZU_LANGUAGES)
    assert not any(map(is_tenzu, ({"data": []}, [], None, {"data": [{"code": 1}]})))


def test_an_error_names_who_answered() -> None:
    error = responses.refusal(404, "/users/me", TENZU_ERROR)
    assert error.message == (
        "what answered 404 to /users/me is Tenzu, Taiga's successor by the same house, which has "
        "another API"
    )
    assert "taiga-notes snapshot FILE" in error.hint
    front = responses.gibberish("/users/me", b"<title>Taiga</title>")
    assert front.message == "what answered /users/me is Taiga's web front, not its API"


# --- at an address ---

HOST = "https://host.example"


def tenzu(path: str) -> object:
    """Tenzu as its Docker images have it: the front and the API at one host."""
    if path == "/api/v1/system/languages":
        return reply(200, TENZU_LANGUAGES)
    if path.startswith("/api/"):
        return httpx.Response(404, text="<h1>Not Found</h1>")
    return httpx.Response(200, text=TENZU_FRONT)


def test_an_address_of_tenzu_is_named_whatever_it_leads_to() -> None:
    def connect(at: str) -> Client:
        script = Script(lambda request: tenzu(request.url.path))
        return Client(at, Anonymous(), max_wait=0, transport=script)

    for given in (HOST, f"{HOST}/workspaces/x/projects", f"{HOST}/api"):
        with pytest.raises(ConfigError, match=r"no Taiga is found at .*, but Tenzu, Taiga's succ"):
            locate(given, connect)
    with connect(f"{HOST}/api/v1") as client, pytest.raises(SourceError) as caught:
        client.get("/users/me")
    told = named(caught.value, f"{HOST}/api/v1", connect)
    assert told.message.startswith(f"at {HOST}/api/v1 is Tenzu, ")


def test_what_is_taigas_or_nobodys_is_told_as_it_is() -> None:
    def connect(at: str) -> Client:
        nobody = Script(httpx.Response(404, text="no"))
        return Client(at, Anonymous(), max_wait=0, transport=nobody)

    taigas = responses.refusal(404, "/x", {"_error_message": ""})
    assert named(taigas, HOST, connect) is taigas
    nobodys = responses.refusal(404, "/x", None)
    assert named(nobodys, HOST, connect) is nobodys
    assert Client(HOST, Anonymous(), transport=Script(reply(200, {}))).stranger("/x") is None
    refused = Script(recorded("401_anonymous_users_me"))
    assert Client(HOST, Anonymous(), transport=refused).stranger("/users/me") is None
