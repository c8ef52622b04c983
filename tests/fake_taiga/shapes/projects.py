"""Projects and what they consist of as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fake_taiga import template
from tests.fake_taiga.clock import shown
from tests.fake_taiga.permissions import is_admin, membership, permissions
from tests.fake_taiga.shapes.people import brief_user

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.fake_taiga.model import (
        Choice,
        CustomAttribute,
        Json,
        Membership,
        Milestone,
        Points,
        Project,
        Role,
        Status,
        User,
    )

_PERIODS = ("", "_last_week", "_last_month", "_last_year")


def listed_project(project: Project, viewer: User | None, sprints: Sequence[Milestone]) -> Json:
    """A project as lists have it."""
    return (
        _identity(project)
        | _settings(project)
        | _totals(project)
        | _defaults(project)
        | _mine(project, viewer)
        | {
            "notify_level": 1 if membership(viewer, project) else None,
            "total_closed_milestones": sum(sprint.closed for sprint in sprints),
        }
        | _looks(project, viewer)
    )


_NOT_SLIGHT = {"notify_level", "total_closed_milestones", "logo_big_url"}


def slight_project(project: Project, viewer: User | None) -> Json:
    """A project as `slight=` gives it."""
    found = listed_project(project, viewer, [])
    return {key: value for key, value in found.items() if key not in _NOT_SLIGHT}


def _identity(project: Project) -> Json:
    return {
        "id": project.id,
        "name": project.name,
        "slug": project.slug,
        "description": project.description,
        "created_date": shown(project.created_date),
        "modified_date": shown(project.modified_date),
        "owner": brief_user(project.owner),
        "members": [member.user.id for member in _by_name(project)],
        "total_milestones": None,
        "total_story_points": None,
    }


def _by_name(project: Project) -> list[Membership]:
    return sorted(project.memberships, key=lambda member: member.user.full_name)


def _settings(project: Project) -> Json:
    return {
        "is_contact_activated": True,
        "is_epics_activated": project.is_epics_activated,
        "is_backlog_activated": project.is_backlog_activated,
        "is_kanban_activated": project.is_kanban_activated,
        "is_wiki_activated": True,
        "is_issues_activated": True,
        "videoconferences": None,
        "videoconferences_extra_data": None,
        "creation_template": 1,
        "is_private": project.is_private,
        "anon_permissions": list(project.anon_permissions),
        "public_permissions": list(project.public_permissions),
        "is_featured": project.is_featured,
        "is_looking_for_people": project.is_looking_for_people,
        "looking_for_people_note": "",
        "blocked_code": project.blocked_code,
        "archived_code": project.archived_code,
    }


def _totals(project: Project) -> Json:
    return (
        {"totals_updated_datetime": shown(project.totals_updated)}
        | {f"total_fans{period}": 0 for period in _PERIODS}
        | {f"total_activity{period}": project.total_activity for period in _PERIODS}
    )


def _defaults(project: Project) -> Json:
    chosen = {
        name: next((one.id for one in project.choices[name] if one.name == wanted), None)
        for name, wanted in template.DEFAULT_CHOICES.items()
    }
    return {
        "tags": [],
        "tags_colors": dict(project.tags_colors),
        "default_epic_status": project.statuses["epics"][0].id,
        "default_points": project.points[0].id,
        "default_us_status": project.statuses["userstories"][0].id,
        "default_task_status": project.statuses["tasks"][0].id,
        "default_priority": chosen["priority"],
        "default_severity": chosen["severity"],
        "default_issue_status": project.statuses["issues"][0].id,
        "default_issue_type": chosen["type"],
        "default_swimlane": project.swimlanes[0]["id"] if project.swimlanes else None,
    }


def _mine(project: Project, viewer: User | None) -> Json:
    return {
        "my_permissions": permissions(viewer, project),
        "i_am_owner": project.owner is viewer,
        "i_am_admin": is_admin(viewer, project),
        "i_am_member": membership(viewer, project) is not None,
    }


def _looks(project: Project, viewer: User | None) -> Json:
    return {
        "is_watcher": membership(viewer, project) is not None,
        "total_watchers": len(project.memberships),
        "logo_small_url": None,
        "logo_big_url": None,
        "is_fan": False,
        "my_homepage": False,
    }


def whole_project(project: Project, viewer: User | None, sprints: Sequence[Milestone]) -> Json:
    """A project's detail: all its statuses, roles, members and more are in it."""
    admin = is_admin(viewer, project)
    return (
        listed_project(project, viewer, sprints)
        | {"members": [_member(member) for member in _by_name(project)]}
        | _values(project)
        | {
            "roles": [listed_role(role) | {"project_id": project.id} for role in project.roles],
            "total_memberships": len(project.memberships),
            "is_out_of_owner_limits": False,
        }
        | (_for_admins() if admin else {})
        | {"milestones": [_brief_sprint(sprint) for sprint in sprints]}
    )


def _member(member: Membership) -> Json:
    user = member.user
    return {
        "role": member.role.id,
        "role_name": member.role.name,
        "full_name": user.full_name,
        "full_name_display": user.full_name,
        "is_active": user.is_active,
        "id": user.id,
        "color": user.color,
        "username": user.username,
        "photo": None,
        "gravatar_id": user.gravatar_id,
    }


def _values(project: Project) -> Json:
    """The project's vocabularies; the database writes these, so dates have microseconds."""
    return {
        "epic_statuses": _statuses(project, "epics"),
        "swimlanes": list(project.swimlanes) or None,
        "us_statuses": _statuses(project, "userstories"),
        "us_duedates": _rules(project, "userstories"),
        "points": [listed_points(one) | {"project_id": project.id} for one in project.points],
        "task_statuses": _statuses(project, "tasks"),
        "task_duedates": _rules(project, "tasks"),
        "issue_statuses": _statuses(project, "issues"),
        "issue_types": _choices(project, "type"),
        "issue_duedates": _rules(project, "issues"),
        "priorities": _choices(project, "priority"),
        "severities": _choices(project, "severity"),
        "epic_custom_attributes": _attributes(project, "epics"),
        "userstory_custom_attributes": _attributes(project, "userstories"),
        "task_custom_attributes": _attributes(project, "tasks"),
        "issue_custom_attributes": _attributes(project, "issues"),
    }


def _for_admins() -> Json:
    return {
        "is_private_extra_info": {"can_be_updated": True, "reason": None},
        "max_memberships": None,
        "epics_csv_uuid": None,
        "userstories_csv_uuid": None,
        "tasks_csv_uuid": None,
        "issues_csv_uuid": None,
        "transfer_token": None,
    }


def ordered_statuses(project: Project, kind: str) -> list[Status]:
    """The statuses in the board's order."""
    return sorted(project.statuses[kind], key=lambda status: (status.order, -status.id))


def listed_status(status: Status, kind: str) -> Json:
    """A status as /userstory-statuses and its sisters list it, without its project."""
    found = {
        "id": status.id,
        "name": status.name,
        "slug": status.slug,
        "order": status.order,
        "is_closed": status.is_closed,
    }
    if kind == "userstories":
        found["is_archived"] = status.is_archived
    found["color"] = status.color
    return found | ({"wip_limit": None} if kind == "userstories" else {})


def _statuses(project: Project, kind: str) -> list[Json]:
    return [_status(status, kind, project) for status in ordered_statuses(project, kind)]


def _status(status: Status, kind: str, project: Project) -> Json:
    """A status as the project's detail has it: the columns in the table's order."""
    found = listed_status(status, kind) | {"project_id": project.id}
    late = () if kind == "epics" else ("slug", "is_archived")
    early = {name: found[name] for name in found if name not in late}
    return early | {name: found[name] for name in late if name in found}


def _rules(project: Project, kind: str) -> list[Json]:
    return [rule | {"project_id": project.id} for rule in project.due_date_rules[kind]]


def listed_points(points: Points) -> Json:
    """A number of points that a role may estimate."""
    value = points.value
    return {
        "id": points.id,
        "name": points.name,
        "order": points.order,
        "value": value if value is None or value % 1 else int(value),
    }


def listed_choice(choice: Choice) -> Json:
    """A type, priority or severity."""
    return {
        "id": choice.id,
        "name": choice.name,
        "order": choice.order,
        "color": choice.color,
    }


def _choices(project: Project, name: str) -> list[Json]:
    return [listed_choice(one) | {"project_id": project.id} for one in project.choices[name]]


def _attributes(project: Project, kind: str) -> list[Json] | None:
    found = project.custom_attributes.get(kind, [])
    return [_attribute(one, project) for one in found] or None


def _attribute(one: CustomAttribute, project: Project) -> Json:
    """The columns in the table's order; the database writes dates with microseconds."""
    return {
        "id": one.id,
        "name": one.name,
        "description": one.description,
        "order": one.order,
        "created_date": one.created_date.isoformat(),
        "modified_date": one.modified_date.isoformat(),
        "project_id": project.id,
        "type": one.type,
        "extra": one.extra,
    }


def listed_attribute(one: CustomAttribute, project: Project) -> Json:
    """A custom attribute as /userstory-custom-attributes and its sisters list it."""
    return {
        "id": one.id,
        "name": one.name,
        "description": one.description,
        "type": one.type,
        "order": one.order,
        "project": project.id,
        "extra": one.extra,
        "created_date": shown(one.created_date),
        "modified_date": shown(one.modified_date),
    }


def listed_role(role: Role) -> Json:
    """A role, without its project."""
    return {
        "id": role.id,
        "name": role.name,
        "slug": role.slug,
        "permissions": list(role.permissions),
        "order": role.order,
        "computable": role.computable,
    }


def _brief_sprint(sprint: Milestone) -> Json:
    return {"id": sprint.id, "slug": sprint.slug, "name": sprint.name, "closed": sprint.closed}
