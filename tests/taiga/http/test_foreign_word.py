"""Somebody else answers in Taiga's place: nothing is believed, and nothing is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from taiga_notes.config.passwords import GivenPassword
from taiga_notes.config.settings import UserConfig
from taiga_notes.errors import LoginError, SourceError, UnreachableError
from taiga_notes.taiga.auth.credentials import NewToken
from taiga_notes.taiga.auth.session import Session
from taiga_notes.taiga.auth.token_store import TokenStore
from taiga_notes.taiga.http.client import Client
from taiga_notes.taiga.sync.probe import project_detail
from tests.tables import each
from tests.taiga.scripted import API, Script, Time, recorded, reply
from tests.taiga.scripted import client as scripted

if TYPE_CHECKING:
    from pathlib import Path

PASSWORD = "ada-password"
PAGE = "<html><head><title>Just a moment…</title></head></html>"
TOLD = "not Taiga: 'Just a moment…' answered"
ACCOUNT = {"auth_token": "fresh", "refresh": "again", "username": "ada"}


def page(status: int) -> httpx.Response:
    return httpx.Response(status, text=PAGE, headers={"Content-Type": "text/html"})


def gateway(status: int) -> httpx.Response:
    return reply(status, {"message": "No API key found in request"})


@pytest.fixture
def store(tmp_path: Path) -> TokenStore:
    return TokenStore(tmp_path, API, "ada", use_keyring=False)


def asking(script: Script, store: TokenStore, password: str | None = PASSWORD) -> Client:
    return scripted(script, auth=Session(store, GivenPassword(password) if password else None))


def logged_in(store: TokenStore) -> None:
    with asking(Script(reply(200, ACCOUNT)), store) as client:
        Session(store).log_in(PASSWORD, client.post)


# --- tokens ---


@pytest.mark.parametrize("foreign", [page, gateway])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 451])
def test_no_session_ends_by_anothers_word(store: TokenStore, foreign: type, status: int) -> None:
    logged_in(store)
    script = Script(foreign(status), foreign(status), reply(200, {"username": "ada"}))
    client = asking(script, store, None)
    with pytest.raises(UnreachableError, match=r"^not Taiga"):
        client.get("/users/me")
    kept = store.load()
    assert kept
    assert (kept.access, kept.refresh) == ("fresh", "again")
    assert client.get("/users/me").data == {"username": "ada"}
    assert {request.url.path for request in script.requests} == {"/api/v1/users/me"}


@pytest.mark.parametrize("foreign", [page, gateway])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 407, 429, 451])
def test_no_refresh_token_is_thrown_away_by_anothers_word(
    store: TokenStore, foreign: type, status: int
) -> None:
    logged_in(store)
    script = Script(recorded("401_expired_token"), foreign(status))
    with pytest.raises(UnreachableError):
        asking(script, store).get("/users/me")
    assert [request.url.path for request in script.requests] == [
        "/api/v1/users/me",
        "/api/v1/auth/refresh",
    ]
    kept = store.load()
    assert kept
    assert kept.refresh == "again"
    # Later it is Taiga that answers, and the session goes on without a new login.
    renewed = reply(200, {"auth_token": "next", "refresh": "and again"})
    script = Script(recorded("401_expired_token"), renewed, reply(200, {"username": "ada"}))
    assert asking(script, store, None).get("/users/me").data == {"username": "ada"}


def test_taigas_own_word_ends_it(store: TokenStore) -> None:
    logged_in(store)
    script = Script(recorded("401_expired_token"))
    with pytest.raises(LoginError, match="has ended"):
        asking(script, store, None).get("/users/me")
    kept = store.load()
    assert kept
    assert kept.refresh == ""


@pytest.mark.parametrize(
    "answer",
    [
        reply(400, {"refresh": ["This field is required."]}),
        recorded("auth/err_bad_json"),
        reply(400, "Bad Request"),
        reply(403, {"_error_message": "No.", "_error_type": "taiga.base.exceptions.Forbidden"}),
    ],
)
def test_a_refresh_token_that_did_not_arrive_is_kept_and_nothing_else_is_gone(
    store: TokenStore, answer: httpx.Response
) -> None:
    logged_in(store)
    client = asking(Script(recorded("401_expired_token"), answer), store)
    with pytest.raises(UnreachableError, match=r"^the session was not renewed: Taiga answered 40"):
        project_detail(client, "acme", known=True)
    kept = store.load()
    assert kept
    assert kept.refresh == "again"


# --- passwords ---


@pytest.mark.parametrize("foreign", [page, gateway])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 429])
def test_no_password_is_wrong_by_anothers_word(
    store: TokenStore, foreign: type, status: int
) -> None:
    script = Script(foreign(status))
    with pytest.raises(UnreachableError) as caught:
        asking(script, store).get("/users/me")
    assert not isinstance(caught.value, LoginError)
    assert not store.refused(PASSWORD)
    script = Script(reply(200, ACCOUNT), reply(200, {"username": "ada"}))
    assert asking(script, store).get("/users/me").data == {"username": "ada"}


@pytest.mark.parametrize(
    "answer",
    [
        recorded("auth/err_missing_type"),
        recorded("auth/err_bad_json"),
        reply(400, {"password": ["This field is required."]}),
        reply(401, {"detail": "Token is invalid or expired", "code": "token_not_valid"}),
    ],
)
def test_taigas_other_complaints_are_not_about_the_password(
    store: TokenStore, answer: httpx.Response
) -> None:
    with pytest.raises(LoginError, match=r"^no login: Taiga answered 40") as caught:
        project_detail(asking(Script(answer), store), "acme", known=True)
    assert "the password was not looked at" in caught.value.hint
    assert not store.refused(PASSWORD)


@pytest.mark.parametrize(
    "answer",
    [
        recorded("auth/err_wrong_password"),
        reply(
            401, {"_error_message": "No.", "_error_type": "taiga.base.exceptions.NotAuthenticated"}
        ),
        reply(400, {"_error_message": "x", "_error_type": "taiga.base.exceptions.WrongArguments"}),
        reply(
            400, {"_error_message": "x", "_error_type": "taiga_ldap.connector.LDAPUserLoginError"}
        ),
    ],
)
def test_taigas_word_on_a_password_is_remembered(store: TokenStore, answer: httpx.Response) -> None:
    with pytest.raises(LoginError, match="knows no account 'ada' with this password"):
        asking(Script(answer), store).get("/users/me")
    assert store.refused(PASSWORD)


def test_a_gateways_throttling_is_not_taken_for_failed_logins(store: TokenStore) -> None:
    script = Script(httpx.Response(429, text="slow down", headers={"Retry-After": "99"}))
    with pytest.raises(UnreachableError, match=r"^a gateway on the way .* for another 99 seconds"):
        asking(script, store).get("/users/me")


# --- lists and projects ---


@each("foreign", [page, gateway])
@each("status", [401, 403, 404, 451])
def test_nothing_is_gone_by_anothers_word(foreign: type, status: int) -> None:
    for get in ("get", "listing"):
        script = Script(foreign(status))
        with pytest.raises(UnreachableError, match=r"^not Taiga"):
            getattr(scripted(script), get)("/userstories")


def test_a_gateway_that_stumbles_once_is_asked_again() -> None:
    script, time = Script(page(401), reply(200, [1])), Time()
    assert scripted(script, time=time).get("/x").data == [1]
    assert time.sleeps == [0.5]


@each("status", [301, 302, 303, 307, 308])
def test_a_login_page_elsewhere_is_trouble_on_the_way(status: int) -> None:
    portal = "https://acme.cloudflareaccess.com/cdn-cgi/access/login"
    script = Script(httpx.Response(status, headers={"Location": portal}))
    with pytest.raises(UnreachableError, match=r"sends /x on to https://acme.cloudflare") as caught:
        scripted(script).get("/x")
    assert "set `headers`" in caught.value.hint
    assert len(script.requests) == 1


# --- a login proves its token ---


def test_a_token_that_is_of_no_use_is_not_kept(store: TokenStore) -> None:
    def prove(header: str) -> None:
        scripted(Script(recorded("401_anonymous_users_me")), auth=NewToken(header)).get("/users/me")

    logged_in(store)
    script = Script(reply(200, {"auth_token": "useless", "refresh": "r", "username": "ada"}))
    with pytest.raises(LoginError, match="gave a token for this login, and then refused it"):
        Session(store).log_in(PASSWORD, scripted(script).post, prove)
    kept = store.load()
    assert kept
    assert kept.access == "fresh"


def test_a_token_is_not_kept_where_it_can_not_be_tried(store: TokenStore) -> None:
    def prove(header: str) -> None:
        scripted(Script(page(403)), auth=NewToken(header)).get("/users/me")

    with pytest.raises(SourceError, match=r"^not Taiga"):
        Session(store).log_in(PASSWORD, scripted(Script(reply(200, ACCOUNT))).post, prove)
    assert store.load() is None


def test_no_setting_of_a_gateway_is_repeated() -> None:
    user = UserConfig(file=None, headers={"X-Gate": "S3CRET"})  # type: ignore[arg-type]
    with Client.of(user, NewToken("Bearer t")) as client:
        client._transport = Script(reply(403, {"message": "key S3CRET is unknown"}))
        with pytest.raises(UnreachableError) as caught:
            client.get("/x")
    assert "S3CRET" not in f"{caught.value}{caught.value!r}{user!r}"
