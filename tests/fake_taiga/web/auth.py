"""Who asks: by the Authorization header, whose scheme is case-sensitive."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tests.fake_taiga.web import tokens
from tests.fake_taiga.web.problems import bad_token, not_authenticated

if TYPE_CHECKING:
    from tests.fake_taiga.model import User
    from tests.fake_taiga.web.messages import Request
    from tests.fake_taiga.world import World


def authenticate(world: World, request: Request) -> None:
    """Find out who asks, and note it in the request.

    `bearer x`, `Token x`, `Basic x` are ignored, and the request is anonymous. A Bearer token
    that is no good refuses the request, also where anybody would be welcome.

    Raises:
        Problem: 401.
    """
    header = request.headers.get("authorization", "")
    words = header.split()
    if words and words[0] == "Bearer":
        request.user = _bearer(world, words)
        return
    request.session_read = True
    found = re.search("^Application (.+)$", header)
    if found:
        request.user = _application(world, found[1])


def _bearer(world: World, words: list[str]) -> User:
    if len(words) != 2:
        message = "Authorization header must contain two space-delimited values"
        raise bad_token(message, "bad_authorization_header")
    claims = tokens.claims_of(world, words[1], "access")
    if claims is None:
        said = {
            "token_class": "AccessToken",
            "token_type": "access",
            "message": "Token is invalid or expired",
        }
        message = "Given token not valid for any token type"
        raise bad_token(message, "token_not_valid", [said])
    user = world.users.get(claims["user_id"])
    if user is None:
        raise bad_token("User not found", "user_not_found")
    if not user.is_active:
        raise bad_token("User is inactive", "user_inactive")
    return user


def _application(world: World, token: str) -> User:
    for row in world.application_tokens.values():
        if row["token"] == token:
            return world.users[row["user"]]
    raise not_authenticated("Invalid token")
