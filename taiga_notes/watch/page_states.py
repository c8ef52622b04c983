"""What the worker keeps in mind of a vault: enough to open only what can have changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taiga_notes.model.rows import Listing
    from taiga_notes.refresh.dependencies import ListState
    from taiga_notes.watch.scan import Mark, Scan


@dataclass(slots=True)
class PageStates:
    """Files by their names in the vault, and what the pages among them were made from.

    Attributes:
        marks: each file as it was when it was last looked at, or as we left it.
        asked: of the pages with blocks, the lists that they asked for, and what they were given.
        complaints: what was last told about a page.
    """

    marks: dict[str, Mark] = field(default_factory=dict)
    asked: dict[str, Mapping[Listing, ListState]] = field(default_factory=dict)
    complaints: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def notice(self, name: str, mark: Mark) -> bool:
        """Takes note of how a file is now.

        Returns:
            Whether that is news. What we wrote ourselves is none.
        """
        if self.marks.get(name) == mark:
            return False
        self.marks[name] = mark
        return True

    def forget(self, name: str) -> set[str]:
        """Forgets a file, or a folder and all that was in it.

        Returns:
            The files that are forgotten.
        """
        if name in self.marks:
            gone = {name}
        else:
            gone = {known for known in self.marks if known.startswith(f"{name}/")}
        for known in gone:
            del self.marks[known]
            self.plain(known)
        return gone

    def plain(self, page: str) -> None:
        """The page has no blocks."""
        self.asked.pop(page, None)
        self.complaints.pop(page, None)

    def missing(self, found: Scan) -> list[str]:
        """The files that are known and were not found."""
        return [name for name in self.marks if name not in found.files]

    def lists(self) -> set[Listing]:
        """Every list that a page asks for."""
        return {listing for asked in self.asked.values() for listing in asked}

    def stale(self, answers: Mapping[Listing, ListState]) -> set[str]:
        """The pages that were given something else than these answers."""
        return {
            page
            for page, asked in self.asked.items()
            if any(
                listing in answers and answers[listing] != given for listing, given in asked.items()
            )
        }

    def complain(self, page: str, complaints: tuple[str, ...]) -> bool:
        """Takes note of what is to be told about a page.

        Returns:
            Whether that is news.
        """
        if self.complaints.get(page, ()) == complaints:
            return False
        self.complaints[page] = complaints
        return True
