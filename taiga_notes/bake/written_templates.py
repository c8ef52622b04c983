"""SilverBullet's templates written in place, `template.new[==[* ${name}]==]`, as clauses."""

from __future__ import annotations

import re
from textwrap import dedent
from typing import TYPE_CHECKING

from taiga_notes.bake.token_reader import TokenReader
from taiga_notes.errors import QueryError
from taiga_notes.query.syntax.hints import CLAUSES
from taiga_notes.query.syntax.lexer import Token, TokenKind, tokens

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


_EACH = ("template", ".", "each", "(")
_NEW = ("template", ".", "new")
_PATH = re.compile(r"\s*([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\s*", re.ASCII)
_NAME = re.compile(rf"\$\{{{_PATH.pattern}\}}", re.ASCII)
LIVE = re.compile(r"\$\{|\{[{%#]|%\{")
"""What SilverBullet or a template of ours would act upon."""

_INDENT = re.compile(r"^ {4}", re.MULTILINE)


def clauses(expression: str) -> str:
    """The clauses of a block that shows the same; empty for any other expression.

    Args:
        expression: `template.each(query[[…]], template.new[==[…]==])` or
            `query[[… select template.new[==[…]==](p)]]`, also as `some(…) or "…"`, whose template
            holds nothing live but `${name}`.
    """
    try:
        return _TemplateReader(expression).clauses()
    except (QueryError, _OtherError):
        return ""


def fields_of(expression: str) -> str:
    """What a `template.new(…)` gives for a row, such as `* %{row.subject}`; empty for any other.

    Args:
        expression: the call.
    """
    try:
        return _TemplateReader(expression).fields()
    except (QueryError, _OtherError):
        return ""


class _OtherError(Exception):
    """The expression is another one."""


class _TemplateReader(TokenReader):
    """Reads an expression from its first token to its last.

    Raises:
        QueryError: it holds something that is no token.
    """

    def __init__(self, expression: str) -> None:
        self.expression = expression
        super().__init__(tokens(expression))

    def clauses(self) -> str:
        """See `clauses`.

        Raises:
            _OtherError: it is another expression.
        """
        guarded = self._passed("some", "(")
        is_each = self._passed(*_EACH)
        query, each = self._each() if is_each else self._select()
        if guarded:
            self._expect(")")
        empty = self._string() if self._passed("or") else None
        self._of_kind(TokenKind.END)
        if not each:
            raise _OtherError
        found = [dedent(query).strip(), f"each {_quoted(each)}"]
        # A list is never nil, so that what stands behind `or` is shown only if `some` asked.
        if empty is not None and (guarded or is_each):
            found.append(f"empty {_quoted(_escaped(empty))}")
        return "\n".join(found)

    def fields(self) -> str:
        """See `fields_of`.

        Raises:
            _OtherError: it is another expression.
        """
        template = self._template()
        self._of_kind(TokenKind.END)
        bare = template.rstrip(" \t")
        # Blanks behind a last line end are the closing bracket's indentation.
        return _named(bare if bare.endswith("\n") else template, {"_": "row"}, "row.")

    def _each(self) -> tuple[str, str]:
        query = self._query()
        self._expect(",")
        template = self._template()
        self._expect(")")
        return query, _with_fields(template, {"_": "row"}, "row.")

    def _select(self) -> tuple[str, str]:
        """A query whose `select` calls the template."""
        begin, select, depth = self._expect("query[[").at, -1, 0
        while select < 0:
            token = self._take()
            depth += {"(": 1, "{": 1, ")": -1, "}": -1}.get(token.text, 0)
            if token.kind is TokenKind.QUERY or token.text in {"", "group"}:
                # Groups are other rows than what `select` sees of them.
                raise _OtherError
            if token.text == "select" and token.kind is TokenKind.NAME and not depth:
                select = token.at
        template = self._template()
        names, prefix = self._argument(_variable(self.tokens))
        cut = self.tokens[self.next].at
        if self.tokens[self.next].text not in {*CLAUSES, "]"}:
            raise _OtherError
        while not self._passed("]", "]"):
            if self._take().kind in {TokenKind.QUERY, TokenKind.END}:
                raise _OtherError
        inner = self.expression.index("[[", begin) + 2
        end = self.tokens[self.next - 2].at
        query = self.expression[inner:select].rstrip() + "\n" + self.expression[cut:end].lstrip()
        return query, _with_fields(template, names, prefix)

    def _argument(self, variable: str) -> tuple[Mapping[str, str], str]:
        """What the template's names mean, by the row or the table that it is given."""
        in_brackets = self._passed("(")
        if in_brackets and self._passed(variable):
            self._expect(")")
            return {"_": "row"}, "row."
        names = {}
        self._expect("{")
        while not self._passed("}"):
            name = self._name()
            self._expect("=")
            names[name] = self._of_row(variable)
            if not self._passed(","):
                self._expect("}")
                break
        if in_brackets:
            self._expect(")")
        return names, ""

    def _of_row(self, variable: str) -> str:
        """A path of names, `p.subject`, as the template of a block spells it."""
        root, *path = [self._name()]
        while self._passed("."):
            path.append(self._name())
        if variable not in {root, "_"}:
            raise _OtherError
        return ".".join(("row", *([] if root == variable else [root]), *path))

    def _template(self) -> str:
        """The text of a `template.new(…)`, without its indentation as SilverBullet takes it."""
        self._expect(*_NEW)
        in_brackets = self._passed("(")
        text = self._string()
        strips = True
        if in_brackets and self._passed(","):
            strips = self._passed("true")
            if not strips:
                self._expect("false")
        if in_brackets:
            self._expect(")")
        return _INDENT.sub("", text) if strips else text

    def _query(self) -> str:
        """The text of a query, with any others in it."""
        begin = self.expression.index("[[", self._expect("query[[").at) + 2
        open_ = ["query[["]
        while open_:
            token = self._take()
            if token.text == "template" or token.kind is TokenKind.END:
                raise _OtherError
            if token.kind is TokenKind.QUERY or (
                token.kind is TokenKind.SIGN and token.text == "["
            ):
                open_.append(token.text)
            elif token.kind is TokenKind.SIGN and token.text == "]" and open_.pop() == "query[[":
                self._expect("]")
        return self.expression[begin : self.tokens[self.next - 2].at]

    # Tokens

    def _expect(self, *texts: str) -> Token:
        token = self.tokens[self.next]
        if not self._passed(*texts):
            raise _OtherError
        return token

    def _of_kind(self, kind: TokenKind) -> str:
        token = self._take()
        if token.kind is not kind:
            raise _OtherError
        return token.text

    def _name(self) -> str:
        return self._of_kind(TokenKind.NAME)

    def _string(self) -> str:
        return self._of_kind(TokenKind.STRING)


def _variable(found: Sequence[Token]) -> str:
    """The name that a query gives to its rows, `p` of `from p = …`; else that they have anyway."""
    for number, token in enumerate(found[:-2]):
        if token.text == "from" and token.kind is TokenKind.NAME:
            named = found[number + 2].text == "="
            return found[number + 1].text if named else "_"
    return "_"


def _with_fields(text: str, names: Mapping[str, str], prefix: str) -> str:
    """The text with `%{row.name}` for `${name}`; empty where it holds anything else that is live.

    Args:
        text: the template.
        names: what its names stand for.
        prefix: what comes before any other name; empty where there is none.
    """
    # A line end at its end is the one that each row gets anyway; more of them are blank lines.
    return _named(text.rstrip(" \t").rstrip("\n") if _one_end(text) else text, names, prefix)


def _named(text: str, names: Mapping[str, str], prefix: str) -> str:
    if not text.strip() or LIVE.search(_NAME.sub("", text)):
        return ""
    return _NAME.sub(lambda found: f"%{{{_field(found[1], names, prefix)}}}", text)


def _one_end(text: str) -> bool:
    return not text.rstrip(" \t").removesuffix("\n").endswith("\n")


def _field(path: str, names: Mapping[str, str], prefix: str) -> str:
    root, *below = path.split(".")
    if root in names:
        return ".".join((names[root], *below))
    if not prefix:
        raise _OtherError
    return prefix + path


def _escaped(text: str) -> str:
    """Text that a block's template shows as it is.

    Raises:
        _OtherError: it would take it for its own.
    """
    if LIVE.search(text):
        raise _OtherError
    return text


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
