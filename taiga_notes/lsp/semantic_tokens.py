"""The colours of queries: what each token is, as LSP encodes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from taiga_notes.lsp.documents import units
from taiga_notes.model.kinds import NAMES
from taiga_notes.query.syntax.hints import BLOCK_CLAUSES, CLAUSES
from taiga_notes.query.syntax.lexer import TokenKind

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taiga_notes.lsp.page_view import PageView, TypedQuery

KEYWORD, CLASS, FUNCTION, METHOD, PROPERTY, STRING, NUMBER, OPERATOR, COMMENT = range(9)
LEGEND = types.SemanticTokensLegend(
    [
        *("keyword", "class", "function", "method", "property"),
        *("string", "number", "operator", "comment"),
    ],
    [],
)

_KEYWORDS = {
    *(CLAUSES | BLOCK_CLAUSES),
    *("by", "asc", "desc", "nulls", "and", "or", "not", "in", "true", "false", "nil"),
}
_KINDS = {
    TokenKind.STRING: STRING,
    TokenKind.NUMBER: NUMBER,
    TokenKind.SIGN: OPERATOR,
    TokenKind.QUERY: KEYWORD,
    TokenKind.COMMENT: COMMENT,
}


def semantic_tokens(view: PageView) -> types.SemanticTokens:
    """The tokens of all queries of a page; each of five numbers, relative to the one before."""
    data: list[int] = []
    line, start = 0, 0
    for each in view.queries:
        for first, last, kind in _tokens(each):
            position = view.document.position(first)
            width = units(view.document.text[first:last])
            same = position.line == line
            delta = position.character - start if same else position.character
            data += [position.line - line, delta, width, kind, 0]
            line, start = position.line, position.character
    return types.SemanticTokens(data)


def _tokens(typed: TypedQuery) -> Iterator[tuple[int, int, int]]:
    """The offsets in the page of each token, cut at line ends, and what it is."""
    words = [typed.word(each) for each in typed.spans]
    for number, span in enumerate(typed.spans):
        kind = _KINDS.get(span.kind)
        if kind is None:
            kind = _name(words, number)
        at = span.start
        for part in words[number].split("\n"):
            if part.strip():
                begin = typed.place(at)
                yield begin, begin + len(part), kind
            at += len(part) + 1


def _name(words: list[str], number: int) -> int:
    """What a name is, by what stands around it."""
    before = words[number - 1] if number else ""
    behind = words[number + 1] if number + 1 < len(words) else ""
    if before == ".":
        return FUNCTION if behind == "(" else PROPERTY
    if before == ":":
        return METHOD
    if words[number] in _KEYWORDS:
        return KEYWORD
    if behind == "(":
        return FUNCTION
    return CLASS if words[number] in NAMES else PROPERTY
