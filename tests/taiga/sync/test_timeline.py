"""What entries of a timeline mean, entry by entry."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from taiga_notes.taiga.sync.timeline import SHOWN, Changes, begin_of, changes_of, only_grew, refers
from tests.tables import each
from tests.taiga.scripted import recorded

UNCLEAR = Changes(is_unclear=True)


def entry(event: str, **data: Any) -> dict[str, Any]:
    return {"event_type": event, "data": {"values_diff": {}, **data}}


def diff(*fields: str) -> dict[str, list[str]]:
    return {field: ["old", "new"] for field in fields}


@each(
    ("kind", "said", "meant"),
    [
        (
            "userstories",
            entry("userstories.userstory.create", userstory={"id": 5}),
            Changes(touched={5}, growth=Counter(userstories=1)),
        ),
        (
            "userstories",
            entry("userstories.userstory.change", userstory={"id": 5}),
            Changes(touched={5}),
        ),
        (
            "userstories",
            entry("userstories.userstory.delete", userstory={"id": 5}),
            Changes(gone={5}, growth=Counter(userstories=-1)),
        ),
        (
            "userstories",
            entry("epics.relateduserstory.create", relateduserstory={"id": 1}, userstory={"id": 5}),
            Changes(touched={5}),
        ),
        (
            "userstories",
            entry("epics.relateduserstory.create", relateduserstory={"id": 1}),
            UNCLEAR,
        ),
        (
            "userstories",
            entry("epics.epic.change", epic={"id": 7}, values_diff=diff("color")),
            Changes(linked={("epics",): {7}}),
        ),
        (
            "userstories",
            entry("epics.epic.change", epic={"id": 7}, values_diff=diff("status")),
            Changes(),
        ),
        (
            "userstories",
            entry("epics.epic.delete", epic={"id": 7}),
            Changes(linked={("epics",): {7}}),
        ),
        (
            "userstories",
            entry("issues.issue.change", issue={"id": 9}, values_diff=diff("subject")),
            Changes(linked={("generated_from_issue",): {9}}),
        ),
        (
            "userstories",
            entry(
                "tasks.task.change",
                task={"id": 3, "userstory": {"id": 5}},
                values_diff=diff("status"),
            ),
            Changes(touched={5}),
        ),
        (
            "userstories",
            entry("tasks.task.change", task={"id": 3}, values_diff=diff("status")),
            Changes(tasks={3}),
        ),
        (
            "userstories",
            entry("tasks.task.change", task={"id": 3}, values_diff=diff("subject")),
            Changes(),
        ),
        ("userstories", entry("tasks.task.delete", task={"id": 3}), UNCLEAR),
        ("userstories", entry("wiki.wikipage.change", wikipage={"id": 3}), Changes()),
        ("userstories", entry("milestones.milestone.change", milestone={"id": 3}), Changes()),
        ("userstories", entry("projects.membership.create", membership={"id": 3}), Changes()),
        ("userstories", entry("users.user.create", user={"id": 3}), Changes()),
        ("userstories", entry("planets.planet.create", planet={"id": 3}), UNCLEAR),
        ("userstories", entry("userstories.userstory.change"), UNCLEAR),
        ("userstories", entry("userstories.userstory.change", userstory={"id": "5"}), UNCLEAR),
        ("userstories", entry("userstories.userstory", userstory={"id": 5}), UNCLEAR),
        ("userstories", {"event_type": "userstories.userstory.change"}, UNCLEAR),
        ("userstories", {}, UNCLEAR),
        (
            "tasks",
            entry(
                "userstories.userstory.change", userstory={"id": 5}, values_diff=diff("milestone")
            ),
            Changes(linked={("user_story",): {5}}),
        ),
        (
            "tasks",
            entry("userstories.userstory.change", userstory={"id": 5}, values_diff=diff("status")),
            Changes(),
        ),
        (
            "tasks",
            entry("epics.relateduserstory.delete", relateduserstory={"id": 1}, userstory={"id": 5}),
            Changes(linked={("user_story",): {5}}),
        ),
        (
            "tasks",
            entry("epics.epic.change", epic={"id": 7}, values_diff=diff("subject")),
            Changes(linked={("user_story_extra_info", "epics"): {7}}),
        ),
        ("issues", entry("tasks.task.change", task={"id": 3}), Changes()),
        (
            "tasks",
            entry("userstories.userstory.change", userstory={"id": 5}, values_diff=diff("subject")),
            Changes(stories={5}),
        ),
        (
            "tasks",
            entry("userstories.userstory.delete", userstory={"id": 5}),
            Changes(linked={("user_story",): {5}}, growth=Counter(userstories=-1), cascades=True),
        ),
        (
            "userstories",
            entry(
                "userstories.userstory.change",
                userstory={"id": 5},
                values_diff=diff("status", "kanban_order", "sprint_order"),
            ),
            Changes(
                touched={5},
                dragged={("kanban_order", "new", 5), ("sprint_order", None, 5)},
            ),
        ),
        ("epics", entry("userstories.userstory.change", userstory={"id": 5}), Changes()),
        (
            "epics",
            entry("userstories.userstory.change", userstory={"id": 5}, values_diff=diff("status")),
            Changes(stories={5}),
        ),
        ("epics", entry("tasks.task.change", task={"id": 5}), Changes()),
        (
            "epics",
            entry("tasks.task.change", task={"id": 5}, values_diff=diff("status")),
            UNCLEAR,
        ),
        (
            "milestones",
            entry("userstories.userstory.create", userstory={"id": 5}),
            Changes(stories={5}, growth=Counter(userstories=1)),
        ),
        ("milestones", entry("issues.issue.change", issue={"id": 5}), UNCLEAR),
        ("milestones", entry("wiki.wikipage.change", wikipage={"id": 5}), Changes()),
    ],
)
def test_an_entry_says_what_to_read_again(kind: str, said: dict[str, Any], meant: Changes) -> None:
    assert changes_of(kind, [said]) == meant
    assert bool(meant) == (meant != Changes())


@pytest.mark.parametrize("kind", ["userstories", "tasks", "issues", "wiki"])
def test_a_real_timeline_is_understood(kind: str) -> None:
    changes = changes_of(kind, recorded("timeline_project").json())
    assert not changes.is_unclear
    if kind == "userstories":
        assert (changes.touched, changes.gone) == (
            {2155, 2156, 11181},
            {11181, 11180, 11179, 11178, 11177},
        )
        assert changes.growth == Counter(userstories=1 - 5)
    if kind == "wiki":
        assert changes.touched == {22}


@each(
    ("value", "is_one"),
    [
        (7, True),
        (8, False),
        (None, False),
        ([{"id": 3}, {"id": 7}], True),
        ([{"id": 3}, 7, None], False),
        ([], False),
    ],
)
def test_a_field_refers_to_an_item(value: object, is_one: bool) -> None:
    assert refers(value, {7}) is is_one


@each(
    ("times", "begin"),
    [
        (["2026-11-22T04:10:46.976Z", "2026-11-22T04:10:30Z"], "2026-11-22T04:10:20Z"),
        (["2026-11-22T05:10:30+01:00"], "2026-11-22T04:10:20Z"),
        (["yesterday"], None),
        ([None], None),
        ([], None),
    ],
)
def test_edits_are_looked_for_from_a_little_before_their_entries(
    times: list[Any], begin: str | None
) -> None:
    assert begin_of({"created": time} for time in times) == begin


PROJECT: dict[str, Any] = {
    "slug": "acme",
    "total_activity": 7,
    "my_permissions": ["view_us", "view_tasks"],
    "members": [{"id": 1, "username": "ada"}],
    "us_statuses": [{"id": 1, "name": "New", "order": 1}, {"id": 2, "name": "Done", "order": 2}],
    "milestones": [{"id": 1, "name": "Sprint 1", "closed": False}],
    "tags_colors": {"bug": "#ff0000", "ux": None},
}


@each(
    "change",
    [
        {},
        {"total_activity": 8},
        {"my_permissions": ["view_tasks", "view_us"]},
        {"us_statuses": [*PROJECT["us_statuses"], {"id": 3, "name": "Later", "order": 3}]},
        {"us_statuses": PROJECT["us_statuses"][::-1]},
        {"milestones": [{"id": 1, "name": "Sprint 1", "closed": True}]},
        {"milestones": [*PROJECT["milestones"], {"id": 2, "name": "Sprint 2", "closed": False}]},
        {"tags_colors": {"ux": None, "bug": "#ff0000", "new": "#00ff00"}},
    ],
)
def test_what_no_item_can_show_yet_is_growth(change: dict[str, Any]) -> None:
    assert only_grew(PROJECT, PROJECT | change)


@each(
    "change",
    [
        {"slug": "acme-2"},
        {"my_permissions": ["view_us"]},
        {"my_permissions": ["view_us", "view_tasks", "view_epics"]},
        {"members": [{"id": 1, "username": "ada2"}]},
        {"members": []},
        {"members": [*PROJECT["members"], {"id": 2, "username": "bob"}]},
        {"us_statuses": PROJECT["us_statuses"][:1]},
        {"us_statuses": [{"id": 1, "name": "Fresh", "order": 1}, PROJECT["us_statuses"][1]]},
        {"us_statuses": []},
        {"us_statuses": None},
        {"milestones": [{"id": 1, "name": "Sprint One", "closed": False}]},
        {"tags_colors": {"bug": "#00ff00", "ux": None}},
        {"tags_colors": {"bug": "#ff0000"}},
    ],
)
def test_what_items_show_is_more_than_growth(change: dict[str, Any]) -> None:
    assert not only_grew(PROJECT, PROJECT | change)


def test_what_items_show_is_in_a_real_project() -> None:
    assert set(SHOWN) <= recorded("projects/detail").json().keys()
