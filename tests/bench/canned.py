"""A Taiga that answers with ready bytes, so that nothing of its own is measured with ours."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.bench.data import PROJECT, RECORDED, stories

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT = "/api/v1"
API = f"http://taiga.example{_ROOT}"
_PAGE = 1_000

Answer = tuple[dict[str, str], bytes]
"""Headers and body."""


@dataclass(slots=True)
class Canned:
    """One project `acme` with so many stories."""

    count: int
    _answers: dict[str, Answer] = field(default_factory=dict)

    def __post_init__(self) -> None:
        items = [json.dumps(story) for story in stories(self.count)]
        detail = {**_recorded("projects/by_slug"), "id": PROJECT, "slug": "acme"}
        entries = _recorded("timeline_project")
        pages = [items[start : start + _PAGE] for start in range(0, self.count, _PAGE)]
        total = {"x-pagination-count": str(self.count)}
        self._answers = {
            "project": ({}, json.dumps(detail).encode()),
            "head": ({"x-pagination-count": "127"}, json.dumps(entries[:1]).encode()),
            "timeline": ({"x-pagination-count": "127"}, json.dumps(entries).encode()),
            "count": (total, _list(items[:1])),
            "all": ({}, _list(items)),
        }
        for number, page in enumerate(pages, start=1):
            headers = total | {"x-paginated-by": str(_PAGE), "x-pagination-current": str(number)}
            self._answers[f"page {number}"] = headers, _list(page)

    def answer(self, target: str) -> Answer | None:
        """What a GET of `target` (path and query) gives; None for 404."""
        parts = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        name = _name(parts.path.removeprefix(_ROOT), query)
        return self._answers.get(name)

    def transport(self) -> httpx.MockTransport:
        """For a client in this process."""

        def answered(request: httpx.Request) -> httpx.Response:
            found = self.answer(request.url.raw_path.decode())
            if found is None:
                return httpx.Response(404, json={"_error_message": ""})
            headers, content = found
            headers = {"content-type": "application/json", **headers}
            return httpx.Response(200, headers=headers, content=content)

        return httpx.MockTransport(answered)

    @contextmanager
    def served(self) -> Iterator[str]:
        """On a socket, for other processes; gives the API's address."""
        canned = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                found = canned.answer(self.path)
                headers, content = found or ({}, b'{"_error_message": ""}')
                self.send_response(200 if found else 404)
                for name, value in {"Content-Type": "application/json", **headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                """Nothing: the table is the output."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}{_ROOT}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


def _name(path: str, query: dict[str, str]) -> str:
    if path.startswith("/projects/"):
        return "project"
    if path.startswith("/timeline/"):
        return "head" if query.get("page_size") == "1" else "timeline"
    if path != "/userstories":
        return "nothing"
    if query.get("page_size") == "1":
        return "count"
    return f"page {query['page']}" if "page" in query else "all"


def _recorded(name: str) -> Any:
    file = RECORDED.parent.parent / f"{name}.json"
    return json.loads(file.read_text(encoding="utf-8"))["response"]["body"]


def _list(items: list[str]) -> bytes:
    return f"[{','.join(items)}]".encode()
