"""What happened since the worker last looked.

Files, deliveries and signals come in other threads and in their own time. They raise a flag here
and are done; the worker takes all flags at once. A thousand of the same kind are one.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from taiga_notes.watch.poller import PollResult
    from taiga_notes.webhook.signatures import Delivery

MOST_NAMES = 50_000
"""Changed names that are kept apart. Beyond, it is cheaper to look at the whole vault."""


@dataclass(slots=True)
class Raised:
    """The flags that were raised.

    Attributes:
        touched: files that were written, by their name in the vault, and when they last were.
        gone: files and folders that are no longer where they were.
        folders: folders that appeared, with whatever is in them.
        lost: whether changes may have been missed.
        hint: when the last webhook delivery came; None for none.
        deliveries: how many came, by project.
        refusals: how many requests the receiver refused, by reason.
        look: what came of the last look at Taiga, if one ended.
        reload: whether the settings are to be read again.
        stop: whether to end.
    """

    touched: dict[str, float] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    folders: set[str] = field(default_factory=set)
    lost: bool = False
    hint: float | None = None
    deliveries: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    look: PollResult | None = None
    reload: bool = False
    stop: bool = False


class Inbox:
    """Where any thread raises flags, and one takes them.

    Args:
        clock: a time that never goes back, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._stop = threading.Event()
        self._clock = clock
        self._lock = threading.Lock()
        self._any = threading.Event()
        self._raised = Raised()

    def touch(self, name: str) -> None:
        """A file was written and closed, or moved there."""
        with self._raising() as raised:
            raised.gone.discard(name)
            raised.touched[name] = self._clock()
            if len(raised.touched) > MOST_NAMES:
                raised.touched.clear()
                raised.lost = True

    def lose(self, name: str) -> None:
        """A file or folder was deleted, or moved from there."""
        with self._raising() as raised:
            raised.touched.pop(name, None)
            raised.gone.add(name)
            if len(raised.gone) > MOST_NAMES:
                raised.gone.clear()
                raised.lost = True

    def enter(self, folder: str) -> None:
        """A folder was made, or moved there."""
        with self._raising() as raised:
            raised.folders.add(folder)

    def doubt(self) -> None:
        """Changes may have been missed."""
        with self._raising() as raised:
            raised.lost = True

    def deliver(self, delivery: Delivery) -> None:
        """A genuine webhook delivery came."""
        with self._raising() as raised:
            raised.hint = self._clock()
            raised.deliveries.update(delivery.projects)

    def refuse(self, reason: str) -> None:
        """The webhook receiver refused a request."""
        with self._raising() as raised:
            raised.refusals[reason] += 1

    def look(self, look: PollResult) -> None:
        """A look at Taiga ended."""
        with self._raising() as raised:
            raised.look = look

    def reload(self) -> None:
        """The settings are to be read again."""
        with self._raising() as raised:
            raised.reload = True

    def stop(self) -> None:
        """The watch is to end; `stopping` says so from now on."""
        self._stop.set()
        with self._raising() as raised:
            raised.stop = True

    @property
    def stopping(self) -> bool:
        """Whether the watch is to end."""
        return self._stop.is_set()

    def stopped(self, seconds: float) -> bool:
        """Waits for so many seconds, but not beyond the watch's end; whether that came."""
        return self._stop.wait(seconds)

    def wait(self, seconds: float) -> Raised:
        """The flags raised until now, or until the first one is, but for so many seconds."""
        self._any.wait(seconds)
        with self._lock:
            self._any.clear()
            raised, self._raised = self._raised, Raised()
        return raised

    @contextmanager
    def _raising(self) -> Iterator[Raised]:
        with self._lock:
            yield self._raised
            self._any.set()
