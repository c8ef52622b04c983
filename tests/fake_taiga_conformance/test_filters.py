"""Taiga's filters, as they are and not as one would guess."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.tables import each

if TYPE_CHECKING:
    from tests.fake_taiga import Taiga
    from tests.fake_taiga.model import Project, Story
    from tests.fake_taiga_conformance.asking import Visitor

pytestmark = pytest.mark.slow


@pytest.fixture
def team(taiga: Taiga, project: Project) -> dict[str, Story]:
    """Stories by subject."""
    bob, cleo = taiga.add_user("bob"), taiga.add_user("cleo")
    taiga.add_member(project, bob, role="UX")
    taiga.add_member(project, cleo, role="Front")
    sprint = taiga.add_sprint(project, "Sprint 1", start=date(2026, 11, 16))
    late = taiga.add_sprint(project, "Sprint 2", start=date(2026, 12, 1))
    one, two = taiga.add_epic(project, "One"), taiga.add_epic(project, "Two")
    add = taiga.add_story
    stories = [
        add(project, "plain"),
        add(project, "bobs", assigned_to=bob, sprint=sprint, tags=["ux", "a,b"], epic=one),
        add(project, "pair", assigned_users=[bob, cleo], sprint=late, tags=["UX"], epic=one),
        add(project, "done", status="Done", by=bob, tags=["ux"]),
        add(project, "old", status="Archived", description="the archive of invoices"),
    ]
    taiga.relate_epic(two, stories[2])
    return {story.subject: story for story in stories}


def subjects(visitor: Visitor, query: str, kind: str = "userstories") -> list[str]:
    return [row["subject"] for row in visitor.get(f"/{kind}?{query}").body]


ALL = ["plain", "bobs", "pair", "done", "old"]


@pytest.mark.usefixtures("team")
@each(
    ("query", "expected"),
    [
        ("project=1", ALL),
        ("project__slug=acme", ALL),
        ("project__slug=nope", []),
        ("project=99", []),
        ("project=0", []),
        ("milestone=1", ["bobs"]),
        ("milestone=null", ["plain", "done", "old"]),
        ("milestone__isnull=true", ["plain", "done", "old"]),
        ("milestone__isnull=false", ["bobs", "pair"]),
        ("milestone__isnull=1", []),
        ("is_closed=true", ["done", "old"]),
        ("is_closed=0", ["plain", "bobs", "pair"]),
        ("is_closed=null", []),
        ("status__is_closed=false", ["plain", "bobs", "pair"]),
        ("status__is_archived=false", ["plain", "bobs", "pair", "done"]),
        ("status=1", ["plain", "bobs", "pair"]),
        ("status=5,6", ["done", "old"]),
        ("status=", ALL),
        ("exclude_status=1", ["done", "old"]),
        ("owner=2", ["done"]),
        ("exclude_owner=1", ["done"]),
        ("assigned_to=2", ["bobs"]),
        ("assigned_to=null", ["plain", "pair", "done", "old"]),
        ("exclude_assigned_to=2", ["plain", "pair", "done", "old"]),
        ("assigned_users=2", ["bobs", "pair"]),
        ("assigned_users=3", ["pair"]),
        ("assigned_users=null", ["plain", "done", "old"]),
        ("exclude_assigned_users=3,null", ["bobs"]),
        ("role=1", ["bobs", "pair"]),
        ("role=3", ["pair"]),
        ("exclude_role=1", ["plain", "done", "old"]),
        ("role=6", ALL),
        ("epic=1", ["bobs", "pair"]),
        ("epic=2", ["pair"]),
        ("epic=null", ["plain", "done", "old"]),
        ("exclude_epic=2", ["plain", "bobs", "done", "old"]),
        ("epic=1,2", ["bobs", "pair", "pair"]),
        ("tags=ux", ["bobs", "done"]),
        ("tags=UX", ["pair"]),
        ("tags=ux,UX", ["bobs", "pair", "done"]),
        ("tags=a%2Cb", []),
        ("exclude_tags=ux,UX", ["plain", "old"]),
        ("swimnlane=null", ALL),
        ("swimlane=3", ALL),
        ("milestone__estimated_start__gte=2026-12-01", ["pair"]),
        ("milestone__estimated_finish=2026-11-30", ["bobs"]),
        ("q=pl", ["plain"]),
        ("q=INVOICES", ["old"]),
        ("q=archive+invoices", ["old"]),
        ("q=archive+bobs", []),
        ("q=archive+or+bobs", ["bobs", "old"]),
        ("q=not+ux", ["plain", "old"]),
        ("q=%22archive+of%22", ["old"]),
        ("q=%22archive+invoices%22", []),
        ("q=(pair+or+done)+ux", ["pair", "done"]),
        ("q=5", ["pair"]),
        ("q=%25)(|!", ALL),
        ("is_blocked=true", ALL),
        ("ref=1", ALL),
        ("id=1", ALL),
        ("subject=plain", ALL),
        ("due_date=2026-01-01", ALL),
        ("nonsense=1", ALL),
        ("project=1&status=1&tags=ux", ["bobs"]),
        ("order_by=subject", ["bobs", "done", "old", "pair", "plain"]),
        ("order_by=-subject", ["plain", "pair", "old", "done", "bobs"]),
        ("order_by=ref", ALL),
        ("order_by=total_voters", ["old", "done", "pair", "bobs", "plain"]),
        ("order_by=assigned_to", ["bobs", "old", "done", "pair", "plain"]),
        ("order_by=-assigned_to", ["old", "done", "pair", "plain", "bobs"]),
        ("order_by=milestone", ["bobs", "pair", "old", "done", "plain"]),
        ("order_by=-status", ["old", "done", "pair", "bobs", "plain"]),
        ("epic=1&order_by=-epic_order", ["pair", "bobs"]),
    ],
)
def test_a_filter_of_stories(anybody: Visitor, query: str, expected: list[str]) -> None:
    assert subjects(anybody, query) == expected


@each(
    ("query", "message"),
    [
        ("project=abc", "'project' must be an integer value."),
        ("project=", "'project' must be an integer value."),
        ("project=1,2", "'project' must be an integer value."),
        ("status=abc", "Wrong arguments."),
        ("assigned_to=me", "Wrong arguments."),
        ("owner=1,me", "Wrong arguments."),
        ("exclude_epic=abc", "Wrong arguments."),
        ("epic=1,abc", "Wrong arguments."),
        ("milestone=abc", "Error in filter params types."),
        ("milestone=1,2", "Error in filter params types."),
        ("milestone=", "Error in filter params types."),
        ("milestone__isnull=null", "Error in filter params types."),
        ("watchers=me", "Error in filter params types."),
    ],
)
def test_a_filter_that_is_refused(anybody: Visitor, query: str, message: str) -> None:
    answer = anybody.get(f"/userstories?{query}")
    kind = "taiga.base.exceptions.BadRequest"
    assert (answer.status, answer.body) == (400, {"_error_message": message, "_error_type": kind})


@each(
    "query",
    [
        "modified_date__gte=bad",
        "modified_date__gte=",
        "modified_date__gte=1795319319",
        "created_date=2026-11-31",
        "modified_date__gte=2026-11-22T03:48:39.957+0000",
        "status__is_closed=foo",
        "is_closed=",
        "epic=abc",
        "epic=",
    ],
)
def test_a_filter_that_crashes_the_server(anybody: Visitor, query: str) -> None:
    answer = anybody.get(f"/userstories?{query}")
    assert (answer.status, answer.headers["content-type"]) == (500, "text/html")


def test_a_row_is_a_little_later_than_its_json_says(
    anybody: Visitor, taiga: Taiga, project: Project
) -> None:
    story = taiga.add_story(project, "one")
    shown = anybody.get(f"/userstories/{story.id}").body["modified_date"]
    assert subjects(anybody, f"modified_date={shown}") == []
    assert subjects(anybody, f"modified_date__gt={shown}") == ["one"]
    assert subjects(anybody, f"modified_date__gte={shown}") == ["one"]
    assert subjects(anybody, f"modified_date__lte={shown}") == []


def test_an_unescaped_plus_silently_means_midnight(
    anybody: Visitor, taiga: Taiga, project: Project
) -> None:
    taiga.add_story(project, "one")
    taiga.clock.advance(3600)
    moment = "2026-11-22T12:30:00.957+00:00"
    assert subjects(anybody, f"modified_date__gte={moment}") == ["one"]
    assert subjects(anybody, f"modified_date__gte={quote(moment)}") == []
    assert subjects(anybody, "modified_date__gte=2026-11-22T12:30:00") == []
    assert subjects(anybody, "modified_date__gte=2026-11-22") == ["one"]
    east = quote("2026-11-22T13:30:00+02:00")
    assert subjects(anybody, f"modified_date__gte={east}") == ["one"]


def test_dates_of_what_is_not_finished_match_nothing(
    anybody: Visitor, team: dict[str, Story]
) -> None:
    assert team
    assert subjects(anybody, "finish_date__lte=2030-01-01") == ["done", "old"]


def test_tasks_ignore_what_stories_know(anybody: Visitor, taiga: Taiga, project: Project) -> None:
    story = taiga.add_story(project, sprint=taiga.add_sprint(project))
    taiga.add_task(story, "of a story", status="Closed")
    taiga.add_task(project, "alone")
    everything = ["of a story", "alone"]
    for query in (
        "is_closed=false",
        "assigned_users=9",
        "milestone__isnull=true",
        "status__is_archived=true",
        "only_ref=1",
    ):
        assert subjects(anybody, query, "tasks") == everything
    assert subjects(anybody, f"user_story={story.id}", "tasks") == ["of a story"]
    assert subjects(anybody, "user_story=null", "tasks") == ["alone"]
    assert subjects(anybody, "status__is_closed=true", "tasks") == ["of a story"]
    assert subjects(anybody, "milestone=null", "tasks") == ["alone"]
    assert subjects(anybody, "order_by=-us_order", "tasks") == ["alone", "of a story"]


def test_issues_have_choices_and_a_ref_to_order_by(
    anybody: Visitor, taiga: Taiga, project: Project
) -> None:
    taiga.add_issue(project, "low", priority="Low", severity="Minor", type="Question")
    taiga.add_issue(project, "high", priority="High", severity="Critical")
    assert subjects(anybody, "", "issues") == ["high", "low"]
    assert subjects(anybody, "order_by=ref", "issues") == ["low", "high"]
    assert subjects(anybody, "order_by=-priority", "issues") == ["high", "low"]
    assert subjects(anybody, "priority=1", "issues") == ["low"]
    assert subjects(anybody, "exclude_type=1", "issues") == ["low"]
    assert subjects(anybody, "severity=5,2", "issues") == ["high", "low"]


def test_epics_know_no_order_by(anybody: Visitor, taiga: Taiga, project: Project) -> None:
    taiga.add_epic(project, "b", status="Done")
    taiga.add_epic(project, "a")
    assert subjects(anybody, "order_by=subject", "epics") == ["b", "a"]
    assert subjects(anybody, "status__is_closed=true", "epics") == ["b"]
    assert subjects(anybody, "assigned_to=null", "epics") == ["b", "a"]
    assert anybody.get("/epics?assigned_to=1,2").status == 400


def test_sprints_and_pages_have_few_filters(
    anybody: Visitor, taiga: Taiga, project: Project
) -> None:
    for name, month in (("first", 1), ("second", 2)):
        taiga.add_sprint(project, name, start=date(2026, month, 1))
    taiga.add_wiki(project, "home")
    taiga.add_wiki(project, "über")

    def names(kind: str, query: str, field: str) -> list[str]:
        return [row[field] for row in anybody.get(f"/{kind}?{query}").body]

    assert names("milestones", "project=1", "name") == ["second", "first"]
    assert names("milestones", "estimated_start__lt=2026-02-01", "name") == ["first"]
    assert names("milestones", "closed=true", "name") == []
    assert names("milestones", "order_by=name", "name") == ["first", "second"]
    assert names("milestones", "name=first", "name") == ["second", "first"]
    assert names("wiki", f"slug={quote('über')}", "slug") == ["über"]


def test_a_story_can_be_had_with_its_tasks_and_files(
    anybody: Visitor, taiga: Taiga, project: Project
) -> None:
    story = taiga.add_story(project)
    taiga.add_task(story, "a task")
    taiga.attach(story, "plan.pdf")
    plain = anybody.get("/userstories").body[0]
    assert (plain["tasks"], plain["attachments"], plain["total_attachments"]) == ([], [], 1)
    query = "include_tasks=false&include_attachments="
    full = anybody.get(f"/userstories?{query}").body[0]
    assert full["tasks"][0]["subject"] == "a task"
    assert full["attachments"][0]["attached_file"].endswith("plan.pdf")


def test_light_lists(anybody: Visitor, taiga: Taiga, project: Project, eve: Visitor) -> None:
    taiga.add_story(project)
    assert anybody.get("/userstories?only_ref=false").body == [{"id": 1, "ref": 1}]
    light = anybody.get("/userstories?dashboard=0").body
    assert "tags" not in light[0]
    assert eve.get("/userstories?dashboard=1").body == []


def test_of_a_repeated_parameter_the_last_counts(
    anybody: Visitor, taiga: Taiga, project: Project
) -> None:
    taiga.add_story(project)
    assert anybody.get("/userstories?project=99&project=1").body
    assert not anybody.get("/userstories?project=1&project=99").body


def test_projects_are_not_filtered_by_name(taiga: Taiga, ada: Visitor, eve: Visitor) -> None:
    taiga.add_project("Beta", slug="beta", is_private=True)
    taiga.add_project("Gamma", owner=taiga.users[2], slug="gamma")

    def names(visitor: Visitor, query: str) -> list[str]:
        return [row["name"] for row in visitor.get(f"/projects?{query}").body]

    assert names(ada, "") == ["Acme", "Beta", "Gamma"]
    assert names(ada, "slug=beta&name=Beta&is_private=true") == ["Acme", "Beta", "Gamma"]
    assert names(ada, "member=1") == ["Acme", "Beta"]
    assert names(eve, "") == ["Acme", "Gamma"]
    assert names(eve, "member=1") == ["Acme"]
    assert names(ada, "q=gam") == ["Gamma"]
    assert names(ada, "is_featured=true") == []
    assert ada.get("/projects?member=me").status == 400
