"""Suggestions for names that do not exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHOWN = 12
_TELLING = 3


def close_matches(name: str, names: Iterable[str], count: int = 3) -> list[str]:
    """The names that look like `name`, the likeliest first."""
    from difflib import get_close_matches  # noqa: PLC0415 - costs only those who mistype

    folded = {each.lower(): each for each in sorted(names)}
    found = get_close_matches(name.lower(), folded, n=count, cutoff=0.7)
    if not found and len(name) >= _TELLING:
        found = [each for each in folded if _is_within(name.lower(), each)][:count]
    return [folded[each] for each in found]


def _is_within(part: str, whole: str) -> bool:
    """Whether a name is part of another, be it in the plural: `story` of `userstories`."""
    return part in whole or (part.endswith("y") and f"{part[:-1]}ies" in whole)


def did_you_mean(name: str, names: Iterable[str], prefix: str = "") -> str:
    """A hint: the nearest names, or all of them where none is near and they are few."""
    known = sorted(names)
    found = close_matches(name, known)
    if found:
        return meant(f"{prefix}{each}" for each in found)
    if not known or len(known) > _SHOWN:
        return ""
    return f"there are {', '.join(prefix + each for each in known)}"


def meant(names: Iterable[str]) -> str:
    """The question about these names."""
    return f"did you mean {' or '.join(repr(name) for name in names)}?"
