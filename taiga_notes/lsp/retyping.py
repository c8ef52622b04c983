"""A page's view once somebody typed: most keystrokes change which blocks there are in nothing.

To read all of a long page anew takes most of the time of an answer. What stands within a comment
does not change which blocks there are, as long as no sign is typed that a marker, a table or a line
is made of: then blocks are those of before, further down. So are they beside a line of prose.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from taiga_notes.lsp.documents import common_prefix
from taiga_notes.lsp.page_view import BlockView, PageView
from taiga_notes.page.block_finder import Form, opener_query
from taiga_notes.page.front_matter_span import front_matter_span
from taiga_notes.page.markers import Comment, Marker, Sign
from taiga_notes.query.syntax.lexer import spans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taiga_notes.lsp.documents import Document
    from taiga_notes.page.block_finder import OpenerQuery

_HARMLESS = re.compile(r"[\w .,:'\"=~()\[\]{}+*/#%]*", re.ASCII)
_PLAIN = re.compile(r"[A-Za-z][\w .,;?'\"()/]*", re.ASCII)
_REST = re.compile(r"[\w .,;?'\"()/]*", re.ASCII)
_MARKS = frozenset("-<>!|\\`\r")


def retyped(view: PageView, document: Document) -> PageView | None:
    """The view of a buffer's next version, from that of the one before; None where it may differ.

    Args:
        view: of the version before.
        document: the buffer now.
    """
    old, new = view.document.text, document.text
    start = common_prefix(old, new)
    room = min(len(old), len(new)) - start
    tail = common_prefix(old[len(old) - room :][::-1], new[len(new) - room :][::-1])
    end = len(old) - tail
    by, typed = len(new) - len(old), new[start : len(new) - tail]
    if _is_prose(view, start, end, typed):
        blocks = tuple(_beside(view, start, document, by))
        return PageView(document, view.name, view.context, blocks)
    found = _changed(view, start, end)
    if found is None or not _is_harmless(view, start, end, typed):
        return None
    return PageView(document, view.name, view.context, tuple(_moved(view, found, document, by)))


def _is_prose(view: PageView, start: int, end: int, typed: str) -> bool:
    """Whether all that changed is within a plain line, outside of blocks and front matter.

    Such a line begins with a letter and has no sign that could begin or end anything.
    """
    text, document = view.document.text, view.document
    first, last = document.line(document.line_at(start))
    if not view.blocks or not first < start <= end <= last:
        return False
    blocks = (each.inspected.block for each in view.blocks)
    if any(block.opens <= end and start <= block.closes for block in blocks):
        return False
    matter = front_matter_span(text)
    if matter is not None and start <= matter.stop:
        return False
    return _PLAIN.fullmatch(text, first, last) is not None and _REST.fullmatch(typed) is not None


def _beside(view: PageView, start: int, document: Document, by: int) -> Iterator[BlockView]:
    """The blocks where they are now; none of them was typed into."""
    for each in view.blocks:
        on = 0 if each.inspected.block.opens < start else by
        yield _shifted(each, document, on, on)


def _changed(view: PageView, start: int, end: int) -> int | None:
    """The place of the block whose query is all that changed between two offsets."""
    for number, each in enumerate(view.blocks):
        if each.typed.start < start and end < each.typed.end:
            block = each.inspected.block
            is_plain = block.form is Form.NATIVE or "\n" not in block.text
            return number if is_plain and not block.baked else None
    return None


def _is_harmless(view: PageView, start: int, end: int, typed: str) -> bool:
    """Whether neither what is gone nor what came is part of the page's own signs."""
    text = view.document.text
    # Behind a CR as well: between that and its LF nobody types, but a client may.
    around = text[start - 1] + text[end].strip()
    line = text[view.document.starts[view.document.line_at(start)] : start]
    return (
        _HARMLESS.fullmatch(text, start, end) is not None
        and _HARMLESS.fullmatch(typed) is not None
        and not _MARKS.intersection(around)
        and bool(line.strip(" \t>"))
    )


def _moved(view: PageView, changed: int, document: Document, by: int) -> Iterator[BlockView]:
    """The blocks where they are now; the one that was typed into has another query."""
    for number, each in enumerate(view.blocks):
        block, typed = each.inspected.block, each.typed
        if number == changed:
            query = _query(each, document, typed.end + by)
            typed = replace(typed, query=query, spans=tuple(spans(query.text)))
            block = replace(block, text=query.text, text_line=query.line, columns=query.columns)
        now = BlockView(replace(each.inspected, block=block), typed)
        before, behind = by * (number > changed), by * (number >= changed)
        yield _shifted(now, document, before, behind)


def _query(each: BlockView, document: Document, end: int) -> OpenerQuery:
    block, start = each.inspected.block, each.typed.start
    begin = document.starts[block.line - 1]
    comment = Comment(block.opens, end, -1, -1, ())
    return opener_query(
        document.text, Marker(Sign.OPEN, comment, start, end, block.line, begin), end
    )


def _shifted(each: BlockView, document: Document, before: int, behind: int) -> BlockView:
    """A block further down: its opener by `before`, and what is behind its query by `behind`."""
    block, typed = each.inspected.block, each.typed
    block = replace(
        block,
        opens=block.opens + before,
        start=block.start + behind,
        end=block.end + behind,
        ends=block.ends + behind,
        closes=block.closes + behind,
    )
    typed = replace(
        typed,
        opens=typed.opens + before,
        start=typed.start + before,
        end=typed.end + behind,
        starts=document.starts,
    )
    return BlockView(replace(each.inspected, block=block), typed)
