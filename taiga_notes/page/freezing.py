"""Blocks that stay as they are: what their end markers say, and what makes them so, or not so.

Pure. `<!-- /taiga 3f9a2c81 frozen 2026-12-05 -->` says that what stands above it stays: nobody
evaluates the block any more, and whoever wants to may write in it. The state travels with the
page, so that all machines and programs that have the page know of it. The checksum before it stays
what it was, so that it can still be told whether somebody did write in it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from taiga_notes.errors import BlockError
from taiga_notes.page.block_finder import FROZEN, Block, Form, find_blocks
from taiga_notes.page.checksum import checksums
from taiga_notes.page.commonmark import Dialect
from taiga_notes.page.layout import LINE_END
from taiga_notes.page.splice import EDITED, without_notice

if TYPE_CHECKING:
    from collections.abc import Iterable

NATIVE_ONLY = (
    "only blocks with taiga-notes' own markers, alone on their lines, can stay as they are"
)
NATIVE_HINT = "write it as <!-- #taiga: from … -->, and <!-- /taiga --> on a line of its own"

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_THAW = "`taiga-notes thaw` takes it away, and the block is kept true again"


def state_since(day: date) -> str:
    """What an end marker says of a block that stays as it is from that day on."""
    return f"{FROZEN} {day.isoformat()}"


def frozen_since(block: Block) -> date | None:
    """Since when a block stays as it is; None where it does not.

    Raises:
        BlockError: its end marker says something else behind the checksum, or says it of a block
            that can't stay: it is to be left alone all the same.
    """
    if not block.state:
        return None
    if block.form is not Form.NATIVE:
        hint = f"take '{block.state}' out of its end marker"
        raise BlockError(NATIVE_ONLY, line=block.line, hint=hint)
    word, _, day = block.state.partition(" ")
    if word != FROZEN:
        raise BlockError(
            f"its end marker says '{block.state[:40]}', which this version does not know",
            line=block.line,
            hint=_THAW,
        )
    try:
        return date.fromisoformat(day if _DAY.fullmatch(day) else "")
    except ValueError:
        raise BlockError(
            f"its end marker says '{block.state[:40]}', without a date such as 2026-12-05",
            line=block.line,
            hint=f"write the date; or {_THAW}",
        ) from None


def is_filled(block: Block) -> bool:
    """Whether a block was rendered, and holds more than an error: nothing at all may be right."""
    if block.checksum is None:
        return False
    return bool(without_notice(block.body)) if block.body else block.checksum in checksums("")


def is_edited(block: Block) -> bool:
    """Whether somebody wrote in a block since we did, or in one in which we never did."""
    return bool(block.body) and block.checksum not in checksums(block.body)


def frozen(block: Block, day: date) -> Block | None:
    """A block in the state to stay as it is; None if it is in it already.

    Raises:
        BlockError: it can't stay: see `demand_native`; or there is nothing yet.
    """
    demand_native(block)
    if frozen_since(block) is not None:
        return None
    if not is_filled(block):
        message = "there is nothing in it yet that could stay"
        raise BlockError(message, line=block.line, hint="render it first")
    return replace(block, state=state_since(day))


def thawed(block: Block, *, force: bool) -> Block | None:
    """A block without such a state, so that it is kept true again; None if it is.

    Args:
        block: the block.
        force: whether also one in which somebody wrote, which was free to do.

    Raises:
        BlockError: it is not for us to change; or somebody wrote in it.
    """
    if not block.state:
        return None
    demand_native(block)
    if not force and is_edited(block):
        hint = "move your text out of the markers; or --force: `render` will ask what to do with it"
        raise BlockError(EDITED, line=block.line, hint=hint)
    return replace(block, state="")


def demand_native(block: Block) -> None:
    """Refuse SilverBullet's sections, and blocks within a line.

    Raises:
        BlockError: it is one.
    """
    if block.form is not Form.NATIVE:
        raise BlockError(NATIVE_ONLY, line=block.line, hint=NATIVE_HINT)


def ejected(text: str, blocks: Iterable[Block], dialect: Dialect = Dialect.COMMONMARK) -> str:
    """The page with the text of some blocks in their place: it is the page's own then.

    Args:
        text: the page in which `find_blocks` found the blocks.
        blocks: which ones; native ones.
        dialect: see `find_blocks`.

    Raises:
        BlockError: the page would not hold the same other blocks.
    """
    parts: list[str] = []
    position = 0
    gone = sorted(blocks, key=lambda block: block.opens)
    for block in gone:
        start, body, position_behind = _bared(text, block)
        parts += text[position:start], body
        position = position_behind
    bare = "".join([*parts, text[position:]])
    _prove_rest(text, bare, gone, dialect)
    return bare


_BLANK_REST = re.compile(r"[ \t>]*(?:\r\n|\r|\n|\Z)")


def _bared(text: str, block: Block) -> tuple[int, str, int]:
    """Where a block begins, what stands in its place, and where the page goes on.

    Blank lines stay between the text and what is not blank above and below, since a paragraph
    would go on in it. Behind a list item's marker the text begins on the same line.
    """
    begin = max(text.rfind("\n", 0, block.opens), text.rfind("\r", 0, block.opens)) + 1
    head = text[begin : block.opens]
    blank = block.prefix.rstrip(" \t")
    lines = [block.prefix + line if line else blank for line in block.body.split("\n")]
    behind = LINE_END.search(text, block.closes)
    end = behind.end() if behind else len(text)
    if head != block.prefix:
        # A list item's marker, which the text takes over.
        start, lines[0] = block.opens, lines[0].removeprefix(block.prefix)
    else:
        start = begin
        if block.body and begin and not _is_blank(text, _line_before(text, begin)):
            lines.insert(0, blank)
    if not block.body and start == begin:
        # Of the blank lines above and below, one is enough.
        above = not begin or _is_blank(text, _line_before(text, begin))
        below = LINE_END.search(text, end) if above and _is_blank(text, end) else None
        return start, "", below.end() if below else end
    if block.body and end < len(text) and not _is_blank(text, end):
        lines.append(blank)
    written = block.newline.join(lines)
    return start, written + (behind[0] if behind else ""), end


def _is_blank(text: str, position: int) -> bool:
    """Whether a line that begins there is blank, quote marks apart."""
    return _BLANK_REST.match(text, position) is not None


def _line_before(text: str, begin: int) -> int:
    """The offset of the line before the one that begins there."""
    end = begin - (2 if text[begin - 2 : begin] == "\r\n" else 1)
    return max(text.rfind("\n", 0, end), text.rfind("\r", 0, end)) + 1


def _prove_rest(old: str, new: str, gone: list[Block], dialect: Dialect) -> None:
    """Read the page again: what becomes the page's own must not act on its other blocks."""
    find = partial(find_blocks, dialect=dialect)
    starts = {block.opens for block in gone}
    expected = [
        (each.text, each.body, each.state) for each in find(old) if each.opens not in starts
    ]
    if [(each.text, each.body, each.state) for each in find(new)] != expected:
        raise BlockError(
            "the page would not hold the same other blocks without these markers",
            line=gone[0].line,
            hint="it was left as it is",
        )
