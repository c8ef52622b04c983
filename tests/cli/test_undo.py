"""`taiga-notes undo`: what the last run replaced comes back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.program import untouched

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.program import Program

pytestmark = pytest.mark.slow

COUNT = "There are <!-- taiga: from userstories select count() --><!-- /taiga --> stories.\n"


def test_it_restores_run_after_run_and_spares_what_was_edited_since(
    notes: Path, program: Program
) -> None:
    pages = [program.page(name, COUNT) for name in ("A.md", "Sub/B.md")]
    first = [page.read_bytes() for page in pages]
    program.render()
    edited = pages[1].read_text() + "and a word of mine\n"
    pages[1].write_text(edited)

    done = program("undo")

    assert (done.status, done.out) == (6, "restored: A.md\n")
    assert done.err == "Sub/B.md: is left as it is: it was edited since\n"
    assert pages[0].read_bytes() == first[0]
    assert pages[1].read_text() == edited
    # To do again what was undone, render.
    assert program.render().out == "changed: A.md\n1 page changed, 1 unchanged\n"
    assert program("undo").out == "restored: A.md\n"
    with untouched(notes):
        program("undo")


def test_bake_can_be_taken_back(notes: Path, program: Program) -> None:
    live = "${template.each(query[[from userstories]], templates.links)}\n"
    page = program.page("A.md", live)
    program("bake")
    program.render()
    assert "Sign-up form" in page.read_text()
    # From elsewhere, by the vault's name.
    program.folder = program.home
    assert program("undo", str(notes)).out == "restored: A.md\n"
    assert program("undo", str(notes)).out == "restored: A.md\n"
    assert page.read_text() == live
    done = program("undo", str(notes))
    assert (done.status, done.out, done.err) == (0, "there is nothing to undo\n", "")
