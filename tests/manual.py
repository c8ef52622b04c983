"""The manual page, made of the help: `python -m tests.manual` writes `man/taiga-notes.1` anew."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from taiga_notes import __version__
from taiga_notes.cli import COMMANDS, STATUSES, module_of
from taiga_notes.cli.arguments import parser_of

if TYPE_CHECKING:
    from argparse import Action, ArgumentParser
    from collections.abc import Iterator

FILE = Path(__file__).parent.parent / "man" / "taiga-notes.1"

_ESCAPED = {"\\": "\\e", "-": "\\-", '"': "\\(dq", "'": "\\(aq"}

FILES = {
    "taiga-notes.toml": "in a vault: its project, presets, templates and what is excluded",
    "~/.config/taiga-notes/config.toml": "your own: server, account, and which vaults you trust",
}
ENVIRONMENT = {
    "TAIGA_NOTES_API, TAIGA_NOTES_USERNAME, TAIGA_NOTES_PASSWORD, TAIGA_NOTES_TOKEN": (
        "server and account for one run"
    ),
    "TAIGA_NOTES_CONFIG": "another file in the place of your own",
    "NO_COLOR, FORCE_COLOR": "whether there are colours",
}


def page() -> str:
    """The page as troff's macros `man` have it."""
    head = f'.TH TAIGA\\-NOTES 1 "" "taiga\\-notes {__version__}" "User Commands"'
    return "\n".join([head, *_about(), *_commands(), *_rest(), ""])


def _about() -> Iterator[str]:
    yield ".SH NAME"
    yield r"taiga\-notes \- Taiga queries in Markdown notes, rendered in place"
    yield ".SH SYNOPSIS"
    yield r".B taiga\-notes"
    yield r"\fICOMMAND\fR [\fIARGUMENTS\fR]"
    yield ".SH DESCRIPTION"
    yield from _text(
        "A block in a page names a query into Taiga and a template. `taiga-notes render` evaluates "
        "it and writes the result between the block's two markers, in the plain file."
    )


def _commands() -> Iterator[str]:
    yield ".SH COMMANDS"
    for name in COMMANDS:
        module = import_module(module_of(name))
        parser = parser_of(name, module)
        usage = parser.format_usage().removeprefix("usage: ")
        yield f'.SS "{_plain(" ".join(usage.split()))}"'
        yield from _text(parser.description or "")
        yield from _actions(parser)
        yield from _text(parser.epilog or "")


def _actions(parser: ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        if action.dest != "help" and action.help:
            yield ".TP"
            yield _head(action)
            yield _line(action.help)
        if isinstance(action.choices, dict):
            for name, below in action.choices.items():
                usage = " ".join(below.format_usage().removeprefix("usage: ").split())
                yield from (".TP", rf"\fB{_plain(usage or name)}\fR", _line(f"{name}:"))
                yield from (".RS", *_actions(below), ".RE")


def _head(action: Action) -> str:
    value = action.metavar or (action.dest.upper() if action.nargs != 0 else "")
    if action.choices is not None and action.metavar is None:
        value = "|".join(map(str, action.choices))
    names = ", ".join(rf"\fB{_plain(name)}\fR" for name in action.option_strings)
    shown = rf"\fI{_plain(str(value))}\fR" if action.nargs != 0 else ""
    return " ".join(filter(None, (names, shown)))


def _rest() -> Iterator[str]:
    yield ".SH EXIT STATUS"
    for status, meaning in re.findall(r"^  (\d+) +(.*)$", STATUSES, re.MULTILINE):
        yield from (".TP", rf"\fB{status}\fR", _line(meaning))
    yield ".PP"
    yield _line(STATUSES.splitlines()[-1])
    for title, entries in (("FILES", FILES), ("ENVIRONMENT", ENVIRONMENT)):
        yield f".SH {title}"
        for name, meaning in entries.items():
            yield from (".TP", rf"\fI{_plain(name)}\fR", _line(meaning))


def _text(text: str) -> Iterator[str]:
    """Paragraphs; what is indented stands as it is."""
    for paragraph in re.split(r"\n\s*\n", text.strip("\n")):
        if paragraph.strip():
            yield ".PP"
            yield from _paragraph(paragraph.split("\n"))


def _paragraph(lines: list[str]) -> Iterator[str]:
    plain = [line for line in lines if not line.startswith("  ")]
    if plain:
        yield _line(" ".join(plain))
    if len(plain) < len(lines):
        yield ".nf"
        yield from (_line(line) for line in lines if line.startswith("  "))
        yield ".fi"


def _line(text: str) -> str:
    plain = _plain(text)
    return rf"\&{plain}" if plain.startswith((".", "'")) else plain


def _plain(text: str) -> str:
    return "".join(_ESCAPED.get(char, char if char.isascii() else _named(char)) for char in text)


def _named(char: str) -> str:
    return f"\\[u{ord(char):04X}]"


if __name__ == "__main__":
    FILE.parent.mkdir(exist_ok=True)
    FILE.write_text(page(), encoding="utf-8")
