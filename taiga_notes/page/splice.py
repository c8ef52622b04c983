r"""Text ↔ blocks: finding the blocks of a page, and writing their output in place.

Pure. Three forms, one meaning (what is between the markers is ours to write):

1. native: `<!-- #taiga: QUERY -->`, or `<!-- #taiga` with the query on the lines below and `-->`,
   closed by `<!-- /taiga CHECKSUM -->`; the markers stand alone on their lines, behind the prefix
   of a list item or a callout;
2. SilverBullet's baked section `<!--#lua EXPR -->` … `<!--/lua-->`, where EXPR reads Taiga, with
   `<!-- /taiga CHECKSUM -->` as the last line of its body;
3. inline: either pair of markers within a line, around one value and, in SilverBullet's,
   `<!-- /taiga CHECKSUM -->`.

An HTML comment ends at its first `-->`, in a query's string as well: a query that needs these
characters writes them as `'--\x3e'`. `->`, and Lua's comments behind `--`, may stand in a query.
"""

from __future__ import annotations

import re
from dataclasses import replace
from enum import Enum, auto
from functools import partial
from typing import TYPE_CHECKING

from taiga_notes.errors import BlockError
from taiga_notes.page.block_finder import Block, Form, Ours, find_blocks, tidy
from taiga_notes.page.checksum import checksum, checksums, visible, words_checksum
from taiga_notes.page.commonmark import Dialect
from taiga_notes.page.layout import LINE_END
from taiga_notes.page.markers import has_marker

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

__all__ = [
    "EDITED",
    "UNKNOWN",
    "Block",
    "Form",
    "Origin",
    "Ours",
    "check_body",
    "checksum",
    "find_blocks",
    "has_marker",
    "origin",
    "same_words",
    "settled",
    "splice",
    "with_notice",
    "without_notice",
    "words_checksum",
]


def splice(
    text: str,
    bodies: Sequence[tuple[Block, str]],
    *,
    rescued: Sequence[Block] = (),
    ours: Ours | None = None,
    dialect: Dialect = Dialect.COMMONMARK,
) -> str:
    """The page with new bodies; not a character outside of them changes.

    Args:
        text: the page in which `find_blocks` found the blocks.
        bodies: which block gets which Markdown. `find_blocks` on the result gives this body again,
            blank lines around it apart.
        rescued: blocks out of `bodies` whose present body someone edited: it is kept below them.
        ours: see `find_blocks`.
        dialect: likewise.

    Raises:
        BlockError: a body would break out of its block, or is not fit for an inline one.
    """
    if not bodies:
        return text
    below = {block.start for block in rescued}
    parts: list[str] = []
    position = 0
    for block, body in sorted(bodies, key=lambda pair: pair[0].start):
        check_body(block, body)
        parts += text[position : block.start], _written(block, body)
        position = block.end
        if block.start in below:
            end = _line_end(text, block.closes)
            parts += text[position:end], _below(text, block, end)
            position = end
    spliced = "".join([*parts, text[position:]])
    _prove(text, spliced, bodies, partial(find_blocks, ours=ours, dialect=dialect))
    return spliced


def check_lines(form: Form, body: str) -> None:
    """Refuse several lines within a line.

    Raises:
        BlockError: there are some.
    """
    lines = [line for line in LINE_END.split(body) if line.strip(" \t")]
    if form is Form.INLINE and len(lines) > 1:
        raise BlockError(
            "a block within a line takes one value, and this query gives several lines",
            hint="put its markers on lines of their own, or select one value",
        )


def check_body(block: Block, body: str) -> None:
    """Refuse a body that would end its block early, or not let it end.

    Raises:
        BlockError: it has a marker, an open fence, `<pre>` or comment; or several lines, for an
            inline block.
    """
    check_lines(block.form, body)
    if not _OPENS.search(body):
        return
    if _SILVERBULLET.search(body) or not _holds(_sample(block, body), _tidy(block, body)):
        raise BlockError(
            "the output would break out of its block",
            line=block.line,
            hint="make its template close what it opens, such as code fences and comments,"
            " and write no block markers",
        )


def settled(block: Block, body: str) -> bool:
    """Whether there is nothing to write: the block holds that body, or a formatter's version of it.

    A formatter and we would else rewrite each other's bullets for ever.
    """
    return checksum(block.body) == checksum(_tidy(block, body)) and block.checksum in checksums(
        block.body
    )


EDITED = "the text between the markers was edited by hand since taiga-notes wrote it"
"""What is said of `Origin.HAND`."""

UNKNOWN = "it can't be told whether SilverBullet or a person wrote the text between the markers"
"""What is said of `Origin.UNKNOWN`."""


class Origin(Enum):
    """Whose text stands between the markers of a block."""

    OURS = auto()
    """Ours, or none: nothing is lost with it."""
    GENERATED = auto()
    """SilverBullet's, in a block into which we never wrote."""
    UNKNOWN = auto()
    """Either SilverBullet's or somebody's: the checksum that we wrote is gone."""
    HAND = auto()
    """Somebody's: it does not fit the checksum that stands below it."""


def origin(block: Block, remembered: Collection[str] = ()) -> Origin:
    """Who wrote what stands between the markers; emptying a block is no writing.

    Args:
        block: the block.
        remembered: `words_checksum` of each body that we wrote below the same opener, on any page:
            SilverBullet's own update of a baked section leaves no checksum in the page.
    """
    if not block.body or block.checksum in checksums(block.body):
        return Origin.OURS
    if block.checksum is not None or block.form is Form.NATIVE:
        return Origin.HAND
    if not remembered:
        return Origin.GENERATED
    known = any(each in remembered for each in checksums(visible(block.body)))
    return Origin.OURS if known else Origin.UNKNOWN


def same_words(block: Block, body: str) -> bool:
    """Whether the block holds the words of that body already, so that writing it loses none."""
    return words_checksum(block.body) == words_checksum(_tidy(block, body))


def emptied(text: str) -> str:
    """The page with its blocks as if never rendered."""
    parts: list[str] = []
    position = 0
    for block in find_blocks(text):
        closer = "" if block.baked else "<!-- /taiga -->"
        between = "" if block.form is Form.INLINE else block.newline + block.prefix
        parts += text[position : block.start], between + closer
        position = block.end
    return "".join([*parts, text[position:]])


def with_notice(body: str, message: str) -> str:
    """The body with a message above it, as a callout; an earlier one goes.

    Obsidian, SilverBullet and GitHub each show it as a warning.

    Args:
        body: the last good output.
        message: inert Markdown; every line becomes one of the callout.
    """
    lines = LINE_END.split(f"taiga-notes: {message}")
    callout = "\n".join([_WARNING, *(f"> {line}".rstrip() for line in lines)])
    return f"{callout}\n\n{without_notice(body)}".rstrip("\n")


def without_notice(body: str) -> str:
    """The body without the callout of `with_notice`, also after a formatter."""
    return _QUOTED.sub("", body, count=1) if _NOTICED.match(body) else body


_WARNING = "> [!WARNING]"
"""GitHub takes it for a callout only in capitals and alone on its line; Obsidian and SilverBullet
take any."""
_NOTICED = re.compile(r">[ \t]*\\?\[!warning\\?\][ \t]*(?:\n>)?[ \t]*taiga-notes:", re.IGNORECASE)
_QUOTED = re.compile(r"(?:>[^\n]*(?:\n|\Z))+\n*")
_RESCUED = ("> [!NOTE]", "> taiga-notes: edited by hand, so moved out of the block above")
_OPENS = re.compile(r"[<`\\]|~~~|%%")
"""Without any of these a body opens nothing that would have to end."""
_SILVERBULLET = re.compile(r"<!--(?:#lua|/lua-->)")
_INDENT = re.compile(r"(>?)( *)")
_BLANK_LINE = re.compile(r"[ \t]*(?=[\r\n]|\Z)")


def _tidy(block: Block, body: str) -> str:
    """The body as it is read back once written."""
    return tidy(block.form, LINE_END.split(body))


def _written(block: Block, body: str) -> str:
    """What goes between the opener and what follows the replaced part."""
    body = _tidy(block, body)
    closer = f"<!-- /taiga {checksum(body)} -->"
    if block.form is Form.INLINE:
        return body + closer
    lines = ["", *body.split("\n"), "", closer] if body else ["", closer]
    if block.form is Form.BAKED:
        # The blank line keeps formatters from setting the two comments apart themselves.
        return _prefixed(block, [*lines, ""]) + block.newline + block.prefix
    return _prefixed(block, lines)


def _prefixed(block: Block, lines: list[str]) -> str:
    """Each line on a new one, behind the block's prefix."""
    blank = block.prefix.rstrip(" \t")
    return "".join(block.newline + (block.prefix + line if line else blank) for line in lines)


def _line_end(text: str, position: int) -> int:
    newline = LINE_END.search(text, position)
    return newline.start() if newline else len(text)


def _below(text: str, block: Block, position: int) -> str:
    """The rescued body, to be put at a line's end."""
    if block.form is Form.INLINE:
        raise BlockError(
            "a value that was edited within a line can't be moved below it",
            line=block.line,
            hint="move your text out of the markers",
        )
    lines = ["", *_RESCUED, "", *without_notice(block.body).split("\n")]
    following = LINE_END.match(text, position)
    if following and not _BLANK_LINE.match(text, following.end()):
        lines.append("")
    return _prefixed(block, lines)


def _sample(block: Block, body: str) -> str:
    """A page with two blocks like this one: what the first leaves open swallows the second."""
    prefix = block.prefix.expandtabs(4)
    written = _written(replace(block, prefix=prefix), body)
    match block.form:
        case Form.INLINE:
            return f"x <!-- #taiga: x -->{written} " * 2
        case Form.NATIVE:
            return f"{_openers(prefix)}<!-- #taiga: x -->{written}\n\n" * 2
        case _:
            return f"{_openers(prefix)}<!--#lua x -->{written}<!--/lua-->\n\n" * 2


def _openers(prefix: str) -> str:
    """List markers and `>` after which a line begins with that prefix.

    Columns matter: a tab in a body is wider or narrower by where it stands.
    """
    return _INDENT.sub(_items, prefix)


def _items(match: re.Match[str]) -> str:
    """List markers as wide as some blanks, save the one that belongs to a `>` before them."""
    quote = match[1] + match[2][: len(match[1])]
    width = len(match[0]) - len(quote)
    if width == 1:
        return f"{quote} "
    odd = "1. " if width % 2 else ""
    return quote + odd + "+ " * ((width - len(odd)) // 2)


def _holds(sample: str, body: str) -> bool:
    """Whether a page is two blocks with that body."""
    try:
        blocks = find_blocks(sample, ours=lambda _: True)
    except BlockError:
        return False
    return [block.body for block in blocks] == [body, body]


def _prove(
    old: str,
    new: str,
    bodies: Sequence[tuple[Block, str]],
    find: Callable[[str], Sequence[Block]],
) -> None:
    """Read the page again: a defect here must not reach anybody's notes."""
    written = {block.start: _tidy(block, body) for block, body in bodies}
    before = find(old)
    try:
        after = find(new)
    except BlockError:
        after = []
    expected = [(block.text, written.pop(block.start, block.body)) for block in before]
    if written or expected != [(block.text, block.body) for block in after]:
        raise BlockError(
            "the page would not hold the same blocks once written",
            line=bodies[0][0].line,
            hint="it was left as it is; read its blocks again",
        )
