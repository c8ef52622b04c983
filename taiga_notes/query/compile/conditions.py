"""Conditions: what is true, and what `where` keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taiga_notes.query.compile import codegen
from taiga_notes.query.compile.scopes import Code
from taiga_notes.query.runtime.functions import ValueType
from taiga_notes.query.syntax import tree

if TYPE_CHECKING:
    import ast

    from taiga_notes.query.compile.compiler import Compiler

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
