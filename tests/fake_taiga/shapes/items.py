"""Stories, tasks, issues and epics as JSON."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tests.fake_taiga.clock import shown
from tests.fake_taiga.frozen import assigned_ids, html_of
from tests.fake_taiga.model import Epic, Issue, Story, Task
from tests.fake_taiga.shapes.people import brief_user

if TYPE_CHECKING:
    from datetime import date

    from tests.fake_taiga.model import Dated, Item, Json, Project, User


def project_info(project: Project) -> Json:
    """A project as items have it."""
    return {
        "name": project.name,
        "slug": project.slug,
        "logo_small_url": None,
        "id": project.id,
    }


def _project(item: Item) -> Json:
    return {"project": item.project.id, "project_extra_info": project_info(item.project)}


def _status(item: Item) -> Json:
    status = item.status
    info = {"name": status.name, "color": status.color, "is_closed": status.is_closed}
    return {"status": status.id, "status_extra_info": info}


def _assigned(item: Item) -> Json:
    user = item.assigned_to
    return {"assigned_to": user and user.id, "assigned_to_extra_info": brief_user(user)}


def _owner(item: Item) -> Json:
    return {"owner": item.owner.id, "owner_extra_info": brief_user(item.owner)}


def _attention(item: Item, viewer: User | None) -> Json:
    me = viewer.id if viewer else 0
    return {
        "is_watcher": me in item.watchers,
        "total_watchers": len(item.watchers),
        "is_voter": me in item.voters,
        "total_voters": len(item.voters),
    }


def _due(item: Dated, today: date) -> Json:
    return {
        "due_date": item.due_date and item.due_date.isoformat(),
        "due_date_reason": item.due_date_reason,
        "due_date_status": due_status(item, today),
    }


def due_status(item: Dated, today: date) -> str:
    """How near the due date is; soon means within 14 days."""
    if item.due_date is None:
        return "not_set"
    if item.status.is_closed:
        return "no_longer_applicable"
    if today > item.due_date:
        return "past_due"
    return "due_soon" if today + timedelta(days=14) >= item.due_date else "set"


def _tags(item: Item) -> Json:
    colors = item.project.tags_colors
    return {"tags": [[tag, colors.get(tag)] for tag in item.tags]}


def brief_epics(story: Story) -> list[Json] | None:
    """A story's epics; Taiga gives null where there are none."""
    return [_brief_epic(one.epic) for one in story.relations] or None


def _brief_epic(epic: Epic) -> Json:
    project = {key: getattr(epic.project, key) for key in ("id", "name", "slug")}
    return {
        "id": epic.id,
        "ref": epic.ref,
        "subject": epic.subject,
        "color": epic.color,
        "project": project,
    }


def points(story: Story) -> Json:
    """The estimate by role id."""
    return {str(role): one.id for role, one in story.points.items()}


def total_points(story: Story) -> float | None:
    """The sum of the estimates; null where nobody estimated."""
    values = [one.value for one in story.points.values() if one.value is not None]
    return float(sum(values)) if values else None


def listed_story(story: Story, viewer: User | None, today: date) -> Json:
    """A story as lists have it: 52 keys."""
    return (
        _due(story, today)
        | {"total_comments": story.total_comments}
        | _tags(story)
        | {"attachments": []}
        | _status(story)
        | _assigned(story)
        | _owner(story)
        | _attention(story, viewer)
        | _project(story)
        | _story_dates(story)
        | _story_rest(story)
    )


def _story_dates(story: Story) -> Json:
    sprint = story.milestone
    return {
        "id": story.id,
        "ref": story.ref,
        "milestone": sprint and sprint.id,
        "milestone_slug": sprint and sprint.slug,
        "milestone_name": sprint and sprint.name,
        "is_closed": story.is_closed,
        "points": points(story),
        "backlog_order": story.backlog_order,
        "sprint_order": story.sprint_order,
        "kanban_order": story.kanban_order,
        "created_date": shown(story.created_date),
        "modified_date": shown(story.modified_date),
        "finish_date": shown(story.finish_date),
    }


def _story_rest(story: Story) -> Json:
    issue = story.generated_from_issue
    return {
        "subject": story.subject,
        "client_requirement": story.client_requirement,
        "team_requirement": story.team_requirement,
        "generated_from_issue": issue and issue.id,
        "generated_from_task": None,
        "from_task_ref": story.from_task_ref,
        "external_reference": story.external_reference,
        "tribe_gig": None,
        "version": story.version,
        "watchers": list(story.watchers),
        "is_blocked": story.is_blocked,
        "blocked_note": story.blocked_note,
        "total_points": total_points(story),
        "comment": "",
        "origin_issue": issue and {"id": issue.id, "ref": issue.ref, "subject": issue.subject},
        "origin_task": None,
        "epics": brief_epics(story),
        "epic_order": None,
        "tasks": [],
        "total_attachments": len(story.attachments),
        "swimlane": None,
        "assigned_users": assigned_ids(story),
    }


def light_story(story: Story, _viewer: User | None, today: date) -> Json:
    """A story as `dashboard=` gives it: 22 keys and the extra infos."""
    return (
        _due(story, today)
        | _assigned(story)
        | _status(story)
        | _project(story)
        | {
            "id": story.id,
            "ref": story.ref,
            "milestone": story.milestone and story.milestone.id,
            "is_closed": story.is_closed,
            "created_date": shown(story.created_date),
            "modified_date": shown(story.modified_date),
            "finish_date": shown(story.finish_date),
            "subject": story.subject,
            "client_requirement": story.client_requirement,
            "team_requirement": story.team_requirement,
            "external_reference": story.external_reference,
            "version": story.version,
            "is_blocked": story.is_blocked,
            "blocked_note": story.blocked_note,
        }
    )


def nested_story(story: Story, viewer: User | None, today: date) -> Json:
    """A story as its sprint embeds it: no tags, no owner, no assigned_users."""
    return light_story(story, viewer, today) | {
        "backlog_order": story.backlog_order,
        "sprint_order": story.sprint_order,
        "kanban_order": story.kanban_order,
        "epics": brief_epics(story),
        "points": points(story),
        "total_points": total_points(story),
    }


def reference(item: Item, _viewer: User | None, _today: date) -> Json:
    """A story as `only_ref=` gives it."""
    return {"id": item.id, "ref": item.ref}


def listed_task(task: Task, viewer: User | None, today: date) -> Json:
    """A task as lists have it."""
    return (
        _due(task, today)
        | {"total_comments": task.total_comments}
        | _tags(task)
        | {"attachments": []}
        | _project(task)
        | _status(task)
        | _assigned(task)
        | _owner(task)
        | _attention(task, viewer)
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
        _tags(issue)
        | _due(issue, today)
        | {"attachments": []}
        | _project(issue)
        | _status(issue)
        | _assigned(issue)
        | _owner(issue)
        | _attention(issue, viewer)
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
        _tags(epic)
        | {"attachments": []}
        | _project(epic)
        | _status(epic)
        | _assigned(epic)
        | _owner(epic)
        | _attention(epic, viewer)
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


def included_attachments(item: Item) -> list[Json]:
    """An item's attachments as `include_attachments` gives them."""
    return [
        {"id": one.id, "attached_file": one.path, "thumbnail_card_url": None}
        for one in item.attachments
    ]


def included_tasks(story: Story) -> list[Json]:
    """A story's tasks as `include_tasks` gives them."""
    return [
        {
            "id": task.id,
            "ref": task.ref,
            "subject": task.subject,
            "status_id": task.status.id,
            "is_blocked": task.is_blocked,
            "is_iocaine": task.is_iocaine,
            "is_closed": task.status.is_closed,
        }
        for task in story.tasks
    ]
