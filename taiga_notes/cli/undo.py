"""Restore what the last run replaced; again, and it goes one run further back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taiga_notes.cli import context, output, status_of

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    parser.add_argument("vault", nargs="?", metavar="DIR", type=context.folder, default=".")


def run(args: Namespace) -> int:
    """Restores pages; those that were edited since are left as they are, and named.

    Raises:
        ConfigError: there is no vault.
        WriteError: another process is writing it.
    """
    outcomes = context.vault(context.settings(args.vault)).undo()
    for outcome in outcomes:
        if outcome.problem:
            output.problem(outcome.problem)
        else:
            output.say(f"restored: {outcome.page}")
    if not outcomes:
        output.say("there is nothing to undo")
    return status_of(outcome.problem for outcome in outcomes if outcome.problem)
