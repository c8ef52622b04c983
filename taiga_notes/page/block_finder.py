"""The blocks of a page: what one is, which markers belong together, what stands between them.

Pure. Each block is a pair of markers (see `markers`) with our output between them. What is out of
order is an error that names its line, and the page is left as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from itertools import islice, pairwise
from typing import NoReturn

from taiga_notes.errors import BlockError
from taiga_notes.page.checksum import checksum, checksums
from taiga_notes.page.commonmark import Dialect
from taiga_notes.page.layout import LINE_END
from taiga_notes.page.markers import Marker, Sign, conflicts, markers, near_misses
from taiga_notes.query import reads_taiga

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
        state: what our end marker says behind the checksum, in lower case: `frozen 2026-12-05`
            (see `frozen`); empty where it says nothing.
        start: offset of what `splice` replaces: behind the opener.
        end: offset behind that: our end marker belongs to it, SilverBullet's does not.
        opens: offset of the opener.
        ends: offset of the first end marker.
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
    state: str
    start: int
    end: int
    opens: int
    ends: int
    closes: int

    @property
    def baked(self) -> bool:
        """Whether its markers are SilverBullet's."""
        return self.end < self.closes

    def place(self, line: int, column: int) -> tuple[int, int]:
        """Where a place in the query stands in the page; all are 1-based, columns in characters."""
        index = min(max(line, 1), len(self.columns)) - 1
        return self.text_line + index, self.columns[index] + column


FROZEN = "frozen"
"""What the state of a block begins with that stays as it is; the day follows on which it began."""

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


CONFLICT = "a merge conflict is not resolved"
CONFLICT_HINT = "choose what shall stand there, then render again"

MOST_MARKERS = 4_000
"""On a page: a block has two, and costs a query and a rendering."""


def find_blocks(
    text: str,
    *,
    page: str = "",
    ours: Ours | None = None,
    dialect: Dialect = Dialect.COMMONMARK,
) -> list[Block]:
    """The blocks of a page in their order.

    Args:
        text: the page, its newlines untouched, a byte order mark as U+FEFF.
        page: its name, for errors.
        ours: which baked sections are ours; by default those of which `query.reads_taiga` is true.
        dialect: which containers the page may have.

    A stray `<!--/lua-->` is SilverBullet's litter, and harmless: nothing is written before it.

    Raises:
        BlockError: a block is not closed, holds another one, or a marker of ours has no partner.
    """
    finder = _Finder(text, page, ours or reads_taiga, dialect)
    finder.find()
    return finder.blocks


@dataclass(frozen=True, slots=True)
class Occupied:
    """What of a page is taken by blocks, and by baked sections that are not ours.

    Attributes:
        blocks: see `find_blocks`.
        spans: from opener to end marker, of blocks and other baked sections, in their order.
        loose: 1-based line of SilverBullet's first opener that is never closed; 0 without one.
    """

    blocks: list[Block]
    spans: list[tuple[int, int]]
    loose: int


def occupied(
    text: str,
    *,
    page: str = "",
    ours: Ours | None = None,
    dialect: Dialect = Dialect.COMMONMARK,
) -> Occupied:
    """Where a page has blocks and baked sections; arguments and errors as of `find_blocks`."""
    finder = _Finder(text, page, ours or reads_taiga, dialect)
    finder.find()
    return Occupied(finder.blocks, finder.spans, min(finder.loose, default=0))


_REST_BLANK = re.compile(r"[ \t]*(?=[\r\n]|\Z)")
_REST = re.compile(r"[ \t]*(\r\n|\r|\n)")
_HEAD = re.compile(r"[ \t]*(?:(?:>|[-+*](?=[ \t])|\d{1,9}[.)](?=[ \t]))[ \t]*)*")
_AROUND = " \t\r\n>"
"""What may stand between two markers with nothing between them."""


@dataclass(frozen=True, slots=True)
class OpenerQuery:
    """The query of an opener; its block need not be closed, nor its opener.

    Attributes:
        text: see `Block`, so for the others.
        line: see `Block.text_line`.
        columns: see `Block`.
    """

    text: str
    line: int
    columns: tuple[int, ...]


def opener_query(text: str, opener: Marker, end: int) -> OpenerQuery:
    """What stands in an opener.

    Args:
        text: the page.
        opener: its marker.
        end: offset behind the query.
    """
    raw = text[opener.inner : end]
    lines = unprefixed(raw, _prefix(text, opener))
    whole = LINE_END.split(raw)
    columns = [len(line) - len(shorn) for line, shorn in zip(whole, lines, strict=True)]
    columns[0] = opener.inner - opener.begin
    first = next((at for at, line in enumerate(lines) if line.strip()), 0)
    blanks = len(lines[first]) - len(lines[first].lstrip())
    columns[first] += blanks
    lines[first] = lines[first][blanks:]
    query = "\n".join(lines[first:]).rstrip()
    if opener.comment.in_cell and opener.sign is Sign.OPEN:
        query = query.replace("\\|", "|")
    last = first + query.count("\n") + 1
    return OpenerQuery(query, opener.line + first, tuple(columns[first:last]))


def _prefix(text: str, opener: Marker) -> str:
    """What the lines below the opener's begin with, to stand in the same containers."""
    head = _HEAD.match(text, opener.begin, opener.start)
    return masked(head[0]) if head else ""


class _Finder:
    """Pairs the markers of a page."""

    def __init__(self, text: str, page: str, ours: Ours, dialect: Dialect) -> None:
        self.text = text
        self.dialect = dialect
        self.page = page
        self.ours = ours
        self.markers = list(islice(markers(text, dialect), MOST_MARKERS + 1))
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
        index = 0
        while index < len(self.markers):
            marker = self.markers[index]
            match marker.sign:
                case Sign.OPEN:
                    index = self._native(index)
                case Sign.CLOSE:
                    self._stray(marker)
                case Sign.BAKED_OPEN:
                    index = self._baked(index, closers[index])
                case _:
                    index += 1

    def _baked_closers(self) -> list[int]:
        """For each marker, where the next `<!--/lua-->` stands in the list; -1 without one."""
        closers, closer = [], -1
        for index in range(len(self.markers) - 1, -1, -1):
            if self.markers[index].sign is Sign.BAKED_CLOSE:
                closer = index
            closers.append(closer)
        return closers[::-1]

    def _native(self, index: int) -> int:
        """Take the block that begins there; gives where to go on."""
        opener = self.markers[index]
        if opener.end < 0 or "<!--" in self.text[opener.inner : opener.end]:
            self._endless(opener)
        index += 1
        while index < len(self.markers) and self.markers[index].sign is Sign.BAKED_CLOSE:
            index += 1
        if index == len(self.markers):
            self._unclosed(opener)
        closer = self.markers[index]
        if closer.sign is not Sign.CLOSE:
            self._nested(opener, closer)
        ends = [closer, *self._repeated(index)]
        if opener.comment.first >= 0 and self._ends_line(opener.end):
            for marker in ends:
                self._check_lines(opener, marker)
            self._add(Form.NATIVE, opener, ends, ends[-1].end)
        elif opener.comment.section == closer.comment.section or self._wrapped(opener, closer):
            ends = [end for end in ends if end.comment.section == closer.comment.section]
            if ends[-1].end < 0:
                self._fail(ends[-1], "an end marker does not end", "end it with -->")
            self._add(Form.INLINE, opener, ends, ends[-1].end)
        else:
            self._fail(
                opener,
                "the block begins within a line and does not end in its paragraph",
                "put both of its markers on lines of their own, or both around one value",
            )
        return index + len(ends)

    def _wrapped(self, opener: Marker, closer: Marker) -> bool:
        """Whether it is a block within a line whose paragraph a formatter has torn.

        Where Prettier wraps before an opener, the line that it then begins is an HTML block, and
        what follows another paragraph. A checksum that fits says that it was one line of ours.
        """
        if opener.comment.containers != closer.comment.containers:
            return False
        raw = self.text[opener.end : closer.start]
        body = tidy(Form.INLINE, unprefixed(raw, self._prefix(opener)))
        return self._said([closer], body)[0] == checksum(body)

    def _repeated(self, index: int) -> Iterator[Marker]:
        """The end markers behind that one, with nothing between, as a merge leaves them."""
        for last, marker in pairwise(islice(self.markers, index, None)):
            if marker.sign is not Sign.CLOSE or self.text[last.end : marker.start].strip(_AROUND):
                return
            yield marker

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
        ours = opener.end >= 0 and self.ours(self._query(opener).text)
        if closing < 0:
            if ours:
                self._unclosed(opener)
            self.loose.append(opener.line)
            return index + 1
        closer = self.markers[closing]
        if ours:
            inner = self.markers[index + 1 : closing]
            if others := [marker for marker in inner if marker.sign is not Sign.CLOSE]:
                self._nested(opener, others[0])
            own = self._own(opener, inner, closer)
            alone = opener.comment.first >= 0 and self._ends_line(closer.end)
            # Wrapping may leave one value alone on its lines; the checksum stands behind it then.
            alone = alone and not (own and self._before(own[-1], opener).strip(" \t"))
            form = Form.BAKED if alone else Form.INLINE
            self._add(form, opener, [*own, closer], closer.start)
        else:
            self.spans.append((opener.start, closer.end))
        return closing + 1

    def _own(self, opener: Marker, inner: Sequence[Marker], closer: Marker) -> list[Marker]:
        """Which of our end markers within a section are its own, and not its text's.

        SilverBullet writes subjects as they are, and they may hold such a marker.
        """
        own: list[Marker] = []
        behind = closer.start
        for marker in reversed(inner):
            before = self._before(marker, opener)
            last = not self.text[marker.end : behind].strip(_AROUND)
            if last or (not before.strip(" \t") and self._ends_line(marker.end)):
                own.append(marker)
                behind = marker.start
        return own[::-1]

    def _before(self, marker: Marker, opener: Marker) -> str:
        """What stands before a marker on its line, in the block of that opener."""
        raw = self.text[max(marker.begin, opener.end) : marker.start]
        return raw if marker.begin < opener.end else unprefixed(f"\n{raw}", self._prefix(opener))[1]

    def _add(self, form: Form, opener: Marker, ends: Sequence[Marker], end: int) -> None:
        query = self._query(opener)
        prefix = self._prefix(opener)
        newline = _REST.match(self.text, opener.end)
        starts = [opener.end, *(marker.end for marker in ends[:-1])]
        spans = zip(starts, ends, strict=True)
        raw = "".join(self.text[start : marker.start] for start, marker in spans)
        body = tidy(form, unprefixed(raw, prefix))
        checksum, state = self._said(ends, body)
        block = Block(
            form=form,
            text=query.text,
            line=opener.line,
            text_line=query.line,
            columns=query.columns,
            prefix=prefix,
            newline=newline[1] if newline else self.newline,
            body=body,
            checksum=checksum,
            state=state,
            start=opener.end,
            end=end,
            opens=opener.start,
            ends=ends[0].start,
            closes=ends[-1].end,
        )
        self.blocks.append(block)
        self.spans.append((opener.start, ends[-1].end))

    def _said(self, ends: Iterable[Marker], body: str) -> tuple[str | None, str]:
        """What the end markers say of the body, and the block's state.

        Of several checksums, the one that fits counts, or else the last. Of several states the
        first: what one of them says is to stay is not written over because another one is silent.
        """
        ours = [marker for marker in ends if marker.sign is Sign.CLOSE]
        found = [self.text[marker.inner : marker.end - 3].lower().split() for marker in ours]
        said = [words[0] for words in found if words and words[0] != FROZEN]
        if len(said) > 1:
            said += (each for each in checksums(body)[::-1] if each in said)
        states = [" ".join(words if words[:1] == [FROZEN] else words[1:]) for words in found]
        return said[-1] if said else None, next(filter(None, states), "")

    def _query(self, opener: Marker) -> OpenerQuery:
        return opener_query(self.text, opener, opener.end - len("-->"))

    def _prefix(self, opener: Marker) -> str:
        return _prefix(self.text, opener)

    def _ends_line(self, position: int) -> bool:
        return _REST_BLANK.match(self.text, position) is not None

    def _unclosed(self, opener: Marker) -> NoReturn:
        baked = opener.sign is Sign.BAKED_OPEN
        self._blame(opener, closes=True)
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

    def _endless(self, opener: Marker) -> NoReturn:
        newline = LINE_END.search(self.text, opener.start)
        rest = self.text[opener.start : newline.start() if newline else None]
        in_cell = self.text[opener.begin : opener.start].lstrip().startswith("|")
        hint = "end it with -->"
        if in_cell and "|" in rest.partition("-->")[0] and "-->" in rest:
            hint = "in a table a | ends the cell: write \\| in the query"
        self._fail(opener, "the opener of the block does not end", hint)

    def _stray(self, marker: Marker) -> NoReturn:
        self._blame(marker, closes=False)
        self._fail(
            marker, "an end marker without a block", "remove it, or put its opener back above it"
        )

    def _blame(self, marker: Marker, *, closes: bool) -> None:
        """Fail where what was meant for the partner of a marker is mistyped.

        Args:
            marker: has no partner.
            closes: whether that is an end marker, which stands below; else an opener, above.
        """
        for miss in near_misses(self.text, self.dialect):
            if miss.closes == closes and (miss.start > marker.start) == closes:
                message = f"'{miss.shown}' is no marker, so that of line {marker.line} stands alone"
                raise BlockError(message, page=self.page, line=miss.line, hint=miss.hint)

    def _fail(self, marker: Marker, message: str, hint: str) -> NoReturn:
        for conflict in conflicts(self.text):
            if any(conflict.start <= found.start < conflict.end for found in self.markers):
                raise BlockError(CONFLICT, page=self.page, line=conflict.line, hint=CONFLICT_HINT)
        raise BlockError(message, page=self.page, line=marker.line, hint=hint)
