"""The project "Facts Lab" of the recordings of writes, put into a fake Taiga from what they say.

Each recorded write is asked again of an item that is as the recorded one must have been.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from tests.fake_taiga import Clock, Taiga
from tests.fake_taiga.frozen import freeze
from tests.fake_taiga_conformance.asking import ask
from tests.fake_taiga_conformance.recordings import FOLDER, exchange

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fake_taiga.model import Item, Json, Project
    from tests.fake_taiga_conformance.recordings import Exchange

KINDS = ("userstories", "tasks", "issues", "epics")
PEOPLE = {5: "ann", 6: "bob", 7: "vic", 8: "eve"}
OURS = 7
"""The project's number."""
OTHERS = {"userstories": 32, "tasks": 2, "issues": 2, "epics": 2}
NO_SPRINT = 99_999


def names(folder: str) -> list[str]:
    """The recordings of a folder."""
    return sorted(f"{folder}/{file.name}" for file in (FOLDER / folder).glob("*.json"))


@cache
def _statuses() -> dict[str, dict[int, str]]:
    """The statuses of each kind by number, as the recorded answers name them."""
    found: dict[str, dict[int, str]] = {kind: {} for kind in KINDS}
    for name in names("push"):
        recorded = exchange(name)
        match recorded.answer:
            case {"status": int(number), "status_extra_info": {"name": str(said)}}:
                found[kind_of(recorded)][number] = said
    return found


def kind_of(recorded: Exchange) -> str:
    """Which kind of items a request is about."""
    return recorded.path.split("?")[0].split("/")[1]


class Facts:
    """A fake Taiga with the recorded project.

    Attributes:
        taiga: it.
        project: the project.
    """

    def __init__(self) -> None:
        self.taiga = Taiga(Clock(datetime(2026, 11, 28, 23, tzinfo=UTC)))
        self.taiga.settings.hooks_automatic = False
        for number, name in PEOPLE.items():
            self.taiga.add_user(name, id=number)
        owner = self.taiga.users[5]
        self.project = self.taiga.add_project("Facts Lab", owner=owner, slug="facts-lab", id=OURS)
        self.taiga.add_member(self.project, self.taiga.users[6], role="Back")
        self.taiga.add_member(self.project, self.taiga.users[7], role="Stakeholder")
        viewer = next(role for role in self.project.roles if role.name == "Stakeholder")
        viewer.permissions = [one for one in viewer.permissions if one.startswith("view_")]
        other = self.taiga.add_project("Other", owner=owner, slug="other")
        for kind in KINDS:
            _number(self.project, kind, _statuses()[kind])
            for at, status in enumerate(other.statuses[kind]):
                status.id = 9_000 + at
            other.statuses[kind][0].id = OTHERS[kind]
        self.other_sprint = self.taiga.add_sprint(other, "Theirs")

    def item(self, recorded: Exchange, sent: Json) -> Item:
        """The item of a recorded PATCH, as it was before."""
        kind, number = kind_of(recorded), int(recorded.path.rpartition("/")[2])
        add = getattr(self.taiga, {"userstories": "add_story"}.get(kind, f"add_{kind[:-1]}"))
        item: Item = add(self.project, "As it was")
        del self.taiga.rows[kind][item.id]
        item.id = number
        self.taiga.rows[kind][number] = item
        answer = recorded.answer if recorded.status == 200 else {}
        for name, value in answer.items():
            if name not in sent:
                self._set(item, name, value)
        item.version = sent.get("version", 1)
        item.frozen = freeze(item)
        item.history.clear()
        return item

    def _set(self, item: Any, name: str, value: Any) -> None:
        users = self.taiga.users
        match name, value:
            case "assigned_to", int():
                item.assigned_to = users[value]
            case "assigned_users", list():
                item.assigned_users = [users[one] for one in value]
            case "tags", list():
                item.tags = [tag[0] for tag in value]
            case "due_date", str():
                item.due_date = date.fromisoformat(value)
            case "milestone", int():
                item.milestone = self.sprint(value)
            case "status", int():
                kind = {"userstory": "userstories"}.get(type(item).__name__.lower(), "")
                statuses = self.project.statuses[kind or self._kind(item)]
                item.status = next(one for one in statuses if one.id == value)
                self.taiga.settle(item) if hasattr(item, "finish_date") else None
            case "is_blocked" | "blocked_note" | "subject" | "description", _:
                setattr(item, name, value)
            case "external_reference", list():
                item.external_reference = value

    def _kind(self, item: Any) -> str:
        return next(kind for kind in KINDS if item in self.taiga.rows[kind].values())

    def sprint(self, number: int) -> Any:
        """A sprint of that number."""
        known = self.taiga.rows["milestones"]
        if number not in known:
            sprint = self.taiga.add_sprint(self.project, f"Sprint {number}")
            del known[sprint.id]
            sprint.id = number
            known[number] = sprint
        return known[number]

    def ask(self, recorded: Exchange, body: str | None) -> tuple[int, Any]:
        """The fake's answer to a recorded request."""
        user = 7 if "viewer" in recorded.name else 5
        headers = dict(recorded.headers)
        headers["Authorization"] = f"Bearer {self.taiga.token(self.taiga.users[user])}"
        status, _, answer = ask(self.taiga, recorded.method, recorded.path, headers, body)
        return status, answer


def _number(project: Project, kind: str, known: dict[int, str]) -> None:
    """Gives statuses the recorded numbers, and others numbers beyond."""
    numbers = {name: number for number, name in known.items()}
    for at, status in enumerate(project.statuses[kind]):
        status.id = numbers.get(status.name, 500 + at)


def sent(recorded: Exchange) -> Json:
    """What a recorded request sends."""
    found: Json = json.loads(recorded.body or "{}")
    return found


def compared(recorded: Exchange, answer: Json) -> Iterator[str]:
    """What of the fields that were sent, and of what follows from them, is another."""
    for name in (*sent(recorded), "is_closed"):
        if name in recorded.answer and name not in {"comment", "project", "watchers", "points"}:
            said, ours = recorded.answer[name], answer[name]
            if name == "assigned_users":
                said, ours = sorted(said), sorted(ours)
            if said != ours:
                yield f"{name}: {said!r} is recorded, the fake says {ours!r}"
