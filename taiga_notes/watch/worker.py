"""The one worker: takes what came into the inbox, asks the schedule what is due, and has it done.

It is the only one that opens pages, and that changes the schedule. The network is never waited for
here: Taiga is polled in a thread of its own (poller.py), and pages are rendered from the store.
"""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

from taiga_notes.errors import TaigaNotesError
from taiga_notes.refresh.refresh import MIRRORS
from taiga_notes.system import clock
from taiga_notes.system.paths import VAULT_FILE
from taiga_notes.watch.events import Event, Topic, WatchStatus, WatchStatusFile, bad, mistake
from taiga_notes.watch.file_watcher import FileWatcher
from taiga_notes.watch.poller import Poller
from taiga_notes.watch.refresher import OwnWrite, Postponed, Refresher
from taiga_notes.watch.scan import FileKind
from taiga_notes.watch.schedule import Cadence, PollOutcome, Schedule
from taiga_notes.watch.setup import Setup, demand_same_vault
from taiga_notes.webhook.listener import WebhookListener

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

    from taiga_notes.config.settings import Settings
    from taiga_notes.config.toml_reader import Endpoint
    from taiga_notes.system.paths import Folders
    from taiga_notes.watch.file_watcher import FileChange
    from taiga_notes.watch.inbox import Inbox, Messages
    from taiga_notes.watch.poller import PollResult
    from taiga_notes.watch.refresher import Step
    from taiga_notes.watch.schedule import Due

CHECK = 2.0
"""Seconds between two glances at whether the vault is still there, and what day it is."""

LATER = 5.0
"""Seconds to wait after a mistake of our own, so that it is not made without end."""

SLEPT = 30.0
"""Seconds that the wall clock gains where the machine has slept: much may have changed."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to watch.

    Attributes:
        paths: the pages and folders to keep true; none for the whole vault.
        webhook: where to receive deliveries, before the user's own setting.
        poll: scan files, even where the system could tell of changes.
        asker: tells as whom Taiga is asked by settings that are read now, see `fingerprint.asker`.
    """

    paths: Sequence[str] = ()
    webhook: Endpoint | None = None
    poll: bool = False
    asker: Callable[[], str] = str


class Worker:
    """Keeps one vault true.

    Args:
        load: reads the settings, now and whenever they change.
        folders: the user's folders.
        inbox: what happens, from all sides.
        options: how to watch.

    Raises:
        ConfigError: a setting is wrong.
    """

    def __init__(
        self, load: Callable[[], Settings], folders: Folders, inbox: Inbox, options: Options
    ) -> None:
        self._load = load
        self._inbox = inbox
        self._options = options
        self._made = self._now_made()
        self._setup = Setup.of(load(), folders, options.paths)
        watch = self._setup.settings.vault.watch
        self._schedule = Schedule(watch.quiet, Cadence(watch.every), time.monotonic())
        self._refresher = Refresher(self._setup, lambda: inbox.stopping)
        self._poller = Poller(inbox.polled)
        self._file_watcher = FileWatcher(self._setup.watch_filter, inbox, poll=options.poll)
        self._webhook_listener = WebhookListener(
            options.webhook, folders.state, inbox.deliver, inbox.refuse
        )
        self._status = WatchStatusFile(self._setup.home, WatchStatus(os.getpid(), clock.seconds()))
        self._polling = ""
        self._gone = False
        self._day = self._today()
        self._gained = _gained()

    def events(self) -> Generator[Event]:
        """Watches until it is told to stop, and tells what happens.

        Raises:
            ConfigError: the vault is being watched already, or webhooks can't be received.
        """
        with ExitStack() as closing:
            closing.enter_context(self._status)
            closing.callback(self._close)
            self._webhook_listener.open(self._setup.settings.user)
            self._poller.open(self._setup)
            self._file_watcher.open()
            for event in self._all_events():
                self._say_status(event)
                yield event

    def _close(self) -> None:
        self._file_watcher.close()
        self._poller.close()
        self._webhook_listener.close()
        self._refresher.close()

    def _all_events(self) -> Iterator[Event]:
        where = self._webhook_listener.address
        webhook = f", webhooks received at {where}" if where else ""
        facts = {"vault": self._root, "pid": os.getpid(), "webhook": where or None}
        yield Event(Topic.STARTED, f"watching {self._root}{webhook}", facts=facts)
        for reason in self._setup.passed_by:
            yield Event(Topic.PASSED_BY, f"passed by: {reason}")
        yield from self._tell_polling()
        yield from self._guarded(self._refresh_all())
        while not self._inbox.stopping:
            yield from self._guarded(self._turn(self._inbox.wait(self._pause())))
            self._say_status()
        yield Event(Topic.STOPPED, "stopped")

    def _guarded(self, doing: Iterator[Event]) -> Iterator[Event]:
        try:
            yield from doing
        except Exception as error:  # noqa: BLE001  (no mistake may end the watch)
            yield mistake(error)
            self._inbox.stopped(LATER)

    @property
    def _root(self) -> str:
        return self._setup.vault.root

    def _pause(self) -> float:
        if self._gone:
            return CHECK
        due = min(self._schedule.next(), self._file_watcher.next_look)
        return max(min(due - time.monotonic(), CHECK), 0)

    def _turn(self, messages: Messages) -> Iterator[Event]:
        for text in self._webhook_listener.take(messages.deliveries, messages.refusals):
            yield Event(Topic.WEBHOOK, text, bad=True)
        if messages.hint is not None:
            self._schedule.hint(messages.hint)
        if messages.poll is not None:
            yield from self._take_poll(messages.poll)
        if messages.reload:
            yield from self._reload()
        yield from self._mind_vault()
        if not self._gone:
            self._mind_clock()
            self._note(self._file_watcher.take(messages))
            self._note(self._file_watcher.scan_if_due())
            yield from self._tell_polling()
            yield from self._work(self._schedule.due(time.monotonic()))

    def _take_poll(self, result: PollResult) -> Iterator[Event]:
        stale = self._refresher.learn(result)
        outcome = PollOutcome.CHANGED if stale else PollOutcome.UNCHANGED
        outcome = PollOutcome.FAILED if result.trouble and not result.is_partial else outcome
        self._schedule.polled(outcome, time.monotonic())
        self._schedule.expire(stale)
        events = self._poller.take(result)
        if self._poller.again:
            self._poll()
        yield from events

    def _poll(self) -> None:
        if not self._poller.poll(self._refresher.pages.lists()):
            self._schedule.polled(PollOutcome.UNCHANGED, time.monotonic())

    def _work(self, due: Due) -> Iterator[Event]:
        kinds = {self._setup.watch_filter.kind(name) for name in due.files}
        if FileKind.SETTINGS in kinds:
            yield from self._reload()
        if FileKind.TEMPLATE in kinds:
            self._setup = self._setup.with_new_templates()
            self._refresher.adopt(self._setup)
        if kinds & {FileKind.TEMPLATE, FileKind.SNAPSHOT}:
            self._schedule.expire(self._refresher.pages.asked)
        yield from self._handed_on(self._refresher.refresh(self._schedule.take_pages()))
        if due.poll:
            for text in self._webhook_listener.summed_up():
                yield Event(Topic.WEBHOOK, text)
            self._poll()
        elif not self._poller.knows(self._refresher.pages.lists()):
            self._poll()

    def _refresh_all(self) -> Iterator[Event]:
        yield from self._handed_on(self._refresher.refresh_all(self._file_watcher.pages))

    def _handed_on(self, steps: Iterable[Step]) -> Iterator[Event]:
        """What there is to tell of a refresh; what else came of it goes where it belongs."""
        for step in steps:
            match step:
                case Event():
                    yield step
                case Postponed(page, until):
                    self._schedule.put_off(page, until)
                case OwnWrite(page, mark):
                    self._file_watcher.know(page, mark)
                case _:
                    assert_never(step)

    def _note(self, changes: Iterable[FileChange]) -> None:
        """Has what a change to a file calls for done when it has been quiet."""
        for change in changes:
            if change.gone:
                self._schedule.expire(self._refresher.forget(change.name))
            kind = self._setup.watch_filter.kind(change.name)
            match kind:
                case FileKind.PAGE if change.gone:
                    self._schedule.drop(change.name)
                case FileKind.PAGE:
                    if self._setup.keeps(change.name):
                        self._schedule.touch(change.name, change.at)
                case FileKind.TEMPLATE | FileKind.SNAPSHOT | FileKind.SETTINGS | None:
                    # Without that file, too, the pages may be others.
                    self._schedule.touch(change.name, change.at)
                case _:
                    assert_never(kind)

    def _reload(self) -> Iterator[Event]:
        made = self._now_made()
        try:
            settings = self._load()
            demand_same_vault(settings, self._root)
            setup = Setup.of(settings, self._setup.folders, self._options.paths)
            # Last of what can fail: up to here nothing has changed.
            self._webhook_listener.open(settings.user)
        except TaigaNotesError as error:
            yield bad(Topic.SETTINGS, error, after="the old settings stay")
            return
        yield Event(Topic.SETTINGS, "the settings were read again")
        self._made = made
        self._adopt(setup)
        yield from self._refresh_all()

    def _adopt(self, setup: Setup) -> None:
        old, self._setup = self._setup, setup
        watch = setup.settings.vault.watch
        self._schedule.adopt(watch.quiet, watch.every, time.monotonic())
        self._refresher.adopt(setup)
        self._poller.open(setup)
        if setup.watch_filter != old.watch_filter and not self._gone:
            self._note(self._file_watcher.reopen(setup.watch_filter))

    def _mind_vault(self) -> Iterator[Event]:
        if not self._gone and self._file_watcher.gone:
            self._gone = True
            self._file_watcher.close()
            text = f"the vault {self._root} is gone; it is waited for"
            yield Event(Topic.VAULT, text, bad=True)
        # Not just the folder: an empty mount point is one as well.
        if self._gone and os.path.isfile(os.path.join(self._root, VAULT_FILE)):
            self._gone = False
            self._note(self._file_watcher.reopen(self._setup.watch_filter))
            yield Event(Topic.VAULT, f"the vault {self._root} is back")

    def _mind_clock(self) -> None:
        gained = _gained()
        if gained - self._gained > SLEPT:
            self._schedule.poll_now(time.monotonic())
        if abs(gained - self._gained) > 1:
            self._gained = gained
        if self._day != (today := self._today()):
            # What is due "today" is something else now.
            self._day = today
            self._schedule.expire(self._refresher.pages.asked)

    def _true_at(self) -> float | None:
        """When the last poll began, if each page of the vault is as Taiga was then."""
        is_whole = "" in self._setup.names and not self._gone
        pages = self._refresher.pages
        if not is_whole or pages.has_problems or not self._schedule.is_done:
            return None
        return self._poller.held_at(pages.lists())

    def _now_made(self) -> tuple[float, str]:
        """When what is read next was read, and for whom: before it is, so that it is not older."""
        return clock.seconds(), self._options.asker()

    def _today(self) -> tuple[str, ...]:
        zone = self._setup.settings.vault.timezone
        return *clock.days(zone), clock.offset(zone, clock.seconds())

    def _tell_polling(self) -> Iterator[Event]:
        if self._file_watcher.polling != self._polling:
            self._polling = self._file_watcher.polling
            how = f"files are polled, not watched: {self._polling}"
            yield Event(Topic.FILES, how if self._polling else "files are watched again")

    def _say_status(self, event: Event | None = None) -> None:
        status = replace(
            self._status.status,
            polling=self._file_watcher.polling,
            webhook=self._webhook_listener.address,
            pages=len(self._refresher.pages.asked.keys() - {MIRRORS}),
            waiting=self._schedule.waiting,
            looked=self._poller.at,
            true_at=self._true_at(),
            made_at=self._made[0],
            asker=self._made[1],
            next_look=self._schedule.next_poll + self._gained,
            trouble=self._poller.trouble,
        )
        if event and event.topic is Topic.CHANGED:
            status = replace(status, refreshed=clock.seconds())
        if event and event.bad:
            status = replace(status, error=event.text, error_at=clock.seconds())
        self._status.say(status)


def _gained() -> float:
    """By how much the wall clock is ahead of the one that stands still while the machine sleeps."""
    return clock.seconds() - time.monotonic()
