"""The operators of expressions, bounded in what they build and true to what is Markdown."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

from taiga_notes.markdown.tables import FINISHED, text_of
from taiga_notes.markdown.text import Markdown, mark

if TYPE_CHECKING:
    from taiga_notes.render.template_budget import TemplateBudget

OPERATORS: Final = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
    "%": operator.mod,
    "**": operator.pow,
}

LARGEST_BITS: Final = 1_024
"""Of a whole number; above, one division may take longer than all that a template may take."""

_LARGEST_WIDTH: Final = 400  # of a formatted number: all its digits, and the padding
_WIDTH: Final = re.compile(r"%[^%a-zA-Z]*(?:\*|\d{3,})")


class Literal(str):
    """A string with blanks at its ends that a template spells out: they are kept."""

    __slots__ = ()

    def spelled(self) -> str:
        """As it stands in running text."""
        core = self.strip()
        if not core:
            return str(self)
        before, _, behind = self.partition(core)
        return before + mark(core) + behind


KEPT: Final = (*FINISHED, Literal)
"""What is lost where it is joined as plain text: to be Markdown, or its outer blanks."""


class Operators:
    """Applies them.

    Args:
        budget: is charged for what they build.
        escape: makes a plain value Markdown.
    """

    def __init__(self, budget: TemplateBudget, escape: Callable[[object], str]) -> None:
        self._budget = budget
        self.escape = escape

    def apply(self, name: str, left: Any, right: Any) -> Any:
        """`left name right`.

        Raises:
            TypeError, ValueError, ArithmeticError: as Python says.
            ExceededError: the result would be too large.
        """
        if isinstance(left, str) and name == "%":
            return self.formatted(left, right)
        if isinstance(left, str) and isinstance(right, str) and name == "+":
            return self.joined((left, right))
        # Looked at before: one multiplication in C can't be interrupted once it has begun.
        if isinstance(left, int) and isinstance(right, int):
            _check_size(name, left, right)
        elif name in "+*":
            self._budget.text(_length(name, left, right))
        # Plain, so that nothing passes for Markdown: what is repeated or added may act where it was
        # inert before.
        return self.held(OPERATORS[name](_plain(left), _plain(right)))

    def held(self, value: Any) -> Any:
        """The value, charged for all that it holds if it is a list or record.

        Raises:
            ExceededError: it is too large.
        """
        if isinstance(value, list | tuple | dict):
            self._budget.hold(value)
        return value

    def joined(self, values: Sequence[object]) -> str:
        """`~`: Markdown if any of the values is, and then the others are made inert."""
        if any(isinstance(value, KEPT) for value in values):
            return Markdown(self._text([self.escape(value) for value in values]))
        return self._text([text_of(value) for value in values])

    def formatted(self, template: str, values: Any) -> str:
        """`template % values`: plain text.

        Raises:
            ValueError: the format is none, or has a width of three digits or more.
            TypeError: it does not fit the values.
            ExceededError: the result would be too large.
        """
        # `%999999999d` builds its text in one step, which nothing ends.
        if _WIDTH.search(template):
            raise ValueError("a format's width has two digits at most")
        if isinstance(values, Mapping):
            values = {name: _argument(value) for name, value in values.items()}
            longest = max(map(_size, values.values()), default=0)
        else:
            values = tuple(map(_argument, values if isinstance(values, tuple) else (values,)))
            longest = max(map(_size, values), default=0)
        self._budget.text(len(template) + template.count("%") * longest)
        text: str = str(template) % values
        return text

    def _text(self, pieces: list[str]) -> str:
        self._budget.text(sum(map(len, pieces)))
        return "".join(pieces)


def _check_size(name: str, left: int, right: int) -> None:
    bits = {
        "*": left.bit_length() + right.bit_length(),
        "**": left.bit_length() * max(right, 0),
    }.get(name, max(left.bit_length(), right.bit_length()))
    if bits > LARGEST_BITS:
        raise OverflowError("the number grows too large")


def _length(name: str, left: Any, right: Any) -> int:
    """How long the string or list becomes; 0 for what is neither."""
    sizes = [len(value) if isinstance(value, str | list | tuple) else 0 for value in (left, right)]
    if name == "+":
        return sum(sizes)
    times = next((value for value in (left, right) if isinstance(value, int)), 0)
    return max(sizes) * max(times, 0)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, str) else value


def _argument(value: Any) -> Any:
    return value if isinstance(value, int | float) else text_of(value)


def _size(value: Any) -> int:
    return len(value) if isinstance(value, str) else _LARGEST_WIDTH
