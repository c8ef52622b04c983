"""The `q` filter: words, ANDed, each the beginning of a word of the item's text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    Test = Callable[[list[str]], bool]

_PIECES = re.compile(r'".*?"|[()]|[^\s()"]+|"')
_OPERATORS = {"and", "or", "not", "AND", "OR", "NOT", "(", ")"}


def words_of(text: str) -> list[str]:
    """The words of a text, in small letters."""
    return re.findall(r"\w+", text.lower())


def matcher(query: str) -> Test:
    """A test of a text's words: `and`, `or`, `not`, brackets and "phrases" are understood.

    Whatever else stands there never fails: what makes no sense is left out, as Taiga does.
    """
    return _Reader([piece for piece in _PIECES.findall(query) if _means_something(piece)]).all()


def _means_something(piece: str) -> bool:
    return piece in _OPERATORS or bool(words_of(piece))


class _Reader:
    """Reads alternatives of conjunctions of words; a missing operand holds for every text."""

    def __init__(self, pieces: list[str]) -> None:
        self._pieces = pieces

    def all(self) -> Test:
        tests = []
        while self._pieces:
            tests.append(self._either())
            if self._pieces:
                self._pieces.pop(0)
        return lambda words: all(test(words) for test in tests)

    def _either(self) -> Test:
        tests = [self._both()]
        while self._next() == "or":
            self._pieces.pop(0)
            tests.append(self._both())
        return lambda words: any(test(words) for test in tests)

    def _both(self) -> Test:
        tests: list[Test] = []
        while self._next() not in {"or", ")", ""}:
            piece = self._pieces.pop(0)
            if piece.lower() != "and":
                tests.append(self._one(piece))
        return lambda words: all(test(words) for test in tests)

    def _one(self, piece: str) -> Test:
        if piece.lower() == "not":
            if self._next() in {"or", ")", ""}:
                return lambda _: True
            inner = self._one(self._pieces.pop(0))
            return lambda words: not inner(words)
        if piece == "(":
            inner = self._either()
            if self._next() == ")":
                self._pieces.pop(0)
            return inner
        return _phrase(words_of(piece), exact=piece.startswith('"'))

    def _next(self) -> str:
        piece = self._pieces[0] if self._pieces else ""
        return piece.lower() if piece in _OPERATORS else piece


def _phrase(wanted: list[str], *, exact: bool) -> Test:
    size = len(wanted)

    def holds(words: list[str]) -> bool:
        if exact:
            starts = range(len(words) - size + 1)
            return any(words[start : start + size] == wanted for start in starts)
        return all(any(word.startswith(one) for word in words) for one in wanted)

    return holds
