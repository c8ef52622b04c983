"""A name that no row has is an error, with the nearest names."""

from __future__ import annotations

from typing import Any

import pytest

from taiga_notes.errors import QueryError
from tests.query.scopes import value
from tests.tables import each

STORIES = [
    {
        "id": 1,
        "ref": 1,
        "subject": "a",
        "status_extra_info": {"name": "New"},
        "new_field": {"x": 1},
    },
    {"id": 2, "ref": 2, "subject": "b", "status_extra_info": {"name": "Done"}, "points": {"81": 1}},
]


def test_the_message_names_field_place_and_what_was_meant() -> None:
    with pytest.raises(QueryError) as caught:
        value("from userstories\nwhere status_extra_info.nmae != 'Done'", STORIES)
    assert str(caught.value) == (
        "unknown field 'status_extra_info.nmae' (line 2, column 7): "
        "did you mean 'status_extra_info.name'?"
    )
    assert caught.value.source == "where status_extra_info.nmae != 'Done'"


@each("rows", [STORIES, []])
@each(
    ("name", "hint"),
    [
        ("subjekt", "did you mean 'subject'?"),
        ("SUBJECT", "did you mean 'subject'?"),
        ("status_extra_inf.name", "did you mean 'status_extra_info'?"),
        ("status_extra_info.nmae", "did you mean 'status_extra_info.name'?"),
        (
            "status_extra_info.zzz",
            "there are status_extra_info.color, status_extra_info.is_closed, st",
        ),
        ("assigned_to_extra_info.full_name", "did you mean 'assigned_to_extra_info.full_name_disp"),
        ("status.name", "did you mean 'status_extra_info.name'?"),
        ("tags.name", "did you mean 'project_extra_info.name' or 'status_extra_info.name'?"),
        (
            "username",
            "did you mean 'assigned_to_extra_info.username' or 'owner_extra_info.username'?",
        ),
        ("asignee", "did you mean 'assignee'"),
        ("comments.who", "comments is a list: write comments[1].who, or query[[from x = comments"),
        ("epics.subject", "epics is a list: write epics[1].subject, or query[[from x = epics "),
        ("tasks.nope", "tasks is a list: write tasks[1].nope, or query[[from x = tasks where x.n"),
        ("qqqqq", "taiga-notes fields userstories lists them"),
        ("subject.x", "taiga-notes fields userstories lists them"),
        ("points.Back", "they are by the roles' ids: write points_by_role.Back"),
        ("url.x", "taiga-notes fields userstories lists them"),
    ],
)
def test_an_empty_list_is_no_excuse(rows: list[Any], name: str, hint: str) -> None:
    for text in (f"from userstories where {name}", f"from p = userstories where p.{name}"):
        with pytest.raises(QueryError) as caught:
            value(text, rows)
        assert caught.value.message == f"unknown field '{name}'"
        assert caught.value.hint.startswith(hint)


@each(
    "name",
    [
        *("subject", "due_date", "assigned_to_extra_info.username", "url", "tag_names", "sprint"),
        *("new_field", "new_field.x", "points['81']", "points['99']"),
        *("points_by_role.Back", "points_by_role['Product Owner']"),
        *("origin_issue.ref", "tags[1][1]", "status_extra_info['name']"),
    ],
)
def test_fields_of_the_rows_and_of_the_kind_are_known(name: str) -> None:
    value(f"from userstories where {name}", STORIES)
    value(f"from p = userstories where p.{name}", STORIES)


@each(
    ("rows", "name", "hint"),
    [
        ([{"alpha": 1}, {"beta": {"gamma": 1}}], "alpa", "did you mean 'alpha'?"),
        ([{"alpha": 1}, {"beta": {"gamma": 1}}], "beta.gama", "did you mean 'beta.gamma'?"),
        ([{"alpha": 1}, {"beta": {"gamma": 1}}], "zzz", "there are alpha, beta"),
        ([{"alpha": 1}], "alpha.x", ""),
        ([{"alpha": [1]}], "alpha.x", ""),
        ([1, 2], "x", ""),
    ],
)
def test_rows_of_no_known_kind_know_their_own_fields(rows: list[Any], name: str, hint: str) -> None:
    with pytest.raises(QueryError) as caught:
        value(f"from p = getTaigaTasks('/roles') where p.{name}", rows, kind="")
    assert (caught.value.message, caught.value.hint) == (f"unknown field '{name}'", hint)


@each(
    ("rows", "name"),
    [
        ([], "anything"),
        ([], "anything.below"),
        ([{"a": None}], "a.b"),
        ([{"a": None}], "a.b.c"),
        ([{"a": {"b": None}}, {"a": None}], "a.b.c"),
        ([{"a": 1}, {"b": 1}], "b"),
    ],
)
def test_where_nothing_is_known_anything_goes(rows: list[Any], name: str) -> None:
    assert value(f"from getTaigaTasks('/roles') where {name} == 5", rows, kind="") == []
    assert value(f"from p = getTaigaTasks('/roles') where p.{name} == 5", rows, kind="") == []


def test_below_a_new_field_of_a_known_kind_its_own_rows_decide() -> None:
    rows = [{"brand_new": None}]
    assert value("from userstories where brand_new.x", rows) == []
    with pytest.raises(QueryError, match=r"unknown field 'new_field\.y'"):
        value("from userstories where new_field.y", STORIES)


def test_the_first_unknown_field_in_the_text_is_named() -> None:
    with pytest.raises(QueryError, match="'bbb'"):
        value("from p = userstories where p.bbb select p.aaa", STORIES)


@each(
    "clause",
    [
        "order by nmae",
        "group by nmae",
        "select nmae",
        "select {x = nmae}",
        "having nmae",
        "select sum(nmae)",
        "select array_agg(ref order by nmae)",
        "select count() filter(where nmae)",
        "group by ref having nmae",
        "group by ref order by nmae",
        "where ref in {nmae}",
        "where false and nmae",
        "select query[[from {1} where nmae]]",
        "select tostring(nmae)",
        "limit nmae",
    ],
)
def test_every_clause_is_checked(clause: str) -> None:
    with pytest.raises(QueryError, match=r"unknown (field|name) 'nmae'") as caught:
        value(f"from userstories {clause}", STORIES)
    assert caught.value.column == len("from userstories ") + clause.index("nmae") + 1


def test_the_rows_of_a_query_have_the_fields_that_it_selects() -> None:
    text = "from p = (query[[from userstories select ref, subject]]) where p.rf > 1"
    with pytest.raises(QueryError, match=r"unknown field 'rf' .*: did you mean 'ref'\?"):
        value(text, STORIES)


def test_rows_that_are_passed_on_stay_of_their_kind() -> None:
    text = "from p = (query[[from userstories where ref > 9]]) where p.{}"
    assert value(text.format("due_date"), STORIES) == []
    with pytest.raises(QueryError, match="unknown field 'due_dat'"):
        value(text.format("due_dat"), STORIES)


@each(
    ("text", "expected"),
    [
        (
            "from s = userstories select query[[from t = {1, 2} where t >= s.ref select t]]",
            [[1, 2], [2]],
        ),
        ("from userstories select query[[from t = {1, 2} where t >= ref select t]]", [[1, 2], [2]]),
        ("from userstories select query[[from t = {ref} select t + 1]]", [[2], [3]]),
        ("from s = userstories select query[[from {1} select s.subject .. _]]", [["a1"], ["b1"]]),
        ("from s = userstories select query[[from {{ref = 5}} select ref + s.ref]]", [[6], [7]]),
        ("from s = userstories select query[[from {1, 2, 3} limit s.ref]]", [[1], [1, 2]]),
        ("from s = userstories select #query[[from t = userstories where t.ref == s.ref]]", [1]),
        (
            """from a = userstories
            select query[[from b = {1} select query[[from c = {b} select c + b + a.ref]]]]""",
            [[[3]], [[4]]],
        ),
        (
            """from userstories select ref
            where ref in query[[from t = userstories where t.ref > 1 select t.ref]]""",
            [2],
        ),
        ("#query[[from userstories where ref in query[[from tasks where ref > 1 select ref]]]]", 1),
        ("#query[[from userstories where ref in query[[from tasks{tags='x'} select ref]]]]", 2),
        (
            """from s = userstories
            select #query[[from {0, 1, 2, 3} where _ == s.ref or _ + 2 == s.ref or _ == 3]]""",
            [2, 3],
        ),
        ("from userstories select #query[[from x = ({ref, 5}) where ref == x]]", [1]),
        ("from userstories select query[[from {1} select _ .. subject]]", [["1a"], ["1b"]]),
        ("from userstories select query[[from {{subject = 'own'}} select subject]]", [["own"]]),
        ("from s = userstories select query[[from {1} select s]]", [[STORIES[0]], [STORIES[1]]]),
    ],
)
def test_a_query_within_sees_the_names_around_it(text: str, expected: Any) -> None:
    assert value(text, STORIES) == expected


def test_a_wrong_name_around_a_query_within_is_found_there() -> None:
    text = "from s = userstories select query[[from {1} where _ == s.rf]]"
    with pytest.raises(QueryError, match=r"unknown field 'rf' \(line 1, column 56\)"):
        value(text, STORIES)
