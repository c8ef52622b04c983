"""The requests for what no list and no timeline has: one an item, some at a time."""

from __future__ import annotations

from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING

from taiga_notes.errors import SourceError, UnreachableError
from taiga_notes.taiga.http.pagination import PAGE_ROWS, rows_of
from taiga_notes.taiga.sync.activity import TYPES, events_of_history

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from taiga_notes.model.details import DetailRequest
    from taiga_notes.model.rows import Row
    from taiga_notes.taiga.http.client import Client
    from taiga_notes.taiga.http.requests import ApiResponse

Call = tuple[str, dict[str, str]]
"""A path and its parameters."""


class DetailRequests:
    """Many small requests, some at a time.

    Args:
        client: Taiga.
        tell: is told how many have come.

    Attributes:
        failure: why not all came; None where they did.
    """

    def __init__(self, client: Client, tell: Callable[[int], None]) -> None:
        self._client = client
        self._tell = tell
        self.failure: UnreachableError | None = None

    def sent(self, calls: Sequence[Call]) -> dict[int, ApiResponse]:
        """The answers by the calls' places, as `Client.together` has them; after a failure some.

        Raises:
            SourceError: Taiga refuses one.
        """
        replies: dict[int, ApiResponse] = {}
        while left := [place for place in range(len(calls)) if place not in replies]:
            came = self._client.together(
                [calls[place] for place in left], partial(self._tell_more, len(replies))
            )
            replies |= {place: one for place, one in zip(left, came, strict=True) if one}
            first = next((place for place in left if place not in replies), None)
            if first is not None and not self._ask(first, calls[first], replies):
                break
        return replies

    def _tell_more(self, before: int, more: int) -> None:
        self._tell(before + more)

    def _ask(self, place: int, call: Call, replies: dict[int, ApiResponse]) -> bool:
        """Ask by itself for what did not come: it is waited for, and told what is wrong."""
        try:
            replies[place] = self._client.get(*call)
        except UnreachableError as error:
            self.failure = error
            return False
        return True


def call_of(request: DetailRequest, item: int) -> Call:
    """The request for a piece of one item."""
    match request.piece:
        case "description":
            return f"/{request.kind}/{item}", {}
        case "custom":
            return f"/{request.kind}/custom-attributes-values/{item}", {}
        case _:
            path = f"/history/{TYPES[request.kind]}/{item}"
            return path, {"page_size": str(PAGE_ROWS)}


def row_of(request: DetailRequest, item: int, reply: ApiResponse, client: Client) -> Row | None:
    """What is kept of an answer; None where the item is gone.

    Raises:
        SourceError: it is no answer to that request.
    """
    # Nothing else says that it is gone: a 403 may be for a right that this account lost.
    if reply.status == HTTPStatus.NOT_FOUND:
        return None
    match request.piece, reply.data:
        case "description", {"id": int(number), "description": str() | None as text} if (
            number == item
        ):
            return {"text": text or ""}
        case "custom", {"attributes_values": dict(values)}:
            return {"values": {key: one for key, one in values.items() if key.isdecimal()}}
        case (("comments" | "history"), list()):
            path, _ = call_of(request, item)
            entries = rows_of(reply.data, path)
            if reply.headers.get("x-pagination-count", str(len(entries))) != str(len(entries)):
                entries = client.listing(path)
            return {"events": [event.stored for event in events_of_history(entries)]}
        case _:
            path, _ = call_of(request, item)
            raise SourceError(f"Taiga's answer to {path} is none", hint="is `api` right?")
