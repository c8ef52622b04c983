"""The filters of lists, with Taiga's exact semantics: what it does not know it ignores."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

from tests.fake_taiga.frozen import assigned_ids
from tests.fake_taiga.permissions import VIEW, membership
from tests.fake_taiga.web import dates
from tests.fake_taiga.web.parameters import SPECIAL, ids_of, project_of, truth, whole_number
from tests.fake_taiga.web.problems import Crash, bad_request
from tests.fake_taiga.web.projects import visible
from tests.fake_taiga.web.words import matcher, words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from tests.fake_taiga.model import Story
    from tests.fake_taiga.web.messages import Query, Request
    from tests.fake_taiga.world import World

    Test = Callable[[Any], bool]
    Get = Callable[[Any], Any]


def _id(name: str) -> Get:
    def get(row: Any) -> int | None:
        value = getattr(row, name)
        return None if value is None else value.id

    return get


_PLAIN: dict[str, tuple[Get, Callable[[str], Any]]] = {
    "project": (attrgetter("project.id"), whole_number),
    "project__slug": (attrgetter("project.slug"), str),
    "milestone": (_id("milestone"), whole_number),
    "user_story": (_id("user_story"), whole_number),
    "is_closed": (attrgetter("is_closed"), truth),
    "closed": (attrgetter("closed"), truth),
    "status__is_archived": (attrgetter("status.is_archived"), truth),
    "status__is_closed": (attrgetter("status.is_closed"), truth),
    "slug": (attrgetter("slug"), str),
    "assigned_to": (_id("assigned_to"), whole_number),
}
"""Filters on one value: what is compared, and how the parameter is read."""

_PLAIN_OF = {
    "userstories": (
        *("project", "project__slug", "milestone", "is_closed"),
        *("status__is_archived", "status__is_closed"),
    ),
    "tasks": ("project", "project__slug", "milestone", "user_story", "status__is_closed"),
    "issues": ("project", "project__slug", "milestone", "status__is_closed"),
    # Of epics one assignee can be asked for: the same parameter is also a filter on one value.
    "epics": ("project", "project__slug", "assigned_to", "status__is_closed"),
    "milestones": ("project", "project__slug", "closed"),
    "wiki": ("project", "slug"),
}

_LISTS = {
    "status": _id("status"),
    "owner": _id("owner"),
    "assigned_to": _id("assigned_to"),
    "type": _id("type"),
    "priority": _id("priority"),
    "severity": _id("severity"),
}
"""Filters on one of several ids, with an `exclude_` of each."""

_LISTS_OF = {
    "userstories": ("status", "owner", "assigned_to"),
    "tasks": ("status", "owner", "assigned_to"),
    "issues": ("status", "owner", "assigned_to", "type", "priority", "severity"),
    "epics": ("status", "owner", "assigned_to"),
    "milestones": (),
    "wiki": (),
}

_sprint_start = attrgetter("milestone.estimated_start")
_sprint_finish = attrgetter("milestone.estimated_finish")
_DATES: dict[str, Get] = {
    "created_date": attrgetter("created_date"),
    "modified_date": attrgetter("modified_date"),
    "finish_date": attrgetter("finish_date"),
    "finished_date": attrgetter("finish_date"),
    "estimated_start": attrgetter("estimated_start"),
    "estimated_finish": attrgetter("estimated_finish"),
    "milestone__estimated_start": lambda row: row.milestone and _sprint_start(row),
    "milestone__estimated_finish": lambda row: row.milestone and _sprint_finish(row),
}
_OF_SPRINT = ("milestone__estimated_start", "milestone__estimated_finish")
_DATES_OF = {
    "userstories": ("created_date", "modified_date", "finish_date", *_OF_SPRINT),
    "tasks": ("created_date", "modified_date", "finished_date", *_OF_SPRINT),
    "issues": ("created_date", "modified_date", "finished_date"),
    "epics": ("created_date", "modified_date"),
    "milestones": ("created_date", "modified_date", "estimated_start", "estimated_finish"),
    "wiki": (),
}
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "": lambda value, wanted: bool(value == wanted),
    "__gt": lambda value, wanted: bool(value > wanted),
    "__gte": lambda value, wanted: bool(value >= wanted),
    "__lt": lambda value, wanted: bool(value < wanted),
    "__lte": lambda value, wanted: bool(value <= wanted),
}
_ITEMS = {"userstories", "tasks", "issues", "epics"}


def listed(world: World, request: Request, kind: str, *, without: str = "") -> list[Any]:
    """The rows of a kind that the request may see and asks for, in no order yet.

    Args:
        world: where they are.
        request: who asks, with which parameters.
        kind: a kind of row.
        without: a filter to leave out, for counts by its values.

    Raises:
        Problem: 400.
        Crash: 500: Taiga trips over some values.
    """
    wanted = project_of(request.query)
    tests = list(_tests(world, request, kind, without))
    allowed = visible(world, request.user, VIEW[kind])
    rows: Iterable[Any] = world.rows[kind].values()
    if wanted is not None:
        allowed = {project for project in allowed if project.id == wanted}
    rows = [row for row in rows if row.project in allowed]
    for test in tests:
        rows = [row for row in rows if test(row)]
    return _per_epic(rows, request.query) if kind == "userstories" and not without else list(rows)


def _per_epic(stories: list[Story], query: Query) -> list[Story]:
    """A story in two of the epics asked for is listed twice: the join is not made distinct."""
    wanted = ids_of(query.get("epic"))
    epics = {one for one in wanted if one is not None}
    times = [(story, sum(one.epic.id in epics for one in story.relations)) for story in stories]
    return [story for story, number in times for _ in range(max(1, number))]


def _tests(world: World, request: Request, kind: str, without: str) -> Iterator[Test]:
    query = request.query
    yield from _plain(query, kind)
    names = [name for name in _LISTS_OF[kind] if name != without]
    for name in names:
        yield from _one_of(query, name, _LISTS[name])
    if kind in _ITEMS:
        yield from _item_tests(world, query, kind, without)
    if kind == "userstories":
        yield from _story_tests(request, without)
    for name in _DATES_OF[kind]:
        yield from _date_tests(query, name)


def _plain(query: Query, kind: str) -> Iterator[Test]:
    for name in _PLAIN_OF[kind]:
        text = query.find(name)
        if text is not None:
            get, read = _PLAIN[name]
            wanted = SPECIAL[text] if text in SPECIAL else read(text)
            yield lambda row, get=get, wanted=wanted: get(row) == wanted  # type: ignore[misc]


def _one_of(query: Query, name: str, get: Get) -> Iterator[Test]:
    for parameter, included in ((name, True), (f"exclude_{name}", False)):
        ids = ids_of(query.get(parameter))
        if ids:
            yield lambda row, ids=ids, included=included: (  # type: ignore[misc]
                (get(row) in ids) is included
            )


def _item_tests(world: World, query: Query, kind: str, without: str) -> Iterator[Test]:
    if kind != "epics" and without != "role":
        yield from _role_tests(world, query, kind)
    if without != "tags":
        yield from _tag_tests(query)
    if query.get("watchers"):
        ids = {whole_number(one) for one in query.get("watchers").split(",")}
        yield lambda item: not ids.isdisjoint(item.watchers)
    if query.get("q"):
        holds = matcher(query.get("q"))
        yield lambda item: holds(_words(item))


def _words(item: Any) -> list[str]:
    return words_of(" ".join([item.subject, *item.tags, str(item.ref), item.description]))


def _tag_tests(query: Query) -> Iterator[Test]:
    for parameter, included in (("tags", True), ("exclude_tags", False)):
        if query.get(parameter):
            wanted = set(query.get(parameter).split(","))
            yield lambda item, wanted=wanted, included=included: (  # type: ignore[misc]
                wanted.isdisjoint(item.tags) is not included
            )


def _role_tests(world: World, query: Query, kind: str) -> Iterator[Test]:
    """Whose assignee has that role; a role that nobody has is no filter at all."""
    who = _everybody if kind == "userstories" else _assignee
    for parameter, included in (("role", True), ("exclude_role", False)):
        roles = ids_of(query.get(parameter))
        users = {
            member.user.id
            for project in world.projects.values()
            for member in project.memberships
            if member.role.id in roles
        }
        if users:
            yield lambda item, users=users, included=included: (  # type: ignore[misc]
                users.isdisjoint(who(item)) is not included
            )


def _everybody(story: Story) -> list[int]:
    return assigned_ids(story)


def _assignee(item: Any) -> list[int]:
    return [item.assigned_to.id] if item.assigned_to else []


def _story_tests(request: Request, without: str) -> Iterator[Test]:
    query = request.query
    yield from _without_sprint(query)
    if without != "assigned_users":
        yield from _one_among(query, "assigned_users", _everybody)
    if without != "epic":
        _read_first_epic(query)
        yield from _one_among(query, "epic", _epics)
    yield from _one_of_swimlane(query)
    if query.get("dashboard") and request.user is not None:
        yield lambda story: membership(request.user, story.project) is not None


def _epics(story: Story) -> list[int]:
    return [one.epic.id for one in story.relations]


def _read_first_epic(query: Query) -> None:
    """Taiga reads the first epic for the order in it before it checks any: 500, not 400."""
    text = query.find("epic")
    if text is None:
        return
    first = text.split(",")[0]
    try:
        int(0 if first == "null" else first)
    except ValueError as error:
        raise Crash(text) from error


def _without_sprint(query: Query) -> Iterator[Test]:
    text = query.find("milestone__isnull")
    if text in {"true", "false"}:
        yield lambda story: (story.milestone is None) is (text == "true")
    elif text == "null":
        raise bad_request("Error in filter params types.")
    elif text is not None:
        yield lambda _: False


def _one_among(
    query: Query, name: str, get: Callable[[Any], Sequence[int | None]]
) -> Iterator[Test]:
    for parameter, included in ((name, True), (f"exclude_{name}", False)):
        ids = ids_of(query.get(parameter))
        if ids:
            yield lambda row, ids=ids, included=included: (  # type: ignore[misc]
                (not ids.isdisjoint(get(row) or [None])) is included
            )


def _one_of_swimlane(query: Query) -> Iterator[Test]:
    """The parameter has a typing error in Taiga; the right name is ignored."""
    for parameter, included in (("swimnlane", True), ("exclude_swimlane", False)):
        ids = ids_of(query.get(parameter))
        if ids:
            yield lambda _, ids=ids, included=included: (None in ids) is included  # type: ignore[misc]


def _date_tests(query: Query, name: str) -> Iterator[Test]:
    read = dates.day if "estimated" in name else dates.moment
    get = _DATES[name]
    for suffix, compare in _COMPARISONS.items():
        text = query.find(name + suffix)
        if text is not None:
            wanted = read(text)
            yield lambda row, wanted=wanted, compare=compare: (  # type: ignore[misc]
                (value := get(row)) is not None and compare(value, wanted)
            )
