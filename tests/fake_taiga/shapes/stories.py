"""Stories as JSON: whole, light, or within their sprint."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fake_taiga.clock import shown
from tests.fake_taiga.frozen import assigned_ids
from tests.fake_taiga.shapes import parts

if TYPE_CHECKING:
    from datetime import date

    from tests.fake_taiga.model import Epic, Json, Story, User


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
        parts.of_due(story, today)
        | {"total_comments": story.total_comments}
        | parts.of_tags(story)
        | {"attachments": []}
        | parts.of_status(story)
        | parts.of_assigned(story)
        | parts.of_owner(story)
        | parts.of_attention(story, viewer)
        | parts.of_project(story)
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
        "swimlane": story.swimlane,
        "assigned_users": _as_a_set(story),
    }


def _as_a_set(story: Story) -> list[int]:
    """Who is assigned, in the order of a set of numbers: another one another time."""
    ids = assigned_ids(story)
    return list(set(reversed(ids) if story.project.epoch % 2 else ids))


def light_story(story: Story, _viewer: User | None, today: date) -> Json:
    """A story as `dashboard=` gives it: 22 keys and the extra infos."""
    return (
        parts.of_due(story, today)
        | parts.of_assigned(story)
        | parts.of_status(story)
        | parts.of_project(story)
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
