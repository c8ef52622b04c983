"""Keys added to a TOML file that a person keeps: each byte of theirs stays where it is. Pure."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MARK = "\ufeff"
"""The byte order mark, which some editors put first and no TOML parser takes."""


def lines_of(values: Mapping[str, str | bool]) -> list[str]:
    """A line of TOML for each key."""
    # A text of JSON is one of TOML; so are JSON's `true` and `false`.
    return [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]


def with_keys(text: str, values: Mapping[str, str | bool]) -> str | None:
    """The text with keys that it does not have yet, behind its own and before its first table.

    Args:
        text: valid TOML, with any line ends.
        values: the file's new keys.

    Returns:
        None where that can't be had: it is read again, and must say what it said and no more.
    """
    if text.startswith(_MARK):
        made = with_keys(text.removeprefix(_MARK), values)
        return None if made is None else _MARK + made
    try:
        expected = {**tomllib.loads(text), **values}
    except tomllib.TOMLDecodeError:
        return None
    end = "\r\n" if "\r\n" in text else "\n"
    added = "".join(f"{line}{end}" for line in lines_of(values))
    for place in _places(text):
        before, after = text[:place], text[place:]
        gap = "" if before.endswith("\n") or not before else end
        made = f"{before}{gap}{added}{end if after else ''}{after}"
        # A line in a text of several lines looks like a table's, too.
        if _says(made, expected):
            return made
    return None


def _places(text: str) -> Iterator[int]:
    """Where keys may be added: before each table and what is said of it, and at the end."""
    place, above = 0, None
    for line in text.splitlines(keepends=True):
        begin = line.lstrip(" \t")
        if begin.startswith("["):
            yield place if above is None else above
        is_remark = begin.startswith("#") and place > 0
        above = (place if above is None else above) if is_remark else None
        place += len(line)
    yield place


def _says(text: str, expected: Mapping[str, object]) -> bool:
    try:
        return tomllib.loads(text) == expected
    except tomllib.TOMLDecodeError:
        return False
