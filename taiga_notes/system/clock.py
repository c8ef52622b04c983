"""The one maker of "now": whoever needs the time is given it, or asks here.

What is waited for is not measured by this clock, which people and time servers set, but by
`time.monotonic`.
"""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from datetime import datetime, tzinfo


def now(zone: tzinfo | None = None) -> datetime:
    """This moment, in a time zone; by default in the machine's."""
    from datetime import datetime  # noqa: PLC0415  (a run with nothing to do needs no dates)

    return datetime.now(zone) if zone else datetime.now().astimezone()


def seconds() -> float:
    """This moment in Unix seconds."""
    return time.time()


def nanoseconds() -> int:
    """This moment in nanoseconds since 1970, as the stamps of files have them."""
    return time.time_ns()


def offset(zone: str, moment: float) -> str:
    """By how much a time zone is ahead of UTC at a moment, as `+0100`.

    Args:
        zone: its name; empty for the machine's.
        moment: in Unix seconds.

    Raises:
        LookupError: as `days` does.
    """
    if not zone:
        return time.strftime("%z", time.localtime(moment))
    from datetime import datetime  # noqa: PLC0415  (as in `days`)
    from zoneinfo import ZoneInfo  # noqa: PLC0415  (the same)

    return f"{datetime.fromtimestamp(moment, ZoneInfo(zone)):%z}"


def age(moment: float) -> str:
    """How old that is which was true then, in words: `as of 2026-11-22 14:02`.

    Args:
        moment: in Unix seconds.
    """
    return time.strftime("as of %Y-%m-%d %H:%M", time.localtime(moment))


def days(zone: str = "", moment: float | None = None) -> tuple[str, str]:
    """The day in a time zone, and in UTC, as `2024-02-29`.

    The first is what `today()` means; by the second, Taiga tells what is overdue.

    Args:
        zone: its name; empty for the machine's.
        moment: in Unix seconds; by default this one.

    Raises:
        LookupError: there is no zone of that name; ValueError, OSError likewise.
    """
    moment = time.time() if moment is None else moment
    utc = time.strftime("%Y-%m-%d", time.gmtime(moment))
    if not zone:
        return time.strftime("%Y-%m-%d", time.localtime(moment)), utc
    from datetime import datetime  # noqa: PLC0415  (only where a vault has a zone of its own)
    from zoneinfo import ZoneInfo  # noqa: PLC0415  (the same)

    return datetime.fromtimestamp(moment, ZoneInfo(zone)).date().isoformat(), utc
