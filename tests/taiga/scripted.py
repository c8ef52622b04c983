"""A server that answers as it is told, for what no Taiga does on request."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from taiga_notes.taiga.auth.credentials import Anonymous
from taiga_notes.taiga.http.client import Client
from taiga_notes.taiga.http.requests import Backoff

if TYPE_CHECKING:
    from taiga_notes.taiga.http.requests import Auth

API = "https://taiga.example/api/v1"
RECORDINGS = Path(__file__).parent.parent / "recordings"


@dataclass(slots=True)
class Time:
    """A clock that only sleeping moves."""

    now: float = 0.0
    sleeps: list[float] = field(default_factory=list)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.sleeps.append(seconds)
        self.now += seconds

    def backoff(self, max_wait: float = 30.0) -> Backoff:
        return Backoff(max_wait, self.sleep, self.clock, lambda: 0.5)


class Script(httpx.BaseTransport):
    """Gives one step after the other, the last one for ever, and keeps the requests.

    A step is an answer, an exception to raise, or a function from a request to an answer.
    """

    def __init__(self, *steps: Any) -> None:
        self._steps = list(steps)
        self.requests: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        step = self._steps.pop(0) if len(self._steps) > 1 else self._steps[0]
        if isinstance(step, Exception):
            raise step
        response = step(request) if callable(step) else step
        return httpx.Response(
            response.status_code, headers=response.headers, content=response.content
        )


def reply(
    status: int = 200, data: object = None, *, headers: dict[str, str] | None = None
) -> httpx.Response:
    """A JSON answer."""
    return httpx.Response(status, headers=headers, content=json.dumps(data).encode())


def recorded(name: str) -> httpx.Response:
    """An answer of the real Taiga."""
    answer = json.loads((RECORDINGS / f"{name}.json").read_text(encoding="utf-8"))["response"]
    body = answer["body"]
    plain = isinstance(body, str) and answer["headers"]["Content-Type"].startswith("text/html")
    content = body.encode() if plain else json.dumps(body).encode()
    return httpx.Response(answer["status"], headers=answer["headers"], content=content)


def client(
    script: httpx.BaseTransport,
    *,
    auth: Auth | None = None,
    time: Time | None = None,
    max_wait: float = 30.0,
    **options: Any,
) -> Client:
    """A client whose waiting takes no time."""
    backoff = (time or Time()).backoff(max_wait)
    return Client(API, auth or Anonymous(), transport=script, backoff=backoff, **options)
