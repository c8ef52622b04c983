"""Clear what is stored of Taiga; the next render reads everything anew."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from taiga_notes.cli import opening, output
from taiga_notes.system.paths import user_folders
from taiga_notes.taiga.source import Taiga

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    parser.add_argument("action", choices=("clear",))
    opening.add_vault_argument(parser)
    opening.add_server_argument(parser)


def run(args: Namespace) -> int:
    """Deletes the store of each server and account, or of the one that is named.

    Raises:
        SourceError: one can't be deleted.
    """
    for settings in opening.at_each_server(opening.settings(args.vault, args.server), args.server):
        with Taiga.open(settings, user_folders(os.environ)) as taiga:
            file = taiga.status().file
            taiga.clear()
        output.say(
            f"cleared {file}" if file else "nothing is stored: the cache folder can't be used"
        )
    return 0
