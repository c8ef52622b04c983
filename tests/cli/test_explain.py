"""`taiga-notes explain`: why a block shows what it shows, and where a story went."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli.program import PROGRAM, untouched

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Acme
    from tests.cli.program import Program, Result

pytestmark = pytest.mark.slow

OPEN = "from userstories where not is_closed and status_name == 'New' order by ref"
PAGE = f"""\
There are <!-- taiga: from userstories select count() -->3<!-- /taiga --> stories.

<!-- taiga
{OPEN}
template links
-->
<!-- /taiga -->

<!--#lua template.each(query[[from presets.open limit 1]], templates.tasks) -->
<!--/lua-->
"""
EXPLAINED = """\
  User stories of acme, without archived ones, where not is_closed and status_name is 'New', \
ordered by ref.
    3  user stories of acme, without archived ones
    2  where not is_closed (1 dropped)
    1  and status_name is 'New' (1 dropped, by itself 2)
    1  ordered by ref
  shown by the template links
"""


def told(program: Program, *arguments: str) -> str:
    done = program("explain", *program.rows, *arguments)
    assert (done.status, done.err) == (0, "")
    return done.out


def document(done: Result) -> Any:
    return json.loads(done.out)


@pytest.fixture
def page(notes: Path, program: Program) -> Path:
    (notes / "taiga-notes.toml").write_text(
        'project = "acme"\n[presets]\nopen = "from userstories where not is_closed"\n'
    )
    return program.page("A.md", PAGE)


def test_a_query_is_said_in_words_and_its_rows_are_counted(notes: Path, program: Program) -> None:
    assert notes
    lists = "\nlists\n  userstories of acme  3 rows  -  from the file (no request)\n"
    assert told(program, OPEN) == EXPLAINED + lists
    assert told(program, f"${{query[[{OPEN}]]}}") == EXPLAINED + lists
    assert told(program, "1 + 1") == ""


def test_each_block_of_a_page_is_explained_be_it_inline_or_baked(
    page: Path, program: Program
) -> None:
    with untouched(page.parent):
        out = told(program, "A.md")
    inline, native, baked, _lists = out.split("\n\n")
    assert inline.splitlines()[0] == "A.md:1"
    assert "showing count()" in inline
    assert "shown by" not in inline
    assert f"{native}\n" == f"A.md:3\n{EXPLAINED}"
    assert baked.splitlines() == [
        "A.md:9",
        "    preset open: User stories of acme, without archived ones, where not is_closed.",
        "      3  user stories of acme, without archived ones",
        "      2  where not is_closed (1 dropped)",
        "  The preset open, at most 1.",
        "    2  the preset open",
        "    1  at most 1 (1 dropped)",
        "  shown by the template tasks",
    ]


def test_a_line_names_the_block_that_it_is_part_of(page: Path, program: Program) -> None:
    assert page
    for line, shown in ((1, 1), (3, 3), (5, 3), (7, 3), (10, 9)):
        assert told(program, f"A.md:{line}").splitlines()[0] == f"A.md:{shown}"


def test_why_says_what_became_of_a_story(page: Path, program: Program) -> None:
    assert page
    ways = {
        "1": ("#1 Sign-up form: row 1 of 1", "#1 Sign-up form: row 1 of 1"),
        "#2": (
            "#2 Pay by invoice: dropped by: and status_name is 'New'",
            "#2 Pay by invoice: dropped by: at most 1",
        ),
        "3": (
            "#3 Old log files: dropped by: where not is_closed",
            "#3 Old log files: in the preset open, dropped by: where not is_closed",
        ),
        "99": ("#99: not in the user stories of acme", "#99: in the preset open, not in the user"),
    }
    for ref, (native, baked) in ways.items():
        assert f"  {native}" in told(program, "A.md:3", "--why", ref)
        assert f"  {baked}" in told(program, "A.md:9", "--why", ref)


def test_machines_are_told_the_same(page: Path, program: Program) -> None:
    assert page
    done = program("explain", *program.rows, "A.md:4", "--why", "2", "--json")
    [block] = document(done)["blocks"]
    assert (block["page"], block["line"], block["rows"]) == ("A.md", 3, 1)
    assert block["template"] == "links"
    [query] = block["queries"]
    assert [(step["clause"], step["rows"], step["keeps"]) for step in query["steps"]] == [
        ("from", 3, True),
        ("where", 2, True),
        ("and", 1, False),
        ("order by", 1, False),
    ]
    assert block["story"] == "#2 Pay by invoice: dropped by: and status_name is 'New'"
    assert document(done)["lists"] == [
        {
            "list": "userstories of acme",
            "rows": 3,
            "checked": None,
            "how": "from the file",
            "requests": [],
        }
    ]


def test_a_mistake_is_told_at_its_place_and_spares_other_blocks(
    page: Path, program: Program
) -> None:
    page.write_text(PAGE.replace("status_name", "statsu_name"))
    done = program("explain", *program.rows, "A.md")
    assert done.status == 3
    assert done.err.startswith("A.md:4: unknown field 'statsu_name'")
    assert "A.md:3\n  can't be explained: unknown field 'statsu_name'" in done.out
    assert "A.md:9\n" in done.out
    done = program("explain", *program.rows, "A.md", "--json")
    problems = [block["problem"] for block in document(done)["blocks"]]
    assert [problem and problem[:13] for problem in problems] == [None, "unknown field", None]
    page.write_text("<!-- taiga: from tasks -->\n")
    done = program("explain", *program.rows, "A.md")
    assert (done.status, "A.md:1: " in done.err) == (3, True)


def test_what_can_not_be_explained_is_refused_with_a_word(page: Path, program: Program) -> None:
    (page.parent / "B.md").write_text("Nothing here.\n")
    (page.parent / "C.md").write_text("---\ntaiga: false\n---\n" + PAGE)
    cases = {
        ("A.md:2",): (2, "A.md has no block at line 2 (there are some at 1, 3, 9)"),
        ("B.md",): (2, "B.md has no block"),
        ("C.md",): (2, "C.md has no block"),
        ("Nope.md",): (2, "there is no page 'Nope.md'"),
        ("Nope.md:3",): (2, "there is no page 'Nope.md:3'"),
        ("A.md:3:7",): (2, "there is no page 'A.md:3:7'"),
        (".",): (2, "'.' is a folder, and one page is explained at a time"),
        ("Long" * 100,): (3, "LongLong"),
        ("userstories", "--vault", "Long" * 100): (2, "there is no folder"),
        ("from userstories wher x",): (3, "unexpected 'wher'"),
        ("from tasks",): (4, "holds no list of 'tasks'"),
        ("userstories", "--why", "x"): (2, "'x' is no story's number"),
        ("userstories", "--why", "-1"): (2, "'-1' is no story's number"),
    }
    for arguments, (status, message) in cases.items():
        done = program("explain", *program.rows, *arguments)
        assert (done.status, message in done.err) == (status, True), (arguments, done)


def test_strangers_text_does_not_act_on_the_terminal(notes: Path, program: Program) -> None:
    stories = [{"ref": 1, "subject": "\x1b[31m\u202e\x85\nred", "is_closed": False}]
    (notes / "odd.json").write_text(json.dumps({"userstories": stories}))
    query = "from userstories where subject ~= '\\x1b[31m\u202e'"
    arguments = ("explain", "--snapshot", "odd.json", query, "--why", "1")
    done = program(*arguments)
    assert done.status == 0
    assert "#1 " in done.out
    assert not {"\x1b", "\u202e", "\x85"} & set(done.out)
    assert not {"\x1b", "\u202e", "\x85"} & set(program(*arguments, "--json").out)


def test_requests_and_the_age_of_rows_are_told(vault: Path, acme: Acme, program: Program) -> None:
    assert vault
    first = program("explain", "userstories", "--json")
    again = program("explain", "userstories", "--json")
    offline = program("explain", "userstories", "--json", "--offline")
    [fresh], [known], [stored] = (document(done)["lists"] for done in (first, again, offline))
    assert [each["rows"] for each in (fresh, known, stored)] == [3, 3, 3]
    assert fresh["how"] == "read whole"
    whole = [each for each in fresh["requests"] if "page_size=1000" in each]
    assert [each.partition("?")[0] for each in whole] == ["GET /userstories"]
    assert known["how"] == "only changes were asked for, read whole just now"
    assert known["requests"]
    assert not {*whole} & {*known["requests"]}
    assert (stored["how"], stored["requests"]) == ("from the store: offline", [])
    assert fresh["checked"] < known["checked"] == stored["checked"]
    sent = [document(done)["requests"] for done in (first, again, offline)]
    assert [len(each["requests"]) for each in (fresh, known, stored)] == sent
    assert sum(sent) == acme.taiga.log.requests


def test_rows_that_are_young_enough_take_no_request(
    vault: Path, acme: Acme, program: Program
) -> None:
    assert vault
    assert acme
    program.configure('max_age = "1h"\n')
    program("explain", "userstories")
    out = program("explain", "userstories").out
    assert out.splitlines()[-1].split("  ") == [
        "",
        "userstories of acme",
        "3 rows",
        "just now",
        "from the store: younger than `max_age` (no request)",
    ]


def test_a_story_that_the_list_does_not_have_is_looked_for_elsewhere(
    vault: Path, acme: Acme, program: Program
) -> None:
    assert vault
    assert acme
    task = json.loads(program("query", "--format", "json", "from tasks select ref").out)
    out = program("explain", "userstories", "--why", str(task)).out
    assert (
        f"  #{task}: not in the user stories of acme, without archived ones: it is among the "
        "tasks of acme, and these are user stories\n"
    ) in out
    assert "tasks of acme" in out.rpartition("lists\n")[2]


def test_without_taiga_the_store_answers_and_the_status_says_so(
    vault: Path, acme: Acme, program: Program
) -> None:
    assert vault
    program("explain", "userstories")
    acme.taiga.faults.add("unavailable", times=None)
    done = program("explain", "userstories")
    assert done.status == 4
    assert "from the store: server unreachable" in done.out
    assert "server unreachable" in done.err


def test_the_installed_program_explains(page: Path, program: Program) -> None:
    assert page
    done = program.command([str(PROGRAM), "explain", *program.rows, "A.md:3", "--why", "2"])
    assert (done.status, done.err) == (0, "")
    assert "#2 Pay by invoice: dropped by: and status_name is 'New'" in done.out
