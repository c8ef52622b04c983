"""Whatever is written, a query gives a value or a `QueryError`, and ends."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from taiga_notes.errors import QueryError
from taiga_notes.query import evaluate, reads_taiga
from taiga_notes.query.compile.query_plan import CompiledQuery
from tests.query.scopes import scope
from tests.tables import each, others_slow

ROWS: list[Any] = [
    {"id": 1, "n": 1, "s": "a", "b": True, "l": ["a", 1], "o": {"x": 1.0}, "m": "1"},
    {"id": 2, "n": 2.5, "s": "ab😀", "b": False, "l": [], "o": {"x": "y"}, "m": 3},
    {"id": 3, "n": None, "s": None, "b": None, "l": None, "o": None, "m": [2]},
    {"id": 4, "n": 10**400, "s": "", "b": 1, "l": {"k": 1}, "o": [1], "m": {"x": None}},
    {"id": 5, "n": float("nan"), "s": "\ud800", "b": "", "l": "text", "o": {"x": []}, "m": True},
]

# Heavy on what belongs together, so that many of the texts can be read.
WORDS = [
    *("from", "from userstories", "from p = userstories", "from {1, 'a', nil, {x=1}}"),
    *("where", "group by", "having", "order by", "select", "limit", "offset", "query[[", "]]"),
    *("asc", "desc", "nulls first", "nulls last", "filter(where", "template x", "each 'x'"),
    *("n", "s", "b", "l", "o", "m", "o.x", "p", "p.n", "p.s", "p.o.x", "_", "_.s", "key", "group"),
    *(
        "me",
        "me.username",
        "page",
        "page.name",
        "page.self",
        "presets.a",
        "presets.b",
        "templates.x",
    ),
    *("userstories", "tasks{milestone=", "getTaigaTasks('/tasks')", "getTaigaTasks("),
    *("nil", "true", "false", "0", "1", "2.5", "1e3", "0x1F", "''", "'a'", "'%a+'", "[[x]]"),
    *("and", "or", "not", "in", "not in", "..", "+", "-", "*", "/", "//", "%", "^", "#"),
    *("==", "~=", "!=", "<", "<=", ">", ">=", "=", "(", ")", "{", "}", "[", "]", ",", ".", ":"),
    *(":lower()", ":find('a')", ":find(", ":match(", ":gsub(", ":sub(1, 2)", ":rep(", ":split("),
    *(":contains('a')", ":startsWith(", ":len()", "tostring(", "tonumber(", "today(", "now()"),
    *(
        "math.floor(",
        "math.max(",
        "table.concat(",
        "table.includes(",
        "table.select(",
        "table.keys(",
    ),
    *(
        "count()",
        "count(n)",
        "sum(n)",
        "avg(",
        "min(s)",
        "max(",
        "array_agg(",
        "string_agg(s, '-')",
    ),
    *(
        "first(",
        "last(",
        "template.each(",
        "-- c\n",
        "--[[ c ]]",
        "function",
        "é",
        "'\\n'",
        ";",
        "<>",
    ),
]
PRESETS = {"a": "from userstories where n", "b": "presets.a", "c": "from presets.c"}


def outcome(text: str) -> tuple[str, str]:
    page: dict[str, object] = {"name": "x", "self": []}
    page["self"].append(page)  # type: ignore[attr-defined]  # it is a list
    where = scope(ROWS, kind="", page=page, presets=PRESETS, me={"username": "ann"})
    try:
        return "value", repr(evaluate(text, where).value)
    except QueryError as error:
        return "error", placed(error, text)


def placed(error: QueryError, text: str) -> str:
    line = text.split("\n")[error.query_line - 1]
    assert error.source == line.rstrip("\r")
    assert 1 <= error.column <= len(line) + 1
    assert error.message
    assert "\n" not in error.message
    return str(error)


texts = st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join)

ATOMS = st.sampled_from(
    [
        *("n", "s", "b", "l", "o", "m", "o.x", "_", "me.username", "page.self", "today()"),
        *("nil", "true", "false", "0", "1", "2.5", "1.0", "''", "'a'", "'%a+'", "{}", "{'a', 1}"),
        "query[[from userstories select s]]",
    ]
)
OPERATORS = (
    *("and", "or", "..", "+", "-", "*", "/", "//", "%", "^", "in", "not in"),
    *("==", "~=", "<", "<=", ">", ">="),
)
METHODS = ("lower", "trim", "len", "find", "match", "contains", "startsWith", "split", "sub", "rep")
FUNCTIONS = ("tostring", "tonumber", "math.floor", "table.keys", "table.concat", "today")


def _larger(smaller: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({} {} {})".format, smaller, st.sampled_from(OPERATORS), smaller),
        st.builds("({} {})".format, st.sampled_from(["not", "-", "#"]), smaller),
        st.builds("({}):{}({})".format, smaller, st.sampled_from(METHODS), smaller),
        st.builds("({}):{}()".format, smaller, st.sampled_from(METHODS)),
        st.builds("{}({})".format, st.sampled_from(FUNCTIONS), smaller),
        st.builds("({})[{}]".format, smaller, smaller),
        st.builds("{{{}, k = {}}}".format, smaller, smaller),
        st.builds("{{[{}] = {}}}".format, smaller, smaller),
    )


expressions = st.recursive(ATOMS, _larger, max_leaves=6)
"""Expressions that can be read, of any types."""

AGGREGATES = ("count", "sum", "avg", "min", "max", "first", "last", "array_agg", "string_agg")
aggregates = st.builds("{}({})".format, st.sampled_from(AGGREGATES), expressions)
queries = st.one_of(
    st.builds("from userstories where {} select {}".format, expressions, expressions),
    st.builds("from userstories order by {} desc, {} select {{n, {}}}".format, *[expressions] * 3),
    st.builds("from userstories group by {} select {{key, {}}}".format, expressions, aggregates),
    st.builds("from {} where {} limit 2".format, expressions, expressions),
)


@pytest.mark.slow
@given(texts | queries)
@example("from userstories where n < 'a' or s > 1")
@example("from userstories order by m, l, o desc select {m, l}")
@example("from userstories group by m, l select {key, sum(n), max(s), min(m)}")
def test_tokens_in_any_order_give_a_value_or_an_error(text: str) -> None:
    outcome(text)


@pytest.mark.slow
@given(queries)
@example("from userstories where s:lower():find('a')")
@example("from userstories where m:lower():find('a')")
@example("from userstories where l:contains('a') select l")
@example("from userstories where n > 1 and b < 5 select m")
@example("from userstories where m in {'1', 'a'} or 'a' in l select m")
@example("from userstories group by s:sub(1, 1) select key")
@example("from userstories order by n desc, s nulls first limit 2 select n")
@example("from userstories where o.x == me.username or me.username == s")
def test_the_fast_form_says_what_the_careful_one_says(text: str) -> None:
    fast = outcome(text)

    def carefully(self: CompiledQuery, rows: Any, run: Any, outer: Any) -> Any:
        with patch.object(self, "_fast", side_effect=TypeError):
            return run_of_program(self, rows, run, outer)

    run_of_program = CompiledQuery.run
    with patch.object(CompiledQuery, "run", carefully):
        careful = outcome(text)
    assert fast == careful


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda data: data.decode("latin-1")))
@example("'" * 50)
@example("[[" * 50)
@example("--[[")
@example("\0")
def test_any_text_gives_a_value_or_an_error(text: str) -> None:
    outcome(text)
    outcome(f"query[[from userstories where {text}]]")
    assert reads_taiga(text) in {True, False}


NESTING = ["(", "{", "not ", "-", "#", "query[[from (", "a.", "a[", "f(", "1 + ", "1 ^ ", "a == "]
FLAT = ["'a' .. ", "a and ", "1 or ", "x in ", "[[", "[=[", "--[[", "'", '"', "{a = ", "from ", "é"]


@pytest.mark.parametrize("count", others_slow([1_500, 19_000, 100_000]))
@each("unit", NESTING)
def test_deep_texts_are_refused(unit: str, count: int) -> None:
    kind, message = outcome(unit * (count // len(unit)) + "1")
    assert kind == "error"
    assert len(message) < 400


@pytest.mark.slow
@each("unit", FLAT)
@each("count", [60, 1_500, 19_000, 100_000])
def test_long_texts_end(unit: str, count: int) -> None:
    kind, _ = outcome(unit * (count // len(unit)) + "1")
    assert kind == "error" or count < 20_000


@pytest.mark.parametrize("count", [40, 60])
def test_what_is_as_deep_as_allowed_is_evaluated(count: int) -> None:
    assert outcome("(" * count + "1" + ")" * count) == ("value", "1")
    assert outcome("not " * count + "1") == ("value", str(count % 2 == 0))
    assert outcome(" + ".join(["1"] * count)) == ("value", str(count))
    assert outcome("from userstories where " + "(" * count + "n" + ")" * count)[0] == "value"


def test_long_flat_chains_are_evaluated() -> None:
    either = " or ".join(f"s == 'x{number}'" for number in range(900))
    assert outcome(f"from userstories where {either} or s == 'a' select id") == ("value", "[1]")
    joined = " .. ".join(["'x'"] * 2_000)
    assert outcome(joined) == ("value", repr("x" * 2_000))
