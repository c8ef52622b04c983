"""Telling an edited block from a formatted one: a checksum that only words and structure change.

Pure. Prettier, mdformat and remark rewrite much without changing what a reader sees: bullets and
numbers of lists, the padding of tables, blank lines, wrapping, backslashes and entities, the
characters of emphasis, rules, fences and headings. All of that is made equal before the sum is
taken. What is left are the words in their order, with list items, quotes, headings, links and
check marks told apart. U+2060, which keeps strangers' text inert, counts.
"""

from __future__ import annotations

import re
from functools import lru_cache
from zlib import crc32

from taiga_notes.page.layout import LINE_END


@lru_cache(maxsize=4)  # one is taken of a body when it is compared, kept and written
def checksum(body: str) -> str:
    """Eight hexadecimal digits that stay the same under a formatter, and else hardly ever.

    They tell an edit, not an attack: whoever can write the page can write the checksum, too.

    Args:
        body: what stands between a block's markers, as `Block.body`.
    """
    return f"{crc32(words_of(body).encode('utf-8', 'surrogatepass')):08x}"


def words_checksum(body: str) -> str:
    """The same without invisible characters: those that we add to strangers' text, or take away.

    SilverBullet writes such text as it is: this tells whether it wrote what we wrote.
    """
    return checksum(_INVISIBLE.sub("", body))


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
    reader = _WordReader()
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
