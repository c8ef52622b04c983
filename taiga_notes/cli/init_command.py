"""Write a commented taiga-notes.toml, which makes a folder a vault."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from taiga_notes.cli import output
from taiga_notes.config.example import example
from taiga_notes.config.settings import VAULT_FILE
from taiga_notes.errors import ConfigError
from taiga_notes.system.atomic_write import create_file
from taiga_notes.system.paths import vault_root

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    parser.add_argument("folder", nargs="?", default=".", type=Path, help="default: this one")
    parser.add_argument("--project", metavar="SLUG", help="the project of pages that name none")


def run(args: Namespace) -> int:
    """Writes the file, and says what comes next.

    Raises:
        ConfigError: there is one already, or the folder can't be written.
    """
    file = args.folder / VAULT_FILE
    try:
        create_file(str(file), example(args.project).encode())
    except FileExistsError:
        raise ConfigError(f"{file} exists already", hint="edit it, or remove it first") from None
    except OSError as error:
        hint = "make the folder first" if isinstance(error, FileNotFoundError) else ""
        raise ConfigError(f"{file} can't be written: {error.strerror}", hint=hint) from error
    output.say(f"wrote {file}")
    _warn_of_outer(args.folder)
    if not args.project:
        output.say("next: set `project` in it: the slug behind /project/ in Taiga's addresses")
    output.say("next: `taiga-notes login`, then `taiga-notes doctor`, then `taiga-notes render`")
    return 0


def _warn_of_outer(folder: Path) -> None:
    outer, file = vault_root(str(folder.resolve().parent))
    if file:
        # `.` is what people give, and no name.
        output.complain(
            f"{folder.resolve()} lies in the vault {outer},"
            " which leaves it and its pages alone from now on"
        )
