"""A source of tests whose rows are all that there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taiga_notes.errors import SourceError

if TYPE_CHECKING:
    from taiga_notes.model.details import DetailRequest, Details


class WithoutDetails:
    """A `Source` that has lists alone."""

    def details(self, request: DetailRequest, /) -> Details:
        """See `Source.details`.

        Raises:
            SourceError: always.
        """
        raise SourceError(f"there is no {request.piece} to be had here")
