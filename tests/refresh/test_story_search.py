"""Where a story is that a query's source does not list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taiga_notes.model.rows import Listing
from taiga_notes.refresh.story_search import WITH_REFS, StorySearch
from taiga_notes.taiga.snapshot import Snapshot

if TYPE_CHECKING:
    from taiga_notes.model.rows import Source

USUAL = (("status__is_archived", "false"),)
STATUSES = [
    {"id": 1, "name": "New", "is_archived": False, "order": 1},
    {"id": 2, "name": "Gone\nfor good", "is_archived": True, "order": 2},
]
SOURCE = Snapshot(
    {
        "projects": [
            {"id": 7, "slug": "acme", "us_statuses": STATUSES},
            {"id": 8, "slug": "other", "us_statuses": STATUSES},
        ],
        "userstories": [
            {"project": 7, "ref": 1, "status": 1, "subject": "Here"},
            {
                "project": 7,
                "ref": 2,
                "status": 2,
                "status_extra_info": {"name": "Gone\nfor good"},
                "subject": "Archived",
            },
            {"project": 8, "ref": 3, "status": 1, "subject": "Elsewhere"},
        ],
        "tasks": [{"project": 7, "ref": 4, "subject": "Task"}],
        "milestones": [{"project": 7, "name": "Sprint 1"}],
    }
)


def absence(
    ref: int,
    listing: Listing,
    project: str | int | None = "acme",
    source: Source = SOURCE,
) -> str:
    return StorySearch(source, ref, project).absence([listing])


def test_the_lists_that_have_numbers_are_those_of_stories_tasks_issues_and_epics() -> None:
    assert [kind.name for kind in WITH_REFS] == ["userstories", "tasks", "issues", "epics"]


def test_it_may_be_archived() -> None:
    said = "it is archived (its status is 'Gone for good'), and archived ones are left out"
    assert absence(2, Listing("userstories", "acme", USUAL)) == said


def test_a_filter_may_leave_it_out() -> None:
    listing = Listing("userstories", "acme", (("status", "2"), *USUAL))
    said = "Taiga is asked for those with status = 2 only, and it is none of them"
    assert absence(1, listing) == said


def test_it_may_be_of_another_kind() -> None:
    said = "it is among the tasks of acme, and these are user stories"
    assert absence(4, Listing("userstories", "acme", USUAL)) == said


def test_it_may_be_in_the_project_of_bare_sources() -> None:
    said = "it is among the user stories of other, and these are of acme"
    assert absence(3, Listing("userstories", "acme", USUAL), "other") == said
    assert absence(3, Listing("tasks", "acme"), "other") == said


def test_it_may_be_nowhere_and_what_was_not_looked_at_is_told() -> None:
    said = "it is not among the user stories, tasks, issues, epics that can be seen"
    left = "the snapshot holds no list of"
    assert absence(9, Listing("userstories", "acme", USUAL)) == (
        f"{said} (not looked at: issues: {left} 'issues'; epics: {left} 'epics')"
    )
    whole = Snapshot({name: [] for name in ("userstories", "tasks", "issues", "epics")})
    assert absence(9, Listing("tasks"), None, whole) == said
    assert absence(9, Listing("", None, (), "/tasks"), "acme", whole) == said


def test_what_has_no_numbers_holds_none() -> None:
    assert absence(1, Listing("milestones", "acme")) == "sprints have no such numbers"


def test_a_story_that_is_listed_is_found() -> None:
    search = StorySearch(SOURCE, 1, "acme")
    row = search.found([Listing("issues", "acme"), Listing("userstories", "acme", USUAL)])
    assert row is not None
    assert row["subject"] == "Here"
    assert search.found([]) is None
