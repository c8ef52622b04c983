"""`taiga-notes templates`: which there are, and what one looks like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taiga_notes.render import builtin_folder

if TYPE_CHECKING:
    from tests.cli.program import Program


def test_it_lists_them_with_their_places_and_descriptions(program: Program) -> None:
    own = program.page("templates/mine.md.j2", "{# Who does what. #}\n{{ rows }}")
    program.page("templates/links.md.j2", "{# My links. #}\n")
    (program.folder / "taiga-notes.toml").touch()

    lines = [line.split(maxsplit=2) for line in program("templates").out.splitlines()]

    builtin = {file.name.removesuffix(".md.j2") for file in builtin_folder().glob("*.j2")}
    assert [name for name, *_ in lines] == sorted({*builtin, "mine"}, key=str)
    listed = {name: (place, what) for name, place, what in lines}
    assert listed["mine"] == (str(own), "Who does what.")
    assert listed["links"][1] == "My links."
    assert listed["tasks"][0] == "built-in"


def test_it_shows_one_as_it_is_written(program: Program) -> None:
    program.page("templates/mine.md.j2", "{# Mine. #}\n{{ rows }}")
    assert program("templates", "mine").out == "{# Mine. #}\n{{ rows }}\n"
    shown = program("templates", "tasks").out
    assert shown == (builtin_folder() / "tasks.md.j2").read_text()


def test_a_name_that_there_is_not_is_told_with_those_there_are(program: Program) -> None:
    done = program("templates", "link")
    assert (done.status, done.out) == (3, "")
    assert done.err.startswith("taiga-notes: there is no template 'link' (did you mean 'links'?")
