"""What was asked of the server: a log of requests, and counters for benchmarks."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Logged:
    """One request and what became of it.

    Attributes:
        method: as it came.
        path: below the API's root, without the query: `/userstories`.
        query: as it came, undecoded.
        headers: names in small letters.
        status: of the answer; 0 where a fault broke the connection before one.
        bytes_out: the length of the answer's body as it went on the wire.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str]
    status: int
    bytes_out: int

    @property
    def line(self) -> str:
        """Method and target: `GET /userstories?project=1`."""
        return f"{self.method} {self.path}" + (f"?{self.query}" if self.query else "")


class Journal:
    """The requests so far: the counters count all, the log keeps the last 10,000."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Logged] = deque(maxlen=10_000)
        self.requests = 0
        self.bytes_out = 0

    def add(self, entry: Logged) -> None:
        """Remember a request."""
        with self._lock:
            self._entries.append(entry)
            self.requests += 1
            self.bytes_out += entry.bytes_out

    def clear(self) -> None:
        """Forget all, counters included."""
        with self._lock:
            self._entries.clear()
            self.requests = 0
            self.bytes_out = 0

    def entries(self, path: str = "") -> list[Logged]:
        """The requests, oldest first; only those whose path starts so."""
        with self._lock:
            return [entry for entry in self._entries if entry.path.startswith(path)]

    def lines(self, path: str = "") -> list[str]:
        """The requests as `GET /path?query`, oldest first."""
        return [entry.line for entry in self.entries(path)]
