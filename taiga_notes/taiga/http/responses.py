"""What Taiga's answers say: bytes and headers in, JSON, messages and waiting times out.

Pure. Error bodies come in six shapes, and their texts are translated, long, or written by a proxy
that Taiga knows nothing of; here they become one short line that a terminal can show. Only what has
Taiga's shape is Taiga's refusal: a 401 of a proxy says nothing of a token, a firewall's 403 nothing
of a project.
"""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from types import MappingProxyType
from typing import TYPE_CHECKING, NoReturn

from taiga_notes.errors import RefusedError, SourceError, ThrottledError, UnreachableError
from taiga_notes.taiga.http.strangers import answering, titled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from taiga_notes.taiga.http.strangers import Stranger

LONGEST = 200
"""Characters of a server's text that a message repeats."""

_LOOKED_AT = 64 * 1024
"""Bytes of a page in which its title is looked for."""

_NONE: Mapping[str, str] = MappingProxyType({})

NOT_JSON = object()
"""Stands for a body that is no JSON document."""

_HALF = re.compile(rb"\\u[dD](?:[89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F]|([89a-fA-F]))")
_PAIR = re.compile("[\ud800-\udfff]")
_HINTS: dict[int, str] = {
    HTTPStatus.FORBIDDEN: "this account has no right to read that",
    HTTPStatus.NOT_FOUND: "it does not exist, or is not visible to this account",
}
_WRONG_ADDRESS = "is `api` right? It usually ends in /api/v1"
_ON_THE_WAY = (
    "a proxy, gateway or firewall on the way answered in Taiga's place: try again later; `headers` "
    "in your own configuration may let you through"
)
TRY_LATER = "try again; if it stays so, the server is down, or a firewall is in the way"
"""What to do where nobody answers, or not to the end."""

ASK_FOR_LESS = "let a filter leave fewer rows, such as userstories{is_closed='false'}"
"""What to do where there is too much."""

_DOWN = "Taiga, or the way to it, is down: try again later"
_TITLE = re.compile(rb"<title[^<>]{0,200}>([^<]{0,2000})", re.IGNORECASE)
_HEADING = re.compile(rb"<h1[^<>]{0,200}>([^<]{0,2000})", re.IGNORECASE)
_CODES = frozenset(
    (
        *("token_not_valid", "bad_authorization_header", "authentication_failed"),
        *("not_authenticated", "invalid_credentials", "no_active_account", "user_not_found"),
        *("user_inactive", "password_changed", "permission_denied"),
    )
)
"""Of Taiga's errors about tokens and logins (auth/exceptions.py, auth/authentication.py)."""
_NO_FIELDS = frozenset(
    ("code", "detail", "error", "errors", "message", "messages", "reason", "title")
)
"""Keys of other servers' errors, which look like Taiga's complaints about a field."""


class TroubleError(UnreachableError):
    """No answer, or one that another try may better: a reset, a time-out, 5xx, half a JSON.

    Args:
        message: see `TaigaNotesError`.
        hint: see `TaigaNotesError`.
        seconds: to wait before that try, where the server said so.
        stranger: who answered in Taiga's place, where that is known.
    """

    def __init__(
        self,
        message: str,
        *,
        hint: str = "",
        seconds: float | None = None,
        stranger: Stranger | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.seconds = seconds
        self.stranger = stranger


class SilentError(TroubleError):
    """Nothing answers."""


class UnsentError(SilentError):
    """The request never left this machine."""


class TooSlowError(TroubleError):
    """An answer that came too slowly; another try would take as long."""


class OversizedError(SourceError):
    """An answer beyond the bound."""


class NotTaigaError(TroubleError):
    """Somebody else answered in Taiga's place: nothing is known of Taiga, now."""


class RedirectedError(UnreachableError):
    """The server sends us elsewhere, where we don't go."""


def how_long(seconds: float | None) -> str:
    """A time to wait, behind "for"; None where it is not known."""
    return "a while" if seconds is None else f"another {seconds:.0f} seconds"


def throttled(seconds: float | None, *, by_taiga: bool = True) -> ThrottledError:
    """The error for a 429; see `ThrottledError`."""
    who = "Taiga" if by_taiga else "a gateway on the way to Taiga"
    return ThrottledError(
        f"{who} is throttling this account or address for {how_long(seconds)}",
        seconds=seconds,
        by_taiga=by_taiga,
        hint="try again then, or raise `max_wait`",
    )


def decode(body: bytes) -> object:
    """The JSON document in `body`, or `NOT_JSON`.

    Every string in it can be written to a UTF-8 file: an escape that names half a character
    becomes U+FFFD.
    """
    try:
        data: object = json.loads(body.decode("utf-8-sig"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return NOT_JSON
    return without_halves(data) if names_halves(body) else data


def names_halves(body: bytes) -> bool:
    """Whether some escape in `body` may name half a character (a surrogate without its other)."""
    # One pattern that begins with plain text: a look-behind costs more than parsing the JSON.
    return any(half[1] for half in _HALF.finditer(body))


def _refuse_constant(name: str) -> NoReturn:
    # Python's parser takes NaN and Infinity for JSON; they would upset every comparison later.
    raise ValueError(name)


def without_halves(data: object) -> object:
    """The same data with U+FFFD in place of each half of a character."""
    match data:
        case str():
            return _PAIR.sub("\ufffd", data)
        case list():
            return [without_halves(item) for item in data]
        case dict():
            return {_PAIR.sub("\ufffd", key): without_halves(value) for key, value in data.items()}
        case _:
            return data


def complaint(data: object, secrets: Iterable[str] = ()) -> str:
    """What an error body says, as one short printable line; empty where it says nothing.

    Args:
        data: the body as `decode` gave it.
        secrets: what must not be repeated, should the server echo it.
    """
    # Secrets go before the text is cut: half of one would not be found.
    text = "; ".join(part for part in _parts(data) if part)
    return one_line(veiled(text, secrets)).rstrip(".")


def veiled(text: str, secrets: Iterable[str]) -> str:
    """A server's or proxy's text without what it may have echoed."""
    for secret in filter(None, secrets):
        text = text.replace(secret, "…")
    return text


def _parts(data: object) -> Iterator[str]:
    match data:
        case str():
            yield data
        case {"_error_message": str(text)} | {"detail": str(text)} | {"error": str(text)}:
            yield text
        case dict():
            for name, texts in data.items():
                yield from (f"{name}: {text}" for text in _texts(texts))
        case _:
            return


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            yield from (item for item in value if isinstance(item, str))


def one_line(text: str) -> str:
    """`text` without line breaks, controls or terminal escapes, cut to `LONGEST` characters."""
    text = " ".join(text[: 4 * LONGEST].split())
    text = "".join(letter for letter in text if letter.isprintable())
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def reason(data: object) -> str:
    """Taiga's stable name for an error: its `code`, or the last part of its `_error_type`."""
    match data:
        case {"code": str(name)} | {"_error_type": str(name)}:
            return one_line(name.rpartition(".")[2])
        case _:
            return ""


def is_taigas(status: int, data: object) -> bool:
    """Whether an error's body has one of the shapes that only Taiga gives it.

    Args:
        status: of the answer.
        data: its body as `decode` gave it.
    """
    match data:
        case {"_error_message": _} | {"_error_type": str()}:
            return True
        case {"detail": str(), "code": str(name)}:
            # Other servers' errors have these two keys as well: only Taiga's own codes count.
            return name in _CODES
        # A bare text (`by_ref` without its `ref`) and complaints about fields come with 400 only.
        case str() | dict() if status == HTTPStatus.BAD_REQUEST:
            return isinstance(data, str) or _is_about_fields(data)
        case _:
            return False


def _is_about_fields(data: dict[str, object]) -> bool:
    """Whether it complains about what was sent: `{"subject": ["…"]}`, `{"version": "…"}`."""
    return bool(data) and all(
        name not in _NO_FIELDS
        and (name == "version" or isinstance(texts, list))
        and any(True for _ in _texts(texts))
        for name, texts in data.items()
    )


def refusal(
    status: int,
    path: str,
    data: object,
    secrets: Iterable[str] = (),
    *,
    body: bytes = b"",
    headers: Mapping[str, str] = _NONE,
) -> SourceError:
    """The error for an answer that is no 2xx, no 3xx, no 429 and no 5xx.

    Args:
        status: of the answer.
        path: that was asked for.
        data: its body as `decode` gave it.
        secrets: what must not be repeated, should the server echo it.
        body: as it came.
        headers: with lower-case names.

    Returns:
        A `RefusedError` only where Taiga itself answered.
    """
    if not is_taigas(status, data):
        return foreign(status, path, data, body, secrets, headers=headers)
    said = complaint(data, secrets)
    message = f"Taiga answered {status} to {path}" + (f": {said}" if said else "")
    about = status == HTTPStatus.BAD_REQUEST and isinstance(data, dict) and _is_about_fields(data)
    return RefusedError(
        message,
        status=status,
        code=reason(data),
        fields=frozenset(data) if about and isinstance(data, dict) else frozenset(),
        hint=_HINTS.get(status, ""),
    )


def foreign(
    status: int,
    path: str,
    data: object,
    body: bytes,
    secrets: Iterable[str] = (),
    *,
    headers: Mapping[str, str] = _NONE,
) -> NotTaigaError:
    """The error for a 4xx that somebody else than Taiga answered with."""
    if stranger := answering(data, headers, title(body)):
        message = f"what answered {status} to {path} is {stranger.name}"
        return NotTaigaError(message, hint=stranger.hint, stranger=stranger)
    said = complaint(data, secrets) or title(body, secrets)
    hint = _WRONG_ADDRESS if status == HTTPStatus.NOT_FOUND else _ON_THE_WAY
    return NotTaigaError(f"{_stranger_quoted(said)} answered {status} to {path}", hint=hint)


def title(body: bytes, secrets: Iterable[str] = ()) -> str:
    """What a page of no JSON is called: its title, its heading or its first line."""
    found = _TITLE.search(body[:_LOOKED_AT]) or _HEADING.search(body[:_LOOKED_AT])
    if found is None and body.lstrip()[:1] == b"<":
        return ""
    from html import unescape  # noqa: PLC0415 - slow, and hardly ever needed

    raw = found[1] if found else (body[:_LOOKED_AT].strip().splitlines() or [b""])[0]
    return one_line(veiled(unescape(raw.decode(errors="replace")), secrets))


def _quoted(said: str) -> str:
    return f": '{said}'" if said else ""


def _stranger_quoted(said: str) -> str:
    return f"not Taiga: '{said}'" if said else "not Taiga"


def redirection(
    path: str, headers: Mapping[str, str], secrets: Iterable[str] = ()
) -> RedirectedError:
    """The error for a 3xx: credentials go nowhere but to the address they were given for."""
    target = one_line(veiled(headers.get("location", ""), secrets))
    return RedirectedError(
        f"the server sends {path} on to {target or 'another address'}",
        hint="set `api` to the address where Taiga's API really is; if that is a login page, it is "
        "a gateway's: log in there, or set `headers` in your own configuration",
    )


def breakdown(
    status: int,
    path: str,
    data: object,
    secrets: Iterable[str] = (),
    seconds: float | None = None,
    *,
    body: bytes = b"",
) -> TroubleError:
    """The error for a 5xx that asks to wait for `seconds`."""
    said = complaint(data, secrets)
    if status > HTTPStatus.INTERNAL_SERVER_ERROR and not is_taigas(status, data):
        # Of those Taiga itself gives but 500: 502 to 504, and a content network's 520 to 530, are a
        # gateway's that got no answer.
        who = _stranger_quoted(said or title(body, secrets))
        return TroubleError(f"{who} answered {status} to {path}", hint=_DOWN, seconds=seconds)
    return TroubleError(
        f"Taiga failed with {status} on {path}"
        + (f": {said}" if said else _quoted(title(body, secrets))),
        hint="the server's fault, or a filter with a value that it can't read, such as a date",
        seconds=seconds,
    )


def gibberish(path: str, body: bytes, secrets: Iterable[str] = ()) -> TroubleError:
    """The error for a success whose body is no JSON document."""
    if body.lstrip()[:1] == b"<":
        if stranger := titled(title(body)):
            what = f"what answered {path} is {stranger.name}"
            return TroubleError(what, hint=stranger.hint, stranger=stranger)
        what = f"not Taiga's API but a web page answered {path}{_quoted(title(body, secrets))}"
        return TroubleError(what, hint=_WRONG_ADDRESS)
    return TroubleError(
        f"the answer to {path} is no complete JSON document",
        hint="try again; if it stays so, a proxy cuts answers off, or it is no Taiga",
    )


def waiting_time(headers: Mapping[str, str], now: float) -> float | None:
    """How many seconds an answer asks to wait; None where it does not say.

    Args:
        headers: with lower-case names. Taiga sends `X-Throttle-Wait-Seconds`, a proxy
            `Retry-After` as seconds or as a date; of several the longest counts.
        now: this machine's time in Unix seconds, for a date without a `Date` beside it.
    """
    said = (
        _seconds(headers.get("x-throttle-wait-seconds", "")),
        _seconds(headers.get("retry-after", "")),
        _until(headers.get("retry-after", ""), headers.get("date", ""), now),
    )
    return max((seconds for seconds in said if seconds is not None), default=None)


def _seconds(text: str) -> float | None:
    # No float(): it takes "nan", "1_000" and "infinity" as well.
    return float(text) if re.fullmatch(r"\s*[0-9]{1,9}(\.[0-9]{0,9})?\s*", text) else None


def _until(text: str, date: str, now: float) -> float | None:
    until = _timestamp(text)
    if until is None:
        return None
    base = _timestamp(date)
    # By the clock of whoever named the date, if it shows: ours may be wrong.
    return max(0.0, until - (now if base is None else base))


def _timestamp(text: str) -> float | None:
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 - slow, and hardly ever needed

    try:
        return parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
