"""List every field of a source, with its type and an example; of one field its known values."""

from __future__ import annotations

import os
import re
import shutil
import textwrap
from typing import TYPE_CHECKING

from taiga_notes.cli import opening, output
from taiga_notes.config.settings import WEB
from taiga_notes.config.user_file import load_user
from taiga_notes.errors import ConfigError, SourceError, did_you_mean
from taiga_notes.model.enrich import invented
from taiga_notes.model.kinds import (
    KINDS,
    PARTS,
    SOURCES,
    USERSTORIES,
    WITHOUT_ARCHIVED,
    fields_of,
    joins_of,
    kind_of,
)
from taiga_notes.model.parts import valued
from taiga_notes.refresh.field_values import (
    field_example,
    field_values,
    written_example,
    written_value,
)

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator, Sequence

    from taiga_notes.model.rows import Path, Row, Rows

PARTS_NAMED = [name for name in PARTS if name in SOURCES]
"""The lists of a project's detail that a query can name."""


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    parser.add_argument(
        "source",
        nargs="?",
        metavar="SOURCE[.FIELD]",
        help=f"one of {', '.join(SOURCES)}; default: all; with a field: its known values",
    )
    opening.add_source_arguments(parser)


def run(args: Namespace) -> int:
    """Prints the fields: examples are the project's own where they can be had.

    Raises:
        ConfigError: there is no such source, no such field of it, or no such server.
        SourceError: the project's values are asked for, and can't be had.
    """
    if args.server:
        load_user(os.environ, args.server)
    source, _, name = (args.source or "").partition(".")
    if source and source not in SOURCES:
        raise ConfigError(f"there is no source {source!r}", hint=did_you_mean(source, SOURCES))
    if name:
        return _say_values(args, SOURCES[source], name)
    kinds = [SOURCES[source]] if source else [*KINDS, *PARTS_NAMED]
    for number, kind in enumerate(kinds):
        if number:
            output.say("")
        _say_filters(kind)
        for line in output.columns(_described(args, kind)):
            output.say(f"  {line}")
    return 0


def _described(args: Namespace, kind: str) -> list[Sequence[str]]:
    """A line for each field: with examples of the project's own if one source is asked for.

    Where there are none to be had, a word why is said.
    """
    if args.source:
        try:
            # Looked at while it is open: rows that are stored nowhere go with it.
            with opening.opened(args) as opened:
                return [*_lines(kind, opened.rows(kind))]
        except (ConfigError, SourceError) as error:
            output.complain(f"the examples are invented: {error}")
    return [*_lines(kind, None)]


def _say_filters(kind: str) -> None:
    width = min(shutil.get_terminal_size().columns, 100)
    text = f"{kind}{{…}} takes {', '.join(sorted(kind_of(kind).filters))}"
    for line in textwrap.wrap(text, width, subsequent_indent="  ", break_on_hyphens=False):
        output.say(line)
    if kind == USERSTORIES.name:
        output.say(WITHOUT_ARCHIVED)


def _say_values(args: Namespace, kind: str, name: str) -> int:
    """Prints the values that a field may have, one a line."""
    is_listed = valued(kind, tuple(name.split("."))) is not None
    whole = re.split(r"[.\[]", name, maxsplit=1)[0]
    is_joined = not is_listed and whole in joins_of(kind)
    if not (name in fields_of(kind) or is_listed or is_joined):
        hint = did_you_mean(name, fields_of(kind))
        raise ConfigError(f"{kind} have no field {name!r}", hint=hint)
    with opening.opened(args) as opened:
        if is_joined:
            raise ConfigError(
                f"no list of {kind} holds {name}, so that its values are not known",
                hint=f"ask for those of some rows: from {kind} where … select {name}",
            )
        known = field_values(kind, name, opened.rows)
        opened.report_age()
    for value in dict.fromkeys(map(written_value, known)):
        output.say(value)
    return 0


def _lines(kind: str, rows: Rows | None) -> Iterator[Sequence[str]]:
    yield "FIELD", "TYPE", "EXAMPLE", ""
    item = invented(kind, WEB) if kind in KINDS else {}
    for name, field in fields_of(kind).items():
        path = tuple(name.split("."))
        example = _at(item, path) if rows is None else field_example(rows, name)
        if name in joins_of(kind) or (rows is None and kind in PARTS):
            example = field.example
        yield name, field.type, written_example(example), field.meaning


def _at(item: Row, path: Path) -> object:
    value: object = item
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value
