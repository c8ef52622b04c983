"""The text of front matter → its values, each as the person who wrote it sees it.

YAML is read by the core schema of YAML 1.2 (https://yaml.org/spec/1.2.2/#103-core-schema), as
Obsidian and SilverBullet do: `no`, `on`, `12:30`, `1_000` and dates are text, `0o14` is 12. Keys
are text always. Import this module only for a page that has front matter.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import frontmatter
import yaml
from frontmatter.default_handlers import BaseHandler

from taiga_notes.page.front_matter_span import Syntax, is_own
from taiga_notes.page.layout import LINE_END

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    Base = yaml.SafeLoader
else:
    Base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_TWICE = "it has `taiga` twice"
_TAG = "tag:yaml.org,2002:"

_LINE = re.compile(r"line (\d+)")
_COLON = re.compile(r"[ \t]*:")
_COMMENT = re.compile(r"(?<=\s)#[^\r\n]*")
_UNPRINTABLE = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x84\\x86-\\x9f\\ufffe\\uffff]")
_LETTERS = {0x85: 0xFFFFE, 0x2028: 0x10FFFE, 0x2029: 0x10FFFF}
"""Line breaks in YAML 1.1, and to PyYAML; letters like others in YAML 1.2. What stands for them is
no character of any text (https://www.unicode.org/faq/private_use.html#noncharacters)."""

_LETTERS_BACK = {new: old for old, new in _LETTERS.items()}

MAX_DEPTH = 100
"""How deep values may be nested: the parser of YAML, in C, ends the whole process far below."""

MAX_MERGED = 10
"""How many aliases YAML may hold where it merges (`<<`): each merge of merges multiplies."""

_HARMLESS = 2_000
"""Characters that can't be nested deep enough to do harm."""


class UnreadableError(Exception):
    """Front matter is not what it should be.

    Attributes:
        line: how many lines are above the one with the mistake.
    """

    def __init__(self, problem: str, line: int = 0) -> None:
        super().__init__(problem)
        self.line = line


class TooMuchError(Exception):
    """Front matter can't be parsed without harm."""


def load(matter: str, syntax: Syntax) -> object:
    """What front matter holds.

    Args:
        matter: its text, without fences.
        syntax: how it is written.

    Raises:
        UnreadableError: it is not so written.
        TooMuchError: it is too deep, or stands for too much.
    """
    handler = _Handler(syntax, matter)
    try:
        if syntax is Syntax.YAML and (len(matter) > _HARMLESS or "<<" in matter):
            _check_events(matter)
        frontmatter.parse(matter, handler=handler)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise UnreadableError(error.problem or "", mark.line if mark else 0) from error
    except yaml.reader.ReaderError as error:
        raise _unreadable_character(matter) from error
    except json.JSONDecodeError as error:
        raise UnreadableError(error.msg, error.lineno - 1) from error
    except tomllib.TOMLDecodeError as error:
        # Of lines it speaks as if there was no page around it.
        problem, _, place = f"{error}".partition(" (at ")
        found = _LINE.match(place)
        raise UnreadableError(problem, int(found[1]) - 1 if found else 0) from error
    # PyYAML lets through what its constructors of explicit tags run into (`!!bool x`).
    except (yaml.YAMLError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise UnreadableError("a value can't be read") from error
    except RecursionError as error:
        raise TooMuchError("is nested too deeply") from error
    return handler.root


@dataclass(frozen=True, slots=True)
class KeyPlace:
    """Where a key's value stands in the text of front matter.

    Attributes:
        start: offset behind the key's colon.
        stop: offset behind the value; what follows on its line is no part of it.
        comments: those between the two, each with the indentation of its own line.
        is_first_beside: whether the first of them stands on the key's own line.
    """

    start: int
    stop: int
    comments: tuple[str, ...] = ()
    is_first_beside: bool = False


def key_places(matter: str) -> Mapping[str, KeyPlace | None] | None:
    """Where the values of front matter's own keys stand; None where it is no block of keys.

    A value that stands elsewhere, as of an alias, a key that stands there twice, or of a form that
    is hardly ever used, has no place.

    Args:
        matter: the text of front matter in YAML, which `load` reads.
    """
    if not matter.strip():
        return {}
    try:
        # Not the loader in C: its marks count bytes.
        root = yaml.compose(matter.translate(_LETTERS), Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        # That one takes some which this one does not: a tab behind a colon.
        return None
    if root is None:
        return {}
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        return None
    begins = [key.start_mark.index for key, _ in root.value][1:]
    places: dict[str, KeyPlace | None] = {}
    for (key, value), end in zip(root.value, [*begins, len(matter)], strict=True):
        name = str(key.value)
        # Readers take the first of two, the last, or neither.
        places[name] = None if name in places else _key_place(matter, key, value, end)
    return places


def _key_place(matter: str, key: yaml.Node, value: yaml.Node, end: int) -> KeyPlace | None:
    """The place of a value, all of which stands before `end`."""
    colon = _COLON.match(matter, key.end_mark.index)
    if colon is None or not colon.end() <= value.start_mark.index <= end:
        return None
    start = colon.end()
    leaves = [*_leaves(matter, value)]
    stop = value.end_mark.index if _is_flow(value) else leaves[-1][1]
    gaps = zip(
        (start, *(leaf[1] for leaf in leaves)), (*(leaf[0] for leaf in leaves), stop), strict=True
    )
    found = [
        comment for begin, close in gaps for comment in _COMMENT.finditer(matter, begin, close)
    ]
    beside = bool(found) and LINE_END.search(matter, start, found[0].start()) is None
    comments = [_indent(matter, comment.start()) + comment[0] for comment in found]
    return KeyPlace(start, stop, tuple(comments), beside)


def _indent(matter: str, comment: int) -> str:
    """What stands before a comment on a line of its own; two blanks where it is none."""
    before = max(matter.rfind("\n", 0, comment), matter.rfind("\r", 0, comment)) + 1
    blanks = matter[before:comment]
    return "  " if blanks.strip(" \t") else blanks


def _leaves(matter: str, node: yaml.Node) -> Iterator[tuple[int, int]]:
    """Begin and end of each scalar in a value, in order; of an empty collection, its own."""
    start, stop = node.start_mark.index, node.end_mark.index
    if isinstance(node, yaml.ScalarNode):
        if node.style in ("|", ">"):
            # The line with the sign may have a comment.
            line_end = LINE_END.search(matter, start)
            start = line_end.end() if line_end else start
            stop = max(start, len(matter[:stop].rstrip()))
        yield start, stop
        return
    children = [
        each for pair in node.value for each in (pair if isinstance(pair, tuple) else (pair,))
    ]
    for child in children:
        yield from _leaves(matter, child)
    if not children:
        yield start, stop


def _is_flow(node: yaml.Node) -> bool:
    return isinstance(node, yaml.CollectionNode) and bool(node.flow_style)


def _unreadable_character(matter: str) -> UnreadableError:
    found = _UNPRINTABLE.search(matter)
    place = found.start() if found else 0
    line = len(LINE_END.findall(matter, 0, place))
    return UnreadableError(f"it holds the control character U+{ord(matter[place]):04X}", line)


def _check_events(matter: str) -> None:
    try:
        _count_events(matter, Base)
    except yaml.YAMLError:
        # The parser in C looks ahead, and gives up at a depth of its own: ask the other for ours.
        _count_events(matter, yaml.SafeLoader)
        raise


def _count_events(matter: str, loader: type[yaml.SafeLoader]) -> None:
    depth = aliases = 0
    merges = "<<" in matter
    for event in yaml.parse(matter, Loader=loader):
        depth += isinstance(event, yaml.CollectionStartEvent)
        depth -= isinstance(event, yaml.CollectionEndEvent)
        aliases += isinstance(event, yaml.AliasEvent)
        if depth > MAX_DEPTH:
            raise TooMuchError("is nested too deeply")
        if merges and aliases > MAX_MERGED:
            raise TooMuchError("merges too much")


class _Handler(BaseHandler):
    """Takes the place of python-frontmatter's own rules of where front matter is, and in what."""

    FM_BOUNDARY = re.compile("")

    def __init__(self, syntax: Syntax, matter: str) -> None:
        super().__init__()
        self._syntax = syntax
        self._matter = matter
        self.root: object = None

    def split(self, text: str) -> tuple[str, str]:
        """See `BaseHandler.split`; the blanks around it are stripped from what it gets."""
        return self._matter, text

    def load(self, fm: str) -> dict[str, Any]:
        """See `BaseHandler.load`; it is kept as `root`, since it may be no table."""
        match self._syntax:
            case Syntax.TOML:
                self.root = tomllib.loads(fm)
            case Syntax.JSON:
                self.root = json.loads(fm, object_pairs_hook=_table)
            case _:
                text = fm.translate(_LETTERS)
                self.root = yaml.load(text, Loader=_Loader)  # noqa: S506  (a safe one)
        return {}


class _Loader(Base):
    """YAML 1.2's core schema, and merges (`<<`), which YAML 1.1 had and everybody kept."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002
        """See `SafeConstructor.construct_mapping`; plain keys are their own text."""
        own = [key for key, _ in node.value if is_own(key.value)]
        self.flatten_mapping(node)
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                key.tag = f"{_TAG}str"
        if len(own) > 1:
            raise yaml.constructor.ConstructorError(None, None, _TWICE, own[1].start_mark)
        return super().construct_mapping(node, deep)

    def construct_scalar(self, node: yaml.ScalarNode | yaml.MappingNode) -> Any:
        """See `BaseConstructor.construct_scalar`."""
        found = super().construct_scalar(node)
        return found.translate(_LETTERS_BACK) if isinstance(found, str) else found


def _table(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if sum(is_own(key) for key, _ in pairs) > 1:
        raise ValueError(_TWICE)
    return dict(pairs)


def _integer(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> int:
    text = _text(loader, node)
    bases = {"0o": 8, "0x": 16}
    return int(text[2:], bases[text[:2]]) if text[:2] in bases else int(text)


def _text(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> str:
    return str(loader.construct_scalar(node))


def _members(loader: yaml.SafeLoader, node: yaml.MappingNode) -> list[object]:
    """A set's values in the order in which they are written: Python's has another each time."""
    return [*loader.construct_mapping(node, deep=True)]


_SCALARS = {
    "null": ("~|null|Null|NULL|", ["~", "n", "N", ""]),
    "bool": ("true|True|TRUE|false|False|FALSE", [*"tTfF"]),
    "int": ("[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", [*"-+0123456789"]),
    "float": (
        r"[-+]?(?:(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|\.(?:inf|Inf|INF))|\.(?:nan|NaN|NAN)",
        [*"-+.0123456789"],
    ),
    "merge": ("<<", ["<"]),
}
"""What a plain scalar is by its text, and the characters that such texts begin with."""

for _name, (_pattern, _first) in _SCALARS.items():
    _Loader.add_implicit_resolver(f"{_TAG}{_name}", re.compile(rf"(?:{_pattern})\Z"), _first)
_Loader.add_constructor(f"{_TAG}int", _integer)
_Loader.add_constructor(f"{_TAG}merge", _text)
_Loader.add_constructor(f"{_TAG}set", _members)
