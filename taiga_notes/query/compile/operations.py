"""Operators, tables and constants as Python."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, cast

from taiga_notes.query.compile import authored_text, codegen, conditions
from taiga_notes.query.compile.scopes import Code
from taiga_notes.query.runtime.functions import Gives
from taiga_notes.query.runtime.values import Authored, Float, Rendered
from taiga_notes.query.syntax import tree

if TYPE_CHECKING:
    from taiga_notes.query.compile.compiler import Compiler

_ARITHMETIC = {
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide",
    "//": "floor_divide",
    "%": "modulo",
    "^": "power",
}
_HELPERS = {"<": "less", "<=": "at_most", ">": "less", ">=": "at_most"}
_MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_PYTHON = frozenset("+-*")
_EXACT = 2.0**53
_FEW = 8
_HALVES = "\ud800"


def constant(coder: Compiler, node: tree.Constant) -> Code:
    """`nil`, a boolean, a number, a string."""
    match node.value:
        case bool():
            gives = Gives.BOOLEAN
        case str():
            gives = Gives.STRING
        case None:
            gives = Gives.ANY
        case _:
            gives = Gives.NUMBER
    # Python's compiler knows its own types of constants only.
    own = isinstance(node.value, (Float, Authored, Rendered))
    value = coder.unit.bound(node.value) if own else codegen.constant(node.value)
    return Code(value, gives, simple=True, varies=False)


def indexing(coder: Compiler, node: tree.Indexing) -> Code:
    """`whole[key]`, where that is no reference."""
    return Code(codegen.call("index", coder.value(node.whole), coder.value(node.key)))


def binary(coder: Compiler, node: tree.Binary) -> Code:
    """Arithmetic and comparisons."""
    if node.sign in {"==", "~="}:
        return _equality(coder, node)
    if node.sign in _ARITHMETIC:
        sides = coder.value(node.left), coder.value(node.right)
        return Code(codegen.call(_ARITHMETIC[node.sign], *sides), Gives.NUMBER)
    return _comparison(coder, node)


def chain(coder: Compiler, node: tree.Chain) -> Code:
    """`and`, `or` and `..`."""
    if node.sign == "..":
        parts = (coder.value(authored_text.text(part)) for part in node.parts)
        return Code(codegen.call("concat", codegen.name("run"), *parts), Gives.STRING)
    return _logic(coder, authored_text.choice(node))


def unary(coder: Compiler, node: tree.Unary) -> Code:
    """`not x`, `-x`, `#x`."""
    if node.sign == "not":
        return Code(codegen.negated(conditions.truth(coder, node.operand)), Gives.BOOLEAN)
    if node.sign == "-":
        return Code(codegen.call("negate", coder.value(node.operand)), Gives.NUMBER)
    code = coder.code(node.operand)
    return Code(code.length or codegen.call("length", code.whole()), Gives.NUMBER)


def _equality(coder: Compiler, node: tree.Binary) -> Code:
    left, right = node.left, node.right
    if isinstance(left, tree.Constant):
        left, right = right, left
    equal = (
        _equals_constant(coder, left, right.value)
        if isinstance(right, tree.Constant)
        else _equals(coder, left, right)
    )
    return Code(equal if node.sign == "==" else codegen.negated(equal), Gives.BOOLEAN)


def _equals_constant(coder: Compiler, node: tree.Node, value: Any) -> ast.expr:
    if value is None:
        found = conditions.searched(coder, node)
        if found is not None:
            return codegen.negated(conditions.is_true(found))
        return codegen.compare(coder.value(node), "is", codegen.constant(None))
    code = coder.code(node)
    if isinstance(value, bool):
        return codegen.compare(code.whole(), "is", codegen.constant(value))
    if isinstance(value, str):
        return codegen.every(
            *code.guards, codegen.compare(code.value, "==", codegen.constant(value))
        )
    equal = codegen.compare(code.whole(), "==", codegen.constant(value + 0))
    if value not in {0, 1}:
        return equal
    # In Python true is 1 and false is 0, in Lua they are not.
    return codegen.call("same", code.whole(), codegen.constant(value + 0))


def _equals(coder: Compiler, left: tree.Node, right: tree.Node) -> ast.expr:
    one, other = coder.code(left), coder.code(right)
    if Gives.STRING in {one.gives, other.gives}:
        return codegen.compare(one.whole(), "==", other.whole())
    if one.varies and coder.fixed(right) and isinstance(other.value, ast.Name):
        return codegen.compare(one.whole(), "==", coder.unit.comparand(other.value))
    if other.varies and coder.fixed(left) and isinstance(one.value, ast.Name):
        return codegen.compare(other.whole(), "==", coder.unit.comparand(one.value))
    return codegen.call("same", one.whole(), other.whole())


def comparable(coder: Compiler, node: tree.Node) -> Code:
    """A value that is compared only, so that it may be a number of another type.

    What is computed of Python's own numbers, and is not beyond the exact ones, is Python's own.
    """
    quick = coder.fast and isinstance(node, tree.Binary) and coder.varies(node)
    if not (quick and isinstance(node, tree.Binary) and node.sign in _PYTHON):
        return coder.code(node)
    left, right = (_operand(coder, part) for part in (node.left, node.right))
    variable = coder.unit.temporary()
    found = codegen.kept_as(variable, codegen.calculated(left.value, node.sign, right.value))
    exact = codegen.within(codegen.constant(-_EXACT), found, codegen.constant(_EXACT))
    plain = codegen.every(*left.guards, *right.guards, exact)
    sides = left.value, comparable(coder, node.right).whole()
    careful = codegen.at(node.at, codegen.call(_ARITHMETIC[node.sign], *sides))
    return Code(codegen.choice(plain, codegen.name(variable), careful), Gives.NUMBER)


def _operand(coder: Compiler, node: tree.Node) -> Code:
    """An operand, guarded by being one of Python's own numbers."""
    if _is_number(node):
        return coder.code(node)
    code = comparable(coder, node)
    first = value = code.whole()
    if not code.simple:
        variable = coder.unit.temporary()
        first, value = codegen.kept_as(variable, value), codegen.name(variable)
    kind = codegen.attribute(first, "__class__")
    return Code(value, guards=(codegen.compare(kind, "in", codegen.name("numbers")),))


def _comparison(coder: Compiler, node: tree.Binary) -> Code:
    left, right = comparable(coder, node.left), comparable(coder, node.right)
    if node.sign in {">", ">="}:
        careful = codegen.call(_HELPERS[node.sign], right.whole(), left.whole())
    else:
        careful = codegen.call(_HELPERS[node.sign], left.whole(), right.whole())
    quick = _quick_comparison(coder, node, left, right) if coder.fast else None
    return Code(quick or careful, Gives.BOOLEAN)


def _quick_comparison(
    coder: Compiler, node: tree.Binary, left: Code, right: Code
) -> ast.expr | None:
    """The comparison with a constant or a date as Python's own, if it can be."""
    if _orders_as_units(node.right) or _is_number(node.right):
        return _compared(coder, left, node.sign, right.value, node.right)
    if _orders_as_units(node.left) or _is_number(node.left):
        return _compared(coder, right, _MIRRORED[node.sign], left.value, node.left)
    return None


def _compared(
    coder: Compiler, code: Code, sign: str, other: ast.expr, constant_: tree.Node
) -> ast.expr:
    number = _is_number(constant_)
    if code.gives is (Gives.NUMBER if number else Gives.STRING):
        return codegen.every(*code.guards, codegen.compare(code.value, sign, other))
    first = value = code.whole()
    if not code.simple:
        variable = coder.unit.temporary()
        first, value = codegen.kept_as(variable, value), codegen.name(variable)
    plain = codegen.compare(value, sign, other)
    if number:
        # Python takes true for 1: what is no number is the helper's.
        numbers = codegen.either(codegen.is_a(value, "int"), codegen.is_a(value, "float"))
        sides = (other, value) if sign in {">", ">="} else (value, other)
        plain = codegen.choice(numbers, plain, codegen.call(_HELPERS[sign], *sides))
    # A string can't be compared with anything else in Python either, which raises TypeError.
    return codegen.every(codegen.compare(first, "is not", codegen.constant(None)), plain)


def _is_number(node: tree.Node) -> bool:
    return isinstance(node, tree.Constant) and type(node.value) in {int, float}


def _orders_as_units(node: tree.Node) -> bool:
    """Whether comparing with that string by character is comparing by UTF-16 unit.

    It is when none of its characters comes behind the halves of those beyond U+FFFF.
    """
    if isinstance(node, tree.Constant):
        return isinstance(node.value, str) and max(node.value, default="") < _HALVES
    dates = {"today", "now"}
    function = node.function if isinstance(node, tree.Call) else None
    return isinstance(function, tree.Name) and function.name in dates


def _logic(coder: Compiler, node: tree.Chain) -> Code:
    """`and` and `or` for their value: the last part, or the one that decided."""
    *first, last = (coder.code(part) for part in node.parts)
    if len(first) >= _FEW:
        return _long_logic(coder, node.sign, first, last)
    value = last.whole()
    gives = Gives.BOOLEAN if last.gives is Gives.BOOLEAN and not last.guards else Gives.ANY
    for code in reversed(first):
        decided, then = code.whole(), value
        if not (code.simple or code.gives is Gives.BOOLEAN) or code.guards:
            variable = coder.unit.temporary()
            holds = codegen.call("holds", codegen.kept_as(variable, decided))
            decided = codegen.name(variable)
        else:
            holds = conditions.is_true(code)
        if code.gives is not Gives.BOOLEAN or code.guards:
            gives = Gives.ANY
        yes, no = (then, decided) if node.sign == "and" else (decided, then)
        value = codegen.choice(holds, yes, no)
    return Code(value, gives)


def _long_logic(coder: Compiler, sign: str, first: list[Code], last: Code) -> Code:
    """The same without nesting, which Python's compiler bears only so much of."""
    variable = coder.unit.temporary()
    parts = [codegen.call("holds", codegen.kept_as(variable, code.whole())) for code in first]
    parts.append(codegen.kept_as(variable, last.whole()))
    decided = codegen.every(*parts) if sign == "and" else codegen.either(*parts)
    return Code(codegen.item(codegen.row((decided, codegen.name(variable))), codegen.constant(1)))


def member(coder: Compiler, node: tree.Member) -> Code:
    """`item in list`."""
    item = coder.code(node.item)
    strings = _strings(node.list)
    if strings is not None and len(strings) <= _FEW:
        found = codegen.compare(item.whole(), "in", codegen.constant(strings))
    elif coder.fixed(node.list):
        members = coder.unit.once(codegen.call("Members", coder.value(node.list)))
        found = codegen.compare(item.whole(), "in", members.value)
    else:
        found = includes(coder, node.list, item)
    return Code(codegen.negated(found) if node.negated else found, Gives.BOOLEAN)


def includes(coder: Compiler, node: tree.Node, item: Code) -> ast.expr:
    """Whether an item is in a list that varies."""
    items = coder.code(node)
    careful = codegen.call("table_includes", codegen.name("run"), items.whole(), item.whole())
    if not (coder.fast and items.simple and item.simple and item.gives is Gives.STRING):
        return careful
    plain = codegen.compare(item.value, "in", items.value)
    return codegen.choice(codegen.is_a(items.value, "list"), plain, careful)


def _strings(node: tree.Node) -> tuple[str, ...] | None:
    """The list as a constant, if it is nothing but strings."""
    if not isinstance(node, tree.TableConstructor):
        return None
    values = [
        field.value.value if isinstance(field.value, tree.Constant) else None
        for field in node.fields
        if field.key is None
    ]
    strings = tuple(value for value in values if isinstance(value, str))
    return strings if len(strings) == len(node.fields) else None


def table(coder: Compiler, node: tree.TableConstructor) -> Code:
    """`{…}`."""
    return Code(_table(coder, node))


def _table(coder: Compiler, node: tree.TableConstructor) -> ast.expr:
    items = [field.value for field in node.fields if field.key is None]
    named = [(field.key, field.value) for field in node.fields if field.key is not None]
    if not named:
        return codegen.listed(coder.value(item) for item in items)
    if not items and all(isinstance(key, tree.Constant) for key, _ in named):
        pairs = [(cast("tree.Constant", key).value, value) for key, value in named]
        if all(isinstance(key, str) for key, _ in pairs):
            return codegen.record({str(key): coder.value(value) for key, value in pairs})
    fields = codegen.row(
        codegen.row((coder.value(key), coder.value(value))) for key, value in named
    )
    return codegen.call("built", codegen.listed(coder.value(item) for item in items), fields)
