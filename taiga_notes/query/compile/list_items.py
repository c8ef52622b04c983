"""Items of a list in a field, `comments[1].who`: what is known of them before there are rows.

Of what Taiga gives item by item we say ourselves what it holds, so that another name is a mistake;
items of other lists, `tasks[1]`, are rows like any other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taiga_notes.errors import did_you_mean
from taiga_notes.model.kinds import joins_of
from taiga_notes.query.compile.scopes import FieldPlace
from taiga_notes.query.syntax import tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taiga_notes.model.kinds import Join
    from taiga_notes.model.rows import Path
    from taiga_notes.query.compile.compiler import Compiler

_TIME = re.compile(r"\d{4}-\d\d-\d\dT")
_TYPES = {str: "string", int: "number"}


@dataclass(frozen=True, slots=True)
class ItemField:
    """A field of an item of a list.

    Attributes:
        listed: how the list is written.
        shown: how the field is written.
        join: what the list is.
        path: the field's place in the item.
    """

    listed: str
    shown: str
    join: Join
    path: Path

    @property
    def place(self) -> FieldPlace | None:
        """Which field of rows it is; None where the items are none of a list's."""
        return FieldPlace(self.join.kind, self.path, is_own=False) if self.join.kind else None

    @property
    def type(self) -> str:
        """What such an item has there; empty where that is not known."""
        return fields_of_items(self.join).get(self.path[0], "") if not self.path[1:] else ""


def item_field(compiler: Compiler, node: tree.Node) -> ItemField | None:
    """The field that an expression such as `comments[1].who` means; None of any other."""
    path: list[str] = []
    while isinstance(node, tree.Indexing) and (name := _name(node.key)) is not None:
        path.insert(0, name)
        node = node.whole
    if not path or not isinstance(node, tree.Indexing):
        return None
    reference = tree.reference(node.whole)
    place = None if reference is None else compiler.scope.place(reference)
    if reference is None or place is None:
        return None
    join = joins_of(place.kind).get(".".join(place.path))
    if join is None or not join.field.type.startswith("list"):
        return None
    listed = reference.written
    place_in = node.key.value if isinstance(node.key, tree.Constant) else "…"
    shown = f"{listed}[{place_in}].{'.'.join(path)}"
    return ItemField(listed, shown, join, tuple(path))


def check_item_field(compiler: Compiler, node: tree.Indexing) -> None:
    """Refuses the field of an item that such an item never has.

    Raises:
        QueryError: there is no such field.
    """
    field = item_field(compiler, node)
    known = fields_of_items(field.join) if field else {}
    if field and known and field.path[0] not in known:
        name = field.path[0]
        said = f"an item of {field.listed} has no field '{name}'"
        raise compiler.unit.error(node.at, said, did_you_mean(name, known))


def _name(key: tree.Node) -> str | None:
    is_text = isinstance(key, tree.Constant) and isinstance(key.value, str)
    return str(key.value) if isinstance(key, tree.Constant) and is_text else None


def fields_of_items(join: Join) -> Mapping[str, str]:
    """Name → type, as the example has it; none of what are rows."""
    examples = join.field.example if join.piece and isinstance(join.field.example, list) else ()
    return {
        name: "time" if _TIME.match(str(value)) else _TYPES.get(type(value), "")
        for example in examples
        for name, value in example.items()
    }
