"""The one worker: waits for flags, asks the agenda what is due, and has it done.

It is the only one that opens pages. The network is never waited for here: Taiga is looked at in a
thread of its own (looker.py), and pages are rendered from the store.
"""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING

from taiga_notes.config.settings import VAULT_FILE
from taiga_notes.errors import TaigaNotesError
from taiga_notes.system import clock
from taiga_notes.watch.events import Events, Topic, bad, mistake
from taiga_notes.watch.file_changes import FileChanges
from taiga_notes.watch.page_states import PageStates
from taiga_notes.watch.refresher import Refresher
from taiga_notes.watch.schedule import Cadence, Schedule
from taiga_notes.watch.setup import Setup, demand_same_vault
from taiga_notes.watch.taiga_watch import TaigaWatch
from taiga_notes.watch.watch_filter import FileKind
from taiga_notes.watch.watch_status import WatchStatus, WatchStatusFile
from taiga_notes.watch.webhook_listener import WebhookListener

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence

    from taiga_notes.config.settings import Settings
    from taiga_notes.config.toml_reader import Endpoint
    from taiga_notes.system.paths import Folders
    from taiga_notes.watch.inbox import Inbox, Raised
    from taiga_notes.watch.poller import PollResult
    from taiga_notes.watch.schedule import Due

CHECK = 2.0
"""Seconds between two glances at whether the vault is still there, and what day it is."""

LATER = 5.0
"""Seconds to wait after a mistake of our own, so that it is not made without end."""

SLICE = 50
"""Pages that are refreshed before it is seen what else happened: a thousand that Taiga changed must
not hold up the one that was saved just now."""

SLEPT = 30.0
"""Seconds that the wall clock gains where the machine has slept: much may have changed."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to watch.

    Attributes:
        paths: the pages and folders to keep true; none for the whole vault.
        webhook: where to receive deliveries, before the user's own setting.
        poll: look at files, even where the system could tell of them.
    """

    paths: Sequence[str] = ()
    webhook: Endpoint | None = None
    poll: bool = False


class Worker:
    """Keeps one vault true.

    Args:
        load: reads the settings, now and whenever they change.
        folders: the user's folders.
        flags: what happens, from all sides.
        options: how to watch.

    Raises:
        ConfigError: a setting is wrong.
    """

    def __init__(
        self, load: Callable[[], Settings], folders: Folders, flags: Inbox, options: Options
    ) -> None:
        self._load = load
        self._flags = flags
        self._options = options
        self._setup = Setup.of(load(), folders, options.paths)
        watch = self._setup.settings.vault.watch
        self._pages = PageStates()
        self._agenda = Schedule(watch.quiet, Cadence(watch.every), time.monotonic())
        self._rounds = Refresher(self._pages, self._agenda, flags)
        self._reception = WebhookListener(flags, folders, options.webhook)
        self._asking = TaigaWatch(flags, self._pages, self._agenda)
        self._tracker = self._new_tracker()
        self._status = WatchStatusFile(self._setup.home, WatchStatus(os.getpid(), clock.seconds()))
        self._stale: dict[str, None] = {}
        self._polling = ""
        self._gone = False
        self._day = clock.days()
        self._gained = _gained()

    def news(self) -> Generator[Events]:
        """Watches until it is told to stop, and tells what happens.

        Raises:
            ConfigError: the vault is being watched already, or webhooks can't be received.
        """
        with ExitStack() as closing:
            closing.enter_context(self._status)
            closing.callback(self._close)
            self._reception.open(self._setup.settings.user)
            self._asking.open(self._setup)
            self._tracker.open()
            for item in self._all_news():
                self._say_status(item)
                yield item

    def _close(self) -> None:
        self._tracker.close()
        self._asking.close()
        self._reception.close()
        self._setup.taiga.close()

    def _all_news(self) -> Iterator[Events]:
        where = self._reception.address
        webhook = f", webhooks received at {where}" if where else ""
        facts = {"vault": self._root, "pid": os.getpid(), "webhook": where or None}
        yield Events(Topic.STARTED, f"watching {self._root}{webhook}", facts=facts)
        for reason in self._setup.passed_by:
            yield Events(Topic.PASSED_BY, f"passed by: {reason}")
        yield from self._tell_polling()
        yield from self._guarded(self._rounds.refresh_all(self._setup))
        while not self._flags.stopping:
            yield from self._guarded(self._turn(self._flags.wait(self._pause())))
            self._say_status()
        yield Events(Topic.STOPPED, "stopped")

    def _guarded(self, doing: Iterator[Events]) -> Iterator[Events]:
        try:
            yield from doing
        except Exception as error:  # noqa: BLE001  (no mistake may end the watch)
            yield mistake(error)
            self._flags.stopped(LATER)

    @property
    def _root(self) -> str:
        return self._setup.vault.root

    def _pause(self) -> float:
        if self._gone:
            return CHECK
        if self._stale:
            return 0
        due = min(self._agenda.next(), self._tracker.next_look)
        return max(min(due - time.monotonic(), CHECK), 0)

    def _turn(self, raised: Raised) -> Iterator[Events]:
        yield from self._reception.take(raised)
        if raised.hint is not None:
            self._agenda.hint(raised.hint)
        if raised.look is not None:
            yield from self._take(raised.look)
        if raised.reload:
            yield from self._reload()
        yield from self._mind_vault()
        if not self._gone:
            self._mind_clock()
            self._tracker.take(raised)
            self._tracker.look_if_due()
            yield from self._tell_polling()
            yield from self._work(self._agenda.due(time.monotonic()))

    def _take(self, look: PollResult) -> Iterator[Events]:
        self._setup = self._setup.mended()
        stale, news = self._asking.take(look)
        self._rounds.learn(look.answers, look.refusals)
        self._stale |= dict.fromkeys(sorted(stale))
        yield from news

    def _work(self, due: Due) -> Iterator[Events]:
        kinds = {self._setup.interest.kind(name) for name in due.files}
        if FileKind.SETTINGS in kinds:
            yield from self._reload()
        if FileKind.TEMPLATE in kinds:
            self._setup = self._setup.with_new_templates()
            self._stale |= dict.fromkeys(sorted(self._pages.asked))
        # A page that is being written is due on its own, soon, and then gets what is new as well.
        yield from self._rounds.refresh(self._setup, self._slice(due))
        if due.taiga:
            yield from self._reception.summed_up()
            self._asking.ask()
        else:
            self._asking.ask_for_new()

    def _slice(self, due: Due) -> list[str]:
        """The pages whose turn it is: those that were saved, then those that Taiga changed."""
        for page in due.resting:
            self._stale.pop(page, None)
        if due.files:
            self._stale = dict.fromkeys(sorted(due.files)) | self._stale
        pages = [*islice(self._stale, SLICE)]
        for page in pages:
            del self._stale[page]
        return pages

    def _reload(self) -> Iterator[Events]:
        try:
            settings = self._load()
            demand_same_vault(settings, self._root)
            setup = Setup.of(settings, self._setup.folders, self._options.paths)
            self._reception.open(settings.user)
        except TaigaNotesError as error:
            yield bad(Topic.SETTINGS, error, after="the old settings stay")
            return
        yield Events(Topic.SETTINGS, "the settings were read again")
        self._adopt(setup)
        yield from self._rounds.refresh_all(self._setup)

    def _adopt(self, setup: Setup) -> None:
        old, self._setup = self._setup, setup.after(self._setup)
        watch = setup.settings.vault.watch
        self._agenda.quiet = watch.quiet
        self._agenda.cadence.every = watch.every
        self._agenda.look_now(time.monotonic())
        self._asking.open(setup)
        if setup.interest != old.interest and not self._gone:
            self._tracker.close()
            self._tracker = self._new_tracker()
            self._tracker.reopen()

    def _new_tracker(self) -> FileChanges:
        return FileChanges(
            self._setup.interest,
            self._flags,
            self._pages,
            self._agenda,
            self._keeps,
            poll=self._options.poll,
        )

    def _keeps(self, page: str) -> bool:
        return self._setup.keeps(page)

    def _mind_vault(self) -> Iterator[Events]:
        if not self._gone and self._tracker.gone:
            self._gone = True
            self._tracker.close()
            text = f"the vault {self._root} is gone; it is waited for"
            yield Events(Topic.VAULT, text, bad=True)
        if self._gone and os.path.isfile(os.path.join(self._root, VAULT_FILE)):
            self._gone = False
            self._tracker.reopen()
            yield Events(Topic.VAULT, f"the vault {self._root} is back")

    def _mind_clock(self) -> None:
        gained = _gained()
        if gained - self._gained > SLEPT:
            self._agenda.look_now(time.monotonic())
        if abs(gained - self._gained) > 1:
            self._gained = gained
        if self._day != clock.days():
            # What is due "today" is something else now.
            self._day = clock.days()
            self._stale |= dict.fromkeys(sorted(self._pages.asked))

    def _tell_polling(self) -> Iterator[Events]:
        if self._tracker.polling != self._polling:
            self._polling = self._tracker.polling
            how = f"files are polled, not watched: {self._polling}"
            yield Events(Topic.FILES, how if self._polling else "files are watched again")

    def _say_status(self, news: Events | None = None) -> None:
        status = replace(
            self._status.status,
            polling=self._tracker.polling,
            webhook=self._reception.address,
            pages=len(self._pages.asked),
            waiting=len(self._stale),
            looked=self._asking.at,
            next_look=self._agenda.next_look + self._gained,
            trouble=self._asking.trouble,
        )
        if news and news.topic is Topic.CHANGED:
            status = replace(status, refreshed=clock.seconds())
        if news and news.bad:
            status = replace(status, error=news.text, error_at=clock.seconds())
        self._status.say(status)


def _gained() -> float:
    """By how much the wall clock is ahead of the one that stands still while the machine sleeps."""
    return clock.seconds() - time.monotonic()
