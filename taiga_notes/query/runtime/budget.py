"""What keeps every evaluation finite: bounds on texts, nesting, steps and sizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_TEXT = 20_000
"""Characters of one query's text."""

MAX_DEPTH = 64
"""Levels of brackets, operators and accesses within each other: each costs stack frames here
and in Python's own compiler, whose limit must stay out of reach."""

MAX_QUERIES = 8
"""Queries within queries; each level costs stack frames while it runs."""

MAX_PRESETS = 5
"""Presets that name presets; each level costs as much as `MAX_QUERIES` queries."""

MAX_KEYS = 16
"""Keys of one `order by` or `group by`: each is held for every row."""

MAX_STEPS = 100_000_000
"""Steps of one evaluation; one is an expression's node met for a row: some seconds' worth."""

MAX_SIZE = 50_000_000
"""Characters and table cells that one evaluation may make."""

MAX_STRING = 1_000_000
"""Characters of one string that a query makes."""

MAX_PATTERN = 1_000
"""Characters of one Lua pattern."""

MAX_NESTED_DATA = 100
"""Levels of tables within tables that are walked: front matter may even hold itself."""


MAX_SECONDS = 10.0
"""Seconds of computing of one evaluation, where somebody lends a clock: what the steps cost is not
the same everywhere."""

LOOK_EVERY = 100_000
"""Steps, or characters, between two looks at the clock."""

WALKED = 20
"""Steps for each value within a value that is walked."""


READ = 10
"""The characters that are read in one step, as a power of two."""


class Mistake(Exception):  # noqa: N818 - never leaves the package; `QueryError` does
    """Something is wrong at a place that only the caller knows; see `QueryError` for the rest.

    Args:
        message: what is wrong, one sentence, no full stop.
        hint: what to do about it; empty where the message says it all.
    """

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Budget:
    """Counts what one evaluation does, and ends it when it does too much.

    Args:
        clock: tells how many seconds were computed so far; by default time has no bound.
    """

    __slots__ = ("_clock", "_end", "_next_size", "_next_steps", "_size", "_steps")

    def __init__(self, clock: Callable[[], float] = float) -> None:
        self._clock = clock
        self._end = clock() + MAX_SECONDS
        self._steps = MAX_STEPS
        self._size = MAX_SIZE
        self._next_steps = self._steps - LOOK_EVERY
        self._next_size = self._size - LOOK_EVERY

    def work(self, steps: int) -> None:
        """Charges steps, before they are taken.

        Raises:
            Mistake: there were too many, or they took too long.
        """
        self._steps -= steps
        if self._steps < self._next_steps:
            self._next_steps = max(self._steps - LOOK_EVERY, 0)
            self._look()

    def make(self, size: int) -> None:
        """Charges characters or cells, before they are made.

        Raises:
            Mistake: there were too many, or they took too long.
        """
        self._size -= size
        if self._size < self._next_size:
            self._next_size = max(self._size - LOOK_EVERY, 0)
            self._look()

    def read(self, length: int) -> None:
        """Charges a text of so many characters that is looked through, before it is.

        Raises:
            Mistake: see `work`.
        """
        self.work(length >> READ)

    def walk(self, values: int) -> None:
        """Charges a table with so many values that is walked, value by value.

        A table can hold another one many times, and walked it is as many as it shows.

        Raises:
            Mistake: see `work` and `make`.
        """
        self.make(values)
        self.work(WALKED * (values + 1))

    def _look(self) -> None:
        if self._steps < 0:
            raise Mistake(
                "the query takes too many steps",
                "look at fewer rows: filter before nesting one query in another",
            )
        if self._size < 0:
            raise Mistake("the query makes too much text", "select less, or limit it")
        if self._clock() > self._end:
            raise Mistake("the query takes too long", "look at fewer rows, or select less")
