r"""A template's own text, before Jinja reads it: an `each` clause's expressions, and line ends.

`%{row.subject | upper}` is the same as `{{ row.subject | upper }}`, and nothing to programs that
take `{{` for a template of their own wherever it stands in a page (MkDocs, Jekyll, Hugo, Logseq).
A literal `%{` is `%{'%{'}`, as Jinja's own `{{` is `{{ '{{' }}`.

Of line ends those of lines of tags alone vanish, all others stay. Jinja's `trim_blocks` takes the
line end behind every block tag, so that

    - {{ row.subject }}{% if row.is_closed %} ✓{% endif %}

would put all items on one line. Jinja's own sign for a tag that keeps its line end is `+%}`; it is
written where a line holds more than tags and comments.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

# `50%{{ x }}` is a percent sign and one of Jinja's expressions.
_OPENER: Final = re.compile(
    r"\{\#.*?(?:\#\}|\Z)"
    r"|\{%[-+]?\s*raw\s*[-+]?%\}.*?(?:\{%[-+]?\s*endraw\s*[-+]?%\}|\Z)"
    r"|(?P<opener>\{\{|\{%|%\{(?![{%\#]))",
    re.DOTALL,
)
_WORD: Final = re.compile(r"[-+]?\s*([a-z]+)")
_BLOCKS: Final = frozenset({"autoescape", "call", "filter", "for", "if", "macro", "set", "with"})
_SILVERBULLET: Final = re.compile(r"\$\{\s*([A-Za-z_]\w*(?:\.\w+)*)\s*\}", re.ASCII)
_CLOSERS: Final = {"{{": "}}", "{%": "%}", "%{": "}"}
_PART: Final = re.compile(r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\"|[\[({})\]]|%\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Expression:
    """What a short template asks for, or does, in one place."""

    opener: str
    """How it begins: `{{`, `{%` or `%{`."""

    start: int
    """Where, counted from the text's start."""

    end: int
    """Behind its closer; -1 where it has none."""

    code: str
    """What stands between."""


def expressions(text: str) -> Iterator[Expression]:
    """Those of a text, in order; the last may be without an end."""
    at = 0
    while found := _OPENER.search(text, at):
        at = found.end()
        if (opener := found["opener"]) is None:
            continue
        closer = _CLOSERS[opener]
        close = _closed(text, at, closer)
        if close < 0:
            yield Expression(opener, found.start(), -1, text[at:])
            return
        yield Expression(opener, found.start(), close + len(closer), text[at:close])
        at = close + len(closer)


def as_jinja(text: str) -> str:
    """The text with Jinja's spelling in place of the other; one without an end stays as it is."""
    written, at = [], 0
    for one in expressions(text):
        if one.opener == "%{" and one.end > 0:
            written += [text[at : one.start], "{{ ", one.code, " }}"]
            at = one.end
    return "".join([*written, text[at:]])


def otherwise(text: str) -> tuple[str, str] | None:
    """What stands in front of the `{% else %}` that is no inner tag's, and what behind; or None.

    As in Jinja's own `for`, what is behind is shown where there are no rows.
    """
    depth = 0
    for one in expressions(text):
        word = _WORD.match(one.code) if one.opener == "{%" else None
        if word is None:
            continue
        if word[1] == "else" and not depth:
            return text[: one.start], text[one.end :]
        is_block = word[1] in _BLOCKS and not (word[1] == "set" and "=" in one.code)
        depth += is_block - word[1].startswith("end")
    return None


def silverbullet_s(text: str) -> Expression | None:
    """The first `${name}` of a text: SilverBullet's way to name a field, and none here."""
    plain = text
    for one in expressions(text):
        plain = plain[: one.start] + " " * (one.end - one.start) + plain[one.end :]
    found = _SILVERBULLET.search(plain)
    return found and Expression("${", found.start(), found.end(), found[1])


def position(text: str, offset: int) -> tuple[int, int]:
    """Line and column, both 1-based, of a character of the text."""
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)


def _closed(text: str, at: int, closer: str) -> int:
    """Where the closer stands, outside of strings and brackets; -1 where it does not."""
    depth = 0
    for part in _PART.finditer(text, at):
        found = part.group()
        if depth == 0 and text.startswith(closer, part.start()):
            return part.start()
        if found in "([{":
            depth += 1
        elif found in ")]}":
            depth = max(0, depth - 1)
    return -1


_STRING: Final = r"""'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*\""""
_NEWLINE: Final = re.compile(r"\r\n|\r")
_NEXT: Final = re.compile(r"\{[%{#]|\n|\S")
_COMMENT: Final = re.compile(r"\{#.*?#\}", re.DOTALL)
_TAG: Final = re.compile(rf"\{{%(?:[^'\"%]|{_STRING}|%(?!\}}))*%\}}", re.DOTALL)
_VALUE: Final = re.compile(rf"\{{\{{(?:[^'\"}}]|{_STRING}|\}}(?!\}}))*\}}\}}", re.DOTALL)
_PATTERNS: Final = {"{#": _COMMENT, "{%": _TAG, "{{": _VALUE}
_RAW: Final = re.compile(r"\{%[-+]?\s*raw\s*[-+]?%\}")
_ENDRAW: Final = re.compile(r"\{%[-+]?\s*endraw\s*[-+]?%\}")


def kept_line_ends(source: str) -> str:
    r"""A template's source in which the tags that end a line of text say so: `%}` → `+%}`.

    What can't be read (a tag without an end) is left to Jinja, which tells of it.
    """
    source = _NEWLINE.sub("\n", source)
    line = _Line()
    written: list[str] = []
    done = position = 0
    while found := _NEXT.search(source, position):
        start, position = found.span()
        if found[0] == "\n":
            if line.tag_end >= 0:
                written.append(line.ended(source, done, start))
                done = start
            line = _Line()
            continue
        position = line.passed(source, start, found[0])
        if position < 0:
            break
    return "".join(written) + source[done:]


class _Line:
    """A line of a template, as far as it is read.

    Attributes:
        tag_end: offset behind the tag or comment that it ends with so far; -1 if it does not.
    """

    def __init__(self) -> None:
        self.tag_end = -1
        self._tags: list[tuple[int, int]] = []
        self._holds_text = False

    def passed(self, source: str, start: int, sign: str) -> int:
        """The offset behind what begins at `start`; -1 if it has no end."""
        if sign not in _PATTERNS:
            return self._text(start + 1)
        raw = _RAW.match(source, start) if sign == "{%" else None
        if raw is not None:
            return self._raw(source, raw.end())
        found = _PATTERNS[sign].match(source, start)
        if found is None:
            return -1
        if sign == "{{":
            return self._text(found.end())
        self._tags.append(found.span())
        self.tag_end = found.end()
        return found.end()

    def _raw(self, source: str, begin: int) -> int:
        """Text without tags up to its end tag, which may stand on another line."""
        found = _ENDRAW.search(source, begin)
        if found is None:
            return -1
        *above, last = source[begin : found.start()].split("\n")
        self._holds_text = bool(last.strip()) or (self._holds_text and not above)
        self._tags = [(found.start() if above else begin, found.end())]
        self.tag_end = found.end()
        return found.end()

    def _text(self, end: int) -> int:
        self._holds_text, self.tag_end = True, -1
        return end

    def ended(self, source: str, begin: int, end: int) -> str:
        """The source from `begin` up to the line end at `end`, which a tag or comment precedes."""
        if not self._holds_text:
            # Without blanks between and behind the tags, so that Jinja takes the whole line.
            tags = "".join(source[start:stop] for start, stop in self._tags)
            return source[begin : self._tags[0][0]] + tags
        text = source[begin : self.tag_end]
        blanks = source[self.tag_end : end]
        if blanks or text[-3] in "-+":
            return text + blanks
        return f"{text[:-2]}+{text[-2:]}"
