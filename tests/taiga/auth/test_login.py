"""Login: one session shared by all processes, and no credential anywhere but where it belongs."""

from __future__ import annotations

import base64
import json
import os
import stat
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taiga_notes.config.passwords import CommandPassword
from taiga_notes.config.settings import UserConfig
from taiga_notes.errors import ConfigError, LoginError, RefusedError, SourceError, UnreachableError
from taiga_notes.system.atomic_write import DRAFT
from taiga_notes.taiga.auth import token_store as tokens_module
from taiga_notes.taiga.auth.credentials import Anonymous, FixedToken, credentials
from taiga_notes.taiga.auth.session import Session, expiry, session
from taiga_notes.taiga.auth.token_store import Tokens, TokenStore, log_out
from taiga_notes.taiga.http.client import Client
from taiga_notes.taiga.http.requests import ApiResponse
from taiga_notes.taiga.http.responses import TroubleError, throttled
from tests.fake_taiga import Taiga, serve
from tests.tables import each

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

API = "https://taiga.example/api/v1"
PASSWORD = "ada-password"
DAY = 86_400.0


class Accounts:
    """The part of Taiga that gives tokens: refresh tokens work once."""

    def __init__(self) -> None:
        self.now = 1_795_000_000.0
        self.calls: list[str] = []
        self.passwords: list[object] = []
        self.live: set[str] = set()
        self.trouble: Exception | None = None
        self._number = 0

    def __call__(self, path: str, payload: Mapping[str, object]) -> ApiResponse:
        self.calls.append(path)
        if self.trouble:
            raise self.trouble
        if path == "/auth":
            self.passwords.append(payload["password"])
            return self._pair("invalid_credentials", ok=payload["password"] == PASSWORD)
        ok = payload["refresh"] in self.live
        self.live.discard(str(payload["refresh"]))
        return self._pair("token_not_valid", ok=ok)

    def _pair(self, code: str, *, ok: bool) -> ApiResponse:
        if not ok:
            raise RefusedError("no", status=401, code=code)
        access, refresh = self.token(DAY), self.token(8 * DAY)
        self.live.add(refresh)
        account = {"username": "ada", "email": "ada@acme.example"}
        return ApiResponse({"auth_token": access, "refresh": refresh, **account}, {}, 200)

    def token(self, seconds: float) -> str:
        self._number += 1
        claims = {"exp": int(self.now + seconds), "jti": self._number}
        return f"h.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.s"


@pytest.fixture
def taiga() -> Accounts:
    return Accounts()


@pytest.fixture
def store(tmp_path: Path) -> TokenStore:
    return TokenStore(tmp_path, API, "ada", use_keyring=False)


class Given:
    """A stored password."""

    name = "TAIGA_NOTES_PASSWORD"

    def __init__(self, text: str = PASSWORD) -> None:
        self.text = text

    def read(self) -> str:
        return self.text


def _session(store: TokenStore, taiga: Accounts, password: str | None = PASSWORD) -> Session:
    stored = None if password is None else Given(password)
    return Session(store, stored, now=lambda: taiga.now)


def _user(**settings: Any) -> UserConfig:
    return UserConfig(Path("/home/ada/config.toml"), **{"api": API, "keyring": False, **settings})


def _failing(error: Exception) -> Callable[..., ApiResponse]:
    def post(_path: str, _payload: Mapping[str, object]) -> ApiResponse:
        raise error

    return post


# --- which credentials count ---


@pytest.mark.parametrize(
    ("settings", "header"),
    [
        ({"token": "t", "application_token": "a", "anonymous": True}, "Bearer t"),
        ({"application_token": "a", "anonymous": True}, "Application a"),
        ({"anonymous": True, "username": "ada", "password": PASSWORD}, ""),
    ],
)
def test_tokens_count_before_anonymity_and_that_before_a_session(
    tmp_path: Path, settings: dict[str, Any], header: str
) -> None:
    auth = credentials(_user(**settings), tmp_path)
    assert auth.authorization(_failing(AssertionError("no request is needed"))) == header


def test_otherwise_there_is_a_session(tmp_path: Path, taiga: Accounts) -> None:
    auth = credentials(_user(username="ada", password=PASSWORD), tmp_path)
    assert auth.authorization(taiga).startswith("Bearer h.")


@pytest.mark.parametrize("token", ["a b", "a\r\nHost: evil", "ü", "\x00", "a\n"])
@pytest.mark.parametrize("kind", ["token", "application_token"])
def test_a_token_that_would_break_the_header_is_refused_unseen(
    tmp_path: Path, token: str, kind: str
) -> None:
    with pytest.raises(ConfigError, match="holds blanks or characters that no token has") as caught:
        credentials(_user(**{kind: f"S3CRET{token}"}), tmp_path)
    assert "S3CRET" not in f"{caught.value!r}{caught.value.__context__!r}"


@pytest.mark.parametrize(
    ("auth", "message"),
    [
        (Anonymous(), "and `anonymous = true` is set"),
        (
            FixedToken("Bearer", "t", "TAIGA_NOTES_TOKEN"),
            "TAIGA_NOTES_TOKEN: it is wrong, or expired",
        ),
        (FixedToken("Application", "t", "`application_token`"), "it is wrong, or was revoked"),
    ],
)
def test_what_can_not_be_renewed_says_so(
    auth: Anonymous | FixedToken, message: str, taiga: Accounts
) -> None:
    with pytest.raises(LoginError, match=message) as caught:
        auth.renewed("Bearer t", taiga)
    assert caught.value.hint
    assert taiga.calls == []


@pytest.mark.parametrize(
    "api",
    [
        "http://taiga.lan/api/v1",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil",
        "http://10.0.0.1",
    ],
)
def test_credentials_do_not_travel_in_the_clear(tmp_path: Path, api: str) -> None:
    for settings in ({"token": "t"}, {"application_token": "a"}, {"username": "ada"}):
        with pytest.raises(ConfigError, match=r"would go to .* unencrypted") as caught:
            credentials(_user(api=api, **settings), tmp_path)
        assert "`allow_http = true` in /home/ada/config.toml" in caught.value.hint
    credentials(_user(api=api, anonymous=True), tmp_path)
    credentials(_user(api=api, allow_http=True, token="t"), tmp_path)


@pytest.mark.parametrize(
    "api",
    [
        "http://localhost:8000/api/v1",
        "http://127.0.0.1",
        "http://[::1]:80/x",
        "http://taiga.localhost",
    ],
)
def test_on_the_same_machine_they_do(tmp_path: Path, api: str) -> None:
    credentials(_user(api=api, token="t"), tmp_path)


# --- a session's life ---


def test_one_login_serves_all_processes_until_its_tokens_end(
    store: TokenStore, taiga: Accounts
) -> None:
    first = _session(store, taiga).authorization(taiga)
    assert _session(store, taiga, None).authorization(taiga) == first
    assert taiga.calls == ["/auth"]


def test_tokens_are_renewed_before_they_end(store: TokenStore, taiga: Accounts) -> None:
    one = _session(store, taiga)
    first = one.authorization(taiga)
    taiga.now += DAY - 200
    assert one.authorization(taiga) == first
    taiga.now += 100
    assert one.authorization(taiga) != first
    assert taiga.calls == ["/auth", "/auth/refresh"]


def test_a_renewal_slides_on_for_ever(store: TokenStore, taiga: Accounts) -> None:
    one = _session(store, taiga)
    for _ in range(30):
        one.authorization(taiga)
        taiga.now += DAY
    assert taiga.calls == ["/auth", *["/auth/refresh"] * 29]


def test_after_a_401_they_are_renewed(store: TokenStore, taiga: Accounts) -> None:
    one = _session(store, taiga)
    first = one.authorization(taiga)
    second = one.renewed(first, taiga)
    assert second == one.authorization(taiga) != first
    assert taiga.calls == ["/auth", "/auth/refresh"]


def test_what_another_process_renewed_is_taken_over(store: TokenStore, taiga: Accounts) -> None:
    one, other = _session(store, taiga), _session(store, taiga)
    first = one.authorization(taiga)
    other.authorization(taiga)
    second = one.renewed(first, taiga)
    assert other.renewed(first, taiga) == second
    assert taiga.calls.count("/auth/refresh") == 1


def test_the_new_refresh_token_is_on_disk_before_it_is_used(
    store: TokenStore, taiga: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = _session(store, taiga)
    first = one.authorization(taiga)

    def full(_file: str, _data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("taiga_notes.taiga.auth.token_store.replace_private", full)
    with pytest.raises(LoginError, match=r"can't be kept in .*: No space left on device"):
        one.renewed(first, taiga)
    assert one.authorization(taiga) == first


def test_a_dead_refresh_token_costs_one_new_login(store: TokenStore, taiga: Accounts) -> None:
    one = _session(store, taiga)
    first = one.authorization(taiga)
    taiga.live.clear()
    assert one.renewed(first, taiga) != first
    assert taiga.calls == ["/auth", "/auth/refresh", "/auth"]


def test_without_a_stored_password_a_dead_session_is_reported_and_not_tried_again(
    store: TokenStore, taiga: Accounts
) -> None:
    first = _session(store, taiga).authorization(taiga)
    taiga.live.clear()
    for _ in range(3):
        with pytest.raises(LoginError, match=r"the session at .* has ended") as caught:
            _session(store, taiga, None).renewed(first, taiga)
    assert caught.value.hint == "run `taiga-notes login`"
    assert taiga.calls == ["/auth", "/auth/refresh"]


@pytest.mark.parametrize(
    "trouble",
    [TroubleError("down"), throttled(5.0), LoginError("refused")],
)
def test_a_renewal_that_fails_early_leaves_the_tokens_that_still_hold(
    store: TokenStore, taiga: Accounts, trouble: Exception
) -> None:
    one = _session(store, taiga)
    first = one.authorization(taiga)
    taiga.now += DAY - 60
    taiga.trouble = trouble
    assert one.authorization(taiga) == first
    taiga.now += 120
    with pytest.raises(type(trouble)):
        one.authorization(taiga)


def test_a_server_that_refuses_for_another_reason_is_no_reason_to_log_in(
    store: TokenStore, taiga: Accounts
) -> None:
    one = _session(store, taiga)
    first = one.authorization(taiga)
    taiga.trouble = RefusedError("gone", status=404)
    with pytest.raises(UnreachableError, match="was not renewed: gone"):
        one.renewed(first, taiga)
    assert taiga.calls == ["/auth", "/auth/refresh"]


@pytest.mark.parametrize("off", [-3 * DAY, -DAY, DAY, 30 * DAY])
def test_a_wrong_clock_costs_no_renewal_for_each_run(
    store: TokenStore, taiga: Accounts, off: float
) -> None:
    for _ in range(3):
        wrong = Session(store, Given(), now=lambda: taiga.now + off)
        wrong.authorization(taiga)
    assert taiga.calls == ["/auth"]


def test_a_taiga_without_refresh_tokens_is_logged_in_to_again(store: TokenStore) -> None:
    calls = []

    def old(path: str, _payload: Mapping[str, object]) -> ApiResponse:
        calls.append(path)
        return ApiResponse({"auth_token": f"plain{len(calls)}"}, {}, 200)

    one = Session(store, Given())
    assert one.authorization(old) == "Bearer plain1"
    assert one.renewed("Bearer plain1", old) == "Bearer plain2"
    assert calls == ["/auth", "/auth"]


@pytest.mark.parametrize(
    "data", [None, [], "x", {}, {"auth_token": None}, {"auth_token": "a b"}, {"auth_token": ""}]
)
def test_a_login_that_gives_no_token_is_no_taiga(store: TokenStore, data: object) -> None:
    with pytest.raises(SourceError, match="answered a login without a token"):
        Session(store, Given()).authorization(lambda _path, _payload: ApiResponse(data, {}, 200))


# --- logging in ---


def test_a_human_logs_in_once_and_only_the_tokens_are_kept(
    store: TokenStore, taiga: Accounts, tmp_path: Path
) -> None:
    account = _session(store, taiga, None).log_in(PASSWORD, taiga)
    assert account == {"username": "ada", "email": "ada@acme.example"}
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert PASSWORD.encode() not in kept
    assert _session(store, taiga, None).authorization(taiga).startswith("Bearer ")


def test_a_wrong_password_is_told_and_changes_nothing(store: TokenStore, taiga: Accounts) -> None:
    first = _session(store, taiga).authorization(taiga)
    with pytest.raises(LoginError, match=r"knows no account 'ada' with this password"):
        _session(store, taiga).log_in("wrong", taiga)
    assert _session(store, taiga, None).authorization(taiga) == first


def test_a_stored_password_that_was_refused_is_not_tried_by_itself_again(
    store: TokenStore, taiga: Accounts
) -> None:
    """Taiga counts failed logins by address, and then refuses the right password as well."""
    with pytest.raises(LoginError, match="knows no account"):
        _session(store, taiga, "wrong").authorization(taiga)
    for _ in range(3):
        with pytest.raises(
            LoginError, match="of TAIGA_NOTES_PASSWORD, and it is not tried a second"
        ):
            _session(store, taiga, "wrong").authorization(taiga)
    assert taiga.passwords == ["wrong"]
    _session(store, taiga).authorization(taiga)
    assert taiga.passwords == ["wrong", PASSWORD]


def test_a_login_by_hand_lifts_that(store: TokenStore, taiga: Accounts) -> None:
    with pytest.raises(LoginError):
        _session(store, taiga, "wrong").authorization(taiga)
    _session(store, taiga).log_in(PASSWORD, taiga)
    assert not store.refused("wrong")


@given(password=st.text(min_size=1), other=st.text(min_size=1))
def test_a_refused_password_is_known_again_and_no_other(
    tmp_path_factory: pytest.TempPathFactory, password: str, other: str
) -> None:
    folder = tmp_path_factory.getbasetemp() / "refused"
    store = TokenStore(folder, API, "ada", use_keyring=False)
    with store.locked():
        store.refuse(password)
        assert store.refused(password)
        # 16 bits are kept: another password is taken for it once in 65,536 times.
        assert not all(store.refused(f"{other}{number}{password}") for number in range(3))


def test_no_refused_password_can_be_read_from_its_note(store: TokenStore, tmp_path: Path) -> None:
    with store.locked():
        store.refuse(PASSWORD)
    (note,) = (file.read_text() for file in (tmp_path / "login").glob("*.refused"))
    salt, mark = note.split()
    assert (len(salt), len(mark)) == (16, 4)


@pytest.mark.parametrize("mark", [b"", b"\xff", b"salt", b"\x00" * 500])
def test_a_broken_note_of_a_refused_password_is_none(
    store: TokenStore, tmp_path: Path, mark: bytes
) -> None:
    with store.locked():
        store.refuse("x")
    (file,) = (tmp_path / "login").glob("*.refused")
    file.write_bytes(mark)
    assert not store.refused("x")


def test_a_throttled_login_says_how_long_and_is_no_wrong_password(
    store: TokenStore, taiga: Accounts
) -> None:
    taiga.trouble = throttled(55.0)
    with pytest.raises(LoginError, match="lets nobody log in from here for another 55 seconds"):
        _session(store, taiga).authorization(taiga)
    taiga.trouble = throttled(None)
    with pytest.raises(LoginError, match="log in from here for a while"):
        _session(store, taiga).authorization(taiga)
    taiga.trouble = None
    _session(store, taiga).authorization(taiga)


def test_a_login_that_meets_no_taiga_says_so(store: TokenStore, taiga: Accounts) -> None:
    taiga.trouble = RefusedError("Taiga answered 404 to /auth", status=404)
    with pytest.raises(LoginError, match="no login: Taiga answered 404"):
        _session(store, taiga).authorization(taiga)
    taiga.trouble = UnreachableError("down")
    with pytest.raises(UnreachableError):
        _session(store, taiga).authorization(taiga)
    assert not store.refused(PASSWORD)


# --- whose session ---


def test_without_a_user_name_the_only_account_counts(tmp_path: Path, taiga: Accounts) -> None:
    session(_user(username="ada"), tmp_path).log_in(PASSWORD, taiga)
    assert session(_user(), tmp_path).authorization(taiga).startswith("Bearer ")


def test_the_case_of_a_user_name_does_not_matter(tmp_path: Path, taiga: Accounts) -> None:
    session(_user(username="Ada"), tmp_path).log_in(PASSWORD, taiga)
    session(_user(username="aDA"), tmp_path).authorization(taiga)
    assert taiga.calls == ["/auth"]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {},
            r"^there is no login for https://taiga.example/api/v1 \(run `taiga-notes login`, or",
        ),
        ({"password": "x"}, r"a password, but no user name for it \(set TAIGA_NOTES_USERNAME\)"),
    ],
)
def test_without_any_account_the_user_is_told_what_to_do(
    tmp_path: Path, settings: dict[str, str], message: str
) -> None:
    with pytest.raises(LoginError, match=message):
        session(_user(**settings), tmp_path)


def test_a_user_without_a_session_is_told_what_to_do(tmp_path: Path, taiga: Accounts) -> None:
    with pytest.raises(LoginError, match=r"there is no login for .* \(run `taiga-notes login`"):
        session(_user(username="ada"), tmp_path).authorization(taiga)


def test_with_several_accounts_one_must_be_named(tmp_path: Path, taiga: Accounts) -> None:
    for name in ("ada", "bob"):
        session(_user(username=name), tmp_path).log_in(PASSWORD, taiga)
    with pytest.raises(
        LoginError, match=r"several accounts are logged in at .*: (ada, bob|bob, ada)"
    ):
        session(_user(), tmp_path)


def test_a_session_belongs_to_one_server(tmp_path: Path, taiga: Accounts) -> None:
    session(_user(username="ada"), tmp_path).log_in(PASSWORD, taiga)
    elsewhere = _user(api="https://other.example/api/v1", username="ada")
    with pytest.raises(LoginError, match=r"there is no login for https://other\.example"):
        session(elsewhere, tmp_path).authorization(taiga)


def test_a_record_moved_to_another_server_s_place_is_not_believed(
    tmp_path: Path, taiga: Accounts
) -> None:
    session(_user(username="ada"), tmp_path).log_in(PASSWORD, taiga)
    other = TokenStore(tmp_path, "https://evil.example/api/v1", "ada")
    (record,) = (tmp_path / "login").glob("*.json")
    record.rename(other._file)
    assert other.load() is None


def test_logging_out_removes_every_session(tmp_path: Path, taiga: Accounts) -> None:
    for name in ("ada", "bob"):
        session(_user(username=name), tmp_path).log_in(PASSWORD, taiga)
    with pytest.raises(LoginError):
        session(_user(username="eve", password="wrong"), tmp_path).authorization(taiga)
    assert sorted(log_out(tmp_path)) == [f"ada at {API}", f"bob at {API}"]
    assert [file.name for file in tmp_path.rglob("*") if file.is_file()] == ["lock"]
    assert log_out(tmp_path) == []


def test_logging_out_without_ever_having_logged_in_makes_nothing(tmp_path: Path) -> None:
    assert log_out(tmp_path) == []
    assert list(tmp_path.iterdir()) == []


# --- how tokens are kept ---


def test_tokens_are_for_the_user_s_eyes_only(store: TokenStore, tmp_path: Path) -> None:
    old_mask = os.umask(0)
    try:
        with store.locked():
            store.save(Tokens("a", "r", 1.0), anew=True)
            store.refuse("x")
    finally:
        os.umask(old_mask)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*")}
    assert modes.pop("login") == 0o700
    assert set(modes.values()) == {0o600}


def test_a_folder_that_others_can_read_is_taken_back(store: TokenStore, tmp_path: Path) -> None:
    folder = tmp_path / "login"
    folder.mkdir(mode=0o755)
    folder.chmod(0o755)
    draft = store._file.with_name(f"{store._file.name}{DRAFT}")
    draft.write_bytes(b"left by a killed process")
    draft.chmod(0o644)
    with store.locked():
        store.save(Tokens("a", "r"), anew=True)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(store._file.stat().st_mode) == 0o600
    assert not draft.exists()


@pytest.mark.parametrize(
    "record",
    [
        *(b"", b"\xff", b"[]", b"null", b"[" * 60_000, b"{}", b'{"api": 3}'),
        json.dumps({"api": API, "username": "ada"}).encode(),
        json.dumps({"api": API, "auth_token": 3, "refresh": "r", "expires": 1}).encode(),
        json.dumps({"api": API, "auth_token": "a\r\nX: y", "refresh": "r", "expires": 1}).encode(),
    ],
)
def test_a_broken_record_is_no_session(store: TokenStore, taiga: Accounts, record: bytes) -> None:
    with store.locked():
        store.save(Tokens("a", "r"))
    store._file.write_bytes(record)
    assert store.load() is None
    assert _session(store, taiga).authorization(taiga).startswith("Bearer h.")


def test_a_folder_that_can_not_be_used_is_reported_before_anything_is_asked(
    tmp_path: Path, taiga: Accounts
) -> None:
    (tmp_path / "login").write_text("a file")
    with pytest.raises(LoginError, match=r"the login can't be kept in .*login: ") as caught:
        session(_user(username="ada", password=PASSWORD), tmp_path).authorization(taiga)
    assert caught.value.hint
    assert taiga.calls == []


def test_a_process_that_hangs_in_its_login_does_not_block_others_for_ever(
    store: TokenStore, taiga: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tokens_module, "LOCK_TIMEOUT", 0.1)
    with (
        store.locked(),
        pytest.raises(UnreachableError, match="another taiga-notes has been logging in"),
    ):
        _session(store, taiga).authorization(taiga)
    assert taiga.calls == []


def test_nothing_shows_a_token_or_a_password(store: TokenStore, taiga: Accounts) -> None:
    one = _session(store, taiga)
    header = one.authorization(taiga)
    kept = store.load()
    assert kept is not None
    shown = f"{one!r}{store!r}{kept!r}{kept}{Given()!r}{CommandPassword(['x', PASSWORD])!r}"
    for secret in (header.split()[1], kept.refresh, PASSWORD):
        assert secret not in shown


# --- the system's keyring ---


class MemoryKeyring:
    """A backend of the keyring library."""

    priority = 5.0

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str], str] = {}
        self.broken = False

    def _check(self) -> None:
        if self.broken:
            raise RuntimeError("locked")

    def get_password(self, service: str, name: str) -> str | None:
        self._check()
        return self.entries.get((service, name))

    def set_password(self, service: str, name: str, text: str) -> None:
        self._check()
        self.entries[service, name] = text

    def delete_password(self, service: str, name: str) -> None:
        self._check()
        del self.entries[service, name]


@pytest.fixture
def keyring(monkeypatch: pytest.MonkeyPatch) -> MemoryKeyring:
    backend = MemoryKeyring()
    monkeypatch.setattr("keyring.get_keyring", lambda: backend)
    return backend


def _files(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.rglob("*") if file.is_file())


def test_tokens_go_into_the_keyring_where_there_is_one(
    tmp_path: Path, taiga: Accounts, keyring: MemoryKeyring
) -> None:
    header = session(
        _user(username="ada", password=PASSWORD, keyring=True), tmp_path
    ).authorization(taiga)
    assert header.split()[1].encode() not in _files(tmp_path)
    assert [name for _, name in keyring.entries] == [f"ada at {API}"]
    later = session(_user(username="ADA", keyring=True), tmp_path)
    assert later.authorization(taiga) == header
    assert later.renewed(header, taiga) != header
    assert taiga.calls == ["/auth", "/auth/refresh"]
    assert log_out(tmp_path) == [f"ada at {API}"]
    assert keyring.entries == {}


def test_the_keyring_can_be_turned_off(
    tmp_path: Path, taiga: Accounts, keyring: MemoryKeyring
) -> None:
    session(_user(username="ada", password=PASSWORD, keyring=False), tmp_path).authorization(taiga)
    assert keyring.entries == {}


def test_a_keyring_that_refuses_leaves_the_file(
    tmp_path: Path, taiga: Accounts, keyring: MemoryKeyring
) -> None:
    keyring.broken = True
    user = _user(username="ada", password=PASSWORD, keyring=True)
    header = session(user, tmp_path).authorization(taiga)
    assert session(user, tmp_path).authorization(taiga) == header
    assert taiga.calls == ["/auth"]


def test_a_keyring_that_does_not_open_costs_a_new_login(
    tmp_path: Path, taiga: Accounts, keyring: MemoryKeyring
) -> None:
    user = _user(username="ada", password=PASSWORD, keyring=True)
    session(user, tmp_path).authorization(taiga)
    keyring.broken = True
    session(user, tmp_path).authorization(taiga)
    assert taiga.calls == ["/auth", "/auth"]
    assert log_out(tmp_path) == [f"ada at {API}"]


@pytest.mark.parametrize("priority", [0.0, 0.5, -1.0])
def test_a_keyring_that_keeps_no_secrets_is_none(
    tmp_path: Path, taiga: Accounts, keyring: MemoryKeyring, priority: float
) -> None:
    keyring.priority = priority
    session(_user(username="ada", password=PASSWORD, keyring=True), tmp_path).authorization(taiga)
    assert keyring.entries == {}


def test_without_the_library_there_is_no_keyring(
    tmp_path: Path, taiga: Accounts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    user = _user(username="ada", password=PASSWORD, keyring=True)
    header = session(user, tmp_path).authorization(taiga)
    assert session(user, tmp_path).authorization(taiga) == header


# --- password_command ---


def _python(code: str) -> CommandPassword:
    return CommandPassword((sys.executable, "-c", code), timeout=300)


def test_the_command_s_first_line_is_the_password() -> None:
    assert _python("print('  p w ü  '); print('note')").read() == "  p w ü  "


def test_the_command_is_not_run_by_a_shell() -> None:
    shown = CommandPassword(
        (sys.executable, "-c", "import sys; print(sys.argv[1])", "$HOME;`id`"), timeout=300
    )
    assert shown.read() == "$HOME;`id`"


@each(
    ("command", "message"),
    [
        (("/nowhere/at/all",), "can't be run: FileNotFoundError"),
        (("a\0b",), "can't be run: ValueError"),
        ((sys.executable, "-c", "raise SystemExit(3)"), "failed with status 3"),
        ((sys.executable, "-c", "print('S3CRET'); raise SystemExit(1)"), "failed with status 1"),
        ((sys.executable, "-c", ""), "printed no usable line"),
        ((sys.executable, "-c", "print()"), "printed no usable line"),
        ((sys.executable, "-c", "print('S3CRET' * 1000)"), "printed no usable line"),
    ],
)
def test_a_command_that_gives_no_password_is_reported(
    command: tuple[str, ...], message: str
) -> None:
    with pytest.raises(LoginError, match=message) as caught:
        CommandPassword(command, timeout=300).read()
    assert "S3CRET" not in f"{caught.value!r}"
    assert "own configuration" in caught.value.hint


def test_a_command_that_hangs_is_ended_with_its_children_or_without() -> None:
    start = time.monotonic()
    hanging = CommandPassword(("sh", "-c", "sleep 600 & sleep 600"), timeout=0.2)
    with pytest.raises(LoginError, match=r"did not end within 0\.2 seconds"):
        hanging.read()
    assert time.monotonic() - start < 300


def test_the_command_gets_no_input(capfd: pytest.CaptureFixture[str]) -> None:
    assert (
        _python("import sys; print(repr(sys.stdin.read())); print('x', file=sys.stderr)").read()
        == "''"
    )
    assert capfd.readouterr().err == "x\n"


def test_a_command_logs_in(tmp_path: Path, taiga: Accounts) -> None:
    command = (sys.executable, "-c", f"print({PASSWORD!r})")
    auth = session(_user(username="ada", password_command=command), tmp_path)
    auth.authorization(taiga)
    assert taiga.passwords == [PASSWORD]


# --- a token's end ---


@given(text=st.text(max_size=60) | st.binary(max_size=40).map(lambda raw: f"a.{raw.hex()}.b"))
def test_any_text_can_be_asked_for_its_end(text: str) -> None:
    assert expiry(text) is None or isinstance(expiry(text), float)


@given(
    claims=st.dictionaries(
        st.sampled_from(["exp", "jti"]),
        st.none() | st.integers() | st.floats() | st.text(max_size=5) | st.booleans(),
    )
)
def test_a_token_s_end_is_a_sane_time_or_unknown(claims: dict[str, object]) -> None:
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    end = expiry(f"h.{payload}.s")
    assert end is None or 0 < end < 1e12


def test_a_token_of_the_real_kind_tells_its_end() -> None:
    claims = {"token_type": "access", "exp": 1795405457, "jti": "x", "user_id": 16}
    payload = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    assert expiry(f"eyJhbGciOiJIUzI1NiJ9.{payload}.c2ln") == 1795405457.0


# --- real processes, a real server ---


@pytest.fixture
def server() -> Iterator[tuple[Taiga, str]]:
    taiga = Taiga()
    taiga.add_user("ada")
    with serve(taiga) as served:
        yield taiga, served.url


def _run(mode: str, api: str, state: Path, number: int) -> None:
    subprocess.run(
        [sys.executable, "-m", "tests.taiga.sessions", mode, api, str(state), str(number)],
        check=True,
        cwd=Path(__file__).parents[3],
        timeout=300,
    )


@pytest.mark.slow
def test_of_many_processes_one_logs_in(server: tuple[Taiga, str], tmp_path: Path) -> None:
    taiga, api = server
    _run("together", api, tmp_path, 8)
    assert [entry.path for entry in taiga.log.entries("/auth")] == ["/auth"]


@pytest.mark.slow
def test_of_many_processes_one_renews(server: tuple[Taiga, str], tmp_path: Path) -> None:
    taiga, api = server
    ada = next(iter(taiga.users.values()))
    store = TokenStore(tmp_path, api, "ada", use_keyring=False)
    with store.locked():
        store.save(Tokens(taiga.token(ada, -1), taiga.refresh_token(ada)))
    _run("together", api, tmp_path, 8)
    assert [entry.path for entry in taiga.log.entries("/auth")] == ["/auth/refresh"]


@pytest.mark.slow
def test_a_process_killed_at_any_instant_costs_at_most_a_new_login(
    server: tuple[Taiga, str], tmp_path: Path
) -> None:
    taiga, api = server
    kills = int(os.environ.get("TAIGA_NOTES_TEST_KILLS", "30"))
    _run("killed", api, tmp_path, kills)
    logins = taiga.log.entries("/auth")
    begun = [entry for entry in logins if entry.path == "/auth"]
    # 400 is half a request: its sender was killed meanwhile. 401 would be a password refused.
    assert {entry.status for entry in begun} <= {0, 200, 400}
    assert 1 <= len(begun) <= kills + 1
    # Each was killed at work: it had renewed the session before.
    assert len(logins) - len(begun) >= kills
    left = sorted(file.suffix for file in (tmp_path / "login").iterdir())
    assert left in (["", ".json"], ["", ".json", ".new"])


def test_a_session_with_a_real_server(server: tuple[Taiga, str], tmp_path: Path) -> None:
    taiga, api = server
    user = _user(api=api, username="ada")
    with Client(api, Anonymous()) as nobody:
        account = session(user, tmp_path).log_in(PASSWORD, nobody.post)
    assert account["email"]
    with Client(api, credentials(user, tmp_path)) as client:
        assert client.get("/users/me").status == 200
        taiga.clock.advance(25 * 3600)
        assert client.get("/users/me").status == 200
        taiga.clock.advance(9 * DAY)
        with pytest.raises(LoginError, match="has ended"):
            client.get("/users/me")
    assert [entry.path for entry in taiga.log.entries("/auth")] == [
        "/auth",
        "/auth/refresh",
        "/auth/refresh",
    ]


def test_where_nothing_can_be_kept_a_known_password_begins_a_passing_session(
    server: tuple[Taiga, str], tmp_path: Path
) -> None:
    taiga, api = server
    (tmp_path / "file").touch()
    state = tmp_path / "file" / "state"
    user = _user(api=api, username="ada", password=PASSWORD)
    with Client(api, credentials(user, state)) as client:
        for _ in range(3):
            assert client.get("/users/me").status == 200
        taiga.clock.advance(25 * 3600)
        assert client.get("/users/me").status == 200
    assert taiga.log.lines("/auth") == ["POST /auth", "POST /auth/refresh"]

    wrong = replace(user, password="wrong")
    with Client(api, credentials(wrong, state)) as client:
        for said in ("knows no account", "not tried a second time"):
            with pytest.raises(LoginError, match=said):
                client.get("/users/me")
    with pytest.raises(LoginError, match="no user name for it"):
        credentials(replace(user, username=None), state)
    with pytest.raises(ConfigError, match="unencrypted"):
        credentials(replace(user, api="http://taiga.lan/api/v1"), state)
    # A login is asked to keep it, and says so.
    with Client(api, Anonymous()) as nobody, pytest.raises(LoginError, match="can't be kept"):
        session(user, state).log_in(PASSWORD, nobody.post)


def test_a_servers_own_kind_of_login(server: tuple[Taiga, str], tmp_path: Path) -> None:
    taiga, api = server
    taiga.settings.login_type = "ldap"
    user = _user(api=api, username="ada", password=PASSWORD)
    with Client(api, session(user, tmp_path)) as client, pytest.raises(LoginError) as caught:
        client.get("/users/me")
    assert "login --type" in caught.value.hint
    ldap = _user(api=api, username="ada", password=PASSWORD, login_type="LDAP")
    with Client(api, session(ldap, tmp_path)) as client:
        assert client.get("/users/me").status == 200
        # Also where nobody is there to say so again.
        taiga.clock.advance(9 * DAY)
        assert client.get("/users/me").status == 200


@each("language", ["en", "es", "de", "zh-hans"])
def test_what_a_refusal_means_is_the_same_in_every_language(
    server: tuple[Taiga, str], tmp_path: Path, language: str
) -> None:
    taiga, api = server
    owner = taiga.add_user(f"owner-{language}")
    private = taiga.add_project("Secret", owner=owner, is_private=True)
    user, state = _user(api=api, username="ada", language=language), tmp_path / language
    wrong = replace(user, password="wrong")
    with Client.of(wrong, session(wrong, state)) as client:
        for message in ("knows no account 'ada'", "is not tried a second time"):
            with pytest.raises(LoginError, match=message):
                client.get("/users/me")
    with Client.of(user, Anonymous()) as nobody:
        session(user, state).log_in(PASSWORD, nobody.post)
    with Client.of(user, session(user, state)) as client:
        with pytest.raises(RefusedError) as refused:
            client.get(f"/projects/{private.id}")
        assert (refused.value.status, refused.value.code) == (403, "PermissionDenied")
        taiga.clock.advance(25 * 3600)
        assert client.get("/users/me").headers["content-language"]
        taiga.clock.advance(9 * DAY)
        with pytest.raises(LoginError, match="has ended"):
            client.get("/users/me")


def test_an_application_token_with_a_real_server(server: tuple[Taiga, str], tmp_path: Path) -> None:
    taiga, api = server
    token = taiga.application_token(next(iter(taiga.users.values())))
    with Client(api, credentials(_user(api=api, application_token=token), tmp_path)) as client:
        assert client.get("/users/me").status == 200
        taiga.application_tokens.clear()
        with pytest.raises(LoginError, match="was revoked"):
            client.get("/users/me")


def test_failed_logins_do_not_lock_the_address_out(
    server: tuple[Taiga, str], tmp_path: Path
) -> None:
    taiga, api = server
    taiga.settings.rates["login-fail"] = "2/min"
    for password in ("wrong", "wrong", "wrong"):
        user = _user(api=api, username="ada", password=password)
        with Client(api, session(user, tmp_path)) as client, pytest.raises(LoginError):
            client.get("/users/me")
    user = _user(api=api, username="ada", password=PASSWORD)
    with Client(api, session(user, tmp_path)) as client:
        assert client.get("/users/me").status == 200


def test_a_locked_out_address_is_told_how_long(server: tuple[Taiga, str], tmp_path: Path) -> None:
    taiga, api = server
    taiga.settings.rates["login-fail"] = "1/min"
    with Client(api, Anonymous()) as nobody:
        user = _user(api=api, username="ada")
        with pytest.raises(LoginError, match="knows no account 'ada'"):
            session(user, tmp_path).log_in("wrong", nobody.post)
        with pytest.raises(LoginError, match=r"for another (60|59) seconds"):
            session(user, tmp_path).log_in(PASSWORD, nobody.post)
