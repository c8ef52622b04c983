"""List every field of a source, with its type and an example value."""

from __future__ import annotations

import json
import os
import shutil
import textwrap
from typing import TYPE_CHECKING

from taiga_notes.cli import opening, output
from taiga_notes.config.settings import WEB, load_user
from taiga_notes.errors import ConfigError, SourceError
from taiga_notes.model.enrich import invented
from taiga_notes.model.kinds import ADDED, KINDS, SOURCES, Field

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator, Mapping, Sequence

    from taiga_notes.model.rows import Path, Row, Rows

WIDEST = 48
"""Characters of an example; a longer one is cut."""

LOOKED_AT = 200
"""Rows among which a field's example is looked for."""


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    parser.add_argument(
        "source",
        nargs="?",
        choices=SOURCES,
        metavar="SOURCE",
        help=f"one of {', '.join(SOURCES)}; default: all",
    )
    opening.add_source_arguments(parser)


def run(args: Namespace) -> int:
    """Prints the fields: examples are the project's own where they can be had.

    Raises:
        ConfigError: there is no such server.
    """
    if args.server:
        load_user(os.environ, args.server)
    kinds = [SOURCES[args.source]] if args.source else KINDS
    for number, kind in enumerate(kinds):
        if number:
            output.say("")
        rows = _rows(args, kind) if args.source else None
        _say_filters(kind)
        for line in output.columns(_lines(kind, rows)):
            output.say(f"  {line}")
    return 0


def _say_filters(kind: str) -> None:
    width = min(shutil.get_terminal_size().columns, 100)
    text = f"{kind}{{…}} takes {', '.join(sorted(KINDS[kind].filters))}"
    for line in textwrap.wrap(text, width, subsequent_indent="  ", break_on_hyphens=False):
        output.say(line)


def _rows(args: Namespace, kind: str) -> Rows | None:
    """The project's rows; None, and a word why, where there are none to be had."""
    try:
        with opening.opened(args) as opened:
            return opened.rows(kind)
    except (ConfigError, SourceError) as error:
        output.complain(f"the examples are invented: {error}")
        return None


def _lines(kind: str, rows: Rows | None) -> Iterator[Sequence[str]]:
    yield "FIELD", "TYPE", "EXAMPLE", ""
    known: Mapping[str, Field] = {**ADDED, **KINDS[kind].fields}
    example_item = invented(kind, WEB)
    for name, field in known.items():
        path = tuple(name.split("."))
        example = _at(example_item, path) if rows is None else _example(rows, path)
        yield name, field.type, _shown(example), field.meaning


def _at(item: Row, path: Path) -> object:
    value: object = item
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _example(rows: Rows, path: Path) -> object:
    for value in rows.column(path)[:LOOKED_AT]:
        if value is not None:
            return value
    return None


def _shown(example: object) -> str:
    if example is None:
        return "nil"
    text = json.dumps(example, ensure_ascii=False)
    return text if len(text) <= WIDEST else f"{text[: WIDEST - 1]}…"
