"""Print what completes commands, flags, templates, presets and pages in a shell.

bash, in ~/.bashrc:   eval "$(taiga-notes completion bash)"
zsh, in ~/.zshrc:     eval "$(taiga-notes completion zsh)", behind compinit
fish:                 taiga-notes completion fish > ~/.config/fish/completions/taiga-notes.fish
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from taiga_notes.cli import opening, output
from taiga_notes.cli.shells import bash_script, completed_commands, fish_script, zsh_script
from taiga_notes.errors import ConfigError
from taiga_notes.query.syntax.lexer import written_below

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace

_NAMES = {
    "templates": lambda settings: [info.name for info in opening.templates(settings).names()],
    "presets": lambda settings: [written_below("presets", name) for name in settings.vault.presets],
}
_SCRIPTS = {"bash": bash_script, "zsh": zsh_script, "fish": fish_script}


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    parser.add_argument("shell", nargs="?", choices=(*_SCRIPTS,), help="whose script to print")
    parser.add_argument(
        "--names",
        choices=(*_NAMES,),
        help="print the names of this folder's vault instead: what the scripts ask for",
    )


def run(args: Namespace) -> int:
    """Prints a script, or names one a line.

    Raises:
        ConfigError: neither is asked for, or the vault's settings are wrong.
    """
    if args.names:
        settings = opening.settings(opening.path("."))
        for name in _NAMES[args.names](settings):
            output.say(name)
        return 0
    if args.shell is None:
        raise ConfigError("no shell is named", hint=f"there are {', '.join(_SCRIPTS)}")
    output.write(_SCRIPTS[args.shell](completed_commands()))
    return 0
