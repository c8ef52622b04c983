"""Lua's and SilverBullet's functions, and those that product owners need besides."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taiga_notes.errors import QueryError
from taiga_notes.query import Linked, QueryClock, evaluate
from taiga_notes.query.runtime.budget import Budget, Mistake
from taiga_notes.query.runtime.dates import formatted_date
from taiga_notes.query.runtime.evaluation import Evaluation
from taiga_notes.query.runtime.formats import format_
from tests.query.scopes import scope, value
from tests.tables import each

PAGE = {"name": "People/Ann", "path": "People/Ann.md", "owner": "ann"}


def mistake(text: str, **more: Any) -> str:
    with pytest.raises(QueryError) as caught:
        value(text, **more)
    return str(caught.value)


@each(
    ("text", "expected"),
    [
        ("string.format('Name: %s, age: %d', 'Ann', 30)", "Name: Ann, age: 30"),
        ("string.format('%5s|%-5s|%.2s|%5.1s|', 'a', 'a', 'abc', 'xyz')", "    a|a    |ab|    x|"),
        ("string.format('%05d|%+d|% d|%-4d|%x|%X|%o', 12, 3, 4, 5, 255, 255, 8)",
         "00012|+3| 4|5   |ff|FF|10"),
        ("string.format('%.2f|%8.3f|%e|%g', 3.14159, 2, 1200, 0.5)",
         "3.14|   2.000|1.200000e+03|0.5"),
        ("string.format('100%%')", "100%"),
        ("string.format('%q|%q', 'a\"b\\nc', 3)", '"a\\"b\\nc"|3'),
        ("string.format('%c%c', 72, 233)", "Hé"),
        ("string.format('%d', '7')", "7"),
        ("string.format('%d', 3.0)", "3"),
        ("string.format('%x', -1)", "ffffffffffffffff"),
        ("string.format('%s %s %s', nil, true, {1, 2})", "nil true {1, 2}"),
        ("string.format('%-08.3s|', 'abcdef')", "abc     |"),
        ("('%d of %d'):format(1, 2)", "1 of 2"),
    ],
)  # fmt: skip
def test_format(text: str, expected: str) -> None:
    assert value(text) == expected


@each(
    ("text", "message"),
    [
        ("string.format('%d')", "there is no value for '%d'"),
        ("string.format('%100d', 1)", "is too wide"),
        ("string.format('%.100f', 1)", "is too wide"),
        ("string.format('%y', 1)", "string.format has no '%y'"),
        ("string.format('%', 1)", "string.format has no '%'"),
        ("string.format('%d', 'x')", "wants a number, not a string"),
        ("string.format('%d', nil)", "write (… or 0) where it may be nil"),
        ("string.format('%d', 1.5)", "wants a whole number"),
        ("string.format('%c', -1)", "there is no character -1"),
        ("string.format(1)", "wants a text first, not a number"),
    ],
)
def test_format_tells_what_does_not_fit(text: str, message: str) -> None:
    assert message in mistake(text)


@given(st.text(alphabet="%-+ #0123456789.sdfxcqegbaXouiG*", max_size=12), st.integers())
def test_format_ends_with_a_text_or_a_mistake(form: str, number: int) -> None:
    run = Evaluation(scope(), lambda _text, _run: None)
    try:
        text = format_(run, form, number, number, number, number, number, number)
    except Mistake:
        return
    assert len(text) < 2_000
    assert isinstance(run.budget, Budget)


@each(
    ("text", "expected"),
    [
        ("some({})", None),
        ("some({1, a = 2})", {"1": 1, "a": 2}),
        ("some({nil, a = 2})", {"1": None, "a": 2}),
        ("some(1/0)", None),
        ("some(0/0)", None),
        ("some(false)", False),
        ("some({1})", [1]),
        ("some('')", None),
        ("some(' ')", None),
        ("some('x')", "x"),
        ("some(0)", 0),
        ("some(nil)", None),
        ("some({a = 1})", {"a": 1}),
        ("some(query[[from {1, 2} where _ > 2]]) or 'nothing'", "nothing"),
        ("some(query[[from {1, 2} where _ > 1]]) or 'nothing'", [2]),
        ("some(query[[from userstories]]) or 'nothing'", "nothing"),
    ],
)
def test_some(text: str, expected: object) -> None:
    assert value(text) == expected


@each(
    ("text", "expected"),
    [
        ("type(nil)", "nil"),
        ("type(1)", "number"),
        ("type('a')", "string"),
        ("type(true)", "boolean"),
        ("type({})", "table"),
        ("type(query[[from userstories]])", "table"),
        ("type(templates.x)", "function"),
    ],
)
def test_type(text: str, expected: str) -> None:
    assert value(text) == expected


@each(
    ("text", "expected"),
    [
        ("round(2.5)", 3),
        ("round(-2.5)", -3),
        ("round(2.675, 2)", 2.68),
        ("round(1234, -2)", 1200),
        ("round(7)", 7),
        ("round(1e300)", 1e300),
        ("round(math.huge) == math.huge", True),
        ("round(nil)", None),
        ("days('2026-11-28', '2026-12-01')", 3),
        ("days('2026-12-01', '2026-11-28T23:59:00.000Z')", -3),
        ("days(nil, '2026-12-01')", None),
        ("days('2026-12-01', nil)", None),
        ("days(today(), today(14))", 14),
        ("date('2026-11-28', '%d %b')", "28 Nov"),
        ("date('2026-11-28')", "2026-11-28"),
        ("date('2026-11-28T13:05:09.000Z', '%I:%M %p, %a %w %U %W')", "01:05 PM, Sat 6 47 47"),
        ("date('2026-01-04T00:05:09', '%I %p %w %U %W %%')", "12 AM 0 01 00 %"),
        ("date(nil, '%d')", None),
        ("date('', '%d')", ""),
        ("os.date('%Y-%m-%d', os.time({year = 2020, month = 1, day = 1}))", "2020-01-01"),
        ("os.date('%H:%M', os.time({year = 2020, month = 1, day = 1, hour = 7}))", "07:00"),
        ("os.date('%Y-%m-%d %H:%M')", "2026-11-22 01:30"),
        ("os.date('!%Y-%m-%d %H:%M')", "2026-11-21 23:30"),
        ("os.date()", "2026-11-22 01:30:00"),
        ("os.time() == os.time({year = 2026, month = 11, day = 22, hour = 1, min = 30})", True),
    ],
)  # fmt: skip
def test_dates_and_rounding(text: str, expected: object) -> None:
    assert value(text) == expected


@each(
    ("text", "message"),
    [
        ("round('x')", "round wants numbers"),
        ("round(1, 99)", "round wants a whole number of places"),
        ("round(1, 'a')", "round wants a whole number of places"),
        ("days('tomorrow', '2026-12-01')", "days wants dates such as '2026-11-22', not 'tomorrow'"),
        ("days(1, '2026-12-01')", "not a number"),
        ("date('28.11.2026', '%d')", "is no date such as 2026-11-22"),
        ("date('2026-11-28', '%Q')", "a date has no '%Q'"),
        ("date(5)", "date wants a date such as '2026-11-22'"),
        ("os.date(5)", "os.date wants a form such as '%Y-%m-%d', not a number"),
        ("date(today(), 5)", "date wants a form such as '%d %b', not a number"),
        ("date(today(), 'yyyy-MM-dd')", "'yyyy-MM-dd' has no directive such as %Y"),
        ("os.date('%Y', 'now')", "wants a time in seconds"),
        ("os.date('%Y', 1e300)", "os.date:"),
        ("os.time('now')", "os.time wants a table"),
        ("os.time({year = 2020})", "os.time wants year, month and day"),
        ("os.time({year = 1e9, month = 1, day = 1})", "os.time:"),
        ("date.today()", "write today()"),
        ("os.clock()", "write now()"),
        ("os.difftime()", "wrong number of arguments: os.difftime(later, earlier)"),
    ],
)
def test_dates_and_rounding_tell_what_is_wrong(text: str, message: str) -> None:
    assert message in mistake(text)


@each(
    ("text", "expected"),
    [
        ("math.fmod(-10, 3)", -1),
        ("math.fmod(10.5, 3)", 1.5),
        ("math.modf(-3.7) .. ''", "-3.0"),
        ("math.log(100, 10) .. ''", "2.0"),
        ("math.log(8, 2) .. ''", "3.0"),
        ("math.log(1) .. ''", "0.0"),
        ("math.log(9, 3) .. ''", "2.0"),
        ("math.log(0)", -math.inf),
        ("math.pow(2, 10) .. ''", "1024.0"),
        ("math.sqrt(2)", math.sqrt(2)),
        ("math.exp(0) .. ''", "1.0"),
        ("math.exp(10000)", math.inf),
        ("math.atan(1, 1)", math.pi / 4),
        ("math.deg(math.pi) .. ''", "180.0"),
        ("math.rad(180)", math.pi),
        ("math.cos(math.pi) .. ''", "-1.0"),
        ("math.tointeger(3.0)", 3),
        ("math.tointeger('x')", None),
        ("math.type(1)", "integer"),
        ("math.type(1.0)", "float"),
        ("math.type(1.5)", "float"),
        ("math.type('1')", None),
        ("math.ult(-1, 1)", False),
        ("math.ult(2, 3)", True),
        ("math.pi", math.pi),
        ("math.modf(math.huge)", math.inf),
        ("string.byte('Hello')", 72),
        ("string.byte('Hello', -1)", 111),
        ("string.byte('', 1)", None),
        ("string.byte(nil)", None),
        ("string.char(72, 105)", "Hi"),
        ("string.char(0xD83D, 0xDE00)", "😀"),
        ("('  a ').trimStart", None),
        ("string.trimStart('  a ')", "a "),
        ("string.trimEnd('  a ')", "  a"),
        ("string.trimStart(nil)", None),
        ("string.trimEnd(nil)", None),
    ],
)
def test_lua_s_own(text: str, expected: object) -> None:
    if text.endswith(".trimStart"):
        assert "a string has no field" in mistake(text)
    else:
        assert value(text) == expected


@each(
    "text",
    ["math.sqrt(-1)", "math.log(-1)", "math.log(2, 1)", "math.fmod(1.5, 0)", "math.acos(2)"],
)
def test_what_is_no_number_is_none(text: str) -> None:
    assert math.isnan(value(text))


@each(
    ("text", "message"),
    [
        ("math.fmod(1, 0)", "nothing can be divided by 0"),
        ("math.ult(1.5, 1)", "math.ult wants whole numbers"),
        ("string.char(70000)", "string.char wants numbers"),
        ("math.random()", "the page would change at every render"),
        ("table.insert({}, 1)", "a query changes nothing"),
        ("pairs({})", "a query is one expression"),
        ("string.gmatch('a', 'b')", "a query is one expression"),
        ("string.matchRegex('a', 'b')", "Lua's patterns"),
        ("template.new[==[* ${name}]==]", 'write each "* %{row.subject}"'),
        ("tpl[==[* ${name}]==]", 'write each "* %{row.subject}"'),
        ("print('a')", "select what is to be shown"),
        ("table.sort({})", "write order by"),
        ("os.execute('rm')", "unknown function 'os.execute'"),
    ],
)
def test_what_a_query_can_t_have_is_refused_by_name(text: str, message: str) -> None:
    assert message in mistake(text)


@each(
    "text",
    [
        "page.name",
        "editor.getCurrentPage()",
        "editor.getCurrentPageMeta().name",
        "_CTX.currentPage.name",
        "editor.getCurrentPath():sub(1, -4)",
    ],
)
def test_silverbullet_s_ways_to_the_page_s_name(text: str) -> None:
    assert value(text, page=PAGE) == "People/Ann"


def test_the_page_s_front_matter_by_silverbullet_s_name() -> None:
    rows = [{"id": 1, "assignee": "ann"}, {"id": 2, "assignee": "bob"}]
    text = "from userstories where assignee == _CTX.currentPage.owner select id"
    assert value(text, rows, page=PAGE) == [1]


@each(
    ("text", "hint"),
    [
        ("from userstories where subject.contains('x')", "subject:contains(…)"),
        ("from u = userstories where u.subject.lower() == 'x'", "u.subject:lower(…)"),
        ("from userstories where assignee in ('ann')", "write in {'ann'}"),
        ("from userstories where assignee in 'ann'", "write in {'ann'}"),
        ("from userstories where ref in (1, 2)", "a list is written in braces: {…, …}"),
        ("from t = userstories where is_closed", "did you mean 't.is_closed'?"),
        ("from t = userstories select ref, t.subject", "did you mean 't.ref'?"),
        ("from userstories order by ref descending", "write desc"),
        ("from userstories order by ref DESC", "write desc"),
        ("from userstories order by ref ascending", "write asc"),
        ("count(from userstories)", "write #query[[from …]]"),
        ("sum(from userstories select total_points)", "write query[[from … select sum(x)]]"),
        ("string_agg(from userstories)", "write string_agg(query[[from …]])"),
        ("from userstories -", "a marker ends with -->, with two dashes"),
    ],
)
def test_a_friend_s_hints(text: str, hint: str) -> None:
    assert hint in mistake(text)


@each(
    ("text", "expected"),
    [
        ("string.rep('', 1e18)", ""),
        ("string.rep('ab', 2, nil)", "abab"),
        ("string.byte('a', nil)", 97),
        ("('ab'):byte(1, -1)", 97),
        ("('ab'):find('b', nil)", 2),
        ("('ab'):match('b', nil)", "b"),
        ("table.concat({1, 2}, nil, nil, nil)", "12"),
        ("date('2026-11-02', nil)", "2026-11-02"),
        ("round(2.5, nil)", 3),
        ("math.log(1, nil)", 0),
        ("math.floor('2.7') + math.max('3', 1)", 5),
        ("round('2.25', '1' + 0)", 2.3),
        ("date('2026-11-02', '%-d.%-m.%Y %-H')", "2.11.2026 0"),
        ("os.date('!%D %R %T %h %u %C %G %j', 86400)", "01/02/70 00:00 00:00:00 Jan 5 19 1970 002"),
        ("os.date('!%c', 46800)", "1/1/1970, 1:00:00 PM"),
        ("os.date('!%x %X', 0)", "1/1/1970 12:00:00 AM"),
        ("os.date('!*t', 86400).day", 2),
        ("os.date('!*t', 86400).wday + os.date('!*t', 86400).yday", 8),
        ("os.date('!%F', os.time({year = 2026, month = 13, day = 1 - 7}))", "2026-12-25"),
        ("os.difftime(5, 3) + os.difftime(1)", 3),
        ("tostring({1, {2}, a = 3})", "{1, {2}, a = 3}"),
    ],
)
def test_arguments_that_are_left_out_or_odd(text: str, expected: object) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    "text", ["string.split(5, '')", "string.split({}, '')", "string.gsub(5, 'x', 'y', 0)"]
)
def test_what_is_no_text_is_told(text: str) -> None:
    assert "a string is wanted here" in mistake(text)


def test_rows_with_places_and_names_differ_by_both() -> None:
    rows = [{"s": 1, "r": 1}, {"s": 1, "r": 2}, {"s": 1, "r": 2}, {"s": None, "r": 2}]
    records = [{"1": 1, "d": 1}, {"1": 1, "d": 2}, {"1": None, "d": 2}]
    assert value("from {{s = 1, r = 1}} select {s, d = r}") == [{"1": 1, "d": 1}]
    assert value("from userstories select {s, d = r}", rows) == records


def test_the_author_s_strings_are_strings_like_any_other() -> None:
    assert value("some({}) or 'x'") == "x"
    assert value("(some({}) or 'x') == 'x'") is True
    assert value("('a' .. 'b') == 'ab' and 1") == 1
    assert value("table.concat({'a', 'b'}, '-') == 'a-b'") is True


@each(
    ("text", "hint"),
    [
        ("from userstories where status_name in ['New']", "a list is written in braces: {…, …}"),
        ("from userstories where subject.includes('x')", "write subject:contains(…)"),
        ("from userstories where tags.any('x')", "'…' in tags for a list"),
        ("from userstories where tag_names:includes('x')", "'…' in tag_names for a list"),
        ("from userstories where ('x'):indexOf('y')", "write x:find(…)"),
        ("from userstories where subject:toLowerCase() == 'x'", "write subject:lower(…)"),
        ("from userstories where subject.startswith('x')", "write subject:startsWith(…)"),
        ("from userstories where subject.length > 3", "write #subject"),
        ("from userstories where len(subject) > 3", "write #x"),
        ("from userstories where subject:nosuch()", "unknown method ':nosuch()'"),
        ("from userstories where subject ~ 'x'", "search with subject:find('pattern')"),
        ("from userstories where subject matches 'x'", "write subject:contains('text')"),
        ("from userstories where due_date == today", "call it: today()"),
        ("from userstories group by sprint select count", "call it: count()"),
        ("type(string.lower)", "call it: string.lower(…)"),
        ("from userstories where due_date < today() + 7", "is today(7)"),
        ("'#' + 'a'", "join texts with .."),
        ("from userstories where due_date < today() + 7 days", "is today(7)"),
        ("from userstories where due_date == 2026-11-22", "stands in quotes: '2026-11-22'"),
        ("from userstories where due_date < CURRENT_DATE", "write today()"),
        ("from userstories where due_date < Date.now()", "write today() or now()"),
        ("from userstories where due_date < tomorrow()", "write today(1)"),
        ("from userstories select coalesce(assignee, 'x')", "write value or other"),
        ("from userstories select datediff(due_date, today())", "write days(from, to)"),
        ("math.round(1)", "write round(x)"),
        ("from userstories orderby ref", "write order by"),
        ("from userstories first 5", "write limit n"),
        ("from userstories as t", "write from t = userstories"),
        ("from userstories t where t.ref", "write from t = userstories"),
        ("from user stories", "did you mean 'userstories'?"),
        ("from us", "did you mean 'userstories'?"),
        ("from bugs", "did you mean 'issues'?"),
        ("from tags.task", "not SilverBullet's own"),
        ("from index.tag 'task'", "not SilverBullet's own"),
        ("editor.nosuch()", "not SilverBullet's own"),
        ("io.open('x')", "a query runs no other code"),
        ("utf8.len('x')", "a query runs no other code"),
        ("TABLE ref FROM userstories", "leave TABLE out"),
        ("#from userstories", "a query stands in query[[…]]"),
        ("len(from userstories)", "write #query[[from …]]"),
        ("count(userstories)", "write #query[[from …]]"),
        ("userstories:count()", "write #userstories"),
        ("userstories.where(ref > 1)", "write query[[from userstories where"),
        ("userstories.filter(x => x.ref)", "functions are not supported"),
        ("from userstories where ref =< 3", "at most is <="),
        ("from userstories group by sprint where count() > 1", "write having"),
        ("from userstories where this.ref > 1", "did you mean 'ref'?"),
        ("from userstories where ('x')[1]", "subject:sub(1, 1)"),
        ("('x').y", "with a colon"),
        ("from userstories where ({'x'}):lower()", "'x' in list"),
        ("from userstories # open ones", "a comment begins with --"),
        ("from userstories select {ref: ref}", "given to a name with =: {name = value}"),
        ("from userstories select {'ref': ref}", "given to a name with =: {name = value}"),
        ("from userstories select {'ref' = ref}", "in brackets: ['ref'] = …"),
        ("from userstories template = links", "leave it out: template NAME"),
        ("from userstories template: links", "leave it out: template …"),
        ("from userstories each subject", 'a string such as "* %{row.subject}"'),
        ("from userstories empty nothing", "expected a string such as"),
        ("from userstories else 'x'", "where nothing is found stands empty"),
        ("query[[from userstories select template.new'x'(_)]]", "write each"),
        ("('x')('y')", "only functions that have a name"),
        ("foo('x')('y')", "only functions that have a name"),
        ("from userstories select subject and ('x')('y')", "only functions that have a name"),
    ],
)
def test_more_of_a_friend_s_hints(text: str, hint: str) -> None:
    assert hint in mistake(text, rows=[{"id": 1, "subject": "x", "due_date": "2026-11-22"}])


def test_a_link_is_finished_markdown_and_nil_is_none() -> None:
    where = replace(scope([{"id": 1, "subject": "a", "url": "u"}]), link="[{}]({})".format)

    def linked(text: str) -> Any:
        return evaluate(text, where).value

    assert linked("link('a', 'u')") == "[a](u)"
    assert isinstance(linked("link('a', 'u')"), Linked)
    assert linked("from userstories select link(subject, url)") == ["[a](u)"]
    assert linked("link(nil, 'u') .. link(1, nil)") == "[](u)[1]()"
    assert linked("link(nil, nil)") is None
    for text, told in (("link('a', 1)", "wants an address, not a number"), ("link('a')", "number")):
        with pytest.raises(QueryError, match=told):
            linked(text)
    with pytest.raises(QueryError, match="there are no links here"):
        value("link('a', 'u')")


def test_moments_are_written_in_the_clocks_zone_and_dates_as_they_are() -> None:
    zone = timezone(timedelta(hours=5, minutes=30))
    assert formatted_date("2026-11-18T23:30:00.957Z", "%F %H:%M", zone) == "2026-11-19 05:00"
    assert formatted_date("2026-11-18", "%F %H:%M", zone) == "2026-11-18 00:00"
    there = replace(scope(), clock=QueryClock(datetime(2026, 11, 18, tzinfo=UTC), zone))
    assert evaluate("date('2026-11-18T23:30:00Z', '%F')", there).value == "2026-11-19"


def test_notes_about_an_item_are_links_to_its_pages() -> None:
    notes = {"userstories/1": ["[[stories/1]]", "[[B]]"]}
    rows = [{"kind": "userstories", "id": 1}, {"kind": "userstories", "id": 2}]
    found = replace(scope(rows), notes=lambda: notes)
    assert evaluate("from userstories select notes_about(_)", found).value == [
        ["[[stories/1]]", "[[B]]"],
        [],
    ]
    assert evaluate("notes_about(nil)", found).value == []
    with pytest.raises(QueryError, match="notes_about wants an item, not a number"):
        evaluate("notes_about(3)", found)
