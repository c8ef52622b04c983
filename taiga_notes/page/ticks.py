"""Telling ticks from other edits: whether checkboxes were ticked in a body, and nothing else.

Pure. What stood there before is gone; its checksum is not. A checksum of 32 bits is linear in the
bits of the text, so that a tick changes it by the same amount whatever the other boxes hold: the
boxes that were ticked are those whose amounts together make the difference.
"""

from __future__ import annotations

import re
from functools import reduce
from itertools import chain, combinations, islice
from operator import xor

from taiga_notes.page.checksum import checksum

MOST = 50_000
"""Sets of boxes that are tried, the smaller ones first: two of 300 boxes, three of 60, any of 15.
So few are hardly ever right by chance: once in 80,000 edits."""


def only_ticked(body: str, before: str) -> bool:
    """Whether boxes were ticked, or unticked, and nothing else was changed.

    Args:
        body: what stands between the markers now.
        before: the checksum of what stood there.
    """
    # Obsidian's Tasks plug-in adds the day.
    bare = _DONE.sub("", body)
    boxes = list(_BOX.finditer(bare))
    if not boxes or not _HEX.fullmatch(before):
        return False
    now = int(checksum(bare), 16)
    wanted = int(before, 16) ^ now
    amounts = [int(checksum(_turned(bare, box)), 16) ^ now for box in boxes]
    sets = chain.from_iterable(combinations(amounts, size) for size in range(len(amounts) + 1))
    return any(reduce(xor, amount, 0) == wanted for amount in islice(sets, MOST))


_BOX = re.compile(r"^[ \t>]*(?:[-+*]|\d{1,9}[.)])[ \t]+\[([ xX])\](?=[ \t])", re.MULTILINE)
_DONE = re.compile(r"[ \t]+\u2705[ \t]*\d{4}-\d\d-\d\d(?=[ \t]*$)", re.MULTILINE)
_HEX = re.compile(r"[0-9a-f]{8}")


def _turned(body: str, box: re.Match[str]) -> str:
    """The body with one box ticked that is not, or the other way round."""
    return f"{body[: box.start(1)]}{'x' if box[1] == ' ' else ' '}{body[box.end(1) :]}"
