"""Without Taiga: pages keep their last state, what is stored still answers, and the age is told."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.cli.program import untouched
from tests.fake_taiga import serve

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Acme
    from tests.cli.program import Program

pytestmark = pytest.mark.slow

COUNT = "There are <!-- taiga: from userstories select count() --><!-- /taiga --> stories.\n"
LIST = "<!-- taiga: from userstories template links -->\n<!-- /taiga -->\n"
AS_OF = r"as of 20\d\d-\d\d-\d\d \d\d:\d\d"


@pytest.fixture
def seen(vault: Path, program: Program) -> Program:
    """The program after a run with a server: page A is rendered, and another is new since."""
    program.page("A.md", COUNT + LIST)
    assert program("render").status == 0
    assert vault
    return program


def test_offline_renders_what_is_stored_and_asks_nobody(seen: Program, acme: Acme) -> None:
    page = seen.page("B.md", COUNT)
    acme.taiga.log.clear()
    done = seen("render", "--offline")
    assert (done.status, done.err) == (0, "")
    assert re.fullmatch(
        rf"changed: B.md\n1 page changed, 1 unchanged, {AS_OF}, offline\n", done.out
    )
    assert "-->3<!--" in page.read_text()
    assert not acme.taiga.log.lines()


@pytest.mark.parametrize("fault", ["unavailable", "reset", "half json"])
def test_an_unreachable_server_is_told_by_summary_and_status(
    seen: Program, acme: Acme, fault: str
) -> None:
    before = (seen.folder / "A.md").stat().st_mtime_ns
    page = seen.page("B.md", COUNT)
    acme.taiga.faults.add(fault, times=None)
    done = seen("render")
    assert (seen.folder / "A.md").stat().st_mtime_ns == before
    assert done.status == 4
    assert done.err.startswith("taiga-notes: ")
    assert len(done.err.splitlines()) == 1
    assert re.fullmatch(
        rf"changed: B.md\n1 page changed, 1 unchanged, {AS_OF}, server unreachable\n", done.out
    )
    assert "-->3<!--" in page.read_text()
    acme.taiga.faults.clear()
    back = seen("render")
    assert (back.status, back.out, back.err) == (0, "0 pages changed, 2 unchanged\n", "")


def test_a_server_that_is_gone_leaves_all_as_it_was(
    vault: Path, acme: Acme, program: Program
) -> None:
    program.page("A.md", COUNT + LIST)
    with serve(acme.taiga) as server:
        program.env["TAIGA_NOTES_API"] = server.url
        assert program("render").status == 0
    with untouched(vault):
        done = program("render", "--full")
    assert done.status == 4
    assert done.err.startswith(f"taiga-notes: 127.0.0.1:{server.port} can't be reached: ")
    assert re.fullmatch(rf"0 pages changed, 1 unchanged, {AS_OF}, server unreachable\n", done.out)


def test_with_nothing_in_the_store_the_blocks_stay(
    vault: Path, acme: Acme, program: Program
) -> None:
    acme.taiga.faults.add("unavailable", times=None)
    program.page("A.md", COUNT + LIST.replace("\n<", "\n\n- [#9 Old](https://x/)\n\n<", 1))
    for arguments in (["render"], ["render", "--offline"]):
        with untouched(vault):
            done = program(*arguments)
        assert done.status == 4
        assert done.err.startswith("A.md:1: ")
        assert len(done.err.splitlines()) == 1
        assert "0 pages changed, 1 unchanged, 2 problems, " in done.out


def test_queries_tell_the_age_of_their_answers(seen: Program, acme: Acme) -> None:
    acme.taiga.faults.add("unavailable", times=None)
    done = seen("query", "#userstories")
    assert (done.status, done.out) == (4, "3\n")
    assert re.match(rf"taiga-notes: {AS_OF}, server unreachable \(.*503.*\)\n$", done.err)
    offline = seen("query", "#userstories", "--offline")
    assert (offline.status, offline.out) == (0, "3\n")
    assert re.fullmatch(rf"taiga-notes: {AS_OF}, offline\n", offline.err)
    none = seen("query", "1", "--offline")
    assert (none.status, none.err) == (0, "")


def test_machines_are_told_as_well(seen: Program, acme: Acme) -> None:
    acme.taiga.faults.add("unavailable", times=None)
    done = seen("render", "--json")
    assert (done.status, done.err) == (4, "")
    document = json.loads(done.out)
    assert document["trouble"] == "server unreachable"
    assert re.match(r"20\d\d-\d\d-\d\dT", document["as_of"])
    assert document["problems"] == 0


def test_a_right_that_is_lost_takes_nothing_away(vault: Path, acme: Acme, program: Program) -> None:
    project = acme.taiga.add_project("Shared", owner=acme.taiga.add_user("owner"))
    acme.taiga.add_story(project, "Ours")
    (vault / "taiga-notes.toml").write_text(f'project = "{project.slug}"')
    bob = acme.taiga.add_user("bob")
    program.env["TAIGA_NOTES_TOKEN"] = acme.taiga.token(bob)
    page = program.page("A.md", COUNT + LIST)
    assert program("render").status == 0
    assert "[#1 Ours](" in page.read_text()
    acme.taiga.make_private(project)
    with untouched(vault):
        done = program("render")
    assert done.status == 4
    assert f"project '{project.slug}' is not visible to this account any more" in done.err
    offline = program("query", "#userstories", "--offline")
    assert offline.out == "1\n"
