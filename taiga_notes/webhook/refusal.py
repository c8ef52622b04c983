"""Why a request is refused. It needs no network: whoever only knows keys can do without asyncio."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from http import HTTPStatus


class RefusalError(Exception):
    """A request that is refused.

    Args:
        status: to answer with.
        reason: in a few words, for the sender and for the log; holds nothing that was sent.
    """

    def __init__(self, status: HTTPStatus, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
