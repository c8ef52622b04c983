"""Front matter with other values of some keys: the one exception from never writing it.

What is edited is the text: every other key, comment, blank and line end stays to the byte, and the
order is what it was. Front matter that would not read back as it is meant to is left alone. Pure.

A mirror owns the keys that are edited (`refresh.mirroring`), and nobody else calls this.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from taiga_notes.errors import BlockError
from taiga_notes.page.front_matter import read_front_matter
from taiga_notes.page.front_matter_span import FrontMatterSpan, Syntax, front_matter_span
from taiga_notes.page.front_matter_values import key_places
from taiga_notes.page.layout import LINE_END

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from taiga_notes.page.front_matter_values import KeyPlace

    Property = str | int | float | bool | None | Sequence[str]
    """What a key can hold; texts are inert already."""

_UNPRINTABLE: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_LEAVE = "put that right, or take `taiga_item` out of it; the page is left alone until then"


def scalar(value: Property) -> str:
    """A value as YAML has it on one line: texts in double quotes, lists in brackets, nil empty."""
    match value:
        case None:
            return ""
        case str():
            quoted = json.dumps(value, ensure_ascii=False)
            return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", quoted)
        case bool() | int() | float():
            return json.dumps(value)
        case _:
            return f"[{', '.join(map(scalar, value))}]"


def front_matter_of(values: Mapping[str, Property]) -> str:
    """Front matter with these keys, fences and last line end included."""
    return "".join(["---\n", *(f"{_pair(key, value)}\n" for key, value in values.items()), "---\n"])


def with_properties(text: str, values: Mapping[str, Property], page: str) -> str:
    """The page with these values in its front matter; the same text where it has them already.

    Keys that it has get their values in place, in whatever style the same value stands there it is
    left; others come behind the last one that it has.

    Args:
        text: the page, which has front matter.
        values: by key, in their order.
        page: its name, for messages.

    Raises:
        BlockError: the front matter can't be read, or not be edited without touching more.
    """
    held = read_front_matter(text, page).values
    wanted = {
        key: value
        for key, value in values.items()
        if key not in held or not _is_same(held[key], value)
    }
    if not wanted:
        return text
    span = front_matter_span(text)
    if span is None or span.syntax is not Syntax.YAML:
        raise _unfit("is not YAML, and only that is edited", page)
    edited = _edited(text, span, wanted, list(values), page)
    _prove(edited, {**held, **wanted}, page)
    return edited


def _is_same(held: object, value: Property) -> bool:
    """Whether that is the value, to YAML: a flag is no number."""
    if isinstance(held, bool) or isinstance(value, bool):
        return held is value
    if isinstance(held, list) and isinstance(value, (list, tuple)):
        return held == [*value]
    return held == value and not isinstance(held, list)


def _edited(
    text: str,
    span: FrontMatterSpan,
    wanted: Mapping[str, Property],
    owned: Sequence[str],
    page: str,
) -> str:
    matter = text[span.start : span.stop]
    places = key_places(matter)
    if places is None:
        raise _unfit("is not a table with a key on each line", page)
    edits = []
    for key in wanted.keys() & places.keys():
        if (place := places[key]) is None:
            raise _unfit(f"has `{key}` twice, or in a form that is not edited", page)
        edits.append((place.start, place.stop, _value(matter, place, wanted[key])))
    if new := [_pair(key, value) for key, value in wanted.items() if key not in places]:
        known = [each.stop for key in owned if (each := places.get(key))]
        line_end = LINE_END.search(matter, max(known, default=len(matter)))
        behind = line_end.end() if line_end else len(matter)
        newline = line_end.group() if line_end else LINE_END.findall(text[: span.start])[-1]
        edits.append((behind, behind, "".join(f"{line}{newline}" for line in new)))
    # From the end, so that no edit moves the place of the next.
    for start, stop, written in sorted(edits, reverse=True):
        matter = matter[:start] + written + matter[stop:]
    return text[: span.start] + matter + text[span.stop :]


def _pair(key: str, value: Property) -> str:
    return f"{key}: {scalar(value)}".rstrip(" ")


def _value(matter: str, place: KeyPlace, value: Property) -> str:
    """What stands from a key's colon to its value's end, with the comments from in between."""
    written = scalar(value)
    newline = LINE_END.search(matter)
    apart = newline.group() if newline else "\n"
    first, *others = place.comments or ("",)
    if first and not place.is_first_beside:
        first, others = "", [first, *others]
    parts = [f" {written}" if written else "", first]
    return "".join([*parts, *(apart + comment for comment in others)])


def _prove(text: str, expected: Mapping[str, object], page: str) -> None:
    """Read the page again: what would change more than was meant must not reach anybody's notes."""
    try:
        found = read_front_matter(text, page).values
    except BlockError:
        found = {}
    # By their text: what is no number (`.nan`) is not even equal to itself.
    if {key: repr(found[key]) for key in found} != {
        key: repr([*value] if isinstance(value, tuple) else value)
        for key, value in expected.items()
    }:
        raise _unfit("can't be edited without touching what is not a mirror's", page)


def _unfit(message: str, page: str) -> BlockError:
    return BlockError(f"the front matter {message}", page=page, hint=_LEAVE)
