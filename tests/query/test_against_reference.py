"""Random queries over random rows, compiled and in the reference evaluator."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from taiga_notes.errors import QueryError
from taiga_notes.query import evaluate
from taiga_notes.query.runtime.budget import Mistake
from taiga_notes.query.runtime.evaluation import Evaluation
from taiga_notes.query.runtime.values import plain
from taiga_notes.query.syntax.parser import parse
from tests.query.reference import Names, Reference
from tests.query.scopes import scope

# Typed on purpose: what each kind of expression holds is known, so that both evaluators go
# through and the results can be compared; wrong types are `test_mistakes`' business.

TEXTS = st.sampled_from(
    ["", "a", "B", "é", "😀", "\uffff", "ab", "New", "Done", "10", "2026-01-02"]
)
NUMBERS = st.one_of(st.integers(-3, 3), st.sampled_from([0.5, 1.0, 2.5, -0.5, 10**15]))

ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "id": st.integers(0, 10**6),
            "n": st.none() | NUMBERS,
            "s": st.none() | TEXTS,
            "b": st.none() | st.booleans(),
            "l": st.lists(TEXTS, max_size=3),
            "o": st.none() | st.fixed_dictionaries({"x": st.none() | NUMBERS, "y": TEXTS}),
        }
    ),
    max_size=12,
    unique_by=lambda row: str(row["id"]),
)


def quoted(text: str) -> str:
    return f"'{text}'"


@st.composite
def expressions(  # noqa: C901, PLR0912 - a case a form
    draw: st.DrawFn, give: str, row: str, depth: int = 2
) -> str:
    """An expression that gives a `number`, a `string` (both not nil), a `condition` or `any`."""

    def part(give: str) -> str:
        return draw(expressions(give, row, depth - 1))

    def field(*names: str) -> str:
        return f"{row}{draw(st.sampled_from(names))}"

    forms: dict[str, list[str]] = {
        "number": ["literal", "field", "length"],
        "string": ["literal", "field"],
        "condition": ["field", "nil", "order"],
        "any": ["field", "literal"],
    }
    if depth:
        forms["number"] += ["sum", "minus", "choice"]
        forms["string"] += ["join", "method", "choice"]
        forms["condition"] += ["not", "chain", "equal", "compare", "in", "listed", "find"]
        forms["any"] += ["number", "string", "condition", "chain"]
    form = draw(st.sampled_from(forms[give]))
    match give, form:
        case "number", "literal":
            return str(draw(st.sampled_from([0, 1, 2, 1.5, 2.0])))
        case "number", "field":
            return f"({field('n', 'o.x')} or 0)"
        case "number", "length":
            return f"#({field('s')} or '')"
        case "number", "sum":
            return f"({part('number')} {draw(st.sampled_from('+-*'))} {part('number')})"
        case "number", "minus":
            return f"-{part('number')}"
        case "string", "literal":
            return quoted(draw(TEXTS))
        case "string", "field":
            return f"({field('s', 'o.y')} or '')"
        case "string", "join":
            return f"({part('string')} .. {part(draw(st.sampled_from(['string', 'number'])))})"
        case "string", "method":
            called = draw(st.sampled_from(["lower()", "upper()", "trim()", "sub(1, 2)", "sub(-1)"]))
            return f"({part('string')}):{called}"
        case (("number" | "string"), "choice"):
            return f"({part('condition')} and {part(give)} or {part(give)})"
        case "condition", "field":
            return field("b", "n", "s", "o", "l")
        case "condition", "nil":
            sign = draw(st.sampled_from(["==", "~="]))
            return f"({field('b', 'n', 's', 'o', 'o.x')} {sign} nil)"
        case "condition", "order":
            sign = draw(st.sampled_from(["<", "<=", ">", ">="]))
            sides = [field("s", "o.y"), draw(st.sampled_from(["'a'", "today()", "'\uffff'"]))]
            if draw(st.booleans()):
                sides = [field("n", "o.x"), str(draw(st.sampled_from([0, 1, 1.5])))]
            return "(" + f" {sign} ".join(draw(st.permutations(sides))) + ")"
        case "condition", "not":
            return f"(not {part('condition')})"
        case _, "chain":
            sign = draw(st.sampled_from(["and", "or"]))
            return f"({part(give)} {sign} {part(give)})"
        case "condition", "equal":
            sign = draw(st.sampled_from(["==", "~="]))
            return f"({part('any')} {sign} {part('any')})"
        case "condition", "compare":
            sign = draw(st.sampled_from(["<", "<=", ">", ">="]))
            kind = draw(st.sampled_from(["number", "string"]))
            return f"({part(kind)} {sign} {part(kind)})"
        case "condition", "in":
            items = ", ".join(draw(st.lists(TEXTS.map(quoted), max_size=10)))
            return f"({field('s', 'n', 'o')} {draw(st.sampled_from(['', 'not ']))}in {{{items}}})"
        case "condition", "listed":
            return f"({part('string')} in {field('l')})"
        case "condition", "find":
            call = draw(st.sampled_from(["find", "contains", "startsWith", "endsWith"]))
            return f"{field('s', 'o.y')}:{call}({quoted(draw(TEXTS))})"
        case "any", "field":
            return field("n", "s", "b", "o.x", "o", "l")
        case "any", "literal":
            return draw(st.sampled_from(["nil", "true", "false", "1", "0", "1.0", "''", "'a'"]))
    return part(form)


@st.composite
def orders(draw: st.DrawFn, row: str) -> str:
    kind = draw(st.sampled_from(["number", "string"]))
    plain_key = f"{row}{draw(st.sampled_from(['n', 's', 'b', 'o.x', 'l']))}"
    key = draw(st.just(plain_key) | expressions(kind, row, 1))
    way = draw(st.sampled_from(["", " asc", " desc"]))
    nulls = draw(st.sampled_from(["", " nulls first", " nulls last"]))
    return f"{key}{way}{nulls}"


@st.composite
def queries(draw: st.DrawFn) -> str:
    variable = draw(st.sampled_from(["", "p"]))
    row = f"{variable}." if variable else ""
    clauses = [f"from {variable} = userstories" if variable else "from userstories"]
    if draw(st.booleans()):
        clauses.append(f"where {draw(expressions('condition', row))}")
    form = draw(st.sampled_from(["rows", "value", "record", "groups", "aggregates"]))
    if form in {"groups", "aggregates"}:
        clauses += draw(group_clauses(row, grouped=form == "groups"))
    else:
        if draw(st.booleans()):
            keys = draw(st.lists(orders(row), min_size=1, max_size=3))
            clauses.append(f"order by {', '.join(keys)}")
        if form == "value":
            clauses.append(f"select {draw(expressions('any', row))}")
        if form == "record":
            parts = draw(st.lists(expressions("any", row, 1), min_size=1, max_size=3))
            clauses.append(f"select {{{', '.join(f'k{i} = {e}' for i, e in enumerate(parts))}}}")
    if draw(st.booleans()):
        clauses.append(f"limit {draw(st.integers(0, 4))}")
    if draw(st.booleans()):
        clauses.append(f"offset {draw(st.integers(0, 3))}")
    first, *rest = clauses
    return " ".join([first, *draw(st.permutations(rest))])


@st.composite
def aggregates(draw: st.DrawFn, row: str) -> str:
    name = draw(st.sampled_from(["count", "sum", "min", "max", "first", "last", "array_agg"]))
    kind = draw(st.sampled_from(["n", "o.x"] if name == "sum" else ["n", "s", "b", "o.x"]))
    order = f" order by {draw(orders(row))}" if draw(st.booleans()) else ""
    only = f" filter(where {draw(expressions('condition', row, 1))})" if draw(st.booleans()) else ""
    bare = name == "count" and draw(st.booleans())
    return f"{name}({'' if bare else row + kind + order}){only}"


@st.composite
def group_clauses(draw: st.DrawFn, row: str, *, grouped: bool) -> list[str]:
    clauses = []
    names: list[str] = []
    if grouped:
        keys = draw(
            st.lists(
                st.sampled_from(["n", "s", "b", "o.x", "l"]), min_size=1, max_size=2, unique=True
            )
        )
        names = [f"g{number}" for number in range(len(keys))]
        alias = draw(st.booleans())
        given = [f"{name} = " if alias else "" for name in names]
        clauses.append(
            "group by " + ", ".join(g + row + key for g, key in zip(given, keys, strict=True))
        )
        names = names if alias else [key.rpartition(".")[2] for key in keys]
    values = [draw(aggregates(row)), "#group" if grouped else "count()", "key", f"{row}s", *names]
    if draw(st.booleans()):
        clauses.append(f"having count() > {draw(st.integers(0, 2))}")
    if grouped and draw(st.booleans()):
        key = draw(st.sampled_from(["#group desc", "count(), k0", f"{row}n", "max(id) desc"]))
        clauses.append("order by " + key.replace("(id)", f"({row}id)").replace(", k0", ""))
    if not grouped or draw(st.booleans()):
        fields = ", ".join(f"k{number} = {each}" for number, each in enumerate(values))
        clauses.append(f"select {{{fields}}}")
    return clauses


@pytest.mark.slow
@given(queries(), ROWS)
def test_the_compiled_query_gives_what_the_reference_gives(text: str, rows: list[Any]) -> None:
    where = scope(rows, kind="")
    run = Evaluation(where, lambda *_: pytest.fail("there are no presets"))
    expected = Reference(run, rows).value(parse(text).tree, Names({}, None))
    assert told(evaluate(text, where).value) == told(plain(run.budget, expected))


@pytest.mark.slow
@settings(max_examples=30)
@example([None, "", "a", "b", "c"], "x != 'a'", "x", "1000")
@example([None, "", "a", "b", "c"], "x != 'a'", "x desc", "80, 5")
@example(["a", "b", "c"], "x == 'b' or x == 'z'", "x", "1000")
@given(
    st.lists(st.sampled_from([None, "", "a", "b", "c", "\uffff", "\U0001f600"]), min_size=1)
    | st.lists(st.sampled_from([None, 0, 1, 2.5]), min_size=1)
    | st.lists(st.sampled_from([None, False, True]), min_size=1),
    st.sampled_from(
        ["x != 'a'", "x", "_.x == 'b' or x == nil", "x > 'a' and x != nil", "x == 'z'", "x != _.y"]
    ),
    st.sampled_from(["x", "_.x", "x desc", "x nulls first", "x desc nulls last", "y", "x, y"]),
    st.sampled_from(["3", "80, 5", "0", "90", "1000"]),
)
def test_the_first_of_many_rows_are_found_by_their_few_values(
    few: list[Any], condition: str, order: str, limit: str
) -> None:
    values = few * (1 + 320 // len(few))
    rows = [{"id": number, "x": each, "y": number % 7} for number, each in enumerate(values)]
    text = f"from userstories where {condition} order by {order} limit {limit}"
    where = scope(rows, kind="")
    run = Evaluation(where, lambda *_: pytest.fail("there are no presets"))
    try:
        expected = plain(run.budget, Reference(run, rows).value(parse(text).tree, Names({}, None)))
    except Mistake:
        with pytest.raises(QueryError):
            evaluate(text, where)
    else:
        assert evaluate(text, where).value == expected


def told(value: Any) -> Any:
    """The value such that true is not 1 any more, while 1.0 is."""
    match value:
        case bool():
            return str(value)
        case list():
            return [told(each) for each in value]
        case dict():
            return {key: told(each) for key, each in value.items()}
    return value
