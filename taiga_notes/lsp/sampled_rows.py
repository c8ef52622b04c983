"""Stored rows for queries that are being typed: what is in them is told by some of them.

A field that no model knows may be in any row, and to look at all of ten thousand takes seconds, at
each keystroke of a name that is half typed. Rows of one list have the same fields: so a sample of
them tells which there are. Values of known fields are those of all rows.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from taiga_notes.errors import NotStoredError
from taiga_notes.model.kinds import PARTS, fields_of, is_kind
from taiga_notes.model.rows import Listing, Row, Rows, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from taiga_notes.model.details import DetailRequest, Details
    from taiga_notes.model.rows import Path, Source

RENDER_HINT = "the action 'Render page' asks Taiga for it"
"""What is to be done in an editor about what is not stored."""

SAMPLE = 40
"""Rows of a list, spread over all of it."""


class SampledRows:
    """Rows, a sample of which tells the names of their fields.

    Args:
        rows: all of them.
    """

    def __init__(self, rows: Rows) -> None:
        self.kind = rows.kind
        self.stamp = str(getattr(rows, "stamp", ""))
        self._rows = rows
        self._sample: Table | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: int, /) -> Row:
        return self._rows[index]

    @property
    def sample(self) -> Table:
        """Some of the rows."""
        if self._sample is None:
            count = len(self._rows)
            step = max(count // SAMPLE, 1)
            self._sample = Table([self._rows[at] for at in range(0, count, step)], self.kind)
        return self._sample

    def column(self, path: Path, /) -> Sequence[object]:
        """See `Rows.column`."""
        if self._is_known(path) or self.sample.carries(path):
            return self._rows.column(path)
        return [None] * len(self._rows)

    def carries(self, path: Path, /) -> bool:
        """See `Rows.carries`."""
        return self.sample.carries(path) or (self._is_known(path) and self._rows.carries(path))

    def names(self, path: Path, /) -> Iterable[str]:
        """See `Rows.names`."""
        return self.sample.names(path)

    def _is_known(self, path: Path) -> bool:
        return is_kind(self.kind) and ".".join(path) in fields_of(self.kind)


class SampledSource:
    """A `Source` of sampled rows; the same object as long as the rows are the same.

    Args:
        source: gives the rows.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._sampled: dict[Listing, tuple[Rows, SampledRows]] = {}

    def rows(self, listing: Listing, /) -> Rows:
        """See `Source.rows`."""
        with _told_in_an_editor():
            rows = self._source.rows(listing)
        if listing.kind in PARTS:
            return rows
        known = self._sampled.get(listing)
        if known is None or known[0] is not rows:
            known = self._sampled[listing] = rows, SampledRows(rows)
        return known[1]

    def me(self, server: str = "", /) -> Row:
        """See `Source.me`."""
        return self._source.me(server)

    def details(self, request: DetailRequest, /) -> Details:
        """See `Source.details`."""
        with _told_in_an_editor():
            return self._source.details(request)


@contextmanager
def _told_in_an_editor() -> Iterator[None]:
    """What is not stored is told of with what mends it there: nobody runs a command."""
    try:
        yield
    except NotStoredError as error:
        raise NotStoredError(error.message, hint=RENDER_HINT) from error
