"""Keep pages true: refresh when notes, templates or Taiga change.

Ends at Ctrl-C (status 130) or SIGTERM (status 0), within a second, and where nobody reads what it
tells any more. SIGHUP, and a changed
taiga-notes.toml, have the settings read again; the user's own configuration is read at SIGHUP.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
import traceback
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from taiga_notes.cli import opening, output
from taiga_notes.config.toml_reader import Endpoint, ExpectedError, endpoint
from taiga_notes.errors import ConfigError, QueryError
from taiga_notes.refresh.fingerprint import asker
from taiga_notes.system import clock
from taiga_notes.system.paths import user_folders
from taiga_notes.watch.events import Event, Topic
from taiga_notes.watch.inbox import Inbox
from taiga_notes.watch.worker import Options, Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


PATIENCE = 0.7
"""Seconds for the page at hand to be finished, once a signal came. Beyond that the process ends
as it stands: pages are written so that they survive it."""

ENDS, HUP = (
    {int(getattr(signal, name)) for name in names if hasattr(signal, name)}
    for names in (("SIGINT", "SIGTERM", "SIGBREAK"), ("SIGHUP",))
)

OVER = 0
"""Among the numbers of signals: the worker has ended."""


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help="pages and folders")
    parser.add_argument(
        "--webhook",
        metavar="HOST:PORT[/PATH]",
        type=_endpoint,
        help="receive Taiga's webhooks there; see `taiga-notes webhook`",
    )
    parser.add_argument("--poll", action="store_true", help="look at files again and again")
    told = parser.add_mutually_exclusive_group()
    told.add_argument("--json", action="store_true", help="tell what happens as JSON, line by line")
    told.add_argument("-q", "--quiet", action="store_true", help="tell only what is wrong")


def run(args: Namespace) -> int:
    """Watches until a signal comes.

    Raises:
        ConfigError: there is no vault, a path is outside of it, it is watched already, or
            webhooks can't be received.
    """
    # Absolute, as a folder that was removed and made anew is the working folder no more.
    paths = [str(Path(path).absolute()) for path in args.paths]
    start = Path(paths[0] if paths else ".").absolute()
    opening.demand_vault(opening.settings(start))
    inbox = Inbox()
    options = Options(
        paths, args.webhook, poll=args.poll, asker=lambda: asker(os.environ, opening.logins())
    )
    worker = Worker(lambda: opening.settings(start), user_folders(os.environ), inbox, options)
    return _Watch(inbox, worker, _teller(args)).run()


class _Watch:
    """A worker in a thread of its own, and the main thread, which takes the signals."""

    def __init__(self, inbox: Inbox, worker: Worker, tell: Callable[[Event], None]) -> None:
        self._inbox = inbox
        self._worker = worker
        self._tell = tell
        self._here, self._there = socket.socketpair()
        self._there.setblocking(False)  # noqa: FBT003  (its only spelling)
        self._error: BaseException | None = None
        self._unheard: OSError | None = None
        self._thread = threading.Thread(target=self._work, name="worker", daemon=True)

    def run(self) -> int:
        """Works until a signal comes, or until it can't."""
        # The system may hand a signal to any thread: only by way of a descriptor it is sure to
        # wake this one.
        signal.set_wakeup_fd(self._there.fileno())
        for number in ENDS | HUP:
            signal.signal(number, lambda _number, _frame: None)
        # A crash of watchdog's is seen by the worker, which begins to watch anew.
        threading.excepthook = lambda _crash: self._inbox.doubt()
        self._thread.start()
        while number := self._here.recv(1)[0]:
            if number in ENDS:
                return self._end(number)
            if number in HUP:
                self._inbox.reload()
        if self._error:
            raise self._error
        if self._unheard:
            output.silence(sys.stdout)
            if not isinstance(self._unheard, BrokenPipeError):
                raise ConfigError(f"the output can't be written: {self._unheard.strerror}")
        return 0

    def _work(self) -> None:
        try:
            with closing(self._worker.events()) as events:
                self._tell_all(events)
        except BaseException as error:  # noqa: BLE001  (it is raised again where it is reported)
            self._error = error
        finally:
            self._there.send(bytes([OVER]))

    def _tell_all(self, events: Iterator[Event]) -> None:
        for event in events:
            try:
                self._tell(event)
            except OSError as error:
                # Whoever listened is gone (`| head`, a terminal that was closed): it is over.
                self._unheard = error
                return

    def _end(self, number: int) -> int:
        self._inbox.stop()
        self._thread.join(PATIENCE)
        status = 130 if number == signal.SIGINT else 0
        if self._thread.is_alive():
            # It hangs in a disk that is gone, or the like.
            os._exit(status)
        return status


def _teller(args: Namespace) -> Callable[[Event], None]:
    if args.json:
        return _tell_machine
    return _tell_troubles if args.quiet else _tell


def _tell(event: Event) -> None:
    if event.bad:
        _tell_troubles(event)
    else:
        output.say(f"{clock.now():%H:%M:%S} {event.text}")
        sys.stdout.flush()


def _tell_troubles(event: Event) -> None:
    if not event.bad:
        return
    error = event.error
    text = output.describe(error, event.where) if isinstance(error, QueryError) else event.text
    print(output.safe(f"{clock.now():%H:%M:%S} {text}"), file=sys.stderr)
    if event.topic is Topic.MISTAKE and os.environ.get("TAIGA_NOTES_DEBUG"):
        traceback.print_exception(error)


def _tell_machine(event: Event) -> None:
    line = {
        "time": clock.now().isoformat(timespec="milliseconds"),
        "event": event.topic,
        "bad": event.bad,
        "message": event.text,
        "page": event.page or None,
        "line": event.line or None,
        "kind": type(event.error).__name__ if event.error else None,
        **event.facts,
    }
    output.say(json.dumps({name: value for name, value in line.items() if value is not None}))
    sys.stdout.flush()


def _endpoint(text: str) -> Endpoint:

    try:
        return endpoint(text)
    except ExpectedError as error:
        raise ArgumentTypeError(f"{text!r} is not {error}") from error
