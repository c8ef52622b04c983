"""Completion, in the shells themselves."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from taiga_notes.cli import COMMANDS
from taiga_notes.cli.shells import completed_commands
from tests.cli.program import PROGRAM, Program
from tests.programs import program as installed

if TYPE_CHECKING:
    from pathlib import Path

BASH = """
eval "$(taiga-notes completion bash)"
compopt() { :; }
while IFS= read -r typed; do
    # As bash parts words: at a sign, too.
    read -ra COMP_WORDS <<<"${typed//=/ = }"
    [[ $typed == *" " ]] && COMP_WORDS+=("")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _taiga_notes
    echo "$typed>${COMPREPLY[*]}"
done
"""
ZSH = """
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PROMPT=; autoload -Uz compinit; compinit -u -d $HOME/dump"
zpty -w shell 'show() { print -r -- "<got<$BUFFER>got>"; BUFFER= }; zle -N show'
zpty -w shell "bindkey '^I' complete-word '^X' show"
zpty -w shell 'eval "$(taiga-notes completion zsh)"; echo re""ady'
zpty -r shell seen '*ready*'
while IFS= read -r typed; do
    zpty -w -n shell "$typed"$'\\t\\x18'
    zpty -r shell seen '*<got<*>got>*'
    print -r -- "$seen"
done
"""
FISH = """
taiga-notes completion fish | source
while read -l typed
    echo "$typed>"(complete -C "$typed" | string replace -r '\\t.*' '' | string join ' ')
end
"""
TYPED = {
    "taiga-notes ren": "render",
    "taiga-notes merge-": "merge-driver",
    "taiga-notes render --offl": "--offline",
    "taiga-notes query --template mi": "mine",
    "taiga-notes query presets.op": "presets.open",
    "taiga-notes query --format js": "json",
    "taiga-notes fields issu": "issues",
    "taiga-notes webhook remo": "remove",
    "taiga-notes render Overv": "Overview.md",
    "taiga-notes new --template mi": "mine",
    "taiga-notes init --from-silverbullet Overv": "Overview.md",
    "taiga-notes lint --output-format=git": "github",
    "taiga-notes --ver": "--version",
}


@pytest.fixture
def vault(program: Program, tmp_path: Path) -> Program:
    """A vault with a preset, a template and pages; the program is found by its name."""
    program.page("taiga-notes.toml", '[presets]\nopen = "from userstories"\n')
    program.page("templates/mine.md.j2", "{# mine #}")
    program.page("Overview.md", "")
    program.page("Overview.txt", "")
    program.env["PATH"] = f"{PROGRAM.parent}:/usr/bin:/bin"
    program.env["TMPDIR"] = str(tmp_path)
    return program


def typed(program: Program, *shell: str) -> str:
    lines = "".join(f"{each}\\n" for each in TYPED)
    done = program.command(["bash", "-c", f"printf '{lines}' | \"$@\"", "-", *shell])
    assert (done.status, done.err) == (0, "")
    return done.out


@pytest.mark.slow
def test_bash_completes(vault: Program) -> None:
    out = typed(vault, "bash", "-c", BASH)
    assert dict(line.split(">") for line in out.splitlines()) == TYPED


@pytest.mark.slow
def test_bash_quotes_names_and_runs_nothing_in_them(vault: Program) -> None:
    vault.page("templates/$(touch it).md.j2", "")
    script = BASH.replace("while", "printf '%s\\n' 'taiga-notes query --template $' |\nwhile")
    done = vault.command(["bash", "-c", script])
    assert (done.status, done.err) == (0, "")
    assert done.out.rstrip("\n") == r"taiga-notes query --template $>\$\(touch\ it\)"
    assert not (vault.folder / "it").exists()


@pytest.mark.programs
def test_fish_completes(vault: Program) -> None:
    out = typed(vault, installed("fish"), "--no-config", "-c", FISH)
    found = dict(line.split(">") for line in out.splitlines())
    # Beside pages it offers what else begins so.
    found = {line: words.rpartition("=")[2].split()[0] for line, words in found.items()}
    assert found == TYPED


@pytest.mark.programs
def test_zsh_completes(vault: Program) -> None:
    out = typed(vault, installed("zsh"), "-f", "-c", ZSH)
    assert [each.strip() for each in re.findall(r"<got<(.*)>got>", out)] == [
        line.removesuffix(re.split("[ =]", line)[-1]) + word for line, word in TYPED.items()
    ]


def test_every_command_and_flag_is_completed() -> None:
    commands = {command.name: command for command in completed_commands()}
    assert [*commands] == [*COMMANDS]
    flags = {name for flag in commands["render"].flags for name in flag.names}
    assert {"--check", "--output-format", "--help", "-h"} <= flags
    assert "--show-key" in {name for flag in commands["webhook"].flags for name in flag.names}


def test_it_prints_scripts_and_names(vault: Program) -> None:
    assert vault("completion", "--names", "presets").out == "presets.open\n"
    assert "mine\n" in vault("completion", "--names", "templates").out
    done = vault("completion")
    assert (done.status, done.out) == (2, "")
    assert "there are bash, zsh, fish" in done.err
    assert vault("completion", "bsh").err.endswith("unknown 'bsh': did you mean 'bash'?\n")
