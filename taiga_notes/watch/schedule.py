"""When `watch` has something to do, and what.

No clock and no threads: times come in as arguments, in seconds of a clock that never goes back.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LEAST_QUIET = 0.03
"""Seconds: a page that is truncated and then written is empty for some 20 ms."""

HINT_QUIET = 0.2
"""Seconds without a further webhook delivery before Taiga is asked: a burst costs one look."""

HINT_PATIENCE = 5.0
"""Seconds after which Taiga is asked although deliveries go on arriving."""

ECHOES = (2.0, 5.0, 15.0)
"""Seconds after which Taiga is asked again where it had nothing new at a hint: with a queue behind
it, Taiga's timeline follows its webhooks by some seconds."""

CALM = 5
"""Looks at Taiga that found nothing before they become rarer."""

SLOWEST = 4.0
"""How many times `every` passes between two looks while nothing happens."""

MOST_PATIENT = 900.0
"""Seconds between two tries while Taiga fails."""


class Change(Enum):
    """What a look at Taiga brought."""

    CHANGE = auto()
    NOTHING = auto()
    FAILURE = auto()


@dataclass(slots=True)
class Cadence:
    """How often Taiga is asked.

    Attributes:
        every: seconds between two looks while things happen.
        chance: a number from 0 up to 1, so that many watchers don't ask in step.
    """

    every: float
    chance: Callable[[], float] = random.random
    _calm: int = field(default=0, init=False)
    _failures: int = field(default=0, init=False)

    def after(self, found: Change) -> float:
        """Seconds to the next look, after one that found this."""
        self._calm = self._calm + 1 if found is Change.NOTHING else 0
        self._failures = self._failures + 1 if found is Change.FAILURE else 0
        return self._pause() * (0.9 + 0.2 * self.chance())

    def stir(self) -> None:
        """Something happened here: Taiga may be busy as well."""
        self._calm = 0

    @property
    def failing(self) -> bool:
        """Whether the last look failed."""
        return self._failures > 0

    def _pause(self) -> float:
        if self._failures:
            return max(min(self.every * 2.0 ** min(self._failures, 30), MOST_PATIENT), self.every)
        return self.every * min(1.25 ** max(self._calm - CALM, 0), SLOWEST)


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be done now.

    Attributes:
        files: that were saved and have been quiet since.
        taiga: ask Taiga whether something changed.
        resting: files that are still being written: to be left in peace.
    """

    files: frozenset[str] = frozenset()
    taiga: bool = False
    resting: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.files) or self.taiga


class Schedule:
    """What is to be done, and when.

    Args:
        quiet: seconds that a file is left in peace after its last change.
        cadence: how often Taiga is asked.
        now: the time. The first look at Taiga is due at once.
    """

    def __init__(self, quiet: float, cadence: Cadence, now: float) -> None:
        self.quiet = max(quiet, LEAST_QUIET)
        self.cadence = cadence
        self.next_look = now
        self._last_look = now
        self._touched: dict[str, float] = {}
        self._hint = math.inf
        self._hinted_since = math.inf
        self._echoes: list[float] = []

    def touch(self, name: str, at: float) -> None:
        """A file was saved at that time."""
        self._touched[name] = at + self.quiet
        self.cadence.stir()
        if not self.cadence.failing:
            self.next_look = min(self.next_look, self._last_look + self.cadence.every)

    def drop(self, name: str) -> None:
        """A file is gone."""
        self._touched.pop(name, None)

    def put_off(self, name: str, until: float) -> None:
        """A file could not be seen to, and is due again at that time."""
        self._touched[name] = until

    def hint(self, at: float) -> None:
        """A webhook said at that time that something changed in Taiga."""
        if self.cadence.failing:
            # Taiga may be alive again, but must not be beset each time that it says so.
            at = max(at, self._last_look + self.cadence.every)
        self._hinted_since = min(self._hinted_since, at)
        self._hint = min(at + HINT_QUIET, self._hinted_since + HINT_PATIENCE)
        self._echoes = list(ECHOES)
        self.cadence.stir()

    def look_now(self, now: float) -> None:
        """Ask Taiga at once: nobody knows what happened since the last look."""
        self.next_look = now

    def looked(self, found: Change, now: float) -> None:
        """Taiga was asked, and this came of it."""
        self._last_look = now
        if found is Change.CHANGE:
            self._echoes = []
        pause = self.cadence.after(found)
        if self._echoes and found is Change.NOTHING:
            pause = min(pause, self._echoes.pop(0))
        self.next_look = now + pause

    def next(self) -> float:
        """When there will be something to do."""
        files = min(self._touched.values(), default=math.inf)
        return min(files, self._hint, self.next_look)

    def due(self, now: float) -> Due:
        """What is to be done by now; it counts as done."""
        files = frozenset(name for name, at in self._touched.items() if at <= now)
        for name in files:
            del self._touched[name]
        due = Due(files, self._looks(now), frozenset(self._touched))
        if due.taiga:
            self._last_look = now
            self._hint = self._hinted_since = math.inf
            # Until `looked` knows better: a look that breaks off is no reason to look at once.
            self.next_look = now + self.cadence.every
        return due

    def _looks(self, now: float) -> bool:
        return min(self._hint, self.next_look) <= now
