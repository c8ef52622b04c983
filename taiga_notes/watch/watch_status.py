"""What a running watch says of itself, for `taiga-notes status` and for other processes.

STATE/vaults/…/watch.lock    held as long as the watch runs, however it ends
STATE/vaults/…/watch.json    what it says
"""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Self

from taiga_notes.errors import ConfigError
from taiga_notes.system.atomic_write import write_cache
from taiga_notes.system.folders import remove
from taiga_notes.system.lock import Lock, LockedError
from taiga_notes.vault import state_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType


BRIEFLY = 0.5
"""Seconds."""


@dataclass(frozen=True, slots=True)
class WatchStatus:
    """A watch's state. Times are Unix seconds.

    Attributes:
        pid: its process.
        since: when it began.
        polling: why files are looked at rather than watched; empty where they are watched.
        webhook: where deliveries are received; empty for nowhere.
        pages: how many pages have blocks.
        waiting: how many pages are due, and not refreshed yet.
        refreshed: when a page was last rewritten; None for never.
        looked: when Taiga was last asked; None for not yet.
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
        state_folder.make(self._home)
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

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
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
