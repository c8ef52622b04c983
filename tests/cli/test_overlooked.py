"""What is passed by is told: live queries, near misses of markers, markers in code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.program import untouched

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.program import Program

LIVE = "${query[[from getTaigaTasks()]]}\n\n```taiga\nfrom issues\n```\n"
TOLD = (
    "taiga-notes: N.md:1: nearly a marker, so it is passed by: write <!-- #taiga: from … -->\n"
    "taiga-notes: 2 live queries passed by: L.md:1, L.md:3 "
    "(`taiga-notes bake` turns them into blocks)\n"
    "taiga-notes: 1 marker in code passed by: C.md:2 (what is shown as code is text)\n"
)


@pytest.fixture
def pages(vault: Path, program: Program) -> Path:
    program.page("L.md", LIVE)
    program.page("N.md", "<!-- Taiga: from userstories -->\n")
    program.page("C.md", "```\n<!-- #taiga: from userstories -->\n```\n")
    return vault


def test_render_tells_at_each_run(pages: Path, program: Program) -> None:
    for _ in range(2):
        with untouched(pages):
            done = program("render")
        assert (done.status, done.out, done.err) == (0, "", TOLD)
    program.page("B.md", "<!-- #taiga: from userstories -->\n<!-- /taiga -->\n")
    assert program("render").out == "changed: B.md\n1 page changed, 0 unchanged\n"


def test_render_tells_machines(pages: Path, program: Program) -> None:
    assert pages
    found = json.loads(program("render", "--json").out)["overlooked"]
    assert [(each["page"], each["line"], each["what"]) for each in found] == [
        ("C.md", 2, "in code"),
        ("L.md", 1, "live"),
        ("L.md", 3, "live"),
        ("N.md", 1, "near miss"),
    ]


def test_doctor_and_status_tell_as_well(pages: Path, program: Program) -> None:
    assert pages
    assert TOLD in program("doctor").err
    assert TOLD in program("status").err


def test_what_is_baked_is_told_no_more(pages: Path, program: Program) -> None:
    assert pages
    assert program("bake").status == 0
    assert "live" not in program("render").err


def test_a_mistyped_opener_is_blamed_and_not_its_end_marker(vault: Path, program: Program) -> None:
    assert vault
    program.page("A.md", "<!-- taiga from userstories -->\n<!-- /taiga -->\n")
    done = program("render")
    assert done.status == 3
    assert done.err.startswith("A.md:1: '<!-- taiga' is no marker")
    assert "write <!-- #taiga: from … -->" in done.err


def test_text_in_a_block_that_was_never_rendered_is_told_as_that(
    vault: Path, program: Program
) -> None:
    page = program.page("A.md", "<!-- #taiga: from userstories -->\nMine\n<!-- /taiga -->\n")
    done = program("render")
    assert done.status == 3
    assert "there is text between the markers that taiga-notes did not write" in done.err
    (vault / "taiga-notes.toml").write_text('project = "acme"\non_edit = "rescue"\n')
    done = program("render")
    assert done.out == (
        "changed: A.md\n"
        "  line 1: text that was written between the markers was moved below the block\n"
        "1 page changed, 0 unchanged\n"
    )
    assert page.read_text().endswith("\n\nMine\n")


def test_a_block_in_an_admonition_is_one_where_mkdocs_reads_the_pages(
    vault: Path, program: Program
) -> None:
    page = program.page(
        "A.md", "!!! note\n\n    <!-- #taiga: from userstories -->\n    <!-- /taiga -->\n"
    )
    assert "1 marker in code passed by: A.md:3" in program("render").err
    (vault / "mkdocs.yml").write_text("site_name: Notes\n")
    assert program("render").out == "changed: A.md\n1 page changed, 0 unchanged\n"
    assert "\n    - [#1 " in page.read_text()
    assert program("render").err == ""
    assert program("unbake").status == 0
