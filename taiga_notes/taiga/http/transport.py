"""How requests travel: connections, through a proxy or not, and the time that an answer gets.

They are httpcore's, which httpx has under it: who asks little need not import the rest. Both bound
the silence between two bytes; a server that sends one now and then, or `102 Processing` for ever,
would hold us for days. Here every byte that is read is counted, and an answer as a whole has a
deadline.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpcore

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Iterator

    from taiga_notes.taiga.http.proxies import Proxy

LEAST_RATE = 4096
"""Bytes a second: whoever sends slower is given up when the deadline is over."""

LONGEST = 600.0
"""Seconds for one answer in all, however steadily its bytes trickle in."""

_IDLE = 5.0
"""Seconds for which an idle connection is kept."""


@dataclass(slots=True)
class Deadline:
    """The time that one answer may take: `seconds`, and more as long as bytes come fast enough.

    Attributes:
        seconds: for an answer that hardly has a length.
        clock: a time that never goes back, in seconds.
        connected: whether somebody took the connection since `begin`.
    """

    seconds: float
    clock: Callable[[], float] = time.monotonic
    connected: bool = False
    _start: float = field(default=0.0, init=False)
    _bytes: int = field(default=0, init=False)

    def begin(self) -> None:
        """A request is about to be sent."""
        self._start = self.clock()
        self._bytes = 0
        self.connected = False

    def received(self, size: int) -> None:
        """So many bytes came, of head or body."""
        self._bytes += size

    @property
    def taken(self) -> float:
        """Seconds since `begin`."""
        return self.clock() - self._start

    @property
    def left(self) -> float:
        """Seconds that are left, 0 or less where it is over."""
        # Whoever has set a `timeout` that allows for more than `LONGEST` gets it.
        earned = min(self.seconds + self._bytes / LEAST_RATE, max(LONGEST, self.seconds))
        return earned - self.taken


class Connections:
    """httpcore's connections, with a deadline on every byte.

    Args:
        deadline: of the request that is under way.
        context: for TLS; None where none is spoken.
        proxy: through which requests go.
    """

    def __init__(
        self, deadline: Deadline, context: ssl.SSLContext | None, proxy: Proxy | None
    ) -> None:
        self._backend = _Backend(deadline)
        common: dict[str, Any] = {
            "ssl_context": context,
            "keepalive_expiry": _IDLE,
            "network_backend": self._backend,
        }
        self._pool: httpcore.ConnectionPool
        if proxy is None:
            self._pool = httpcore.ConnectionPool(**common)
        elif proxy.is_socks:
            self._pool = httpcore.SOCKSProxy(proxy.url, proxy.login, **common)
        else:
            own = None if proxy.is_plain else context
            self._pool = httpcore.HTTPProxy(proxy.url, proxy.login, proxy_ssl_context=own, **common)

    def send(self, request: httpcore.Request) -> httpcore.Response:
        """Send a request; the answer's body is yet to be read, and the answer to be closed.

        Raises:
            Exception: httpcore's, or socksio's.
        """
        with self._backend.closing_on_failure():
            return self._pool.handle_request(request)

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


class _Backend(httpcore.NetworkBackend):
    def __init__(self, deadline: Deadline) -> None:
        self._system = httpcore.SyncBackend()
        self._deadline = deadline
        self._made: list[httpcore.NetworkStream] = []

    @contextmanager
    def closing_on_failure(self) -> Iterator[None]:
        """Close what was opened meanwhile if it fails: httpcore leaves it open if a proxy fails."""
        self._made.clear()
        try:
            yield
        except BaseException:
            for stream in self._made:
                stream.close()
            raise

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        # A text would be turned into ASCII, which a host in an address is by now, by an encoding
        # that brings two tables of all of Unicode.
        name: Any = host.encode("ascii")
        made = self._system.connect_tcp(name, port, timeout, local_address, socket_options)
        self._deadline.connected = True
        self._made.append(made)
        return _Stream(made, self._deadline)


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._stream.read(max_bytes, self._until(timeout, httpcore.ReadTimeout))
        self._deadline.received(len(data))
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._until(timeout, httpcore.WriteTimeout))

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        # Wrapped again: else no byte behind the handshake would be counted, nor be late.
        left = self._until(timeout, httpcore.ConnectTimeout)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def close(self) -> None:
        self._stream.close()

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)

    def _until(self, timeout: float | None, late: type[Exception]) -> float:
        left = self._deadline.left
        if left <= 0:
            raise late("the deadline is over")
        return left if timeout is None else min(timeout, left)
