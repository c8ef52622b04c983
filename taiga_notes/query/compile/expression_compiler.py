"""Calls, methods and global names as Python, and what compiles each kind of expression."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, assert_never

from taiga_notes.errors import close_matches, did_you_mean, meant
from taiga_notes.model.kinds import SOURCES, USERSTORIES, fields_of, kind_of
from taiga_notes.query.compile import codegen, operations
from taiga_notes.query.compile.comparisons import check_member
from taiga_notes.query.compile.compiler import Compiler, authored_text
from taiga_notes.query.compile.scopes import (
    CALLABLE,
    VALUES,
    Code,
    ComparedLiteral,
    FieldPlace,
    references,
)
from taiga_notes.query.runtime.functions import (
    AGGREGATES,
    FUNCTIONS,
    NAMESPACES,
    STRINGS,
    Function,
    ValueType,
)
from taiga_notes.query.runtime.joined_values import CALLED
from taiga_notes.query.runtime.numbers import CONSTANTS
from taiga_notes.query.runtime.strings import SPACES
from taiga_notes.query.runtime.values import Template
from taiga_notes.query.syntax import tree
from taiga_notes.query.syntax.hints import (
    REFUSED_FUNCTIONS,
    hint_for_function,
    hint_for_method,
    hint_for_root,
    hint_for_value,
)
from taiga_notes.query.syntax.parser import parse

if TYPE_CHECKING:
    import ast

    from taiga_notes.model.rows import Path


_AGGREGATES_STAND = {
    "where": "write having, behind group by",
    "an expression": "write #query[[from …]], or select count() in the query",
}
_RUN = "run"
_AROUND_ROWS = ("from", "an expression")
"""Where `x.tasks` can be nothing but a server's list: elsewhere `x` is more likely a slip."""


def global_name(compiler: Compiler, node: tree.Node, reference: tree.Reference) -> Code:
    """What a name means that is no field: a list, `me`, `page`, a preset, a template."""
    root, path = _root_and_path(reference)
    run = codegen.name(_RUN)
    dotted = ".".join((root, *path))
    if dotted in CONSTANTS:
        return Code(
            codegen.constant(CONSTANTS[dotted]), ValueType.NUMBER, simple=True, varies=False
        )
    if root in SOURCES:
        _demand_list(compiler, node.at, SOURCES[root], root, path)
        value = _listing(SOURCES[root], codegen.record({}))
    elif root == "page":
        told = codegen.constant(path), codegen.constant(_may_miss(compiler.unit.text, path))
        value = codegen.method(run, "page_value", *told)
        path = ()
    elif root == "me":
        value = codegen.method(run, "me", *map(codegen.constant, path[:1]))
        path = path[1:]
    elif root in {"presets", "templates"} and path:
        what = codegen.constant(path[0])
        value = codegen.method(run, root.removesuffix("s"), what)
        path = path[1:]
    elif tree.server_of(reference):
        value, path = _of_server(compiler, node, reference)
    else:
        raise _unknown(compiler, node.at, reference)
    for part in path:
        value = codegen.call("index", codegen.at(node.at, value), codegen.constant(part))
    return Code(value, varies=False)


def _of_server(
    compiler: Compiler, node: tree.Node, reference: tree.Reference
) -> tuple[ast.expr, tuple[str, ...]]:
    """What a server has of its own, `work.userstories` or `work.me`; and what is asked of it."""
    own, *below = reference.path
    if own == "me":
        who = codegen.constant(below[0] if below else None), codegen.constant(reference.root)
        return codegen.method(codegen.name(_RUN), "me", *who), tuple(below[1:])
    if own not in SOURCES or compiler.clause not in _AROUND_ROWS:
        raise _unknown(compiler, node.at, reference)
    named = f"{reference.root}.{own}"
    _demand_list(compiler, node.at, SOURCES[own], named, tuple(below))
    return _listing(SOURCES[own], codegen.record({}), reference.root), ()


def _demand_list(compiler: Compiler, at: int, kind: str, name: str, path: tuple[str, ...]) -> None:
    """Refuses fields of a list as a whole."""
    if path:
        hint = f"ask for fields of its rows: query[[from {name} select {'.'.join(path)}]]"
        if hint_for_root(name) and not fields_of(kind).get(".".join(path)):
            hint = hint_for_root(name)
        raise compiler.unit.error(at, f"{name} is a list", hint)


def _listing(kind: str, filters: ast.expr, server: str = "") -> ast.expr:
    whose = [codegen.constant(server)] if server else []
    return codegen.call("listing", codegen.name(_RUN), codegen.constant(kind), filters, *whose)


def _root_and_path(reference: tree.Reference) -> tuple[str, tuple[str, ...]]:
    """What the reference names; `_CTX.currentPage` is SilverBullet's name for the page."""
    if reference.root == "_CTX" and reference.path[:1] == ("currentPage",):
        return "page", reference.path[1:]
    return reference.root, reference.path


def _may_miss(text: str, path: Path) -> tuple[int, ...]:
    """How many parts of a path below `page` lead to what the text says may be missing."""
    said = _said_to_miss(text)
    depths = range(1, len(path) + 1)
    return tuple(n for n in depths if any(other[:n] == path[:n] for other in said))


@lru_cache(maxsize=64)
def _said_to_miss(text: str) -> frozenset[Path]:
    """The paths below `page` of which a text says that they may be missing.

    It says so once, for all places: `page.owner or 'ann'`, `page.owner == nil`.
    """
    waiting, found = [parse(text).tree], set()
    while waiting:
        node = waiting.pop()
        within = (
            (*tree.outer_parts(node), *tree.row_parts(node))
            if isinstance(node, tree.Query)
            else tree.parts(node)
        )
        waiting += within
        for part in _doubted(node):
            reference = tree.reference(part)
            root, path = _root_and_path(reference) if reference else ("", ())
            if root == "page":
                found.add(path)
    return frozenset(found)


def _doubted(node: tree.Node) -> tuple[tree.Node, ...]:
    """The parts in whose place the expression has something else where they are nil."""
    match node:
        case tree.Chain(operator="or"):
            return node.parts[:-1]
        case tree.Binary(operator="==" | "~="):
            sides = node.left, node.right
            if any(isinstance(side, tree.Constant) and side.value is None for side in sides):
                return sides
    return ()


def _unknown(compiler: Compiler, at: int, reference: tree.Reference) -> Exception:
    dotted = ".".join((reference.root, *reference.path))
    if dotted in CALLABLE:
        function = _function(reference)
        given = "" if dotted == "count" or (function and not function.least) else "…"
        return compiler.unit.error(at, f"{dotted} is a function", f"call it: {dotted}({given})")
    if reference.root in {*NAMESPACES, "presets", "templates"}:
        functions = NAMESPACES.get(reference.root, {})
        last = reference.path[0] if reference.path else ""
        hint = did_you_mean(last, functions, f"{reference.root}.")
        return compiler.unit.error(at, f"{dotted} is no value", hint or "name what is in it")
    return compiler.unit.unknown(reference, at, hint_for_value(reference.root), VALUES)


def call(compiler: Compiler, node: tree.Call) -> Code:
    """A function's call."""
    reference = tree.reference(node.function)
    if reference is None:
        raise compiler.unit.error(node.at, *_no_name(node.function))
    name = ".".join((reference.root, *reference.path))
    if name in AGGREGATES:
        return _aggregate(compiler, node, name)
    if node.order or node.only is not None:
        raise compiler.unit.error(
            node.at, f"{name} is no aggregate", "leave its order or filter out"
        )
    server = tree.server_of(reference) if len(reference.path) == 1 else ""
    own = reference.path[0] if server else name
    if own in SOURCES:
        return _filtered_list(compiler, node, SOURCES[own], server)
    if own == "getTaigaTasks":
        return _tasks(compiler, node, server)
    if reference.root == "templates" and len(reference.path) == 1:
        return _render(compiler, node, reference.path[0])
    days = _called_field(compiler, node, reference)
    if days is not None:
        return days
    function = _function(reference)
    if function is None:
        raise compiler.unit.error(node.at, *_no_function(reference, name))
    _check_count(compiler, node.at, function, len(node.arguments))
    if name == "table.includes":
        items, item = node.arguments
        check_member(compiler, node.at, item, items)
        return Code(operations.includes(compiler, items, compiler.code(item)), ValueType.BOOLEAN)
    helper = f"{reference.root}_{reference.path[0]}" if reference.path else f"global_{name}"
    joins = name == "table.concat"
    arguments = (compiler.value(authored_text(each) if joins else each) for each in node.arguments)
    return Code(codegen.call(helper, codegen.name(_RUN), *arguments), function.value_type)


def _called_field(compiler: Compiler, node: tree.Call, reference: tree.Reference) -> Code | None:
    """`days_in('In progress')`, which is a field; None of anything else."""
    if (reference.root, *reference.path)[-1] != CALLED:
        return None
    days, place = compiler.scope.find(reference), compiler.scope.place(reference)
    if days is None:
        return None
    if len(node.arguments) != 1:
        raise compiler.unit.error(
            node.at, f"wrong number of arguments: {CALLED}('In progress'), a status's name"
        )
    status = node.arguments[0]
    if place is not None and place.is_own and isinstance(status, tree.Constant):
        path = (*place.path[:-1], "status_name")
        compiler.unit.literals.append(ComparedLiteral(path, status.value, status.at, wanted=False))
    value = codegen.call("in_status", days.whole(), compiler.value(status))
    return Code(value, ValueType.NUMBER)


def _no_name(called: tree.Node) -> tuple[str, str]:
    """What is said of a call of what another call gives: `template.new[==[…]==](p)`."""
    reference = tree.reference(called.function) if isinstance(called, tree.Call) else None
    name = ".".join((reference.root, *reference.path)) if reference else ""
    if name in REFUSED_FUNCTIONS and reference:
        return _no_function(reference, name)
    return "only functions that have a name can be called", ""


def _no_function(reference: tree.Reference, name: str) -> tuple[str, str]:
    """What is said of the call of something that is no function here."""
    if name in REFUSED_FUNCTIONS:
        return f"'{name}' is not supported in a query", REFUSED_FUNCTIONS[name]
    said = f"unknown function '{name}'"
    if hint := hint_for_function(name):
        return said, hint
    if name == CALLED:
        return said, "stories, tasks, issues and epics have it; of a row x it is x.days_in('New')"
    if name in STRINGS:
        return said, f"write {STRINGS[name].form}"
    if name.startswith(("os.", "date.")):
        return said, "write today() or now()"
    return said, _below(reference) or did_you_mean(name, {*CALLABLE, CALLED})


def _below(reference: tree.Reference) -> str:
    """What is said of the call of something below a name: `subject.contains('x')`."""
    if not reference.path:
        return ""
    whole, last = ".".join((reference.root, *reference.path[:-1])), reference.path[-1]
    if reference.root in NAMESPACES:
        near = close_matches(last, NAMESPACES[reference.root])
        return "" if near else hint_for_root(reference.root)
    foreign = hint_for_root(reference.root)
    if foreign and reference.root != "tags":  # which is a field of Taiga's as well
        return foreign
    if last in STRINGS and last != "contains":
        return f"a string's functions are called with a colon: {whole}:{last}(…)"
    return hint_for_method(last, whole) or foreign


def _function(reference: tree.Reference) -> Function | None:
    if not reference.path:
        return FUNCTIONS.get(reference.root)
    if len(reference.path) == 1:
        return NAMESPACES.get(reference.root, {}).get(reference.path[0])
    return None


def _check_count(compiler: Compiler, at: int, function: Function, count: int) -> None:
    if not function.least <= count <= function.most:
        raise compiler.unit.error(at, f"wrong number of arguments: {function.form}")


def _render(compiler: Compiler, node: tree.Call, template: str) -> Code:
    if len(node.arguments) != 1:
        raise compiler.unit.error(node.at, f"wrong number of arguments: templates.{template}(row)")
    given = compiler.value(node.arguments[0])
    named = compiler.unit.bound(Template(template))
    return Code(codegen.call("applied", codegen.name(_RUN), named, given), ValueType.STRING)


def _filtered_list(compiler: Compiler, node: tree.Call, kind: str, server: str) -> Code:
    """`userstories{milestone=3}`: Taiga ignores a filter that it does not know."""
    table = node.arguments[0] if len(node.arguments) == 1 else None
    if not isinstance(table, tree.TableConstructor):
        raise compiler.unit.error(
            node.at, f"{kind} is a list, no function", f"write {kind} or {kind}{{filter = value}}"
        )
    filters: dict[str, ast.expr] = {}
    for field in table.fields:
        key = field.key.value if isinstance(field.key, tree.Constant) else None
        if not isinstance(key, str):
            raise compiler.unit.error(field.value.at, "a filter is written name = value")
        if key not in kind_of(kind).filters:
            raise _unknown_filter(compiler, field, kind, key)
        filters[key] = compiler.value(field.value)
    return Code(_listing(kind, codegen.record(filters), server))


def _unknown_filter(compiler: Compiler, field: tree.TableField, kind: str, key: str) -> Exception:
    at = field.key.at if field.key is not None else field.value.at
    near = close_matches(key, kind_of(kind).filters)
    if key == "order_by":
        hint = "write order by"
    elif key in fields_of(kind):
        hint = f"Taiga does not filter by it: write where {key} == …"
    elif near:
        hint = meant(near)
    else:
        hint = f"Taiga filters {kind} by {', '.join(sorted(kind_of(kind).filters))}"
    return compiler.unit.error(at, f"unknown filter '{key}'", hint)


def _tasks(compiler: Compiler, node: tree.Call, server: str) -> Code:
    """`getTaigaTasks()`, and with a path any list of the API."""
    if len(node.arguments) > 1:
        raise compiler.unit.error(
            node.at, "wrong number of arguments: getTaigaTasks('/path?filter=x')"
        )
    if not node.arguments:
        return Code(_listing(USERSTORIES.name, codegen.record({}), server))
    given = [codegen.name(_RUN), compiler.value(node.arguments[0])]
    given += [codegen.constant(server)] if server else []
    return Code(codegen.at(node.arguments[0].at, codegen.call("path_listing", *given)))


def _aggregate(compiler: Compiler, node: tree.Call, name: str) -> Code:
    members = compiler.members
    aggregate = AGGREGATES[name]
    if members is None:
        raise compiler.unit.error(
            node.at,
            f"{name}() can't stand in {compiler.clause}",
            _AGGREGATES_STAND.get(
                compiler.clause,
                "aggregates stand in select and having, and in order by once there are groups",
            ),
        )
    count = len(node.arguments)
    if count > 1 + aggregate.most or (not count and name != "count"):
        raise compiler.unit.error(node.at, f"wrong number of arguments: {aggregate.form}")
    kept = [operations.keep(members, node.only)] if node.only is not None else []
    group = codegen.name("g")

    def per_row(value: ast.expr) -> ast.expr:
        column = None if kept else codegen.indexed(value, "i")
        if column is not None:
            return codegen.call("picked", column, group)
        return codegen.each(value, ["i"], group, kept)

    if not count:
        rows = per_row(codegen.constant(1)) if kept else group
        return Code(codegen.call("len", rows), ValueType.NUMBER)
    values = per_row(members.value(node.arguments[0]))
    if node.order:
        keys = (
            codegen.call(
                "Key",
                per_row(members.value(order.key)),
                codegen.constant(order.descending),
                codegen.constant(order.nulls_first),
            )
            for order in node.order
        )
        order_by = codegen.name("budget"), values, codegen.row(keys), codegen.constant(None)
        values = codegen.call("arrange", *order_by)
    others = (compiler.value(authored_text(each)) for each in node.arguments[1:])
    return Code(codegen.call(f"aggregate_{name}", codegen.name(_RUN), values, *others))


def method(compiler: Compiler, node: tree.Method) -> Code:
    """A string's method."""
    function = STRINGS.get(node.name)
    if function is None:
        named = tree.reference(node.whole)
        shown = "x" if named is None else ".".join((named.root, *named.path))
        hint = hint_for_method(node.name, shown) or did_you_mean(node.name, STRINGS)
        raise compiler.unit.error(node.at, f"unknown method ':{node.name}()'", hint)
    _check_count(compiler, node.at, function, 1 + len(node.arguments))
    whole = compiler.code(node.whole)
    quick = _quick_method(node, whole) if compiler.fast else None
    if quick is not None:
        return quick
    arguments = (compiler.value(each) for each in node.arguments)
    helper = f"string_{node.name}"
    return Code(codegen.call(helper, codegen.name(_RUN), whole.whole(), *arguments))


def _quick_method(node: tree.Method, whole: Code) -> Code | None:
    """The method as Python's own, which raises AttributeError for all but strings."""
    guards = operations.string_guards(whole)
    if guards is None:
        return None
    constants = [each.value if isinstance(each, tree.Constant) else None for each in node.arguments]
    match node.name, constants:
        case "lower" | "upper" as case, []:
            return Code(codegen.method(whole.value, case), ValueType.STRING, guards)
        case "trim", []:
            return Code(
                codegen.method(whole.value, "strip", codegen.constant(SPACES)),
                ValueType.STRING,
                guards,
            )
        case "startsWith" | "endsWith" as test, [str() as part]:
            value = codegen.method(whole.value, test.lower(), codegen.constant(part))
            return Code(value, ValueType.BOOLEAN, guards)
        case "contains", [str() as part]:
            return operations.holds_text(whole, guards, part)
        case "sub", [int() as first, int() as last] if whole.simple and 0 < first <= last:
            cut = codegen.cut(whole.value, first - 1, last)
            helper = codegen.call(
                "string_sub",
                codegen.name(_RUN),
                whole.value,
                codegen.constant(first),
                codegen.constant(last),
            )
            ascii_only = codegen.method(whole.value, "isascii")
            return Code(codegen.choice(ascii_only, cut, helper), ValueType.STRING, guards)
    return None


class ExpressionCompiler(Compiler):
    """Compiles the expressions of one place, of every kind that the tree has."""

    def dispatch(self, node: tree.Node) -> Code:  # noqa: C901, PLR0912 - a case for each kind of node
        """See `Compiler.dispatch`."""
        match node:
            case tree.Constant():
                return operations.constant(self, node)
            case tree.Name():
                return self._named(node, tree.Reference(node.name, (), node.at))
            case tree.Indexing():
                reference = tree.reference(node)
                if reference is None:
                    return operations.indexing(self, node)
                return self._named(node, reference)
            case tree.Call():
                return call(self, node)
            case tree.Method():
                return method(self, node)
            case tree.Unary():
                return operations.unary(self, node)
            case tree.Binary():
                return operations.binary(self, node)
            case tree.Chain():
                return operations.chain(self, node)
            case tree.Member():
                return operations.member(self, node)
            case tree.TableConstructor():
                return operations.table(self, node)
            case tree.Query():
                return self._query(node)
            case _:
                assert_never(node)

    def _named(self, node: tree.Node, reference: tree.Reference) -> Code:
        found = self.scope.find(reference)
        return global_name(self, node, reference) if found is None else found

    def _query(self, node: tree.Query) -> Code:
        """A query within the expression: a plan of its own, given what it refers to out here."""
        captured: dict[tuple[str, tuple[str, ...]], ast.expr] = {}
        places: dict[tuple[str, tuple[str, ...]], FieldPlace | None] = {}
        for reference in references(node):
            code = self.scope.find(reference)
            if code is not None:
                captured[reference.root, reference.path] = code.whole()
                places[reference.root, reference.path] = self.scope.place(reference)
        plan = self.unit.plan(node, places)
        run = codegen.method(plan, "run", codegen.name("run"), codegen.row(captured.values()))
        return Code(run)
