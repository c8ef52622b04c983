"""Details, by_ref, resolver, search, counts, history."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.tables import each

if TYPE_CHECKING:
    from tests.fake_taiga import Taiga
    from tests.fake_taiga.model import Project
    from tests.fake_taiga_conformance.asking import Visitor

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _rows(taiga: Taiga, project: Project) -> None:
    story = taiga.add_story(project, "a story about login", sprint=taiga.add_sprint(project, "S"))
    taiga.add_task(story, "a task")
    taiga.add_issue(project, "an issue")
    taiga.add_epic(project, "an epic")
    taiga.add_wiki(project, "home", "how to login")


@each(
    ("query", "found"),
    [
        ("", {}),
        ("&us=1", {"us": 1}),
        ("&task=2&issue=3&epic=4", {"task": 1, "issue": 1, "epic": 1}),
        ("&milestone=s&wikipage=home", {"milestone": 1, "wikipage": 1}),
        ("&ref=3", {"issue": 1}),
        ("&ref=home", {"wikipage": 1}),
        ("&ref=99", {}),
    ],
)
def test_the_resolver_finds_ids(anybody: Visitor, query: str, found: dict[str, int]) -> None:
    assert anybody.get(f"/resolver?project=acme{query}").body == {"project": 1} | found


def test_the_resolver_misses_and_refuses(ada: Visitor) -> None:
    assert ada.get("/resolver?project=acme&us=99").body == {"_error_message": ""}
    assert ada.get("/resolver?project=acme&us=abc").status == 400


@each(
    ("query", "said"),
    [
        ("", "ref param is needed"),
        ("ref=1", "project or project__slug param is needed"),
    ],
)
def test_by_ref_complains_in_a_bare_string(anybody: Visitor, query: str, said: str) -> None:
    answer = anybody.get(f"/userstories/by_ref?{query}")
    assert (answer.status, answer.body) == (400, said)


def test_by_ref_counts_within_kind_and_project(anybody: Visitor) -> None:
    assert anybody.get("/tasks/by_ref?ref=2&project=1").body["subject"] == "a task"
    assert anybody.get("/issues/by_ref?ref=2&project=1").status == 404
    assert anybody.get("/epics/by_ref?ref=4&project__slug=nope").status == 404
    assert anybody.get("/wiki/by_slug?slug=home&project=1").body["content"] == "how to login"
    assert anybody.get("/wiki/by_slug?slug=home").status == 400


def test_search_finds_words_in_all_kinds(anybody: Visitor) -> None:
    found = anybody.get("/search?project=1&text=login").body
    assert [row["ref"] for row in found["userstories"]] == [1]
    assert [row["slug"] for row in found["wikipages"]] == ["home"]
    assert found["count"] == 2


def test_a_detail_has_more_than_a_list(anybody: Visitor) -> None:
    for kind in ("userstories", "tasks", "issues", "epics"):
        listed = anybody.get(f"/{kind}").body[0]
        whole = anybody.get(f"/{kind}/{listed['id']}").body
        assert listed.items() <= whole.items()
        assert {"description", "description_html", "neighbors"} <= whole.keys() - listed.keys()


def test_counts_by_filter_leave_that_filter_out(
    anybody: Visitor, taiga: Taiga, project: Project
) -> None:
    taiga.add_story(project, "done", status="Done", tags=["x"])
    found = anybody.get("/userstories/filters_data?project=1&status=1").body
    assert [row["count"] for row in found["statuses"]] == [1, 0, 0, 0, 1, 0]
    assert found["tags"][0]["count"] == 0
    for kind in ("tasks", "issues", "epics"):
        assert anybody.get(f"/{kind}/filters_data?project=1").status == 200


def test_history_shows_changes_the_newest_first(anybody: Visitor, taiga: Taiga) -> None:
    story = taiga.rows["userstories"][1]
    taiga.edit(story, subject="renamed")
    taiga.comment(story, "why?")
    taiga.reorder(story)
    rows = anybody.get("/history/userstory/1").body
    assert [row["comment"] for row in rows] == ["why?", ""]
    assert rows[1]["values_diff"] == {"subject": ["a story about login", "renamed"]}


def test_custom_values_are_nowhere_but_in_their_own_place(
    anybody: Visitor, taiga: Taiga, project: Project
) -> None:
    attribute = taiga.add_custom_attribute(project, "Customer")
    taiga.set_custom_attribute(taiga.rows["userstories"][1], "Customer", "Zorro")
    values = anybody.get("/userstories/custom-attributes-values/1").body
    assert values["attributes_values"] == {str(attribute.id): "Zorro"}
    assert "Zorro" not in str(anybody.get("/userstories/1").body)


def test_vocabularies_are_lists(anybody: Visitor) -> None:
    names = ["task-statuses", "issue-types", "priorities", "severities", "points", "roles"]
    for name in names:
        assert anybody.get(f"/{name}?project=1").body[0]["project"] == 1


def test_assigned_users_come_in_no_order(anybody: Visitor, taiga: Taiga, project: Project) -> None:
    users = [taiga.add_user(f"u{n}", id=n) for n in (108, 8, 16, 24)]
    story = taiga.add_story(project, "crowd", assigned_users=users)
    first = anybody.get(f"/userstories/{story.id}").body["assigned_users"]
    taiga.recolour_status(story.status, "#000000")
    second = anybody.get(f"/userstories/{story.id}").body["assigned_users"]
    assert sorted(first) == sorted(second) == [8, 16, 24, 108]
    assert first != second
