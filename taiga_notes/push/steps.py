"""The steps of a plan: what is to be changed and made, what is so already, what can't be sent.

Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from taiga_notes.push.pushable import NOUNS

if TYPE_CHECKING:
    from taiga_notes.push.base import RenderedItem
    from taiga_notes.push.new_items import NewItem


@dataclass(frozen=True, slots=True)
class ThreeValues:
    """Three values of one field, as people name them.

    Attributes:
        note: what the page asks for.
        rendered: what it was when the page was written.
        now: what it is in Taiga.
        by: who made it so; empty where that can't be told.
    """

    note: str
    rendered: str
    now: str
    by: str


@dataclass(frozen=True, slots=True)
class Spot:
    """Where an edit stands.

    Attributes:
        page: the page's name.
        line: 1-based line in it.
        block: place of its block among the plan's; -1 of what stands in no page.
        edit: what it is known by in its block, see `edits.key_of`.
    """

    page: str
    line: int
    block: int = -1
    edit: str = ""


@dataclass(frozen=True, slots=True)
class ItemChange:
    """One field of one item that is to be changed.

    Attributes:
        spots: where that is asked for.
        item: the item; its `values` are those of when the block was written.
        word: the clause's word for it.
        field: as Taiga names it.
        to: the value.
        closes: of a tick, whether the item is to be closed or opened; None of a cell.
        was_text: what it was when the block was written, as people name it.
        to_text: the value, likewise.
        note: what else is to be told.
        users: to whom a story is assigned now and shall be, where an undo knows it.
        blocked_note: why an item was blocked that an undo blocks again.
    """

    spots: tuple[Spot, ...]
    item: RenderedItem
    word: str
    field: str
    to: object
    closes: bool | None
    was_text: str
    to_text: str
    note: str = ""
    users: tuple[tuple[int, ...], tuple[int, ...]] | None = None
    blocked_note: str = ""


@dataclass(frozen=True, slots=True)
class Creation:
    """An item that is to be made.

    Attributes:
        spots: where its line stands.
        item: what it is to be.
        block: by which its line is known again; see `Request.block`.
    """

    spots: tuple[Spot, ...]
    item: NewItem
    block: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """An edit that is not sent.

    Attributes:
        spots: where it stands.
        what: the item, or the line.
        reason: why not.
        conflict: the three values, where Taiga's is another one than when the block was written.
        is_missing: see `Unsendable`.
        by_taiga: see `UnfitError`.
    """

    spots: tuple[Spot, ...]
    what: str
    reason: str
    conflict: ThreeValues | None = None
    is_missing: bool = False
    by_taiga: bool = False


@dataclass(frozen=True, slots=True)
class AlreadySo:
    """An edit that Taiga has already.

    Attributes:
        spots: where it stands.
        what: the item.
        reason: in which way.
    """

    spots: tuple[Spot, ...]
    what: str
    reason: str


Step = ItemChange | Creation | Refusal | AlreadySo


def name_of(item: RenderedItem) -> str:
    """An item as messages name it."""
    return f"{NOUNS[item.kind]} #{item.ref} {' '.join(item.subject.split())}".rstrip()
