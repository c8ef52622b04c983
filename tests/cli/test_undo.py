"""`taiga-notes undo`: what the last run replaced comes back."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING

import pytest

from tests.cli.program import untouched
from tests.cli.watching import ForkedWatch

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Acme
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
        done = program("undo")
    assert (done.status, done.out, done.err) == (0, "there is nothing to undo\n", "")


def test_what_was_edited_moved_or_deleted_is_passed_by_and_told_once(
    notes: Path, program: Program
) -> None:
    names = ("A.md", "Edited.md", "Moved.md", "Deleted.md")
    pages = {name: program.page(name, f"# {name}\n\n{COUNT}") for name in names}
    first = {name: page.read_bytes() for name, page in pages.items()}
    program.render("A.md")
    program.render("Moved.md")
    program.render("Edited.md", "Deleted.md")
    pages["Edited.md"].write_text(pages["Edited.md"].read_text() + "Mine.\n")
    pages["Deleted.md"].unlink()
    (notes / "Sub").mkdir()
    pages["Moved.md"].rename(notes / "Sub" / "Other.md")

    with untouched(notes):
        listed = program("undo", "--list")
    assert (listed.status, listed.err) == (0, "")
    assert [line for line in listed.out.splitlines() if line.startswith(" ")] == [
        "  Deleted.md is passed by: it was deleted since, or moved and edited",
        "  Edited.md is left as it is: it was edited since",
        "  Sub/Other.md, which was Moved.md, would be restored",
        "  A.md would be restored",
    ]
    days = [line[:10] for line in listed.out.splitlines() if not line.startswith(" ")]
    assert len(days) == 3
    assert all(date.fromisoformat(day) for day in days)

    done = program("undo")
    assert (done.status, done.out) == (6, "restored: Sub/Other.md, which was Moved.md\n")
    assert sorted(done.err.splitlines()) == [
        "Deleted.md: is passed by: it was deleted since, or moved and edited",
        "Edited.md: is left as it is: it was edited since",
    ]
    assert (notes / "Sub" / "Other.md").read_bytes() == first["Moved.md"]
    done = program("undo")
    assert (done.status, done.out, done.err) == (0, "restored: A.md\n", "")
    done = program("undo")
    assert (done.status, done.out, done.err) == (0, "there is nothing to undo\n", "")
    assert pages["Edited.md"].read_text().endswith("Mine.\n")


def test_one_page_is_undone_by_its_name(notes: Path, program: Program) -> None:
    pages = [program.page(name, f"# {name}\n\n{COUNT}") for name in ("A.md", "B.md")]
    first = pages[0].read_bytes()
    program.render()
    rendered = pages[1].read_bytes()
    done = program("undo", "A.md")
    assert (done.status, done.out, done.err) == (0, "restored: A.md\n", "")
    assert (pages[0].read_bytes(), pages[1].read_bytes()) == (first, rendered)
    pages[1].rename(notes / "C.md")
    listed = json.loads(program("undo", "B.md", "--list", "--json").out)
    assert [run["pages"] for run in listed["runs"]] == [
        [{"page": "C.md", "was": "B.md", "restores": True, "removes": False, "message": ""}]
    ]
    assert datetime.fromisoformat(listed["runs"][0]["at"]).tzinfo
    done = program("undo", "B.md", "--json")
    assert json.loads(done.out) == {
        "vault": str(notes),
        "pages": [
            {"page": "C.md", "was": "B.md", "restored": True, "removed": False, "message": ""}
        ],
        "watch": None,
    }
    done = program("undo", "Nowhere.md")
    assert (done.status, done.out) == (2, "")
    assert done.err == (
        f"taiga-notes: {str(notes / 'Nowhere.md')!r} does not exist, and no run replaced it"
        " (`taiga-notes undo --list` shows what runs replaced)\n"
    )


def test_bake_can_be_taken_back(notes: Path, program: Program) -> None:
    live = "${template.each(query[[from userstories]], templates.links)}\n"
    page = program.page("A.md", live)
    program("bake")
    program.render()
    assert "Sign-up form" in page.read_text()
    # From elsewhere, by the vault's name.
    program.folder = program.home
    assert program("undo", str(notes)).out == "restored: ../work/A.md\n"
    assert program("undo", str(notes)).out == "restored: ../work/A.md\n"
    assert page.read_text() == live
    done = program("undo", str(notes))
    assert (done.status, done.out, done.err) == (0, "there is nothing to undo\n", "")


def test_two_at_once_take_back_two_runs(notes: Path, program: Program) -> None:
    assert notes
    pages = [program.page(name, f"# {name}\n\n{COUNT}") for name in ("A.md", "B.md")]
    first = [page.read_bytes() for page in pages]
    for name in ("A.md", "B.md"):
        program.render(name)
    both = [program.start("undo") for _ in pages]
    told = sorted("".join(one.communicate(timeout=60)) for one in both)
    assert told == ["restored: A.md\n", "restored: B.md\n"]
    assert [page.read_bytes() for page in pages] == first


def test_a_running_watch_leaves_alone_what_was_restored(
    vault: Path, acme: Acme, program: Program
) -> None:
    assert vault
    assert acme.server
    page = program.page("A.md", f"# A\n\n{COUNT}")
    first = page.read_bytes()
    with ForkedWatch(program) as watching:
        watching.until("changed", page="A.md")
        since = watching.mark
        done = program("undo")
        assert (done.status, done.err) == (0, "")
        assert done.out == (
            "restored: A.md\n"
            f"the vault is being watched (process {watching.pid}): what is restored is left alone"
            " there until the page or Taiga changes\n"
        )
        watching.until("undone", since, page="A.md")
        watching.settle()
        assert page.read_bytes() == first
        assert watching.changed(since) == []
        page.write_bytes(b"Mine.\n\n" + first)
        watching.until("changed", since, page="A.md")
    assert page.read_bytes().startswith(b"Mine.\n\n# A\n\nThere are <!-- taiga: ")
    assert page.read_bytes() != b"Mine.\n\n" + first
