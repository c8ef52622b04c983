"""Every command and output of the README, typed as it stands there."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from taiga_notes import Snapshot, render_page
from taiga_notes.cli import COMMANDS
from taiga_notes.config.settings import ENVIRONMENT, UserConfig, VaultConfig
from taiga_notes.model.kinds import READABLE
from taiga_notes.render import Templates, builtin_folder
from tests.cli.program import Program
from tests.fake_taiga import Taiga, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
PLAIN = re.compile(r"""taiga-notes(?: (?:[\w./-]+|"[^"$`\\]*"|'[^']*'))*""")
"""The program alone, with words that mean themselves."""

README = (ROOT / "README.md").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Step:
    """A command, and what the README shows of its output."""

    command: str
    output: str


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def steps(console: str) -> Iterator[Step]:
    """The steps of a console block; `> ` goes on with the command of the line above."""
    for part in re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]:
        first, *rest = part.splitlines()
        typed = [line for line in rest if line.startswith(">")]
        shown = rest[len(typed) :]
        yield Step("\n".join([first, *(line[2:] for line in typed)]), "\n".join(shown))


def matches(shown: str, printed: str) -> bool:
    """Whether that was printed; `…` stands for anything, and alone on a line for any lines."""
    lines = [
        "(?s:.*)" if line == "…" else re.escape(line).replace("…", ".*")
        for line in shown.split("\n")
    ]
    pattern = "\n".join(lines)
    return re.fullmatch(pattern, printed.rstrip("\n")) is not None


@pytest.fixture
def shell(tmp_path: Path) -> Iterator[Program]:
    """A newcomer's machine: an empty folder, the demo's vault beside it, a Taiga that is theirs."""
    taiga = Taiga()
    ann = taiga.add_user("ann")
    project = taiga.add_project("Acme", owner=ann, slug="acme")
    taiga.add_story(project, "Sign-up form")
    taiga.add_story(project, "Pay by invoice", status="In progress")
    (tmp_path / "home").mkdir()
    (tmp_path / "notes").mkdir()
    with serve(taiga) as server:
        program = Program(tmp_path / "home", tmp_path / "notes")
        program.env |= {
            "TAIGA_NOTES_API": server.url,
            "TAIGA_NOTES_WEB": server.url.removesuffix("/api/v1"),
            "TAIGA_NOTES_USERNAME": "ann",
            "TAIGA_NOTES_PASSWORD": "ann-password",
            "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        }
        program.configure(f'trust = ["{program.folder}"]\n')
        assert program("demo", "../taiga-notes-demo").status == 0
        yield program


@pytest.mark.slow
def test_every_command_prints_what_the_readme_shows(shell: Program) -> None:
    for console in blocks("console"):
        for step in steps(console):
            if step.command.startswith("cd "):
                shell.folder = (shell.folder / step.command[3:]).resolve()
                continue
            printed = typed(shell, step.command)
            assert matches(step.output, printed), f"$ {step.command}\n{printed}"


def typed(shell: Program, command: str) -> str:
    """What a command prints; where it needs no shell, it gets none, which spares a start."""
    if PLAIN.fullmatch(command):
        return shell.printed(*shlex.split(command)[1:])
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=shell.folder,
        env=shell.environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=300,
        check=False,
    )
    return done.stdout


def test_the_python_of_the_readme_runs(shell: Program) -> None:
    [code] = blocks("python")
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=shell.folder.parent / "taiga-notes-demo",
        env=shell.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_blocks_of_the_readme_are_blocks(shell: Program) -> None:
    assert "taiga-notes demo" in README.partition("<!-- demo-command -->")[2].partition("```\n")[0]
    page = shell.folder.parent / "taiga-notes-demo" / "Readme.md"
    forms = re.findall(r"`(There are <!-- #taiga: .*?open\.)`", README)
    page.write_text("\n\n".join(forms), encoding="utf-8")
    shell.folder = page.parent
    result = shell("render", "--snapshot", "taiga.json", "Readme.md")
    assert result.status == 0, result.err
    assert "-->14<!-- /taiga a630e1f8 -->" in page.read_text(encoding="utf-8")


def test_every_command_and_setting_is_in_the_readme() -> None:
    for command in COMMANDS:
        assert re.search(rf"taiga-notes {command}|`{command}", README), command
    elsewhere = {"file", "header_commands", "root", "password", "token"}
    for key in {*UserConfig.__slots__, *VaultConfig.__slots__} - elsewhere:
        assert re.search(rf"\b{key}\b", README), key
    for variable in ENVIRONMENT.values():
        assert variable.removeprefix("TAIGA_NOTES") in README, variable


def test_what_a_newcomer_reads_comes_first_and_is_short() -> None:
    front, _, reference = README.partition("\n# Reference\n")
    assert re.findall(r"^## (.*)$", front, re.MULTILINE) == [
        *("Install", "Five minutes", "Recipes", "Editors and hosts", "Git, CI and sites"),
    ]
    assert len(front.split()) < 2500
    assert "## Blocks" in reference


def test_no_line_installs_by_a_name_that_anybody_could_take() -> None:
    places = [ROOT / "README.md", *ROOT.glob("examples/**/*"), *ROOT.glob("taiga_notes/**/*.py")]
    by_name = re.compile(r"install [^`|;&\n]*(?<![\w./:-])taiga-notes(?![\w/])(?!' checkout)")
    for place in places:
        if place.is_file() and place.suffix != ".png":
            found = by_name.search(place.read_text(encoding="utf-8"))
            assert found is None, (place, found and found[0])


def test_its_figures_of_speed_are_rows_of_the_table_of_all() -> None:
    table = (ROOT / "tests/bench/README.md").read_text(encoding="utf-8")
    lines = README.partition("\n## Speed\n")[2].partition("\n## ")[0].splitlines()
    figures = [line.rstrip("| ") for line in lines if re.search(r"\d \|$", line)]
    assert len(figures) == 5
    assert [line for line in figures if f"\n{line} | " not in table] == []


def test_its_prose_is_wrapped_evenly() -> None:
    prose = re.sub(r"^```.*?^```$", "", README, flags=re.MULTILINE | re.DOTALL)
    lines = [line for line in prose.splitlines() if not line.lstrip().startswith(("|", "<"))]
    # A word or a piece of code may stand out a little.
    assert [line for line in lines if len(line) > 115] == []


def test_every_list_of_the_api_that_a_query_can_read_is_in_the_readme() -> None:
    for name in [path.removeprefix("/") for path in READABLE]:
        assert re.search(rf"[`\s]/?{re.escape(name)}[`\s]", README), name


def test_the_recipes_show_what_their_pages_show() -> None:
    recipes = re.findall(
        r"^\| [^|]+ \| `([^`|]+ template (\w+))` \| (.*) \|$", README, re.MULTILINE
    )
    templates = Templates([builtin_folder()])
    assert (
        {"board", "pie"}
        <= {name for _, name, _ in recipes}
        <= {info.name for info in templates.names()}
    )
    source = Snapshot.read(ROOT / "examples" / "vault" / "taiga.json")
    for query, name, pages in recipes:
        page = f"<!-- #taiga: {query} -->\n<!-- /taiga -->\n"
        assert render_page(page, source=source, project="acme") != page, query
        for target in re.findall(r"\]\(<?(.*?)>?\)", pages):
            assert (ROOT / target).is_file(), target
        assert f"template {name}" in (ROOT / re.findall(r"\]\(<?(.*?)>?\)", pages)[0]).read_text(
            encoding="utf-8"
        )
