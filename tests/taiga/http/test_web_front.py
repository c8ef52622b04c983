"""Where the web front is: found from whichever address of Taiga a person knows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import httpx
import pytest

from taiga_notes.errors import ConfigError, UnreachableError
from taiga_notes.taiga.auth.credentials import Anonymous
from taiga_notes.taiga.http.client import Client
from taiga_notes.taiga.http.responses import RedirectedError
from taiga_notes.taiga.http.web_front import Front, locate, read_front
from tests.tables import each
from tests.taiga.scripted import Script, recorded

if TYPE_CHECKING:
    from collections.abc import Callable

SHELL = "<html><title>Taiga</title></html>"
"""What nginx gives for any path that is no file: the front's own page."""


def site(files: dict[str, object], api: str) -> Callable[[str], Client]:
    """A host with a front and an API: `files` by address, the API at `api`."""

    def answer(request: httpx.Request) -> httpx.Response:
        url = str(request.url)
        assert "authorization" not in request.headers
        if url in files:
            found = files[url]
            if isinstance(found, httpx.Response):
                return found
            return httpx.Response(200, text=found if isinstance(found, str) else json.dumps(found))
        if url == f"{api}/users/me":
            return recorded("401_anonymous_users_me")
        if url.startswith(f"{api}/"):
            return httpx.Response(404, text="<h1>Not Found</h1>")
        return httpx.Response(200, text=SHELL)

    return lambda at: Client(at, Anonymous(), max_wait=0, transport=Script(answer))


HOST = "https://host.example"
NO_CONF: list[object] = [{}, [], "x", None, SHELL, {"api": 3}]
SUB = site(
    {f"{HOST}/taiga/conf.json": {"api": f"{HOST}/taiga/api/v1/", "baseHref": "/taiga/"}},
    f"{HOST}/taiga/api/v1",
)


@each(
    "path",
    [
        *("/taiga/api/v1", "/taiga", "/taiga/project/acme/backlog", "/taiga/api"),
        *("/taiga/project/acme/us/12", "/taiga/login", "/taiga/project/a/wiki/home"),
    ],
)
def test_a_taiga_below_a_path_is_found_from_any_of_its_addresses(path: str) -> None:
    assert locate(HOST + path, SUB) == Front(f"{HOST}/taiga", f"{HOST}/taiga/api/v1")


def test_nothing_is_found_above_it() -> None:
    with pytest.raises(ConfigError, match="no Taiga is found at https://host"):
        locate(HOST, SUB)


def test_front_and_api_may_be_at_different_hosts() -> None:
    two = site(
        {"https://tree.example/conf.json": {"api": "https://api.example/api/v1/"}},
        "https://api.example/api/v1",
    )
    both = Front("https://tree.example", "https://api.example/api/v1")
    assert locate("https://tree.example/project/acme", two) == both
    alone = Front("https://api.example", "https://api.example/api/v1", known=False)
    assert locate("https://api.example/api/v1", two) == alone
    assert locate("https://api.example", two) == alone


def test_a_front_without_its_file_is_found_by_the_api_beside_it() -> None:
    bare = site({}, f"{HOST}/x/api/v1")
    assert locate(f"{HOST}/x/project/acme", bare) == Front(
        f"{HOST}/x", f"{HOST}/x/api/v1", known=False
    )


def test_taigas_own_front_is_known() -> None:
    own = site({}, "https://api.taiga.io/api/v1")
    assert locate("https://api.taiga.io", own).web == "https://tree.taiga.io"


@each(
    ("web", "conf", "front"),
    [
        (HOST, {"api": f"{HOST}/api/v1/"}, Front(HOST, f"{HOST}/api/v1")),
        (HOST, {"api": "/api/v1/"}, Front(HOST, f"{HOST}/api/v1")),
        (HOST, {"api": "http://host.example/api/v1"}, Front(HOST, f"{HOST}/api/v1")),
        (HOST, {"api": "http://host.example:80/api/v1"}, Front(HOST, f"{HOST}/api/v1")),
        (HOST, {"api": "http://lan.example/api/v1"}, Front(HOST, "http://lan.example/api/v1")),
        (
            HOST,
            {"api": f"{HOST}/t/api/v1", "baseHref": "/t/"},
            Front(f"{HOST}/t", f"{HOST}/t/api/v1"),
        ),
        (
            f"{HOST}/t",
            {"api": f"{HOST}/t/api/v1", "baseHref": "/"},
            Front(f"{HOST}/t", f"{HOST}/t/api/v1"),
        ),
        (HOST, {"api": f"{HOST}/api/v1", "baseHref": 3}, Front(HOST, f"{HOST}/api/v1")),
        (
            HOST,
            {"api": f"{HOST}/api/v1", "loginFormType": "ldap"},
            Front(HOST, f"{HOST}/api/v1", login_type="ldap"),
        ),
        (HOST, {"api": f"{HOST}/api/v1", "loginFormType": "a b"}, Front(HOST, f"{HOST}/api/v1")),
        (HOST, {"api": f"{HOST}/api/v1", "baseHref": "a b"}, Front(HOST, f"{HOST}/api/v1")),
        *((HOST, conf, None) for conf in NO_CONF),
        *((HOST, {"api": text}, None) for text in ("javascript:x", "https://u:p@evil.example")),
    ],
)
def test_a_front_says_where_it_is(web: str, conf: object, front: Front | None) -> None:
    with site({f"{web}/conf.json": conf}, "")(web) as client:
        assert read_front(client) == front


def test_an_api_is_usable_though_its_front_is_not() -> None:
    def silent(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    def connect(at: str) -> Client:
        return Client(at, Anonymous(), max_wait=0, transport=Script(silent))

    api = f"{HOST}/api/v1"
    assert locate(api, connect) == Front(HOST, api, known=False)
    with pytest.raises(UnreachableError, match=r"host\.example can't be reached"):
        locate(HOST, connect)


def test_a_redirect_is_told_and_not_followed() -> None:
    moved = httpx.Response(301, headers={"Location": "https://new.example/conf.json"})
    away = site({f"{HOST}/conf.json": moved}, "")
    with pytest.raises(RedirectedError, match=r"on to https://new\.example"):
        locate(HOST, away)


def test_an_address_of_many_levels_is_not_tried_for_ever() -> None:
    asked: list[str] = []

    def connect(at: str) -> Client:
        asked.append(at)
        return SUB(at)

    with pytest.raises(ConfigError):
        locate(HOST + "/x" * 1000, connect)
    assert len(asked) <= 20


def test_a_redirect_is_told_where_nothing_else_is_found() -> None:
    moved = httpx.Response(302, headers={"Location": "https://sso.example/login"})
    partly = site({f"{HOST}/conf.json": moved, f"{HOST}/api/v1/users/me": moved}, "")
    with pytest.raises(RedirectedError, match=r"sso\.example"):
        locate(HOST, partly)
