"""A request to Taiga, and its answer, as plain data."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

from taiga_notes.errors import SourceError
from taiga_notes.taiga.http.responses import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

NOTHING: Mapping[str, str] = MappingProxyType({})
"""No parameters, no headers."""

TOKEN = re.compile(r"[!-~]+")
"""What a token consists of; anything else would break the header that it stands in."""

# No encoded dot, slash or backslash either: decoded on the way, it could lead out of the API.
_PATH = re.compile(
    r"(?:/(?!\.{1,2}(?:/|\Z))(?:[A-Za-z0-9._~@:-]|%(?!2[eEfF]|5[cC])[0-9A-Fa-f]{2})+)+"
)
# Of what we POST: to log in, to renew a session, to make a webhook.
_SECRET = ("password", "refresh", "key")
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """One request, however often it may have to be sent.

    Attributes:
        method: GET, HEAD, POST, PATCH or DELETE.
        path: below the API's root.
        params: the query's names and values, not yet encoded.
        headers: besides those that every request carries.
        payload: what a POST or a PATCH sends as JSON.
        attempts: how often it is sent before a server that fails counts as unreachable.
        decode: makes data of a success's body, `responses.NOT_JSON` of what is no JSON.
    """

    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    payload: Mapping[str, object] | None = None
    attempts: int = 1
    decode: Callable[[bytes], object] = decode

    def __repr__(self) -> str:
        return f"<{self.method} {self.path}>"

    def secrets(self, authorization: str) -> tuple[str, ...]:
        """What no message may repeat, should the server echo it."""
        sent = (self.payload or {}).get
        texts = (text for name in _SECRET if isinstance(text := sent(name), str))
        # Without its scheme: an echo may show the token alone.
        return (authorization.rpartition(" ")[2], *texts)


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """An answer that was a success.

    Attributes:
        data: the JSON document; None for an empty body.
        headers: with lower-case names.
        status: 200, 201, 204.
    """

    data: object
    headers: Mapping[str, str]
    status: int

    def __repr__(self) -> str:
        # The answer to a login holds tokens.
        return f"<Reply {self.status}>"


@dataclass(slots=True)
class Statistics:
    """What a client has cost so far.

    Attributes:
        requests: sent, repetitions included.
        bytes: of bodies received, as they came over the wire.
    """

    requests: int = 0
    bytes: int = 0


def checked_path(path: str) -> str:
    """`path`, if it can't leave the API's root, however a server or a proxy may normalise it.

    Raises:
        SourceError: it holds a host, a query, `//`, `..`, or a character that belongs encoded.
    """
    if _PATH.fullmatch(path):
        return path
    raise SourceError(
        f"{path[:_SHOWN]!a} is no path below Taiga's API",
        hint="it looks like /userstories, with no host, no '//' and no '..'",
    )
