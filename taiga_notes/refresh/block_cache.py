"""What blocks give that several pages have in common: evaluated and rendered once a run.

A block's output depends on its text, on rows, which are the same throughout a run, and on its page
only if it looks at that. What looks at no page serves all pages with the same block.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable

    from taiga_notes.refresh.dependencies import Dependencies

ROOM = 50_000_000
"""Characters that are kept."""


@dataclass(frozen=True, slots=True)
class BlockOutput:
    """What a block gives.

    Attributes:
        text: Markdown.
        warnings: what is to be told with it, one sentence each.
    """

    text: str
    warnings: tuple[str, ...] = ()


class BlockCache:
    """The outputs of one run that serve any page."""

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[BlockOutput, Dependencies]] = {}
        self._room = ROOM

    def get(self, key: Hashable) -> tuple[BlockOutput, Dependencies] | None:
        """A block's output, and what it looked at; None where it has to be made.

        Args:
            key: all that it depends on, save rows, page and time.
        """
        return self._known.get(key)

    def add(self, key: Hashable, output: BlockOutput, dependencies: Dependencies) -> None:
        """Takes an output that was made, and keeps it if it serves any page."""
        if not dependencies.page and len(output.text) <= self._room:
            self._room -= len(output.text)
            self._known[key] = output, dependencies
