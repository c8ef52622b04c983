"""The query language: from a text and a scope to an answer.

    text → lexer → parser → tree → compiler → Python's own function → value

A text is compiled once and kept. What goes wrong is a `QueryError` that names line and column:
helpers raise a `Mistake`, and the compiled function's line numbers are offsets in the text.
"""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from taiga_notes.model.kinds import KINDS, SOURCES, USERSTORIES
from taiga_notes.query.compile import codegen
from taiga_notes.query.compile.compiler import CompilationUnit, authored_answer, lists_by_template
from taiga_notes.query.compile.expression_compiler import ExpressionCompiler
from taiga_notes.query.compile.query_plan import QueryPlan
from taiga_notes.query.compile.scopes import OuterScope
from taiga_notes.query.runtime.budget import Mistake
from taiga_notes.query.runtime.evaluation import Answer, Evaluation, Scope
from taiga_notes.query.runtime.project_values import check_used
from taiga_notes.query.runtime.values import Hits, Rendered, plain, type_name
from taiga_notes.query.syntax.lexer import TokenKind, error_at, words
from taiga_notes.query.syntax.parser import parse
from taiga_notes.query.syntax.tree import Parsed

if TYPE_CHECKING:
    from collections.abc import Callable

    from taiga_notes.model.field_use import FieldUse
    from taiga_notes.query.syntax.tree import Node

_ALWAYS = frozenset({USERSTORIES.name, "getTaigaTasks"})
_KEPT = 256
_DAY_LENGTH = len("2026-12-05")
_NO_TEMPLATE = ("a preset has no template", "say it where the preset is used")


def evaluate(text: str, scope: Scope) -> Answer:
    """Evaluates an expression, or the bare clauses of a block.

    Args:
        text: such as `query[[from … where …]]`, `template.each(query[[…]], templates.x)`,
            `#query[[…]]`, or a block's `from … where … template links`.
        scope: what it can see.

    Returns:
        The value as plain data, and what a block says of its rendering.

    Raises:
        QueryError: the text can't be read, or its evaluation is wrong.
        SourceError: rows can't be had.
    """
    compiled = _compiled(text)
    run = Evaluation(scope, _preset)
    value = compiled.value(run)
    said = compiled.parsed
    plain_value, kind = compiled.answer(run, value)
    check_used(run)
    return Answer(
        plain_value,
        said.template,
        said.each,
        kind,
        said.empty,
        said.push,
        lambda: run.warnings,
        lambda use: compiled.filled(run, value, use),
        around=lambda around, name: _around(run, value, around, name),
    )


def _around(run: Evaluation, value: Any, text: str, name: str) -> object:
    """What a text makes of a value that another one gave, which is the preset of that name to it.

    Raises:
        QueryError: the text can't be read, or its evaluation is wrong.
        SourceError: rows can't be had.
    """
    run.given[name] = value
    compiled = _compiled(text)
    found, _ = compiled.answer(run, compiled.value(run))
    return found


def parsed(text: str) -> Parsed:
    """What a block's text says, once it is read.

    Raises:
        QueryError: it can't be read.
    """
    return _compiled(text).parsed


def last_day(text: str, scope: Scope) -> date | None:
    """The day of a block's `until …`, up to which it is kept true; None where it says none.

    Raises:
        QueryError: the text can't be read, or that is no date.
        SourceError: rows can't be had.
    """
    until = parsed(text).until
    if until is None:
        return None
    value = part_value(text, until, scope)
    try:
        return date.fromisoformat(value[:_DAY_LENGTH] if isinstance(value, str) else "")
    except ValueError:
        said = f"'{value[:40]}'" if isinstance(value, str) else type_name(value)
        message = f"until wants a date such as '2026-12-05', not {said}"
        raise error_at(text, until.at, message) from None


def part_value(text: str, part: Node, scope: Scope) -> Any:
    """The value of an expression that stands in a text, or was made of what stands there.

    Args:
        text: the whole text, in which mistakes are placed.
        part: the expression; it refers to nothing around it.
        scope: what it can see.

    Returns:
        The value as the query computes with it: found rows are not read yet.

    Raises:
        QueryError: its evaluation is wrong.
        SourceError: rows can't be had.
    """
    return _Compiled(text, Parsed(part)).value(Evaluation(scope, _preset))


def demand_preset(text: str, scope: Scope) -> None:
    """Check that a text is right as a preset.

    Args:
        text: of the preset.
        scope: what it can see.

    Raises:
        QueryError: the text can't be read or evaluated, or says how it is rendered.
        SourceError: rows can't be had.
    """
    evaluate(text, scope)
    if not parsed(text).is_bare:
        raise error_at(text, 0, *_NO_TEMPLATE)


def reads_taiga(text: str) -> bool:
    """Whether an expression names one of our lists, so that its baked section is ours.

    A name that other software may use as well counts only where a list is looked for. The text
    need not be right: who wrote it wants to hear what is wrong.
    """
    before: list[str] = []
    found = [*words(text)]
    for number, token in enumerate(found):
        after = found[number + 1].text if number + 1 < len(found) else ""
        if token.kind is TokenKind.NAME and _names_list(token.text, before, after):
            return True
        if token.text != "(":
            before = [*before[-2:], token.text]
    return False


def _names_list(name: str, before: list[str], after: str) -> bool:
    """Whether a name is a list's, by the words around it, brackets left out."""
    if before[-1:] == ["."] and before[-3:-2] == ["from"]:
        # Of a server; lists that have a name of their own with us only: other objects have tasks.
        return name in _ALWAYS
    if before[-1:] in (["."], [":"]):
        return False
    if name in _ALWAYS:
        return True
    if after in {"(", ":", "="} or (name == "presets") != (after == "."):
        return False
    named = before[-1:] == ["="] and before[-3:-2] == ["from"]
    listed = not before or before[-1] in {"from", "#", "each"} or named
    return listed and (name in SOURCES or name == "presets")


class _Compiled:
    """A text, compiled."""

    def __init__(self, text: str, parsed: Parsed) -> None:
        self.parsed = parsed
        self._text = text
        unit = CompilationUnit(text, QueryPlan)
        value = ExpressionCompiler(unit, OuterScope({}), "an expression").value(
            authored_answer(self.parsed.tree)
        )
        self._function = codegen.function(["run"], unit.statements, value, unit.names)

    def value(self, run: Evaluation) -> Any:
        """The text's value."""
        return self._located(self._function, run)

    def filled(self, run: Evaluation, value: Any, use: FieldUse) -> object:
        """The text's value as plain data, with joined fields in its rows."""
        found = self._located(run.filled, value, use)
        check_used(run)
        return found

    def answer(self, run: Evaluation, value: Any) -> tuple[object, str]:
        """The text's value as plain data, and the kind of the rows if it is such."""
        if value is None and lists_by_template(self.parsed.tree):
            value = Rendered("")
        kind = value.kind if isinstance(value, Hits) else ""
        return self._located(plain, run.budget, value), kind if kind in KINDS else ""

    def _located(self, compute: Callable[..., Any], *arguments: Any) -> Any:
        """What the computation gives; a mistake becomes an error at its place in the text."""
        try:
            return compute(*arguments)
        except Mistake as mistake:
            offset = codegen.offset_of(mistake)
            raise error_at(self._text, offset, mistake.message, mistake.hint) from mistake
        except MemoryError as error:
            raise error_at(self._text, 0, "the query takes more memory than there is") from error


@lru_cache(maxsize=_KEPT)
def _compiled(text: str) -> _Compiled:
    return _Compiled(text, parse(text))


def _preset(text: str, run: Evaluation) -> Any:
    """A preset's value, within the evaluation that names it."""
    compiled = _compiled(text)
    if not compiled.parsed.is_bare:
        raise Mistake(*_NO_TEMPLATE)
    return compiled.value(run)
