"""Faults: what goes wrong between a server and its client, on demand.

taiga.faults.add("reset", times=2, path="/userstories")
taiga.faults.add("unavailable", probability=0.1, times=None)
"""

from __future__ import annotations

import gzip
import random
import re
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.fake_taiga.web.messages import Headers, Response, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.fake_taiga.web.messages import Request

    Real = Callable[[Request], Response]


class Broken(OSError):  # noqa: N818 - it is a state, and tests read it so
    """The connection ends here, without a word; `reset` is the ruder way."""

    def __init__(self, *, reset: bool = False) -> None:
        super().__init__("the fake Taiga hangs up")
        self.reset = reset


@dataclass(slots=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        name: which; one of `FAULTS`.
        times: for how many requests; None for all.
        path: a pattern that the path with its query must hold, such as `/userstories.*page=2`.
        method: only requests of this method; all if empty.
        probability: how often, of the requests that fit; drawn from the seeded generator.
        after: how many requests that fit pass unharmed first.
        seconds: how long, for the slow ones; what a 429 says.
        header: the header in which a 429 or 503 says how long to wait; none if empty.
        size: bytes, for the huge ones.
        location: where a redirect leads.
        over: set when all is well again; the slow ones wait no longer.
    """

    name: str
    times: int | None = 1
    path: str = ""
    method: str = ""
    probability: float = 1.0
    after: int = 0
    seconds: float = 1.0
    header: str = ""
    size: int = 100_000_000
    location: str = "http://elsewhere.example/api/v1/"
    over: threading.Event = field(default_factory=threading.Event)

    def fits(self, request: Request) -> bool:
        """Whether a request may be met by it."""
        target = f"{request.path}?{request.raw_query}"
        return (
            self.times != 0
            and self.method in {"", request.method}
            and bool(re.search(self.path, target))
        )


class Faults:
    """The faults that are waiting; each request meets at most one, the first that fits."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: list[Fault] = []
        self._random = random.Random(1)  # noqa: S311 - chance that can be repeated
        self.met = 0

    def add(self, name: str, **options: Any) -> Fault:
        """Let something go wrong; the options are `Fault`'s attributes."""
        if name not in FAULTS:
            raise LookupError(f"{name!r} is none of {sorted(FAULTS)}")
        fault = Fault(name, **options)
        with self._lock:
            self._waiting.append(fault)
        return fault

    def clear(self) -> None:
        """All is well again."""
        with self._lock:
            for fault in self._waiting:
                fault.over.set()
            self._waiting.clear()

    def seed(self, number: int) -> None:
        """Start the chances anew."""
        self._random.seed(number)

    def apply(self, request: Request, real: Real) -> Response:
        """The answer to a request, or what a fault makes of it.

        Raises:
            Broken: there is none.
        """
        fault = self._take(request)
        if fault is None:
            return real(request)
        return FAULTS[fault.name](fault, request, real)

    def _take(self, request: Request) -> Fault | None:
        with self._lock:
            for fault in self._waiting:
                if not fault.fits(request):
                    continue
                if fault.after > 0:
                    fault.after -= 1
                    continue
                if self._random.random() < fault.probability:
                    fault.times = None if fault.times is None else fault.times - 1
                    self.met += 1
                    return fault
        return None


def _page(status: int, title: str, headers: Headers | None = None) -> Response:
    text = f"<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
    return Response(status, text.encode(), headers or [], "text/html")


def _gateway(status: int, title: str) -> Callable[[Fault, Request, Real], Response]:
    def fault(self: Fault, _request: Request, _real: Real) -> Response:
        wait = [(self.header, f"{self.seconds:g}")] if self.header else []
        return _page(status, f"{status} {title}", wait)

    return fault


def _throttled(self: Fault, _request: Request, _real: Real) -> Response:
    message = f"Request was throttled.Expected available in {int(self.seconds)} seconds."
    body = {"_error_message": message, "_error_type": "taiga.base.exceptions.Throttled"}
    wait = [(self.header, f"{self.seconds:g}")] if self.header else []
    return Response(429, encode(body), wait)


def _reset(_self: Fault, _request: Request, _real: Real) -> Response:
    raise Broken(reset=True)


def _hang_up(_self: Fault, _request: Request, _real: Real) -> Response:
    raise Broken


def _lost_answer(_self: Fault, request: Request, real: Real) -> Response:
    real(request)
    raise Broken


def _cut(_self: Fault, request: Request, real: Real) -> Response:
    response = real(request)
    response.stream = _then_broken(response.body[: len(response.body) // 2])
    return response


def _then_broken(start: bytes) -> Iterator[bytes]:
    yield start
    raise Broken


def _half_json(_self: Fault, request: Request, real: Real) -> Response:
    response = real(request)
    response.body = response.body[: len(response.body) // 2]
    return response


def _empty(_self: Fault, request: Request, real: Real) -> Response:
    response = real(request)
    response.body = b""
    return response


def _html(_self: Fault, _request: Request, _real: Real) -> Response:
    return _page(200, "Please log in to the network")


def _wrong_length(_self: Fault, request: Request, real: Real) -> Response:
    response = real(request)
    response.headers.append(("Content-Length", str(len(response.body) + 10)))
    response.stream = _then_broken(response.body)
    return response


def _slow_start(self: Fault, request: Request, real: Real) -> Response:
    self.over.wait(self.seconds)
    return real(request)


def _slow_body(self: Fault, request: Request, real: Real) -> Response:
    response = real(request)
    response.stream = _dripping(response.body, self)
    return response


def _dripping(body: bytes, fault: Fault, parts: int = 10) -> Iterator[bytes]:
    size = max(1, -(-len(body) // parts))
    for start in range(0, len(body), size):
        fault.over.wait(fault.seconds / parts)
        yield body[start : start + size]


def _wrong_type(_self: Fault, request: Request, real: Real) -> Response:
    response = real(request)
    response.body = b'{"unexpected": true}' if response.body.startswith(b"[") else b"[1, 2]"
    return response


def _bare_rows(_self: Fault, request: Request, real: Real) -> Response:
    response = real(request)
    response.body = b'["no", "rows", null]'
    return response


def _short_list(_self: Fault, request: Request, real: Real) -> Response:
    """The last row of a list is missing, and the headers do not know."""
    response = real(request)
    body, _, _ = response.body.rpartition(b', {"')
    response.body = body + b"]" if body else b"[]"
    return response


def _redirect(self: Fault, _request: Request, _real: Real) -> Response:
    return Response(302, b"", [("Location", self.location)], "text/html")


def _gzipped(_self: Fault, request: Request, real: Real) -> Response:
    response = real(request)
    response.body = gzip.compress(response.body)
    response.headers.append(("Content-Encoding", "gzip"))
    return response


def _huge(self: Fault, _request: Request, _real: Real) -> Response:
    response = Response(200, headers=[("Content-Length", str(self.size))])
    response.stream = _many_spaces(self.size)
    return response


def _many_spaces(size: int) -> Iterator[bytes]:
    block = b" " * 65536
    for start in range(0, size, len(block)):
        yield block[: size - start]


def _bomb(self: Fault, _request: Request, _real: Real) -> Response:
    """A small answer that unpacks to a huge one."""
    packed = gzip.compress(b"[" + b" " * self.size + b"]")
    return Response(200, packed, [("Content-Encoding", "gzip")])


FAULTS: dict[str, Callable[[Fault, Request, Real], Response]] = {
    "error": _gateway(500, "Server Error"),
    "bad gateway": _gateway(502, "Bad Gateway"),
    "unavailable": _gateway(503, "Service Unavailable"),
    "gateway timeout": _gateway(504, "Gateway Time-out"),
    "throttled": _throttled,
    "reset": _reset,
    "hang up": _hang_up,
    "lost answer": _lost_answer,
    "cut": _cut,
    "half json": _half_json,
    "empty": _empty,
    "html": _html,
    "wrong length": _wrong_length,
    "slow start": _slow_start,
    "slow body": _slow_body,
    "wrong type": _wrong_type,
    "bare rows": _bare_rows,
    "short list": _short_list,
    "redirect": _redirect,
    "gzip": _gzipped,
    "huge": _huge,
    "bomb": _bomb,
}
"""What can go wrong, by name.

`error`, `bad gateway`, `unavailable`, `gateway timeout`: HTML with that status, and with
`header="Retry-After"` how long to wait. `throttled`: 429 with `header` (either
`X-Throttle-Wait-Seconds` or `Retry-After`, or none). `reset`, `hang up`: the connection ends
before an answer; `lost answer`: it ends after the request was carried out; `cut`: in the middle of
the body. `half json`, `empty`, `html`, `wrong length`, `wrong type`, `bare rows`, `short list`: a
status 200 that is none. `slow start`, `slow body`: `seconds` late. `redirect`: 302 to `location`.
`gzip`: the right answer, packed. `huge`, `bomb`: `size` bytes of nothing, plain or packed.
"""
