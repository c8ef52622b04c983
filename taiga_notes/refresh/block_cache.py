"""What blocks give that several pages have in common: evaluated and rendered once a run.

A block's output depends on its text, the lists it asks for, and on its page only if it looks at
that. So the page's data note whether anybody looked, and an output without such a look serves all
pages with the same block.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from taiga_notes.refresh.dependencies import DependencyTracker, ask

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator, Mapping

    from taiga_notes.model.rows import Listing, Source

ROOM = 50_000_000
"""Characters that are kept."""


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


class BlockCache:
    """The outputs of one run that serve any page."""

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[str, frozenset[Listing]]] = {}
        self._room = ROOM

    def output(
        self,
        key: Hashable,
        source: Source,
        page: Mapping[str, object],
        make: Callable[[Source, PageData], str],
    ) -> str:
        """A block's output: a known one, or one that is made.

        Args:
            key: all that it depends on, save rows and page.
            source: where rows come from. It is asked for the lists in either case, so that it
                knows what the page is made of.
            page: the page's data.
            make: evaluates and renders.
        """
        if key in self._known:
            text, lists = self._known[key]
            ask(source, lists)
            return text
        asked, data = DependencyTracker(source), PageData(page)
        text = make(asked, data)
        if not data.seen and len(text) <= self._room:
            self._room -= len(text)
            self._known[key] = text, asked.taken()
        return text
