"""List the templates, or show one: the vault's own come before the built-in ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taiga_notes.cli import opening, output

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    parser.add_argument("name", nargs="?", metavar="TEMPLATE", help="show this one")
    opening.add_vault_argument(parser)


def run(args: Namespace) -> int:
    """Prints names, places and descriptions, or one template's text.

    Raises:
        RenderError: there is no template of that name.
    """
    templates = opening.templates(opening.settings(args.vault))
    if args.name:
        output.write(templates.source(args.name))
        return 0
    lines = [
        (info.name, "built-in" if info.builtin else str(info.file), info.description)
        for info in templates.names()
    ]
    for line in output.columns(lines):
        output.say(line)
    return 0
