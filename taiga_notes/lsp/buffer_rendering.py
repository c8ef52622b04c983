"""A buffer's text rendered anew from fresh rows; what takes a network is done here, in a thread.

The page's file is not touched: what comes of it is a text, which the editor is asked to take. What
the blocks hold from then on is remembered first, as before any writing: a push has to know it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from taiga_notes.push.base_shelf import BaseShelf
from taiga_notes.refresh.compose import compose
from taiga_notes.refresh.refresh import item_pages
from taiga_notes.taiga.servers import Servers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from taiga_notes.page.block_finder import Block
    from taiga_notes.refresh.compose import Composition
    from taiga_notes.taiga.snapshot import SnapshotFile
    from taiga_notes.watch.setup import Setup


@dataclass(frozen=True, slots=True)
class WantedBlock:
    """Which block of a page is to be rendered.

    Attributes:
        number: its place among the page's blocks.
        text: its opener's text, by which it is known again once somebody typed elsewhere.
    """

    number: int
    text: str


class BufferRendering:
    """Renders buffers of one vault; one thread at a time may use it, and has to close it.

    Args:
        setup: what the vault's pages are rendered with.
        source: where rows come from; by default the servers are asked, each list once.
        released: see `RenderContext`.
    """

    def __init__(
        self,
        setup: Setup,
        source: Servers | None = None,
        released: Collection[tuple[str, str, str]] = (),
    ) -> None:
        self._setup = setup.with_new_templates()
        self._source: Servers | SnapshotFile = source or (
            setup.connect() if setup.asks else setup.stored()
        )
        if not isinstance(self._source, Servers):
            self._source.begin()
        self._released = released

    def rendered(self, name: str, text: str, wanted: WantedBlock | None = None) -> Composition:
        """What a page is to hold.

        Args:
            name: its path in the vault.
            text: what its buffer holds.
            wanted: the one block that is to be rendered; None for all.

        Raises:
            BlockError: its markers do not belong together.
        """
        vault = self._setup.vault
        context = replace(
            self._setup.render_context(self._source, {}),
            dialect=vault.dialect,
            released=self._released,
            items=item_pages(vault),
        )
        shelf, bodies = BaseShelf(vault.home), vault.bodies()
        made = compose(
            text, name, context, bodies.of, partial(shelf.find, name), wanted=_is_wanted(wanted)
        )
        # Before the editor has the text: a kill in between leaves a base too many, none too few.
        shelf.add(name, made.bases)
        bodies.add(made.checksums)
        return made

    @property
    def age(self) -> str:
        """How old the rows are and why, where Taiga could not be asked; else empty."""
        if not isinstance(self._source, Servers) or not self._source.opened:
            return ""
        state = self._source.state
        return ": ".join(filter(None, (str(state), state.detail)))

    def close(self) -> None:
        """Lets go of network and store."""
        self._source.close()
        self._setup.templates.close()


def _is_wanted(wanted: WantedBlock | None) -> Callable[[Block], bool]:
    """Whether a block is that one; asked of each once, in the page's order."""
    if wanted is None:
        return lambda _: True
    seen: list[Block] = []

    def is_it(block: Block) -> bool:
        seen.append(block)
        return len(seen) - 1 == wanted.number and block.text == wanted.text

    return is_it
