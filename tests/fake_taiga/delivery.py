"""Webhook deliveries: the bytes, their signature, and the post over a real socket."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import ipaddress
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.fake_taiga.clock import shown

if TYPE_CHECKING:
    from tests.fake_taiga.model import Json, Webhook
    from tests.fake_taiga.world import World

_PATIENCE = 30
"""Seconds. Taiga itself waits for ever; a test must end."""
_KEPT_LOGS = 10


@dataclass(slots=True)
class Delivery:
    """One webhook request.

    Attributes:
        webhook: whose it is.
        data: the JSON that it says.
        body: the exact bytes: UTF-8, nothing escaped that need not be.
        headers: as they go on the wire, signatures included.
        status: the receiver's answer; 0 before one, and where none came.
    """

    webhook: Webhook
    data: Json
    body: bytes
    headers: dict[str, str]
    status: int = 0


def signature(body: bytes, key: str) -> str:
    """The hex digest that both signature headers carry: HMAC-SHA1 over the raw bytes."""
    return hmac.new(key.encode(), body, hashlib.sha1).hexdigest()


def signed(data: Json, key: str) -> tuple[bytes, dict[str, str]]:
    """A delivery's exact bytes and its headers, for tests that post it themselves.

    Args:
        data: the envelope, as `shapes.hooks` builds it.
        key: the webhook's key.
    """
    body = json.dumps(data, ensure_ascii=False).encode()
    digest = signature(body, key)
    headers = {
        "User-Agent": "python-urllib3/2.5.0",
        "X-TAIGA-WEBHOOK-SIGNATURE": digest,
        "X-Hub-Signature": f"sha1={digest}",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
    }
    return body, headers


def prepared(webhook: Webhook, data: Json) -> Delivery:
    """A delivery that is ready to be sent."""
    body, headers = signed(data, webhook.key)
    return Delivery(webhook, data, body, headers)


def send(world: World, delivery: Delivery) -> Json:
    """Post a delivery and log it as Taiga does; there is no second try.

    Returns:
        The row of /webhooklogs.
    """
    url = delivery.webhook.url
    if not world.settings.hooks_to_private_addresses and is_private(url):
        return _logged(world, delivery, ("error-in-request: Not allowed IP Address", {}, 0.0))
    started = time.perf_counter()
    try:
        status, text, headers = _post(url, delivery)
    except (OSError, http.client.HTTPException) as error:
        return _logged(world, delivery, (f"error-in-request: {error}", {}, 0.0))
    delivery.status = status
    if status in {301, 302, 303, 307, 308}:
        return _logged(world, delivery, ("error-in-request: Redirects are not allowed", {}, 0.0))
    content = json.dumps({"content": text})
    return _logged(world, delivery, (content, headers, time.perf_counter() - started))


def is_private(url: str) -> bool:
    """Whether an address names a private or loopback host by its number."""
    try:
        return ipaddress.ip_address(urlsplit(url).hostname or "").is_private
    except ValueError:
        return urlsplit(url).hostname == "localhost"


def _post(url: str, delivery: Delivery) -> tuple[int, str, Json]:
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = http.client.HTTPConnection(parts.netloc, timeout=_PATIENCE)
    try:
        connection.request("POST", target, body=delivery.body, headers=delivery.headers)
        response = connection.getresponse()
        text = response.read().decode("utf-8", "replace")
        return response.status, text, dict(response.getheaders())
    finally:
        connection.close()


def _logged(world: World, delivery: Delivery, outcome: tuple[str, Json, float]) -> Json:
    response, headers, seconds = outcome
    shown_headers = {k: v for k, v in delivery.headers.items() if k != "User-Agent"}
    with world.lock:
        webhook = delivery.webhook
        webhook.logs_counter = min(webhook.logs_counter + 1, _KEPT_LOGS)
        row = {
            "id": world.next_id("webhooklog"),
            "webhook": webhook.id,
            "url": webhook.url,
            "status": delivery.status,
            "request_data": delivery.data,
            "request_headers": shown_headers,
            "response_data": response,
            "response_headers": headers,
            "duration": round(seconds, 6),
            "created": shown(world.clock.stamp()),
        }
        world.webhook_logs.append(row)
        mine = [one for one in world.webhook_logs if one["webhook"] == webhook.id]
        for old in mine[:-_KEPT_LOGS]:
            world.webhook_logs.remove(old)
        world.deliveries.append(delivery)
    return row
