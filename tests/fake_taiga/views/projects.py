"""/projects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fake_taiga.shapes.projects import listed_project, slight_project, whole_project
from tests.fake_taiga.views.common import demand, missing, page_of, project_by_id, unbuilt
from tests.fake_taiga.web.messages import answer
from tests.fake_taiga.web.projects import listed_projects, visible

if TYPE_CHECKING:
    from tests.fake_taiga.model import Json, Milestone, Project
    from tests.fake_taiga.taiga import Taiga
    from tests.fake_taiga.web.messages import Request, Response
    from tests.fake_taiga.web.routes import Routes, View


def routes(table: Routes) -> None:
    """Add these resources."""
    table.add("/projects", GET=projects, POST=unbuilt)
    table.add("/projects/by_slug", GET=by_slug)
    views: dict[str, View] = {"GET": detail, "PUT": unbuilt, "PATCH": unbuilt, "DELETE": unbuilt}
    table.add("/projects/{project:int}", **views)
    table.add("/projects/{project:int}/{more}", GET=unbuilt, POST=unbuilt)


def sprints_of(world: Taiga, project: Project) -> list[Milestone]:
    """A project's sprints, the earliest first."""
    found = world.of_project("milestones", project)
    return sorted(found, key=lambda sprint: (sprint.estimated_start, sprint.id))


def projects(world: Taiga, request: Request, /, **_: Any) -> Response:
    """GET /projects: without `member` also all public ones."""

    def shape(project: Project) -> Json:
        if request.query.get("slight"):
            return slight_project(project, request.user)
        return listed_project(project, request.user, sprints_of(world, project))

    return page_of(request, _ordered(world, request), shape)


def _ordered(world: Taiga, request: Request) -> list[Project]:
    found = listed_projects(world, request)
    wanted = request.query.get("order_by")
    if not wanted.removeprefix("-").startswith("total_activity"):
        return found
    found.sort(key=lambda one: -one.id)
    return sorted(found, key=lambda one: one.total_activity, reverse=wanted.startswith("-"))


def detail(world: Taiga, request: Request, /, *, project: int, **_: Any) -> Response:
    """GET /projects/ID: tells that a private project exists."""
    found = project_by_id(world, request, project)
    demand(request, found, "view_project")
    return answer(whole_project(found, request.user, sprints_of(world, found)))


def by_slug(world: Taiga, request: Request, /, **_: Any) -> Response:
    """GET /projects/by_slug: does not tell that a private project exists."""
    slug = request.query.get("slug")
    for project in visible(world, request.user, "view_project"):
        if project.slug == slug:
            return answer(whole_project(project, request.user, sprints_of(world, project)))
    raise missing(request)
