"""Keys added to a TOML file that a person keeps: each byte of theirs stays where it is. Pure."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_MARK = "\ufeff"
"""The byte order mark, which some editors put first and no TOML parser takes."""


def lines_of(values: Mapping[str, str | bool]) -> list[str]:
    """A line of TOML for each key."""
    # A text of JSON is one of TOML; so are JSON's `true` and `false`.
    return [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in values.items()]


def with_keys(text: str, values: Mapping[str, str | bool], table: Sequence[str] = ()) -> str | None:
    """The text with keys that it does not have yet, behind its own and before the next table.

    Args:
        text: valid TOML, with any line ends.
        values: the new keys.
        table: below which table, by its bare names; one that is not there yet comes last. The
            file's own for none.

    Returns:
        None where that can't be had: it is read again, and must say what it said and no more.
    """
    if text.startswith(_MARK):
        made = with_keys(text.removeprefix(_MARK), values, table)
        return None if made is None else _MARK + made
    try:
        expected = _joined(tomllib.loads(text), table, values)
    except tomllib.TOMLDecodeError:
        return None
    end = "\r\n" if "\r\n" in text else "\n"
    lines = lines_of(values)
    texts = [_inserted(text, place, lines, end) for place in _places(text)]
    if table:
        head = [*([""] if text else []), f"[{'.'.join(table)}]"]
        texts.append(_inserted(text, len(text), [*head, *lines], end))
    # A line in a text of several lines looks like a table's, too.
    return next((made for made in texts if _says(made, expected)), None)


def _joined(
    held: Mapping[str, object], table: Sequence[str], values: Mapping[str, object]
) -> dict[str, object]:
    """What a file says, with more values in one of its tables."""
    if not table:
        return {**held, **values}
    name, *below = table
    found = held.get(name, {})
    return {**held, name: _joined(found if isinstance(found, dict) else {}, below, values)}


def _inserted(text: str, place: int, lines: Sequence[str], end: str) -> str:
    before, after = text[:place], text[place:]
    gap = "" if before.endswith("\n") or not before else end
    added = "".join(f"{line}{end}" for line in lines)
    return f"{before}{gap}{added}{end if after else ''}{after}"


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
