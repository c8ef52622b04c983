"""Asking the fake's application in place, without a socket."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.fake_taiga import Taiga
    from tests.fake_taiga.model import Json, User


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: header names in small letters, the body as JSON or text."""

    status: int
    headers: dict[str, str]
    body: Any


class Visitor:
    """Somebody who asks.

    Args:
        taiga: whom.
        user: as whom; None for an anonymous visitor.
    """

    def __init__(self, taiga: Taiga, user: User | None = None) -> None:
        self.taiga = taiga
        self.headers = {"Authorization": f"Bearer {taiga.token(user)}"} if user else {}

    def ask(self, method: str, path: str, body: str | None = None, **headers: str) -> Answer:
        """Ask; header names with underscores."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        said = ask(self.taiga, method, path, self.headers | given, body)
        return Answer(said[0], {name.lower(): value for name, value in said[1]}, said[2])

    def get(self, path: str, **headers: str) -> Answer:
        """Ask for something."""
        return self.ask("GET", path, **headers)

    def send(self, method: str, path: str, data: Any) -> Answer:
        """Send JSON."""
        return self.ask(method, path, json.dumps(data), Content_Type="application/json")

    def ids(self, path: str) -> list[int]:
        """The ids of a list, unpaged."""
        return [row["id"] for row in self.get(path, X_Disable_Pagination="1").body]


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
    is_json = text and (kind == "application/json" or text.startswith(b"{"))
    return int(started[0][:3]), started[1], json.loads(text) if is_json else text.decode()
