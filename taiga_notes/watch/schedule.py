"""When `watch` has something to do, and what.

No clock and no threads: times come in as arguments, in seconds of a clock that never goes back.
Only the worker holds the schedule and changes it; all others give it plain data to do so by.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import islice
from typing import TYPE_CHECKING, assert_never

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

LEAST_QUIET = 0.03
"""Seconds: a page that is truncated and then written is empty for some 20 ms."""

HINT_QUIET = 0.2
"""Seconds without a further webhook delivery before Taiga is polled: a burst costs one poll."""

HINT_PATIENCE = 5.0
"""Seconds after which Taiga is polled although deliveries go on arriving."""

ECHOES = (2.0, 5.0, 15.0)
"""Seconds after which Taiga is polled again where it had nothing new at a hint: with a queue behind
it, Taiga's timeline follows its webhooks by some seconds."""

CALM = 5
"""Polls that found nothing before they become rarer."""

SLOWEST = 4.0
"""How many times `every` passes between two polls while nothing happens."""

MOST_PATIENT = 900.0
"""Seconds between two tries while Taiga fails."""

SLICE = 50
"""Pages that are refreshed before it is seen what else happened: a thousand that Taiga changed must
not hold up the one that was saved just now."""


class PollOutcome(Enum):
    """What a poll brought."""

    CHANGED = auto()
    UNCHANGED = auto()
    FAILED = auto()


@dataclass(slots=True)
class Cadence:
    """How often Taiga is polled.

    Attributes:
        every: seconds between two polls while things happen.
        chance: a number from 0 up to 1, so that many watchers don't ask in step.
    """

    every: float
    chance: Callable[[], float] = random.random
    _calm: int = field(default=0, init=False)
    _failures: int = field(default=0, init=False)

    def after(self, outcome: PollOutcome) -> float:
        """Seconds to the next poll, after one with this outcome."""
        match outcome:
            case PollOutcome.CHANGED:
                self._calm = self._failures = 0
            case PollOutcome.UNCHANGED:
                self._calm, self._failures = self._calm + 1, 0
            case PollOutcome.FAILED:
                self._calm, self._failures = 0, self._failures + 1
            case _:
                assert_never(outcome)
        return self._pause() * (0.9 + 0.2 * self.chance())

    def stir(self) -> None:
        """Something happened here: Taiga may be busy as well."""
        self._calm = 0

    @property
    def failing(self) -> bool:
        """Whether the last poll failed."""
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
        poll: ask Taiga whether something changed.
    """

    files: frozenset[str] = frozenset()
    poll: bool = False

    def __bool__(self) -> bool:
        return bool(self.files) or self.poll


class Schedule:
    """What is to be done, and when.

    Args:
        quiet: seconds that a file is left in peace after its last change.
        cadence: how often Taiga is polled.
        now: the time. The first poll is due at once.

    Attributes:
        next_poll: when Taiga is polled, if nothing hints at something new before.
    """

    def __init__(self, quiet: float, cadence: Cadence, now: float) -> None:
        self.next_poll = now
        self._quiet = max(quiet, LEAST_QUIET)
        self._cadence = cadence
        self._last_poll = now
        self._touched: dict[str, float] = {}
        self._stale: dict[str, None] = {}
        self._hint = math.inf
        self._hinted_since = math.inf
        self._echoes: list[float] = []

    def adopt(self, quiet: float, every: float, now: float) -> None:
        """Goes by other settings from now on; Taiga is polled at once."""
        self._quiet = max(quiet, LEAST_QUIET)
        self._cadence.every = every
        self.poll_now(now)

    def touch(self, name: str, at: float) -> None:
        """A file was saved at that time."""
        self._touched[name] = at + self._quiet
        self._cadence.stir()
        if not self._cadence.failing:
            self.next_poll = min(self.next_poll, self._last_poll + self._cadence.every)

    def drop(self, name: str) -> None:
        """A file is gone."""
        self._touched.pop(name, None)

    def put_off(self, name: str, until: float) -> None:
        """A file could not be seen to, and is due again at that time."""
        self._touched[name] = until

    def expire(self, pages: Iterable[str]) -> None:
        """Pages are not true any more, and due as soon as their turn comes."""
        self._stale |= dict.fromkeys(sorted(pages))

    def hint(self, at: float) -> None:
        """A webhook said at that time that something changed in Taiga."""
        if self._cadence.failing:
            # Taiga may be alive again, but must not be beset each time that it says so.
            at = max(at, self._last_poll + self._cadence.every)
        self._hinted_since = min(self._hinted_since, at)
        self._hint = min(at + HINT_QUIET, self._hinted_since + HINT_PATIENCE)
        self._echoes = list(ECHOES)
        self._cadence.stir()

    def poll_now(self, now: float) -> None:
        """Poll at once: nobody knows what happened since the last poll."""
        self.next_poll = now

    def polled(self, outcome: PollOutcome, now: float) -> None:
        """Taiga was polled, and this came of it."""
        self._last_poll = now
        if outcome is PollOutcome.CHANGED:
            self._echoes = []
        pause = self._cadence.after(outcome)
        if self._echoes and outcome is PollOutcome.UNCHANGED:
            pause = min(pause, self._echoes.pop(0))
        self.next_poll = now + pause

    @property
    def waiting(self) -> int:
        """How many pages are due already, and wait for their turn."""
        return len(self._stale)

    @property
    def is_done(self) -> bool:
        """Whether no page waits, be it for its turn or for quiet."""
        return not self._stale and not self._touched

    def next(self) -> float:
        """When there will be something to do; minus infinity while pages wait for their turn."""
        if self._stale:
            return -math.inf
        files = min(self._touched.values(), default=math.inf)
        return min(files, self._hint, self.next_poll)

    def due(self, now: float) -> Due:
        """What is to be done by now; it counts as done, but for the pages: see `take_pages`."""
        files = frozenset(name for name, at in self._touched.items() if at <= now)
        for name in files:
            del self._touched[name]
        if files:
            # Whoever saved a page waits for it; what Taiga changed comes after.
            self._stale = dict.fromkeys(sorted(files)) | self._stale
        poll = min(self._hint, self.next_poll) <= now
        if poll:
            self._last_poll = now
            self._hint = self._hinted_since = math.inf
            # Until `polled` knows better: a poll that breaks off is no reason to poll at once.
            self.next_poll = now + self._cadence.every
        return Due(files, poll)

    def take_pages(self) -> list[str]:
        """The names whose turn it is: those that were saved, then those that are stale.

        A page that is being written is due on its own, soon, and then gets what is new as well.
        """
        for page in self._touched:
            self._stale.pop(page, None)
        pages = [*islice(self._stale, SLICE)]
        for page in pages:
            del self._stale[page]
        return pages
