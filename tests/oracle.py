"""What readers of Markdown make of a text: real parsers, and the openers that editors look for.

The oracle for strangers' text. A template is rendered with a harmless word and with what a
stranger wrote: both must have the same structure, and texts that differ by just that.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from mdit_py_plugins.admon import admon_plugin
from mdit_py_plugins.attrs import attrs_plugin
from mdit_py_plugins.container import container_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.tasklists import tasklists_plugin

from taiga_notes.markdown.text import JOINER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from markdown_it.token import Token

HARMLESS = "Xq0"
"""A word without meaning; it may stand for any subject."""

Shape = list[tuple[str, str, str]]
"""For each element: its kind, its attributes, its text."""


@lru_cache(maxsize=500)
def shape(text: str, parser: str) -> Shape:
    """A text's elements as one of PARSERS sees them; word joiners are not text."""
    found: Shape = []
    for token in PARSERS[parser]().parse(text):
        _collect(token, found)
    return found


PROSE = frozenset(
    f"{kind}_{end}"
    for kind in ("paragraph", "bullet_list", "ordered_list", "list_item", "em", "strong", "link")
    for end in ("open", "close")
) | {"text", "code_inline", "fence", "softbreak"}
"""The elements that a stranger's Markdown may have."""


def acting(text: str, parser: str) -> Iterable[tuple[str, str]]:
    """The elements of a text that no stranger's Markdown may have."""
    for kind, attributes, content in shape(text, parser):
        name = kind.partition(" ")[0]
        safe = name != "link_open" or attributes.lower().startswith(
            ("href=http://", "href=https://", "href=mailto:")
        )
        is_code = name == "html_inline" and content in {"<code>", "</code>"}
        if not (name in PROSE and safe) and not is_code:
            yield name, attributes or content


def expected(harmless: Shape, subjects: Mapping[str, str]) -> Shape:
    """The shape that a text must have when each harmless word is such a subject instead."""
    changed: Shape = []
    for kind, attributes, content in harmless:
        for word, subject in subjects.items():
            content = content.replace(word, subject.replace(JOINER, ""))  # noqa: PLW2901 - one by one
        changed.append((kind, attributes, content.strip() if kind == "text" else content))
    return [part for part in changed if part != ("text", "", "")]


def _collect(token: Token, found: Shape) -> None:
    if token.children is not None and token.type == "inline":
        for child in token.children:
            _collect(child, found)
        return
    content = token.content.replace(JOINER, "")
    if token.type in {"text", "text_special"}:
        if found and found[-1][0] == "text":
            content = found.pop()[2] + content
        found.append(("text", "", content))
        return
    attributes = " ".join(f"{name}={value}" for name, value in sorted(token.attrs.items()))
    found.append((f"{token.type} {token.tag} {token.info}", attributes, content))


@cache
def _commonmark() -> MarkdownIt:
    return MarkdownIt("commonmark")


@cache
def _gfm() -> MarkdownIt:
    """GitHub and VS Code: tables, strikethrough, checkboxes, bare addresses, names of hosts."""
    return MarkdownIt("gfm-like").use(tasklists_plugin)


@cache
def _everything() -> MarkdownIt:
    """Whatever else notes are read with."""
    parser = MarkdownIt("gfm-like").use(tasklists_plugin).use(footnote_plugin).use(deflist_plugin)
    return parser.use(attrs_plugin).use(admon_plugin).use(container_plugin, "note")


PARSERS = {"commonmark": _commonmark, "gfm": _gfm, "everything": _everything}

OPENERS = {
    "SilverBullet runs Lua": r"\$\{",
    "Obsidian, Logseq, SilverBullet link or embed a page": r"\[\[",
    "MkDocs, Jekyll, Logseq, Hugo run a macro": r"\{\{|\{%|\{#",
    "Templater, EJS run JavaScript": r"<%",
    "a comment, or our own marker": r"<!--|-->|--!>",
    "HTML": r"<[A-Za-z/!?]",
    "Obsidian hides": r"%%",
    "a highlight": r"==",
    "Dataview, Logseq set a field": r"::",
    "an image": r"!\[",
    "a link, a reference, a definition": r"\]\(|\]\[|\]:",
    "an entity": r"&(?!#91;)#?\w+;",  # in a row, an unmatched `[` of ours
    "an address": r"\w://|(?i:www\.)",
    "an e-mail": r"\w@\w",
    "a footnote": r"\[\^|\^\[",
    "a block's name": r"(?<!\S)\^[\w-]",
    "SilverBullet's attribute": r"\[[\w$]+:",
    "SilverBullet's anchor": r"\$[A-Za-z_]",
    "a user": r"@\w",
    "Python-Markdown's attributes": r"(?<!⁠)(?<!⁠\\)\{",
    "Logseq refers to a block": r"\(\(",
    "Logseq's hiccup": r"\[:",
    "an emoji's name": r":(?!\d+:)[\w+-]+:",
    "pymdownx includes a file": r"-8<",
    "pymdownx's keys": r"\+\+[\w+-]+\+\+",
    "Dataview runs an expression": r"`=|`\$=",
    "Logseq's highlight": r"\^\^",
    "Obsidian's Tasks": r"[📅📆🗓⏳⌛🛫➕✅❌🔁🏁⛔🆔]\ufe0f? *[0-9A-Za-z]|[🔺⏫🔼🔽⏬]\ufe0f?\s*$",
    "Logseq's date": r"[<\[]\d{4}-",
    "Logseq's progress": r"\[\d+(?:/\d+|%)\]",
    "Critic markup": r"\{\+\+|\{--|\{~~|\{>>",
}
"""Who acts upon what in a page's source, as a regular expression; backslashes are no help there."""

BACKSLASHED = {
    "a tag": r"(?<!\\)(?:\\\\)*#(?!\d+\b)[^\s#⁠]",
    "a table's cell": r"(?<!\\)(?:\\\\)*\|",
    "a formula": r"(?<!\\)(?:\\\\)*\$(?![ \d])[^$\n]*[^$\s]\$(?!\d)",
}
"""The same, where a backslash before it helps."""


def openers(text: str, table: Mapping[str, str] = OPENERS | BACKSLASHED) -> Iterable[str]:
    """What would act in the text, each as often as it does."""
    for name, pattern in table.items():
        yield from [name] * len(re.findall(pattern, text, re.MULTILINE))
