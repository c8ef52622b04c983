"""Which week and which sprints are around a day."""

from __future__ import annotations

from datetime import date

import pytest

from taiga_notes.model.calendar import SPRINTS, Calendar, sprint_named, week_of
from tests.tables import each

TODAY = date(2026, 11, 29)


def sprint(number: int, start: str | None, finish: str | None, **more: object) -> dict[str, object]:
    days = {"estimated_start": start, "estimated_finish": finish}
    return {"id": number, "name": f"Sprint {number}", "slug": f"sprint-{number}", **days, **more}


ROWS = [
    sprint(3, "2026-11-23", "2026-12-06"),
    sprint(1, "2026-10-26", "2026-11-08", closed=True),
    sprint(2, "2026-11-09", "2026-11-22"),
    sprint(4, "2026-12-07", "2026-12-20"),
    sprint(5, "2026-12-21", "2027-01-03"),
    sprint(9, None, None),
]


def names(rows: list[dict[str, object]], day: date = TODAY) -> list[object]:
    """Of the current sprint, the last one and the next one."""
    return [(found := choose(rows, day)) and found["id"] for choose in SPRINTS.values()]


@each(
    ("day", "found"),
    [
        ("2026-11-29", [3, 2, 4]),
        ("2026-11-23", [3, 2, 4]),
        ("2026-12-06", [3, 2, 4]),
        ("2026-10-25", [None, None, 1]),
        ("2027-01-04", [None, 5, None]),
        ("2026-11-08", [1, None, 2]),
    ],
)
def test_a_sprint_is_known_by_its_days_the_first_and_last_included(
    day: str, found: list[object]
) -> None:
    assert names(ROWS, date.fromisoformat(day)) == found


def test_without_sprints_there_is_none() -> None:
    assert names([]) == [None, None, None]


@each(
    ("rows", "found"),
    [
        # The current one is the one that started last, and of these the one that finishes first.
        ([sprint(1, "2026-11-01", "2026-12-06"), sprint(2, "2026-11-20", "2026-12-31")], [2]),
        ([sprint(1, "2026-11-20", "2026-12-31"), sprint(2, "2026-11-20", "2026-12-06")], [2]),
        ([sprint(2, "2026-11-20", "2026-12-06"), sprint(1, "2026-11-20", "2026-12-06")], [1]),
        # A closed one is one.
        ([sprint(1, "2026-11-20", "2026-12-06", closed=True)], [1]),
        # The last one finished last, and of these started last.
        ([sprint(1, "2026-11-01", "2026-11-20"), sprint(2, "2026-11-05", "2026-11-20")], [None, 2]),
        ([sprint(1, "2026-11-01", "2026-11-21"), sprint(2, "2026-11-05", "2026-11-20")], [None, 1]),
        # The next one starts first, and of these finishes first.
        (
            [sprint(1, "2026-12-01", "2026-12-20"), sprint(2, "2026-12-01", "2026-12-10")],
            [None, None, 2],
        ),
    ],
)
def test_where_sprints_overlap_there_is_a_rule(
    rows: list[dict[str, object]], found: list[object]
) -> None:
    assert names(rows)[: len(found)] == found
    assert names(rows[::-1])[: len(found)] == found


def test_a_sprint_is_found_by_its_name_or_slug() -> None:
    for name in ("Sprint 2", "sprint-2"):
        found = sprint_named(ROWS, name)
        assert found
        assert found["id"] == 2
    assert sprint_named(ROWS, "Sprint 22") is None
    again = sprint(8, "2026-12-01", "2026-12-02", name="Sprint 2")
    assert sprint_named([*ROWS, again], "Sprint 2") == again


def test_a_sprint_without_a_number_can_be_chosen() -> None:
    bare = {"estimated_start": "2026-11-20", "estimated_finish": "2026-12-06"}
    assert SPRINTS["current_sprint"]([bare], TODAY) == bare


def test_a_week_goes_from_monday_to_sunday() -> None:
    week = {"start": "2026-11-23", "finish": "2026-11-29", "number": 48, "year": 2026}
    assert week_of(TODAY) == week_of(date(2026, 11, 23)) == week
    assert week_of(TODAY, -1)["start"] == "2026-11-16"
    # The first days of January may count to the year before.
    new_year = week_of(date(2027, 1, 1))
    assert (new_year["number"], new_year["year"]) == (53, 2026)


def test_there_is_no_week_behind_the_calendars_end() -> None:
    with pytest.raises(OverflowError):
        week_of(TODAY, 10**9)


def test_a_calendar_answers_by_name_and_asks_for_sprints_only_when_asked_for_one() -> None:
    asked = []

    def sprints() -> list[dict[str, object]]:
        asked.append(1)
        return ROWS

    calendar = Calendar(TODAY, sprints)
    assert (calendar.day(), calendar.day(-1)) == ("2026-11-29", "2026-11-28")
    assert calendar.week(1)["start"] == "2026-11-30"
    assert not asked
    assert calendar.sprint("current_sprint") == ROWS[0]
    assert Calendar(TODAY).sprint("current_sprint") is None
    with pytest.raises(OverflowError):
        calendar.day(10**9)
