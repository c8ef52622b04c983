"""Comparisons that can't be meant are errors: before there are rows, and with what to write."""

from __future__ import annotations

import pytest

from taiga_notes.errors import QueryError
from taiga_notes.query import evaluate
from tests.query.scopes import scope, value

NEVER = [
    # a field, what it is compared with, and what to write instead
    ("userstories", "assignee == me", "assignee == me.username"),
    ("userstories", "me == assignee", "assignee == me.username"),
    ("userstories", "assignee_name == me", "assignee_name == me.full_name_display"),
    ("userstories", "assigned_to == me", "assigned_to == me.id"),
    ("userstories", "assigned_to == me.username", "assignee == me.username"),
    ("userstories", "assigned_to == 'ann'", "assignee == 'ann'"),
    ("userstories", "owner == 'ann'", "owner_extra_info.username == 'ann'"),
    ("wiki", "owner == 'Ann Lee'", "owner_name == 'Ann Lee'"),
    ("userstories", "status == 'New'", "status_name == 'New'"),
    ("userstories", "status ~= 'New'", "status_name ~= 'New'"),
    ("userstories", "'New' != status", "status_name ~= 'New'"),
    ("userstories", "not (status == 'New')", "status_name == 'New'"),
    ("userstories", "status in {'New', 'Done'}", "status_name in {'New'}"),
    ("userstories", "status < 'New'", "status_name < 'New'"),
    ("userstories", "status_extra_info == 'New'", "status_name == 'New'"),
    ("userstories", "status_name == 81", "status == 81"),
    ("userstories", "status_name == {'New'}", "status_name in {…}"),
    ("userstories", "milestone == 'Sprint 3'", "sprint == 'Sprint 3'"),
    ("issues", "severity == 'Critical'", "severity_name == 'Critical'"),
    ("issues", "type == 'Bug' and ref", "type_name == 'Bug'"),
    ("userstories", "ref == '7'", "ref == 7"),
    ("userstories", "_.ref == '7'", "_.ref == 7"),
    ("userstories", "ref < '7'", "ref < 7"),
    ("userstories", "ref > '7'", "ref > 7"),
    ("userstories", "'7' <= ref", "ref >= 7"),
    ("userstories", "'New' > status", "status_name < 'New'"),
    ("userstories", "ref in {1, '7'}", "ref in {7}"),
    ("userstories", "days_in('New') == '3'", "days_in('New') == 3"),
    ("userstories", "'3' < days_in('Größe | 1')", ""),
    ("userstories", "_.days_in(subject) == '3'", "_.days_in(…) == 3"),
    ("userstories", "'x' in comments", "some(query[[from x = comments where x.… == 'x']])"),
    ("tasks", "'x' in attachments", "some(query[[from x = attachments where x.… == 'x']])"),
    ("userstories", "'x' in tasks", "some(query[[from x = tasks where x.… == 'x']])"),
    ("epics", "3 in related", "some(query[[from x = related where x.… == 3]])"),
    ("userstories", "attachments[1].size == '3'", "attachments[1].size == 3"),
    ("userstories", "comments[1].who == 3", "write '3'"),
    ("issues", "comments[#comments].when > 'soon'", "a date is written '2026-11-28'"),
    ("userstories", "history[1].when > 3", "a date is written '2026-11-28'"),
    ("userstories", "tasks[1].ref >= '6'", "tasks[1].ref >= 6"),
    ("userstories", "points_by_role['UX | Design'] > '6'", "points_by_role['UX | Design'] > 6"),
    ("milestones", "stories[1].due_date == 'soon'", "a date is written '2026-11-28'"),
    ("userstories", "#assignees == '2'", "#assignees == 2"),
    ("userstories", "total_points == 'five'", "a number is written without quotes"),
    ("userstories", "subject == 7", "write '7'"),
    ("userstories", "tag_names == 'ui'", "'ui' in tag_names"),
    ("userstories", "'ui' in tags", "'ui' in tag_names"),
    ("userstories", "table.includes(tags, 'ui')", "'ui' in tag_names"),
    ("userstories", "7 in tag_names", "write '7'"),
    ("userstories", "'ann' in assigned_users", "'ann' in assignees"),
    ("userstories", "'16' in assigned_users", "16 in assigned_users"),
    ("userstories", "me in assignees", "me.username in assignees"),
    ("userstories", "'Login' in epics", "'Login' in epic_subjects"),
    ("userstories", "'x' in subject", "look for text with :contains"),
    ("userstories", "7 in ref", "write == ref"),
    ("userstories", "is_closed == 'true'", "write is_closed, or not is_closed"),
    ("userstories", "is_closed == 1", "write is_closed, or not is_closed"),
    ("userstories", "is_closed < 1", "write is_closed, or not is_closed"),
    ("userstories", "due_date < '28.11.2026'", "a date is written '2026-11-28'"),
    ("userstories", "'28.11.2026' <= due_date", "a date is written '2026-11-28'"),
    ("userstories", "due_date == 'today'", "a date is written '2026-11-28'"),
    ("userstories", "due_date == '2026-13-40'", "a date is written '2026-11-28'"),
    ("userstories", "due_date == ''", "due_date == nil"),
    ("userstories", "due_date < 20261128", "a date is written '2026-11-28'"),
    ("userstories", "due_date < nil", "due_date == nil"),
    ("userstories", "nil < due_date", "due_date == nil"),
    ("userstories", "due_date == now()", "write today()"),
    ("userstories", "created_date == today()", "created_date:startsWith(today())"),
    ("userstories", "created_date == '2026-11-28'", "created_date:startsWith('2026-11-28')"),
    ("userstories", "created_date == 'now'", "a date is written '2026-11-28'"),
    ("userstories", "due_date_status == 'past-due'", "past_due"),
    ("userstories", "kind == 'userstory'", "userstories"),
    ("userstories", "_ == 'x'", "name a field of the row"),
    ("userstories", "subject == page", "page.name"),
    ("userstories", "assigned_to_extra_info == owner_extra_info", "assigned_to_extra_info.…"),
    ("projects", "owner == 3", "name one of its fields: owner.…"),
    ("tasks", "user_story == 'Sign-up'", "user_story_extra_info.subject == 'Sign-up'"),
    ("userstories", "(ref or 0) == '7'", "ref == 7"),
    ("milestones", "name == userstories", ""),
    ("members", "is_active == 'yes'", "write is_active, or not is_active"),
]

MAY_BE = [
    *("ref == 7", "ref == nil", "nil ~= ref", "due_date == nil", "assignee == me.username"),
    *("due_date < '2026-12'", "created_date >= '2026-11-28'", "due_date <= now()"),
    *("created_date == '2026-11-22T14:02:11.957Z'", "due_date == '2026-11-28'"),
    *("(ref or '') == ''", "subject == '7'", "is_closed == true"),
    *("'ui' in tag_names", "16 in assigned_users", "subject == page.name", "ref ~= ref or true"),
    *("unheard_of == 1 or true", "assignee == query[[from tasks]]", "subject:lower() == 'x'"),
    *("epics == nil", "'x' in external_reference", "points['81'] == 157", "ref ~= #tag_names"),
    *("assignee in page.people", "due_date_status == 'past_due'", "not is_closed == true"),
]  # fmt: skip


def refused(text: str, kind: str = "userstories") -> QueryError:
    with pytest.raises(QueryError) as caught:
        value(text, [], kind, me={"id": 17, "username": "ann"})
    return caught.value


def test_what_is_never_equal_is_an_error_with_a_hint_though_there_is_no_row() -> None:
    for kind, condition, hint in NEVER:
        error = refused(f"from {kind} where {condition}", kind)
        assert hint in error.hint, (condition, str(error))


def test_what_may_be_equal_is_none() -> None:
    page = {"name": "x", "people": ["ann"]}
    for condition in MAY_BE:
        rows = [{"id": 1, "unheard_of": 1, "tag_names": []}]
        value(f"from userstories where {condition}", rows, me={"username": "ann"}, page=page)


def test_it_is_the_same_by_whatever_name_the_row_goes_and_wherever_it_stands() -> None:
    for text in (
        "from p = userstories where p.status == 'New'",
        "from userstories select status == 'New'",
        "from userstories order by status == 'New'",
        "from userstories group by status having key == 'New'",
        "from userstories group by s = status having s == 'New'",
        "from userstories group by assignee having status == 'New'",
        "from userstories group by assignee select count() filter(where status == 'New')",
        "from userstories group by assignee having max(status) == 'New'",
        "from userstories group by assignee having count() == 'New'",
        "from (query[[from userstories where ref]]) where status == 'New'",
        "presets.mine",
    ):
        with pytest.raises(QueryError, match="never equal"):
            value(text, [], presets={"mine": "from userstories where status == 'New'"})


def test_fields_of_the_rows_around_a_query_are_known_within() -> None:
    rows = [{"id": 1, "ref": 1, "subject": "x"}]
    for within in ("u.ref == t.subject", "t.ref == '7'", "t.tag_names == 'ui'"):
        with pytest.raises(QueryError, match="never equal"):
            value(f"from t = tasks select #query[[from u = tasks where {within}]]", rows, "tasks")
    text = "from t = tasks select #query[[from u = tasks where u.ref == t.ref and {1} ~= t.x]]"
    assert value(text, [{**rows[0], "x": 1}], "tasks") == [1]


def test_the_message_names_both_sides_and_the_place() -> None:
    assert str(refused("from userstories\nwhere ref == '7'")) == (
        "ref is a number and '7' is a text: they are never equal (line 2, column 11): "
        "write ref == 7"
    )
    error = refused("from userstories where 'ui' in tags")
    assert error.message == "'ui' is a text, and an item of tags is a list: it is never in there"


def test_rows_of_no_known_kind_may_hold_anything() -> None:
    assert value("from {{ref = '7'}} where ref == '7' select ref") == ["7"]
    assert value("from getTaigaTasks('/roles') where ref == '7'", [{"ref": "7"}], "") == [
        {"ref": "7"}
    ]
    assert value("1 == '1'") is False


def test_not_in_front_of_a_comparison_is_doubted() -> None:
    answer = evaluate("from userstories where not status_name == 'New'", scope())
    assert answer.warnings == (
        (
            "not status_name == 'New' means (not status_name) == 'New': "
            "write not (status_name == 'New')"
        ),
    )
