"""The WSGI application: one request from the wire to the wire."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from tests.fake_taiga.faults import Broken
from tests.fake_taiga.journal import Logged
from tests.fake_taiga.views import (
    accounts,
    applications,
    items,
    lookups,
    projects,
    sprints,
    timelines,
    values,
    webhooks,
    writes,
)
from tests.fake_taiga.views.common import unbuilt
from tests.fake_taiga.web import throttling
from tests.fake_taiga.web.auth import authenticate
from tests.fake_taiga.web.messages import Headers, Query, Request, Response, answer
from tests.fake_taiga.web.problems import (
    Crash,
    Problem,
    crashed,
    method_not_allowed,
    not_acceptable,
    unknown_route,
)
from tests.fake_taiga.web.routes import Routes

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

    from tests.fake_taiga.taiga import Taiga
    from tests.fake_taiga.web.routes import Route

ROOT = "/api/v1"
ROUTES = Routes()
ROUTES.extend(
    [
        accounts.routes,
        applications.routes,
        projects.routes,
        values.routes,
        lookups.routes,
        timelines.routes,
        webhooks.routes,
        sprints.routes,
        items.routes,
        writes.routes,
    ]
)
_EXPOSED = (
    "x-pagination-count,x-paginated,x-paginated-by,x-pagination-current,x-pagination-next,"
    "x-pagination-prev,x-site-host,x-site-register"
)
_ALWAYS = [
    ("X-Frame-Options", "DENY"),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "same-origin"),
    ("Access-Control-Allow-Origin", "*"),
    ("Access-Control-Expose-Headers", _EXPOSED),
]
_REASONS = {451: "BLOCKED"}


_UNBUILT = {
    *("importer", "exporter", "user-storage", "notify-policies", "web-notifications", "contact"),
    *("user-project-settings", "sections", "project-templates", "invitations", "swimlanes"),
    *("wiki-links", "locales", "feedback", "stats", "delete-owned-projects"),
}


class App:
    """A Taiga as a WSGI application, below `/api/v1`.

    Args:
        world: the Taiga that it shows.
    """

    def __init__(self, world: Taiga) -> None:
        self.world = world

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request, or fail it as a fault says."""
        if environ["PATH_INFO"] == "/conf.json":
            return self._front(environ, start_response)
        request = self._request(environ)
        try:
            response = self.world.faults.apply(request, self.answer)
        except Broken:
            self._log(request, 0, 0)
            raise
        headers = _on_the_wire(response)
        if request.method == "HEAD":
            response.body, response.stream = b"", None
        self._log(request, response.status, len(response.body))
        reason = _REASONS.get(response.status) or HTTPStatus(response.status).phrase
        start_response(f"{response.status} {reason}", headers)
        return response.stream if response.stream is not None else [response.body]

    def _front(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The web front's configuration, which nginx serves without asking Taiga."""
        host = environ.get("HTTP_HOST", "testserver")
        body = json.dumps({"api": f"http://{host}{ROOT}/", "baseHref": "/"}).encode()
        length = ("Content-Length", str(len(body)))
        start_response("200 OK", [("Content-Type", "application/json"), length])
        return [body]

    def _request(self, environ: WSGIEnvironment) -> Request:
        headers = {
            key[5:].replace("_", "-").lower(): value
            for key, value in environ.items()
            if key.startswith("HTTP_")
        }
        headers["content-type"] = environ.get("CONTENT_TYPE") or ""
        length = int(environ.get("CONTENT_LENGTH") or 0)
        path = environ["PATH_INFO"].encode("latin-1").decode("utf-8", "replace")
        host = headers.get("x-forwarded-host") or headers.get("host") or "testserver"
        base = self.world.settings.public_url or f"{environ['wsgi.url_scheme']}://{host}"
        return Request(
            method=environ["REQUEST_METHOD"],
            path=path.removeprefix(ROOT) if path.startswith(ROOT + "/") else f"//{path}",
            raw_query=environ.get("QUERY_STRING", ""),
            query=Query(environ.get("QUERY_STRING", "")),
            headers=headers,
            body=environ["wsgi.input"].read(length) if length else b"",
            base_url=base + ROOT,
            remote=environ.get("REMOTE_ADDR") or "127.0.0.1",
        )

    def _log(self, request: Request, status: int, length: int) -> None:
        found = (request.method, request.path, request.raw_query, request.headers)
        self.world.log.add(Logged(*found, status, length))

    def answer(self, request: Request) -> Response:
        """The answer to a request, before any fault."""
        found = ROUTES.find(request.path)
        if found is None:
            response = self._no_route(request)
        else:
            response = self._resource(request, *found)
            throttling.note_login(self.world, request, response.status)
        session = "Cookie, " if request.session_read else ""
        response.headers += [
            ("Vary", f"{session}Accept-Language"),
            ("Content-Language", request.language),
            *_ALWAYS,
        ]
        return response

    def _no_route(self, request: Request) -> Response:
        if request.path.split("/")[1] in _UNBUILT:
            return unbuilt(self.world, request)
        return unknown_route()

    def _resource(self, request: Request, route: Route, names: dict[str, Any]) -> Response:
        try:
            with self.world.transaction():
                response = self._view(request, route, names)
            if response.later is not None:
                response = response.later()
        except Problem as problem:
            response = problem.response(request.language)
        except Crash:
            return crashed(request.headers["content-type"])
        response.headers.insert(0, ("Allow", route.allow))
        return response

    def _view(self, request: Request, route: Route, names: dict[str, Any]) -> Response:
        authenticate(self.world, request)
        throttling.check(self.world, request)
        if not _takes_json(request):
            raise not_acceptable()
        method = "GET" if request.method == "HEAD" else request.method
        if method == "OPTIONS":
            return _options(request)
        if method not in route.views:
            raise method_not_allowed(request.method)
        return route.views[method](self.world, request, **names)


def _on_the_wire(response: Response) -> Headers:
    headers = [("Content-Type", response.content_type), *response.headers]
    if not any(name == "Content-Length" for name, _ in headers):
        headers.append(("Content-Length", str(len(response.body))))
    return headers


def _takes_json(request: Request) -> bool:
    wanted = request.headers.get("accept") or "*/*"
    kinds = {part.split(";")[0].strip() for part in wanted.split(",")}
    return not kinds.isdisjoint({"*/*", "application/*", "application/json"})


def _options(request: Request) -> Response:
    name = request.path.split("/")[1].title()
    kinds = ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"]
    return answer(
        {
            "name": name,
            "description": "",
            "renders": ["application/json"],
            "parses": kinds,
        }
    )
