r"""Which line ends of a template are its own: lines of tags alone vanish, all others stay.

Jinja's `trim_blocks` takes the line end behind every block tag, so that

    - {{ row.subject }}{% if row.is_closed %} ✓{% endif %}

would put all items on one line. Jinja's own sign for a tag that keeps its line end is `+%}`; it
is written here where a line holds more than tags and comments.
"""

from __future__ import annotations

import re
from typing import Final

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
