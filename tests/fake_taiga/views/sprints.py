"""/milestones and /wiki."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from tests.fake_taiga.shapes.sprints import sprint as sprint_shape
from tests.fake_taiga.shapes.sprints import wiki_page
from tests.fake_taiga.views import writes
from tests.fake_taiga.views.common import page_of, unbuilt
from tests.fake_taiga.views.items import item_of
from tests.fake_taiga.web.filters import listed
from tests.fake_taiga.web.messages import answer
from tests.fake_taiga.web.ordering import ordered
from tests.fake_taiga.web.parameters import project_of
from tests.fake_taiga.web.problems import Problem, not_found

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fake_taiga.model import Json, Milestone, Story
    from tests.fake_taiga.taiga import Taiga
    from tests.fake_taiga.web.messages import Headers, Request, Response
    from tests.fake_taiga.web.routes import Routes


def routes(table: Routes) -> None:
    """Add these resources."""
    for kind in ("milestones", "wiki"):
        table.add(f"/{kind}", GET=partial(rows, kind=kind), POST=unbuilt)
        table.add(
            f"/{kind}/{{number:int}}",
            GET=partial(row, kind=kind),
            PUT=unbuilt,
            PATCH=unbuilt,
            DELETE=partial(writes.delete, kind=kind),
        )
    table.add("/wiki/by_slug", GET=wiki_by_slug)


def rows(world: Taiga, request: Request, /, *, kind: str, **_: Any) -> Response:
    """GET of a list: sprints with all their stories, wiki pages with their whole text."""
    found = ordered(listed(world, request, kind), kind, request.query)
    headers = _sprint_headers(world, request) if kind == "milestones" else []
    return page_of(request, found, _shape(world, request, kind), headers)


def row(world: Taiga, request: Request, /, *, kind: str, number: int, **_: Any) -> Response:
    """GET of one: the same as in the list."""
    found = item_of(world, request, kind, number)
    return answer(_shape(world, request, kind)(found))


def _shape(world: Taiga, request: Request, kind: str) -> Callable[[Any], Json]:
    if kind == "wiki":
        return lambda page: wiki_page(page, request.user)
    stories = _stories_by_sprint(world)
    today = world.clock.now().date()
    return lambda one: sprint_shape(one, stories.get(one, []), request.user, today)


def _stories_by_sprint(world: Taiga) -> dict[Milestone, list[Story]]:
    found: dict[Milestone, list[Story]] = {}
    for story in world.rows["userstories"].values():
        if story.milestone is not None:
            found.setdefault(story.milestone, []).append(story)
    for stories in found.values():
        stories.sort(key=lambda story: (story.backlog_order, story.ref))
    return found


def _sprint_headers(world: Taiga, request: Request) -> Headers:
    """How many sprints are open and closed, whoever asks."""
    number = project_of(request.query)
    project = world.projects.get(number or 0)
    if project is None:
        return []
    closed = [one.closed for one in world.of_project("milestones", project)]
    return [
        ("Taiga-Info-Total-Opened-Milestones", str(len(closed) - sum(closed))),
        ("Taiga-Info-Total-Closed-Milestones", str(sum(closed))),
    ]


def wiki_by_slug(world: Taiga, request: Request, /, **_: Any) -> Response:
    """GET /wiki/by_slug?slug=&project=."""
    if "slug" not in request.query or "project" not in request.query:
        raise Problem(400, "slug and project params are needed")
    for page in world.rows["wiki"].values():
        wanted = (str(page.project.id), page.slug)
        if wanted == (request.query.get("project"), request.query.get("slug")):
            return row(world, request, kind="wiki", number=page.id)
    raise not_found("No WikiPage matches the given query.")
