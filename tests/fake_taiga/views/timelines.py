"""/timeline and /history: what happened."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from tests.fake_taiga.clock import shown
from tests.fake_taiga.permissions import is_admin, membership
from tests.fake_taiga.shapes.people import history_user
from tests.fake_taiga.views.common import demand, page_of, unbuilt
from tests.fake_taiga.views.items import item_of
from tests.fake_taiga.web.problems import not_found

if TYPE_CHECKING:
    from tests.fake_taiga.model import HistoryEntry, Json, Project, TimelineEntry
    from tests.fake_taiga.taiga import Taiga
    from tests.fake_taiga.web.messages import Request, Response
    from tests.fake_taiga.web.routes import Routes

_CONTENT_TYPES = {
    "project": 15,
    "membership": 16,
    "milestone": 51,
    "epic": 52,
    "relateduserstory": 58,
    "userstory": 53,
    "task": 54,
    "issue": 55,
    "wikipage": 56,
}
_SEEN_WITH = {
    "project": "view_project",
    "milestone": "view_milestones",
    "epic": "view_epics",
    "userstory": "view_us",
    "task": "view_tasks",
    "issue": "view_issues",
    "wikipage": "view_wiki_pages",
}
_CHANGE = 1
_KINDS = {
    "userstory": "userstories",
    "task": "tasks",
    "issue": "issues",
    "epic": "epics",
    "wiki": "wiki",
}


def routes(table: Routes) -> None:
    """Add these resources."""
    table.add("/timeline/project/{project:int}", GET=timeline)
    table.add("/timeline/user/{user:int}", GET=unbuilt)
    table.add("/timeline/profile/{user:int}", GET=unbuilt)
    for name, kind in _KINDS.items():
        table.add(f"/history/{name}/{{number:int}}", GET=partial(history, kind=kind))


def timeline(world: Taiga, request: Request, /, *, project: int, **_: Any) -> Response:
    """GET /timeline/project/ID: the newest first."""
    found = world.projects.get(project)
    if found is None:
        raise not_found("No Project matches the given query.")
    demand(request, found, "view_project")
    entries = [entry for entry in reversed(found.timeline) if _shown_to(request, found, entry)]
    if "only_relevant" in request.query:
        entries = [entry for entry in entries if _relevant(entry)]
    return page_of(request, entries, partial(_entry, found))


def _shown_to(request: Request, project: Project, entry: TimelineEntry) -> bool:
    """Of a private project one sees what one's role may see; of a public one everything."""
    if not project.is_private or is_admin(request.user, project):
        return True
    member = membership(request.user, project)
    allowed = member.role.permissions if member else project.anon_permissions
    return entry.content_type == "membership" or _SEEN_WITH.get(entry.content_type) in allowed


def _relevant(entry: TimelineEntry) -> bool:
    """Deletions and empty changes are dropped: a client that must know all does not want this."""
    _, _, action = entry.event_type.rpartition(".")
    if entry.event_type == "projects.project.change" or action == "delete":
        return False
    return action != "change" or bool(entry.data["values_diff"])


def _entry(project: Project, entry: TimelineEntry) -> Json:
    return {
        "data": entry.data,
        "id": entry.id,
        "content_type": _CONTENT_TYPES["project"],
        "object_id": project.id,
        "namespace": f"project:{project.id}",
        "event_type": entry.event_type,
        "project": project.id,
        "data_content_type": _CONTENT_TYPES[entry.content_type],
        "created": shown(entry.created),
    }


def history(world: Taiga, request: Request, /, *, kind: str, number: int, **_: Any) -> Response:
    """GET /history/KIND/ID: its changes, the newest first; hidden ones are left out."""
    row = item_of(world, request, kind, number)
    entries = [one for one in reversed(row.history) if one.type == _CHANGE and not one.is_hidden]
    match request.query.get("type"):
        case "comment":
            entries = [one for one in entries if one.comment]
        case "activity":
            entries = [one for one in entries if not one.comment]
    return page_of(request, entries, _history_entry)


def _history_entry(entry: HistoryEntry) -> Json:
    return {
        "id": entry.id,
        "user": history_user(entry.user),
        "created_at": shown(entry.created_at),
        "type": entry.type,
        "key": entry.key,
        "diff": entry.diff,
        "snapshot": None,
        "values": entry.values,
        "values_diff": entry.values_diff,
        "comment": entry.comment,
        "comment_html": entry.comment_html,
        "delete_comment_date": shown(entry.delete_comment_date),
        "delete_comment_user": entry.delete_comment_user,
        "edit_comment_date": shown(entry.edit_comment_date),
        "is_hidden": entry.is_hidden,
        "is_snapshot": False,
    }
