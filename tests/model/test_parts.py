"""The lists that a project's detail holds."""

from __future__ import annotations

from typing import Any

from taiga_notes.model.kinds import PARTS, fields_of
from taiga_notes.model.parts import part_rows

DETAIL = {
    "id": 14,
    "slug": "acme",
    "us_statuses": [
        {"id": 80, "name": "New", "order": 1, "color": "#fff", "is_closed": False},
        {"id": 81, "name": "Archived", "order": 2, "is_closed": True, "is_archived": True},
        "odd",
    ],
    "issue_statuses": [{"id": 90, "name": "Open"}],
    "members": [
        {"id": 17, "username": "ann", "full_name_display": "Ann Lee", "role_name": "Back"},
        {"id": 16, "username": "bob", "full_name": "Bob Roy", "is_active": False},
    ],
    "roles": [{"id": 31, "name": "Back", "order": 1, "permissions": ["view_us"]}],
    "tags_colors": {"bug": "#f00", "ui": None},
    "severities": [{"id": 70, "name": "Critical"}],
    "swimlanes": None,
}


def rows(kind: str, *details: Any) -> list[dict[str, Any]]:
    table = part_rows(kind, details or [DETAIL])
    assert table.kind == kind
    return [dict(row) for row in table.items]


def test_each_has_the_fields_that_it_is_said_to_have() -> None:
    for kind in PARTS:
        assert rows(kind)
        assert {name for row in rows(kind) for name in row} == set(fields_of(kind))


def test_members_have_their_roles_name() -> None:
    assert [(row["username"], row["full_name"], row["role"]) for row in rows("members")] == [
        ("ann", "Ann Lee", "Back"),
        ("bob", "Bob Roy", None),
    ]
    assert [row["is_active"] for row in rows("members")] == [True, False]


def test_statuses_are_those_of_each_list() -> None:
    assert [(row["of"], row["name"], row["is_archived"]) for row in rows("statuses")] == [
        ("userstories", "New", False),
        ("userstories", "Archived", True),
        ("issues", "Open", False),
    ]


def test_tags_have_colours_and_roles_no_rights() -> None:
    assert [(row["name"], row["color"]) for row in rows("tags")] == [("bug", "#f00"), ("ui", None)]
    assert rows("roles") == [
        {"project": "acme", "id": 31, "name": "Back", "order": 1, "computable": True}
    ]


def test_several_projects_are_one_list() -> None:
    other = {"slug": "beta", "tags_colors": {"x": None}}
    assert [row["project"] for row in rows("tags", DETAIL, other)] == ["acme", "acme", "beta"]
    assert rows("tags", {"slug": "empty"}) == rows("members", {"members": "odd"}) == []


def test_the_stamp_tells_whether_the_rows_are_others() -> None:
    one, same = part_rows("tags", [DETAIL]), part_rows("tags", [dict(DETAIL)])
    other = part_rows("tags", [{**DETAIL, "tags_colors": {"bug": None}}])
    assert one.stamp == same.stamp != other.stamp
