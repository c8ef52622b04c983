"""The HTML comments of a page, and other spans that act within its prose.

Pure. A comment counts only where a Markdown reader takes it for one: not in code (see `layout`),
not in a code span, not behind a backslash, not within `%%` or another comment.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from taiga_notes.page.commonmark import Dialect
from taiga_notes.page.layout import PieceKind, layout

if TYPE_CHECKING:
    from taiga_notes.page.layout import Piece

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
