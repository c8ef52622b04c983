"""Conditions: what is true, and what `where` keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taiga_notes.query import calls, emit, tree
from taiga_notes.query.functions import Gives

if TYPE_CHECKING:
    import ast

    from taiga_notes.query.compile import Coder
    from taiga_notes.query.scopes import Code

COMPARISONS = frozenset({"==", "~=", "<", "<=", ">", ">="})


def truth(coder: Coder, node: tree.Node) -> ast.expr:
    """The condition as Python's, by Lua's rule: all but nil and false is true."""
    match node:
        case tree.Unary(sign="not"):
            return emit.negated(truth(coder, node.operand))
        case tree.Chain(sign="and"):
            return emit.every(*(truth(coder, part) for part in node.parts))
        case tree.Chain(sign="or"):
            return emit.either(*(truth(coder, part) for part in node.parts))
    return is_true(calls.searched(coder, node) or coder.code(node))


def keep(coder: Coder, node: tree.Node) -> ast.expr:
    """The condition as Python's, by the rule of `where`: 0 and '' are not kept either."""
    if isinstance(node, tree.Unary):
        return truth(coder, node)
    if isinstance(node, tree.Chain):
        *first, last = node.parts
        conditions = (*(truth(coder, part) for part in first), keep(coder, last))
        if node.sign == "and":
            return emit.every(*conditions)
        # What stands in front of an `or` is its value; true is kept, as 0 would not be.
        if node.sign == "or" and all(map(is_condition, first)):
            return emit.either(*conditions)
    code = calls.searched(coder, node) or coder.code(node)
    if code.gives is Gives.BOOLEAN:
        return is_true(code)
    if code.simple and not code.guards:
        dropped = (emit.constant(""), emit.constant(0))
        unlike = (emit.compare(code.value, "~=", value) for value in dropped)
        return emit.every(is_true(code), *unlike)
    return emit.call("kept", code.whole())


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
        return emit.every(*code.guards, code.value)
    if code.simple and not code.guards:
        return emit.every(
            emit.compare(code.value, "is not", emit.constant(None)),
            emit.compare(code.value, "is not", emit.constant(value=False)),
        )
    return emit.call("holds", code.whole())
