"""Blocks of a page: what one is, and finding them.

Pure. Each block is a pair of markers (see `markers`) with our output between them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from itertools import islice
from typing import TYPE_CHECKING, NoReturn

from taiga_notes.errors import BlockError
from taiga_notes.page.layout import LINE_END
from taiga_notes.page.markers import Sign, markers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taiga_notes.page.markers import Marker

Ours = Callable[[str], bool]
"""Whether a baked section's expression reads Taiga, so that the section is ours to write."""


class Form(Enum):
    """How a block is written in the page."""

    NATIVE = auto()
    """Our markers, each alone on its line; the end marker carries the checksum."""
    BAKED = auto()
    """SilverBullet's markers, with nothing else on their lines; no checksum in the page."""
    INLINE = auto()
    """Either kind of markers within a line, around one value; no checksum in the page."""


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
        checksum: what the end marker carries; None for another form, or a block never rendered.
        start: offset of what `splice` replaces: behind the opener.
        end: offset behind that: the end marker of a native block belongs to it, no other does.
        opens: offset of the opener.
        closes: offset behind the end marker.
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

    def place(self, line: int, column: int) -> tuple[int, int]:
        """Where a place in the query stands in the page; all are 1-based, columns in characters."""
        index = min(max(line, 1), len(self.columns)) - 1
        return self.text_line + index, self.columns[index] + column


MOST_MARKERS = 4_000
"""On a page: a block has two, and costs a query and a rendering."""


def find_blocks(text: str, *, page: str = "", ours: Ours | None = None) -> list[Block]:
    """The blocks of a page in their order.

    Args:
        text: the page, its newlines untouched, a byte order mark as U+FEFF.
        page: its name, for errors.
        ours: which baked sections are ours; by default those of which `query.reads_taiga` is true.

    Raises:
        BlockError: a block is not closed, holds another one, or a marker has no partner.
    """
    finder = _Finder(text, page, ours or reads_taiga)
    finder.find()
    return finder.blocks


@dataclass(frozen=True, slots=True)
class Occupied:
    """What of a page is taken by blocks, and by baked sections that are not ours.

    Attributes:
        blocks: see `find_blocks`.
        spans: from opener to end marker, of blocks and other baked sections, in their order.
        loose: 1-based line of the first of SilverBullet's markers that has no partner; 0 if all
            have one.
    """

    blocks: list[Block]
    spans: list[tuple[int, int]]
    loose: int


def occupied(text: str, *, page: str = "", ours: Ours | None = None) -> Occupied:
    """Where a page has blocks and baked sections; arguments and errors as of `find_blocks`."""
    finder = _Finder(text, page, ours or reads_taiga)
    finder.find()
    return Occupied(finder.blocks, finder.spans, min(finder.loose, default=0))


def tidy(form: Form, lines: Iterable[str]) -> str:
    """The lines of a body as `Block.body` gives them."""
    filled = [line if line.strip(" \t") else "" for line in lines]
    if form is Form.INLINE:
        return " ".join(line.strip(" \t") for line in filled if line)
    used = [index for index, line in enumerate(filled) if line]
    return "\n".join(filled[used[0] : used[-1] + 1]) if used else ""


_REST_BLANK = re.compile(r"[ \t]*(?=[\r\n]|\Z)")
_REST = re.compile(r"[ \t]*(\r\n|\r|\n)")
_HEAD = re.compile(r"[ \t]*(?:(?:>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t]))[ \t]*)*")
_MARK = re.compile(r"[^ \t>]")


class _Finder:
    """Pairs the markers of a page."""

    def __init__(self, text: str, page: str, ours: Ours) -> None:
        self.text = text
        self.page = page
        self.ours = ours
        self.markers = list(islice(markers(text), MOST_MARKERS + 1))
        if len(self.markers) > MOST_MARKERS:
            hint = "split it up"
            self._fail(self.markers[-1], f"over {MOST_MARKERS:,} markers on one page", hint)
        self.blocks: list[Block] = []
        self.spans: list[tuple[int, int]] = []
        self.loose: list[int] = []
        newline = LINE_END.search(text)
        self.newline = newline[0] if newline else "\n"

    def find(self) -> None:
        closers = self._baked_closers()
        stray: Marker | None = None
        index = 0
        while index < len(self.markers):
            marker = self.markers[index]
            match marker.sign:
                case Sign.OPEN:
                    self._native(marker, index + 1)
                    index += 2
                case Sign.CLOSE:
                    self._stray(marker)
                case Sign.BAKED_OPEN:
                    index = self._baked(index, closers[index])
                case _:
                    stray = stray or marker
                    self.loose.append(marker.line)
                    index += 1
        if stray and self.blocks:
            # Without a block of ours, SilverBullet's litter is no business of ours.
            self._stray(stray)

    def _baked_closers(self) -> list[int]:
        """For each marker, where the next `<!--/lua-->` stands in the list; -1 without one."""
        closers, closer = [], -1
        for index in range(len(self.markers) - 1, -1, -1):
            if self.markers[index].sign is Sign.BAKED_CLOSE:
                closer = index
            closers.append(closer)
        return closers[::-1]

    def _native(self, opener: Marker, index: int) -> None:
        if opener.end < 0 or "<!--" in self.text[opener.inner : opener.end]:
            self._fail(opener, "the opener of the block does not end", "end it with -->")
        if index == len(self.markers):
            self._unclosed(opener)
        closer = self.markers[index]
        if closer.sign is Sign.BAKED_CLOSE:
            self._stray(closer)
        if closer.sign is not Sign.CLOSE:
            self._nested(opener, closer)
        if self._alone(opener):
            self._check_lines(opener, closer)
            self._add(Form.NATIVE, opener, closer, closer.end)
        elif opener.comment.section == closer.comment.section:
            self._add(Form.INLINE, opener, closer, closer.start)
        else:
            self._fail(
                opener,
                "the block begins within a line and does not end in its paragraph",
                "put both of its markers on lines of their own, or both around one value",
            )

    def _check_lines(self, opener: Marker, closer: Marker) -> None:
        if closer.comment.first < 0 or not self._ends_line(closer.end):
            self._fail(
                closer,
                f"the end marker of the block of line {opener.line} does not stand alone",
                "put it on a line of its own",
            )
        if closer.comment.containers != opener.comment.containers:
            prefix = self._prefix(opener)
            where = f"behind {prefix!r}" if prefix else "at its line's beginning"
            self._fail(
                closer,
                f"the end marker does not stand in the list item or quote of the block"
                f" of line {opener.line}",
                f"write it {where}, and what is above it likewise",
            )

    def _baked(self, index: int, closing: int) -> int:
        """Take the section that begins there; gives where to go on."""
        opener = self.markers[index]
        ours = opener.end >= 0 and self.ours(self._query(opener)[2])
        if closing < 0:
            if ours:
                self._unclosed(opener)
            self.loose.append(opener.line)
            return index + 1
        closer = self.markers[closing]
        if ours:
            if closing != index + 1:
                self._nested(opener, self.markers[index + 1])
            alone = opener.comment.first >= 0 and self._ends_line(closer.end)
            form = Form.BAKED if alone else Form.INLINE
            self._add(form, opener, closer, closer.start)
        else:
            self.spans.append((opener.start, closer.end))
        return closing + 1

    def _add(self, form: Form, opener: Marker, closer: Marker, end: int) -> None:
        line, columns, query = self._query(opener)
        prefix = self._prefix(opener)
        newline = _REST.match(self.text, opener.end)
        raw = self.text[opener.end : closer.start]
        block = Block(
            form=form,
            text=query,
            line=opener.line,
            text_line=line,
            columns=columns,
            prefix=prefix,
            newline=newline[1] if newline else self.newline,
            body=tidy(form, unprefixed(raw, prefix)),
            checksum=(self.text[closer.inner : closer.end - 3].strip() or None)
            if form is Form.NATIVE
            else None,
            start=opener.end,
            end=end,
            opens=opener.start,
            closes=closer.end,
        )
        self.blocks.append(block)
        self.spans.append((opener.start, closer.end))

    def _query(self, opener: Marker) -> tuple[int, tuple[int, ...], str]:
        """The page's line on which the query begins, the column of each line, its text."""
        raw = self.text[opener.inner : opener.end - 3]
        lines = unprefixed(raw, self._prefix(opener))
        whole = LINE_END.split(raw)
        columns = [len(line) - len(shorn) for line, shorn in zip(whole, lines, strict=True)]
        columns[0] = opener.inner - opener.begin
        first = next((at for at, line in enumerate(lines) if line.strip()), 0)
        blanks = len(lines[first]) - len(lines[first].lstrip())
        columns[first] += blanks
        lines[first] = lines[first][blanks:]
        text = "\n".join(lines[first:]).rstrip()
        return opener.line + first, tuple(columns[first : first + text.count("\n") + 1]), text

    def _prefix(self, opener: Marker) -> str:
        """What the lines below the opener's begin with, to stand in the same containers."""
        head = _HEAD.match(self.text, opener.begin, opener.start)
        return _MARK.sub(" ", head[0]) if head else ""

    def _alone(self, opener: Marker) -> bool:
        return opener.comment.first >= 0 and self._ends_line(opener.end)

    def _ends_line(self, position: int) -> bool:
        return _REST_BLANK.match(self.text, position) is not None

    def _unclosed(self, opener: Marker) -> NoReturn:
        baked = opener.sign is Sign.BAKED_OPEN
        self._fail(
            opener,
            "the block is not closed",
            f"put {'<!--/lua-->' if baked else '<!-- /taiga -->'} below it",
        )

    def _nested(self, outer: Marker, inner: Marker) -> NoReturn:
        self._fail(
            inner,
            f"a block begins within the one of line {outer.line}",
            "close that one before, or remove one of the two",
        )

    def _stray(self, marker: Marker) -> NoReturn:
        self._fail(
            marker, "an end marker without a block", "remove it, or put its opener back above it"
        )

    def _fail(self, marker: Marker, message: str, hint: str) -> NoReturn:
        raise BlockError(message, page=self.page, line=marker.line, hint=hint)


def reads_taiga(expression: str) -> bool:
    """The default of `ours`: `query.reads_taiga`."""
    # Only a page with a baked section needs the query language.
    from taiga_notes.query import reads_taiga  # noqa: PLC0415

    return reads_taiga(expression)


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
