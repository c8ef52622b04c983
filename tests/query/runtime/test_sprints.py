"""The week and the sprints around today, in queries; which ones they are, `model.calendar` says."""

from __future__ import annotations

from datetime import date

import pytest

from taiga_notes.errors import QueryError
from taiga_notes.model.parts import part_rows
from taiga_notes.model.rows import Listing, Table
from taiga_notes.query import QueryClock, Scope, evaluate
from taiga_notes.query.engine import demand_preset, last_day
from tests.query.scopes import NOW, Lists, value
from tests.tables import each

SPRINTS = [
    {"id": 1, "name": "Sprint 1", "slug": "sprint-1"}
    | {"estimated_start": "2026-10-26", "estimated_finish": "2026-11-08"},
    {"id": 2, "name": "Sprint 2", "slug": "sprint-2"}
    | {"estimated_start": "2026-11-09", "estimated_finish": "2026-11-22"},
]
STORIES = [{"ref": 11, "milestone": 2}, {"ref": 12, "milestone": None}]


VALUES = part_rows("values", [{"slug": "acme", "us_statuses": [{"id": 1, "name": "New"}]}])


def lists(values: Table = VALUES) -> Lists:
    rows = {"milestones": Table(SPRINTS, "milestones"), "values": values}
    return Lists({**rows, "userstories": Table(STORIES, "userstories")})


def scope(source: Lists) -> Scope:
    return Scope(source, QueryClock(NOW), project="acme")


def found(text: str) -> object:
    return evaluate(text, scope(lists())).value


@each(
    ("text", "expected"),
    [
        ("this_week().start", "2026-11-16"),
        ("this_week().finish", "2026-11-22"),
        ("this_week(1).start", "2026-11-23"),
        ("this_week(nil).number", 47),
        ("current_sprint().name", "Sprint 2"),
        ("last_sprint().estimated_finish", "2026-11-08"),
        ("next_sprint()", None),
        ("next_sprint().name", None),
        ("(next_sprint() or current_sprint()).name", "Sprint 2"),
        ("sprint('Sprint 1').estimated_finish", "2026-11-08"),
        ("sprint('sprint-1').id", 1),
        (
            (
                "query[[from userstories where milestone and milestone == current_sprint().id "
                "select ref]]"
            ),
            [11],
        ),
        ("query[[from userstories where milestone and milestone == next_sprint().id]]", []),
    ],
)
def test_they_are_values_of_a_query(text: str, expected: object) -> None:
    assert found(text) == expected


@each(
    ("text", "message"),
    [
        ("this_week('next')", "this_week wants a whole number of weeks, not a string"),
        ("this_week(10 ^ 9)", "there is no week 1000000000 weeks from this one"),
        ("sprint('Sprint 22')", "there is no sprint 'Sprint 22' .*: did you mean 'Sprint 2'"),
        ("sprint(2)", "sprint wants a sprint's name, not a number"),
        ("current_sprint", r"call it: current_sprint\(\)"),
        ("current_sprint(1)", r"wrong number of arguments: current_sprint\(\)"),
    ],
)
def test_what_is_wrong_with_them_is_told(text: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        found(text)


@each(
    ("condition", "warning"),
    [
        (
            "milestone == next_sprint().id",
            (
                "there is no next sprint: next_sprint().id is nil, as is the milestone of what "
                "has none: write milestone and milestone == next_sprint().id"
            ),
        ),
        ("ref > 1 and (next_sprint().name ~= sprint or ref == 2)", "sprint ~= next_sprint().name"),
        ("milestone or milestone == next_sprint().id", "milestone and milestone =="),
        ("milestone == next_sprint().id and milestone", "milestone and milestone =="),
        ("milestone and milestone == next_sprint().id", ""),
        ("milestone and ref > 1 and (ref == 2 or milestone == next_sprint().id)", ""),
        ("milestone == current_sprint().id", ""),
        ("next_sprint() == nil", ""),
    ],
)
def test_a_sprint_that_is_missing_is_not_compared_in_silence(condition: str, warning: str) -> None:
    told = " ".join(evaluate(f"from userstories where {condition}", scope(lists())).warnings)
    assert warning in told
    assert bool(told) == bool(warning)


def test_of_a_project_of_which_nothing_is_known_no_sprint_is_missing() -> None:
    scoped = scope(lists(Table([], "")))
    assert evaluate("from userstories where milestone == next_sprint().id", scoped).warnings == ()


def test_they_are_the_pages_projects_and_the_week_asks_nobody() -> None:
    source = lists()
    evaluate("this_week()", scope(source))
    assert source.asked == []
    evaluate("current_sprint()", scope(source))
    assert source.asked == [Listing("milestones", "acme")]


@each(
    ("clause", "day"),
    [
        ("", None),
        ("once", None),
        ("until '2026-12-05'", date(2026, 12, 5)),
        ("until '2026-12-05T10:00:00Z'", date(2026, 12, 5)),
        ("until today(7)", date(2026, 11, 29)),
        ("until sprint('Sprint 2').estimated_finish", date(2026, 11, 22)),
    ],
)
def test_a_block_says_up_to_which_day_it_is_kept_true(clause: str, day: date | None) -> None:
    assert last_day(f"from userstories {clause}", scope(lists())) == day


@each(
    ("until", "message"),
    [
        ("'soon'", "until wants a date such as '2026-12-05', not 'soon' .line 1, column 24"),
        ("next_sprint().estimated_finish", "until wants a date such as '2026-12-05', not nil"),
        ("5", "not a number"),
        ("sprint('x').estimated_finish", "there is no sprint 'x'"),
    ],
)
def test_a_day_that_is_none_is_told_at_its_place(until: str, message: str) -> None:
    with pytest.raises(QueryError, match=message):
        last_day(f"from userstories until {until}", scope(lists()))


def test_a_preset_says_nothing_of_that() -> None:
    with pytest.raises(QueryError, match="a preset has no template"):
        demand_preset("from userstories once", scope(lists()))
    with pytest.raises(QueryError, match="a preset has no template"):
        value("presets.mine", presets={"mine": "from {1} until '2026-12-05'"})
