"""What it means to take back a run, page by page, told from the journal and from what pages hold.

A page that was moved is found again by what it holds.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from taiga_notes.errors import WriteError
from taiga_notes.system import files
from taiga_notes.vault.journal import before, digest
from taiga_notes.vault.search import unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from taiga_notes.vault.discovery import Notes
    from taiga_notes.vault.journal import Journal, JournalEntry


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
        return Step(page, place, now, held)
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
