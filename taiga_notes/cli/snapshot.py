"""Write the project's lists into a file, for `--snapshot FILE` on a machine without Taiga."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from taiga_notes.atomic_write import save_file
from taiga_notes.cli import context, output
from taiga_notes.errors import ConfigError, SourceError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    parser.add_argument("file", metavar="FILE", type=Path)
    parser.add_argument("--force", action="store_true", help="replace a FILE of another kind")
    context.add_source_arguments(parser)


def run(args: Namespace) -> int:
    """Writes the file: whole lists of every kind, project details, no secrets.

    Raises:
        ConfigError: no project is set, or the file holds something else.
        SourceError: a list can't be had.
    """
    from taiga_notes.taiga.snapshot_writer import write_snapshot  # noqa: PLC0415

    if not args.force:
        _demand_replaceable(args.file)
    with context.opened(args) as opened:
        if opened.project is None:
            raise ConfigError(
                "no project is set", hint="use --project SLUG, or set `project` in taiga-notes.toml"
            )
        web = opened.settings.web
        text = write_snapshot(opened.source, [opened.project], web)
    try:
        save_file(str(args.file), text.encode())
    except OSError as error:
        raise ConfigError(f"{args.file} can't be written: {error.strerror}") from error
    output.say(f"wrote {args.file}")
    opened.report_age()
    return opened.status


def _demand_replaceable(file: Path) -> None:
    """Check that nothing is lost with what the file holds.

    Raises:
        ConfigError: it is neither a snapshot nor empty.
    """
    from taiga_notes.taiga.snapshot import Snapshot  # noqa: PLC0415

    if not file.is_file() or not file.stat().st_size:
        return  # also a pipe or a device, into which one writes
    try:
        if not Snapshot.read(file).others:
            return
    except SourceError:
        pass
    raise ConfigError(
        f"{file} is left as it is: it is there, and no snapshot",
        hint="name another file, or replace it with --force",
    )
