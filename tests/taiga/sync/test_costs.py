"""What a refresh costs Taiga: two requests a project, however many lists, and one more in all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from taiga_notes.model.rows import Listing
from tests.taiga.shelf import KINDS, Shelf

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from tests.fake_taiga.model import Project, Story

pytestmark = pytest.mark.slow

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


many = pytest.mark.parametrize("street", [1, 3], indirect=True)


@many
def test_nothing_changed_costs_two_requests_a_project_and_one_more(street: Street) -> None:
    street.refreshed()
    for _ in range(2):
        requests = street.refreshed()
        count, length = len(requests), street.fake.log.bytes_out
        assert count <= 2 * len(street.projects) + 1, requests
        assert length <= street.details() + 200 * len(street.projects)


CHANGES: dict[str, Callable[[Shelf, Story], object]] = {
    "edited": lambda s, story: s.fake.edit(story, subject="Other"),
    "dragged to another column": lambda s, story: s.fake.drag_on_board(story, "Ready"),
    "closed": lambda s, story: s.fake.drag_on_board(story, "Done"),
    "commented": lambda s, story: s.fake.comment(story, "Well"),
    "estimated": lambda s, story: s.fake.edit(story, points={"UX": "3"}),
}


@pytest.mark.parametrize("street", [2], indirect=True)
@pytest.mark.parametrize("change", CHANGES)
def test_one_story_changed_costs_two_requests_more(street: Street, change: str) -> None:
    street.refreshed()
    CHANGES[change](street, street.stories[-1])
    requests = street.refreshed()
    assert len(requests) <= 2 * len(street.projects) + 1 + 2, requests


@many
def test_so_does_one_in_a_sprint(street: Street) -> None:
    street.refreshed()
    sprint = street.fake.of_project("milestones", street.acme)[0]
    [story] = [one for one in street.fake.of_project("userstories", street.acme) if one.milestone]
    assert story.milestone is sprint
    street.fake.edit(story, subject="Other", is_blocked=True)
    requests = street.refreshed()
    assert len(requests) <= 2 * len(street.projects) + 1 + 2, requests
    with street.taiga(is_offline=True) as taiga:
        listing = Listing("milestones", "acme")
        rows = taiga.rows(listing)
        assert [rows[index] for index in range(len(rows))] == street.listed(listing)


@pytest.mark.parametrize("street", [1], indirect=True)
@pytest.mark.parametrize("kind", KINDS)
def test_one_list_costs_no_more_than_many(street: Street, kind: str) -> None:
    lists = [Listing(kind, "acme")]
    street.refreshed(lists)
    assert len(street.refreshed(lists)) <= 3


SILENT = ("userstories", "tasks", "issues", "wiki")
"""What goes without a trace where a Taiga deletes with celery."""


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
@pytest.mark.parametrize("kind", SILENT)
def test_what_celery_deletes_without_a_trace_is_found_within_some_refreshes(
    street: Street, kind: str
) -> None:
    lists = [Listing(of, project.slug) for project in street.projects for of in SILENT]
    street.refreshed(lists)
    item = with_celery(street, kind)
    refreshes = 1 if kind == "userstories" else 3 * len(street.projects)
    for _ in range(refreshes):
        street.refreshed(lists)
    with street.taiga(is_offline=True) as taiga:
        assert item.id not in taiga.rows(Listing(kind, "acme")).column(("id",))


@pytest.mark.parametrize("street", [1], indirect=True)
@pytest.mark.parametrize("status", [405, 501, 403])
def test_a_way_that_knows_no_such_requests_costs_nothing_but_that(
    street: Street, status: int
) -> None:
    street.refreshed()
    street.refused_methods["HEAD"] = status
    for _ in range(2):
        assert len(street.refreshed()) <= 2
