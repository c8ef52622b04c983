"""What each clause of a query does, and what becomes of one story."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from taiga_notes.errors import QueryError
from taiga_notes.model.rows import Listing
from taiga_notes.query import demand_preset, evaluate
from taiga_notes.query.explanation import (
    MOST_CONDITIONS,
    MOST_QUERIES,
    QueryExplanation,
    as_written,
    explained,
)
from tests.query.scopes import scope, value
from tests.query.test_against_reference import ROWS, queries

STORIES = [
    {
        "ref": ref,
        "subject": f"story {ref}",
        "is_closed": ref % 3 == 0,
        "status_name": "New" if ref % 2 else "Done",
        "assignee": None if ref % 4 else "ann",
        "total_points": ref % 5,
    }
    for ref in range(1, 13)
]
PRESETS = {
    "open": "from userstories where not is_closed",
    "mine": "from presets.open where assignee == 'ann'",
}


def all_of(text: str, ref: int | None = None, **more: Any) -> tuple[QueryExplanation, ...]:
    return explained(text, scope(STORIES, presets=PRESETS, **more), ref)


def one(text: str, ref: int | None = None) -> QueryExplanation:
    [found] = all_of(text, ref)
    return found


def counts(text: str) -> list[tuple[str, int | None, int, int | None]]:
    return [(step.clause, step.rows, step.dropped, step.alone) for step in one(text).steps]


def way(text: str, ref: int) -> tuple[list[bool | None], int | None]:
    found = one(text, ref)
    return [step.keeps for step in found.steps], found.row


def test_rows_are_counted_after_each_clause() -> None:
    assert counts(
        "from userstories where not is_closed and assignee == 'ann' order by ref limit 1, 1"
    ) == [
        ("from", 12, 0, None),
        ("where", 8, 4, 4),
        ("and", 2, 6, 9),
        ("order by", 2, 0, None),
        ("offset", 1, 1, None),
        ("limit", 1, 0, None),
    ]
    assert counts("userstories") == [("from", 12, 0, None)]


def test_each_number_is_that_of_the_query_so_far() -> None:
    conditions = ["total_points", "ref > 2", "(ref < 11 or is_closed)", "total_points and ref ~= 5"]
    for number in range(1, len(conditions) + 1):
        text = f"from userstories where {' and '.join(conditions[:number])}"
        assert one(text).steps[-1].rows == len(value(text, STORIES))


def test_a_condition_that_needs_another_one_before_it_says_nothing_by_itself() -> None:
    rows = counts("from userstories where assignee and #assignee == 3 and ref > 2")
    assert [alone for _, _, _, alone in rows] == [None, 9, None, 2]


def test_rows_that_a_limit_spares_may_be_such_as_the_query_would_fail_on() -> None:
    rows = [{"ref": 1, "subject": "7"}, {"ref": 2, "subject": {}}]
    text = "from userstories where subject + 1 > 0 limit 1"
    assert len(value(text, rows)) == 1
    for ref, keeps in ((None, None), (1, True)):
        [found] = explained(text, scope(rows), ref)
        assert [(step.rows, step.dropped) for step in found.steps] == [(2, 0), (None, 0), (1, 0)]
        assert [step.keeps for step in found.steps] == [keeps] * 3
        assert found.row is None


def test_groups_are_counted_from_group_by_on_and_drop_no_rows() -> None:
    assert counts(
        "from userstories where ref > 1 group by status_name having count() > 5 and key ~= 'x' "
        "order by n select {n = count()} limit 3"
    ) == [
        ("from", 12, 0, None),
        ("where", 11, 1, None),
        ("group by", 2, 0, None),
        ("having", 1, 1, 1),
        ("and", 1, 0, 0),
        ("order by", 1, 0, None),
        ("select", 1, 0, None),
        ("limit", 1, 0, None),
    ]


def test_an_aggregate_makes_one_group_of_all_rows() -> None:
    assert counts("from userstories where is_closed select count()") == [
        ("from", 12, 0, None),
        ("where", 4, 8, None),
        ("select", 1, 0, None),
    ]
    assert counts("from userstories having is_closed and count() > 3") == [
        ("from", 12, 0, None),
        ("having", 0, 1, 1),
        ("and", 0, 0, 0),
    ]
    assert counts("from userstories having is_closed")[-1] == ("having", 4, 8, None)


def test_what_select_drops_are_repeats() -> None:
    assert counts("from userstories select status_name")[-1] == ("select", 2, 10, None)


def test_the_presets_and_queries_that_rows_come_from_are_explained() -> None:
    [found] = all_of("template.each(query[[from presets.mine limit 1]], templates.x)", 8)
    [mine] = found.sources
    [opened] = mine.sources
    assert (found.preset, mine.preset, opened.preset) == ("", "mine", "open")
    assert [len(each.listings) for each in (found, mine, opened)] == [0, 0, 1]
    assert opened.listings == (Listing("userstories", "acme", (("status__is_archived", "false"),)),)
    assert (opened.row, mine.row, found.row) == (6, 2, None)
    assert [each.preset for each in all_of("some(presets.mine) or presets.open")] == [
        "mine",
        "open",
    ]
    nested = one("from query[[from tasks where ref > 2]] where ref > 3")
    assert [len(each.steps) for each in (nested, *nested.sources)] == [2, 2]
    [lists] = all_of("from {1, 2}")
    assert (lists.sources, lists.listings) == ((), ())


def test_a_sentence_says_it_all() -> None:
    found = one("from p = tasks where p.ref > 3 limit 1")
    assert found.sentence == "Tasks of acme, where ref is above 3, at most 1"


def test_a_story_is_followed_to_the_condition_that_drops_it() -> None:
    text = "from userstories where not is_closed and assignee == 'ann' order by ref desc"
    assert way(text, 3) == ([True, False, False, False], None)
    assert way(text, 2) == ([True, True, False, False], None)
    assert way(text, 4) == ([True, True, True, True], 2)
    assert way(text, 99) == ([False, False, False, False], None)
    assert way(text.replace("where", "having"), 2) == ([True, True, False, False], None)
    assert way("from p = userstories where p.ref > 3 select p", 5) == ([True] * 3, 2)
    assert way("from userstories where ref > 3 select _", 5) == ([True] * 3, 2)
    assert way("from userstories where is_closed having ref > 3", 9) == ([True] * 3, 2)


def test_a_story_is_followed_through_offset_and_limit() -> None:
    text = "from userstories order by ref limit 3, 2"
    ways = {ref: way(text, ref) for ref in (2, 3, 5, 6)}
    assert ways[2] == ([True, True, False, False], None)
    assert ways[3] == ([True, True, True, True], 1)
    assert ways[5] == ([True, True, True, True], 3)
    assert ways[6] == ([True, True, True, False], None)
    assert way("from userstories offset 99", 1) == ([True, False], None)


def test_a_story_is_followed_into_its_group() -> None:
    text = (
        "from userstories where ref > 1 group by status_name having count() > 5 order by key "
        "select {s = key, n = count()}"
    )
    assert way(text, 1)[0] == [True, False, False, False, False, False]
    assert way(text, 3)[0] == [True, True, True, False, False, False]
    assert way(text, 2) == ([True] * 6, 1)
    assert way("from userstories group by status_name order by key", 1) == ([True] * 3, 2)
    assert way("from userstories where is_closed select count()", 3) == ([True] * 3, 1)
    assert way("from userstories where is_closed select count()", 2)[1] is None
    assert way("from userstories having count() > 3", 2) == ([True, True], 1)


def test_a_story_among_equal_values_is_at_the_row_of_the_first() -> None:
    assert way("from userstories order by ref select status_name", 8) == ([True] * 3, 2)
    # What is not equal to itself is at no row that could be told.
    assert way("from userstories select 0/0", 8) == ([True] * 2, None)


def test_a_story_is_followed_among_records_too() -> None:
    text = "from query[[from userstories select ref, subject]] where ref > 3"
    assert way(text, 5) == ([True, True], 2)
    assert way(text, 3) == ([True, False], None)
    assert way("from {1, 2}", 1) == ([False], None)


def test_what_has_no_numbers_holds_no_story() -> None:
    [found] = explained("from sprints", scope([{"name": "Sprint 1"}], "milestones"), 3)
    assert [step.keeps for step in found.steps] == [False]


def test_who_asks_who_is_logged_in_is_told() -> None:
    [found] = all_of("from query[[from {1} where me.username == 'ann']]", me={"username": "ann"})
    assert [step.rows for step in found.steps] == [1]


def test_mistakes_are_at_their_place() -> None:
    with pytest.raises(QueryError) as caught:
        all_of("from userstories{milestne=3}")
    assert caught.value.column == 18


def test_presets_that_the_query_does_not_come_to_are_looked_at_as_well() -> None:
    presets = PRESETS | {"loop": "presets.loop"}
    for name, message in (("nope", "unknown preset"), ("loop", "leads back to itself")):
        text = f"presets.open or presets.{name}"
        assert value(text, STORIES, presets=presets)
        with pytest.raises(QueryError, match=message):
            explained(text, scope(STORIES, presets=presets))


def test_a_text_may_have_any_number_of_conditions_and_presets() -> None:
    conditions = [f"ref ~= {number}" for number in range(1, MOST_CONDITIONS + 2)]
    steps = one(f"from userstories where {' and '.join(conditions)}").steps
    assert len(steps) == 1 + MOST_CONDITIONS
    last = f"and ref is not {MOST_CONDITIONS} and ref is not {MOST_CONDITIONS + 1}"
    assert (steps[-1].words, steps[-1].rows) == (last, 0)
    presets = {f"p{n}": " or ".join([f"presets.p{n + 1}"] * 5) for n in range(3)}
    presets["p3"] = "from userstories"
    found = explained("presets.p0", scope(STORIES, presets=presets))
    assert 0 < len(found) < MOST_QUERIES


def test_as_written_a_source_and_a_template_are_known_before_there_are_rows() -> None:
    assert as_written("from tasks template links") == ("tasks", "links")
    assert as_written("from tasks each '%{row.ref}'") == ("tasks", "each")
    assert as_written("template.each(presets.a, templates.b)") == ("presets.a", "b")
    assert as_written("1") == ("", "")


def test_a_preset_has_no_template() -> None:
    demand_preset(PRESETS["open"], scope(STORIES))
    for clause in ("template links", "each 'x'", "empty 'x'"):
        with pytest.raises(QueryError, match="a preset has no template"):
            demand_preset(f"from userstories {clause}", scope(STORIES))


@pytest.mark.slow
@given(queries(), ROWS)
def test_of_any_query_the_last_number_is_that_of_its_rows(text: str, rows: list[Any]) -> None:
    numbered = [{**row, "ref": row["id"]} for row in rows]
    where = scope(numbered, kind="")
    shown = evaluate(text, where).value
    assert isinstance(shown, list)
    [found] = explained(text, where)
    assert found.steps[-1].rows == len(shown)
    assert all(step.rows is not None and step.dropped >= 0 for step in found.steps)


@pytest.mark.slow
@given(queries(), ROWS)
def test_in_any_query_a_story_is_at_its_row_or_dropped(text: str, rows: list[Any]) -> None:
    numbered = [{**row, "ref": row["id"]} for row in rows]
    where = scope(numbered, kind="")
    shown = evaluate(text, where).value
    assert isinstance(shown, list)
    shows_rows = "select" not in text and "group" not in text and "having" not in text
    for row in numbered:
        [found] = explained(text, where, row["ref"])
        keeps = [step.keeps for step in found.steps]
        # Once it is dropped it does not come back.
        assert keeps == sorted(keeps, key=lambda kept: not kept)
        assert found.row is None or 1 <= found.row <= len(shown)
        assert (found.row is None) == (not keeps[-1])
        if shows_rows:
            assert (row in shown) == keeps[-1]
            assert found.row is None or shown[found.row - 1] == row
