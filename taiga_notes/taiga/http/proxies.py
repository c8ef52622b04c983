"""Which proxy, if any, stands between us and a server: by the settings, else by the environment.

Read here and not left to httpx, which gives up on a `NO_PROXY` that others understand, and can't
say which variable is wrong. As curl has it: the variable in small letters counts before the one in
capitals, `HTTP_PROXY` in capitals not where a web server may have set it from a header, and
`NO_PROXY` lists names with all below them, addresses and networks, with a port or without, or `*`.
"""

from __future__ import annotations

import ipaddress
import re
import sys
from base64 import b64encode
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from taiga_notes.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

NONE = "none"
"""What the setting `proxy` says where none is to be used whatever the environment says."""

_PORTS = {"http": 80, "https": 443, "socks5": 1080}
_KINDS = {"http": "http", "https": "https", "socks5": "socks5", "socks5h": "socks5"} | {
    # What desktops write into ALL_PROXY.
    "socks": "socks5"
}
# Compiled where there is a proxy.
_AUTHORITY = (
    r"(?:(?P<login>.*)@)?(?P<host>\[[0-9a-fA-F:.]+\]|[\w.-]+)(?::(?P<port>[0-9]{0,5}))?(?:/.*)?"
)
_ENTRY = r"(?:\[(?P<v6>[^\]]+)\]|(?P<name>[^\[\]:/]+))(?::(?P<port>[0-9]{1,5}))?/?"


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy.

    Attributes:
        url: its address, without user and password.
        named_by: the setting or the variable that names it.
        auth: user and password, if it wants any.
    """

    url: str
    named_by: str
    # Kept out of the text of a `Proxy`, which tracebacks may show.
    auth: tuple[str, str] | None = field(default=None, repr=False)

    @property
    def is_socks(self) -> bool:
        """Whether it speaks SOCKS, not HTTP."""
        return self.url.startswith("socks5:")

    @property
    def is_plain(self) -> bool:
        """Whether the way to it is without TLS."""
        return not self.url.startswith("https:")

    @property
    def login(self) -> tuple[bytes, bytes] | None:
        """User and password as they are sent."""
        if self.auth is None:
            return None
        user, password = (text.encode(errors="surrogateescape") for text in self.auth)
        return user, password

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no message may repeat, should somebody echo it."""
        if self.auth is None:
            return ()
        # As it goes to the proxy, and as whoever reads that has it.
        return b64encode(b":".join(self.login or ())).decode(), self.auth[1]

    def __str__(self) -> str:
        return f"the proxy {self.url} of {self.named_by}"


def proxy_for(url: str, setting: str | None, env: Mapping[str, str]) -> Proxy | None:
    """The proxy for requests to a server.

    Args:
        url: the server's address.
        setting: the user's `proxy`: an address, `NONE`, or None for what the environment says.
        env: the environment.

    Raises:
        ConfigError: what names it is no proxy's address, or of a kind that we can't use.
    """
    if setting is not None:
        return None if setting == NONE else read_proxy(setting, "`proxy`")
    parts = urlsplit(url)
    host = (parts.hostname or "").lower()
    port = parts.port or _PORTS.get(parts.scheme, 0)
    if is_exempt(host, port, _first(env, "no_proxy", "NO_PROXY")[1]):
        return None
    # To a CGI program a client's header `Proxy` comes as HTTP_PROXY (httpoxy).
    capitals = [] if parts.scheme == "http" and "REQUEST_METHOD" in env else [parts.scheme.upper()]
    names = [*(f"{scheme}_PROXY" for scheme in capitals), "all_proxy", "ALL_PROXY"]
    variable, text = _first(env, f"{parts.scheme}_proxy", *names)
    if not text:
        variable, text = _of_the_system(sys.platform, parts.scheme, host)
    return read_proxy(text, variable) if text else None


def _first(env: Mapping[str, str], *names: str) -> tuple[str, str]:
    """The first of these variables that is set, though it be to nothing."""
    found = next((name for name in names if name in env), "")
    return found, env.get(found, "").strip()


def _of_the_system(platform: str, scheme: str, host: str) -> tuple[str, str]:
    """What is set for all programs in the system's own settings, where there are such."""
    if platform not in {"darwin", "win32"}:
        return "", ""
    # It imports all of Python's own client.
    from urllib.request import getproxies, proxy_bypass  # noqa: PLC0415

    return "the system's settings", "" if proxy_bypass(host) else getproxies().get(scheme, "")


def read_proxy(text: str, named_by: str) -> Proxy:
    """A proxy's address, such as `http://user:password@proxy.example:3128` or `proxy.example:3128`.

    Raises:
        ConfigError: it is none.
    """
    scheme, separator, rest = text.partition("://")
    if not separator:
        scheme, rest = "", text
    kind = _KINDS.get(scheme.lower() or "http")
    parts = re.fullmatch(_AUTHORITY, rest)
    host = parts and _in_ascii(parts["host"])
    if not (kind and parts and host) or int(parts["port"] or 1) not in range(1, 2**16):
        # Of the text only what can hold no password is shown.
        shown = f"{scheme}{separator}{rest.rpartition('@')[2]}"
        raise ConfigError(
            f"{named_by} is no address of a proxy: {shown[:80]!a}",
            hint="it looks like http://proxy.example.org:3128; http, https, socks5 and socks5h are "
            "the kinds",
        )
    if kind == "socks5" and find_spec("socksio") is None:
        raise ConfigError(
            f"{named_by} names a SOCKS proxy, which needs the extra `socks`",
            hint="pip install 'httpx[socks]'",
        )
    port = int(parts["port"] or _PORTS[kind])
    user, colon, password = (parts["login"] or "").partition(":")
    auth = (_decoded(user), _decoded(password)) if user or colon else None
    return Proxy(f"{kind}://{host}:{port}", named_by, auth)


def _decoded(text: str) -> str:
    return unquote(text, errors="surrogateescape")


def _in_ascii(host: str) -> str | None:
    """A host as it is looked up, `xn--…` and all; None for what can be none."""
    try:
        return host.encode("idna").decode()
    except UnicodeError:
        return None


def is_exempt(host: str, port: int, listed: str) -> bool:
    """Whether a server is to be reached directly, by a `NO_PROXY`.

    Args:
        host: its name or address, in small letters, without brackets.
        port: its port.
        listed: the variable's text. An entry that nobody understands exempts nothing.
    """
    return any(_covers(entry, host, port) for entry in re.split(r"[,\s]+", listed.lower()) if entry)


def _covers(entry: str, host: str, port: int) -> bool:
    entry = entry.partition("://")[2] or entry
    if entry == "*" or _is_within(host, entry):
        return True
    parts = re.fullmatch(_ENTRY, entry)
    if parts is None or int(parts["port"] or port) != port:
        return False
    if _is_within(host, parts["v6"] or parts["name"]):
        return True
    name = (parts["name"] or "").removeprefix("*").strip(".")
    host = host.rstrip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _is_within(host: str, network: str) -> bool:
    """Whether `host` is an address of a network such as `10.0.0.0/8` or `::1`."""
    try:
        return ipaddress.ip_address(host) in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False
