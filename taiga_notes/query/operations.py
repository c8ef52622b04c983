"""Operators, tables and constants as Python."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, cast

from taiga_notes.query import authored, calls, conditions, emit, tree
from taiga_notes.query.functions import Gives
from taiga_notes.query.scopes import Code
from taiga_notes.query.values import Authored, Float, Rendered

if TYPE_CHECKING:
    from taiga_notes.query.compile import Coder

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


def constant(coder: Coder, node: tree.Constant) -> Code:
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
    value = coder.unit.bound(node.value) if own else emit.constant(node.value)
    return Code(value, gives, simple=True, varies=False)


def operation(coder: Coder, node: tree.Node) -> Code:
    """An operator's value, or a table's."""
    match node:
        case tree.Unary():
            return _unary(coder, node)
        case tree.Binary(sign="==" | "~="):
            return _equality(coder, node)
        case tree.Binary() if node.sign in _ARITHMETIC:
            sides = coder.value(node.left), coder.value(node.right)
            return Code(emit.call(_ARITHMETIC[node.sign], *sides), Gives.NUMBER)
        case tree.Binary():
            return _comparison(coder, node)
        case tree.Chain(sign=".."):
            parts = (coder.value(authored.text(part)) for part in node.parts)
            return Code(emit.call("concat", emit.name("run"), *parts), Gives.STRING)
        case tree.Chain():
            return _logic(coder, authored.choice(node))
        case tree.Member():
            return _member(coder, node)
        case tree.Index():
            return Code(emit.call("index", coder.value(node.whole), coder.value(node.key)))
    return Code(_table(coder, cast("tree.Table", node)))


def _unary(coder: Coder, node: tree.Unary) -> Code:
    if node.sign == "not":
        return Code(emit.negated(coder.truth(node.operand)), Gives.BOOLEAN)
    if node.sign == "-":
        return Code(emit.call("negate", coder.value(node.operand)), Gives.NUMBER)
    code = coder.code(node.operand)
    return Code(code.length or emit.call("length", code.whole()), Gives.NUMBER)


def _equality(coder: Coder, node: tree.Binary) -> Code:
    left, right = node.left, node.right
    if isinstance(left, tree.Constant):
        left, right = right, left
    equal = (
        _equals_constant(coder, left, right.value)
        if isinstance(right, tree.Constant)
        else _equals(coder, left, right)
    )
    return Code(equal if node.sign == "==" else emit.negated(equal), Gives.BOOLEAN)


def _equals_constant(coder: Coder, node: tree.Node, value: Any) -> ast.expr:
    if value is None:
        found = calls.searched(coder, node)
        if found is not None:
            return emit.negated(conditions.is_true(found))
        return emit.compare(coder.value(node), "is", emit.constant(None))
    code = coder.code(node)
    if isinstance(value, bool):
        return emit.compare(code.whole(), "is", emit.constant(value))
    if isinstance(value, str):
        return emit.every(*code.guards, emit.compare(code.value, "==", emit.constant(value)))
    equal = emit.compare(code.whole(), "==", emit.constant(value + 0))
    if value not in {0, 1}:
        return equal
    # In Python true is 1 and false is 0, in Lua they are not.
    return emit.call("same", code.whole(), emit.constant(value + 0))


def _equals(coder: Coder, left: tree.Node, right: tree.Node) -> ast.expr:
    one, other = coder.code(left), coder.code(right)
    if Gives.STRING in {one.gives, other.gives}:
        return emit.compare(one.whole(), "==", other.whole())
    if one.varies and coder.fixed(right) and isinstance(other.value, ast.Name):
        return emit.compare(one.whole(), "==", coder.unit.comparand(other.value))
    if other.varies and coder.fixed(left) and isinstance(one.value, ast.Name):
        return emit.compare(other.whole(), "==", coder.unit.comparand(one.value))
    return emit.call("same", one.whole(), other.whole())


def comparable(coder: Coder, node: tree.Node) -> Code:
    """A value that is compared only, so that it may be a number of another type.

    What is computed of Python's own numbers, and is not beyond the exact ones, is Python's own.
    """
    quick = coder.fast and isinstance(node, tree.Binary) and coder.varies(node)
    if not (quick and isinstance(node, tree.Binary) and node.sign in _PYTHON):
        return coder.code(node)
    left, right = (_operand(coder, part) for part in (node.left, node.right))
    variable = coder.unit.temporary()
    found = emit.kept_as(variable, emit.calculated(left.value, node.sign, right.value))
    exact = emit.within(emit.constant(-_EXACT), found, emit.constant(_EXACT))
    plain = emit.every(*left.guards, *right.guards, exact)
    sides = left.value, comparable(coder, node.right).whole()
    careful = emit.at(node.at, emit.call(_ARITHMETIC[node.sign], *sides))
    return Code(emit.choice(plain, emit.name(variable), careful), Gives.NUMBER)


def _operand(coder: Coder, node: tree.Node) -> Code:
    """An operand, guarded by being one of Python's own numbers."""
    if _is_number(node):
        return coder.code(node)
    code = comparable(coder, node)
    first = value = code.whole()
    if not code.simple:
        variable = coder.unit.temporary()
        first, value = emit.kept_as(variable, value), emit.name(variable)
    kind = emit.attribute(first, "__class__")
    return Code(value, guards=(emit.compare(kind, "in", emit.name("numbers")),))


def _comparison(coder: Coder, node: tree.Binary) -> Code:
    left, right = comparable(coder, node.left), comparable(coder, node.right)
    if node.sign in {">", ">="}:
        careful = emit.call(_HELPERS[node.sign], right.whole(), left.whole())
    else:
        careful = emit.call(_HELPERS[node.sign], left.whole(), right.whole())
    quick = _quick_comparison(coder, node, left, right) if coder.fast else None
    return Code(quick or careful, Gives.BOOLEAN)


def _quick_comparison(coder: Coder, node: tree.Binary, left: Code, right: Code) -> ast.expr | None:
    """The comparison with a constant or a date as Python's own, if it can be."""
    if _orders_as_units(node.right) or _is_number(node.right):
        return _compared(coder, left, node.sign, right.value, node.right)
    if _orders_as_units(node.left) or _is_number(node.left):
        return _compared(coder, right, _MIRRORED[node.sign], left.value, node.left)
    return None


def _compared(
    coder: Coder, code: Code, sign: str, other: ast.expr, constant_: tree.Node
) -> ast.expr:
    number = _is_number(constant_)
    if code.gives is (Gives.NUMBER if number else Gives.STRING):
        return emit.every(*code.guards, emit.compare(code.value, sign, other))
    first = value = code.whole()
    if not code.simple:
        variable = coder.unit.temporary()
        first, value = emit.kept_as(variable, value), emit.name(variable)
    plain = emit.compare(value, sign, other)
    if number:
        # Python takes true for 1: what is no number is the helper's.
        numbers = emit.either(emit.is_a(value, "int"), emit.is_a(value, "float"))
        sides = (other, value) if sign in {">", ">="} else (value, other)
        plain = emit.choice(numbers, plain, emit.call(_HELPERS[sign], *sides))
    # A string can't be compared with anything else in Python either, which raises TypeError.
    return emit.every(emit.compare(first, "is not", emit.constant(None)), plain)


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


def _logic(coder: Coder, node: tree.Chain) -> Code:
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
            holds = emit.call("holds", emit.kept_as(variable, decided))
            decided = emit.name(variable)
        else:
            holds = conditions.is_true(code)
        if code.gives is not Gives.BOOLEAN or code.guards:
            gives = Gives.ANY
        yes, no = (then, decided) if node.sign == "and" else (decided, then)
        value = emit.choice(holds, yes, no)
    return Code(value, gives)


def _long_logic(coder: Coder, sign: str, first: list[Code], last: Code) -> Code:
    """The same without nesting, which Python's compiler bears only so much of."""
    variable = coder.unit.temporary()
    parts = [emit.call("holds", emit.kept_as(variable, code.whole())) for code in first]
    parts.append(emit.kept_as(variable, last.whole()))
    decided = emit.every(*parts) if sign == "and" else emit.either(*parts)
    return Code(emit.item(emit.row((decided, emit.name(variable))), emit.constant(1)))


def _member(coder: Coder, node: tree.Member) -> Code:
    item = coder.code(node.item)
    strings = _strings(node.list)
    if strings is not None and len(strings) <= _FEW:
        found = emit.compare(item.whole(), "in", emit.constant(strings))
    elif coder.fixed(node.list):
        members = coder.unit.once(emit.call("Members", coder.value(node.list)))
        found = emit.compare(item.whole(), "in", members.value)
    else:
        found = includes(coder, node.list, item)
    return Code(emit.negated(found) if node.negated else found, Gives.BOOLEAN)


def includes(coder: Coder, node: tree.Node, item: Code) -> ast.expr:
    """Whether an item is in a list that varies."""
    items = coder.code(node)
    careful = emit.call("table_includes", emit.name("run"), items.whole(), item.whole())
    if not (coder.fast and items.simple and item.simple and item.gives is Gives.STRING):
        return careful
    plain = emit.compare(item.value, "in", items.value)
    return emit.choice(emit.is_a(items.value, "list"), plain, careful)


def _strings(node: tree.Node) -> tuple[str, ...] | None:
    """The list as a constant, if it is nothing but strings."""
    if not isinstance(node, tree.Table):
        return None
    values = [
        field.value.value if isinstance(field.value, tree.Constant) else None
        for field in node.fields
        if field.key is None
    ]
    strings = tuple(value for value in values if isinstance(value, str))
    return strings if len(strings) == len(node.fields) else None


def _table(coder: Coder, node: tree.Table) -> ast.expr:
    items = [field.value for field in node.fields if field.key is None]
    named = [(field.key, field.value) for field in node.fields if field.key is not None]
    if not named:
        return emit.listed(coder.value(item) for item in items)
    if not items and all(isinstance(key, tree.Constant) for key, _ in named):
        pairs = [(cast("tree.Constant", key).value, value) for key, value in named]
        if all(isinstance(key, str) for key, _ in pairs):
            return emit.record({str(key): coder.value(value) for key, value in pairs})
    fields = emit.row(emit.row((coder.value(key), coder.value(value))) for key, value in named)
    return emit.call("built", emit.listed(coder.value(item) for item in items), fields)
