"""The tree of a query: what the parser gives and the compiler reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from taiga_notes.model.rows import Path


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """Part of a query; `at` is the offset in the text that an error names."""

    at: int


@dataclass(frozen=True, slots=True, eq=False)
class Constant(Node):
    """`nil`, a boolean, a number or a string."""

    value: object


@dataclass(frozen=True, slots=True, eq=False)
class Name(Node):
    """A variable: a field of the row, a name given by `from`, or a global one."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Indexing(Node):
    """`whole.key` or `whole[key]`."""

    whole: Node
    key: Node


@dataclass(frozen=True, slots=True, eq=False)
class OrderKey:
    """One key of an `order by`; `nulls_first` as it comes out by default or by `nulls …`."""

    key: Node
    descending: bool
    nulls_first: bool


@dataclass(frozen=True, slots=True, eq=False)
class Call(Node):
    """`function(arguments)`; `order` and `only` are what an aggregate may carry."""

    function: Node
    arguments: tuple[Node, ...]
    order: tuple[OrderKey, ...] = ()
    only: Node | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Method(Node):
    """`whole:name(arguments)`."""

    whole: Node
    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Unary(Node):
    """`not x`, `-x`, `#x`."""

    sign: str
    operand: Node


@dataclass(frozen=True, slots=True, eq=False)
class Binary(Node):
    """Arithmetic and comparisons."""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, eq=False)
class Chain(Node):
    """`and`, `or` and `..` over two or more parts: flat, so that a long one is not deep."""

    sign: str
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Member(Node):
    """`item in list`, `item not in list`."""

    item: Node
    list: Node
    negated: bool


@dataclass(frozen=True, slots=True, eq=False)
class TableField:
    """One part of a table: `value`, `name = value` (the key a constant) or `[key] = value`."""

    key: Node | None
    value: Node


@dataclass(frozen=True, slots=True, eq=False)
class TableConstructor(Node):
    """`{…}`, and the record that several expressions of a `select` make."""

    fields: tuple[TableField, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Query(Node):
    """`query[[…]]`, or the clauses of a block.

    Attributes:
        source: what `from` names.
        variable: the name that `from p = …` gives to the row; None where fields are variables.
        where: the condition, or None.
        group: pairs of a name (or None) and a key; None without `group by`.
        having: the condition, or None.
        order: the keys; empty without `order by`.
        limit: how many, or None.
        offset: how many are skipped, or None.
        select: the value of each row, or None for the row itself.
    """

    source: Node
    variable: str | None = None
    where: Node | None = None
    group: tuple[tuple[str | None, Node], ...] | None = None
    having: Node | None = None
    order: tuple[OrderKey, ...] = ()
    limit: Node | None = None
    offset: Node | None = None
    select: Node | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Parsed:
    """A whole text: an expression, and what a native block says of its rendering."""

    tree: Node
    template: str | None = None
    each: str | None = None
    empty: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """A name and the constant parts of what is accessed below it: `p.status_extra_info.name`."""

    root: str
    path: Path
    at: int = field(default=0)


def reference(node: Node) -> Reference | None:
    """The node as a reference, or None where it is more than a name and constant string keys."""
    path: list[str] = []
    while isinstance(node, Indexing):
        if not isinstance(node.key, Constant) or not isinstance(node.key.value, str):
            return None
        path.append(node.key.value)
        node = node.whole
    if not isinstance(node, Name):
        return None
    return Reference(node.name, tuple(reversed(path)), node.at)


def parts(node: Node) -> Iterator[Node]:
    """The nodes right below; none below a query, whose names mean something else."""
    found: tuple[Node | None, ...] = ()
    match node:
        case Indexing():
            found = node.whole, node.key
        case Call():
            order = (each.key for each in node.order)
            found = node.function, *node.arguments, *order, node.only
        case Method():
            found = node.whole, *node.arguments
        case Unary():
            found = (node.operand,)
        case Binary():
            found = node.left, node.right
        case Chain():
            found = node.parts
        case Member():
            found = node.item, node.list
        case TableConstructor():
            found = tuple(part for each in node.fields for part in (each.key, each.value))
    return (part for part in found if part is not None)


def outer_parts(query: Query) -> Iterator[Node]:
    """What a query evaluates once, among the names around it."""
    found = (query.source, query.limit, query.offset)
    return (part for part in found if part is not None)


def row_parts(query: Query) -> Iterator[Node]:
    """What a query evaluates for each row or group."""
    keys = (key for _, key in query.group or ())
    found = (query.where, query.having, query.select, *keys, *(each.key for each in query.order))
    return (part for part in found if part is not None)
