"""Polling Taiga: which lists, in a thread of its own, and what there is to tell of it.

A server may take minutes, and saves don't wait: the thread brings the store up to date and tells
what each list is like now, while pages are rendered from the store alone. That is why a watch has
two `Taiga`s, this one that asks and the refresher's that never does. They share the store, which
any number may read while one writes; but one thread at a time may use a `Taiga`, its connection to
the store and its views, so that with a single one each save would wait for the poll at hand.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import TYPE_CHECKING

from taiga_notes.errors import (
    LoginError,
    SourceError,
    TaigaNotesError,
    ThrottledError,
    UnreachableError,
)
from taiga_notes.model.details import DetailRequest
from taiga_notes.refresh.dependencies import Asked, stamp_of
from taiga_notes.system import clock
from taiga_notes.watch.events import Event, Topic, bad, mistake

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from contextlib import AbstractContextManager

    from taiga_notes.refresh.dependencies import ListState
    from taiga_notes.taiga.servers import Servers
    from taiga_notes.taiga.source import Taiga
    from taiga_notes.watch.setup import Origin, Setup


@dataclass(frozen=True, slots=True)
class PollResult:
    """What came of a poll.

    Attributes:
        answers: what the lists are like now, as far as Taiga told.
        refusals: what Taiga said where it refused a list.
        trouble: why not all could be asked; None where it could.
        notes: about the store itself.
        is_partial: whether that trouble is one server's, and another answered.
    """

    answers: Mapping[Asked, ListState] = field(default_factory=dict)
    refusals: Mapping[Asked, SourceError] = field(default_factory=dict)
    trouble: Exception | None = None
    notes: tuple[str, ...] = ()
    is_partial: bool = False


class Poller:
    """Has Taiga polled, one poll at a time.

    Args:
        tell: called in another thread with what came of each poll.

    Attributes:
        trouble: what is wrong with Taiga, if anything is.
        at: when a poll last ended, in Unix seconds; None for not yet.
        again: whether a poll was wanted while one was under way already.
    """

    def __init__(self, tell: Callable[[PollResult], None]) -> None:
        self.trouble = ""
        self.at: float | None = None
        self.again = False
        self._tell = tell
        self._thread: PollThread | None = None
        self._origin: Origin | None = None
        self._lists: frozenset[Asked] = frozenset()
        self._begun = 0.0
        self._held: tuple[frozenset[Asked], float] | None = None
        self._polling = False
        self._over = ""
        self._notes: tuple[str, ...] = ()

    def open(self, setup: Setup) -> None:
        """Polls as the settings have it, from now on."""
        if setup.origin == self._origin:
            return
        # A poll that is under way counts no more.
        self.close()
        self._origin = setup.origin
        self._thread = PollThread(setup.connect, self._tell) if setup.asks else None
        self._lists = frozenset()
        self._held = None
        self._polling = self.again = False

    def close(self) -> None:
        """Ends polling."""
        if self._thread:
            self._thread.close()

    def poll(self, lists: Iterable[Asked]) -> bool:
        """Has these lists polled, or once more those that pages ask for when the poll at hand ends.

        Returns:
            Whether something will come of it: not without a list.
        """
        if self._polling:
            # It may have passed by already what changed since.
            self.again = True
            return True
        self.again = False
        self._lists = frozenset(lists)
        if not self._lists or not self._thread:
            return False
        self._polling, self._begun = True, clock.seconds()
        self._thread.poll(self._lists)
        return True

    def knows(self, lists: Iterable[Asked]) -> bool:
        """Whether all these lists were polled the last time, or are just being."""
        return self._lists.issuperset(lists)

    def held_at(self, lists: Iterable[Asked]) -> float | None:
        """When the last poll began, in Unix seconds, if it held all these against Taiga."""
        if self._held is None or not self._held[0].issuperset(lists):
            return None
        return self._held[1]

    def take(self, result: PollResult) -> list[Event]:
        """Takes note of what came of a poll.

        Returns:
            What there is to tell of it.
        """
        self._polling = False
        self.at = clock.seconds()
        self._held = None if result.trouble else (self._lists, self._begun)
        return [*self._troubles(result), *self._new_notes(result)]

    def _troubles(self, result: PollResult) -> Iterator[Event]:
        said = str(result.trouble) if result.trouble else ""
        if said == self.trouble:
            return
        over, self._over = self._over, _when_over(result.trouble)
        self.trouble = said
        match result.trouble:
            case None:
                yield Event(Topic.TAIGA, over)
            case TaigaNotesError() as error:
                yield bad(Topic.TAIGA, error)
            case error:
                yield mistake(error)

    def _new_notes(self, result: PollResult) -> Iterator[Event]:
        for note in result.notes:
            if note not in self._notes:
                yield Event(Topic.TAIGA, note, bad=True)
        self._notes = result.notes


class PollThread:
    """Polls Taiga when asked to.

    Args:
        connect: opens the servers; called in the thread itself.
        tell: called in that thread with what came of each poll.
    """

    def __init__(
        self,
        connect: Callable[[], AbstractContextManager[Servers]],
        tell: Callable[[PollResult], None],
    ) -> None:
        self._connect = connect
        self._tell = tell
        self._closed = False
        self._wanted: SimpleQueue[frozenset[Asked] | None] = SimpleQueue()
        thread = threading.Thread(target=self._run, name="poll Taiga", daemon=True)
        thread.start()

    def poll(self, lists: Iterable[Asked]) -> None:
        """Has these lists polled; what comes of it goes to `tell`."""
        self._wanted.put(frozenset(lists))

    def close(self) -> None:
        """Ends the thread after the poll that it is at, of which nothing is told any more."""
        self._closed = True
        self._wanted.put(None)

    def _run(self) -> None:
        lists = self._wanted.get()
        while lists is not None:
            try:
                with self._connect() as servers:
                    # A store that can't be used may be usable by the next poll.
                    while lists is not None and servers.remembers:
                        self._told(poll_each(servers, lists))
                        lists = self._wanted.get()
            except Exception as error:  # noqa: BLE001  (no mistake may end the watch)
                # Begun anew at the next poll, store and connection included.
                self._told(PollResult(trouble=error))
                lists = self._wanted.get()

    def _told(self, what: PollResult) -> None:
        if not self._closed:
            self._tell(what)


def poll_each(servers: Servers, lists: Iterable[Asked]) -> PollResult:
    """Polls each server that lists are of; what is wrong with one spares the others' lists."""
    by_server: dict[str, list[Asked]] = {}
    for listing in lists:
        by_server.setdefault(listing.server, []).append(listing)
    results = [_poll_at(servers, name, own) for name, own in sorted(by_server.items())]
    if len(results) == 1:
        return results[0]
    troubles = [result.trouble for result in results if result.trouble]
    return PollResult(
        {listing: state for result in results for listing, state in result.answers.items()},
        {listing: error for result in results for listing, error in result.refusals.items()},
        next(iter(troubles), None),
        tuple(dict.fromkeys(note for result in results for note in result.notes)),
        is_partial=0 < len(troubles) < len(results),
    )


def _poll_at(servers: Servers, name: str, lists: Iterable[Asked]) -> PollResult:
    try:
        taiga = servers.at(name)
    except SourceError as error:
        # It is none, or not for this vault: no trouble that passes.
        return PollResult(dict.fromkeys(lists, str(error)), dict.fromkeys(lists, error))
    return poll(taiga, lists)


def poll(taiga: Taiga, lists: Iterable[Asked]) -> PollResult:
    """Brings lists in the store up to date, and tells what they are like now."""
    taiga.begin()
    answers: dict[Asked, ListState] = {}
    refusals: dict[Asked, SourceError] = {}
    trouble: SourceError | None = None
    # Lists first: what they leave out of an item that changed is read with it.
    for listing in sorted(lists, key=lambda asked: (isinstance(asked, DetailRequest), str(asked))):
        try:
            answers[listing] = stamp_of(taiga, listing)
        except UnreachableError as error:
            trouble = error
            break
        except SourceError as error:
            answers[listing], refusals[listing] = str(error), error
    state = taiga.state
    trouble = trouble or state.error
    taiga.rest()
    if not taiga.remembers:
        # What this thread has in memory the refresher can't see.
        return PollResult(trouble=_no_store(), notes=state.notes)
    if trouble is None and (shut := _shut_out(answers, refusals)):
        # Without answers no page is stale: each would but show what is told here once.
        return PollResult(trouble=shut, notes=state.notes)
    return PollResult(answers, refusals, trouble, state.notes)


def _no_store() -> SourceError:
    return SourceError(
        "without a store no page can be kept true",
        hint="set XDG_CACHE_HOME to a folder that you may write to",
    )


def _shut_out(
    answers: Mapping[Asked, ListState], refusals: Mapping[Asked, SourceError]
) -> SourceError | None:
    """Why nothing at all is shown to this account, if so: that is no matter of single lists."""
    logins = [error for error in refusals.values() if isinstance(error, LoginError)]
    return logins[0] if logins and len(refusals) == len(answers) else None


def _when_over(trouble: Exception | None) -> str:
    """What to say once that is over: who was refused had reached Taiga all the time."""
    match trouble:
        case ThrottledError():
            return "Taiga answers again, and throttles no more"
        case UnreachableError():
            return "Taiga can be reached again"
        case LoginError():
            return "Taiga shows again what pages ask for"
        case _:
            return "Taiga is looked at again"
