"""The vault's time zone: a name that means the same on every machine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from taiga_notes.config.toml_reader import ExpectedError
from taiga_notes.errors import did_you_mean, meant

if TYPE_CHECKING:
    from datetime import tzinfo

_NAME = r"[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+){0,3}"
_OWN = r"localtime|posixrules|Factory|(?:posix|right)/.*"
"""What a machine calls its own zone, and variants of the tables that not every machine has."""


def zone_of(name: str) -> tzinfo:
    """The zone of that name.

    Raises:
        LookupError, ValueError, OSError: this machine has no tables for it.
    """
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - 4 ms that few need to pay

    return ZoneInfo(name)


def time_zone(value: object) -> str:
    """The name of a time zone in the IANA's tables, such as `Europe/Berlin`, `UTC`.

    Raises:
        ExpectedError: there is none of that name, or this machine has no tables.
    """
    expected = 'a time zone such as "Europe/Berlin" or "UTC"'
    if not isinstance(value, str):
        raise ExpectedError(expected)
    try:
        if re.fullmatch(_NAME, value) and not re.fullmatch(_OWN, value):
            zone_of(value)
            return value
    except (LookupError, ValueError, OSError):
        pass
    from zoneinfo import available_timezones  # noqa: PLC0415 - as above

    known = [name for name in available_timezones() if not re.fullmatch(_OWN, name)]
    if not known:
        raise ExpectedError(f"{expected}, and this machine knows none: `pip install tzdata`")
    raise ExpectedError(", ".join(filter(None, (expected, _near(value, known)))))


def _near(text: str, known: list[str]) -> str:
    """A question about the zones that may be meant: often the continent or the case is missing."""
    wanted = text.strip().replace(" ", "_").casefold()
    cities = [name for name in known if wanted in {name.casefold(), name.split("/")[-1].casefold()}]
    return meant(sorted(cities)) if cities else did_you_mean(text, known)
