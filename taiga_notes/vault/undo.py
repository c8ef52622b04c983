"""Taking back what runs did to pages, the newest run first.

What was edited or deleted since is passed by: it is told once, and an older run is gone on to. A
page that was moved is found again by what it holds.
"""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from taiga_notes.errors import ConfigError, WriteError
from taiga_notes.system import files
from taiga_notes.vault.journal import before, digest
from taiga_notes.vault.search import unreadable
from taiga_notes.vault.transform import transform

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from taiga_notes.vault.discovery import Notes
    from taiga_notes.vault.journal import Journal, JournalEntry, Ledger
    from taiga_notes.vault.undo_state import UndoState
    from taiga_notes.vault.writer import Writer


@dataclass(frozen=True, slots=True)
class Step:
    """What it means for a page to take back a run.

    Attributes:
        page: the name that it had then.
        place: the name that it has now.
        now: what it holds.
        old: what it held before the run; the same where nothing is left to be done.
        problem: why it is left as it is; None where it is not.
    """

    page: str
    place: str
    now: bytes = b""
    old: bytes = b""
    problem: WriteError | None = None

    @property
    def restores(self) -> bool:
        """Whether the page gets another text."""
        return self.problem is None and self.now != self.old

    def is_below(self, name: str) -> bool:
        """Whether the page is the one of that name, then or now, or was or is in that folder."""
        names = (self.page, self.place)
        return not name or any(each == name or each.startswith(f"{name}/") for each in names)


@dataclass(frozen=True, slots=True)
class JournaledRun:
    """A run that can be taken back.

    Attributes:
        at: when it ended, in Unix seconds.
        steps: what that means, page by page, once all later runs are taken back.
    """

    at: float
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Undone:
    """What became of a page.

    Attributes:
        page: the name that it had in the run.
        place: the name that it has now.
        problem: why it was left as it is; None where it is restored.
        run: which run passed it by, if it will again; that is told once.
    """

    page: str
    place: str
    problem: WriteError | None = None
    run: str = ""


def undo(notes: Notes, writer: Writer, state: UndoState, names: Sequence[str]) -> list[Undone]:
    """Restores the pages of the newest run of which any can be restored.

    Called again, it goes one run further back; to do again what was undone, render.

    Args:
        notes: the vault's notes.
        writer: who writes them, in its context.
        state: what is remembered of earlier calls.
        names: of pages and folders, as they are or were called: for each, the newest run that did
            something there is taken back. The empty name is the whole vault.

    Returns:
        What became of each page; what is left as it is, only if that is new or it was named.
    """
    outcomes: dict[str, Undone] = {}
    for name in names:
        vault = _Contents(notes, writer.journal())
        for ledger in writer.journal().finished():
            records = ledger.records()
            steps = [step for step in _steps(vault, records, [name]) if step.is_below(name)]
            # Before the first page is written: a watch that sees it restored is to know why.
            state.restore(step for step in steps if step.restores)
            state.save()
            done = [*_taken_back(notes, writer, ledger, records, steps)]
            outcomes = {each.page: each for each in done} | outcomes
            if restored := {each.page: each for each in done if each.problem is None}:
                outcomes |= restored
                break
    told = [each for each in outcomes.values() if each.page in names or state.is_news(each)]
    state.save()
    return told


def planned(notes: Notes, journal: Journal, names: Sequence[str]) -> list[JournaledRun]:
    """What calls of `undo` would do, one after another.

    Args:
        notes: the vault's notes.
        journal: its journal.
        names: see `undo`.

    Returns:
        The runs, newest first, that did something to these pages.
    """
    vault, runs = _Contents(notes, journal), []
    for ledger in journal.ledgers():
        steps = [*_steps(vault, ledger.records(), names)]
        for step in steps:
            vault.take(step)
        steps = [step for step in steps if any(map(step.is_below, names))]
        if steps:
            runs.append(JournaledRun(ledger.at, tuple(steps)))
    return runs


def name_of(notes: Notes, journal: Journal, path: str) -> str:
    """The name of the page or folder that a user means, as it is or was called.

    Raises:
        ConfigError: there is none, and was none when a run replaced something.
    """
    name = notes.chosen(path) if os.path.lexists(path) else notes.named(path)
    real = notes.inside(os.path.realpath(path))
    pages = {record.page for ledger in journal.ledgers() for record in ledger.records()}
    known = [each for each in (name, real) if any(Step(p, p).is_below(each) for p in pages)]
    if not known and not os.path.lexists(path):
        raise ConfigError(
            f"{notes.path(name)!r} does not exist, and no run replaced it",
            hint="`taiga-notes undo --list` shows what runs replaced",
        )
    return known[0] if known else name


class _Contents:
    """What a vault's pages hold, or would hold once some steps were taken."""

    def __init__(self, notes: Notes, journal: Journal) -> None:
        self._notes = notes
        self._journal = journal
        self._would: dict[str, bytes] = {}
        self._moved: dict[str, str] = {}
        self._done: Counter[str] = Counter()

    def place(self, page: str) -> str:
        """The name that a page has now, as far as steps have told."""
        return self._moved.get(page, page)

    def of(self, name: str) -> bytes:
        """What a page holds.

        Raises:
            OSError: it can't be read.
            WriteError: it leads out of the vault.
        """
        real = self._notes.real(name)
        return self._would[real] if real in self._would else files.contents(real)[0]

    def holding(self, digests: Iterable[str]) -> list[str]:
        """The pages that hold one of these, and of which no run knows."""
        wanted = set(digests)
        names = {name for each in wanted for name in self._names.get(each, ())}
        names |= {place for place in self._moved.values() if digest(self.of(place)) in wanted}
        # What a run made of a page is that page's own, if it is the same by chance.
        return sorted(name for name in names if self._runs[name] <= self._done[name])

    def take(self, step: Step) -> None:
        """Goes on as if a step was taken."""
        if step.problem is None:
            self._would[self._notes.real(step.place)] = step.old
            self._moved[step.page] = step.place
            self._done[step.page] += 1

    @cached_property
    def _runs(self) -> Counter[str]:
        """In how many runs each page has a part."""
        runs: Counter[str] = Counter()
        for ledger in self._journal.ledgers():
            runs.update({record.page for record in ledger.records()})
        return runs

    @cached_property
    def _names(self) -> dict[str, list[str]]:
        """The names of all pages, by what they hold. All are read: few undos need it."""
        found: dict[str, list[str]] = {}
        for prefix, entries in self._notes.walk("", []):
            for entry in entries:
                if entry.is_symlink():
                    continue  # what it leads to has a name of its own
                try:
                    data, _ = files.look(entry.path)
                except OSError:
                    continue  # gone again, or not to be read: not the one then
                found.setdefault(digest(data), []).append(prefix + entry.name)
        return found


def _steps(
    vault: _Contents, records: Iterable[JournalEntry], wanted: Sequence[str]
) -> Iterator[Step]:
    """What it means to take back a run, if the pages of these names are wanted above all."""
    pages = _by_page(records)
    for page, own in pages.items():
        place = vault.place(page)
        try:
            now = vault.of(place)
        except (FileNotFoundError, NotADirectoryError):
            yield _moved(vault, page, own)
        except OSError as error:
            yield Step(page, place, problem=unreadable(place, error))
        except WriteError as problem:
            yield Step(page, place, problem=problem)
        else:
            step = _step(page, place, now, own)
            yield _succeeded(vault, step, own, wanted) if step.problem else step


def _by_page(records: Iterable[JournalEntry]) -> dict[str, list[JournalEntry]]:
    pages: dict[str, list[JournalEntry]] = {}
    for record in records:
        pages.setdefault(record.page, []).append(record)
    return pages


def _step(page: str, place: str, now: bytes, records: Sequence[JournalEntry]) -> Step:
    held = before(records, now)
    if held is not None:
        return Step(page, place, now, held)
    if any(record.old == now for record in records):
        return Step(page, place, now, now)  # as it was already
    return Step(page, place, now, problem=_edited(place))


def _edited(place: str, hint: str = "") -> WriteError:
    return WriteError("is left as it is: it was edited since", page=place, hint=hint)


def _succeeded(
    vault: _Contents, step: Step, records: Sequence[JournalEntry], wanted: Sequence[str]
) -> Step:
    """The step for a page that was edited, or that was moved and has a successor by that name.

    Nobody but its owner can tell which: of another page, it is the one only if that is wanted.
    """
    others = vault.holding(record.new for record in records)
    for other in others:
        if other in wanted:
            return _step(step.page, other, vault.of(other), records)
    if not others:
        return step
    hint = f"what the run made of it is in {others[0]}: `undo` restores that by its name"
    return replace(step, problem=_edited(step.place, hint))


def _moved(vault: _Contents, page: str, records: Sequence[JournalEntry]) -> Step:
    """The step for a page that is not where it was."""
    match vault.holding(record.new for record in records):
        case [place]:
            return _step(page, place, vault.of(place), records)
        case []:
            message = "is passed by: it was deleted since, or moved and edited"
        case several:
            message = f"is passed by: it was moved since, to one of {', '.join(several)}"
    return Step(page, page, problem=WriteError(message, page=page))


def _taken_back(
    notes: Notes, writer: Writer, ledger: Ledger, records: list[JournalEntry], steps: Iterable[Step]
) -> Iterator[Undone]:
    """Takes steps, and drops the records of pages that are as they were before the run."""
    own, done = _by_page(records), set[str]()
    for step in steps:
        if step.problem:
            yield Undone(step.page, step.place, step.problem, run=f"{ledger.at}")
            continue
        problem = _restore(notes, writer, step, own[step.page]) if step.restores else None
        if problem is None:
            done.add(step.page)
        if step.restores:
            yield Undone(step.page, step.place, problem)
    if done:
        ledger.keep(record for record in records if record.page not in done)


def _restore(
    notes: Notes, writer: Writer, step: Step, records: Sequence[JournalEntry]
) -> WriteError | None:
    """Restores a page; why not, if not."""

    def read(place: str) -> bytes:
        try:
            return files.contents(notes.real(place))[0]
        except OSError as error:
            raise unreadable(place, error) from error

    def make(now: bytes) -> bytes:
        found = _step(step.page, step.place, now, records)
        if found.problem:
            raise found.problem
        return found.old

    def put(now: bytes, old: bytes) -> None:
        if now != old:
            writer.put(step.place, now, old, writer.journal().undoing)

    try:
        transform(step.place, read, make, put)
    except WriteError as problem:
        return problem
    return None
