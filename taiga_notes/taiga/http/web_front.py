"""Taiga's web front: where it is, and which API it talks to.

Its `conf.json`, which every front reads before it shows anything, names the API; the API itself
never names the front.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urljoin, urlsplit

from taiga_notes.config.toml_reader import ExpectedError, address
from taiga_notes.config.user_file import login_type, web_of
from taiga_notes.errors import ConfigError, LoginError, SourceError, UnreachableError
from taiga_notes.taiga.http.responses import NotTaigaError, RedirectedError, TroubleError
from taiga_notes.taiga.http.strangers import FRONT, TENZU, is_tenzu

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from taiga_notes.taiga.http.client import Client
    from taiga_notes.taiga.http.strangers import Stranger

Error = TypeVar("Error", bound=SourceError)

_API = "/api/v1"

MOST = 8
"""Addresses that are tried: a page of Taiga's lies six levels deep at most."""


@dataclass(frozen=True, slots=True)
class Front:
    """A web front.

    Attributes:
        web: where links lead.
        api: the API's root.
        known: whether a `conf.json` said so, or it is but the usual place.
        login_type: the kind of logins that its form asks for; empty where it does not say.
    """

    web: str
    api: str
    known: bool = True
    login_type: str = ""


def read_front(client: Client) -> Front | None:
    """The front at a client's address; None where there is none.

    Raises:
        UnreachableError: nobody answers there.
        SourceError: the server redirects.
    """
    web = client.api
    match client.look("/conf.json"):
        case {"api": str(api), **rest} if named := _address(urljoin(f"{web}/", api)):
            kind = _login_type(rest.get("loginFormType"))
            return Front(_based(web, rest.get("baseHref")), _as_safe(named, web), login_type=kind)
        case _:
            return None


def locate(given: str, connect: Callable[[str], Client]) -> Front:
    """API and web front, from the address of either, or of a page of the front.

    Args:
        given: an address in its one spelling.
        connect: gives an anonymous client for an address.

    Raises:
        ConfigError: no Taiga is there.
        SourceError: nobody answers, or the server redirects.
    """
    if given.endswith(_API):
        # An API that was named is kept, whatever a front says: tokens go there.
        return _front_of(given, connect)
    elsewhere: SourceError | None = None
    for place in _upwards(given):
        try:
            if front := _at(place, connect):
                return front
        except RedirectedError as error:
            # Told only where nothing is found further up.
            elsewhere = error
        if _is_taiga(place + _API, connect):
            return Front(web_of(place + _API), place + _API, known=False)
    if elsewhere is None and (stranger := _stranger_above(given, connect)):
        raise ConfigError(f"no Taiga is found at {given}, but {stranger.name}", hint=stranger.hint)
    raise elsewhere or ConfigError(
        f"no Taiga is found at {given}",
        hint="give the address of its web front, or of its API, which usually ends in /api/v1",
    )


def _front_of(api: str, connect: Callable[[str], Client]) -> Front:
    """An API's front, which need not be where it usually is, nor answer."""
    usual = web_of(api)
    try:
        front = _at(usual, connect)
    except SourceError:
        front = None
    if front and front.api == api:
        return front
    return Front(usual, api, known=False)


def _at(web: str, connect: Callable[[str], Client]) -> Front | None:
    with connect(web) as client:
        return read_front(client)


def _is_taiga(api: str, connect: Callable[[str], Client]) -> bool:
    """Whether Taiga answers there: it shows `/users/me` to accounts only, and says so its way."""
    with connect(api) as client:
        try:
            client.look("/users/me")
        except LoginError:
            # Only Taiga's own 401 comes as this: another server's has not its shape.
            return True
        except SourceError:
            return False
    return False


def named(error: Error, api: str, connect: Callable[[str], Client]) -> Error | UnreachableError:
    """The same error, or one that names who it is that answers in Taiga's place.

    Args:
        error: what an API's answer came to.
        api: its address.
        connect: see `locate`.
    """
    who = error.stranger if isinstance(error, TroubleError) else None
    if who is None and isinstance(error, NotTaigaError):
        who = _stranger_at(api, connect)
    return UnreachableError(f"at {api} is {who.name}", hint=who.hint) if who else error


def _stranger_at(api: str, connect: Callable[[str], Client]) -> Stranger | None:
    """Who answers where an API of Taiga should be; None where that can't be told."""
    with connect(api) as client:
        with suppress(SourceError):
            if is_tenzu(client.look("/system/languages")):
                return TENZU
        if found := client.stranger("/users/me"):
            return found
    with connect(api.removesuffix(_API)) as client:
        # A path that no server has: what answers it shows its own page.
        return client.stranger("/conf.json")


def _stranger_above(given: str, connect: Callable[[str], Client]) -> Stranger | None:
    *_, host = _upwards(given)
    found = (_stranger_at(place + _API, connect) for place in dict.fromkeys((given, host)))
    # Of Taiga's own front the API was looked for already, and is elsewhere.
    return next((who for who in found if who and who is not FRONT), None)


def _upwards(given: str) -> Iterator[str]:
    """The address and those above it, up to the host's own."""
    scheme, _, rest = given.partition("://")
    parts = rest.split("/")
    for length in range(len(parts), max(0, len(parts) - MOST), -1):
        yield f"{scheme}://{'/'.join(parts[:length])}"


def _based(web: str, base: object) -> str:
    """Where the front says that its pages are, if it is below its host's root."""
    if not isinstance(base, str) or not base.strip("/"):
        return web
    return _address(urljoin(f"{web}/", base)) or web


def _as_safe(api: str, web: str) -> str:
    """A front that is reached by https talks to its own host by https, whatever it says."""
    one, other = urlsplit(api), urlsplit(web)
    if (one.scheme, other.scheme) == ("http", "https") and one.hostname == other.hostname:
        return f"https://{other.netloc}{one.path}"
    return api


def _login_type(named: object) -> str:
    try:
        return login_type(named)
    except ExpectedError:
        return ""


def _address(text: str) -> str | None:
    try:
        return address(text)
    except ExpectedError:
        return None
