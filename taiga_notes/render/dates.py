"""Dates as a template wants them written: `{{ row.due_date | date('%d %b') }}`.

Pure. English and independent of the machine's language, so that a page is the same everywhere.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MONTHS: Final = (  # noqa: SIM905 - a list of words
    "January February March April May June July August September October November December"
).split()
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_DIRECTIVES: Final[Mapping[str, Callable[[datetime], str]]] = {
    "%": lambda _: "%",
    "A": lambda day: _DAYS[day.weekday()],
    "B": lambda day: _MONTHS[day.month - 1],
    "F": lambda day: f"{day:%Y-%m-%d}",
    "H": lambda day: f"{day.hour:02}",
    "M": lambda day: f"{day.minute:02}",
    "S": lambda day: f"{day.second:02}",
    "V": lambda day: f"{day.isocalendar().week:02}",
    "Y": lambda day: f"{day.year:04}",
    "a": lambda day: _DAYS[day.weekday()][:3],
    "b": lambda day: _MONTHS[day.month - 1][:3],
    "d": lambda day: f"{day.day:02}",
    "e": lambda day: str(day.day),
    "j": lambda day: f"{day.timetuple().tm_yday:03}",
    "m": lambda day: f"{day.month:02}",
    "y": lambda day: f"{day.year % 100:02}",
}


def formatted_date(text: str, form: str) -> str:
    """Taiga's date or time (`2026-11-22`, `2026-11-22T03:48:47.620Z`) in another form; UTC.

    Args:
        text: the date; empty gives empty.
        form: text with directives: those of C's `strftime` that are in `_DIRECTIVES`.

    Raises:
        ValueError: the text is no date, or the form has an unknown directive.
    """
    if not text:
        return ""
    try:
        day = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"'{text[:40]}' is no date such as 2026-11-22") from error
    if day.tzinfo is not None:
        day = day.astimezone(UTC)
    return re.sub(r"%(.?)", lambda found: _written(day, found[1]), form)


def _written(day: datetime, letter: str) -> str:
    directive = _DIRECTIVES.get(letter)
    if directive is None:
        known = " ".join(f"%{one}" for one in _DIRECTIVES)
        raise ValueError(f"a date has no '%{letter}', only {known}")
    return directive(day)
