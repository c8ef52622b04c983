"""`taiga-notes doctor`: each fault with what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import IMPATIENT
from tests.cli.program import untouched

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Acme
    from tests.cli.program import Program

pytestmark = pytest.mark.slow

COUNT = "There are <!-- taiga: from userstories select count() --><!-- /taiga --> stories.\n"
TEMPLATES = "6: grouped, links, list, table, taigaRecurringTasks, tasks"


def test_all_may_be_well(vault: Path, acme: Acme, program: Program) -> None:
    program.page("A.md", COUNT + COUNT)
    with untouched(vault):
        done = program("doctor")
    assert (done.status, done.err) == (0, "")
    assert done.out.splitlines() == [
        f"ok     configuration: {vault}/taiga-notes.toml",
        f"ok     templates: {TEMPLATES}",
        f"ok     server: {acme.server.url}",
        "ok     login: ada",
        "ok     project: Acme: you see user stories, tasks, issues, epics, sprints, wiki pages",
        "ok     pages: 1 with 2 blocks",
        "all is well",
    ]


def test_without_a_vault_it_says_how_to_make_one(program: Program) -> None:
    done = program("doctor")
    remedy = "`taiga-notes init` makes a folder a vault; `taiga-notes demo` needs none"
    assert done.status == 2
    assert done.out.splitlines() == [
        f"fault  configuration: there is no taiga-notes.toml in {program.folder} or above it",
        f"       what to do: {remedy}",
    ]


def test_a_mistake_in_the_configuration_is_found(program: Program) -> None:
    program.page("taiga-notes.toml", 'projcet = "acme"')
    done = program("doctor")
    assert done.status == 2
    assert "line 1: unknown key 'projcet'\n       what to do: did you mean `project`?" in done.out


@pytest.mark.parametrize(
    ("variable", "status", "told"),
    [
        (
            "API=http://127.0.0.1:9/api/v1",
            4,
            [
                "server: http://127.0.0.1:9/api/v1: 127.0.0.1:9 can't be reached: ",
                "is the network up, is `api` right?",
            ],
        ),
        (
            "TOKEN=eyJ.x.y",
            5,
            [
                "login: Taiga refuses the token of TAIGA_NOTES_TOKEN: it is wrong, or expired",
                "set a new one, or unset it and run `taiga-notes login`",
            ],
        ),
        (
            "TOKEN=",
            5,
            [
                "login: there is no login for http://127.0.0.1:",
                "run `taiga-notes login`, or set `anonymous = true` for public projects",
            ],
        ),
        (
            "API=http://taiga.example/api/v1",
            2,
            [
                "login: password and tokens would go to http://taiga.example/api/v1 unencrypted",
                "use https, or set `allow_http = true` in ",
            ],
        ),
    ],
)
def test_server_and_login_are_asked_and_not_remembered(
    vault: Path, program: Program, variable: str, status: int, told: list[str]
) -> None:
    assert vault
    program.page("A.md", COUNT)
    assert program("render").status == 0
    name, _, value = variable.partition("=")
    program.env[f"TAIGA_NOTES_{name}"] = value
    done = program("doctor")
    fault, remedy = told
    assert done.status == status
    assert f"\nfault  {fault}" in done.out
    assert f"\n       what to do: {remedy}" in done.out
    assert "all is well" not in done.out


def test_a_server_that_goes_away_is_noticed_although_all_is_stored(
    vault: Path, acme: Acme, program: Program
) -> None:
    assert vault
    program.page("A.md", COUNT)
    assert program("render").status == 0
    acme.taiga.faults.add("unavailable", times=None, path="/(projects|userstories|timeline)")
    done = program("doctor")
    assert done.status == 4
    assert "ok     login: ada" in done.out
    assert "fault  server: " in done.out
    assert "503" in done.out


def test_what_answers_may_be_no_taiga(vault: Path, acme: Acme, program: Program) -> None:
    assert vault
    acme.taiga.faults.add("wrong type", times=None)
    done = program("doctor")
    assert done.status == 4
    assert ": what answers there is no Taiga\n       what to do: is `api` right?\n" in done.out


def test_a_wrong_project_is_found(vault: Path, program: Program) -> None:
    assert vault
    done = program("doctor", "--project", "acne")
    assert done.status == 4
    assert "fault  project: acne: there is no project 'acne' at 127.0.0.1" in done.out
    assert "what to do: its slug stands in its address behind /project/" in done.out


def test_without_an_account_public_projects_can_be_seen(
    vault: Path, acme: Acme, program: Program
) -> None:
    assert vault
    program.env["TAIGA_NOTES_TOKEN"] = ""
    program.configure(f"{IMPATIENT}anonymous = true")
    done = program("doctor")
    assert done.status == 0
    assert "ok     login: none: public projects only\n" in done.out
    acme.taiga.faults.add("html", times=None)
    assert program("doctor").status == 4


def test_faults_of_templates_and_pages_are_found_and_none_hides_another(
    vault: Path, program: Program
) -> None:
    program.page("templates/mine.md.j2", "{% for %}")
    program.page("A.md", COUNT.replace("count()", "cuont()"))
    program.page("B.md", "<!-- taiga: from userstories -->\n")
    program.page("C.md", COUNT).chmod(0o444)
    with untouched(vault):
        done = program("doctor")
    assert done.status == 6
    faults = [line for line in done.out.splitlines() if line.startswith("fault")]
    assert [fault.split(":")[0] for fault in faults] == [
        "fault  template",
        "fault  A.md",
        "fault  B.md",
        "fault  C.md",
    ]
    assert faults[0].startswith("fault  template: mine.md.j2, line 1: ")
    assert faults[-1] == "fault  C.md: is read-only"
    assert "all is well" not in done.out


def test_with_a_snapshot_nobody_is_asked(program: Program) -> None:
    program.page("s.json", '{"userstories": []}')
    program.page("A.md", COUNT)
    done = program("doctor", "--snapshot", "s.json")
    assert (done.status, done.err) == (0, "")
    assert done.out.splitlines() == [
        "ok     configuration: none: usual settings",
        f"ok     templates: {TEMPLATES}",
        "ok     snapshot: s.json",
        "ok     pages: 1 with 1 block",
        "all is well",
    ]
    done = program("doctor", "--snapshot", "none.json")
    assert done.status == 4
    assert "fault  snapshot: none.json can't be read: No such file or directory\n" in done.out
