"""Python's own syntax tree, in as few words as the compiler needs, and the loops over rows.

Text of a query gets into the program as constants only: every name here is the compiler's own.
An offset in the query becomes a line number, so that a traceback says where the query is wrong.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from taiga_notes.model.rows import Path


FILE = "<query>"
"""The file name of compiled queries, by which their frames are known."""

_LOAD = ast.Load()
_STORE = ast.Store()
_OPERATORS = {
    "==": ast.Eq(),
    "~=": ast.NotEq(),
    "<": ast.Lt(),
    "<=": ast.LtE(),
    ">": ast.Gt(),
    ">=": ast.GtE(),
    "is": ast.Is(),
    "is not": ast.IsNot(),
    "in": ast.In(),
}
_CALCULATIONS = {"+": ast.Add(), "-": ast.Sub(), "*": ast.Mult()}


def name(text: str) -> ast.expr:
    """A variable of the compiler's."""
    return ast.Name(text, _LOAD)


def constant(value: Any) -> ast.expr:
    """A constant: the only way in for the text of a query."""
    return ast.Constant(value)


def call(function: str, *arguments: ast.expr) -> ast.expr:
    """`function(arguments)`."""
    return ast.Call(name(function), list(arguments), [])


def method(whole: ast.expr, name_: str, *arguments: ast.expr) -> ast.expr:
    """`whole.name(arguments)`."""
    return ast.Call(attribute(whole, name_), list(arguments), [])


def attribute(whole: ast.expr, name_: str) -> ast.expr:
    """`whole.name`."""
    return ast.Attribute(whole, name_, _LOAD)


def kept_as(variable: str, value: ast.expr) -> ast.expr:
    """`(variable := value)`."""
    return ast.NamedExpr(ast.Name(variable, _STORE), value)


def item(whole: ast.expr, key: ast.expr) -> ast.expr:
    """`whole[key]`."""
    return ast.Subscript(whole, key, _LOAD)


def indexed(value: ast.expr, variable: str) -> ast.expr | None:
    """What `whole` is, if the value is `whole[variable]`."""
    index = value.slice if isinstance(value, ast.Subscript) else None
    named = isinstance(index, ast.Name) and index.id == variable
    return value.value if named and isinstance(value, ast.Subscript) else None


def compare(left: ast.expr, operator: str, right: ast.expr) -> ast.expr:
    """`left operator right`; what two constants are is known at once."""
    if operator.startswith("is") and isinstance(left, ast.Constant):
        same = isinstance(right, ast.Constant) and left.value is right.value
        return constant(same == (operator == "is"))
    return ast.Compare(left, [_OPERATORS[operator]], [right])


def is_a(value: ast.expr, type_: str) -> ast.expr:
    """`value.__class__ is type`."""
    return compare(attribute(value, "__class__"), "is", name(type_))


def every(*conditions: ast.expr) -> ast.expr:
    """`condition and condition …`."""
    return conditions[0] if len(conditions) == 1 else ast.BoolOp(ast.And(), list(conditions))


def either(*conditions: ast.expr) -> ast.expr:
    """`condition or condition …`."""
    return ast.BoolOp(ast.Or(), list(conditions))


def negated(condition: ast.expr) -> ast.expr:
    """`not condition`."""
    return ast.UnaryOp(ast.Not(), condition)


def choice(condition: ast.expr, then: ast.expr, other: ast.expr) -> ast.expr:
    """`then if condition else other`."""
    return ast.IfExp(condition, then, other)


def calculated(left: ast.expr, operator: str, right: ast.expr) -> ast.expr:
    """`left operator right`, a number."""
    return ast.BinOp(left, _CALCULATIONS[operator], right)


def within(least: ast.expr, value: ast.expr, greatest: ast.expr) -> ast.expr:
    """`least <= value <= greatest`."""
    return ast.Compare(least, [ast.LtE(), ast.LtE()], [value, greatest])


def cut(whole: ast.expr, start: int, end: int) -> ast.expr:
    """`whole[start:end]`."""
    return ast.Subscript(whole, ast.Slice(constant(start), constant(end)), _LOAD)


def row(parts: Iterable[ast.expr]) -> ast.expr:
    """`(part, …)`."""
    return ast.Tuple(list(parts), _LOAD)


def listed(parts: Iterable[ast.expr]) -> ast.expr:
    """`[part, …]`."""
    return ast.List(list(parts), _LOAD)


def record(parts: Mapping[str, ast.expr]) -> ast.expr:
    """`{"name": part, …}`."""
    # Keys may be an author's words: as constants they can't name anything of ours.
    return ast.Dict([constant(key) for key in parts], list(parts.values()))


def each(
    value: ast.expr,
    variables: Sequence[str],
    source: ast.expr,
    conditions: Sequence[ast.expr] = (),
    *,
    lazy: bool = False,
    single: bool | None = None,
) -> ast.expr:
    """`[value for variables in source if conditions]`; as a generator where it is lazy.

    One variable stands for the whole item, several for its parts; `single` decides otherwise.
    """
    single = len(variables) == 1 if single is None else single
    targets: list[ast.expr] = [ast.Name(variable, _STORE) for variable in variables]
    target = targets[0] if single else ast.Tuple(targets, _STORE)
    loop = [ast.comprehension(target, source, list(conditions), 0)]
    return ast.GeneratorExp(value, loop) if lazy else ast.ListComp(value, loop)


def assigned(variables: Sequence[str], value: ast.expr) -> ast.stmt:
    """`variables = value`."""
    targets: list[ast.expr] = [ast.Name(variable, _STORE) for variable in variables]
    return ast.Assign([targets[0] if len(targets) == 1 else ast.Tuple(targets, _STORE)], value)


def at(offset: int, expression: ast.expr) -> ast.expr:
    """The expression, marked with the offset in the query's text, if it is not marked already."""
    if not hasattr(expression, "lineno"):
        expression.lineno = offset + 1
    return expression


def function(
    parameters: Sequence[str],
    statements: Sequence[ast.stmt],
    value: ast.expr,
    names: Mapping[str, Any],
) -> Callable[..., Any]:
    """Compiles a function.

    Args:
        parameters: its parameters' names.
        statements: what it does.
        value: what it returns then.
        names: all that it can refer to besides; not even Python's builtins are among its names
            otherwise.
    """
    arguments = ast.arguments([], [ast.arg(each) for each in parameters], None, [], [], None, [])
    body = [*statements, ast.Return(value)]
    # A tree and no source: nothing that a query says is ever read as Python by a parser.
    module = ast.Module([ast.FunctionDef("run", arguments, body, [])], [])
    _locate(module)
    # Without these `{}` Python would lend its builtins, `open` and `__import__` among them.
    scope: dict[str, Any] = {"__builtins__": {}, **names}
    exec(compile(module, FILE, "exec"), scope)  # noqa: S102 - a tree of our own making
    compiled: Callable[..., Any] = scope["run"]
    return compiled


def offset_of(error: BaseException) -> int:
    """The offset in the query's text at which an error arose; 0 where no query was under way."""
    offset = 0
    traceback = error.__traceback__
    while traceback is not None:
        # The innermost one counts: the mistake itself, not the query that it is nested in.
        if traceback.tb_frame.f_code.co_filename == FILE:
            offset = traceback.tb_lineno - 1
        traceback = traceback.tb_next
    return offset


def _locate(module: ast.Module) -> None:
    """Gives each node the line of the nearest marked one around it."""
    waiting: list[tuple[ast.AST, int]] = [(module, 1)]
    while waiting:
        node, line = waiting.pop()
        if isinstance(node, ast.expr | ast.stmt | ast.arg):
            line = getattr(node, "lineno", line)
            node.lineno, node.col_offset = line, 0
        waiting += [(child, line) for child in ast.iter_child_nodes(node)]


class ColumnReading:
    """What one function reads of the rows.

    Args:
        joined: the names of fields that no list holds, see `kinds.Join`.
    """

    def __init__(self, joined: Collection[str]) -> None:
        self.joined = joined
        self.mentioned: dict[Path, int] = {}
        """Where in the text each path stands first."""
        self.whole: dict[Path, str] = {}
        """The columns that were read for all rows, by their names in the function."""


class Columns:
    """The columns that are read at the places of `hits` as they are at one point of a function.

    Args:
        letter: tells them from those of other points.
        reading: what the function reads elsewhere: no column is fetched twice.
        whole: whether the hits are still all rows.
        lazy: whether the values are fetched a few at a time.
    """

    def __init__(
        self, letter: str, reading: ColumnReading, *, whole: bool = False, lazy: bool = False
    ) -> None:
        self._letter = letter
        self._reading = reading
        self._whole = whole
        self._lazy = lazy
        self._names: dict[Path, str] = {}

    def name(self, path: Path, at: int) -> str:
        """The name of a column, whose values are in the order of the hits."""
        mentioned = self._reading.mentioned
        # The first one in the text is blamed, whichever clause happened to be compiled first.
        mentioned[path] = min(at, mentioned.get(path, at))
        return self._names.setdefault(path, f"c{self._letter}{len(self._names)}")

    def known(self, path: Path) -> str | None:
        """The name of a column that is read; None of one that is not."""
        return self._names.get(path)

    def statements(self) -> Iterator[ast.stmt]:
        """What fetches them."""
        for path, column in self._names.items():
            yield assigned([column], self._fetched(path))
            if self._whole:
                self._reading.whole.setdefault(path, column)

    def _fetched(self, path: Path) -> ast.expr:
        hits, earlier = name("hits"), self._reading.whole.get(path)
        if earlier is None and path[:1] and path[0] in self._reading.joined:
            # Whole rows cost nothing more, these do: they are asked for where they are left.
            helper = "joined_lazily" if self._lazy else "joined_at"
            more = [name("stop")] if self._lazy else []
            return call(helper, name("run"), name("rows"), constant(path), hits, *more)
        if earlier is None:
            helper = "lazily" if self._lazy else "column_at"
            return call(helper, name("rows"), constant(path), hits)
        if self._lazy:
            return call("map", attribute(name(earlier), "__getitem__"), hits)
        return call("picked", name(earlier), hits)


class Loop:
    """One loop over the hits: `i` is the row's position, `v…` the columns' values there."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._used: dict[str, str] = {}

    def value_of(self, path: Path, at: int) -> ast.expr:
        """The value at that path of the loop's row."""
        column = self._columns.name(path, at)
        return name(self._used.setdefault(column, f"v{column}"))

    def each(
        self, value: ast.expr, conditions: Sequence[ast.expr] = (), *, lazy: bool = False
    ) -> ast.expr:
        """The values of an expression of this loop for the rows that meet the conditions.

        Those of a column are that column: nothing is looped over that need not be.
        """
        read = self._read((value, *conditions))
        if not conditions and isinstance(value, ast.Name) and value.id in read:
            return name(read[value.id])
        sources = [*map(name, (read or {"i": "hits"}).values())]
        source = sources[0] if len(sources) == 1 else call("zip", *sources)
        return each(value, [*read] or ["i"], source, conditions, lazy=lazy)

    def only(self, path: Path, conditions: Sequence[ast.expr]) -> tuple[str, str] | None:
        """The names of the column at that path and of its values, if nothing else is asked for."""
        column = self._columns.known(path)
        read = self._read(conditions)
        return (column, self._used[column]) if column and [*read.values()] == [column] else None

    def _read(self, parts: Sequence[ast.expr]) -> dict[str, str]:
        """The loop's variables that are read, and what each of them runs over."""
        columns = {variable: column for column, variable in self._used.items()}
        named = {node.id for part in parts for node in ast.walk(part) if isinstance(node, ast.Name)}
        return {name: of for name, of in {"i": "hits", **columns}.items() if name in named}
