"""What `bake` and `unbake` have in common: pages found, turned, written, and listed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from taiga_notes.cli import context, output, status_of
from taiga_notes.errors import BlockError, TaigaNotesError, WriteError
from taiga_notes.vault.transform import transform

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable

    from taiga_notes.bake import Baked
    from taiga_notes.vault.vault import PageFile, Vault

    Turn = Callable[[PageFile], Baked]


def add_arguments(parser: ArgumentParser) -> None:
    """Arguments of both commands."""
    parser.add_argument("paths", nargs="*", metavar="PATH", help="pages and folders")
    parser.add_argument(
        "--check", action="store_true", help="write nothing; tell what would change"
    )


def opened(args: Namespace) -> Vault:
    """The vault that the paths lie in.

    Raises:
        ConfigError: there is none.
    """
    settings = context.settings(Path(args.paths[0] if args.paths else "."))
    context.demand_vault(settings)
    return context.vault(settings)


def migrate(args: Namespace, vault: Vault, holds: Callable[[bytes], bool], turn: Turn) -> int:
    """Turns pages, and lists what was turned and what was not, with the reason.

    Args:
        args: see `add_arguments`.
        vault: where the pages are.
        holds: whether a page's bytes may hold something to turn.
        turn: gives a page's new text.

    Returns:
        The exit status: 3 if something was left as it is.
    """
    found = vault.search(holds, vault.chosen(args.paths))
    errors: list[TaigaNotesError] = list(found.problems)
    for problem in found.problems:
        output.problem(problem)
    changed = left = 0
    with context.putting(args, vault) as put:
        for name in found.pages:
            try:
                _, baked = transform(
                    name, vault.read, turn, lambda page, made: put(page, made.text, {})
                )
            except (BlockError, WriteError) as error:
                output.problem(error)
                errors.append(error)
                continue
            changed += _told(name, baked)
            left += len(baked.left)
    verb = "would change" if args.check else "changed"
    output.say(f"{output.count(changed, 'page')} {verb}, {output.count(left, 'place')} left alone")
    return status_of(errors) or (3 if left else int(bool(args.check and changed)))


def _told(name: str, baked: Baked) -> bool:
    if baked.count:
        output.say(f"{name}: {baked.count} turned")
    for place in baked.left:
        output.complain(f"{name}:{place.line}: left alone: {place.reason}")
    return baked.count > 0
