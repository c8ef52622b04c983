"""Refreshing pages, round by round, and what there is to tell of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from taiga_notes.errors import PageBusyError, SourceError, UnreachableError, WriteError
from taiga_notes.refresh.problem import Problem
from taiga_notes.refresh.refresh import REPLACED, RESCUED, refresh
from taiga_notes.system.leases import holders
from taiga_notes.vault.journal import digest
from taiga_notes.vault.undo import UndoState
from taiga_notes.vault.wait_policy import PutOff, written_by
from taiga_notes.watch.events import Events, Topic, bad, mistake
from taiga_notes.watch.scan import mark_in, mark_of
from taiga_notes.watch.watch_filter import FileKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from taiga_notes.errors import TaigaNotesError
    from taiga_notes.model.rows import Listing
    from taiga_notes.refresh.compose import Composition, RenderContext
    from taiga_notes.refresh.dependencies import ListState
    from taiga_notes.refresh.refresh import PageOutcome
    from taiga_notes.vault.writer import PageFile, Writer
    from taiga_notes.watch.inbox import Inbox
    from taiga_notes.watch.page_states import PageStates
    from taiga_notes.watch.schedule import Schedule
    from taiga_notes.watch.setup import Setup

WAIT = 1.0
"""Seconds to wait for another process that writes the vault."""

LATER = 2.0
"""Seconds after which pages are tried again while that process goes on."""

SELDOM = 10.0
"""Seconds after which a page is tried again that others write for long."""

TOLD = 60.0
"""Seconds for which they may before it is told."""


class Refresher:
    """Refreshes pages.

    Args:
        pages: what is kept in mind of them.
        agenda: gets to know pages that could not be refreshed.
        flags: say when to stop.
    """

    def __init__(self, pages: PageStates, agenda: Schedule, flags: Inbox) -> None:
        self._pages = pages
        self._agenda = agenda
        self._flags = flags
        self._blocked = ""
        self._refusals: dict[Listing, SourceError] = {}
        self._told: set[str] = set()
        self._left: set[str] = set()
        self._owed: set[str] = set()
        self._busy: dict[str, float] = {}

    def learn(self, looked_at: Iterable[Listing], refusals: Mapping[Listing, SourceError]) -> None:
        """Takes note of which lists Taiga refuses, of those that were looked at."""
        for listing in looked_at:
            self._refusals.pop(listing, None)
        self._refusals.update(refusals)
        # What Taiga says to every page is told once, for as long as it says it.
        self._told &= {str(error) for error in self._refusals.values()}

    def refresh_all(self, setup: Setup) -> Iterator[Events]:
        """Refreshes every page that is to be kept true, known or not."""
        pages = {name for name in self._pages.marks if setup.interest.kind(name) is FileKind.PAGE}
        kept = {page for page in pages if setup.keeps(page)}
        for page in pages - kept:
            self._pages.plain(page)
        yield from self._round(setup, setup.names, kept)

    def refresh(self, setup: Setup, pages: Iterable[str]) -> Iterator[Events]:
        """Refreshes these pages; a crash of one spares the others."""
        chosen = {page for page in pages if setup.keeps(page)}
        if chosen:
            yield from self._round(setup, sorted(chosen), chosen)

    def _round(self, setup: Setup, names: Sequence[str], pages: set[str]) -> Iterator[Events]:
        """Refreshes pages by names, which may be folders; `pages` are those that are known."""
        setup.taiga.begin()
        try:
            with setup.vault.writing(WAIT, PutOff()) as writer:
                self._blocked = ""
                for problem in writer.problems:
                    yield bad(Topic.PROBLEM, problem, page=problem.page)
                task = self._task(setup, writer)
                yield from self._together(task, names, pages)
        except WriteError as error:
            if str(error) != self._blocked:
                self._blocked = str(error)
                yield bad(Topic.PROBLEM, error)
            for page in pages:
                self._agenda.put_off(page, time.monotonic() + LATER)
        finally:
            setup.taiga.rest()

    def _together(
        self, task: _RefreshTask, names: Sequence[str], pages: set[str]
    ) -> Iterator[Events]:
        try:
            yield from self._outcomes(task, names)
        except Exception:  # noqa: BLE001  (whose it is shows when each page goes alone)
            for page in sorted(pages - task.done):
                yield from self._alone(task, page)
        if not self._flags.stopping:
            for page in pages - task.done:
                self._pages.plain(page)

    def _alone(self, task: _RefreshTask, page: str) -> Iterator[Events]:
        try:
            yield from self._outcomes(task, [page])
        except Exception as error:  # noqa: BLE001  (no mistake may end the watch)
            task.done.add(page)
            yield mistake(error, page=page)

    def _outcomes(self, task: _RefreshTask, names: Sequence[str]) -> Iterator[Events]:
        for outcome in refresh(
            task.setup.vault, names, lambda: task.means, lambda: task.writer, leaves=task.leaves
        ):
            task.done.add(outcome.page)
            yield from self._take(task, outcome)
            if self._flags.stopping:
                return

    def _take(self, task: _RefreshTask, outcome: PageOutcome) -> Iterator[Events]:
        page = outcome.page
        if mark_of(task.setup.vault.path(page)) is None:
            # Deleted while it was being refreshed: that is no problem of anyone.
            return
        if outcome.is_template:
            yield from self._passed_by(page)
            return
        self._pages.asked[page] = outcome.lists
        problems = outcome.problems
        self._owe(outcome)
        if busy := _busy(task, outcome):
            if self._put_off(page, busy):
                return
            who = holders(task.setup.vault.path(page))
            problems = (Problem(1, written_by(page, who)),)
        else:
            self._busy.pop(page, None)
        if page in task.left:
            yield from self._stays_undone(page)
        elif outcome.changed:
            self._left.discard(page)
            self._know_own(task.setup, outcome)
            yield _of_change(outcome)
        yield from self._complaints(page, problems)

    def _task(self, setup: Setup, writer: Writer) -> _RefreshTask:
        means, undone = setup.means(self._refusals), UndoState(setup.home)
        return _RefreshTask(setup, means, writer, undone, self._pages.asked, self._owed)

    def _owe(self, outcome: PageOutcome) -> None:
        """Takes note of a page that has not got yet what Taiga gave for it."""
        if outcome.problems and not outcome.blocks:
            self._owed.add(outcome.page)
        else:
            self._owed.discard(outcome.page)

    def _stays_undone(self, page: str) -> Iterator[Events]:
        if page not in self._left:
            self._left.add(page)
            text = f"left as undo restored it, until it or Taiga changes: {page}"
            yield Events(Topic.UNDONE, text, page=page)

    def _put_off(self, page: str, busy: PageBusyError) -> bool:
        """Has a page tried again that somebody is writing; False if that goes on for too long.

        The end of the writing is told by an event. Where none comes, since nothing was changed or
        files are polled, it is looked at ever more seldom.
        """
        now = time.monotonic()
        since = now - self._busy.setdefault(page, now)
        self._agenda.put_off(page, now + max(busy.rest, min(since, SELDOM)))
        return since < TOLD

    def _passed_by(self, page: str) -> Iterator[Events]:
        self._pages.asked.pop(page, None)
        text = f"passed by: {page} is a template"
        if self._pages.complain(page, (text,)):
            yield Events(Topic.PASSED_BY, text, page=page)

    def _know_own(self, setup: Setup, outcome: PageOutcome) -> None:
        """Takes note of how we left a page, unless someone was at it since."""
        try:
            page = setup.vault.read(outcome.page)
        except WriteError:
            return
        if page.text == outcome.after:
            self._pages.marks[outcome.page] = mark_in(page.stamp)

    def _complaints(self, page: str, problems: Iterable[Problem]) -> Iterator[Events]:
        # That Taiga can't be reached is told once, and not by every page.
        told = [one for one in problems if not isinstance(one.error, UnreachableError)]
        before = self._pages.complaints.get(page, ())
        if not self._pages.complain(page, tuple(f"{one.line} {one.error}" for one in told)):
            return
        for one in told:
            if not self._is_repeated(one.error):
                yield bad(Topic.PROBLEM, one.error, page=page, line=one.line)
        if before and not told:
            yield Events(Topic.SOLVED, f"{page}: no problems any more", page=page)

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
    """What one round works with, which pages it is done with, and which of them stay undone."""

    setup: Setup
    means: RenderContext
    writer: Writer
    undone: UndoState
    asked: Mapping[str, Mapping[Listing, ListState]]
    owed: set[str]
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


def _of_change(outcome: PageOutcome) -> Events:
    """What is told of a page that was written."""
    remarks = {REPLACED: outcome.replaced, RESCUED: outcome.rescued}
    told = [f"; line {line} {remark}" for remark, lines in remarks.items() for line in lines]
    facts = {"replaced": outcome.replaced, "rescued": outcome.rescued}
    return Events(
        Topic.CHANGED,
        "".join([f"changed: {outcome.page}", *told]),
        page=outcome.page,
        facts={name: lines for name, lines in facts.items() if lines},
    )
