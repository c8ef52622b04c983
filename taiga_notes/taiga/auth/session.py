"""A session: the tokens of one login, renewed by one process at a time.

Taiga's refresh tokens work once: whoever buys a new pair makes the old one worthless. So a process
that needs one takes the lock, looks whether another was faster, and has the new pair on disk
before it uses it. Killed in between, it costs a new login and nothing else.
"""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from taiga_notes.config.passwords import password_of
from taiga_notes.errors import (
    LoginError,
    RefusedError,
    SourceError,
    ThrottledError,
    UnreachableError,
)
from taiga_notes.system import clock
from taiga_notes.taiga.auth.token_rules import TOKEN, demand_encryption
from taiga_notes.taiga.auth.token_store import PassingTokens, Tokens, TokenStore, accounts
from taiga_notes.taiga.http.responses import how_long

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from taiga_notes.config.passwords import Password
    from taiga_notes.config.settings import UserConfig
    from taiga_notes.taiga.http.requests import Post

MARGIN = 120.0
"""Seconds before its end from which a token is renewed: longer than an answer takes."""

_LOG_IN = "run `taiga-notes login`"
_LOCKS_OUT = "Taiga locks out addresses that fail again and again"
_LATEST = 1e12


class Session:
    """A login and its renewals.

    Args:
        store: where the tokens are kept.
        password: where the password can be read without asking; None where nowhere.
        login_type: how the server checks it, see `UserConfig.login_type`.
        now: this machine's time in Unix seconds.
    """

    def __init__(
        self,
        store: TokenStore | PassingTokens,
        password: Password | None = None,
        *,
        login_type: str = "normal",
        now: Callable[[], float] = clock.seconds,
    ) -> None:
        self._store = store
        self._password = password
        self._login_type = login_type
        self._now = now
        self._tokens: Tokens | None = None

    def authorization(self, post: Post, /) -> str:
        """See `Auth.authorization`."""
        tokens = self._tokens or self._store.load()
        if tokens is None or self._is_ending(tokens):
            tokens = self._renew_early(tokens, post) if tokens else self._renew("", post)
        self._tokens = tokens
        return _header(tokens)

    def renewed(self, refused: str, post: Post, /) -> str:
        """See `Auth.renewed`."""
        self._tokens = self._renew(refused, post)
        return _header(self._tokens)

    def log_in(
        self, password: str, post: Post, prove: Callable[[str], None] = lambda _header: None
    ) -> dict[str, object]:
        """Begin anew with a password that a human has just given.

        Args:
            password: the password.
            post: see `requests.Post`.
            prove: uses the new token, as the header that it makes; what it raises is raised, and
                the session is as it was.

        Returns:
            The account, as Taiga describes it.

        Raises:
            LoginError: Taiga refuses it, or lets nobody log in for a while.
            SourceError: Taiga can't be reached, or is none.
        """
        with self._store.locked():
            account = self._account(password, post)
            # Before it is kept: a login that is of no use must not take the place of one that is.
            prove(_header(self._tokens_of(account)))
            self._tokens = self._keep(account, anew=True)
        # Whoever logs in is told of the account: its tokens go no further than the store.
        return {name: account[name] for name in account if name not in {"auth_token", "refresh"}}

    def take_over(self, access: str, refresh: str, post: Post) -> float | None:
        """Begin anew with the tokens of a browser's session, which is over with that.

        The refresh token is used at once: then it is known to be one, and nobody else's any more.

        Args:
            access: its auth_token, proved already.
            refresh: empty where there is none: then the session ends with the other token.
            post: see `requests.Post`.

        Returns:
            When the session ends if it is not renewed before, in Unix seconds; None if not known.

        Raises:
            LoginError: Taiga does not take the refresh token; the session is as it was.
            SourceError: Taiga can't be reached, or is none.
        """
        with self._store.locked():
            given: dict[str, object] = {"auth_token": access}
            pair = self._refresh(refresh, post) if refresh else given
            if pair is None:
                raise LoginError(
                    "Taiga does not take this refresh token: it is used up, or ended after its 8 "
                    "days; nothing has changed",
                    hint="sign in anew in a private window, copy both tokens, and close it",
                )
            self._tokens = self._keep(pair, anew=True)
        return expiry(self._tokens.refresh or self._tokens.access)

    def _renew_early(self, tokens: Tokens, post: Post) -> Tokens:
        try:
            return self._renew(_header(tokens), post)
        except (UnreachableError, LoginError):
            if tokens.expires is not None and self._now() < tokens.expires:
                # Not yet needed: the request itself will tell.
                return tokens
            raise

    def _renew(self, refused: str, post: Post) -> Tokens:
        """Tokens other than the refused ones: another process's, or new ones, or a new login's."""
        with self._store.locked():
            kept = self._store.load()
            # Another process was faster, and only its pair is good: Taiga denies a refresh token
            # from its first use on (auth/settings.py).
            if kept and _header(kept) != refused and not self._is_ending(kept):
                return kept
            if kept and kept.refresh:
                if pair := self._refresh(kept.refresh, post):
                    return self._keep(pair)
                # Taiga counts what it refuses, and in the end locks the address out.
                self._store.save(replace(kept, refresh=""))
            return self._log_in_again(post, ended=kept is not None)

    def _refresh(self, refresh: str, post: Post) -> dict[str, object] | None:
        """A new pair; None where Taiga takes this refresh token for none of its own any more.

        Only Taiga's own 401 ends a session: a 400 says that the token did not arrive.
        """
        try:
            return _object(post("/auth/refresh", {"refresh": refresh}).data)
        except RefusedError as error:
            if error.status == HTTPStatus.UNAUTHORIZED:
                return None
            # Not as a refusal of what is asked for, such as a project.
            raise UnreachableError(
                f"the session was not renewed: {error.message}",
                hint="does a proxy on the way change what is sent?",
            ) from error

    def _log_in_again(self, post: Post, *, ended: bool) -> Tokens:
        host = self._store.api
        if self._password is None:
            what = "the session at {} has ended" if ended else "there is no login for {}"
            public = "" if ended else ", or set `anonymous = true` for public projects"
            raise LoginError(what.format(host), hint=_LOG_IN + public)
        password, name = self._password.read(), self._password.name
        if self._store.refused(password):
            raise LoginError(
                f"{host} has refused the password of {name}, and it is not tried a second time",
                hint=f"correct it, or {_LOG_IN}; {_LOCKS_OUT}",
            )
        try:
            return self._keep(self._account(password, post), anew=True)
        except WrongPasswordError:
            # Only where Taiga speaks of the password: what a proxy spoils must not ban a right one.
            self._store.refuse(password)
            raise

    def _account(self, password: str, post: Post) -> dict[str, object]:
        credentials = {
            "type": self._login_type,
            "username": self._store.username,
            "password": password,
        }
        try:
            return _object(post("/auth", credentials).data)
        except ThrottledError as error:
            if not error.by_taiga:
                raise
            raise LoginError(
                f"{self._store.api} lets nobody log in from here for {how_long(error.seconds)}",
                hint="there were too many failed logins: wait, then try once",
            ) from error
        except RefusedError as error:
            if not _is_about_password(error):
                raise _no_login(error) from error
            raise WrongPasswordError(
                f"{self._store.api} knows no account {self._store.username!a} with this password",
                hint=f"check both; {_LOCKS_OUT}",
            ) from None

    def _keep(self, answer: dict[str, object], *, anew: bool = False) -> Tokens:
        tokens = self._tokens_of(answer)
        # On disk before it is used: what it was bought with is worthless already.
        self._store.save(tokens, anew=anew)
        return tokens

    def _tokens_of(self, answer: dict[str, object]) -> Tokens:
        match answer:
            case {"auth_token": str(access)} if TOKEN.fullmatch(access):
                refresh = answer.get("refresh")
            case _:
                raise SourceError("Taiga answered a login without a token", hint="is `api` right?")
        return Tokens(access, refresh if isinstance(refresh, str) else "", self._end(access))

    def _end(self, access: str) -> float | None:
        end = expiry(access)
        # A new token that looks ended tells of a wrong clock, ours or Taiga's; then a 401 tells.
        return end if end is not None and end - MARGIN > self._now() else None

    def _is_ending(self, tokens: Tokens) -> bool:
        return tokens.expires is not None and tokens.expires - MARGIN < self._now()


def _is_about_password(error: RefusedError) -> bool:
    """Whether Taiga says that user name and password don't go together.

    Its 400s say other things as well: "invalid login type" comes where a proxy lost the body, or
    where the server has logins of another kind only. Those of Taiga before 6 and of its LDAP
    plugins have these names.
    """
    if error.status == HTTPStatus.UNAUTHORIZED:
        # These are about a header that we don't send with a login: somebody on the way added it.
        return error.code not in {"token_not_valid", "bad_authorization_header"}
    return error.code in {"WrongArguments", "LDAPUserLoginError"}


def _no_login(error: RefusedError) -> LoginError:
    """What became of a login that was refused, but not for its password."""
    return LoginError(
        f"no login: {error.message}",
        hint="the password was not looked at: is `api` right, does a proxy on the way change what "
        "is sent, has the server logins of another kind (`login --type`, `login --token`)?",
    )


class WrongPasswordError(LoginError):
    """Taiga refused user name and password: never to be tried again without a human."""


def session(user: UserConfig, state: Path) -> Session:
    """The session of `user.username`, or else of the only account that is logged in.

    Args:
        user: see `taiga_notes.config.settings`.
        state: the user's state folder.

    Raises:
        ConfigError: the password would travel unencrypted.
        LoginError: there is no account, or more than one.
    """
    demand_encryption(user)
    username = user.username or _only_account(state, user)
    store = TokenStore(state, user.api, username, use_keyring=user.keyring)
    return Session(store, password_of(user), login_type=user.login_type)


def passing_session(user: UserConfig, password: Password) -> Session:
    """A session that ends with the process, begun with a password that can be had each time.

    Raises:
        ConfigError: the password would travel unencrypted.
        LoginError: there is no user name for it.
    """
    demand_encryption(user)
    if not user.username:
        raise _no_username()
    store = PassingTokens(user.api, user.username)
    return Session(store, password, login_type=user.login_type)


def _only_account(state: Path, user: UserConfig) -> str:
    names = accounts(state, user.api)
    if len(names) == 1:
        return names[0]
    if names:
        raise LoginError(
            f"several accounts are logged in at {user.api}: {', '.join(names)}",
            hint="set `username` in your own configuration, or TAIGA_NOTES_USERNAME",
        )
    if password_of(user):
        raise _no_username()
    raise LoginError(
        f"there is no login for {user.api}",
        hint=f"{_LOG_IN}, or set `anonymous = true` for public projects",
    )


def _no_username() -> LoginError:
    return LoginError(
        "there is a password, but no user name for it", hint="set TAIGA_NOTES_USERNAME"
    )


def claims(token: str) -> Mapping[str, object]:
    """What a JWT says of itself, unverified; empty for what is none."""
    _, _, rest = token.partition(".")
    payload = rest.partition(".")[0]
    try:
        said = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, RecursionError):
        return {}
    return said if isinstance(said, dict) else {}


def expiry(token: str) -> float | None:
    """When a JWT ends, in Unix seconds, by its own unverified word; None where it does not say."""
    match claims(token):
        case {"exp": int() | float() as end} if 0 < end < _LATEST:
            return float(end)
        case _:
            return None


def _header(tokens: Tokens) -> str:
    return f"Bearer {tokens.access}"


def _object(data: object) -> dict[str, object]:
    return data if isinstance(data, dict) else {}
