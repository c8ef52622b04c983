"""CommonMark's rules for one line, for `layout`: what it stands in, and what begins or ends on it.

Pure. Quotes and list items, and the columns that their markers use up, are those of its sections
2.2, 5.1 and 5.2. Of its seven kinds of HTML block, 1, 3, 4 and 5 are verbatim up to a certain text
(`<pre>`, `<?`, `<!X`, `<![CDATA[`), and 6 and 7 (tags) go on to a blank line; the second are
comments, which `layout` knows itself. Tables are GFM's.
"""

from __future__ import annotations

import re
from enum import Enum, auto

_ADMONITION = re.compile(
    r"""(?: (?:!!!|\?\?\?\+?) [ ]* [\w-]+ (?:[ ]+[\w-]+)* (?:[ ]+"[^\r\n]*")?
      | (?:\?\?\?\+?|===[!+]*) [ ]+ "[^\r\n]*" ) [ \t]* \Z""",
    re.VERBOSE,
)
"""`!!! note "Title"` (Python-Markdown), `??? note`, `=== "Tab"` (pymdownx' details and tabbed)."""
_BLANKS = re.compile(r"[ \t]*")
_ITEM = re.compile(r"(?:[-+*]|(\d{1,9})[.)])(?=[ \t\r\n]|\Z)")
_TAB = 4
_CODE_INDENT = 4


class Cursor:
    """How far a line has been read.

    Attributes:
        text: the page.
        start: offset of the line.
        end: offset behind it, line end excluded.
        position: offset of its next character that is no blank.
        column: 0-based column of that character; tabs go to the next multiple of four.
        used: how many columns the containers have used up.
    """

    __slots__ = ("column", "end", "position", "start", "text", "used")

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text = text
        self.start = start
        self.end = end
        self.used = 0
        self.column = 0
        self.position = start
        self.skip_blanks()

    @property
    def blank(self) -> bool:
        """Whether nothing but blanks is left."""
        return self.position == self.end

    @property
    def indent(self) -> int:
        """The columns of blanks before the next character."""
        return self.column - self.used

    @property
    def indented(self) -> bool:
        """Whether that is enough for code."""
        return self.column - self.used >= _CODE_INDENT

    def skip_blanks(self) -> None:
        """Look behind the blanks that stand here."""
        match = _BLANKS.match(self.text, self.position, self.end)
        blanks = match[0] if match else ""
        if "\t" in blanks:
            for blank in blanks:
                self.column += _TAB - self.column % _TAB if blank == "\t" else 1
        else:
            self.column += len(blanks)
        self.position += len(blanks)

    def skip(self, width: int) -> None:
        """Use up the next `width` characters, and look behind the blanks that follow them."""
        self.position += width
        self.column += width
        self.used = self.column
        self.skip_blanks()


class Quote:
    """A block quote, or a callout.

    Args:
        number: tells it from every other container of the page.
    """

    __slots__ = ("number",)

    def __init__(self, number: int) -> None:
        self.number = number

    def holds(self, cursor: Cursor) -> bool:
        """Whether the line goes on in this quote; if so its `>` is used up."""
        text, position = cursor.text, cursor.position
        if cursor.blank or cursor.indented or text[position] != ">":
            return False
        cursor.skip(1)
        if cursor.indent:
            cursor.used += 1
        return True


class ListItem:
    """A list item.

    Args:
        number: tells it from every other container of the page.
        width: the columns by which its content is indented.
        empty: whether it begins with a blank line; a second one ends it.
    """

    __slots__ = ("empty", "number", "width")

    def __init__(self, number: int, width: int, *, empty: bool) -> None:
        self.number = number
        self.width = width
        self.empty = empty

    def holds(self, cursor: Cursor) -> bool:
        """Whether the line goes on in this item; if so its indentation is used up."""
        if cursor.blank:
            return not self.empty
        if cursor.indent < self.width:
            return False
        self.empty = False
        cursor.used += self.width
        return True


Container = Quote | ListItem


class Dialect(Enum):
    """Which containers a page may have besides quotes and list items."""

    COMMONMARK = auto()
    """None."""
    MKDOCS = auto()
    """Python-Markdown's admonitions and pymdownx' details and tabs, whose content is indented."""


def admonition_here(cursor: Cursor, number: int) -> ListItem | None:
    """The admonition that begins at the cursor, `!!! note`, its line used up; None if none does.

    Args:
        cursor: stands on a character that is indented by less than code.
        number: the container's number.
    """
    if not _ADMONITION.match(cursor.text, cursor.position, cursor.end):
        return None
    width = cursor.indent + _CODE_INDENT
    cursor.skip(cursor.end - cursor.position)
    return ListItem(number, width, empty=False)


def container_here(cursor: Cursor, number: int, *, inside: bool) -> Container | None:
    """The quote or item that begins at the cursor, its marker used up; None if none does.

    Args:
        cursor: stands on a character that is indented by less than code.
        number: the container's number.
        inside: whether the line may go on a paragraph, which not every list item interrupts.
    """
    if cursor.text[cursor.position] == ">":
        quote = Quote(number)
        quote.holds(cursor)
        return quote
    match = _ITEM.match(cursor.text, cursor.position)
    if match is None:
        return None
    blank = _BLANKS.match(cursor.text, match.end(), cursor.end)
    empty = blank is not None and blank.end() == cursor.end
    if inside and (empty or (match[1] and int(match[1]) != 1)):
        return None
    before, marker = cursor.indent, len(match[0])
    cursor.skip(marker)
    # The content of an item that begins with code, or with nothing, stands one column on.
    padding = 1 if empty or cursor.indent > _CODE_INDENT else cursor.indent
    cursor.used += padding
    return ListItem(number, before + marker + padding, empty=empty)


def verbatim_end(text: str, position: int) -> re.Pattern[str] | None:
    """What ends the verbatim HTML that begins here; None if none does."""
    for opening, closer in _VERBATIM:
        if opening.match(text, position):
            return closer
    return None


def tag_begins(text: str, position: int, *, inside: bool) -> bool:
    """Whether a block of tags begins here.

    Args:
        text: the page.
        position: offset of the line's first character that is no blank.
        inside: whether the line may go on a paragraph, which not every tag interrupts.
    """
    tag = _TAG.match(text, position) or (not inside and _LONE_TAG.match(text, position))
    return bool(tag)


def left_open(text: str, position: int, end: int) -> re.Pattern[str] | None:
    """What ends the `<pre>`, or the like, or the comment that a line of tags leaves open."""
    openings = list(_PRE.finditer(text, position, end))
    if openings and not _PRE_END.search(text, openings[-1].end(), end):
        return _PRE_END
    comment = text.rfind("<!--", position, end)
    if comment >= 0 and text.find("-->", comment, end) < 0:
        return _COMMENT_END
    return None


def heads_table(head: str, line: str) -> bool:
    """Whether a line below another one makes that one the head of a table.

    Args:
        head: the line above.
        line: the line, which must be a row of dashes with as many cells.
    """
    line = line.rstrip(" \t")
    return "|" in line and _DASHES.match(line) is not None and _cells(line) == _cells(head)


def _cells(row: str) -> int:
    return len(_PIPE.findall(row.strip(" \t>").removeprefix("|").removesuffix("|"))) + 1


_DASHES = re.compile(r"\|?[ \t]*:?-+:?(?:[ \t]*\|[ \t]*:?-+:?)*[ \t]*\|?$")
_PIPE = re.compile(r"(?<!\\)\|")

_PRE = re.compile(r"<(?:pre|script|style|textarea)(?=[\s>]|\Z)", re.IGNORECASE)
_PRE_END = re.compile(r"</(?:pre|script|style|textarea)>", re.IGNORECASE)
_COMMENT_END = re.compile("-->")
_VERBATIM = (
    (_PRE, _PRE_END),
    (re.compile(r"<\?"), re.compile(r"\?>")),
    (re.compile(r"<![A-Za-z]"), re.compile(r">")),
    (re.compile(r"<!\[CDATA\["), re.compile(r"\]\]>")),
)
_TAG = re.compile(
    r"</?(?:address|article|aside|base|basefont|blockquote|body|caption|center|col|colgroup|dd"
    r"|details|dialog|dir|div|dl|dt|fieldset|figcaption|figure|footer|form|frame|frameset|h[1-6]"
    r"|head|header|hr|html|iframe|legend|li|link|main|menu|menuitem|nav|noframes|ol|optgroup"
    r"|option|p|param|search|section|summary|table|tbody|td|tfoot|th|thead|title|tr|track|ul)"
    r"(?=[ \t\r\n]|/?>|\Z)",
    re.IGNORECASE,
)
_VALUE = r"(?:[^ \t\r\n\"'=<>`]+|'[^'\r\n]*'|\"[^\"\r\n]*\")"
_LONE_TAG = re.compile(
    r"(?:<[A-Za-z][A-Za-z0-9-]*"
    rf"(?:[ \t]+[A-Za-z_:][\w.:-]*(?:[ \t]*=[ \t]*{_VALUE})?)*"
    r"[ \t]*/?>|</[A-Za-z][A-Za-z0-9-]*[ \t]*>)[ \t]*(?=[\r\n]|\Z)"
)
