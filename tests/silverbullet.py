"""How SilverBullet reads a page: the rules by which it differs from CommonMark, written anew.

Twice: in Python (`acts`), which knows the rules and no Markdown beside them, and as extensions of
SilverBullet's own parser, `@lezer/markdown` from npm (`nodes_of`). Read off its source of August
2026 and its running client.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.node import Node

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_ITEM = re.compile(r"[ \t>]*(?:(?:[-*+]|\d+[.)])[ \t]+)+")
_TASK = re.compile(r"\[([^\]:]+)\](?:[ \t]|$)")
_TAG = re.compile(r"#(?:\d*[^\d\s!@#$%^&*(),.?\":{}|<>\\][^\s!@#$%^&*(),.?\":{}|<>\\]*|<[^>\n]+>)")
_NO_TEXT = re.compile(
    r"&#?\w+;|\\[!-/:-@\[-`{-~]|(`+)(?!`).*?(?<!`)\1(?!`)|(?<=\])\([^\s()]*\)|<!--.*?-->"
)
_CARD = re.compile(r"<!--(?!\s*[#/][A-Za-z])")
_FENCED = re.compile(r"^```\w+\n.*?^```$", re.MULTILINE | re.DOTALL)


def acts(page: str) -> Iterator[str]:
    """What SilverBullet alone finds in a page: tasks, tags, the rows' numbers of cells, cards.

    In fenced code it finds nothing.
    """
    for line in _FENCED.sub("", page).split("\n"):
        item = _ITEM.match(line)
        if item and _TASK.match(line, item.end()):
            yield "a task"
        yield from ["a tag"] * len(_TAG.findall(_NO_TEXT.sub(" ", line)))
        yield from ["a card"] * len(_CARD.findall(line))
        if line.lstrip(" >").startswith("|"):
            yield f"a row of {cells(line)}"


def cells(line: str) -> int:
    """How many cells a row is cut into: brackets are counted, escaped or not."""
    depth, bars, escaped = 0, 0, False
    for char in line:
        depth += (char == "[") - (char == "]" and depth > 0)
        bars += char == "|" and not escaped and depth == 0
        escaped = char == "\\" and not escaped
    return bars - 1


def nodes_of(pages: Sequence[str]) -> list[list[list[str]]]:
    """For each page, the nodes that the parser finds: name and text, escapes resolved."""
    return _NODE.ask("nodes", pages)


_NODE = Node(
    ("@lezer/markdown@1",),
    Path(__file__).with_suffix(".mjs").read_text(),
)
