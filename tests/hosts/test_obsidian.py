"""The plugin for Obsidian: its types are Obsidian's, and it runs the program as it should."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from taiga_notes.cli import COMMANDS
from tests.programs import environment, npm_folder, program

HERE = Path(__file__).parent
PLUGIN = HERE.parents[1] / "examples" / "editors" / "obsidian"
PROGRAM = """#!{python}
import json, sys
arguments = sys.argv[1:]
with open({log!r}, "a") as file:
    file.write(json.dumps(arguments) + "\\n")
if arguments[0] == "list":
    print(json.dumps({{"blocks": [{{"checked": each}} for each in (None, {old!r}, {new!r})]}}))
elif arguments[:2] == ["push", "--dry-run"] and "force" not in arguments[2]:
    print("~ story #2: New -> Done")
    print("A.md:5: wrong", file=sys.stderr)
    sys.exit(1)
elif arguments[0] == "render" and "force" in arguments[1]:
    print("A.md:3: wrong", file=sys.stderr)
    sys.exit(3)
else:
    print("done")
"""


@dataclass(frozen=True)
class Used:
    """The plugin in use: what each step gave and noted, and how the program was called."""

    steps: list[tuple[bool | None, list[list[Any]]]]
    calls: list[list[str]]


@pytest.fixture(scope="module")
def used(tmp_path_factory: pytest.TempPathFactory) -> Used:
    folder = tmp_path_factory.mktemp("obsidian")
    log, vault, own = folder / "log", folder / "vault", folder / "bin" / "taiga-notes"
    vault.mkdir()
    own.parent.mkdir()
    now = datetime.now(UTC)
    old, new = now - timedelta(hours=3), now - timedelta(minutes=2)
    own.write_text(
        PROGRAM.format(
            python=sys.executable, log=str(log), old=old.isoformat(), new=new.isoformat()
        )
    )
    own.chmod(0o755)
    node = program("node")
    done = subprocess.run(
        [node, str(HERE / "obsidian.js"), str(PLUGIN / "main.js"), str(vault)],
        env={"PATH": f"{own.parent}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder)},
        cwd=vault,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    steps = [(one["result"], one["done"]) for one in json.loads(done.stdout)]
    text = log.read_text().replace(str(vault), "VAULT")
    return Used(steps, [json.loads(line) for line in text.splitlines()])


def test_the_manifest_is_of_its_form() -> None:
    manifest = json.loads((PLUGIN / "manifest.json").read_text(encoding="utf-8"))
    assert manifest.keys() == {
        *("id", "name", "version", "minAppVersion", "description", "author", "isDesktopOnly"),
    }
    # A phone runs no program.
    assert manifest["isDesktopOnly"]
    assert {"render", "push", "list"} <= COMMANDS.keys()


@pytest.mark.programs
def test_commands_save_what_is_typed_and_run_the_program(used: Used) -> None:
    _, _, (_, page), (_, vault), *_ = used.steps
    for noted in (page, vault):
        assert noted[0] == ["save"]
        assert ["notice", "done", "usual"] in noted
    assert used.calls[:5] == [
        ["list", "--json", "VAULT/A.md"],
        ["render", "VAULT/A.md"],
        ["list", "--json", "VAULT/A.md"],
        ["render", "VAULT"],
        ["list", "--json", "VAULT/A.md"],
    ]


@pytest.mark.programs
def test_the_status_bar_has_the_age_of_the_oldest_rows(used: Used) -> None:
    assert used.steps[0][1] == [["text", "Taiga: 3 h"]]
    canvas = used.steps[9][1]
    assert canvas == [["text", ""]]


@pytest.mark.programs
def test_a_push_shows_its_plan_and_sends_it_when_told_to(used: Used) -> None:
    (_, asked), (_, cancelled), (_, sent) = used.steps[4:7]
    assert asked == [
        ["save"],
        ["text", "Push to Taiga"],
        ["text", "~ story #2: New -> Done\nA.md:5: wrong\n"],
    ]
    assert cancelled == [["close"]]
    assert sent[:2] == [["close"], ["save"]]
    pushes = [call for call in used.calls if call[0] == "push"]
    assert pushes[:2] == [["push", "--dry-run", "VAULT/A.md"], ["push", "--yes", "VAULT/A.md"]]


@pytest.mark.programs
def test_a_page_s_name_is_one_argument_whatever_it_is(used: Used) -> None:
    name = "VAULT/--force; touch Gone.md $(x)"
    assert ["render", name] in used.calls
    assert used.steps[7][1][1] == ["notice", "A.md:3: wrong", 0]
    # Without anything to send there is nothing to ask about.
    assert ["push", "--dry-run", name] in used.calls
    assert ["push", "--yes", name] not in used.calls


@pytest.mark.programs
def test_commands_on_a_page_are_there_for_pages(used: Used) -> None:
    assert used.steps[1] == (True, [])
    assert used.steps[10] == (False, [])
    assert used.steps[11] == (False, [])


@pytest.mark.programs
def test_a_program_that_is_not_there_is_told(used: Used) -> None:
    [_, [kind, text, time], *_] = used.steps[12][1]
    assert (kind, time) == ("notice", 0)
    assert "taiga-notes" in text


@pytest.mark.programs
def test_its_types_are_those_of_obsidian(tmp_path: Path) -> None:
    packages = npm_folder("obsidian@1", "typescript@5", "@types/node@20")
    (tmp_path / "node_modules").symlink_to(packages / "node_modules")
    shutil.copy(PLUGIN / "main.js", tmp_path)
    tsc = packages / "node_modules" / "typescript" / "bin" / "tsc"
    strict = ["--noEmit", "--allowJs", "--checkJs", "--strict", "--skipLibCheck"]
    target = ["--target", "es2022", "--lib", "es2022,dom", "--module", "commonjs"]
    done = subprocess.run(
        [program("node"), str(tsc), *strict, *target, "--types", "node", "main.js"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout
