"""`taiga-notes query`: any expression, without a page."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.cli.program import PROGRAM

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Acme
    from tests.cli.program import Program

pytestmark = pytest.mark.slow

STORIES = [
    {
        "id": number,
        "ref": number + 10,
        "subject": subject,
        "status_extra_info": {"name": status, "is_closed": status == "Done"},
        "is_closed": status == "Done",
        "project_extra_info": {"slug": "acme"},
        "tags": [["ux", None]],
        "due_date": due,
    }
    for number, (subject, status, due) in enumerate(
        [("Sign-up *form*", "New", None), ("Invoice", "New", "2026-12-01"), ("Logs", "Done", None)],
        start=1,
    )
]


@pytest.fixture
def snapshot(program: Program) -> Program:
    """The program, and `stories.json` in its folder: `userstories` alone, no address."""
    program.page("stories.json", json.dumps({"userstories": STORIES}))
    return program


def queried(program: Program, *arguments: str) -> str:
    done = program("query", "--snapshot", "stories.json", *arguments)
    assert (done.status, done.err) == (0, "")
    return done.out


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("from userstories where not is_closed order by ref desc select ref", [12, 11]),
        ("query[[from userstories where due_date == nil select ref]]", [11, 13]),
        ("from getTaigaTasks() select status_name limit 1", ["New"]),
        ("query[[from userstories where ref > 99]]", []),
        ("query[[from userstories select count()]]", [3]),
        ("1 + 1", 2),
        ("page.name", None),
        ("{a = 'x', b = {1, 2.5}}", {"a": "x", "b": [1, 2.5]}),
        ("1 / 0", None),
        (
            "query[[from userstories group by status_name select {s = key, n = #group}]]",
            [{"s": "New", "n": 2}, {"s": "Done", "n": 1}],
        ),
    ],
)
def test_json_is_the_value_and_of_a_list_a_value_a_line(
    snapshot: Program, expression: str, value: object
) -> None:
    lines = queried(snapshot, "--format", "json", expression).splitlines()
    assert [json.loads(line) for line in lines] == (value if isinstance(value, list) else [value])


def test_json_gives_taigas_rows_as_they_came_and_the_added_fields(snapshot: Program) -> None:
    lines = queried(snapshot, "--format", "json", "userstories").splitlines()
    rows = [json.loads(line) for line in lines]
    assert len(rows) == 3
    for row, story in zip(rows, STORIES, strict=True):
        assert {name: row[name] for name in story} == story
        assert row["url"] == f"https://tree.taiga.io/project/acme/us/{story['ref']}"
        assert row["tag_names"] == ["ux"]


def test_json_reads_back_whatever_strangers_wrote(program: Program) -> None:
    subject = '\x1b[31m \x85 \u202e \u2028 Ünïcode 🚀 " \\ \n'
    document = {"userstories": [{"id": 1, "subject": subject}]}
    program.page("stories.json", json.dumps(document))
    out = queried(program, "--format", "json", "from userstories select subject")
    assert json.loads(out) == subject
    assert len(out.splitlines()) == 1
    # A terminal would act on these.
    assert not {"\x1b", "\x85", "\u202e"} & set(out)
    assert "Ünïcode 🚀" in out


def test_markdown_is_what_a_page_would_hold(snapshot: Program) -> None:
    links = (
        "- [#11 Sign-up \\*form\\*](https://tree.taiga.io/project/acme/us/11)\n"
        "- [#12 Invoice](https://tree.taiga.io/project/acme/us/12)\n"
    )
    assert queried(snapshot, "from userstories where not is_closed") == links
    each = "template.each(query[[from userstories where not is_closed]], templates.links)"
    assert queried(snapshot, each, "--format", "markdown") == links


def test_a_template_can_be_chosen(snapshot: Program) -> None:
    out = queried(snapshot, "from userstories where is_closed", "--template", "tasks")
    assert out == "- [x] [#13 Logs](https://tree.taiga.io/project/acme/us/13)\n"
    snapshot.page("taiga-notes.toml", 'template = "mine"')
    snapshot.page("templates/mine.md.j2", "{% for row in rows %}={{ row.ref }}{% endfor %}")
    assert queried(snapshot, "userstories") == "=11=12=13\n"


def test_the_original_integrations_line_comes_out_as_it_was(snapshot: Program) -> None:
    out = queried(
        snapshot,
        "template.each(query[[from getTaigaTasks() where status_extra_info.name == 'Done']],"
        " templates.taigaRecurringTasks)",
    )
    assert out == "* [Link](https://tree.taiga.io/project/acme/us/13) [Done] Logs\n"


def test_table_is_for_eyes(snapshot: Program) -> None:
    assert queried(snapshot, "--format", "table", "userstories").splitlines() == [
        "ref  subject         status_name  assignee  sprint  total_points",
        "11   Sign-up *form*  New",
        "12   Invoice         New",
        "13   Logs            Done",
    ]
    groups = "from userstories group by status_name"
    assert queried(snapshot, "--format", "table", groups).splitlines() == [
        "key   group",
        "New   2 rows",
        "Done  1 row",
    ]
    records = "from userstories where ref == 12 select subject, due_date, tag_names, tags"
    assert queried(snapshot, "--format", "table", records).splitlines() == [
        "subject  due_date    tag_names  tags",
        'Invoice  2026-12-01  ux         [["ux", null]]',
    ]


def test_csv_is_a_file_to_the_byte(snapshot: Program) -> None:
    command = [PROGRAM, "query", "--snapshot", "stories.json", "--format", "csv"]
    rows = "from userstories where ref < 13 select {subject = subject, due = due_date, n = -ref}"
    done = subprocess.run(
        [*map(str, command), rows],
        cwd=snapshot.folder,
        env=dict(snapshot.environment()),
        capture_output=True,
        check=True,
    )
    assert done.stdout == (b"subject,due,n\r\nSign-up *form*,,-11\r\nInvoice,2026-12-01,-12\r\n")


def test_csv_has_the_columns_of_a_table_and_controls_nothing(program: Program) -> None:
    story = {"id": 1, "ref": 7, "subject": "\x1b[2J\u202e=1+1", "tags": []}
    program.page("stories.json", json.dumps({"userstories": [story]}))
    assert queried(program, "--format", "csv", "userstories").splitlines() == [
        "ref,subject,status_name,assignee,sprint,total_points",
        "7, [2J=1+1,,,,",
    ]
    assert queried(program, "--format", "csv", "1 / 0").splitlines() == ["value", '""']
    assert queried(program, "--format", "csv", "from userstories where ref > 9") == (
        "ref,subject,status_name,assignee,sprint,total_points\n"
    )


def test_a_template_and_another_format_contradict_each_other(snapshot: Program) -> None:
    done = snapshot("query", "--template", "links", "--format", "json", "1")
    assert (done.status, done.out) == (2, "")
    assert done.err == (
        "taiga-notes: a template gives Markdown, and --format json was asked for"
        " (leave one of the two away)\n"
    )


@pytest.mark.parametrize(
    ("expression", "told"),
    [
        (
            "from userstories\nwhere status_extra_info.nmae == 'New'",
            (
                "taiga-notes: unknown field 'status_extra_info.nmae' (line 2, column 7):"
                " did you mean 'status_extra_info.name'?\n"
                "  where status_extra_info.nmae == 'New'\n"
                "        ^\n"
            ),
        ),
        (
            "from userstories where ref = 1",
            (
                "taiga-notes: unexpected '=' (line 1, column 28): two equals signs compare: ==\n"
                "  from userstories where ref = 1\n"
                "                             ^\n"
            ),
        ),
        ("from userstorys", "unknown name 'userstorys' (line 1, column 6): did you mean"),
        ("from userstories where", "(line 1, column 23)"),
        ("function() end", "functions are not supported in a query"),
        ("from userstories{stauts=1}", "did you mean 'status'"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_a_remedy(
    snapshot: Program, expression: str, told: str
) -> None:
    done = snapshot("query", "--snapshot", "stories.json", expression)
    assert (done.status, done.out) == (3, "")
    assert told in done.err


@pytest.mark.parametrize(
    "path",
    [
        "http://evil.example/userstories",
        "//evil.example/userstories",
        "/../admin",
        "/%2e%2e/x",
        "/auth",
    ],
)
def test_a_path_that_tries_to_leave_the_server_is_asked_of_nobody(
    acme: Acme, program: Program, path: str
) -> None:
    done = program("query", f"getTaigaTasks([[{path}]])")
    assert (done.status, done.out) == (3, "")
    assert "getTaigaTasks can't ask for" in done.err
    is_path = path.startswith("/")
    hint = "a query can read /userstories, /tasks," if is_path else "write it as '/userstories"
    assert hint in done.err
    assert not acme.taiga.log.lines()


def test_a_template_that_does_not_exist_is_told_with_those_that_do(snapshot: Program) -> None:
    done = snapshot("query", "--snapshot", "stories.json", "userstories", "--template", "link")
    assert (done.status, done.out) == (3, "")
    assert done.err.startswith("taiga-notes: there is no template 'link' (did you mean 'links'?")


def test_without_a_project_it_says_where_to_name_one(acme: Acme, program: Program) -> None:
    assert acme.server
    done = program("query", "from userstories")
    assert (done.status, done.out) == (4, "")
    assert "no project is named whose " in done.err
    assert "set `project` in taiga-notes.toml" in done.err


def test_projects_are_named_by_vault_flag_or_filter(vault: Path, program: Program) -> None:
    count = "query[[from userstories select count()]]"
    assert program("query", "--format", "json", count).out == "3\n"
    big = program("query", "--format", "json", "--project", "many", count)
    assert big.out == "1000\n"
    named = program("query", "--format", "json", "#userstories{project='many'}")
    assert named.out == "1000\n"
    elsewhere = program("query", "--vault", str(vault), "--format", "json", "#tasks")
    assert elsewhere.out == "1\n"


def test_every_source_answers(vault: Path, acme: Acme, program: Program) -> None:
    assert vault
    expression = "{#userstories, #tasks, #issues, #epics, #milestones, #sprints, #wiki, #projects}"
    done = program("query", "--format", "json", expression)
    assert [*map(json.loads, done.out.splitlines())] == [3, 1, 1, 1, 1, 1, 1, 2]
    links = program("query", "from wiki").out
    assert links == f"- [home]({acme.web}/project/acme/wiki/home)\n"
    path = f"/tasks?project={acme.project.id}"
    mine = program("query", f"me.username .. ': ' .. #getTaigaTasks('{path}')")
    assert mine.out == "ada: 1\n"


@pytest.mark.parametrize("arguments", [(), ("--format", "table")])
def test_nothing_found_says_what_the_query_says(
    snapshot: Program, arguments: tuple[str, ...]
) -> None:
    nothing = 'from userstories where ref > 99 empty "Nothing is *due*."'
    assert queried(snapshot, nothing, *arguments) == "Nothing is *due*.\n"
