"""The tree of a query: what the parser gives and the compiler reads."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from typing import TYPE_CHECKING, assert_never

from taiga_notes.model.kinds import NAMES, OF_A_SERVER
from taiga_notes.query.syntax.lexer import written_below

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from taiga_notes.model.rows import Path


@dataclass(frozen=True, slots=True, eq=False)
class _Node:
    """Part of an expression; `at` is the offset in the text that an error names."""

    at: int


@dataclass(frozen=True, slots=True, eq=False)
class Constant(_Node):
    """`nil`, a boolean, a number or a string."""

    value: object


@dataclass(frozen=True, slots=True, eq=False)
class Name(_Node):
    """A variable: a field of the row, a name given by `from`, or a global one."""

    name: str


@dataclass(frozen=True, slots=True, eq=False)
class Indexing(_Node):
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
class Call(_Node):
    """`function(arguments)`; `order` and `only` are what an aggregate may carry."""

    function: Node
    arguments: tuple[Node, ...]
    order: tuple[OrderKey, ...] = ()
    only: Node | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Method(_Node):
    """`whole:name(arguments)`."""

    whole: Node
    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Unary(_Node):
    """`not x`, `-x`, `#x`."""

    operator: str
    operand: Node


@dataclass(frozen=True, slots=True, eq=False)
class Binary(_Node):
    """Arithmetic and comparisons."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True, eq=False)
class Chain(_Node):
    """`and`, `or` and `..` over two or more parts: flat, so that a long one is not deep."""

    operator: str
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Member(_Node):
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
class TableConstructor(_Node):
    """`{…}`, and the record that several expressions of a `select` make."""

    fields: tuple[TableField, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Where:
    """`where condition`."""

    condition: Node


@dataclass(frozen=True, slots=True, eq=False)
class GroupBy:
    """`group by name = key, …`: pairs of a name (or None) and a key."""

    keys: tuple[tuple[str | None, Node], ...]


@dataclass(frozen=True, slots=True, eq=False)
class Having:
    """`having condition`."""

    condition: Node


@dataclass(frozen=True, slots=True, eq=False)
class OrderBy:
    """`order by key desc, …`."""

    keys: tuple[OrderKey, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Limit:
    """`limit count`."""

    count: Node


@dataclass(frozen=True, slots=True, eq=False)
class Offset:
    """`offset count`: how many are skipped."""

    count: Node


@dataclass(frozen=True, slots=True, eq=False)
class Select:
    """`select value`: what there is for each row, in place of the row itself."""

    value: Node


Clause = Where | GroupBy | Having | OrderBy | Limit | Offset | Select
"""What may follow `from`."""


@dataclass(frozen=True, slots=True, eq=False)
class Query(_Node):
    """`query[[…]]`, or the clauses of a block.

    Attributes:
        source: what `from` names.
        variable: the name that `from p = …` gives to the row; None where fields are variables.
        clauses: the others, one of a kind at most.
    """

    source: Node
    variable: str | None
    clauses: tuple[Clause, ...]

    @property
    def selected(self) -> Node | None:
        """The value of each row, or None for the row itself."""
        return next((each.value for each in self.clauses if isinstance(each, Select)), None)


Node = (
    Constant
    | Name
    | Indexing
    | Call
    | Method
    | Unary
    | Binary
    | Chain
    | Member
    | TableConstructor
    | Query
)
"""An expression. Who takes one apart by `match` names each kind, and the type checker sees it."""


@dataclass(frozen=True, slots=True, eq=False)
class Parsed:
    """A whole text: an expression, and what a native block says of its rendering.

    Attributes:
        tree: the expression, or the block's query.
        template: of `template NAME`.
        each: of `each "…"`.
        empty: of `empty "…"`.
        push: the words of `push …`.
        once: whether it says `once`.
        until: the expression of `until …`.
    """

    tree: Node
    template: str | None = None
    each: str | None = None
    empty: str | None = None
    push: tuple[str, ...] = ()
    once: bool = False
    until: Node | None = None

    @property
    def is_bare(self) -> bool:
        """Whether it is the expression alone."""
        said = self.template, self.each, self.empty, self.until
        return said == (None, None, None, None) and not (self.push or self.once)


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """A name and the constant parts of what is accessed below it: `p.status_extra_info.name`."""

    root: str
    path: Path
    at: int = field(default=0)

    @property
    def written(self) -> str:
        """As a query writes it: `custom['Due at']`."""
        return reduce(written_below, self.path, self.root)


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


def server_of(reference: Reference) -> str:
    """The server of whose own something a reference speaks: `work.userstories`; else empty."""
    own = reference.path[:1] and reference.path[0] in OF_A_SERVER
    return reference.root if own and reference.root not in {*NAMES, "_", "_CTX"} else ""


def parts(node: Node) -> tuple[Node, ...]:
    """The nodes right below; none below a query, whose names mean something else."""
    match node:
        case Constant() | Name() | Query():
            return ()
        case Indexing():
            return node.whole, node.key
        case Call():
            order = (each.key for each in node.order)
            return node.function, *node.arguments, *order, *_given(node.only)
        case Method():
            return node.whole, *node.arguments
        case Unary():
            return (node.operand,)
        case Binary():
            return node.left, node.right
        case Chain():
            return node.parts
        case Member():
            return node.item, node.list
        case TableConstructor():
            return tuple(part for each in node.fields for part in (*_given(each.key), each.value))
        case _:
            assert_never(node)


def conjuncts(node: Node) -> Iterator[Node]:
    """The parts that must all hold."""
    if isinstance(node, Chain) and node.operator == "and":
        for part in node.parts:
            yield from conjuncts(part)
    else:
        yield node


def all_of(conditions: Sequence[Node], last: Node) -> Node:
    """The same parts as one condition again, or some of them.

    Args:
        conditions: them.
        last: the last one of all: 0 and '' are not kept as it, and true in front of it; so where
            it is not among them, something that holds stands in its place.
    """
    at = conditions[0].at
    held = () if conditions[-1] is last else (Constant(at, value=True),)
    parts = (*conditions, *held)
    return parts[0] if len(parts) == 1 else Chain(at, "and", parts)


def outer_parts(query: Query) -> tuple[Node, ...]:
    """What a query evaluates once, among the names around it."""
    bounds = (each for each in query.clauses if isinstance(each, Limit | Offset))
    return query.source, *(part for each in bounds for part in _clause_parts(each))


def row_parts(query: Query) -> tuple[Node, ...]:
    """What a query evaluates for each row or group."""
    others = (each for each in query.clauses if not isinstance(each, Limit | Offset))
    return tuple(part for each in others for part in _clause_parts(each))


def _clause_parts(clause: Clause) -> tuple[Node, ...]:
    match clause:
        case Where() | Having():
            return (clause.condition,)
        case GroupBy():
            return tuple(key for _, key in clause.keys)
        case OrderBy():
            return tuple(each.key for each in clause.keys)
        case Limit() | Offset():
            return (clause.count,)
        case Select():
            return (clause.value,)
        case _:
            assert_never(clause)


def _given(node: Node | None) -> tuple[Node, ...]:
    return () if node is None else (node,)
