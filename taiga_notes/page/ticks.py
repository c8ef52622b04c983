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
from typing import TYPE_CHECKING
from zlib import crc32

from taiga_notes.page.checksum import checksum, words_of

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    if not _BOX.search(bare) or not _HEX.fullmatch(before):
        return False
    wanted = int(before, 16) ^ int(checksum(bare), 16)
    amounts = [*_amounts(bare)]
    sets = chain.from_iterable(combinations(amounts, size) for size in range(len(amounts) + 1))
    return any(reduce(xor, amount, 0) == wanted for amount in islice(sets, MOST))


_BOX = re.compile(r"^([ \t>]*(?:[-+*]|\d{1,9}[.)])[ \t]+\[)([ xX])(?=\][ \t])", re.MULTILINE)
_DONE = re.compile(r"(?<![ \t])[ \t]+\u2705[ \t]*\d{4}-\d\d-\d\d(?=[ \t]*$)", re.MULTILINE)
_HEX = re.compile(r"[0-9a-f]{8}")

_HERE = "\x00"
"""Stands for a box in a body; hardly any page holds a NUL, and one is no box that can be ticked."""

_ALL = 0xFFFFFFFF
"""What a CRC is xor-ed with before and behind, so that leading zeros count."""


def _amounts(body: str) -> Iterator[int]:
    """By how much each tick changes the checksum, the last box first; in one pass.

    It is the CRC of a text of zeros that holds, in place of the box, what the tick changes there:
    each further byte behind the box turns it once more.
    """
    parts = words_of(_BOX.sub(rf"\1{_HERE}", body)).split(_HERE)
    # `[X]` before a tab is the one box that keeps its letter: to untick it is told as an edit.
    amount = crc32(bytes([ord(" ") ^ ord("x")]), _ALL) ^ _ALL
    behind = 0
    for part in reversed(parts[1:]):
        zeros = bytes(behind + len(part.encode("utf-8", "surrogatepass")))
        amount = crc32(zeros, amount ^ _ALL) ^ _ALL
        behind = 1
        yield amount
