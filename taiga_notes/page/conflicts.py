"""Merge conflicts in a page, as git and other programs write them into a text.

Pure. `<<<<<<<`, one side, `=======`, the other side, `>>>>>>>`; perhaps with what both came from
behind `|||||||` between the two. The marks stand at the beginning of their lines, whatever list or
callout these belong to.
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
        sides: the two texts between which to choose, line ends included.
    """

    line: int
    start: int
    end: int
    sides: tuple[str, str]


def conflicts(text: str) -> list[Conflict]:
    """The first `MOST` conflicts of a page in their order; what is not closed is none."""
    return list(islice(_conflicts(text), MOST)) if "<<<<<<<" in text else []


_MARK = re.compile(r"(<{7}|\|{7}|={7}|>{7})(?=[ \r\n]|\Z)")


def _conflicts(text: str) -> Iterator[Conflict]:
    open_: list[tuple[str, int, int, int]] = []
    for line, (begin, end) in enumerate(_lines(text), 1):
        match = _MARK.match(text, begin)
        if match is None:
            continue
        sign = match[0][0]
        if sign == "<":
            open_ = []
        elif not open_:
            continue
        open_.append((sign, line, begin, end))
        if sign == ">":
            signs = "".join(mark[0] for mark in open_)
            if signs in {"<=>", "<|=>"}:
                first, second, middle, last = open_[0], open_[1], open_[-2], open_[-1]
                sides = text[first[3] : second[2]], text[middle[3] : last[2]]
                yield Conflict(first[1], first[2], last[3], sides)
            open_ = []


def _lines(text: str) -> Iterator[tuple[int, int]]:
    """Where each line begins, and the offset behind its line end."""
    begin = 0
    for newline in LINE_END.finditer(text):
        yield begin, newline.end()
        begin = newline.end()
    yield begin, len(text)
