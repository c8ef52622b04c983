"""Take blocks' markers away: their text stays, and is the page's own from then on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taiga_notes.cli.freeze_command import add_arguments, change_blocks, demand_pushed
from taiga_notes.page.freezing import demand_native, ejected

if TYPE_CHECKING:
    from argparse import Namespace

    from taiga_notes.page.block_finder import Block

__all__ = ["add_arguments", "run"]


def run(args: Namespace) -> int:
    """Ejects."""
    return change_blocks(args, lambda _settings: _ejectable, ejected, "ejected")


def _ejectable(block: Block) -> Block:
    """The block, which can go.

    Raises:
        BlockError: it can't.
    """
    demand_native(block)
    demand_pushed(block)
    return block
