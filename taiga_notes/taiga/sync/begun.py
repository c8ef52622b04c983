"""A list of which pages came before Taiga asked to wait: they are kept, and read on from.

Pages go by the number of rows before them, so those of one run and of the next fit together only
while nothing came, went or changed in between: the project's pulse and the counts say so. A row
that was but moved, of which nothing tells, would be there twice; then the list is read anew.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from taiga_notes.taiga.store.columns import ItemOffsets
from taiga_notes.taiga.store.list_content import Content, joined
from taiga_notes.taiga.store.list_tables import part_name

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taiga_notes.model.rows import Path
    from taiga_notes.taiga.http.pagination import Item
    from taiga_notes.taiga.store.list_tables import ListMeta, StoreWriting


@dataclass(frozen=True, slots=True)
class Part:
    """The first rows of a list, or all of them.

    Attributes:
        content: the rows.
        read_at: when the first of them was read, in Unix seconds.
    """

    content: Content
    read_at: float

    def rows(self) -> list[Item]:
        """A row for each, with its id alone."""
        return [{"id": number} for number in self.content.columns.get(("id",), ())]

    def completed(self, later: Part, count: int) -> Part:
        """`count` rows: these and the later ones; or those alone, if they are as many.

        Then the list was begun anew.
        """
        if later.content.count == count:
            return later
        # As old as its oldest rows: from then on `full_every` counts.
        return Part(joined(self.content, later.content), self.read_at)


class Begun:
    """What the store has of a list that came in part.

    Args:
        store: in a transaction.
        name: the list's.
        web: see `list_tables.part_name`.
    """

    def __init__(self, store: StoreWriting, name: str, web: str) -> None:
        self._store = store
        self._name = f"begun {name}"
        self._web = web
        self._held = store.held(self._name)

    def recalled(self, now: ListMeta, oldest: float, paths: Iterable[Path]) -> Part:
        """The rows that came, if what is left still follows them; else none.

        Args:
            now: what is known of the list if it is read now.
            oldest: when they must have been read, in Unix seconds.
            paths: of the columns that are needed.
        """
        held = self._held
        if held and oldest < held.read_at <= now.read_at and _state(held) == _state(now):
            columns = {path: self._store.column(held, part_name(path, self._web)) for path in paths}
            known = {path: values for path, values in columns.items() if values is not None}
            if len(known) == len(columns):
                return Part(Content(self._store.places(held), known), held.read_at)
        return Part(Content(ItemOffsets(), {}), now.read_at)

    def keep(self, held: ListMeta, content: Content) -> None:
        """Put the rows away that came.

        Args:
            held: what is known of the list.
            content: the rows.
        """
        number = self._store.number_of(self._name)
        self._store.own(number, content)
        # Of no kind: nothing is asked of it, and nothing is counted for it.
        self._store.put_content(replace(held, number=number, kind=""), content, self._web)

    def give(self, number: int, content: Content) -> None:
        """Let the rows among `content` be the whole list's, and forget the others."""
        if self._held is not None:
            # Before the others go: chunks go with the list that owns them.
            self._store.own(number, content)
            self._store.drop(self._held.number)


def _state(held: ListMeta) -> tuple[object, ...]:
    return held.pulse, held.epoch, held.guarded, held.counted
