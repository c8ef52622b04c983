"""/userstories, /tasks, /issues, /epics: lists, details, by_ref, custom values."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

from tests.fake_taiga.model import Story
from tests.fake_taiga.permissions import VIEW
from tests.fake_taiga.shapes import items as shapes
from tests.fake_taiga.shapes.stories import included_tasks, light_story
from tests.fake_taiga.views import writes
from tests.fake_taiga.views.common import demand, encoded_page_of, page_of, unbuilt
from tests.fake_taiga.web.encoding import LISTED, encoded
from tests.fake_taiga.web.filters import listed
from tests.fake_taiga.web.messages import Query, answer, encode
from tests.fake_taiga.web.ordering import ordered
from tests.fake_taiga.web.parameters import project_of
from tests.fake_taiga.web.problems import Problem, not_found
from tests.fake_taiga.web.projects import visible

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fake_taiga.model import Epic, Item, Json
    from tests.fake_taiga.taiga import Taiga
    from tests.fake_taiga.web.messages import Headers, Request, Response
    from tests.fake_taiga.web.routes import Routes

KINDS = ("userstories", "tasks", "issues", "epics")
NAMES = {
    "userstories": "UserStory",
    "tasks": "Task",
    "issues": "Issue",
    "epics": "Epic",
    "milestones": "Milestone",
    "wiki": "WikiPage",
}
SINGULAR = {"userstories": "userstory", "tasks": "task", "issues": "issue", "epics": "epic"}
_VALUES_OF = {
    "userstories": "user_story",
    "tasks": "task",
    "issues": "issue",
    "epics": "epic",
}
_NO_QUERY = Query("")


def routes(table: Routes) -> None:
    """Add these resources."""
    for kind in KINDS:
        table.add(f"/{kind}", GET=partial(items, kind=kind), POST=partial(writes.create, kind=kind))
        table.add(f"/{kind}/by_ref", GET=partial(by_ref, kind=kind))
        table.add(
            f"/{kind}/{{number:int}}",
            GET=partial(detail, kind=kind),
            PUT=unbuilt,
            PATCH=partial(writes.change, kind=kind),
            DELETE=partial(writes.delete, kind=kind),
        )
        table.add(f"/{kind}/attachments", GET=partial(attachments, kind=kind), POST=unbuilt)
        values = partial(custom_values, kind=kind)
        path = f"/{kind}/custom-attributes-values/{{number:int}}"
        table.add(path, GET=values, PUT=unbuilt, PATCH=unbuilt)
    table.add("/epics/{number:int}/related_userstories", GET=related_stories, POST=unbuilt)


def items(world: Taiga, request: Request, /, *, kind: str, **_: Any) -> Response:
    """GET of a list."""
    rows = ordered(listed(world, request, kind), kind, request.query)
    headers = _story_headers(world, request) if kind == "userstories" else []
    return encoded_page_of(request, rows, _encoder(world, request, kind), headers)


def _encoder(world: Taiga, request: Request, kind: str) -> Callable[[Item], bytes]:
    query, user = request.query, request.user
    shape = LISTED[kind]
    if kind == "userstories" and query.get("only_ref"):
        shape = shapes.reference
    elif kind == "userstories" and query.get("dashboard"):
        shape = light_story
    elif _extras(request, kind):
        return lambda item: encode(_with_extras(world, request, kind, item))
    return lambda item: encoded(world, item, shape, user)


def _extras(request: Request, kind: str) -> set[str]:
    """Which parts are asked for: any value counts, even "false"."""
    found = {"include_attachments"} if "include_attachments" in request.query else set()
    if kind == "userstories":
        found |= {name for name in ("include_tasks", "epic") if name in request.query}
    return found


def _with_extras(world: Taiga, request: Request, kind: str, item: Item) -> Json:
    found: Json = json.loads(encoded(world, item, LISTED[kind], request.user))
    wanted = _extras(request, kind)
    if "include_attachments" in wanted:
        found["attachments"] = shapes.included_attachments(item)
    if isinstance(item, Story) and "include_tasks" in wanted:
        found["tasks"] = included_tasks(item)
    if isinstance(item, Story) and "epic" in wanted:
        found["epic_order"] = _order_in(item, request.query.get("epic").split(",")[0])
    return found


def _order_in(story: Story, epic: str) -> int | None:
    return next((one.order for one in story.relations if str(one.epic.id) == epic), None)


def _story_headers(world: Taiga, request: Request) -> Headers:
    """What the backlog and the kanban board want to know, whoever asks."""
    project = int(request.query.get("project", "0"))
    if not project:
        return []
    stories = [one for one in world.rows["userstories"].values() if one.project.id == project]
    headers = []
    if request.query.get("milestone").lower() == "null":
        backlog = sum(story.milestone is None for story in stories)
        headers.append(("Taiga-Info-Backlog-Total-Userstories", str(backlog)))
    some = json.dumps(bool(stories))
    return [*headers, ("Taiga-Info-Userstories-Without-Swimlane", some)]


def item_of(world: Taiga, request: Request, kind: str, number: int) -> Any:
    """A row that the user may see.

    Raises:
        Problem: 404, 401 or 403.
    """
    row = world.rows[kind].get(number)
    if row is None:
        raise not_found(f"No {NAMES[kind]} matches the given query.")
    demand(request, row.project, VIEW[kind])
    return row


def detail(world: Taiga, request: Request, /, *, kind: str, number: int, **_: Any) -> Response:
    """GET of one."""
    item = item_of(world, request, kind, number)
    return answer(whole(world, request, kind, item) | {"neighbors": _around(world, kind, item)})


def whole(world: Taiga, request: Request, kind: str, item: Item) -> Json:
    """An item with its texts, as details and writes give it."""
    found: Json = json.loads(encoded(world, item, LISTED[kind], request.user))
    return found | shapes.detail_extras(item)


def _around(world: Taiga, kind: str, item: Item) -> Json:
    """The items before and behind it in the order of its project's list."""
    rows = ordered(world.of_project(kind, item.project), kind, _NO_QUERY)
    place = rows.index(item)
    after = rows[place + 1] if place + 1 < len(rows) else None
    return {
        "previous": shapes.neighbour(rows[place - 1] if place else None),
        "next": shapes.neighbour(after),
    }


def by_ref(world: Taiga, request: Request, /, *, kind: str, **_: Any) -> Response:
    """GET by the number that users see, which counts within its project."""
    query = request.query
    if "ref" not in query:
        raise Problem(400, "ref param is needed")
    if "project" not in query and "project__slug" not in query:
        raise Problem(400, "project or project__slug param is needed")
    for item in world.rows[kind].values():
        wanted = query.get("project", str(item.project.id)) == str(item.project.id)
        slug = query.get("project__slug", item.project.slug) == item.project.slug
        if wanted and slug and str(item.ref) == query.get("ref"):
            return detail(world, request, kind=kind, number=item.id)
    raise not_found(f"No {NAMES[kind]} matches the given query.")


def custom_values(world: Taiga, request: Request, /, **names: Any) -> Response:
    """GET of an item's custom attributes, which no list has."""
    kind = names["kind"]
    item = item_of(world, request, kind, names["number"])
    found = {"attributes_values": item.custom_values, "version": item.custom_version}
    return answer(found | {_VALUES_OF[kind]: item.id})


def attachments(world: Taiga, request: Request, /, *, kind: str, **_: Any) -> Response:
    """GET of the attachments of all of a project's items, or of one of them."""
    project, wanted = project_of(request.query), request.query.get("object_id")
    seen = {one.id for one in visible(world, request.user, VIEW[kind])}
    found = [
        shapes.listed_attachment(item, one, SINGULAR[kind])
        for item in world.rows[kind].values()
        for one in item.attachments
        if item.project.id in seen
        and project in {None, item.project.id}
        and wanted in {"", str(item.id)}
    ]
    return page_of(request, found, lambda row: row)


def related_stories(world: Taiga, request: Request, /, *, number: int, **_: Any) -> Response:
    """GET of an epic's stories: ids and order only."""
    epic: Epic = item_of(world, request, "epics", number)
    return page_of(
        request,
        epic.relations,
        lambda one: {"epic": one.epic.id, "user_story": one.story.id, "order": one.order},
    )
