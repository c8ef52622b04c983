"""Taking back what runs did to pages, the newest run first.

Each step is told from the journal and from what pages hold; a page that was moved is found again by
what it holds. What was edited or deleted since is passed by: it is told once, and an older run is
gone on to.

What is remembered for the next call, and for a watch, is in the vault's folder, as `undone`:

    restored   pages as it left them, and what it took back: a watch is not to put that back at once
    told       pages that it left as they were, and how they were: that is told once

A cache: what is lost of it is told, or rendered, once more.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from taiga_notes.errors import ConfigError, WriteError
from taiga_notes.system import files
from taiga_notes.system.atomic_write import write_cache
from taiga_notes.vault.journal import (
    RUNS,
    Journal,
    JournalEntry,
    Ledger,
    before,
    digest,
    was_made,
)
from taiga_notes.vault.search import unreadable
from taiga_notes.vault.writer import Writer, transform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from taiga_notes.vault.discovery import Notes


@dataclass(frozen=True, slots=True)
class Step:
    """What it means for a page to take back a run.

    Attributes:
        page: the name that it had then.
        place: the name that it has now.
        now: what it holds.
        old: what it held before the run; the same where nothing is left to be done.
        problem: why it is left as it is; None where it is not.
        removes: whether it was not there before the run, and is to be gone.
    """

    page: str
    place: str
    now: bytes = b""
    old: bytes = b""
    problem: WriteError | None = None
    removes: bool = False

    @property
    def restores(self) -> bool:
        """Whether the page gets another text."""
        return self.problem is None and (self.removes or self.now != self.old)

    def is_below(self, name: str) -> bool:
        """Whether the page is the one of that name, then or now, or was or is in that folder."""
        names = (self.page, self.place)
        return not name or any(each == name or each.startswith(f"{name}/") for each in names)


class Contents:
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
        # By what they hold, not by name or inode: editors give a page a new inode at each save.
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
            runs.update({entry.page for entry in ledger.entries()})
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


def steps_of(
    vault: Contents, entries: Iterable[JournalEntry], wanted: Sequence[str]
) -> Iterator[Step]:
    """What it means to take back a run, if the pages of these names are wanted above all."""
    pages = by_page(entries)
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
            step = step_for(page, place, now, own)
            yield _succeeded(vault, step, own, wanted) if step.problem else step


def by_page(entries: Iterable[JournalEntry]) -> dict[str, list[JournalEntry]]:
    """Each page's own, in order."""
    pages: dict[str, list[JournalEntry]] = {}
    for entry in entries:
        pages.setdefault(entry.page, []).append(entry)
    return pages


def step_for(page: str, place: str, now: bytes, entries: Sequence[JournalEntry]) -> Step:
    """What it means for one page.

    Args:
        page: the name that it had then.
        place: the name that it has now.
        now: what it holds.
        entries: its own, in order.
    """
    held = before(entries, now)
    if held is not None:
        return Step(page, place, now, held, removes=was_made(entries, held))
    if any(entry.old == now for entry in entries):
        return Step(page, place, now, now)  # as it was already
    return Step(page, place, now, problem=_edited(place))


def _edited(place: str, hint: str = "") -> WriteError:
    return WriteError("is left as it is: it was edited since", page=place, hint=hint)


def _succeeded(
    vault: Contents, step: Step, entries: Sequence[JournalEntry], wanted: Sequence[str]
) -> Step:
    """The step for a page that was edited, or that was moved and has a successor by that name.

    Nobody but its owner can tell which: of another page, it is the one only if that is wanted.
    """
    others = vault.holding(entry.new for entry in entries)
    for other in others:
        if other in wanted:
            return step_for(step.page, other, vault.of(other), entries)
    if not others:
        return step
    hint = f"what the run made of it is in {others[0]}: `undo` restores that by its name"
    return replace(step, problem=_edited(step.place, hint))


def _moved(vault: Contents, page: str, entries: Sequence[JournalEntry]) -> Step:
    """The step for a page that is not where it was."""
    match vault.holding(entry.new for entry in entries):
        case [place]:
            return step_for(page, place, vault.of(place), entries)
        case []:
            message = "is passed by: it was deleted since, or moved and edited"
        case several:
            message = f"is passed by: it was moved since, to one of {', '.join(several)}"
    return Step(page, page, problem=WriteError(message, page=page))


PAGES = 5_000
"""How many pages are remembered of each kind; the oldest are forgotten."""


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
        removed: whether it was not there before the run, and is gone.
    """

    page: str
    place: str
    problem: WriteError | None = None
    run: str = ""
    removed: bool = False


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
        vault = Contents(notes, writer.journal())
        for ledger in writer.journal().finished():
            entries = ledger.entries()
            steps = [step for step in steps_of(vault, entries, [name]) if step.is_below(name)]
            # Before the first page is written: a watch that sees it restored is to know why.
            state.restore(step for step in steps if step.restores)
            state.save()
            done = [*_taken_back(notes, writer, ledger, entries, steps)]
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
    vault, runs = Contents(notes, journal), []
    for ledger in journal.ledgers():
        steps = [*steps_of(vault, ledger.entries(), names)]
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
    pages = {entry.page for ledger in journal.ledgers() for entry in ledger.entries()}
    known = [each for each in (name, real) if any(Step(p, p).is_below(each) for p in pages)]
    if not known and not os.path.lexists(path):
        raise ConfigError(
            f"{notes.path(name)!r} does not exist, and no run replaced it",
            hint="`taiga-notes undo --list` shows what runs replaced",
        )
    return known[0] if known else name


def _taken_back(
    notes: Notes, writer: Writer, ledger: Ledger, entries: list[JournalEntry], steps: Iterable[Step]
) -> Iterator[Undone]:
    """Takes steps, and drops the entries of pages that are as they were before the run."""
    own, done = by_page(entries), set[str]()
    for step in steps:
        if step.problem:
            yield Undone(step.page, step.place, step.problem, run=f"{ledger.at}")
            continue
        problem = _restore(notes, writer, step, own[step.page]) if step.restores else None
        if problem is None:
            done.add(step.page)
        if step.restores:
            yield Undone(step.page, step.place, problem, removed=step.removes)
    if done:
        # Behind the pages: a kill in between finds them restored, with nothing left to be done, and
        # drops the entries then.
        ledger.keep(entry for entry in entries if entry.page not in done)


def _restore(
    notes: Notes, writer: Writer, step: Step, entries: Sequence[JournalEntry]
) -> WriteError | None:
    """Restores a page; why not, if not."""

    def read(place: str) -> bytes:
        try:
            return files.contents(notes.real(place))[0]
        except OSError as error:
            raise unreadable(place, error) from error

    def make(now: bytes) -> Step:
        # Judged anew by what is read here: the page may have been saved since the steps were made.
        found = step_for(step.page, step.place, now, entries)
        if found.problem:
            raise found.problem
        return found

    def put(now: bytes, found: Step) -> None:
        if found.removes:
            writer.remove(step.place, now)
        elif found.restores:
            writer.put(step.place, now, found.old, writer.journal().undoing)

    try:
        transform(step.place, read, make, put)
    except WriteError as problem:
        return problem
    return None
