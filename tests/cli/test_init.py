"""`taiga-notes init`: a folder becomes a vault."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

from tests.cli.program import untouched

if TYPE_CHECKING:
    from tests.cli.program import Program


def test_it_writes_a_commented_file_and_says_what_comes_next(program: Program) -> None:
    done = program("init", "--project", "acme")
    assert (done.status, done.err) == (0, "")
    assert done.out.splitlines() == [
        "wrote taiga-notes.toml",
        "next: `taiga-notes login`, then `taiga-notes doctor`, then `taiga-notes render`",
    ]
    text = (program.folder / "taiga-notes.toml").read_text()
    assert tomllib.loads(text) == {"project": "acme"}
    assert text.count("\n# ") > 10


def test_every_key_of_it_works_once_its_comment_sign_is_gone(program: Program) -> None:
    program("init")
    file = program.folder / "taiga-notes.toml"
    text = re.sub(r"^# (?=\w+ = |\[)", "", file.read_text(), flags=re.MULTILINE)
    file.write_text(text)
    assert len(tomllib.loads(text)) > 8
    program.page("taiga.json", '{"userstories": [], "me": {"username": "ann"}}')
    program.env["TAIGA_NOTES_API"] = "https://api.taiga.io/api/v1"
    done = program("render")
    assert (done.status, done.out) == (0, "no mirror lists an item, and no page has a block\n")


def test_without_a_project_it_says_what_to_set(program: Program) -> None:
    done = program("init")
    assert "next: set `project` in it" in done.out
    assert tomllib.loads((program.folder / "taiga-notes.toml").read_text()) == {}


def test_a_vault_stays_as_it_is(program: Program) -> None:
    program("init", "--project", "acme")
    with untouched(program.folder):
        done = program("init", "--project", "other")
    assert (done.status, done.out) == (2, "")
    assert done.err == (
        "taiga-notes: taiga-notes.toml exists already (edit it, or remove it first)\n"
    )


def test_another_folder_can_be_named_if_it_exists(program: Program) -> None:
    done = program("init", "notes")
    assert done.status == 2
    assert done.err == (
        "taiga-notes: notes/taiga-notes.toml can't be written: No such file or directory"
        " (make the folder first)\n"
    )
    (program.folder / "notes").mkdir()
    assert program("init", "notes").out.startswith("wrote notes/taiga-notes.toml\n")
