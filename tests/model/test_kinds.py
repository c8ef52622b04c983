from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from taiga_notes.model.enrich import Enricher, enrich
from taiga_notes.model.kinds import (
    ADDED,
    KINDS,
    ME,
    OF_ISSUES,
    PARTS,
    SOURCES,
    UNKNOWN,
    Kind,
    is_map,
    kind_of,
    names_below,
)
from tests.tables import each

WEB = "https://tree.taiga.io"
PROJECT = {
    "id": 14,
    "slug": "acme",
    "us_statuses": [{"id": 80, "name": "New", "order": 1}, {"id": 81, "name": "Done", "order": 4}],
    "task_statuses": [{"id": 66, "name": "New", "order": 2}],
    "members": [{"id": 16, "username": "bob"}, {"id": 17, "username": "ann"}, "odd", {"id": []}],
    "milestones": [{"id": 5, "name": "Sprint 5"}],
}


def added(item: dict[str, Any], kind: str = "userstories", project: Any = PROJECT) -> Any:
    return enrich(item, kind=kind, web=WEB, project=project)


def test_each_kind_has_fields_and_filters() -> None:
    assert all(kind.fields and kind.filters for kind in KINDS.values())
    assert set(SOURCES.values()) == {*KINDS, *PARTS} - {"values"}


def test_nothing_about_a_kind_goes_without_saying() -> None:
    assert {field.default for field in dataclasses.fields(Kind)} == {dataclasses.MISSING}
    assert {field.default_factory for field in dataclasses.fields(Kind)} == {dataclasses.MISSING}


def test_a_name_means_one_kind() -> None:
    kinds = KINDS.values()
    names = [name for kind in kinds for name in (kind.name, *kind.aliases, *kind.misnomers)]
    assert len(set(names)) == len(names)
    types = [name for kind in kinds for name in kind.webhook_types]
    assert len(set(types)) == len(types)


def test_what_a_kind_names_is_there() -> None:
    for kind in KINDS.values():
        assert {name.lstrip("-") for name in kind.order} <= {
            path[0] for path in kind.stored_columns
        }
        assert {field for _, field in kind.columns} <= {*kind.fields, *ADDED}
        assert kind.web[1] in {"", *kind.fields}
        assert kind.local_filters <= kind.filters
        assert {name for name, _ in kind.usual_filters} <= kind.filters
        assert kind.drags.keys() <= kind.fields.keys()
        assert {field for field, _ in kind.drags.values()} <= kind.filters
        assert kind.changed_by <= KINDS.keys()
        assert not kind.epics or ".".join(kind.epics) in kind.fields


def test_of_a_list_without_a_name_nothing_is_known() -> None:
    assert kind_of("wiki") is KINDS["wiki"]
    assert kind_of("") is kind_of("nonsense") is UNKNOWN
    assert not UNKNOWN.is_of_a_project


def test_each_example_is_of_the_type_that_is_said() -> None:
    types: dict[str, Any] = {
        "string": str,
        "date": str,
        "time": str,
        "number": (int, float),
        "boolean": bool,
        "list": list,
        "object": dict,
        "map": dict,
    }
    for fields in (*(kind.fields for kind in KINDS.values()), ADDED, ME):
        for name, field in fields.items():
            base = field.type.removesuffix(" or nil")
            optional = field.example is None and field.type.endswith(" or nil")
            assert optional or isinstance(field.example, types[base]), name


def test_the_parent_of_each_nested_field_is_an_object() -> None:
    for kind in KINDS.values():
        for name in kind.fields:
            parent, _, nested = name.rpartition(".")
            assert not nested or not parent or kind.fields[parent].type.startswith("object")


def test_no_field_of_taiga_is_hidden_by_an_added_one() -> None:
    assert not any(set(ADDED) & set(kind.fields) for kind in KINDS.values())


def test_names_below_are_known_for_objects_only() -> None:
    names = names_below("userstories")
    assert {"ref", "subject", "assignee", "url"} <= names[()]
    assert names[("status_extra_info",)] == {"name", "color", "is_closed"}
    assert ("tags",) not in names
    assert ("points",) not in names


def test_the_names_within_a_map_are_data() -> None:
    assert is_map("userstories", ("points",))
    assert is_map("projects", ("tags_colors",))
    assert not is_map("userstories", ("status_extra_info",))
    assert not is_map("userstories", ("nothing",))
    assert not is_map("", ("points",))


def test_the_item_comes_as_it_was() -> None:
    item = {"ref": 3, "subject": "x", "unheard_of": [1]}
    assert added(item) | item == added(item)
    assert set(added(item)) == set(item) | (set(ADDED) - set(OF_ISSUES))


@each(
    ("kind", "item", "url"),
    [
        ("userstories", {"ref": 12}, "/project/acme/us/12"),
        ("tasks", {"ref": 12}, "/project/acme/task/12"),
        ("issues", {"ref": 12}, "/project/acme/issue/12"),
        ("epics", {"ref": 12}, "/project/acme/epic/12"),
        ("milestones", {"slug": "sprint-3"}, "/project/acme/taskboard/sprint-3"),
        ("wiki", {"slug": "überblick"}, "/project/acme/wiki/%C3%BCberblick"),
        ("wiki", {"slug": "a/../b"}, "/project/acme/wiki/a%2F..%2Fb"),
        ("projects", {"slug": "other"}, "/project/other"),
        ("userstories", {"ref": 1, "project_extra_info": {"slug": "own"}}, "/project/own/us/1"),
    ],
)
def test_the_url_is_the_page_in_taigas_web_front(kind: str, item: Any, url: str) -> None:
    assert added(item, kind)["url"] == WEB + url


def test_a_slash_at_the_end_of_the_web_address_is_not_doubled() -> None:
    item = enrich({"ref": 1}, kind="userstories", web=WEB + "/", project=PROJECT)
    assert item["url"] == f"{WEB}/project/acme/us/1"


@pytest.mark.parametrize(
    ("kind", "item"),
    [("userstories", {}), ("wiki", {"slug": None}), ("milestones", {})],
)
def test_an_item_without_a_number_or_slug_has_no_url(kind: str, item: Any) -> None:
    assert added(item, kind)["url"] is None


def test_without_a_slug_of_the_project_there_is_no_url() -> None:
    assert added({"ref": 1}, project=None)["url"] is None


def test_the_kind_is_the_lists_name() -> None:
    assert added({}, "wiki")["kind"] == "wiki"


def test_the_status_is_named_and_has_its_place_on_the_board() -> None:
    item = added({"status": 81, "status_extra_info": {"name": "Done"}})
    assert (item["status_name"], item["status_order"]) == ("Done", 4)
    assert added({"status": 66}, "tasks")["status_order"] == 2
    assert added({"status": 81}, "issues")["status_order"] is None
    assert added({"status": 81}, project=None)["status_order"] is None


@each("odd", [None, [], {}, "81", 99])
def test_an_odd_status_is_no_error(odd: Any) -> None:
    item = added({"status": odd, "status_extra_info": odd})
    assert (item["status_name"], item["status_order"]) == (None, None)


def test_the_assignee_is_a_username() -> None:
    assert added({"assigned_to_extra_info": {"username": "ann"}})["assignee"] == "ann"
    assert added({"assigned_to_extra_info": None})["assignee"] is None


def test_the_assignee_is_the_first_of_the_assignees_and_the_others_follow_by_name() -> None:
    item = {"assigned_to_extra_info": {"username": "zoe"}, "assigned_users": [17, 16, 99, [], 3]}
    assert added(item)["assignees"] == ["zoe", "ann", "bob"]


def test_who_is_assigned_twice_is_named_once() -> None:
    item = {"assigned_to_extra_info": {"username": "bob"}, "assigned_users": [17, 16]}
    assert added(item)["assignees"] == ["bob", "ann"]


def test_assignees_without_an_assignee_are_kept() -> None:
    assert added({"assigned_to_extra_info": None, "assigned_users": [17]})["assignees"] == ["ann"]


def test_without_the_project_the_assignee_stands_alone() -> None:
    item = {"assigned_to_extra_info": {"username": "zoe"}, "assigned_users": [17, 16]}
    assert added(item, project=None)["assignees"] == ["zoe"]
    assert added({})["assignees"] == []


def test_tag_names_come_without_colours() -> None:
    assert added({"tags": [["bug", "#f00"], ["ui", None]]})["tag_names"] == ["bug", "ui"]
    assert added({"tags": ["plain", []]})["tag_names"] == ["plain", []]
    assert added({"tags": None})["tag_names"] == []


def test_the_sprint_is_its_name() -> None:
    assert added({"milestone_name": "S1", "milestone": 5})["sprint"] == "S1"
    assert added({"milestone": 5}, "tasks")["sprint"] == "Sprint 5"
    assert added({"milestone": 6}, "tasks")["sprint"] is None
    assert added({"milestone": None}, "issues")["sprint"] is None
    assert added({"name": "S9"}, "milestones")["sprint"] == "S9"


def test_one_enricher_serves_a_list() -> None:
    enricher = Enricher(kind="userstories", web=WEB, project=PROJECT)
    assert [enricher({"ref": ref})["url"] for ref in (1, 2)] == [
        f"{WEB}/project/acme/us/1",
        f"{WEB}/project/acme/us/2",
    ]


def test_names_stand_beside_the_ids() -> None:
    detail = {
        "members": [{"id": 16, "username": "bob", "full_name_display": "Bob Roy"}],
        "roles": [{"id": 31, "name": "Back"}, {"id": 32, "name": "Front"}],
        "points": [{"id": 157, "value": 5}, {"id": 158, "value": None}],
        "swimlanes": [{"id": 4, "name": "Expedite"}],
        "severities": [{"id": 3, "name": "Critical"}],
    }
    story = added(
        {
            "assigned_to_extra_info": {"username": "ann", "full_name_display": "Ann Lee"},
            "owner": 16,
            "epics": [{"id": 1, "subject": "Login"}, "odd"],
            "swimlane": 4,
            "points": {"31": 157, "32": 158, "99": 157, "odd": 157},
        },
        project=detail,
    )
    assert (story["assignee_name"], story["owner_name"]) == ("Ann Lee", "Bob Roy")
    assert (story["epic_subjects"], story["swimlane_name"]) == (["Login"], "Expedite")
    assert story["points_by_role"] == {"Back": 5, "Front": None}
    assert "severity_name" not in story

    task = {"user_story_extra_info": {"epics": [{"subject": "Login"}]}, "owner": {"a": 1}}
    assert added(task, "tasks")["epic_subjects"] == ["Login"]
    named = {"owner": {"full_name_display": "Ann Lee"}}
    assert added(named, "projects")["owner_name"] == "Ann Lee"
    issue = added({"severity": 3, "type": 9}, "issues", detail)
    assert (issue["severity_name"], issue["type_name"]) == ("Critical", None)
    assert issue["priority_name"] is None
    assert added({}, "wiki", None)["points_by_role"] == {}
