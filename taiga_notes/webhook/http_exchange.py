"""One HTTP exchange from the server's side: a bounded request in, a short answer out.

The little of HTTP/1.1 that a webhook needs, read strictly: a body has a Content-Length or comes in
chunks, as some proxies pass it on, and a connection carries one request.
"""

from __future__ import annotations

import re
from asyncio import LimitOverrunError, StreamReader, StreamWriter
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from taiga_notes.webhook.refusal import RefusalError

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_LINE = 256
"""Bytes of the line before a chunk, and of one behind the last."""

MOST_TRAILERS = 16
"""Lines behind the last chunk."""

_START = re.compile(
    # Some proxies send a whole address.
    r"(?P<method>[A-Z]{1,32}) (?:https?://[!-.0->@-~]+)?(?P<path>/[!->@-~]*)(?:\?[!-~]*)? "
    r"HTTP/1\.[0-9]"
)
_SIZE = re.compile(rb"[0-9A-Fa-f]{1,8}")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

_WITH_STATUS: Mapping[HTTPStatus, Mapping[str, str]] = {
    HTTPStatus.METHOD_NOT_ALLOWED: {"Allow": "POST"},
    HTTPStatus.UNAUTHORIZED: {"WWW-Authenticate": "X-TAIGA-WEBHOOK-SIGNATURE"},
}


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A request's head.

    Attributes:
        method: such as `POST`.
        path: without the query.
        headers: with lower-case names; one sent twice is joined with a comma.
    """

    method: str
    path: str
    # Not shown: a proxy before us may put its own credentials there.
    headers: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What is answered.

    Attributes:
        status: the status.
        text: one line for a human who looks.
    """

    status: HTTPStatus
    text: str

    def __bytes__(self) -> bytes:
        body = f"{self.text}\n".encode()
        fields = {
            "Content-Type": "text/plain; charset=utf-8",
            "Content-Length": str(len(body)),
            "Connection": "close",
            **_WITH_STATUS.get(self.status, {}),
        }
        lines = [f"{name}: {value}" for name, value in fields.items()]
        head = [f"HTTP/1.1 {self.status.value} {self.status.phrase}", *lines, "", ""]
        return "\r\n".join(head).encode() + body


async def read_request(reader: StreamReader, path: str) -> HttpRequest:
    """Reads the head of a request, which is a POST.

    Args:
        reader: where it comes.
        path: the only one that is taken, with or without a slash at its end; empty for any.

    Raises:
        RefusalError: it is none, or larger than the reader's limit.
        IncompleteReadError: the client left before its end.
    """
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except LimitOverrunError:
        status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
        raise RefusalError(status, "headers too large") from None
    request = _parse(head.decode("latin-1"))
    if path and request.path.rstrip("/") != path:
        raise RefusalError(HTTPStatus.NOT_FOUND, "nothing here")
    if request.method != "POST":
        raise RefusalError(HTTPStatus.METHOD_NOT_ALLOWED, "only POST")
    return request


def _parse(head: str) -> HttpRequest:
    line, *fields = head.removesuffix("\r\n\r\n").split("\r\n")
    if not (start := _START.fullmatch(line)):
        raise RefusalError(HTTPStatus.BAD_REQUEST, "no HTTP request")
    headers: dict[str, str] = {}
    for text in fields:
        name, colon, value = text.partition(":")
        if not (colon and _TOKEN.fullmatch(name)):
            raise RefusalError(HTTPStatus.BAD_REQUEST, "malformed headers")
        # One sent twice becomes a list: neither a length nor a signature is one.
        earlier = headers.get(name.lower())
        headers[name.lower()] = value.strip() if earlier is None else f"{earlier}, {value.strip()}"
    return HttpRequest(start["method"], start["path"], headers)


async def read_body(reader: StreamReader, headers: Mapping[str, str], limit: int) -> bytes:
    """Reads the body of a request.

    Args:
        reader: where it comes.
        headers: the request's.
        limit: bytes.

    Raises:
        RefusalError: it exceeds the limit, or where it ends is not clear.
        IncompleteReadError: the client left before its end.
    """
    coding = headers.get("transfer-encoding")
    if coding is None:
        return await reader.readexactly(body_length(headers, limit))
    if coding.lower() != "chunked" or "content-length" in headers:
        # With two lengths a proxy before us may have seen another body than we.
        raise RefusalError(HTTPStatus.BAD_REQUEST, "no usable Transfer-Encoding")
    return await _read_chunks(reader, limit)


async def _read_chunks(reader: StreamReader, limit: int) -> bytes:
    pieces: list[bytes] = []
    left = limit
    while size := await _chunk_size(reader):
        left -= size
        if left < 0:
            raise RefusalError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too large")
        pieces.append(await reader.readexactly(size))
        if await reader.readexactly(2) != b"\r\n":
            raise _malformed()
    for _ in range(MOST_TRAILERS):
        if await _line(reader) == b"":
            return b"".join(pieces)
    raise _malformed()


async def _chunk_size(reader: StreamReader) -> int:
    digits = (await _line(reader)).partition(b";")[0].strip(b" \t")
    if not _SIZE.fullmatch(digits):
        raise _malformed()
    return int(digits, 16)


async def _line(reader: StreamReader) -> bytes:
    try:
        line = await reader.readuntil(b"\r\n")
    except LimitOverrunError:
        raise _malformed() from None
    if len(line) > LONGEST_LINE:
        raise _malformed()
    return line[:-2]


def _malformed() -> RefusalError:
    return RefusalError(HTTPStatus.BAD_REQUEST, "malformed chunks")


def body_length(headers: Mapping[str, str], limit: int) -> int:
    """How long the body is going to be, in bytes.

    Raises:
        RefusalError: the client does not say, or it exceeds the limit.
    """
    if "content-length" not in headers:
        raise RefusalError(HTTPStatus.LENGTH_REQUIRED, "no Content-Length")
    text = headers["content-length"]
    if not (text.isascii() and text.isdecimal()):
        raise RefusalError(HTTPStatus.BAD_REQUEST, "no usable Content-Length")
    digits = text.lstrip("0") or "0"
    # Of a number with thousands of digits Python makes none.
    if len(digits) > len(str(limit)) or int(digits) > limit:
        raise RefusalError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too large")
    return int(digits)


async def part(reader: StreamReader, writer: StreamWriter) -> None:
    """Sends the answer to its end.

    What the client still sends is read and dropped: were the connection closed over it, the
    client's system would throw the answer away.
    """
    await writer.drain()
    writer.write_eof()
    while await reader.read(2**16):
        pass
