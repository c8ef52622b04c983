"""Tasks, issues and epics as JSON, and what all items' details have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fake_taiga.clock import shown
from tests.fake_taiga.frozen import html_of
from tests.fake_taiga.model import Epic, Issue, Story, Task
from tests.fake_taiga.shapes import parts
from tests.fake_taiga.shapes.stories import brief_epics

if TYPE_CHECKING:
    from datetime import date

    from tests.fake_taiga.model import Attachment, Item, Json, User


def reference(item: Item, _viewer: User | None, _today: date) -> Json:
    """A story as `only_ref=` gives it."""
    return {"id": item.id, "ref": item.ref}


def listed_task(task: Task, viewer: User | None, today: date) -> Json:
    """A task as lists have it."""
    return (
        parts.of_due(task, today)
        | {"total_comments": task.total_comments}
        | parts.of_tags(task)
        | {"attachments": []}
        | parts.of_project(task)
        | parts.of_status(task)
        | parts.of_assigned(task)
        | parts.of_owner(task)
        | parts.of_attention(task, viewer)
        | _task_rest(task)
    )


def _task_rest(task: Task) -> Json:
    return {
        "id": task.id,
        "user_story": task.user_story and task.user_story.id,
        "ref": task.ref,
        "milestone": task.milestone and task.milestone.id,
        "milestone_slug": task.milestone and task.milestone.slug,
        "created_date": shown(task.created_date),
        "modified_date": shown(task.modified_date),
        "finished_date": shown(task.finish_date),
        "subject": task.subject,
        "us_order": task.us_order,
        "taskboard_order": task.taskboard_order,
        "is_iocaine": task.is_iocaine,
        "external_reference": task.external_reference,
        "version": task.version,
        "watchers": list(task.watchers),
        "is_blocked": task.is_blocked,
        "blocked_note": task.blocked_note,
        "is_closed": task.status.is_closed,
        "user_story_extra_info": task.user_story and _story_of_task(task.user_story),
    }


def _story_of_task(story: Story) -> Json:
    found = {"id": story.id, "ref": story.ref, "subject": story.subject}
    return found | {"epics": brief_epics(story)}


def listed_issue(issue: Issue, viewer: User | None, today: date) -> Json:
    """An issue as lists have it."""
    return (
        parts.of_tags(issue)
        | parts.of_due(issue, today)
        | {"attachments": []}
        | parts.of_project(issue)
        | parts.of_status(issue)
        | parts.of_assigned(issue)
        | parts.of_owner(issue)
        | parts.of_attention(issue, viewer)
        | {
            "id": issue.id,
            "ref": issue.ref,
            "severity": issue.severity.id,
            "priority": issue.priority.id,
            "type": issue.type.id,
            "milestone": issue.milestone and issue.milestone.id,
            "created_date": shown(issue.created_date),
            "modified_date": shown(issue.modified_date),
            "finished_date": shown(issue.finish_date),
            "subject": issue.subject,
            "external_reference": issue.external_reference,
            "version": issue.version,
            "watchers": list(issue.watchers),
            "is_blocked": issue.is_blocked,
            "blocked_note": issue.blocked_note,
            "is_closed": issue.status.is_closed,
        }
    )


def listed_epic(epic: Epic, viewer: User | None, _today: date) -> Json:
    """An epic as lists have it."""
    return (
        parts.of_tags(epic)
        | {"attachments": []}
        | parts.of_project(epic)
        | parts.of_status(epic)
        | parts.of_assigned(epic)
        | parts.of_owner(epic)
        | parts.of_attention(epic, viewer)
        | {
            "id": epic.id,
            "ref": epic.ref,
            "created_date": shown(epic.created_date),
            "modified_date": shown(epic.modified_date),
            "subject": epic.subject,
            "color": epic.color,
            "epics_order": epic.epics_order,
            "client_requirement": epic.client_requirement,
            "team_requirement": epic.team_requirement,
            "version": epic.version,
            "watchers": list(epic.watchers),
            "is_blocked": epic.is_blocked,
            "blocked_note": epic.blocked_note,
            "is_closed": epic.status.is_closed,
            "user_stories_counts": _counts(epic),
        }
    )


def _counts(epic: Epic) -> Json:
    done = [_done(one.story) for one in epic.relations]
    total = sum(done)
    progress: float | None = int(total) if total == int(total) else total
    return {"total": len(done), "progress": progress if done else None}


def _done(story: Story) -> float:
    if story.is_closed:
        return 1
    closed = sum(task.status.is_closed for task in story.tasks)
    return closed / len(story.tasks) if closed else 0


def detail_extras(item: Item) -> Json:
    """What a detail has beyond a list's item, neighbours excepted."""
    found: Json = {}
    if not isinstance(item, Story):
        found["comment"] = ""
    if isinstance(item, Task | Issue):
        found["generated_user_stories"] = None
    return found | {
        "blocked_note_html": html_of(item.blocked_note),
        "description": item.description,
        "description_html": html_of(item.description),
    }


def neighbour(item: Item | None) -> Json | None:
    """An item before or behind another."""
    if item is None:
        return None
    return {"id": item.id, "ref": item.ref, "subject": item.subject}


def listed_attachment(item: Item, one: Attachment, kind: str) -> Json:
    """An attachment as `/userstories/attachments` and its sisters list it."""
    url = f"http://taiga.example/media/{one.path}#_taiga-refresh={kind}:{one.id}"
    return {
        "id": one.id,
        "project": item.project.id,
        "owner": one.owner,
        "name": one.filename,
        "attached_file": one.path,
        "size": one.size,
        "url": url,
        "description": one.description,
        "is_deprecated": False,
        "from_comment": False,
        "created_date": shown(one.created_date),
        "modified_date": shown(one.modified_date),
        "object_id": item.id,
        "order": one.order,
        "sha1": one.sha1,
        "thumbnail_card_url": None,
        "preview_url": url,
    }


def included_attachments(item: Item) -> list[Json]:
    """An item's attachments as `include_attachments` gives them."""
    return [
        {"id": one.id, "attached_file": one.path, "thumbnail_card_url": None}
        for one in item.attachments
    ]
