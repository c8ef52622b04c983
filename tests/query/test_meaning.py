"""What conditions keep, what is equal, what comes first."""

from __future__ import annotations

from typing import Any

import pytest

from taiga_notes.errors import QueryError
from taiga_notes.query import evaluate
from tests.query.scopes import Lists, scope, value
from tests.tables import each


def kept(condition: str, rows: list[Any]) -> list[Any]:
    return [row["id"] for row in value(f"from userstories where {condition}", rows, kind="")]


def numbered(field: str, *values: Any) -> list[Any]:
    return [{"id": number, field: each} for number, each in enumerate(values)]


@each(
    ("condition", "expected"),
    [
        ("x", [3, 5, 6, 7, 8]),
        ("_.x", [3, 5, 6, 7, 8]),
        ("(x)", [3, 5, 6, 7, 8]),
        ("x and x", [3, 5, 6, 7, 8]),
        ("x or x", [3, 5, 6, 7, 8]),
        ("x or false", [3, 5, 6, 7, 8]),
        ("x and true", [2, 3, 4, 5, 6, 7, 8]),
        ("true and x", [3, 5, 6, 7, 8]),
        ("not x", [0, 1]),
        ("not (x and x)", [0, 1]),
        ("not (x or x)", [0, 1]),
        ("not not x", [2, 3, 4, 5, 6, 7, 8]),
        ("nil", []),
        ("0", []),
        ("''", []),
        ("'a'", [0, 1, 2, 3, 4, 5, 6, 7, 8]),
        ("{}", [0, 1, 2, 3, 4, 5, 6, 7, 8]),
        ("id == 0 or x", [0, 3, 5, 6, 7, 8]),
        ("id == 0 or x and x", [0, 3, 5, 6, 7, 8]),
        ("id == 0 or (id in {1} or id == 2) or x", [0, 1, 2, 3, 5, 6, 7, 8]),
        ("id in {0} or not x or x", [0, 1, 3, 5, 6, 7, 8]),
        ("x == nil or not x", [0, 1]),
        ("(x == nil) == true", [0]),
    ],
)
def test_where_drops_nil_false_zero_and_the_empty_string(
    condition: str, expected: list[int]
) -> None:
    rows = numbered("x", None, False, 0, 1, "", "0", [], {}, [0])
    assert kept(condition, rows) == expected


@each(
    ("condition", "expected"),
    [
        ("x == nil", [0]),
        ("nil == x", [0]),
        ("x ~= nil", [1, 2, 3, 4, 5, 6]),
        ("x == 1", [1, 2]),
        ("x == 1.0", [1, 2]),
        ("1 == x", [1, 2]),
        ("x == 5", [6]),
        ("x ~= 5", [0, 1, 2, 3, 4, 5]),
        ("x == true", [4]),
        ("x ~= true", [0, 1, 2, 3, 5, 6]),
        ("x == false", []),
        ("x == '1'", [3]),
        ("x ~= '1'", [0, 1, 2, 4, 5, 6]),
        ("x == page.one", [1, 2]),
        ("x == page.text", [3]),
        ("page.yes == x", [4]),
        ("x == (page.missing or nil)", [0]),
        ("x ~= page.text", [0, 1, 2, 4, 5, 6]),
        ("x == x", [0, 1, 2, 3, 4, 5, 6]),
        ("x == ('1'):lower()", [3]),
        ("tostring(x) == '1'", [1, 2, 3]),
        ("tostring(x) == tostring(1)", [1, 2, 3]),
        ("{} == {}", []),
        ("x == {1}", []),
        ("x == _.x", [0, 1, 2, 3, 4, 5, 6]),
        ("page == page", [0, 1, 2, 3, 4, 5, 6]),
    ],
)
def test_equality_coerces_nothing(condition: str, expected: list[int]) -> None:
    rows = numbered("x", None, 1, 1.0, "1", True, [1], 5)
    page = {"one": 1, "text": "1", "yes": True}
    found = value(f"from userstories where {condition} select id", rows, kind="", page=page)
    assert found == expected


@each(
    ("condition", "expected"),
    [
        ("x < 2", [1, 4]),
        ("x <= 2", [1, 2, 4]),
        ("x > 1", [2, 3]),
        ("x >= 2.0", [2, 3]),
        ("2 > x", [1, 4]),
        ("2 <= x", [2, 3]),
        ("1 < x and x < 3", [2, 3]),
        ("x < x", []),
        ("x <= x", [1, 2, 3, 4]),
        ("(x or 9) > 2", [0, 3]),
        ("-x < -1", "nil"),
        ("-(x or 0) < -1", [2, 3]),
        ("(x or 0) + 1 < #'abc'", [0, 1, 4]),
        ("x < page.two", [1, 4]),
        ("nil < x", []),
        ("x < nil", []),
        ("not (x < 2)", [0, 2, 3]),
    ],
)
def test_numbers_compare_and_nil_is_less_than_nothing(condition: str, expected: Any) -> None:
    rows = numbered("x", None, 1, 2, 2.5, 0)
    text = f"from userstories where {condition} select id"
    if expected == "nil":
        with pytest.raises(QueryError, match="nil is no number to calculate with"):
            value(text, rows, kind="")
    else:
        assert value(text, rows, kind="", page={"two": 2}) == expected


@each(
    ("condition", "expected"),
    [
        ("x < 'b'", [1, 2]),
        ("x >= 'a'", [2, 3, 4, 5]),
        ("'a' < x", [3, 4, 5]),
        ("x > today()", [2, 3, 4, 5]),
        ("now() < x", [2, 3, 4, 5]),
        ("x:lower() > 'a'", [3, 4, 5]),
        ("x < '\uffff'", [1, 2, 3, 4]),
        ("x < '\U0001f600'", [1, 2, 3]),
        ("x <= page.astral", [1, 2, 3, 4]),
        ("x > x", []),
    ],
)
def test_strings_compare_by_utf_16_unit(condition: str, expected: list[int]) -> None:
    rows = numbered("x", None, "", "a", "b", "\U0001f600", "\uffff")
    text = f"from userstories where {condition} select id"
    assert value(text, rows, kind="", page={"astral": "\U0001f600"}) == expected


@each(
    ("condition", "wrong"),
    [
        ("x < 2", "a string"),
        ("2 < x", "a string"),
        ("x < page.two", "a string"),
        ("y > 1", "a boolean"),
        ("1 <= y", "a boolean"),
        ("y < true", "a boolean"),
        ("z < 'a'", "a table"),
        ("id >= 'a'", "a number"),
        ("id > today()", "a number"),
        ("z < z", "a table"),
    ],
)
def test_other_comparisons_are_refused_at_their_place(condition: str, wrong: str) -> None:
    rows = [{"id": 1, "x": "1", "y": True, "z": []}]
    with pytest.raises(QueryError, match="can't be compared with") as caught:
        value(f"from userstories\nwhere {condition}", rows, kind="", page={"two": 2})
    assert wrong in caught.value.message
    sign = next(sign for sign in ("<=", ">=", "<", ">") if sign in condition)
    assert (caught.value.query_line, caught.value.column) == (2, 7 + condition.index(sign))


@each(
    ("condition", "expected"),
    [
        ("x in {'a', 'b'}", [1, 2]),
        ("x not in {'a', 'b'}", [0, 3, 4, 5, 6]),
        ("x in {1}", [3]),
        ("x in {true, 1}", [3, 4]),
        ("x in {'a', 1}", [1, 3]),
        ("x in {'a', 'b', 'd', 'e', 'f', 'g', 'h', 'i', 'j'}", [1, 2]),
        ("x in {nil}", [0]),
        ("x in nil", []),
        ("x in {}", []),
        ("x in {k = 'a'}", [1]),
        ("x in page.list", [1, 3]),
        ("x in (page.missing or nil)", []),
        ("x in y", [1]),
        ("'a' in y", [1, 2]),
        ("1 in y", [2]),
        ("table.includes(y, 'a')", [1, 2]),
        ("table.includes(y, x)", [1]),
        ("x in query[[from {'a', 'q'}]]", [1]),
        ("x in query[[from userstories select x]]", [0, 1, 2, 3, 4, 5, 6]),
        ("_.z in {_.z}", [0, 1, 2, 3, 4, 5, 6]),
        ("z in page.tables", []),
    ],
)
def test_in_looks_into_lists_by_equality(condition: str, expected: list[int]) -> None:
    values: tuple[Any, ...] = (None, "a", "b", 1, True, [], "c")
    lists: tuple[Any, ...] = (None, ["a"], ["a", 1], [], {}, None, None)
    rows = [
        {"id": number, "x": x, "y": y, "z": [number]}
        for number, (x, y) in enumerate(zip(values, lists, strict=True))
    ]
    page = {"list": ["a", 1], "tables": [[1], {"a": 1}]}
    text = f"from userstories where {condition} select id"
    assert value(text, rows, kind="", page=page) == expected


@pytest.mark.parametrize("condition", ["'a' in x", "table.includes(x, 1)"])
def test_in_a_string_is_refused(condition: str) -> None:
    with pytest.raises(QueryError, match=r"a list is wanted here, not a string .*:contains"):
        value(f"from userstories where {condition}", [{"x": "a"}], kind="")


@each(
    ("text", "expected"),
    [
        ("nil and 1", None),
        ("false or nil", None),
        ("0 and 'zero is true'", "zero is true"),
        ("'' or 1", ""),
        ("1 and nil or 2", 2),
        ("true and true", True),
        ("1 or error.in_what.is_not_reached", 1),
        (" and ".join(["1"] * 20), 1),
        (" and ".join(["1"] * 20 + ["nil", "2"]), None),
        (" or ".join(["nil"] * 20 + ["2", "3"]), 2),
    ],
)
def test_and_and_or_give_the_part_that_decides(text: str, expected: Any) -> None:
    rows = [{"id": 1, "error": None}]
    assert value(f"from userstories select {{{text}}}", rows, kind="") == [[expected]]


@each(
    ("select", "expected"),
    [
        ("x and x.y", [None, False, None, 3]),
        ("x and x.y or 'none'", ["none", "none", "none", 3]),
        ("x == nil and 'nil' or 'value'", ["nil", "value", "value", "value"]),
        ("(x and x.y) == nil", [True, False, True, False]),
        ("(x and x.y) or (x and 'x')", [None, False, "x", 3]),
        ("not x and 'no'", ["no", "no", False, False]),
        ("x and (x.y == 3)", [None, False, False, True]),
    ],
)
def test_and_and_or_choose_per_row(select: str, expected: list[Any]) -> None:
    rows = numbered("x", None, False, {"y": None}, {"y": 3})
    text = f"from userstories select {{id, {select}}}"
    assert value(text, rows, kind="") == [[place, each] for place, each in enumerate(expected)]


@each(
    ("order", "expected"),
    [
        ("x", [3, 1, 4, 0, 2]),
        ("x asc", [3, 1, 4, 0, 2]),
        ("x desc", [0, 2, 1, 4, 3]),
        ("x nulls first", [0, 2, 3, 1, 4]),
        ("x desc nulls last", [1, 4, 3, 0, 2]),
        ("x, id desc", [3, 4, 1, 2, 0]),
        ("x desc, id desc", [2, 0, 4, 1, 3]),
        ("x == nil, id desc", [4, 3, 1, 2, 0]),
        ("-(x or 0)", [1, 4, 3, 0, 2]),
        ("nil", [0, 1, 2, 3, 4]),
        ("'constant', id desc", [4, 3, 2, 1, 0]),
    ],
)
def test_order_is_stable_and_nil_comes_last_or_first(order: str, expected: list[int]) -> None:
    rows = numbered("x", None, 2, None, 1, 2)
    assert value(f"from userstories order by {order} select id", rows, kind="") == expected


@each(
    ("values", "expected"),
    [
        (["b", "a", "B", "é"], ["B", "a", "b", "é"]),
        (["\uffff", "\U0001f600", "\ue000"], ["\U0001f600", "\ue000", "\uffff"]),
        ([True, False, True], [False, True]),
        ([2, 1.5, 1], [1, 1.5, 2]),
        ([2, "a", 1], [1, 2, "a"]),
        ([[2], [1]], [[2], [1]]),
        ([1, float("nan"), 0], None),
        ([True, 0, "x", None, []], None),
    ],
)
def test_values_of_different_types_keep_their_order_without_an_error(
    values: list[Any], expected: list[Any] | None
) -> None:
    found = value("from userstories order by x select x", numbered("x", *values), kind="")
    assert expected is None or found == expected
    assert len(found) == len(values) or expected is not None


@each("descending", [False, True])
@each(
    "key",
    [
        lambda number: f"s{number % 7}",
        lambda number: number % 5 or None,
        lambda number: number * 7919 % 10_007,
        lambda number: f"{number * 7919 % 10_007:05}",
        lambda number: number,
        lambda number: number % 3 == 0,
        lambda number: number // 2 if number > 2_900 else 1,
    ],
)
def test_many_rows_are_ordered_as_python_orders_them(key: Any, descending: bool) -> None:
    rows = numbered("x", *map(key, range(3_000)))
    with_key = [row["id"] for row in rows if row["x"] is not None]
    with_key.sort(key=lambda number: rows[number]["x"], reverse=descending)
    nils = [row["id"] for row in rows if row["x"] is None]
    expected = nils + with_key if descending else with_key + nils
    text = f"from userstories order by x {'desc' if descending else ''}"
    assert [row["id"] for row in value(text, rows, kind="")] == expected
    for limit in (0, 1, 10, 2_999, 5_000):
        found = value(f"{text} limit {limit}", rows, kind="")
        assert [row["id"] for row in found] == expected[:limit]


@each(
    ("text", "expected"),
    [
        ("from {1, 2, 2, 3, 1} select _", [1, 2, 3]),
        ("from {1, 2, 2, 3, 1}", [1, 2, 3]),
        ("from p = {1, 2, 2} select p", [1, 2]),
        ("from {1, 1.0, '1', true} select _", [1, "1", True]),
        ("from {true, 1, false, 0}", [True, 1, False, 0]),
        ("from {{a=1}, {a=1}, {a=2}}", [{"a": 1}, {"a": 2}]),
        ("from {{a=1}, {a=1, b=2}} select {a}", [[1]]),
        ("from {{1}, {1}, {true}} select _", [[1], [True]]),
        ("from {1, 2, 3, 4} select _ % 2 limit 2", [1, 0]),
        ("from {1, 2, 3, 4} select {_ % 2} limit 2", [[1], [0]]),
        ("from {1, 2, 3, 4} select {k = _ % 2} limit 1 offset 1", [{"k": 0}]),
        (
            "from {1, 2, 3, 4} select {k = _ % 2, l = {_ % 2}}",
            [{"k": 1, "l": [1]}, {"k": 0, "l": [0]}],
        ),
        ("from {{1}, {1}} select {k = _[1], t = true}", [{"k": 1, "t": True}]),
        ("from {1, true} select {k = _}", [{"k": 1}, {"k": True}]),
        ("from {1, true, 1} select {k = _, f = 1.0}", [{"k": 1, "f": 1.0}, {"k": True, "f": 1.0}]),
        ("from {} select _", []),
        ("from {} select {k = _}", []),
        ("from {1} select {k = _} limit 0", []),
        ("from {1} limit 0", []),
        ("from {1, 2} select _ limit 5 offset 2", []),
        ("from {nil, nil, 1} select _", [None, 1]),
        ("from 5", [5]),
        ("from 'text'", ["text"]),
        ("from {a = 1}", [{"a": 1}]),
        ("from (query[[from {1, 2}]]) where _ > 1", [2]),
    ],
)
def test_equal_selected_values_are_listed_once_before_the_limit_counts(
    text: str, expected: Any
) -> None:
    found = value(text)
    assert found == expected
    assert [type(each) for each in found] == [type(each) for each in expected]


def test_tables_that_are_nested_too_deeply_are_refused() -> None:
    deep: list[Any] = []
    for _ in range(150):
        deep = [deep]
    rows = [{"id": 1, "x": deep}]
    for text in ("select {x, id}", "select tostring(x)", "group by x", "select array_agg(x)"):
        with pytest.raises(QueryError, match="tables are nested too deeply"):
            value(f"from userstories {text}", rows, kind="")
    assert value("from userstories where x", rows, kind="") == rows


def test_many_tables_keep_their_order() -> None:
    rows = numbered("x", *([number] for number in range(400)))
    assert value("from userstories order by x desc", rows, kind="") == rows


def test_a_few_selected_values_of_many_rows_are_looked_for_among_the_first() -> None:
    rows = numbered("x", *(number // 2 for number in range(2_000)))
    text = "from userstories where id > 10 select x limit 300 offset 1"
    assert value(text, rows, kind="") == [*range(6, 306)]
    assert value("from userstories select x limit 5000", rows, kind="") == [*range(1_000)]


def test_a_second_query_around_an_answer_lists_nothing_again() -> None:
    where = scope([{"id": 1, "n": 2}, {"id": 2, "n": 3}], kind="", presets={"more": "5"})
    answer = evaluate("from userstories where n > 2", where)
    assert answer.around("from presets.found select {n = n + presets.more}", "found") == [{"n": 8}]
    assert isinstance(where.source, Lists)
    assert len(where.source.asked) == 1


def test_rows_of_a_source_differ_and_are_all_listed() -> None:
    rows = [{"id": 1, "x": 1}, {"id": 2, "x": 1}]
    for text in ("from userstories", "from userstories select _", "from p = userstories select p"):
        assert value(text, rows, kind="") == rows
    assert value("from (query[[from userstories where x]]) select _", rows, kind="") == rows
    assert value("from userstories select {r = _}", rows, kind="") == [{"r": row} for row in rows]


@each("clause", ["limit", "offset"])
@each(
    ("given", "shown"),
    [("-1", "-1"), ("1.5", "1.5"), ("'2'", "a string"), ("nil", "nil"), ("true", "True")],
)
def test_limit_and_offset_take_whole_numbers_from_0_on(clause: str, given: str, shown: str) -> None:
    with pytest.raises(QueryError) as caught:
        value(f"from {{1}} {clause} {given}")
    assert caught.value.message == f"{clause} wants a whole number from 0 on, not {shown}"


def test_limit_and_offset_may_be_computed() -> None:
    assert value("from {1, 2, 3, 4} limit page.n, 2 - 1", page={"n": 2.0}) == [2, 3]


def test_having_without_groups_is_one_more_condition() -> None:
    assert value("from {1, 2, 3} where _ > 1 having _ < 3") == [2]


@each(
    ("text", "expected"),
    [
        ("nil", None),
        ("({a = 1}).b", None),
        ("({1, 2})[3]", None),
        ("({1, 2})[0]", None),
        ("({1, 2})[1.0]", 1),
        ("({1, 2})[1.5]", None),
        ("({1, 2})[true]", None),
        ("({1, 2})['x']", None),
        ("({1, 2, k = 5}).k", 5),
        ("({1, 2, k = 5}).l", None),
        ("({1, 2})[nil]", None),
        ("(nil).x.y", None),
        ("(page.map)[81]", 157),
        ("(page.map)['81']", 157),
        ("(page.map)[{}]", None),
        ("(query[[from {5, 6}]])[2]", 6),
        ("(userstories)[1].id", 7),
        ("(userstories)[2]", None),
    ],
)
def test_indexing(text: str, expected: Any) -> None:
    assert value(text, [{"id": 7}], kind="", page={"map": {"81": 157}}) == expected


@each(
    ("text", "message"),
    [
        ("(5).x", "a number has no field 'x'"),
        ("('abc').len", "a string has no field 'len'"),
        ("(true)[1]", "a boolean has no field 1"),
        ("('abc')[{}]", "a string has no field a table"),
        ("from nil", "there is nothing to list: it is nil"),
        ("from page.missing", "there is nothing to list: it is nil"),
    ],
)
def test_what_has_no_parts_is_refused(text: str, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        value(text)
    assert caught.value.message == message


@each(
    ("text", "expected"),
    [
        ("#'abc'", 3),
        ("#'é😀'", 3),
        ("#{1, nil, 3}", 3),
        ("#{}", 0),
        ("#{a = 1}", 0),
        ("#query[[from {1, 2}]]", 2),
        ("#userstories", 1),
    ],
)
def test_length(text: str, expected: int) -> None:
    assert value(text, [{"id": 7}]) == expected


@pytest.mark.parametrize(("text", "shown"), [("#nil", "nil"), ("#5", "a number")])
def test_what_has_no_length_is_refused(text: str, shown: str) -> None:
    with pytest.raises(QueryError, match=f"^{shown} has no length"):
        value(text)


def test_a_tables_key_is_a_string_or_the_next_place() -> None:
    for key in ("3", "true", "nil", "{}"):
        with pytest.raises(QueryError, match="a table's key is a string or the list's next place"):
            value(f"{{1, [{key}] = 2}}")
