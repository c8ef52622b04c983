"""A body's lines as a reader counts them: an item with what it is wrapped to, a table's row.

Pure. What a formatter does to a line (bullets, padding, wrapping, escapes) leaves its unit as it
is, as it does the checksum.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taiga_notes.page.checksum import DONE, row_of, visible, words_of
from taiga_notes.page.layout import LINE_END

if TYPE_CHECKING:
    from collections.abc import Iterator

_HEAD = re.compile(r"((?:[ \t]*>)*)([ \t]*)(?:([-+*]|\d{1,9}[.)])(?:[ \t]+|$))?")
_CHECK = re.compile(r"\[(.)\](?:[ \t]+|$)", re.DOTALL)
_DELIMITERS = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*$")
_FENCE = re.compile(r"`{3,}(?=[^`]*$)|~{3,}")
# An escaped pipe is a stranger's text within a cell, and ends none.
_PIPE = re.compile(r"(?<!\\)(?:\\\\)*\|")


@dataclass(frozen=True, slots=True)
class Unit:
    """One line of a body, or several that are one to a reader.

    Attributes:
        line: of the first of them, counted from 0.
        quotes: how many `>` it stands behind.
        indent: how many columns it is indented.
        marker: `-`, `1.`, or nothing.
        box: what stands in its check box; None without one.
        text: what stands behind that; lines joined by blanks.
        cells: of a table's row; None of anything else.
        table: which table of the body it is in, counted from 1; 0 for none.
        is_code: whether it stands in a fence.
    """

    line: int
    quotes: int
    indent: int
    marker: str
    box: str | None
    text: str
    cells: tuple[str, ...] | None = None
    table: int = 0
    is_code: bool = False

    @property
    def stem(self) -> tuple[object, ...]:
        """What it is apart from its box: the same whatever a formatter did to it."""
        if self.cells is not None:
            return ("row", words(row_of(self.text)))
        return (self.quotes, self.marker, self.box is not None, words(self.text))

    @property
    def key(self) -> tuple[object, ...]:
        """The same with its box."""
        return (*self.stem, "x" if self.box == "X" else self.box)

    @property
    def bare_stem(self) -> tuple[object, ...]:
        """Its `stem` without the day that Obsidian's Tasks plug-in adds to a tick."""
        bare = DONE.sub("", self.text) if self.box in {"x", "X"} else self.text
        return (self.quotes, self.marker, self.box is not None, words(bare))


def words(text: str) -> str:
    """What the checksum takes of a line's content."""
    return words_of(f"{text}")


def same_text(one: str, other: str) -> bool:
    """Whether two pieces of Markdown say the same, invisible characters apart."""
    return words_of(visible(one)) == words_of(visible(other))


def cells_of(line: str) -> tuple[str, ...]:
    """The cells of a table's row as they are written, without the blanks around them."""
    cells, start = [], 0
    for pipe in _PIPE.finditer(line):
        cells.append(line[start : pipe.end() - 1])
        start = pipe.end()
    cells.append(line[start:])
    bare = [cell.strip(" \t") for cell in cells]
    begin = int(len(bare) > 1 and not bare[0])
    end = len(bare) - int(len(bare) > begin + 1 and not bare[-1])
    return tuple(bare[begin:end])


def units(body: str) -> list[Unit]:
    """The units of a body, in their order; lines of `---` below a table's head are none.

    Args:
        body: as `Block.body`.
    """
    return [*_Reader(LINE_END.split(body)).read()]


class _Reader:
    """Reads a body line by line."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines
        self._table = 0
        self._tables = 0

    def read(self) -> Iterator[Unit]:
        at = 0
        while at < len(self._lines):
            line = self._lines[at]
            head = _HEAD.match(line)
            assert head is not None  # noqa: S101 - it may be empty, and so always matches
            content = line[head.end() :]
            if not content.strip() and not head[3]:
                self._table = 0
                at += 1
                continue
            if fence := _FENCE.match(content):
                end = self._fence_end(at, fence[0])
                yield self._unit(
                    at, head, "\n".join([content, *self._lines[at + 1 : end]]), code=True
                )
                at = end
                continue
            if self._is_row(at, head, content):
                yield self._row(at, head, content)
                at += 1 + self._is_delimiter(at + 1)
                continue
            end = self._end(at)
            more = (_HEAD.sub("", each, count=1).strip() for each in self._lines[at + 1 : end])
            yield self._unit(at, head, " ".join([content.strip(), *more]))
            at = end

    def _fence_end(self, at: int, fence: str) -> int:
        for end in range(at + 1, len(self._lines)):
            if self._lines[end].strip(" \t>").startswith(fence):
                return end + 1
        return len(self._lines)

    def _is_delimiter(self, at: int) -> bool:
        if at >= len(self._lines):
            return False
        line = self._lines[at].lstrip(" \t>")
        return "|" in line and _DELIMITERS.match(line) is not None

    def _is_row(self, at: int, head: re.Match[str], content: str) -> bool:
        if head[3]:
            self._table = 0
        elif "|" in content and self._is_delimiter(at + 1):
            self._tables += 1
            self._table = self._tables
        return self._table > 0

    def _row(self, at: int, head: re.Match[str], content: str) -> Unit:
        return Unit(
            at,
            head[1].count(">"),
            _width(head[2]),
            "",
            None,
            content.strip(),
            cells_of(content),
            self._table,
        )

    def _end(self, at: int) -> int:
        """Where the unit that begins there ends: lines of a paragraph belong together."""
        end = at + 1
        while end < len(self._lines):
            line = self._lines[end]
            head = _HEAD.match(line)
            assert head is not None  # noqa: S101 - as above
            content = line[head.end() :]
            is_row = "|" in content and self._is_delimiter(end + 1)
            if head[3] or not content.strip() or _FENCE.match(content) or is_row:
                break
            end += 1
        return end

    def _unit(self, at: int, head: re.Match[str], content: str, *, code: bool = False) -> Unit:
        marker = "" if not head[3] else "1." if head[3][0].isdigit() else "-"
        check = _CHECK.match(content) if marker and not code else None
        return Unit(
            at,
            head[1].count(">"),
            _width(head[2]),
            marker,
            check[1] if check else None,
            content[check.end() :] if check else content,
            is_code=code,
        )


def _width(blanks: str) -> int:
    return len(blanks.expandtabs(4))
