"""Conditions: what is true, and what `where` keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taiga_notes.query.compile import calls, codegen
from taiga_notes.query.runtime.functions import Gives
from taiga_notes.query.syntax import tree

if TYPE_CHECKING:
    import ast

    from taiga_notes.query.compile.compiler import Compiler
    from taiga_notes.query.compile.scopes import Code

COMPARISONS = frozenset({"==", "~=", "<", "<=", ">", ">="})


def truth(coder: Compiler, node: tree.Node) -> ast.expr:
    """The condition as Python's, by Lua's rule: all but nil and false is true."""
    match node:
        case tree.Unary(sign="not"):
            return codegen.negated(truth(coder, node.operand))
        case tree.Chain(sign="and"):
            return codegen.every(*(truth(coder, part) for part in node.parts))
        case tree.Chain(sign="or"):
            return codegen.either(*(truth(coder, part) for part in node.parts))
    return is_true(calls.searched(coder, node) or coder.code(node))


def keep(coder: Compiler, node: tree.Node) -> ast.expr:
    """The condition as Python's, by the rule of `where`: 0 and '' are not kept either."""
    if isinstance(node, tree.Unary):
        return truth(coder, node)
    if isinstance(node, tree.Chain):
        *first, last = node.parts
        conditions = (*(truth(coder, part) for part in first), keep(coder, last))
        if node.sign == "and":
            return codegen.every(*conditions)
        # What stands in front of an `or` is its value; true is kept, as 0 would not be.
        if node.sign == "or" and all(map(is_condition, first)):
            return codegen.either(*conditions)
    code = calls.searched(coder, node) or coder.code(node)
    if code.gives is Gives.BOOLEAN:
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
            return node.sign == "not"
        case tree.Binary():
            return node.sign in COMPARISONS
        case tree.Chain():
            return node.sign != ".." and all(map(is_condition, node.parts))
        case tree.Method():
            return node.name in calls.TESTS
    return isinstance(node, tree.Member)


def is_true(code: Code) -> ast.expr:
    """Whether the value is neither nil nor false."""
    if code.gives is Gives.BOOLEAN:
        return codegen.every(*code.guards, code.value)
    if code.simple and not code.guards:
        return codegen.every(
            codegen.compare(code.value, "is not", codegen.constant(None)),
            codegen.compare(code.value, "is not", codegen.constant(value=False)),
        )
    return codegen.call("holds", code.whole())
