"""The one maker of "now": whoever needs the time is given it, or asks here.

What is waited for is not measured by this clock, which people and time servers set, but by
`time.monotonic`.
"""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime


def now() -> datetime:
    """This moment, aware of the user's time zone."""
    from datetime import datetime  # noqa: PLC0415  (a run with nothing to do needs no dates)

    return datetime.now().astimezone()


def seconds() -> float:
    """This moment in Unix seconds."""
    return time.time()


def nanoseconds() -> int:
    """This moment in nanoseconds since 1970, as the stamps of files have them."""
    return time.time_ns()


def days() -> tuple[str, str]:
    """Today here, and in UTC, as `2024-02-29`.

    The first is what `today()` means; by the second, Taiga tells what is overdue.
    """
    moment = time.time()
    here, utc = time.localtime(moment), time.gmtime(moment)
    return time.strftime("%Y-%m-%d", here), time.strftime("%Y-%m-%d", utc)
