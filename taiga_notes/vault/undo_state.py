"""What `undo` remembers for the next one, and for a watch: in the vault's folder, as `undone`.

    restored   pages as it left them, and what it took back: a watch is not to put that back at once
    told       pages that it left as they were, and how they were: that is told once

A cache: what is lost of it is told, or rendered, once more.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from taiga_notes.system.atomic_write import write_cache
from taiga_notes.vault.journal import RUNS, digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from taiga_notes.vault.undo import Step, Undone

PAGES = 5_000
"""How many pages are remembered of each kind; the oldest are forgotten."""


class UndoState:
    """What is remembered of one vault, loaded when made.

    Args:
        home: the folder for what we remember of the vault.
    """

    def __init__(self, home: str) -> None:
        self._path = os.path.join(home, "undone")
        self._restored: dict[str, tuple[str, list[str]]] = {}
        self._told: dict[str, str] = {}
        self._saved = True
        self._load()

    def restore(self, steps: Iterable[Step]) -> None:
        """Remembers pages that are about to be restored."""
        for step in steps:
            self._saved = False
            now, old = digest(step.now), digest(step.old)
            held, taken = self._restored.pop(step.place, ("", []))
            # Of several runs taken back one after another, none is to be put back.
            before = taken if held == now else []
            self._restored[step.place] = (old, [*before, now][-RUNS:])

    def taken_back(self, page: str, text: str, is_there: Callable[[str], bool]) -> frozenset[str]:
        """What was taken back of a page, as digests; nothing if it is not as `undo` left it.

        Args:
            page: its name.
            text: what it holds.
            is_there: whether there is a page of a name: of one that is not, and that held the same,
                the page is the moved one.
        """
        now = digest(text.encode())
        held, taken = self._restored.get(page, ("", []))
        if held == now:
            return frozenset(taken)
        for other, (held, taken) in self._restored.items():
            if held == now and not is_there(other):
                return frozenset(taken)
        return frozenset()

    def is_news(self, outcome: Undone) -> bool:
        """Whether that is to be told, and takes note that it is."""
        if not outcome.run:
            return True
        said = f"{outcome.run} {outcome.problem}"
        known = self._told.pop(outcome.page, "") == said
        self._told[outcome.page] = said
        self._saved = self._saved and known
        return not known

    def save(self) -> None:
        """Writes what is new, if it can be written."""
        if self._saved:
            return
        self._saved = True
        restored = dict([*self._restored.items()][-PAGES:])
        told = dict([*self._told.items()][-PAGES:])
        write_cache(self._path, json.dumps({"restored": restored, "told": told}).encode())

    def _load(self) -> None:
        try:
            with open(self._path, "rb") as file:
                document = json.load(file)
            self._restored = {
                str(page): (str(held), [*map(str, taken)])
                for page, (held, taken) in document["restored"].items()
            }
            self._told = {str(page): str(said) for page, said in document["told"].items()}
        except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
            return
