"""Refreshing pages, and what there is to tell of it.

The rows are the store's: nobody is asked here. What concerns others, the worker hands on to them.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from taiga_notes.errors import PageBusyError, SourceError, UnreachableError, WriteError
from taiga_notes.refresh.compose import Problem
from taiga_notes.refresh.dependencies import NOTES
from taiga_notes.refresh.item_pages import ItemPages
from taiga_notes.refresh.refresh import REPLACED, RESCUED, refresh, waits
from taiga_notes.system.locks import holders
from taiga_notes.vault.journal import digest
from taiga_notes.vault.undo import UndoState
from taiga_notes.vault.writer import PutOff, written_by
from taiga_notes.watch.events import Event, Topic, bad, mistake
from taiga_notes.watch.scan import mark_in, mark_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from taiga_notes.errors import TaigaNotesError
    from taiga_notes.refresh.compose import Composition, RenderContext
    from taiga_notes.refresh.dependencies import Asked, ListState
    from taiga_notes.refresh.fingerprint import Deciding
    from taiga_notes.refresh.refresh import PageOutcome
    from taiga_notes.vault.search import KnownPages
    from taiga_notes.vault.writer import PageFile, Writer
    from taiga_notes.watch.poller import PollResult
    from taiga_notes.watch.scan import Mark
    from taiga_notes.watch.setup import Setup

WAIT = 1.0
"""Seconds to wait for another process that writes the vault."""

LATER = 2.0
"""Seconds after which pages are tried again while that process goes on."""

SELDOM = 10.0
"""Seconds after which a page is tried again that others write for long."""

TOLD = 60.0
"""Seconds for which they may before it is told."""


@dataclass(frozen=True, slots=True)
class Postponed:
    """A page could not be refreshed, and is to be tried again.

    Attributes:
        page: its name.
        until: when, in seconds of a clock that never goes back.
    """

    page: str
    until: float


@dataclass(frozen=True, slots=True)
class OwnWrite:
    """A page is as we left it.

    Attributes:
        page: its name.
        mark: how it is now.
    """

    page: str
    mark: Mark


Step = Event | Postponed | OwnWrite
"""What comes of refreshing, one after the other."""


@dataclass(slots=True)
class PageStates:
    """What the pages were made from, and what was told of them.

    Attributes:
        asked: of the pages with blocks, the lists that they asked for, and what they were given.
        complaints: what was last told about a page.
    """

    asked: dict[str, Mapping[Asked, ListState]] = field(default_factory=dict)
    complaints: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def forget(self, page: str) -> None:
        """The page has no blocks, or is gone."""
        self.asked.pop(page, None)
        self.complaints.pop(page, None)

    @property
    def has_problems(self) -> bool:
        """Whether there is something wrong with a page that is known."""
        return any(map(self.complaints.get, self.asked))

    def lists(self) -> set[Asked]:
        """Every list of Taiga's that a page asks for."""
        return {listing for asked in self.asked.values() for listing in asked} - {NOTES}

    def stale(self, answers: Mapping[Asked, ListState]) -> set[str]:
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
            Whether that is new.
        """
        if self.complaints.get(page, ()) == complaints:
            return False
        self.complaints[page] = complaints
        return True


class Refresher:
    """Refreshes pages.

    Args:
        setup: how.
        stopping: says when to stop.

    Attributes:
        pages: what is kept in mind of them.
    """

    def __init__(self, setup: Setup, stopping: Callable[[], bool]) -> None:
        self.pages = PageStates()
        self._setup = setup
        self._taiga = setup.stored()
        self._stopping = stopping
        self._blocked = ""
        self._refusals: dict[Asked, SourceError] = {}
        self._told: set[str] = set()
        self._left: set[str] = set()
        self._waiting: dict[str, Sequence[tuple[int, int]]] = {}
        self._owed: set[str] = set()
        self._busy: dict[str, float] = {}
        self._holding: dict[str, Problem] = {}
        self._items = ItemPages()

    def adopt(self, setup: Setup) -> None:
        """Refreshes as other settings have it, from now on."""
        old, self._setup = self._setup, setup
        # Else the store stays open, with all that was read from it.
        if setup.origin != old.origin:
            self._reopen()

    def close(self) -> None:
        """Lets go of the store."""
        self._taiga.close()

    def forget(self, page: str) -> set[str]:
        """The page is gone.

        Returns:
            The pages that are not true any more.
        """
        self.pages.forget(page)
        self._items.forget(page)
        return self._missing_notes()

    def _missing_notes(self) -> set[str]:
        """The pages that show which pages name items, if these are others by now."""
        if not any(NOTES in asked for asked in self.pages.asked.values()):
            return set()
        return self.pages.stale({NOTES: self._items.stamp})

    def learn(self, result: PollResult) -> set[str]:
        """Takes note of what lists are like now, and which of them Taiga refuses.

        Returns:
            The pages that are not true any more.
        """
        if not self._taiga.remembers:
            # A store that can't be used may be usable by now.
            self._reopen()
        for listing in result.answers:
            self._refusals.pop(listing, None)
        self._refusals.update(result.refusals)
        # What Taiga says to every page is told once, for as long as it says it.
        self._told &= {str(error) for error in self._refusals.values()}
        return self.pages.stale(result.answers)

    def refresh_all(self, pages: set[str]) -> Iterator[Step]:
        """Refreshes every page that is to be kept true, known or not.

        Args:
            pages: those that are known.
        """
        # Which of them are kept the walk tells, by a folder at a time; to ask page by page takes
        # longer than all the rest.
        plain = self._setup.plain_pages()
        yield from self._refresh(self._setup.names, pages, plain)
        plain.save(_nothing_settled)

    def refresh(self, pages: Iterable[str]) -> Iterator[Step]:
        """Refreshes those of these pages that are to be kept true; a crash spares the others."""
        chosen = {page for page in pages if self._setup.keeps(page)}
        if chosen:
            yield from self._refresh(sorted(chosen), chosen)

    def _reopen(self) -> None:
        self._taiga.close()
        self._taiga = self._setup.stored()

    def _refresh(
        self, names: Sequence[str], pages: set[str], plain: KnownPages | None = None
    ) -> Iterator[Step]:
        """Refreshes pages by names, which may be folders; `pages` are those that are known."""
        # Nobody waits in here for the store's lock, which the poller may hold for minutes: rows are
        # read from a snapshot.
        self._taiga.begin()
        try:
            with self._setup.vault.writing(WAIT, PutOff()) as writer:
                self._blocked = ""
                for problem in writer.problems:
                    yield bad(Topic.PROBLEM, problem, page=problem.page)
                task = self._task(writer, plain)
                yield from self._together(task, names, pages)
        except WriteError as error:
            if str(error) != self._blocked:
                self._blocked = str(error)
                yield bad(Topic.PROBLEM, error)
            for page in pages:
                yield Postponed(page, time.monotonic() + LATER)
        finally:
            # A snapshot held until the next refresh would let SQLite's log grow, poll by poll.
            self._taiga.rest()

    def _together(
        self, task: _RefreshTask, names: Sequence[str], pages: set[str]
    ) -> Iterator[Step]:
        try:
            yield from self._outcomes(task, names)
        except Exception:  # noqa: BLE001  (whose it is shows when each page goes alone)
            for page in sorted(pages - task.done):
                if self._setup.keeps(page):
                    yield from self._alone(task, page)
        if not self._stopping():
            # Only of a refresh that ran to its end: one that was broken off has not met all.
            for page in pages - task.done:
                self.pages.forget(page)

    def _alone(self, task: _RefreshTask, page: str) -> Iterator[Step]:
        try:
            yield from self._outcomes(task, [page])
        except Exception as error:  # noqa: BLE001  (no mistake may end the watch)
            task.done.add(page)
            yield mistake(error, page=page)

    def _outcomes(self, task: _RefreshTask, names: Sequence[str]) -> Iterator[Step]:
        for outcome in refresh(
            task.setup.vault,
            names,
            lambda: task.context,
            lambda: task.writer,
            leaves=task.leaves,
            plain=task.plain,
            mirrors=lambda: task.setup.settings.vault.mirror,
            items=self._items,
        ):
            task.done.add(outcome.page)
            yield from self._take(task, outcome)
            if self._stopping():
                return
        for page in sorted(self._missing_notes()):
            yield Postponed(page, time.monotonic())

    def _take(self, task: _RefreshTask, outcome: PageOutcome) -> Iterator[Step]:
        page = outcome.page
        if mark_of(task.setup.vault.path(page)) is None:
            # Deleted while it was being refreshed: that is no problem of anyone.
            return
        if outcome.is_template:
            yield from self._passed_by(page)
            return
        self.pages.asked[page] = outcome.lists
        problems = outcome.problems
        self._owe(outcome)
        if busy := _busy(task, outcome):
            since, until = self._busy_times(page, busy)
            yield Postponed(page, until)
            if since < TOLD:
                return
            problems = (self._held(page),)
        else:
            self._busy.pop(page, None)
            self._holding.pop(page, None)
        if page in task.left:
            yield from self._stays_undone(page)
        elif outcome.changed:
            self._left.discard(page)
            yield from self._own_write(outcome)
            yield _of_change(outcome)
        yield from self._complaints(page, problems)
        yield from self._waits(page, outcome.waiting)

    def _waits(self, page: str, waiting: Sequence[tuple[int, int]]) -> Iterator[Event]:
        """Tells of edits that wait to be pushed, whenever they are others."""
        if waiting != self._waiting.pop(page, ()):
            for line, count in waiting:
                text = f"{page}:{line}: {waits(count)}"
                yield Event(Topic.WAITING, text, page, line, facts={"edits": count})
        if waiting:
            self._waiting[page] = waiting

    def _task(self, writer: Writer, plain: KnownPages | None) -> _RefreshTask:
        setup = self._setup
        context, undone = setup.render_context(self._taiga, self._refusals), UndoState(setup.home)
        asked, owed = self.pages.asked, self._owed
        return _RefreshTask(setup, context, writer, undone, asked, owed, plain)

    def _owe(self, outcome: PageOutcome) -> None:
        """Takes note of a page that has not got yet what Taiga gave for it."""
        if outcome.problems and not outcome.blocks:
            self._owed.add(outcome.page)
        else:
            self._owed.discard(outcome.page)

    def _stays_undone(self, page: str) -> Iterator[Event]:
        if page not in self._left:
            self._left.add(page)
            text = f"left as undo restored it, until it or Taiga changes: {page}"
            yield Event(Topic.UNDONE, text, page=page)

    def _busy_times(self, page: str, busy: PageBusyError) -> tuple[float, float]:
        """For how long somebody has been writing a page, and when it is to be tried again.

        The end of the writing is told by an event. Where none comes, since nothing was changed or
        files are polled, it is looked at ever more seldom.
        """
        now = time.monotonic()
        since = now - self._busy.setdefault(page, now)
        return since, now + max(busy.rest, min(since, SELDOM))

    def _held(self, page: str) -> Problem:
        """What is told of a page that somebody has been writing for long: the same until it ends.

        Who it is may be another by the next time, or nobody any more just when that is looked up.
        """
        if page not in self._holding:
            who = holders(self._setup.vault.path(page))
            self._holding[page] = Problem(1, written_by(page, who))
        return self._holding[page]

    def _passed_by(self, page: str) -> Iterator[Event]:
        self.pages.asked.pop(page, None)
        text = f"passed by: {page} is a template"
        if self.pages.complain(page, (text,)):
            yield Event(Topic.PASSED_BY, text, page=page)

    def _own_write(self, outcome: PageOutcome) -> Iterator[OwnWrite]:
        """How we left a page, unless someone was at it since."""
        try:
            page = self._setup.vault.read(outcome.page)
        except WriteError:
            return
        # A save that came right behind ours is a change, and has to be seen as one.
        if page.text == outcome.after:
            yield OwnWrite(outcome.page, mark_in(page.stamp))

    def _complaints(self, page: str, problems: Iterable[Problem]) -> Iterator[Event]:
        # That Taiga can't be reached is told once, and not by every page.
        told = [one for one in problems if not isinstance(one.error, UnreachableError)]
        before = self.pages.complaints.get(page, ())
        if not self.pages.complain(page, tuple(f"{one.line} {one.error}" for one in told)):
            return
        for one in told:
            if not self._is_repeated(one.error):
                yield bad(Topic.PROBLEM, one.error, page=page, line=one.line)
        if before and not told:
            yield Event(Topic.SOLVED, f"{page}: no problems any more", page=page)

    def _is_repeated(self, error: TaigaNotesError) -> bool:
        if not isinstance(error, SourceError):
            return False
        known = str(error) in self._told
        self._told.add(str(error))
        return known


def _busy(task: _RefreshTask, outcome: PageOutcome) -> PageBusyError | None:
    """What there is to say of a page that was left alone because somebody is writing it.

    A page that could not be read, or that has a mistake as a whole, may be half saved only.
    """
    if outcome.blocks or not outcome.problems:
        return None
    try:
        task.writer.demand_rest(outcome.page)
    except PageBusyError as busy:
        return busy
    except WriteError:
        return None
    first = outcome.problems[0].error
    return first if isinstance(first, PageBusyError) else None


@dataclass(slots=True)
class _RefreshTask:
    """What one refresh works with, which pages it is done with, and which of them stay undone."""

    setup: Setup
    context: RenderContext
    writer: Writer
    undone: UndoState
    asked: Mapping[str, Mapping[Asked, ListState]]
    owed: set[str]
    plain: KnownPages | None
    done: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)

    def leaves(self, page: PageFile, made: Composition) -> bool:
        """Whether a page is left as it is, since a person took back just what is made of it."""
        leaves = made.text != page.text and self._is_taken_back(page, made)
        (self.left.add if leaves else self.left.discard)(page.name)
        return leaves

    def _is_taken_back(self, page: PageFile, made: Composition) -> bool:
        taken = self.undone.taken_back(page.name, page.text, self._is_there)
        # The same from Taiga as when it was last rendered; or the very text that was taken back.
        lists = made.dependencies.lists
        same = page.name not in self.owed and lists == self.asked.get(page.name)
        return bool(taken) and (same or digest(made.text.encode()) in taken)

    def _is_there(self, name: str) -> bool:
        return mark_of(self.setup.vault.path(name)) is not None


def _nothing_settled() -> Deciding:
    """A watch settles no page: of those with blocks it keeps itself in mind what they asked for."""
    return (), (), ""


def _of_change(outcome: PageOutcome) -> Event:
    """What is told of a page that was written."""
    remarks = {REPLACED: outcome.replaced, RESCUED: outcome.rescued}
    told = [f"; line {line} {remark}" for remark, lines in remarks.items() for line in lines]
    facts = {"replaced": outcome.replaced, "rescued": outcome.rescued}
    done = "made" if outcome.is_new else "changed"
    return Event(
        Topic.CHANGED,
        "".join([f"{done}: {outcome.page}", *told]),
        page=outcome.page,
        facts={name: lines for name, lines in facts.items() if lines},
    )
