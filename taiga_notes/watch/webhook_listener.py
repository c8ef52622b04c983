"""Webhooks while watching: where deliveries are received, and what is told of them."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from taiga_notes.watch.events import Events, Topic
from taiga_notes.webhook.key_file import ANY, usable_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from taiga_notes.config.settings import UserConfig
    from taiga_notes.config.toml_reader import Endpoint
    from taiga_notes.system.paths import Folders
    from taiga_notes.watch.inbox import Inbox, Raised
    from taiga_notes.webhook.receiver import Receiver

SELDOM = 60.0
"""Seconds between two lines about requests that were refused: anyone can send such."""


class WebhookListener:
    """The receiver of one watch, if it has any.

    Args:
        flags: raised by deliveries.
        folders: the user's folders.
        address: where to listen, whatever the user's configuration says.
        clock: a time that never goes back, in seconds.
    """

    def __init__(
        self,
        flags: Inbox,
        folders: Folders,
        address: Endpoint | None,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._flags = flags
        self._folders = folders
        self._fixed = address
        self._clock = clock
        self._receiver: Receiver | None = None
        self._listening: Endpoint | None = None
        self._deliveries: Counter[str] = Counter()
        self._refusals: Counter[str] = Counter()
        self._told = -SELDOM

    @property
    def address(self) -> str:
        """Where deliveries are received; empty for nowhere."""
        return self._receiver.address if self._receiver else ""

    def open(self, user: UserConfig) -> None:
        """Receives as the settings have it, from now on.

        Raises:
            ConfigError: there is no key, or the address can't be listened on. What was received
                until now goes on being received.
        """
        wanted = self._fixed or user.webhook
        if wanted is None:
            self.close()
            return
        keys = usable_keys(user, self._folders.state)
        if self._receiver and wanted == self._listening:
            self._receiver.keys = keys
            return
        from taiga_notes.webhook.receiver import Receiver  # noqa: PLC0415  (brings asyncio)

        made = Receiver(wanted, keys, self._flags.deliver, refused=self._flags.refuse)
        made.__enter__()
        self.close()
        self._receiver, self._listening = made, wanted

    def close(self) -> None:
        """Ends receiving."""
        if self._receiver:
            self._receiver.__exit__(None, None, None)
        self._receiver = self._listening = None

    def take(self, raised: Raised) -> Iterator[Events]:
        """Takes note of what came, and tells of refused requests, now and then."""
        self._deliveries.update(raised.deliveries)
        self._refusals.update(raised.refusals)
        if self._refusals and self._clock() >= self._told + SELDOM:
            counts = ", ".join(f"{reason} ({n})" for reason, n in self._refusals.most_common())
            self._refusals.clear()
            self._told = self._clock()
            yield Events(Topic.WEBHOOK, f"webhook: refused requests: {counts}", bad=True)

    def summed_up(self) -> Iterator[Events]:
        """Tells of the deliveries that came since the last time: a burst is one line."""
        for project, count in sorted(self._deliveries.items()):
            noun = "delivery" if count == 1 else "deliveries"
            whose = "" if project == ANY else f" for {project}"
            yield Events(Topic.WEBHOOK, f"webhook: {count} {noun}{whose}")
        self._deliveries.clear()
