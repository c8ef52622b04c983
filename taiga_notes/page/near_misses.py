"""Comments that are nearly markers: `<!-- Taiga:`, `<!-- tagia:`, `<!-- taiga from …`.

Pure. They mean nothing; who wrote them is told, instead of waiting for a block that never comes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taiga_notes.page.comments import comments
from taiga_notes.page.containers import Dialect
from taiga_notes.page.layout import LINE_END

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A comment that is nearly a marker.

    Attributes:
        start: its offset.
        line: its 1-based line.
        shown: how it begins.
        closes: whether an end marker was meant.
        hint: what to write.
    """

    start: int
    line: int
    shown: str
    closes: bool
    hint: str


def may_have_near_miss(data: bytes) -> bool:
    """Whether a page may have any: cheap, and never wrongly false."""
    return _BYTES.search(data) is not None


def near_misses(text: str, dialect: Dialect = Dialect.COMMONMARK) -> Iterator[NearMiss]:
    """The comments of a page that are nearly markers, in their order; see `layout`."""
    if not any(not _RIGHT.match(text, found.start()) for found in _NEAR.finditer(text)):
        return
    line, position = 1, 0
    for comment in comments(text, dialect):
        found = _NEAR.match(text, comment.start)
        if found is None or _RIGHT.match(text, comment.start):
            continue
        line += sum(1 for _ in LINE_END.finditer(text, position, comment.start))
        position = comment.start
        closes = found["slash"] is not None
        hint = "<!-- /taiga -->" if closes else "<!-- #taiga: from … -->"
        yield NearMiss(comment.start, line, found[0].strip(), closes, f"write {hint}")


_MEANT = "taiga|atiga|tiaga|tagia|taiag|taga|tiga|taia|taig|aiga|ttaiga|taaiga|taiiga|taigga|taigaa"
_CLAUSE = r"(?:from|where|group|order|limit|select|template|each|query)\b"
_RIGHT = re.compile(r"<!--[ \t]*(?:#?taiga(?::|(?=[ \t]*(?:[\r\n]|-->)))|/taiga(?=[ \t\r\n]|-->))")
_NEAR = re.compile(
    rf"<!--[ \t]*(?:#[ \t]*)?(?:(?P<slash>/[ \t]*|end[ \t]+))?(?:{_MEANT})(?:-notes)?\b"
    rf"(?:[ \t]*[:;=](?!/)|[ \t]*(?={_CLAUSE})|(?=[ \t]*[\r\n][ \t>]*{_CLAUSE})"
    rf"|(?(slash)(?=[ \t]*(?:[0-9a-f]{{8}}[ \t]*)?-->)|(?!)))",
    re.IGNORECASE,
)
_BYTES = re.compile(
    rb"<!--[ \t]*(?:#[ \t]*)?(?:/[ \t]*|end[ \t]+)?(?:%b)" % _MEANT.encode(), re.IGNORECASE
)
