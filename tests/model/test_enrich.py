"""What is due depends on the day: it is computed when it is shown, and never kept."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from taiga_notes.model.enrich import Day
from taiga_notes.model.rows import Listing
from taiga_notes.taiga.snapshot import Snapshot
from tests.tables import each
from tests.taiga.shelf import START, Shelf, of

if TYPE_CHECKING:
    from pathlib import Path

    from taiga_notes.model.rows import Rows

TODAY = datetime.fromtimestamp(START + 60, UTC).date()
DAYS = (None, -1, 0, 1, 13, 14, 15, 40)
STATUS = ("due_date_status",)


def seen(rows: Rows) -> list[object]:
    """The column, which is what the rows say."""
    column = list(rows.column(STATUS))
    assert [rows[index]["due_date_status"] for index in range(len(rows))] == column
    return column


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shelf = Shelf(tmp_path / "store.sqlite")
    fake, acme = shelf.fake, shelf.acme
    sprint = fake.add_sprint(acme, "Sprint")
    for days in DAYS:
        due = None if days is None else TODAY + timedelta(days=days)
        for status in ("New", "Done"):
            fake.add_story(acme, "Story", due_date=due, status=status, sprint=sprint)
        for status in ("New", "Closed"):
            fake.add_task(acme, "Task", due_date=due, status=status)
            fake.add_issue(acme, "Issue", due_date=due, status=status)
    open_in_done = fake.add_story(acme, "Done, but for a task", due_date=TODAY, status="Done")
    fake.add_task(open_in_done, "Open")
    new = fake.add_story(acme, "New, and its tasks done", due_date=TODAY)
    fake.add_task(new, "Closed", status="Closed")
    return shelf


@pytest.mark.parametrize("kind", ["userstories", "tasks", "issues", "milestones"])
def test_days_go_by_and_nothing_is_asked(shelf: Shelf, kind: str) -> None:
    shelf.rows(of(kind))
    for days in (0, 1, 1, 13, 11, 34):
        shelf.time += days * 86_400
        shelf.fake.clock.advance(days * 86_400)
        with shelf.taiga(is_offline=True) as taiga:
            rows = taiga.rows(of(kind))
            expected = shelf.listed(of(kind))
            assert [rows[index] for index in range(len(rows))] == expected
            for path in (STATUS, ("due_date",), ("user_stories",)):
                assert rows.column(path) == [row.get(path[0]) for row in expected]


def test_midnight_in_utc_gives_the_rows_another_stamp(shelf: Shelf) -> None:
    with shelf.taiga() as taiga:
        first = taiga.rows(of("tasks")).stamp
    shelf.time += 2
    with shelf.taiga() as taiga:
        assert taiga.rows(of("tasks")).stamp == first
    shelf.time += 86_400
    with shelf.taiga(is_offline=True) as taiga:
        assert taiga.rows(of("tasks")).stamp != first, "pages are rendered anew"


def test_a_watch_over_midnight_gives_other_rows(shelf: Shelf) -> None:
    shelf.fake.settings.access_seconds = 3 * 86_400
    with shelf.taiga() as taiga:
        before = seen(taiga.rows(of("tasks")))
        shelf.time += 86_400
        shelf.fake.clock.advance(86_400)
        taiga.begin()
        after = seen(taiga.rows(of("tasks")))
        assert after != before
        assert after == [row["due_date_status"] for row in shelf.listed(of("tasks"))]


def test_a_snapshot_knows_the_day_as_well(shelf: Shelf) -> None:
    data = {kind: shelf.listed(of(kind)) for kind in ("userstories", "milestones", "epics")}
    shelf.fake.clock.advance(20 * 86_400)
    snapshot = Snapshot(data, now=lambda: START + 20 * 86_400)
    for kind in data:
        table = snapshot.rows(Listing(kind))
        statuses = [row.get("due_date_status") for row in shelf.listed(of(kind))]
        assert table.column(STATUS) == statuses
    told = [row["user_stories"] for row in shelf.listed(of("milestones"))]
    assert snapshot.rows(Listing("milestones")).column(("user_stories",)) == told


def test_rows_without_due_dates_get_none(shelf: Shelf) -> None:
    with shelf.taiga() as taiga:
        rows = taiga.rows(of("userstories", only_ref="1"))
        assert set(rows.column(STATUS)) == {None}
        assert not rows.carries(STATUS)
        assert rows[0].keys() >= {"id", "ref"}


@each(
    ("due", "is_closed", "status"),
    [
        (None, False, "not_set"),
        (None, True, "not_set"),
        ("2026-11-28", True, "no_longer_applicable"),
        ("2026-11-28", False, "past_due"),
        ("2026-11-29", False, "due_soon"),
        ("2026-12-13", False, "due_soon"),
        ("2026-12-14", False, "set"),
    ],
)
def test_the_rule_is_taigas(due: object, *, is_closed: bool, status: str) -> None:
    day = Day(datetime(2026, 11, 29, 23, 59, tzinfo=UTC).timestamp())
    assert day.status(due, is_closed) == status
    item = {"due_date": due, "status_extra_info": {"is_closed": is_closed}, "is_closed": True}
    assert day.shown(item)["due_date_status"] == status


def test_where_the_status_is_not_at_hand_what_was_known_of_it_holds() -> None:
    day = Day(datetime(2026, 11, 29, tzinfo=UTC).timestamp())
    past = {"due_date": str(date(2026, 11, 1))}
    assert day.shown({**past, "due_date_status": "no_longer_applicable"}) == {
        **past,
        "due_date_status": "no_longer_applicable",
    }
    assert day.shown({**past, "due_date_status": "set"})["due_date_status"] == "past_due"
    assert day.shown({"ref": 1}) == {"ref": 1}
    assert day.shown({"user_stories": [1, {"ref": 2}]}) == {"user_stories": [1, {"ref": 2}]}
    assert day.shown({"user_stories": "none"}) == {"user_stories": "none"}
    assert day.stories(None) is None
