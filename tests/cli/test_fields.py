"""`taiga-notes fields`: names, types and examples, so that nobody guesses."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from taiga_notes.model.kinds import KINDS, fields_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Acme
    from tests.cli.program import Program

pytestmark = pytest.mark.slow

Cells = dict[str, tuple[str, str]]


def fields(out: str) -> Cells:
    """Name → type and example."""
    _, _, table = out.partition("  FIELD ")
    lines = [re.split(r"  +", line.strip()) for line in table.splitlines()[1:]]
    return {name: (kind, example) for name, kind, example, *_ in lines}


def test_it_lists_every_field_of_every_source_with_invented_examples(program: Program) -> None:
    done = program("fields")
    assert (done.status, done.err) == (0, "")
    kinds = [*KINDS, "members", "statuses", "tags", "roles"]
    sections = dict(zip(kinds, done.out.split("\n\n"), strict=True))
    for kind, section in sections.items():
        assert set(fields(section)) == set(fields_of(kind))
        assert kind not in KINDS or fields(section)["kind"] == ("string", f'"{kind}"')
    assert "severity_name" in fields(sections["issues"])
    assert fields(sections["members"])["username"] == ("string", '"ann"')
    assert "userstories{status__is_archived=true}" in sections["userstories"]
    assert fields(sections["wiki"])["url"][1] == '"https://tree.taiga.io/project/acme/wiki/home"'
    assert fields(sections["tasks"])["sprint"][1] == '"Sprint 3"'
    assert fields(sections["userstories"])["assignees"][1] == '["ann", "bob"]'
    assert fields(sections["wiki"])["assignee"][1] == "nil"


def test_it_fits_a_screen_and_names_all_filters(program: Program) -> None:
    program.env["COLUMNS"] = "80"
    out = program("fields", "sprints", "--offline").out
    head, _, _ = out.partition("  FIELD ")
    assert head.startswith("milestones{…} takes closed, created_date, ")
    assert max(map(len, head.splitlines())) <= 80
    assert set(KINDS["milestones"].filters) == set(re.findall(r"\w+", head)) - {
        "milestones",
        "takes",
    }


def test_examples_are_the_projects_own_where_they_can_be_had(
    vault: Path, acme: Acme, program: Program
) -> None:
    assert vault
    done = program("fields", "userstories")
    assert (done.status, done.err) == (0, "")
    listed = fields(done.out)
    assert listed["subject"] == ("string", '"Sign-up form"')
    assert listed["url"][1] == f'"{acme.web}/project/acme/us/1"'
    # Nobody has said when it is due, and the first that is assigned is the second.
    assert listed["due_date"] == ("date or nil", "nil")
    assert listed["assignee"][1] == '"ada"'


def test_examples_can_come_from_a_snapshot(program: Program) -> None:
    program.page("stories.json", json.dumps({"tasks": [{"id": 1, "subject": "x" * 99}]}))
    listed = fields(program("fields", "tasks", "--snapshot", "stories.json").out)
    assert listed["subject"][1] == f'"{"x" * 46}…'


@pytest.mark.parametrize("flag", ["--offline", "--project=nowhere"])
def test_without_rows_it_says_why_the_examples_are_invented(
    acme: Acme, program: Program, flag: str
) -> None:
    assert acme.server
    done = program("fields", "issues", flag)
    assert done.status == 0
    assert done.err.startswith("taiga-notes: the examples are invented: ")
    assert fields(done.out)["subject"] == ("string", '"Sign-up form"')


def test_of_one_field_it_lists_the_values(vault: Path, acme: Acme, program: Program) -> None:
    assert vault
    assert acme.server
    for flags in ([], ["--offline"]):
        done = program("fields", "userstories.status_name", *flags)
        assert done.status == 0
        assert {"New", "Done", "Archived"} <= set(done.out.split("\n"))
    assert program("fields", "userstories.assignee").out == "ada\n"
    assert "12" not in program("fields", "issues.severity_name").out
    # Of what no project lists, those that the rows have.
    assert "0.5\n" in program("fields", "userstories.points_by_role.Back").out
    assert "Sign-up form\n" in program("fields", "userstories.subject").out


def test_what_there_is_not_is_told(program: Program) -> None:
    for asked, told in (
        ("userstory", "there is no source 'userstory' (did you mean 'userstories'"),
        ("tasks.comments", "ask for those of some rows: from tasks where … select comments"),
        ("epics.custom['Due at']", "from epics where … select custom['Due at']"),
        ("tasks.custom.Größe", "from tasks where … select custom.Größe"),
        ("issues.comments[1].who", "from issues where … select comments[1].who"),
        ("sprints.custom.Customer", "milestones have no field 'custom.Customer'"),
        ("tasks.subjcet", "tasks have no field 'subjcet' (did you mean 'subject'?)"),
    ):
        done = program("fields", asked)
        assert done.status == 2
        assert told in done.err
