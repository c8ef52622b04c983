"""What a refresh costs Taiga: two requests a project, however many lists, and one more in all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from taiga_notes.rows import Listing
from tests.taiga.shelf import KINDS, Shelf

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from tests.fake_taiga.model import Project, Story

COUNTING = {"epics", "milestones"}
FILTERED = [
    ("userstories", (("status__is_archived", "false"),)),
    ("userstories", (("milestone", "null"),)),
    ("tasks", (("status__is_closed", "false"),)),
    ("issues", (("milestone", "null"),)),
]


class Street(Shelf):
    """Several projects, each with something of everything."""

    def __init__(self, file: Path, projects: int) -> None:
        super().__init__(file)
        self.projects = [
            self.acme,
            *(self.project(f"Beta {n}", slug=f"beta-{n}") for n in range(1, projects)),
        ]
        self.stories: list[Story] = [self._fill(project) for project in self.projects]

    def _fill(self, project: Project) -> Story:
        fake = self.fake
        stories = fake.bulk_create(project, 12)
        sprint = fake.add_sprint(project, "Sprint 1")
        epic = fake.add_epic(project, "Epic")
        fake.edit(stories[3], milestone=sprint, tags=["bug"])
        fake.relate_epic(epic, stories[4])
        fake.add_task(stories[3], "Task")
        fake.add_issue(project, "Issue", sprint=sprint)
        fake.add_wiki(project, "home", "Welcome " * 500)
        return stories[0]

    def lists(self) -> list[Listing]:
        """Lists of all kinds of each project, which goes by its slug in some and by its id in
        others."""
        keys: list[str | int] = [key for one in self.projects for key in (one.slug, one.id)]
        kinds: list[tuple[str, tuple[tuple[str, str], ...]]] = [(kind, ()) for kind in KINDS]
        return [Listing(kind, key, filters) for key in keys for kind, filters in kinds + FILTERED]

    def refreshed(self, lists: Iterable[Listing] | None = None) -> list[str]:
        """The requests of a refresh."""
        self.asked()
        with self.taiga() as taiga:
            for listing in lists or self.lists():
                taiga.rows(listing)
            assert str(taiga.state) == ""
        return self.fake.log.lines()

    def details(self) -> int:
        """Bytes of the projects' details."""
        with self.client() as client:
            found = (client.get(f"/projects/{one.id}").data for one in self.projects)
            return sum(len(json.dumps(one)) for one in found)


@pytest.fixture
def street(tmp_path: Path, request: pytest.FixtureRequest) -> Street:
    return Street(tmp_path / "store.sqlite", request.param)


many = pytest.mark.parametrize("street", [1, 2, 5], indirect=True)


@many
def test_nothing_changed_costs_two_requests_a_project_and_one_more(street: Street) -> None:
    street.refreshed()
    for _ in range(3):
        requests = street.refreshed()
        count, length = len(requests), street.fake.log.bytes_out
        assert count <= 2 * len(street.projects) + 1, requests
        assert length <= street.details() + 2_000


@many
def test_one_story_changed_costs_two_requests_more(street: Street) -> None:
    street.refreshed()
    street.fake.edit(street.stories[-1], subject="Other")
    requests = street.refreshed(one for one in street.lists() if one.kind not in COUNTING)
    assert len(requests) <= 2 * len(street.projects) + 1 + 2, requests


@pytest.mark.parametrize("street", [1], indirect=True)
@pytest.mark.parametrize("kind", KINDS)
def test_one_list_costs_no_more_than_many(street: Street, kind: str) -> None:
    lists = [Listing(kind, "acme")]
    street.refreshed(lists)
    assert len(street.refreshed(lists)) <= 3


def with_celery(street: Street, kind: str) -> Any:
    """Delete an item as a Taiga with celery does: no entry tells of it."""
    item = street.fake.of_project(kind, street.acme)[0]
    street.fake.hold_timeline()
    street.fake.delete(item)
    assert street.fake.held_back
    street.fake.held_back.clear()
    street.fake.release_timeline()
    return item


@pytest.mark.parametrize("street", [3], indirect=True)
@pytest.mark.parametrize("kind", ["userstories", "tasks", "issues"])
def test_what_celery_deletes_without_a_trace_is_found_within_some_refreshes(
    street: Street, kind: str
) -> None:
    street.refreshed()
    item = with_celery(street, kind)
    refreshes = 1 if kind == "userstories" else 2 * len(street.projects)
    for _ in range(refreshes):
        street.refreshed()
    with street.taiga(is_offline=True) as taiga:
        assert item.id not in taiga.rows(Listing(kind, "acme")).column(("id",))
