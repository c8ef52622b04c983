"""Who we are to Taiga: what stands in `Authorization`, and what to do when it is refused.

Which one counts is `config.settings.Credential`'s to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from taiga_notes.config.settings import Credential
from taiga_notes.errors import ConfigError, LoginError
from taiga_notes.taiga.auth.token_rules import TOKEN, demand_encryption

if TYPE_CHECKING:
    from pathlib import Path

    from taiga_notes.config.settings import UserConfig
    from taiga_notes.taiga.auth.session import Session
    from taiga_notes.taiga.http.requests import Auth, Post


class Anonymous:
    """No account: Taiga shows public projects only."""

    def authorization(self, _post: Post, /) -> str:
        """See `Auth.authorization`."""
        return ""

    def renewed(self, _refused: str, _post: Post, /) -> str:
        """See `Auth.renewed`."""
        raise LoginError(
            "Taiga shows this to an account only, and `anonymous = true` is set",
            hint="remove that setting and run `taiga-notes login`",
        )


class FixedToken:
    """A token that was given and can't be renewed.

    Args:
        scheme: `Bearer` or `Application`; Taiga ignores the header unless its capital is right.
        token: what stands behind it.
        name: where it was configured, for messages.
    """

    def __init__(self, scheme: str, token: str, name: str) -> None:
        if not TOKEN.fullmatch(token):
            # Checked here, since httpx would put the whole header into its message.
            raise ConfigError(f"{name} holds blanks or characters that no token has")
        self._header = f"{scheme} {token}"
        # Messages name the setting, and never repeat the token.
        self._name = name

    def authorization(self, _post: Post, /) -> str:
        """See `Auth.authorization`."""
        return self._header

    def renewed(self, _refused: str, _post: Post, /) -> str:
        """See `Auth.renewed`."""
        if self._header.startswith("Application"):
            raise LoginError(
                f"Taiga refuses the application token of {self._name}: it is wrong, or was revoked",
                hint="authorise the application again and set the new token",
            )
        raise LoginError(
            f"Taiga refuses the token of {self._name}: it is wrong, or expired after its 24 hours",
            hint="set a new one, or unset it and run `taiga-notes login`",
        )


class NewToken:
    """A token of a login that is not yet proved.

    Args:
        header: the whole header.
        said: what it means if Taiga refuses it.
        hint: what to do then.
    """

    def __init__(
        self,
        header: str,
        said: str = "Taiga gave a token for this login, and then refused it; nothing has changed",
        hint: str = "a proxy on the way may take the header Authorization off",
    ) -> None:
        self._header = header
        self._said = said
        self._hint = hint

    def authorization(self, _post: Post, /) -> str:
        """See `Auth.authorization`."""
        return self._header

    def renewed(self, _refused: str, _post: Post, /) -> str:
        """See `Auth.renewed`."""
        raise LoginError(self._said, hint=self._hint)


def credentials(user: UserConfig, state: Path) -> Auth:
    """Who we are, by the user's settings.

    Args:
        user: see `taiga_notes.config.settings`.
        state: the user's state folder, where sessions are kept.

    Raises:
        ConfigError: they would travel where anyone can read them, or a token is none.
        LoginError: there are none.
    """
    match user.credential:
        case Credential.NONE:
            return Anonymous()
        case Credential.TOKEN:
            demand_encryption(user)
            return FixedToken("Bearer", user.token or "", "TAIGA_NOTES_TOKEN")
        case Credential.APPLICATION:
            demand_encryption(user)
            return FixedToken("Application", user.application_token or "", "`application_token`")
        case Credential.SESSION:
            return _session(user, state)
        case never:
            assert_never(never)


def _session(user: UserConfig, state: Path) -> Session:
    # Whoever has a token needs none of it.
    from taiga_notes.config.passwords import password_of  # noqa: PLC0415
    from taiga_notes.taiga.auth.session import passing_session, session  # noqa: PLC0415
    from taiga_notes.taiga.auth.token_store import can_keep  # noqa: PLC0415

    password = password_of(user)
    # A container's home may be read-only: who can log in each time need keep nothing.
    if password and not can_keep(state):
        return passing_session(user, password)
    return session(user, state)
