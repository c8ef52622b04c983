"""Which lists a page asked for: what it shows is as old as they are."""

from __future__ import annotations

from zlib import crc32

from taiga_notes.model.rows import Listing

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from taiga_notes.model.rows import Row, Rows, Source

ME = Listing("me")
"""Stands for `Source.me` among the lists."""


class DependencyTracker:
    """A source that takes note of what it is asked for.

    Args:
        source: answers.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._lists: set[Listing] = set()

    def rows(self, listing: Listing, /) -> Rows:
        """See `Source.rows`."""
        self._lists.add(listing)
        return self._source.rows(listing)

    def me(self) -> Row:
        """See `Source.me`."""
        self._lists.add(ME)
        return self._source.me()

    def taken(self) -> frozenset[Listing]:
        """The lists that were asked for since the last time that this was called."""
        lists, self._lists = frozenset(self._lists), set()
        return lists


def ask(source: Source, lists: Iterable[Listing]) -> None:
    """Asks a source for lists without looking at them, for whoever takes note of that.

    Raises:
        SourceError: as the source does.
    """
    for listing in lists:
        if listing == ME:
            source.me()
        else:
            source.rows(listing)


def stamp_of(source: Source, listing: Listing) -> str:
    """Another text, also in a later run, whenever what the source gives for a list is another.

    It is empty for a source that can't tell: rows of a file are as old as the file.

    Raises:
        SourceError: as the source does.
    """
    if listing == ME:
        return stamp_of_me(source.me())
    return str(getattr(source.rows(listing), "stamp", ""))


def stamp_of_me(me: Row) -> str:
    """The same for what `Source.me` gives."""
    return f"{crc32(repr(sorted(me.items())).encode()):08x}"
