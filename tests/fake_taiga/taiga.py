"""The whole: one Taiga in memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fake_taiga.acting import Acting
from tests.fake_taiga.naming import Naming
from tests.fake_taiga.web import tokens
from tests.fake_taiga.web.app import App

if TYPE_CHECKING:
    from tests.fake_taiga.model import User


class Taiga(Acting, Naming):
    """One Taiga: its rows, its users' acts, and its WSGI application in `app`.

    Args:
        clock: Taiga's time; one that runs with the real time by default.
    """

    @property
    def app(self) -> App:
        """The API as a WSGI application; all those of one Taiga show the same rows."""
        return App(self)

    def token(self, user: User, seconds: float | None = None) -> str:
        """An access token for a user, without a login."""
        return tokens.issue(self, user, "access", seconds)

    def refresh_token(self, user: User, seconds: float | None = None) -> str:
        """A refresh token for a user, without a login."""
        return tokens.issue(self, user, "refresh", seconds)

    def application_token(self, user: User) -> str:
        """A token with which an application acts as the user."""
        with self.transaction():
            number = self.next_id("application token")
            token = tokens.application_token(self, number)
            self.application_tokens[number] = {
                "id": number,
                "user": user.id,
                "application": next(iter(self.applications), None) or self.add_application(),
                "token": token,
                "auth_code": None,
                "state": "",
            }
            return token
