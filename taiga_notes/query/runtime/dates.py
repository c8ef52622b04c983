"""Dates as people want them written: `date(due_date, '%d %b')`, and Lua's `os.date`, `os.time`.

English and independent of the machine's language, so that a page is the same everywhere.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from taiga_notes.query.runtime.budget import Mistake
from taiga_notes.query.runtime.numbers import made_float
from taiga_notes.query.runtime.values import index, type_name, whole_number

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import tzinfo

    from taiga_notes.query.runtime.evaluation import Evaluation

_MONTHS: Final = (  # noqa: SIM905 - a list of words
    "January February March April May June July August September October November December"
).split()
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_STEPS: Final = 32  # for each directive
_LONGEST: Final = 8  # characters of "September" and "Wednesday", beyond the directive's own first
_NOON: Final = 12
_FIELDS: Final = ("year", "month", "day", "hour", "min", "sec")

_DIRECTIVES: Final[Mapping[str, Callable[[datetime], str]]] = {
    "%": lambda _: "%",
    "A": lambda day: _DAYS[day.weekday()],
    "B": lambda day: _MONTHS[day.month - 1],
    "F": lambda day: f"{day:%Y-%m-%d}",
    "H": lambda day: f"{day.hour:02}",
    "I": lambda day: f"{day.hour % 12 or 12:02}",
    "M": lambda day: f"{day.minute:02}",
    "S": lambda day: f"{day.second:02}",
    "U": lambda day: f"{(day.timetuple().tm_yday + 6 - day.isoweekday() % 7) // 7:02}",
    "V": lambda day: f"{day.isocalendar().week:02}",
    "W": lambda day: f"{(day.timetuple().tm_yday + 6 - day.weekday()) // 7:02}",
    "Y": lambda day: f"{day.year:04}",
    "a": lambda day: _DAYS[day.weekday()][:3],
    "b": lambda day: _MONTHS[day.month - 1][:3],
    "d": lambda day: f"{day.day:02}",
    "e": lambda day: str(day.day),
    "j": lambda day: f"{day.timetuple().tm_yday:03}",
    "m": lambda day: f"{day.month:02}",
    "p": lambda day: _half(day),  # noqa: PLW0108 - defined below
    "w": lambda day: str(day.isoweekday() % 7),
    "y": lambda day: f"{day.year % 100:02}",
    "C": lambda day: f"{day.year // 100:02}",
    "D": lambda day: f"{day:%m/%d}/{day.year % 100:02}",
    "G": lambda day: f"{day.isocalendar().year:04}",
    "R": lambda day: f"{day:%H:%M}",
    "T": lambda day: f"{day:%H:%M:%S}",
    "X": lambda day: f"{day.hour % 12 or 12}:{day:%M:%S} {_half(day)}",
    "c": lambda day: f"{_american(day)}, {day.hour % 12 or 12}:{day:%M:%S} {_half(day)}",
    "h": lambda day: _MONTHS[day.month - 1][:3],
    "u": lambda day: str(day.isoweekday()),
    "x": lambda day: _american(day),  # noqa: PLW0108 - defined below
}


def _half(day: datetime) -> str:
    return "AM" if day.hour < _NOON else "PM"


def _american(day: datetime) -> str:
    """What SilverBullet's `os.date('%x')` gives on every machine."""
    return f"{day.month}/{day.day}/{day.year}"


def formatted_date(text: str, form: str, zone: tzinfo = UTC) -> str:
    """Taiga's date or time (`2026-11-22`, `2026-11-22T03:48:47.620Z`) in another form.

    Args:
        text: the date; empty gives empty.
        zone: in which moments are written. A mere date is none.
        form: text with directives: those of C's `strftime` that are in `_DIRECTIVES`; `%-d` is
            one without its zero.

    Raises:
        ValueError: the text is no date, or the form has an unknown directive or none.
    """
    if form and "%" not in form:
        raise ValueError(f"'{form[:40]}' has no directive such as %Y, %m, %d, %b or %H:%M")
    if not text:
        return ""
    try:
        day = datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"'{text[:40]}' is no date such as 2026-11-22") from error
    if day.tzinfo is not None:
        day = day.astimezone(zone)
    return _in_form(day, form)


def _in_form(day: datetime, form: str) -> str:
    return re.sub(r"%(-?)(.?)", lambda found: _written(day, found), form, flags=re.DOTALL)


def _written(day: datetime, found: re.Match[str]) -> str:
    directive = _DIRECTIVES.get(found[2])
    if directive is None:
        known = " ".join(f"%{one}" for one in _DIRECTIVES)
        raise ValueError(f"a date has no '{found[0]}', only {known}")
    text = directive(day)
    return (text.lstrip("0") or "0") if found[1] and text.isdigit() else text


def date_(run: Evaluation, value: Any, form: Any = None) -> str | None:
    """`date(x, '%d %b')`: as the template's filter; nil stays nil.

    Raises:
        Mistake: that is no date, or the form has an unknown directive.
    """
    if value is None:
        return None
    form = "%F" if form is None else form
    if not isinstance(value, str):
        raise Mistake(f"date wants a date such as '2026-11-22', not {type_name(value)}")
    if not isinstance(form, str):
        raise Mistake(f"date wants a form such as '%d %b', not {type_name(form)}")
    _charge(run, form)
    try:
        return formatted_date(value, form, run.clock.dates)
    except ValueError as error:
        raise Mistake(f"{error}") from error


def _charge(run: Evaluation, form: str) -> None:
    """Charges what a form may give: directives take time, and some give many characters."""
    directives = form.count("%")
    run.budget.work(_STEPS * directives)
    run.budget.make(len(form) + _LONGEST * directives)


def days(_run: Evaluation, first: Any, last: Any) -> int | None:
    """`days(a, b)`: how many days it is from `a` to `b`; nil where one of them is nil.

    Raises:
        Mistake: one is no date.
    """
    if first is None or last is None:
        return None
    return (_day(last) - _day(first)).days


def _day(value: Any) -> date:
    try:
        return date.fromisoformat(value[:10] if isinstance(value, str) else "")
    except ValueError:
        shown = repr(value[:40]) if isinstance(value, str) else type_name(value)
        raise Mistake(f"days wants dates such as '2026-11-22', not {shown}") from None


def os_date(run: Evaluation, form: Any = None, time: Any = None) -> str | dict[str, int]:
    """`os.date`: a moment in Unix seconds, or now, in a form; at the user's place, with `!` in UTC.

    The form `*t` asks for a table of `year`, `month`, `day` and the like.

    Raises:
        Mistake: there is no such moment or directive.
    """
    form = "%F %H:%M:%S" if form is None else form
    if not isinstance(form, str):
        raise Mistake(f"os.date wants a form such as '%Y-%m-%d', not {type_name(form)}")
    _charge(run, form)
    zone = UTC if form.startswith("!") else run.clock.zone
    try:
        moment = run.clock.now() if time is None else datetime.fromtimestamp(_seconds(time), UTC)
        moment = moment.astimezone(zone)
        form = form.removeprefix("!")
        return _parts(moment) if form.startswith("*t") else _in_form(moment, form)
    except (ValueError, OverflowError, OSError) as error:
        raise Mistake(f"os.date: {error}") from error


def _parts(moment: datetime) -> dict[str, int]:
    return {
        **dict(zip(_FIELDS, moment.timetuple(), strict=False)),
        "wday": moment.isoweekday() % 7 + 1,
        "yday": moment.timetuple().tm_yday,
    }


def _seconds(time: Any) -> float:
    if isinstance(time, bool) or not isinstance(time, (int, float)):
        raise Mistake(f"os.date wants a time in seconds, such as os.time(…), not {type_name(time)}")
    return time


def os_difftime(_run: Evaluation, later: Any, earlier: Any = None) -> float:
    """`os.difftime`: seconds from one moment to another."""
    return made_float(float(_seconds(later) - _seconds(0 if earlier is None else earlier)))


def os_time(run: Evaluation, table: Any = None) -> int:
    """`os.time`: Unix seconds, now or of `{year = …, month = …, day = …}` at the user's place.

    Raises:
        Mistake: there is no such moment.
    """
    if table is None:
        return int(run.clock.now().timestamp())
    if not isinstance(table, dict):
        raise Mistake("os.time wants a table: {year = 2026, month = 11, day = 22}")
    usual = {"hour": _NOON, "min": 0, "sec": 0}
    given = [whole_number(index(table, name)) for name in _FIELDS]
    parts = [
        usual.get(name) if part is None else part for name, part in zip(_FIELDS, given, strict=True)
    ]
    year, month, day, *time = parts
    if year is None or month is None or day is None:
        raise Mistake("os.time wants year, month and day, whole numbers")
    hour, minute, second = (part or 0 for part in time)
    try:
        # Day 0 and month 13 are those before and behind, as in C's mktime: `day = 22 - 30`.
        first = datetime(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)  # noqa: DTZ001
        moment = first + timedelta(days=day - 1, hours=hour, minutes=minute, seconds=second)
        return int(moment.replace(tzinfo=run.clock.zone).timestamp())
    except (ValueError, OverflowError) as error:
        raise Mistake(f"os.time: {error}") from error
