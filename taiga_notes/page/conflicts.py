"""Merge conflicts in a page, as git and other programs write them into a text.

Pure. `<<<<<<<`, one side, `=======`, the other side, `>>>>>>>`; perhaps with what both came from
behind `|||||||` between the two; all marks as long as the first (git's `conflict-marker-size`), so
that longer ones in between are the text of a conflict within. Jujutsu writes `%%%%%%%`, `+++++++`
and `-------` straight below the first mark. The marks stand at the beginning of their lines,
whatever list or callout these belong to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from taiga_notes.page.layout import LINE_END

if TYPE_CHECKING:
    from collections.abc import Iterator


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


_MARK = re.compile(r"(?:([<|=>])\1{6,}(?=[ \r\n]|\Z)|([%+-])\2{6,}(?=[ ]+[^\s]))")
_JUJUTSU = frozenset("%+-")


@dataclass(frozen=True, slots=True)
class _Mark:
    """The line of a mark: its sign and their number, its 1-based number, its span."""

    sign: str
    size: int
    line: int
    begin: int
    end: int


def _conflicts(text: str) -> Iterator[Conflict]:
    opened: list[_Mark] = []
    for mark in _marks(text):
        if mark.sign == "<" and not (opened and mark.size > opened[0].size):
            opened = [mark]
        elif opened and mark.size == opened[0].size and _counts(mark, opened):
            opened.append(mark)
            if mark.sign == ">":
                yield from _closed(text, opened)
                opened = []


def _marks(text: str) -> Iterator[_Mark]:
    for line, (begin, end) in enumerate(_lines(text), 1):
        if match := _MARK.match(text, begin):
            yield _Mark(match[0][0], len(match[0]), line, begin, end)


def _counts(mark: _Mark, opened: list[_Mark]) -> bool:
    """Whether a mark is none of the lines that a side may hold."""
    straight_below = mark.begin == opened[0].end
    return mark.sign not in _JUJUTSU or straight_below or opened[-1].sign in _JUJUTSU


def _closed(text: str, marks: list[_Mark]) -> Iterator[Conflict]:
    """The conflict of these marks, if they are one's."""
    first, second, middle, last = marks[0], marks[1], marks[-2], marks[-1]
    if second.sign in _JUJUTSU:
        # Its sides are changes, or more than two: they are never chosen from.
        whole = text[first.begin : last.end]
        yield Conflict(first.line, first.begin, last.end, (whole, whole))
    elif "".join(mark.sign for mark in marks) in {"<=>", "<|=>"}:
        sides = text[first.end : second.begin], text[middle.end : last.begin]
        yield Conflict(first.line, first.begin, last.end, sides)


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Where each line begins, and the offset behind its line end."""
    begin = 0
    for newline in LINE_END.finditer(text):
        yield begin, newline.end()
        begin = newline.end()
    yield begin, len(text)
