"""Open buffers: their text as the editor has it, offsets in it ↔ LSP's positions.

LSP counts lines that end at LF, CR LF or a lone CR, and characters in UTF-16's units, unless both
sides agree on another encoding. We offer none: every client knows UTF-16.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from lsprotocol import types

from taiga_notes.page.layout import LINE_END

if TYPE_CHECKING:
    from collections.abc import Iterable

_LONE = re.compile("[\ud800-\udfff]")
_WIDE = 0xFFFF


class Document:
    """An open buffer, at one of its versions.

    Args:
        uri: as the client names it.
        version: the client's number of the text.
        text: what the buffer holds.
    """

    def __init__(self, uri: str, version: int, text: str) -> None:
        self.uri = uri
        self.version = version
        # A half of a character, which JSON can carry and no file holds, is as long as this one.
        self.text = text if text.isascii() else _LONE.sub("\ufffd", text)
        self.starts = _starts(self.text)

    def changed(
        self, version: int, changes: Iterable[types.TextDocumentContentChangeEvent]
    ) -> Document:
        """The buffer once somebody typed that, one change after another."""
        document = self
        for each in changes:
            text = each.text
            if isinstance(each, types.TextDocumentContentChangePartial):
                start, end = document.offset(each.range.start), document.offset(each.range.end)
                text = document.text[:start] + text + document.text[max(start, end) :]
            document = Document(self.uri, version, text)
        return document

    def line(self, number: int) -> tuple[int, int]:
        """Offsets of a line, counted from 0, and of its end, before the line end.

        What is no line of the text is its last one.
        """
        number = min(max(number, 0), len(self.starts) - 1)
        start = self.starts[number]
        found = LINE_END.search(self.text, start) if number + 1 < len(self.starts) else None
        return start, found.start() if found else len(self.text)

    def line_at(self, offset: int) -> int:
        """The line, counted from 0, in which an offset is."""
        return bisect_right(self.starts, offset) - 1

    def offset(self, position: types.Position) -> int:
        """The offset of a position; one behind its line's end is that end (LSP 3.17)."""
        if position.line >= len(self.starts):
            return len(self.text)
        start, end = self.line(position.line)
        line = self.text[start:end]
        if line.isascii():
            return start + min(max(position.character, 0), len(line))
        units = 0
        for place, character in enumerate(line):
            units += 2 if ord(character) > _WIDE else 1
            if units > position.character:
                return start + place
        return end

    def position(self, offset: int) -> types.Position:
        """The position of an offset."""
        line = self.line_at(offset)
        before = self.text[self.starts[line] : offset]
        return types.Position(line, units(before))

    def range(self, start: int, end: int) -> types.Range:
        """The range between two offsets."""
        return types.Range(self.position(start), self.position(end))


def _starts(text: str) -> list[int]:
    """The offsets of a text's lines."""
    if "\r" in text:
        return [0, *(found.end() for found in LINE_END.finditer(text))]
    lines = text.split("\n")
    lines.pop()
    return [*accumulate((len(line) + 1 for line in lines), initial=0)]


def common_prefix(one: str, other: str) -> int:
    """How many characters two texts share at their beginning."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def units(text: str) -> int:
    """How many of UTF-16's units a text has."""
    if text.isascii():
        return len(text)
    return len(text) + sum(ord(character) > _WIDE for character in text)
