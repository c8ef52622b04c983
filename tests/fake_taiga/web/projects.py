"""Which projects one sees, and the few filters on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fake_taiga.permissions import permissions
from tests.fake_taiga.web.parameters import SPECIAL, truth, whole_number
from tests.fake_taiga.web.words import matcher, words_of

if TYPE_CHECKING:
    from tests.fake_taiga.model import Project, User
    from tests.fake_taiga.web.messages import Request
    from tests.fake_taiga.world import World


def visible(world: World, user: User | None, permission: str) -> set[Project]:
    """The projects in which a user, or an anonymous visitor, may do that."""
    return {one for one in world.projects.values() if permission in permissions(user, one)}


def listed_projects(world: World, request: Request) -> list[Project]:
    """The projects that the request may see and asks for.

    There is no filter by slug, name or privacy.
    """
    query = request.query
    found = visible(world, request.user, "view_project")
    flags = ("is_looking_for_people", "is_featured")
    for name in (*flags, "is_backlog_activated", "is_kanban_activated"):
        text = query.find(name)
        if text is not None:
            wanted = SPECIAL[text] if text in SPECIAL else truth(text)
            found = {one for one in found if getattr(one, name) == wanted}
    if query.find("member") is not None:
        member = whole_number(query.get("member"))
        found = {one for one in found if member in {joined.user.id for joined in one.memberships}}
    if query.get("q"):
        holds = matcher(query.get("q"))
        found = {one for one in found if holds(words_of(f"{one.name} {one.description}"))}
    if query.get("discover_mode") not in {"", "false", "null"}:
        found = {one for one in found if one.anon_permissions and one.blocked_code is None}
    return sorted(found, key=lambda one: (one.name, one.id))
