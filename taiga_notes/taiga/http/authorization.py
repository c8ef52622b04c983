"""What the client wants to know of whoever it works for: the `Authorization` of its requests.

The ways to give it are in `taiga.auth`, which knows nothing of httpx: its own requests go through
the `Post` that the client hands in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from taiga_notes.taiga.http.requests import ApiResponse

Post = Callable[[str, Mapping[str, object]], ApiResponse]
"""POST a JSON document to a path below the API's root."""


class Auth(Protocol):
    """Gives the `Authorization` of a client's requests."""

    def authorization(self, post: Post, /) -> str:
        """The header's value for the next request; empty for an anonymous one.

        Raises:
            LoginError: there are no credentials, or Taiga refuses them.
            SourceError: a login was needed and could not be had.
        """

    def renewed(self, refused: str, post: Post, /) -> str:
        """The header's value after Taiga answered 401 to `refused`.

        Raises:
            LoginError: there is no other.
            SourceError: as `authorization`.
        """
