"""Who may do what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fake_taiga import template

if TYPE_CHECKING:
    from tests.fake_taiga.model import Membership, Project, User

VIEW = {
    "userstories": "view_us",
    "tasks": "view_tasks",
    "issues": "view_issues",
    "epics": "view_epics",
    "milestones": "view_milestones",
    "wiki": "view_wiki_pages",
}
"""The permission that shows each kind of row."""

SINGULAR = {
    "userstories": "us",
    "tasks": "task",
    "issues": "issue",
    "epics": "epic",
    "milestones": "milestone",
    "wiki": "wiki_page",
}
"""What stands behind `add_`, `modify_`, `delete_` for each kind."""


def membership(user: User | None, project: Project) -> Membership | None:
    """The user's membership in a project."""
    return next((one for one in project.memberships if one.user is user), None)


def permissions(user: User | None, project: Project) -> list[str]:
    """All that a user, or an anonymous visitor, may do in a project."""
    if user is None:
        return list(project.anon_permissions)
    if user.is_superuser:
        return [*template.ADMIN]
    member = membership(user, project)
    if member is None:
        return list(dict.fromkeys([*project.public_permissions, *project.anon_permissions]))
    own = template.ADMIN if member.is_admin else member.role.permissions
    return list(dict.fromkeys([*own, *project.public_permissions]))


def may(user: User | None, project: Project, permission: str) -> bool:
    """Whether a user, or an anonymous visitor, may do that."""
    return permission in permissions(user, project)


def is_admin(user: User | None, project: Project) -> bool:
    """Whether a user administers a project."""
    if user is None:
        return False
    member = membership(user, project)
    return user.is_superuser or (member is not None and member.is_admin)
