"""Writing through the API: versions, permissions, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.fake_taiga import Taiga
    from tests.fake_taiga.model import Project, Story
    from tests.fake_taiga_conformance.asking import Visitor

pytestmark = pytest.mark.slow


@pytest.fixture
def story(taiga: Taiga, project: Project) -> Story:
    return taiga.add_story(project, "as it was")


def test_a_write_raises_the_version(ada: Visitor, story: Story) -> None:
    answer = ada.send("PATCH", f"/userstories/{story.id}", {"version": 1, "subject": "new"})
    assert (answer.status, answer.body["version"], answer.body["subject"]) == (200, 2, "new")
    assert answer.headers["taiga-info-order-updated"] == "{}"


@pytest.mark.parametrize(
    ("version", "said"),
    [
        (None, "The version parameter is not valid"),
        (-1, "The version parameter is not valid"),
        (99, "The version parameter is not valid"),
        ("one", ["Enter a whole number."]),
    ],
)
def test_a_version_is_wanted(ada: Visitor, story: Story, version: Any, said: Any) -> None:
    data = {"version": version, "subject": "new"}
    answer = ada.send("PATCH", f"/userstories/{story.id}", data)
    assert (answer.status, answer.body) == (400, {"version": said})


def test_a_stale_write_is_merged_unless_both_wrote_the_same(
    ada: Visitor, taiga: Taiga, story: Story
) -> None:
    taiga.edit(story, subject="theirs")
    path = f"/userstories/{story.id}"
    assert ada.send("PATCH", path, {"version": 1, "subject": "theirs"}).status == 400
    assert ada.send("PATCH", path, {"version": 1, "comment": "mine"}).status == 200
    assert ada.send("PATCH", path, {"version": 1, "is_blocked": True}).status == 200
    assert (story.subject, story.is_blocked, story.version) == ("theirs", True, 4)


def test_a_board_drag_is_overwritten_unseen(ada: Visitor, taiga: Taiga, story: Story) -> None:
    taiga.drag_on_board(story, "Done")
    answer = ada.send("PATCH", f"/userstories/{story.id}", {"version": 1, "status": 2})
    assert (answer.status, story.status.name) == (200, "Ready")


@pytest.mark.parametrize(
    ("data", "status", "said"),
    [
        ({"status": 999}, 400, {"status": ["Invalid pk '999' - object does not exist."]}),
        ({"assigned_to": 2}, 400, {"assigned_to": ["The user must be a project member."]}),
        ({"assigned_to": 9}, 400, {"assigned_to": ["Invalid pk '9' - object does not exist."]}),
        ({"subject": "a\x00b"}, 500, {"error": "Server application error"}),
    ],
)
@pytest.mark.usefixtures("eve")
def test_a_senseless_write_is_refused(
    ada: Visitor, story: Story, data: Any, status: int, said: Any
) -> None:
    answer = ada.send("PATCH", f"/userstories/{story.id}", {"version": 1} | data)
    assert (answer.status, answer.body) == (status, said)


def test_what_is_refused_is_not_made(ada: Visitor, taiga: Taiga) -> None:
    data = {"project": 1, "subject": "x", "status": 999}
    assert ada.send("POST", "/tasks", data).status == 400
    assert taiga.rows["tasks"] == {}


def test_what_is_made_is_as_asked(ada: Visitor, taiga: Taiga, project: Project) -> None:
    sprint = taiga.add_sprint(project)
    asked = {"status": 2, "milestone": sprint.id, "assigned_to": 1, "due_date": "2026-12-24"}
    made = ada.send("POST", "/userstories", {"project": 1, "subject": "x"} | asked).body
    assert asked.items() <= made.items()
    assert project.timeline[-1].event_type == "userstories.userstory.create"


def test_a_status_of_another_project_is_forbidden(ada: Visitor, taiga: Taiga, story: Story) -> None:
    other = taiga.add_project("Other").statuses["userstories"][0]
    data = {"version": 1, "status": other.id}
    assert ada.send("PATCH", f"/userstories/{story.id}", data).status == 403


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_permission_is_asked_before_existence(ada: Visitor, anybody: Visitor, method: str) -> None:
    assert ada.send(method, "/userstories/999", {"version": 1}).status == 403
    assert anybody.send(method, "/userstories/999", {"version": 1}).status == 401


@pytest.mark.parametrize("kind", ["userstories", "tasks", "issues", "epics"])
def test_a_row_is_made_changed_and_deleted(ada: Visitor, kind: str) -> None:
    subject = "  two\nlines\t\u202e "
    made = ada.send("POST", f"/{kind}", {"project": 1, "subject": subject, "tags": ["x"]})
    assert (made.status, made.body["subject"]) == (201, subject)
    path = f"/{kind}/{made.body['id']}"
    assert ada.send("PATCH", path, {"version": 1, "subject": "b"}).status == 200
    assert ada.ask("DELETE", path).status == 204
    assert ada.get(path).status == 404


def test_many_stories_are_made_at_once(ada: Visitor) -> None:
    data = {"project_id": 1, "bulk_stories": "one\n\ntwo\n"}
    answer = ada.send("POST", "/userstories/bulk_create", data)
    assert [row["subject"] for row in answer.body] == ["one", "two"]


def test_the_boards_own_request_drags(ada: Visitor, story: Story) -> None:
    data = {"project_id": 1, "status_id": 5, "bulk_userstories": [story.id]}
    assert ada.send("POST", "/userstories/bulk_update_kanban_order", data).status == 200
    assert (story.status.name, story.version, story.is_closed) == ("Done", 1, True)


def test_outsiders_do_not_write(eve: Visitor, anybody: Visitor, story: Story) -> None:
    for visitor, status in ((eve, 403), (anybody, 401)):
        data = {"version": 1, "subject": "x"}
        assert visitor.send("PATCH", f"/userstories/{story.id}", data).status == status
        assert visitor.send("POST", "/issues", {"project": 1, "subject": "x"}).status == status
        assert visitor.ask("DELETE", f"/userstories/{story.id}").status == status
