"""A list that Taiga gives by pages, and throttles half way: what came is kept and read on from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from taiga_notes.errors import SourceError, UnreachableError
from taiga_notes.taiga.store_report import THROTTLED
from tests.taiga.board import Board, replace_story
from tests.taiga.shelf import KINDS, STORIES, Shelf, of
from tests.taiga.team import Team
from tests.thin import FULL

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from taiga_notes.model.rows import Listing

pytestmark = pytest.mark.slow

PAGE = 10
ALL = of("userstories")
TOO_MANY = "Taiga is throttling this account"


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("taiga_notes.taiga.http.pagination.PAGE_ROWS", PAGE)
    monkeypatch.setattr("taiga_notes.taiga.http.client.PAGE_ROWS", PAGE)
    monkeypatch.setattr("taiga_notes.taiga.http.client.UNPAGED_ROWS", PAGE)


@pytest.fixture
def board(tmp_path: Path) -> Board:
    board = Board(tmp_path / "store.sqlite")
    board.fake.bulk_create(board.acme, 43)
    assert len(board.listed(ALL)) == 55
    return board


def throttle(shelf: Shelf, page: int, fault: str = "throttled") -> None:
    """Let no more pages pass from that one on."""
    shelf.fake.faults.clear()
    shelf.fake.faults.add(fault, times=None, path=f"[?&]page=[{page}-9]", seconds=60)


def pages_of(shelf: Shelf) -> list[str]:
    """The pages that were asked for since the last time, in order, repetitions not."""
    asked = [line.rpartition("&page=")[2] for line in shelf.asked() if "&page=" in line]
    return [*dict.fromkeys(asked)]


def cut_short(shelf: Shelf, listing: Listing = ALL, page: int = 4, said: str = TOO_MANY) -> None:
    throttle(shelf, page)
    with pytest.raises(UnreachableError, match=said):
        shelf.rows(listing)
    shelf.fake.faults.clear()
    shelf.asked()


@pytest.mark.parametrize("listing", [STORIES, ALL, of("userstories", status__is_closed="false")])
def test_the_next_run_goes_on_where_the_last_one_was_throttled(
    board: Board, listing: Listing
) -> None:
    cut_short(board, listing)
    assert board.rows(listing) == board.listed(listing)
    assert pages_of(board) == ["4", "5", "6"]
    assert board.rows(listing) == board.listed(listing)
    assert pages_of(board) == []
    assert board.rows(listing, is_offline=True) == board.listed(listing)


@pytest.mark.parametrize("fault", ["throttled", "half json", "unavailable", "reset", "html"])
def test_each_run_gets_a_little_further_whatever_is_in_its_way(board: Board, fault: str) -> None:
    for page in range(2, 7):
        throttle(board, page, fault)
        with board.taiga() as taiga, pytest.raises(SourceError):
            taiga.rows(ALL)
        assert pages_of(board) == [*map(str, range(max(1, page - 1), page + 1))]
    board.fake.faults.clear()
    assert board.rows(ALL) == board.listed(ALL)
    assert pages_of(board) == ["6"]


BETWEEN: dict[str, Callable[[Board], object]] = {
    "an edit": lambda b: b.fake.edit(b.story, subject="Other"),
    "a story deleted": lambda b: b.fake.delete(b.other),
    "one deleted and one made": replace_story,
    "a story": lambda b: b.fake.add_story(b.acme, "New", backlog_order=1),
    "a task that became a story": lambda b: b.fake.promote_task(b.task),
    "a status renamed": lambda b: b.fake.rename_status(b.story.status, "Fresh"),
    "a role deleted": lambda b: b.fake.delete_role(b.acme, b.acme.roles[0]),
    "a drag": lambda b: b.fake.drag_on_board(b.other, "Done"),
    "moved from an early page to a late one": lambda b: b.fake.reorder(b.stories[1], 10**17),
    "moved from a late page to an early one": lambda b: b.fake.reorder(
        b.fake.of_project("userstories", b.acme)[-1], 1
    ),
}


@pytest.mark.parametrize("between", BETWEEN)
def test_pages_that_do_not_fit_together_are_all_read_anew(board: Board, between: str) -> None:
    cut_short(board)
    BETWEEN[between](board)
    assert board.rows(ALL) == board.listed(ALL)
    assert "1" in pages_of(board)


def test_what_came_is_not_used_where_everything_is_to_be_read_or_a_day_has_gone_by(
    board: Board,
) -> None:
    cut_short(board)
    with board.taiga(full=True) as taiga:
        taiga.rows(ALL)
    assert pages_of(board)[0] == "1"
    board.fake.add_story(board.acme, "New")
    with board.taiga() as taiga:
        taiga.clear()
    cut_short(board)
    board.time += 86_400
    board.rows(ALL)
    assert pages_of(board)[0] == "1"


def test_the_last_known_rows_stand_until_the_rest_has_come(board: Board) -> None:
    before = board.rows(ALL)
    board.fake.rename_status(board.story.status, "Fresh")
    throttle(board, 4)
    with board.taiga() as taiga:
        rows = taiga.rows(ALL)
        assert [rows[index] for index in range(len(rows))] == before
        assert taiga.state.trouble == THROTTLED
        assert str(taiga.state).startswith("as of")
    board.fake.faults.clear()
    board.asked()
    assert board.rows(ALL) == board.listed(ALL) != before
    assert pages_of(board) == ["4", "5", "6"]


def test_of_several_lists_those_that_came_are_kept(board: Board) -> None:
    board.fake.faults.add("throttled", times=None, path="/tasks.*page_size=10&?$", seconds=60)
    with board.taiga() as taiga:
        for kind in ("issues", "userstories"):
            taiga.rows(of(kind))
        with pytest.raises(UnreachableError, match=TOO_MANY):
            taiga.rows(of("tasks"))
        with pytest.raises(UnreachableError, match=TOO_MANY):
            taiga.rows(of("wiki"))
        assert taiga.state.trouble == THROTTLED
    board.fake.faults.clear()
    board.asked()
    with board.taiga() as taiga:
        for kind in ("issues", "userstories"):
            taiga.rows(of(kind))
    assert not [line for line in board.asked() if "s?project=1&page_size=10" in line]
    assert all(board.rows(of(kind)) == board.listed(of(kind)) for kind in KINDS)


def test_status_tells_what_came_and_it_is_forgotten_once_the_rest_has(board: Board) -> None:
    def names() -> dict[str, int]:
        with board.taiga(is_offline=True) as taiga:
            (project,) = taiga.status().projects
        return {one.name.partition("?")[0]: one.count for one in project.lists}

    cut_short(board)
    assert names() == {"begun /userstories": 30}
    board.rows(ALL)
    assert names() == {"/userstories": 55}


@pytest.mark.parametrize("seed", range(3 if FULL else 1))
def test_whoever_is_throttled_at_random_gets_true_rows_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    monkeypatch.setattr("taiga_notes.taiga.http.pagination.PAGE_ROWS", 3)
    monkeypatch.setattr("taiga_notes.taiga.http.client.PAGE_ROWS", 3)
    monkeypatch.setattr("taiga_notes.taiga.http.client.UNPAGED_ROWS", 3)
    team = Team(tmp_path / "store.sqlite", seed)
    team.fake.bulk_create(team.acme, 15)
    given = 0
    steps = 150 if FULL else 60
    for _ in range(steps):
        if team.dice.random() < 0.4:
            team.act()
        team.fake.faults.seed(team.dice.randint(0, 9))
        team.fake.faults.add("throttled", times=None, path="[?&]page=", probability=0.3)
        with team.taiga(full=team.dice.random() < 0.2) as taiga:
            try:
                rows = taiga.rows(ALL)
            except UnreachableError:
                continue
            finally:
                team.fake.faults.clear()
            if not str(taiga.state):
                given += 1
                expected = team.listed(ALL)
                for name in ("id", "subject", "status", "tags", "milestone"):
                    assert rows.column((name,)) == [row[name] for row in expected]
    assert given > steps / 5
