"""A vault's time zone: machines at the two ends of the world write the same page."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import STORIES

if TYPE_CHECKING:
    from tests.cli.program import Program

EAST, WEST = "Pacific/Kiritimati", "Etc/GMT+12"
"""Between them lie 26 hours: at no moment is it the same day there."""

PAGE = """\
Today is <!-- taiga: today() --><!-- /taiga -->, in the week <!-- taiga: os.date('%G-%V-%u') -->\
<!-- /taiga -->; <!-- taiga: os.date('%F %H:%M', 1795000000) --><!-- /taiga -->;
made <!-- taiga: from userstories limit 1 select date(created_date, '%F %H:%M') -->\
<!-- /taiga -->.

<!-- taiga: from userstories each "- %{row.created_date | date('%F %H:%M')}" -->
<!-- /taiga -->

<!-- taiga: from userstories template costly -->
<!-- /taiga -->
"""
COSTLY = (
    "{% set all = [] %}{% for row in rows %}{% set all = all + [row.created_date] %}"
    "{{ all[0] | date('%F %H:%M') }}\n{% endfor %}"
)


@pytest.fixture
def vault(program: Program) -> Program:
    rows = [{**STORIES[0], "created_date": "2026-11-18T23:30:00.957Z"}]
    program.page("taiga.json", json.dumps({"userstories": rows}))
    program.page("templates/costly.md.j2", COSTLY)
    return program


def rendered(program: Program, machine: str, settings: str = "") -> str:
    """The page as a machine in that time zone renders it."""
    program.page("taiga-notes.toml", f'snapshot = "taiga.json"\n{settings}')
    page = program.page("Page.md", PAGE)
    program.env["TZ"] = machine
    done = program("render")
    assert (done.status, done.err) == (0, "")
    return page.read_text()


@pytest.mark.slow
def test_two_machines_write_the_same(vault: Program) -> None:
    own = 'timezone = "Asia/Kolkata"'
    east = rendered(vault, EAST, own)
    assert east == rendered(vault, WEST, own)
    # 05:30 ahead of UTC, in queries, in `each`, in templates here and in the process of their own.
    assert east.count("2026-11-19 05:00") == 3
    assert "2026-11-18 16:36" in east

    # Without it, the machine says what day it is, and only what is written of Taiga is in UTC.
    east, west = rendered(vault, EAST), rendered(vault, WEST)
    assert east != west
    assert east.count("2026-11-18 23:30") == west.count("2026-11-18 23:30") == 3


@pytest.mark.slow
def test_the_next_run_has_nothing_to_do_wherever_it_is(vault: Program) -> None:
    rendered(vault, EAST, 'timezone = "UTC"')
    vault.env["TZ"] = WEST
    assert vault("render").out == "0 pages changed, 1 unchanged\n"
    # Another zone of the vault's is another page.
    vault.page("taiga-notes.toml", 'snapshot = "taiga.json"\ntimezone = "Asia/Kolkata"')
    assert vault("render").out == "changed: Page.md\n1 page changed, 0 unchanged\n"


def test_doctor_says_by_what_the_day_goes(vault: Program) -> None:
    vault.env["TZ"] = EAST
    vault.page("taiga-notes.toml", 'snapshot = "taiga.json"\ntimezone = "Asia/Kolkata"')
    (told,) = [line for line in vault("doctor").out.splitlines() if "time zone" in line]
    assert told.startswith("ok     time zone: Asia/Kolkata, as the vault says: 20")
    assert told.endswith("+05:30")
    vault.page("taiga-notes.toml", 'snapshot = "taiga.json"')
    (told,) = [line for line in vault("doctor").out.splitlines() if "time zone" in line]
    assert told.startswith("ok     time zone: this machine's, as `timezone` is not set: 20")
    assert told.endswith("+14:00")


def test_a_zone_that_is_none_is_asked_about(vault: Program) -> None:
    vault.page("taiga-notes.toml", 'timezone = "Berlin"')
    done = vault("render")
    assert done.status == 2
    assert "line 1: `timezone` must be a time zone such as" in done.err
    assert "did you mean 'Europe/Berlin'?" in done.err
