"""Keep frozen blocks true again: the next `render` evaluates them.

A block in which somebody wrote is left alone: `render` would find that text in its way. With
--force it is thawed as well, and `render` does what `on_edit` says. What froze a block by its
clause does so again: change `until`, or `once` freezes what the next `render` gives.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from taiga_notes.cli.freeze_command import add_arguments as add_block_arguments
from taiga_notes.cli.freeze_command import change_blocks, restated
from taiga_notes.page.freezing import thawed

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    add_block_arguments(parser)
    parser.add_argument("--force", action="store_true", help="also blocks that were written in")


def run(args: Namespace) -> int:
    """Thaws."""
    change = partial(thawed, force=args.force)
    return change_blocks(args, lambda _settings: change, restated, "thawed")
