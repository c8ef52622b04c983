"""The tokens of a browser's session, as a person brings them: typed, piped, or copied as JSON.

Taiga's web front keeps them in its local storage, as JSON texts: `token` and `refresh`
(taiga-front, auth.coffee).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from taiga_notes.config.tokens import given_token
from taiga_notes.config.toml_reader import ExpectedError
from taiga_notes.errors import ConfigError
from taiga_notes.taiga.auth.session import claims

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LONGEST = 64 * 1024
"""Characters that are read: a token has some 200."""

_ASKED = ("Auth token: ", "Refresh token (empty if there is none): ")
_HINT = (
    "two lines, or the JSON that the README's line for the browser's console copies: first the "
    "auth token, then the refresh token"
)


@dataclass(frozen=True, slots=True)
class BrowserTokens:
    """The two tokens of a session.

    Attributes:
        access: goes with each request.
        refresh: buys the next pair, once; empty where there is none.
    """

    access: str = field(repr=False)
    refresh: str = field(default="", repr=False)


def browser_tokens(source: TextIO | None, ask: Callable[[str], str]) -> BrowserTokens:
    """The tokens, asked for at a terminal, else read.

    Args:
        source: the standard input; None where it is closed.
        ask: asks without echo.

    Raises:
        ConfigError: there are none, or they don't belong together. Nothing of them is repeated.
    """
    at_terminal = source is not None and source.isatty()
    given = _asked(ask) if at_terminal else _read(_piped(source))
    tokens = [_checked(text) for text in given if text.strip()]
    match tokens:
        case [access]:
            found = BrowserTokens(access)
        case [access, refresh]:
            found = BrowserTokens(access, refresh)
        case []:
            raise ConfigError("no token was given, and nothing has changed", hint=_HINT)
        case _:
            raise ConfigError("these are more than two tokens", hint=_HINT)
    _demand_pair(found)
    return found


def _piped(source: TextIO | None) -> str:
    try:
        return source.read(LONGEST) if source else ""
    except UnicodeDecodeError:
        raise ConfigError("what was given is no text; nothing has changed", hint=_HINT) from None


def _asked(ask: Callable[[str], str]) -> Sequence[str]:
    given: list[str] = []
    for question in _ASKED:
        try:
            given += _read(ask(question))
        except EOFError:
            break
        if len(given) != 1:
            # Nothing, or both at once.
            break
    return given


def _read(text: str) -> Sequence[str]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return text.splitlines()
    match found:
        case {"auth_token": access} | {"token": access}:
            return [_text(access), _text(found.get("refresh"))]
        case _:
            return text.splitlines()


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _checked(text: str) -> str:
    try:
        token = given_token(text)
    except ExpectedError:
        message = "what was given is no token; nothing has changed"
        raise ConfigError(message, hint=_HINT) from None
    if token.scheme == "Application":
        raise ConfigError(
            "this is an application's token, which needs no login",
            hint="set `application_token` in your own configuration, or "
            "TAIGA_NOTES_APPLICATION_TOKEN",
        )
    return token.text


def _demand_pair(tokens: BrowserTokens) -> None:
    """Check what the tokens say of themselves, before Taiga takes one of them away.

    Raises:
        ConfigError: they are exchanged, or of two accounts.
    """
    access, refresh = claims(tokens.access), claims(tokens.refresh)
    if access.get("token_type") == "refresh" or refresh.get("token_type") == "access":
        raise ConfigError(
            "the auth token comes first, then the refresh token; nothing has changed", hint=_HINT
        )
    one, other = access.get("user_id"), refresh.get("user_id")
    if tokens.refresh and one is not None and other is not None and one != other:
        raise ConfigError("these tokens are of two accounts; nothing has changed", hint=_HINT)
