"""The project's vocabularies as lists: statuses, points, choices, roles, custom attributes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from tests.fake_taiga.shapes import projects as shapes
from tests.fake_taiga.views.common import page_of, unbuilt
from tests.fake_taiga.web.messages import answer
from tests.fake_taiga.web.parameters import project_of
from tests.fake_taiga.web.projects import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fake_taiga.model import Json, Project
    from tests.fake_taiga.taiga import Taiga
    from tests.fake_taiga.web.messages import Request, Response
    from tests.fake_taiga.web.routes import Routes

    List = Callable[[Project], list[Json]]


def _statuses(kind: str) -> List:
    def rows(project: Project) -> list[Json]:
        found = sorted(project.statuses[kind], key=lambda one: (one.order, one.name))
        return [shapes.listed_status(one, kind) | {"project": project.id} for one in found]

    return rows


def _choices(name: str) -> List:
    def rows(project: Project) -> list[Json]:
        found = project.choices[name]
        return [shapes.listed_choice(one) | {"project": project.id} for one in found]

    return rows


def _attributes(kind: str) -> List:
    def rows(project: Project) -> list[Json]:
        found = project.custom_attributes.get(kind, [])
        return [shapes.listed_attribute(one, project) for one in found]

    return rows


def _points(project: Project) -> list[Json]:
    return [shapes.listed_points(one) | {"project": project.id} for one in project.points]


def _roles(project: Project) -> list[Json]:
    return [shapes.listed_role(one) | {"project": project.id} for one in project.roles]


_LISTS: dict[str, List] = {
    "userstory-statuses": _statuses("userstories"),
    "task-statuses": _statuses("tasks"),
    "issue-statuses": _statuses("issues"),
    "epic-statuses": _statuses("epics"),
    "issue-types": _choices("type"),
    "priorities": _choices("priority"),
    "severities": _choices("severity"),
    "points": _points,
    "roles": _roles,
    "userstory-custom-attributes": _attributes("userstories"),
    "task-custom-attributes": _attributes("tasks"),
    "issue-custom-attributes": _attributes("issues"),
    "epic-custom-attributes": _attributes("epics"),
}


def routes(table: Routes) -> None:
    """Add these resources."""
    table.add("/", GET=root)
    for name, rows in _LISTS.items():
        table.add(f"/{name}", GET=partial(values, rows=rows), POST=unbuilt)


def root(_world: Taiga, request: Request, /, **_: Any) -> Response:
    """GET of the API's root: where its lists are. It reads the session whoever asks."""
    request.session_read = True
    names = ("auth", "projects", "userstories", "tasks", "issues", "epics", "milestones", "wiki")
    return answer({name: f"{request.base_url}/{name}" for name in names})


def values(world: Taiga, request: Request, /, *, rows: List, **_: Any) -> Response:
    """GET of a vocabulary, of one project or of all that one may see."""
    wanted = project_of(request.query)
    projects = sorted(visible(world, request.user, "view_project"), key=lambda one: one.name)
    chosen = [one for one in projects if wanted in {None, one.id}]
    found = [row for project in chosen for row in rows(project)]
    return page_of(request, found, lambda row: row)
