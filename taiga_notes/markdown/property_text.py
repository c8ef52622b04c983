"""Strangers' text as a value of front matter: the same words, and nothing in them that acts.

Obsidian, Dataview and SilverBullet show such values as text or as Markdown, and templates repeat
them. Backslashes would be shown, and would spoil every comparison, so there are none: what acts is
opened by a word joiner, as in text that a formatter took the backslashes from (`text.disarmed`).
Pure.
"""

from __future__ import annotations

import re
from typing import Final

from taiga_notes.markdown.text import EDGE, mark

_ESCAPED: Final = re.compile(r"\\([!-/:-@\[-`{-~])")
_MOMENT: Final = re.compile(
    r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"
)
_ADDRESS: Final = re.compile(r"https?://[\w.:\[\]-]+(?:/[A-Za-z0-9._~%/-]*)?", re.ASCII)
_NONCHARACTERS: Final = re.compile(
    "[\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | end) for plane in range(17) for end in (0xFFFE, 0xFFFF))
    + "]"
)
"""Stand for no character of any text; readers of YAML refuse some, and ours uses others itself."""


def inert_property(text: str) -> str:
    """A text as it stands in front matter, without quotes: on one line, inert, without backslashes.

    Days and moments as Taiga writes them stay as they are: programs compare them.
    """
    if _MOMENT.fullmatch(text):
        return text
    return unescaped(mark(_NONCHARACTERS.sub("\ufffd", text)).replace(EDGE, ""))


def unescaped(text: str) -> str:
    """Markdown without the backslashes that make its signs text."""
    return _ESCAPED.sub(r"\1", text)


def is_address(text: str) -> bool:
    """Whether that is an address of the web which holds nothing else that acts."""
    return _ADDRESS.fullmatch(text) is not None
