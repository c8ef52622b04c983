"""A function under construction: what its expressions share."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from taiga_notes.model.rows import picked
from taiga_notes.query.compile import codegen
from taiga_notes.query.compile.known_names import is_field, suggestion
from taiga_notes.query.compile.scopes import Code
from taiga_notes.query.runtime import functions, numbers, ordering, results, strings, values
from taiga_notes.query.runtime.functions import ValueType
from taiga_notes.query.runtime.listings import listing, path_listing
from taiga_notes.query.suggestions import close_matches, did_you_mean, meant
from taiga_notes.query.syntax.lexer import error_at

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterable, Sequence

    from taiga_notes.errors import QueryError
    from taiga_notes.model.rows import Path, Rows
    from taiga_notes.query.syntax import tree

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
    "applied": functions.applied,
    "concat": strings.concat,
    "listing": listing,
    "numbers": frozenset({int, float}),
    "path_listing": path_listing,
    "picked": picked,
    **{each.__name__: each for each in (float, int, len, list, map, range, zip)},
}
"""What compiled queries call; the types among it are compared with only."""


Nested = Callable[[str, "tree.Query", tuple[tuple[str, "Path"], ...]], Any]


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
        near = close_matches(reference.root, others)
        return self.error(
            at, f"unknown field '{name}'", hint or (fields if not near else meant(near))
        )

    def plan(self, query: tree.Query, captured: Sequence[tuple[str, Path]]) -> ast.expr:
        """A name for the plan of a query within the text."""
        return self.bound(self.nested(self.text, query, tuple(captured)))

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
