"""The library page for SilverBullet: its script is Lua, and runs the program as it should."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from taiga_notes.bake.space_lua import read_script
from taiga_notes.cli import COMMANDS
from taiga_notes.page.front_matter import read_front_matter
from tests.programs import environment, program

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "examples" / "silverbullet" / "Taiga.md"
TEXT = PAGE.read_text(encoding="utf-8")
SCRIPT = TEXT.partition("```space-lua\n")[2].partition("\n```")[0]
ODD = "--force; rm -rf $HOME `x` \"'"


def called(folder: Path, cases: Sequence[dict[str, object]]) -> list[list[list[Any]]]:
    """What each command does, over stand-ins for SilverBullet in Neovim's Lua."""
    script, result = folder / "script.lua", folder / "result.json"
    script.write_text(SCRIPT, encoding="utf-8")
    env = {"SCRIPT": str(script), "RESULT": str(result), "CASES": json.dumps(cases)}
    run = [program("nvim"), "--headless", "-n", "-u", "NONE", "-i", "NONE"]
    done = subprocess.run(
        [*run, "-c", f"luafile {HERE / 'silverbullet.lua'}", "-c", "qa!"],
        env=environment() | env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert result.exists(), done.stderr
    found: list[list[list[Any]]] = json.loads(result.read_text(encoding="utf-8"))
    return found


def test_the_page_says_that_it_is_a_library_and_is_no_page_with_blocks() -> None:
    matter = read_front_matter(TEXT, PAGE.name)
    assert matter.values["tags"] == "meta/library"
    assert str(matter.values["name"]).startswith("Library/")


def test_the_script_can_be_read_to_its_end_and_calls_what_there_is() -> None:
    assert read_script(SCRIPT).end == len(SCRIPT)
    assert {"render", "push"} <= COMMANDS.keys()


@pytest.mark.programs
def test_commands_run_the_program_for_the_page_as_it_is_in_the_editor(tmp_path: Path) -> None:
    render = {"command": "Taiga: Render Page", "code": 0, "online": True}
    push = {"command": "Taiga: Push Page", "code": 0, "online": True}
    rendered, odd, failed, pushed, refused, nothing, inserted = called(
        tmp_path,
        [
            render | {"page": "Board"},
            render | {"page": ODD, "online": False},
            render | {"page": "Board", "code": 3},
            push | {"page": "Board", "plan": 1, "answer": True},
            push | {"page": "Board", "plan": 1, "answer": False},
            push | {"page": "Board", "plan": 0, "answer": True},
            {"command": "taiga"},
        ],
    )
    assert rendered == [
        ["save"],
        ["sync", "Board.md"],
        ["run", "taiga-notes", "render", "./Board.md"],
        ["sync", "Board.md"],
        ["reload"],
        ["flash", "info", "outerr"],
    ]
    # A page's name is one argument, and no flag; nothing of it reaches a shell.
    assert odd[2] == ["run", "taiga-notes", "render", f"./{ODD}.md"]
    assert failed[-1] == ["flash", "error", "outerr"]
    assert [each[1:] for each in pushed if each[0] in {"run", "confirm"}] == [
        ["taiga-notes", "push", "--dry-run", "./Board.md"],
        ["outerr\nSend this to Taiga?"],
        ["taiga-notes", "push", "--yes", "./Board.md"],
    ]
    assert [each[0] for each in refused] == ["save", "sync", "run", "sync", "confirm"]
    assert [each[0] for each in nothing] == ["save", "sync", "run", "sync", "flash"]
    [[_, block, placed]] = inserted
    assert placed
    assert block.replace("|^|", "") == (
        "<!-- #taiga\nfrom userstories\nwhere not is_closed\n-->\n<!-- /taiga -->\n"
    )
