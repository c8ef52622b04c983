"""What lists leave out, as recorded, is what the fake gives (TAIGA.md, k6 and k7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.fake_taiga.views.items import SINGULAR
from tests.fake_taiga_conformance.compare import differences
from tests.fake_taiga_conformance.facts import Facts
from tests.fake_taiga_conformance.recordings import Exchange, answer, exchange

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.slow


def asked(facts: Facts, path: str) -> Any:
    """The fake's answer to a GET."""
    token = {"Authorization": "Bearer TOKEN"}
    status, body = facts.ask(Exchange("", "GET", path, token, None, 0, {}, None), None)
    assert status == 200, body
    return body


def test_attachments_of_all_items_of_a_project_are_listed_as_recorded() -> None:
    facts = Facts()
    story = facts.taiga.add_story(facts.project, "A")
    facts.taiga.attach(story, "a.txt")
    recorded = exchange("join/attachments_project.json")
    for kind, type_ in SINGULAR.items():
        path = recorded.path.replace("userstories", kind)
        found = asked(facts, path.replace("project=7", f"project={facts.project.id}"))
        if kind == "userstories":
            assert list(differences(recorded.answer, found, ("*",))) == []
            assert [*found[0]] == [*recorded.answer[0]]
            assert found[0]["url"].endswith(f"#_taiga-refresh={type_}:{found[0]['id']}")
            assert (found[0]["object_id"], found[0]["name"]) == (story.id, "a.txt")
        else:
            assert found == []
    assert asked(facts, f"/userstories/attachments?project={facts.project.id}&object_id=9") == []


def test_a_comment_is_told_of_again_as_recorded() -> None:
    facts = Facts()
    story = facts.taiga.add_story(facts.project, "A")
    said = facts.taiga.comment(story, "first")
    acts: dict[str, Callable[[], object]] = {
        "edit": lambda: facts.taiga.edit_comment(story, said, "second"),
        "delete": lambda: facts.taiga.delete_comment(story, said),
        "undelete": lambda: facts.taiga.undelete_comment(story, said),
    }
    times, flags = set(), []
    for name, act in acts.items():
        act()
        [recorded] = answer(f"join/timeline_{name}_comment")
        [found] = asked(facts, f"/timeline/project/{facts.project.id}?page_size=1")
        assert found["data"].keys() == recorded["data"].keys(), name
        assert found["data"]["comment"] == recorded["data"]["comment"] == "second"
        assert found["event_type"] == recorded["event_type"]
        times.add(found["created"])
        flags.append([name for name in found["data"] if name.startswith("comment_")])
    assert len(times) == 1, "they have the comment's own time"
    assert flags == [
        ["comment_html", "comment_edited"],
        ["comment_html", "comment_edited", "comment_deleted"],
        ["comment_html", "comment_edited"],
    ]


def test_a_custom_value_that_changes_is_told_as_recorded() -> None:
    facts = Facts()
    story = facts.taiga.add_story(facts.project, "A")
    facts.taiga.add_custom_attribute(facts.project, 'Cust, "A"')
    for value in ("one", "two"):
        facts.taiga.set_custom_attribute(story, 'Cust, "A"', value)
    [recorded] = answer("join/timeline_custom_attribute_changed")
    [found] = asked(facts, f"/timeline/project/{facts.project.id}?page_size=1")
    ours, theirs = found["data"]["values_diff"], recorded["data"]["values_diff"]
    assert ours.keys() == theirs.keys() == {"custom_attributes"}
    assert ours["custom_attributes"]["changed"] == theirs["custom_attributes"]["changed"]


def test_deleted_comments_still_stand_in_the_history_as_recorded() -> None:
    facts = Facts()
    story = facts.taiga.add_story(facts.project, "A")
    facts.taiga.edit(story, subject="B")
    facts.taiga.delete_comment(story, facts.taiga.comment(story, "secret words"))
    [recorded] = answer("history/deleted_comment")
    [found] = asked(facts, f"/history/userstory/{story.id}?type=comment")
    assert found.keys() == recorded.keys()
    assert found["comment"] == recorded["comment"] == "secret words"
    assert found["delete_comment_date"]
    assert found["delete_comment_user"].keys() == recorded["delete_comment_user"].keys()
    [edited] = asked(facts, f"/history/userstory/{story.id}?type=activity")
    assert [*edited["diff"]] == ["subject"]
    types = {"description", "custom_attributes", "attachments", "status"}
    whole = answer("history/description_cav_attachment_comment")
    assert {name for one in whole for name in one["diff"]} >= types
