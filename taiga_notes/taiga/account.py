"""Whose store it is: what one account sees is never shown to another."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from taiga_notes.config import UserConfig

_UNKNOWN = "?"
_DIGITS = 16


def account_of(user: UserConfig, state: Path) -> str:
    """A name for the account that these settings lead to; empty for an anonymous one.

    Args:
        user: see `taiga_notes.config`.
        state: the user's state folder, where sessions are kept.
    """
    token = user.token or user.application_token
    if token:
        return f"token {_digest(token)}"
    if user.anonymous:
        return ""
    if user.username:
        # Taiga does not mind the case of a user name.
        return user.username.lower()
    from taiga_notes.taiga.tokens import accounts  # noqa: PLC0415 - for those without a user name

    names = accounts(state / "login", user.api)
    return names[0].lower() if len(names) == 1 else _UNKNOWN


def store_file(cache: Path, api: str, account: str) -> Path:
    """Where the store of that account lies.

    Args:
        cache: the user's cache folder.
        api: the API's root.
        account: see `account_of`.
    """
    host = re.sub(r"[^A-Za-z0-9.-]+", "-", api.partition("://")[2].partition("/")[0])
    digest = _digest(f"{api}\n{account}")
    return cache / "store" / f"{host}-{digest}.sqlite"


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGITS]
