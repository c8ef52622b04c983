"""`taiga-notes list`: where there are blocks, and what they show."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.program import untouched

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Acme
    from tests.cli.program import Program

pytestmark = pytest.mark.slow

PAGE = """\
---
taiga:
  template: tasks
---
There are <!-- taiga: from userstories select count() -->3<!-- /taiga --> stories.

> <!-- taiga: from userstories where not is_closed -->
> <!-- /taiga -->

<!-- taiga: from userstories{status__is_archived=false} select ref, subject -->
<!-- /taiga -->

<!--#lua template.each(query[[from presets.open]], templates.links) or "None" -->
<!--/lua-->

<!-- taiga: from presets.open where ref > 99 each "%{row.ref}" -->
<!-- /taiga -->
"""
LINES = [
    ["A.md", "5", "userstories", "-", "1", "-"],
    ["A.md", "7", "userstories", "tasks", "2", "-"],
    ["A.md", "10", "userstories", "table", "3", "-"],
    ["A.md", "13", "presets.open", "links", "2", "-"],
    ["A.md", "16", "presets.open", "each", "0", "-"],
]
SETTINGS = 'project = "acme"\n[presets]\nopen = "from userstories where not is_closed"\n'


def cells(out: str) -> list[list[str]]:
    heading, *lines = [line.split() for line in out.splitlines()]
    assert heading == ["PAGE", "LINE", "SOURCE", "TEMPLATE", "ROWS", "AGE"]
    return lines


def blocks(out: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(out)["blocks"]
    return found


@pytest.fixture
def folder(notes: Path, program: Program) -> Path:
    (notes / "taiga-notes.toml").write_text(SETTINGS)
    program.page("A.md", PAGE)
    program.page("Plain.md", "Nothing.\n")
    program.page("Deep/B.md", "<!-- taiga: from userstories limit 1 -->\n<!-- /taiga -->\n")
    return notes


def test_each_block_of_the_vault_is_listed(folder: Path, program: Program) -> None:
    with untouched(folder):
        done = program("list", *program.rows)
    assert (done.status, done.err) == (0, "")
    assert cells(done.out) == [*LINES, ["Deep/B.md", "1", "userstories", "links", "1", "-"]]


def test_paths_name_pages_and_folders(folder: Path, program: Program) -> None:
    assert folder
    assert [line[0] for line in cells(program("list", *program.rows, "Deep").out)] == ["Deep/B.md"]
    assert program("list", *program.rows, "Plain.md").out == ""
    done = program("list", *program.rows, "Nope.md")
    assert (done.status, "Nope.md" in done.err) == (2, True)


def test_machines_are_told_more(folder: Path, program: Program) -> None:
    done = program("list", "--json", *program.rows, "A.md")
    assert json.loads(done.out)["vault"] == str(folder)
    found = blocks(done.out)
    assert [block["form"] for block in found] == ["inline", "native", "native", "baked", "native"]
    assert [block["rows"] for block in found] == [1, 2, 3, 2, 0]
    assert found[0] == {
        "page": "A.md",
        "line": 5,
        "form": "inline",
        "query": "from userstories select count()",
        "source": "userstories",
        "template": None,
        "rows": 1,
        "checked": None,
        "lists": ["userstories of acme"],
        "problem": None,
    }


def test_mistakes_are_told_and_their_blocks_listed_all_the_same(
    folder: Path, program: Program
) -> None:
    broken = "<!-- taiga\nfrom userstories\nwhere subjcet template links\n-->\n<!-- /taiga -->\n"
    program.page("Deep/B.md", f"{broken}\n<!-- taiga: form x -->\n<!-- /taiga -->\n")
    program.page("Deep/C.md", "<!-- taiga: from userstories -->\n")
    program.page("Deep/D.md", "<!-- taiga: from issues -->\n<!-- /taiga -->\n")
    with untouched(folder):
        done = program("list", *program.rows, "Deep")
    assert done.status == 4
    assert cells(done.out) == [
        ["Deep/B.md", "1", "userstories", "links", "-", "-"],
        ["Deep/B.md", "7", "-", "-", "-", "-"],
        ["Deep/D.md", "1", "issues", "-", "-", "-"],
    ]
    places = [line.partition(": ")[0] for line in done.err.splitlines() if line[0] != " "]
    assert places == ["Deep/C.md:1", "Deep/B.md:3", "Deep/B.md:7", "Deep/D.md:1"]
    problems = [block["problem"] for block in blocks(program("list", "--json", "Deep").out)]
    assert "unknown field" not in problems[0]
    assert all(problems)


def test_taiga_is_not_asked_and_ages_are_those_of_the_store(
    vault: Path, acme: Acme, program: Program
) -> None:
    program.page("A.md", PAGE.replace("presets.open", "userstories"))
    with untouched(vault):
        unknown = program("list")
    assert acme.taiga.log.requests == 0
    assert unknown.status == 0
    assert [line[-2:] for line in cells(unknown.out)] == [["-", "-"]] * 5
    assert [line[3] for line in cells(unknown.out)] == ["-", "-", "-", "links", "each"]
    assert "5 blocks whose rows are not stored yet" in unknown.err
    program("render")
    sent = acme.taiga.log.requests
    known = program("list")
    assert acme.taiga.log.requests == sent
    assert [line[4:] for line in cells(known.out)] == [
        [rows, "just", "now"] for rows in ("1", "2", "3", "3", "0")
    ]
    assert all(block["lists"] for block in blocks(program("list", "--json").out))
    checked = [block["checked"] for block in blocks(program("list", "--json").out)]
    assert len({*checked}) == 1
    assert checked[0][:4].isdecimal()


def test_who_asks_for_no_list_has_no_age(vault: Path, acme: Acme, program: Program) -> None:
    assert vault
    assert acme
    program.page("A.md", "<!-- taiga: me.username -->ada<!-- /taiga -->, as ever.\n")
    program("render")
    assert cells(program("list").out) == [["A.md", "1", "-", "-", "1", "-"]]


def test_without_a_vault_there_is_nothing_to_list(program: Program) -> None:
    done = program("list")
    assert (done.status, "there is no taiga-notes.toml" in done.err) == (2, True)
