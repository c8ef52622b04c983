"""A TOML file's tables, turned into typed values with one message for each way to be wrong."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from ipaddress import AddressValueError, IPv6Address
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from taiga_notes.errors import ConfigError, SettingError, similar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

T = TypeVar("T")
D = TypeVar("D")

MAX_BYTES = 256 * 1024
"""Of a configuration file: a vault's may be anyone's, and parsing can take quadratic time."""

MOST_DOTS = 200
"""On a line: parsing a dotted key takes memory by the square of its length."""

LONGEST_SPAN = 366 * 86_400.0
"""Seconds; what is longer is a slip."""

MOST = 1_000_000
"""Of whatever is counted."""

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": 86_400.0}
# Compiled where one is needed.
_SPAN = r"([0-9]{1,9}(?:\.[0-9]{1,9})?)\s*(ms|s|m|h|d)"
_ADDRESS = re.compile(
    r"(?P<scheme>https?)://(?P<host>[\w.-]+|\[[0-9a-fA-F:.]+\])"
    r"(?::(?P<port>[0-9]{0,5}))?(?P<path>(?:/(?:[^\s\\?#%\"<>^`{|}]|%[0-9a-fA-F]{2})*)?)",
    re.IGNORECASE,
)
_PLAIN = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_ESCAPED = re.compile(rb"%([0-9a-fA-F]{2})")
_ENDPOINT = (
    r"(?i)(?P<scheme>http://)?(?:(?P<alone>[0-9]{1,5})|(?P<host>\[[0-9a-fA-F:.]+\]|[\w.-]*[\w.])?"
    r"(?::(?P<port>[0-9]{1,5}))?)(?P<path>/[!\"$-.0->@-~/]*)?"
)
_USUAL_PORTS = {"http": 80, "https": 443}


class Endpoint(NamedTuple):
    """Where requests are received.

    Attributes:
        host: a name or an address of this machine; empty for all of them.
        port: 0 for any that is free.
        path: the only one that is taken; empty for any.
    """

    host: str
    port: int
    path: str = ""


class ExpectedError(Exception):
    """A value is not what its key takes.

    Args:
        what: it takes, as it follows "must be".
    """


@dataclass(slots=True)
class TomlTable:
    """One table of a TOML file while it is being read.

    Attributes:
        values: as `tomllib` gave them.
        file: where they stand.
        text: the file's text, to find a key's line.
        name: the table's name and a dot; empty for the file's own keys.
        instead: key → (environment variable, its text): counts before the file.
        begin: 1-based line on which the table begins, where it is one of several of its name.
    """

    # Neither values nor text are shown: the user's own file may hold passwords and keys.
    values: Mapping[str, object] = field(repr=False)
    file: Path
    text: str = field(default="", repr=False)
    name: str = ""
    instead: Mapping[str, tuple[str, str]] = field(default_factory=dict, repr=False)
    begin: int = 0
    _known: list[str] = field(default_factory=list, init=False)

    def take(self, key: str, read: Callable[[object], T], default: D) -> T | D:
        """The value of `key` as `read` understands it; `default` where there is none.

        Raises:
            ConfigError: `read` raised `ExpectedError`.
        """
        self._known += [key] if key not in self._known else []
        variable, value = self.instead.get(key, ("", self.values.get(key)))
        if value is None:
            return default
        try:
            return read(value)
        except ExpectedError as error:
            but = f"must be {error}{_but_is(value, str(error))}"
            if variable:
                raise ConfigError(f"{variable} {but}") from None
            raise self.wrong(key, f"`{self.name}{key}` {but}") from None

    def take_table(self, key: str) -> TomlTable:
        """The table below `key`, empty where there is none."""
        values = self.take(key, table, {})
        return TomlTable(values, self.file, self.text, f"{self.name}{key}.")

    def finish(self, misplaced: Mapping[str, str]) -> None:
        """Check that every key has been taken.

        Args:
            misplaced: keys that exist, but not in this file → what to do instead.

        Raises:
            ConfigError: there is a key that nobody asked for.
        """
        for key in self.values:
            if key in self._known:
                continue
            if key in misplaced:
                raise self.wrong(key, f"`{key}` does not belong here", misplaced[key])
            raise self.wrong(
                key,
                f"unknown key {f'{self.name}{key}'[:80]!a}",
                f"{_nearest(key, self._known)}allowed are {', '.join(self._known)}",
            )

    def wrong(self, key: str, what: str, hint: str = "") -> SettingError:
        """The error about a key, at its line where that can be told; of no key, at the table's."""
        return SettingError(what, file=str(self.file), line=self._line(key), hint=hint)

    def _line(self, key: str) -> int:
        lines = [*enumerate(self.text.splitlines(), start=1)]
        if self.begin:
            own = (number for number, line in lines[self.begin :] if re.match(r"\s*\[\[", line))
            lines = lines[self.begin - 1 : next(own, len(lines) + 1) - 1] if key else []
        elif self.name:
            # In another table above there may be the same key.
            head = re.compile(rf"\s*\[\s*{re.escape(self.name[:-1])}\s*\]")
            here = [place for place, (_, line) in enumerate(lines) if head.match(line)]
            lines = lines[here[0] :] if here else lines
            if not key:
                return lines[0][0] if here else 0
        pattern = re.compile(rf"""\s*\[*\s*(?:[^=#]*\.\s*)?["']?{re.escape(key)}["']?\s*[=.\]]""")
        return next((number for number, line in lines if pattern.match(line)), self.begin)


def read_file(file: Path) -> TomlTable | None:
    """The TOML file's table; None where there is no such file.

    Raises:
        ConfigError: it can't be read, or is no TOML.
    """
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigError(f"{file} can't be read: {error.strerror}") from error
    if len(data) > MAX_BYTES:
        raise ConfigError(f"{file} is longer than {MAX_BYTES // 1024} kB")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what, hint = "this is no UTF-8", "save it as such"
        raise SettingError(what, file=str(file), line=line, hint=hint) from None
    return TomlTable(_parse(text, file), file, text)


def _parse(text: str, file: Path) -> dict[str, object]:
    for number, line in enumerate(text.splitlines(), start=1):
        if line.count(".") > MOST_DOTS:
            what = f"more than {MOST_DOTS} dots on a line"
            raise SettingError(what, file=str(file), line=number)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _not_toml(str(error), text, file) from None
    except ValueError:
        raise SettingError("a number in it has too many digits", file=str(file)) from None
    except RecursionError:
        raise SettingError("its values are nested too deeply", file=str(file)) from None


def _not_toml(said: str, text: str, file: Path) -> SettingError:
    what, _, place = said.partition(" (at ")
    what = f"not valid TOML: {what[:1].lower()}{what[1:]}"
    line, column = 0, 0
    if found := re.match(r"line (\d+), column (\d+)", place):
        line, column = int(found[1]), int(found[2])
    elif place:
        # At the end of the document.
        line = max(len(text.splitlines()), 1)
    return SettingError(what, file=str(file), line=line, column=column)


def _nearest(key: str, known: list[str]) -> str:
    near = similar(key, known, 1, 0.6)
    return f"did you mean `{near[0]}`? " if near else ""


def _but_is(value: object, wanted: str) -> str:
    """What kind of value it is instead; never the value, which may be a secret."""
    match value:
        case bool():
            return ", not true or false"
        case int() | float():
            return "" if "number" in wanted else ", not a number"
        case list():
            return ", not a list"
        case _:
            return ""


def table(value: object) -> Mapping[str, object]:
    """A table."""
    match value:
        case dict():
            return value
        case _:
            raise ExpectedError("a table")


def text(value: object) -> str:
    """A text that is not empty and stands on one line."""
    match value:
        case str() if value and value.isprintable():
            return value
        case _:
            raise ExpectedError("a text in quotes, on one line")


def secret(value: object) -> str:
    """A text on one line in which any character may stand."""
    match value:
        case str() if value and len(value.splitlines()) == 1 and _is_unicode(value):
            return value
        case _:
            raise ExpectedError("a text in quotes, on one line, in UTF-8")


def _is_unicode(text: str) -> bool:
    """Whether it has no half characters, which bytes other than UTF-8 in the environment become."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def texts(value: object) -> tuple[str, ...]:
    """A list of texts."""
    match value:
        case list() if all(isinstance(item, str) and item for item in value):
            return tuple(value)
        case _:
            raise ExpectedError("a list of texts in quotes")


def text_table(value: object) -> Mapping[str, str]:
    """A table whose values are texts."""
    match value:
        case dict() if all(isinstance(item, str) and item for item in value.values()):
            return value
        case _:
            raise ExpectedError("a table whose values are texts")


def flag(value: object) -> bool:
    """True or false."""
    match value:
        case bool():
            return value
        case _:
            raise ExpectedError("true or false")


def milliseconds(value: object) -> int:
    """A span of time as a whole number of milliseconds."""
    match value:
        case int() if not isinstance(value, bool) and 0 <= value <= 1000 * LONGEST_SPAN:
            return value
        case _:
            raise ExpectedError("a whole number from 0, a year at most")


def count(value: object) -> int:
    """How many at most."""
    match value:
        case int() if not isinstance(value, bool) and 0 <= value <= MOST:
            return value
        case _:
            raise ExpectedError(f"a whole number from 0 to {MOST}")


def span(value: object) -> float:
    """A span of time, in seconds: `"300ms"`, `"30s"`, `"5m"`, `"24h"`, `"7d"`, or a number."""
    match value:
        case bool():
            seconds = -1.0
        case int() | float():
            seconds = float(value) if abs(value) <= LONGEST_SPAN else -1.0
        case str() if parts := re.fullmatch(_SPAN, value.strip()):
            seconds = float(parts[1]) * _UNITS[parts[2]]
        case _:
            seconds = -1.0
    if 0 <= seconds <= LONGEST_SPAN:
        return seconds
    raise ExpectedError('a span of time such as "30s", "5m" or "24h", a year at most')


def positive_span(value: object) -> float:
    """As `span`, and longer than nothing."""
    seconds = span(value)
    if seconds:
        return seconds
    raise ExpectedError("a span of time above 0")


def address(value: object) -> str:
    """An http or https address without query, fragment or credentials, in one spelling.

    That spelling is a link in any Markdown: names of other scripts as DNS has them, and of the path
    all but letters, digits and `-._~` percent-encoded.
    """
    expected = "an address such as https://taiga.example.org, without user, password, ? or #"
    match value:
        case str() if (parts := _ADDRESS.fullmatch(value.strip())) and value.isprintable():
            scheme, host, port = parts["scheme"].lower(), _host(parts["host"]), parts["port"] or ""
            if host is None or int(port or 1) not in range(1, 2**16):
                raise ExpectedError(expected)
            usual = not port or int(port) == _USUAL_PORTS[scheme]
            return f"{scheme}://{host}{'' if usual else f':{int(port)}'}{_path(parts['path'])}"
        case _:
            raise ExpectedError(expected)


def _host(text: str) -> str | None:
    """A host's name or address in its one spelling; None for what is none."""
    if text.startswith("["):
        try:
            return f"[{IPv6Address(text[1:-1])}]"
        except AddressValueError:
            return None
    name = text.lower().removesuffix(".")
    if name.isascii():
        return name if name.strip(".-") and ".." not in name else None
    import idna  # noqa: PLC0415 - few have such a host

    try:
        return idna.encode(name, uts46=True).decode()
    except idna.IDNAError:
        return None


def _path(text: str) -> str:
    """A path without `.`, `..`, doubled slashes and one at its end."""
    segments: list[str] = []
    for segment in map(_encoded, text.split("/")):
        if segment == "..":
            del segments[-1:]
        elif segment not in {"", "."}:
            segments.append(segment)
    return "".join(f"/{segment}" for segment in segments)


def _encoded(text: str) -> str:
    plain = _ESCAPED.sub(lambda digits: bytes.fromhex(digits[1].decode()), text.encode())
    return "".join(chr(byte) if byte in _PLAIN else f"%{byte:02X}" for byte in plain)


def endpoint(value: object) -> Endpoint:
    """Where to receive requests: `127.0.0.1:8765`, `:8765`, `8765`, `http://[::1]:8765/hook`."""
    match value:
        case str() if parts := re.fullmatch(_ENDPOINT, value.strip()):
            host, port = (parts["host"] or "").strip("[]"), parts["port"]
            usual = "80" if parts["scheme"] else ""
            number = int(port or parts["alone"] or usual or -1)
            if 0 <= number < 2**16:
                return Endpoint(host, number, (parts["path"] or "").rstrip("/"))
    raise ExpectedError(
        'a host and a port such as "127.0.0.1:8765", or http://127.0.0.1:8765/hook to take that '
        "path only; https is for the proxy before it"
    )
