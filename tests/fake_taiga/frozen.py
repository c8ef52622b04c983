"""The fields whose changes Taiga tracks, and how it shows such a change."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from tests.fake_taiga.model import (
    Epic,
    Issue,
    Milestone,
    RelatedStory,
    Story,
    Task,
    WikiPage,
    kind_of,
)

if TYPE_CHECKING:
    from tests.fake_taiga.model import Attachment, Dated, Item, Json, Row
    from tests.fake_taiga.world import World

ORDERS = {
    *("backlog_order", "sprint_order", "kanban_order"),
    *("us_order", "taskboard_order", "epics_order", "order"),
}
"""A change of nothing but these is hidden: no timeline entry, no webhook."""

_NAMED = {"type", "priority", "severity"}
_TEXTS = {"description", "content", "blocked_note"}


def freeze(row: Row) -> Json:
    """The tracked fields of a row, as ids and plain values."""
    match row:
        case Story():
            # `assigned_to` is deprecated there: `assigned_users` tells of it.
            item = {name: one for name, one in _item(row).items() if name != "assigned_to"}
            return item | _dated(row) | _story(row)
        case Task():
            return _item(row) | _dated(row) | _task(row)
        case Issue():
            return _item(row) | _dated(row) | _issue(row)
        case Epic():
            return _item(row) | {"color": row.color, "epics_order": row.epics_order}
        case Milestone():
            return {
                "name": row.name,
                "slug": row.slug,
                "estimated_start": row.estimated_start.isoformat(),
                "estimated_finish": row.estimated_finish.isoformat(),
                "closed": row.closed,
            }
        case WikiPage():
            return {"slug": row.slug, "content": row.content}
        case RelatedStory():
            return {"user_story": row.story.id, "epic": row.epic.id, "order": row.order}
        case _:
            raise TypeError(row)


def _item(item: Item) -> Json:
    return {
        "subject": item.subject,
        "description": item.description,
        "status": item.status.id,
        "assigned_to": item.assigned_to and item.assigned_to.id,
        "tags": list(item.tags),
        "is_blocked": item.is_blocked,
        "blocked_note": item.blocked_note,
        "attachments": [attachment_info(one) for one in item.attachments],
        "custom_attributes": _custom(item),
    }


def _custom(item: Item) -> list[Json]:
    if not item.custom_values:
        return []
    known = item.project.custom_attributes.get(kind_of(item), [])
    return [
        {"id": one.id, "name": one.name, "type": one.type, "value": item.custom_values[str(one.id)]}
        for one in known
        if str(one.id) in item.custom_values
    ]


def _dated(item: Dated) -> Json:
    return {
        "milestone": item.milestone and item.milestone.id,
        "due_date": item.due_date and item.due_date.isoformat(),
    }


def _story(story: Story) -> Json:
    return {
        "is_closed": story.is_closed,
        "finish_date": str(story.finish_date),
        "kanban_order": story.kanban_order,
        "sprint_order": story.sprint_order,
        "backlog_order": story.backlog_order,
        "assigned_users": assigned_ids(story),
        "points": {str(role): points.id for role, points in story.points.items()},
        "client_requirement": story.client_requirement,
        "team_requirement": story.team_requirement,
    }


def assigned_ids(story: Story) -> list[int]:
    """Who a story is assigned to, the main one included."""
    ids = [user.id for user in story.assigned_users]
    if story.assigned_to is not None and story.assigned_to.id not in ids:
        ids.append(story.assigned_to.id)
    return ids


def _task(task: Task) -> Json:
    return {
        "user_story": task.user_story and task.user_story.id,
        "us_order": task.us_order,
        "taskboard_order": task.taskboard_order,
        "is_iocaine": task.is_iocaine,
    }


def _issue(issue: Issue) -> Json:
    return {
        "type": issue.type.id,
        "priority": issue.priority.id,
        "severity": issue.severity.id,
        "promoted_to": list(issue.promoted_to),
    }


def difference(old: Json, new: Json) -> dict[str, list[Any]]:
    """The fields that changed, with the value before and after."""
    return {name: [old.get(name), value] for name, value in new.items() if old.get(name) != value}


def shown_difference(world: World, row: Row, kind: str, diff: dict[str, list[Any]]) -> Json:
    """A difference as the history, the timeline and webhooks show it: names in place of ids."""
    shown: Json = {}
    for name, (old, new) in diff.items():
        if name in _TEXTS:
            shown[f"{name}_diff"] = [None, _text_difference(old, new)]
            if name != "description":
                shown[f"{name}_html"] = [html_of(old), html_of(new)]
        elif name == "attachments":
            shown[name] = _attachments(old or [], new)
        elif name == "custom_attributes":
            shown[name] = _attributes(old or [], new)
        elif name == "points":
            shown[name] = _points(row, old, new)
        else:
            shown[name] = [_display(world, row, kind, name, value) for value in (old, new)]
    return shown


def _text_difference(old: str, new: str) -> str:
    parts = [
        f'<del style="background:#ffe6e6;">{escape(old)}</del>' if old else "",
        f'<ins style="background:#e6ffe6;">{escape(new)}</ins>' if new else "",
    ]
    return "".join(parts)


def html_of(text: str | None) -> str:
    """Taiga's rendering of Markdown, near enough: headings and paragraphs, the rest as it is."""
    blocks = [block.strip() for block in (text or "").split("\n\n") if block.strip()]
    return "\n".join(_block_html(block) for block in blocks)


def _block_html(block: str) -> str:
    if block.startswith("# "):
        title = escape(block[2:], quote=False)
        return f'<h1 id="{title.lower().replace(" ", "-")}">{title}</h1>'
    return f"<p>{escape(block, quote=False)}</p>"


def _display(world: World, row: Row, kind: str, name: str, value: Any) -> Any:
    project = row.project
    if name == "status":
        return _name_of(project.statuses[kind], value)
    if name in _NAMED:
        return _name_of(project.choices[name], value)
    if name == "milestone":
        return _name_of(world.rows["milestones"].values(), value)
    if name == "assigned_to":
        return world.users[value].full_name if value in world.users else value
    if name == "assigned_users":
        return ", ".join(world.users[one].full_name for one in value or []) or None
    if name == "user_story" and value in world.rows["userstories"]:
        story = world.rows["userstories"][value]
        return f"#{story.ref} {story.subject}"
    return value


def _name_of(choices: Any, wanted: int | None) -> str | None:
    return next((choice.name for choice in choices if choice.id == wanted), None)


def _points(row: Row, old: dict[str, int] | None, new: dict[str, int]) -> Json:
    roles = {str(role.id): role.name for role in row.project.roles}
    names = {points.id: points.name for points in row.project.points}
    before = old or {}
    return {
        roles[role]: [names.get(before.get(role, 0)), names[points]]
        for role, points in new.items()
        if before.get(role) != points
    }


def _attachments(old: list[Json], new: list[Json]) -> Json:
    return {
        "new": [one for one in new if one not in old],
        "changed": [],
        "deleted": [one for one in old if one not in new],
    }


def _attributes(old: list[Json], new: list[Json]) -> Json:
    before = {one["id"]: one for one in old}
    after = {one["id"]: one for one in new}
    return {
        "new": [one | _value_diff(None, one["value"]) for one in new if one["id"] not in before],
        "changed": [
            _changed(before[number], one)
            for number, one in after.items()
            if number in before and before[number] != one
        ],
        "deleted": [one for one in old if one["id"] not in after],
    }


def _changed(old: Json, new: Json) -> Json:
    return {
        "name": new["name"],
        "changes": {"value": [old["value"], new["value"]]},
        "type": new["type"],
        **_value_diff(old["value"], new["value"]),
    }


def _value_diff(old: Any, new: Any) -> Json:
    if isinstance(new, str):
        return {"value_diff": _text_difference(old or "", new)}
    return {"value_diff": [old, new]}


def attachment_info(attachment: Attachment) -> Json:
    """An attachment as the history shows it."""
    return {
        "id": attachment.id,
        "url": f"http://taiga.example/media/{attachment.path}",
        "order": attachment.order,
        "filename": attachment.filename,
        "description": attachment.description,
        "attached_file": attachment.path,
        "is_deprecated": False,
        "thumbnail_file": None,
    }
