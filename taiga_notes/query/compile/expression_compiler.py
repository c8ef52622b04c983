"""Each kind of expression, and what compiles it: the one place that knows them all."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from taiga_notes.query.compile import calls, codegen, operations
from taiga_notes.query.compile.compiler import Compiler
from taiga_notes.query.compile.scopes import Code, references
from taiga_notes.query.syntax import tree

if TYPE_CHECKING:
    import ast


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
                return calls.call(self, node)
            case tree.Method():
                return calls.method(self, node)
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
        return calls.global_name(self, node, reference) if found is None else found

    def _query(self, node: tree.Query) -> Code:
        """A query within the expression: a plan of its own, given what it refers to out here."""
        captured: dict[tuple[str, tuple[str, ...]], ast.expr] = {}
        for reference in references(node):
            code = self.scope.find(reference)
            if code is not None:
                captured[reference.root, reference.path] = code.whole()
        plan = self.unit.plan(node, [*captured])
        run = codegen.method(plan, "run", codegen.name("run"), codegen.row(captured.values()))
        return Code(run)
