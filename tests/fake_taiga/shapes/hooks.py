"""What a webhook's body says: an envelope around a row, in shapes of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from tests.fake_taiga.clock import shown
from tests.fake_taiga.frozen import assigned_ids
from tests.fake_taiga.model import Epic, Issue, Milestone, RelatedStory, Story, Task, WikiPage

if TYPE_CHECKING:
    from datetime import datetime

    from tests.fake_taiga.model import HistoryEntry, Item, Json, Project, Row, Status, User

TYPES: dict[type[Row], str] = {
    Milestone: "milestone",
    Story: "userstory",
    Task: "task",
    Issue: "issue",
    WikiPage: "wikipage",
    Epic: "epic",
    RelatedStory: "relateduserstory",
}
"""The `type` of an envelope."""

_DESCRIPTION = "Check the history API for the exact diff"


def envelope(
    action: str, row: Row, entry: HistoryEntry, moment: datetime, web: str, *, gone: bool = False
) -> Json:
    """The body for what happened to a row.

    Args:
        action: create, change or delete.
        row: what it happened to.
        entry: what it left in the history.
        moment: when.
        web: root of the web front.
        gone: the row is no longer in the database, and neither are its points and values.
    """
    found = {
        "action": action,
        "type": TYPES[type(row)],
        "by": user(entry.user, web),
        "date": shown(moment),
        "data": data(row, web, gone=gone),
    }
    return found | ({"change": _change(entry)} if action == "change" else {})


def envelope_of_test(by: User, moment: datetime, web: str) -> Json:
    """The body of a delivery that only tests the webhook."""
    return {
        "action": "test",
        "type": "test",
        "by": user(by, web),
        "date": shown(moment),
        "data": {"test": "test"},
    }


def _change(entry: HistoryEntry) -> Json:
    return {
        "comment": entry.comment,
        "comment_html": entry.comment_html,
        "delete_comment_date": shown(entry.delete_comment_date),
        "comment_versions": entry.comment_versions,
        "edit_comment_date": shown(entry.edit_comment_date),
        "diff": {key: _from_to(key, value) for key, value in entry.values_diff.items()},
    }


def _from_to(key: str, value: object) -> object:
    if key == "description_diff":
        return _DESCRIPTION
    if key == "points" and isinstance(value, dict):
        return {role: {"from": old, "to": new} for role, (old, new) in value.items()}
    if isinstance(value, list):
        return {"from": value[0], "to": value[1]}
    return value


def user(one: User, web: str) -> Json:
    """A user with their page."""
    return {
        "id": one.id,
        "permalink": f"{web}/profile/{one.username}",
        "username": one.username,
        "full_name": one.full_name,
        "photo": None,
        "gravatar_id": one.gravatar_id,
    }


def _project(project: Project, web: str) -> Json:
    return {
        "id": project.id,
        "permalink": f"{web}/project/{project.slug}",
        "name": project.name,
        "logo_big_url": None,
    }


def _status(status: Status, *, archivable: bool = False) -> Json:
    found = {
        "id": status.id,
        "name": status.name,
        "slug": status.slug,
        "color": status.color,
        "is_closed": status.is_closed,
    }
    return found | ({"is_archived": status.is_archived} if archivable else {})


def data(row: Row, web: str, *, gone: bool = False) -> Json:
    """A row as webhooks show it."""
    match row:
        case Milestone():
            return _sprint(row, web)
        case Story():
            return _story(row, web, gone=gone)
        case Task():
            return _task(row, web, gone=gone)
        case Issue():
            return _issue(row, web, gone=gone)
        case Epic():
            return _epic(row, web, gone=gone)
        case WikiPage():
            return _wiki_page(row, web)
        case RelatedStory():
            return {
                "id": row.id,
                "user_story": _story(row.story, web),
                "epic": _epic(row.epic, web),
                "order": row.order,
            }
        case _:
            raise TypeError(row)


def _values(item: Item, kind: str, *, gone: bool) -> Json:
    if gone:
        return {"custom_attributes_values": None}
    values = {
        attribute.name: item.custom_values[str(attribute.id)]
        for attribute in item.project.custom_attributes.get(kind, [])
        if str(attribute.id) in item.custom_values
    }
    return {"custom_attributes_values": values}


def _head(item: Item) -> Json:
    return {
        "id": item.id,
        "ref": item.ref,
        "created_date": shown(item.created_date),
        "modified_date": shown(item.modified_date),
    }


def _place(item: Item, segment: str, web: str) -> Json:
    return {
        "permalink": f"{web}/project/{item.project.slug}/{segment}/{item.ref}",
        "project": _project(item.project, web),
    }


def _people(item: Item, web: str) -> Json:
    assigned = item.assigned_to
    return {
        "owner": user(item.owner, web),
        "assigned_to": user(assigned, web) if assigned else None,
    }


def _sprint(sprint: Milestone, web: str) -> Json:
    return {
        "id": sprint.id,
        "name": sprint.name,
        "slug": sprint.slug,
        "estimated_start": sprint.estimated_start.isoformat(),
        "estimated_finish": sprint.estimated_finish.isoformat(),
        "created_date": shown(sprint.created_date),
        "modified_date": shown(sprint.modified_date),
        "closed": sprint.closed,
        "disponibility": sprint.disponibility,
        "permalink": f"{web}/project/{sprint.project.slug}/taskboard/{sprint.slug}",
        "project": _project(sprint.project, web),
        "owner": user(sprint.owner, web),
    }


def _story(story: Story, web: str, *, gone: bool = False) -> Json:
    place = _place(story, "us", web)
    head = _head(story)
    return (
        _values(story, "userstories", gone=gone)
        | {"id": head["id"], "ref": head["ref"], "project": place["project"]}
        | {"is_closed": story.is_closed}
        | {key: head[key] for key in ("created_date", "modified_date")}
        | {
            "finish_date": shown(story.finish_date),
            "due_date": story.due_date and story.due_date.isoformat(),
            "due_date_reason": story.due_date_reason,
            "subject": story.subject,
            "client_requirement": story.client_requirement,
            "team_requirement": story.team_requirement,
            "generated_from_issue": story.generated_from_issue and story.generated_from_issue.id,
            "generated_from_task": None,
            "from_task_ref": story.from_task_ref,
            "external_reference": story.external_reference,
            "tribe_gig": None,
            "watchers": list(story.watchers),
            "is_blocked": story.is_blocked,
            "blocked_note": story.blocked_note,
            "description": story.description,
            "tags": list(story.tags),
            "permalink": place["permalink"],
        }
        | _people(story, web)
        | {
            "assigned_users": [] if gone else assigned_ids(story),
            "points": [] if gone else _role_points(story),
            "status": _status(story.status, archivable=True),
            "milestone": _sprint(story.milestone, web) if story.milestone else None,
        }
    )


def _role_points(story: Story) -> list[Json]:
    names = {role.id: role.name for role in story.project.roles}
    return [
        {
            "role": names[role],
            "name": one.name,
            "value": one.value if one.value is None else float(one.value),
        }
        for role, one in story.points.items()
    ]


def _task(task: Task, web: str, *, gone: bool) -> Json:
    return (
        _values(task, "tasks", gone=gone)
        | _head(task)
        | {
            "finished_date": shown(task.finish_date),
            "due_date": task.due_date and task.due_date.isoformat(),
            "due_date_reason": task.due_date_reason,
            "subject": task.subject,
            "us_order": task.us_order,
            "taskboard_order": task.taskboard_order,
            "is_iocaine": task.is_iocaine,
            "external_reference": task.external_reference,
            "watchers": list(task.watchers),
            "is_blocked": task.is_blocked,
            "blocked_note": task.blocked_note,
            "description": task.description,
            "tags": list(task.tags),
        }
        | _place(task, "task", web)
        | _people(task, web)
        | {
            "status": _status(task.status),
            "user_story": task.user_story and _story(task.user_story, web),
            "milestone": _sprint(task.milestone, web) if task.milestone else None,
            "promoted_to": [],
        }
    )


def _issue(issue: Issue, web: str, *, gone: bool) -> Json:
    people = _people(issue, web)
    return (
        _values(issue, "issues", gone=gone)
        | _head(issue)
        | {
            "finished_date": shown(issue.finish_date),
            "due_date": issue.due_date and issue.due_date.isoformat(),
            "due_date_reason": issue.due_date_reason,
            "subject": issue.subject,
            "external_reference": issue.external_reference,
            "watchers": list(issue.watchers),
            "description": issue.description,
            "tags": list(issue.tags),
        }
        | _place(issue, "issue", web)
        | {"milestone": _sprint(issue.milestone, web) if issue.milestone else None}
        | people
        | {"status": _status(issue.status)}
        | {
            name: {"id": one.id, "name": one.name, "color": one.color}
            for name, one in (
                ("type", issue.type),
                ("priority", issue.priority),
                ("severity", issue.severity),
            )
        }
        | {"promoted_to": list(issue.promoted_to)}
    )


def _epic(epic: Epic, web: str, *, gone: bool = False) -> Json:
    return (
        _values(epic, "epics", gone=gone)
        | _head(epic)
        | {
            "subject": epic.subject,
            "watchers": list(epic.watchers),
            "description": epic.description,
            "tags": list(epic.tags),
        }
        | _place(epic, "epic", web)
        | _people(epic, web)
        | {
            "status": _status(epic.status),
            "epics_order": epic.epics_order,
            "color": epic.color,
            "client_requirement": epic.client_requirement,
            "team_requirement": epic.team_requirement,
        }
    )


def _wiki_page(page: WikiPage, web: str) -> Json:
    return {
        "id": page.id,
        "slug": page.slug,
        "content": page.content,
        "created_date": shown(page.created_date),
        "modified_date": shown(page.modified_date),
        "permalink": f"{web}/project/{page.project.slug}/wiki/{quote(page.slug)}",
        "project": _project(page.project, web),
        "owner": user(page.owner, web),
        "last_modifier": user(page.last_modifier, web),
    }
