"""The webhook receiver: a small HTTP server in a thread of its own.

It answers from what it knows, at once, and hands on that something changed: it never touches the
vault, and nothing that the vault does can hold it up. Each request has one connection and one
deadline, however slowly it comes.

    bytes → request line and headers → bounded body → read_delivery → accepted(…)
"""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Self

from taiga_notes.errors import ConfigError
from taiga_notes.webhook.http_exchange import HttpAnswer, part, read_body, read_request
from taiga_notes.webhook.refusal import RefusalError
from taiga_notes.webhook.signatures import Delivery, read_delivery

if TYPE_CHECKING:
    from asyncio import StreamReader, StreamWriter
    from collections.abc import Callable, Mapping

    from taiga_notes.config.toml_reader import Endpoint

BACKLOG = 1024
"""Connections that may wait to be accepted: a burst of deliveries comes all at once."""

REMEMBERED = 4096
"""Deliveries by which a replay is known. One older than that costs a look at Taiga, no more."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What clients may take.

    Memory is bounded by `connections` times `body`.

    Attributes:
        seconds: for a whole request, from the connection to the end of the answer.
        head: bytes of the request line and the headers.
        body: bytes. Only a wiki page can come near; without the hint the next poll finds it.
        connections: at once; further ones wait until one ends.
        grace: seconds after which a connection is cut off if others wait: an honest sender is
            done long before, and whoever hoards connections must not keep it out.
    """

    seconds: float = 5.0
    head: int = 16 * 2**10
    body: int = 512 * 2**10
    connections: int = 128
    grace: float = 0.5


class Receiver:
    """Receives deliveries from when it is entered until it is left.

    Args:
        address: where to listen; port 0 is any free one.
        keys: project → key; assign to `keys` to change them while it runs.
        accepted: called in the receiver's thread for each genuine delivery that is no replay and
            no test; must return at once.
        refused: called in the receiver's thread with the reason of each refusal; likewise.
        limits: what clients may take.

    Raises:
        ConfigError: there is no usable key, or, on entering, the address can't be listened on.
    """

    def __init__(
        self,
        address: Endpoint,
        keys: Mapping[str, str],
        accepted: Callable[[Delivery], None],
        *,
        refused: Callable[[str], None] = lambda _reason: None,
        limits: Limits | None = None,
    ) -> None:
        self.keys = keys
        self._address = address
        self._accepted = accepted
        self._refused = refused
        self._limits = limits or Limits()
        self._seen: OrderedDict[Delivery, None] = OrderedDict()
        self._serving: dict[asyncio.Task[None], float] = {}

    @property
    def keys(self) -> Mapping[str, str]:
        """Project → key."""
        return self._keys

    @keys.setter
    def keys(self, keys: Mapping[str, str]) -> None:
        # Anyone can sign with an empty key.
        usable = {project: key for project, key in keys.items() if key}
        if not usable:
            raise ConfigError(
                "there is no key to verify webhook deliveries with",
                hint="`taiga-notes webhook add` makes one, or set TAIGA_NOTES_WEBHOOK_KEY",
            )
        self._keys = usable

    @property
    def address(self) -> str:
        """Where it listens, with the real port."""
        return shown(*self._socket.getsockname()[:2])

    @property
    def port(self) -> int:
        """The real one, once it has listened; until then the one that it is to listen at."""
        return self._address.port

    def __enter__(self) -> Self:
        self._socket = listen(self._address.host, self._address.port)
        # Whoever enters it again, after another one failed, finds it at the same port.
        self._address = self._address._replace(port=self._socket.getsockname()[1])
        self._loop = asyncio.SelectorEventLoop()
        self._main = self._loop.create_task(self._listen())
        self._thread = threading.Thread(target=self._run, name="webhook receiver", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._loop.call_soon_threadsafe(self._main.cancel)
        self._thread.join()
        self._loop.close()
        self._socket.close()

    def _run(self) -> None:
        with suppress(asyncio.CancelledError):
            self._loop.run_until_complete(self._main)

    async def _listen(self) -> None:
        try:
            while True:
                self._admit(await self._next_connection())
        finally:
            for task in self._serving:
                task.cancel()
            await asyncio.gather(*self._serving, return_exceptions=True)

    async def _next_connection(self) -> socket.socket:
        while True:
            await self._make_room()
            await self._knocking()
            try:
                # Not in the loop's own way, which drops a connection that it has just accepted when
                # it is told to end.
                return self._socket.accept()[0]
            except BlockingIOError:
                continue  # gone again
            except OSError:
                # Gone before it was accepted, or the process is out of descriptors for now.
                await asyncio.sleep(0.1)

    async def _knocking(self) -> None:
        """Waits until somebody wants to be let in."""
        knock = asyncio.Event()
        self._loop.add_reader(self._socket, knock.set)
        try:
            await knock.wait()
        finally:
            self._loop.remove_reader(self._socket)

    async def _make_room(self) -> None:
        while len(self._serving) >= self._limits.connections:
            oldest, since = next(iter(self._serving.items()))
            patience = since + self._limits.grace - self._loop.time()
            done, _ = await asyncio.wait(
                self._serving, timeout=max(patience, 0), return_when=asyncio.FIRST_COMPLETED
            )
            if not done:
                oldest.cancel()
                await asyncio.wait([oldest])

    def _admit(self, connection: socket.socket) -> None:
        task = self._loop.create_task(self._serve(connection))
        self._serving[task] = self._loop.time()

        def done(task: asyncio.Task[None]) -> None:
            del self._serving[task]
            # A task that is cut off before it began has not taken it over.
            connection.close()

        task.add_done_callback(done)

    async def _serve(self, connection: socket.socket) -> None:
        reader, writer = await asyncio.open_connection(sock=connection, limit=self._limits.head)
        try:
            await self._converse(reader, writer)
        except OSError:
            return  # the client went away
        finally:
            writer.transport.abort()

    async def _converse(self, reader: StreamReader, writer: StreamWriter) -> None:
        deadline = self._loop.time() + self._limits.seconds
        try:
            async with asyncio.timeout_at(deadline):
                answer = await self._answer(reader)
        except TimeoutError:
            answer = self._refusal(RefusalError(HTTPStatus.REQUEST_TIMEOUT, "too slow"))
        writer.write(bytes(answer))
        with suppress(TimeoutError):
            async with asyncio.timeout_at(deadline):
                await part(reader, writer)

    async def _answer(self, reader: StreamReader) -> HttpAnswer:
        request = None
        try:
            request = await read_request(reader, self._address.path)
            body = await read_body(reader, request.headers, self._limits.body)
            return self._take(read_delivery(body, request.headers, self._keys))
        except RefusalError as refusal:
            return self._refusal(refusal)
        except asyncio.IncompleteReadError as error:
            if request is None and not error.partial:
                raise ConnectionError from None  # someone looked whether the port is open
            return self._refusal(RefusalError(HTTPStatus.BAD_REQUEST, "cut short"))

    def _take(self, delivery: Delivery) -> HttpAnswer:
        if delivery.test:
            return HttpAnswer(HTTPStatus.OK, "taiga-notes is listening")
        # Taiga numbers no deliveries: kind, id and date are all by which one is known again.
        if delivery in self._seen:
            return HttpAnswer(HTTPStatus.OK, "already known")
        if delivery.replayable:
            self._seen[delivery] = None
            if len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
        self._accepted(delivery)
        return HttpAnswer(HTTPStatus.ACCEPTED, "accepted")

    def _refusal(self, refusal: RefusalError) -> HttpAnswer:
        self._refused(refusal.reason)
        return HttpAnswer(refusal.status, refusal.reason)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket.

    Args:
        host: a name or an address of this machine; empty for all of them, in IPv6 and IPv4.
        port: 0 for any that is free.

    Raises:
        ConfigError: the address can't be listened on.
    """
    try:
        made = _listen(host, port) if host else _listen_everywhere(port)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise ConfigError(
            f"webhook deliveries can't be received at {shown(host, port)}: {reason}",
            hint="choose another port, or an address of this machine",
        ) from error
    made.setblocking(False)  # noqa: FBT003  (its only spelling)
    return made


def _listen(host: str, port: int) -> socket.socket:
    family, _, _, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    return socket.create_server(place, family=family, backlog=BACKLOG)


def _listen_everywhere(port: int) -> socket.socket:
    if socket.has_dualstack_ipv6():
        with suppress(OSError):  # IPv6 may be turned off all the same
            return socket.create_server(
                ("", port), family=socket.AF_INET6, backlog=BACKLOG, dualstack_ipv6=True
            )
    return socket.create_server(("", port), backlog=BACKLOG)


def shown(host: str, port: int) -> str:
    """An address as it is written."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
