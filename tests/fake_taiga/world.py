"""The state of one Taiga: what there is, one lock around it, and where its ids come from."""

from __future__ import annotations

import re
import threading
import unicodedata
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fake_taiga.clock import Clock
from tests.fake_taiga.faults import Faults
from tests.fake_taiga.journal import Journal
from tests.fake_taiga.model import Row, kind_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fake_taiga.delivery import Delivery
    from tests.fake_taiga.model import Json, Milestone, Project, User, Webhook

Rate = str | list[str] | None


@dataclass(slots=True)
class Settings:
    """What a server's administrator decides. The defaults are Taiga's, save for the webhooks.

    Attributes:
        rates: requests allowed by scope (`anon-read`, `anon-write`, `user-read`, `user-write`,
            `login-fail`), such as `5/min` or a list of those; nothing is limited by default.
        public_url: scheme and host of the addresses in headers; None takes the request's. A
            server behind a proxy often has this wrong.
        web_url: root of the web front, which shows in webhooks only.
        access_seconds: how long an access token lives.
        refresh_seconds: how long a refresh token lives.
        hooks_enabled: Taiga's own default is False.
        hooks_to_private_addresses: Taiga's own default is False, and loopback is refused then.
        hooks_automatic: deliver as Taiga does, before the act returns; else they wait for
            `deliver_hooks`.
        login_type: the kind of logins by password: a plugin's, such as `ldap`, replaces Taiga's.
    """

    rates: dict[str, Rate] = field(default_factory=dict)
    public_url: str | None = None
    web_url: str = "http://tree.taiga.example"
    access_seconds: float = 24 * 3600
    refresh_seconds: float = 8 * 24 * 3600
    hooks_enabled: bool = True
    hooks_to_private_addresses: bool = True
    hooks_automatic: bool = True
    login_type: str = "normal"


class World:
    """All rows, and the means to find them.

    Args:
        clock: Taiga's time; one that runs with the real time by default.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self.lock = threading.RLock()
        self.clock = clock or Clock()
        self.settings = Settings()
        self.faults = Faults()
        self.log = Journal()
        self.secret = b"the fake Taiga's key"
        self.users: dict[int, User] = {}
        self.projects: dict[int, Project] = {}
        self.rows: dict[str, dict[int, Any]] = {
            kind: {} for kind in ("userstories", "tasks", "issues", "epics", "milestones", "wiki")
        }
        self.webhooks: dict[int, Webhook] = {}
        self.webhook_logs: list[Json] = []
        self.applications: dict[str, Json] = {}
        self.application_tokens: dict[int, Json] = {}
        self.refused_tokens: set[str] = set()
        self.request_times: dict[str, list[float]] = {}
        self.held_back: list[Any] | None = None
        self.pending_hooks: list[Delivery] = []
        self.deliveries: list[Delivery] = []
        self.unsettled: set[Milestone] = set()
        self._depth = 0
        self._ids: Counter[str] = Counter()

    def next_id(self, sequence: str, step: int = 1) -> int:
        """The next number of a sequence."""
        self._ids[sequence] += step
        return self._ids[sequence]

    def start_ids(self, sequence: str, after: int) -> None:
        """Let a sequence go on from a number: what was loaded keeps its ids."""
        self._ids[sequence] = max(self._ids[sequence], after)

    def next_ref(self, project: Project) -> int:
        """The project's next reference number, which stories, tasks, issues and epics share."""
        project.last_ref += 1
        return project.last_ref

    def order(self) -> int:
        """A place at the end of a board or a list: the time in microseconds."""
        return int(self.clock.now().timestamp() * 1_000_000) + self.next_id("order")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One act of a user: under the lock, and its webhooks go out when the lock is free again.

        A receiver that asks this server from within its handler must not wait for itself.
        """
        with self.lock:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                last = self._depth == 0
                if last and self.unsettled:
                    self.settle_sprints()
        if last and self.settings.hooks_automatic and self.pending_hooks:
            self.deliver_hooks()

    def settle_sprints(self) -> None:
        """Close or open the sprints that an act touched; see `making.py`."""
        raise NotImplementedError

    def deliver_hooks(self) -> list[Delivery]:
        """Send the webhooks that are due; see `delivery.py`."""
        raise NotImplementedError

    def of_project(self, kind: str, project: Project) -> list[Any]:
        """A project's rows of a kind, by id."""
        return [row for row in self.rows[kind].values() if row.project is project]

    def touched(self, row: Row) -> None:
        """Forget a row's JSON: something of it changed."""
        row.encoded.clear()

    def shared_changed(self, project: Project) -> None:
        """Forget the JSON of all a project's rows: something that shows in many of them changed."""
        project.epoch += 1

    def keep(self, row: Row) -> None:
        """Put a new row into its table."""
        self.rows[kind_of(row)][row.id] = row


def slugify(text: str) -> str:
    """Taiga's slug of a name: plain ASCII, small letters, hyphens."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[\s_-]+", "-", re.sub(r"[^\w\s-]", "", plain).strip().lower())


def unused(slug: str, taken: set[str]) -> str:
    """The slug, with a number behind it if it is taken."""
    if slug not in taken:
        return slug
    return next(f"{slug}-{n}" for n in range(1, len(taken) + 2) if f"{slug}-{n}" not in taken)
