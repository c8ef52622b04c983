"""Dates in filters, as lenient and as treacherous as the parser that Taiga uses for them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone

from tests.fake_taiga.web.problems import Crash

_MOMENT = re.compile(
    r"(?P<date>\d{4}-\d\d-\d\d)"
    r"(?:[T ](?P<time>\d\d:\d\d(?::\d\d(?:\.\d+)?)?))?"
    r"(?P<zone>Z|[+-]\d\d:?\d\d| \d\d:\d\d)?"
)


def moment(text: str) -> datetime:
    """The moment that a filter names; without a zone it is UTC.

    A `+` that was not percent-encoded arrives as a space, and what follows it is taken for another
    time of the day: `…T13:14:15+00:00` silently becomes midnight.

    Raises:
        Crash: it is no date: Taiga answers 500, also for an empty one.
    """
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        raise Crash(text)
    try:
        day = date.fromisoformat(found["date"])
        return _moment(day, found["time"] or "00:00", found["zone"] or "Z")
    except ValueError as error:
        raise Crash(text) from error


def _moment(day: date, time: str, zone: str) -> datetime:
    if zone.startswith(" "):
        time, zone = zone.strip(), "Z"
    naive = datetime.fromisoformat(f"{day.isoformat()}T{_padded(time)}")
    return naive.replace(tzinfo=_zone(zone))


def _padded(time: str) -> str:
    whole, dot, fraction = time.partition(".")
    return f"{whole}.{fraction:0<6.6}" if dot else whole


def _zone(text: str) -> timezone:
    if text == "Z":
        return UTC
    offset = timedelta(hours=int(text[1:3]), minutes=int(text[-2:]))
    return timezone(-offset if text[0] == "-" else offset)


def day(text: str) -> date:
    """The day that a filter on a plain date names."""
    return moment(text).astimezone(UTC).date()
