"""In what kind of place a template puts a value: in running text, an address, code, an attribute.

Pure. A template's own text is read from top to bottom, as a parser would that knows just enough
Markdown and HTML, and each value is told where it stands. What can't be told is running text,
which `text.mark` makes inert wherever it may be; the other places need their own spelling
(an address can't hold a word joiner, code shows its backslashes).
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final

HOLE: Final = "\x01"
"""Stands for a value in the text that was read so far."""

_TAIL = 2_000  # characters of a paragraph that are looked back on; bounds the time


class Place(Enum):
    """Where a value stands."""

    TEXT = auto()
    LABEL = auto()  # [here](…)
    ADDRESS = auto()  # [x](here), <here>, href="here"
    COMPONENT = auto()  # [x](https://t.example/here)
    TITLE = auto()  # [x](https://t.example "here")
    CODE = auto()  # `here`
    BLOCK = auto()  # in a fenced code block
    SLICE = auto()  # at the start of a line of Mermaid's pie chart
    PAGE = auto()  # [[here]]
    ATTRIBUTE = auto()  # <p title="here">
    COMMENT = auto()  # <!-- here -->
    BARE = auto()  # <p here>, <p title=here>: no text is safe there
    SCRIPT = auto()  # <script>here</script>, onclick="here", style="here": nor there


_FENCE = re.compile(r"(?P<prefix>[ >]{0,3})(?P<run>`{3,}|~{3,})(?P<info>.*)")
_TAG = re.compile(r"<(/?[A-Za-z][\w-]*)(?:[^<>\"']|\"[^\"]*\"|'[^']*')*(\"[^\"]*|'[^']*)?\Z")
_NAME = re.compile(r"([\w:-]+)\s*=\s*[\"']([^\"']*)\Z")
_SCRIPT = re.compile(r"<(script|style)\b(?:(?!</\1).)*\Z", re.IGNORECASE | re.DOTALL)
_DESTINATION = re.compile(
    r"(?:\]\(|^ {0,3}\[[^\]]+\]:[ ]*|<(?=[A-Za-z]|\Z))<?([^\s<>()]*)\Z", re.MULTILINE
)
_TITLE = re.compile(r"\]\([^\s()]*\s+(?:\"[^\"]*|'[^']*)\Z")
_PAGE = re.compile(r"\[\[[^\[\]\n]*\Z")
_LABEL = re.compile(r"\[[^\[\]]*\Z")
_LABEL_END = re.compile(r"[^\[\]]*\]\(")
_PIE = re.compile(r"[ >]*pie\b")
_BAR = re.compile(r"(?<!\\)(?:\\\\)*\|")
_ADDRESSES = frozenset({"href", "src", "cite", "action", "formaction", "poster", "data", "srcset"})


class PlaceReader:
    """Reads a template's text piece by piece.

    `read` takes what the template wrote, `place` says where a value would stand now.
    """

    def __init__(self) -> None:
        self._fence: re.Match[str] | None = None
        self._pie = False
        self._line = ""
        self._paragraph = ""

    def read(self, text: str) -> None:
        """Takes the template's next text, or HOLE for a value."""
        *lines, rest = text.split("\n")
        for line in lines:
            self._end_line(self._line + line)
        self._line = (self._line + rest)[-_TAIL:]

    def place(self, following: str) -> Place:
        """Where a value stands between what was read and `following`, as far as that is known."""
        before = self._paragraph + self._line
        if before.rfind("<!--") > before.rfind("-->"):
            return Place.COMMENT
        if self._fence and _inside(self._fence, self._line + HOLE):
            return Place.SLICE if self._pie and not self._line.strip(" >") else Place.BLOCK
        if _SCRIPT.search(before):
            return Place.SCRIPT
        if _in_code(self._line, following.partition("\n")[0]):
            return Place.CODE
        return _in_tag(before) or _in_link(before, following)

    def in_row(self, following: str) -> bool:
        """Whether the line may be a table's row: a bare `|` stands before or behind."""
        return _BAR.search(self._line + HOLE + following.partition("\n")[0]) is not None

    def _end_line(self, line: str) -> None:
        fence = _FENCE.match(line)
        if self._fence and _inside(self._fence, line):
            run = self._fence["run"]
            self._pie |= _PIE.match(line) is not None
            if fence and fence["run"].startswith(run) and not fence["info"].strip():
                self._fence = None
        else:
            self._fence = None if fence and "`" in fence["info"] else fence
            self._pie = False
        self._line = ""
        # A blank line ends what a paragraph left open.
        self._paragraph = (self._paragraph + line + "\n")[-_TAIL:] if line.strip() else ""


def _inside(fence: re.Match[str], line: str) -> bool:
    """Whether the line is still in the quote or list item in which the fence was opened."""
    return not line.strip() or line.startswith(fence["prefix"].rstrip() or fence["prefix"])


def _in_code(before: str, following: str) -> bool:
    """Whether backticks are open before that are closed behind, by CommonMark's rule of runs.

    Only within a line and a table's cell: text taken for code would not be inert.
    """
    before, following = before.rpartition("|")[2], following.partition("|")[0]
    runs = re.findall(r"(?<![\\`])`+", before)
    while runs:
        run = runs.pop(0)
        if run in runs:
            del runs[: runs.index(run) + 1]
        elif re.search(rf"(?<!`){run}(?!`)", following):
            return True
    return False


def _in_tag(before: str) -> Place | None:
    tag = _TAG.search(before)
    if tag is None:
        return None
    named = _NAME.search(tag.group()) if tag[2] else None
    if named is None:
        # `<https://` begins an address.
        return None if re.match(r"<\w+:", tag.group()) else Place.BARE
    name = named[1].lower()
    if name.startswith("on") or name in {"style", "srcdoc"}:
        return Place.SCRIPT
    if name in _ADDRESSES:
        return Place.COMPONENT if named[2] else Place.ADDRESS
    return Place.ATTRIBUTE


def _in_link(before: str, following: str) -> Place:
    if destination := _DESTINATION.search(before):
        return Place.COMPONENT if destination[1] else Place.ADDRESS
    if _TITLE.search(before):
        return Place.TITLE
    if _PAGE.search(before):
        return Place.PAGE
    if _LABEL.search(before) and _LABEL_END.match(following):
        return Place.LABEL
    return Place.TEXT
