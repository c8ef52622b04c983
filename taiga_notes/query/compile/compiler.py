"""From the tree of an expression to Python: the place that it stands in, and what varies there.

Each operation is a call of a helper that knows the language's rules. Where a plain Python
operation gives the same for nearly every value, the fast form uses that instead: it is guarded
against nil, and raises TypeError or AttributeError for what only the helper understands; then
the query runs again in its careful form, which has the last word.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from taiga_notes.query.compile import codegen
from taiga_notes.query.compile.scopes import Code, references
from taiga_notes.query.runtime.functions import AGGREGATES, ValueType
from taiga_notes.query.syntax import tree

if TYPE_CHECKING:
    import ast

    from taiga_notes.query.compile.compilation_unit import CompilationUnit
    from taiga_notes.query.compile.scopes import NameScope


class Compiler(ABC):
    """Compiles the expressions of one place.

    Args:
        unit: the function that they belong to.
        scope: what names mean there.
        clause: what the place is called in messages.
        fast: whether fast forms may be used.
        loops: whether the place is within a loop, so that what does not vary moves out of it.
        members: within groups, the compiler for the rows of a group; aggregates need it.
    """

    def __init__(
        self,
        unit: CompilationUnit,
        scope: NameScope,
        clause: str,
        *,
        fast: bool = False,
        loops: bool = False,
        members: Compiler | None = None,
    ) -> None:
        self.unit = unit
        self.scope = scope
        self.clause = clause
        self.fast = fast
        self.members = members
        self._loops = loops
        self._variant: dict[tree.Node, bool] = {}

    def code(self, node: tree.Node) -> Code:
        """Compiles an expression; what is the same for all rows is computed once."""
        if not self._loops or isinstance(node, tree.Constant) or self.varies(node):
            return self._code(node)
        # What is hoisted is hoisted whole: its own parts have no loop to move out of any more.
        self._loops = False
        code = self._code(node)
        self._loops = True
        if code.simple:
            return code
        return self.unit.hoisted(code.whole(), ValueType.ANY if code.guards else code.value_type)

    def value(self, node: tree.Node) -> ast.expr:
        """Compiles an expression for its value, nil included."""
        return self.code(node).whole()

    def is_invariant(self, node: tree.Node) -> bool:
        """Whether the place is in a loop in which the expression's value is always the same."""
        return self._loops and not self.varies(node)

    def varies(self, node: tree.Node) -> bool:
        """Whether the expression's value differs from row to row."""
        # Kept by node: a chain of n operators would else be walked n times, once from each of them.
        if node not in self._variant:
            self._variant[node] = self._varies(node)
        return self._variant[node]

    def _varies(self, node: tree.Node) -> bool:
        reference = tree.reference(node)
        if reference is not None:
            return self._found_to_vary(reference)
        if isinstance(node, tree.Query):
            # Its own rows are made inside of it: it varies only with what it is handed from here.
            return any(self._found_to_vary(each) for each in references(node))
        return is_aggregate(node) or any(self.varies(part) for part in tree.parts(node))

    def _found_to_vary(self, reference: tree.Reference) -> bool:
        code = self.scope.find(reference)
        return code is not None and code.varies

    def _code(self, node: tree.Node) -> Code:
        code = self.dispatch(node)
        # Helpers raise without knowing where they stand; the line number that this sets tells it.
        codegen.at(node.at, code.value)
        return code

    @abstractmethod
    def dispatch(self, node: tree.Node) -> Code:
        """Compiles an expression by its kind, where it stands."""


def is_aggregate(node: tree.Node) -> bool:
    """Whether the expression is the call of an aggregate."""
    return (
        isinstance(node, tree.Call)
        and isinstance(node.function, tree.Name)
        and node.function.name in AGGREGATES
    )


def holds_aggregate(node: tree.Node | None) -> bool:
    """Whether the expression, but for the queries within it, calls an aggregate."""
    if node is None:
        return False
    return is_aggregate(node) or any(holds_aggregate(part) for part in tree.parts(node))
