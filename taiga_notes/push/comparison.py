"""An item as it is now, as it was when its block was written, and as the note wants it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taiga_notes.model.kinds import USERSTORIES
from taiga_notes.push.pushable import ASSIGNEE, BLOCKED, NOTE, USERS
from taiga_notes.push.steps import ThreeValues
from taiga_notes.push.vocabulary import UnfitError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taiga_notes.push.base import RenderedItem
    from taiga_notes.push.remote import Item, Remote
    from taiga_notes.push.steps import ItemChange
    from taiga_notes.push.vocabulary import Vocabulary


def as_wanted(change: ItemChange, now: Item) -> bool:
    """Whether there is nothing to send: the value is so, or the item as open or closed as asked."""
    if change.closes is not None and now.get("is_closed") is change.closes:
        return True
    return now.get(change.field) == change.to


def is_as_it_was(change: ItemChange, now: Item) -> bool:
    """Whether Taiga's value is still that of when the block was written, as far as it is known."""
    values = change.item.values
    if not change.item.is_known:
        return now.get("is_closed") is (not change.closes)
    # A field that the base does not hold is a conflict: two that are missing are not two that
    # agree.
    return change.field in values and now.get(change.field) == values[change.field]


def conflict_of(
    change: ItemChange, now: Item, values: Vocabulary, remote: Remote
) -> ThreeValues | None:
    """The three values, where Taiga's is not that of when the block was written; else None."""
    if is_as_it_was(change, now):
        return None
    value = now.get(change.field)
    by = _author(change, remote.history(change.item.kind, change.item.id), value)
    return ThreeValues(change.to_text, change.was_text, values.text(change.field, value), by)


def lost_note(field: str, to: object, now: Item) -> str:
    """Why an item is blocked, where a change of one of its fields takes that away; else empty."""
    note = now.get(NOTE)
    return note if field == BLOCKED.raw and to is False and isinstance(note, str) else ""


def diff_key(kind: str, field: str) -> str:
    """Under which name a history tells of a field: of stories, all who are assigned (k5)."""
    return USERS if (kind, field) == (USERSTORIES.name, ASSIGNEE.raw) else field


def _author(change: ItemChange, history: Sequence[Item], value: object) -> str:
    key = diff_key(change.item.kind, change.field)
    for entry in history:
        match entry.get("diff"):
            case dict(diff) if isinstance(diff.get(key), list):
                found = diff[key]
                # The newest entry has to end at what is there now: a bulk move leaves none (k3),
                # and an older one's author would be named for it.
                is_it = key == USERS or found[-1:] == [value]
                return author_of(entry) if is_it else ""
    return ""


def author_of(entry: Item) -> str:
    """Who made an entry of a history."""
    match entry.get("user"):
        case {"name": str(name)} if name:
            return " ".join(name.split())
        case {"username": str(name)}:
            return name
    return ""


def keeps(remote: Remote, item: RenderedItem, *, closes: bool) -> None:
    """Check that an item's tasks do not hold it as it is: they close a story, not its status (k2).

    Raises:
        UnfitError: they do.
    """
    if item.kind != USERSTORIES.name:
        return
    tasks = remote.tasks_of(item.project, item.id)
    opened = sum(not task.get("is_closed") for task in tasks)
    if closes and opened:
        noun = "1 task is open" if opened == 1 else f"{opened} tasks are open"
        raise UnfitError(f"{noun}; Taiga would keep it open")
    if not closes and tasks and not opened:
        noun = "its task is closed" if len(tasks) == 1 else f"its {len(tasks)} tasks are closed"
        raise UnfitError(f"{noun}; Taiga would keep it closed")
