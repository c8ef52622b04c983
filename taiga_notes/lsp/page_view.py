"""What a page's text holds for an editor: its blocks, and the queries that are being typed.

Blocks are those of `block_finder`, once all markers of the page belong together. While somebody
types they often do not: so queries are found by their openers alone, closed or not.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from taiga_notes.errors import BlockError
from taiga_notes.page.block_finder import Form, OpenerQuery, opener_query
from taiga_notes.page.markers import OPENER, Sign, markers
from taiga_notes.query import reads_taiga
from taiga_notes.query.syntax.lexer import TokenSpan, spans
from taiga_notes.refresh.compose import inspected, page_scope

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taiga_notes.lsp.documents import Document
    from taiga_notes.page.block_finder import Block
    from taiga_notes.page.commonmark import Dialect
    from taiga_notes.page.markers import Marker
    from taiga_notes.query import Scope
    from taiga_notes.refresh.compose import InspectedBlock, RenderContext

_STOPS = re.compile(r"-->|<!--|(?:\r\n|\r|\n)[ \t>]*(?=[\r\n]|\Z)")
"""What ends the query of an opener that does not end: the next comment, or a blank line."""


@dataclass(frozen=True, slots=True)
class TypedQuery:
    """A query as it is being typed.

    Attributes:
        query: its text, and where that stands.
        opens: offset of its opener.
        start: offset of where it may begin.
        end: offset behind where it may go on.
        starts: offsets of the page's lines.
        spans: its tokens.
    """

    query: OpenerQuery
    opens: int
    start: int
    end: int
    starts: list[int] = field(repr=False)
    spans: tuple[TokenSpan, ...] = field(repr=False)

    @property
    def text(self) -> str:
        """The query."""
        return self.query.text

    def place(self, offset: int) -> int:
        """The page's offset of an offset in the query."""
        line = self.text.count("\n", 0, offset)
        column = offset - (self.text.rfind("\n", 0, offset) + 1)
        return self.starts[self.query.line - 1 + line] + self.query.columns[line] + column

    def offset(self, place: int) -> int:
        """The offset in the query of an offset in the page; what is behind it is its end."""
        at = 0
        for number, line in enumerate(self.text.split("\n")):
            begin = self.starts[self.query.line - 1 + number] + self.query.columns[number]
            if place <= begin + len(line):
                return at + max(place - begin, 0)
            at += len(line) + 1
        return len(self.text)

    def offset_of(self, line: int, column: int) -> int:
        """The offset of a place that an error names, both from 1 on."""
        lines = self.text.split("\n")
        line = min(max(line, 1), len(lines))
        before = sum(len(each) + 1 for each in lines[: line - 1])
        return before + min(max(column - 1, 0), len(lines[line - 1]))

    def span_at(self, offset: int) -> TokenSpan | None:
        """The token that an offset of the query is in, or at whose end it is."""
        return next((each for each in self.spans if each.start <= offset <= each.end), None)

    def span_from(self, offset: int) -> TokenSpan:
        """The token that begins at an offset of the query; without one, one character."""
        found = next((each for each in self.spans if each.start <= offset < each.end), None)
        return found or TokenSpan(self.spans[-1].kind, offset, min(offset + 1, len(self.text)))

    def word(self, span: TokenSpan) -> str:
        """A token's text."""
        return self.text[span.start : span.end]


@dataclass(frozen=True, slots=True)
class BlockView:
    """A block, and its query.

    Attributes:
        inspected: the block, and what its query sees.
        typed: its query.
    """

    inspected: InspectedBlock
    typed: TypedQuery


class PageView:
    """A page as one version of its buffer has it.

    Args:
        document: the buffer.
        name: the page's path in the vault, with `/`.
        context: what it would be rendered with.
        blocks: its blocks, where they are known already.
    """

    def __init__(
        self,
        document: Document,
        name: str,
        context: RenderContext,
        blocks: tuple[BlockView, ...] | None = None,
    ) -> None:
        self.document = document
        self.name = name
        self.context = context
        self.problem: BlockError | None = None
        if blocks is not None:
            self.blocks = blocks

    @cached_property
    def queries(self) -> tuple[TypedQuery, ...]:
        """The queries of all openers, in their order."""
        blocks = self.blocks
        if self.problem is None:
            return tuple(each.typed for each in blocks)
        return tuple(self._queries(self.context.dialect))

    def _queries(self, dialect: Dialect) -> Iterator[TypedQuery]:
        text = self.document.text
        for marker in markers(text, dialect):
            if marker.sign not in {Sign.OPEN, Sign.BAKED_OPEN}:
                continue
            end = marker.end - len("-->") if marker.end >= 0 else _stop(text, marker.inner)
            query = opener_query(text, marker, max(end, marker.inner))
            if marker.sign is Sign.OPEN or reads_taiga(query.text):
                yield self._typed(query, marker, end)

    def _typed(self, query: OpenerQuery, marker: Marker, end: int) -> TypedQuery:
        found = tuple(spans(query.text))
        starts = self.document.starts
        return TypedQuery(query, marker.start, marker.inner, end, starts, found)

    @cached_property
    def blocks(self) -> tuple[BlockView, ...]:
        """The page's blocks; none where its markers do not belong together, see `problem`."""
        try:
            found = inspected(self.document.text, self.name, self.context)
        except BlockError as error:
            self.problem = error
            return ()
        return tuple(BlockView(each, self._of_block(each.block)) for each in found)

    def _of_block(self, block: Block) -> TypedQuery:
        query = OpenerQuery(block.text, block.text_line, block.columns)
        opener = OPENER.match(self.document.text, block.opens)
        start = opener.end() if opener else block.opens + len("<!--#lua")
        found = tuple(spans(query.text))
        end = block.start - len("-->")
        return TypedQuery(query, block.opens, start, end, self.document.starts, found)

    @cached_property
    def scope(self) -> Scope:
        """What queries of the page see; of front matter that is being typed, nothing."""
        try:
            return page_scope(self.document.text, self.name, self.context)
        except BlockError:
            return page_scope("", self.name, self.context)

    def query_at(self, offset: int) -> TypedQuery | None:
        """The query in which an offset is, or behind which."""
        return next((each for each in self.queries if each.start <= offset <= each.end), None)

    def block_at(self, offset: int) -> BlockView | None:
        """The block that an offset is part of, its markers among it."""
        return next(
            (
                each
                for each in self.blocks
                if each.inspected.block.opens <= offset <= each.inspected.block.closes
            ),
            None,
        )

    def block_on(self, line: int) -> BlockView | None:
        """The first block of which a line, counted from 0, has a part."""
        start, end = self.document.line(line)
        return next(
            (
                each
                for each in self.blocks
                if each.inspected.block.opens <= end and start <= each.inspected.block.closes
            ),
            None,
        )

    def body_lines(self, view: BlockView) -> tuple[int, int] | None:
        """The lines of a body, the opener's last one before them; None where it has no line.

        They are counted from 0.
        """
        block = view.inspected.block
        if block.form is Form.INLINE or not block.body:
            return None
        first = self.document.line_at(block.start)
        last = self.document.line_at(block.ends) - 1
        return (first, last) if first < last else None

    def body_line(self, view: BlockView) -> int:
        """The first line of a body that is not blank, or the opener's, counted from 1."""
        block = view.inspected.block
        raw = self.document.text[block.start : block.ends]
        blank = len(raw) - len(raw.lstrip(" \t\r\n>"))
        return self.document.line_at(block.start + blank) + 1


def _stop(text: str, start: int) -> int:
    found = _STOPS.search(text, start)
    return found.start() if found else len(text)
