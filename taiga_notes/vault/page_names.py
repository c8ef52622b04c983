"""Names of pages that are made of strangers' text: legal on every system, and harmless in a link.

Pure. A name is one part of a path: no text whatever leads out of its folder.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from unicodedata import category, normalize

from taiga_notes.markdown.property_text import unescaped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ENDING: Final = ".md"
"""What pages that are made end in."""

LONGEST: Final = 120 - len(ENDING)
"""Bytes of a name in UTF-8, without its ending: file systems take 255, eCryptfs 143."""

_APART: Final = re.compile(r'[\s/\\\[\]#^|<>:"?*\u115f\u1160\u2800\u3164\uffa0]+')
"""What separates folders, means something in a link to a page or in a shell, or is not allowed on
Windows; and blanks, those included that are letters or symbols to Unicode."""

_KEPT: Final = "\u200c\u200d"
"""Invisible, but some scripts, and emoji, are wrong without them."""

_DROPPED: Final = frozenset({"Cc", "Cf", "Cn", "Cs"})
"""Controls, what changes the direction, what is no character, halves."""

_RESERVED: Final = re.compile(
    r"(?i)(?:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³])[ .]*(?=\.|\Z)"
)
"""Windows' devices, which they are with any ending."""


def page_name(text: str) -> str:
    """The name that a page gets from a text, without its ending; empty where nothing is left.

    Args:
        text: any; what a template gave is Markdown, of which escapes and word joiners go.
    """
    spaced = _APART.sub(" ", unescaped(text))
    kept = (char for char in spaced if char in _KEPT or category(char) not in _DROPPED)
    name = _cut(_trimmed(normalize("NFC", "".join(kept))), LONGEST)
    device = _RESERVED.match(name)
    if device is None:
        return name
    return _cut(f"{name[: device.end()].rstrip(' .')}_{name[device.end() :]}", LONGEST)


def free_name(text: str, marks: tuple[str, ...], is_free: Callable[[str], bool]) -> str | None:
    """The first name that is free: that of the text, else with one of the marks behind it.

    Args:
        text: as for `page_name`.
        marks: what tells the item from others, the shortest first.
        is_free: whether a page may have that name.
    """
    return next(filter(is_free, _candidates(page_name(text), marks)), None)


def folded(name: str) -> str:
    """By what two names are the same to some file system: case and composition do not count."""
    return normalize("NFC", normalize("NFD", name).casefold())


def _candidates(name: str, marks: tuple[str, ...]) -> Iterator[str]:
    if name:
        yield name
    for mark in map(page_name, marks):
        room = LONGEST - len(f" {mark}".encode())
        yield f"{_cut(name, room)} {mark}".strip()
    yield from filter(None, map(page_name, marks))


def _trimmed(name: str) -> str:
    return " ".join(name.split()).strip(f" .{_KEPT}")


def _cut(name: str, most: int) -> str:
    """As much of a name as fits, cut between characters."""
    data = name.encode()
    return name if len(data) <= most else _trimmed(data[:most].decode(errors="ignore"))
