"""Resolving merge conflicts in which both sides are our output only.

Pure. Two machines that render one vault from two states of Taiga give git a conflict in each block
whose rows changed: in its body, in its checksum, or in the line that an inline block stands in.
Which side is taken does not matter then, since the block is rendered next.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from taiga_notes.errors import BlockError
from taiga_notes.page.block_finder import CONFLICT, CONFLICT_HINT, Block, Ours, find_blocks
from taiga_notes.page.checksum import checksum
from taiga_notes.page.commonmark import Dialect
from taiga_notes.page.markers import Conflict, conflicts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def resolved(
    text: str, *, page: str = "", ours: Ours | None = None, dialect: Dialect = Dialect.COMMONMARK
) -> str:
    """The page without the conflicts between two outputs of ours; the same page without any.

    Args:
        text: the page, its newlines untouched.
        page: its name, for errors.
        ours: see `block_finder.find_blocks`.
        dialect: likewise.

    Raises:
        BlockError: another conflict stands in a block or around one; the blocks are not in order.
    """
    found = conflicts(text)
    if not found:
        return text
    try:
        sides = [
            _Side.of(text, found, number, partial(find_blocks, ours=ours, dialect=dialect))
            for number in (0, 1)
        ]
    except BlockError:
        chosen: Sequence[int | None] = [None] * len(found)
    else:
        known = _Known(sides)
        chosen = [_choice(sides, number, known) for number in range(len(found))]
    result = _spliced(text, found, chosen)[0]
    blocks = find_blocks(result, page=page, ours=ours, dialect=dialect)
    for conflict in conflicts(result):
        if any(block.opens < conflict.end and conflict.start < block.closes for block in blocks):
            raise BlockError(CONFLICT, page=page, line=conflict.line, hint=CONFLICT_HINT)
    return result


@dataclass(frozen=True, slots=True)
class _Side:
    """The page as one side of all conflicts has it.

    Attributes:
        text: the page.
        spans: where each conflict's side stands in it.
        blocks: its blocks.
    """

    text: str
    spans: Sequence[tuple[int, int]]
    blocks: Sequence[Block]

    @classmethod
    def of(
        cls,
        text: str,
        found: Sequence[Conflict],
        number: int,
        find: Callable[[str], Sequence[Block]],
    ) -> _Side:
        """The first side, or the second, whose blocks `find` finds.

        Raises:
            BlockError: its blocks are not in order.
        """
        side, spans = _spliced(text, found, [number] * len(found))
        return cls(side, spans, find(side))

    def touched(self, number: int) -> list[Block]:
        """The blocks of whose output a conflict's side holds a part."""
        start, end = self.spans[number]
        return [block for block in self.blocks if block.start <= end and start <= block.end]

    def rest(self, number: int, known: _Known) -> str:
        """A conflict's side without our output."""
        start, end = self.spans[number]
        parts = []
        for block in self.touched(number):
            if known.ours(block):
                parts += [self.text[start : max(start, block.start)], f"\0{block.text}\0"]
                start = min(end, block.end)
        return "".join([*parts, self.text[start:end]])


class _Known:
    """What is known to be our output: the bodies that fit a checksum of either side, by opener.

    Git merges lines apart from each other by itself. So the side that was rendered first may hold
    lines of the other's body, and fit no checksum; its lines are ours if they stand in a body that
    does fit one.
    """

    def __init__(self, sides: Sequence[_Side]) -> None:
        blocks = [block for side in sides for block in side.blocks]
        self._sums: defaultdict[str, set[str]] = defaultdict(set)
        self._lines: defaultdict[str, set[str]] = defaultdict(set)
        for block in blocks:
            self._sums[block.text].add(block.checksum or "")
        for block in blocks:
            if self._fits(block):
                self._lines[block.text].update(_lines(block))

    def ours(self, block: Block) -> bool:
        """Whether a block holds nothing but our output."""
        return self._fits(block) or self._lines[block.text].issuperset(_lines(block))

    def _fits(self, block: Block) -> bool:
        return not block.body or checksum(block.body) in self._sums[block.text]


def _lines(block: Block) -> set[str]:
    return {line.strip(" \t") for line in block.body.split("\n")}


def _choice(sides: Sequence[_Side], number: int, known: _Known) -> int | None:
    """Which side to take; None where one has more than our output, or no block at all."""
    touched = [side.touched(number) for side in sides]
    if not all(touched) or sides[0].rest(number, known) != sides[1].rest(number, known):
        return None
    # What stays as it is, on one machine, stays so: if on both, then what did so first.
    first = sorted((0, 1), key=lambda choice: [block.state or "g" for block in touched[choice]])
    for choice in first:
        fits = all(
            not block.body or block.checksum == checksum(block.body) for block in touched[choice]
        )
        if fits and _staying(touched[1 - choice]) <= _staying(touched[choice]):
            return choice
    return None


def _staying(blocks: Sequence[Block]) -> set[str]:
    """The openers' texts of blocks that stay as they are."""
    return {block.text for block in blocks if block.state}


def _spliced(
    text: str, found: Sequence[Conflict], chosen: Sequence[int | None]
) -> tuple[str, list[tuple[int, int]]]:
    """The page with sides in place of conflicts, and where these stand then."""
    parts: list[str] = []
    spans: list[tuple[int, int]] = []
    position = length = 0
    for conflict, choice in zip(found, chosen, strict=True):
        whole = text[conflict.start : conflict.end]
        before, side = (
            text[position : conflict.start],
            whole if choice is None else conflict.sides[choice],
        )
        parts += before, side
        length += len(before)
        spans.append((length, length + len(side)))
        length += len(side)
        position = conflict.end
    return "".join([*parts, text[position:]]), spans
