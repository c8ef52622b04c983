"""How HTML and tables begin and end, for `layout`.

Pure. Of CommonMark's seven kinds of HTML block, 1, 3, 4 and 5 are verbatim up to a certain text
(`<pre>`, `<?`, `<!X`, `<![CDATA[`), and 6 and 7 (tags) go on to a blank line; the second are
comments, which `layout` knows itself. Tables are GFM's.
"""

from __future__ import annotations

import re


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
