"""What a block's query asks of its items by plain equality: what a new one there is to be.

Pure. All else that it asks for a new item may not be, so that it is told: it will not show there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from taiga_notes.model.kinds import PROJECT_FILTERS, SOURCES
from taiga_notes.query.syntax import tree

if TYPE_CHECKING:
    from collections.abc import Iterator

ME = object()
"""Stands for whoever is logged in, where a query says `me.username` or `me.id`."""


@dataclass(frozen=True, slots=True)
class Wish:
    """One condition of a query.

    Attributes:
        field: of the item, nested ones with dots; empty where it is more than an equality.
        value: what that is to be; of `tag_names` and `tags`, one that is to be among them.
        fields: all that the condition looks at.
    """

    field: str
    value: object
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Wishes:
    """What a query asks for.

    Attributes:
        kind: of which list, a name of `kinds.KINDS`; empty where that can't be told.
        project: the slug or number that its source names; None without one.
        wishes: its conditions; what they are joined by is `and`.
    """

    kind: str
    project: object
    wishes: tuple[Wish, ...]


def wishes_of(parsed: tree.Parsed) -> Wishes:
    """What a block's text asks of its items."""
    query = parsed.tree
    if not isinstance(query, tree.Query):
        return Wishes("", None, (Wish("", None, ("the query",)),))
    source, filters = _source(query.source)
    found: list[Wish] = []
    project: object = None
    for name, value in filters:
        if name in PROJECT_FILTERS:
            project = value
        else:
            found.append(Wish(name, value, (name,)))
    if not source:
        found.append(Wish("", None, ("its source",)))
    for clause in query.clauses:
        if isinstance(clause, tree.Where):
            found += _conditions(clause.condition, query.variable)
    return Wishes(source, project, tuple(found))


def _source(node: tree.Node) -> tuple[str, list[tuple[str, object]]]:
    """The list that a source names, and the filters that it gives Taiga."""
    match node:
        case tree.Name(name=name):
            return SOURCES.get(name, ""), []
        case tree.Call(function=tree.Name(name=name), arguments=[tree.TableConstructor() as table]):
            return SOURCES.get(name, ""), [*_filters(table)]
        case tree.Call(function=tree.Name(name="getTaigaTasks"), arguments=()):
            return SOURCES["userstories"], []
    return "", []


def _filters(table: tree.TableConstructor) -> Iterator[tuple[str, object]]:
    for each in table.fields:
        match each.key, each.value:
            case tree.Constant(value=str(name)), tree.Constant(value=value):
                yield name, value
            case _:
                yield "", None


def _conditions(node: tree.Node, variable: str | None) -> Iterator[Wish]:
    match node:
        case tree.Chain(operator="and", parts=parts):
            for part in parts:
                yield from _conditions(part, variable)
        case tree.Binary(operator="==", left=left, right=right):
            yield _equality(left, right, variable) or _other(node, variable)
        case tree.Unary(operator="not", operand=operand):
            field = _field(operand, variable)
            yield Wish(field, False, (field,)) if field else _other(node, variable)  # noqa: FBT003 - a value
        case tree.Member(item=tree.Constant(value=value), list=listed, negated=False):
            yield _among(value, listed, variable) or _other(node, variable)
        case tree.Call(function=function, arguments=(listed, tree.Constant(value=value))):
            named = tree.reference(function)
            is_includes = named is not None and (named.root, named.path) == ("table", ("includes",))
            found = _among(value, listed, variable) if is_includes else None
            yield found or _other(node, variable)
        case tree.Name() | tree.Indexing() if field := _field(node, variable):
            yield Wish(field, True, (field,))  # noqa: FBT003 - a value
        case _:
            yield _other(node, variable)


def _equality(left: tree.Node, right: tree.Node, variable: str | None) -> Wish | None:
    for one, other in ((left, right), (right, left)):
        field = _field(one, variable)
        if not field:
            continue
        if isinstance(other, tree.Constant):
            return Wish(field, other.value, (field,))
        named = tree.reference(other)
        if named is not None and named.root == "me" and named.path in {("username",), ("id",)}:
            return Wish(field, ME, (field,))
    return None


def _among(value: object, listed: tree.Node, variable: str | None) -> Wish | None:
    field = _field(listed, variable)
    return Wish(field, value, (field,)) if field in {"tag_names", "tags"} else None


def _field(node: tree.Node, variable: str | None) -> str:
    """The field of the row that a node names, nested ones with dots; empty if it names none."""
    named = tree.reference(node)
    if named is None or named.root == "me":
        return ""
    if variable is None:
        return ".".join((named.root, *named.path))
    return ".".join(named.path) if named.root == variable else ""


def _other(node: tree.Node, variable: str | None) -> Wish:
    fields = tuple(dict.fromkeys(_named(node, variable)))
    return Wish("", None, fields or ("something else",))


def _named(node: tree.Node, variable: str | None) -> Iterator[str]:
    if field := _field(node, variable):
        yield field
        return
    for part in tree.parts(node):
        yield from _named(part, variable)
