"""What a template may use up: steps, characters, depth, time. It always ends.

A template is a page's guest: a cloned vault can bring one that loops for ever or fills the
memory. Each step of a loop, call and filter is charged here, and so is each text that is built.
The limits grow with the number of rows, so that a long list is no attack.

One step in C (a comparison, `tojson`) can't be interrupted, so no value may be larger than such a
step walks in little time, with what it shares counted as often as it is met: `hold`.

Known to be cheap, by its text alone, is a template that puts no values together. What it works on
is what it is given, and strings that are charged: one step in C, be it a comparison or a sort,
takes no longer than the rows are large. All that a template usually is passes: loops, conditions,
fields, macros, and filters with constants. Any other is rendered in a process that can be ended.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from itertools import chain, islice
from typing import Final

from jinja2 import nodes

_STEPS: Final = 2_000_000  # about half a second
_STEPS_PER_ROW: Final = 2_000
_CHARACTERS: Final = 4_000_000  # in any one text, the output among them
_CHARACTERS_PER_ROW: Final = 2_000
_VALUE: Final = 200_000  # characters of one value
_HELD: Final = 200_000  # values within one value that a template puts together
_HELD_PER_ROW: Final = 500
_NESTED: Final = 50  # lists within lists
_SECONDS: Final = 1.0  # of this thread's own time, for what costs more than its steps say
_SECONDS_PER_ROW: Final = 0.000_5
_LOOK_EVERY: Final = 200  # steps between two looks at the clock
_DEPTH: Final = 40  # macros that call macros, templates that include templates


class ExceededError(Exception):
    """The template may not go on; the message says what it used up."""


class TemplateBudget:
    """Counts what one rendering uses up. One at a time: `start` begins the next."""

    def __init__(self) -> None:
        self.start(0)

    def start(self, rows: int) -> None:
        """Begins a rendering of so many rows."""
        self.characters = _CHARACTERS + _CHARACTERS_PER_ROW * rows
        self._held = _HELD + _HELD_PER_ROW * rows
        self._left = _STEPS + _STEPS_PER_ROW * rows
        self._next_look = self._left - _LOOK_EVERY
        self._end = time.thread_time() + _SECONDS + _SECONDS_PER_ROW * rows
        self._depth = 0

    def charge(self, steps: int) -> None:
        """Uses up steps.

        Raises:
            ExceededError: there are none left, or the time is over.
        """
        self._left -= steps
        if self._left < self._next_look:
            self.look()

    def look(self) -> None:
        """Looks whether there are steps and time left.

        Raises:
            ExceededError: there are not.
        """
        self._next_look = self._left - _LOOK_EVERY
        if self._left < 0:
            raise ExceededError("the template takes too many steps")
        if time.thread_time() > self._end:
            raise ExceededError("the template takes too long")

    def text(self, length: int) -> None:
        """Uses up a text of that many characters.

        Raises:
            ExceededError: it is too long, or there were too many before it.
        """
        if length > self.characters:
            raise ExceededError(f"the template's text grows beyond {self.characters:,} characters")
        self.charge(length >> 3)

    def value(self, length: int) -> None:
        """Prints a value of that many characters: that is slower than to put texts together.

        Raises:
            ExceededError: it is too long, or the time is over.
        """
        if length > _VALUE:
            raise ExceededError(f"a value has more than {_VALUE:,} characters: `truncate` it")
        self.charge(length)
        self.look()

    def hold(self, value: object) -> None:
        """Uses up a list or record that was put together, and all that it holds.

        What it holds twice counts twice: whoever prints or compares it meets it twice.

        Raises:
            ExceededError: it is too large or too deep.
        """
        left, characters, depth = self._held, self.characters, 0
        level: list[object] = [value]
        while level:
            left -= len(level)
            characters -= sum(len(one) for one in level if isinstance(one, str))
            if left < 0 or characters < 0 or depth > _NESTED:
                raise ExceededError("the template puts together a value that grows without end")
            # Not one more than it takes to see that they are too many.
            level = [*islice(chain.from_iterable(map(_parts, level)), left + 1)]
            depth += 1
        self.charge(self._held - left)

    def enter(self) -> None:
        """Goes one level deeper.

        Raises:
            ExceededError: it is too deep.
        """
        self._depth += 1
        if self._depth > _DEPTH:
            raise ExceededError("the template calls or includes itself without end")

    def leave(self) -> None:
        """Comes back from a level."""
        self._depth -= 1


def _parts(value: object) -> Iterable[object]:
    if isinstance(value, Mapping):
        return (*value.keys(), *value.values())
    return value if isinstance(value, list | tuple) else ()


_BUILDING: Final = (nodes.Dict, nodes.List, nodes.Mod, nodes.Mul, nodes.Pow, nodes.Slice)
_BUILDING_FILTERS: Final = frozenset({"batch", "format", "int", "slice"})
_FREE_FILTERS: Final = frozenset(
    {"bar", "cell", "d", "dates", "default", "link", "markdown", "so_far", "table"}
)
"""Those whose arguments may be anything: they are printed, given back, or make no more than an axis
of them."""

_BUILDING_NAMES: Final = frozenset({"dict", "kwargs", "range", "varargs"})
_LONG: Final = 100  # characters, or the number itself


def is_cheap(template: nodes.Template) -> bool:
    """Whether a template needs no bound but the budget's."""
    return all(map(_is_cheap, template.find_all(nodes.Node)))


def _is_cheap(node: nodes.Node) -> bool:
    match node:
        case nodes.Name():
            return node.name not in _BUILDING_NAMES
        case nodes.Tuple():
            return node.ctx != "load"
        case nodes.Filter() | nodes.Test():
            return _is_cheap_filter(node)
        case nodes.Call():
            return not (node.dyn_args or node.dyn_kwargs)
    return not isinstance(node, _BUILDING)


def _is_cheap_filter(node: nodes.Filter | nodes.Test) -> bool:
    if isinstance(node, nodes.Test) or node.name in _FREE_FILTERS:
        return True
    given = (*node.args, *(named.value for named in node.kwargs))
    dynamic = node.dyn_args or node.dyn_kwargs
    return node.name not in _BUILDING_FILTERS and not dynamic and all(map(_is_short, given))


def _is_short(node: nodes.Expr) -> bool:
    if isinstance(node, nodes.Neg):
        return _is_short(node.node)
    if not isinstance(node, nodes.Const):
        return False
    value = node.value
    return len(value) <= _LONG if isinstance(value, str) else value is None or abs(value) <= _LONG
