"""What can be written, and what is said of the rest."""

from __future__ import annotations

from typing import Any

import pytest

from taiga_notes.errors import QueryError
from taiga_notes.query.engine import parsed
from tests.query.scopes import value
from tests.tables import each

ROWS = [{"id": 1, "ref": 11, "limit": 2, "order": "x"}, {"id": 2, "ref": 12, "limit": 1}]


@each(
    ("text", "expected"),
    [
        ("1", 1),
        ("1.5", 1.5),
        ("1e3", 1000),
        ("2E-1", 0.2),
        ("0x10", 16),
        ("0Xff", 255),
        ("1..2", "12"),
        ("99999999999999999999999", 99999999999999999999999.0),
        ("'it\\'s'", "it's"),
        ('"a\\"b"', 'a"b'),
        (r"'\n\t\\\x41\u{1F600}'", "\n\tA😀".replace("\tA", "\t\\A")),
        ("'--'", "--"),
        ("[[a]]", "a"),
        ("[[\nfirst newline dropped\n]]", "first newline dropped\n"),
        ("[[\r\nthe same]]", "the same"),
        ("[==[a]]b]=]c]==]", "a]]b]=]c"),
        ("nil", None),
        ("true", True),
        ("{}", []),
        ("{1, 'a', nil}", [1, "a", None]),
        ("{1, 2,}", [1, 2]),
        ("{a = 1, ['due date'] = 2, a = 3}", {"a": 3, "due date": 2}),
        ("{['a' .. 'b'] = 1}", {"ab": 1}),
        ("{[1] = 'x', [2] = 'y'}", ["x", "y"]),
        ("({1, 2, n = 3}).n", 3),
        ("#{1, 2, n = 3}", 2),
        ("1 -- comment", 1),
        ("--[[ a\nb ]] 1 --[=[ ]] ]=]", 1),
        ("1 -- [[ to the end of the line\n + 1", 2),
    ],
)
def test_literals_and_comments(text: str, expected: Any) -> None:
    assert value(text) == expected


@each(
    ("text", "expected"),
    [
        ("2 ^ 3 ^ 2", 512),
        ("-2 ^ 2", -4),
        ("2 ^ -1", 0.5),
        ("not 1 == 2", False),
        ("not (1 == 2)", True),
        ("#'ab' + 1", 3),
        ("2 + 3 * 4 - 1", 13),
        ("7 // 2 * 2", 6),
        ("1 .. 2 + 3", "15"),
        ("'a' .. 'b' .. 'c'", "abc"),
        ("'a' .. 'b' == 'ab'", True),
        ("1 < 2 == true", True),
        ("nil or false and 1", False),
        ("1 or nil and 2", 1),
        ("not nil and 1", 1),
        ("1 != 2", True),
        ("1 in {1} == true", True),
        ("1 + 1 in {2}", True),
        ("not (1 in {2})", True),
        ("3 not in {1, 2}", True),
        ("('a'):upper():lower()", "a"),
        ("('ab'):find 'b'", 2),
        ("tostring {1}", "{1}"),
        ("({{1, 2}})[1][2]", 2),
        ("({a = {b = 1}}).a.b", 1),
        ("- - 1", 1),
    ],
)
def test_precedence_is_luas(text: str, expected: Any) -> None:
    assert value(text) == expected


@each(
    "text",
    [
        "from userstories where ref > 11 select ref",
        "select ref from userstories where ref > 11",
        "where ref > 11 select ref from userstories",
        "query[[from userstories where ref > 11 select ref]]",
        "query [[ from userstories where ref > 11 select ref ]]",
        "query\n[[select p.ref where p.ref > 11 from p = userstories]]",
        "from (query[[from userstories where ref > 11]]) select ref",
        "from t = (query[[from userstories]]) where t.ref > 11 select t.ref",
    ],
)
def test_clauses_stand_in_any_order_with_or_without_brackets(text: str) -> None:
    assert value(text, ROWS, kind="") == [12]


@each(
    ("text", "expected"),
    [
        ("from userstories where ref > 99 where ref > 11 select ref", [12]),
        ("from userstories limit 0 limit 1 select ref", [11]),
        ("from userstories order by ref desc order by ref select ref", [11, 12]),
        ("from userstories from {1} select ref", [11, 12]),
        ("from p = userstories from q = {1} select p.ref", [11, 12]),
        ("from userstories limit 1, 1 select ref", [12]),
        ("from userstories limit 1, 1 offset 0 select ref", [11]),
        ("from userstories offset 1 limit 1 select ref", [12]),
    ],
)
def test_the_last_of_repeated_clauses_counts_but_of_from_the_first(
    text: str, expected: Any
) -> None:
    assert value(text, ROWS, kind="") == expected


def test_keywords_are_contextual() -> None:
    text = "from userstories where limit > 1 order by order limit 1 select limit"
    assert value(text, ROWS, kind="") == [2]
    assert value("from order = userstories select order.limit", ROWS, kind="") == [2, 1]
    assert value("from {{by=1, asc=2}} order by by desc select asc") == [2]


@each(
    ("select", "expected"),
    [
        ("ref", [11, 12]),
        ("ref, limit", [{"ref": 11, "limit": 2}, {"ref": 12, "limit": 1}]),
        ("x = ref", [{"x": 11}, {"x": 12}]),
        ("x = ref, ref + 1", [{"x": 11, "1": 12}, {"x": 12, "1": 13}]),
        ("ref + 1, ref + 2", [[12, 13], [13, 14]]),
        ("_.ref, tostring(ref)", [{"ref": 11, "tostring": "11"}, {"ref": 12, "tostring": "12"}]),
        ("{ref}", [[11], [12]]),
        ("{r = ref}", [{"r": 11}, {"r": 12}]),
        ("_['ref'], (order or ''):upper()", [{"ref": 11, "upper": "X"}, {"ref": 12, "upper": ""}]),
        ("['a b'] = ref, limit", [{"a b": 11, "limit": 2}, {"a b": 12, "limit": 1}]),
        ("_", ROWS),
    ],
)
def test_select_gives_the_value_itself_or_a_record(select: str, expected: Any) -> None:
    assert value(f"from userstories select {select}", ROWS, kind="") == expected


@each(
    ("text", "message"),
    [
        ("", "the query is empty (line 1, column 1): begin with: from userstories"),
        ("  \n", "the query is empty (line 1, column 1): begin with: from userstories"),
        ("from", "the query ends where an expression is expected (line 1, column 5)"),
        ("from userstories where", "the query ends where an expression is expected (line 1, col"),
        ("where true", "there is no from clause (line 1, column 1): add one, such as"),
        ("query[[]]", "there is no from clause (line 1, column 1)"),
        ("query[[x]]", "unexpected 'x' (line 1, column 8): expected a clause"),
        ("query[[from {1}", "the query ends where a clause or ]] is expected (line 1, column 16)"),
        ("query[[from {1}] ]", "unexpected ']' (line 1, column 16): expected a clause or ]]"),
        ("query[[from {1}]][1]", "unexpected '[' (line 1, column 18): put what is before it in"),
        ("'a':upper()", "unexpected ':' (line 1, column 4): put what is before it in ( )"),
        ("{1}[1]", "unexpected '[' (line 1, column 4): put what is before it in ( )"),
        ("1 2", "unexpected '2' (line 1, column 3): expected the end of the query"),
        ("(1", "the query ends where ')' to close the bracket is expected (line 1, column 3)"),
        ("f(1", "the query ends where ')' to close the arguments is expected"),
        ("({1})[1", "the query ends where ']' to close the index is expected"),
        ("{1", "the query ends where '}' to close the table is expected"),
        ("{[1 = 2}", "unexpected '=' (line 1, column 5): two equals signs compare: =="),
        ("{[1] 2}", "unexpected '2' (line 1, column 6): expected '=' and the key's value"),
        ("{not = 2}", "unexpected 'not' (line 1, column 2): expected a name"),
        ("a.1", "unexpected '1' (line 1, column 3): expected a field's name"),
        ("a.'x'", "unexpected a string (line 1, column 3): expected a field's name"),
        ("a:b", "the query ends where '(' and arguments is expected (line 1, column 4)"),
        ("a.nil", "unknown name 'a.nil'"),
        ("from x order ref", "unexpected 'ref' (line 1, column 14): write order by"),
        ("from x group ref", "unexpected 'ref' (line 1, column 14): write group by"),
        ("from x order by ref nulls maybe", "unexpected 'maybe' (line 1, column 27): expected fi"),
        ("from {1} select _,", "the query ends where an expression is expected"),
        ("from {1} order by _ desc,", "the query ends where an expression is expected"),
        ("from {1} template", "the query ends where a template's name is expected"),
        ("from {1} template 5", "unexpected '5' (line 1, column 19): expected a template's name"),
        ("from {1} each x", "unexpected 'x' (line 1, column 15): expected a string"),
        (
            "from {1} template a each 'b'",
            "a block has either a template or each (line 1, column 26",
        ),
        ("from {1} push", "the query ends where what is to be pushed (done, status, assignee"),
        ("from {1} push: done", "unexpected ':' (line 1, column 14): leave it out: push …"),
        ("from {1} push where x", "unexpected 'where' (line 1, column 15): expected what is to be"),
        ("from {1} push 'done'", "unexpected a string (line 1, column 15): expected what is to"),
        (
            "from {1} push doen",
            "a block can't push 'doen' (line 1, column 15): did you mean 'done'?",
        ),
        ("from {1} push priority", "a block can't push 'priority' (line 1, column 15): there are "),
        ("query[[from {1} push done]]", "'push' is a clause of a block, not of query[[…]]"),
        ("query[[from {1} template x]]", "'template' is a clause of a block, not of query[[…]]"),
        ("from [a] = b", "unexpected '[' (line 1, column 6): write from name = …"),
        ("from ['a' .. 'b'] = {1}", "unexpected '[' (line 1, column 6): write from name = …"),
        ("from a = {1}, b = {2}", "a query has one source (line 1, column 13): nest a query"),
        ("from p in {1}", "unexpected 'in' (line 1, column 8): write from p = …"),
        ("'abc", "unfinished string (line 1, column 1): end it with the same quote on its line"),
        ("'a\nb'", "unfinished string (line 1, column 1)"),
        ("[[abc", "unfinished string (line 1, column 1): end it with ]]"),
        ("1 --[[ abc", "unfinished comment (line 1, column 3): end it with ]]"),
        ("12abc", "malformed number (line 1, column 1)"),
        ("1.5e", "malformed number (line 1, column 1)"),
        ("'a\\qb'", r"unknown escape '\q' (line 1, column 3): the escapes are \n \t"),
        ("'\\u{110000}'", "unknown escape '\\u{110000}' (line 1, column 2)"),
        ("'\\u{D800}'", "unknown escape '\\u{D800}' (line 1, column 2)"),
        ("'\\x4'", "unknown escape '\\x' (line 1, column 2)"),
        ("é", "unexpected character 'é' (line 1, column 1): names are ASCII letters"),
        ("a @ b", "unexpected character '@' (line 1, column 3)"),
        ("1 ... 2", "unexpected '...' (line 1, column 3): expected the end of the query"),
        ("query", "unknown name 'query' (line 1, column 1)"),
        ("order + 1", "unknown name 'order' (line 1, column 1)"),
        ("template + 1", "template is no value (line 1, column 1)"),
    ],
)
def test_a_mistake_is_named_with_its_place(text: str, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        value(text)
    assert str(caught.value).startswith(message)


@each(
    ("text", "hint"),
    [
        ("from userstories where ref = 1", "two equals signs compare: =="),
        ("from userstories where ref === 1", "two equals signs compare: =="),
        ("from userstories where ref <> 1", "unequal is ~= or !="),
        ("from userstories where ref !== 1", "unequal is ~= or !="),
        ("from userstories where ref /= 1", "unequal is ~= or !="),
        ("from userstories where s =~ /x/", "search with subject:find('pattern') or"),
        ("from userstories where s like 'x'", "write subject:contains('text')"),
        ("from userstories where s ILIKE 'x'", "write subject:lower():contains('text')"),
        ("from userstories where a && b", "write and"),
        ("from userstories where a || b", "write or; strings are joined with .."),
        ("from userstories where !a", "write not"),
        ("from userstories where a ? b", "write condition and value or other"),
        ("from userstories where a & b", "there are no bitwise operators"),
        ("from userstories where a << b", "there are no bitwise operators"),
        ("from userstories where ~a", "search with subject:find"),
        ("from userstories where a += 1", "nothing can be assigned in a query"),
        ("from userstories;", "leave it out; fields are separated by commas"),
        ("::x::", "there are no labels"),
        ("from userstories where a == “x”", "strings stand in straight quotes"),
        ("from userstories where a == `x`", "strings stand in straight quotes"),
        ("FROM userstories", "keywords are lower-case: write from"),
        ("from userstories WHERE ref", "keywords are lower-case: write where"),
        ("from userstories where a AND b", "keywords are lower-case: write and"),
        ("from userstories where NOT a", "keywords are lower-case: write not"),
        ("from userstories order by ref DESC", "keywords are lower-case: write desc"),
        ("from userstories select distinct ref", "leave it out: equal values are listed once"),
        ("from userstories select *", "leave select out for whole rows"),
        ("from userstories select count(*)", "leave select out for whole rows; write count()"),
        ("from userstories where ref is nil", "write x == nil or x ~= nil"),
        ("from userstories where ref between 1 and 2", "write low <= x and x <= high"),
        ("from userstories as s", "write from s = userstories"),
        ("from userstories join tasks", "there are no joins"),
        ("from userstories where ref == NULL", "write nil"),
        ("from userstories where ref == null", "write nil"),
        ("from userstories where ref == None", "write nil"),
        ("from userstories where ref == True", "write true"),
        ("from userstories where (function() end)", "a query is an expression"),
        ("from userstories where if a then b end", "write condition and value or other"),
        ("return 1", "leave it out: a query is its own value"),
        ("from userstories order by ref using f", "order by an expression, such as"),
        ("from userstories where sub(ref, 1)", "write s:sub(first, last)"),
        ("os.nosuch()", "write today() or now()"),
    ],
)
def test_a_habit_of_another_language_gets_told_what_to_write(text: str, hint: str) -> None:
    with pytest.raises(QueryError) as caught:
        value(text)
    assert caught.value.hint.startswith(hint)


@each("word", ["while", "for", "local", "goto", "until", "repeat", "do", "end"])
def test_what_else_lua_has_is_refused_by_name(word: str) -> None:
    with pytest.raises(QueryError, match=rf"^'{word}' is not supported in a query"):
        value(f"from userstories where {word}")
    with pytest.raises(QueryError, match=r"^functions are not supported in a query"):
        value("from userstories where function(x) return x end")


def test_the_line_is_given_for_a_caret() -> None:
    with pytest.raises(QueryError) as caught:
        value("from userstories\r\nwhere ref ==\t=\r\nselect ref")
    error = caught.value
    assert (error.query_line, error.column, error.source) == (2, 14, "where ref ==\t=")


@each(
    ("text", "pushed"),
    [
        ("from {1} push done", ("done",)),
        ("push new, done, new from {1}", ("new", "done")),
        (
            "from {1} push done, status, assignee, sprint, due, blocked, new where _ == 1",
            ("done", "status", "assignee", "sprint", "due", "blocked", "new"),
        ),
        ("from {1}", ()),
    ],
)
def test_a_block_says_what_may_be_pushed(text: str, pushed: tuple[str, ...]) -> None:
    assert parsed(text).push == pushed
