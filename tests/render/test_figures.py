"""What charts and looks count: axes of dates, sums up to each of them, bars, groups."""

from __future__ import annotations

from datetime import timedelta, timezone

import pytest

from taiga_notes.errors import RenderError
from taiga_notes.render import Templates, builtin_folder
from taiga_notes.render.figures import MOST_DATES, bar, by_each, dates, so_far

TEMPLATES = Templates([builtin_folder()])


def each(text: str, *rows: object) -> str:
    return TEMPLATES.render_each(text, rows)


def test_an_axis_has_both_ends_and_each_day_where_they_are_few() -> None:
    assert dates("2026-11-30", "2026-12-02", 15) == ["2026-11-30", "2026-12-01", "2026-12-02"]
    assert dates("2026-11-30", "2026-11-30", 15) == ["2026-11-30"]
    assert dates("2026-01-01", "2026-12-31", 3) == ["2026-01-01", "2026-07-02", "2026-12-31"]
    year = dates("2026-01-01", "2026-12-31", 12)
    assert (len(year), year[0], year[-1]) == (12, "2026-01-01", "2026-12-31")
    assert year == sorted({*year})


def test_there_is_no_axis_without_two_dates_in_order() -> None:
    assert dates("", "2026-11-30", 15) == []
    assert dates("2026-11-30", "", 15) == []
    assert dates("2026-11-30", "2026-11-29", 15) == []
    for first in ("soon", "2026-02-30", "1"):
        with pytest.raises(ValueError, match=f"'{first}' is no date"):
            dates(first, "2026-11-30", 15)
    for most in (1, MOST_DATES + 1):
        with pytest.raises(ValueError, match="an axis has 2 to 366 dates"):
            dates("2026-11-30", "2026-11-30", most)


def test_of_each_date_all_that_is_dated_up_to_it() -> None:
    axis = ["2026-11-01", "2026-11-03", "2026-11-05"]
    dated = [
        ("2026-11-03", 3),
        ("2026-10-01", 5),
        ("2026-11-02", 1),
        ("2026-11-06", 100),
        ("", 100),
    ]
    assert so_far(dated, axis) == [5, 9, 9]
    assert so_far([], axis) == [0, 0, 0]
    assert so_far(dated, []) == []


def test_a_bar_is_full_only_when_all_is_done_and_empty_only_when_nothing_is() -> None:
    empty, full = "□" * 10, "■" * 10
    assert (bar(0, 8), bar(8, 8), bar(9, 8)) == (empty, full, full)
    assert (bar(1, 1_000), bar(999, 1_000)) == ("■" + "□" * 9, "■" * 9 + "□")
    assert bar(4, 8) == "■■■■■□□□□□"
    assert (bar(0, 0), bar(3, 0), bar(-1, 8)) == (empty, empty, empty)


def test_a_row_stands_below_each_of_its_values() -> None:
    rows = [("a", ["x", "y"]), ("b", []), ("c", ["y", "y"]), ("d", None)]
    groups = by_each(rows, lambda row: row[1], str)
    assert {key: [name for name, _ in found] for key, (_, found) in groups.items()} == {
        "x": ["a"],
        "y": ["a", "c"],
        None: ["b", "d"],
    }
    assert [*by_each(rows[:1], lambda row: row[1], str)] == ["x", "y"]


def test_templates_have_them_as_filters() -> None:
    sprint = {"from": "2026-11-01", "to": "2026-11-03", "done": 3, "all": 6, "none": None}
    assert each("%{row.from | dates(row.to) | join(' ')}", sprint) == (
        "2026-11-01 2026-11-02 2026-11-03\n"
    )
    assert each("%{row.from | dates(row.to, 2) | join(' ')}", sprint) == "2026-11-01 2026-11-03\n"
    assert each("%{row.none | dates(row.to) | length}", sprint) == "0\n"
    assert each("%{row.done | bar(row.all)}%{row.none | bar(row.all)}", sprint) == (
        "■■■■■□□□□□□□□□□□□□□□\n"
    )
    story = {"when": "2026-11-02T09:00", "points": 2.5}
    rows = {"rows": [story, {"when": None, "points": 9}, {**story, "points": None}], **sprint}
    axis = "row.from | dates(row.to)"
    assert each(f"%{{row.rows | so_far('when', {axis}) | join(' ')}}", rows) == "0 2 2\n"
    assert each(f"%{{row.rows | so_far('when', {axis}, 'points') | join(' ')}}", rows) == (
        "0 2.5 2.5\n"
    )
    tagged = {
        "rows": [{"n": 1, "of": [{"id": 1, "v": "a"}]}, {"n": 2, "of": [{"id": 1}]}, {"n": 3}]
    }
    grouped = (
        "{% for group in row.rows | groupby_each('of') %}"
        "{{ group.grouper.v or '–' }}{% for one in group.list %} {{ one.n }}{% endfor %};"
        "{% endfor %}"
    )
    assert each(grouped, tagged) == "a 1 2;– 3;\n"


def test_a_time_is_of_its_day_in_the_zone_of_the_templates() -> None:
    row = {"from": "2026-11-01", "to": "2026-11-02T23:30:00.100Z"}
    text = "%{row.from | dates(row.to) | join(' ')} %{[row] | so_far('to', ['2026-11-02'])}"
    east = Templates([builtin_folder()], timezone(timedelta(hours=1)))
    assert each(text, row) == "2026-11-01 2026-11-02 1\n"
    assert east.render_each(text, [row]) == "2026-11-01 2026-11-02 2026-11-03 0\n"


def test_rows_are_grouped_by_a_date_as_it_is_written() -> None:
    days = ("2026-11-30T23:30:00.100Z", None, "2026-10-05", "2026-11-01")
    rows = {"rows": [{"n": number, "day": day} for number, day in enumerate(days)]}
    text = (
        "{% for group in row.rows | groupby_date('day', '%b') %}"
        "{{ group.grouper }}{% for one in group.list %} {{ one.n }}{% endfor %};{% endfor %}"
    )
    assert each(text, rows) == "Nov 0 3;Oct 2;\n"
    east = Templates([builtin_folder()], timezone(timedelta(hours=1)))
    assert east.render_each(text, [rows]) == "Dec 0;Oct 2;Nov 3;\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("%{'x' | dates('2026-11-01')}", "'x' is no date"),
        ("%{'2026-11-01' | dates('2027-11-01', 1000)}", "an axis has 2 to 366 dates"),
        ("%{'x' | bar(3)}", "only numbers have a sum"),
        ("%{[row] | so_far('d', ['2026-11-01'], 'd')}", "only numbers have a sum"),
    ],
)
def test_mistakes_are_told(text: str, told: str) -> None:
    with pytest.raises(RenderError) as caught:
        each(text, {"d": "2026-11-01"})
    assert told in str(caught.value)
