"""What a person reads: lines on standard output, problems on standard error."""

from __future__ import annotations

import os
import sys

from taiga_notes.errors import BlockError, QueryError, TaigaNotesError, WriteError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TextIO

RED, GREEN, CYAN = "31", "32", "36"
LONGEST_LINE = 200
"""Characters of a query's line that a message shows."""

CONTROLS = {code: " " for code in (*range(32), *range(127, 160)) if code not in (9, 10)}
"""A terminal acts on control characters: strangers' text never sends any."""

DIRECTIONS = dict.fromkeys((0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
"""What would show a line's characters in another order than they have."""


def say(text: str) -> None:
    """One line on standard output."""
    _put(text, sys.stdout)


def say_json(document: object) -> None:
    """One JSON document on standard output, which reads back as it was, whatever the encoding."""
    import json  # noqa: PLC0415  (for machines only)
    import re  # noqa: PLC0415

    is_unicode = (sys.stdout.encoding or "").lower() == "utf-8"
    text = json.dumps(document, ensure_ascii=not is_unicode, indent=1)
    # What `safe` would drop, and half characters, which no encoding has; JSON can name them.
    odd = "".join(map(chr, (*range(127, 160), *DIRECTIONS))) + "\ud800-\udfff"
    say(re.sub(f"[{odd}]", lambda match: f"\\u{ord(match[0]):04x}", text))


def write(text: str) -> None:
    """Text of several lines on standard output; a missing last newline is added."""
    if text:
        say(text.removesuffix("\n"))


def complain(text: str) -> None:
    """One line on standard error, under the program's name."""
    _put(f"taiga-notes: {text}", sys.stderr)


def problem(error: TaigaNotesError, where: str = "") -> None:
    """An error on standard error: place, message, remedy and, for a query, line and caret."""
    _put(describe(error, where or place(error)), sys.stderr)


def _put(text: str, stream: TextIO) -> None:
    _print(safe(text), stream)


def _print(line: str, stream: TextIO) -> None:
    try:
        print(line, file=stream)
    except BrokenPipeError:
        # The reader is gone (`| head`): the pages that are left are none the worse for that.
        silence(stream)


def silence(stream: TextIO) -> None:
    """Drop what is still to be written, also by the interpreter when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


def describe(error: TaigaNotesError, where: str) -> str:
    """An error's text: place, message and remedy, and the query's line over a caret."""
    text = f"{where}: {error}"
    if isinstance(error, QueryError) and error.source:
        # Tabs stay tabs, so that the caret stands under its character.
        source, column = _shortened(error.source, error.column - 1)
        pad = "".join("\t" if char == "\t" else " " for char in source[:column])
        text += f"\n  {source}\n  {pad}^"
    return text


def _shortened(source: str, column: int) -> tuple[str, int]:
    """As much of a line around its column as fits under a message, and the column in that."""
    start = max(column - LONGEST_LINE // 2, 0) if len(source) > LONGEST_LINE else 0
    return source[start : start + LONGEST_LINE], column - start


def place(error: TaigaNotesError) -> str:
    """Where it happened: `Page.md:12`, or the program's name."""
    if isinstance(error, BlockError) and error.page:
        return f"{error.page}:{error.line}"
    if isinstance(error, WriteError) and error.page:
        return error.page
    return "taiga-notes"


def safe(text: str) -> str:
    """The text without what would act on a terminal."""
    return text.translate(CONTROLS | DIRECTIONS)


def _coloured(text: str, colour: str | None) -> str:
    # https://no-color.org, and what editors' own terminals say
    if colour is None or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return text
    return f"\x1b[{colour}m{text}\x1b[0m"


def diff_lines(lines: Iterable[str]) -> None:
    """A unified diff: coloured on a terminal, elsewhere to the byte, as `patch` takes it."""
    colours = {"+": GREEN, "-": RED, "@": CYAN}
    for line in lines:
        if sys.stdout.isatty():
            text = safe(line)
            _print(_coloured(text, colours.get(text[:1])), sys.stdout)
        else:
            _print(line, sys.stdout)


def count(number: int, noun: str) -> str:
    """`1 page`, `2 pages`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def columns(rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Rows of cells as lines, cells of a column below each other."""
    table = [list(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)]
        yield "  ".join(cells).rstrip()
