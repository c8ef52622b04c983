"""argparse's parser, with the hints that a friend would give."""

from __future__ import annotations

import os
from argparse import (
    Action,
    ArgumentError,
    ArgumentParser,
    ArgumentTypeError,
    Namespace,
    RawDescriptionHelpFormatter,
)

from taiga_notes.errors import close_matches, meant

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any, NoReturn


class Parser(ArgumentParser):
    """A parser that tells in one line what is wrong, and what was meant."""

    def parse(self, arguments: Sequence[str]) -> Namespace:
        """The arguments' values.

        Raises:
            SystemExit: an argument is wrong, which was told, or help was asked for.
        """
        args, left = self.parse_known_args(arguments)
        if left:
            self.error(self._left_over(left[0]))
        return args

    def error(self, message: str) -> NoReturn:
        """Tells what is wrong, and ends with 2; the usage would push it off the screen."""
        self.exit(2, f"{self.prog}: {message}\n")

    def _left_over(self, argument: str) -> str:
        if not argument.startswith("-"):
            return f"there is no place for {argument!r}: `{self.prog} --help` shows what it takes"
        flag = argument.partition("=")[0]
        hint = _meant(flag, self._option_string_actions)
        return f"unknown flag {flag!r}{hint or f': `{self.prog} --help` lists them'}"

    def _check_value(self, action: Action, value: Any) -> None:
        # Python's own suggests from 3.14 on, and only what differs by a letter or two.
        if action.choices is None or value in action.choices:
            return
        choices = [str(choice) for choice in action.choices]
        hint = _meant(str(value), choices) or f": there are {', '.join(choices)}"
        raise ArgumentError(action, f"unknown {value!r}{hint}")


def from_zero(text: str) -> int:
    """A flag's value that is a count, of nothing too.

    Raises:
        ArgumentTypeError: it is none.
    """
    return _whole(text, 0)


def from_one(text: str) -> int:
    """A flag's value that is a number by which Taiga calls something, or a count of something.

    Raises:
        ArgumentTypeError: it is none.
    """
    return _whole(text, 1)


def _whole(text: str, least: int) -> int:
    if not (text.isascii() and text.isdecimal() and int(text[:_DIGITS]) >= least):
        raise ArgumentTypeError(f"{text!r} is no whole number from {least} on")
    return int(text[:_DIGITS])


_DIGITS = 18
"""More than anything here can count; Python refuses numbers of thousands of digits."""


def parser_of(command: str, module: Any) -> Parser:
    """The parser of a command.

    Args:
        command: its name.
        module: what implements it: its docstring is the description, `EXAMPLES` the end.
    """
    parser = Parser(
        prog=f"taiga-notes {command}",
        description=module.__doc__,
        epilog=getattr(module, "EXAMPLES", None),
        formatter_class=_formatter,
        allow_abbrev=False,
    )
    module.add_arguments(parser)
    return parser


def _meant(name: str, names: Iterable[str]) -> str:
    near = close_matches(name, names, 2)
    return f": {meant(near)}" if near else ""


def _formatter(prog: str) -> RawDescriptionHelpFormatter:
    """The help's layout; without a width argparse imports shutil, with all compressors, for it."""
    try:
        width = os.get_terminal_size().columns
    except OSError:
        width = 80
    return RawDescriptionHelpFormatter(prog, width=max(width - 2, 40))
