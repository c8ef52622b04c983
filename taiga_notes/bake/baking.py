r"""From SilverBullet's live directives and `taiga` fences to blocks, and back.

Pure. What is live becomes a block without output yet, and nothing else changes:

    ${template.each(query[[…]], templates.links)}      <!--#lua template.each(…) -->
                                                       <!--/lua-->

    There are ${query[[…]]} open.                      There are <!--#lua query[[…]] --><!--/lua-->
                                                       open.

    ```taiga                                           <!-- #taiga
    from userstories                                   from userstories
    ```                                                -->
                                                       <!-- /taiga -->

The opener holds the expression verbatim, with its line ends and blanks, and each character outside
of the expression has one place to go to, so that `unbake` gives the page back to the byte. What
could not be given back so (an odd fence), would not work as a block (an expression with `-->`), or
does not run in SilverBullet either (a template page) is left as it is and listed.

A query that worked in SilverBullet is not to become a warning here: whether `render` could evaluate
it is tried on an invented item of each list (`objection`). What names a function, a field, a
template or a preset that there is not is left as it is. What comes of nil says nothing, since the
invented items are few.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from taiga_notes.bake.live import Check, Migration, Unfit, directive_end, live, ticks
from taiga_notes.errors import BlockError, QueryError, TaigaNotesError
from taiga_notes.model.invented_lists import Invented
from taiga_notes.page.block_finder import Block, Form, Ours, find_blocks, occupied, unprefixed
from taiga_notes.page.commonmark import Dialect
from taiga_notes.page.layout import LINE_END
from taiga_notes.query import Answer, Scope, evaluate, reads_taiga
from taiga_notes.query.runtime.budget import Mistake
from taiga_notes.query.syntax.parser import parse

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True, slots=True)
class Left:
    """Something that was not migrated.

    Attributes:
        line: its 1-based line in the page.
        reason: why, and what to do about it.
    """

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Baked:
    """A migrated page.

    Attributes:
        text: the page.
        count: how many directives, fences or blocks were migrated.
        left: what was not, in the page's order.
    """

    text: str
    count: int
    left: tuple[Left, ...]


def bake(
    text: str,
    *,
    page: str = "",
    ours: Ours | None = None,
    check: Check | None = None,
    dialect: Dialect = Dialect.COMMONMARK,
) -> Baked:
    """The page with its live Taiga directives and fences as blocks, without their output.

    Args:
        text: the page, its newlines untouched.
        page: its name, for errors.
        ours: see `block_finder.find_blocks`.
        check: what is wrong with a query; by default what the query language says.
        dialect: which containers the page may have.

    Raises:
        BlockError: the blocks that the page has already are not in order.
    """
    ours = ours or reads_taiga
    taken = occupied(text, page=page, ours=ours, dialect=dialect)
    found = live(text, taken, ours, check or _mistake, dialect)
    find = partial(find_blocks, ours=ours, dialect=dialect)
    left = [unfit for unfit in found if isinstance(unfit, Unfit)]
    changes = [change for change in found if isinstance(change, Migration)]
    while changes:
        edited = _Edited(text, changes)
        fits = _fits(edited, changes, taken.blocks, find)
        if all(fits):
            return _baked(text, edited.text, len(changes), left)
        left += [Unfit(change.start, _APART) for change, fit in _pairs(changes, fits) if not fit]
        changes = [change for change, fit in _pairs(changes, fits) if fit]
    return _baked(text, text, 0, left)


def unbake(
    text: str, *, page: str = "", ours: Ours | None = None, dialect: Dialect = Dialect.COMMONMARK
) -> Baked:
    """The page with its blocks as live directives and fences; their output is dropped.

    Whether somebody edited that output is for the caller to look at before, with `page.edited`.

    Args:
        text: the page, its newlines untouched.
        page: its name, for errors.
        ours: see `block_finder.find_blocks`.
        dialect: likewise.

    Raises:
        BlockError: the page's blocks are not in order.
    """
    blocks = find_blocks(text, page=page, ours=ours, dialect=dialect)
    found = [_unbaked(text, block) for block in blocks]
    left = [unfit for unfit in found if isinstance(unfit, Unfit)]
    changes = [change for change in found if isinstance(change, Migration)]
    return _baked(text, _Edited(text, changes).text, len(changes), left)


_APART = "it would not stand as a block there: set it apart by blank lines"
_LUA = "<!--#lua"
_OPENER = re.compile(r"<!-- #?taiga(?=[ \t]*[\r\n])")
_ARROW = re.compile(r"[\r\n][ \t>]*(-->)\Z")


class _Edited:
    """A page after some changes, and where its offsets went."""

    def __init__(self, text: str, changes: Sequence[Migration]) -> None:
        self.ends: list[int] = []
        self.shifts = [0]
        parts, position = [], 0
        for start, end, new in (edit for change in changes for edit in change.edits):
            parts += [text[position:start], new]
            position = end
            self.ends.append(end)
            self.shifts.append(self.shifts[-1] + len(new) - (end - start))
        self.text = "".join([*parts, text[position:]])

    def moved(self, offset: int) -> int:
        """Where something went that no edit replaced, or that one begins with."""
        return offset + self.shifts[bisect_right(self.ends, offset)]


def _fits(
    edited: _Edited,
    changes: Sequence[Migration],
    before: Sequence[Block],
    find: Callable[[str], Sequence[Block]],
) -> list[bool]:
    """Which changes give the block that they should, if all blocks of before are still found."""
    try:
        forms = {block.opens: block.form for block in find(edited.text)}
    except BlockError:
        forms = {}
    if any(edited.moved(block.opens) not in forms for block in before):
        forms = {}
    return [forms.get(edited.moved(change.start)) is change.form for change in changes]


def _pairs(changes: Sequence[Migration], fits: Sequence[bool]) -> list[tuple[Migration, bool]]:
    return list(zip(changes, fits, strict=True))


def _unbaked(text: str, block: Block) -> Migration | Unfit:
    if text.startswith(_LUA, block.opens):
        return _directive(text, block)
    if block.state:
        reason = f"it is {block.state}, and its text would be lost: `taiga-notes thaw` it before"
        return Unfit(block.opens, reason)
    if block.form is Form.NATIVE:
        return _fence(text, block)
    return Unfit(block.opens, "a block of ours within a line has no live form")


def _directive(text: str, block: Block) -> Migration | Unfit:
    raw = text[block.opens + len(_LUA) : block.start - len("-->")].removeprefix(" ")
    directive = f"${{{raw.removesuffix(' ')}}}"
    if directive_end(directive, 2, len(directive)) != len(directive):
        return Unfit(block.opens, "its braces do not close, so that no directive could hold it")
    if any(not line.strip(" \t>") for line in LINE_END.split(directive)[1:-1]):
        return Unfit(block.opens, "it has a blank line, which would end a directive")
    return Migration(block.opens, block.form, ((block.opens, block.closes, directive),))


def _fence(text: str, block: Block) -> Migration:
    opener = _OPENER.match(text, block.opens)
    arrow = _ARROW.search(text, block.opens, block.start)
    if opener and arrow:
        # The shape that `bake` writes: each character outside of the markers stays where it is.
        raw = text[opener.end() : arrow.start()]
        fence = ticks("\n".join(unprefixed(raw, block.prefix)))
        edits = (block.opens, opener.end(), f"{fence}taiga"), (arrow.start(1), block.closes, fence)
        return Migration(block.opens, block.form, edits)
    fence = ticks(block.text)
    lines = [f"{fence}taiga", *block.text.split("\n"), fence]
    written = f"{block.newline}{block.prefix}".join(lines)
    return Migration(block.opens, block.form, ((block.opens, block.closes, written),))


def _baked(old: str, new: str, count: int, left: Sequence[Unfit]) -> Baked:
    lines = [match.end() for match in LINE_END.finditer(old)] if left else []
    listed = sorted((unfit.start, unfit.reason) for unfit in left)
    return Baked(
        new,
        count,
        tuple(Left(bisect_right(lines, start) + 1, reason) for start, reason in listed),
    )


def _mistake(query: str, _form: Form) -> str:
    """The default of `check`."""
    # Only a page with something live needs the query language.

    try:
        parse(query)
    except QueryError as error:
        return str(error)
    return ""


def objection(query: str, scope: Scope, show: Callable[[Answer], object]) -> str:
    """Why a query can't be evaluated or shown, whatever Taiga holds; empty if it can.

    Args:
        query: an expression, or a block's clauses.
        scope: what it can see; the rows are invented.
        show: renders an answer.
    """
    try:
        show(evaluate(query, replace(scope, source=Invented())))
    except TaigaNotesError as error:
        return "" if _comes_of_nil(error) else f"{error}"
    return ""


def _comes_of_nil(error: TaigaNotesError) -> bool:
    computed = isinstance(error, QueryError) and isinstance(error.__cause__, Mistake)
    return computed and "nil" in error.message
