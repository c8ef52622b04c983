"""Whose store it is: what one account sees is never shown to another."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from taiga_notes.config.settings import Credential

if TYPE_CHECKING:
    from pathlib import Path

    from taiga_notes.config.settings import UserConfig

# Of several accounts none is guessed: what one sees is not for the other.
_UNKNOWN = "?"
_DIGITS = 32
_LONGEST = 150
_PLAIN = frozenset(b"abcdefghijklmnopqrstuvwxyz0123456789.-")


def account_of(user: UserConfig, state: Path) -> str:
    """A name for the account that these settings lead to; empty for an anonymous one.

    Args:
        user: see `taiga_notes.config.settings`.
        state: the user's state folder, where sessions are kept.
    """
    match user.credential:
        case Credential.TOKEN | Credential.APPLICATION:
            # It becomes a file's name, of which nobody may learn the token.
            return f"token {_digest(user.token or user.application_token or '')}"
        case Credential.NONE:
            return ""
        case Credential.SESSION:
            return _account_of_session(user, state)
        case never:
            assert_never(never)


def _account_of_session(user: UserConfig, state: Path) -> str:
    if user.username:
        # Taiga does not mind the case of a user name.
        return user.username.lower()
    from taiga_notes.taiga.auth.token_store import accounts  # noqa: PLC0415 - for those without a user name

    names = accounts(state / "login", user.api)
    return names[0].lower() if len(names) == 1 else _UNKNOWN


def store_file(cache: Path, api: str, account: str) -> Path:
    """Where the store of that account lies.

    Args:
        cache: the user's cache folder.
        api: the API's root.
        account: see `account_of`.
    """
    name = _spelt(f"{api.partition('://')[2]} {account}")
    if len(name) > _LONGEST:
        name = _digest(name)
    return cache / "store" / f"{name}.sqlite"


def _spelt(text: str) -> str:
    """A file's name on every system, also one that takes A for a: other texts have other names."""
    data = text.encode("utf-8", "surrogateescape")
    return "".join(chr(byte) if byte in _PLAIN else f"%{byte:02x}" for byte in data)


def _digest(text: str) -> str:
    import hashlib  # noqa: PLC0415 - 2 ms that few need to pay

    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
