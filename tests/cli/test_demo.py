"""`taiga-notes demo`: the README's first command, without server or account."""

from __future__ import annotations

import shlex
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.cli.program import Program, untouched

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.program import Result

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Demo:
    """The demo, run once; in a folder whose name a shell would take apart."""
    folder = tmp_path_factory.mktemp("demo")
    # Whoever asked this server would be refused at once, and nobody has an account.
    program = Program(folder, folder, {"TAIGA_NOTES_API": "http://127.0.0.1:9/api/v1"})
    return Demo(program, program("demo", "my demo"))


@dataclass(frozen=True)
class Demo:
    program: Program
    done: Result

    @property
    def folder(self) -> Path:
        return self.program.folder / "my demo"

    @property
    def pages(self) -> list[Path]:
        return sorted(self.folder.rglob("*.md"))


def test_it_writes_a_vault_renders_it_and_shows_what_changed(demo: Demo) -> None:
    assert (demo.done.status, demo.done.err) == (0, "")
    assert len(demo.pages) > 3
    assert f"{len(demo.pages)} pages rendered, 0 unchanged" in demo.done.out
    for page in demo.pages:
        assert f"\n+++ b/{page.relative_to(demo.folder).as_posix()}\n" in demo.done.out
    assert "\n+- [#15 Renew the TLS certificate](https://tree.taiga.io/project/" in demo.done.out
    assert tomllib.loads((demo.folder / "taiga-notes.toml").read_text())


def test_it_shows_every_template_of_lists_and_every_place_of_a_block(demo: Demo) -> None:
    text = "\n".join(page.read_text() for page in demo.pages)
    for name in ("grouped", "links", "list", "table", "taigaRecurringTasks", "tasks"):
        assert f"template {name}" in text or f"templates.{name}" in text, name
    assert "<!--#lua template.each(" in text
    assert "\n> <!-- #taiga" in text
    assert "\n   <!-- #taiga" in text


def test_the_command_that_it_names_runs_and_finds_nothing_to_do(demo: Demo) -> None:
    words = shlex.split(demo.done.out.splitlines()[-1])
    assert words[:2] == ["taiga-notes", "render"]
    with untouched(demo.folder):
        done = demo.program(*words[1:])
    assert (done.status, done.err) == (0, "")
    assert done.out == f"0 pages changed, {len(demo.pages)} unchanged\n"


def test_a_folder_in_use_is_left_alone(program: Program) -> None:
    program.page("notes/Mine.md", "mine")
    with untouched(program.folder):
        done = program("demo", "notes")
    assert (done.status, done.out) == (2, "")
    assert done.err == ("taiga-notes: notes is not empty (name another: `taiga-notes demo DIR`)\n")


def test_without_a_name_it_takes_one_and_an_empty_folder_will_do(program: Program) -> None:
    (program.folder / "taiga-notes-demo").mkdir()
    assert program("demo").status == 0
    assert (program.folder / "taiga-notes-demo" / "Welcome.md").is_file()


def test_a_folder_that_can_not_be_made_is_told(program: Program) -> None:
    program.page("file", "no folder")
    done = program("demo", "file/demo")
    assert (done.status, done.err) == (
        2,
        "taiga-notes: file/demo can't be written: Not a directory\n",
    )
