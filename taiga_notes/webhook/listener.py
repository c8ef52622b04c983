"""A watch's use of webhooks: received where its settings say, and summed up for who looks."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING

from taiga_notes.errors import ConfigError
from taiga_notes.webhook.signatures import ANY, all_usable_keys

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from taiga_notes.config.settings import UserConfig
    from taiga_notes.config.toml_reader import Endpoint
    from taiga_notes.webhook.receiver import Receiver
    from taiga_notes.webhook.signatures import Delivery

SELDOM = 60.0
"""Seconds between two lines about requests that were refused: anyone can send such."""


class WebhookListener:
    """The receiver of one watch, if it has any.

    Args:
        address: where to listen, whatever the user's configuration says.
        state: the user's state folder.
        deliver: called in another thread with each genuine delivery.
        refused: called there with the reason of each refusal.
        clock: a time that never goes back, in seconds.
    """

    def __init__(
        self,
        address: Endpoint | None,
        state: Path,
        deliver: Callable[[Delivery], None],
        refused: Callable[[str], None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fixed = address
        self._state = state
        self._deliver = deliver
        self._refused = refused
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
        keys = all_usable_keys(user, self._state)
        if self._receiver and wanted == self._listening:
            self._receiver.keys = keys
            return
        # Here, as it brings asyncio: a watch without webhooks does without (25 ms, 2 MB).
        from taiga_notes.webhook.receiver import Receiver  # noqa: PLC0415

        self._exchange(Receiver(wanted, keys, self._deliver, refused=self._refused))
        self._listening = wanted

    def _exchange(self, new: Receiver) -> None:
        old = self._receiver
        if old is None or new.port != old.port:
            # Before the old one is closed, which is to go on where this one can't be opened.
            new.__enter__()
            self.close()
            self._receiver = new
            return
        # Of two at one port, with another path or host, the second would find the first in its way.
        self.close()
        try:
            self._receiver = new.__enter__()
        except ConfigError:
            self._receiver = old.__enter__()
            raise

    def close(self) -> None:
        """Ends receiving."""
        if self._receiver:
            self._receiver.__exit__()
        self._receiver = None

    def take(self, deliveries: Mapping[str, int], refusals: Mapping[str, int]) -> Iterator[str]:
        """Takes note of what came, and tells of refused requests, now and then.

        Args:
            deliveries: how many came since the last time, by project.
            refusals: how many requests were refused, by reason.
        """
        self._deliveries.update(deliveries)
        self._refusals.update(refusals)
        if self._refusals and self._clock() >= self._told + SELDOM:
            counts = ", ".join(f"{reason} ({n})" for reason, n in self._refusals.most_common())
            self._refusals.clear()
            self._told = self._clock()
            yield f"webhook: refused requests: {counts}"

    def summed_up(self) -> Iterator[str]:
        """Tells of the deliveries that came since the last time: a burst is one line."""
        for project, count in sorted(self._deliveries.items()):
            noun = "delivery" if count == 1 else "deliveries"
            whose = "" if project == ANY else f" for {project}"
            yield f"webhook: {count} {noun}{whose}"
        self._deliveries.clear()
