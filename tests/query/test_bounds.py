"""What a query may cost: everything ends, with a message that says what to do."""

from __future__ import annotations

from time import process_time
from typing import Any

import pytest

from taiga_notes.errors import QueryError
from taiga_notes.query.runtime import budget
from taiga_notes.query.runtime.budget import (
    LOOK_EVERY,
    MAX_SIZE,
    MAX_STEPS,
    MAX_TEXT,
    Budget,
    Mistake,
)
from tests.query.scopes import value
from tests.tables import each

MANY: list[Any] = [{"id": number, "n": number, "s": "x" * 50} for number in range(20_000)]


@each(
    ("text", "message"),
    [
        ("1 " + "-- " + "x" * MAX_TEXT, "the query is too long: 20,005 characters, at most 20,000"),
        ("(" * 70 + "1" + ")" * 70, "the query is nested too deeply: at most 64 levels"),
        ("from userstories where " + " + ".join(["n"] * 70), "the query is nested too deeply"),
        ("a" + ".b" * 70, "the query is nested too deeply"),
        ("query[[from (" * 9 + "1", "queries are nested too deeply: at most 8 within each other"),
        ("from userstories select {" + "n, " * 3_000 + "}", "the query makes too much text"),
        ("('x'):rep(1000001)", "the string is too long: at most 1,000,000 characters"),
        ("('x'):rep(1000000) .. 'x'", "the string is too long: at most 1,000,000 characters"),
        ("('x'):rep(2000):gsub('', ('y'):rep(1000))", "the string is too long: at most 1,000,000"),
        ("('x'):rep(100000):gsub('.*', ('%0'):rep(40000))", "the string is too long"),
        ("('x'):rep(100000):gsub('(.*)', ('%1'):rep(40000))", "the string is too long"),
        ("('x'):rep(9):rep(1e300)", "the string is too long: at most 1,000,000 characters"),
        ("from userstories select s:rep(100)", "the query makes too much text"),
        ("from userstories select s:rep(9999):lower()", "the query makes too much text"),
        ("from userstories select {a = s .. s:rep(99)}", "the query makes too much text"),
        ("from userstories select string_agg(s)", "the string is too long: at most 1,000,000"),
    ],
)
def test_too_much_is_refused(text: str, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        value(text, MANY, kind="")
    assert caught.value.message.startswith(message)
    assert len(caught.value.message) < 100


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "from a = userstories select #query[[from b = userstories where b.n == a.n]]",
        "from a = userstories where a.n in query[[from b = userstories where b.n == a.n]]",
        "('a'):rep(1000000):find('.-.-b')",
        "('('):rep(1000000):find('%b()')",
        "from userstories where s:find('%a' .. n)",
        "from userstories where n in {" + "n, " * 5_000 + "}",
        "from userstories where table.includes(userstories, n)",
        "from userstories where os.date(('%B'):rep(100000), n)",
        "from userstories where string.format(('%%'):rep(99999), n)",
        "from userstories where ('a'):rep(1000000):contains(s)",
        "from userstories where ('é'):rep(1000000):find('x', n)",
        "from userstories where tonumber(('2'):rep(1000000), n % 30 + 5)",
        "('é'):rep(100000):gsub('()', '%1')",
        "from l = {('x'):rep(99999)} select #query[[from b = userstories where l < b.s]]",
        "from l = {('x'):rep(99999)} select #query[[from b = userstories where l:upper() == b.s]]",
        "from l = query[[from b = userstories limit 40 select ('x'):rep(99999) .. b.n]] where "
        + " or ".join(["l == 'x'"] * 300),
    ],
)
def test_too_many_steps_are_refused(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "MAX_STEPS", 1_000_000)
    with pytest.raises(QueryError, match="the query takes too many steps"):
        value(text, MANY, kind="")


@pytest.mark.slow
def test_what_is_long_but_cheap_is_not() -> None:
    assert len(value("from userstories select s .. n", MANY, kind="")) == 20_000
    either = " or ".join(f"n == {number}" for number in range(1_000))
    assert len(value(f"from userstories where {either}", MANY[:2_000], kind="")) == 1_000
    text = "from a = userstories select #query[[from b = userstories where b.n < a.n]]"
    assert value(text, MANY[:500], kind="") == [*range(500)]


@pytest.mark.slow
def test_a_mixed_order_of_many_rows_is_charged() -> None:
    text = "from userstories order by n % 2 == 0 and n or s, " + ", ".join(["n or s"] * 15)
    assert len(value(text, MANY, kind="")) == 20_000


def test_the_meter_ends_what_goes_on() -> None:
    budget = Budget()
    budget.work(MAX_STEPS)
    with pytest.raises(Mistake, match="the query takes too many steps"):
        budget.work(1)
    budget = Budget()
    budget.make(MAX_SIZE)
    with pytest.raises(Mistake, match="the query makes too much text"):
        budget.make(1)


def doubled(levels: int, inner: str) -> str:
    for level in range(levels):
        inner = f"query[[from p{level} = {{ {inner} }} select {{p{level}, p{level}}}]]"
    return inner


@pytest.mark.parametrize(
    "text",
    [
        "presets.x4",
        "tostring(presets.x4)",
        "query[[from p = presets.x4 group by p select key]]",
        "query[[from p = presets.x4 select {p, p}]]",
    ],
)
def test_tables_that_share_themselves_are_charged_as_they_show(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "MAX_STEPS", 500_000)
    presets = {"x0": doubled(6, "1")}
    presets |= {f"x{level}": doubled(6, f"presets.x{level - 1}") for level in range(1, 5)}
    with pytest.raises(QueryError, match=r"too (many steps|long)"):
        value(text, MANY, kind="", presets=presets)


def test_a_shown_table_is_no_longer_than_a_string() -> None:
    with pytest.raises(QueryError, match="the string is too long"):
        value("tostring(query[[from userstories select {n, s}]])", MANY, kind="")


def test_time_ends_what_the_steps_do_not() -> None:
    seconds = iter([0.0, *range(100)])
    budget = Budget(lambda: next(seconds))
    for _ in range(11):
        budget.work(LOOK_EVERY + 1)
    with pytest.raises(Mistake, match="the query takes too long"):
        budget.work(LOOK_EVERY + 1)


@each(
    "text",
    [
        "math.floor(n)",
        "math.ceil(-n)",
        "round(n)",
        "round(123456789012345, 15)",
        "('x'):rep(0):rep(1e300)",
        "max(n)",
    ],
)
def test_numbers_beyond_all_floats_are_no_mistake_of_ours(text: str) -> None:
    assert len(value(f"from userstories select {text}", [{"n": 10**400}], kind="")) == 1


def test_what_is_too_long_for_a_number_is_none() -> None:
    assert value("tonumber(('1'):rep(1000))", []) == float("inf")
    assert value("tonumber(('1'):rep(1001))", []) is None


def test_gsub_with_a_count_wants_a_string_as_well() -> None:
    with pytest.raises(QueryError, match="a string is wanted here, not a number"):
        value("string.gsub(1, 'x', 'y', 1)", [])


def test_a_want_of_memory_is_the_query_s(monkeypatch: pytest.MonkeyPatch) -> None:
    def short(*_given: object) -> None:
        raise MemoryError

    monkeypatch.setattr(Budget, "walk", short)
    with pytest.raises(QueryError, match="the query takes more memory than there is"):
        value("{1}", [])


def test_long_texts_compare_as_their_beginnings_do() -> None:
    long = "é" * 2_000
    rows = [{"a": long + "\U0001f600", "b": long + "\uffff"}, {"a": long, "b": long + "x"}]
    assert value("from userstories select a < b", rows, kind="") == [True]


def test_characters_beyond_the_first_plane_are_ordered_as_quickly_as_others() -> None:
    def spent(character: str) -> float:
        rows = [{"s": character * 100_000 + str(number)} for number in range(40)]
        began = process_time()
        assert len(value("from userstories order by s", rows, kind="")) == 40
        return process_time() - began

    # One by one they take a hundred times as long.
    assert spent("\U0001f600") < 30 * spent("\uffff") + 0.1
