"""What the package's own text says of its structure: names, imports, lengths, comments."""

from __future__ import annotations

import ast
import io
import tokenize
from collections import defaultdict
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ROOT = Path(__file__).parents[2]
PACKAGE = "taiga_notes"

_SILENT = {
    tokenize.COMMENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.NEWLINE,
    tokenize.NL,
}


@dataclass(frozen=True)
class Module:
    """One file of the package.

    Attributes:
        name: dotted, below the package; of a folder's `__init__` the folder's.
        path: the file.
    """

    name: str
    path: Path

    @cached_property
    def text(self) -> str:
        """The file's text."""
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        """Its syntax."""
        return ast.parse(self.text)

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """All of its syntax, in the order of `ast.walk`, which takes twice the time."""
        nodes: list[ast.AST] = [self.tree]
        for node in nodes:
            for name in node._fields:
                value = getattr(node, name, None)
                if isinstance(value, list):
                    nodes += [part for part in value if isinstance(part, ast.AST)]
                elif isinstance(value, ast.AST) and not isinstance(value, ast.expr_context):
                    nodes.append(value)
        return nodes

    @cached_property
    def statements(self) -> list[ast.AST]:
        """All of its statements, those within others too: the tenth part of its syntax."""
        return _statements(self.tree)

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder's own file."""
        return self.path.name == "__init__.py"

    def classes(self) -> Iterator[str]:
        """The classes that it defines, private ones and those within others included."""
        return (node.name for node in self.statements if isinstance(node, ast.ClassDef))

    def functions(self) -> Iterator[tuple[str, int]]:
        """Its functions and methods, each with its lines."""
        for node in self.statements:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node.name, (node.end_lineno or node.lineno) - node.lineno + 1

    def code_lines(self) -> int:
        """Lines that hold code: no blank ones, comments or docstrings."""
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        lines = {
            line
            for token in tokens
            if token.type not in _SILENT
            for line in range(token.start[0], token.end[0] + 1)
        }
        return len(lines - self._documented())

    def comments(self) -> int:
        """Comments that speak to a reader: those for linters don't."""
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        texts = (token.string for token in tokens if token.type == tokenize.COMMENT)
        return sum(not text.startswith(("# noqa", "# type:")) or " - " in text for text in texts)

    def imports(self, names: Iterable[str]) -> set[str]:
        """Which of `names`, the package's modules, it imports, for the type checker only too."""
        known = set(names)
        found = set()
        for node in self.statements:
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE):
                base = (node.module or "")[len(PACKAGE) + 1 :]
                for alias in node.names:
                    part = f"{base}.{alias.name}".lstrip(".")
                    found.add(part if part in known else base)
        return found & known - {self.name}

    def late_imports(self) -> Iterator[str]:
        """The modules that its functions import."""
        functions = (ast.FunctionDef, ast.AsyncFunctionDef)
        found = (node for node in self.statements if isinstance(node, functions))
        for node in (each for function in found for each in _statements(function)):
            if isinstance(node, ast.ImportFrom):
                yield node.module or ""
            elif isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)

    def _documented(self) -> set[int]:
        """The lines of texts that are statements: docstrings, of attributes too."""
        return {
            line
            for node in self.statements
            if isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
            for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)
        }


def _statements(node: ast.AST) -> list[ast.AST]:
    nodes = [node]
    for one in nodes:
        for name in ("body", "handlers", "orelse", "finalbody", "cases"):
            nodes += getattr(one, name, ())
    return nodes


@cache
def modules() -> list[Module]:
    """The package's files, in order; read once."""
    found = []
    for path in sorted((ROOT / PACKAGE).rglob("*.py")):
        parts = path.relative_to(ROOT / PACKAGE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found.append(Module(name, path))
    return found


def module_names_twice(found: Iterable[Module]) -> dict[str, list[str]]:
    """Names that two modules have; a folder and its main module of one name are one thing."""
    places = defaultdict(list)
    for module in found:
        parent, _, last = module.name.rpartition(".")
        if parent.rpartition(".")[2] != last:
            places[last].append(module.name)
    return _twice(places)


def class_names_twice(found: Iterable[Module]) -> dict[str, list[str]]:
    """Names that two classes have."""
    places = defaultdict(list)
    for module in found:
        for name in module.classes():
            places[name].append(module.name)
    return _twice(places)


def circles(found: Iterable[Module]) -> list[list[str]]:
    """Modules that import one another, whichever way round, for the type checker only too."""
    by_name = {module.name: module for module in found if module.name}
    graph = {name: module.imports(by_name) for name, module in by_name.items()}
    reached = {name: _reached(name, graph) for name in graph}
    rings = {
        tuple(sorted(other for other in reached[name] if name in reached[other]))
        for name in graph
        if name in reached[name]
    }
    return [list(ring) for ring in sorted(rings)]


def _reached(start: str, graph: Mapping[str, set[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = [*graph[start]]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(graph[name])
    return reached


def _twice(places: Mapping[str, list[str]]) -> dict[str, list[str]]:
    return {name: found for name, found in sorted(places.items()) if len(found) > 1}
