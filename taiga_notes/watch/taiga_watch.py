"""Taiga while watching: which lists are looked at, and what is told of what comes of it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from taiga_notes.errors import LoginError, TaigaNotesError, UnreachableError
from taiga_notes.system import clock
from taiga_notes.taiga.http.responses import ThrottledError
from taiga_notes.watch.events import Events, Topic, bad, mistake
from taiga_notes.watch.poller import Poller
from taiga_notes.watch.schedule import Change

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from taiga_notes.config.settings import UserConfig
    from taiga_notes.model.rows import Listing
    from taiga_notes.watch.inbox import Inbox
    from taiga_notes.watch.page_states import PageStates
    from taiga_notes.watch.poller import PollResult
    from taiga_notes.watch.schedule import Schedule
    from taiga_notes.watch.setup import Setup


class TaigaWatch:
    """Has Taiga looked at, one look at a time.

    Args:
        flags: raised by a look's end.
        pages: the lists that they ask for are looked at.
        agenda: gets to know when a look ended.
        clock: a time that never goes back, in seconds.

    Attributes:
        trouble: what is wrong with Taiga, if anything is.
        at: when a look last ended, in Unix seconds; None for not yet.
    """

    def __init__(
        self,
        flags: Inbox,
        pages: PageStates,
        agenda: Schedule,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.trouble = ""
        self.at: float | None = None
        self._flags = flags
        self._pages = pages
        self._agenda = agenda
        self._clock = clock
        self._looker: Poller | None = None
        self._account: tuple[UserConfig, str, str] | None = None
        self._asked: set[Listing] = set()
        self._looking = False
        self._again = False
        self._over = ""
        self._notes: tuple[str, ...] = ()

    def open(self, setup: Setup) -> None:
        """Asks as the settings have it, from now on."""
        if setup.account == self._account:
            return
        # A look that is under way counts no more.
        self.close()
        self._account = setup.account
        self._looker = Poller(setup.connect, self._flags.look)
        self._asked.clear()
        self._looking = self._again = False

    def close(self) -> None:
        """Ends asking."""
        if self._looker:
            self._looker.close()

    def ask(self) -> None:
        """Has all lists looked at that pages ask for."""
        if self._looking:
            # It may have passed by already what changed since.
            self._again = True
            return
        self._asked = self._pages.lists()
        if self._asked and self._looker:
            self._looking = True
            self._looker.ask(self._asked)
        else:
            self._agenda.looked(Change.NOTHING, self._clock())

    def ask_for_new(self) -> None:
        """Asks at once if pages ask for lists that were never looked at."""
        if not self._pages.lists() <= self._asked:
            self.ask()

    def take(self, look: PollResult) -> tuple[set[str], list[Events]]:
        """Takes note of what came of a look.

        Returns:
            The pages that are not true any more, and what there is to tell.
        """
        self._looking = False
        self.at = clock.seconds()
        stale = self._pages.stale(look.answers)
        found = Change.FAILURE if look.trouble else Change.CHANGE if stale else Change.NOTHING
        self._agenda.looked(found, self._clock())
        if self._again:
            self._again = False
            self.ask()
        return stale, [*self._troubles(look), *self._new_notes(look)]

    def _troubles(self, look: PollResult) -> Iterator[Events]:
        said = str(look.trouble) if look.trouble else ""
        if said == self.trouble:
            return
        over, self._over = self._over, _when_over(look.trouble)
        self.trouble = said
        match look.trouble:
            case None:
                yield Events(Topic.TAIGA, over)
            case TaigaNotesError() as error:
                yield bad(Topic.TAIGA, error)
            case error:
                yield mistake(error)

    def _new_notes(self, look: PollResult) -> Iterator[Events]:
        for note in look.notes:
            if note not in self._notes:
                yield Events(Topic.TAIGA, note, bad=True)
        self._notes = look.notes


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
