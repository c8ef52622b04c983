"""What in a page looks as if it were meant for us and is not: told, so that nobody waits for it.

Pure. What is live `bake` turns into blocks, a near miss is a typing error, and a marker in code is
text, as whoever shows it there wants it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from taiga_notes.bake.live import live
from taiga_notes.errors import BlockError
from taiga_notes.page.block_finder import occupied
from taiga_notes.page.commonmark import Dialect
from taiga_notes.page.layout import LINE_END
from taiga_notes.page.markers import OPENER, Sign, markers, near_misses
from taiga_notes.query import reads_taiga

if TYPE_CHECKING:
    from collections.abc import Iterator


class OverlookedKind(Enum):
    """What something that was passed by looks like."""

    LIVE = "live"
    NEAR_MISS = "near miss"
    IN_CODE = "in code"


@dataclass(frozen=True, slots=True)
class Overlooked:
    """Something that was passed by.

    Attributes:
        what: what it looks like.
        line: its 1-based line.
        hint: what to write instead; empty where it is nobody's mistake.
    """

    what: OverlookedKind
    line: int
    hint: str = ""


def may_be_live(data: bytes) -> bool:
    """Whether a page may hold a live query: cheap, and seldom wrongly true."""
    if data.count(b"${") > _MANY:
        return True  # looking behind each of them would take longer than reading the page
    return _DIRECTIVE.search(data) is not None or _FENCE.search(data) is not None


def overlooked(
    text: str, blocks: int, dialect: Dialect = Dialect.COMMONMARK
) -> tuple[Overlooked, ...]:
    """What a page holds that is passed by, in its order; nothing live where markers are wrong.

    Args:
        text: the page, its newlines untouched.
        blocks: how many blocks are known to be in it.
        dialect: which containers it may have.
    """
    found = [
        Overlooked(OverlookedKind.NEAR_MISS, each.line, each.hint)
        for each in near_misses(text, dialect)
    ]
    starts = [(OverlookedKind.LIVE, start) for start in _live(text, dialect)]
    if len(OPENER.findall(text)) != blocks:
        starts += ((OverlookedKind.IN_CODE, start) for start in _in_code(text, dialect))
    if starts:
        lines = [match.end() for match in LINE_END.finditer(text)]
        found += (Overlooked(what, bisect_right(lines, start) + 1) for what, start in starts)
    return tuple(sorted(found, key=lambda each: each.line))


_MANY = 2_000
_DIRECTIVE = re.compile(
    rb"\$\{[^}]{0,300}?(?:getTaigaTasks|query\s*\[\[\s*from\s[^\]]{0,80}?"
    rb"(?:userstories|tasks|issues|epics|milestones|sprints|wiki|projects|presets)\b)"
)
_FENCE = re.compile(rb"(?:```|~~~)[ \t]*taiga(?![^ \t\r\n])")


def _live(text: str, dialect: Dialect) -> Iterator[int]:
    """Where SilverBullet's directives and `taiga` fences begin that read Taiga."""
    if not may_be_live(text.encode("utf-8", "replace")):
        return
    try:
        taken = occupied(text, dialect=dialect)
    except BlockError:
        return  # the page is told of, and left alone
    for each in live(text, taken, reads_taiga, lambda _query, _form: "", dialect):
        yield each.start


def _in_code(text: str, dialect: Dialect) -> Iterator[int]:
    """Where an opener begins that is shown in code, or stands within another comment."""
    acting = {each.start for each in markers(text, dialect) if each.sign is Sign.OPEN}
    for found in OPENER.finditer(text):
        if found.start() not in acting:
            yield found.start()
