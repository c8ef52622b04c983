"""The markers in a page: of blocks, ours and SilverBullet's, what nearly is one, of conflicts.

Pure. A marker is an HTML comment, and a comment counts only where a Markdown reader takes it for
one: not in code (see `layout`), not in a code span, not behind a backslash, not within `%%` or
another comment. One that is nearly a marker (`<!-- Taiga:`, `<!-- tagia:`, `<!-- taiga from …`)
means nothing; who wrote it is told, instead of waiting for a block that never comes.

The markers of merge conflicts are those that git and other programs write: `<<<<<<<`, one side,
`=======`, the other side, `>>>>>>>`; perhaps with what both came from behind `|||||||` between the
two; all as long as the first (git's `conflict-marker-size`), so that longer ones in between are the
text of a conflict within. Jujutsu writes `%%%%%%%`, `+++++++` and `-------` straight below the
first one. They stand at the beginning of their lines, whatever list or callout these belong to.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from itertools import islice
from typing import NamedTuple

from taiga_notes.page.commonmark import Dialect
from taiga_notes.page.layout import LINE_END, Piece, PieceKind, layout

Ending = Callable[[str, int, int], int]
"""From a page, the offset behind an opening, and the end of the section: the offset behind
what it opens, or -1 where that does not end in the section."""


class Span(NamedTuple):
    """Something that acts within a section.

    Attributes:
        opening: `<!--` or `${`.
        start: offset of that.
        end: offset behind the span; -1 where nothing ends it in its section.
    """

    opening: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Comment:
    """An HTML comment.

    Attributes:
        start: offset of its `<!--`.
        end: offset behind its `-->`; -1 where it does not end in its paragraph or container.
        first: offset of its line, if only list markers, `>` and blanks stand before it there;
            else -1.
        section: offset of the paragraph, heading or table cell that it stands in.
        containers: see `Piece`.
        in_cell: whether it stands in a table's cell, where `|` is written with a backslash.
    """

    start: int
    end: int
    first: int
    section: int
    containers: tuple[int, ...]
    in_cell: bool = False


def comments(text: str, dialect: Dialect = Dialect.COMMONMARK) -> Iterator[Comment]:
    """The comments of a page in their order, in one pass; see `layout`."""
    for piece in layout(text, dialect):
        if piece.kind is PieceKind.COMMENT:
            yield from _leading(text, piece)
        elif piece.kind is not PieceKind.FENCE:
            for begin, end in sections(text, piece):
                yield from _within(text, piece, begin, end)


def sections(text: str, piece: Piece) -> Iterator[tuple[int, int]]:
    """The parts of a piece that are read on their own: all of it, or each cell of a table."""
    if not piece.table:
        yield piece.start, piece.end
        return
    for match in _CELL.finditer(text, piece.start, piece.end):
        yield match.span()


def comment_end(text: str, position: int, end: int) -> int:
    """The `Ending` of `<!--`; `<!-->` and `<!--->` are whole comments."""
    closing = text.find("-->", position - 2, end)
    return closing + 3 if closing >= 0 else -1


COMMENTS: Mapping[str, Ending] = {"<!--": comment_end}


def spans(
    text: str, begin: int, end: int, endings: Mapping[str, Ending] = COMMENTS
) -> Iterator[Span]:
    """What acts in a section, in its order; what stands inside of another span is left out.

    Args:
        text: the page.
        begin: offset of the section.
        end: offset behind it.
        endings: what to look for: `<!--`, `${` or both, and how each ends.
    """
    runs: _Runs | None = None
    commented = True
    position = begin
    while match := _TOKEN.search(text, position, end):
        opening, position = match[0], match.end()
        if opening[0] == "`":
            runs = runs or _Runs(text, match.start(), end)
            position = runs.behind(position, len(opening))
        elif opening == "%%":
            closing = text.find("%%", position, end)
            position = closing + 2 if closing >= 0 else position
        elif opening in endings:
            # Where one comment has no end, no later one has: looking again would be quadratic.
            stop = endings[opening](text, position, end) if commented or opening == "${" else -1
            commented = commented and (stop >= 0 or opening == "${")
            yield Span(opening, match.start(), stop)
            position = max(position, stop)


_CELL = re.compile(r"(?:\\[^\r\n]|[^|\r\n\\])+")
_TOKEN = re.compile(r"\\[^\r\n]|`+|%%|<!--|\$\{")
_RUN = re.compile(r"`+")


class _Runs:
    """The runs of backticks in a section, so that each is looked at once."""

    def __init__(self, text: str, begin: int, end: int) -> None:
        self.starts: dict[int, list[int]] = {}
        for match in _RUN.finditer(text, begin, end):
            self.starts.setdefault(len(match[0]), []).append(match.start())

    def behind(self, position: int, length: int) -> int:
        """The offset behind the code span whose opening run ends at `position`.

        Without a run of the same length further on, the opening one is text: `position` itself.
        """
        starts = self.starts.get(length, [])
        index = bisect_left(starts, position)
        return starts[index] + length if index < len(starts) else position


def _leading(text: str, piece: Piece) -> Iterator[Comment]:
    """The comment with which the piece begins, and those behind it on its last line."""
    end = comment_end(text, piece.start + 4, piece.end) if piece.closed else -1
    yield Comment(piece.start, end, piece.line, piece.start, piece.containers)
    if piece.closed:
        yield from _within(text, piece, end, piece.end)


def _within(text: str, piece: Piece, begin: int, end: int) -> Iterator[Comment]:
    section = piece.start if piece.kind is PieceKind.COMMENT else begin
    for _, start, stop in spans(text, begin, end):
        yield Comment(start, stop, -1, section, piece.containers, piece.table)


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
        below = _line_ends(text, position, comment.start)
        if below:
            line, begin = line + below, 1 + _last_line_end(text, position, comment.start)
        position, end = comment.start, comment.end
        if end < 0 and sign is Sign.BAKED_OPEN:
            end = arrows.behind(inner)
        yield Marker(sign, comment, inner, end, line, begin)


def _line_ends(text: str, start: int, end: int) -> int:
    """How many there are between two offsets."""
    if text.find("\r", start, end) < 0:
        return text.count("\n", start, end)
    return sum(1 for _ in LINE_END.finditer(text, start, end))


def _last_line_end(text: str, start: int, end: int) -> int:
    """Offset of the last character of those."""
    return max(text.rfind(newline, start, end) for newline in "\r\n")


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
        line += _line_ends(text, position, comment.start)
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
    rf"|(?(slash)(?=[ \t]*(?:[0-9a-f]{{8}}[ \t]*)?(?:frozen\b[^\r\n>]*)?-->)"
    rf"|(?!)))",
    re.IGNORECASE,
)
_NEAR_MISS_BYTES = re.compile(
    rb"<!--[ \t]*(?:#[ \t]*)?(?:/[ \t]*|end[ \t]+)?(?:%b)" % _MEANT.encode(), re.IGNORECASE
)


MOST = 1_000
"""Conflicts that are looked for: each may concern each of a page's blocks."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """A conflict in a page.

    Attributes:
        line: 1-based line on which it begins.
        start: offset of that line.
        end: offset behind its last line, line end included.
        sides: the two texts between which to choose, line ends included; where there is no such
            choice, both are the conflict as it is.
    """

    line: int
    start: int
    end: int
    sides: tuple[str, str]


def conflicts(text: str) -> list[Conflict]:
    """The first `MOST` conflicts of a page in their order; what is not closed is none."""
    return list(islice(_conflicts(text), MOST)) if "<<<<<<<" in text else []


_CONFLICT_MARK = re.compile(r"(?:([<|=>])\1{6,}(?=[ \r\n]|\Z)|([%+-])\2{6,}(?=[ ]+[^\s]))")
_JUJUTSU = frozenset("%+-")


@dataclass(frozen=True, slots=True)
class _ConflictMark:
    """The line of a mark: its sign and their number, its 1-based number, its span."""

    sign: str
    size: int
    line: int
    begin: int
    end: int


def _conflicts(text: str) -> Iterator[Conflict]:
    opened: list[_ConflictMark] = []
    for mark in _conflict_marks(text):
        if mark.sign == "<" and not (opened and mark.size > opened[0].size):
            opened = [mark]
        elif opened and mark.size == opened[0].size and _counts(mark, opened):
            opened.append(mark)
            if mark.sign == ">":
                yield from _closed(text, opened)
                opened = []


def _conflict_marks(text: str) -> Iterator[_ConflictMark]:
    for line, (begin, end) in enumerate(_line_spans(text), 1):
        if match := _CONFLICT_MARK.match(text, begin):
            yield _ConflictMark(match[0][0], len(match[0]), line, begin, end)


def _counts(mark: _ConflictMark, opened: list[_ConflictMark]) -> bool:
    """Whether a mark is none of the lines that a side may hold."""
    straight_below = mark.begin == opened[0].end
    return mark.sign not in _JUJUTSU or straight_below or opened[-1].sign in _JUJUTSU


def _closed(text: str, marks: list[_ConflictMark]) -> Iterator[Conflict]:
    """The conflict of these marks, if they are one's."""
    first, second, middle, last = marks[0], marks[1], marks[-2], marks[-1]
    if second.sign in _JUJUTSU:
        # Its sides are changes, or more than two: they are never chosen from.
        whole = text[first.begin : last.end]
        yield Conflict(first.line, first.begin, last.end, (whole, whole))
    elif "".join(mark.sign for mark in marks) in {"<=>", "<|=>"}:
        sides = text[first.end : second.begin], text[middle.end : last.begin]
        yield Conflict(first.line, first.begin, last.end, sides)


def _line_spans(text: str) -> Iterator[tuple[int, int]]:
    """Where each line begins, and the offset behind its line end."""
    begin = 0
    for newline in LINE_END.finditer(text):
        yield begin, newline.end()
        begin = newline.end()
    yield begin, len(text)
