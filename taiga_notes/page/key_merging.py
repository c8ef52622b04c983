"""Three versions of a mirror's page, before they are merged: what Taiga says is the same in all.

Pure. Keys that a mirror owns are written anew by the next render, so that two of their values are
no conflict. They stand on one line each, as they are written; what is on several is left to git.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from taiga_notes.model.item_mention import ITEM_KEY
from taiga_notes.page.front_matter_span import Syntax, front_matter_span

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

# What follows may neither go on with it, indented, nor be an item of its list.
_KEY = re.compile(
    r"^([A-Za-z][\w-]*):[ \t]*([^\r\n]*)(?=[\r\n]|\Z)(?!\r?\n(?:[ \t]|-[ \t]))", re.MULTILINE
)

_Values = dict[str, tuple[int, int, str]]


def with_one_value(texts: Sequence[str], is_owned: Callable[[str], bool]) -> list[str]:
    """The versions, the first one's values of owned keys in all of them.

    Args:
        texts: versions of a page, the first one not empty; where they are not all of one item,
            they are left as they are.
        is_owned: whether a key is a mirror's.
    """
    # Pages that two branches made come from an empty one.
    values = {text: _values(text) for text in texts if text}
    items = {found[ITEM_KEY][2] if ITEM_KEY in found else "" for found in values.values()}
    if len(items) != 1 or "" in items:
        return [*texts]
    wanted = values[texts[0]]
    shared = set.intersection(*map(set, values.values()))
    owned = [key for key in wanted if key in shared and is_owned(key)]
    return [_replaced(text, values[text], wanted, owned) if text else text for text in texts]


def _values(text: str) -> _Values:
    """By key, where its value stands, and what it is."""
    span = front_matter_span(text)
    if span is None or span.syntax is not Syntax.YAML:
        return {}
    return {
        found[1]: (found.start(2), found.end(2), found[2])
        for found in _KEY.finditer(text, span.start, span.stop)
    }


def _replaced(text: str, found: _Values, wanted: _Values, keys: Sequence[str]) -> str:
    for key in sorted(keys, key=lambda key: -found[key][0]):
        start, end, _ = found[key]
        text = text[:start] + wanted[key][2] + text[end:]
    return text
