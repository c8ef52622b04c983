"""What a watch tells: events, one line each, for whoever prints; a status, for who asks.

STATE/vaults/…/watch.lock    held as long as the watch runs, however it ends
STATE/vaults/…/watch.json    its status, for `taiga-notes status` and for other processes
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Self

from taiga_notes.errors import ConfigError, own_mistake
from taiga_notes.system.atomic_write import write_cache
from taiga_notes.system.folders import remove
from taiga_notes.system.locks import Lock, LockedError
from taiga_notes.system.paths import make_state_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from taiga_notes.errors import TaigaNotesError

BRIEFLY = 0.5
"""Seconds."""


class Topic(StrEnum):
    """What an event is about; the `event` of a JSON line."""

    STARTED = "started"
    """The watch is on."""
    FILES = "files"
    """How changes to files are noticed, where that is not the usual way."""
    CHANGED = "changed"
    """A page was rewritten."""
    UNDONE = "undone"
    """A page stays as `undo` restored it."""
    PROBLEM = "problem"
    """Something is wrong in a page."""
    SOLVED = "solved"
    """Nothing is wrong in that page any more."""
    WAITING = "waiting"
    """Edits in a page wait to be pushed."""
    PASSED_BY = "passed_by"
    """A page that was named is left alone, or one that is the template of pages to be."""
    TAIGA = "taiga"
    """Taiga can't be reached, or can be again."""
    WEBHOOK = "webhook"
    """Deliveries came, or were refused."""
    SETTINGS = "settings"
    """They were read again, or could not be."""
    VAULT = "vault"
    """The vault's folder went, or came back."""
    MISTAKE = "mistake"
    """A refresh crashed."""
    STOPPED = "stopped"
    """The watch is over."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that whoever watches is to know.

    Attributes:
        topic: what it is about.
        text: one line, in words.
        page: the page concerned, if it is one.
        line: 1-based line in that page.
        bad: whether something is wrong.
        error: what is wrong, in full.
        facts: more, for machines.
    """

    topic: Topic
    text: str
    page: str = ""
    line: int = 0
    bad: bool = False
    error: Exception | None = None
    facts: Mapping[str, object] = field(default_factory=dict)

    @property
    def where(self) -> str:
        """The place in a page: `Page.md:12`; empty for an event of no page."""
        return f"{self.page}:{self.line}" if self.line else self.page


def bad(
    topic: Topic, error: TaigaNotesError, *, page: str = "", line: int = 0, after: str = ""
) -> Event:
    """The event of an error.

    Args:
        topic: what it is about.
        error: the error.
        page: the page concerned, if it is one.
        line: 1-based line in that page.
        after: what comes of it.
    """
    event = Event(
        topic,
        f"{error}; {after}" if after else str(error),
        page=page,
        line=line,
        bad=True,
        error=error,
    )
    return replace(event, text=f"{event.where}: {event.text}") if page else event


def mistake(error: Exception, *, page: str = "") -> Event:
    """The event of an error that no one foresaw."""
    where = f"{page}: " if page else ""
    return Event(Topic.MISTAKE, f"{where}{own_mistake(error)}", page=page, bad=True, error=error)


@dataclass(frozen=True, slots=True)
class WatchStatus:
    """A watch's state. Times are Unix seconds.

    Attributes:
        pid: its process.
        since: when it began.
        polling: why files are scanned rather than watched; empty where they are watched.
        webhook: where deliveries are received; empty for nowhere.
        pages: how many pages have blocks.
        waiting: how many pages are due, and not refreshed yet.
        refreshed: when a page was last rewritten; None for never.
        looked: when Taiga was last asked; None for not yet.
        true_at: when the last look began, if each page of the vault is as Taiga was then: none
            waits, none has a problem, and none is left out; else None.
        made_at: when settings and templates were last read as a whole: of who has changed them
            since, this watch knows less than whoever reads them now.
        asker: who it is that asks Taiga, see `fingerprint.asker`.
        next_look: when it will be asked again.
        trouble: what is wrong with Taiga, if anything is.
        error: the last thing that went wrong.
        error_at: when that was.
    """

    pid: int
    since: float
    polling: str = ""
    webhook: str = ""
    pages: int = 0
    waiting: int = 0
    refreshed: float | None = None
    looked: float | None = None
    true_at: float | None = None
    made_at: float = 0.0
    asker: str = ""
    next_look: float | None = None
    trouble: str = ""
    error: str = ""
    error_at: float | None = None

    def lines(self) -> Iterator[str]:
        """The same in words."""
        files = f"files polled ({self.polling})" if self.polling else "files watched"
        webhook = f", webhooks received at {self.webhook}" if self.webhook else ""
        yield f"process {self.pid} since {_when(self.since)}, {files}{webhook}"
        due = f", {self.waiting} of them due" if self.waiting else ""
        yield f"pages with blocks: {self.pages}{due}, last rewritten {_when(self.refreshed)}"
        yield f"Taiga asked {_when(self.looked)}, next {_when(self.next_look)}"
        if self.trouble:
            yield f"trouble with Taiga: {self.trouble}"
        if self.error:
            yield f"last error {_when(self.error_at)}: {self.error}"


class WatchStatusFile:
    """Says that a vault is being watched, from entering to leaving.

    Args:
        home: the folder for what we remember of the vault, see `vault_home`.
        status: what is said at first.

    Raises:
        ConfigError: on entering, if it is watched already, or the state folder can't be used.
    """

    def __init__(self, home: str, status: WatchStatus) -> None:
        self.status = status
        self._home = home
        self._file = os.path.join(home, "watch.json")
        # Whoever looks whether the vault is watched holds the lock for a moment.
        self._lock = Lock(_lock(home), BRIEFLY)

    def __enter__(self) -> Self:
        make_state_folder(self._home)
        try:
            self._lock.__enter__()
        except LockedError as error:
            raise ConfigError(
                f"this vault is being watched already, by process {error.holder}",
                hint="`taiga-notes status` tells more of it",
            ) from error
        except OSError as error:
            raise ConfigError(f"{self._home} can't be used: {error.strerror}") from error
        self._write()
        return self

    def __exit__(self, *_error: object) -> None:
        with suppress(OSError):
            remove(self._file)
        self._lock.__exit__()

    def say(self, status: WatchStatus) -> None:
        """Says something else; the same is not written again."""
        if status != self.status:
            self.status = status
            self._write()

    def _write(self) -> None:
        # Who looks meanwhile sees the old text; a full disk is no reason to stop watching.
        write_cache(self._file, json.dumps(asdict(self.status)).encode())


def watching(home: str) -> WatchStatus | None:
    """What the watch of a vault says of itself; None where none runs.

    Args:
        home: the folder for what we remember of the vault, see `vault_home`.
    """
    try:
        with Lock(_lock(home)):
            return None
    except LockedError:
        pass
    except OSError:
        return None
    try:
        with open(os.path.join(home, "watch.json"), encoding="utf-8") as file:
            return WatchStatus(**json.load(file))
    except (OSError, ValueError, TypeError):
        return None


def _lock(home: str) -> str:
    return os.path.join(home, "watch.lock")


def _when(seconds: float | None) -> str:
    if seconds is None:
        return "not yet"
    return f"{datetime.fromtimestamp(seconds).astimezone():%Y-%m-%d %H:%M:%S}"
