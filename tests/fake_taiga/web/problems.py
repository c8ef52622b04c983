"""What goes wrong, in Taiga's six shapes.

1. `_error_message` and `_error_type`; 2. `_error_message` alone, often empty; 3. `detail` and
`code`; 4. a list of messages by field (or one string, for a version); 5. a bare string; 6. HTML.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fake_taiga.web.languages import translated
from tests.fake_taiga.web.messages import Headers, Response, answer

if TYPE_CHECKING:
    from tests.fake_taiga.model import Json

CHALLENGE = ("WWW-Authenticate", 'Bearer realm="api"')


class Problem(Exception):  # noqa: N818 - it is an answer, not an error of the fake
    """An answer that is no success.

    Args:
        status: the HTTP status.
        body: the JSON.
        headers: more headers.
    """

    def __init__(self, status: int, body: Any, headers: Headers | None = None) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body
        self.headers = headers or []

    def response(self, language: str) -> Response:
        """The answer, its messages in the client's language."""
        return answer(translated(self.body, language), self.status, self.headers)


class Crash(Exception):  # noqa: N818 - it is an answer, not an error of the fake
    """A fault of the server itself: HTML, status 500."""


def typed(message: str, name: str, module: str = "taiga.base.exceptions") -> Json:
    """The body of the common shape."""
    return {"_error_message": message, "_error_type": f"{module}.{name}"}


def not_authenticated(
    message: str = "Authentication credentials were not provided.",
) -> Problem:
    """401: nobody is logged in, or with an application token that is not known."""
    return Problem(401, typed(message, "NotAuthenticated"), [CHALLENGE])


def denied() -> Problem:
    """403: logged in, but not allowed to."""
    message = "You do not have permission to perform this action."
    return Problem(403, typed(message, "PermissionDenied"))


def not_found(message: str = "") -> Problem:
    """404: often without a word."""
    return Problem(404, {"_error_message": message})


def bad_request(message: str = "Wrong arguments.") -> Problem:
    """400 of the common shape."""
    return Problem(400, typed(message, "BadRequest"))


def unparsable(message: str) -> Problem:
    """400: the request's body is no JSON."""
    return Problem(400, typed(f"JSON parse error - {message}", "ParseError"))


def invalid(fields: Json) -> Problem:
    """400: what is wrong, by field."""
    return Problem(400, fields)


def required(*names: str) -> Problem:
    """400: these fields are missing."""
    return invalid({name: ["This field is required."] for name in names})


def bad_token(detail: str, code: str, messages: list[Json] | None = None) -> Problem:
    """401 of the login's own shape."""
    body: Json = {"detail": detail, "code": code}
    if messages is not None:
        body["messages"] = messages
    return Problem(401, body, [CHALLENGE])


def method_not_allowed(method: str) -> Problem:
    """405."""
    return Problem(405, typed(f"Method '{method}' not allowed.", "MethodNotAllowed"))


def not_acceptable() -> Problem:
    """406: the client takes no JSON."""
    message = "Could not satisfy the request's Accept header"
    return Problem(406, typed(message, "NotAcceptable"))


def unsupported_media_type(name: str) -> Problem:
    """415."""
    message = f"Unsupported media type '{name}' in request."
    return Problem(415, typed(message, "UnsupportedMediaType"))


def throttled(wait: float) -> Problem:
    """429: the message cuts the seconds, the header rounds them up. There is no Retry-After."""
    plural = "" if wait == 1 else "s"
    message = f"Request was throttled.Expected available in {int(wait)} second{plural}."
    seconds = str(-int(-wait // 1))
    return Problem(429, typed(message, "Throttled"), [("X-Throttle-Wait-Seconds", seconds)])


def blocked() -> Problem:
    """451: the project is blocked."""
    return Problem(451, typed("Blocked element", "Blocked"))


def html_page(status: int, title: str, text: str) -> Response:
    """One of Django's own pages."""
    page = (
        f'\n<!doctype html>\n<html lang="en">\n<head>\n  <title>{title}</title>\n</head>\n'
        f"<body>\n  <h1>{title}</h1><p>{text}</p>\n</body>\n</html>\n"
    )
    return Response(status, page.encode(), content_type="text/html")


def unknown_route() -> Response:
    """404 in HTML: no such route. A trailing slash is enough."""
    text = "The requested resource was not found on this server."
    return html_page(404, "Not Found", text)


def crashed(content_type: str) -> Response:
    """500: HTML; a JSON request gets JSON, labelled as HTML."""
    if content_type == "application/json":
        found = answer({"error": "Server application error"}, 500)
        found.content_type = "text/html; charset=utf-8"
        return found
    return html_page(500, "Server Error (500)", "")
