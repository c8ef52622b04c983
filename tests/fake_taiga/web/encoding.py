"""Rows as encoded JSON, kept until they change: a list of 10,000 stories must be quick."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fake_taiga.model import Epic
from tests.fake_taiga.shapes import items, stories
from tests.fake_taiga.web.messages import encode

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    from tests.fake_taiga.model import Item, Json, User
    from tests.fake_taiga.world import World

    Shape = Callable[[Any, User | None, date], Json]

LISTED: dict[str, Shape] = {
    "userstories": stories.listed_story,
    "tasks": items.listed_task,
    "issues": items.listed_issue,
    "epics": items.listed_epic,
}


def encoded(world: World, item: Item, shape: Shape, viewer: User | None) -> bytes:
    """An item's JSON in some shape, from its memory if nothing that shows in it changed."""
    today = world.clock.now().date()
    if isinstance(item, Epic):
        # Its counts depend on the state of stories and tasks, and there are few epics.
        return encode(shape(item, viewer, today))
    key = _key(item, shape.__name__, viewer, today)
    epoch, found = item.encoded.get(key, (-1, b""))
    if epoch != item.project.epoch:
        found = encode(shape(item, viewer, today))
        item.encoded[key] = (item.project.epoch, found)
    return found


def _key(item: Item, shape: str, viewer: User | None, today: date) -> str:
    day = today.isoformat() if getattr(item, "due_date", None) else ""
    if viewer is None or not (item.watchers or item.voters):
        return shape + day
    return f"{shape}{day}{viewer.id in item.watchers}{viewer.id in item.voters}"
