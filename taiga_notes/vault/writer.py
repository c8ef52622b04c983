"""The one hand that writes a vault's pages.

It holds the vault's lock, so that no other process of ours writes, first makes whole what a
killed run left, leaves a page in peace that others are writing (a `WaitPolicy` waits for them or
passes it by), and puts every page into the journal before it touches it.
"""

from __future__ import annotations

import errno
import os
import time
from typing import TYPE_CHECKING, Self, TypeVar

from taiga_notes.errors import (
    PageBusyError,
    PageChangedError,
    PageGoneError,
    PageTakenError,
    WriteError,
)
from taiga_notes.system import clock, files
from taiga_notes.system.atomic_write import place_file
from taiga_notes.system.folders import make_folder, remove, sync_folder
from taiga_notes.system.locks import HeldError, Lock, LockedError, demand_free, holders
from taiga_notes.system.paths import bodies_file, make_state_folder, unusable_state
from taiga_notes.system.swap import CannotSwapError, overwrite, swap
from taiga_notes.vault.journal import Journal, JournalEntry, Ledger, digest, recover
from taiga_notes.vault.remembered_bodies import RememberedBodies
from taiga_notes.vault.search import changed_meanwhile, failed_page, unreadable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from taiga_notes.system.files import Stamp
    from taiga_notes.vault.discovery import Notes

    Held = TypeVar("Held")

    Made = TypeVar("Made")


LONGEST = 10.0
"""Seconds that a quiet time is waited for at most: a vault's settings are not to hold up a run."""

PATIENCE = 2.0
"""Seconds that a run waits in all for programs that have pages open."""

NAMED = 5
"""For how many pages a run looks up who has them open: that takes as long as a page."""

STEP = 0.02
"""Seconds between two looks at such a page: most saves take less."""


class WaitOnce:
    """For a run that a person started: a while is waited, once in all, and then it is told."""

    def __init__(self) -> None:
        self._rested = 0.0
        self._waited = 0.0
        self._named = 0

    def saved(self, _page: str, rest: float, quiet: float) -> None:
        """Called for a page that was saved a moment ago; returns when it may be written.

        In all it is waited for one quiet time, by which all is quiet that was saved before.

        Args:
            rest: seconds until the page has been quiet for long enough.
            quiet: how many seconds are.
        """
        pause = min(rest, min(quiet, LONGEST) - self._rested)
        if pause > 0:
            self._rested += pause
            time.sleep(pause)

    def held(self, page: str, path: str) -> None:
        """Called for a page that somebody has open for writing; returns when to look again.

        Args:
            page: its name.
            path: the file.

        Raises:
            PageBusyError: it is not to be waited for any longer.
        """
        if self._waited >= PATIENCE:
            self._named += 1
            raise written_by(page, holders(path) if self._named <= NAMED else "")
        self._waited += STEP
        time.sleep(STEP)


class PutOff:
    """For a run that is followed by others: nothing is waited for, and `PageBusyError` raised."""

    def saved(self, page: str, rest: float, _quiet: float) -> None:
        """See `WaitOnce.saved`."""
        raise written_by(page, rest=rest)

    def held(self, page: str, _path: str) -> None:
        """See `WaitOnce.held`."""
        raise written_by(page)


WaitPolicy = WaitOnce | PutOff


def written_by(page: str, who: str = "", rest: float = STEP) -> PageBusyError:
    """What is told of a page that somebody is writing.

    Args:
        page: its name.
        who: see `holders`.
        rest: see `PageBusyError`.
    """
    message = f"is left alone while {who or 'another program'} is writing it"
    return PageBusyError(message, page=page, hint="close it there, or try again later", rest=rest)


TEMPORARY = ".syncthing.taiga-notes-"
"""What the names of our temporary files begin with: Syncthing passes by what begins and ends as
its own do, and Obsidian, SilverBullet and Logseq by all that is hidden."""

SLACK = 2.0
"""Seconds that may lie between a page's entry in the journal and its writing."""

ATTEMPTS = 5
"""How often a page is read again because somebody saved it meanwhile."""

_HINTS = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your share of the disk is used up",
    errno.EACCES: "make it writable, or exclude it",
    errno.EROFS: "the disk is mounted read-only",
}


class PageFile:
    """A page as it was read.

    Attributes:
        name: its path in the vault, with `/`.
        text: what it holds: newlines and a byte order mark as they stand.
        stamp: by what the file was known when it held that.
    """

    __slots__ = ("name", "stamp", "text")

    def __init__(self, name: str, text: str, stamp: Stamp) -> None:
        self.name = name
        self.text = text
        self.stamp = stamp


class Writer:
    """Writes pages while in its context.

    Args:
        notes: the vault's notes.
        home: the folder for what we remember of the vault.
        wait: seconds to wait for another process that writes the vault.
        quiet: gives the seconds for which a page is left in peace after a save.
        policy: what to do about pages that others are writing.
        is_unfinished: whether there is a run in the journal that was not finished.

    Attributes:
        problems: pages that a killed run left, and that could not be made whole.

    Raises:
        ConfigError: on entry, if the state folder can't be used.
        WriteError: on entry, if another process writes the vault for longer than that.
    """

    def __init__(
        self,
        notes: Notes,
        home: str,
        wait: float,
        *,
        quiet: Callable[[], float],
        policy: WaitPolicy,
        is_unfinished: Callable[[], bool],
    ) -> None:
        self._notes = notes
        self._home = home
        self._quiet = quiet
        self._policy = policy
        self._is_unfinished = is_unfinished
        self._lock = Lock(os.path.join(home, "lock"), wait)
        self._cut_short = False
        self._own: set[str] | None = None
        self.problems: list[WriteError] = []

    def __enter__(self) -> Self:
        # The lock's own file is in there.
        make_state_folder(os.path.join(self._home, "journal"))
        try:
            self._lock.__enter__()
        except LockedError as error:
            message = f"another taiga-notes (process {error.holder}) is writing this vault"
            raise WriteError(message, hint="try again when it is done") from error
        except OSError as error:
            raise unusable_state(self._home, error) from error
        try:
            # Under the lock: before it is had, a run that goes on looks like one that was killed.
            if self._is_unfinished():
                self.problems, whole = recover(self._notes, self.journal())
                self._cut_short = not whole
        except BaseException as error:
            self._lock.__exit__()
            if isinstance(error, OSError):
                raise unusable_state(self._home, error) from error
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        try:
            # Still under the lock: the next holder would take the pending run for a killed one.
            if self._is_unfinished() and not self._cut_short:
                self.journal().close()
        except OSError as error:
            # The run stays pending, which costs the next one a look at its pages.
            raise unusable_state(self._home, error) from error
        finally:
            self._lock.__exit__()

    def replace(self, page: PageFile, text: str, written: Sequence[tuple[str, str]] = ()) -> None:
        """Replaces what a page holds; the same text is not written.

        Args:
            page: the page as it was read.
            text: what it is to hold.
            written: what of ours is in `text`, for `RememberedBodies.add`.

        Raises:
            PageChangedError: it is no longer what was read. Nothing was written.
            PageBusyError: somebody is writing it. Nothing was written.
            WriteError: it can't be written, and is as it was.
        """
        new = _encoded(page.name, text)
        # Before the page: a kill in between leaves a checksum too many, and never a body of ours
        # that looks like a stranger's.
        if written:
            self._remember(page.name, written)
        if text != page.text:
            self.put(page.name, page.text.encode(), new, self.journal().pending)

    def make(self, name: str, text: str) -> None:
        """Makes a page that is not there yet, and the folders in which it is to be.

        Args:
            name: the page's name.
            text: what it is to hold.

        Raises:
            PageTakenError: there is something by that name. Nothing was written.
            WriteError: it can't be written, or a symlink would lead elsewhere.
        """
        new, path = _encoded(name, text), self._notes.path(name)
        try:
            # Before any folder is made as well: it might be made elsewhere.
            self._demand_straight(name, path)
            make_folder(os.path.dirname(path))
            self._demand_straight(name, path)
            self._make(name, path, new)
        except FileExistsError as error:
            raise PageTakenError("is not made: it is there already", page=name) from error
        except OSError as error:
            raise _unwritable(name, error) from error

    def _demand_straight(self, name: str, path: str) -> None:
        # Also of what lies in the vault, so that two names never mean one page.
        if self._notes.real(name) != path:
            raise WriteError("is not made: a symlink is in its way", page=name)

    def _make(self, name: str, path: str, new: bytes) -> None:
        if os.path.lexists(path):
            raise FileExistsError(path)
        temporary = self._temporary(path)
        entry = JournalEntry(name, b"", digest(new), self._notes.inside(temporary), made=True)
        before, self._cut_short = self._cut_short, True
        # As in `put`: what is to be undone is written down before it is there.
        _note(self.journal().pending, entry)
        place_file(path, new, temporary)
        self._cut_short = before

    def remove(self, name: str, old: bytes) -> None:
        """Removes a page that an undone run made.

        Args:
            name: the page's name.
            old: what it held when it was read.

        Raises:
            PageChangedError: it no longer holds that. Nothing was done.
            PageBusyError: somebody is writing it. Nothing was done.
            WriteError: it can't be removed.
        """
        real = self._notes.real(name)
        try:
            self._leave_in_peace(name, real, old)
            if files.contents(real)[0] != old:
                raise changed_meanwhile(name)
            remove(real)
            sync_folder(os.path.dirname(real))
        except OSError as error:
            raise _unwritable(name, error) from error

    def _temporary(self, path: str) -> str:
        """Beside the page: only on one disk can a file be given another's place."""
        return f"{os.path.dirname(path)}{os.sep}{TEMPORARY}{os.urandom(6).hex()}.tmp"

    def put(self, name: str, old: bytes, new: bytes, ledger: Ledger) -> None:
        """Replaces what a page holds.

        Args:
            name: the page's name.
            old: what it held when it was read.
            new: what it is to hold.
            ledger: gets its entry.

        Raises:
            PageChangedError: it no longer holds `old`. Nothing was written.
            PageBusyError: somebody is writing it. Nothing was written.
            WriteError: it can't be written, and is as it was.
        """
        real = self._notes.real(name)
        try:
            self._leave_in_peace(name, real, old)
        except OSError as error:
            raise _unwritable(name, error, real) from error
        temporary = self._temporary(real)
        entry = JournalEntry(name, old, digest(new), self._notes.inside(temporary))
        # Unless this ends well, the run stays pending and the next one sees to the page.
        before, self._cut_short = self._cut_short, True
        try:
            # Before the page is touched, so that no text is ever replaced that is kept nowhere.
            _note(ledger, entry)
            done = swap(real, old, new, temporary)
        except CannotSwapError:
            # With the new text as well: a page that a kill tears is told from an edit by both.
            _note(ledger, JournalEntry(name, old, digest(new), after=new))
            done = _overwrite(name, real, old, new)
        except HeldError:
            done = False  # opened since: read again, it is waited for as above
        except OSError as error:
            raise _unwritable(name, error, real) from error
        self._cut_short = before
        if not done:
            raise changed_meanwhile(name)

    def demand_rest(self, name: str) -> None:
        """Check that nobody is writing a page, or wait until nobody is; it need not be readable.

        Raises:
            PageBusyError: somebody is.
            WriteError: it leads out of the vault, or can't be looked at.
        """
        real = self._notes.real(name)
        try:
            self._leave_in_peace(name, real, _now(real))
        except OSError as error:
            raise unreadable(name, error) from error

    def _leave_in_peace(self, name: str, real: str, old: bytes) -> None:
        """Returns when a page may be written: nobody has just saved it, or has it open.

        Raises:
            PageBusyError: somebody has, and that is not to be waited for any longer.
            OSError: it can't be looked at.
        """
        quiet = self._quiet()
        if rest := self._rest(real, old, quiet):
            self._policy.saved(name, rest, quiet)
        while True:
            try:
                demand_free(real)
            except HeldError:
                self._policy.held(name, real)
            else:
                return

    def _rest(self, real: str, old: bytes, quiet: float) -> float:
        """Seconds until a page has been quiet for long enough; 0 after our own last write."""
        age = clock.seconds() - os.stat(real).st_mtime
        # A page from the future, as after a clock was set back, would be waited for until then.
        if not 0 <= age < quiet or self._is_own(old, quiet):
            return 0
        return quiet - age

    def _is_own(self, old: bytes, quiet: float) -> bool:
        """Whether a page, which was saved within the quiet time, is as one of our runs left it."""
        if self._own is None:
            self._own = self.journal().written(clock.seconds() - quiet - SLACK)
        return digest(old) in self._own

    def journal(self) -> Journal:
        """The vault's journal."""
        return Journal(os.path.join(self._home, "journal"))

    def _remember(self, name: str, written: Sequence[tuple[str, str]]) -> None:

        # Its lock is taken with the vault's held, and never the other way round.
        try:
            RememberedBodies(bodies_file(self._home)).add(written)
        except (OSError, LockedError) as error:
            raise WriteError(
                f"is left alone: what is written into it can't be remembered: {error}", page=name
            ) from error


def transform(
    name: str,
    read: Callable[[str], Held],
    make: Callable[[Held], Made],
    put: Callable[[Held, Made], object],
) -> tuple[Held, Made]:
    """Makes a page another one, as it stands at that moment: the one way in which that is done.

    Whoever saves the page meanwhile wins: their text is read and made anew in its turn.

    Args:
        name: the page's.
        read: reads it.
        make: gives what it is to be, unless the page is no longer what was read.
        put: writes that, unless the page is no longer what was read.

    Returns:
        What was read last, and what was made of it.

    Raises:
        PageGoneError: there is no such page any more.
        WriteError: it never keeps still.
        TaigaNotesError: as the three raise.
    """
    was_gone = False
    for _ in range(ATTEMPTS):
        try:
            held = read(name)
            made = make(held)
            put(held, made)
        except PageChangedError:
            continue
        except PageGoneError:
            if was_gone:
                raise
            # An editor may save by moving the old page away first: then another one comes at once.
            was_gone = True
            time.sleep(STEP)
            continue
        return held, made
    raise WriteError(
        "keeps changing while it is worked on, and is left alone", page=name, hint="try again"
    )


def _encoded(name: str, text: str) -> bytes:
    try:
        data = text.encode()
    except UnicodeEncodeError as error:
        message = f"can't be written: {text[error.start]!r} is no character of UTF-8"
        raise WriteError(message, page=name) from error
    if len(data) > files.LARGEST:
        message = f"can't be written: it would be larger than {files.LARGEST >> 20} MB"
        raise WriteError(message, page=name, hint="`limit` the queries in it")
    return data


def _now(real: str) -> bytes:
    """What a file holds; nothing where it can't be read."""
    try:
        return files.contents(real)[0]
    except OSError:
        return b""


def _note(ledger: Ledger, entry: JournalEntry) -> None:
    try:
        ledger.add(entry)
    except OSError as error:
        raise WriteError(
            f"is left alone: what it holds can't be kept for undo: {error.strerror}",
            page=entry.page,
            hint=f"see to {str(ledger.path.parent)!r}",
        ) from error


def _overwrite(name: str, real: str, old: bytes, new: bytes) -> bool:

    try:
        return overwrite(real, old, new)
    except HeldError:
        return False
    except OSError as error:
        raise _unwritable(name, error, real) from error


def _unwritable(name: str, error: OSError, real: str = "") -> WriteError:
    hint = _HINTS.get(error.errno or 0, "")
    return failed_page(name, error, f"can't be written: {error.strerror}", hint=hint, real=real)
