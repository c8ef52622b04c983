"""The functions of strings."""

from __future__ import annotations

from typing import Any

import pytest

from taiga_notes.errors import QueryError
from taiga_notes.query import Rendered
from tests.query.scopes import value
from tests.tables import each

CASES: list[tuple[str, Any]] = [
    ("('ÄbC'):lower()", "äbc"),
    ("('straße'):upper()", "STRASSE"),
    ("string.lower('A')", "a"),
    ("('abc'):len()", 3),
    ("('é😀'):len()", 3),
    ("(' \\t\\u{A0}\\u{FEFF}x \\n'):trim()", "x"),
    ("('abc'):reverse()", "cba"),
    ("('abc'):rep(2)", "abcabc"),
    ("('abc'):rep(2, '-')", "abc-abc"),
    ("('abc'):rep(0)", ""),
    ("('abc'):rep(-1)", ""),
    ("('a,b,,c'):split(',')", ["a", "b", "", "c"]),
    ("('abc'):split('')", ["a", "b", "c"]),
    ("('abc'):startsWith('ab')", True),
    ("('abc'):startsWith('b')", False),
    ("('abc'):endsWith('bc')", True),
    ("('abc'):contains('b')", True),
    ("('a.c'):contains('.')", True),
    ("('abc'):sub(2)", "bc"),
    ("('abc'):sub(2, 2)", "b"),
    ("('abc'):sub(1, 99)", "abc"),
    ("('abc'):sub(-2)", "bc"),
    ("('abc'):sub(-99, 2)", "ab"),
    ("('abc'):sub(1, -2)", "ab"),
    ("('abc'):sub(0)", "abc"),
    ("('abc'):sub(3, 2)", ""),
    ("('abc'):sub(5)", ""),
    ("('abc'):sub(1, -9)", ""),
    ("('abc'):sub(2, nil)", "bc"),
    ("('abc'):sub(2.0)", "bc"),
    ("('a😀b'):sub(4)", "b"),
    ("('a😀b'):sub(2, 3)", "😀"),
    ("('a😀b'):sub(2, 2)", "\ufffd"),
    ("('é—b'):sub(2, 2)", "—"),
    ("('abc'):find('b')", 2),
    ("('abc'):find('x')", None),
    ("('abcabc'):find('b', 3)", 5),
    ("('abc'):find('b', -1)", 2),
    ("('abc'):find('', 4)", 4),
    ("('abc'):find('', 5)", None),
    ("('a.c'):find('.', 2)", 2),
    ("('a.c'):find('.', 1, true)", 2),
    ("('abc'):find('.', 1, false)", 1),
    ("('a.c'):find('%.')", 2),
    ("('a😀b'):find('b')", 4),
    ("('a😀b'):find('[b]')", 4),
    ("('a😀b'):find('b', 4)", 4),
    ("('a😀b'):find('b', 5)", None),
    ("('abc'):match('b')", "b"),
    ("('abc'):match('(b)(c)')", "b"),
    ("('key=value'):match('(%w+)=(%w+)')", "key"),
    ("('abc'):match('x')", None),
    ("('abc'):match('a', 2)", None),
    ("('a😀b'):match('()b')", 4),
    ("('hello'):gsub('l', 'L')", "heLLo"),
    ("('hello'):gsub('l', 'L', 1)", "heLlo"),
    ("('hello'):gsub('l', 'L', 0)", "hello"),
    ("('hello'):gsub('(h)(e)', '%2%1')", "ehllo"),
    ("('hello'):gsub('l', '[%0]')", "he[l][l]o"),
    ("('hello'):gsub('l+', '%%')", "he%o"),
    ("('hello'):gsub('l', '%1')", "hello"),
    ("('abc'):gsub('', '-')", "-a-b-c-"),
    ("('abc'):gsub('x*', '-')", "-a-b-c-"),
    ("('abc'):gsub('^a', '-')", "-bc"),
    ("('aaa'):gsub('^a', '-')", "-aa"),
    ("('abc'):gsub('%w', {a = '1', b = 2, c = false})", "12c"),
    ("('abc'):gsub('(a)(b)', {a = '1'})", "1c"),
    ("('abc'):gsub('()', {'x'})", "xabc"),
    ("('a😀'):gsub('()%w', '%1')", "1😀"),
    ("tostring(nil)", "nil"),
    ("tostring(true)", "true"),
    ("tostring('x')", "x"),
    ("tostring({1, 'a', {b = nil}})", "{1, a, {b = nil}}"),
    ("tostring(templates.links)", "templates.links"),
    ("tostring(query[[from {1}]])", "{1}"),
    ("table.concat({1, 'a', 2.5})", "1a2.5"),
    ("table.concat({1, 2, 3}, ', ')", "1, 2, 3"),
    ("table.concat({1, 2, 3}, '-', 2)", "2-3"),
    ("table.concat({1, 2, 3}, '-', 2, 2)", "2"),
    ("table.concat({1, 2, 3}, '-', 0, 9)", "1-2-3"),
    ("table.concat({}, '-')", ""),
    ("table.concat(query[[from {'a', 'b'}]], '+')", "a+b"),
    ("table.select({a = 1, b = 2}, 'a', 'c')", {"a": 1, "c": None}),
    ("table.select({a = 1, b = 2}, {'b', 'a'})", {"b": 2, "a": 1}),
    ("table.keys({a = 1, b = 2})", ["a", "b"]),
    ("table.keys({5, 6, k = 1})", [1, 2, "k"]),
    ("table.keys({5, 6})", [1, 2]),
    ("table.includes({1, 'a'}, 'a')", True),
    ("table.includes({1}, '1')", False),
    ("table.includes(nil, 1)", False),
]


@each(("text", "expected"), CASES)
def test_what_they_give(text: str, expected: Any) -> None:
    assert value(text) == expected


@each(("text", "expected"), CASES)
def test_they_give_the_same_for_a_row(text: str, expected: Any) -> None:
    rows = [{"id": 1}]
    assert value(f"from userstories select {{{text}, id}}", rows) == [[expected, 1]]


METHODS = [
    *("lower()", "upper()", "trim()", "reverse()", "len()", "sub(1)", "sub(1, 2)", "rep(2)"),
    *("split(',')", "find('a')", "find('%a')", "match('a')", "gsub('a', 'b')"),
    *("startsWith('a')", "endsWith('a')", "contains('a')"),
]


@each("method", METHODS)
def test_a_nil_string_gives_nil(method: str) -> None:
    rows = [{"id": 1, "s": None}]
    assert value(f"from userstories select s:{method}", rows, kind="") == [None]
    assert value(f"from userstories where s:{method}", rows, kind="") == []
    assert value(f"from userstories where s:{method} == nil select id", rows, kind="") == [1]
    assert value(f"from userstories order by s:{method} select id", rows, kind="") == [1]


@each("method", METHODS)
@each(
    ("given", "shown"), [(5, "a number"), (True, "a boolean"), (["a"], "a table"), ({}, "a table")]
)
def test_only_strings_have_methods(method: str, given: Any, shown: str) -> None:
    rows = [{"id": 1, "s": "abc"}, {"id": 2, "s": given}]
    for text in ("where s:{} select id", "order by s:{}", "select s:{}", "where s:{} == 'a'"):
        with pytest.raises(QueryError) as caught:
            value(f"from userstories\n{text.format(method)}", rows, kind="")
        error = caught.value
        assert error.message == f"a string is wanted here, not {shown}"
        hints: dict[Any, str] = {list: "whether a list holds something: 'x' in list", dict: ""}
        assert error.hint == hints.get(type(given), "write tostring(…)")
        assert (error.query_line, error.column) == (2, text.index(":") + 2)


@each(
    ("condition", "expected"),
    [
        ("s:lower():find('b')", [1, 2, 3]),
        ("s:find('b')", [2, 3]),
        ("s:find('b') ~= nil", [2, 3]),
        ("s:find('b') == nil", [0, 1, 4]),
        ("not s:find('b')", [0, 1, 4]),
        ("s:find('b', 2)", [2]),
        ("s:find('%u')", [1]),
        ("s:contains('b') or s:contains('B')", [1, 2, 3]),
        ("s:contains('b') == false", [1, 4]),
        ("s:lower():startsWith('b')", [1, 3]),
        ("s:startsWith('a') and s:endsWith('b')", [2]),
        ("s:upper() == 'AB'", [2]),
        ("s:trim() == 'b'", [3]),
        ("s:sub(1, 1) == 'a'", [2]),
        ("s:sub(2, 3) ~= ''", [0, 2, 3]),
        ("s:sub(2, 2) == (page.missing or nil)", [0]),
        ("s:lower():contains(page.part)", [1, 2, 3]),
        ("page.part:contains('b')", [0, 1, 2, 3, 4]),
        ("('abc'):contains(s or 'zz')", [2, 4]),
        ("s:lower():find(s)", [2, 3, 4]),
    ],
)
def test_methods_in_conditions(condition: str, expected: list[int]) -> None:
    rows = [{"id": number, "s": text} for number, text in enumerate((None, "B", "ab", "b ", ""))]
    text = f"from userstories where {condition} select id"
    assert value(text, rows, kind="", page={"part": "b"}) == expected


@each(
    ("text", "message"),
    [
        ("('a'):sub('1')", "a whole number is wanted here, not a string"),
        ("('a'):sub(1.5)", "a whole number is wanted here, not 1.5"),
        ("('a'):rep(nil)", "a whole number is wanted here, not nil"),
        ("('a'):rep(1, 2)", "a string is wanted here, not a number"),
        ("('a'):find(nil)", "a string is wanted here, not nil"),
        ("('a'):contains(5)", "a string is wanted here, not a number"),
        ("('a'):gsub('a', 5)", "gsub replaces by a string or a table, not by a number"),
        ("('a'):gsub('a', nil)", "gsub replaces by a string or a table, not by nil"),
        ("('a'):gsub('a', {a = {}})", "a table can't be joined with .."),
        ("('a'):gsub('a', '%x')", "malformed replacement: % is followed by a digit or %"),
        ("('a'):gsub('a', 'x%')", "malformed replacement: % is followed by a digit or %"),
        ("('a'):gsub('a', '%2')", "there is no capture %2"),
        ("('a'):rep(1000001)", "the string is too long: at most 1,000,000 characters"),
        ("('a'):uper()", "unknown method ':uper()'"),
        ("('a'):lower(1)", "wrong number of arguments: s:lower()"),
        ("('a'):sub()", "wrong number of arguments: s:sub(first, last)"),
        ("string.lower()", "wrong number of arguments: s:lower()"),
        ("string.reverse", "string.reverse is a function"),
        ("string.size('a')", "unknown function 'string.size'"),
        ("string.lower.x()", "unknown function 'string.lower.x'"),
        ("(string.lower)('a')", None),
        ("({1})[1]()", "only functions that have a name can be called"),
        ("table.concat({1, nil})", "nil can't be joined with .."),
        ("table.concat('a')", "table.concat wants a list, not a string"),
        ("table.concat({1}, 2)", "table.concat takes a table, a text and two places"),
        ("table.concat({1}, '', 'x')", "table.concat takes a table, a text and two places"),
        ("table.concat({1}, '', 1, 'x')", "table.concat takes a table, a text and two places"),
        ("table.select({a = 1}, 1)", "table.select wants the names of fields, as strings"),
        ("table.keys(5)", "table.keys wants a list, not a number"),
    ],
)
def test_mistakes_with_them(text: str, message: str | None) -> None:
    if message is None:
        assert value(text) == "a"
        return
    with pytest.raises(QueryError) as caught:
        value(text)
    assert caught.value.message == message


@each(
    ("text", "finished"),
    [
        ("template.each({1}, templates.a)", True),
        ("template.each({1}, templates.a) .. template.each({2}, templates.b)", True),
        ("template.each({1}, templates.a) .. '\\n \\n' .. templates.b(2)", True),
        ("table.concat({templates.a(1), templates.b(2)}, '\\n')", True),
        ("template.each({1}, templates.a) .. 'x'", True),
        ("'# ' .. templates.a(1)", True),
        ("templates.a(1):lower()", False),
        ("templates.a(1):trim()", False),
        ("templates.a(1):sub(1)", False),
        ("templates.a(1):rep(1)", False),
        ("templates.a(1):gsub('zz', '')", False),
        ("templates.a(1):reverse()", False),
        ("table.concat({templates.a(1), 'x'}, '\\n')", True),
        ("tostring(templates.a(1))", True),
    ],
)
def test_what_templates_gave_stays_finished_markdown_with_what_is_joined_to_it(
    text: str, finished: bool
) -> None:
    assert (type(value(text)) is Rendered) is finished
