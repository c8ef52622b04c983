"""Sprints that may be missing, in comparisons: `milestone == next_sprint().id`.

Where there is no such sprint it is nil, and what is below nil is nil, as is a story's `milestone`
in the backlog: the two are equal. Whoever asks `milestone and …` beforehand leaves those out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from taiga_notes.model.calendar import SPRINTS
from taiga_notes.query.syntax import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

    Fields = frozenset[tuple[str, ...]]


class SprintComparison(NamedTuple):
    """A field compared with one of a sprint around today.

    Attributes:
        field: as it is written.
        operator: `==` or `~=`.
        function: a name of `calendar.SPRINTS`.
        below: what of the sprint it is compared with, such as `.id`.
    """

    field: str
    operator: str
    function: str
    below: str

    @property
    def doubt(self) -> str:
        """What is told where there is no such sprint."""
        said = f"{self.function}(){self.below}"
        return (
            f"there is no {self.function.replace('_', ' ')}: {said} is nil, as is the {self.field} "
            f"of what has none: write {self.field} and {self.field} {self.operator} {said}"
        )


def sprint_comparisons(query: tree.Query) -> list[SprintComparison]:
    """Those of a query's conditions that nil would decide."""
    wheres = (clause for clause in query.clauses if isinstance(clause, tree.Where))
    return [each for where in wheres for each in _unguarded(where.condition, frozenset())]


def _unguarded(node: tree.Node, guards: Fields) -> Iterator[SprintComparison]:
    match node:
        case tree.Chain(operator="and", parts=parts):
            # In their order: what stands first decides whether the rest is looked at.
            for part in parts:
                yield from _unguarded(part, guards)
                guards |= {field for field in [_field(part)] if field}
        case tree.Binary(operator="==" | "~=" as sign, left=left, right=right):
            for one, other in ((left, right), (right, left)):
                field = _field(one)
                if field and field not in guards and (found := _sprint(other)):
                    yield SprintComparison(".".join(field), sign, *found)
        case _:
            for part in tree.parts(node):
                yield from _unguarded(part, guards)


def _field(node: tree.Node) -> tuple[str, ...]:
    """The name and path of a reference; empty for what is none."""
    named = tree.reference(node)
    return () if named is None else (named.root, *named.path)


def _sprint(node: tree.Node) -> tuple[str, str] | None:
    """The function and what is below it: `next_sprint().id`."""
    below = ""
    while isinstance(node, tree.Indexing) and isinstance(node.key, tree.Constant):
        below = f".{node.key.value}{below}"
        node = node.whole
    match node:
        case tree.Call(function=tree.Name(name=name), arguments=()) if below and name in SPRINTS:
            return name, below
    return None
