"""`taiga-notes freeze`, `thaw` and `eject`: pages that stay, and what is told of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.program import untouched

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Acme
    from tests.cli.program import Program

pytestmark = pytest.mark.slow

PAGE = """\
# Today

<!-- #taiga: from userstories select subject -->
<!-- /taiga -->

There are <!-- taiga: from userstories select count() --><!-- /taiga --> stories.

<!-- #taiga: from userstories where ref > 99 -->
<!-- /taiga -->
"""


def test_a_page_stays_is_listed_and_is_kept_true_again(vault: Path, program: Program) -> None:
    page = program.page("A.md", PAGE)
    program("render")
    rendered = page.read_text()
    with untouched(vault):
        done = program("freeze", "A.md:5", "--check")
    assert (done.status, done.out) == (
        1,
        "A.md: 1 frozen\n1 page would change, 0 places left alone\n",
    )

    done = program("freeze", "A.md")
    assert done.status == 3
    assert done.out == "A.md: 2 frozen\n1 page changed, 1 place left alone\n"
    assert "A.md:11: left alone: only blocks with taiga-notes' own markers" in done.err
    day = page.read_text().partition("frozen ")[2][:10]
    frozen = page.read_text()
    assert frozen.replace(f" frozen {day}", "") == rendered
    assert program("freeze", "A.md:3").out == "0 pages changed, 0 places left alone\n"

    listed = program("list").out.splitlines()
    assert listed[1].split() == ["A.md", "3", "userstories", "-", "-", "frozen", day]
    blocks = json.loads(program("list", "--json").out)["blocks"]
    assert [each["frozen"] for each in blocks] == [day, None, day]
    assert f"frozen since {day}" in program("explain", "A.md:3").out
    assert json.loads(program("explain", "A.md:3", "--json").out)["blocks"][0]["frozen"] == day

    page.write_text(frozen.replace("Sign-up form", "my own words"))
    done = program("render", "--full", "--force")
    assert (done.status, done.err) == (0, "")
    assert "my own words" in page.read_text()
    done = program("thaw", "A.md:3")
    assert done.status == 3
    assert "edited by hand" in done.err
    assert program("thaw", "A.md", "--force").out.startswith("A.md: 2 thawed\n")
    assert program("render").status == 3
    assert program("render", "--force").status == 0
    assert page.read_text() == rendered


def test_a_page_of_frozen_blocks_asks_nobody(program: Program, acme: Acme, vault: Path) -> None:
    assert vault.is_dir()
    page = program.page("A.md", PAGE.partition("There are")[0])
    program("render")
    assert program("freeze", "A.md").status == 0
    acme.taiga.log.clear()
    frozen = page.read_text()
    for flags in ((), ("--full",), ("--check",)):
        assert program("render", *flags).status == 0
    assert acme.taiga.log.lines() == []
    assert page.read_text() == frozen


def test_once_is_written_and_undone_like_any_other_run(vault: Path, program: Program) -> None:
    text = "<!-- #taiga: from userstories select subject once -->\n<!-- /taiga -->\n"
    page = program.page("A.md", text)
    with untouched(vault):
        assert program("render", "--check").status == 1
        assert "frozen" in program("render", "--diff").out
    assert program("render").status == 0
    filled = page.read_text()
    assert "frozen" in filled
    assert program("render").out == "0 pages changed, 1 unchanged\n"
    assert program("thaw", "A.md").status == 0
    assert program("undo").out == "restored: A.md\n"
    assert page.read_text() == filled

    done = program("unbake")
    assert done.status == 3
    assert "its text would be lost" in done.err
    assert page.read_text() == filled

    assert program("eject", "A.md").out == "A.md: 1 ejected\n1 page changed, 0 places left alone\n"
    assert page.read_text().startswith("- ")
    assert "taiga" not in page.read_text()
    assert program("undo").out == "restored: A.md\n"
    assert page.read_text() == filled


def test_what_waits_to_be_pushed_is_not_frozen_nor_ejected(vault: Path, program: Program) -> None:
    text = "<!-- #taiga: from userstories template tasks push done -->\n<!-- /taiga -->\n"
    page = program.page("A.md", text)
    program("render")
    page.write_text(page.read_text().replace("- [ ]", "- [x]", 1))
    for command in ("freeze", "eject"):
        with untouched(vault):
            done = program(command, "A.md")
        assert done.status == 3
        assert "changes in it that are not pushed" in done.err


def test_a_merge_conflict_is_not_frozen_nor_ejected(vault: Path, program: Program) -> None:
    page = program.page("A.md", "<!-- #taiga: from userstories -->\n<!-- /taiga -->\n")
    program("render")
    head, line, rest = page.read_text().partition("- [#1")
    page.write_text(f"{head}<<<<<<< HEAD\n- mine\n=======\n>>>>>>> other\n{line}{rest}")
    with untouched(vault):
        for command in ("freeze", "eject"):
            done = program(command, "A.md")
            assert done.status == 3
            assert "A.md:1: left alone: a merge conflict is not resolved" in done.err


def test_a_line_without_a_block_and_a_page_that_is_none_are_told(
    vault: Path, program: Program
) -> None:
    assert vault.is_dir()
    program.page("A.md", PAGE)
    for command, line in (("freeze", 1), ("freeze", 0), ("thaw", 0), ("eject", 99)):
        done = program(command, f"A.md:{line}")
        told = f"A.md:{line}: there is no block at this line (there are some at 3, 6, 8)\n"
        assert (done.status, done.err) == (3, told)
    done = program("freeze", "B.md:1")
    assert done.status == 2
    assert "B.md" in done.err
    assert program("freeze").status == 2
    done = program("freeze", "A.md:3")
    assert done.status == 3
    assert "there is nothing in it yet that could stay (render it first)" in done.err
