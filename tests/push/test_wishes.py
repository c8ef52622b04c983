"""What a query asks of its items by plain equality, and what else it asks for."""

from __future__ import annotations

from taiga_notes.push.vocabulary import Vocabulary
from taiga_notes.push.wishes import ME, wishes_of
from taiga_notes.query.engine import parsed
from tests.tables import each

PROJECT = {
    "slug": "acme",
    "us_statuses": [
        {"id": 1, "name": "New", "is_closed": False, "is_archived": False},
        {"id": 5, "name": "Done", "is_closed": True, "is_archived": False},
        {"id": 6, "name": "Archived", "is_closed": True, "is_archived": True},
    ],
    "members": [{"id": 7, "username": "ann"}, {"id": 8, "username": "gone", "is_active": False}],
    "milestones": [{"id": 3, "name": "Sprint 1"}],
}


@each(
    ("text", "kind", "wanted", "others"),
    [
        ("from userstories", "userstories", {}, []),
        (
            "from userstories where sprint == 'S 1' and 'ann' == assignee and not is_closed",
            "userstories",
            {"sprint": "S 1", "assignee": "ann", "is_closed": False},
            [],
        ),
        (
            "from t = tasks where t.is_blocked and t.status_extra_info.name == 'New'",
            "tasks",
            {"is_blocked": True, "status_extra_info.name": "New"},
            [],
        ),
        (
            "from issues where table.includes(tag_names, 'x') and assignee == me.username",
            "issues",
            {"tag_names": "x", "assignee": ME},
            [],
        ),
        ("from epics where 'x' in tag_names", "epics", {"tag_names": "x"}, []),
        ("from sprints", "milestones", {}, []),
        ("from getTaigaTasks()", "userstories", {}, []),
        ("from userstories{milestone=3, project='acme'}", "userstories", {"milestone": 3}, []),
        ("from userstories where a == 1 or b == 2", "userstories", {}, ["a", "b"]),
        ("from userstories where due_date < today()", "userstories", {}, ["due_date", "today"]),
        ("from userstories where 'x' not in tag_names", "userstories", {}, ["tag_names"]),
        ("from userstories where total_points == ref", "userstories", {}, ["total_points", "ref"]),
        ("from userstories where 1 == 1", "userstories", {}, ["something else"]),
        ("from presets.open", "", {}, ["its source"]),
        ("#userstories", "", {}, ["the query"]),
    ],
)
def test_plain_equality_is_a_wish_and_all_else_is_told(
    text: str, kind: str, wanted: dict[str, object], others: list[str]
) -> None:
    found = wishes_of(parsed(text))
    assert found.kind == kind
    assert {wish.field: wish.value for wish in found.wishes if wish.field} == wanted
    assert [name for wish in found.wishes if not wish.field for name in wish.fields] == others


def test_the_project_that_a_source_names_is_told_apart() -> None:
    assert wishes_of(parsed("from tasks{project='other'}")).project == "other"
    assert wishes_of(parsed("from tasks")).project is None


def test_the_only_closed_status_that_is_not_archived_closes() -> None:
    values = Vocabulary(PROJECT, "userstories")
    assert values.closing(()) == 5
    assert values.closing(["Gone", "Archived"]) == 6
    assert values.reopening(["Done", "New"][1:]) == 1
    assert (values.text("status", 5), values.text("status", 99)) == ("Done", "99")
    assert values.text("assigned_to", None) == "nothing"
