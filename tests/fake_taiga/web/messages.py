"""Requests and answers, as the resources see them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.fake_taiga.model import User

Headers = list[tuple[str, str]]


class Query:
    """The parameters of an address: of a repeated one the last value counts, as in Django."""

    def __init__(self, text: str) -> None:
        self.pairs = parse_qsl(text, keep_blank_values=True)
        self._last = dict(self.pairs)

    def __contains__(self, name: str) -> bool:
        return name in self._last

    def get(self, name: str, default: str = "") -> str:
        """A parameter's value; the default where it is not there."""
        return self._last.get(name, default)

    def find(self, name: str) -> str | None:
        """A parameter's value; None where it is not there."""
        return self._last.get(name)

    def replacing(self, name: str, value: object) -> str:
        """The parameters with another value for one, in their order, encoded."""
        pairs = [(key, str(value) if key == name else old) for key, old in self.pairs]
        if name not in self:
            pairs.append((name, str(value)))
        return urlencode(pairs)


@dataclass(slots=True)
class Request:
    """What a client asks.

    Attributes:
        method: in capitals.
        path: below the API's root, decoded: `/userstories`.
        raw_query: its parameters as they came.
        query: its parameters.
        headers: names in small letters.
        body: raw bytes.
        base_url: scheme, host and the API's root, for addresses in headers.
        remote: the client's address.
        user: who it is; None for an anonymous visitor.
        session_read: whether the login looked for a session, which shows in `Vary`.
    """

    method: str
    path: str
    raw_query: str
    query: Query
    headers: dict[str, str]
    body: bytes = b""
    base_url: str = ""
    remote: str = "127.0.0.1"
    user: User | None = None
    session_read: bool = False

    @property
    def language(self) -> str:
        """The first language in Accept-Language that the server speaks, else English."""
        wanted = self.headers.get("accept-language", "")
        for part in sorted(wanted.split(","), key=_weight, reverse=True):
            name = part.split(";")[0].strip().lower().split("-")[0]
            if name in {"en", "es", "de"}:
                return name
        return "en"


def _weight(part: str) -> float:
    _, _, quality = part.partition("q=")
    try:
        return float(quality or 1)
    except ValueError:
        return 0


@dataclass(slots=True)
class Response:
    """What the server answers."""

    status: int = 200
    body: bytes = b""
    headers: Headers = field(default_factory=list)
    content_type: str = "application/json"
    stream: Iterable[bytes] | None = None
    """What goes on the wire in place of the body, where a fault has its hands in it."""
    later: Callable[[], Response] | None = None
    """Makes the answer when the lock is free again: for a delivery that the answer waits for."""


def answer(data: Any, status: int = 200, headers: Headers | None = None) -> Response:
    """An answer in JSON: UTF-8, nothing escaped that need not be."""
    return Response(status, encode(data), headers or [])


def encode(data: Any) -> bytes:
    """JSON as Taiga writes it."""
    return json.dumps(data, ensure_ascii=False).encode("utf-8", "surrogatepass")


def joined(parts: list[bytes]) -> bytes:
    """A JSON list of rows that are already encoded."""
    return b"[" + b", ".join(parts) + b"]"
