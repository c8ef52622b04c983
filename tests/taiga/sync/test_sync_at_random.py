"""Whatever a team does, in whatever order: the store has what Taiga has."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from taiga_notes.model.rows import Table
from tests.tables import others_slow
from tests.taiga.details import PIECES, given, right
from tests.taiga.shelf import KINDS, STORIES, of
from tests.taiga.team import Team
from tests.thin import FULL

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from taiga_notes.model.rows import Listing, Row

STEPS = int(os.environ.get("TAIGA_NOTES_SOAK", "25"))
"""Of each long soak; `.ci/full` takes 2,500, which is ten thousand of all."""

FIRST = int(os.environ.get("TAIGA_NOTES_SEED", "0"))
SEEDS = range(FIRST, FIRST + (4 if FULL else 1))

LISTS: list[Listing] = [
    *map(of, KINDS),
    STORIES,
    of("userstories", is_closed="false"),
    of("userstories", tags="a"),
    of("userstories", milestone="null"),
    of("tasks", status__is_closed="false"),
]
ORDERS: list[tuple[str, ...]] = [("kanban_order",), ("backlog_order",), ("sprint_order",)]
PATHS = [*ORDERS, ("id",), ("status_name",), ("status_extra_info", "name"), ("sprint",), ("epics",)]


@pytest.mark.slow
@pytest.mark.parametrize("seed", [*(SEEDS if FULL else ()), 4])
def test_whatever_happens_the_store_has_what_taiga_has(tmp_path: Path, seed: int) -> None:
    team = Team(tmp_path / "store.sqlite", seed)
    for _ in range(12):
        done = [team.act() for _ in range(team.dice.choice((0, 1, 1, 2, 5)))]
        with team.taiga() as taiga:
            for listing in LISTS:
                rows = taiga.rows(listing)
                expected = team.listed(listing)
                given = [traced(rows[index]) for index in range(len(rows))]
                assert given == [*map(traced, expected)], (listing, done)
                for path in PATHS:
                    assert rows.column(path) == Table(expected).column(path), (listing, path, done)


DETAILED = ("userstories", "tasks", "issues", "epics")


@pytest.mark.slow
@pytest.mark.parametrize("seed", [*(SEEDS if FULL else ()), 3])
def test_so_it_has_what_no_list_has(tmp_path: Path, seed: int) -> None:
    team = Team(tmp_path / "store.sqlite", seed)
    for _ in range(25):
        done = [team.act() for _ in range(team.dice.choice((0, 1, 1, 2, 5)))]
        with team.taiga() as taiga:
            for kind in DETAILED:
                taiga.rows(of(kind))
                items = team.fake.of_project(kind, team.acme)
                for piece in team.dice.sample(PIECES, 3):
                    assert given(taiga, piece, items, kind) == right(piece, items), (kind, done)
            assert str(taiga.state) == ""


# --- the soak: ten thousand steps of four teams, against an oracle that reads everything anew ---

COLUMNS = [*PATHS, ("due_date_status",), ("total_points",), ("swimlane",), ("points",)]
UNTRACED = (
    *("total_voters", "is_voter"),
    *("watchers", "watcher_names", "total_watchers", "is_watcher"),
)
"""What acts change that Taiga leaves no trace of: see the README."""
_WITHIN = ("kanban_order", "backlog_order")
"""What a drag on the board changes of other stories, also of those within a sprint."""


class Crowd(Team):
    """A team among whom some vote and watch, which leaves no trace."""

    def do_vote(self) -> None:
        self.any_item(lambda one: self.fake.vote(one, self.bob))

    def do_watch(self) -> None:
        self.any_item(lambda one: self.fake.watch(one, self.bob))


_SECOND, _DAY = 1, 86_400
LEAPS = (
    *(0, 0, _SECOND, 59 * _SECOND, 3_600, _DAY - 1, _DAY, 3 * _DAY, 40 * _DAY),
    *(-0.01, -5 * _SECOND, -7_200, -2 * _DAY),
)
"""In seconds. After one back, stamps differ by microseconds until time has caught up with them."""


class Leaping(Crowd):
    """The same while their clock leaps between refreshes, or stands still."""

    def tick(self) -> None:
        self.fake.clock.advance(self.dice.choice(LEAPS) if self.dice.random() < _OFTEN else 1)
        self.time = self.fake.clock.now().timestamp()


class Member(Crowd):
    """The same for one of them, whom the timeline of a private project does not tell everything."""

    def __init__(self, file: Path, seed: int) -> None:
        super().__init__(file, seed)
        self.fake.make_private(self.acme)
        self.reading = self.bob


_OFTEN = 0.3
"""Among ten refreshes; after more leaps lists are but read whole."""


def traced(row: Row) -> dict[str, object]:
    """A row without what leaves no trace."""
    seen = {name: value for name, value in row.items() if name not in UNTRACED}
    match seen.get("user_stories"):
        case list() as stories:
            seen["user_stories"] = [
                {name: story[name] for name in story if name not in _WITHIN} for story in stories
            ]
    match seen.get("assigned_users"):
        case list() as ids:
            # A set: Taiga gives it in any order.
            seen["assigned_users"] = sorted(ids)
    return seen


def unlike(given: list[dict[str, object]], right: list[dict[str, object]]) -> Sequence[object]:
    """What differs, for a message: rows are long."""
    rows = [(row, {one["id"]: one for one in right}.get(row["id"], {})) for row in given]
    fields = [
        (row["id"], name, row.get(name), other.get(name))
        for row, other in rows
        for name in sorted(row.keys() | other.keys())
        if row.get(name) != other.get(name)
    ]
    return fields or [[row["id"] for row in rows] for rows in (given, right)]


def soak(team: Team, steps: int) -> int:
    """Act, refresh and compare, over and over.

    Returns:
        In how many steps the rows were said to be old.
    """
    old = 0
    for step in range(steps):
        done = [team.act() for _ in range(team.dice.choice((0, 1, 1, 1, 2, 4)))]
        lists = team.dice.sample(LISTS, 3)
        with team.taiga() as taiga:
            for listing in lists:
                rows = taiga.rows(listing)
                for path in ORDERS:
                    # A row by itself asks for no order.
                    rows.column(path)
                expected = team.listed(listing)
                given = [traced(rows[index]) for index in range(len(rows))]
                right = [*map(traced, expected)]
                at = (step, team.fake.clock.now(), listing, done, str(taiga.state))
                assert given == right, (*at, unlike(given, right))
                table = Table(expected)
                for path in team.dice.sample(COLUMNS, 2):
                    assert rows.column(path) == table.column(path), (*at, path)
            old += bool(str(taiga.state))
    return old


@pytest.mark.parametrize("crowd", others_slow([Crowd, Leaping, Member]))
def test_a_short_soak(tmp_path: Path, crowd: type[Crowd]) -> None:
    assert soak(crowd(tmp_path / "store.sqlite", 0), 10) == 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("crowd", [Crowd, Leaping, Member])
def test_a_long_soak(tmp_path: Path, crowd: type[Crowd], seed: int) -> None:
    assert soak(crowd(tmp_path / "store.sqlite", seed), STEPS) <= STEPS / 100
