"""What the program says of itself, and of what it does not know."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

import taiga_notes
from taiga_notes.cli import COMMANDS, STATUSES
from tests.cli.program import PROGRAM
from tests.tables import each

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.program import Program


def test_without_arguments_it_tells_its_commands_and_statuses(program: Program) -> None:
    done = program()
    assert (done.status, done.err) == (0, "")
    assert done.out == program("--help").out
    for command, what in COMMANDS.items():
        assert re.search(rf"^  {command} +{re.escape(what)}$", done.out, re.MULTILINE)
    assert STATUSES in done.out


def test_it_tells_its_version(program: Program) -> None:
    assert program("--version").out == f"taiga-notes {taiga_notes.__version__}\n"


@pytest.mark.slow
@each("command", COMMANDS)
def test_every_command_explains_itself(program: Program, command: str) -> None:
    done = program("help", command)
    assert (done.status, done.err) == (0, "")
    assert done.out.startswith(f"usage: taiga-notes {command} ")
    assert "show this help message" in done.out


def test_help_may_stand_before_or_behind_a_command(program: Program) -> None:
    told = program("render", "--help").out
    assert "--check" in told
    assert told == program("--help", "render").out == program("help", "render").out


@each(
    ("arguments", "said"),
    [
        (["rendr"], "taiga-notes: unknown command 'rendr': did you mean 'render'?\n"),
        (["xyz"], "taiga-notes: unknown command 'xyz': `taiga-notes --help` lists them\n"),
        (["--vault", "x"], "'--vault' stands where a command belongs: `taiga-notes --help` l"),
        (["--vrsion"], "'--vrsion' stands where a command belongs: did you mean '--version'?"),
        (["--hepl", "render"], "'--hepl' stands where a command belongs: did you mean '--help'?"),
        (["help", "rendr"], "did you mean 'render'?"),
        (["render", "--chek"], "unknown flag '--chek': did you mean '--check'?"),
        (["render", "--che"], "unknown flag '--che': did you mean '--check' or"),
        (["render", "--ofline=1"], "unknown flag '--ofline': did you mean '--offline'?"),
        (["undo", "--xyz"], "unknown flag '--xyz': `taiga-notes undo --help` lists them"),
        (["push", "--max", "0"], "argument --max: '0' is no whole number from 1 on"),
        (["push", "--max", "-1"], "argument --max: '-1' is no whole number from 1 on"),
        (["push", "--max", "ten"], "argument --max: 'ten' is no whole number from 1 on"),
        (["mirror", "--max=-1"], "argument --max: '-1' is no whole number from 0 on"),
        (["webhook", "remove", "0"], "argument NUMBER: '0' is no whole number from 1 on"),
        (["explain", "x", "--why", "#0"], "argument --why: '#0' is no story's number"),
        (["query"], "EXPRESSION"),
        (["query", "1", "2"], "there is no place for '2': `taiga-notes query --help` shows"),
        (["fields", "story"], "there is no source 'story' (did you mean 'userstories'?)"),
        (["fields", "task"], "there is no source 'task' (did you mean 'tasks'"),
        (["fields", "x"], "there is no source 'x' (there are epics, issues"),
        (["query", "1", "--format", "jsn"], "unknown 'jsn': did you mean 'json'?"),
        (["webhook", "ad"], "unknown 'ad': "),
        (["lint", "Todya.md"], "'Todya.md' does not exist (did you mean 'Today.md'?)"),
        (["lint", "Tody"], "'Tody' does not exist (did you mean 'Today.md'?)"),
        (["lint", "Todya.md:3"], "(did you mean 'Today.md:3'?)"),
        (["lint", "todax:12"], "(did you mean 'Today.md:12'?)"),
        (["explain", "../work/Toady.md:7"], "no page '../work/Toady.md:7' (did you mean '../wo"),
        (["lint", "nots/"], "'nots/' does not exist (did you mean 'notes'?)"),
        (["lint", "../work/nots"], "does not exist (did you mean '../work/notes'?)"),
        (["merge-drivr"], "did you mean 'merge-driver'?"),
    ],
)
def test_what_it_does_not_know_is_told_with_status_2(
    program: Program, arguments: list[str], said: str
) -> None:
    program.page("Today.md", "")
    program.page("notes/A.md", "")
    done = program(*arguments)
    assert done.status == 2
    assert said in done.err + done.out


def test_a_reader_that_goes_away_is_no_fault(program: Program) -> None:
    done = program.command(
        ["bash", "-c", f"set -o pipefail; {PROGRAM} fields | head -n 1; echo $?"]
    )
    assert done.out.startswith("userstories{…} takes ")
    assert done.out.endswith("\n0\n")
    assert done.err == ""
    unbuffered = f"(sleep 0.5; PYTHONUNBUFFERED=1 {PROGRAM} --help; echo $? >&2) | true"
    assert program.command(["bash", "-c", unbuffered]).err == "0\n"


@pytest.mark.slow
def test_output_that_nobody_takes_is_dropped(program: Program) -> None:
    done = program.command(["bash", "-c", f"{PROGRAM} query 1 >&-; echo $?"])
    assert done.out == "0\n"


@pytest.mark.parametrize(
    ("command", "unbuffered"),
    [("query 1", ""), ("query 1", "1"), ("query --format csv '{{a = 1}}'", "1"), ("--help", "1")],
)
def test_output_that_can_not_be_written_is_told(
    program: Program, command: str, unbuffered: str
) -> None:
    program.env["PYTHONUNBUFFERED"] = unbuffered
    done = program.command(["bash", "-c", f"{PROGRAM} {command} > /dev/full"])
    assert (done.status, done.out) == (2, "")
    assert done.err == "taiga-notes: the output can't be written: No space left on device\n"


def test_pages_are_rendered_although_none_can_be_told_of(notes: Path, program: Program) -> None:
    pages = [notes / f"{name}.md" for name in "abc"]
    for page in pages:
        page.write_text("<!-- #taiga: 1 + 1 -->\n\n<!-- /taiga -->\n")
    program.env["PYTHONUNBUFFERED"] = "1"
    done = program.command(["bash", "-c", f"{PROGRAM} render --offline > /dev/full"])
    assert done.status == 2
    assert ["\n2\n" in page.read_text() for page in pages] == [True] * 3


def test_it_runs_as_a_module(program: Program) -> None:
    done = program.command([str(PROGRAM.with_name("python")), "-m", "taiga_notes", "--version"])
    assert done.out == f"taiga-notes {taiga_notes.__version__}\n"


def test_what_no_encoding_has_does_not_stop_it(program: Program) -> None:
    program.env |= {"PYTHONUTF8": "0", "LC_ALL": "C", "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [PROGRAM, "query", "--format", "table", r"'\u{dc}bersicht \u{1f680}'"],
        cwd=program.folder,
        env=program.environment(),
        capture_output=True,
        check=True,
    )
    assert done.stdout == b"value\n?bersicht ?\n"
