"""What a text's edges need, which depends on what comes to stand beside them.

Pure. `# x` is a heading at the start of a line and text after a word; `[` begins a link to a page
after another `[`. So an edge that may matter gets an EDGE, and `settle` decides when the whole
text is there.
"""

from __future__ import annotations

import re
from typing import Final

from taiga_notes.markdown.disarm import JOINER, NEAR

EDGE: Final = "\x00"
"""Stands at an edge that `settle` has yet to judge; no text holds one, for NUL becomes a space."""

# What begins a block at the start of a line, of a list item or of a quote. The words are Logseq's
# task markers, the triple marks MkDocs' blocks, letters and Roman numbers Pandoc's lists.
_BLOCK = (
    r"\#{1,6}(?:\s|\Z)|[-+](?:\s|\Z)|>|\(?(?:\d+|@\w*|[A-Za-z]|[ivxlcdmIVXLCDM]+)[.)](?:\s|\Z)|[-=:|+\s]+\Z"
    # MyST's comments, targets, breaks and fields besides.
    r"|\[|!!!|\?\?\?|///|:|%|\+\+\+|\([^\s()]+\)="
    r"|(?:TODO|DOING|WAIT|WAITING|DONE|CANCELL?ED|STARTED|IN-PROGRESS|NOW|LATER)(?:\s|\Z)"
)
_BLOCK_START = re.compile(_BLOCK)
_BLOCK_PREFIX = re.compile(rf"(?:[ \t{EDGE}{JOINER}>]|(?:[-+*:]|\d+[.)])(?=[ \t])|\[.\][ \t])*")

# At the start of a page's line MDX takes these for JavaScript.
_MODULE = re.compile(r"(?:import|export)\b")

_LEADS = re.compile(
    rf"[!-/:-@\[-`{{-~]|[Ww]{{1,2}}\.|[\w$]+:|\d+(?:[-/%]|\Z)|{_MODULE.pattern}|{_BLOCK}"
)
_TRAILS = tuple("]!:/.%=^(+~$")
_ENTITY = re.compile(r"&\#?\w{1,40}\Z")

# Two characters that must not meet over an edge, nor where a formatter removes a backslash.
_PAIRS = re.compile(
    r"-> | \[\\[\[^] | \[[^\\\s\"',.;?*] | [!^\#{\])]\[ | \)\\\[ | \][(:{] | \(\( | [\w:+-]:"
    r"| :[\w/+-] | // | \.\w | \w\. | \+[\w+-] | [Ww][Ww] | %% | [<{]% | [=`]= | \$[{$\w]"
    r"| \w; | \^[\w^-] | ~\\?~ | \\[!-/:-@\[-`{-~]",
    re.VERBOSE,
)

_EDGES = re.compile(f"{EDGE}+")
_OPENER = re.compile(rf"\#{EDGE}*[^\s{EDGE}]")


def edged(text: str, written: str) -> str:
    """What was written for a text, with an EDGE at either end that may matter."""
    if _LEADS.match(text):
        written = EDGE + written
    if text.endswith("#") and text[-2:-1].strip():
        # What follows decides whether it begins a tag: its backslash would stand before it.
        return f"{written[:-1]}{EDGE}{written[-1]}{EDGE}"
    return written + EDGE if written.endswith(_TRAILS) or _ENTITY.search(text) else written


def settle(text: str) -> str:
    """The text with every EDGE judged by what now stands beside it."""
    return _EDGES.sub(_judged, text) if EDGE in text else text


def _judged(edge: re.Match[str]) -> str:
    """A word joiner, a backslash, both or nothing."""
    text, start, end = edge.string, edge.start(), edge.end()
    # Lines may be long and edges many: what is far away does not count.
    before = text[max(0, start - NEAR) : start].rpartition("\n")
    behind = text[end : end + NEAR].partition("\n")[0]
    line = before[2] if before[1] or start <= NEAR else None
    left = before[2][-1:]
    joined = (left and _PAIRS.match(left + behind[:2])) or _begins_block(line, behind)
    # A text's last `#` begins a tag.
    return (JOINER if joined else "") + ("\\" if _OPENER.match(behind) else "")


def _begins_block(line: str | None, behind: str) -> bool:
    """Whether the edge is at a block's start, and what follows it begins another."""
    if line is None or not _BLOCK_PREFIX.fullmatch(line):
        return False
    behind = behind.replace(EDGE, "")
    return bool(_BLOCK_START.match(behind) or (not line and _MODULE.match(behind)))
