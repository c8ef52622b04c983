"""Keep a page for each item that the vault's mirrors list: `[[mirror]]` in taiga-notes.toml.

New items get a page each, pages of known ones get their front-matter keys and blocks refreshed,
wherever they were moved, and those of items that are not listed any more are marked. No page is
ever deleted or renamed. `render` without paths and `watch` do the same along with all else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taiga_notes.cli import opening, render_command
from taiga_notes.cli.arguments import from_zero
from taiga_notes.errors import ConfigError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    parser.add_argument(
        "--dry-run", action="store_true", help="write nothing; tell what would change"
    )
    parser.add_argument("--diff", action="store_true", help="write nothing; show what would change")
    parser.add_argument(
        "--max", metavar="N", type=from_zero, help="make this many new pages at most (500)"
    )
    render_command.add_report_arguments(parser)
    opening.add_source_arguments(parser)


def run(args: Namespace) -> int:
    """Mirrors.

    Raises:
        ConfigError: the vault has no mirror.
    """
    found = opening.settings(opening.path(args.vault), args.server)
    opening.demand_vault(found)
    if not found.vault.mirror:
        raise ConfigError(
            f"there is no [[mirror]] in {found.vault.file}",
            hint='such as: [[mirror]] with query = "from userstories" and folder = "stories"',
        )
    args.check, args.force, args.adopt, args.no_exclude = args.dry_run, False, False, False
    paths = [str(found.vault.root)]
    return opening.each_vault(
        paths, lambda own, put: render_command.refreshed(args, own, put, bool, args.max)
    )
