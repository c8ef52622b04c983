"""What acts leave behind, which is the whole difficulty of keeping in step with a Taiga."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fake_taiga import Taiga
from tests.fake_taiga.model import Webhook
from tests.fake_taiga_conformance.asking import Visitor
from tests.tables import each

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fake_taiga.model import Json, Project, Row

pytestmark = pytest.mark.slow


class Board:
    """A project with one of everything, and a webhook."""

    def __init__(self) -> None:
        self.taiga = taiga = Taiga()
        taiga.settings.hooks_automatic = False
        self.project: Project = taiga.add_project("Acme", slug="acme")
        self.sprint = taiga.add_sprint(self.project, "Sprint 1")
        self.next_sprint = taiga.add_sprint(self.project, "Sprint 2")
        self.epic = taiga.add_epic(self.project)
        self.story = taiga.add_story(self.project, tags=["ux"], sprint=self.sprint)
        self.other = taiga.add_story(self.project, epic=self.epic, points={"UX": "3"})
        self.task = taiga.add_task(self.story)
        self.issue = taiga.add_issue(self.project, sprint=self.sprint)
        self.page = taiga.add_wiki(self.project, "home")
        taiga.add_custom_attribute(self.project, "Customer")
        self.comment = taiga.comment(self.story, "hello")
        taiga.webhooks[1] = Webhook(1, self.project, "hook", "http://127.0.0.1:1/", "key")
        taiga.pending_hooks.clear()

    def seen(self, row: Row) -> Json:
        """A row's JSON, as anybody sees it."""
        kind = {"Story": "userstories", "WikiPage": "wiki"}.get(type(row).__name__)
        path = f"/{kind or type(row).__name__.lower() + 's'}/{row.id}"
        found: Json = Visitor(self.taiga).get(path).body
        found.pop("neighbors", None)
        return found


Act = tuple["Callable[[Board], object]", str, set[str], list[str]]
ACTS: dict[str, Act] = {
    "edit": (
        lambda at: at.taiga.edit(at.story, subject="new"),
        "story",
        {"modified_date", "version", "subject"},
        ["userstories.userstory.change"],
    ),
    "edit of nothing": (
        lambda at: at.taiga.edit(at.story),
        "story",
        {"modified_date", "version"},
        [],
    ),
    "comment": (
        lambda at: at.taiga.comment(at.story, "why?"),
        "story",
        {"modified_date", "version", "total_comments"},
        ["userstories.userstory.change"],
    ),
    "corrected comment": (
        lambda at: at.taiga.edit_comment(at.story, at.comment, "hi"),
        "story",
        set(),
        ["userstories.userstory.change"],
    ),
    "comment taken back": (
        lambda at: at.taiga.delete_comment(at.story, at.comment),
        "story",
        {"total_comments"},
        ["userstories.userstory.change"],
    ),
    "drag on the board": (
        lambda at: at.taiga.drag_on_board(at.other, "Done"),
        "other",
        {"status", "status_extra_info", "is_closed", "finish_date", "kanban_order"},
        ["userstories.userstory.change"],
    ),
    "drag into a sprint": (
        lambda at: at.taiga.drag_to_sprint(at.story, "Sprint 2"),
        "story",
        {"milestone", "milestone_name", "milestone_slug", "sprint_order"},
        ["userstories.userstory.change", "tasks.task.change"],
    ),
    "a task follows its story": (
        lambda at: at.taiga.drag_to_sprint(at.story, None),
        "task",
        {"milestone", "milestone_slug"},
        ["userstories.userstory.change", "tasks.task.change"],
    ),
    "drag of an issue": (
        lambda at: at.taiga.drag_to_sprint(at.issue, at.next_sprint),
        "issue",
        {"milestone"},
        [],
    ),
    "move on to the next sprint": (
        lambda at: at.taiga.move_stories_to_sprint([at.story], at.next_sprint),
        "story",
        {"modified_date", "milestone", "milestone_name", "milestone_slug", "sprint_order"},
        ["userstories.userstory.change", "tasks.task.change"],
    ),
    "reorder": (
        lambda at: at.taiga.reorder(at.other),
        "other",
        {"kanban_order", "backlog_order", "sprint_order"},
        [],
    ),
    "custom attribute": (
        lambda at: at.taiga.set_custom_attribute(at.story, "Customer", "Zorro"),
        "story",
        set(),
        ["userstories.userstory.change"],
    ),
    "attachment": (
        lambda at: at.taiga.attach(at.story, "plan.pdf"),
        "story",
        {"total_attachments"},
        ["userstories.userstory.change"],
    ),
    "vote": (
        lambda at: at.taiga.vote(at.story, at.taiga.users[1]),
        "story",
        {"total_voters"},
        [],
    ),
    "watch": (
        lambda at: at.taiga.watch(at.story, at.taiga.users[1]),
        "story",
        {"total_watchers", "watchers"},
        [],
    ),
    "into an epic": (
        lambda at: at.taiga.relate_epic(at.epic, at.story),
        "story",
        {"epics"},
        ["epics.relateduserstory.create"],
    ),
    "out of an epic": (
        lambda at: at.taiga.unrelate_epic(at.epic, at.other),
        "other",
        {"epics"},
        ["epics.relateduserstory.delete"],
    ),
    "an epic's stories": (
        lambda at: at.taiga.relate_epic(at.epic, at.story),
        "epic",
        {"user_stories_counts"},
        ["epics.relateduserstory.create"],
    ),
    "a task closes its story": (
        lambda at: at.taiga.edit(at.task, status="Closed"),
        "story",
        {"is_closed", "finish_date"},
        ["tasks.task.change"],
    ),
    "a new task opens nothing": (
        lambda at: at.taiga.add_task(at.other),
        "other",
        set(),
        ["tasks.task.create"],
    ),
    "rename of a status": (
        lambda at: at.taiga.rename_status(at.story.status, "Fresh"),
        "story",
        {"status_extra_info"},
        [],
    ),
    "recolouring of a status": (
        lambda at: at.taiga.recolour_status(at.story.status, "#000000"),
        "story",
        {"status_extra_info"},
        [],
    ),
    "a status comes to close": (
        lambda at: at.taiga.close_status(at.other.status),
        "other",
        {"status_extra_info", "is_closed", "finish_date"},
        [],
    ),
    "rename of a tag": (
        lambda at: at.taiga.rename_tag(at.project, "ux", "design"),
        "story",
        {"tags"},
        [],
    ),
    "recolouring of a tag": (
        lambda at: at.taiga.recolour_tag(at.project, "ux", None),
        "story",
        {"tags"},
        [],
    ),
    "rename of a user": (
        lambda at: at.taiga.rename_user(at.story.owner, "Somebody"),
        "story",
        {"owner_extra_info"},
        [],
    ),
    "rename of a sprint": (
        lambda at: at.taiga.edit(at.sprint, name="Sprint One"),
        "story",
        {"milestone_name"},
        ["milestones.milestone.change"],
    ),
    "rename of the project": (
        lambda at: at.taiga.rename_project(at.project, "Acme & Co"),
        "story",
        {"project_extra_info"},
        ["projects.project.change"],
    ),
    "a sprint is deleted": (
        lambda at: at.taiga.delete(at.sprint),
        "story",
        {"milestone", "milestone_name", "milestone_slug"},
        ["milestones.milestone.delete"],
    ),
    "a story comes into a sprint": (
        lambda at: at.taiga.add_story(at.project, sprint=at.sprint),
        "sprint",
        {"user_stories"},
        ["userstories.userstory.create"],
    ),
    "an issue is promoted": (
        lambda at: at.taiga.promote_issue(at.issue),
        "issue",
        set(),
        ["issues.issue.change"],
    ),
    "a page is edited": (
        lambda at: at.taiga.edit(at.page, content="new"),
        "page",
        {"modified_date", "version", "editions", "content", "html"},
        ["wiki.wikipage.change"],
    ),
}


@each("name", ACTS)
def test_an_act_touches_what_it_touches_in_taiga_and_no_more(name: str) -> None:
    act, row_name, changed, events = ACTS[name]
    at = Board()
    row = getattr(at, row_name)
    before, timeline = at.seen(row), len(at.project.timeline)
    totals = (at.project.totals_updated, at.project.total_activity)
    act(at)
    after = at.seen(row)
    assert {field for field in before if before[field] != after[field]} == changed
    assert [entry.event_type for entry in at.project.timeline[timeline:]] == events
    assert ((at.project.totals_updated, at.project.total_activity) != totals) is bool(events)
    told = [event for event in events if not event.startswith("projects.")]
    assert len(at.taiga.pending_hooks) == len(told)


def test_a_promoted_task_is_gone_and_a_story_there_without_a_word() -> None:
    at = Board()
    before = at.project.total_activity
    story = at.taiga.promote_task(at.task)
    assert Visitor(at.taiga).get(f"/tasks/{at.task.id}").status == 404
    assert at.seen(story)["from_task_ref"] == f"Task #{at.task.ref}"
    assert (at.project.total_activity, at.taiga.pending_hooks) == (before, [])


def test_tasks_fall_with_their_story_without_a_word() -> None:
    at = Board()
    before = at.project.total_activity
    assert at.taiga.delete_story_with_tasks(at.story) == [at.task]
    assert Visitor(at.taiga).get("/tasks").body == []
    assert at.project.timeline[-1].event_type == "userstories.userstory.delete"
    assert at.project.total_activity == before + 1


def test_refs_are_never_used_again() -> None:
    at = Board()
    last = at.taiga.add_story(at.project)
    at.taiga.delete(last)
    assert at.taiga.add_story(at.project).ref == last.ref + 1


def test_silent_changes_surface_in_the_next_entry() -> None:
    at = Board()
    at.taiga.edit(at.task, status="Closed")
    at.taiga.edit(at.story, subject="new")
    diff = at.project.timeline[-1].data["values_diff"]
    assert diff.keys() == {"subject", "is_closed", "finish_date"}


def test_the_timeline_grows_with_gaps_and_says_what_was_dragged() -> None:
    at = Board()
    at.taiga.drag_on_board(at.other, "Done")
    rows = Visitor(at.taiga).get("/timeline/project/1?page_size=1000").body
    ids = [row["id"] for row in rows]
    assert ids == sorted(set(ids), reverse=True)
    assert rows[0]["data"]["userstory"]["id"] == at.other.id
    assert rows[0]["data"]["values_diff"]["status"] == ["New", "Done"]
    assert rows[0]["object_id"] == at.project.id


def test_only_relevant_drops_deletions() -> None:
    at = Board()
    at.taiga.delete(at.issue)
    rows = Visitor(at.taiga).get("/timeline/project/1?only_relevant=true").body
    assert "issues.issue.delete" not in {row["event_type"] for row in rows}


def test_with_celery_the_timeline_lags_behind() -> None:
    at = Board()
    before = Visitor(at.taiga).get("/projects/1").body["total_activity"]
    at.taiga.hold_timeline()
    at.taiga.edit(at.story, subject="new")
    assert at.seen(at.story)["subject"] == "new"
    assert Visitor(at.taiga).get("/projects/1").body["total_activity"] == before
    at.taiga.release_timeline()
    assert Visitor(at.taiga).get("/projects/1").body["total_activity"] == before + 1


def test_a_sprint_closes_when_all_in_it_is_done() -> None:
    at = Board()
    at.taiga.edit(at.task, status="Closed")
    assert not at.seen(at.sprint)["closed"]
    at.taiga.edit(at.issue, status="Rejected")
    assert at.seen(at.sprint)["closed"]
    headers = Visitor(at.taiga).get("/milestones?project=1").headers
    assert headers["taiga-info-total-closed-milestones"] == "1"


def test_the_project_shows_its_vocabulary_as_it_is_now() -> None:
    at = Board()
    at.taiga.rename_status(at.story.status, "Fresh")
    at.taiga.add_status(at.project, "Waiting", order=3)
    at.taiga.rename_tag(at.project, "ux", "design")
    found = Visitor(at.taiga).get("/projects/1").body
    names = [status["name"] for status in found["us_statuses"]]
    assert names == [
        "Fresh",
        "Ready",
        "Waiting",
        "In progress",
        "Ready for test",
        "Done",
        "Archived",
    ]
    assert list(found["tags_colors"]) == ["design"]


@dataclass(frozen=True)
class _Lists:
    """What a client may read of a project."""

    rows: Any

    @classmethod
    def of(cls, taiga: Taiga) -> _Lists:
        kinds = ("userstories", "tasks", "issues", "epics", "milestones", "wiki", "projects")
        visitor = Visitor(taiga, taiga.users[1])
        return cls([visitor.get(f"/{kind}", X_Disable_Pagination="1").body for kind in kinds])


@given(st.lists(st.sampled_from(sorted(ACTS)), max_size=6))
def test_what_is_remembered_is_what_is_true(names: list[str]) -> None:
    """The rows' kept JSON is never stale, whatever happened."""
    at = Board()
    for name in names:
        _Lists.of(at.taiga)
        if _still_possible(name, at):
            ACTS[name][0](at)
    remembered = json.dumps(_Lists.of(at.taiga).rows)
    for kind in at.taiga.rows.values():
        for row in kind.values():
            row.encoded.clear()
    assert remembered == json.dumps(_Lists.of(at.taiga).rows)


def _still_possible(name: str, at: Board) -> bool:
    once = {
        "out of an epic": bool(at.other.relations),
        "rename of a tag": "ux" in at.project.tags_colors,
        "a sprint is deleted": at.sprint.id in at.taiga.rows["milestones"],
        "drag into a sprint": True,
    }
    return once.get(name, True)
