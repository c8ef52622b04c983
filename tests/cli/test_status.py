"""`taiga-notes status`: what is known without asking anybody."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Acme
    from tests.cli.program import Program

pytestmark = pytest.mark.slow


def test_on_a_new_machine_it_says_so(program: Program) -> None:
    done = program("status")
    assert (done.status, done.err) == (0, "")
    assert "server   https://api.taiga.io/api/v1\n" in done.out
    assert "account  none: run `taiga-notes login`\n" in done.out
    assert done.out.endswith("\nnothing is stored yet\n")


def test_it_tells_counts_and_ages_of_what_is_stored(
    vault: Path, acme: Acme, program: Program
) -> None:
    assert vault
    program("query", "{#userstories, #userstories{milestone=1}, #issues, #projects}")
    acme.taiga.log.clear()
    done = program("status")
    assert not acme.taiga.log.lines()
    lines = done.out.splitlines()
    assert lines[0] == f"server   {acme.server.url}"
    assert lines[1] == "account  whose token is configured"
    assert re.fullmatch(r"store    .*\.sqlite \(0\.\d MB\)", lines[2])
    now = "checked just now  read whole just now"
    assert lines[3:] == [
        "project  acme, looked at just now",
        f"  issues                   1  {now}",
        f"  userstories?milestone=1  1  {now}",
        f"  userstories              3  {now}",
        "lists of no single project",
        f"  projects?member=1  2  {now}",
    ]


def test_json_is_for_machines(vault: Path, acme: Acme, program: Program) -> None:
    assert vault
    program("query", "#tasks")
    document = json.loads(program("status", "--json").out)
    assert document["api"] == acme.server.url
    assert document["error"] is None
    [project] = document["projects"]
    [tasks] = project["lists"]
    assert (project["project"], tasks["kind"], tasks["count"]) == ("acme", "tasks", 1)
    age = datetime.now(UTC) - datetime.fromisoformat(tasks["read"])
    assert 0 <= age.total_seconds() < 60


def test_the_last_error_is_told(vault: Path, acme: Acme, program: Program) -> None:
    assert vault
    acme.taiga.faults.add("error", times=None)
    program("query", "#tasks")
    told = program("status").out.splitlines()[-1]
    assert told.startswith("last error just now: ")
    assert "500" in told


@pytest.mark.parametrize(
    ("config", "account"),
    [
        ('username = "Ann"', "ann"),
        ("anonymous = true", "none, by `anonymous = true`"),
        ('application_token = "eyJx:1:y"', "whose token is configured"),
    ],
)
def test_the_account_is_the_configured_one(program: Program, config: str, account: str) -> None:
    program.configure(config)
    assert f"account  {account}\n" in program("status").out
