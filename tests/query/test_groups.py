"""Groups and aggregates."""

from __future__ import annotations

from typing import Any

import pytest

from taiga_notes.errors import QueryError
from taiga_notes.query import Rendered
from tests.query.scopes import value
from tests.tables import each

ROWS = [
    {"id": 1, "s": "a", "n": 1, "t": True, "o": {"x": "p"}},
    {"id": 2, "s": "b", "n": 2.5, "t": False, "o": None},
    {"id": 3, "s": "a", "n": None, "t": True, "o": {"x": "q"}},
    {"id": 4, "s": None, "n": 3, "t": None, "o": {"x": None}},
    {"id": 5, "s": None, "n": 4, "t": None, "o": {"x": "p"}},
]


def found(clauses: str, rows: list[Any] = ROWS) -> Any:
    return value(f"from userstories {clauses}", rows, kind="")


def test_a_group_is_its_key_and_its_rows_in_the_order_met() -> None:
    assert found("group by s") == [
        {"key": "a", "group": [ROWS[0], ROWS[2]]},
        {"key": "b", "group": [ROWS[1]]},
        {"group": [ROWS[3], ROWS[4]]},
    ]


@each(
    ("clauses", "expected"),
    [
        ("group by s select key", ["a", "b", None]),
        ("group by s select s", ["a", "b", None]),
        ("group by _.s select s", ["a", "b", None]),
        ("group by o.x select x", ["p", None, "q"]),
        ("group by k = s select k", ["a", "b", None]),
        (
            "group by k = s select {k, key, s}",
            [["a", "a", "a"], ["b", "b", "b"], [None, None, None]],
        ),
        ("group by s, t select {s, t}", [["a", True], ["b", False], [None, None]]),
        ("group by s, t select key", [["a", True], ["b", False], [None, None]]),
        ("group by s, t select key.t", [True, False, None]),
        ("group by s, t select key[1]", ["a", "b", None]),
        ("group by s, t select #key", [2]),
        ("group by k = s, t select k", ["a", "b", None]),
        ("group by n == nil select key", [False, True]),
        ("group by n == nil, 1 select {key[1], key[2]}", [[False, 1], [True, 1]]),
        ("group by o select #group", [2, 1]),
        ("group by {s} select #group", [2, 1]),
        ("group by s select #group", [2, 1]),
        ("group by s select {key, #group}", [["a", 2], ["b", 1], [None, 2]]),
        ("group by s select {#group, group[1].id}", [[2, 1], [1, 2], [2, 4]]),
        ("group by s select group[2]", [ROWS[2], None, ROWS[4]]),
        ("group by s select id", [1, 2, 4]),
        ("group by s select o.x", ["p", None]),
        ("group by s select _.key", ["a", "b", None]),
        ("group by s select #_.group", [2, 1]),
        ("group by s having #group > 1 select key", ["a", None]),
        ("group by s having key select key", ["a", "b"]),
        ("group by s having count() == 1 select key", ["b"]),
        ("group by s having sum(n) > 3 select key", [None]),
        ("group by s having max(n) == nil or true select key", ["a", "b", None]),
        (
            "group by s order by #group, key desc select {key, #group}",
            [["b", 1], [None, 2], ["a", 2]],
        ),
        ("group by s order by n desc select id", [4, 2, 1]),
        ("group by s order by count() desc, id desc select id", [4, 1, 2]),
        (
            "group by s order by c desc, k select {k = key, c = count()}",
            [{"k": "a", "c": 2}, {"k": None, "c": 2}, {"k": "b", "c": 1}],
        ),
        ("group by s order by id desc limit 1", [{"group": [ROWS[3], ROWS[4]]}]),
        ("group by s limit 1 offset 1", [{"key": "b", "group": [ROWS[1]]}]),
        ("group by s select 1", [1]),
        ("group by s select {rows = group} limit 1", [{"rows": [ROWS[0], ROWS[2]]}]),
        ("group by s select 1 limit 1", [1]),
        ("where id > 9 group by s", []),
        ("where id > 9 group by s select count()", []),
        ("group by id % 2 == 0 select {key, string_agg(id)}", [[False, "1,3,5"], [True, "2,4"]]),
        ("group by s select query[[from {1, 2} where _ > count]]", "count is a function"),
        ("group by s select #query[[from g = group where g.n]]", [1, 2]),
        ("group by s select query[[from {key or 'nil'}]]", [["a"], ["b"], ["nil"]]),
        ("group by s select key in {'a', 'c'}", [True, False]),
        ("group by s select count() > 1 and 'many' or 'one'", ["many", "one"]),
    ],
)
def test_what_can_be_said_of_groups(clauses: str, expected: Any) -> None:
    if isinstance(expected, str):
        with pytest.raises(QueryError, match=expected):
            found(clauses)
    else:
        assert found(clauses) == expected


@each(
    ("text", "expected"),
    [
        ("from p = userstories group by p.s select {p.id, p.s}", [[1, "a"], [2, "b"], [4, None]]),
        ("from p = userstories group by p.s select {id, s}", [[1, "a"], [2, "b"], [4, None]]),
        ("from p = userstories group by p.s order by p.n desc select p.id", [4, 2, 1]),
        ("from p = userstories group by p.s select p", [ROWS[0], ROWS[1], ROWS[3]]),
        ("from p = userstories group by p.s select _.key", ["a", "b", None]),
        ("from p = userstories group by p.s select sum(p.n)", [1, 2.5, 7]),
        ("from p = userstories group by p.s having p.s == 'b' select #group", [1]),
    ],
)
def test_groups_of_named_rows(text: str, expected: Any) -> None:
    assert value(text, ROWS, kind="") == expected


@each(
    ("aggregate", "expected"),
    [
        ("count()", 5),
        ("count(n)", 4),
        ("count(n) filter(where n > 2)", 3),
        ("count() filter(where n == nil)", 1),
        ("count() filter(where s)", 3),
        ("sum(n)", 10.5),
        ("sum(id)", 15),
        ("sum(n) filter(where n > 99)", None),
        ("avg(n)", 2.625),
        ("avg(id)", 3),
        ("avg(s)", None),
        ("min(n)", 1),
        ("max(n)", 4),
        ("min(s)", "a"),
        ("max(s)", "b"),
        ("max(t)", True),
        ("min(t)", False),
        ("max(n) filter(where n > 99)", None),
        ("first(n)", 1),
        ("last(n)", 4),
        ("first(s order by id desc)", "a"),
        ("last(s order by id desc)", "a"),
        ("first(n) filter(where n > 99)", None),
        ("array_agg(s)", ["a", "b", "a"]),
        ("array_agg(id order by n desc)", [3, 5, 4, 2, 1]),
        ("array_agg(id order by n desc nulls last)", [5, 4, 2, 1, 3]),
        ("array_agg(id order by s, id desc)", [3, 1, 2, 5, 4]),
        ("array_agg(id order by n desc) filter(where n)", [5, 4, 2, 1]),
        ("array_agg(n) filter(where n > 99)", []),
        ("string_agg(s)", "a,b,a"),
        ("string_agg(s, ' + ')", "a + b + a"),
        ("string_agg(n, '/')", "1/2.5/3/4"),
        ("string_agg(t, '')", "truefalsetrue"),
        ("string_agg(s) filter(where n > 99)", ""),
        ("string_agg(id, key or '-')", "1-2-3-4-5"),
        ("sum(id * 2)", 30),
        ("sum('2')", 10),
        ("sum(s)", None),
        ("sum(t)", None),
        ("sum(_)", None),
        ("sum(1.0)", 5),
        ("max({1})", [1]),
        ("count({s})", 5),
        ("sum(n) + count()", 15.5),
        ("-sum(n)", -10.5),
        ("#array_agg(s)", 3),
        ("{count(), sum(id)}", [5, 15]),
        ("not (count() > 5)", True),
        ("count() == 5 and 'five'", "five"),
        ("tostring(count())", "5"),
        ("count() in {5}", True),
        ("(array_agg(s))[2]", "b"),
        ("string_agg(s):upper()", "A,B,A"),
        ("key", None),
    ],
)
def test_an_aggregate_makes_all_rows_one_group(aggregate: str, expected: Any) -> None:
    assert found(f"select {{{aggregate}, count()}}") == [[expected, 5]]


def test_all_of_nothing_is_one_group_as_well() -> None:
    clauses = "where id > 9 select {n = count(), s = sum(n), m = max(n), a = array_agg(n), f = s}"
    assert found(clauses) == [{"n": 0, "s": None, "m": None, "a": [], "f": None}]
    assert found("where id > 9 having count() > 0 select count()") == []
    assert found("having count() > 4") == [{"group": ROWS}]


def test_strings_hold_numbers_and_huge_ones_are_infinite() -> None:
    rows = [{"n": "2"}, {"n": 10**400}, {"n": 1.5}]
    assert found("where n == '2' select sum(n)", rows) == [2]
    assert found("select {sum(n), avg(n)}", rows) == [[float("inf"), float("inf")]]
    assert found("where n ~= '2' select sum(n)", rows) == [float("inf")]


def test_extremes_of_mixed_values_are_of_the_first_one_s_type() -> None:
    mixed: list[Any] = ["b", 1, "c", True, []]
    rows = [{"n": each} for each in mixed]
    assert found("select {min(n), max(n)}", rows) == [["b", "c"]]


def test_finished_markdown_may_be_joined() -> None:
    text = "from userstories select string_agg(templates.a(id), '\\n')"
    joined = value(text, [{"id": 1}, {"id": 2}], kind="")[0]
    assert type(joined) is Rendered


@each(
    ("clauses", "message"),
    [
        ("where count() > 1", "count() can't stand in where"),
        ("order by sum(n)", "sum() can't stand in order by"),
        ("group by max(n)", "max() can't stand in group by"),
        ("select sum(count())", "count() can't stand in an aggregate"),
        ("limit count()", "count() can't stand in limit"),
        ("select sum()", "wrong number of arguments: sum(x)"),
        ("select sum(n, 1)", "wrong number of arguments: sum(x)"),
        ("select count(n, 1)", "wrong number of arguments: count() or count(x)"),
        ("select string_agg(s, ',', 1)", "wrong number of arguments: string_agg(x, between)"),
        ("select tostring(n order by n)", "tostring is no aggregate"),
        ("select tostring(n) filter(where n)", "tostring is no aggregate"),
        ("select sun(n)", "unknown function 'sun'"),
        (f"group by {', '.join(['s'] * 17)}", "too many keys in group by: at most 16"),
        (f"order by {', '.join(['s'] * 17)}", "too many keys in order by: at most 16"),
        ("select d = n order by d", "unknown field 'd'"),
    ],
)
def test_mistakes_with_them(clauses: str, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        found(clauses)
    assert caught.value.message == message


def test_aggregates_stand_within_queries_only() -> None:
    with pytest.raises(QueryError, match=r"^count\(\) can't stand in an expression"):
        value("count()")
