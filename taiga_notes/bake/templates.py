"""SilverBullet's templates written in place, `template.new[==[* ${name}]==]`, as clauses."""

from __future__ import annotations

import re
from textwrap import dedent

from taiga_notes.errors import QueryError
from taiga_notes.query.lexer import Kind, tokens

_HEAD = ("template", ".", "each", "(", "query[[")
_TAIL = ("]", "]", ",", "template", ".", "new")
_NAME = re.compile(r"\$\{\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*\}", re.ASCII)
_LIVE = re.compile(r"\$\{|\{[{%#]|%\{")


def clauses(expression: str) -> str:
    """The clauses of a block that shows the same; empty for any other expression.

    Args:
        expression: `template.each(query[[…]], template.new[==[…]==])`, whose template holds
            nothing live but `${name}`.
    """
    try:
        found = tokens(expression)
    except QueryError:
        return ""
    texts = tuple(token.text for token in found)
    for closed, tail in enumerate((_TAIL, (*_TAIL, "(")), 1):
        # From behind: the end, the brackets, the template's text, and what stands before it.
        place = len(found) - 2 - closed
        start = place - len(tail)
        if texts[: len(_HEAD)] != _HEAD or texts[max(start, 0) : place] != tail:
            continue
        if texts[place + 1 : -1] == (")",) * closed and found[place].kind is Kind.STRING:
            begin = expression.index("[[", found[len(_HEAD) - 1].at) + 2
            return _block(expression[begin : found[start].at], found[place].text)
    return ""


def _block(query: str, template: str) -> str:
    each = _each(template)
    return f"{dedent(query).strip()}\neach {each}" if each else ""


def _each(text: str) -> str:
    """The text as a string behind `each`; empty where it holds anything but names."""
    text = dedent(text).strip("\n")
    bare = _NAME.sub("", text)
    if not text or _LIVE.search(bare):
        return ""
    quoted = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return '"' + _NAME.sub(r"%{row.\1}", quoted) + '"'
