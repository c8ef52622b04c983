"""Operators, tables and constants as Python; what is true, and what `where` keeps."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any, cast

from taiga_notes.query.compile import codegen
from taiga_notes.query.compile.comparisons import MIRRORED, check_comparison, check_member
from taiga_notes.query.compile.compiler import authored_choice, authored_text
from taiga_notes.query.compile.list_items import check_item_field
from taiga_notes.query.compile.scopes import Code
from taiga_notes.query.runtime.functions import ValueType
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
_PYTHON = frozenset("+-*")
# Beyond it floats skip whole numbers, and Python's int and the language's float would differ.
_EXACT = 2.0**53
# Each part of a chain nests one conditional deeper, and Python's compiler bears only so much.
_FEW = 8
# The first half of a character beyond U+FFFF, as UTF-16 has it: where the two orders begin to part.
_HALVES = "\ud800"


def constant(compiler: Compiler, node: tree.Constant) -> Code:
    """`nil`, a boolean, a number, a string."""
    match node.value:
        case bool():
            value_type = ValueType.BOOLEAN
        case str():
            value_type = ValueType.STRING
        case None:
            value_type = ValueType.ANY
        case _:
            value_type = ValueType.NUMBER
    # Python's compiler knows its own types of constants only.
    own = isinstance(node.value, (Float, Authored, Rendered))
    value = compiler.unit.bound(node.value) if own else codegen.constant(node.value)
    return Code(value, value_type, simple=True, varies=False)


def indexing(compiler: Compiler, node: tree.Indexing) -> Code:
    """`whole[key]`, where that is no reference."""
    check_item_field(compiler, node)
    return Code(codegen.call("index", compiler.value(node.whole), compiler.value(node.key)))


def binary(compiler: Compiler, node: tree.Binary) -> Code:
    """Arithmetic and comparisons."""
    if node.operator in COMPARISONS:
        check_comparison(compiler, node)
    if node.operator in {"==", "~="}:
        return _equality(compiler, node)
    if node.operator in _ARITHMETIC:
        sides = compiler.value(node.left), compiler.value(node.right)
        return Code(codegen.call(_ARITHMETIC[node.operator], *sides), ValueType.NUMBER)
    return _comparison(compiler, node)


def chain(compiler: Compiler, node: tree.Chain) -> Code:
    """`and`, `or` and `..`."""
    if node.operator == "..":
        parts = (compiler.value(authored_text(part)) for part in node.parts)
        return Code(codegen.call("concat", codegen.name("run"), *parts), ValueType.STRING)
    return _logic(compiler, authored_choice(node))


def unary(compiler: Compiler, node: tree.Unary) -> Code:
    """`not x`, `-x`, `#x`."""
    if node.operator == "not":
        return Code(codegen.negated(truth(compiler, node.operand)), ValueType.BOOLEAN)
    if node.operator == "-":
        return Code(codegen.call("negate", compiler.value(node.operand)), ValueType.NUMBER)
    code = compiler.code(node.operand)
    return Code(code.length or codegen.call("length", code.whole()), ValueType.NUMBER)


def _equality(compiler: Compiler, node: tree.Binary) -> Code:
    left, right = node.left, node.right
    if isinstance(left, tree.Constant):
        left, right = right, left
    equal = (
        _equals_constant(compiler, left, right.value)
        if isinstance(right, tree.Constant)
        else _equals(compiler, left, right)
    )
    return Code(equal if node.operator == "==" else codegen.negated(equal), ValueType.BOOLEAN)


def _equals_constant(compiler: Compiler, node: tree.Node, value: Any) -> ast.expr:
    if value is None:
        found = searched(compiler, node)
        if found is not None:
            return codegen.negated(is_true(found))
        return codegen.compare(compiler.value(node), "is", codegen.constant(None))
    code = compiler.code(node)
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


def _equals(compiler: Compiler, left: tree.Node, right: tree.Node) -> ast.expr:
    one, other = compiler.code(left), compiler.code(right)
    if ValueType.STRING in {one.value_type, other.value_type}:
        return codegen.compare(one.whole(), "==", other.whole())
    if one.varies and compiler.is_invariant(right) and isinstance(other.value, ast.Name):
        return codegen.compare(one.whole(), "==", compiler.unit.comparand(other.value))
    if other.varies and compiler.is_invariant(left) and isinstance(one.value, ast.Name):
        return codegen.compare(other.whole(), "==", compiler.unit.comparand(one.value))
    return codegen.call("same", one.whole(), other.whole())


def comparable(compiler: Compiler, node: tree.Node) -> Code:
    """A value that is compared only, so that it may be a number of another type.

    What is computed of Python's own numbers, and is not beyond the exact ones, is Python's own.
    """
    quick = compiler.fast and isinstance(node, tree.Binary) and compiler.varies(node)
    if not (quick and isinstance(node, tree.Binary) and node.operator in _PYTHON):
        return compiler.code(node)
    left, right = (_operand(compiler, part) for part in (node.left, node.right))
    variable = compiler.unit.temporary()
    found = codegen.kept_as(variable, codegen.calculated(left.value, node.operator, right.value))
    exact = codegen.within(codegen.constant(-_EXACT), found, codegen.constant(_EXACT))
    plain = codegen.every(*left.guards, *right.guards, exact)
    sides = left.value, comparable(compiler, node.right).whole()
    careful = codegen.at(node.at, codegen.call(_ARITHMETIC[node.operator], *sides))
    return Code(codegen.choice(plain, codegen.name(variable), careful), ValueType.NUMBER)


def _operand(compiler: Compiler, node: tree.Node) -> Code:
    """An operand, guarded by being one of Python's own numbers."""
    if _is_number(node):
        return compiler.code(node)
    code = comparable(compiler, node)
    first = value = code.whole()
    if not code.simple:
        variable = compiler.unit.temporary()
        first, value = codegen.kept_as(variable, value), codegen.name(variable)
    kind = codegen.attribute(first, "__class__")
    return Code(value, guards=(codegen.compare(kind, "in", codegen.name("numbers")),))


def _comparison(compiler: Compiler, node: tree.Binary) -> Code:
    left, right = comparable(compiler, node.left), comparable(compiler, node.right)
    if node.operator in {">", ">="}:
        careful = codegen.call(_HELPERS[node.operator], right.whole(), left.whole())
    else:
        careful = codegen.call(_HELPERS[node.operator], left.whole(), right.whole())
    quick = _quick_comparison(compiler, node, left, right) if compiler.fast else None
    return Code(quick or careful, ValueType.BOOLEAN)


def _quick_comparison(
    compiler: Compiler, node: tree.Binary, left: Code, right: Code
) -> ast.expr | None:
    """The comparison with a constant or a date as Python's own, if it can be."""
    if _orders_as_units(node.right) or _is_number(node.right):
        return _compared(compiler, left, node.operator, right.value, node.right)
    if _orders_as_units(node.left) or _is_number(node.left):
        return _compared(compiler, right, MIRRORED[node.operator], left.value, node.left)
    return None


def _compared(
    compiler: Compiler, code: Code, sign: str, other: ast.expr, constant_: tree.Node
) -> ast.expr:
    number = _is_number(constant_)
    if code.value_type is (ValueType.NUMBER if number else ValueType.STRING):
        return codegen.every(*code.guards, codegen.compare(code.value, sign, other))
    first = value = code.whole()
    if not code.simple:
        variable = compiler.unit.temporary()
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


def _logic(compiler: Compiler, node: tree.Chain) -> Code:
    """`and` and `or` for their value: the last part, or the one that decided."""
    *first, last = (compiler.code(part) for part in node.parts)
    if len(first) >= _FEW:
        return _long_logic(compiler, node.operator, first, last)
    value = last.whole()
    value_type = (
        ValueType.BOOLEAN
        if last.value_type is ValueType.BOOLEAN and not last.guards
        else ValueType.ANY
    )
    for code in reversed(first):
        decided, then = code.whole(), value
        if not (code.simple or code.value_type is ValueType.BOOLEAN) or code.guards:
            variable = compiler.unit.temporary()
            holds = codegen.call("holds", codegen.kept_as(variable, decided))
            decided = codegen.name(variable)
        else:
            holds = is_true(code)
        if code.value_type is not ValueType.BOOLEAN or code.guards:
            value_type = ValueType.ANY
        yes, no = (then, decided) if node.operator == "and" else (decided, then)
        value = codegen.choice(holds, yes, no)
    return Code(value, value_type)


def _long_logic(compiler: Compiler, sign: str, first: list[Code], last: Code) -> Code:
    """The same without nesting, which Python's compiler bears only so much of."""
    variable = compiler.unit.temporary()
    parts = [codegen.call("holds", codegen.kept_as(variable, code.whole())) for code in first]
    parts.append(codegen.kept_as(variable, last.whole()))
    decided = codegen.every(*parts) if sign == "and" else codegen.either(*parts)
    return Code(codegen.item(codegen.row((decided, codegen.name(variable))), codegen.constant(1)))


def member(compiler: Compiler, node: tree.Member) -> Code:
    """`item in list`."""
    check_member(compiler, node.at, node.item, node.list)
    item = compiler.code(node.item)
    strings = _strings(node.list)
    # Python's `in` compares by `==`, which of strings is the language's; of few, it beats hashing.
    if strings is not None and len(strings) <= _FEW:
        found = codegen.compare(item.whole(), "in", codegen.constant(strings))
    elif compiler.is_invariant(node.list):
        members = compiler.unit.hoisted(codegen.call("Members", compiler.value(node.list)))
        found = codegen.compare(item.whole(), "in", members.value)
    else:
        found = includes(compiler, node.list, item)
    return Code(codegen.negated(found) if node.negated else found, ValueType.BOOLEAN)


def includes(compiler: Compiler, node: tree.Node, item: Code) -> ast.expr:
    """Whether an item is in a list that varies."""
    items = compiler.code(node)
    careful = codegen.call("table_includes", codegen.name("run"), items.whole(), item.whole())
    if not (compiler.fast and items.simple and item.simple and item.value_type is ValueType.STRING):
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


def table(compiler: Compiler, node: tree.TableConstructor) -> Code:
    """`{…}`."""
    return Code(_table(compiler, node))


def _table(compiler: Compiler, node: tree.TableConstructor) -> ast.expr:
    items = [field.value for field in node.fields if field.key is None]
    named = [(field.key, field.value) for field in node.fields if field.key is not None]
    if not named:
        return codegen.listed(compiler.value(item) for item in items)
    if not items and all(isinstance(key, tree.Constant) for key, _ in named):
        pairs = [(cast("tree.Constant", key).value, value) for key, value in named]
        if all(isinstance(key, str) for key, _ in pairs):
            return codegen.record({str(key): compiler.value(value) for key, value in pairs})
    fields = codegen.row(
        codegen.row((compiler.value(key), compiler.value(value))) for key, value in named
    )
    return codegen.call("built", codegen.listed(compiler.value(item) for item in items), fields)


TESTS = frozenset({"contains", "startsWith", "endsWith"})
"""Methods that answer true or false, and nil for nil."""

_MAGIC = frozenset("^$*+?.([%-")
COMPARISONS = frozenset({"==", "~=", "<", "<=", ">", ">="})


def truth(compiler: Compiler, node: tree.Node) -> ast.expr:
    """The condition as Python's, by Lua's rule: all but nil and false is true."""
    match node:
        case tree.Unary(operator="not"):
            return codegen.negated(truth(compiler, node.operand))
        case tree.Chain(operator="and"):
            return codegen.every(*(truth(compiler, part) for part in node.parts))
        case tree.Chain(operator="or"):
            return codegen.either(*(truth(compiler, part) for part in node.parts))
    return is_true(searched(compiler, node) or compiler.code(node))


def keep(compiler: Compiler, node: tree.Node) -> ast.expr:
    """The condition as Python's, by the rule of `where`: 0 and '' are not kept either."""
    if isinstance(node, tree.Unary):
        return truth(compiler, node)
    if isinstance(node, tree.Chain):
        *first, last = node.parts
        conditions = (*(truth(compiler, part) for part in first), keep(compiler, last))
        if node.operator == "and":
            return codegen.every(*conditions)
        # What stands in front of an `or` is its value; true is kept, as 0 would not be.
        if node.operator == "or" and all(map(is_condition, first)):
            return codegen.either(*conditions)
    code = searched(compiler, node) or compiler.code(node)
    if code.value_type is ValueType.BOOLEAN:
        return is_true(code)
    if code.simple and not code.guards:
        dropped = (codegen.constant(""), codegen.constant(0))
        unlike = (codegen.compare(code.value, "~=", value) for value in dropped)
        return codegen.every(is_true(code), *unlike)
    return codegen.call("kept", code.whole())


def is_condition(node: tree.Node) -> bool:
    """Whether the expression is plainly true, false or nil."""
    match node:
        case tree.Unary():
            return node.operator == "not"
        case tree.Binary():
            return node.operator in COMPARISONS
        case tree.Chain():
            return node.operator != ".." and all(map(is_condition, node.parts))
        case tree.Method():
            return node.name in TESTS
    return isinstance(node, tree.Member)


def is_true(code: Code) -> ast.expr:
    """Whether the value is neither nil nor false."""
    if code.value_type is ValueType.BOOLEAN:
        return codegen.every(*code.guards, code.value)
    if code.simple and not code.guards:
        return codegen.every(
            codegen.compare(code.value, "is not", codegen.constant(None)),
            codegen.compare(code.value, "is not", codegen.constant(value=False)),
        )
    return codegen.call("holds", code.whole())


def searched(compiler: Compiler, node: tree.Node) -> Code | None:
    """`subject:find('text')` where only whether it is found matters; None for anything else.

    So it is with `find('text', 1, true)`, which takes no pattern.
    """
    if not compiler.fast or not isinstance(node, tree.Method) or node.name != "find":
        return None
    # A pattern from the rows could hold magic: only what the text itself spells is known not to.
    given = [each.value if isinstance(each, tree.Constant) else None for each in node.arguments]
    value = given[0] if given else None
    literal = given[1:] == [1, True] or (len(given) == 1 and not _MAGIC & set(str(value)))
    if not isinstance(value, str) or not literal or not compiler.varies(node):
        return None
    whole = compiler.code(node.whole)
    guards = string_guards(whole)
    return None if guards is None else holds_text(whole, guards, value)


def string_guards(whole: Code) -> tuple[ast.expr, ...] | None:
    """Under which conditions the value is a string, or none of Python's methods will do."""
    if whole.value_type is ValueType.STRING:
        return whole.guards
    if whole.simple and not whole.guards:
        return (codegen.compare(whole.value, "is not", codegen.constant(None)),)
    return None


def holds_text(whole: Code, guards: tuple[ast.expr, ...], part: str) -> Code:
    """Whether a text holds another, as Python's own."""
    if whole.value_type is ValueType.STRING:
        value = codegen.compare(codegen.constant(part), "in", whole.value)
    else:
        # `in` would look into a list as well; no list has a method of this name.
        found = codegen.method(whole.value, "find", codegen.constant(part))
        value = codegen.compare(found, ">=", codegen.constant(0))
    return Code(value, ValueType.BOOLEAN, guards)
