"""A fake Taiga and a store before it: what the store's tests are about."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import httpx

from taiga_notes.model.enrich import Enricher
from taiga_notes.model.rows import Listing
from taiga_notes.taiga.auth.credentials import Anonymous, FixedToken
from taiga_notes.taiga.http.client import Client
from taiga_notes.taiga.http.requests import ApiResponse, Backoff
from taiga_notes.taiga.source import Taiga
from taiga_notes.taiga.sync.sync_session import SyncPolicy
from tests.fake_taiga import Taiga as Fake
from tests.fake_taiga.faults import Broken

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from taiga_notes.model.rows import Row
    from tests.fake_taiga.clock import Clock
    from tests.fake_taiga.model import Project, User

API = "http://taiga.example/api/v1"
WEB = "https://tree.example"
STORIES = Listing("userstories", "acme", (("status__is_archived", "false"),))
START = float(int(time.time()))
"""The first refresh is a second later. Taiga's own clock runs: what is due depends on the day."""
KINDS = ("userstories", "tasks", "issues", "epics", "milestones", "wiki")


class Refusing(httpx.BaseTransport):
    """Refuses some paths, answers some, and passes all others on.

    Broken connections break as on a socket.
    """

    def __init__(
        self,
        behind: httpx.BaseTransport,
        refused: Mapping[str, int],
        methods: Mapping[str, int],
        answers: Mapping[str, object],
    ) -> None:
        self._behind = behind
        self._refused = refused
        self._methods = methods
        self._answers = answers

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.method in self._methods:
            return httpx.Response(self._methods[request.method])
        path = request.url.path.removeprefix("/api/v1")
        if path in self._answers:
            said = self._answers[path]
            if not callable(said):
                return httpx.Response(200, json=said)
            real = self._behind.handle_request(request)
            real.read()
            told = {name: text for name, text in real.headers.items() if name.startswith("x-")}
            return httpx.Response(200, json=said(real.json()), headers=told)
        for start, status in self._refused.items():
            if path.startswith(start):
                return httpx.Response(status, json={"_error_message": "No."})
        try:
            return self._behind.handle_request(request)
        except Broken as error:
            raise httpx.ReadError(str(error)) from error


class Shelf:
    """One Taiga with a project `acme`, and ways to look at it through the store or directly.

    Args:
        file: the store; None for memory.
        stories: how many the project has.
        clock: Taiga's; one that runs with the real time by default.
    """

    def __init__(self, file: Path | None, stories: int = 0, clock: Clock | None = None) -> None:
        self.fake = Fake(clock)
        self.file = file
        self.ada = self.fake.add_user("ada")
        self.acme = self.fake.add_project("Acme", owner=self.ada, slug="acme")
        self.stories = [self.fake.add_story(self.acme, f"Story {n}") for n in range(stories)]
        self.web = WEB
        self.time = START
        self.refreshes = 0
        self.reading: User | None = self.ada
        self.refused: dict[str, int] = {}
        """Statuses with which paths that begin so are refused."""
        self.refused_methods: dict[str, int] = {}
        """The same for methods."""
        self.answers: dict[str, object] = {}
        """What some paths are answered with, or what makes it of the right answer's body."""
        self.patience = 0.0
        """Seconds that a client would wait, were they not over at once."""

    def client(self) -> Client:
        """A client of the fake, without a network."""
        auth = (
            Anonymous()
            if self.reading is None
            else FixedToken("Bearer", self.fake.token(self.reading), "the test's token")
        )
        behind = httpx.WSGITransport(app=self.fake.app)
        transport = Refusing(behind, self.refused, self.refused_methods, self.answers)
        # No time goes by for it, however busy this machine is: no answer is too slow.
        still = Backoff(self.patience, sleep=lambda _seconds: None, clock=lambda: 0.0)
        return Client(API, auth, transport=transport, backoff=still)

    def tick(self) -> None:
        """Let a second go by on this machine."""
        self.time += 1

    @contextmanager
    def taiga(self, *, full: bool = False, **policy: Any) -> Iterator[Taiga]:
        """A source over the store, in a refresh of its own."""
        self.tick()
        self.refreshes += 1
        taiga = Taiga(
            self.client,
            file=self.file,
            policy=SyncPolicy(self.web, is_anonymous=self.reading is None, **policy),
            full=full,
            now=lambda: self.time,
        )
        with taiga:
            yield taiga

    def rows(self, listing: Listing = STORIES, **policy: Any) -> list[Row]:
        """What a fresh process gets through the store."""
        with self.taiga(**policy) as taiga:
            rows = taiga.rows(listing)
            return [rows[index] for index in range(len(rows))]

    def listed(self, listing: Listing = STORIES) -> list[Row]:
        """What Taiga itself lists, whole, with the added fields."""
        params = dict(listing.filters) | {"project": str(self.acme.id)}
        items = self._answer(f"/{listing.kind}", urlencode(params))
        detail = self._answer(f"/projects/{self.acme.id}")
        return [*map(Enricher(kind=listing.kind, web=WEB, project=detail), items)]

    def _answer(self, path: str, query: str = "") -> Any:
        """What Taiga answers, whole, without any client between: half of these tests' time."""
        environ = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": f"/api/v1{path}",
            "QUERY_STRING": query,
            "HTTP_HOST": "taiga.example",
            "HTTP_X_DISABLE_PAGINATION": "True",
            "wsgi.url_scheme": "http",
        }
        if self.reading is not None:
            environ["HTTP_AUTHORIZATION"] = f"Bearer {self.fake.token(self.reading)}"
        statuses: list[str] = []
        body = b"".join(self.fake.app(environ, lambda status, *_: statuses.append(status)))  # type: ignore[arg-type]
        assert statuses == ["200 OK"], (path, query)
        return json.loads(body)

    def asked(self) -> list[str]:
        """The requests since the last time this was called."""
        lines = self.fake.log.lines()
        self.fake.log.clear()
        return lines

    def project(self, name: str, **fields: Any) -> Project:
        """Another project of Ada's."""
        return self.fake.add_project(name, owner=self.ada, **fields)


def of(kind: str, **filters: str) -> Listing:
    """A list of the project."""
    return Listing(kind, "acme", tuple(sorted(filters.items())))


def answering(taiga: Taiga, path: str, data: object) -> None:
    """Let Taiga answer nonsense to one path."""
    get = taiga.client.get

    def answered(asked: str, *arguments: Any) -> ApiResponse:
        return ApiResponse(data, {}, 200) if asked == path else get(asked, *arguments)

    taiga.client.get = answered  # type: ignore[assignment, method-assign]  # see above
