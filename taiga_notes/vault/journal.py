"""What runs replaced, kept outside the vault: to mend what a kill cut short, and to undo.

    journal/pending    the run that goes on, or one that was killed
    journal/undoing    the undo that goes on, or one that was killed
    journal/00000042   a finished run; the last one has the highest number

Bounded by `RUNS`, `BYTES` and `AGE`; the last run is kept whole, whatever its size. After a kill,
`recover` makes pages whole again and leaves no litter of ours.
"""

from __future__ import annotations

import json
import zlib
from base64 import b64decode, b64encode
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from taiga_notes.errors import WriteError
from taiga_notes.system import clock
from taiga_notes.system.atomic_write import DRAFT, append, append_durably, replace_private
from taiga_notes.system.folders import move, remove
from taiga_notes.system.locks import HeldError
from taiga_notes.system.swap import clear, mend

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from taiga_notes.vault.discovery import Notes


RUNS = 50
"""How many runs are kept."""

BYTES = 64 * 1024 * 1024
"""How much all runs but the last may take on disk, in bytes."""

AGE = 30 * 24 * 60 * 60
"""For how long a run is kept, in seconds; seen to whenever another one ends."""

_DIGITS = 8


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """A page that is about to be replaced.

    Attributes:
        page: its name.
        old: what it holds.
        new: `digest` of what it is to hold.
        temporary: name of the file that is to take its place; empty if it is overwritten.
        after: what it is to hold, if it is overwritten; else empty.
        made: whether there is no such page yet; `old` is empty then.
    """

    page: str
    old: bytes
    new: str
    temporary: str = ""
    after: bytes = b""
    made: bool = False


class Ledger:
    """The entries of one run: a file with a line of JSON for each.

    Args:
        path: the file; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def add(self, entry: JournalEntry) -> None:
        """Adds an entry, before the page is touched.

        That of a page to be overwritten is on disk when this returns, since it may be needed
        after a power failure. A page that is swapped is whole at any time, and its entry serves
        an undo.

        Raises:
            OSError: it can't be written, and the page must not be touched.
        """
        # Only what can be torn has to survive a power failure: a sync for each page that is swapped
        # would double what a run costs.
        add = append if entry.temporary else append_durably
        add(str(self.path), _lines([entry]))

    def entries(self) -> list[JournalEntry]:
        """All entries, in order. A line that can't be read, such as a torn last one, is none.

        Raises:
            OSError: the file can't be read.
        """
        try:
            lines = self.path.read_bytes().splitlines()
        except FileNotFoundError:
            return []
        return [entry for entry in map(_parsed, lines) if entry is not None]

    @property
    def at(self) -> float:
        """When the last entry was added, in Unix seconds; 0 where there is none."""
        try:
            return self.path.stat().st_mtime
        except FileNotFoundError:
            return 0.0

    def keep(self, entries: Iterable[JournalEntry]) -> None:
        """Drops all other entries, and the file if none is left.

        Raises:
            OSError: the file can't be written.
        """
        kept = [*entries]
        if not kept:
            remove(str(self.path))
            return
        # The run is as old as it was.
        replace_private(str(self.path), _lines(kept), changed=self.at)


class Journal:
    """The runs of one vault.

    Args:
        folder: where their ledgers are; it need not exist.
    """

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)
        self.pending = Ledger(self._folder / "pending")
        self.undoing = Ledger(self._folder / "undoing")

    def close(self) -> None:
        """Makes the pending run the last one, and drops an undo's and what exceeds the bounds.

        Raises:
            OSError: the journal can't be written.
        """
        remove(str(self.undoing.path))
        for left in self._folder.glob(f"*{DRAFT}"):
            remove(str(left))
        # A number tells that all was seen to: whatever else is there makes the next run look.
        if self.pending.path.exists():
            runs = self._runs()
            number = int(runs[-1].name) + 1 if runs else 1
            move(str(self.pending.path), str(self._folder / f"{number:0{_DIGITS}}"))
        self._prune(clock.seconds() - AGE)

    def finished(self) -> list[Ledger]:
        """The runs that were finished, the newest first."""
        return [Ledger(path) for path in reversed(self._runs())]

    def ledgers(self) -> list[Ledger]:
        """All runs, the newest first: also one that goes on, or was killed."""
        going_on = [self.pending] if self.pending.path.exists() else []
        return [*going_on, *self.finished()]

    def written(self, since: float) -> set[str]:
        """Digests of what runs wrote into pages that began to write, or went on, after a time.

        Args:
            since: the time, in Unix seconds.
        """
        paths = [*self._runs(), self.pending.path, self.undoing.path]
        recent = [path for path in paths if path.exists() and path.stat().st_mtime >= since]
        return {entry.new for path in recent for entry in Ledger(path).entries()}

    def _runs(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        names = (entry for entry in self._folder.iterdir() if entry.name.isdecimal())
        return sorted(names, key=lambda path: int(path.name))

    def _prune(self, oldest: float) -> None:
        taken = 0
        # All but the last, which is what somebody wants back who wants anything back.
        for count, run in enumerate(reversed(self._runs()[:-1]), start=2):
            status = run.stat()
            taken += status.st_size
            if count > RUNS or taken > BYTES or status.st_mtime < oldest:
                remove(str(run))


def digest(data: bytes) -> str:
    """By what a page's bytes are known."""
    return sha256(data).hexdigest()


def was_made(entries: Sequence[JournalEntry], old: bytes | None) -> bool:
    """Whether a page was not there before a run.

    Args:
        entries: the page's own, in order.
        old: what `before` says of it.
    """
    return old == b"" and any(entry.made for entry in entries[:1])


def before(entries: Iterable[JournalEntry], now: bytes) -> bytes | None:
    """What a page held before a run.

    Args:
        entries: the page's own, in order. Some may have come to nothing.
        now: what it holds now.

    Returns:
        What it held; None if it does not hold what the run made of it.
    """
    held, sought = None, digest(now)
    for entry in reversed(list(entries)):
        # From what it holds now backwards: an entry that came to nothing lies on no such way.
        if entry.new == sought:
            held, sought = entry.old, digest(entry.old)
    return held


def _lines(entries: Iterable[JournalEntry]) -> bytes:
    # The break before a line ends what a kill may have left of another.
    return b"".join(b"\n" + _line(entry) + b"\n" for entry in entries)


def _line(entry: JournalEntry) -> bytes:
    return json.dumps(
        {
            "page": entry.page,
            "old": _packed(entry.old),
            "new": entry.new,
            "temporary": entry.temporary,
            "after": _packed(entry.after),
            "made": entry.made,
        }
    ).encode()


def _parsed(line: bytes) -> JournalEntry | None:
    try:
        match json.loads(line):
            case {
                "page": str(page),
                "old": str(old),
                "new": str(new),
                "temporary": str(temporary),
                "after": str(after),
                **rest,
            }:
                made = rest.get("made") is True
                return JournalEntry(page, _unpacked(old), new, temporary, _unpacked(after), made)
    except (ValueError, zlib.error):
        return None
    return None


def _packed(data: bytes) -> str:
    return b64encode(zlib.compress(data, 1)).decode()


def _unpacked(text: str) -> bytes:
    return zlib.decompress(b64decode(text, validate=True))


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
    # Only then: the entries are all there is of the old text of a page that is torn yet.
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
        # Only pages that are overwritten get here: a swapped one is whole at any time.
        whole = mend(notes.real(entry.page), entry.old, entry.after)
    except FileNotFoundError:
        return
    # Neither the old text nor a part of the new one: somebody wrote it since, and it is theirs.
    if not whole:
        raise _problem(entry, "and has been edited since: see whether it is whole")


def _problem(entry: JournalEntry, what: str) -> WriteError:
    message = f"was being written when taiga-notes was killed, {what}"
    return WriteError(message, page=entry.page)
