"""The tokens of an expression or a script, one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taiga_notes.query.syntax.lexer import Token, TokenKind

if TYPE_CHECKING:
    from collections.abc import Sequence


class TokenReader:
    """Reads tokens, the last of which is the end and is never passed.

    Args:
        tokens: of a text.

    Attributes:
        next: the index of the token that is read next.
    """

    def __init__(self, tokens: Sequence[Token]) -> None:
        self.tokens = tokens
        self.next = 0

    @property
    def _token(self) -> Token:
        return self.tokens[self.next]

    def _take(self) -> Token:
        token = self._token
        self.next = min(self.next + 1, len(self.tokens) - 1)
        return token

    def _passed(self, *texts: str) -> bool:
        """Whether these tokens come next, none of them a string; they are passed then."""
        found = self.tokens[self.next : self.next + len(texts)]
        fits = tuple(token.text for token in found) == texts
        if not fits or any(token.kind is TokenKind.STRING for token in found):
            return False
        self.next += len(texts)
        return True
