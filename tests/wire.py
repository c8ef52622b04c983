"""Servers on real sockets that do what no Taiga does: raw bytes, TLS of all kinds, proxies."""

from __future__ import annotations

import contextlib
import json
import socket
import socketserver
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator

PATIENCE = 60.0
"""Seconds for a client to say what it has to say, on the most loaded of machines."""


class Wire(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """A TCP server; `handle` gets each connection and the head of its request.

    Attributes:
        heads: of the requests so far.
        connections: how many came, whatever they said.
    """

    allow_reuse_address = True
    daemon_threads = True

    def __init__(
        self,
        handle: Callable[[Wire, socket.socket, bytes], None],
        context: ssl.SSLContext | None,
        host: str,
    ) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.heads: list[bytes] = []
        self.connections = 0
        self.over = threading.Event()
        self._handle = handle
        self._context = context
        super().__init__((host, 0), socketserver.BaseRequestHandler)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, scheme: str = "http", path: str = "/api/v1") -> str:
        return f"{scheme}://{self.host}{path}"

    def finish_request(self, request: Any, _client_address: Any) -> None:
        self.connections += 1
        request.settimeout(PATIENCE)
        with contextlib.suppress(OSError, ValueError):
            if self._context:
                request = self._context.wrap_socket(request, server_side=True)
            head = read_head(request)
            if head:
                self.heads.append(head)
                self._handle(self, request, head)
        with contextlib.suppress(OSError):
            request.shutdown(socket.SHUT_RDWR)
        request.close()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is none of the server's business."""


def read_head(connection: socket.socket) -> bytes:
    """A request's head; of SOCKS's and TLS's greetings, which have no end, what comes first."""
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(65536)
        head += piece
        if not piece or head[:1] in {b"\x05", b"\x16"}:
            break
    return head


@contextmanager
def wire(
    handle: Callable[[Wire, socket.socket, bytes], None],
    context: ssl.SSLContext | None = None,
    host: str = "127.0.0.1",
) -> Iterator[Wire]:
    """Serves for as long as the context lasts."""
    server = Wire(handle, context, host)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        thread.join()
        server.server_close()


def answering(
    status: int, body: bytes | object, kind: str = "application/json", **headers: str
) -> Callable[[Wire, socket.socket, bytes], None]:
    """Gives one answer to everything."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    head = [f"HTTP/1.1 {status} X", f"Content-Type: {kind}", f"Content-Length: {len(data)}"]
    message = "\r\n".join([*head, "Connection: close", *lines, "", ""]).encode() + data

    def handle(_server: Wire, connection: socket.socket, _head: bytes) -> None:
        connection.sendall(message)

    return handle


def trickling(
    first: bytes, again: bytes, pause: float = 0.05
) -> Callable[[Wire, socket.socket, bytes], None]:
    """Says `first`, and then `again` and again, for ever."""

    def handle(server: Wire, connection: socket.socket, _head: bytes) -> None:
        connection.sendall(first)
        while not server.over.is_set():
            connection.sendall(again)
            time.sleep(pause)

    return handle


def connect_proxy(server: Wire, connection: socket.socket, head: bytes) -> None:
    """A proxy that tunnels by CONNECT, and passes on what names its server in full."""
    method, target, _ = head.split(b" ", 2)
    if method == b"CONNECT":
        host, _, port = target.decode().rpartition(":")
        with socket.create_connection((host.strip("[]"), int(port)), PATIENCE) as far:
            connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            _pump(server, connection, far)
        return
    authority, _, path = target.removeprefix(b"http://").partition(b"/")
    host, _, port = authority.decode().partition(":")
    with socket.create_connection((host, int(port or 80)), PATIENCE) as far:
        passed_on = head.replace(target, b"/" + path, 1)
        # One request a connection: the next would name its server in full again.
        far.sendall(passed_on.replace(b"Connection: keep-alive", b"Connection: close"))
        answer = far.recv(65536)
        connection.sendall(answer.replace(b"\r\n", b"\r\nConnection: close\r\n", 1))
        _pump(server, connection, far)


def socks_proxy(server: Wire, connection: socket.socket, _greeting: bytes) -> None:
    """SOCKS5 without a password (RFC 1928)."""
    connection.sendall(b"\x05\x00")
    request = connection.recv(300)
    match request[3]:
        case 1:
            host, rest = socket.inet_ntoa(request[4:8]), request[8:]
        case _:
            length = request[4]
            host, rest = request[5 : 5 + length].decode(), request[5 + length :]
    with socket.create_connection((host, int.from_bytes(rest[:2])), PATIENCE) as far:
        connection.sendall(b"\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00")
        _pump(server, connection, far)


def _pump(server: Wire, near: socket.socket, far: socket.socket) -> None:
    def copy(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while not server.over.is_set() and (data := source.recv(65536)):
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    back = threading.Thread(target=copy, args=(far, near), daemon=True)
    back.start()
    copy(near, far)
    back.join(PATIENCE)


@contextmanager
def dead_port() -> Iterator[int]:
    """A port of this machine at which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield int(taken.getsockname()[1])
