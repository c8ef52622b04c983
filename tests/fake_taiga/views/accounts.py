"""/auth, /users, /memberships."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fake_taiga.permissions import is_admin, may
from tests.fake_taiga.shapes import people
from tests.fake_taiga.views.common import asked_project, body_of, logged_in, page_of, unbuilt
from tests.fake_taiga.web import tokens
from tests.fake_taiga.web.messages import Response, answer
from tests.fake_taiga.web.parameters import project_of
from tests.fake_taiga.web.problems import Crash, bad_request, bad_token, not_found, required
from tests.fake_taiga.web.projects import visible

if TYPE_CHECKING:
    from tests.fake_taiga.model import Json, Project, User
    from tests.fake_taiga.taiga import Taiga
    from tests.fake_taiga.web.messages import Request
    from tests.fake_taiga.web.routes import Routes


def routes(table: Routes) -> None:
    """Add these resources."""
    table.add("/auth", POST=log_in)
    table.add("/auth/refresh", POST=refresh)
    table.add("/auth/verify", POST=verify)
    table.add("/auth/register", POST=unbuilt)
    table.add("/users", GET=users, POST=unbuilt)
    table.add("/users/me", GET=me)
    table.add("/users/{user:int}", GET=user, PUT=unbuilt, PATCH=unbuilt, DELETE=unbuilt)
    table.add("/memberships", GET=memberships, POST=unbuilt)


def log_in(world: Taiga, request: Request, /, **_: Any) -> Response:
    """POST /auth: a password for an access and a refresh token."""
    data = body_of(request)
    if not isinstance(data, dict):
        raise Crash("the body is no object")
    if "type" in data and not isinstance(data["type"], str):
        raise Crash("the type is no text")
    if data.get("type", "").lower() != world.settings.login_type:
        raise bad_request("invalid login type")
    lacking = [name for name in ("username", "password") if not data.get(name)]
    if lacking:
        raise required(*lacking)
    user = _by_password(world, str(data["username"]), str(data["password"]))
    if user is None:
        message = "No active account found with the given credentials"
        raise bad_token(message, "invalid_credentials")
    return answer(people.whole_user(user, world.projects.values()) | _pair(world, user))


def _by_password(world: Taiga, name: str, password: str) -> User | None:
    name = name.lower()
    for user in world.users.values():
        if name in {user.username.lower(), user.email.lower()}:
            return user if user.is_active and user.password == password else None
    return None


def _pair(world: Taiga, user: User) -> Json:
    return {
        "refresh": tokens.issue(world, user, "refresh"),
        "auth_token": tokens.issue(world, user, "access"),
    }


def refresh(world: Taiga, request: Request, /, **_: Any) -> Response:
    """POST /auth/refresh: both tokens anew; the old refresh token is dead from now on."""
    data = body_of(request)
    if not isinstance(data, dict) or not data.get("refresh"):
        raise required("refresh")
    claims = tokens.claims_of(world, str(data["refresh"]), "refresh")
    if claims is None:
        raise bad_token("Token is invalid or expired", "token_not_valid")
    world.refused_tokens.add(claims["jti"])
    pair = _pair(world, world.users[claims["user_id"]])
    return answer({"auth_token": pair["auth_token"], "refresh": pair["refresh"]})


def verify(_world: Taiga, _request: Request, /, **_: Any) -> Response:
    """POST /auth/verify: only for servers in debugging; a refusal without a word."""
    return Response(403)


def me(world: Taiga, request: Request, /, **_: Any) -> Response:
    """GET /users/me."""
    return answer(people.whole_user(logged_in(request), world.projects.values()))


def user(world: Taiga, request: Request, /, *, user: int, **_: Any) -> Response:
    """GET /users/ID."""
    found = world.users.get(user)
    if found is None:
        raise not_found("No User matches the given query.")
    if found is request.user:
        return answer(people.whole_user(found, world.projects.values()))
    return answer(people.listed_user(found, visible(world, request.user, "view_project")))


def users(world: Taiga, request: Request, /, **_: Any) -> Response:
    """GET /users: those who share a project with whom asks, or the members of one project."""
    if project_of(request.query) is None:
        projects = list(visible(world, request.user, "view_project"))
    else:
        projects = [asked_project(world, request)]
        projects = [one for one in projects if may(request.user, one, "view_project")]
    found = {member.user for project in projects for member in project.memberships}
    rows = sorted((one for one in found if one.is_active), key=lambda one: one.username)
    return page_of(request, rows, lambda one: people.listed_user(one, projects))


def memberships(world: Taiga, request: Request, /, **_: Any) -> Response:
    """GET /memberships: e-mails are for admins."""
    wanted = project_of(request.query)
    projects = sorted(visible(world, request.user, "view_project"), key=lambda one: one.name)
    rows = [
        (project, member)
        for project in projects
        if wanted in {None, project.id}
        for member in sorted(project.memberships, key=lambda one: one.user.full_name)
    ]
    return page_of(request, rows, lambda row: _membership(request, *row))


def _membership(request: Request, project: Project, member: Any) -> Json:
    return people.membership(member, project, with_email=is_admin(request.user, project))
