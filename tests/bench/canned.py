"""A Taiga that answers with ready bytes, so that nothing of its own is measured with ours."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from operator import itemgetter
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx

from tests.bench.data import PROJECT, RECORDED, stories

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ROOT = "/api/v1"
API = f"http://taiga.example{_ROOT}"
_PAGE = 1_000
ENTRIES, RECENT = 127, 10
"""Of the timeline, and how many of them are here: the newest."""

Answer = tuple[dict[str, str], bytes]
"""Headers and body."""


@dataclass(slots=True)
class Canned:
    """One project `acme` with so many stories."""

    count: int
    _answers: dict[str, Answer] = field(default_factory=dict)
    _entries: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        # In the backlog's order, as Taiga lists them.
        listed = sorted(stories(self.count), key=itemgetter("backlog_order", "ref"))
        items = [json.dumps(story) for story in listed]
        self._entries = _recorded("timeline_project")
        detail = {**_recorded("projects/by_slug"), "id": PROJECT, "slug": "acme"}
        pages = [items[start : start + _PAGE] for start in range(0, self.count, _PAGE)]
        total = {"x-pagination-count": str(self.count)}
        self._answers = {
            "project": ({}, json.dumps(detail).encode()),
            "count": (total, _list(items[:1])),
            "all": ({}, _list(items)),
            "nothing more": ({}, b"[]"),
        }
        for number, page in enumerate(pages, start=1):
            headers = total | {"x-paginated-by": str(_PAGE), "x-pagination-current": str(number)}
            self._answers[f"page {number}"] = headers, _list(page)

    def edit(self, numbers: Sequence[int]) -> None:
        """Has stories edited, by their places: project, timeline and one list tell of it."""
        every = json.loads(self._answers["all"][1])
        edited = [{**every[n], "subject": f"{every[n]['subject']} again"} for n in numbers]
        model = next(one for one in self._entries if one["event_type"].endswith(".change"))
        for number, story in enumerate(edited, start=self._entries[0]["id"] + 1):
            about = {name: story[name] for name in ("id", "ref", "subject")}
            data = {**model["data"], "userstory": about, "values_diff": {"subject": ["", "again"]}}
            self._entries.insert(0, {**model, "id": number, "data": data})
        detail = json.loads(self._answers["project"][1])
        detail["total_activity"] += len(edited)
        detail["totals_updated_datetime"] = "2026-11-22T12:00:00.000Z"
        self._answers["project"] = {}, json.dumps(detail).encode()
        self._answers["edited"] = {}, json.dumps(edited).encode()

    def answer(self, target: str) -> Answer | None:
        """What a GET of `target` (path and query) gives; None for 404."""
        parts = urlsplit(target)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        name = _name(parts.path.removeprefix(_ROOT), query)
        return self._timeline(query) if name == "timeline" else self._answers.get(name)

    def _timeline(self, query: dict[str, str]) -> Answer:
        size, page = int(query.get("page_size", "30")), int(query.get("page", "1"))
        entries = self._entries[(page - 1) * size : page * size]
        total = ENTRIES + len(self._entries) - RECENT
        return {"x-pagination-count": str(total)}, json.dumps(entries).encode()

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
        return "timeline"
    if path != "/userstories":
        return "nothing"
    if query.get("page_size") == "1":
        return "count"
    if "modified_date__gte" in query:
        return "nothing more" if "page" in query else "edited"
    return f"page {query['page']}" if "page" in query else "all"


def _recorded(name: str) -> Any:
    file = RECORDED.parent.parent / f"{name}.json"
    return json.loads(file.read_text(encoding="utf-8"))["response"]["body"]


def _list(items: list[str]) -> bytes:
    return f"[{','.join(items)}]".encode()
