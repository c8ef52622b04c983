"""The blocks of a page in which somebody changed what may be pushed.

Pure. Baked sections and blocks within a line are read-only; so is what was never rendered.
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import or_
from typing import TYPE_CHECKING

from taiga_notes.errors import QueryError
from taiga_notes.page.block_finder import Form, unprefixed
from taiga_notes.page.checksum import before_ticks, checksums
from taiga_notes.page.layout import LINE_END
from taiga_notes.push.base import BlockBase, linked_items
from taiga_notes.push.edits import NewLine, Unsendable, edits_of, key_of, taken_back
from taiga_notes.query.engine import parsed

if TYPE_CHECKING:
    from collections.abc import Callable

    from taiga_notes.page.block_finder import Block
    from taiga_notes.push.edits import Edit

    Bases = Callable[[str, str], BlockBase | None]
    """Gives what a block held, for its opener's text and what its end marker says."""

SENT_BEFORE = "it is sent, and stands here until the rest of its block is"
"""What is said of an edit that an earlier push sent."""

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
        base: what it held, without its items where only ticks could be proved; None where nothing
            is known of it.
        items: how many lines of items it held, for the guard.
    """

    block: Block
    body_line: int
    edits: tuple[Edit, ...]
    base: BlockBase | None
    items: int

    @property
    def sendable(self) -> int:
        """How many of the edits wait to be sent."""
        return sum(not (isinstance(each, Unsendable) or self.is_sent(each)) for each in self.edits)

    def is_sent(self, edit: Edit) -> bool:
        """Whether an edit is in Taiga, and stands in the page until others of its block are."""
        return self.base is not None and key_of(edit) in self.base.sent

    @property
    def is_over(self) -> bool:
        """Whether nothing would be lost with the edits, since they are in Taiga."""
        sent = [self.is_sent(edit) for edit in self.edits]
        missing = [isinstance(edit, Unsendable) and edit.is_missing for edit in self.edits]
        # Who only deletes lines is told of it, and keeps the block as it is.
        return any(sent) and all(map(or_, sent, missing))

    def unlike(self, body: str) -> tuple[str, ...]:
        """What is told of edits that were sent where Taiga has something else by now.

        Args:
            body: what Taiga gives, which is about to take the edits' place.
        """
        if self.base is None:
            return ()
        items = self.base.items or linked_items(self.base.body, None)
        left = edits_of(body, self.block.body, items, pushed(self.block))
        changed = [each for each in left if not isinstance(each, NewLine) and self.is_sent(each)]
        refs = dict.fromkeys(each.item.ref for each in changed if not isinstance(each, Unsendable))
        return tuple(f"#{ref} was changed in Taiga since it was pushed from here" for ref in refs)

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
    # By the base, or by the marker's own checksum: without either it is anybody's text, and nothing
    # of it is sent.
    base = bases(block.text, said) or _proved(block.body, said)
    if base is None:
        edits: list[Edit] = [Unsendable(0, UNKNOWN, "")]
    else:
        # Rows of a file may not say what an item is.
        items = base.items or linked_items(base.body, web)
        edits = edits_of(base.body, block.body, items, words)
        if base.sent:
            edits += taken_back(block.body, edits, base.sent)
    if not edits:
        return None
    held = block.body if base is None else base.body
    lines = len([line for line in LINE_END.split(held) if "](" in line])
    return EditedBlock(block, _body_line(text, block), tuple(edits), base, lines)


def _proved(body: str, said: str) -> BlockBase | None:
    """What a body was before ticks alone, proved by its checksum; None where that fails."""
    before = before_ticks(body, said)
    return None if before is None else BlockBase(said, before, ())


def _body_line(text: str, block: Block) -> int:
    """The 1-based line of the page on which a block's body begins."""
    raw = text[block.start : block.end]
    lines = unprefixed(raw, block.prefix)
    blanks = next((at for at, line in enumerate(lines) if line.strip(" \t")), 0)
    return 1 + len(LINE_END.findall(text[: block.start])) + blanks
