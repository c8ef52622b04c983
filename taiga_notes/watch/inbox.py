"""What happened since the worker last looked.

File events, deliveries, polls and signals come in other threads and in their own time. They leave
word here and are done; the worker takes all of it at once. A thousand of the same kind are one.
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
"""Changed names that are kept apart. Beyond, it is cheaper to scan the whole vault."""


@dataclass(slots=True)
class Messages:
    """What came into the inbox.

    Attributes:
        touched: files that were written, by their name in the vault, and when they last were.
        gone: files and folders that are no longer where they were.
        folders: folders that appeared, with whatever is in them.
        lost: whether changes may have been missed.
        hint: when the last webhook delivery came; None for none.
        deliveries: how many came, by project.
        refusals: how many requests the receiver refused, by reason.
        poll: what came of the last poll, if one ended.
        reload: whether the settings are to be read again.
    """

    touched: dict[str, float] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    folders: set[str] = field(default_factory=set)
    lost: bool = False
    hint: float | None = None
    deliveries: Counter[str] = field(default_factory=Counter)
    refusals: Counter[str] = field(default_factory=Counter)
    poll: PollResult | None = None
    reload: bool = False


class Inbox:
    """Where any thread leaves word, and one takes it.

    Args:
        clock: a time that never goes back, in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._stop = threading.Event()
        self._clock = clock
        self._lock = threading.Lock()
        self._any = threading.Event()
        self._messages = Messages()

    def touch(self, name: str) -> None:
        """A file was written and closed, or moved there."""
        with self._adding() as messages:
            # Many editors move the old file away before they write the new one in its place.
            messages.gone.discard(name)
            messages.touched[name] = self._clock()
            if len(messages.touched) > MOST_NAMES:
                messages.touched.clear()
                messages.lost = True

    def lose(self, name: str) -> None:
        """A file or folder was deleted, or moved from there."""
        with self._adding() as messages:
            messages.touched.pop(name, None)
            messages.gone.add(name)
            if len(messages.gone) > MOST_NAMES:
                messages.gone.clear()
                messages.lost = True

    def enter(self, folder: str) -> None:
        """A folder was made, or moved there."""
        with self._adding() as messages:
            messages.folders.add(folder)

    def doubt(self) -> None:
        """Changes may have been missed."""
        with self._adding() as messages:
            messages.lost = True

    def deliver(self, delivery: Delivery) -> None:
        """A genuine webhook delivery came."""
        with self._adding() as messages:
            messages.hint = self._clock()
            messages.deliveries.update(delivery.projects)

    def refuse(self, reason: str) -> None:
        """The webhook receiver refused a request."""
        with self._adding() as messages:
            messages.refusals[reason] += 1

    def polled(self, result: PollResult) -> None:
        """A poll ended."""
        with self._adding() as messages:
            messages.poll = result

    def reload(self) -> None:
        """The settings are to be read again."""
        with self._adding() as messages:
            messages.reload = True

    def stop(self) -> None:
        """The watch is to end; `stopping` says so from now on."""
        self._stop.set()
        # Whoever waits for messages is woken as well, though none came.
        self._any.set()

    @property
    def stopping(self) -> bool:
        """Whether the watch is to end."""
        return self._stop.is_set()

    def stopped(self, seconds: float) -> bool:
        """Waits for so many seconds, but not beyond the watch's end; whether that came."""
        return self._stop.wait(seconds)

    def wait(self, seconds: float) -> Messages:
        """What came in until now, or the first that comes; after so many seconds, nothing."""
        self._any.wait(seconds)
        with self._lock:
            # Within the lock: word that is left right after it sets the event again.
            self._any.clear()
            messages, self._messages = self._messages, Messages()
        return messages

    @contextmanager
    def _adding(self) -> Iterator[Messages]:
        with self._lock:
            yield self._messages
            self._any.set()
