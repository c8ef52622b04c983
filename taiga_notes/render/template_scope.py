"""What templates may ask about besides their rows and page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taiga_notes.model.calendar import Calendar

NoteLinks = Callable[[], Mapping[str, Sequence[str]]]
"""Gives, by an item's kind and number (`userstories/2145`), links to the pages that name it."""


@dataclass(frozen=True, slots=True)
class TemplateScope:
    """What templates may ask about.

    Attributes:
        calendar: the day, and the sprints around it; None where they are not known.
        notes: see `NoteLinks`.
    """

    calendar: Calendar | None = None
    notes: NoteLinks = dict
