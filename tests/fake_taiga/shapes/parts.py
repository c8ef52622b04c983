"""The parts that the JSON of stories, tasks, issues and epics has in common."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

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


def of_project(item: Item) -> Json:
    """The project that an item is of."""
    return {"project": item.project.id, "project_extra_info": project_info(item.project)}


def of_status(item: Item) -> Json:
    """An item's status."""
    status = item.status
    info = {"name": status.name, "color": status.color, "is_closed": status.is_closed}
    return {"status": status.id, "status_extra_info": info}


def of_assigned(item: Item) -> Json:
    """Who does it."""
    user = item.assigned_to
    return {"assigned_to": user and user.id, "assigned_to_extra_info": brief_user(user)}


def of_owner(item: Item) -> Json:
    """Who wrote it."""
    return {"owner": item.owner.id, "owner_extra_info": brief_user(item.owner)}


def of_attention(item: Item, viewer: User | None) -> Json:
    """Who watches it and who votes for it; whether the viewer does."""
    me = viewer.id if viewer else 0
    return {
        "is_watcher": me in item.watchers,
        "total_watchers": len(item.watchers),
        "is_voter": me in item.voters,
        "total_voters": len(item.voters),
    }


def of_due(item: Dated, today: date) -> Json:
    """When it is due."""
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


def of_tags(item: Item) -> Json:
    """Its tags, each with its colour: null or empty where it has none."""
    colors = item.project.tags_colors
    return {"tags": [[tag, colors.get(tag)] for tag in item.tags]}
