"""What went wrong in a page, and where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taiga_notes.errors import TaigaNotesError


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong in a block, or in its page as a whole.

    Attributes:
        line: 1-based line in the page.
        error: what it was.
    """

    line: int
    error: TaigaNotesError
