"""From the tree of an expression to Python: the place that it stands in, and what varies there.

Each operation is a call of a helper that knows the language's rules. Where a plain Python
operation gives the same for nearly every value, the fast form uses that instead: it is guarded
against nil, and raises TypeError or AttributeError for what only the helper understands; then
the query runs again in its careful form, which has the last word.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from taiga_notes.errors import close_matches, did_you_mean, meant
from taiga_notes.model.rows import picked
from taiga_notes.query.compile import codegen
from taiga_notes.query.compile.scopes import (
    Captured,
    Code,
    ComparedLiteral,
    is_field,
    names_of,
    references,
    suggestion,
)
from taiga_notes.query.runtime import (
    functions,
    joined_columns,
    numbers,
    ordering,
    results,
    strings,
    values,
)
from taiga_notes.query.runtime.functions import AGGREGATES, ValueType
from taiga_notes.query.runtime.listings import listing, path_listing
from taiga_notes.query.runtime.values import Authored, Rendered
from taiga_notes.query.syntax import tree
from taiga_notes.query.syntax.lexer import error_at

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable, Iterator

    from taiga_notes.errors import QueryError
    from taiga_notes.model.rows import Rows
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


# An allowlist: with no builtins in scope, this is all that a compiled query can get hold of. None
# of them takes an attribute's name, imports, or opens anything.
HELPERS: dict[str, Any] = {
    **{
        name: getattr(numbers, name)
        for name in (
            *("add", "subtract", "multiply", "divide", "floor_divide"),
            *("modulo", "power", "negate"),
        )
    },
    **{
        name: getattr(ordering, name)
        for name in ("Key", "arrange", "at_most", "few_texts", "less", "with_values")
    },
    **{
        name: getattr(results, name)
        for name in (
            *("Members", "charged", "comparand", "counted", "grouped"),
            *("group_hits", "group_row"),
            *("records", "unique", "unique_parts", "window"),
        )
    },
    **{
        name: getattr(values, name)
        for name in (
            "column_at",
            "lazily",
            "Hits",
            "built",
            "holds",
            "index",
            "kept",
            "length",
            "member",
            "rows_of",
            "same",
        )
    },
    **{f"aggregate_{name}": each.call for name, each in functions.AGGREGATES.items()},
    **{f"string_{name}": each.call for name, each in functions.STRINGS.items()},
    **{f"global_{name}": each.call for name, each in functions.FUNCTIONS.items()},
    **{
        f"{space}_{name}": each.call
        for space, names in functions.NAMESPACES.items()
        for name, each in names.items()
    },
    **{
        name: getattr(joined_columns, name)
        for name in ("in_status", "joined_at", "joined_lazily", "prepare")
    },
    "applied": functions.applied,
    "concat": strings.concat,
    "listing": listing,
    "numbers": frozenset({int, float}),
    "path_listing": path_listing,
    "picked": picked,
    **{each.__name__: each for each in (float, int, len, list, map, range, zip)},
}
"""What compiled queries call; the types among it are compared with only."""


Nested = Callable[[str, "tree.Query", Captured], Any]


class CompilationUnit:
    """What the expressions of one function share.

    Args:
        text: the whole query.
        nested: makes the plan of a query within it, from the text, the query's tree and what it
            refers to around it.
        rows: the rows whose fields are variables; None where there are none.
    """

    def __init__(self, text: str, nested: Nested, rows: Rows | None = None) -> None:
        self.text = text
        self.rows = rows
        self.nested = nested
        self.names = dict(HELPERS)
        self.statements: list[ast.stmt] = [
            codegen.assigned(["budget"], codegen.attribute(codegen.name("run"), "budget"))
        ]
        self._comparands: dict[str, ast.expr] = {}
        self._temporaries = 0
        self.named: tuple[str, Rows] | None = None
        """The rows of a query that names them, and that name: fields are not variables there."""
        self.literals: list[ComparedLiteral] = []
        """What is compared with fields whose values a project lists."""
        self.warnings: list[str] = []
        """What is to be told with the value."""
        self.selected: frozenset[str] = frozenset()
        """The names that `select` gives, for the message to those who order by them."""

    def unpack(self, count: int) -> None:
        """Names the `count` values that were handed in from around a query: `o0`, `o1`, …."""
        for number in range(count):
            # By number: a name of the author's is never one of ours.
            value = codegen.item(codegen.name("outer"), codegen.constant(number))
            self.statements.append(codegen.assigned([f"o{number}"], value))

    def temporary(self) -> str:
        """A name for a value that is needed twice."""
        self._temporaries += 1
        return f"t{self._temporaries}"

    def unknown(
        self, reference: tree.Reference, at: int, hint: str, others: Iterable[str]
    ) -> QueryError:
        """What is said of a name that is neither a field nor anything else."""
        name = ".".join((reference.root, *reference.path))
        if self.named is not None and is_field(self.named[1], reference.root):
            hint = meant([f"{self.named[0]}.{name}"])
        elif reference.root in self.selected:
            hint = "select comes last and gives its names too late: repeat the expression"
        if self.rows is None:
            return self.error(
                at, f"unknown name '{name}'", hint or did_you_mean(reference.root, others)
            )
        fields = suggestion(self.rows, (reference.root, *reference.path), 0)
        # A list that nobody meant is no better a guess than a field of these very rows.
        own = close_matches(reference.root, names_of(self.rows))
        near = [] if own else close_matches(reference.root, others)
        return self.error(
            at, f"unknown field '{name}'", hint or (fields if not near else meant(near))
        )

    def plan(self, query: tree.Query, captured: Captured) -> ast.expr:
        """A name for the plan of a query within the text."""
        return self.bound(self.nested(self.text, query, captured))

    def error(self, at: int, message: str, hint: str = "") -> QueryError:
        """An error at that offset."""
        return error_at(self.text, at, message, hint)

    def bound(self, value: object) -> ast.expr:
        """A name for an object that the program refers to."""
        # Numbered, and never called by what the text says: no query can hide or reach a helper.
        name = f"x{len(self.names)}"
        self.names[name] = value
        return codegen.name(name)

    def hoisted(self, value: ast.expr, value_type: ValueType = ValueType.ANY) -> Code:
        """A value that is computed once, in front of all loops."""
        # It stands in front of the loops, so an empty list of rows evaluates it as well.
        name = f"h{len(self.statements)}"
        self.statements.append(codegen.assigned([name], value))
        return Code(codegen.name(name), value_type, simple=True, varies=False)

    def comparand(self, value: ast.Name) -> ast.expr:
        """Something that a loop can compare with `value`, which does not vary, by `==`."""
        if value.id not in self._comparands:
            self._comparands[value.id] = self.hoisted(codegen.call("comparand", value)).value
        return self._comparands[value.id]


_PASSED_ON = frozenset({"some", "table.concat"})
"""Functions that give what templates gave to them."""


def authored_answer(node: tree.Node) -> tree.Node:
    """A whole text's expression, in which strings that may be its value are Markdown."""
    return _chosen(node) if isinstance(node, tree.Chain) and node.operator != ".." else node


def authored_choice(node: tree.Chain) -> tree.Chain:
    """`and` and `or`: strings in the place of what a template gives are Markdown as that is."""
    return _chosen(node) if renders(node) else node


def lists_by_template(node: tree.Node) -> bool:
    """Whether it is `template.each(…)` and nothing else: no rows are then an empty list."""
    reference = tree.reference(node.function) if isinstance(node, tree.Call) else None
    return reference is not None and (reference.root, reference.path) == ("template", ("each",))


def authored_text(node: tree.Node) -> tree.Node:
    """A string that is joined with others: Markdown if a template gave one of those."""
    if not isinstance(node, tree.Constant) or node.value.__class__ is not str:
        return node
    return tree.Constant(node.at, Authored(node.value))


def renders(node: tree.Node) -> bool:
    """Whether the expression's value is what a template gives."""
    match node:
        case tree.Chain():
            return any(map(renders, node.parts))
        case tree.Query():
            return node.selected is not None and renders(node.selected)
        case tree.Call():
            return _call_renders(node)
    return False


def templates_in(node: tree.Node) -> Iterator[str]:
    """The templates that an expression gives rows to, those of the queries within it left out."""
    reference = tree.reference(node.function) if isinstance(node, tree.Call) else None
    if reference is not None and reference.root == "templates" and len(reference.path) == 1:
        yield reference.path[0]
    for part in tree.parts(node):
        yield from templates_in(part)


def _chosen(node: tree.Chain) -> tree.Chain:
    return replace(node, parts=tuple(_finished(authored_answer(part)) for part in node.parts))


def _call_renders(node: tree.Call) -> bool:
    reference = tree.reference(node.function)
    if reference is None:
        return False
    name = ".".join((reference.root, *reference.path))
    if name in _PASSED_ON:
        return any(map(renders, node.arguments))
    return reference.root == "templates" or name in {"link", "template.each"}


def _finished(node: tree.Node) -> tree.Node:
    if not isinstance(node, tree.Constant) or node.value.__class__ is not str:
        return node
    return tree.Constant(node.at, Rendered(node.value))
