"""Let blocks stay as they are: nothing is asked for them any more, and you may write in them.

PATH is a page, a folder, or PAGE:LINE for the block that line is part of. The state stands in the
block's end marker, so that it goes wherever the page goes; `taiga-notes thaw` takes it away.
How `thaw` and `eject` find their blocks is the same: `change_blocks`.
"""

from __future__ import annotations

import os
from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING

from taiga_notes.bake.baking import Baked, Left
from taiga_notes.cli import opening
from taiga_notes.cli.bake_command import migrate
from taiga_notes.errors import BlockError
from taiga_notes.page.block_finder import CONFLICT, CONFLICT_HINT, find_blocks
from taiga_notes.page.freezing import frozen, is_edited
from taiga_notes.page.layout import LINE_END
from taiga_notes.page.markers import conflicts, has_marker
from taiga_notes.page.splice import splice
from taiga_notes.push.edited_blocks import pushed
from taiga_notes.system import clock

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    from taiga_notes.cli.bake_command import Turn
    from taiga_notes.config.settings import Settings
    from taiga_notes.page.block_finder import Block
    from taiga_notes.page.commonmark import Dialect
    from taiga_notes.page.markers import Conflict
    from taiga_notes.vault.vault import Vault
    from taiga_notes.vault.writer import PageFile

    Change = Callable[[Block], Block | None]
    """Gives a block as it is to be, or None where it is so already; raises a `BlockError`."""

    Write = Callable[[str, Sequence[Block], Dialect], str]
    """Gives a page's text with those blocks as they are to be."""


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    opening.add_quiet_argument(parser)
    parser.add_argument("paths", nargs="+", metavar="PATH[:LINE]", help="pages, folders, blocks")
    parser.add_argument(
        "--no-exclude",
        action="store_true",
        help="also what is excluded, a template or, if named, hidden or a copy",
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; tell what would change"
    )


def run(args: Namespace) -> int:
    """Freezes."""
    return change_blocks(args, _freezing, restated, "frozen")


def _freezing(settings: Settings) -> Change:
    return partial(_frozen, clock.now(settings.vault.zone).date())


def _frozen(day: date, block: Block) -> Block | None:
    demand_pushed(block)
    return frozen(block, day)


def demand_pushed(block: Block) -> None:
    """Refuse a block in which changes wait to be sent to Taiga: they never would be.

    Raises:
        BlockError: it is one.
    """
    if pushed(block) and is_edited(block):
        message = "there are changes in it that are not pushed"
        raise BlockError(
            message, line=block.line, hint="`taiga-notes push` first, or take them back"
        )


def restated(text: str, blocks: Sequence[Block], dialect: Dialect) -> str:
    """A page's text with other states of blocks."""
    return splice(text, [], restated=blocks, dialect=dialect)


def change_blocks(
    args: Namespace, change: Callable[[Settings], Change], write: Write, done: str
) -> int:
    """Changes the blocks that are named, and lists how many, and which not, with the reason.

    Args:
        args: see `add_arguments`.
        change: gives what changes the blocks of a vault, by its settings; see `Change`.
        write: see `Write`.
        done: what is said of blocks that were changed.

    Returns:
        The exit status: 3 if a block was left as it is that could not be changed.
    """
    places = [opening.page_and_line(path) or (path, None) for path in args.paths]
    lines: dict[str, set[int | None]] = defaultdict(set)
    for path, line in places:
        lines[os.path.realpath(path)].add(line)
    args.paths = [*dict.fromkeys(path for path, _ in places)]

    def turner(vault: Vault, settings: Settings) -> Turn:
        return partial(_changed, vault, lines, change(settings), write)

    return migrate(args, has_marker, turner, done)


def _changed(
    vault: Vault,
    lines: Mapping[str, set[int | None]],
    change: Change,
    write: Write,
    page: PageFile,
) -> Baked:
    """A page with the blocks changed that are meant in it.

    Raises:
        BlockError: there is no block at a line that was named; or the page's are not in order.
    """
    dialect = vault.dialect
    wanted = lines.get(os.path.realpath(vault.path(page.name)), {None})
    blocks = find_blocks(page.text, page=page.name, dialect=dialect)
    unresolved = conflicts(page.text)
    changed: list[Block] = []
    left: list[Left] = []
    for block in _meant(page, blocks, wanted):
        try:
            _demand_resolved(block, unresolved)
            new = change(block)
        except BlockError as error:
            left.append(Left(block.line, f"{error.message} ({error.hint})"))
            continue
        if new is not None:
            changed.append(new)
    try:
        text = write(page.text, changed, dialect)
    except BlockError as error:
        error.page = page.name
        raise
    return Baked(text, len(changed), tuple(left))


def _demand_resolved(block: Block, unresolved: Iterable[Conflict]) -> None:
    """Refuse a block in which a merge conflict stands: both sides of it would stay for ever.

    Raises:
        BlockError: it is one.
    """
    if any(each.start < block.closes and block.opens < each.end for each in unresolved):
        raise BlockError(CONFLICT, line=block.line, hint=CONFLICT_HINT)


def _meant(page: PageFile, blocks: Sequence[Block], wanted: set[int | None]) -> Sequence[Block]:
    """The blocks that those lines are part of; all of them where no line is named.

    Raises:
        BlockError: a line is part of none.
    """
    if None in wanted:
        return blocks
    last = {
        block.opens: block.line + len(LINE_END.findall(page.text, block.opens, block.closes))
        for block in blocks
    }
    lines = sorted(line for line in wanted if line is not None)
    for line in lines:
        if not any(block.line <= line <= last[block.opens] for block in blocks):
            there = ", ".join(dict.fromkeys(str(block.line) for block in blocks))
            raise BlockError(
                "there is no block at this line",
                page=page.name,
                line=line,
                hint=f"there are some at {there}",
            )
    return [
        block for block in blocks if any(block.line <= line <= last[block.opens] for line in lines)
    ]
