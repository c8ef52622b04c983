"""Lua's patterns, matched with a bounded number of steps.

An item is a character class with an optional `* + - ?`, a capture, `%b()`, `%f[set]`, `%1` or
the closing `$`. A class is matched by a regular expression for just that class, which is linear.
What Lua tries in turn is tried here: over a list of choices, so that no pattern exhausts the
stack, and every step is charged, so that none runs for ever.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from taiga_notes.query.runtime.budget import MAX_PATTERN, Budget, Mistake

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_CAPTURES = 32
_STEP = 64
_CHARACTER = 16
_CLASSES = {
    "a": string.ascii_letters,
    "c": "".join(map(chr, [*range(32), 127])),
    "d": string.digits,
    "g": "".join(map(chr, range(33, 127))),
    "l": string.ascii_lowercase,
    "p": string.punctuation,
    "s": " \t\n\r\f\v",
    "u": string.ascii_uppercase,
    "w": string.ascii_letters + string.digits,
    "x": string.hexdigits,
}
_ANY = "(?s:.)"

Span = tuple[int, int]
"""Where a capture begins and ends; the end is `_OPEN` while it is open, `_POSITION` for `()`."""

_OPEN = -1
_POSITION = -2


class Op(Enum):
    """What an item does."""

    ONE = "one character"
    MANY = "as many as there are"
    FEW = "as few as will do"
    MAYBE = "one or none"
    OPEN = "("
    POSITION = "()"
    CLOSE = ")"
    BALANCED = "%b"
    FRONTIER = "%f"
    AGAIN = "%1"
    END = "$"


_NOTHING = re.compile("(?!)")


@dataclass(frozen=True, slots=True)
class PatternItem:
    """One item of a pattern.

    Attributes:
        op: what it does.
        one: matches a character of its class.
        run: matches as many characters of its class as follow each other.
        number: how many of the class there must be at least; which capture `%1` means.
        text: the character that the class consists of, if it is one; the pair of `%b`.
    """

    op: Op
    one: re.Pattern[str] = _NOTHING
    run: re.Pattern[str] = _NOTHING
    number: int = 0
    text: str = ""


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern, read once.

    Attributes:
        items: what must match in turn.
        anchored: whether it matches at the beginning only.
        literal: the text that it stands for if it is nothing but text; else None.
        first: matches the character with which every match begins; None where it need not
            begin with any.
    """

    items: tuple[PatternItem, ...]
    anchored: bool
    literal: str | None
    first: re.Pattern[str] | None


@dataclass(frozen=True, slots=True)
class Match:
    """Where a pattern matched, and its captures: strings, or positions as numbers."""

    start: int
    end: int
    captures: tuple[str | int, ...]


def search(budget: Budget, pattern: Pattern, text: str, start: int) -> Match | None:
    """The first match from `start` (0-based) on.

    Raises:
        Mistake: it takes too many steps.
    """
    while start <= len(text):
        if pattern.first is not None and not pattern.anchored:
            begin = pattern.first.search(text, start)
            if begin is None:
                return None
            start = begin.start()
        match = match_at(budget, pattern, text, start)
        if match is not None or pattern.anchored:
            return match
        start += 1
    return None


def match_at(budget: Budget, pattern: Pattern, text: str, start: int) -> Match | None:
    """The match that begins just there.

    Raises:
        Mistake: it takes too many steps.
    """
    found = _Matcher(budget, pattern.items, text).run(start)
    if found is None:
        return None
    end, spans = found
    return Match(start, end, tuple(_captured(text, span) for span in spans))


def _captured(text: str, span: Span) -> str | int:
    start, end = span
    if end == _OPEN:
        raise Mistake("malformed pattern: a capture is not closed")
    return start + 1 if end == _POSITION else text[start:end]


State = tuple[int, int, tuple[Span, ...]]
"""The next item, the position in the text, the captures so far."""


class _Matcher:
    """One attempt to match; `_choices` holds what else could have been done, latest last."""

    def __init__(self, budget: Budget, items: tuple[PatternItem, ...], text: str) -> None:
        self._budget = budget
        self._items = items
        self._text = text
        self._choices: list[Iterator[State]] = []

    def run(self, start: int) -> tuple[int, tuple[Span, ...]] | None:
        state: State | None = (0, start, ())
        while True:
            self._budget.work(_STEP)
            if state is None:
                if not self._choices:
                    return None
                state = next(self._choices[-1], None)
                if state is None:
                    self._choices.pop()
            elif state[0] == len(self._items):
                return state[1], state[2]
            else:
                state = self._step(self._items[state[0]], *state)

    def _step(
        self, item: PatternItem, at: int, position: int, spans: tuple[Span, ...]
    ) -> State | None:
        text = self._text
        match item.op:
            case Op.ONE:
                return (at + 1, position + 1, spans) if item.one.match(text, position) else None
            case Op.MANY | Op.FEW | Op.MAYBE:
                self._choices.append((at + 1, end, spans) for end in self._ends(item, position))
                return None
            case Op.OPEN | Op.POSITION:
                end = _OPEN if item.op is Op.OPEN else _POSITION
                return at + 1, position, (*spans, (position, end))
            case Op.CLOSE:
                return at + 1, position, _closed(spans, position)
            case Op.BALANCED:
                closed = self._balanced(item.text, position)
                return None if closed is None else (at + 1, closed, spans)
            case Op.FRONTIER:
                before = text[position - 1] if position else "\0"
                after = text[position] if position < len(text) else "\0"
                enters = item.one.match(after) and not item.one.match(before)
                return (at + 1, position, spans) if enters else None
            case Op.AGAIN:
                return self._again(item.number, at, position, spans)
            case _:
                return (at + 1, position, spans) if position == len(text) else None

    def _ends(self, item: PatternItem, position: int) -> Iterable[int]:
        """Where a repeated class may end, in the order in which Lua tries them."""
        match = (item.one if item.op is Op.MAYBE else item.run).match(self._text, position)
        end = position if match is None else match.end()
        self._budget.work(end - position)
        ends = range(position + item.number, end + 1)
        return ends if item.op is Op.FEW else reversed(ends)

    def _balanced(self, pair: str, position: int) -> int | None:
        """The end of what begins here and closes as often as it opens; None if nothing does."""
        if not self._text.startswith(pair[0], position):
            return None
        depth = 1
        for end in range(position + 1, len(self._text)):
            self._budget.work(_CHARACTER)
            if self._text[end] == pair[1]:
                depth -= 1
            elif self._text[end] == pair[0]:
                depth += 1
            if not depth:
                return end + 1
        return None

    def _again(self, number: int, at: int, position: int, spans: tuple[Span, ...]) -> State | None:
        if number >= len(spans) or spans[number][1] < 0:
            raise Mistake(f"malformed pattern: there is no capture %{number + 1} yet")
        start, end = spans[number]
        fits = self._text.startswith(self._text[start:end], position)
        self._budget.work(end - start)
        return (at + 1, position + end - start, spans) if fits else None


def _closed(spans: tuple[Span, ...], position: int) -> tuple[Span, ...]:
    for number in range(len(spans) - 1, -1, -1):
        start, end = spans[number]
        if end == _OPEN:
            return (*spans[:number], (start, position), *spans[number + 1 :])
    raise Mistake("malformed pattern: there is a ) without its (")


def compiled(pattern: str) -> Pattern:
    """Reads a pattern.

    Raises:
        Mistake: it is malformed, or too long.
    """
    if len(pattern) > MAX_PATTERN:
        raise Mistake(f"the pattern is too long: at most {MAX_PATTERN} characters")
    anchored = pattern.startswith("^")
    items = tuple(_PatternReader(pattern, int(anchored)).items())
    if sum(item.op in {Op.OPEN, Op.POSITION} for item in items) > MAX_CAPTURES:
        raise Mistake(f"the pattern has too many captures: at most {MAX_CAPTURES}")
    plain = all(item.op is Op.ONE and item.text for item in items) and not anchored
    literal = "".join(item.text for item in items) if plain else None
    return Pattern(items, anchored, literal, items[0].one if items and items[0].number else None)


class _PatternReader:
    """Reads the items of a pattern from left to right."""

    def __init__(self, pattern: str, at: int) -> None:
        self._pattern = pattern
        self._at = at

    def items(self) -> Iterator[PatternItem]:
        while self._at < len(self._pattern):
            yield self._item()

    def _take(self, missing: str) -> str:
        if self._at >= len(self._pattern):
            raise Mistake(f"malformed pattern: {missing}", "%% stands for a percent sign")
        self._at += 1
        return self._pattern[self._at - 1]

    def _starts(self, text: str) -> bool:
        return self._pattern.startswith(text, self._at)

    def _item(self) -> PatternItem:
        if self._starts("()"):
            self._at += 2
            return PatternItem(Op.POSITION)
        if self._starts("$") and self._at + 1 == len(self._pattern):
            self._at += 1
            return PatternItem(Op.END)
        char = self._take("")
        if char in "()":
            return PatternItem(Op.OPEN if char == "(" else Op.CLOSE)
        if char == "%":
            return self._escape()
        if char == "[":
            return self._repeated(self._set())
        return self._repeated(_ANY) if char == "." else self._repeated(re.escape(char), char)

    def _escape(self) -> PatternItem:
        char = self._take("it ends with %")
        if char == "b":
            pair = self._take("%b wants two characters") + self._take("%b wants two characters")
            return PatternItem(Op.BALANCED, text=pair)
        if char == "f":
            if self._take("%f wants a [set]") != "[":
                raise Mistake("malformed pattern: %f wants a [set]")
            return PatternItem(Op.FRONTIER, re.compile(self._set()))
        if char in "123456789":
            return PatternItem(Op.AGAIN, number=int(char) - 1)
        members = _class(char)
        return self._repeated(members or re.escape(char), "" if members else char)

    def _repeated(self, one: str, text: str = "") -> PatternItem:
        """A class, given as a regular expression for one character, and its sign if it has one."""
        sign = self._pattern[self._at : self._at + 1] or " "
        op = {"*": Op.MANY, "+": Op.MANY, "-": Op.FEW, "?": Op.MAYBE}.get(sign, Op.ONE)
        self._at += op is not Op.ONE
        number = int(op is Op.ONE or sign == "+")
        return PatternItem(op, re.compile(one), re.compile(f"(?:{one})*"), number, text)

    def _set(self) -> str:
        negated = self._starts("^")
        self._at += negated
        members: list[str] = []
        while not members or not self._starts("]"):
            members.append(self._set_member())
        self._at += 1
        either = "|".join(dict.fromkeys(members))
        return f"(?!{either}){_ANY}" if negated else f"(?:{either})"

    def _set_member(self) -> str:
        first = self._take("there is a [ without its ]")
        if first == "%":
            char = self._take("it ends with %")
            return _class(char) or re.escape(char)
        if self._starts("-") and not self._starts("-]"):
            self._at += 1
            last = self._take("there is a [ without its ]")
            return f"[{re.escape(first)}-{re.escape(last)}]" if first <= last else "(?!)"
        return re.escape(first)


def _class(letter: str) -> str | None:
    """The regular expression for a class such as `%a`, or `%A` for all other characters."""
    members = _CLASSES.get(letter.lower())
    if members is None:
        return None
    return f"[{'^' if letter.isupper() else ''}{re.escape(members)}]"
