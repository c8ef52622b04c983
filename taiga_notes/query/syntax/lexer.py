"""From a query's text to its tokens, and from an offset in it to the place that an error names."""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from taiga_notes.errors import QueryError

if TYPE_CHECKING:
    from collections.abc import Iterator


class TokenKind(Enum):
    """What a token is."""

    NAME = "name"
    NUMBER = "number"
    STRING = "string"
    SIGN = "sign"
    QUERY = "query[["
    COMMENT = "comment"
    END = "end"


class Token(NamedTuple):
    """A token: its kind, its text (a string's is its value) and its offset."""

    kind: TokenKind
    text: str
    at: int


def error_at(text: str, at: int, message: str, hint: str = "") -> QueryError:
    """An error that points into a query.

    Args:
        text: the whole query.
        at: the offset of the place, in characters.
        message: see `QueryError`.
        hint: see `QueryError`.
    """
    before = text[:at]
    start = before.rfind("\n") + 1
    line = text[start:].partition("\n")[0].rstrip("\r")
    return QueryError(
        message,
        line=before.count("\n") + 1,
        column=at - start + 1,
        source=line,
        hint=hint,
    )


_PATTERN = re.compile(
    r"""
    (?P<space> [ \t\r\n\f\v]+ | --\[(?P<level>=*)\[.*?\](?P=level)\] | --(?!\[=*\[)[^\n]* )
  | (?P<query> (?<![\w.:]) query [ \t\r\n]* \[\[ )
  | (?P<name> [A-Za-z_][A-Za-z0-9_]* )
  | (?P<date> [0-9]{4}-[0-9]{2}-[0-9]{2} (?! \w ) )
  | (?P<number> (?: 0[xX][0-9a-fA-F]+ | [0-9]+ (?:\.[0-9]+)? (?:[eE][+-]?[0-9]+)? )
        (?! \w | \.[0-9] ) )
  | (?P<string> '(?:[^'\\\r\n]|\\.)*' | "(?:[^"\\\r\n]|\\.)*" )
  | \[(?P<equals>=*)\[ (?:\r?\n)? (?P<long>.*?) \](?P=equals)\]
  | (?P<open> --\[=*\[ | \[=+\[ | \[\[ )
  | (?P<foreign>
        === | => | =< | -> | !== | <> | =~ | /= | [-+*]= | && | \|\| | ! (?!=) | ; | << | >>
      | ~ (?!=) | & | \| | \? | [`“”‘’] | ::
    )
  | (?P<sign> \.\.\. | \.\. | == | ~= | != | <= | >= | // | [-+*/%^\#<>=(){}\[\],.:] )
    """,
    re.VERBOSE | re.DOTALL,
)

_EQUAL = "two equals signs compare: =="
_UNEQUAL = "unequal is ~= or !="
_BITS = "there are no bitwise operators"
_QUOTES = "strings stand in straight quotes: 'text' or \"text\""
_FOREIGN = {
    "===": _EQUAL,
    "!==": _UNEQUAL,
    "<>": _UNEQUAL,
    "/=": _UNEQUAL,
    "=>": "at least is >=; functions are not supported in a query",
    "=<": "at most is <=",
    "->": "a field is written with a dot: row.field",
    "=~": "search with subject:find('pattern') or subject:contains('text')",
    "+=": "nothing can be assigned in a query",
    "-=": "nothing can be assigned in a query",
    "*=": "nothing can be assigned in a query",
    "&&": "write and",
    "||": "write or; strings are joined with ..",
    "!": "write not",
    ";": "leave it out; fields are separated by commas",
    "?": "write condition and value or other",
    "::": "there are no labels",
    "~": "search with subject:find('pattern'); unequal is ~=",
    **dict.fromkeys(("<<", ">>", "&", "|"), _BITS),
    **dict.fromkeys("`“”‘’", _QUOTES),
}

_WORDS = {"name": TokenKind.NAME, "sign": TokenKind.SIGN, "query": TokenKind.QUERY}
_PLAIN_KINDS = {"foreign": TokenKind.SIGN, "date": TokenKind.NUMBER}
_ESCAPE = re.compile(r"\\(?:([nt\\'\"])|x([0-9a-fA-F]{2})|u\{([0-9a-fA-F]{1,8})\}|.)", re.DOTALL)
_PLAIN_ESCAPES = {"n": "\n", "t": "\t"}


def tokens(text: str) -> list[Token]:
    """All tokens of `text`, comments left out, the last one an `END`.

    Raises:
        QueryError: there is something that can't be a token.
    """
    return [*_scan(text), Token(TokenKind.END, "", len(text))]


def words(text: str) -> Iterator[Token]:
    """The names and signs of `text` as far as it can be read; never an error."""
    at = 0
    while at < len(text):
        match = _PATTERN.match(text, at)
        if match is not None and match.lastgroup == "open":
            return  # nothing within an unfinished string or comment is a name
        if match is not None and match.lastgroup in _WORDS:
            yield Token(_WORDS[match.lastgroup], match[0], at)
        at = at + 1 if match is None else match.end()


class TokenSpan(NamedTuple):
    """Where a token of a text stands that need not be right: its kind and two offsets."""

    kind: TokenKind
    start: int
    end: int


def spans(text: str) -> Iterator[TokenSpan]:
    """The tokens of `text` as far as they can be told, comments among them; never an error.

    A string or a comment that does not end goes on to the end of its line, or of the text.
    """
    at = 0
    while at < len(text):
        span = _span(text, at)
        if span.kind is not TokenKind.END:
            yield span
        at = span.end


def _span(text: str, at: int) -> TokenSpan:
    """What begins there; an `END` for what is no token."""
    match = _PATTERN.match(text, at)
    group = match.lastgroup if match else None
    if match is None or group is None:
        if text[at] in "'\"":
            newline = text.find("\n", at)
            return TokenSpan(TokenKind.STRING, at, len(text) if newline < 0 else newline)
        return TokenSpan(TokenKind.END, at, at + 1)
    if group == "open":
        return TokenSpan(_OPENED[match[0][0]], at, len(text))
    if match[0].startswith("--"):
        return TokenSpan(TokenKind.COMMENT, at, match.end())
    return TokenSpan(_SPANNED.get(group, TokenKind.END), at, match.end())


_OPENED = {"-": TokenKind.COMMENT, "[": TokenKind.STRING}
_SPANNED = {
    **{kind.value: kind for kind in (TokenKind.NAME, TokenKind.NUMBER, TokenKind.STRING)},
    "sign": TokenKind.SIGN,
    "foreign": TokenKind.SIGN,
    "query": TokenKind.QUERY,
    "long": TokenKind.STRING,
    "date": TokenKind.NUMBER,
}
"""By group of the pattern; blanks are none."""


def script_tokens(text: str) -> Iterator[Token]:
    """The tokens of a whole Lua script; never an error.

    What no query has (`;`, `&`) is a sign, and a string with an escape that is not known is as it
    is written. The last one, an `END`, stands where the script can't be read any further: at its
    own end, or where a string or a comment begins that has none.
    """
    at = 0
    while at < len(text):
        match = _PATTERN.match(text, at)
        # To look for the ends of more strings would take quadratic time.
        if match is None or match.lastgroup == "open":
            break
        if match.lastgroup in _PLAIN_KINDS:
            yield Token(_PLAIN_KINDS[match.lastgroup], match[0], at)
        elif (token := _readable(text, match)) is not None:
            yield token
        at = match.end()
    yield Token(TokenKind.END, "", at)


def _readable(text: str, match: re.Match[str]) -> Token | None:
    try:
        return _token(text, match)
    except QueryError:
        return Token(TokenKind.STRING, match[0][1:-1], match.start())


def _scan(text: str) -> Iterator[Token]:
    at = 0
    while at < len(text):
        match = _PATTERN.match(text, at)
        if match is None:
            raise _unreadable(text, at)
        token = _token(text, match)
        if token is not None:
            yield token
        at = match.end()


def _token(text: str, match: re.Match[str]) -> Token | None:
    at = match.start()
    match match.lastgroup:
        case "space":
            return None
        case "query":
            return Token(TokenKind.QUERY, "query[[", at)
        case "string":
            return Token(TokenKind.STRING, _unescaped(text, at + 1, match[0][1:-1]), at)
        case "long":
            return Token(TokenKind.STRING, match["long"], at)
        case "foreign":
            raise error_at(text, at, f"unexpected '{match[0]}'", _FOREIGN[match[0]])
        case "date":
            hint = f"a date stands in quotes: '{match[0]}'"
            raise error_at(text, at, f"{match[0]} is computed as numbers", hint)
        case "open":
            what = "comment" if match[0].startswith("-") else "string"
            raise error_at(text, at, f"unfinished {what}", "end it with ]]")
        case group:
            return Token(TokenKind(group), match[0], at)


def _unreadable(text: str, at: int) -> Exception:
    character = text[at]
    if character in {"'", '"'}:
        return error_at(text, at, "unfinished string", "end it with the same quote on its line")
    if character in "0123456789":
        return error_at(text, at, "malformed number")
    return error_at(text, at, f"unexpected character {character!r}", "names are ASCII letters")


def string_literal(value: str, quote: str = "'") -> str:
    """A text as a query writes it; within an HTML comment as well, which ends at its `-->`."""
    escaped = value.replace("\\", "\\\\").replace(quote, f"\\{quote}")
    written = "".join(each if each.isprintable() else f"\\u{{{ord(each):X}}}" for each in escaped)
    return f"{quote}{written.replace('-->', '--' + _ARROW)}{quote}"


_ARROW = "\\x3e"


def is_name(text: str) -> bool:
    """Whether a text can stand in a query as a name, without quotes."""
    return text.isascii() and text.isidentifier()


def written_below(whole: str, name: str) -> str:
    """What is called so below something: `presets.open`, `custom['Due at']`."""
    return f"{whole}.{name}" if is_name(name) else f"{whole}[{string_literal(name)}]"


def _unescaped(text: str, at: int, body: str) -> str:
    if "\\" not in body:
        return body

    def replace(match: re.Match[str]) -> str:
        if match[1]:
            return _PLAIN_ESCAPES.get(match[1], match[1])
        code = int(match[2] or match[3] or "-1", 16)
        # A half of a character can't be written to any file.
        if code < 0 or code > 0x10FFFF or 0xD800 <= code < 0xE000:  # noqa: PLR2004 - Unicode's
            hint = r"""the escapes are \n \t \\ \' \" \xHH and \u{H}"""
            raise error_at(text, at + match.start(), f"unknown escape '{match[0]}'", hint)
        return chr(code)

    return _ESCAPE.sub(replace, body)
