"""The block structure of a page: where its prose, comments and code stand.

Pure. It reads a page as CommonMark does (with GFM's tables, front matter and Obsidian's `%%`
comments), line by line, as far as is needed to tell text that acts from text that is only shown.
What is shown only (fenced and indented code, `<pre>`, front matter, `%%` blocks) yields nothing,
save that fences come out as pieces of their own, because `bake` looks for ```` ```taiga ````.

A line ends at LF, CR LF or a lone CR, as in CommonMark; a form feed or U+2028 ends none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from taiga_notes.page.commonmark import (
    Container,
    Cursor,
    Dialect,
    admonition_here,
    container_here,
    heads_table,
    left_open,
    tag_begins,
    verbatim_end,
)
from taiga_notes.page.front_matter_span import front_matter_end

if TYPE_CHECKING:
    from collections.abc import Iterator


class PieceKind(Enum):
    """What a piece of a page is."""

    PROSE = auto()
    """A paragraph, a heading or a table."""
    HTML = auto()
    """A line of raw HTML, such as `<div>`: comments act in it, Markdown does not."""
    COMMENT = auto()
    """Lines that begin with an HTML comment, to the end of the line on which it ends."""
    FENCE = auto()
    """Fenced code, from its opening fence to its closing one."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One piece of a page.

    Attributes:
        kind: what it is.
        line: offset of the line in which it begins.
        start: offset of its first character, behind list markers and `>`.
        end: offset behind its last character, line end excluded.
        containers: which quotes and list items it stands in, outermost first; each has a number
            of its own, so that two pieces compare equal here only within the same ones.
        closed: whether a comment or a fence ends before its container does.
        table: whether the piece is a GFM table, whose cells are read one by one.
    """

    kind: PieceKind
    line: int
    start: int
    end: int
    containers: tuple[int, ...]
    closed: bool = True
    table: bool = False


def layout(text: str, dialect: Dialect = Dialect.COMMONMARK) -> Iterator[Piece]:
    """The pieces of a page in their order, in one pass.

    Prose and HTML without a `<!--` or a `${` are left out.

    Args:
        text: the page, its newlines untouched, a byte order mark as U+FEFF.
        dialect: which containers it may have.
    """
    return _Layout(text, dialect).pieces()


LINE_END = re.compile(r"\r\n|\r|\n")
"""What ends a line of a page, as in CommonMark; U+2028 and form feeds do not."""

_PLAIN = re.compile(r"(?:[^\W\d_][^\r\n]*(\r\n|\r|\n|\Z))++")
"""Lines that begin with a letter: most lines of most pages."""
_ITEMS = re.compile(
    r"(?:[-+*][ ](?![ \t\r\n`~#<%=\-+*_>0-9!?])[^\r\n<$]*(?:\r\n|\r|\n)(?=[-+*][ ][^\s*-]))++"
)
"""Items of a list, a line each, all but its last; nothing begins in them, and nothing acts."""
_GAPS = re.compile(r"(?:(?:\#{1,6}[ ][^\r\n<$]*|[ \t]*)(?:\r\n|\r|\n))++")
"""Blank lines, and headings in which nothing acts."""
_FENCE = re.compile(r"`{3,}(?=[^`\r\n]*(?:[\r\n]|\Z))|~{3,}")
_HEADING = re.compile(r"#{1,6}(?=[ \t\r\n]|\Z)")
_UNDERLINE = re.compile(r"(?:=+|-+)[ \t]*(?=[\r\n]|\Z)")
_BREAK = re.compile(r"([*_-])(?:[ \t]*\1){2,}[ \t]*(?=[\r\n]|\Z)")
_BEGIN = frozenset("`~#<%=-+*_>0123456789!?")
"""With what a block or a container begins; any other character begins plain text."""
_ACTS = re.compile(r"<!--|\$\{")

_DEEPEST = 100
"""More quotes and items within each other than this are text: a blank line visits them all."""


_LONGEST_BREAK = 1_000
"""Longer thematic breaks are text: each container on a line looks at the rest of it."""


class _Leaf(Enum):
    NONE = auto()
    PARAGRAPH = auto()
    INDENTED = auto()
    FENCE = auto()
    COMMENT = auto()
    VERBATIM = auto()
    TAGS = auto()


_BEFORE_TEXT = frozenset((_Leaf.NONE, _Leaf.INDENTED, _Leaf.PARAGRAPH))
"""What a line of plain text goes on, or ends."""


class _Layout:
    """The state between two lines: open containers, and the one open leaf in the innermost."""

    def __init__(self, text: str, dialect: Dialect) -> None:
        self.text = text
        self.dialect = dialect
        self.containers: list[Container] = []
        self.numbers = 0
        self.leaf = _Leaf.NONE
        self.closer: re.Pattern[str] | None = None
        self.fence = ""
        self.in_tags = False
        self.table = False
        self.line = self.start = self.end = 0
        self.hidden = 0
        self.done: list[Piece] = []

    def pieces(self) -> Iterator[Piece]:
        position = front_matter_end(self.text)
        while position >= 0:
            position = self._many(position) or self._line(position)
            if self.done:
                yield from self.done
                self.done.clear()
        self._close()
        yield from self.done

    def _many(self, start: int) -> int:
        """Read the lines that begin here, as many as are of one simple kind.

        Returns:
            The offset behind them; 0 if the first one is of none.
        """
        if self.leaf is _Leaf.COMMENT:
            return self._comment_lines(start)
        if start < self.hidden or self.leaf not in _BEFORE_TEXT:
            return 0
        return self._items(start) or self._plain(start) or self._gaps(start)

    def _comment_lines(self, start: int) -> int:
        """Those of a comment outside of everything, but the last."""
        if self.containers:
            return 0
        closing = self.text.find("-->", start)
        last = closing if closing >= 0 else len(self.text)
        return 1 + max(self.text.rfind(newline, start, last) for newline in "\r\n")

    def _items(self, start: int) -> int:
        """Those of a list outside of everything, but its last item: each ends what is open."""
        match = _ITEMS.match(self.text, start)
        if match is None or len(self.containers) == _DEEPEST:
            return 0
        self._drop(0)
        return match.end()

    def _plain(self, start: int) -> int:
        """Those of plain text outside of everything."""
        if self.containers:
            return 0
        match = _PLAIN.match(self.text, start)
        if match is None:
            return 0
        if self.leaf is not _Leaf.PARAGRAPH:
            self.leaf = _Leaf.PARAGRAPH
            self.line = self.start = start
        self.end = match.start(1)
        return match.end()

    def _gaps(self, start: int) -> int:
        """Blank lines and headings outside of everything: each ends what is open."""
        if self.containers:
            return 0
        match = _GAPS.match(self.text, start)
        if match is None:
            return 0
        self._close()
        return match.end()

    def _line(self, start: int) -> int:
        """Read a line.

        Returns:
            The offset behind its line end; -1 if it has none.
        """
        newline = LINE_END.search(self.text, start)
        end, behind = newline.span() if newline else (len(self.text), -1)
        if start >= self.hidden:
            self._read(start, end)
        return behind

    def _read(self, start: int, end: int) -> None:
        cursor = Cursor(self.text, start, end)
        matched = self._matched(cursor)
        if self.leaf is not _Leaf.NONE and self.leaf is not _Leaf.PARAGRAPH:
            if matched == len(self.containers) and self._goes_on(cursor):
                return
            self._close()
        self._start(cursor, matched)

    def _matched(self, cursor: Cursor) -> int:
        for index, container in enumerate(self.containers):
            if not container.holds(cursor):
                return index
        return len(self.containers)

    def _goes_on(self, cursor: Cursor) -> bool:
        """Whether the line belongs to the open leaf, which is no paragraph."""
        match self.leaf:
            case _Leaf.INDENTED:
                return cursor.indented or cursor.blank
            case _Leaf.FENCE:
                self._in_fence(cursor)
            case _Leaf.COMMENT:
                self._in_comment(cursor, cursor.position)
            case _Leaf.VERBATIM:
                self._in_verbatim(cursor)
            case _:
                return self._in_tags(cursor)
        return True

    def _in_fence(self, cursor: Cursor) -> None:
        self.end = cursor.end
        line = self.text[cursor.position : cursor.end].rstrip(" \t")
        if not cursor.indented and line.startswith(self.fence) and not line.strip(self.fence[0]):
            self._close(closed=True)

    def _in_comment(self, cursor: Cursor, position: int) -> None:
        self.end = cursor.end
        if self.text.find("-->", position, cursor.end) >= 0:
            in_tags = self.in_tags
            self._close(closed=True)
            self.leaf = _Leaf.TAGS if in_tags else _Leaf.NONE

    def _in_verbatim(self, cursor: Cursor) -> None:
        if self.closer and self.closer.search(self.text, cursor.position, cursor.end):
            self.leaf = _Leaf.NONE

    def _in_tags(self, cursor: Cursor) -> bool:
        if cursor.blank:
            return False
        if not cursor.indented and self.text.startswith("<!--", cursor.position):
            self._comment(cursor, in_tags=True)
            return True
        self._tags(cursor)
        return True

    def _tags(self, cursor: Cursor) -> None:
        self._put_line(PieceKind.HTML, cursor)
        self.closer = left_open(self.text, cursor.position, cursor.end)
        self.leaf = _Leaf.VERBATIM if self.closer else _Leaf.TAGS

    def _start(self, cursor: Cursor, matched: int) -> None:
        """Open what begins on this line: containers first, then at most one leaf."""
        while not cursor.blank and not cursor.indented:
            if self.text[cursor.position] not in _BEGIN:
                break
            inside = self._in_paragraph() and matched == len(self.containers)
            if self._admonition_begins(cursor, matched) or self._leaf_begins(
                cursor, matched, inside=inside
            ):
                return
            if len(self.containers) == _DEEPEST:
                break
            container = container_here(cursor, self.numbers, inside=inside)
            if container is None:
                break
            self._drop(matched)
            self.containers.append(container)
            self.numbers += 1
            matched += 1
        self._text(cursor, matched)

    def _admonition_begins(self, cursor: Cursor, matched: int) -> bool:
        if self.dialect is not Dialect.MKDOCS or len(self.containers) == _DEEPEST:
            return False
        container = admonition_here(cursor, self.numbers)
        if container is None:
            return False
        self._drop(matched)
        self.containers.append(container)
        self.numbers += 1
        return True

    def _leaf_begins(self, cursor: Cursor, matched: int, *, inside: bool) -> bool:
        text, position = self.text, cursor.position
        match text[position]:
            case "`" | "~":
                return self._fence_begins(cursor, matched)
            case "#" if _HEADING.match(text, position):
                self._drop(matched)
                self._put_line(PieceKind.PROSE, cursor)
            case "<":
                return self._html_begins(cursor, matched)
            case "%":
                return self._hidden_begins(cursor, matched)
            case "=" | "-" if inside and _UNDERLINE.match(text, position):
                self.end = cursor.end
                self._drop(matched)
            case "*" | "-" | "_" if cursor.end - position <= _LONGEST_BREAK and _BREAK.match(
                text, position
            ):
                self._drop(matched)
            case _:
                return False
        return True

    def _fence_begins(self, cursor: Cursor, matched: int) -> bool:
        match = _FENCE.match(self.text, cursor.position)
        if match is None:
            return False
        self._drop(matched)
        self._open(_Leaf.FENCE, cursor)
        self.fence = match[0]
        return True

    def _html_begins(self, cursor: Cursor, matched: int) -> bool:
        text, position = self.text, cursor.position
        if text.startswith("<!--", position):
            self._drop(matched)
            self._comment(cursor, in_tags=False)
            return True
        closer = verbatim_end(text, position)
        if closer:
            self._drop(matched)
            self.leaf, self.closer = _Leaf.VERBATIM, closer
            self._in_verbatim(cursor)
            return True
        if not tag_begins(text, position, inside=self.leaf is _Leaf.PARAGRAPH):
            return False
        self._drop(matched)
        self._tags(cursor)
        return True

    def _hidden_begins(self, cursor: Cursor, matched: int) -> bool:
        """Obsidian's `%%` on a line's beginning hides all to the line of the next `%%`."""
        text, position = self.text, cursor.position + 2
        if not text.startswith("%%", cursor.position) or text.find("%%", position, cursor.end) >= 0:
            return False
        closing = text.find("%%", cursor.end)
        if closing < 0:
            return False
        self._drop(matched)
        self.hidden = closing + 1
        return True

    def _text(self, cursor: Cursor, matched: int) -> None:
        if cursor.blank:
            self._drop(matched)
        elif self._in_paragraph():
            # It goes on without the markers of its containers, too.
            if matched == len(self.containers) and self._delimits(cursor):
                self._table()
            self.end = cursor.end
        elif self.table and not cursor.indented and matched == len(self.containers):
            self.end = cursor.end
        else:
            self._drop(matched)
            self._open(_Leaf.INDENTED if cursor.indented else _Leaf.PARAGRAPH, cursor)

    def _in_paragraph(self) -> bool:
        return self.leaf is _Leaf.PARAGRAPH and not self.table

    def _delimits(self, cursor: Cursor) -> bool:
        line = self.text[cursor.position : cursor.end]
        return "|" in line and heads_table(self.text[self._last_line() : self.end], line)

    def _table(self) -> None:
        """The last line begins a piece of its own: the table's head."""
        head, end = self._last_line(), self.end
        if head > self.start:
            self.end = head
            self._put(PieceKind.PROSE)
            self.line = self.start = head
            self.end = end
        self.table = True

    def _last_line(self) -> int:
        """Where the last line of the paragraph begins."""
        newlines = (self.text.rfind(newline, self.start, self.end) for newline in "\r\n")
        return max(self.start, 1 + max(newlines))

    def _comment(self, cursor: Cursor, *, in_tags: bool) -> None:
        self._open(_Leaf.COMMENT, cursor)
        self.in_tags = in_tags
        self._in_comment(cursor, cursor.position + 2)

    def _open(self, leaf: _Leaf, cursor: Cursor) -> None:
        self.leaf = leaf
        self.line, self.start, self.end = cursor.start, cursor.position, cursor.end

    def _put_line(self, kind: PieceKind, cursor: Cursor) -> None:
        """A piece of one line."""
        self._open(_Leaf.NONE, cursor)
        self._put(kind)

    def _drop(self, matched: int) -> None:
        """Close the leaf and all containers but the first `matched`."""
        self._close()
        del self.containers[matched:]

    def _close(self, *, closed: bool = False) -> None:
        match self.leaf:
            case _Leaf.PARAGRAPH:
                self._put(PieceKind.PROSE)
            case _Leaf.FENCE:
                self._put(PieceKind.FENCE, closed=closed)
            case _Leaf.COMMENT:
                self._put(PieceKind.COMMENT, closed=closed)
            case _:
                pass
        self.leaf = _Leaf.NONE
        self.table = self.in_tags = False

    def _put(self, kind: PieceKind, *, closed: bool = True) -> None:
        shown = kind is PieceKind.PROSE or kind is PieceKind.HTML
        if shown and not _ACTS.search(self.text, self.start, self.end):
            return
        numbers = tuple(container.number for container in self.containers)
        self.done.append(
            Piece(kind, self.line, self.start, self.end, numbers, closed=closed, table=self.table)
        )
