"""After a kill: pages made whole again, and no litter of ours left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taiga_notes.errors import WriteError
from taiga_notes.system.in_place import mend
from taiga_notes.system.leases import HeldError
from taiga_notes.system.swap import clear
from taiga_notes.vault.journal import digest

if TYPE_CHECKING:
    from taiga_notes.vault.discovery import Notes
    from taiga_notes.vault.journal import Journal, JournalEntry


def recover(notes: Notes, journal: Journal) -> tuple[list[WriteError], bool]:
    """Ends a run that was killed: each page it touched is as before, or as it was to be.

    Args:
        notes: the vault's notes.
        journal: its journal.

    Returns:
        What the user is to be told, and whether all was seen to; else the run stays pending, and
        the next one tries again.
    """
    entries = [*journal.pending.entries(), *journal.undoing.entries()]
    for entry in entries:
        if entry.temporary:
            _clear(notes, entry)
    problems, whole = [], True
    # Of several entries of a page all but the last were done with when the last was made.
    for entry in {entry.page: entry for entry in entries}.values():
        try:
            _mend(notes, entry)
        except OSError as error:
            problems.append(_problem(entry, f"and can't be mended: {error.strerror}"))
            whole = False
        except HeldError:
            problems.append(_problem(entry, "and is not mended while another program writes it"))
            whole = False
        except WriteError as problem:
            problems.append(problem)
    if whole:
        journal.close()
    return problems, whole


def _clear(notes: Notes, entry: JournalEntry) -> None:
    def replaced(data: bytes) -> bool:
        return digest(data) == entry.new

    try:
        clear(notes.path(entry.temporary), notes.real(entry.page), entry.old, replaced)
    except (OSError, WriteError):
        return  # its folder is gone, or we may no longer write there: not a page's matter


def _mend(notes: Notes, entry: JournalEntry) -> None:
    if entry.temporary:
        return
    try:
        whole = mend(notes.real(entry.page), entry.old, entry.after)
    except FileNotFoundError:
        return
    if not whole:
        raise _problem(entry, "and has been edited since: see whether it is whole")


def _problem(entry: JournalEntry, what: str) -> WriteError:
    message = f"was being written when taiga-notes was killed, {what}"
    return WriteError(message, page=entry.page)
