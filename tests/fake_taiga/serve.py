"""A Taiga on a real socket: HTTP/1.1 on loopback, a thread a connection."""

from __future__ import annotations

import contextlib
import io
import socket
import socketserver
import struct
import sys
import threading
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from tests.fake_taiga.faults import Broken
from tests.fake_taiga.web.app import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from wsgiref.types import WSGIEnvironment

    from tests.fake_taiga.taiga import Taiga
    from tests.fake_taiga.web.app import App


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "nginx"
    sys_version = ""
    # A body goes out right after its head, as nginx does it, and not 40 ms later.
    disable_nagle_algorithm = True
    server: Server

    def handle_one_request(self) -> None:
        """Run the application once; a connection that breaks is no error of the server."""
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            self.close_connection = True
            return
        try:
            self._run()
        except Broken as broken:
            self.close_connection = True
            if broken.reset:
                # Lingering for no time makes the close a reset.
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    def _run(self) -> None:
        body = self.server.app(self._environ(), self._start)
        for chunk in body:
            self.wfile.write(chunk)
        self.wfile.flush()

    def _start(self, status: str, headers: list[tuple[str, str]], *_: Any) -> Any:
        code, reason = status.split(" ", 1)
        self.send_response(int(code), reason)
        for name, value in headers:
            self.send_header(name, value)
        if not self.server.keep_alive:
            self.send_header("Connection", "close")
        self.end_headers()
        return self.wfile.write

    def _environ(self) -> WSGIEnvironment:
        path, _, query = self.path.partition("?")
        length = int(self.headers.get("Content-Length") or 0)
        environ: WSGIEnvironment = {
            "REQUEST_METHOD": self.command,
            "PATH_INFO": _unquoted(path),
            "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(length),
            "REMOTE_ADDR": str(self.client_address[0]),
            "SERVER_PROTOCOL": self.request_version,
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(self.rfile.read(length)),
            "wsgi.errors": sys.stderr,
            "wsgi.multithread": True,
        }
        for name, value in self.headers.items():
            environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
        return environ

    def log_message(self, *_: Any) -> None:
        """Say nothing: the journal has it."""


def _unquoted(path: str) -> str:
    return unquote_to_bytes(path).decode("latin-1")


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    """A server of one application.

    Args:
        app: what it serves.
        port: on loopback; 0 for a free one.
        keep_alive: whether connections stay open, as behind nginx; Taiga's own gunicorn closes
            each.
    """

    allow_reuse_address = True
    block_on_close = True
    daemon_threads = False
    request_queue_size = 128

    def __init__(self, app: App, port: int = 0, *, keep_alive: bool = True) -> None:
        self.app = app
        self.keep_alive = keep_alive
        self._open: set[socket.socket] = set()
        self._guard = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def port(self) -> int:
        """The port, on loopback."""
        return int(self.server_address[1])

    @property
    def url(self) -> str:
        """The root of the API."""
        return f"http://127.0.0.1:{self.port}{ROOT}"

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, to be able to end it."""
        with self._guard:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection."""
        with self._guard:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is none of the server's business; anything else is shown."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)

    def drop_connections(self) -> None:
        """Hang up on all clients: what a restart of the server looks like from outside."""
        with self._guard:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def serve(taiga: Taiga, port: int = 0, *, keep_alive: bool = True) -> Iterator[Server]:
    """Serve a Taiga on loopback as long as the context lasts.

    Args:
        taiga: which.
        port: 0 for a free one.
        keep_alive: see `Server`.

    Yields:
        The server; `url` is the root of its API.
    """
    server = Server(taiga.app, port, keep_alive=keep_alive)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="fake Taiga")
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.drop_connections()
        server.server_close()
