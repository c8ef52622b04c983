"""A vault whose rows are in a file of its own: no server, no account, no flags."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import STORIES
from tests.cli.watching import ForkedWatch, block

if TYPE_CHECKING:
    from tests.cli.conftest import Acme
    from tests.cli.program import Program

SETTINGS = 'project = "acme"\nsnapshot = ".data/acme.json"\n[watch]\nquiet_ms = 50\n'
NOWHERE = "http://127.0.0.1:9/api/v1"


def rows(program: Program, *subjects: str) -> None:
    stories = [{**row, "subject": text} for row, text in zip(STORIES, subjects, strict=False)]
    program.page(".data/acme.json", json.dumps({"userstories": stories}))


@pytest.fixture
def alone(program: Program) -> Program:
    """Whoever asked this server would be refused at once, and nobody has an account."""
    program.env["TAIGA_NOTES_API"] = NOWHERE
    program.page("taiga-notes.toml", SETTINGS)
    program.page("Page.md", block("from userstories"))
    rows(program, "One", "Two")
    return program


def test_every_command_reads_the_file(alone: Program) -> None:
    file = alone.folder / ".data/acme.json"
    assert alone("render").out == "changed: Page.md\n1 page changed, 0 unchanged\n"
    assert "[#1 One]" in (alone.folder / "Page.md").read_text()
    assert alone("render").out == "0 pages changed, 1 unchanged\n"
    assert alone("query", "#userstories").out == "2\n"
    assert '"One"' in alone("fields", "userstories").out
    doctor = alone("doctor")
    assert (doctor.status, doctor.err) == (0, "")
    assert f"snapshot: {file}: no server is asked" in doctor.out
    assert alone("status").out.splitlines()[0] == f"rows     from {file}: no server is asked"
    assert json.loads(alone("status", "--json").out)["snapshot"] == str(file)
    assert [done.err for done in (alone("status"), alone("cache", "clear"))] == ["", ""]


def test_a_render_sees_that_the_file_is_another(alone: Program) -> None:
    alone("render")
    rows(alone, "Uno")
    assert alone("render").out == "changed: Page.md\n1 page changed, 0 unchanged\n"
    (alone.folder / ".data/acme.json").unlink()
    done = alone("render")
    assert done.status == 4
    assert "acme.json can't be read: No such file or directory" in done.err
    assert "[#1 Uno]" in (alone.folder / "Page.md").read_text()


def test_a_flag_counts_before_the_vault(alone: Program) -> None:
    alone.page("other.json", json.dumps({"userstories": []}))
    assert alone("query", "#userstories", "--snapshot", "other.json").out == "0\n"


def test_whose_server_the_vault_is_of_matters_only_where_one_is_asked(alone: Program) -> None:
    alone.page("taiga-notes.toml", f'api = "https://taiga.example/api/v1"\n{SETTINGS}')
    assert alone("query", "#userstories").out == "2\n"
    done = alone("snapshot", "new.json")
    assert done.status == 2
    assert "is meant for https://taiga.example/api/v1, but your account is at" in done.err


def test_a_new_snapshot_is_of_the_server(acme: Acme, program: Program) -> None:
    assert acme.server
    program.page("taiga-notes.toml", 'project = "acme"\nsnapshot = "acme.json"\n')
    rows(program)
    assert program("query", "#userstories").status == 4
    done = program("snapshot", "acme.json")
    assert (done.status, done.err) == (0, "")
    assert program("query", "#userstories").out == "3\n"


@pytest.mark.slow
def test_a_watch_sees_the_file_change_go_and_come(alone: Program) -> None:
    page, file = alone.folder / "Page.md", alone.folder / ".data/acme.json"
    with ForkedWatch(alone) as watch:
        watch.until("changed", page="Page.md")
        since = watch.mark
        draft = alone.page(".data/draft", file.read_text().replace("One", "Uno"))
        draft.replace(file)
        watch.until("changed", since, page="Page.md")
        assert "[#1 Uno]" in page.read_text()
        since = watch.mark
        file.unlink()
        watch.until("problem", since, page="Page.md", message="can't be read")
        assert "[#1 Uno]" in page.read_text()
        since = watch.mark
        rows(alone, "Eins")
        watch.until("changed", since, page="Page.md")
        assert "[#1 Eins]" in page.read_text()
        # Settings that name another file, or none, count at once.
        since = watch.mark
        alone.page("b.json", file.read_text().replace("Eins", "Un"))
        alone.page("taiga-notes.toml", SETTINGS.replace(".data/acme", "b"))
        watch.until("changed", since, page="Page.md")
        assert "[#1 Un]" in page.read_text()
        assert watch.complaints == ""


def test_nothing_is_pushed_to_a_file(alone: Program) -> None:
    done = alone("push")
    assert done.status == 2
    assert "says that rows come from" in done.err
