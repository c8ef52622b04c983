"""/resolver, /search and the counts of filters_data."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

from tests.fake_taiga.frozen import assigned_ids
from tests.fake_taiga.permissions import VIEW, may
from tests.fake_taiga.shapes.projects import ordered_statuses
from tests.fake_taiga.shapes.stories import total_points
from tests.fake_taiga.views.common import asked_project, demand, missing
from tests.fake_taiga.web.filters import listed
from tests.fake_taiga.web.messages import answer
from tests.fake_taiga.web.problems import invalid, required
from tests.fake_taiga.web.words import matcher, words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from tests.fake_taiga.model import Json, Project, User
    from tests.fake_taiga.taiga import Taiga
    from tests.fake_taiga.web.messages import Request, Response
    from tests.fake_taiga.web.routes import Routes

_BY_REF = {"epic": "epics", "us": "userstories", "task": "tasks", "issue": "issues"}
_BY_SLUG = {"milestone": "milestones", "wikipage": "wiki"}
_FOUND_AT_MOST = 150
_SEARCHED = {
    "epics": ("epics", ("id", "ref", "subject", "status", "assigned_to")),
    "tasks": ("tasks", ("id", "ref", "subject", "status", "assigned_to")),
    "wikipages": ("wiki", ("id", "slug")),
    "userstories": ("userstories", ("id", "ref", "subject", "status")),
    "issues": ("issues", ("id", "ref", "subject", "status", "assigned_to")),
}


def routes(table: Routes) -> None:
    """Add these resources."""
    table.add("/resolver", GET=resolve)
    table.add("/search", GET=search)
    for kind in ("userstories", "tasks", "issues", "epics"):
        table.add(f"/{kind}/filters_data", GET=partial(filters_data, kind=kind))


def resolve(world: Taiga, request: Request, /, **_: Any) -> Response:
    """GET /resolver: ids for slugs and numbers; tells that a private project exists."""
    query = request.query
    if not query.get("project"):
        raise required("project")
    for name in _BY_REF:
        if not query.get(name, "0").isdecimal():
            raise invalid({name: ["Enter a whole number."]})
    slug = query.get("project")
    project = next((one for one in world.projects.values() if one.slug == slug), None)
    if project is None:
        raise missing(request)
    demand(request, project, "view_project")
    found = {"project": project.id} | _resolved(world, request, project)
    if query.get("ref"):
        found |= _any_ref(world, request, project, query.get("ref"))
    return answer(found)


def _resolved(world: Taiga, request: Request, project: Project) -> Json:
    found: Json = {}
    for name, kind in (_BY_REF | _BY_SLUG).items():
        wanted = request.query.get(name)
        if wanted and may(request.user, project, VIEW[kind]):
            field = "ref" if name in _BY_REF else "slug"
            number = _lookup(world, project, kind, field, wanted)
            if number is None:
                raise missing(request)
            found[name] = number
    return found


def _lookup(world: Taiga, project: Project, kind: str, field: str, wanted: str) -> int | None:
    rows = world.of_project(kind, project)
    return next((row.id for row in rows if str(getattr(row, field)) == wanted), None)


def _any_ref(world: Taiga, request: Request, project: Project, wanted: str) -> Json:
    names = _BY_REF if wanted.isdecimal() else {"wikipage": "wiki"}
    field = "ref" if wanted.isdecimal() else "slug"
    for name, kind in names.items():
        number = _lookup(world, project, kind, field, wanted)
        if number is not None and may(request.user, project, VIEW[kind]):
            return {name: number}
    return {}


def search(world: Taiga, request: Request, /, **_: Any) -> Response:
    """GET /search: what has the words, at most 150 of a kind."""
    project = asked_project(world, request)
    holds = matcher(request.query.get("text"))
    found: Json = {}
    for name, (kind, fields) in _SEARCHED.items():
        if may(request.user, project, VIEW[kind]):
            rows = [row for row in world.of_project(kind, project) if holds(_text(row))]
            found[name] = [_result(row, kind, fields) for row in rows[:_FOUND_AT_MOST]]
    return answer(found | {"count": sum(len(rows) for rows in found.values())})


def _text(row: Any) -> list[str]:
    if hasattr(row, "content"):
        return words_of(f"{row.slug} {row.content}")
    return words_of(f"{row.ref} {row.subject} {row.description} {' '.join(row.tags)}")


def _result(row: Any, kind: str, fields: Iterable[str]) -> Json:
    found = {name: _id_or_value(getattr(row, name)) for name in fields}
    if kind == "userstories":
        sprint = row.milestone
        found["total_points"] = total_points(row)
        found["milestone_name"] = sprint and sprint.name
        found["milestone_slug"] = sprint and sprint.slug
    return found


def _id_or_value(value: Any) -> Any:
    return getattr(value, "id", value)


def filters_data(world: Taiga, request: Request, /, *, kind: str, **_: Any) -> Response:
    """GET of the counts by filter. Nobody is asked for permission; only the counts are."""
    project = asked_project(world, request)
    found: Json = {}
    if kind == "issues":
        found["types"] = _vocabulary(world, request, kind, "type")
    found["statuses"] = _statuses(world, request, kind, project)
    if kind == "issues":
        found["priorities"] = _vocabulary(world, request, kind, "priority")
        found["severities"] = _vocabulary(world, request, kind, "severity")
    assigned = _count(world, request, kind, "assigned_to", _assignee)
    found["assigned_to"] = _people(project, assigned, with_photo=False)
    if kind == "userstories":
        assigned = _count(world, request, kind, "assigned_users", _assigned)
        found["assigned_users"] = _people(project, assigned, with_photo=True)
    found["owners"] = _owners(world, request, kind, project)
    found["tags"] = _tags(world, request, kind, project)
    if kind == "userstories":
        found["epics"] = _epics(world, request, project)
    if kind != "epics":
        found["roles"] = _roles(world, request, kind, project)
    return answer(found)


def _count(
    world: Taiga, request: Request, kind: str, without: str, get: Callable[[Any], Iterable[Any]]
) -> Counter[Any]:
    rows = listed(world, request, kind, without=without)
    return Counter(value for row in rows for value in get(row))


def _assignee(item: Any) -> list[int | None]:
    return [item.assigned_to and item.assigned_to.id]


def _assigned(story: Any) -> list[int] | list[None]:
    return assigned_ids(story) or [None]


def _statuses(world: Taiga, request: Request, kind: str, project: Project) -> list[Json]:
    counts = _count(world, request, kind, "status", lambda row: [row.status.id])
    return [
        {
            "id": one.id,
            "name": one.name,
            "color": one.color,
            "order": one.order,
            "count": counts[one.id],
        }
        for one in ordered_statuses(project, kind)
    ]


def _vocabulary(world: Taiga, request: Request, kind: str, name: str) -> list[Json]:
    project = asked_project(world, request)
    counts = _count(world, request, kind, name, lambda row: [getattr(row, name).id])
    return [
        {
            "id": one.id,
            "name": one.name,
            "color": one.color,
            "order": one.order,
            "count": counts[one.id],
        }
        for one in project.choices[name]
    ]


def _people(project: Project, counts: Counter[Any], *, with_photo: bool) -> list[Json]:
    found: list[Json] = [{"id": None, "full_name": "", "count": counts[None]}]
    if with_photo:
        found[0] |= {"photo": None, "big_photo": None, "gravatar_id": None}
    members = sorted((one.user for one in project.memberships), key=lambda one: one.full_name)
    return found + [_person(one, counts[one.id], with_photo=with_photo) for one in members]


def _person(user: User, count: int, *, with_photo: bool) -> Json:
    found: Json = {"id": user.id, "full_name": user.full_name, "count": count}
    if with_photo:
        found |= {"photo": None, "big_photo": None, "gravatar_id": user.gravatar_id}
    return found


def _owners(world: Taiga, request: Request, kind: str, project: Project) -> list[Json]:
    counts = _count(world, request, kind, "owner", lambda row: [row.owner.id])
    owners = {row.owner for row in world.of_project(kind, project)} | {project.owner}
    ordered = sorted(owners, key=lambda one: one.full_name)
    return [_person(one, counts[one.id], with_photo=True) for one in ordered]


def _tags(world: Taiga, request: Request, kind: str, project: Project) -> list[Json]:
    counts = _count(world, request, kind, "tags", lambda row: row.tags)
    return [
        {"name": tag, "color": color, "count": counts[tag]}
        for tag, color in sorted(project.tags_colors.items())
    ]


def _epics(world: Taiga, request: Request, project: Project) -> list[Json]:
    def epics(story: Any) -> list[int | None]:
        # Taiga counts a story without an epic once for each who is assigned to it.
        if not story.relations:
            return [None] * max(1, len(story.assigned_users))
        return [one.epic.id for one in story.relations]

    counts = _count(world, request, "userstories", "epic", epics)
    found = sorted(world.of_project("epics", project), key=lambda one: one.epics_order)
    nothing = {"id": None, "ref": None, "subject": None, "order": 0, "count": counts[None]}
    return [nothing] + [
        {
            "id": one.id,
            "ref": one.ref,
            "subject": one.subject,
            "order": one.epics_order,
            "count": counts[one.id],
        }
        for one in found
    ]


def _roles(world: Taiga, request: Request, kind: str, project: Project) -> list[Json]:
    get = _assigned if kind == "userstories" else _assignee
    role_of = {member.user.id: member.role.id for member in project.memberships}
    counts = _count(
        world, request, kind, "role", lambda row: {role_of.get(one or 0) for one in get(row)}
    )
    return [
        {
            "id": role.id,
            "name": role.name,
            "color": None,
            "order": role.order,
            "count": counts[role.id],
        }
        for role in project.roles
    ]
