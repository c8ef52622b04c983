"""Write the project's lists into a file, for `--snapshot FILE` on a machine without Taiga."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from taiga_notes.cli import context, output
from taiga_notes.errors import ConfigError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    parser.add_argument("file", metavar="FILE", type=Path)
    context.add_source_arguments(parser)


def run(args: Namespace) -> int:
    """Writes the file: whole lists of every kind, project details, no secrets.

    Raises:
        ConfigError: no project is set.
        SourceError: a list can't be had.
    """
    from taiga_notes.taiga.snapshot_writer import write_snapshot  # noqa: PLC0415

    with context.opened(args) as opened:
        if opened.project is None:
            raise ConfigError(
                "no project is set", hint="use --project SLUG, or set `project` in taiga-notes.toml"
            )
        web = opened.settings.web
        text = write_snapshot(opened.source, [opened.project], web)
    try:
        args.file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{args.file} can't be written: {error.strerror}") from error
    output.say(f"wrote {args.file}")
    opened.report_age()
    return opened.status
