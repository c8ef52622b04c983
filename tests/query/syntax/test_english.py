"""A query in plain English."""

from __future__ import annotations

from taiga_notes.query.syntax import tree
from taiga_notes.query.syntax.english import (
    EnglishWriter,
    in_order,
    outermost,
    source_name,
    template_name,
)
from taiga_notes.query.syntax.parser import parse

LEFT_OUT = ", without archived ones"


def query(text: str) -> tree.Query:
    found = parse(text).tree
    assert isinstance(found, tree.Query)
    return found


def said(text: str, project: str | int | None = None) -> str:
    return EnglishWriter(project).query(query(text))


def expression(text: str, variable: str = "_") -> str:
    return EnglishWriter(variable=variable).expression(parse(text).tree)


def test_a_source_says_whose_list_it_is_and_what_it_leaves_out() -> None:
    cases = {
        "userstories": f"user stories of acme{LEFT_OUT}",
        "getTaigaTasks()": f"user stories of acme{LEFT_OUT}",
        "sprints": "sprints of acme",
        "projects": "projects",
        "tasks{project='other'}": "tasks of other",
        "tasks{project='*'}": "tasks of every project of mine",
        "tasks{project__slug='other', status=3}": "tasks of other with status 3",
        "tasks{milestone=3, status=x}": "tasks of acme with milestone 3 and status x",
        "userstories{status__is_archived=true}": (
            "user stories of acme with status__is_archived true"
        ),
        "getTaigaTasks('/points?project=3')": "Taiga's list '/points?project=3'",
        "presets.mine": "the preset mine",
        "page.refs": "page.refs",
        "{1, 2}": "{1, 2}",
        "query[[from epics]]": "(epics of acme)",
    }
    for source, words in cases.items():
        assert said(f"from {source}", "acme") == words
    assert said("from userstories") == f"user stories{LEFT_OUT}"
    assert said("from tasks", 14) == "tasks of 14"
    assert said("from tasks{{1}}") == "tasks"


def test_clauses_are_said_in_the_order_in_which_they_take_effect() -> None:
    text = (
        "limit 5, 2 select who = key, count() order by key desc group by who = assignee "
        "having count() > 1 where not is_closed from tasks"
    )
    words = (
        "tasks, where not is_closed, grouped by who = assignee, keeping those where count() is "
        "above 1, ordered by key downwards, showing who = key, count = count(), without the first "
        "2, at most 5"
    )
    assert said(text) == words
    kinds = [type(each) for each in in_order(query(text))]
    assert kinds[0] is tree.Where
    assert kinds[-1] is tree.Limit


def test_the_rest_of_clauses() -> None:
    cases = {
        "order by a, b nulls first": "ordered by a, b (what has none first)",
        "order by a desc nulls last": "ordered by a downwards (what has none last)",
        "group by status_name, p.x": "grouped by status_name, p.x",
        "select subject": "showing subject",
        "select {}": "showing {}",
        "select {ref, ['a'..'b'] = 1}": "showing ref, ['a' .. 'b'] = 1",
    }
    for clause, words in cases.items():
        assert said(f"from tasks {clause}") == f"tasks, {words}"


def test_expressions_keep_their_names_and_get_words_for_their_signs() -> None:
    cases = {
        "a == nil and b ~= nil": "a is missing and b is there",
        "nil == a": "nil is a",
        "due_date < '2026-12-01'": "due_date is before '2026-12-01'",
        "due_date >= today(3)": "due_date is at the earliest today(3)",
        "a < 'b' and c > d": "a is below 'b' and c is above d",
        "custom['Due at'] > 3": "custom['Due at'] is above 3",
        "custom['Größe'].x and custom.Customer": "custom['Größe'].x and custom.Customer",
        "a == 'x' and (b < 2 or c >= 1.0)": "a is 'x' and (b is below 2 or c is at least 1.0)",
        "not (a and b)": "not (a and b)",
        "not (a == 1)": "not (a is 1)",
        "not (a in b)": "not (a is among b)",
        "not a:contains('x')": "not (a contains 'x')",
        "-a + #b * 2": "-a + (#b * 2)",
        "(a .. b) == 'c'": "(a .. b) is 'c'",
        "a ~= true": "a is not true",
        "'x' in {'x', 'y'}": "'x' is among {'x', 'y'}",
        "a not in b": "a is not among b",
        "a:startsWith('x') or a:endsWith(b)": "a starts with 'x' or a ends with b",
        "a:upper()": "a:upper()",
        "a:find('x', 1)": "a:find('x', 1)",
        "a.b['c d'][1]": "a.b['c d'][1]",
        "today(-1)": "today(-1)",
        "max(a) filter(where b)": "max(a) where b",
        "concat(a order by b desc)": "concat(a ordered by b downwards)",
        "{a = 1, b, ['c'] = 2}": "{a = 1, b, c = 2}",
        "'two\\n  lines'": "'two lines'",
        "' '": "' '",
        "{n = query[[from p = tasks where p.ref > 1 select p]]}": (
            "{n = (tasks, where ref is above 1, showing the row)}"
        ),
    }
    for text, words in cases.items():
        assert expression(text) == words


def test_the_rows_own_name_goes_without_saying() -> None:
    assert expression("p.status.name == _.x", "p") == "status.name is _.x"


def test_what_lists_rows_in_a_text_is_found_from_left_to_right() -> None:
    text = "some(query[[from tasks where a in query[[from epics]]]]) or presets.b or #issues + x"
    found = [type(each) for each in outermost(parse(text).tree)]
    assert found == [tree.Query, tree.Indexing, tree.Name]
    assert [*outermost(parse("presets").tree)] == []


def test_a_texts_first_source_by_its_name() -> None:
    cases = {
        "from tasks{status=1}": "tasks",
        "template.each(query[[from query[[from presets.a]]]], templates.b)": "presets.a",
        "getTaigaTasks()": "getTaigaTasks",
        "1 + 1": "",
        "from {1}": "",
    }
    for text, name in cases.items():
        assert source_name(parse(text).tree) == name


def test_a_texts_first_template_by_its_name() -> None:
    cases = {
        "template.each(query[[from tasks]], templates.b)": "b",
        "from tasks select templates.c(_)": "c",
        "from tasks select x": "",
        "templates": "",
    }
    for text, name in cases.items():
        assert template_name(parse(text).tree) == name
