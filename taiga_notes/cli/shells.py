"""What shells complete, as bash, zsh and fish have it: made of the commands' own parsers.

Commands, flags and their choices stand in the script. The names of templates and presets are those
of the vault in which one types, so the script asks `taiga-notes completion` for them.
"""

from __future__ import annotations

from argparse import SUPPRESS, Action
from dataclasses import dataclass
from enum import Enum
from importlib import import_module
from typing import TYPE_CHECKING

from taiga_notes.cli import COMMANDS, OWN_FLAGS, module_of
from taiga_notes.cli.arguments import parser_of
from taiga_notes.model.kinds import SOURCES

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator, Sequence


class Values(Enum):
    """What an argument, or a flag's value, is one of."""

    NOTHING = ""
    """Nothing that a shell could know."""
    WORDS = "words"
    TEMPLATES = "templates"
    PRESETS = "presets"
    PAGES = "pages"
    FILES = "files"
    FOLDERS = "folders"


_BY_METAVAR = {
    "TEMPLATE": Values.TEMPLATES,
    "PAGE": Values.PAGES,
    "EXPRESSION": Values.PRESETS,
    "PAGE[:LINE]|QUERY": Values.PAGES,
    "PATH": Values.PAGES,
    "PATH[:LINE]": Values.PAGES,
    "FILE": Values.FILES,
    "DIR": Values.FOLDERS,
}


@dataclass(frozen=True, slots=True)
class CompletedArgument:
    """An argument without a flag, or a flag.

    Attributes:
        names: of a flag; empty for an argument.
        help: what it is.
        is_taking: whether a value belongs to it.
        values: what that is one of.
        words: of `Values.WORDS`.
    """

    names: tuple[str, ...]
    help: str
    is_taking: bool
    values: Values
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CompletedCommand:
    """A command.

    Attributes:
        name: its name.
        help: what it does.
        flags: its flags, and those of the words that it has for commands of its own.
        argument: the first argument; of several the last takes what that is.
    """

    name: str
    help: str
    flags: tuple[CompletedArgument, ...]
    argument: CompletedArgument | None


def completed_commands() -> list[CompletedCommand]:
    """All commands, by their parsers."""
    return [_command(name, text) for name, text in COMMANDS.items()]


def _command(name: str, text: str) -> CompletedCommand:
    actions = [*_actions(parser_of(name, import_module(module_of(name))))]
    flags = {each.option_strings[-1]: each for each in actions if each.option_strings}
    arguments = [each for each in actions if not each.option_strings]
    return CompletedCommand(
        name,
        text,
        tuple(map(_argument, flags.values())),
        _argument(arguments[0]) if arguments else None,
    )


def _actions(parser: ArgumentParser) -> Iterator[Action]:
    for action in parser._actions:  # noqa: SLF001  (argparse shows them nowhere else)
        if action.help == SUPPRESS:
            continue
        yield action
        if isinstance(action.choices, dict):
            for below in action.choices.values():
                yield from _actions(below)


def _argument(action: Action) -> CompletedArgument:
    values, words = _values(action)
    names = tuple(action.option_strings)
    return CompletedArgument(names, action.help or "", action.nargs != 0, values, words)


def _values(action: Action) -> tuple[Values, tuple[str, ...]]:
    if action.choices is not None:
        return Values.WORDS, tuple(map(str, action.choices))
    if action.metavar == "SOURCE[.FIELD]":
        return Values.WORDS, tuple(SOURCES)
    if action.dest == "folder":
        return Values.FOLDERS, ()
    metavar = action.metavar if isinstance(action.metavar, str) else ""
    return _BY_METAVAR.get(metavar, Values.NOTHING), ()


# bash

_BASH = """\
# taiga-notes completion bash, for ~/.bashrc: eval "$(taiga-notes completion bash)"
_taiga_notes() {
    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local command=${COMP_WORDS[1]} values="" words="" name IFS=$' \\t\\n'
    COMPREPLY=()
    # `--format=json` comes as three words.
    if [[ $current == "=" ]]; then
        current=""
    elif [[ $before == "=" ]]; then
        before=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    if ((COMP_CWORD == 1)); then
        words="@COMMANDS@ @OWN@"
    else
        case "$command $before" in
@VALUES@
        *)
            case "$command $current" in
@FLAGS@
            esac
            case "$command" in
@ARGUMENTS@
            esac
            ;;
        esac
    fi
    case "$values" in
    templates | presets)
        # Not `compgen -W`, which expands words: strangers' files name templates.
        while IFS= read -r name; do
            [[ $name == "$current"* ]] || continue
            printf -v name %q "$name"
            COMPREPLY+=("$name")
        done < <(taiga-notes completion --names "$values" 2>/dev/null)
        return
        ;;
    pages | folders)
        compopt -o filenames
        mapfile -t COMPREPLY < <(
            compgen -d -- "$current"
            if [[ $values == pages ]]; then
                compgen -f -X '!*.md' -- "$current"
                compgen -f -X '!*.markdown' -- "$current"
            fi
        )
        return
        ;;
    files)
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$current")
}
complete -F _taiga_notes taiga-notes
"""


def bash_script(commands: Sequence[CompletedCommand]) -> str:
    """The script for bash 4.4 and later."""
    values = [
        f'        "{command.name} {name}") {_bash_values(flag)} ;;'
        for command in commands
        for flag in command.flags
        if flag.is_taking
        for name in flag.names
    ]
    flags = [
        f'            "{command.name} -"*) words="{_names(command)}" ;;' for command in commands
    ]
    arguments = [
        f"            {command.name}) [[ $words ]] || {_bash_values(command.argument)} ;;"
        for command in commands
        if command.argument is not None
    ]
    script = _BASH.replace("@COMMANDS@", " ".join(each.name for each in commands))
    script = script.replace("@OWN@", " ".join(OWN_FLAGS))
    for mark, lines in (("@VALUES@", values), ("@FLAGS@", flags), ("@ARGUMENTS@", arguments)):
        script = script.replace(mark, "\n".join(lines))
    return script


def _bash_values(argument: CompletedArgument) -> str:
    if argument.values is Values.WORDS:
        return f'words="{" ".join(argument.words)}"'
    return f"values={argument.values.value}"


def _names(command: CompletedCommand) -> str:
    return " ".join(name for flag in command.flags for name in flag.names)


# zsh

_ZSH = """\
#compdef taiga-notes
# taiga-notes completion zsh > "${fpath[1]}/_taiga-notes"
_taiga_notes_names() {
    local -a names
    names=("${(@f)$(taiga-notes completion --names ${@[-1]} 2>/dev/null)}")
    compadd -a names
}
_taiga_notes() {
    local -a commands
    commands=(
@COMMANDS@
    )
    if ((CURRENT == 2)) && [[ $PREFIX == -* ]]; then
        compadd -- @OWN@
        return
    fi
    if ((CURRENT == 2)); then
        _describe command commands
        return
    fi
    local command=$words[2]
    shift words
    ((CURRENT--))
    case $command in
@CASES@
    esac
}
if [[ $funcstack[1] == _taiga-notes ]]; then
    _taiga_notes "$@"
else
    compdef _taiga_notes taiga-notes
fi
"""
_ZSH_VALUES = {
    Values.NOTHING: "",
    Values.TEMPLATES: "_taiga_notes_names templates",
    Values.PRESETS: "_taiga_notes_names presets",
    Values.PAGES: '_files -g "*.(md|markdown)"',
    Values.FILES: "_files",
    Values.FOLDERS: "_files -/",
}


def zsh_script(commands: Sequence[CompletedCommand]) -> str:
    """The script for zsh, to be sourced or to lie in its `fpath`."""
    described = [f"        {_quoted(f'{each.name}:{each.help}')}" for each in commands]
    cases = []
    for command in commands:
        specs = [_zsh_flag(flag, name) for flag in command.flags for name in flag.names]
        if command.argument is not None:
            specs.append(f"*:{_zsh_plain('value')}:{_zsh_values(command.argument)}")
        lines = " \\\n            ".join(map(_quoted, specs))
        cases.append(f"    {command.name})\n        _arguments \\\n            {lines}\n        ;;")
    script = _ZSH.replace("@OWN@", " ".join(OWN_FLAGS))
    return script.replace("@COMMANDS@", "\n".join(described)).replace("@CASES@", "\n".join(cases))


def _zsh_flag(flag: CompletedArgument, name: str) -> str:
    # With the sign its value may stand in the same word, or in the next one.
    sign = "=" if flag.is_taking and name.startswith("--") else ""
    spec = f"{name}{sign}[{_zsh_plain(flag.help)}]"
    return f"{spec}:value:{_zsh_values(flag)}" if flag.is_taking else spec


def _zsh_values(argument: CompletedArgument) -> str:
    if argument.values is Values.WORDS:
        return f"({' '.join(argument.words)})"
    return _ZSH_VALUES[argument.values]


def _zsh_plain(text: str) -> str:
    return "".join(f"\\{char}" if char in "[]:\\" else char for char in text)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


# fish

_FISH = """\
# taiga-notes completion fish > ~/.config/fish/completions/taiga-notes.fish
complete -c taiga-notes -f
"""
_FISH_VALUES = {
    Values.NOTHING: "",
    Values.TEMPLATES: "(taiga-notes completion --names templates 2>/dev/null)",
    Values.PRESETS: "(taiga-notes completion --names presets 2>/dev/null)",
    Values.PAGES: "(__fish_complete_suffix .md)",
    Values.FILES: "(__fish_complete_path)",
    Values.FOLDERS: "(__fish_complete_directories)",
}


def fish_script(commands: Sequence[CompletedCommand]) -> str:
    """The script for fish 3 and later."""
    lines = [
        f"complete -c taiga-notes -n __fish_use_subcommand -a {each.name} -d {_fish(each.help)}"
        for each in commands
    ]
    own = "complete -c taiga-notes -n __fish_use_subcommand"
    lines += [f"{own} -l {name[2:]} -d {_fish(text)}" for name, text in OWN_FLAGS.items()]
    for command in commands:
        given = f"complete -c taiga-notes -n '__fish_seen_subcommand_from {command.name}'"
        for flag in command.flags:
            names = " ".join(
                f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}"
                for name in flag.names
            )
            value = f" -x -a {_fish(_fish_values(flag))}" if flag.is_taking else ""
            lines.append(f"{given} {names}{value} -d {_fish(flag.help)}")
        if command.argument is not None and (values := _fish_values(command.argument)):
            lines.append(f"{given} -a {_fish(values)}")
    return _FISH + "\n".join(lines) + "\n"


def _fish_values(argument: CompletedArgument) -> str:
    if argument.values is Values.WORDS:
        return " ".join(argument.words)
    return _FISH_VALUES[argument.values]


def _fish(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
