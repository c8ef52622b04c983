r"""Where a page's front matter begins and ends: the one rule, for finding blocks and for reading.

Pure. Programs differ in what they take for front matter, so this takes what any of them does:

    ---, ---yaml, +++, ;;;      fenced YAML, TOML and JSON (Obsidian, Jekyll, Hugo, Eleventy)
    {                           JSON as it is (Hugo)
    taiga: false                lines at the top without a fence (MultiMarkdown, MkDocs, Logseq, or
                                within a comment), where they opt out: nothing else is read there

Byte order marks, blank lines, YAML's directives and Pandoc's title (`% …`) may stand first, blanks
behind a fence; fences of YAML have three dashes or more, and `...` ends it as well. Where programs
disagree (blank lines first, `----`, `--- # x`), a thematic break is no fence: every line between
has to look like front matter, the first like a key. What may be an opt-out,
but is not for certain, is in doubt, and its page is to be left alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto


class Syntax(Enum):
    """How front matter is written."""

    YAML = auto()
    TOML = auto()
    JSON = auto()
    OPT_OUT = auto()
    """Lines of which one is `taiga: false`, and that are not read any further."""


@dataclass(frozen=True, slots=True)
class FrontMatterSpan:
    """Where front matter lies in a page.

    Attributes:
        syntax: how it is written.
        start: offset of its text, behind the opening fence.
        stop: offset behind its text.
        end: offset behind the closing fence and its line end, where the page's own text begins.
        doubt: why it can't be told whether it is front matter that opts out; else empty.
    """

    syntax: Syntax
    start: int
    stop: int
    end: int
    doubt: str = ""


def front_matter_span(text: str) -> FrontMatterSpan | None:
    """The front matter of a page; None where it has none."""
    if not _MAY_BEGIN.match(text):
        return None
    fence = _FENCE.match(text)
    if fence:
        return _fenced(text, fence)
    brace = _BRACE.match(text)
    if brace:
        return _json(text, brace.end() - 1)
    lines = _OPT_OUT_LINES.match(text)
    return FrontMatterSpan(Syntax.OPT_OUT, 0, lines.end(), lines.end()) if lines else None


def front_matter_end(text: str) -> int:
    """Offset behind the front matter with its line end; behind the byte order mark without any."""
    span = front_matter_span(text)
    return span.end if span else int(text.startswith("\ufeff"))


def is_own(key: object) -> bool:
    """Whether a key is the one of taiga-notes, in any case, as properties are in Obsidian."""
    return isinstance(key, str) and _OWN.fullmatch(key) is not None


def _fenced(text: str, fence: re.Match[str]) -> FrontMatterSpan | None:
    closing = _CLOSING[fence["fence"][0]].search(text, fence.end())
    if closing is None:
        return _doubtful(fence, "has no end") if _opens_with_key(text, fence.end()) else None
    inner = text[fence.end() : closing.start()]
    syntax = _SYNTAXES.get(fence["language"].lower() or fence["fence"][0])
    # Everybody takes a plain one for the beginning of front matter.
    plain = fence["fence"] == "---" and not fence["first"] and not fence["comment"]
    if syntax and (plain or _looks(syntax, inner)):
        if closing[1] != fence["fence"] and _goes_on(text, closing.end()):
            return _doubtful(fence, f"may end at its {closing[1]}, or go on")
        return FrontMatterSpan(syntax, fence.end(), closing.start(), closing.end())
    return _doubtful(fence, "can't be told from text") if OWN_KEY.search(inner) else None


def _looks(syntax: Syntax, inner: str) -> bool:
    """Whether all that is between two fences looks like front matter; no comment ever does."""
    return "<!--" not in inner and _LOOKS[syntax].fullmatch(inner) is not None


def _goes_on(text: str, position: int) -> bool:
    """Whether programs that end front matter at `---` only would find our key further down."""
    lines = _LINES.match(text, position)
    return bool(lines and OWN_KEY.search(lines[0]) and _PLAIN_END.match(text, lines.end()))


def _opens_with_key(text: str, position: int) -> bool:
    """Whether our key is in what follows: in the first lines of YAML, or the first paragraph."""
    return any(
        OWN_KEY.search(found[0])
        for pattern in (_LINES, _PARAGRAPH)
        if (found := pattern.match(text, position))
    )


def _json(text: str, start: int) -> FrontMatterSpan | None:
    from json import JSONDecoder  # noqa: PLC0415  (few pages begin with a brace)

    try:
        stop = JSONDecoder().raw_decode(text, start)[1]
    except (ValueError, RecursionError):
        stop = -1
    rest = _REST.match(text, stop) if stop >= 0 else None
    if rest:
        return FrontMatterSpan(Syntax.JSON, start, stop, rest.end())
    paragraph = _PARAGRAPH.match(text, start)
    if paragraph and _OWN_JSON_KEY.search(paragraph[0]):
        doubt = "the front matter is not valid JSON"
        return FrontMatterSpan(Syntax.JSON, start, start, start, doubt)
    return None


def _doubtful(fence: re.Match[str], what: str) -> FrontMatterSpan:
    end = fence.end()
    doubt = f"the front matter {what}, and may say that this page is not taiga-notes' business"
    return FrontMatterSpan(Syntax.YAML, end, end, end, doubt)


_EOL = r"(?:\r\n|\r|\n)"
_BEGIN = r"(?:^|(?<=\r))"
_END = rf"[ \t]*(?:{_EOL}|\Z)"
_MARKS = r"\ufeff*+"
_FIRST = rf"(?P<first>(?:(?:[ \t\f]*+|%[^\r\n]*+){_EOL})*+[\ufeff\f]*+)"
"""What may stand before a fence, but does not in every program."""
_KEY = r"(?:\"[^\"\r\n]+\"|'[^'\r\n]+'|[^\s\"'#:=\[\]{}<>|`*-][^:=\r\n]*)"

_MAY_BEGIN = re.compile(
    rf"{_MARKS}\s*+{_MARKS}(?:[-+;{{:%]|<!-{{2,}}[ \t]*+[\r\n]|[^\r\n:：]++[:：])"
)
"""A glance that most pages fail."""

_FENCE = re.compile(
    rf"\ufeff?{_FIRST}(?P<fence>-{{3,}}|\+\+\+|;;;)[ \t]*(?P<language>[A-Za-z]*)"
    rf"(?P<comment>(?:[ \t]+\#[^\r\n]*)?)[ \t]*{_EOL}"
)
_CLOSING = {
    "-": re.compile(rf"{_BEGIN}(-{{3,}}|\.\.\.){_END}", re.MULTILINE),
    "+": re.compile(rf"{_BEGIN}(\+\+\+){_END}", re.MULTILINE),
    ";": re.compile(rf"{_BEGIN}(;;;){_END}", re.MULTILINE),
}
_PLAIN_END = re.compile(rf"---{_END}")
_SYNTAXES = {
    "-": Syntax.YAML,
    "+": Syntax.TOML,
    ";": Syntax.JSON,
    "yaml": Syntax.YAML,
    "yml": Syntax.YAML,
    "toml": Syntax.TOML,
    "json": Syntax.JSON,
}
_LINE = (
    rf"(?:[ \t]*+(?:\#[^\r\n]*)?|[ \t]++[^<\s][^\r\n]*|-(?:[ \t][^\r\n]*)?"
    rf"|{_KEY}[ \t]*:(?:[ \t][^\r\n]*)?|[\]\}}][^\r\n]*)"
)
"""A line of YAML: blank or a comment, indented, of a list, a key, or the end of a table."""

_NOTHING = rf"(?:[ \t]*+(?:\#[^\r\n]*)?{_EOL})*+"
_LINES = re.compile(rf"(?:{_LINE}{_EOL})*(?:{_LINE}\Z)?")
_LOOKS = {
    Syntax.YAML: re.compile(rf"{_NOTHING}{_KEY}[ \t]*:(?:[ \t][^\r\n]*)?{_EOL}(?:{_LINE}{_EOL})*"),
    Syntax.TOML: re.compile(
        rf"{_NOTHING}(?:[ \t]*(?:\[{{1,2}}[^\[\]\r\n]+\]{{1,2}}{_EOL}|{_KEY}[ \t]*=)[\s\S]*)?"
    ),
    Syntax.JSON: re.compile(r"\s*\{[\s\S]*"),
}
_UNSEEN = "\u00a0\u00ad\u200b-\u200f\u2060\u3000\ufeff"
"""What nobody sees before or behind a key, as a class of characters."""

OWN_KEY = re.compile(
    rf"{_BEGIN}[ \t{_UNSEEN}]*[\"']?taiga[\"']?[ \t{_UNSEEN}]*[:=：]",
    re.IGNORECASE | re.MULTILINE,
)
"""Our key where it may stand in YAML or TOML; the wide colon is that of Chinese and Japanese."""

_OWN = re.compile(rf"[\s{_UNSEEN}]*taiga[\s{_UNSEEN}]*", re.IGNORECASE)
_BRACE = re.compile(rf"{_MARKS}\s*\{{")
_REST = re.compile(_END)
_PARAGRAPH = re.compile(rf"(?:[ \t]*[^\s][^\r\n]*(?:{_EOL}|\Z))+")
_OWN_JSON_KEY = re.compile(r"[\"']taiga[\"']\s*:", re.IGNORECASE)

_OPT_OUT_LINES = re.compile(
    rf"{_MARKS}(?:[ \t]*{_EOL})*(?:<!-{{2,}}[ \t]*{_EOL}(?:-{{3,}}[ \t]*{_EOL})?)?"
    rf"(?:(?::?[^\s:<][^:\r\n]*:[^\r\n]*|[ \t]+[^\s<][^\r\n]*){_EOL})*?"
    rf":?[\"']?taiga[\"']?[ \t]*::?[ \t]*[\"']?(?:false|no|off)[\"']?{_END}",
    re.IGNORECASE,
)
