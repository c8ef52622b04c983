"""POST, PATCH and DELETE of items, with Taiga's check of concurrent writes (OCC)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from tests.fake_taiga.permissions import SINGULAR
from tests.fake_taiga.traces import crashes_hooks
from tests.fake_taiga.views import items
from tests.fake_taiga.views.common import body_of, demand, refused
from tests.fake_taiga.web.messages import Response, answer
from tests.fake_taiga.web.problems import (
    Crash,
    Problem,
    blocked,
    denied,
    invalid,
    required,
    typed,
)

if TYPE_CHECKING:
    from tests.fake_taiga.model import Item, Json, Project, Row
    from tests.fake_taiga.taiga import Taiga
    from tests.fake_taiga.web.messages import Request
    from tests.fake_taiga.web.routes import Routes

_PLAIN = {
    *("subject", "description", "is_blocked", "blocked_note", "due_date_reason"),
    *("client_requirement", "team_requirement", "is_iocaine", "color", "external_reference"),
}
_IGNORED = {
    *("is_closed", "finish_date", "finished_date", "created_date", "ref", "total_points"),
    *("watchers", "id"),
}
"""Read-only: taken without a word, and nothing comes of it."""
_READ = {
    *("version", "comment", "project", "user_story", "tags", "due_date", "status"),
    *("assigned_to", "assigned_users", "milestone"),
    *_PLAIN,
}
_BAD_DATE = "Date has wrong format. Use one of these formats instead: YYYY[-MM[-DD]]"
_NOUNS = {"userstories": "user story", "tasks": "task", "issues": "issue", "epics": "epic"}
_STALE = "The version doesn't match with the current one"


def routes(table: Routes) -> None:
    """Add these resources; the items' own paths are in `items.py`."""
    table.add("/userstories/bulk_create", POST=bulk_create)
    table.add("/userstories/bulk_update_kanban_order", POST=kanban_order)


def create(world: Taiga, request: Request, /, *, kind: str, **_: Any) -> Response:
    """POST of a list: a new item."""
    data = body_of(request)
    project = world.projects.get(data.get("project", 0))
    if project is None:
        raise required("project")
    _may_write(request, project, f"add_{SINGULAR[kind]}")
    if not data.get("subject"):
        raise required("subject")
    item = _made(world, request, kind, project, data)
    _hook_crash(world, item)
    return answer(items.whole(world, request, kind, item), 201)


def _made(world: Taiga, request: Request, kind: str, project: Project, data: Json) -> Item:
    fields = _read(world, kind, project, data) | {"by": request.user}
    if "milestone" in fields:
        fields["sprint"] = fields.pop("milestone")
    if kind == "userstories":
        return world.add_story(project, **fields)
    if kind == "tasks":
        story = world.rows["userstories"].get(data.get("user_story", 0))
        return world.add_task(story or project, **fields)
    return (world.add_issue if kind == "issues" else world.add_epic)(project, **fields)


def _may_write(request: Request, project: Project, permission: str) -> None:
    """Permission is asked first, then whether the project is blocked.

    Raises:
        Problem: 401, 403 or 451.
    """
    demand(request, project, permission)
    if project.blocked_code is not None:
        raise blocked()
    if project.archived_code is not None:
        raise denied()


def change(world: Taiga, request: Request, /, *, kind: str, number: int, **_: Any) -> Response:
    """PATCH of one. Permission is asked before it is looked for: an unknown one is 403."""
    item = world.rows[kind].get(number)
    if item is None:
        raise refused(request)
    data = body_of(request)
    permission = "comment" if set(data) <= {"comment", "version"} else "modify"
    _may_write(request, item.project, f"{permission}_{SINGULAR[kind]}")
    _check_version(item, data)
    fields = _read(world, kind, item.project, data)
    world.edit(item, by=request.user, comment=data.get("comment", ""), **fields)
    _hook_crash(world, item)
    headers = [("Taiga-Info-Order-Updated", "{}")]
    return answer(items.whole(world, request, kind, item), 200, headers)


def _check_version(item: Item, data: Json) -> None:
    """Refuse a write by one who has not seen another's write of the same field.

    Raises:
        Problem: 400: `version` is a string where it is wrong, a list where it is no number.
    """
    version = data.get("version")
    if version is not None and not isinstance(version, int):
        raise invalid({"version": ["Enter a whole number."]})
    if version is None or not 0 <= version <= item.version:
        raise invalid({"version": "The version parameter is not valid"})
    missed = item.history[-(item.version - version) :] if item.version > version else []
    changed = {name for entry in missed for name in entry.diff}
    if changed & set(data):
        raise invalid({"version": _STALE})


def _read(world: Taiga, kind: str, project: Project, data: Json) -> Json:
    unread = data.keys() - _READ - _IGNORED
    if unread:
        raise Problem(501, f"the fake Taiga cannot write {sorted(unread)}")
    no_field = {"epics": {"external_reference", "due_date_reason"}}.get(kind, set())
    fields = {name: value for name, value in data.items() if name in _PLAIN - no_field}
    _check_texts(fields)
    if "tags" in data:
        fields["tags"] = _tags(project, data["tags"])
    if "due_date" in data and kind != "epics":
        fields["due_date"] = _date(data["due_date"])
    if "status" in data:
        fields["status"] = _chosen_status(world, kind, project, data["status"])
    if "assigned_to" in data:
        fields["assigned_to"] = _member(world, project, data["assigned_to"])
    if "assigned_users" in data and kind == "userstories":
        # A stranger to the project is taken as well.
        fields["assigned_users"] = [_user(world, one) for one in data["assigned_users"]]
    if "milestone" in data and kind != "epics":
        fields["milestone"] = _sprint(world, kind, project, data["milestone"])
    if fields.get("is_blocked") is False:
        fields["blocked_note"] = ""
    return fields


def _check_texts(fields: Json) -> None:
    if "\x00" in str(fields.get("subject", "")):
        raise Crash("PostgreSQL refuses NUL")
    if fields.get("subject") == "":
        raise invalid({"subject": ["This field cannot be blank."]})
    reference = fields.get("external_reference")
    if reference is not None and not isinstance(reference, list):
        raise Crash("PostgreSQL wants an array")


def _tags(project: Project, tags: Any) -> list[str]:
    """Names in small letters; one that is new to the project has the colour that comes with it."""
    if isinstance(tags, str):
        raise Crash("tags are a list")
    pairs = [tag if isinstance(tag, list) else [tag, None] for tag in tags or []]
    for name, color in pairs:
        project.tags_colors.setdefault(name.lower(), color)
    return list(dict.fromkeys(name.lower() for name, _ in pairs))


def _date(text: str | None) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise invalid({"due_date": [_BAD_DATE]}) from None


def _pk(field: str, number: Any) -> int:
    if isinstance(number, int):
        return number
    kind = type(number).__name__
    raise invalid({field: [f"Incorrect type. Expected pk value, received {kind}."]})


def _unknown(field: str, number: int) -> Problem:
    return invalid({field: [f"Invalid pk '{number}' - object does not exist."]})


def _foreign(kind: str, noun: str) -> Problem:
    """The answer to a value of another project: stories and issues say 403, others 400."""
    message = f"You don't have permissions to set this {noun} to this {_NOUNS[kind]}."
    if kind in {"userstories", "issues"}:
        return Problem(403, typed(message, "PermissionDenied"))
    return Problem(400, typed(message, "WrongArguments"))


def _chosen_status(world: Taiga, kind: str, project: Project, number: Any) -> Any:
    if number is None:
        # The project's default status, and no word about it.
        return project.statuses[kind][0]
    wanted = _pk("status", number)
    for one in world.projects.values():
        for status in one.statuses[kind]:
            if status.id == wanted:
                if one is not project:
                    raise _foreign(kind, "status")
                return status
    raise _unknown("status", wanted)


def _sprint(world: Taiga, kind: str, project: Project, number: Any) -> Any:
    if number is None:
        return None
    sprint = world.rows["milestones"].get(_pk("milestone", number))
    if sprint is None:
        raise _unknown("milestone", number)
    if sprint.project is not project:
        raise _foreign(kind, "sprint")
    return sprint


def _user(world: Taiga, number: Any) -> Any:
    user = world.users.get(_pk("assigned_users", number))
    if user is None:
        raise _unknown("assigned_users", number)
    return user


def _member(world: Taiga, project: Project, number: Any) -> Any:
    if number is None:
        return None
    wanted = _pk("assigned_to", number)
    if wanted not in world.users:
        raise _unknown("assigned_to", wanted)
    for member in project.memberships:
        if member.user.id == wanted:
            return member.user
    raise invalid({"assigned_to": ["The user must be a project member."]})


def delete(world: Taiga, request: Request, /, *, kind: str, number: int, **_: Any) -> Response:
    """DELETE of one. Permission is asked before it is looked for: an unknown one is 403."""
    row = world.rows[kind].get(number)
    if row is None:
        raise refused(request)
    _may_write(request, row.project, f"delete_{SINGULAR[kind]}")
    world.delete(row, by=request.user)
    _hook_crash(world, row)
    return Response(204)


def _hook_crash(world: Taiga, item: Row) -> None:
    """A task without a story breaks Taiga's webhooks: it is saved, and the answer is 500."""
    if crashes_hooks(item) and world.settings.hooks_enabled and any(world.hooks_of(item.project)):
        raise Crash("the webhook's serializer")


def bulk_create(world: Taiga, request: Request, /, **_: Any) -> Response:
    """POST /userstories/bulk_create: a story a line."""
    data = body_of(request)
    project = world.projects.get(data.get("project_id", 0))
    if project is None:
        raise required("project_id")
    _may_write(request, project, "add_us")
    lines = [line.strip() for line in data.get("bulk_stories", "").split("\n") if line.strip()]
    stories = [world.add_story(project, line, by=request.user) for line in lines]
    return answer([items.whole(world, request, "userstories", story) for story in stories])


def kanban_order(world: Taiga, request: Request, /, **_: Any) -> Response:
    """POST /userstories/bulk_update_kanban_order: what the board sends when one drags."""
    data = body_of(request)
    project = world.projects.get(data.get("project_id", 0))
    if project is None:
        raise required("project_id")
    _may_write(request, project, "modify_us")
    status = _chosen_status(world, "userstories", project, data.get("status_id"))
    stories = [world.rows["userstories"][one] for one in data.get("bulk_userstories", [])]
    for story in stories:
        world.drag_on_board(story, status, by=request.user)
    return answer(
        [{"id": one.id, "swimlane": None, "kanban_order": one.kanban_order} for one in stories]
    )
