"""What a block looks at besides its own text: noted by whatever it asks.

A block sees rows, its page and the time through a `DependencyTracker` alone. What was noted tells
the block cache whether an output serves other pages, the page cache when a page is to be rendered
again, and the watch which lists to keep an eye on.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from zlib import crc32

from taiga_notes.model.details import DetailRequest, Details
from taiga_notes.model.rows import Listing, Row, Rows, Source

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping, Sequence

    from taiga_notes.errors import SourceError
    from taiga_notes.query import QueryClock
    from taiga_notes.refresh.item_pages import ItemPages

ME = Listing("me")
"""Stands for `Source.me` among the lists; with another `server` for that of another one."""

NOTES = Listing("notes")
"""Stands for the pages of the vault that name items of Taiga, among the lists."""

Asked = Listing | DetailRequest
"""What a block asked for: a list, or what lists leave out of some items."""

ListState = str | None
"""What a list is like: its stamp, which is another one whenever the rows are (see `stamp_of`); what
was said where it is refused; None where that is not known."""


class PageData(dict[str, Any]):
    """A page's name, path and front matter.

    Attributes:
        seen: whether anybody looked at them.
    """

    __slots__ = ("seen",)

    def __init__(self, values: Mapping[str, object]) -> None:
        super().__init__(values)
        self.seen = False

    def __reduce__(self) -> tuple[type[PageData], tuple[dict[str, Any]]]:
        # To hand them to another process is not to look at them.
        values = {name: dict.__getitem__(self, name) for name in dict.__iter__(self)}
        return PageData, (values,)

    def __getitem__(self, name: str) -> Any:
        self.seen = True
        return super().__getitem__(name)

    def __iter__(self) -> Iterator[str]:
        # With a method of its own here, also `dict(…)` and `**` go through these methods.
        self.seen = True
        return super().__iter__()

    def __len__(self) -> int:
        self.seen = True
        return super().__len__()

    def __contains__(self, name: object) -> bool:
        self.seen = True
        return super().__contains__(name)

    def __eq__(self, other: object) -> bool:
        self.seen = True
        return super().__eq__(other)

    def __ne__(self, other: object) -> bool:
        self.seen = True
        return super().__ne__(other)

    __hash__ = None

    def __repr__(self) -> str:
        self.seen = True
        return super().__repr__()

    def __reversed__(self) -> Iterator[str]:
        self.seen = True
        return super().__reversed__()

    def get(self, name: str, default: Any = None) -> Any:
        """See `dict`; so for all that follow."""
        self.seen = True
        return super().get(name, default)

    def keys(self) -> Any:
        """See `get`."""
        self.seen = True
        return super().keys()

    def values(self) -> Any:
        """See `get`."""
        self.seen = True
        return super().values()

    def items(self) -> Any:
        """See `get`."""
        self.seen = True
        return super().items()


@dataclass(slots=True)
class Dependencies:
    """What a block, or all blocks of a page, looked at.

    Attributes:
        lists: those that were asked for, what lists leave out among them, and what they were like;
            `ME` for the logged-in user.
        page: whether the page's name, path or front matter.
        moment: whether the time of day. The day alone is no matter of single pages: each day, all
            of them are rendered again.
    """

    lists: dict[Asked, ListState] = field(default_factory=dict)
    page: bool = False
    moment: bool = False

    def add(self, more: Dependencies) -> None:
        """Takes note of what another block looked at."""
        self.lists.update(more.lists)
        self.page |= more.page
        self.moment |= more.moment


class DependencyTracker:
    """What one block may look at, each of which takes note of that: a `Source` itself.

    Args:
        source: answers.
        page: the page's data.
        clock: tells the time; nobody else has asked it.
        refusals: what Taiga last said of lists that it refuses, which is said again.
        items: which of the vault's pages name which items.

    Attributes:
        page: the same, taking note.
        clock: the clock.
    """

    def __init__(
        self,
        source: Source,
        page: Mapping[str, object],
        clock: QueryClock,
        refusals: Mapping[Asked, SourceError],
        items: ItemPages | None = None,
    ) -> None:
        self._source = source
        self._refusals = refusals
        self._items = items
        self._lists: dict[Asked, ListState] = {}
        self.page = PageData(page)
        self.clock = clock

    def rows(self, listing: Listing, /) -> Rows:
        """See `Source.rows`."""
        self._note(listing)
        rows = self._source.rows(listing)
        self._lists[listing] = _stamp_of_rows(rows)
        return rows

    def me(self, server: str = "", /) -> Row:
        """See `Source.me`."""
        who = replace(ME, server=server)
        self._lists[who] = None
        me = self._source.me(server)
        self._lists[who] = stamp_of_me(me)
        return me

    def notes(self) -> Mapping[str, Sequence[str]]:
        """Links to the pages that name items, of the servers whose lists were asked for.

        Returns:
            By kind and number (`userstories/2145`), `[[…]]` with each page's name.
        """
        if self._items is None:
            return {}
        servers = {each.server for each in self._lists if each not in (NOTES, ME)} or {""}
        self._lists[NOTES] = self._items.stamp
        return self._items.links(servers)

    def details(self, request: DetailRequest, /) -> Details:
        """See `Source.details`."""
        self._note(request)
        details = self._source.details(request)
        self._lists[request] = details.stamp
        return details

    def _note(self, asked: Asked) -> None:
        """Takes note of what is asked for; says again what Taiga said if it refuses that."""
        # Before it is asked: a list that fails is one that the page waits for.
        self._lists[asked] = None
        if refusal := self._refusals.get(asked):
            self._lists[asked] = str(refusal)
            # The same error again and again: what it came through is not to pile up.
            raise refusal.with_traceback(None)

    def noted(self) -> Dependencies:
        """What was looked at up to now."""
        return Dependencies(dict(self._lists), self.page.seen, self.clock.told_moment)


def stamp_of(source: Source, asked: Asked) -> str:
    """Another text, also in a later run, whenever what the source gives for it is another.

    It is empty for a source that can't tell: rows of a file are as old as the file.

    Raises:
        SourceError: as the source does.
    """
    if isinstance(asked, DetailRequest):
        return source.details(asked).stamp
    if asked.kind == ME.kind:
        return stamp_of_me(source.me(asked.server))
    return _stamp_of_rows(source.rows(asked))


def stamp_of_me(me: Row) -> str:
    """The same for what `Source.me` gives."""
    return f"{crc32(repr(sorted(me.items())).encode()):08x}"


def _stamp_of_rows(rows: Rows) -> str:
    return str(getattr(rows, "stamp", ""))


ROOM = 50_000_000
"""Characters that a `BlockCache` keeps."""


@dataclass(frozen=True, slots=True)
class BlockOutput:
    """What a block gives.

    Attributes:
        text: Markdown.
        warnings: what is to be told with it, one sentence each.
        is_empty: whether there is nothing to show, whatever stands there then.
    """

    text: str
    warnings: tuple[str, ...] = ()
    is_empty: bool = False


class BlockCache:
    """The outputs of one run that serve any page: evaluated and rendered once.

    A block's output depends on its text, on rows, which are the same throughout a run, and on its
    page only if it looks at that. What looks at no page serves all pages with the same block.
    """

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[BlockOutput, Dependencies]] = {}
        self._room = ROOM

    def get(self, key: Hashable) -> tuple[BlockOutput, Dependencies] | None:
        """A block's output, and what it looked at; None where it has to be made.

        Args:
            key: all that it depends on, save rows, page and time.
        """
        return self._known.get(key)

    def add(self, key: Hashable, output: BlockOutput, dependencies: Dependencies) -> None:
        """Takes an output that was made, and keeps it if it serves any page."""
        # What looked at its page would show one page's name, or its front matter, in another.
        if not dependencies.page and len(output.text) <= self._room:
            self._room -= len(output.text)
            self._known[key] = output, dependencies
