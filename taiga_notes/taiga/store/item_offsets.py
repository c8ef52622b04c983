"""Where the texts of a list's items stand. Pure.

Apart from what makes and reads them, since a start from the store should import little.
"""

from __future__ import annotations

import gc
from array import array
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING
from zlib import crc32

from taiga_notes.taiga.store.columns import DamagedError

if TYPE_CHECKING:
    from collections.abc import Iterator

Item = Mapping[str, object]

Enrich = Callable[[Item], Item]
"""Adds the fields of `kinds.ADDED` to an item."""


def numbers() -> array[int]:
    """No numbers yet, each from 0 up to 2**32 - 1."""
    return array("I")


@dataclass(slots=True)
class ItemOffsets:
    """Where the text of each item of a list stands.

    Attributes:
        chunks: the number of the chunk that it is in.
        starts: where it begins in that chunk, in bytes.
        ends: where it ends.
        checks: its checksum.
    """

    chunks: array[int] = field(default_factory=numbers)
    starts: array[int] = field(default_factory=numbers)
    ends: array[int] = field(default_factory=numbers)
    checks: array[int] = field(default_factory=numbers)

    def __iter__(self) -> Iterator[int]:
        """All numbers, an attribute after the other."""
        return chain(self.chunks, self.starts, self.ends, self.checks)

    def extend(self, others: ItemOffsets) -> None:
        """Add the places of further items."""
        self.chunks.extend(others.chunks)
        self.starts.extend(others.starts)
        self.ends.extend(others.ends)
        self.checks.extend(others.checks)

    def picked(self, indices: Sequence[int]) -> ItemOffsets:
        """The places of these items, in this order."""
        columns = (self.chunks, self.starts, self.ends, self.checks)
        return ItemOffsets(*(array("I", map(column.__getitem__, indices)) for column in columns))

    def checked(self, text: bytes, index: int) -> bytes:
        """`text`, if it is the item's.

        Raises:
            DamagedError: it is not.
        """
        if crc32(text) == self.checks[index]:
            return text
        raise DamagedError(str(index))


@contextmanager
def collection_paused() -> Iterator[None]:
    """No garbage collection for a while: it would walk over every object just made, in vain."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        # Pauses stand within one another, and others may have turned it off for good.
        if enabled:
            gc.enable()
