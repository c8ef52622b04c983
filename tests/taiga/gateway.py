"""A gateway on a real socket before a server, which passes on the headers that it knows."""

from __future__ import annotations

import http.client
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class _Passing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    behind: tuple[str, int]
    from_client: Callable[[str], bool]
    from_server: Callable[[str], bool]

    def do_GET(self) -> None:
        """Ask the server behind, and give its answer."""
        connection = http.client.HTTPConnection(*self.behind, timeout=30)
        asked = {n: text for n, text in self.headers.items() if not self._drops_asked(n)}
        connection.request("GET", self.path, headers=asked)
        answer = connection.getresponse()
        body = answer.read()
        self.send_response(answer.status)
        for name, text in answer.getheaders():
            if not self._drops_told(name):
                self.send_header(name, text)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        connection.close()

    def _drops_asked(self, name: str) -> bool:
        return type(self).from_client(name.lower()) or name.lower() == "host"

    def _drops_told(self, name: str) -> bool:
        hop = name.lower() in {"content-length", "connection", "transfer-encoding"}
        return hop or type(self).from_server(name.lower())

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@contextmanager
def gateway(
    url: str,
    *,
    from_client: Callable[[str], bool] = lambda name: name.startswith("x-"),
    from_server: Callable[[str], bool] = lambda name: name.startswith("x-"),
) -> Iterator[str]:
    """A gateway before the API at an address.

    Args:
        url: the API's.
        from_client: which headers of requests it drops, by their name in small letters.
        from_server: which of answers.

    Yields:
        The address at which the API is behind the gateway.
    """
    there = urlsplit(url)
    parts = {
        "behind": (there.hostname, there.port),
        "from_client": staticmethod(from_client),
        "from_server": staticmethod(from_server),
    }
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Passing", (_Passing,), parts))
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="gateway")
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}{there.path}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
