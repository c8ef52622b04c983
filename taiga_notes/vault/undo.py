"""Taking back what the last run did to pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from taiga_notes.errors import WriteError
from taiga_notes.vault import files
from taiga_notes.vault.journal import before
from taiga_notes.vault.scan import unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taiga_notes.vault.discovery import Notes
    from taiga_notes.vault.journal import Record
    from taiga_notes.vault.writer import Writer


@dataclass(frozen=True, slots=True)
class Undone:
    """What became of a page.

    Attributes:
        page: its name.
        problem: why it was left as it is; None where it is restored.
    """

    page: str
    problem: WriteError | None = None


def undo(notes: Notes, writer: Writer) -> list[Undone]:
    """Restores the pages that the last run replaced and nobody has edited since.

    Called again, it goes one run further back; to do again what was undone, render. Pages that
    are left as they are stay with that run until they can be restored.

    Args:
        notes: the vault's notes.
        writer: who writes them, in its context.

    Returns:
        What became of each page; empty if there is no run to undo.
    """
    ledger = writer.journal().last()
    if ledger is None:
        return []
    pages: dict[str, list[Record]] = {}
    for record in ledger.records():
        pages.setdefault(record.page, []).append(record)
    outcomes = list(_outcomes(notes, writer, pages))
    ledger.keep(outcome.page for outcome in outcomes if outcome.problem)
    return outcomes


def _outcomes(notes: Notes, writer: Writer, pages: dict[str, list[Record]]) -> Iterator[Undone]:
    for page, records in pages.items():
        try:
            if _restore(notes, writer, page, records):
                yield Undone(page)
        except WriteError as problem:
            yield Undone(page, problem)


def _restore(notes: Notes, writer: Writer, page: str, records: list[Record]) -> bool:
    """Restores a page; False if it is already what it was."""
    try:
        now, _ = files.contents(notes.real(page))
    except OSError as error:
        raise unreadable(page, error) from error
    held = before(records, now)
    if held is None and all(record.old != now for record in records):
        raise WriteError("is left as it is: it was edited since", page=page)
    if held is None or held == now:
        return False
    writer.put(page, now, held, writer.journal().undoing)
    return True
