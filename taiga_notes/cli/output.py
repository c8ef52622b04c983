"""What a person reads: lines on standard output, problems on standard error."""

from __future__ import annotations

import os
import sys
from io import BufferedWriter, FileIO, TextIOWrapper

from taiga_notes.errors import BlockError, QueryError, TaigaNotesError, WriteError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from typing import TextIO

    from taiga_notes.bake.live import Overlooked

RED, GREEN, CYAN, BOLD = "31", "32", "36", "1"
NARROWEST = 8
"""Columns that a table's column keeps on a terminal, however little room there is."""

OVERLOOKED = (
    ("live", "live query", "live queries", "`taiga-notes bake` turns them into blocks"),
    ("in code", "marker in code", "markers in code", "what is shown as code is text"),
)
"""By the value of `bake.live.OverlookedKind`: a noun, its plural, and what to do."""

LONGEST_LINE = 200
"""Characters of a query's line that a message shows."""

UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))
"""Seconds of what ages are told in."""

SLACK = 60
"""Seconds that a moment may lie ahead: clocks are corrected by as much all the time."""

MOST_NAMES = 3
"""Of pages in one line."""

CONTROLS = {code: " " for code in (*range(32), *range(127, 160)) if code not in (9, 10)}
"""A terminal acts on control characters: strangers' text never sends any."""

DIRECTIONS = dict.fromkeys((0x61C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
"""What would show a line's characters in another order than they have."""


def say(text: str) -> None:
    """One line on standard output."""
    _put(_one_line(text), sys.stdout)


def say_json(document: object) -> None:
    """One JSON document on standard output, which reads back as it was, whatever the encoding."""
    _put(_json(document, indent=1), sys.stdout)


def say_json_line(document: object) -> None:
    """The same on one line, for programs that read lines."""
    say(_json(document, indent=None))


def _json(document: object, *, indent: int | None) -> str:
    import json  # noqa: PLC0415  (for machines only)
    import re  # noqa: PLC0415

    is_unicode = (sys.stdout.encoding or "").lower() == "utf-8"
    text = json.dumps(document, ensure_ascii=not is_unicode, indent=indent)
    # What `safe` would drop, and half characters, which no encoding has; JSON can name them. The
    # last two end a line for some.
    odd = "".join(map(chr, (*range(127, 160), *DIRECTIONS))) + "\ud800-\udfff\u2028\u2029"
    return re.sub(f"[{odd}]", lambda match: f"\\u{ord(match[0]):04x}", text)


def write_file(data: bytes) -> None:
    """A file's content on standard output, where no line end is changed."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except OSError as error:
        lose(sys.stdout, error)


def write(text: str) -> None:
    """Text of several lines on standard output; a missing last newline is added."""
    if text:
        _put(text.removesuffix("\n"), sys.stdout)


def complain(text: str) -> None:
    """One line on standard error, under the program's name."""
    _put(_one_line(f"taiga-notes: {text}"), sys.stderr)


def problem(error: TaigaNotesError, where: str = "", sentence: str = "") -> None:
    """An error on standard error: place, message, remedy and, for a query, line and caret.

    Args:
        error: what is wrong.
        where: the place, where the error does not say it.
        sentence: what is told of it, where the place says some of that.
    """
    where = _one_line(where or place(error))
    message, *lines = safe(describe(error, where, sentence)).split("\n")
    painted = paint(safe(where), RED, sys.stderr) + message.removeprefix(safe(where))
    if lines:
        lines[-1] = paint(lines[-1], RED, sys.stderr)
    _print("\n".join([painted, *lines]), sys.stderr)


def _one_line(text: str) -> str:
    # A page's name may hold a newline, and GitHub's workflows obey lines that begin with `::`.
    return text.replace("\n", " ")


def _put(text: str, stream: TextIO) -> None:
    _print(safe(text), stream)


def _print(line: str, stream: TextIO) -> None:
    try:
        print(line, file=stream)
    except OSError as error:
        # The reader is gone (`| head`) or the disk full: the pages that are left are none the
        # worse for that.
        lose(stream, error)


def lose(stream: TextIO, error: OSError) -> None:
    """Drop all output from here on, as it can't be written; who flushes it is told why."""
    silence(stream)
    if stream is sys.stdout:
        sys.stdout = _Lost(stream, error)


def silence(stream: TextIO) -> None:
    """Drop what is still to be written, also by the interpreter when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)
    if isinstance(stream, _Lost):
        sys.stdout = stream.former


class _Lost(TextIOWrapper):
    """Standard output that could not be written: it takes anything, and its flush says why."""

    def __init__(self, former: TextIO, error: OSError) -> None:
        nowhere = BufferedWriter(FileIO(os.devnull, "w"))
        super().__init__(nowhere, encoding="utf-8", errors="replace")
        self.former = former
        self._error = error

    def flush(self) -> None:
        raise self._error


def passed_by(templates: Sequence[str]) -> None:
    """Says once that pages are left alone because they are templates."""
    if templates:
        number = count(len(templates), "template")
        names = _first_of(templates)
        complain(f"{number} passed by: {names} (`--no-exclude` takes them for pages)")


def overlooked(found: Sequence[tuple[str, Overlooked]]) -> None:
    """Says what looks as if it were meant for us and is not: each typing error, the sum of others.

    Args:
        found: with the page of each.
    """
    for page, each in found:
        if each.hint:
            complain(f"{page}:{each.line}: nearly a marker, so it is passed by: {each.hint}")
    for what, noun, nouns, advice in OVERLOOKED:
        places = [f"{page}:{each.line}" for page, each in found if each.what.value == what]
        if places:
            number = f"1 {noun}" if len(places) == 1 else f"{len(places)} {nouns}"
            complain(f"{number} passed by: {_first_of(places)} ({advice})")


def _first_of(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")


def describe(error: TaigaNotesError, where: str, sentence: str = "") -> str:
    """An error's text: place, message and remedy, and the query's line over a caret."""
    text = f"{where}: {sentence or error}"
    if isinstance(error, QueryError) and error.source:
        # Tabs stay tabs, so that the caret stands under its character.
        source, column = _shortened(error.source, error.column - 1)
        pad = "".join("\t" if char == "\t" else " " for char in source[:column])
        # Else a workflow of GitHub's would obey what a page has there.
        lead = "| " if source.lstrip().startswith("::") else ""
        text += f"\n  {lead}{source}\n  {' ' * len(lead)}{pad}^"
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


def paint(text: str, colour: str | None, stream: TextIO) -> str:
    """Safe text in a colour, where the stream shows colours and they are wanted."""
    return f"\x1b[{colour}m{text}\x1b[0m" if colour and text and _is_coloured(stream) else text


def _is_coloured(stream: TextIO) -> bool:
    # https://no-color.org and https://force-color.org, and what editors' own terminals say
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "0") not in {"", "0"}:
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def diff_lines(lines: Iterable[str]) -> None:
    """A unified diff: coloured on a terminal, elsewhere to the byte, as `patch` takes it."""
    colours = {"+": GREEN, "-": RED, "@": CYAN}
    for line in lines:
        if sys.stdout.isatty() or _is_coloured(sys.stdout):
            text = safe(line)
            _print(paint(text, colours.get(text[:1]), sys.stdout), sys.stdout)
        else:
            _print(line, sys.stdout)


def mark(word: str, colour: str, text: str) -> None:
    """A line on standard output that begins with a word in a colour."""
    _print(paint(word, colour, sys.stdout) + safe(text), sys.stdout)


def count(number: int, noun: str) -> str:
    """`1 page`, `2 pages`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def ago(moment: datetime) -> str:
    """How long ago that was, aware: `3 min ago`.

    What lies ahead was told by a clock that has been set back since: nobody knows how old it is.
    """
    from taiga_notes.system import clock  # noqa: PLC0415  (few commands tell ages)

    seconds = (clock.now() - moment).total_seconds()
    for unit, name in UNITS:
        if seconds >= unit:
            return f"{seconds // unit:.0f} {name} ago"
    if seconds > -SLACK:
        return "just now"
    return f"{moment.astimezone():%Y-%m-%d %H:%M}, by a clock that was ahead of this one"


def columns(rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Rows of cells as lines, cells of a column below each other; no wider than a terminal."""
    from taiga_notes.markdown.tables import cut, width_of  # noqa: PLC0415  (for tables only)

    table = [list(row) for row in rows]
    widths = _fitted([max(map(width_of, column)) for column in zip(*table, strict=True)])
    for row in table:
        cells = [cut(cell, width) for cell, width in zip(row, widths, strict=True)]
        padded = (
            cell + " " * (width - width_of(cell)) for cell, width in zip(cells, widths, strict=True)
        )
        yield "  ".join(padded).rstrip()


def _fitted(widths: list[int]) -> list[int]:
    """The widths, the largest ones cut alike until they fit a terminal; elsewhere as they are."""
    if not sys.stdout.isatty():
        return widths
    from shutil import get_terminal_size  # noqa: PLC0415  (at terminals only)

    room = get_terminal_size().columns - 2 * (len(widths) - 1)
    most = max(widths, default=0)
    while most > NARROWEST and sum(min(width, most) for width in widths) > room:
        most -= 1
    return [min(width, most) for width in widths]
