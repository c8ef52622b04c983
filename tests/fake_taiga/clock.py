"""Taiga's time, which tests can stop and turn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class Clock:
    """The server's clock.

    It runs with the real one, plus what `advance` added; given a `start` it stands still there and
    only moves when told to, and by a millisecond for each stamp.

    Args:
        start: where a still clock stands; None for a running one.
    """

    def __init__(self, start: datetime | None = None) -> None:
        self._still = start
        self._offset = timedelta()
        self._last = datetime.min.replace(tzinfo=UTC)

    def now(self) -> datetime:
        """The time, aware, in UTC."""
        if self._still is not None:
            return self._still
        return datetime.now(tz=UTC) + self._offset

    def stamp(self) -> datetime:
        """The time for a row: later than each stamp before it, and never a whole millisecond.

        The database keeps microseconds and the JSON shows milliseconds, so that a row is always a
        little later than its own JSON says.
        """
        if self._still is not None:
            self._still += timedelta(milliseconds=1)
        moment = max(self.now(), self._last + timedelta(microseconds=1))
        if moment.microsecond % 1000 == 0:
            moment += timedelta(microseconds=137)
        self._last = moment
        return moment

    def advance(self, seconds: float) -> None:
        """Turn the clock forward (or back, with a negative number)."""
        if self._still is not None:
            self._still += timedelta(seconds=seconds)
        self._offset += timedelta(seconds=seconds)


def shown(moment: datetime | None) -> str | None:
    """A moment as Taiga's JSON has it: milliseconds, cut not rounded; none if there are no µs."""
    if moment is None:
        return None
    if not moment.microsecond:
        return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"
