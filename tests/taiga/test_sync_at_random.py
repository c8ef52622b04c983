"""Whatever a team does, in whatever order: the store has what Taiga has."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from taiga_notes.rows import Table
from tests.taiga.shelf import KINDS, STORIES, of
from tests.taiga.team import Team

if TYPE_CHECKING:
    from pathlib import Path

    from taiga_notes.rows import Listing

pytestmark = pytest.mark.slow

LISTS: list[Listing] = [
    *map(of, KINDS),
    STORIES,
    of("userstories", is_closed="false"),
    of("userstories", tags="a"),
    of("userstories", milestone="null"),
    of("tasks", status__is_closed="false"),
]
PATHS = [("id",), ("status_name",), ("status_extra_info", "name"), ("sprint",), ("epics",)]


@pytest.mark.parametrize("seed", range(5))
def test_whatever_happens_the_store_has_what_taiga_has(tmp_path: Path, seed: int) -> None:
    team = Team(tmp_path / "store.sqlite", seed)
    for _ in range(12):
        done = [team.act() for _ in range(team.dice.choice((0, 1, 1, 2, 5)))]
        with team.taiga() as taiga:
            for listing in LISTS:
                rows = taiga.rows(listing)
                expected = team.listed(listing)
                assert [rows[index] for index in range(len(rows))] == expected, (listing, done)
                for path in PATHS:
                    assert rows.column(path) == Table(expected).column(path), (listing, path, done)
