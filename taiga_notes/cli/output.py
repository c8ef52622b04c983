"""What a person reads: lines on standard output, problems on standard error."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, TextIO

from taiga_notes.errors import BlockError, QueryError, TaigaNotesError, WriteError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PATIENCE, REFRESH = 1.0, 0.1
"""Seconds before a progress line shows, and between two of its states."""

RED, GREEN, CYAN, DIM = "31", "32", "36", "2"
CONTROLS = {code: " " for code in (*range(32), 127, *range(128, 160)) if code not in (9, 10)}
"""A terminal acts on control characters: strangers' text never sends any."""


def say(text: str) -> None:
    """One line on standard output."""
    print(safe(text, sys.stdout))


def write(text: str) -> None:
    """Text of several lines on standard output; a missing last newline is added."""
    if text:
        print(safe(text, sys.stdout), end="" if text.endswith("\n") else "\n")


def complain(text: str) -> None:
    """One line on standard error, under the program's name."""
    print(safe(f"taiga-notes: {text}", sys.stderr), file=sys.stderr)


def problem(error: TaigaNotesError, where: str = "") -> None:
    """An error on standard error: place, message, remedy and, for a query, line and caret."""
    print(safe(describe(error, where or place(error)), sys.stderr), file=sys.stderr)


def describe(error: TaigaNotesError, where: str) -> str:
    """An error's text: place, message and remedy, and the query's line over a caret."""
    text = f"{where}: {error}"
    if isinstance(error, QueryError) and error.source:
        # Tabs stay tabs, so that the caret stands under its character.
        pad = "".join("\t" if char == "\t" else " " for char in error.source[: error.column - 1])
        text += f"\n  {error.source}\n  {pad}^"
    return text


def place(error: TaigaNotesError) -> str:
    """Where it happened: `Page.md:12`, or the program's name."""
    if isinstance(error, BlockError) and error.page:
        return f"{error.page}:{error.line}"
    if isinstance(error, WriteError) and error.page:
        return error.page
    return "taiga-notes"


def safe(text: str, stream: TextIO) -> str:
    """The text without control characters and without what the stream can't encode."""
    encoding = stream.encoding or "utf-8"
    return text.translate(CONTROLS).encode(encoding, "replace").decode(encoding)


def coloured(text: str, colour: str, stream: TextIO | None = None) -> str:
    """The text in that colour where the stream is a terminal that has not asked for none."""
    stream = stream or sys.stdout
    if not stream.isatty() or os.environ.get("NO_COLOR"):
        return text
    return f"\x1b[{colour}m{text}\x1b[0m"


def diff_lines(lines: Iterable[str]) -> None:
    """A unified diff, coloured on a terminal."""
    colours = {"+": GREEN, "-": RED, "@": CYAN}
    for line in lines:
        text = safe(line, sys.stdout)
        print(coloured(text, colours[text[0]]) if text[:1] in colours else text)


def columns(rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Rows of cells as lines, cells of a column below each other."""
    table = [list(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for row in table:
        cells = [f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)]
        yield "  ".join(cells).rstrip()


class Progress:
    """A line that says how far a run is, on a terminal, once it takes longer than a second."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.started = time.monotonic()
        self.shown = 0.0

    def at(self, count: int) -> None:
        """Tells how many are done."""
        now = time.monotonic()
        if now - self.started < PATIENCE or now - self.shown < REFRESH or not sys.stderr.isatty():
            return
        self.shown = now
        print(f"\r{count} {self.what} …\x1b[K", end="", file=sys.stderr, flush=True)

    def clear(self) -> None:
        """Takes the line away, so that the next one starts at the left."""
        if self.shown:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)
            self.shown = 0.0
