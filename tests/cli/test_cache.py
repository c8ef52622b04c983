"""`taiga-notes cache clear`: what is stored goes, and comes back when it is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Acme
    from tests.cli.program import Program

pytestmark = pytest.mark.slow


def test_what_is_stored_goes_and_comes_back(vault: Path, acme: Acme, program: Program) -> None:
    assert vault
    assert program("query", "#userstories").out == "3\n"
    assert program("query", "#userstories", "--offline").out == "3\n"

    done = program("cache", "clear")

    assert (done.status, done.err) == (0, "")
    [_, file] = done.out.split()
    assert not list((program.home / "cache").rglob("*.sqlite"))
    assert file.startswith(str(program.home / "cache"))
    offline = program("query", "#userstories", "--offline")
    assert (offline.status, offline.out) == (4, "")
    assert offline.err == (
        "taiga-notes: this list is not in the store yet (run once without --offline)\n"
    )
    acme.taiga.log.clear()
    assert program("query", "#userstories").out == "3\n"
    assert acme.taiga.log.lines("/userstories")


def test_there_may_be_nothing_to_clear(program: Program) -> None:
    done = program("cache", "clear")
    assert (done.status, done.err) == (0, "")


def test_it_wants_to_be_told_what_to_do(program: Program) -> None:
    assert program("cache").status == 2
    assert program("cache", "empty").status == 2
