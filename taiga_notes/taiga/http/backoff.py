"""How long to wait for Taiga, and when to give up."""

from __future__ import annotations

import random
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FIRST = 0.5
"""Seconds before the first repetition; each further one doubles it."""

# So a process of many days waits for a tenth of its time at most.
WINDOW = 10
"""`max_wait` counts over a span of so many times its own length."""


@dataclass(slots=True)
class Backoff:
    """A budget of waiting that a run can't exceed and that a process of many days regains.

    Attributes:
        max_wait: seconds to wait in all within any span of `WINDOW` times as long.
        sleep: waits for so many seconds.
        clock: a time that never goes back, in seconds.
        chance: a number from 0 up to 1, so that machines that failed together part.
    """

    max_wait: float
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    chance: Callable[[], float] = random.random
    _waits: deque[tuple[float, float]] = field(default_factory=deque, init=False)

    def pause(self, attempt: int) -> bool:
        """Wait before another attempt, longer each time.

        Args:
            attempt: how many there were, from 1.

        Returns:
            Whether the budget allowed it.
        """
        return self.wait(FIRST * 2 ** (attempt - 1) * (0.5 + self.chance()))

    def wait(self, seconds: float) -> bool:
        """Wait for `seconds`, or not at all where the budget holds less.

        Returns:
            Whether it waited.
        """
        now = self.clock()
        while self._waits and self._waits[0][0] < now - WINDOW * self.max_wait:
            self._waits.popleft()
        # A shorter wait than was asked for would but earn another refusal.
        if seconds > self.max_wait - sum(spent for _, spent in self._waits):
            return False
        self._waits.append((now, seconds))
        self.sleep(seconds)
        return True
