"""The fake's webhook deliveries held against those that a real Taiga sent."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from tests.fake_taiga import signed
from tests.fake_taiga.model import Webhook
from tests.fake_taiga.shapes.hooks import envelope_of_test
from tests.fake_taiga_conformance.compare import differences
from tests.fake_taiga_conformance.lab import Lab
from tests.fake_taiga_conformance.recordings import hook, names
from tests.tables import each

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fake_taiga import Taiga
    from tests.fake_taiga.model import Epic, Milestone, Project, Story, User

pytestmark = pytest.mark.slow

HOOKS = [name for name in names() if name.endswith(".body")]


class Hooked:
    """The project "Lab Hooks" with one of everything, and a webhook that waits for acts."""

    def __init__(self) -> None:
        self.lab = Lab()
        self.taiga: Taiga = self.lab.taiga
        self.project: Project = self.taiga.projects[12]
        self.owner: User = self.lab.user("owner")
        self.taiga.add_custom_attribute(self.project, "Severity nöte")
        self.sprint: Milestone = self.taiga.add_sprint(self.project, "Sprint A ü")
        self.epic: Epic = self.taiga.add_epic(self.project, "Epic ü ](x)", tags=["t1"])
        self.story: Story = self.taiga.add_story(self.project, "US", description="d", tags=["t1"])
        url, key = "http://127.0.0.1:1/", "lab-hook-key"
        self.taiga.webhooks[1] = Webhook(1, self.project, "lab", url, key)

    def full_story(self) -> Story:
        self.taiga.edit(
            self.story,
            assigned_to=self.owner,
            due_date=date(2026, 12, 24),
            milestone=self.sprint,
            points={"UX": "3"},
            is_blocked=True,
            blocked_note="n",
        )
        self.taiga.watch(self.story, self.owner)
        self.taiga.set_custom_attribute(self.story, "Severity nöte", "vü")
        return self.story


def change(row: str, **fields: Any) -> Callable[[Hooked], None]:
    return lambda at: at.taiga.edit(getattr(at, row), **fields)


def delete(row: str) -> Callable[[Hooked], None]:
    return lambda at: at.taiga.delete(getattr(at, row))


def issue_changed(at: Hooked) -> None:
    issue = at.taiga.add_issue(at.project, "Issue ü")
    at.taiga.edit(issue, type="Question", severity="Wishlist")


def issue_promoted(at: Hooked) -> None:
    at.taiga.promote_issue(at.taiga.add_issue(at.project, "promo issue"))


def issue_deleted(at: Hooked) -> None:
    at.taiga.delete(at.taiga.add_issue(at.project, "Issue ü"))


def task_made(at: Hooked) -> None:
    at.taiga.add_task(at.full_story(), "Task ü")


def task_of_plain_story(at: Hooked) -> None:
    at.taiga.edit(at.story, milestone=at.sprint, tags=[])
    at.taiga.add_task(at.story, "promote me")


def task_changed(at: Hooked) -> None:
    task = at.taiga.add_task(at.full_story(), "Task ü")
    at.taiga.edit(task, status="In progress")


def task_commented(at: Hooked) -> None:
    task = at.taiga.add_task(at.full_story(), "Task ü", watchers=[16])
    at.taiga.comment(task, "task c")


def page_changed(at: Hooked) -> None:
    page = at.taiga.add_wiki(at.project, "home", "hello [x](y)")
    at.taiga.edit(page, content="hello 2")


def page_deleted(at: Hooked) -> None:
    at.taiga.delete(at.taiga.add_wiki(at.project, "home", "hello 2"))


def related(at: Hooked) -> None:
    at.taiga.relate_epic(at.epic, at.full_story())


def unrelated(at: Hooked) -> None:
    related(at)
    at.taiga.unrelate_epic(at.epic, at.story)


def full_story_deleted(at: Hooked) -> None:
    at.taiga.delete(at.full_story())


ACTS: dict[str, Callable[[Hooked], object]] = {
    "epic-change": change("epic", subject="Epic changed"),
    "epic-create": lambda at: at.taiga.add_epic(at.project, "Epic ü", tags=["t1"]),
    "epic-delete": delete("epic"),
    "issue-change": issue_changed,
    "issue-change-2": issue_promoted,
    "issue-create": lambda at: at.taiga.add_issue(at.project, "Issue ü"),
    "issue-create-2": lambda at: at.taiga.add_issue(at.project, "promo issue"),
    "issue-delete": issue_deleted,
    "milestone-change": change(
        "sprint",
        name="Sprint A2",
        estimated_start=date(2026, 11, 15),
        estimated_finish=date(2026, 11, 20),
    ),
    "milestone-create": lambda at: at.taiga.add_sprint(at.project, "Sprint ü"),
    "milestone-create-2": lambda at: at.taiga.add_sprint(at.project, "Sprint B"),
    "milestone-delete": delete("sprint"),
    "relateduserstory-create": related,
    "relateduserstory-delete": unrelated,
    "task-change": task_changed,
    "task-change-2": task_commented,
    "task-create": task_made,
    "task-create-2": task_of_plain_story,
    "userstory-change": change("story", subject="US changed"),
    "userstory-change-2": change("story", description="new *desc* <script>"),
    "userstory-create": lambda at: at.taiga.add_story(at.project, "US 🎉", tags=["t1", "t2"]),
    "userstory-create-2": lambda at: at.taiga.add_story(at.project, "bulk one"),
    "userstory-delete": full_story_deleted,
    "userstory-delete-2": delete("story"),
    "wikipage-change": page_changed,
    "wikipage-create": lambda at: at.taiga.add_wiki(at.project, "home", "hello [x](y)"),
    "wikipage-create-2": lambda at: at.taiga.add_wiki(at.project, "new-page"),
    "wikipage-delete": page_deleted,
}


@each("name", HOOKS)
def test_the_same_data_are_the_same_bytes_under_the_same_signature(name: str) -> None:
    recorded = hook(name)
    body, headers = signed(json.loads(recorded.body), recorded.key)
    assert body == recorded.body
    assert headers == recorded.headers


@each("name", ACTS)
def test_an_act_is_told_as_recorded(name: str) -> None:
    at = Hooked()
    ACTS[name](at)
    ours = at.taiga.pending_hooks[-1].data
    recorded = json.loads(hook(f"webhooks/{name}.body").body)
    assert ours["action"] == recorded["action"]
    assert ours["type"] == recorded["type"]
    assert list(differences(recorded, ours, ["*"])) == []


def test_a_test_is_told_as_recorded() -> None:
    at = Hooked()
    ours = envelope_of_test(at.owner, at.taiga.clock.now(), "http://127.0.0.1:9001")
    recorded = json.loads(hook("webhooks/test-test.body").body)
    assert list(differences(recorded, ours, ["*.date"])) == []


def test_every_recorded_delivery_is_acted() -> None:
    acted = {f"webhooks/{name}.body" for name in ACTS}
    assert set(HOOKS) == acted | {"webhooks/test-test.body"}
