"""From a query's tokens to its tree: Lua's expressions; `parser` has the clauses."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from taiga_notes.query.runtime.budget import MAX_DEPTH, MAX_TEXT
from taiga_notes.query.runtime.numbers import literal
from taiga_notes.query.syntax import tree
from taiga_notes.query.syntax.hints import REFUSED, REFUSED_HINTS, hint_for
from taiga_notes.query.syntax.lexer import Token, TokenKind, error_at, tokens

if TYPE_CHECKING:
    from taiga_notes.errors import QueryError

_COMPARE = 3
_LEVELS = {
    "or": 1,
    "and": 2,
    **dict.fromkeys(("<", ">", "<=", ">=", "==", "~=", "!=", "in", "not"), _COMPARE),
    "..": 4,
    "+": 5,
    "-": 5,
    **dict.fromkeys(("*", "/", "//", "%"), 6),
    "^": 8,
}
_UNARY = 7
_CHAINS = {"and", "or", ".."}
_CONSTANTS = {"nil": None, "true": True, "false": False}
_SIGNS = {
    "[": "a list is written in braces: {…, …}",
    "#": "a comment begins with --",
    "*": "leave select out for whole rows; write count() to count them",
}
"""What is said of signs that other languages have where they stand."""
_OPERATOR_WORDS = {"and", "or", "not", "in"}


def _of_equals(before: Token) -> str:
    """What is said of a sign that gives a name, where it can't."""
    if before.kind is TokenKind.STRING:
        return f"a name stands without quotes, or in brackets: ['{before.text}'] = …"
    if before.kind is TokenKind.NAME and before.text == "template":
        return "leave it out: template NAME"
    return "two equals signs compare: =="


def _of_query(function: tree.Node) -> str:
    """What to write in place of `sum(from …)`."""
    name = function.name if isinstance(function, tree.Name) else ""
    if name in {"count", "len", "length", "size"}:
        return "write #query[[from …]], or select count() in the query"
    if name in {"sum", "avg", "min", "max"}:
        return f"write query[[from … select {name}(x)]]"
    return f"write {name or '…'}(query[[from …]])"


class ExpressionParser(ABC):
    """Reads the expressions of one text.

    Args:
        text: the whole query.

    Raises:
        QueryError: the text is too long, or holds something that is no token.
    """

    def __init__(self, text: str) -> None:
        if len(text) > MAX_TEXT:
            raise error_at(
                text, 0, f"the query is too long: {len(text):,} characters, at most {MAX_TEXT:,}"
            )
        self.text = text
        self._tokens = tokens(text)
        self._next = 0
        self._depth = 0

    # Tokens

    @property
    def token(self) -> Token:
        """The next token."""
        return self._tokens[self._next]

    def ahead(self, count: int = 1) -> Token:
        """The token `count` places behind the next one."""
        return self._tokens[min(self._next + count, len(self._tokens) - 1)]

    def take(self) -> Token:
        """The next token, which is passed; the last one stays the next."""
        token = self.token
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token

    @property
    def ended(self) -> bool:
        """Whether there are no more tokens."""
        return self.token.kind is TokenKind.END

    def at_sign(self, *signs: str) -> bool:
        """Whether the next token is one of these signs."""
        return self.token.kind is TokenKind.SIGN and self.token.text in signs

    def at_word(self, *words: str) -> bool:
        """Whether the next token is one of these names."""
        return self.token.kind is TokenKind.NAME and self.token.text in words

    def passed(self, *signs: str) -> bool:
        """Whether the next token is one of these signs, which is passed then."""
        found = self.at_sign(*signs)
        if found:
            self.take()
        return found

    def expect(self, sign: str, why: str) -> Token:
        """Passes a sign that must stand here."""
        if not self.at_sign(sign):
            raise self.unexpected(f"'{sign}' {why}")
        return self.take()

    def name(self, why: str) -> Token:
        """Passes a name that must stand here and is not reserved."""
        word = self.token
        if word.kind is not TokenKind.NAME or word.text in REFUSED or word.text in _OPERATOR_WORDS:
            raise self.unexpected(why)
        return self.take()

    # Errors

    def error(self, at: int, message: str, hint: str = "") -> QueryError:
        """An error at that offset."""
        return error_at(self.text, at, message, hint)

    def unexpected(self, wanted: str) -> QueryError:
        """An error at the next token, with a hint for what another language has there."""
        token = self.token
        if token.kind is TokenKind.NAME and token.text in REFUSED:
            return self._refused(token)
        before = self._tokens[self._next - 1] if self._next else token
        word, name = (each.text if each.kind is TokenKind.NAME else "" for each in (token, before))
        if "-" in {token.text, before.text} and self.ahead().kind is TokenKind.END:
            hint = "a marker ends with -->, with two dashes"
        elif token.kind is TokenKind.SIGN and token.text == "," and wanted.startswith("')'"):
            hint = _SIGNS["["]
        elif token.kind is TokenKind.SIGN and token.text in _SIGNS:
            hint = _SIGNS[token.text]
        elif token.kind is TokenKind.SIGN and token.text == "=":
            hint = _of_equals(before)
        else:
            hint = hint_for(word, name)
        if token.kind is TokenKind.END:
            return self.error(token.at, f"the query ends where {wanted} is expected", hint)
        shown = "a string" if token.kind is TokenKind.STRING else f"'{token.text}'"
        return self.error(token.at, f"unexpected {shown}", hint or f"expected {wanted}")

    def _refused(self, token: Token) -> QueryError:
        return self.error(token.at, REFUSED[token.text], REFUSED_HINTS.get(token.text, ""))

    def _deeper(self, at: int) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self.error(at, f"the query is nested too deeply: at most {MAX_DEPTH} levels")

    # ExpressionParser

    def expression(self, level: int = 0) -> tree.Node:
        """Reads an expression whose operators bind tighter than `level`."""
        depth = self._depth
        self._deeper(self.token.at)
        node = self._operand()
        while (sign := self._operator()) and _LEVELS[sign] > level:
            # Left-associative chains nest to the left, and count as depth like brackets.
            self._deeper(self.token.at)
            node = self._operation(node, sign)
        self._depth = depth
        return node

    def _operator(self) -> str:
        token = self.token
        if token.kind is TokenKind.SIGN or (
            token.kind is TokenKind.NAME and token.text in _OPERATOR_WORDS
        ):
            follows = token.text != "not" or self.ahead().text == "in"
            return token.text if token.text in _LEVELS and follows else ""
        return ""

    def _operation(self, left: tree.Node, sign: str) -> tree.Node:
        at = self.take().at
        if sign in {"in", "not"}:
            if sign == "not":
                self.take()
            return tree.Member(at, left, self._list_to_look_in(), sign == "not")
        if sign in _CHAINS:
            return self._chain(left, sign, at)
        if sign == "^":
            return tree.Binary(at, sign, left, self.expression(_UNARY))
        right = self.expression(_LEVELS[sign])
        return tree.Binary(at, "~=" if sign == "!=" else sign, left, right)

    def _list_to_look_in(self) -> tree.Node:
        begin = self.token.at
        items = self.expression(_COMPARE)
        if isinstance(items, tree.Constant) and items.value is not None:
            shown = self.text[items.at : self._tokens[self._next - 1].at].rstrip(") ")
            shown = shown or self.text[items.at : self.token.at].rstrip(") ")
            raise self.error(begin, "'in' looks into a list", f"write in {{{shown}}}")
        return items

    def _chain(self, left: tree.Node, sign: str, at: int) -> tree.Node:
        parts = [left, self.expression(_LEVELS[sign])]
        while self._operator() == sign:
            self.take()
            parts.append(self.expression(_LEVELS[sign]))
        return tree.Chain(at, sign, tuple(parts))

    def _operand(self) -> tree.Node:
        token = self.token
        if self.at_sign("-", "#") or self.at_word("not"):
            self.take()
            return tree.Unary(token.at, token.text, self.expression(_UNARY))
        if self.at_word(*_CONSTANTS):
            return tree.Constant(token.at, _CONSTANTS[self.take().text])
        match token.kind:
            case TokenKind.NUMBER:
                return tree.Constant(token.at, literal(self.take().text))
            case TokenKind.STRING:
                self.take()
                return self._unprefixed(tree.Constant(token.at, token.text))
            case TokenKind.QUERY:
                self.take()
                return self._unprefixed(self.query(token.at))
            case TokenKind.SIGN if token.text == "{":
                return self._unprefixed(self._table())
            case TokenKind.SIGN if token.text == "(":
                self.take()
                inner = self.expression()
                self.expect(")", "to close the bracket")
                return self._suffixes(inner)
        self.name("an expression")
        return self._suffixes(tree.Name(token.at, token.text))

    @abstractmethod
    def query(self, at: int) -> tree.Node:
        """Reads the rest of `query[[…]]`, which began at `at`."""

    def _unprefixed(self, node: tree.Node) -> tree.Node:
        """As in Lua, a literal can be indexed and called upon in brackets only."""
        if self.at_sign("[", ".", ":"):
            hint = "put what is before it in ( )"
            is_call = self.at_sign(":") and self.ahead(2).text == "("
            if self.at_sign(":") and not is_call and isinstance(node, tree.Constant):
                hint = "a value is given to a name with =: {name = value}"
            raise self.error(self.token.at, f"unexpected '{self.token.text}'", hint)
        return node

    def _suffixes(self, node: tree.Node) -> tree.Node:
        while True:
            token = self.token
            if self.passed("."):
                name = self.name("a field's name")
                node = tree.Indexing(node.at, node, tree.Constant(name.at, name.text))
            elif self.passed("["):
                key = self.expression()
                self.expect("]", "to close the index")
                node = tree.Indexing(node.at, node, key)
            elif self.passed(":"):
                name = self.name("a method's name")
                if self.at_sign("}", ","):
                    hint = "a value is given to a name with =: {name = value}"
                    raise self.error(token.at, "unexpected ':'", hint)
                node = tree.Method(name.at, node, name.text, self._arguments()[0])
            elif self.at_sign("(", "{") or token.kind is TokenKind.STRING:
                node = self._call(node)
            else:
                return node
            self._deeper(token.at)

    def _call(self, function: tree.Node) -> tree.Node:
        within = self.ahead()
        if self.at_sign("(") and within.text == "from" and self.ahead(2).kind is TokenKind.NAME:
            raise self.error(within.at, "a query stands in query[[…]]", _of_query(function))
        arguments, order = self._arguments()
        only = None
        if self.at_word("filter") and self.ahead().text == "(" and self.ahead(2).text == "where":
            self.take()
            self.take()
            self.take()
            only = self.expression()
            self.expect(")", "to close filter(where …)")
        return tree.Call(function.at, function, arguments, order, only)

    def _arguments(self) -> tuple[tuple[tree.Node, ...], tuple[tree.OrderKey, ...]]:
        token = self.token
        if token.kind is TokenKind.STRING:
            self.take()
            return (tree.Constant(token.at, token.text),), ()
        if self.at_sign("{"):
            return (self._table(),), ()
        self.expect("(", "and arguments")
        arguments: list[tree.Node] = []
        if not self.at_sign(")"):
            arguments.append(self.expression())
        while arguments and self.passed(","):
            arguments.append(self.expression())
        order = self.order() if self.at_word("order") else ()
        self.expect(")", "to close the arguments")
        return tuple(arguments), order

    @abstractmethod
    def order(self) -> tuple[tree.OrderKey, ...]:
        """Reads `order by …`."""

    # Tables

    def _table(self) -> tree.Node:
        at = self.take().at
        fields: list[tree.TableField] = []
        while not self.at_sign("}"):
            fields.append(self.field())
            if not self.passed(","):
                break
        self.expect("}", "to close the table")
        return tree.TableConstructor(at, tuple(fields))

    def field(self) -> tree.TableField:
        """Reads `value`, `name = value` or `[key] = value`."""
        token = self.token
        if self.passed("["):
            key = self.expression()
            self.expect("]", "to close the key")
            self.expect("=", "and the key's value")
            return tree.TableField(key, self.expression())
        if token.kind is TokenKind.NAME and self.ahead()[:2] == (TokenKind.SIGN, "="):
            self.name("a name")
            self.take()
            return tree.TableField(tree.Constant(token.at, token.text), self.expression())
        return tree.TableField(None, self.expression())
