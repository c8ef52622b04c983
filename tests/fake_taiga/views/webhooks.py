"""/webhooks and /webhooklogs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from tests.fake_taiga import delivery
from tests.fake_taiga.model import Webhook
from tests.fake_taiga.permissions import is_admin
from tests.fake_taiga.shapes.hooks import envelope_of_test
from tests.fake_taiga.views.common import body_of, logged_in, page_of, refused
from tests.fake_taiga.web.messages import Response, answer
from tests.fake_taiga.web.problems import blocked, invalid, not_found, required

if TYPE_CHECKING:
    from tests.fake_taiga.model import Json, Project
    from tests.fake_taiga.taiga import Taiga
    from tests.fake_taiga.web.messages import Request
    from tests.fake_taiga.web.routes import Routes, View

_FIELDS = ("name", "url", "key")
_URL = re.compile(r"https?://[\w.\[\]-]+(?::\d{2,5})?(?:[/?#]\S*)?")
"""What Django's URLField takes, near enough: a port of one digit is refused."""


def routes(table: Routes) -> None:
    """Add these resources."""
    table.add("/webhooks", GET=webhooks, POST=create)
    views: dict[str, View] = {"GET": detail, "PUT": change, "PATCH": change, "DELETE": delete}
    table.add("/webhooks/{number:int}", **views)
    table.add("/webhooks/{number:int}/test", POST=test)
    table.add("/webhooklogs", GET=logs)
    table.add("/webhooklogs/{number:int}/resend", POST=resend)


def _shape(webhook: Webhook) -> Json:
    return {
        "id": webhook.id,
        "project": webhook.project.id,
        "name": webhook.name,
        "url": webhook.url,
        "key": webhook.key,
        "logs_counter": webhook.logs_counter,
    }


def _mine(world: Taiga, request: Request) -> list[Webhook]:
    """The webhooks of the projects that the user administers."""
    found = [one for one in world.webhooks.values() if is_admin(request.user, one.project)]
    wanted = request.query.find("project")
    return [one for one in found if wanted in {None, str(one.project.id)}]


def webhooks(world: Taiga, request: Request, /, **_: Any) -> Response:
    """GET /webhooks: the keys are in it."""
    return page_of(request, _mine(world, request), _shape)


def create(world: Taiga, request: Request, /, **_: Any) -> Response:
    """POST /webhooks."""
    data = body_of(request)
    project = world.projects.get(data.get("project", 0))
    lacking = [name for name in ("project", *_FIELDS) if not data.get(name)]
    if project is None or lacking:
        raise required(*(lacking or ["project"]))
    _administered(request, project)
    _check_url(world, data["url"])
    number = world.next_id("webhook")
    webhook = Webhook(number, project, data["name"], data["url"], data["key"])
    world.webhooks[number] = webhook
    return answer(_shape(webhook), 201)


def _administered(request: Request, project: Project) -> None:
    if not is_admin(request.user, project):
        raise refused(request)
    if project.blocked_code is not None:
        raise blocked()


def _check_url(world: Taiga, url: str) -> None:
    if not _URL.fullmatch(url):
        raise invalid({"url": ["Enter a valid URL."]})
    if not world.settings.hooks_to_private_addresses and delivery.is_private(url):
        raise invalid({"url": ["Not allowed IP Address"]})


def _webhook(world: Taiga, request: Request, number: int) -> Webhook:
    found = world.webhooks.get(number)
    if found is None:
        raise not_found("No Webhook matches the given query.")
    _administered(request, found.project)
    return found


def detail(world: Taiga, request: Request, /, *, number: int, **_: Any) -> Response:
    """GET /webhooks/ID."""
    return answer(_shape(_webhook(world, request, number)))


def change(world: Taiga, request: Request, /, *, number: int, **_: Any) -> Response:
    """PATCH /webhooks/ID."""
    webhook = _webhook(world, request, number)
    data = body_of(request)
    if "url" in data:
        _check_url(world, data["url"])
    for name in _FIELDS:
        setattr(webhook, name, data.get(name, getattr(webhook, name)))
    return answer(_shape(webhook))


def delete(world: Taiga, request: Request, /, *, number: int, **_: Any) -> Response:
    """DELETE /webhooks/ID."""
    del world.webhooks[_webhook(world, request, number).id]
    return Response(204)


def test(world: Taiga, request: Request, /, *, number: int, **_: Any) -> Response:
    """POST /webhooks/ID/test: delivers at once and gives the row of the log."""
    webhook = _webhook(world, request, number)
    moment = world.clock.stamp()
    data = envelope_of_test(logged_in(request), moment, world.settings.web_url)
    return _sent(world, webhook, data)


def _sent(world: Taiga, webhook: Webhook, data: Json) -> Response:
    """Deliver when the lock is free: the receiver may well ask this server back."""
    due = delivery.prepared(webhook, data)
    return Response(later=lambda: answer(delivery.send(world, due)))


def logs(world: Taiga, request: Request, /, **_: Any) -> Response:
    """GET /webhooklogs: the last ten of a webhook, the newest first."""
    mine = {one.id for one in _mine(world, request)}
    wanted = request.query.find("webhook")
    rows = [
        row
        for row in reversed(world.webhook_logs)
        if row["webhook"] in mine and wanted in {None, str(row["webhook"])}
    ]
    return page_of(request, rows, _stored_log)


_STORED = ("request_data", "request_headers", "response_headers")


def _stored_log(row: Json) -> Json:
    return row | {name: _as_stored(row[name]) for name in _STORED}


def resend(world: Taiga, request: Request, /, *, number: int, **_: Any) -> Response:
    """POST /webhooklogs/ID/resend: the same JSON in other bytes, so under another signature."""
    for row in world.webhook_logs:
        if row["id"] == number:
            webhook = _webhook(world, request, row["webhook"])
            return _sent(world, webhook, _as_stored(row["request_data"]))
    raise not_found("No WebhookLog matches the given query.")


def _as_stored(data: Any) -> Any:
    """JSON as PostgreSQL's jsonb gives it back: keys in its own order, short ones first."""
    if isinstance(data, list):
        return [_as_stored(one) for one in data]
    if not isinstance(data, dict):
        return data
    return {key: _as_stored(data[key]) for key in sorted(data, key=lambda key: (len(key), key))}
