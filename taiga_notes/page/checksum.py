"""Telling an edited block from a formatted one: a checksum that only words and structure change.

Pure. Prettier, mdformat and remark rewrite much without changing what a reader sees: bullets and
numbers of lists, the padding of tables, blank lines, wrapping, backslashes and entities, the
characters of emphasis, rules, fences and headings. All of that is made equal before the sum is
taken. What is left are the words in their order, with list items, quotes, headings, links, check
marks and the cells of tables told apart. U+2060, which keeps strangers' text inert, counts.

Ticks are told from other edits as well, though what stood there before is gone; its checksum is
not. A checksum of 32 bits is linear in the bits of the text, so that a tick changes it by the same
amount whatever the other boxes hold: the boxes that were ticked are those whose amounts together
make the difference.
"""

from __future__ import annotations

import re
from functools import lru_cache, reduce
from itertools import chain, combinations, islice
from operator import xor
from typing import TYPE_CHECKING
from zlib import crc32

if TYPE_CHECKING:
    from collections.abc import Iterator

from taiga_notes.page.layout import LINE_END


@lru_cache(maxsize=4)  # one is taken of a body when it is compared, kept and written
def checksum(body: str) -> str:
    """Eight hexadecimal digits that stay the same under a formatter, and else hardly ever.

    They tell an edit, not an attack: whoever can write the page can write the checksum, too.

    Args:
        body: what stands between a block's markers, as `Block.body`.
    """
    return _sum(words_of(body))


def _sum(words: str) -> str:
    return f"{crc32(words.encode('utf-8', 'surrogatepass')):08x}"


def checksums(body: str) -> tuple[str, ...]:
    """What an end marker may say below that body: first what we write today.

    The last one is that of before cells counted: pages that were rendered then have it.
    """
    today = checksum(body)
    return (today, _sum(_words(body, _WordReader()))) if "|" in body else (today,)


def words_checksum(body: str) -> str:
    """The same without invisible characters: those that we add to strangers' text, or take away.

    SilverBullet writes such text as it is: this tells whether it wrote what we wrote.
    """
    return checksum(visible(body))


def visible(body: str) -> str:
    """The body without those characters."""
    return _INVISIBLE.sub("", body)


_INVISIBLE = re.compile(
    "[\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufe00-\ufe0f\ufeff]"
)
_BLANKS = re.compile(r"[ \t\r\n\f\v]+")
_MARKER = re.compile(r"(?:(>)|[-+*](?=[ \t]|$)|(\d{1,9})[.)](?=[ \t]|$))[ \t]*")
_BREAK = re.compile(r"([*_-])(?:[ \t]*\1){2,}$")
_UNDERLINE = re.compile(r"(?:=+|-+)$")
_HEADING = re.compile(r"(#{1,6})(?:[ \t]+|$)")
_DELIMITERS = re.compile(r"\|?[ \t]*:?-+:?(?:[ \t]*\|[ \t]*:?-+:?)*[ \t]*\|?$")
_DASHES = re.compile(r"-+")
_FENCE = re.compile(r"(?:`{3,}(?=[^`]*$)|~{3,})[ \t]*")

_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])|&(#?\w+;)")
_TARGET = re.compile(r"\]\(<([^<>]*)>")
_TITLE = re.compile(r"(\]\([^\s()]+ )'([^']*)'\)")
_ANGLES = re.compile(r"<([^<>\s]+)>")
_PLAIN_LINK = re.compile(r"\[([^\[\]]+)\]\((?:http://|mailto:)?\1\)")
_DEEPEST = 100
_STRIKE = re.compile(r"~+")
_SIGNS = str.maketrans({"_": "*", "`": " ", "|": " ", "\\": None})


def words_of(body: str) -> str:
    """The body as its checksum takes it: its words, and what they are."""
    return _words(body, _CellReader())


def _words(body: str, reader: _WordReader) -> str:
    for line in LINE_END.split(body):
        reader.read(line.strip(" \t\f"))
    text = " ".join(reader.parts)
    text = _TARGET.sub(r"](\1", text)
    text = _TITLE.sub(r'\1"\2")', text)
    text = _ANGLES.sub(_address, text)
    text = _PLAIN_LINK.sub(r"\1", text)
    text = _STRIKE.sub("~", text)
    return _BLANKS.sub(" ", text.translate(_SIGNS)).strip()


class _WordReader:
    """The parts of a body read so far."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.depth = 0
        self.paragraph: int | None = None

    def read(self, line: str) -> None:
        """Take one more line, without the blanks around it."""
        depth, items, rest = _markers(line)
        block = _block(rest)
        if depth > self.depth:
            self.parts.append(">" * depth)
        if depth > self.depth or items or not rest or block is not None:
            # Only a line of a paragraph may go on with a quote without its `>`.
            self.depth = depth
        self.parts += items
        if items or not rest:
            self.paragraph = None
        if self.paragraph is not None and _UNDERLINE.match(rest):
            self.parts.insert(self.paragraph, "#" if rest[0] == "=" else "##")
            self.paragraph = None
        elif block is not None:
            self.parts.append(block)
            self.paragraph = None
        elif rest:
            self._text(rest)

    def _text(self, rest: str) -> None:
        if self.paragraph is None:
            self.paragraph = len(self.parts)
        self.parts.append(_text(rest))


class _CellReader(_WordReader):
    """The same, with the cells of tables told apart: an empty one is a cell as well."""

    def __init__(self) -> None:
        super().__init__()
        self.head = ""
        self.in_table = False

    def read(self, line: str) -> None:
        """See `_WordReader.read`."""
        depth, items, rest = _markers(line)
        if not items and "|" in self.head and "|" in rest and _DELIMITERS.match(rest):
            self.in_table = True
            self.parts[-1] = row_of(self.head)
        elif items or not rest or depth < self.depth or _block(rest) is not None:
            self.in_table = False
        self.head = ""
        super().read(line)

    def _text(self, rest: str) -> None:
        super()._text(rest)
        self.head = rest
        if self.in_table:
            self.parts[-1] = row_of(rest)


_CELL = "\x01"
"""Stands between cells in the words of a body; no page that anybody reads holds one."""


def row_of(line: str) -> str:
    """A row with its cells told apart; empty ones at its end are left out, as a row may do.

    An escaped `|` parts as well: formatters that know no tables take its backslash away.
    """
    cells = [cell.strip(" \t\\") for cell in line.removeprefix("|").split("|")]
    while cells and not cells[-1]:
        cells.pop()
    return _CELL + _CELL.join(map(_text, cells)) + _CELL


def _markers(line: str) -> tuple[int, list[str], str]:
    """How many `>` a line begins with, its list markers as written by us, and its rest."""
    depth, items, position = 0, [], 0
    for _ in range(_DEEPEST):
        match = None if _BREAK.match(line, position) else _MARKER.match(line, position)
        if match is None:
            break
        if match[1]:
            depth += 1
        else:
            items.append("1." if match[2] else "-")
        position = match.end()
    rest = line[position:]
    if items and rest.startswith("[X] "):
        rest = f"[x]{rest[3:]}"
    return depth, items, rest


def _block(rest: str) -> str | None:
    """A line that is a block of its own, as written by us; None for a line of text."""
    if _BREAK.match(rest):
        return "---"
    if heading := _HEADING.match(rest):
        title = rest[heading.end() :]
        bare = title.rstrip("#")
        return f"{heading[1]} {_text(title if bare[-1:].strip() else bare)}"
    if fence := _FENCE.match(rest):
        return _text(rest[fence.end() :])
    if "|" in rest and _DELIMITERS.match(rest):
        return _text(_DASHES.sub("-", rest))
    return None


def _text(line: str) -> str:
    return _ESCAPE.sub(_unescaped, line)


def _unescaped(match: re.Match[str]) -> str:
    if match[2] is None:
        return match[1]
    # Three milliseconds that a body without an entity need not cost.
    from html import unescape  # noqa: PLC0415
    from html.entities import html5  # noqa: PLC0415

    return unescape(match[0]) if match[2][0] == "#" else html5.get(match[2], match[0])


def _address(match: re.Match[str]) -> str:
    return match[1] if ":" in match[1] or "@" in match[1] else match[0]


MOST = 50_000
"""Sets of boxes that are tried, the smaller ones first: two of 300 boxes, three of 60, any of 15.
So few are hardly ever right by chance: once in 80,000 edits."""


def only_ticked(body: str, before: str) -> bool:
    """Whether boxes were ticked, or unticked, and nothing else was changed.

    Args:
        body: what stands between the markers now.
        before: the checksum of what stood there.
    """
    # Obsidian's Tasks plug-in adds the day.
    bare = DONE.sub("", body)
    if not _BOX.search(bare) or not _HEX.fullmatch(before):
        return False
    wanted = int(before, 16) ^ int(checksum(bare), 16)
    amounts = [*_amounts(bare)]
    sets = chain.from_iterable(combinations(amounts, size) for size in range(len(amounts) + 1))
    return any(reduce(xor, amount, 0) == wanted for amount in islice(sets, MOST))


MOST_TICKS = 12
"""Boxes of which it is tried which ones were ticked."""


def before_ticks(body: str, before: str) -> str | None:
    """What stood there, if ticks are all that was changed and it can be told which.

    Args:
        body: what stands between the markers now.
        before: the checksum of what stood there.

    Returns:
        The body with the boxes as they were; None where no set of at most `MOST_TICKS` boxes, or
        more than one, gives that checksum.
    """
    bare = DONE.sub("", body)
    boxes = [*_BOX.finditer(bare)]
    if not _HEX.fullmatch(before):
        return None
    wanted = int(before, 16) ^ int(checksum(bare), 16)
    amounts = [*zip(boxes, [*_amounts(bare)][::-1], strict=False)]
    ticked = [(box, amount) for box, amount in amounts if box[2] != " "]
    for tried in (ticked, amounts):
        if len(tried) <= MOST_TICKS:
            sets = chain.from_iterable(combinations(tried, size) for size in range(len(tried) + 1))
            found = [some for some in sets if reduce(xor, (each[1] for each in some), 0) == wanted]
            if found:
                return _flipped(bare, [box for box, _ in found[0]]) if len(found) == 1 else None
    return None


def _flipped(body: str, boxes: list[re.Match[str]]) -> str:
    for box in boxes:
        mark = "x" if box[2] == " " else " "
        body = f"{body[: box.start(2)]}{mark}{body[box.end(2) :]}"
    return body


_BOX = re.compile(r"^([ \t>]*(?:[-+*]|\d{1,9}[.)])[ \t]+\[)([ xX])(?=\][ \t])", re.MULTILINE)
DONE = re.compile(r"(?<![ \t])[ \t]+\u2705[ \t]*\d{4}-\d\d-\d\d(?=[ \t]*$)", re.MULTILINE)
"""What Obsidian's Tasks plug-in adds to a line whose box it ticks."""
_HEX = re.compile(r"[0-9a-f]{8}")

_HERE = "\x00"
"""Stands for a box in a body; hardly any page holds a NUL, and one is no box that can be ticked."""

_ALL = 0xFFFFFFFF
"""What a CRC is xor-ed with before and behind, so that leading zeros count."""


def _amounts(body: str) -> Iterator[int]:
    """By how much each tick changes the checksum, the last box first; in one pass.

    It is the CRC of a text of zeros that holds, in place of the box, what the tick changes there:
    each further byte behind the box turns it once more.
    """
    parts = words_of(_BOX.sub(rf"\1{_HERE}", body)).split(_HERE)
    # `[X]` before a tab is the one box that keeps its letter: to untick it is told as an edit.
    amount = crc32(bytes([ord(" ") ^ ord("x")]), _ALL) ^ _ALL
    behind = 0
    for part in reversed(parts[1:]):
        zeros = bytes(behind + len(part.encode("utf-8", "surrogatepass")))
        amount = crc32(zeros, amount ^ _ALL) ^ _ALL
        behind = 1
        yield amount
