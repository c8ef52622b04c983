"""/applications and /application-tokens: how another program gets a token of its own."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from tests.fake_taiga.views.common import body_of, logged_in, page_of, unbuilt
from tests.fake_taiga.web import tokens
from tests.fake_taiga.web.messages import Response, answer
from tests.fake_taiga.web.problems import not_found

if TYPE_CHECKING:
    from tests.fake_taiga.model import Json, User
    from tests.fake_taiga.taiga import Taiga
    from tests.fake_taiga.web.messages import Request
    from tests.fake_taiga.web.routes import Routes, View

_NO_APPLICATION = "No Application matches the given query."
_NO_TOKEN = "No ApplicationToken matches the given query."


def routes(table: Routes) -> None:
    """Add these resources."""
    table.add("/applications/{application}", GET=application)
    table.add("/applications/{application}/token", GET=token)
    table.add("/application-tokens", GET=mine, POST=unbuilt)
    table.add("/application-tokens/authorize", POST=authorize)
    table.add("/application-tokens/validate", POST=validate)
    views: dict[str, View] = {"GET": detail, "PUT": unbuilt, "PATCH": unbuilt, "DELETE": revoke}
    table.add("/application-tokens/{number:int}", **views)


def _application(world: Taiga, number: object) -> Json:
    found = world.applications.get(str(number))
    if found is None:
        raise not_found(_NO_APPLICATION)
    return found


def _public(found: Json) -> Json:
    return {name: found[name] for name in ("id", "name", "web", "description", "icon_url")}


def application(world: Taiga, request: Request, /, **names: Any) -> Response:
    """GET /applications/ID."""
    logged_in(request)
    return answer(_public(_application(world, names["application"])))


def _row_of(world: Taiga, user: User, number: str) -> Json | None:
    rows = world.application_tokens.values()
    wanted = (user.id, number)
    return next((one for one in rows if (one["user"], one["application"]) == wanted), None)


def token(world: Taiga, request: Request, /, **names: Any) -> Response:
    """GET /applications/ID/token?state=S: a fresh code if there is a token already."""
    user = logged_in(request)
    found = _application(world, names["application"])
    row = _row_of(world, user, found["id"])
    if row is None:
        row = {"id": None, "user": user.id, "application": found["id"], "auth_code": None}
    else:
        row |= {"auth_code": str(uuid.uuid4()), "state": request.query.find("state")}
    return answer(_shape(world, row))


def _shape(world: Taiga, row: Json) -> Json:
    found = world.applications[row["application"]]
    return {
        "id": row["id"],
        "user": row["user"],
        "application": _public(found),
        "auth_code": row["auth_code"],
        "next_url": f"{found['next_url']}?auth_code={row['auth_code']}",
    }


def mine(world: Taiga, request: Request, /, **_: Any) -> Response:
    """GET /application-tokens: the codes, never the tokens."""
    user = logged_in(request)
    rows = [row for row in world.application_tokens.values() if row["user"] == user.id]
    wanted = request.query.get("application")
    rows = [row for row in rows if wanted in {"", row["application"]}]
    return page_of(request, rows, lambda row: _shape(world, row))


def _mine(world: Taiga, request: Request, number: int) -> Json:
    user = logged_in(request)
    row = world.application_tokens.get(number)
    if row is None or row["user"] != user.id:
        raise not_found(_NO_TOKEN)
    return row


def detail(world: Taiga, request: Request, /, *, number: int, **_: Any) -> Response:
    """GET /application-tokens/ID."""
    return answer(_shape(world, _mine(world, request, number)))


def revoke(world: Taiga, request: Request, /, *, number: int, **_: Any) -> Response:
    """DELETE /application-tokens/ID."""
    del world.application_tokens[_mine(world, request, number)["id"]]
    return Response(204)


def authorize(world: Taiga, request: Request, /, **_: Any) -> Response:
    """POST /application-tokens/authorize: a code, to be exchanged for the token."""
    user = logged_in(request)
    data = body_of(request)
    found = _application(world, data.get("application"))
    row = _row_of(world, user, found["id"])
    if row is None:
        number = world.next_id("application token")
        row = {"id": number, "user": user.id, "application": found["id"], "token": None}
        world.application_tokens[number] = row
    row |= {"auth_code": str(uuid.uuid4()), "state": data.get("state")}
    shape = _shape(world, row)
    return answer({"state": row["state"]} | {k: shape[k] for k in ("auth_code", "next_url")})


def validate(world: Taiga, request: Request, /, **_: Any) -> Response:
    """POST /application-tokens/validate: the token for a code, which is used up by it."""
    data = body_of(request)
    wanted = [data.get(name) for name in ("application", "auth_code", "state")]
    for row in world.application_tokens.values():
        if [row["application"], row["auth_code"], row["state"]] == wanted and wanted[1]:
            row["auth_code"] = None
            row["token"] = row["token"] or tokens.application_token(world, row["id"])
            return answer({"token": row["token"]})
    raise not_found(_NO_TOKEN)
