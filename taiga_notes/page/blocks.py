"""Blocks of a page: what one is, and what stands in it.

Pure. Each block is a pair of markers (see `markers`) with our output between them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from taiga_notes.page.layout import LINE_END

if TYPE_CHECKING:
    from collections.abc import Iterable

Ours = Callable[[str], bool]
"""Whether a baked section's expression reads Taiga, so that the section is ours to write."""


class Form(Enum):
    """How a block is written in the page."""

    NATIVE = auto()
    """Our markers, each alone on its line."""
    BAKED = auto()
    """SilverBullet's markers, with nothing else on their lines."""
    INLINE = auto()
    """Either kind of markers within a line, around one value."""


@dataclass(frozen=True, slots=True)
class Block:
    """A block found in a page.

    Attributes:
        form: how it is written.
        text: the query: what stands in the opener, without the prefix of its lines.
        line: 1-based line of the opener in the page.
        text_line: 1-based line of the page on which the query begins.
        columns: for each line of the query, how many characters of the page's line precede it.
        prefix: what every line that we write begins with: blanks, and `>` of callouts.
        newline: the line end that we write: the opener's.
        body: what stands between the markers now: without prefix and blank lines around it, with
            LF as line end; of an inline block with its lines joined by blanks.
        checksum: what our end marker carries, in lower case; None where it carries none, or where
            SilverBullet's stands alone, as it does once SilverBullet wrote the body.
        start: offset of what `splice` replaces: behind the opener.
        end: offset behind that: our end marker belongs to it, SilverBullet's does not.
        opens: offset of the opener.
        closes: offset behind the last end marker.
    """

    form: Form
    text: str
    line: int
    text_line: int
    columns: tuple[int, ...]
    prefix: str
    newline: str
    body: str
    checksum: str | None
    start: int
    end: int
    opens: int
    closes: int

    @property
    def baked(self) -> bool:
        """Whether its markers are SilverBullet's."""
        return self.end < self.closes

    def place(self, line: int, column: int) -> tuple[int, int]:
        """Where a place in the query stands in the page; all are 1-based, columns in characters."""
        index = min(max(line, 1), len(self.columns)) - 1
        return self.text_line + index, self.columns[index] + column


_MARK = re.compile(r"[^ \t>]")


def tidy(form: Form, lines: Iterable[str]) -> str:
    """The lines of a body as `Block.body` gives them."""
    filled = [line if line.strip(" \t") else "" for line in lines]
    if form is Form.INLINE:
        return " ".join(line.strip(" \t") for line in filled if line)
    used = [index for index, line in enumerate(filled) if line]
    return "\n".join(filled[used[0] : used[-1] + 1]) if used else ""


def masked(head: str) -> str:
    """What stands before a line's content, for the line below: list markers as blanks."""
    return _MARK.sub(" ", head)


def unprefixed(raw: str, prefix: str) -> list[str]:
    """The lines of what stands between two markers; the first has no prefix to lose."""
    first, *others = LINE_END.split(raw)
    return [first, *(_shorn(line, prefix) for line in others)]


def _shorn(line: str, prefix: str) -> str:
    """A line without as much of the prefix as it has: an editor may have shortened it."""
    if line.startswith(prefix):
        return line[len(prefix) :]
    at = 0
    for mark in prefix:
        if mark == ">":
            bare = line[at:].lstrip(" \t")
            if not bare.startswith(">"):
                break
            at = len(line) - len(bare) + 1
        elif line[at : at + 1] in {" ", "\t"}:
            at += 1
    return line[at:]
