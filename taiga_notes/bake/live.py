"""What of a page is live: SilverBullet's directives and `taiga` fences, and what each would become.

Pure. `bake` applies what is found here. SilverBullet counts a directive's braces; here those in
strings, long brackets and comments do not count, so that it ends where its author meant it to.

What looks as if it were meant for us and is not is told (`overlooked`), so that nobody waits for
it: what is live, a near miss, which is a typing error, and a marker in code, which is text, as
whoever shows it there wants it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum

from taiga_notes.errors import BlockError
from taiga_notes.page.block_finder import Form, Occupied, Ours, masked, occupied, unprefixed
from taiga_notes.page.commonmark import Dialect
from taiga_notes.page.front_matter_span import front_matter_end
from taiga_notes.page.layout import LINE_END, Piece, PieceKind, layout
from taiga_notes.page.markers import (
    OPENER,
    Sign,
    Span,
    comment_end,
    markers,
    near_misses,
    sections,
    spans,
)
from taiga_notes.query import reads_taiga

Check = Callable[[str, Form], str]
"""What is wrong with a query's text in a block of that form, in a few words; empty if nothing."""


@dataclass(frozen=True, slots=True)
class Migration:
    """What is to be written for one directive, fence or block.

    Attributes:
        start: offset of what is migrated.
        form: the block that it becomes, or was.
        edits: what to replace: from which offset to which, by what.
    """

    start: int
    form: Form
    edits: tuple[tuple[int, int, str], ...]


@dataclass(frozen=True, slots=True)
class Unfit:
    """Something live that can't be migrated: its offset, and why."""

    start: int
    reason: str


def live(
    text: str,
    taken: Occupied,
    ours: Ours,
    check: Check,
    dialect: Dialect = Dialect.COMMONMARK,
) -> list[Migration | Unfit]:
    """What of a page reads Taiga and is live, in its order.

    Args:
        text: the page.
        taken: its blocks and baked sections, within which nothing is live.
        ours: whether a directive reads Taiga.
        check: what is wrong with its query.
        dialect: which containers the page may have.
    """
    return _LiveSearch(text, taken, ours, check).find(dialect)


def ticks(query: str) -> str:
    """The fence that a query gets: three backticks, or more if it has such lines itself."""
    longest = max((len(match[1]) for match in _TICKS.finditer(query)), default=2)
    return "`" * (longest + 1)


_HEAD = re.compile(r"[ \t>]*")
_REST = re.compile(r"[ \t]*(?:(\r\n|\r|\n)|\Z)")
_CODE_INDENT = 4
_VAIN = 300_000
"""Characters of a page searched in vain for ends of directives, before that is given up."""
_GLANCE = 500
"""Characters of a directive without an end that tell whether it reads Taiga."""
_GLANCES = 200_000
"""Characters of a page that are glanced at so, before what has no end is passed by."""
_COMMENT = re.compile(r"<!--|-->")
_LIST = re.compile(r"\s*template\s*\.\s*each\b")
_TEMPLATE_TAG = re.compile(r"(?:^|\s)#meta/template")
_TEMPLATE_TAGS = re.compile(r"tags:.*meta/template", re.DOTALL)
_NAMED = re.compile(r"(?:`{3,}|~{3,})[ \t]*taiga(?![^ \t\r\n])")
_EXACT = re.compile(r"(`{3,})taiga[ \t]*(\r\n|\r|\n)")
_BACKTICKS = re.compile(r"`*")
_PLAIN = "its fence is no plain one: write it as ```taiga and ```"
_TICKS = re.compile(r"^[ \t]{0,3}(`{3,})[ \t]*$", re.MULTILINE)


class _LiveSearch:
    def __init__(self, text: str, taken: Occupied, ours: Ours, check: Check) -> None:
        self.text = text
        self.ours = ours
        self.check = check
        self.taken = taken.spans
        self.found: list[Migration | Unfit] = []
        first = int(text.startswith("\ufeff"))
        self.lines = [first, *(match.end() for match in LINE_END.finditer(text))]
        newline = LINE_END.search(text)
        self.newline = newline[0] if newline else "\n"
        self.vain = 0
        self.glanced = 0
        self.obstacle = ""
        front = front_matter_end(text)
        if _TEMPLATE_TAGS.search(text, 0, front) or _TEMPLATE_TAG.search(text, front):
            self.obstacle = "SilverBullet does not run the directives of a template page"
        elif taken.loose:
            self.obstacle = f"the marker of a baked section on line {taken.loose} has no partner"

    def find(self, dialect: Dialect) -> list[Migration | Unfit]:
        endings = {"<!--": comment_end, "${": self._directive_end}
        for piece in layout(self.text, dialect):
            if piece.kind is PieceKind.FENCE and not self._inside(piece.start):
                self._fence(piece)
            elif piece.kind is PieceKind.PROSE:
                for begin, end in sections(self.text, piece):
                    for span in spans(self.text, begin, end, endings):
                        if span.opening == "${" and not self._inside(span.start):
                            self._directive(piece, span, end)
        return self.found

    def _directive_end(self, text: str, position: int, end: int) -> int:
        found = directive_end(text, position, end) if self.vain < _VAIN else -1
        self.vain += min(LONGEST, end - position) if found < 0 else 0
        return found

    def _inside(self, offset: int) -> bool:
        """Whether that is within a block, or another baked section."""
        index = bisect_right(self.taken, (offset, len(self.text))) - 1
        return index >= 0 and offset < self.taken[index][1]

    def _add(self, start: int, form: Form, reason: str, *edits: tuple[int, int, str]) -> None:
        self.found.append(Unfit(start, reason) if reason else Migration(start, form, edits))

    def _directive(self, piece: Piece, span: Span, end: int) -> None:
        if span.end < 0 and self.vain >= _VAIN:
            return
        place = self._place(piece, span.start)
        inner = span.end - 1 if span.end >= 0 else self._glance(span.start, end)
        raw = self.text[span.start + 2 : inner]
        query = "\n".join(unprefixed(raw, place.prefix)).strip()
        if not self.ours(query):
            return
        rest = _REST.match(self.text, span.end) if place.first and span.end >= 0 else None
        if span.end < 0:
            reason = "its braces do not close within its paragraph"
        elif rest and place.deep:
            reason = "it is indented like code: indent it like the line above"
        elif not rest and _LIST.match(query):
            reason = "a list does not fit within a line: put the directive on one of its own"
        else:
            reason = self._objection(raw, query, Form.BAKED if rest else Form.INLINE)
        newline = (rest and rest[1]) or self.newline
        block = _clauses(query) if rest and not place.deep else ""
        if block and not self._objection(block, block, Form.NATIVE):
            lines = ["<!-- #taiga", *block.split("\n"), "-->", "<!-- /taiga -->"]
            text = f"{newline}{place.prefix}".join(lines)
            self._add(span.start, Form.NATIVE, "", (span.start, span.end, text))
            return
        close = f" -->{newline}{place.prefix}<!--/lua-->" if rest else " --><!--/lua-->"
        self._add(
            span.start,
            Form.BAKED if rest else Form.INLINE,
            reason,
            (span.start, span.start + 2, "<!--#lua "),
            (inner, span.end, close),
        )

    def _glance(self, start: int, end: int) -> int:
        """Up to where a directive without an end is looked at."""
        inner = min(end, start + _GLANCE, start + max(0, _GLANCES - self.glanced))
        self.glanced += inner - start
        return inner

    def _place(self, piece: Piece, start: int) -> _Place:
        outer = masked(self.text[piece.line : piece.start])
        begin = self.lines[bisect_right(self.lines, start) - 1]
        if begin == piece.line:
            return _Place(outer, first=start == piece.start and not piece.table, deep=False)
        prefix = _matched(_HEAD, self.text, begin, start)
        own = unprefixed(f"\n{prefix}", outer)[1]
        return _Place(
            prefix,
            first=start == begin + len(prefix) and not piece.table,
            deep=len(own.expandtabs()) >= _CODE_INDENT,
        )

    def _fence(self, piece: Piece) -> None:
        start = piece.start
        if not _NAMED.match(self.text, start, piece.end):
            return
        opening = _EXACT.match(self.text, start)
        begin = self.lines[bisect_right(self.lines, piece.end) - 1]
        prefix = _matched(_HEAD, self.text, begin, piece.end)
        end = begin + len(prefix)
        closing = _matched(_BACKTICKS, self.text, end, piece.end)
        if not piece.closed:
            self._add(start, Form.NATIVE, "its fence is not closed")
        elif opening is None:
            self._add(start, Form.NATIVE, _PLAIN)
        else:
            outer = masked(self.text[piece.line : start])
            raw = self.text[opening.end() : begin]
            query = "\n".join(unprefixed(f"\n{raw}", outer)[1:])
            spelt = opening[1] == closing == ticks(query)
            self._add(
                start,
                Form.NATIVE,
                self._objection(raw, query, Form.NATIVE) if spelt else _PLAIN,
                (start, start + len(opening[1]) + len("taiga"), "<!-- #taiga"),
                (end, end + len(closing), f"-->{opening[2]}{prefix}<!-- /taiga -->"),
            )

    def _objection(self, raw: str, query: str, form: Form) -> str:
        """Why a query can't stand in a marker; empty if it can."""
        if self.obstacle:
            return self.obstacle
        if _COMMENT.search(raw):
            return r"it has the signs of an HTML comment: write them as '\x3c!--' and '--\x3e'"
        if not query.strip():
            return "it holds no query"
        mistake = self.check(query.rstrip(), form)
        return f"`render` could not evaluate it: {mistake}" if mistake else ""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a directive stands on its line.

    Attributes:
        prefix: what the line below would begin with.
        first: whether nothing else stands before it.
        deep: whether that is as much indentation as code has.
    """

    prefix: str
    first: bool
    deep: bool


def _matched(pattern: re.Pattern[str], text: str, begin: int, end: int) -> str:
    match = pattern.match(text, begin, end)
    return match[0] if match else ""


LONGEST = 20_000
"""Characters of a directive at most, so that a page full of `${` takes no quadratic time."""


def directive_end(text: str, position: int, end: int) -> int:
    """The offset behind a directive.

    Args:
        text: the page.
        position: offset behind its `${`.
        end: offset behind its paragraph, heading or table cell: it does not go further.

    Returns:
        The offset behind its `}`; -1 where its braces, strings or brackets do not close in time.
    """
    end = min(end, position + LONGEST)
    depth = 1
    while depth:
        match = _LEXEME.search(text, position, end)
        if match is None:
            return -1
        lexeme, position = match[0], match.end()
        if lexeme in {"'", '"'}:
            return -1
        if match["level"] is not None and not match["query"]:
            closing = text.find(f"]{match['level']}]", position, end)
            if closing < 0:
                return -1
            position = closing + len(match["level"]) + 2
        depth += {"{": 1, "}": -1}.get(lexeme, 0)
    return position


_LEXEME = re.compile(
    r"""
    (?:--|(?P<query>\bquery\s*))?\[(?P<level>=*)\[  # long comment, query[[ or long string
    | --[^\r\n]*
    | '(?:\\.|[^'\\\r\n])*' | "(?:\\.|[^"\\\r\n])*"
    | ['"]                                          # a string without an end
    | [{}]
    """,
    re.VERBOSE | re.DOTALL,
)


def _clauses(query: str) -> str:
    """See `written_templates.clauses`."""
    from taiga_notes.bake.written_templates import clauses  # noqa: PLC0415  (few pages have any)

    return clauses(query)


class OverlookedKind(Enum):
    """What something that was passed by looks like."""

    LIVE = "live"
    NEAR_MISS = "near miss"
    IN_CODE = "in code"


@dataclass(frozen=True, slots=True)
class Overlooked:
    """Something that was passed by.

    Attributes:
        what: what it looks like.
        line: its 1-based line.
        hint: what to write instead; empty where it is nobody's mistake.
    """

    what: OverlookedKind
    line: int
    hint: str = ""


def may_be_live(data: bytes) -> bool:
    """Whether a page may hold a live query: cheap, and seldom wrongly true."""
    if data.count(b"${") > _MANY:
        return True  # looking behind each of them would take longer than reading the page
    if b"${" in data and _DIRECTIVE.search(data):
        return True
    # A choice of fences is tried at each byte; one of them is not.
    return (b"```" in data or b"~~~" in data) and _FENCE.search(data) is not None


def overlooked(
    text: str, blocks: int, dialect: Dialect = Dialect.COMMONMARK
) -> tuple[Overlooked, ...]:
    """What a page holds that is passed by, in its order; nothing live where markers are wrong.

    Args:
        text: the page, its newlines untouched.
        blocks: how many blocks are known to be in it.
        dialect: which containers it may have.
    """
    found = [
        Overlooked(OverlookedKind.NEAR_MISS, each.line, each.hint)
        for each in near_misses(text, dialect)
    ]
    starts = [(OverlookedKind.LIVE, start) for start in _live(text, dialect)]
    if len(OPENER.findall(text)) != blocks:
        starts += ((OverlookedKind.IN_CODE, start) for start in _in_code(text, dialect))
    if starts:
        lines = [match.end() for match in LINE_END.finditer(text)]
        found += (Overlooked(what, bisect_right(lines, start) + 1) for what, start in starts)
    return tuple(sorted(found, key=lambda each: each.line))


_MANY = 2_000
_DIRECTIVE = re.compile(
    rb"\$\{[^}]{0,300}?(?:getTaigaTasks|query\s*\[\[\s*from\s[^\]]{0,80}?"
    rb"(?:userstories|tasks|issues|epics|milestones|sprints|wiki|projects|presets)\b)"
)
_FENCE = re.compile(rb"(?:```|~~~)[ \t]*taiga(?![^ \t\r\n])")


def _live(text: str, dialect: Dialect) -> Iterator[int]:
    """Where SilverBullet's directives and `taiga` fences begin that read Taiga."""
    if not may_be_live(text.encode("utf-8", "replace")):
        return
    try:
        taken = occupied(text, dialect=dialect)
    except BlockError:
        return  # the page is told of, and left alone
    for each in live(text, taken, reads_taiga, lambda _query, _form: "", dialect):
        yield each.start


def _in_code(text: str, dialect: Dialect) -> Iterator[int]:
    """Where an opener begins that is shown in code, or stands within another comment."""
    acting = {each.start for each in markers(text, dialect) if each.sign is Sign.OPEN}
    for found in OPENER.finditer(text):
        if found.start() not in acting:
            yield found.start()
