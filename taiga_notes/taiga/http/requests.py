"""What a client is given and gives: requests, answers, who we are, how long to wait. Plain data.

The ways to give an `Authorization` are in `taiga.auth`, which knows nothing of httpx: its own
requests go through the `Post` that the client hands in.
"""

from __future__ import annotations

import random
import re
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from taiga_notes.errors import SourceError
from taiga_notes.taiga.http.responses import decode

LATEST = 100
"""Requests that are remembered: a watch sends them without end."""

KnownAnswer = tuple[str, str, int, int]
"""To which method and target a success was given, how many bytes it had, and their checksum."""

FreshAnswers = dict[tuple[str, str], tuple[dict[str, str], bytes]]
"""By method and target: headers with lower-case names, and the unpacked body."""

NOTHING: Mapping[str, str] = MappingProxyType({})
"""No parameters, no headers."""

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

    @property
    def line(self) -> str:
        """The request in a line, for people: `GET /userstories?project=3`; nothing is encoded."""
        query = "&".join(f"{name}={text}" for name, text in self.params.items())
        return f"{self.method} {self.path}{'?' if query else ''}{query}"

    def secrets(self, authorization: str) -> tuple[str, ...]:
        """What no message may repeat, should the server echo it."""
        sent = (self.payload or {}).get
        texts = (text for name in _SECRET if isinstance(text := sent(name), str))
        # Without its scheme: an echo may show the token alone.
        return (authorization.rpartition(" ")[2], *texts)


@dataclass(frozen=True, slots=True)
class ApiResponse:
    """An answer that was a success, or says that there is nothing.

    Attributes:
        data: the JSON document; None for an empty body.
        headers: with lower-case names.
        status: 200, 201, 204, and 404 where that is an answer (see `Client.together`).
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
        latest: the last `LATEST` of the requests, as `ApiRequest.line` has them.
        answers: the last of them that can be compared, see `known_answers`; without those that are
            too large, or were asked for with headers of their own.
    """

    requests: int = 0
    bytes: int = 0
    latest: deque[str] = field(default_factory=lambda: deque(maxlen=LATEST))
    answers: deque[KnownAnswer] = field(default_factory=lambda: deque(maxlen=LATEST))


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


Post = Callable[[str, Mapping[str, object]], ApiResponse]
"""POST a JSON document to a path below the API's root."""


class Auth(Protocol):
    """Gives the `Authorization` of a client's requests."""

    def authorization(self, post: Post, /) -> str:
        """The header's value for the next request; empty for an anonymous one.

        Raises:
            LoginError: there are no credentials, or Taiga refuses them.
            SourceError: a login was needed and could not be had.
        """

    def renewed(self, refused: str, post: Post, /) -> str:
        """The header's value after Taiga answered 401 to `refused`.

        Raises:
            LoginError: there is no other.
            SourceError: as `authorization`.
        """


FIRST_PAUSE = 0.5
"""Seconds before the first repetition; each further one doubles it."""

# So a process of many days waits for a tenth of its time at most.
WINDOW = 10
"""`max_wait` counts over a span of so many times its own length."""


@dataclass(slots=True)
class Backoff:
    """A budget of waiting that a run can't exceed and that a process of many days regains.

    Attributes:
        max_wait: seconds to wait in all within any span of `WINDOW` times as long.
        sleep: waits for so many seconds.
        clock: a time that never goes back, in seconds.
        chance: a number from 0 up to 1, so that machines that failed together part.
    """

    max_wait: float
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random
    _waits: deque[tuple[float, float]] = field(default_factory=deque, init=False)

    def pause(self, attempt: int) -> bool:
        """Wait before another attempt, longer each time.

        Args:
            attempt: how many there were, from 1.

        Returns:
            Whether the budget allowed it.
        """
        return self.wait(FIRST_PAUSE * 2 ** (attempt - 1) * (0.5 + self.chance()))

    def wait(self, seconds: float) -> bool:
        """Wait for `seconds`, or not at all where the budget holds less.

        Returns:
            Whether it waited.
        """
        now = self.clock()
        while self._waits and self._waits[0][0] < now - WINDOW * self.max_wait:
            self._waits.popleft()
        # A shorter wait than was asked for would but earn another refusal.
        if seconds > self.max_wait - sum(spent for _, spent in self._waits):
            return False
        self._waits.append((now, seconds))
        self.sleep(seconds)
        return True
