"""A list's rows on their way into the store. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from taiga_notes.taiga.store.columns import below
from taiga_notes.taiga.store.item_offsets import ItemOffsets

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from taiga_notes.model.rows import Path
    from taiga_notes.taiga.store.json_stream import ListPage


@dataclass(frozen=True, slots=True)
class Content:
    """A list's rows, as they are written into the store.

    Attributes:
        places: of the items' texts.
        columns: a value a row, by path.
    """

    places: ItemOffsets
    columns: Mapping[Path, Sequence[object]]

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.places.chunks)


def joined(first: Content, second: Content) -> Content:
    """The rows of one and then those of the other, which has the columns that count."""
    places = ItemOffsets()
    places.extend(first.places)
    places.extend(second.places)
    columns = {path: [*first.columns[path], *below] for path, below in second.columns.items()}
    return Content(places, columns)


def gather(pages: Iterable[ListPage], paths: Iterable[Path]) -> Content:
    """The rows of a list's pages together.

    Args:
        pages: read with all fields that `paths` begin with.
        paths: of the columns to make.
    """
    places = ItemOffsets()
    whole: dict[str, list[object]] = {}
    for page in pages:
        places.extend(page.places)
        for name, values in page.columns.items():
            whole.setdefault(name, []).extend(values)
    return Content(places, {path: below(whole.get(path[0], ()), path[1:]) for path in paths})
