"""Each recorded write that pushing relies on is asked of the fake (TAIGA.md, k2 to k6).

Errors are the same to the letter; of successes the keys, their order and types, and the values of
what was sent and of what follows from it.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fake_taiga_conformance.compare import differences
from tests.fake_taiga_conformance.facts import NO_SPRINT, OTHERS, Facts, compared, names, sent
from tests.fake_taiga_conformance.facts import kind_of as kind_in
from tests.fake_taiga_conformance.recordings import Exchange, answer, exchange
from tests.tables import each

pytestmark = pytest.mark.slow

OTHER = ("points", "total_points", "epics")
"""Of roles and epics that are not in the fake's project."""


def _without(data: Any) -> Any:
    return {name: one for name, one in data.items() if name not in OTHER}


def _translated(facts: Facts, recorded: Exchange) -> str | None:
    """The request's body, with the fake's numbers of what is another project's."""
    body = recorded.body
    if body and "other_project" in recorded.name and "milestone" in recorded.name:
        return body.replace(str(sent(recorded)["milestone"]), str(facts.other_sprint.id), 1)
    if body and "status_other_project" in recorded.name:
        number = OTHERS[kind_in(recorded)]
        return body.replace(f'"status": {sent(recorded)["status"]}', f'"status": {number}')
    if body and "points" in sent(recorded):
        # Estimates are never pushed, and their roles are not the fake's.
        body = json.dumps({name: one for name, one in sent(recorded).items() if name != "points"})
    if body and sent(recorded).get("milestone") not in {None, NO_SPRINT, 99999, 999999}:
        facts.sprint(sent(recorded)["milestone"])
    return body


@each("name", names("push"))
def test_a_write_is_answered_as_recorded(name: str) -> None:
    facts, recorded = Facts(), exchange(name)
    if recorded.method == "PATCH":
        facts.item(recorded, sent(recorded))
    status, body = facts.ask(recorded, _translated(facts, recorded))
    assert status == recorded.status, body
    if status >= 400:
        assert body == recorded.answer
        return
    assert list(differences(_without(recorded.answer), _without(body), ("*",))) == []
    assert list(compared(recorded, body)) == []


def test_a_drag_masks_a_conflict_and_a_version_without_an_entry_feigns_one() -> None:
    """`occ2`: a stale version is compared with the last history entries only."""
    facts = Facts()
    story = facts.taiga.add_story(facts.project, "A")
    path = f"/userstories/{story.id}"
    steps = [exchange(f"occ2/{name}.json") for name in (
        "us_1_patch_v1", "us_2_patch_v1_stale_400", "us_4_patch_v1_stale_200",
    )]  # fmt: skip
    said = []
    for step in steps:
        if step is steps[-1]:
            facts.taiga.drag_on_board(story, "Done")
        asked = Exchange(step.name, step.method, path, step.headers, step.body, 0, {}, None)
        said.append(facts.ask(asked, step.body)[0])
    assert said == [step.status for step in steps]
    task = facts.taiga.add_task(facts.project, "T")
    false = exchange("occ2/task_false_conflict_after_empty_patch_400.json")
    facts.taiga.edit(task, subject="other")
    facts.taiga.edit(task)
    body = f'{{"subject": "mine", "version": {task.version - 1}}}'
    path = f"/tasks/{task.id}"
    asked = Exchange(false.name, "PATCH", path, false.headers, body, 0, {}, None)
    assert facts.ask(asked, body) == (400, false.answer)


def test_the_assignee_of_a_story_is_guarded_by_nothing_but_assigned_users() -> None:
    facts = Facts()
    story = facts.taiga.add_story(facts.project, "A")
    facts.taiga.edit(story, assigned_to=facts.taiga.users[6])
    recorded = exchange("occ2/us_assigned_to_v1_stale_200.json")
    path = f"/userstories/{story.id}"
    for fields, status in (('"assigned_to": 5', recorded.status), ('"assigned_users": [5]', 400)):
        body = f'{{{fields}, "version": 1}}'
        asked = Exchange(recorded.name, "PATCH", path, recorded.headers, body, 0, {}, None)
        assert facts.ask(asked, body)[0] == status


def test_the_history_tells_of_the_drag_that_a_write_went_over() -> None:
    """`occ3`: the entry of one's own write holds the old value as it really was."""
    facts = Facts()
    story = facts.taiga.add_story(facts.project, "A")
    facts.taiga.drag_on_board(story, "Done", by=facts.taiga.users[6])
    recorded = exchange("occ3/3_patch_status_v1_200.json")
    path = f"/userstories/{story.id}"
    asked = Exchange(
        recorded.name, "PATCH", path, recorded.headers, recorded.body, 0, {}, None
    )  # fmt: skip
    assert facts.ask(asked, recorded.body)[0] == recorded.status
    top = exchange("occ3/5_history_all.json")
    asked = Exchange(
        top.name, "GET", f"/history/userstory/{story.id}", top.headers, None, 0, {}, None
    )
    _, entries = facts.ask(asked, None)
    for ours, theirs in zip(entries, top.answer, strict=True):
        assert ours.keys() == theirs.keys()
        assert ours["diff"].keys() == theirs["diff"].keys()
        assert ours["diff"]["status"] == theirs["diff"]["status"]
        assert ours["user"]["pk"] == theirs["user"]["pk"]
        assert ours["values_diff"]["status"] == theirs["values_diff"]["status"]
    assert answer("history/after_kanban_drag")[0]["diff"].keys() >= {"status", "kanban_order"}
