"""From a query's tokens to its tree: clauses, and whole texts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, assert_never, cast

from taiga_notes.errors import close_matches, did_you_mean, meant
from taiga_notes.model.kinds import KINDS
from taiga_notes.query.runtime.budget import MAX_KEYS, MAX_QUERIES
from taiga_notes.query.syntax import tree
from taiga_notes.query.syntax.expressions import ExpressionParser
from taiga_notes.query.syntax.hints import BLOCK_CLAUSES, CLAUSES, PUSHED, hint_for
from taiga_notes.query.syntax.lexer import TokenKind

if TYPE_CHECKING:
    from taiga_notes.query.syntax.hints import ClauseWord
    from taiga_notes.query.syntax.lexer import Token

_INSTEAD = {
    "empty": "write some(query[[…]]) or '…'",
    "push": "write the block as <!-- #taiga: from … push done -->",
}
_FOLLOWED_BY_WORD = {"order": "by", "group": "by"}


def parse(text: str) -> tree.Parsed:
    """The tree of an expression, or of a block's bare clauses.

    Args:
        text: such as `query[[from … where …]]`, `template.each(…)` or `from … template links`.

    Raises:
        QueryError: it can't be read.
    """
    parser = _Parser(text)
    if not text.strip():
        raise parser.error(0, "the query is empty", "begin with: from userstories")
    parsed = parser.block() if parser.begins_clauses() else tree.Parsed(parser.expression())
    if not parser.ended:
        raise parser.unexpected("the end of the query")
    return parsed


class _Parser(ExpressionParser):
    """Reads clauses as well."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._queries = 0
        self._pushed: tuple[str, ...] = ()

    def begins_clauses(self) -> bool:
        """Whether the text is a block's, which needs no `query[[ ]]` around it."""
        word, follows = self.token, self.ahead()
        if word.kind is not TokenKind.NAME or word.text not in CLAUSES | BLOCK_CLAUSES:
            return False
        if word.text in _FOLLOWED_BY_WORD:
            return follows.text == _FOLLOWED_BY_WORD[word.text]
        if word.text in BLOCK_CLAUSES:
            return follows.kind in {TokenKind.NAME, TokenKind.STRING}
        return True

    def block(self) -> tree.Parsed:
        """Reads clauses up to the end, those of a block among them."""
        found: dict[str, Token] = {}
        query = self._clauses(0, found, CLAUSES | BLOCK_CLAUSES)
        if {"template", "each"} <= found.keys():
            raise self.error(
                found["each"].at, "a block has either a template or each", "leave one of them out"
            )
        values = {clause: token.text for clause, token in found.items() if clause != "push"}
        return tree.Parsed(query, **values, push=self._pushed)

    def query(self, at: int) -> tree.Query:
        """See `ExpressionParser.query`."""
        self._queries += 1
        if self._queries > MAX_QUERIES:
            raise self.error(
                at, f"queries are nested too deeply: at most {MAX_QUERIES} within each other"
            )
        query = self._clauses(at, {}, CLAUSES)
        self._queries -= 1
        end = self.token
        if not self.at_sign("]") or self.ahead()[1:] != ("]", end.at + 1):
            raise self.unexpected("a clause or ]]")
        self.take()
        self.take()
        return query

    def _clauses(self, at: int, block: dict[str, Token], allowed: frozenset[str]) -> tree.Query:
        """Reads clauses. The last of its kind counts, but of `from` the first."""
        source: tree.Node | None = None
        variable = None
        clauses: dict[type[tree.Clause], tree.Clause] = {}
        while self.at_word(*allowed):
            word = self.take().text
            if word == "push":
                block[word] = self.token
                self._pushed = tuple(dict.fromkeys(self._list(self._pushed_part)))
            elif word in BLOCK_CLAUSES:
                block[word] = self._block_clause(word)
            elif word != "from":
                found = self._clause(cast("ClauseWord", word))
                clauses |= {type(each): each for each in found}
            elif source is None:
                source, variable = self._from()
            else:
                self._from()
        if self.at_word(*BLOCK_CLAUSES):
            raise self.error(
                self.token.at,
                f"'{self.token.text}' is a clause of a block, not of query[[…]]",
                _INSTEAD.get(self.token.text, "write template.each(query[[…]], templates.NAME)"),
            )
        if source is None:
            if not self.ended and not self.at_sign("]"):
                raise self.unexpected("a clause")
            raise self.error(at, "there is no from clause", "add one, such as from userstories")
        return tree.Query(at, source, variable, tuple(clauses.values()))

    def _block_clause(self, clause: str) -> Token:
        if self.token.kind is TokenKind.STRING or (clause == "template" and self._at_plain_name()):
            return self.take()
        if self.at_sign(":"):
            raise self.error(self.token.at, "unexpected ':'", f"leave it out: {clause} …")
        wanted = {"template": "a template's name", "each": 'a string such as "* %{row.subject}"'}
        raise self.unexpected(wanted.get(clause, 'a string such as "Nothing yet."'))

    def _pushed_part(self) -> str:
        """Reads one word of `push done, status`."""
        if self.at_sign(":"):
            raise self.error(self.token.at, "unexpected ':'", "leave it out: push …")
        if self.token.kind is not TokenKind.NAME or self.at_word(*CLAUSES, *BLOCK_CLAUSES):
            raise self.unexpected(f"what is to be pushed ({', '.join(PUSHED)})")
        if not self.at_word(*PUSHED):
            raise self.error(
                self.token.at,
                f"a block can't push '{self.token.text}'",
                did_you_mean(self.token.text, PUSHED),
            )
        return self.take().text

    def _at_plain_name(self) -> bool:
        return self.token.kind is TokenKind.NAME

    def _clause(self, word: ClauseWord) -> tuple[tree.Clause, ...]:
        """Reads what follows that word; `limit 5, 10` is an offset as well."""
        match word:
            case "where":
                return (tree.Where(self.expression()),)
            case "group":
                self._word("by", "behind group")
                return (tree.GroupBy(self._group()),)
            case "having":
                return (tree.Having(self.expression()),)
            case "order":
                return (tree.OrderBy(self._keys()),)
            case "limit":
                limit = tree.Limit(self.expression())
                return (limit, tree.Offset(self.expression())) if self.passed(",") else (limit,)
            case "offset":
                return (tree.Offset(self.expression()),)
            case "select":
                return (tree.Select(self._select()),)
            case _:
                assert_never(word)

    def _word(self, word: str, where: str) -> None:
        if not self.at_word(word):
            raise self.unexpected(f"'{word}' {where}")
        self.take()

    def _from(self) -> tuple[tree.Node, str | None]:
        """Reads `rows`, or `name = rows`."""
        at = self.token.at
        field = self.field()
        if self.at_sign(","):
            raise self.error(
                self.token.at, "a query has one source", "nest a query for the other one"
            )
        source = field.value
        if isinstance(source, tree.Member) and isinstance(source.item, tree.Name):
            raise self.error(source.at, "unexpected 'in'", f"write from {source.item.name} = …")
        if field.key is not None and not isinstance(field.key, tree.Constant):
            raise self.error(at, "unexpected '['", "write from name = …")
        self._check_name(source)
        return source, None if field.key is None else str(field.key.value)

    def _check_name(self, source: tree.Node) -> None:
        """Refuses a name for the rows that stands behind their list: `from tasks as t`."""
        has_as = self.at_word("as", "AS")
        name, follows = (self.ahead(), self.ahead(2)) if has_as else (self.token, self.ahead())
        listed = source.name if isinstance(source, tree.Name) else ""
        is_name = name.kind is TokenKind.NAME and name.text not in CLAUSES | BLOCK_CLAUSES
        ends = follows.kind is TokenKind.END or follows.text in {*CLAUSES, *BLOCK_CLAUSES, "]"}
        if listed and is_name and ends and (has_as or not hint_for(name.text)):
            near = [] if listed in KINDS else close_matches(listed + name.text, KINDS, 1)
            hint = meant(near) if near else f"write from {name.text} = {listed}"
            raise self.error(self.token.at, f"unexpected '{self.token.text}'", hint)

    def _select(self) -> tree.Node:
        """One expression is the value itself; several make a record."""
        at = self.token.at
        fields = self._list(self.field)
        if len(fields) == 1 and fields[0].key is None:
            only: tree.Node = fields[0].value
            return only
        fields = [
            field if field.key is not None else replace(field, key=_given_name(field.value))
            for field in fields
        ]
        unnamed = [field for field in fields if field.key is None]
        if len(unnamed) < len(fields):
            # Beside names a place is one as well, else plain data could not hold both.
            names = {id(field): str(number) for number, field in enumerate(unnamed, 1)}
            fields = [
                replace(field, key=tree.Constant(field.value.at, names[id(field)]))
                if field.key is None
                else field
                for field in fields
            ]
        return tree.TableConstructor(at, tuple(fields))

    def _group(self) -> tuple[tuple[str | None, tree.Node], ...]:
        at = self.token.at
        entries = []
        for field in self._bounded(at, self._list(self.field), "group by"):
            name = _given_name(field.value) if field.key is None else field.key
            given = name.value if isinstance(name, tree.Constant) else None
            entries.append((given if isinstance(given, str) else None, field.value))
        return tuple(entries)

    def order(self) -> tuple[tree.OrderKey, ...]:
        """See `ExpressionParser.order`."""
        self.take()
        return self._keys()

    def _keys(self) -> tuple[tree.OrderKey, ...]:
        self._word("by", "behind order")
        at = self.token.at
        return tuple(self._bounded(at, self._list(self._key), "order by"))

    def _key(self) -> tree.OrderKey:
        key = self.expression()
        descending = self.at_word("desc")
        if self.at_word("asc", "desc"):
            self.take()
        nulls_first = descending
        if self.at_word("nulls"):
            self.take()
            nulls_first = self.at_word("first")
            if not self.at_word("first", "last"):
                raise self.unexpected("first or last")
            self.take()
        return tree.OrderKey(key, descending, nulls_first)

    def _list(self, item: Any) -> list[Any]:
        items = [item()]
        while self.passed(","):
            items.append(item())
        return items

    def _bounded(self, at: int, keys: list[Any], clause: str) -> list[Any]:
        if len(keys) > MAX_KEYS:
            raise self.error(at, f"too many keys in {clause}: at most {MAX_KEYS}")
        return keys


def _given_name(node: tree.Node) -> tree.Constant | None:
    """The name that an expression gives to its value: its variable's, or its last field's."""
    match node:
        case tree.Name():
            return tree.Constant(node.at, node.name)
        case tree.Indexing(key=tree.Constant(value=str() as name)):
            return tree.Constant(node.at, name)
        case tree.Call(function=function):
            return _given_name(function)
        case tree.Method():
            return tree.Constant(node.at, node.name)
    return None
