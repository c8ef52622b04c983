"""What stands around the cursor in a query that is being typed, and so what may be written there.

Pure. The text need not be right, nor whole: tokens are read as far as they can be told.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from taiga_notes.model.kinds import SOURCES
from taiga_notes.query.runtime.joined_values import CALLED
from taiga_notes.query.syntax.lexer import TokenKind, TokenSpan, spans

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from taiga_notes.lsp.page_view import TypedQuery

ITEM = "[]"
CALL = "()"

COMPARISONS = frozenset({"==", "~=", "!="})
_OPERATORS = frozenset(
    {*COMPARISONS, "<", "<=", ">", ">=", "..", "+", "-", "*", "/", "(", "{", ","}
)
_BEFORE_A_VALUE = frozenset({"where", "having", "by", "select", "and", "or", "not", "in", "limit"})
_DEEPEST = 5


class Expected(Enum):
    """What is wanted at a place in a query."""

    NOTHING = auto()
    """Nothing that we know."""
    START = auto()
    """The beginning of a query."""
    SOURCE = auto()
    """What stands behind `from`."""
    TEMPLATE = auto()
    """A template's name."""
    PUSHED = auto()
    """What stands behind `push`."""
    MEMBER = auto()
    """What stands behind a dot, or within brackets; `path` is what stands before it.

    Its last part may be `ITEM`, of a list, or `CALL`, of a function.
    """
    DAY = auto()
    """What stands behind `until`."""
    METHOD = auto()
    """What stands behind a colon."""
    FILTER = auto()
    """The name of a filter in `userstories{…}`."""
    FILTER_VALUE = auto()
    """What a filter, `path`, is to be."""
    VALUE = auto()
    """What a field, `path`, is compared with."""
    EXPRESSION = auto()
    """The beginning of an expression."""
    NEXT = auto()
    """What goes on behind an expression: an operator, or a clause."""


@dataclass(frozen=True, slots=True)
class TypedSource:
    """What a query lists, as far as it is written.

    Attributes:
        kind: of its rows; empty where that is not known.
        variable: by what a row goes; empty where its fields have no name before them.
    """

    kind: str = ""
    variable: str = ""


@dataclass(frozen=True, slots=True)
class CursorContext:
    """What is wanted at the cursor.

    Attributes:
        spot: see `Expected`.
        path: see `Expected`.
        source: what the query around it lists.
        word: what of it is written already.
        quote: the quote of the string that the cursor is in; empty outside of strings.
        ahead: how many characters behind the cursor belong to it as well.
    """

    spot: Expected
    path: tuple[str, ...] = ()
    source: TypedSource = TypedSource()
    word: str = ""
    quote: str = ""
    ahead: int = 0


def cursor_context(
    typed: TypedQuery, offset: int, behind: str, presets: Mapping[str, str]
) -> CursorContext:
    """What is wanted at a place in a query.

    Args:
        typed: the query.
        offset: the place.
        behind: the character before it in the page: a blank ends a word.
        presets: the vault's, by name.
    """
    before = [each for each in typed.spans if each.end <= offset]
    at = next((each for each in typed.spans if each.start < offset <= each.end), None)
    if at is not None and at.kind is TokenKind.COMMENT:
        return CursorContext(Expected.NOTHING)
    source = source_of([typed.word(each) for each in typed.spans], len(before), presets)
    if at is not None and at.kind is TokenKind.STRING and _is_within(typed.word(at), at, offset):
        return _in_string(typed, before, at, offset, source)
    word = ""
    if at is not None and at.kind is TokenKind.NAME and not behind.isspace():
        word = typed.text[at.start : offset]
        before = [each for each in before if each is not at]
    spot, path = _spot([typed.word(each) for each in before], before)
    return CursorContext(spot, path, source, word)


def _is_within(word: str, span: TokenSpan, offset: int) -> bool:
    is_closed = len(word) > 1 and word[-1] == word[0]
    return offset < span.end or not is_closed


_IN_QUOTES = frozenset({Expected.VALUE, Expected.FILTER_VALUE, Expected.TEMPLATE, Expected.MEMBER})


def _in_string(
    typed: TypedQuery, before: list[TokenSpan], at: TokenSpan, offset: int, source: TypedSource
) -> CursorContext:
    whole = typed.word(at)
    if whole[0] not in "'\"":
        return CursorContext(Expected.NOTHING)
    words = [typed.word(each) for each in before if each is not at]
    spot, path = _spot(words, [each for each in before if each is not at])
    if words[-2:] == ["sprint", "("]:
        spot, path, source = Expected.VALUE, ("name",), TypedSource(SOURCES["sprints"])
    elif words[-1:] == ["["]:
        spot, path = Expected.MEMBER, _path(words, len(words) - 2)
    elif words[-1:] == ["("] and _path(words, len(words) - 2)[-1:] == (CALLED,):
        spot, path = Expected.VALUE, _path(words, len(words) - 2)
    if spot not in _IN_QUOTES:
        after = [typed.word(each) for each in typed.spans if each.start >= at.end]
        spot, path = _listed(words, after)
    is_closed = len(whole) > 1 and whole[-1] == whole[0]
    ahead = at.end - 1 - offset if is_closed else 0
    return CursorContext(spot, path, source, whole[1 : offset - at.start], whole[0], ahead)


def _listed(words: Sequence[str], after: Sequence[str]) -> tuple[Expected, tuple[str, ...]]:
    """Of which field a string is a value in `'x' in tag_names` or `status_name in {'x', …}`."""
    if after[:1] == ["in"]:
        path = tuple(after[1::2][: 1 + sum(each == "." for each in after[2::2])])
        return Expected.VALUE, path
    place = len(words) - 1
    while place >= 0 and (words[place] == "," or words[place][0] in "'\""):
        place -= 1
    if place > 0 and words[place] == "{" and words[place - 1] == "in":
        return Expected.VALUE, _path(words, place - 2)
    return Expected.NOTHING, ()


def _spot(words: Sequence[str], spans: Sequence[TokenSpan]) -> tuple[Expected, tuple[str, ...]]:
    """What is wanted behind these tokens."""
    if not words:
        return Expected.START, ()
    last = words[-1]
    if last == "=" and words[-3:-2] == ["from"]:
        return Expected.SOURCE, ()
    if last == "," and _is_pushing(words):
        return Expected.PUSHED, ()
    if (brace := _open_brace(words)) > 0 and words[brace - 1] in SOURCES:
        return _in_filters(words, last)
    if last == ".":
        return Expected.MEMBER, _before_a_dot(words[:-1])
    if last in COMPARISONS:
        return Expected.VALUE, _path(words, len(words) - 2)
    if spans[-1].kind is TokenKind.QUERY:
        return Expected.START, ()
    return _BEHIND.get(last, Expected.NEXT), ()


_BEHIND = {
    **dict.fromkeys(
        ("<", "<=", ">", ">=", "..", "+", "-", "*", "/", "(", "{", ","), Expected.EXPRESSION
    ),
    **dict.fromkeys(("where", "having", "by", "select", "limit", "offset"), Expected.EXPRESSION),
    **dict.fromkeys(("and", "or", "not", "in"), Expected.EXPRESSION),
    **dict.fromkeys(("each", "empty"), Expected.NOTHING),
    "until": Expected.DAY,
    "from": Expected.SOURCE,
    "template": Expected.TEMPLATE,
    "push": Expected.PUSHED,
    ":": Expected.METHOD,
}
"""By the token before."""


def _in_filters(words: Sequence[str], last: str) -> tuple[Expected, tuple[str, ...]]:
    if last in {"{", ","}:
        return Expected.FILTER, ()
    return (Expected.FILTER_VALUE, (words[-2],)) if last == "=" else (Expected.NOTHING, ())


def _is_pushing(words: Sequence[str]) -> bool:
    """Whether the words before end a list behind `push`."""
    place = len(words) - 1
    while place > 0 and (words[place] == "," or words[place - 1] == ","):
        place -= 1
    return place > 0 and words[place - 1] == "push"


def _open_brace(words: Sequence[str]) -> int:
    """The place of the last brace that is not closed; -1 without one."""
    depth = 0
    for place in range(len(words) - 1, -1, -1):
        depth += (words[place] == "}") - (words[place] == "{")
        if depth < 0:
            return place
    return -1


def _before_a_dot(words: Sequence[str]) -> tuple[str, ...]:
    """What a dot stands behind: names, an item of a list, or what a function gives."""
    last = words[-1] if words else ""
    opener = {"]": "[", ")": "("}.get(last)
    if opener is None:
        return _path(words, len(words) - 1)
    depth = 0
    for place in range(len(words) - 1, -1, -1):
        depth += (words[place] == last) - (words[place] == opener)
        if not depth:
            return (*_path(words, place - 1), ITEM if last == "]" else CALL)
    return (ITEM,)


def _path(words: Sequence[str], last: int) -> tuple[str, ...]:
    """The names with dots between them of which the last is at that place."""
    path: list[str] = []
    while last >= 0 and words[last].isidentifier():
        path.append(words[last])
        if last == 0 or words[last - 1] != ".":
            break
        last -= 2
    return tuple(reversed(path))


# What a query lists


def source_of(words: Sequence[str], place: int, presets: Mapping[str, str]) -> TypedSource:
    """What the query lists that a token is part of; its `from` may stand behind it.

    Args:
        words: the query's tokens.
        place: the token's among them.
        presets: the vault's, by name.
    """
    found = _from_before(words, place)
    if found < 0:
        found = next((at for at, word in enumerate(words) if word == "from"), -1)
    return TypedSource() if found < 0 else _listed_behind([*words[found + 1 :]], presets, 0)


def _from_before(words: Sequence[str], place: int) -> int:
    """The place of the nearest `from` before that is not in a query which is closed by then."""
    depth = 0
    for at in range(min(place, len(words)) - 1, -1, -1):
        word = words[at]
        depth += (word in {"]", ")"}) - (word in {"[", "("})
        if word.startswith("query") and word.endswith("[["):
            depth = max(depth - 2, 0)
        elif word == "from" and depth <= 0:
            return at
    return -1


def _listed_behind(words: list[str], presets: Mapping[str, str], depth: int) -> TypedSource:
    variable = ""
    if words[1:2] == ["="] and words[0].isidentifier():
        variable, words = words[0], words[2:]
    match [*words[:3]]:
        case [name, *_] if name in SOURCES:
            return TypedSource(SOURCES[name], variable)
        case ["presets", ".", name] if name in presets and depth < _DEEPEST:
            text = presets[name]
            inner = [text[each.start : each.end] for each in spans(text)]
            found = inner.index("from") + 1 if "from" in inner else 0
            return TypedSource(_listed_behind(inner[found:], presets, depth + 1).kind, variable)
        case [_, ".", name] if name in SOURCES:
            return TypedSource(SOURCES[name], variable)
    if words and (words[0] == "(" or words[0].endswith("[[")) and "from" in words:
        inner = words[words.index("from") + 1 :]
        return TypedSource(_listed_behind(inner, presets, depth + 1).kind, variable)
    return TypedSource("", variable)
