"""Users, memberships and applications as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fake_taiga.clock import shown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.fake_taiga.model import Json, Membership, Project, User


def brief_user(user: User | None) -> Json | None:
    """A user as `owner_extra_info` and the like have it."""
    if user is None:
        return None
    return {
        "username": user.username,
        "full_name_display": user.full_name,
        "photo": None,
        "big_photo": None,
        "gravatar_id": user.gravatar_id,
        "is_active": user.is_active,
        "id": user.id,
    }


def listed_user(user: User, projects: Iterable[Project]) -> Json:
    """A user as /users lists them; `projects` are those whose roles are shown."""
    return {
        "id": user.id,
        "username": user.username,
        "full_name": user.full_name,
        "full_name_display": user.full_name,
        "color": user.color,
        "bio": user.bio,
        "lang": "",
        "theme": "",
        "timezone": "",
        "is_active": user.is_active,
        "photo": None,
        "big_photo": None,
        "gravatar_id": user.gravatar_id,
        "roles": sorted({name for project in projects for name in roles_in(project, user)}),
    }


def roles_in(project: Project, user: User) -> list[str]:
    """The names of the user's roles in a project."""
    return [member.role.name for member in project.memberships if member.user is user]


def whole_user(user: User, projects: Iterable[Project]) -> Json:
    """A user as themselves see them: /users/me, and the answer to a login."""
    projects = list(projects)
    mine = [project for project in projects if project.owner is user]
    return listed_user(user, projects) | {
        "total_private_projects": sum(project.is_private for project in mine),
        "total_public_projects": sum(not project.is_private for project in mine),
        "email": user.email,
        "uuid": user.uuid,
        "date_joined": shown(user.date_joined),
        "read_new_terms": True,
        "accepted_terms": True,
        "max_private_projects": None,
        "max_public_projects": None,
        "max_memberships_private_projects": None,
        "max_memberships_public_projects": None,
        "verified_email": True,
    }


def timeline_user(user: User) -> Json:
    """A user as the timeline shows who acted."""
    return {
        "id": user.id,
        "name": user.full_name,
        "photo": None,
        "big_photo": None,
        "gravatar_id": user.gravatar_id,
        "username": user.username,
        "is_profile_visible": True,
        "date_joined": shown(user.date_joined),
    }


def history_user(user: User) -> Json:
    """A user as the history shows who acted."""
    return {
        "pk": user.id,
        "username": user.username,
        "name": user.full_name,
        "photo": None,
        "is_active": user.is_active,
        "gravatar_id": user.gravatar_id,
    }


def membership(member: Membership, project: Project, *, with_email: bool) -> Json:
    """A membership as /memberships lists it; only admins see the e-mail."""
    found = {
        "id": member.id,
        "user": member.user.id,
        "project": project.id,
        "role": member.role.id,
        "is_admin": member.is_admin,
        "created_at": shown(member.created_at),
        "invited_by": brief_user(member.invited_by),
        "invitation_extra_text": None,
        "user_order": 0,
        "role_name": member.role.name,
        "full_name": member.user.full_name,
        "is_user_active": member.user.is_active,
        "color": member.user.color,
        "photo": None,
        "gravatar_id": member.user.gravatar_id,
        "project_name": project.name,
        "project_slug": project.slug,
        "is_owner": project.owner is member.user,
    }
    if with_email:
        found |= {"email": member.user.email, "user_email": member.user.email}
    return found
