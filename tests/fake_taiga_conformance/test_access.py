"""Who sees what, and what one is told who may not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fake_taiga_conformance.asking import Visitor
from tests.tables import each

if TYPE_CHECKING:
    from tests.fake_taiga import Taiga
    from tests.fake_taiga.model import Project

pytestmark = pytest.mark.slow


@pytest.fixture
def hidden(taiga: Taiga, project: Project) -> Project:
    taiga.add_task(taiga.add_story(project, "secret"), "secret task")
    taiga.make_private(project)
    return project


LISTS = ["/userstories?project=1", "/tasks?project__slug=acme", "/milestones?project=1"]


@pytest.mark.usefixtures("hidden")
@each("path", LISTS)
def test_an_empty_list_proves_nothing(anybody: Visitor, eve: Visitor, path: str) -> None:
    for visitor in (anybody, eve):
        answer = visitor.get(path)
        assert (answer.status, answer.body) == (200, [])


@pytest.mark.usefixtures("hidden")
@each(
    "path",
    [
        "/projects/1",
        "/userstories/1",
        "/userstories/by_ref?ref=1&project=1",
        "/tasks/1",
        "/timeline/project/1",
        "/history/userstory/1",
        "/resolver?project=acme",
    ],
)
def test_what_is_hidden_is_refused(anybody: Visitor, eve: Visitor, ada: Visitor, path: str) -> None:
    assert [visitor.get(path).status for visitor in (anybody, eve, ada)] == [401, 403, 200]


@pytest.mark.usefixtures("hidden")
def test_by_slug_does_not_tell_hidden_from_unknown(anybody: Visitor, eve: Visitor) -> None:
    for slug in ("acme", "nope"):
        path = f"/projects/by_slug?slug={slug}"
        assert anybody.get(path).status == 401
        assert (eve.get(path).status, eve.get(path).body) == (404, {"_error_message": ""})


@each(
    ("path", "for_anybody", "for_eve"),
    [
        ("/userstories/999", 404, 404),
        ("/projects/999", 401, 404),
        ("/timeline/project/999", 404, 404),
        ("/search?text=x", 401, 404),
        ("/tasks/filters_data", 401, 404),
        ("/resolver?project=nope", 401, 404),
        ("/wiki/by_slug?slug=nope&project=1", 404, 404),
    ],
)
def test_what_is_unknown(
    anybody: Visitor, eve: Visitor, path: str, for_anybody: int, for_eve: int
) -> None:
    assert (anybody.get(path).status, eve.get(path).status) == (for_anybody, for_eve)


@pytest.mark.usefixtures("hidden")
def test_the_filters_leak_names_but_no_counts(anybody: Visitor) -> None:
    answer = anybody.get("/userstories/filters_data?project=1")
    assert answer.status == 200
    assert answer.body["statuses"][0]["name"] == "New"
    assert not any(row["count"] for rows in answer.body.values() for row in rows)


def test_a_role_without_a_permission_sees_no_rows(taiga: Taiga, hidden: Project) -> None:
    bob = taiga.add_user("bob")
    taiga.add_member(hidden, bob, role="Back")
    visitor = Visitor(taiga, bob)
    assert len(visitor.get("/userstories").body) == 1
    taiga.set_permissions(hidden, "Back", ["view_project", "view_tasks"])
    assert visitor.get("/userstories").body == []
    assert visitor.get("/userstories/1").status == 403
    assert len(visitor.get("/tasks").body) == 1
    assert "view_us" not in visitor.get("/projects/1").body["my_permissions"]
    events = {row["event_type"] for row in visitor.get("/timeline/project/1").body}
    assert events == {
        "tasks.task.create",
        "projects.project.create",
        "projects.project.change",
        "projects.membership.create",
    }


def test_who_is_thrown_out_sees_nothing_more(taiga: Taiga, hidden: Project) -> None:
    bob = taiga.add_user("bob")
    taiga.add_member(hidden, bob)
    visitor = Visitor(taiga, bob)
    assert visitor.get("/userstories").body
    taiga.remove_member(hidden, bob)
    assert visitor.get("/userstories").body == []


@pytest.mark.usefixtures("hidden")
def test_a_superuser_sees_everything(taiga: Taiga) -> None:
    root = Visitor(taiga, taiga.add_user("root", is_superuser=True))
    assert root.get("/userstories/1").status == 200
    assert root.get("/userstories").body


def test_a_project_can_come_back(anybody: Visitor, taiga: Taiga, hidden: Project) -> None:
    taiga.make_public(hidden)
    assert len(anybody.get("/userstories").body) == 1


def test_what_is_deleted_is_gone(anybody: Visitor, ada: Visitor, taiga: Taiga) -> None:
    taiga.add_story(taiga.projects[1])
    taiga.delete_project(taiga.projects[1])
    assert ada.get("/projects/1").status == 404
    assert anybody.get("/userstories?project=1").body == []


def test_anybody_sees_people_but_not_their_mail(
    anybody: Visitor, eve: Visitor, ada: Visitor
) -> None:
    for visitor in (anybody, eve):
        assert "email" not in visitor.get("/memberships?project=1").body[0]
        assert "email" not in visitor.get("/users?project=1").body[0]
        assert "email" not in visitor.get("/users/1").body
    assert ada.get("/memberships?project=1").body[0]["email"] == "ada@example.test"
    assert ada.get("/users/1").body["email"] == "ada@example.test"


def test_admins_see_more_of_a_project(ada: Visitor, eve: Visitor) -> None:
    extra = ada.get("/projects/1").body.keys() - eve.get("/projects/1").body.keys()
    assert "transfer_token" in extra
    assert len(extra) == 7


def test_an_archived_project_is_read_only(ada: Visitor, taiga: Taiga, project: Project) -> None:
    taiga.archive(project)
    assert ada.get("/projects/1").body["archived_code"] == "archived"
    assert ada.send("POST", "/userstories", {"project": 1, "subject": "x"}).status == 403


def test_a_blocked_project_is_read_only(ada: Visitor, taiga: Taiga, project: Project) -> None:
    taiga.add_story(project)
    taiga.block(project)
    assert ada.get("/userstories").body
    answer = ada.send("POST", "/userstories", {"project": 1, "subject": "x"})
    assert (answer.status, answer.body["_error_type"]) == (451, "taiga.base.exceptions.Blocked")
