"""SilverBullet's live directives: `${EXPR}` in a page's prose.

Pure. SilverBullet counts braces; here those in strings, long brackets and comments do not count,
so that a directive ends where its author meant it to.
"""

from __future__ import annotations

import re

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
