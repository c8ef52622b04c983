r"""SilverBullet's templates that put texts together, as templates of ours. Read, never run.

    templates.links = function(t)                       {% for row in rows %}
      local url = "https://…/us/" .. t.ref              * [Link](https://…/us/{{ row.ref }}) …
      return string.format("* [Link](" .. url ..        {% endfor %}
        ") [%s]", t.status_extra_info.name) .. "\n"
    end

Pure. What is more than that (a loop, an `if`, a call of anything else) is told, with its place.
"""

from __future__ import annotations

import json
import re
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from taiga_notes.bake.written_templates import LIVE, fields_of
from taiga_notes.errors import QueryError
from taiga_notes.query.syntax import tree
from taiga_notes.query.syntax.lexer import Token, TokenKind, script_tokens
from taiga_notes.query.syntax.parser import parse

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from taiga_notes.bake.space_lua import LuaFunction, LuaValue

LONGEST = 4_000
"""Characters of a template at most: one local may be the double of another, and so on."""
MOST_LOCALS = 50

_FIELD = re.compile(r"%\{(.*?)\}")
_DIRECTIVE = re.compile(r"%(?P<form>[-+ #0]*[0-9]{0,3}(?:\.[0-9]{0,2})?)(?P<kind>.?)", re.DOTALL)
_KINDS = {"s": "s", "d": "d", "i": "d", "f": "f", "g": "g", "x": "x", "X": "X"}
_STATEMENTS = frozenset(
    {"local", "return", "if", "for", "while", "repeat", "do", "function", "goto", "break"}
)
_DEPTHS = {"{": 1, "(": 1, "[": 1, "}": -1, ")": -1, "]": -1}
_MORE = "it does more than put texts together: write templates/{name}.md.j2 yourself"


class UnfitTemplateError(Exception):
    """A template that can't be turned: why, and the offset of what stands in the way."""

    def __init__(self, reason: str, at: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.at = at


class _Part(NamedTuple):
    """A part of what a template writes: its own text, or the value of an expression of Jinja's."""

    text: str
    is_value: bool = False


def function_text(script: str, function: LuaFunction) -> str:
    r"""What a function gives for a row, such as `* %{row.subject}\n`.

    Args:
        script: the script that defines it.
        function: where it stands there, and what it calls the row.

    Raises:
        UnfitTemplateError: it is none that just puts texts together.
    """
    return _joined(_FunctionReader(script, function).result(), function.at)


def written_text(written: LuaValue) -> str:
    """The same for a text of `template.new`.

    Raises:
        UnfitTemplateError: it holds more that is live than `${name}`.
    """
    found = fields_of(written.text or "")
    if not found:
        raise UnfitTemplateError("its text holds more that is live than ${name}", written.at)
    return found


def template_file(text: str, description: str) -> str:
    """A template's file.

    Args:
        text: what it writes for a row.
        description: of what it is, for `taiga-notes templates`.
    """
    body = _FIELD.sub(r"{{ \1 }}", text)
    between = "\n" if body.endswith("\n") else ""
    return f"{{# {description} #}}\n{{% for row in rows %}}{between}{body}{{% endfor %}}\n"


class _FunctionReader:
    """Reads what a function does, statement by statement."""

    def __init__(self, script: str, function: LuaFunction) -> None:
        self.name = function.name.rpartition(".")[2]
        self.parameter = function.parameter
        self.start = function.start
        self.body = script[function.start : function.end]
        self.locals: dict[str, tuple[_Part, ...]] = {}
        self.begin = 0

    def result(self) -> Sequence[_Part]:
        """The parts of what it gives.

        Raises:
            UnfitTemplateError: see `function_text`.
        """
        for found in self._statements():
            self.begin = found[0].at
            match [token.text for token in found[:-1]]:
                case ["return", _, *_]:
                    return self._parts(found[1:])
                case ["local", name, "=", _, *_] if len(self.locals) < MOST_LOCALS:
                    self.locals[name] = self._parts(found[3:])
                case _:
                    break
        return self._refuse(0)

    def _statements(self) -> Iterator[list[Token]]:
        """The tokens of each statement, and the one behind them."""
        statement: list[Token] = []
        depth = 0
        for token in script_tokens(self.body):
            is_sign = token.kind is TokenKind.SIGN
            depth += _DEPTHS.get(token.text, 0) if is_sign else 0
            begins = token.kind is TokenKind.NAME and token.text in _STATEMENTS
            ends = token.kind is TokenKind.END or (is_sign and token.text == ";")
            if statement and not depth and (begins or ends):
                yield [*statement, token]
                statement = []
            if not ends:
                statement.append(token)

    def _parts(self, tokens: Sequence[Token]) -> tuple[_Part, ...]:
        """The parts of an expression, which these tokens but the last are the whole of."""
        self.begin = tokens[0].at
        try:
            parsed = parse(self.body[self.begin : tokens[-1].at])
        except QueryError as error:
            reason = f"what it gives can't be read: {error.message}"
            raise UnfitTemplateError(reason, self.start + self.begin) from None
        found, length = [], 0
        for part in self._texts(parsed.tree):
            length += len(part.text)
            # A local can be twice another one: what is too long is given up, not made and measured.
            if length > LONGEST:
                reason = f"it gives more than {LONGEST:,} characters"
                raise UnfitTemplateError(reason, self.start + self.begin)
            if part.text:
                found.append(part)
        return tuple(found)

    def _texts(self, node: tree.Node) -> Iterator[_Part]:
        """What an expression is put together of."""
        match node:
            case tree.Constant(value=str() as text):
                yield _Part(text)
            case tree.Constant(value=bool() | None):
                self._refuse(node.at)
            case tree.Constant(value=number):
                yield _Part(f"{number}")
            case tree.Chain(operator="..", parts=parts):
                for part in parts:
                    yield from self._texts(part)
            case tree.Name(name=name) if name in self.locals:
                yield from self.locals[name]
            case tree.Call(function=tree.Name(name="tostring"), arguments=(one,)):
                yield from self._texts(one)
            case tree.Call(
                function=tree.Indexing(
                    whole=tree.Name(name="string"), key=tree.Constant(value="format")
                ),
                arguments=(form, *given),
            ):
                yield from self._formatted(form, given)
            case tree.Method(whole=form, name="format", arguments=given):
                yield from self._formatted(form, given)
            case _:
                yield _Part(self._value(node), is_value=True)

    def _formatted(self, form: tree.Node, given: Sequence[tree.Node]) -> Iterator[_Part]:
        """What `string.format` gives; directives in a value that the format holds are its own."""
        values = iter(given)
        for part in self._texts(form):
            if part.is_value:
                yield part
                continue
            position = 0
            for found in _DIRECTIVE.finditer(part.text):
                yield _Part(part.text[position : found.start()])
                position = found.end()
                if found["kind"] == "%" and not found["form"]:
                    yield _Part("%")
                    continue
                node = next(values, None)
                if node is None or found["kind"] not in _KINDS:
                    self._refuse(form.at)
                yield from self._directive(found, node)
            yield _Part(part.text[position:])

    def _directive(self, found: re.Match[str], node: tree.Node) -> Iterator[_Part]:
        if found["form"]:
            form = json.dumps(f"%{found['form']}{_KINDS[found['kind']]}")
            yield _Part(f"{form} | format({self._value(node)})", is_value=True)
        else:
            yield from self._texts(node)

    def _value(self, node: tree.Node) -> str:
        """An expression of Jinja's that has the same value.

        Lua takes only nil and false for false, Jinja also 0 and an empty text.
        """
        match node:
            case tree.Constant(value=str() as text) if not set(text) & set("{}%"):
                return json.dumps(text, ensure_ascii=False)
            case tree.Constant(value=int() | float() as number):
                return f"{number}".lower()
            case tree.Chain(
                operator="or", parts=(tree.Chain(operator="and", parts=(condition, yes)), no)
            ):
                return f"{self._value(yes)} if {self._holds(condition)} else {self._value(no)}"
            case tree.Chain(operator="or", parts=(value, other)):
                path = self._path(value)
                return f"{self._value(other)} if {path} is none else {path}"
            case _:
                return self._path(node)

    def _holds(self, node: tree.Node) -> str:
        """A condition of Jinja's that holds where this does."""
        match node:
            case tree.Unary(operator="not", operand=operand):
                path = self._path(operand)
                return f"{path} is none or {path} is false"
            case tree.Binary(operator="==" | "~=" | "!=" as operator, left=left, right=right):
                sign = "==" if operator == "==" else "!="
                return f"{self._path(left)} {sign} {self._value(right)}"
        path = self._path(node)
        return f"not ({path} is none or {path} is false)"

    def _path(self, node: tree.Node) -> str:
        """A field of the row."""
        found = tree.reference(node)
        is_plain = found is not None and all(name.isidentifier() for name in found.path)
        if found is None or found.root != self.parameter or not found.path or not is_plain:
            self._refuse(node.at)
        return ".".join(("row", *found.path))

    def _refuse(self, at: int) -> NoReturn:
        raise UnfitTemplateError(_MORE.format(name=self.name), self.start + self.begin + at)


def _joined(parts: Sequence[_Part], at: int) -> str:
    """The parts as a text with `%{…}`.

    Raises:
        UnfitTemplateError: its own text would be taken for more than that.
    """
    merged: list[_Part] = []
    for part in parts:
        if merged and not (merged[-1].is_value or part.is_value):
            merged[-1] = _Part(merged[-1].text + part.text)
        else:
            merged.append(part)
    opens = any(
        part.text.endswith("{") and following.is_value for part, following in pairwise(merged)
    )
    if opens or any(LIVE.search(part.text) for part in merged if not part.is_value):
        raise UnfitTemplateError("its text holds `{{`, `{%`, `${` or the like", at)
    return "".join(f"%{{{part.text}}}" if part.is_value else part.text for part in merged)
