"""How a server is reached: proxy, certificates, headers for gateways, and what is wrong there."""

from __future__ import annotations

import os
import ssl
from contextlib import suppress
from functools import cached_property
from socket import create_connection
from typing import TYPE_CHECKING, Self
from urllib.parse import urlsplit

from taiga_notes.config.user_file import fits_header
from taiga_notes.errors import LoginError, UnreachableError
from taiga_notes.taiga.http.proxies import proxy_for
from taiga_notes.taiga.http.transport import Connections
from taiga_notes.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from taiga_notes.config.settings import UserConfig
    from taiga_notes.taiga.http.proxies import Proxy
    from taiga_notes.taiga.http.transport import Deadline

_HEADERS = {
    "Accept": "application/json",
    "Accept-Encoding": "gzip, deflate",
    # Taiga says nothing of caches: one on the way would be free to answer in its place.
    "Cache-Control": "no-cache",
    "User-Agent": f"taiga-notes/{__version__}",
}

LOOK = 1.0
"""Seconds to find out whether a port speaks TLS."""


class Network:
    """How one server is reached.

    Args:
        url: the server's address.
        proxy: see `proxies.proxy_for`.
        ca_file: see `certificates.make_context`.
        headers: go with each request, for a gateway before the server.
        commands: header → the program and its arguments that print its value.
        env: the environment; by default this process's.
    """

    def __init__(
        self,
        url: str,
        *,
        proxy: str | None = None,
        ca_file: Path | None = None,
        headers: Mapping[str, str] | None = None,
        commands: Mapping[str, Sequence[str]] | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._url = url
        self._proxy = proxy
        self._ca_file = ca_file
        self._headers = headers or {}
        self._commands = commands or {}
        self._env = os.environ if env is None else env

    @classmethod
    def of(cls, user: UserConfig, url: str) -> Self:
        """As the user's settings have it.

        Args:
            user: see `taiga_notes.config.settings`.
            url: the server's address. Headers are secrets, and go to the API's own server only.
        """
        ours = _origin(url) == _origin(user.api)
        return cls(
            url,
            proxy=user.proxy,
            ca_file=user.ca_file,
            headers=user.headers if ours else None,
            commands=user.header_commands if ours else None,
        )

    @cached_property
    def proxy(self) -> Proxy | None:
        """The proxy in between.

        Raises:
            ConfigError: what names it is no proxy's address.
        """
        return proxy_for(self._url, self._proxy, self._env)

    @cached_property
    def headers(self) -> Mapping[str, str]:
        """What goes with each request besides our own.

        Raises:
            LoginError: a command that gives one fails.
        """
        if not self._commands:
            return self._headers
        from taiga_notes.config.passwords import CommandPassword  # noqa: PLC0415 - few have any

        printed = {
            name: CommandPassword(command, name=f"{name}_command").read().strip()
            for name, command in self._commands.items()
        }
        for name, text in printed.items():
            if not fits_header(text):
                raise LoginError(
                    f"the {name}_command prints what can be no header's value",
                    hint="it has to be of ASCII letters: encode it as your gateway wants it",
                )
        return {**self._headers, **printed}

    def sent(self, language: str) -> Mapping[str, str]:
        """The headers of every request.

        Args:
            language: of messages.

        Raises:
            LoginError: see `headers`.
        """
        return {**self.headers, **_HEADERS, "Accept-Language": language}

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no message may repeat."""
        login = self.proxy.secrets if self.proxy else ()
        return (*self.headers.values(), *login)

    def connections(self, deadline: Deadline) -> Connections:
        """What carries the requests.

        Args:
            deadline: of each.

        Raises:
            ConfigError: a setting or a variable is wrong.
        """
        proxy = self.proxy
        tls = self._url.startswith("https:") or (proxy is not None and not proxy.is_plain)
        return Connections(deadline, self._context() if tls else None, proxy)

    def _context(self) -> ssl.SSLContext:
        # Not needed without TLS.
        from taiga_notes.taiga.http.certificates import make_context  # noqa: PLC0415

        return make_context(self._ca_file, self._env)

    def fault(
        self,
        error: Exception,
        said: str,
        host: str,
        *,
        connecting: bool,
        connected: bool,
        refused: bool,
    ) -> UnreachableError | None:
        """What is wrong with proxy or certificates, if it is that.

        Args:
            error: that broke off a request.
            said: what it says, in one line without secrets.
            host: the server.
            connecting: whether no connection was made by then.
            connected: whether somebody took the connection.
            refused: whether it is a proxy that says no.
        """
        # What goes well needs nothing of it.
        from taiga_notes.taiga.http.certificates import tls_fault  # noqa: PLC0415

        # Whether a proxy fails or the server behind it, httpx's error is the same: what tells is
        # whether anybody took the connection.
        if self.proxy and connecting and not connected:
            return UnreachableError(
                f"{self.proxy} can't be reached: {said or 'it does not answer'}",
                hint="start it, or unset what names it; NO_PROXY exempts servers from it",
            )
        if self.proxy and refused:
            return self._refused(said, host)
        if tls := tls_fault(error, host, connecting=connecting):
            return UnreachableError(f"{host} {tls.what}{self.way}", hint=tls.hint)
        return None

    @property
    def way(self) -> str:
        """What to add where the fault may be the proxy's: by way of which one."""
        return f" (by way of {self.proxy})" if self.proxy else ""

    @property
    def answering_way(self) -> str:
        """The same, where it may be the proxy that answers: to plain http."""
        return self.way if self._url.startswith("http:") else ""

    def _refused(self, said: str, host: str) -> UnreachableError:
        if said.startswith("407"):
            return self.wants_login()
        return UnreachableError(
            f"{self.proxy} does not connect to {host}: {said}",
            hint="may it? NO_PROXY exempts servers that are to be reached directly",
        )

    def wants_login(self) -> UnreachableError:
        """The error for a proxy that lets nobody through without user and password."""
        return UnreachableError(
            f"{self.proxy} wants a user and a password, or others",
            hint="put them before its host, percent-encoded: http://user:password@proxy:3128",
        )


def speaks_tls(url: str) -> bool:
    """Whether TLS is spoken at the port of an http address; nothing is sent there."""
    parts = urlsplit(url)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # Whom it belongs to does not matter here.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    place = (parts.hostname or "", parts.port or 80)
    with (
        suppress(OSError, ValueError),
        create_connection(place, LOOK) as plain,
        context.wrap_socket(plain, server_hostname=parts.hostname),
    ):
        return True
    return False


def _origin(url: str) -> str:
    return "/".join(url.split("/", 3)[:3])
