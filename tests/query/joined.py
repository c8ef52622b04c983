"""A project of which more is known than its lists hold, and a source that notes who asks for it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from taiga_notes.query import QueryClock, Scope, evaluate
from taiga_notes.taiga.snapshot import Snapshot

if TYPE_CHECKING:
    from taiga_notes.model.details import DetailRequest, Details
    from taiga_notes.model.rows import Listing, Table
    from taiga_notes.query import Answer

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)


def _story(number: int, **more: object) -> dict[str, object]:
    return {
        "id": number,
        "ref": 10 + number,
        "subject": f"Story {number}",
        "project": 1,
        "is_closed": number % 2 == 0,
        "milestone": None,
        "epics": None,
        **more,
    }


def _changes(*changes: tuple[str, str]) -> list[dict[str, object]]:
    """Day and status."""
    before: str | None = None
    told: list[dict[str, object]] = []
    for day, status in changes:
        moment = f"2026-{day}T10:00:00Z"
        told.append({"when": moment, "status_from": before, "to": status, "by": "Ann Lee"})
        before = status
    return told


COMMENT = {"who": "Ann Lee", "username": "ann", "when": "2026-11-20T10:00:00Z", "text": "Soon."}

PROJECT: dict[str, Any] = {
    "userstories": [
        _story(1, milestone=7, epics=[{"id": 5}]),
        _story(2, milestone=7),
        _story(3),
        _story(4, project=2, epics=[{"id": 5}, {"id": 6}]),
    ],
    "tasks": [
        {"id": 100 + n, "ref": 50 + n, "subject": f"Task {n}", "user_story": story, "project": 1}
        for n, story in enumerate((1, 2, 1))
    ],
    "milestones": [{"id": 7, "name": "Sprint 1", "slug": "sprint-1", "project": 1}],
    "epics": [{"id": 5, "ref": 1, "subject": "Login", "project": 1}],
    "projects": [
        {
            "id": 1,
            "slug": "acme",
            "us_statuses": [{"id": 1, "name": "New"}, {"id": 2, "name": "Done"}],
            "epic_statuses": [
                {"id": 1, "name": "New"},
                {"id": 2, "name": "Done", "is_closed": True},
            ],
            "userstory_custom_attributes": [{"id": 1, "name": "Customer"}],
            "roles": [{"id": 3, "name": "Back"}],
        },
        {"id": 2, "slug": "shop"},
    ],
    "details": {
        "userstories": {
            "description": {"1": "As a *customer* …", "2": "Later."},
            "custom": {"1": {"Customer": "Acme"}, "3": {"Customer": "Zed"}},
            "comments": {"1": [COMMENT]},
            "history": {"1": _changes(("11-01", "New"), ("11-05", "Done"))},
            "attachments": {"2": [{"name": "form.png", "url": "https://t.example/form.png"}]},
        },
        "epics": {"history": {"5": _changes(("11-01", "New"), ("11-05", "Done"))}},
    },
}


class Asked(Snapshot):
    """The project; notes what it is asked for."""

    def __init__(self, project: dict[str, Any] = PROJECT) -> None:
        super().__init__(project)
        self.asked: list[tuple[str, str, tuple[int, ...]]] = []
        self.listed: list[str] = []

    def rows(self, listing: Listing, /) -> Table:
        """See `Source.rows`."""
        self.listed.append(listing.kind)
        return super().rows(listing)

    def details(self, request: DetailRequest, /) -> Details:
        """See `Source.details`."""
        self.asked.append((request.kind, request.piece, request.items))
        return super().details(request)


def answer(text: str, source: Asked | None = None, **more: Any) -> Answer:
    """What a text gives for the project."""
    scope = Scope(source or Asked(), QueryClock(NOW), project="acme", **more)
    return evaluate(text, scope)


def asked(text: str, **more: Any) -> list[tuple[str, tuple[int, ...]]]:
    """The pieces that a text asks for, and of which items."""
    source = Asked()
    answer(text, source, **more)
    return [(piece, items) for _, piece, items in source.asked]
