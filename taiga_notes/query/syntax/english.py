"""A query in plain English, from its tree: for people who ask what a block shows, and why.

What has no words of its own stays as it is written, since every field and function has its name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, assert_never

from taiga_notes.model.kinds import KINDS, PROJECT_FILTERS, SOURCES
from taiga_notes.model.rows import whose
from taiga_notes.query.runtime.numbers import number_text
from taiga_notes.query.syntax import tree
from taiga_notes.query.syntax.lexer import written_below

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from taiga_notes.model.rows import Projects

_COMPARISONS = {
    "==": "is",
    "~=": "is not",
    "<": "is below",
    "<=": "is at most",
    ">": "is above",
    ">=": "is at least",
}
_AGAINST_DATES = {
    "<": "is before",
    "<=": "is at the latest",
    ">": "is after",
    ">=": "is at the earliest",
}
_AGAINST_NIL = {"==": "is missing", "~=": "is there"}
_TESTS = {"contains": "contains", "startsWith": "starts with", "endsWith": "ends with"}
_LOOSEST = ("or", "and")


@dataclass(frozen=True, slots=True)
class EnglishWriter:
    """Says what a query's parts mean.

    Args:
        project: whose list a bare source is; None where nobody says it.
        variable: the name of the row, which goes without saying.
    """

    project: Projects = None
    variable: str = "_"

    def source(self, node: tree.Node) -> str:
        """What `from` names: `user stories of acme, without archived ones`."""
        reference = tree.reference(node)
        if reference is not None and reference.root == "presets" and reference.path:
            return f"the preset {'.'.join(reference.path)}"
        name = node.function if isinstance(node, tree.Call) else node
        arguments = node.arguments if isinstance(node, tree.Call) else ()
        if isinstance(name, tree.Name) and name.name in {*SOURCES, "getTaigaTasks"}:
            return self._list(name.name, arguments)
        listed = tree.reference(name)
        if listed is not None and tree.server_of(listed) and listed.path[1:] == ():
            # The page's project is none of that server's.
            own = replace(self, project=None)._list(listed.path[0], arguments)  # noqa: SLF001
            return f"{own}, at {listed.root}"
        return self.expression(node)

    def clause(self, clause: tree.Clause) -> str:
        """What a clause does: `where not is_closed`, `ordered by ref`."""
        match clause:
            case tree.Where():
                return f"where {self.expression(clause.condition)}"
            case tree.GroupBy():
                return f"grouped by {', '.join(self._named(*key) for key in clause.keys)}"
            case tree.Having():
                return f"keeping those where {self.expression(clause.condition)}"
            case tree.OrderBy():
                return f"ordered by {self._keys(clause.keys)}"
            case tree.Limit():
                return f"at most {self.expression(clause.count)}"
            case tree.Offset():
                return f"without the first {self.expression(clause.count)}"
            case tree.Select():
                return f"showing {self._selected(clause.value)}"
            case _:
                assert_never(clause)

    def query(self, query: tree.Query) -> str:
        """A whole query, as a sentence without its full stop."""
        writer = EnglishWriter(self.project, query.variable or "_")
        clauses = [writer.clause(clause) for clause in in_order(query)]
        return ", ".join([self.source(query.source), *clauses])

    def expression(self, node: tree.Node, within: str = "") -> str:
        """What an expression means; in brackets where it stands in another one and binds less."""
        match node:
            case tree.Chain():
                glue = f" {node.operator} "
                said = glue.join(self.expression(part, node.operator) for part in node.parts)
                return f"({said})" if within not in {"", node.operator} else said
            case tree.Binary():
                said = self._binary(node)
                return f"({said})" if within and within not in _LOOSEST else said
            case tree.Member():
                said = self._member(node)
                return f"({said})" if within and within not in _LOOSEST else said
            case tree.Unary():
                glue = " " if node.operator == "not" else ""
                return f"{node.operator}{glue}{self.expression(node.operand, node.operator)}"
            case tree.Constant():
                return _constant(node.value)
            case tree.Query():
                return f"({self.query(node)})"
            case tree.TableConstructor():
                return f"{{{', '.join(self._field(each) for each in node.fields)}}}"
            case _:
                return self._access(node, within)

    def _access(
        self, node: tree.Name | tree.Indexing | tree.Call | tree.Method, within: str
    ) -> str:
        match node:
            case tree.Name():
                return "the row" if node.name == self.variable else node.name
            case tree.Indexing():
                return self._indexing(node)
            case tree.Call():
                return self._call(node)
            case tree.Method(arguments=(argument,)) if node.name in _TESTS:
                whole, part = (self.expression(each, ":") for each in (node.whole, argument))
                said = f"{whole} {_TESTS[node.name]} {part}"
                return f"({said})" if within and within not in _LOOSEST else said
            case tree.Method():
                whole = self.expression(node.whole, ":")
                return f"{whole}:{node.name}({', '.join(map(self.expression, node.arguments))})"
            case _:
                assert_never(node)

    def _list(self, name: str, arguments: Sequence[tree.Node]) -> str:
        """One of Taiga's lists, with the project and the filters that it is asked for with."""
        if arguments and not isinstance(arguments[0], tree.TableConstructor):
            return f"Taiga's list {self.expression(arguments[0])}"
        kind = KINDS[SOURCES.get(name, "userstories")]
        filters = {
            key.value: self.expression(each.value)
            for table in arguments
            if isinstance(table, tree.TableConstructor)
            for each in table.fields
            if isinstance(key := each.key, tree.Constant)
        }
        named = [text.strip("'") for key, text in filters.items() if key in PROJECT_FILTERS]
        own = whose(named[-1] if named else self.project)
        said = kind.noun + (own if kind.is_of_a_project else "")
        others = [f"{key} {text}" for key, text in filters.items() if key not in PROJECT_FILTERS]
        said += f" with {' and '.join(others)}" if others else ""
        leaves = kind.usual_filters and not {key for key, _ in kind.usual_filters} & filters.keys()
        return f"{said}, without archived ones" if leaves else said

    def _binary(self, node: tree.Binary) -> str:
        left = self.expression(node.left, node.operator)
        is_nil = isinstance(node.right, tree.Constant) and node.right.value is None
        if is_nil and node.operator in _AGAINST_NIL:
            return f"{left} {_AGAINST_NIL[node.operator]}"
        signs = _COMPARISONS | (_AGAINST_DATES if _is_date(node.right) else {})
        sign = signs.get(node.operator, node.operator)
        return f"{left} {sign} {self.expression(node.right, node.operator)}"

    def _member(self, node: tree.Member) -> str:
        among = "is not among" if node.negated else "is among"
        return f"{self.expression(node.item, 'in')} {among} {self.expression(node.list, 'in')}"

    def _indexing(self, node: tree.Indexing) -> str:
        key = node.key
        if not isinstance(key, tree.Constant) or not isinstance(key.value, str):
            return f"{self.expression(node.whole, '.')}[{self.expression(key)}]"
        is_of_row = isinstance(node.whole, tree.Name) and node.whole.name == self.variable
        if is_of_row:
            return key.value
        return written_below(self.expression(node.whole, "."), key.value)

    def _call(self, node: tree.Call) -> str:
        given = ", ".join(map(self.expression, node.arguments))
        given += f" ordered by {self._keys(node.order)}" if node.order else ""
        only = "" if node.only is None else f" where {self.expression(node.only)}"
        return f"{self.expression(node.function, '.')}({given}){only}"

    def _selected(self, node: tree.Node) -> str:
        if not isinstance(node, tree.TableConstructor):
            return self.expression(node)
        return ", ".join(self._field(each) for each in node.fields) or "{}"

    def _field(self, each: tree.TableField) -> str:
        if each.key is None:
            return self.expression(each.value)
        if isinstance(each.key, tree.Constant):
            return self._named(str(each.key.value), each.value)
        return f"[{self.expression(each.key)}] = {self.expression(each.value)}"

    def _named(self, name: str | None, node: tree.Node) -> str:
        said = self.expression(node)
        return said if name is None or said.rpartition(".")[2] == name else f"{name} = {said}"

    def _keys(self, keys: Sequence[tree.OrderKey]) -> str:
        return ", ".join(self._key(key) for key in keys)

    def _key(self, key: tree.OrderKey) -> str:
        said = self.expression(key.key) + (" downwards" if key.descending else "")
        if key.nulls_first == key.descending:
            return said
        return f"{said} (what has none {'first' if key.nulls_first else 'last'})"


def in_order(query: tree.Query) -> list[tree.Clause]:
    """The clauses in the order in which they take effect, however they were written."""
    taking_effect = (
        *(tree.Where, tree.GroupBy, tree.Having, tree.OrderBy),
        *(tree.Select, tree.Offset, tree.Limit),
    )
    return sorted(query.clauses, key=lambda clause: taking_effect.index(type(clause)))


def source_name(node: tree.Node) -> str:
    """The source of a text's first query as it is written: `userstories`, `presets.mine`."""
    found = next(outermost(node), None)
    if found is None:
        return ""
    node = found.source if isinstance(found, tree.Query) else found
    while isinstance(node, tree.Query):
        node = node.source
    name = node.function if isinstance(node, tree.Call) else node
    reference = tree.reference(name)
    return "" if reference is None else reference.written


def template_name(node: tree.Node) -> str:
    """The first template that an expression names, be it within a query; empty for none."""
    reference = tree.reference(node)
    if reference is not None:
        return reference.path[0] if reference.root == "templates" and reference.path else ""
    parts = tree.row_parts(node) if isinstance(node, tree.Query) else tree.parts(node)
    return next(filter(None, map(template_name, parts)), "")


def outermost(node: tree.Node) -> Iterator[tree.Node]:
    """What lists rows in an expression, from left to right, and stands in no query of it.

    That is each query, each of Taiga's lists and each preset.
    """
    reference = tree.reference(node)
    name = node.function if isinstance(node, tree.Call) else node
    is_list = isinstance(name, tree.Name) and name.name in {*SOURCES, "getTaigaTasks"}
    is_preset = reference is not None and reference.root == "presets" and reference.path
    if isinstance(node, tree.Query) or is_list or is_preset:
        yield node
        return
    for part in tree.parts(node):
        yield from outermost(part)


def _is_date(node: tree.Node) -> bool:
    """Whether an expression is plainly a date or a time, as Taiga writes them."""
    match node:
        case tree.Constant(value=str() as text):
            return re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) is not None
        case tree.Call(function=tree.Name(name=name)):
            return name in {"today", "now"}
    return False


def _constant(value: object) -> str:
    match value:
        case None:
            return "nil"
        case bool():
            return str(value).lower()
        case int() | float():
            return number_text(value)
    return f"'{' '.join(str(value).split())}'" if str(value).strip() else repr(value)
