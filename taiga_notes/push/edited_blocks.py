"""The blocks of a page in which somebody changed what may be pushed.

Pure. Baked sections and blocks within a line are read-only; so is what was never rendered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from taiga_notes.errors import QueryError
from taiga_notes.page.block_finder import Form, unprefixed
from taiga_notes.page.checksum import before_ticks, checksums
from taiga_notes.page.layout import LINE_END
from taiga_notes.push.base import linked_items
from taiga_notes.push.edits import Unsendable, edits_of, sendable
from taiga_notes.query.engine import parsed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from taiga_notes.page.block_finder import Block
    from taiga_notes.push.base import BlockBase
    from taiga_notes.push.edits import Edit

    Bases = Callable[[str, str], BlockBase | None]
    """Gives what a block held, for its opener's text and what its end marker says."""

UNKNOWN = (
    "what this block held is not known here, and it can't be proved that up to 12 ticks were all "
    "that was changed: take the changes back, render first, and make them again"
)


@dataclass(frozen=True, slots=True)
class EditedBlock:
    """A block, and what was changed in it.

    Attributes:
        block: the block.
        body_line: 1-based line of the page on which its body begins.
        edits: what was changed, by line.
        base: what it held; None where only ticks could be proved.
        items: how many lines of items it held, for the guard.
    """

    block: Block
    body_line: int
    edits: tuple[Edit, ...]
    base: BlockBase | None
    items: int

    @property
    def sendable(self) -> int:
        """How many of the edits may be sent."""
        return sendable(self.edits)

    def line(self, edit: Edit) -> int:
        """The 1-based line of the page on which an edit stands."""
        is_missing = isinstance(edit, Unsendable) and edit.is_missing
        return self.block.line if is_missing else self.body_line + edit.line


def pushed(block: Block) -> tuple[str, ...]:
    """What a block sends to Taiga: the words of its clause `push`; none for what can't be read.

    What stays as it is sends nothing: writing in it is free.
    """
    # A frozen block's text is its author's: however it differs from what was rendered, nothing of
    # it is meant for Taiga.
    if block.form is not Form.NATIVE or block.state or "push" not in block.text:
        return ()
    try:
        return parsed(block.text).push
    except QueryError:
        return ()


def edited(text: str, block: Block, bases: Bases, web: str | None = None) -> EditedBlock | None:
    """What was changed in a block since we wrote it; None where nothing was, or is to be pushed.

    Args:
        text: the page.
        block: the block.
        bases: see `Bases`.
        web: the root of Taiga's web front, where links are read without a base; None for any.
    """
    words = pushed(block)
    said = block.checksum
    if not words or not block.body or said is None or said in checksums(block.body):
        return None
    base = bases(block.text, said)
    # By the base, or by the marker's own checksum: without either it is anybody's text, and nothing
    # of it is sent.
    before = before_ticks(block.body, said) if base is None else base.body
    if before is None:
        edits: Sequence[Edit] = [Unsendable(0, UNKNOWN, "")]
    else:
        # Rows of a file may not say what an item is.
        items = base.items if base and base.items else linked_items(before, web)
        edits = edits_of(before, block.body, items, words)
    if not edits:
        return None
    lines = len([line for line in LINE_END.split(before or block.body) if "](" in line])
    return EditedBlock(block, _body_line(text, block), tuple(edits), base, lines)


def _body_line(text: str, block: Block) -> int:
    """The 1-based line of the page on which a block's body begins."""
    raw = text[block.start : block.end]
    lines = unprefixed(raw, block.prefix)
    blanks = next((at for at, line in enumerate(lines) if line.strip(" \t")), 0)
    return 1 + len(LINE_END.findall(text[: block.start])) + blanks
