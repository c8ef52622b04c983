"""Strangers' Markdown, made inert: what a description says, without what it could do to a page.

Pure. Paragraphs, emphasis, lists, links to where a note may lead, and code are written anew, each
text in them made inert by its place; all else is text. So there is no HTML, no image, no heading
and no element that is not among these, whatever the text holds. What can't be read within the
bounds below is text as well: nothing here takes longer than a text is long.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from taiga_notes.markdown.places import NOWHERE, address, block_text, code, link
from taiga_notes.markdown.text import BEGIN, END, Markdown, mark

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MOST: Final = 2_000
"""Characters of a text that are shown, where nobody says another number."""

_DEEPEST: Final = 3  # lists within lists
_INDENT: Final = 40  # blanks at the start of a line of code

_FENCE = re.compile(r"\s*(`{3,}(?!`)|~{3,}(?!~))[^`]*\Z")
_ITEM = re.compile(r"([ \t]*)(?:[-*+]|(\d{1,9})[.)])[ \t]+(?=\S)(.*)")
_HEADING = re.compile(r" {0,3}#{1,6}(?:[ \t](.*)|\Z)")
_RULE = re.compile(r"=+\Z|-+\Z|(?:[-*_][ \t]*){3,}\Z")
_BREAK = re.compile(r"(?<!\\)\\\Z")
_QUOTE = re.compile(r"\A[ \t]*(?:>[ \t]?)+")

_INLINE = re.compile(
    r"""
    (?P<escape>\\[!-/:-@\[-`{-~])
  | (?P<ticks>(?<!`)`{1,3}(?!`)) (?P<code>[^`\n]{1,300}) (?P=ticks)(?!`)
  | !?\[ (?P<label>[^\[\]\n]{0,300}) \]\( <? (?P<url>[^\s<>()]{1,500}) >?
        (?:[ ]+"[^"\n]{0,200}")? \)
  | (?P<bare> (?<![\w/]) https?://[^\s<>()\[\]"'`*|\\]{1,500} )
  | (?<![\w*_]) (?P<run>\*{1,2}|_{1,2}) (?P<words>\w(?:[^*_\n]{0,300}[\w.!?)])?) (?P=run)(?![\w*_])
    """,
    re.VERBOSE,
)
_PUNCTUATION: Final = ".,;:!?"

_SPELLED = re.compile(r"\\([!-/:-@\[-`{-~])|&(?:#(\d{1,6})|(amp|apos|gt|lt|nbsp|quot));")
_NAMED: Final = {"amp": "&", "apos": "'", "gt": ">", "lt": "<", "nbsp": " ", "quot": '"'}
"""What Taiga's own editor writes for these."""


def prose(text: str, most: int = MOST) -> Markdown:
    """A text as Markdown that holds no more than text, emphasis, lists, safe links and code.

    Args:
        text: as it was written.
        most: how many characters of it are shown; that it is longer is told where it is cut.

    Returns:
        Finished Markdown, EDGEs included: blocks with blank lines between. Where there are several
        lines, BEGIN and END are around them.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    shown = lines if len(lines) <= most else _cut(lines, most)
    blocks = [*_blocks(shown.split("\n"))]
    if shown is not lines:
        blocks.append(f"… (cut: {len(shown):,} of {len(lines):,} characters)")
    written = "\n\n".join(block for block in blocks if block)
    return Markdown(f"{BEGIN}{written}{END}" if "\n" in written else written)


def _cut(text: str, most: int) -> str:
    """At most so many characters, up to a blank where there is one."""
    shown = text[: max(most, 0)]
    blank = max(shown.rfind(" "), shown.rfind("\n"))
    return shown[:blank] if blank > len(shown) // 2 else shown


def _blocks(lines: list[str]) -> Iterator[str]:
    """Each block, in order."""
    waiting = [*reversed(lines)]
    while waiting:
        line = waiting.pop()
        if fence := _FENCE.match(line):
            yield _code(fence[1], waiting)
        elif not line.strip() or _RULE.match(line.strip()):
            continue
        elif heading := _HEADING.match(line):
            yield _emphasised(_title(heading[1] or ""), "**")
        elif _ITEM.match(line):
            waiting.append(line)
            yield _list(waiting)
        else:
            waiting.append(line)
            yield _paragraph(waiting)


def _title(text: str) -> str:
    """A heading's text, without the `#` that may close it."""
    text = text.strip()
    title = text.rstrip("#")
    return title.rstrip() if title[-1:].isspace() or not title else text


def _code(run: str, waiting: list[str]) -> str:
    """A block of code, up to its fence or the text's end."""
    lines = []
    while waiting:
        line = waiting.pop()
        if line.strip().startswith(run) and not line.strip().strip(run[0]):
            break
        indent = min(len(line) - len(line.lstrip(" ")), _INDENT)
        lines.append(" " * indent + block_text(line) if line.strip() else "")
    return "\n".join(["```", *lines, "```"]) if any(lines) else ""


def _paragraph(waiting: list[str]) -> str:
    # What nothing else takes is text, so that there is an end.
    lines = [waiting.pop()]
    while waiting and not _begins_block(waiting[-1]):
        lines.append(waiting.pop())
    return _inline(_joined(_QUOTE.sub("", line, count=1) for line in lines))


def _begins_block(line: str) -> bool:
    return (
        not line.strip()
        or _RULE.match(line.strip()) is not None
        or any(begins.match(line) for begins in (_FENCE, _HEADING, _ITEM))
    )


def _list(waiting: list[str]) -> str:
    """A list, with those within it: items whose indentation is deeper."""
    items: list[str] = []
    margins: list[tuple[int, str]] = []
    while waiting and (found := _ITEM.match(waiting[-1])):
        waiting.pop()
        width = len(found[1].expandtabs(4))
        while margins and width <= margins[-1][0]:
            margins.pop()
        before = "".join(bullet for _, bullet in margins)
        bullet = "- " if found[2] is None else f"{min(int(found[2]), 999)}. "
        text = _inline(_joined([found[3], *_continued(waiting)])) or "…"
        items.append(" " * len(before) + bullet + text)
        if len(margins) < _DEEPEST - 1:
            margins.append((width, bullet))
    return "\n".join(items)


def _continued(waiting: list[str]) -> Iterator[str]:
    while waiting and not _begins_block(waiting[-1]):
        yield waiting.pop()


def _joined(lines: Iterable[str]) -> str:
    """Lines as one; a backslash at the end of one is where it breaks."""
    *before, last = (line.strip() for line in lines)
    return " ".join([*(_BREAK.sub("", line) for line in before), last])


def _inline(text: str) -> str:
    """What stands within a block, on one line."""
    parts, done = [], 0
    for found in _INLINE.finditer(text):
        if found["escape"]:
            continue  # a sign that is text: made inert with what is beside it
        written, end = _element(found)
        if written:
            parts += [_plain(text[done : found.start()]), written]
            done = end
    return "".join([*parts, _plain(text[done:])]).strip(" ")


def _element(found: re.Match[str]) -> tuple[str, int]:
    """Code, a link or emphasis, and where it ends; empty where it is none."""
    if found["code"]:
        return code(found["code"]), found.end()
    if found["url"]:
        url = found["url"]
        leads = address(url) != NOWHERE
        return link(_meant(found["label"]).strip() or url, url) if leads else "", found.end()
    if found["bare"]:
        url = found["bare"].rstrip(_PUNCTUATION)
        return link(url, url), found.start() + len(url)
    return _emphasised(found["words"], found["run"].replace("_", "*")), found.end()


def _emphasised(text: str, run: str) -> str:
    """Emphasis where it is such for any reader: between letters and blanks."""
    written = mark(_meant(text))
    inner = text.strip()
    if inner[:1].isalnum() and inner[-1:].isalnum():
        return f"{run}{written}{run}"
    return written


def _meant(text: str) -> str:
    """The text that a reader of Markdown sees: without the backslashes, signs for their names."""

    def sign(found: re.Match[str]) -> str:
        number = int(found[2] or 0)
        is_half = 0xD800 <= number < 0xE000  # noqa: PLR2004 - half of a character, as UTF-16 has it
        return found[1] or _NAMED.get(found[3]) or ("\ufffd" if is_half else chr(number))

    return _SPELLED.sub(sign, text) if "\\" in text or "&" in text else text


def _plain(text: str) -> str:
    """Inert text, with the blanks at its ends that `mark` takes away."""
    written = mark(_meant(text))
    if not written:
        return " " if text else ""
    before = " " if text[:1].isspace() else ""
    return before + written + (" " if text[-1:].isspace() else "")
