"""How much of a large product is tried: a sample, or all of it where `TAIGA_NOTES_FULL` is set.

`.ci/full` sets it. Whatever is thinned, one of each kind is left.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

Case = TypeVar("Case")

FULL = "TAIGA_NOTES_FULL" in os.environ
"""Whether everything is tried."""


def thinned(cases: Iterable[Case], one_in: int) -> list[Case]:
    """All cases, or the first of each so many."""
    return [*cases][:: 1 if FULL else one_in]
