"""The markers of blocks in a page: ours, and SilverBullet's, and what nearly is one.

Pure. A marker is an HTML comment; where a comment is one is told by `comments`. One that is nearly
a marker (`<!-- Taiga:`, `<!-- tagia:`, `<!-- taiga from …`) means nothing; who wrote it is told,
instead of waiting for a block that never comes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from taiga_notes.page.comments import comments
from taiga_notes.page.commonmark import Dialect
from taiga_notes.page.layout import LINE_END

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taiga_notes.page.comments import Comment


class Sign(Enum):
    """What a marker says."""

    OPEN = auto()
    """`<!-- #taiga: QUERY -->`, or `<!-- #taiga` with the query on the lines below; also without
    `#`, as we wrote it before SilverBullet began to show such comments with a button."""
    CLOSE = auto()
    """`<!-- /taiga CHECKSUM -->`."""
    BAKED_OPEN = auto()
    """`<!--#lua EXPR -->`."""
    BAKED_CLOSE = auto()
    """`<!--/lua-->`."""


@dataclass(frozen=True, slots=True)
class Marker:
    """A marker in a page.

    Attributes:
        sign: what it says.
        comment: the comment that it is.
        inner: offset of what follows the word that makes it a marker.
        end: offset behind its `-->`; -1 where there is none.
        line: 1-based line on which it begins.
        begin: offset of that line.
    """

    sign: Sign
    comment: Comment
    inner: int
    end: int
    line: int
    begin: int

    @property
    def start(self) -> int:
        """Offset of its `<!--`."""
        return self.comment.start


def has_marker(data: bytes) -> bool:
    """Whether a page may hold a block: cheap, and never wrongly false."""
    return b"<!--" in data and _MARKER_BYTES.search(data) is not None


def markers(text: str, dialect: Dialect = Dialect.COMMONMARK) -> Iterator[Marker]:
    """The markers of a page in their order, in one pass; see `layout`."""
    if not _ANY.search(text):
        return
    line, begin, position = 1, 0, 0
    arrows = _Arrows(text)
    for comment in comments(text, dialect):
        sign, inner = _sign(text, comment.start)
        if sign is None:
            continue
        for newline in LINE_END.finditer(text, position, comment.start):
            line, begin = line + 1, newline.end()
        position, end = comment.start, comment.end
        if end < 0 and sign is Sign.BAKED_OPEN:
            end = arrows.behind(inner)
        yield Marker(sign, comment, inner, end, line, begin)


# What JavaScript's \s matches: SilverBullet finds its sections by <!--#lua\s+([\s\S]*?)-->
_SPACE = "[\t-\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]"
OPENER = re.compile(r"<!--[ \t]*#?taiga(?::|(?=[ \t]*(?:[\r\n]|-->)))")
"""How an opener of ours begins, be it a comment or shown in code."""

_SIGNS = (
    (OPENER, Sign.OPEN),
    (re.compile(r"<!--[ \t]*/taiga(?=[ \t\r\n]|-->)"), Sign.CLOSE),
    (re.compile(f"<!--#lua(?={_SPACE})"), Sign.BAKED_OPEN),
    (re.compile("<!--/lua-->"), Sign.BAKED_CLOSE),
)
_ANY = re.compile(r"<!--(?:[ \t]*[#/]?taiga|#lua|/lua-->)")
_MARKER_BYTES = re.compile(rb"<!--(?:[ \t]*[#/]?taiga|#lua)")


def _sign(text: str, start: int) -> tuple[Sign | None, int]:
    for pattern, sign in _SIGNS:
        if match := pattern.match(text, start):
            return sign, match.end()
    return None, start


class _Arrows:
    """Ends of comments as SilverBullet sees them: at the next `-->`, whatever lists stand around.

    The last one found is kept, so that many comments without an end do not search the page anew.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.last: int | None = 0

    def behind(self, position: int) -> int:
        """The offset behind the next `-->`; -1 where there is none."""
        if self.last is not None and self.last < position:
            found = self.text.find("-->", position)
            self.last = found if found >= 0 else None
        return -1 if self.last is None else self.last + 3


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
    return _NEAR_MISS_BYTES.search(data) is not None


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
_NEAR_MISS_BYTES = re.compile(
    rb"<!--[ \t]*(?:#[ \t]*)?(?:/[ \t]*|end[ \t]+)?(?:%b)" % _MEANT.encode(), re.IGNORECASE
)
