"""Tokens: JSON web tokens (HS256) with a real `exp`, and application tokens."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import uuid
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.fake_taiga.model import Json, User
    from tests.fake_taiga.world import World


def issue(world: World, user: User, kind: str, seconds: float | None = None) -> str:
    """A new token.

    Args:
        world: whose secret and clock.
        user: for whom.
        kind: access or refresh.
        seconds: how long it lives; as the settings say unless given.
    """
    lives = {
        "access": world.settings.access_seconds,
        "refresh": world.settings.refresh_seconds,
    }
    claims = {
        "token_type": kind,
        "exp": int(world.clock.now().timestamp() + (lives[kind] if seconds is None else seconds)),
        "jti": uuid.uuid4().hex,
        "user_id": user.id,
    }
    head = _packed({"typ": "JWT", "alg": "HS256"})
    signed = f"{head}.{_packed(claims)}"
    return f"{signed}.{_signature(world, signed)}"


def claims_of(world: World, token: str, kind: str) -> Json | None:
    """What a token says; None if it is garbage, of the other kind, expired or refused."""
    signed, _, digest = token.rpartition(".")
    if not hmac.compare_digest(digest.encode(), _signature(world, signed).encode()):
        return None
    claims: Json = _unpacked(signed.partition(".")[2])
    dead = claims["exp"] <= world.clock.now().timestamp() or claims["jti"] in world.refused_tokens
    return None if dead or claims["token_type"] != kind else claims


def application_token(world: World, number: int) -> str:
    """A token for an application: it does not expire; the database decides whether it holds."""
    signed = f"{_packed({'app_token_id': number})}:1wABcd"
    return f"{signed}:{_signature(world, signed)}"


def _signature(world: World, text: str) -> str:
    return _base64(hmac.new(world.secret, text.encode(), hashlib.sha256).digest())


def _packed(data: Json) -> str:
    return _base64(json.dumps(data, separators=(",", ":")).encode())


def _unpacked(text: str) -> Json:
    found: Json = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return found


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
