"""How long the blocks of one run may compute, all together.

Each block is bounded, and a vault can hold any number of them. What takes little counts nothing,
so that the number of ordinary blocks has no bound.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from taiga_notes.errors import UnreachedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOTAL: Final = 60.0
"""Seconds of computing for what is above FREE, in one run (of a watch: in one round)."""

FREE: Final = 0.1
"""Seconds that a block may take without being counted: most take a hundredth of that."""


class Allowance:
    """What is left of it."""

    def __init__(self) -> None:
        self._left = TOTAL

    @contextmanager
    def spending(self, elsewhere: Callable[[], float]) -> Iterator[None]:
        """Counts what is computed within.

        Args:
            elsewhere: how long was computed so far outside of this thread, in seconds.

        Raises:
            UnreachedError: there is nothing left.
        """
        if self._left < 0:
            raise UnreachedError(
                f"is left as it is: the costly blocks before it took all of the {TOTAL:g} "
                "seconds of computing that a run has for them",
                hint="mend the slow templates and queries, or render its page alone",
            )
        begun = time.thread_time() + elsewhere()
        try:
            yield
        finally:
            took = time.thread_time() + elsewhere() - begun
            self._left -= max(took - FREE, 0)
