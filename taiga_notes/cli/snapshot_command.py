"""Write the project's lists into a file, for `--snapshot FILE` on a machine without Taiga."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from taiga_notes.cli import opening, output
from taiga_notes.cli.report import shown_progress
from taiga_notes.config.loading import demand_own_server
from taiga_notes.errors import ConfigError, SourceError
from taiga_notes.model.details import PIECES
from taiga_notes.system.atomic_write import is_stream, save_file
from taiga_notes.taiga.snapshot import Snapshot, write_snapshot

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

_WRITABLE = stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    parser.add_argument("file", metavar="FILE", type=Path)
    parser.add_argument(
        "--with",
        dest="pieces",
        action="append",
        choices=PIECES,
        default=[],
        help="also what lists leave out of the items; may be given several times",
    )
    parser.add_argument("--force", action="store_true", help="replace a FILE of another kind")
    opening.add_source_arguments(parser)


def run(args: Namespace) -> int:
    """Writes the file: whole lists of every kind, project details, pieces of items, no secrets.

    Raises:
        ConfigError: no project is set, or the file holds something else.
        SourceError: a list can't be had.
    """
    if not args.force:
        _demand_replaceable(args.file)
    found = opening.settings(args.vault, args.server)
    if not args.server:
        demand_own_server(found)
    # Of the server, also where pages are rendered from a file: perhaps it is this one.
    asking = replace(found, vault=replace(found.vault, snapshot=None))
    with opening.opened(args, asking) as opened:
        if opened.project is None:
            raise ConfigError(
                "no project is set", hint="use --project SLUG, or set `project` in taiga-notes.toml"
            )
        web, source = opened.settings.web, opened.snapshot or opened.taiga
        with shown_progress():
            text = write_snapshot(source, source.projects(opened.project), web, args.pieces)
    try:
        save_file(str(args.file), text.encode())
    except OSError as error:
        raise _unwritable(args.file, error) from error
    if not is_stream(str(args.file)):
        output.say(f"wrote {args.file}")
    opened.report_age()
    return opened.status


def _demand_replaceable(file: Path) -> None:
    """Check that nothing is lost with what the file holds.

    Raises:
        ConfigError: it is neither a snapshot nor empty, or not to be written.
    """
    try:
        if is_stream(str(file)):
            return
        status = file.stat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise _unwritable(file, error) from error
    if not (status.st_mode & _WRITABLE and os.access(file, os.W_OK)):
        raise _left(file, "it is read-only")
    if status.st_size and not _is_snapshot(file):
        raise _left(file, "it is there, and no snapshot")


def _is_snapshot(file: Path) -> bool:

    try:
        return not Snapshot.read(file).others
    except SourceError:
        return False


def _left(file: Path, why: str) -> ConfigError:
    hint = "name another file, or replace it with --force"
    return ConfigError(f"{file} is left as it is: {why}", hint=hint)


def _unwritable(file: Path, error: OSError) -> ConfigError:
    hints = {
        errno.EISDIR: f"name a file in it: {file / 'taiga.json'}",
        errno.ENOENT: "make the folder first",
    }
    hint = hints.get(error.errno or 0, "name another file")
    return ConfigError(f"{file} can't be written: {error.strerror}", hint=hint)
