"""Asking the fake's application in place, without a socket."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fake_taiga import Taiga
    from tests.fake_taiga.model import Json


def ask(
    taiga: Taiga, method: str, path: str, headers: dict[str, str], body: str | None = None
) -> tuple[int, list[tuple[str, str]], Any]:
    """Ask the application in place: status, headers, body."""
    target, _, query = path.partition("?")
    data = (body or "").encode()
    environ: Json = {
        "REQUEST_METHOD": method,
        "PATH_INFO": f"/api/v1{target}",
        "QUERY_STRING": query,
        "CONTENT_LENGTH": str(len(data)),
        "wsgi.input": io.BytesIO(data),
        "wsgi.url_scheme": "http",
    }
    for name, value in headers.items():
        key = name.upper().replace("-", "_")
        environ[key if key == "CONTENT_TYPE" else f"HTTP_{key}"] = value
    started: list[Any] = []

    def start(*said: Any) -> Any:
        started.extend(said)

    text = b"".join(taiga.app(environ, start))
    kind = dict(started[1]).get("Content-Type", "")
    is_json = kind == "application/json" or text.startswith(b"{")
    return int(started[0][:3]), started[1], json.loads(text) if is_json else text.decode()
