"""What names in a query mean, and which exist: fields of the row, names around it, a group's own.

A scope answers for one place in the compiled function: within the loop over the rows, over the
groups, or outside of both. What it does not know is a global name, or nothing. A misspelt name
would silently keep or drop every row, so it is an error; and since the known fields count as well,
an empty list is no excuse.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

from taiga_notes.errors import close_matches, did_you_mean, meant
from taiga_notes.model.kinds import (
    SOURCES,
    fields_of,
    is_kind,
    is_map,
    joins_of,
    names_below,
)
from taiga_notes.query.compile import codegen
from taiga_notes.query.runtime.functions import AGGREGATES, FUNCTIONS, NAMESPACES, ValueType
from taiga_notes.query.syntax import tree

if TYPE_CHECKING:
    import ast
    from collections.abc import Callable, Iterator

    from taiga_notes.model.rows import Path, Rows


@dataclass(frozen=True, slots=True)
class Code:
    """A compiled expression.

    Attributes:
        value: the expression; where `guards` do not hold it must not be computed.
        value_type: what is known of its value.
        guards: conditions without which the whole is nil.
        simple: whether computing it twice costs nothing worth mentioning.
        varies: whether it differs from row to row.
        length: how long it is, if that can be had without making it.
    """

    value: ast.expr
    value_type: ValueType = ValueType.ANY
    guards: tuple[ast.expr, ...] = ()
    simple: bool = False
    varies: bool = True
    length: ast.expr | None = None

    def whole(self) -> ast.expr:
        """The expression with its guards: nil where they do not hold."""
        if not self.guards:
            return self.value
        return codegen.choice(codegen.every(*self.guards), self.value, codegen.constant(None))


@dataclass(frozen=True, slots=True)
class FieldPlace:
    """Where a name stands that is a field of rows.

    Attributes:
        kind: the rows' kind.
        path: the field's place in a row; empty for the row itself.
        is_own: whether the rows are those of the query that names it, and not of one around it.
    """

    kind: str
    path: Path
    is_own: bool = True


@dataclass(frozen=True, slots=True)
class ComparedLiteral:
    """A literal that is compared with a field whose values a project lists.

    Attributes:
        path: the field's.
        value: the literal.
        at: where it stands in the text.
        wanted: whether rows that have it are asked for, and not those that have it not.
    """

    path: Path
    value: object
    at: int
    wanted: bool


Captured = Mapping[tuple[str, "Path"], FieldPlace | None]
"""What a query refers to around it, in the order in which it is handed in: name and path of each,
and which field of other rows it is, if it is one."""


class NameScope(Protocol):
    """What names mean at one place."""

    def find(self, reference: tree.Reference) -> Code | None:
        """What the reference means; None if this scope does not know its root."""

    def place(self, reference: tree.Reference) -> FieldPlace | None:
        """Which field of rows of a known kind it means; None where it means anything else."""


class OuterScope:
    """The scope around a query: what the queries around it handed in.

    Args:
        captured: the references that were handed in, and which fields they are, if any; their
            values are `o0`, `o1`, ….
    """

    def __init__(self, captured: Captured) -> None:
        self._slots = {each: slot for slot, each in enumerate(captured)}
        self._places = captured

    def find(self, reference: tree.Reference) -> Code | None:
        """See `NameScope.find`."""
        slot = self._slots.get((reference.root, reference.path))
        return None if slot is None else Code(codegen.name(f"o{slot}"), simple=True, varies=False)

    def place(self, reference: tree.Reference) -> FieldPlace | None:
        """See `NameScope.place`."""
        place = self._places.get((reference.root, reference.path))
        return None if place is None else replace(place, is_own=False)


class RowScope:
    """The scope within a loop over rows.

    Args:
        variable: the row's name; None where its fields are variables.
        kind: the rows' kind.
        fields: the names that are fields of the rows.
        outside: the scope around the query.
        value_of: the value at a path of the loop's row; is told where the path stands.
        row: the row itself.
    """

    def __init__(
        self,
        *,
        variable: str | None,
        kind: str,
        fields: frozenset[str],
        outside: NameScope,
        value_of: Callable[[Path, int], ast.expr],
        row: ast.expr,
    ) -> None:
        self._variable = variable
        self._kind = kind
        self._fields = fields
        self._outside = outside
        self._value_of = value_of
        self._row = row

    def find(self, reference: tree.Reference) -> Code | None:
        """See `NameScope.find`."""
        # The rows' own names hide those around the query, as an inner block's do in Lua.
        path = self.path_of(reference)
        return self._outside.find(reference) if path is None else self.field(path, reference.at)

    def place(self, reference: tree.Reference) -> FieldPlace | None:
        """See `NameScope.place`."""
        path = self.path_of(reference)
        return self._outside.place(reference) if path is None else self.place_at(path)

    def place_at(self, path: Path) -> FieldPlace | None:
        """The same for a path of the row."""
        return FieldPlace(self._kind, path) if is_kind(self._kind) else None

    def path_of(self, reference: tree.Reference) -> Path | None:
        """Where in the row it stands what the reference means; None if it is not of the row."""
        if reference.root == (self._variable or "_"):
            return reference.path
        if self._variable is None and reference.root in self._fields:
            return reference.root, *reference.path
        return None

    def field(self, path: Path, at: int) -> Code:
        """The value at that path of the row; the row itself at none."""
        if not path:
            return Code(self._row, simple=True)
        return Code(self._value_of(path, at), simple=True)


class GroupScope:
    """The scope within the loop over the groups: `k` is the key, `g` the rows' places in `hits`.

    Other names mean the fields of the group's first row.

    Args:
        rows: the scope of that first row, with or without its name.
        fields: the names that are fields of the rows.
        names: of the keys that have one, which of them it is; None for the only key.
        keys: by name, and `key` for the only one, which field of the rows a key is.
        selected: the names that `select` gives, where they can be seen: within `order by`.
    """

    def __init__(
        self,
        rows: RowScope,
        fields: frozenset[str],
        names: Mapping[str, int | None],
        keys: Mapping[str, FieldPlace | None],
        selected: frozenset[str] = frozenset(),
    ) -> None:
        self._rows = rows
        self._fields = fields
        self._names = names
        self._keys = keys
        self._selected = selected

    def find(self, reference: tree.Reference) -> Code | None:
        """See `NameScope.find`."""
        # What groups have comes first: a field named `key` or `group` does not hide it.
        own = self._own(reference.root)
        if own is None:
            return self._of_first_row(reference)
        if not reference.path:
            return own
        value = own.value
        for part in reference.path:
            value = codegen.at(reference.at, codegen.call("index", value, codegen.constant(part)))
        return Code(value)

    def place(self, reference: tree.Reference) -> FieldPlace | None:
        """See `NameScope.place`."""
        if self._own(reference.root) is not None:
            return None if reference.path else self._keys.get(reference.root)
        if reference.root in self._fields:
            return self._rows.place_at((reference.root, *reference.path))
        return self._rows.place(reference)

    def _own(self, name: str) -> Code | None:
        key, group = codegen.name("k"), codegen.name("g")
        if name in self._selected:
            return Code(codegen.item(codegen.name("s"), codegen.constant(name)), simple=True)
        if name in self._names:
            number = self._names[name]
            value = key if number is None else codegen.item(key, codegen.constant(number))
            return Code(value, simple=True)
        match name:
            case "key":
                return Code(key, simple=True)
            case "group":
                hits = codegen.call("group_hits", codegen.name("rows"), codegen.name("hits"), group)
                return Code(hits, length=codegen.call("len", group))
            case "_":
                rows, hits = codegen.name("rows"), codegen.name("hits")
                return Code(codegen.call("group_row", rows, hits, key, group))
        return None

    def _of_first_row(self, reference: tree.Reference) -> Code | None:
        if reference.root in self._fields:
            return self._rows.field((reference.root, *reference.path), reference.at)
        return self._rows.find(reference)


def is_list(node: tree.Node) -> bool:
    """Whether the expression is the bare name of one of Taiga's lists, whatever is around it.

    A server's, as `work.tasks`, is none: it may be the field of a row that is called so.
    """
    return isinstance(node, tree.Name) and bool(_list_name(node))


def _list_name(node: tree.Node) -> str:
    """The list that a bare name means, as `userstories` or `work.userstories`; else empty."""
    reference = tree.reference(node)
    if reference is None:
        return ""
    names = reference.path if tree.server_of(reference) else (reference.root, *reference.path)
    return SOURCES.get(names[0], "") if len(names) == 1 else ""


def _own_names(query: tree.Query) -> frozenset[str]:
    """The names that certainly mean the query's own rows, or fields of theirs."""
    if query.variable is not None:
        return frozenset({query.variable})
    source = query.source
    kind = _list_name(source.function if isinstance(source, tree.Call) else source)
    return frozenset({"_"}) | (names_below(kind)[()] if kind else frozenset())


def references(node: tree.Node) -> Iterator[tree.Reference]:
    """The references that an expression makes to names around it.

    Those of the queries within it are among them, save the rows' own names. Which of the others
    are fields of those rows is not always known before there are rows.
    """
    reference = tree.reference(node)
    if reference is not None:
        yield reference
    elif isinstance(node, tree.Query):
        outer = (part for part in tree.outer_parts(node) if not is_list(part))
        for part in outer:
            yield from references(part)
        own = _own_names(node)
        for part in tree.row_parts(node):
            yield from (each for each in references(part) if each.root not in own)
    else:
        for part in tree.parts(node):
            yield from references(part)


VALUES = (*SOURCES, "me", "page", "presets", "templates", *NAMESPACES)
"""The names that stand for something."""

CALLABLE = (
    *("getTaigaTasks", *FUNCTIONS, *AGGREGATES),
    *(f"{space}.{name}" for space, names in NAMESPACES.items() for name in names),
)
"""What can be called, as it is written."""

GLOBALS = frozenset({*VALUES, *CALLABLE, "key", "group"})
"""All that means something whatever the rows hold, with what groups have."""


def is_field(rows: Rows, name: str) -> bool:
    """Whether a variable of that name is a field of the rows.

    A name that means something everywhere is looked for in rows of no known kind only: Taiga's
    own lists have no such fields, and looking for what is in no row takes all of them.
    """
    below = _below(rows.kind).get((), ())
    if name in below:
        return True
    return not (below and name in GLOBALS) and rows.carries((name,))


def is_settled(kind: str, name: str) -> bool:
    """Whether the kind alone says if a variable of that name is a field."""
    below = _below(kind).get((), ())
    return name in below or (bool(below) and name in GLOBALS)


def is_known(kind: str, path: Path) -> bool:
    """Whether Taiga's lists of that kind have the field, whatever the rows at hand hold."""
    below = _below(kind)
    return all(
        path[depth] in below.get(path[:depth], ()) or _is_data(kind, path[: depth + 1])
        for depth in range(len(path))
    )


def anything_goes(rows: Rows, name: str) -> bool:
    """Whether nothing at all is known of the rows: there are none, and none is known."""
    # An empty list of a kind that nobody knows is no reason to blame any name.
    return not len(rows) and not is_kind(rows.kind) and name not in GLOBALS


def unknown_part(rows: Rows, path: Path) -> int | None:
    """Where a path that is not known leaves what is: the index of its first unknown part, or None.

    Below what is nil in all rows, and of which nothing is known, any name may stand.
    """
    below = _below(rows.kind)
    for depth, name in enumerate(path):
        parent = path[:depth]
        if name in below.get(parent, ()):
            continue
        if not rows.carries(path[: depth + 1]):
            known = parent in below or _is_listed(rows.kind, parent)
            return depth if known or not _is_nil(rows, parent) else None
    return None


def suggestion(rows: Rows, path: Path, part: int) -> str:
    """What may have been meant by a path whose `part`th name does not exist."""
    parent, name = path[:part], path[part]
    if parent == ("points",) and is_map(rows.kind, parent):
        return f"they are by the roles' ids: write points_by_role.{name}"
    whole = ".".join(parent)
    if _lists_records(rows.kind, whole):
        one = f"from x = {whole} where x.{name} …"
        return f"{whole} is a list: write {whole}[1].{name}, or query[[{one}]]"
    names = {*_below(rows.kind).get(parent, ()), *map(str, rows.names(parent))}
    prefix = "".join(f"{each}." for each in parent)
    near = close_matches(name, names)
    if near:
        return meant(prefix + each for each in near)
    if name == "length" and parent:
        return f"write #{prefix[:-1]}"
    if not part and path[1:] and is_known(rows.kind, path[1:]):
        # `this.ref`, `p.ref`: the row's own fields have no name in front.
        return meant([".".join(path[1:])])
    # `status.name` means `status_extra_info.name`, `username` that of the assignee.
    tail = path[-1]
    elsewhere = [each for each in fields_of(rows.kind) if each.endswith(f".{tail}")]
    if elsewhere:
        alike = [each for each in elsewhere if each.startswith(path[0])]
        return meant((alike or elsewhere)[:3])
    hint = did_you_mean(name, names, prefix)
    return hint or (f"taiga-notes fields {rows.kind} lists them" if is_kind(rows.kind) else "")


def _lists_records(kind: str, field: str) -> bool:
    """Whether the field is a list whose items have fields."""
    known = fields_of(kind).get(field) if is_kind(kind) else None
    if known is None or not isinstance(known.example, list):
        return False
    join = joins_of(kind).get(field)
    return any(isinstance(each, dict) for each in known.example) or bool(join and join.kind)


def names_of(rows: Rows) -> set[str]:
    """The names of the rows' fields, those of their kind among them."""
    return {*_below(rows.kind).get((), ()), *map(str, rows.names(()))}


def _below(kind: str) -> Mapping[Path, frozenset[str]]:
    return names_below(kind) if is_kind(kind) else {}


def _is_listed(kind: str, path: Path) -> bool:
    name = ".".join(path)
    return name in fields_of(kind)


def _is_data(kind: str, path: Path) -> bool:
    """Whether the path leads below a map, whose keys are data; points have the ids of roles."""
    if path[:1] == ("points",) and is_map(kind, path[:1]):
        return all(map(str.isdecimal, path[1:]))
    return any(is_map(kind, path[:depth]) for depth in range(1, len(path)))


def _is_nil(rows: Rows, path: Path) -> bool:
    values = rows.column(path) if path else range(len(rows))
    return all(value is None for value in values)
