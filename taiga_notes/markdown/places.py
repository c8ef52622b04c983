"""In what kind of place a template puts a value, and what is inert there.

Pure. A template's own text is read from top to bottom, as a parser would that knows just enough
Markdown and HTML, and each value is told where it stands. What can't be told is running text,
which `text.mark` makes inert wherever it may be; the other places need their own spelling
(an address can't hold a word joiner, code shows its backslashes).

The functions for these take what a story says and give what may stand in one kind of place: a
link's address or title, code, an HTML attribute, a comment, a diagram's label, a page's name.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from typing import Final

from taiga_notes.markdown.property_text import inert_property
from taiga_notes.markdown.text import (
    BEGIN,
    JOINER,
    Markdown,
    flat,
    mark,
    mark_label,
    normal,
    settle,
    unclosed,
)

NOWHERE: Final = "#"
"""The address of a link whose own is none that a note should lead to."""


class Coded(str):
    """Text that is ready for a code span or a code block, and only for these."""

    __slots__ = ()


_PLAIN_ADDRESS = re.compile(r"https?://[0-9A-Za-z.-]+(?::\d+)?(?:/[0-9A-Za-z._-]+)*/?")
_SCHEME = re.compile(r"(?:https?://|mailto:)[^\s/?#]", re.IGNORECASE)

# RFC 3986's characters stay, less those that end a Markdown or HTML address and those for which
# editors search a page's source (`${ :: == [[ ^ |`). `%` stays where it encodes something.
_NO_ADDRESS = re.compile(
    r"%(?![0-9A-Fa-f]{2})|&(?=\#?\w{1,40};)|(?<=:):|(?<==)=|(?<=\+)\+|[^0-9A-Za-z%&:=/?#@!,;+._~-]"
)
_NO_COMPONENT = re.compile(r"[^0-9A-Za-z/._-]|(?<=\.)\.|(?<=/)/")

# Openers for which some editor searches a page's source without regard to code, and HTML's, in
# case that the code is none.
_EVERYWHERE = re.compile(
    r"\$(?=\{)|\{(?=[{%#!]|--|\+\+|==|>>|~~)|<(?=[A-Za-z/!?%])|%(?=%)|-(?=-!?>|8<)|~(?=~)"
)

# A span that begins so is an expression to Dataview, R Markdown, Quarto, Meta Bind or a roller of
# dice, and names a language to pymdownx.
_RUN = re.compile(r"\$?=|#!|:::|r[ #]|\{|(?:INPUT|VIEW|BUTTON)\b|dice:")

_TICKED = frozenset({"x", "X"})
_NO_ATTRIBUTE = re.compile(r"[^\w\s.,-]")
_NO_COMMENT = re.compile(r"[^\w\s.,:/()'-]|(?<!\w)-|-(?!\w)")
# What no page's name in a link can have, and what acts there with what follows; all else stays, so
# that the link leads to the page.
_NO_PAGE = re.compile(
    r"(?:[\[\]|\#^\\{}<>*`~:\"\s]|//|\$(?!\s|\Z)|%(?=%)|=(?==)|&(?=\#?\w{1,40};|\#|\d)|@(?=\w)"
    r"|!(?=\d)|\((?=\()|\+(?=\+[\w+-]{1,40}\+\+))+"
)
_NO_DIAGRAM = re.compile(
    r"[^\w\s.,?!'-]|(?<!\w)[.-]|[.-](?!\w)|(?<=[Ww][Ww][Ww])\.|\be(?=nd\b)|_(?=_)"
)

# What begins a statement of Mermaid's at the start of a line, in one kind of diagram or another;
# capitals are no help, nor is what follows.
_STATEMENT = re.compile(
    r"(?:acc(?=title|descr)|axisformat|box|call|click|dateformat|end|excludes|gantt|href|includes"
    r"|inclusiveenddates|pie|section|showdata|subgraph|tickinterval|title|todaymarker|topaxis"
    r"|vert|weekday|weekend|\d{4}-)",
    re.IGNORECASE,
)


def address(url: str) -> str:
    """A whole address, for a link's destination or an `href`: http, https or mailto, else NOWHERE.

    Characters that would end it, or act in it, are percent-encoded.
    """
    if _PLAIN_ADDRESS.fullmatch(url):
        return url
    url = normal(url)
    return _NO_ADDRESS.sub(_percent, url) if _SCHEME.match(url) else NOWHERE


def component(text: str) -> str:
    """A part of an address that the template began: percent-encoded, save for `/`."""
    return _NO_COMPONENT.sub(_percent, normal(text))


def link(text: str, url: str) -> Markdown:
    """`[text](url)`; just the text where the address is none that a note should lead to."""
    return linked(mark_label(text), url)


def settled_link(text: str, url: str) -> str:
    """The same as a text of its own, as `inert` is."""
    return settle(link(text, url))


def labelled(text: str) -> str:
    """Markdown as a link's text: SilverBullet takes an item `[x] y](…)` for a task."""
    text = flat(text)
    end = text.find("]")
    if end < 0 or text[end + 1 : end + 2] != " " or ":" in text[:end]:
        return text
    return f"{text[: end + 1]}{JOINER}{text[end + 1 :]}"


def linked(label: str, url: str) -> Markdown:
    """As `link`, for Markdown that is fit for a link's text."""
    where = address(url)
    if where == NOWHERE:
        return Markdown(label)
    # An item that begins so is a task to mdformat, which parts the text from its address.
    box = JOINER if label in _TICKED else ""
    return Markdown(f"[{label}{box}]({where})")


def title(text: str) -> str:
    """A link's title, between the quotes that the template wrote."""
    return re.sub(r"[\"']", r"\\\g<0>", mark(text))


def code_text(text: str) -> str:
    """What stands in code, between the backticks that the template wrote; those in it are lost.

    A table would end the cell at `|` even in code, so it has its backslash, seen outside tables.
    """
    # A backslash before that one would undo it, for some.
    return _in_span(text).replace("`", "'").replace("\\|", f"\\{JOINER}|").replace("|", r"\|")


def block_text(text: str) -> str:
    """One line of a fenced code block that the template opened; the text can't end the block."""
    return _EVERYWHERE.sub(rf"\g<0>{JOINER}", normal(text)).replace("`", "'")


def code(text: str) -> Markdown:
    """A whole code span, its backticks chosen so that the text shows as it is."""
    text = _in_span(text)
    if not text:
        return Markdown()
    if "|" in text or unclosed(text):
        # No code span shows these alike in a table and out of it.
        return Markdown(f"<code>{mark(text)}</code>")
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    ticks = "`" * (longest + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return Markdown(f"{ticks}{space}{text}{space}{ticks}")


def _in_span(text: str) -> str:
    text = _EVERYWHERE.sub(rf"\g<0>{JOINER}", normal(text))
    return JOINER + text if _RUN.match(text) else text


def attribute(text: str) -> str:
    """The value of an HTML attribute, between the quotes that the template wrote."""
    return _NO_ATTRIBUTE.sub(lambda found: f"&#{ord(found.group())};", normal(text))


def comment(text: str) -> str:
    """The text of an HTML comment; nobody sees it, so what might end it is left out."""
    return _NO_COMMENT.sub("", normal(text))


def page_name(text: str) -> str:
    """A page's name between `[[` and `]]`, without what no page's name can have, or what acts."""
    return _NO_PAGE.sub(" ", normal(text)).strip()


def alias(text: str) -> str:
    """What stands for a page's name behind `[[name|`, where no backslash may be.

    Who knows no such links may find an address in it, or what else acts.
    """
    return inert_property(page_name(text))


def link_to_page(page: str) -> str:
    """A link to a page of the vault: `[[name]]`; by its address where that would name another page.

    Args:
        page: its name with its ending, which may be strangers' text.
    """
    name = page.rpartition(".")[0]
    if page_name(name) == name:
        return f"[[{name}]]"
    return settle(f"[{mark_label(name)}]({component(page)})")


def one_cell(text: str) -> str:
    """Markdown as one cell of a table: on one line, with no bare `|`."""
    text = flat(text).replace("\n", " ").strip()
    return in_row(re.sub(r"(?<!\\)\|", r"\|", text) if "|" in text else text)


def in_row(text: str) -> str:
    """Markdown as part of a table's row, where an escaped `[` without partner is an entity.

    SilverBullet counts brackets, escaped or not, and takes `|` for text while one is open.
    """
    if BEGIN in text:
        return one_cell(text)
    parts, done = [], 0
    for place in unclosed(text):
        if text[place - 1 : place] == "\\":
            parts += [text[done : place - 1], "&#91;"]
            done = place + 1
    return "".join([*parts, text[done:]])


def code_in_row(text: str) -> str:
    """As `in_row`, for what stands between backticks, which know no entities."""
    places = {*unclosed(text)}
    return "".join("(" if place in places else char for place, char in enumerate(text))


def mermaid(text: str) -> Coded:
    """A Mermaid label: what its grammar, its Markdown and directives read is in its own codes."""
    text = normal(text)
    first = f"#{ord(text[0])};" if _STATEMENT.match(text) else ""
    return Coded(first + _NO_DIAGRAM.sub(_numbered, text[1:] if first else text))


def pie_label(label: str) -> Coded:
    """A Mermaid label at the start of a line of a pie chart, which wants it in quotes."""
    return Coded(f'"{label}"')


def _numbered(found: re.Match[str]) -> str:
    return f"#{ord(found.group())};"


def _percent(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found.group().encode())


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
    ALIAS = auto()  # [[x|here]]
    ATTRIBUTE = auto()  # <p title="here">
    COMMENT = auto()  # <!-- here -->
    BARE = auto()  # <p here>, <p title=here>: no text is safe there
    SCRIPT = auto()  # <script>here</script>, onclick="here", style="here": nor there


_FENCE = re.compile(r"(?P<prefix>[ >]{0,3})(?P<run>`{3,}|~{3,})(?P<info>.*)")
_TAG = re.compile(r"<(/?[A-Za-z][\w-]*)(?:[^<>\"']|\"[^\"]*\"|'[^']*')*(\"[^\"]*|'[^']*)?\Z")
_NAME = re.compile(r"([\w:-]+)\s*=\s*[\"']([^\"']*)\Z")
_SCRIPT = re.compile(r"<(script|style)\b(?:(?!</\1).)*\Z", re.IGNORECASE | re.DOTALL)
_DESTINATION = re.compile(
    r"(?:\]\(|^ {0,3}\[(?!\^)[^\]]+\]:[ ]*|<(?=[A-Za-z]|\Z))<?([^\s<>()]*)\Z", re.MULTILINE
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
    if page := _PAGE.search(before):
        return Place.ALIAS if "|" in page[0] else Place.PAGE
    if _LABEL.search(before) and _LABEL_END.match(following):
        return Place.LABEL
    return Place.TEXT
