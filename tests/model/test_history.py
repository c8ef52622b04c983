"""What the changes of a status tell: days in each, the day of closing, the status on a day."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from taiga_notes.model.history import closed_on, days_in, statuses_on
from tests.tables import each

if TYPE_CHECKING:
    from collections.abc import Sequence

TODAY = date(2026, 11, 22)
CLOSED = {"Done", "Archived"}


def history(*changes: str) -> list[dict[str, str]]:
    """Of `01 New`: the day in November, and the status since."""
    return [{"when": f"2026-11-{change[:2]}T23:59:59.000Z", "to": change[3:]} for change in changes]


CASES: tuple[tuple[tuple[str, ...], dict[str, int], str | None], ...] = (
    ((), {}, None),
    (("01 New",), {"New": 21}, None),
    (("01 New", "05 Done"), {"New": 4, "Done": 17}, "2026-11-05"),
    (("01 New", "05 Done", "06 New"), {"New": 20, "Done": 1}, None),
    (("01 New", "05 Done", "09 Archived"), {"New": 4, "Done": 4, "Archived": 13}, "2026-11-05"),
    # It came and went within a day; and what was changed after today, by another clock.
    (("01 New", "01 Doing", "02 Done"), {"New": 0, "Doing": 1, "Done": 20}, "2026-11-02"),
    (("21 New", "24 Done"), {"New": 3, "Done": 0}, "2026-11-24"),
)


@each(("changes", "days", "closed"), CASES)
def test_days_are_midnights_and_closed_is_since_when(
    changes: Sequence[str], days: dict[str, int], closed: str | None
) -> None:
    assert days_in(history(*changes), TODAY) == days
    assert closed_on(history(*changes), CLOSED) == closed


def test_a_day_has_the_status_of_its_end() -> None:
    days = [f"2026-11-{day:02}" for day in (1, 2, 3, 9)]
    assert statuses_on(history("02 New", "02 Doing", "04 Done"), days) == [
        None,
        "Doing",
        "Doing",
        "Done",
    ]


def test_what_is_no_change_is_passed_by() -> None:
    odd = [None, 3, {"when": "soon", "to": "New"}, {"when": "2026-11-01", "to": None}]
    assert days_in([*odd, *history("02 New")], TODAY) == {"New": 20}
    assert days_in("nothing", TODAY) == {}
