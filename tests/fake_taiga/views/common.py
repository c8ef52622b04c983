"""What the resources share: bodies, permissions, lists."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from tests.fake_taiga.permissions import may
from tests.fake_taiga.web.messages import Response, answer, joined
from tests.fake_taiga.web.paging import paginate
from tests.fake_taiga.web.problems import (
    denied,
    not_authenticated,
    not_found,
    unparsable,
    unsupported_media_type,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.fake_taiga.model import Json, Project, User
    from tests.fake_taiga.web.messages import Headers, Request
    from tests.fake_taiga.world import World


def body_of(request: Request) -> Any:
    """What the request's body says: JSON or a form.

    Raises:
        Problem: 400 or 415.
    """
    if not request.body:
        return {}
    kind = request.headers["content-type"].split(";")[0].strip()
    if kind == "application/json":
        try:
            return json.loads(request.body)
        except ValueError as error:
            raise unparsable(str(error)) from None
    if kind == "application/x-www-form-urlencoded":
        return dict(parse_qsl(request.body.decode()))
    raise unsupported_media_type(kind)


def logged_in(request: Request) -> User:
    """Who asks.

    Raises:
        Problem: 401: nobody in particular.
    """
    if request.user is None:
        raise not_authenticated()
    return request.user


def demand(request: Request, project: Project, permission: str) -> None:
    """Go on only if the user may do that.

    Raises:
        Problem: 401 for anonymous visitors, 403 for others.
    """
    if not may(request.user, project, permission):
        raise refused(request)


def refused(request: Request) -> Exception:
    """The answer to one who may not: 401 without a login, 403 with one."""
    return denied() if request.user else not_authenticated()


def project_by_id(world: World, request: Request, number: object) -> Project:
    """A project, whoever asks; anonymous visitors are not told that there is none.

    Raises:
        Problem: 404, or 401 for anonymous visitors.
    """
    try:
        return world.projects[int(str(number))]
    except (KeyError, ValueError):
        raise missing(request) from None


def missing(request: Request) -> Exception:
    """The answer where something is not there: 404 with a login, 401 without one."""
    return not_found() if request.user else not_authenticated()


def asked_project(world: World, request: Request) -> Project:
    """The project of the `project` parameter.

    Raises:
        Problem: 404, or 401 for anonymous visitors.
    """
    return project_by_id(world, request, request.query.get("project", "none"))


def page_of(
    request: Request,
    rows: Sequence[Any],
    shape: Callable[[Any], Json],
    headers: Headers | None = None,
) -> Response:
    """A list's page; the rows are put into shape only now."""
    chosen, paging = paginate(request, rows)
    return answer([shape(row) for row in chosen], 200, paging + (headers or []))


def encoded_page_of(
    request: Request,
    rows: Sequence[Any],
    encode: Callable[[Any], bytes],
    headers: Headers | None = None,
) -> Response:
    """The same of rows that come encoded."""
    chosen, paging = paginate(request, rows)
    return Response(200, joined([encode(row) for row in chosen]), paging + (headers or []))


def unbuilt(_world: World, request: Request, **_names: Any) -> Response:
    """What the real Taiga has and this one does not: said aloud, so that no test believes it."""
    text = f"the fake Taiga has no {request.method} {request.path}\n"
    return Response(501, text.encode(), content_type="text/plain")
