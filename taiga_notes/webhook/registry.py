"""A project's webhooks in Taiga: made, listed and removed through the API."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from taiga_notes.errors import ConfigError, RefusedError, SourceError
from taiga_notes.taiga.sync.probe import project_detail

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taiga_notes.taiga.http.client import Client

_URL = re.compile(r"https?://[^\s/?#]+(?:[/?#]\S*)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook.

    Attributes:
        id: Taiga's number of it.
        name: as it is shown in Taiga.
        url: where Taiga sends deliveries.
        key: with which it signs them.
    """

    id: int
    name: str
    url: str
    # Not shown: a `repr` ends in tracebacks, and whoever has the key can sign deliveries.
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class HookOutcome:
    """What became of a webhook's newest delivery.

    Attributes:
        well: whether nothing is wrong.
        said: in a few words.
        remedy: what to do about it, if something is.
    """

    well: bool
    said: str
    remedy: str = ""


_NOBODY = (
    "is `taiga-notes watch --webhook` running, and does Taiga's own machine reach that address? "
    "Private addresses it leaves alone unless WEBHOOKS_ALLOW_PRIVATE_ADDRESS is set there"
)


def _remedy(status: int) -> str:
    match status:
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            return (
                "the watch knows another key, or the proxy asks for a login: start the watch anew, "
                "or make the webhook anew with `taiga-notes webhook add`"
            )
        case HTTPStatus.NOT_FOUND | HTTPStatus.METHOD_NOT_ALLOWED:
            return "the path leads elsewhere: does the proxy pass it on, does --webhook name it?"
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return "what was sent is larger than the proxy, or the watch, takes: the poll finds it"
        case _ if status < HTTPStatus.BAD_REQUEST:
            return "Taiga follows no redirects: give the webhook the address that it leads to"
        case _ if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return "the proxy reaches nobody: is `taiga-notes watch --webhook` running behind it?"
        case _:
            return "does another program listen there?"


class Registry:
    """The webhooks of one project, which only its administrators may see.

    Args:
        client: Taiga.
        project: its slug or id.

    Raises:
        SourceError: the project can't be had.
    """

    def __init__(self, client: Client, project: str | int) -> None:
        self._client = client
        detail = project_detail(client, project, known=False)
        self.number = detail["id"]
        self.slug = str(detail.get("slug"))
        self._is_ours = bool(detail.get("i_am_admin"))

    def hooks(self) -> list[Hook]:
        """All of them.

        Raises:
            SourceError: Taiga does not tell.
        """
        rows = self._client.listing("/webhooks", {"project": str(self.number)})
        if not rows and not self._is_ours:
            # That there are none is what Taiga tells whoever may not see them.
            raise self._forbidden("see")
        return [hook for row in rows if (hook := _hook(row))]

    def add(self, name: str, url: str, key: str) -> Hook:
        """Makes one.

        Raises:
            ConfigError: the address is none.
            SourceError: Taiga refuses.
        """
        if not _URL.fullmatch(url):
            raise ConfigError(
                f"{url!r} is no address that Taiga could send to",
                hint="it looks like https://notes.example.org:8765/",
            )
        payload = {"project": self.number, "name": name, "url": url, "key": key}
        try:
            reply = self._client.post("/webhooks", payload)
        except RefusedError as error:
            raise self._explained(error) from error
        if isinstance(reply.data, dict) and (hook := _hook(reply.data)):
            return hook
        raise SourceError("Taiga's answer does not tell which webhook it made")

    def remove(self, number: int) -> None:
        """Removes one.

        Raises:
            SourceError: there is none of that number, or Taiga refuses.
        """
        if all(hook.id != number for hook in self.hooks()):
            raise SourceError(
                f"project {self.slug} has no webhook {number}",
                hint="`taiga-notes webhook list` shows them",
            )
        try:
            self._client.delete(f"/webhooks/{number}")
        except RefusedError as error:
            raise self._explained(error) from error

    def last_status(self, hook: Hook) -> int | None:
        """How the newest delivery was answered; 0 where Taiga reached nobody, None before one.

        Raises:
            SourceError: Taiga does not tell.
        """
        reply = self._client.get("/webhooklogs", {"webhook": str(hook.id), "page_size": "1"})
        match reply.data:
            case [{"status": int(status)}, *_]:
                return status
            case _:
                return None

    def outcome(self, hook: Hook) -> HookOutcome:
        """What became of the newest delivery.

        Raises:
            SourceError: Taiga does not tell.
        """
        status = self.last_status(hook)
        if status is None:
            return HookOutcome(well=True, said="none yet")
        if status == 0:
            return HookOutcome(well=False, said="nobody was reached", remedy=_NOBODY)
        well = status in range(HTTPStatus.OK, HTTPStatus.MULTIPLE_CHOICES)
        return HookOutcome(
            well=well, said=f"answered with {status}", remedy="" if well else _remedy(status)
        )

    def _explained(self, error: RefusedError) -> SourceError:
        return self._forbidden("change") if error.status == HTTPStatus.FORBIDDEN else error

    def _forbidden(self, act: str) -> SourceError:
        return SourceError(
            f"this account may not {act} the webhooks of project {self.slug}",
            hint="only administrators of the project may",
        )


def _hook(row: Mapping[str, object]) -> Hook | None:
    match row:
        case {"id": int(number), "name": str(name), "url": str(url), "key": str(key)}:
            return Hook(number, name, url, key)
        case _:
            return None
