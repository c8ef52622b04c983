"""The short template of an `each` clause: where its expressions are, in either spelling.

`%{row.subject | upper}` is the same as `{{ row.subject | upper }}`, and nothing to programs that
take `{{` for a template of their own wherever it stands in a page (MkDocs, Jekyll, Hugo, Logseq).
A literal `%{` is `%{'%{'}`, as Jinja's own `{{` is `{{ '{{' }}`.
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
