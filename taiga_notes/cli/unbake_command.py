"""Turn blocks back into the live queries and fences that they were; their output goes."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from taiga_notes.bake.baking import Baked, unbake
from taiga_notes.cli.bake_command import add_arguments as add_page_arguments
from taiga_notes.cli.bake_command import migrate
from taiga_notes.errors import BlockError
from taiga_notes.page.splice import EDITED, UNKNOWN, Origin, find_blocks, has_marker, origin

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

    from taiga_notes.cli.bake_command import Turn
    from taiga_notes.config.settings import Settings
    from taiga_notes.page.commonmark import Dialect
    from taiga_notes.vault.remembered_bodies import RememberedBodies
    from taiga_notes.vault.vault import Vault
    from taiga_notes.vault.writer import PageFile


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    add_page_arguments(parser)
    parser.add_argument("--force", action="store_true", help="drop text edited by hand as well")


def run(args: Namespace) -> int:
    """Unbakes."""

    def turner(vault: Vault, _settings: Settings) -> Turn:
        if args.force:
            return partial(_turned, vault.dialect)
        return partial(_turned_if_ours, vault.bodies(), vault.dialect)

    return migrate(args, has_marker, turner)


def _turned(dialect: Dialect, page: PageFile) -> Baked:

    return unbake(page.text, page=page.name, dialect=dialect)


def _turned_if_ours(bodies: RememberedBodies, dialect: Dialect, page: PageFile) -> Baked:
    """The page unbaked, unless that would drop what somebody wrote.

    Raises:
        BlockError: it would.
    """
    told = {Origin.HAND: EDITED, Origin.UNKNOWN: UNKNOWN}
    for block in find_blocks(page.text, page=page.name, dialect=dialect):
        if message := told.get(origin(block, bodies.of(block.text))):
            hint = "move it out of the markers, or drop it with --force"
            raise BlockError(message, page=page.name, line=block.line, hint=hint)
    return _turned(dialect, page)
