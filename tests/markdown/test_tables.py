import pytest

from taiga_notes.markdown import tables
from taiga_notes.markdown.places import settled_link
from taiga_notes.markdown.tables import (
    FINISHED,
    is_item,
    item,
    markdown_of,
    name_of,
    table,
    text_of,
)
from taiga_notes.markdown.text import JOINER, Markdown, settle
from taiga_notes.query.runtime.values import Rendered
from tests.tables import each

STORY = {
    "id": 1,
    "ref": 12,
    "subject": "Sign-up [form]",
    "url": "https://t.ex/us/12",
    "kind": "userstories",
    "status_name": "New",
    "assignee": None,
    "sprint": "S1",
    "total_points": 3.0,
}


@each(
    ("value", "text"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        (3, "3"),
        (3.0, "3"),
        (1.5, "1.5"),
        (1e300, "1e+300"),
        (float("nan"), "nan"),
        ("x", "x"),
        ([], ""),
        (["a", None, 2.0], "a, , 2"),
        (("a", "b"), "a, b"),
        ([["bug", "#f00"]], '[["bug", "#f00"]]'),
        ([{"a": 1}], '[{"a": 1}]'),
        ({"é": None}, '{"é": null}'),
    ],
)
def test_a_value_as_text(value: object, text: str) -> None:
    assert text_of(value) == text


def test_what_is_no_data_is_no_text() -> None:
    with pytest.raises(TypeError, match="a object is no text"):
        text_of(object())


@pytest.mark.parametrize("finished", FINISHED)
def test_finished_markdown_stays_as_it_is(finished: type[str]) -> None:
    assert markdown_of(finished("**x**")) == "**x**"
    assert markdown_of("**x**") != "**x**"


@each(
    ("row", "name"),
    [
        (STORY, "#12 Sign-up [form]"),
        ({"subject": "x"}, "x"),
        ({"subject": None, "name": "Sprint 1", "slug": "s1"}, "Sprint 1"),
        ({"slug": "home"}, "home"),
        ({"key": 3, "group": []}, "3"),
        ({"a": 1}, '{"a": 1}'),
        ("x", "x"),
        (None, ""),
    ],
)
def test_what_a_row_is_called(row: object, name: str) -> None:
    assert name_of(row) == name


@each(
    ("row", "line"),
    [
        (STORY, r"[#12 Sign-up \[·form\]](https://t.ex/us/12)"),
        ({**STORY, "ref": "x]"}, r"[\#·x\]· Sign-up \[·form\]](https://t.ex/us/12)"),
        ({**STORY, "subject": "[BE] x [y] z"}, r"[#12 \[·BE\]· x \[·y\] z](https://t.ex/us/12)"),
        ({**STORY, "subject": " "}, r"[\#12](https://t.ex/us/12)"),
        ({**STORY, "subject": 5}, "[#12 5](https://t.ex/us/12)"),
        ({**STORY, "url": None}, r"\#12 Sign-up [·form]"),
        ({**STORY, "url": "javascript:x"}, r"#12 Sign-up \[·form\]"),
        ({"name": "Sprint 1", "url": "https://t.example/1"}, "[Sprint 1](https://t.example/1)"),
        ({"name": "Sprint 1"}, "Sprint 1"),
        ({"n": 3, "*": "_x_"}, r"n: 3, \*: \_x\_"),
        ({"n": 3, "x": Rendered("*y*")}, "n: 3, x: *y*"),
        ({}, ""),
        ("# x", "·# x"),
        (None, ""),
        (Rendered("*x*"), "*x*"),
    ],
)
def test_a_row_as_a_line(row: object, line: str) -> None:
    assert settle(item(row)).replace(JOINER, "·") == line
    assert isinstance(item(row), Markdown)


def test_a_table_of_items_has_the_columns_of_their_kind() -> None:
    rows = [STORY, {**STORY, "ref": None, "subject": "a | b\nc", "total_points": None}]
    assert table(rows).replace(JOINER, "") == (
        "| Ref                      | Subject        | Status | Assignee | Sprint | Points |\n"
        "| ------------------------ | -------------- | ------ | -------- | ------ | ------ |\n"
        "| [12](https://t.ex/us/12) | Sign-up [form] | New    |          | S1     | 3      |\n"
        "| [–](https://t.ex/us/12)  | a \\| b c       | New    |          | S1     |        |"
    )


@each(
    ("kind", "heading"),
    [
        ("tasks", "| Ref"),
        ("issues", "| Ref"),
        ("epics", "| Ref"),
        ("milestones", "| Name"),
        ("wiki", "| Page"),
        ("projects", "| Name"),
    ],
)
def test_every_kind_has_columns_of_its_own(kind: str, heading: str) -> None:
    row = {**STORY, "kind": kind, "name": "n", "slug": "s"}
    assert table([row]).startswith(heading)
    assert "(https://t.ex/us/12)" in table([row])


def test_a_table_of_records_has_their_fields() -> None:
    assert table([{"a": 1, "b c": "x"}, {"a": "日本", "d": [{}, {}]}, 5]) == (
        "| a    | b c | d   |\n"
        "| ---- | --- | --- |\n"
        "| 1    | x   |     |\n"
        "| 日本 |     | 2   |\n"
        "|      |     |     |"
    )


def test_a_table_of_values_has_one_column() -> None:
    assert table(["é", "e\u0301", None, True]) == (
        "| Value |\n| ----- |\n| é     |\n| e\u0301     |\n|       |\n| true  |"
    )
    assert table([]) == ""


def test_a_table_of_chosen_fields_has_these() -> None:
    rows = [{"ref": 1, "owner": {"login": "ann"}, "a.b": "c"}, STORY]
    assert table(rows, ["ref", "owner.login", "a.b"]) == (
        "| ref | owner.login | a.b |\n"
        "| --- | ----------- | --- |\n"
        "| 1   | ann         | c   |\n"
        "| 12  |             |     |"
    )


@each(
    ("text", "width", "shown"),
    [
        ("short", 8, "short"),
        ("exactly8", 8, "exactly8"),
        ("much longer than that", 8, "much lo…"),
        ("漢字漢字漢字", 8, "漢字漢…"),
        ("漢字漢字漢字", 7, "漢字漢…"),
    ],
)
def test_a_text_is_cut_to_a_width(text: str, width: int, shown: str) -> None:
    assert tables.cut(text, width) == shown
    assert tables.width_of(shown) <= width


def test_a_table_that_grows_beyond_measure_is_refused() -> None:
    rows = [{"a": "x" * 200_000}, *({"a": "x"} for _ in range(200))]
    with pytest.raises(ValueError, match="the table grows beyond"):
        tables.table(rows)


def test_a_row_as_a_value_is_its_link_in_a_list_too() -> None:
    row = {"id": 1, "ref": 1, "subject": "A", "kind": "userstories", "url": "https://t.example/1"}
    link = "[#1 A](https://t.example/1)"
    assert is_item(row)
    assert not is_item({"id": 1, "url": "https://t.example/1"})
    assert markdown_of(row) == link
    assert settle(markdown_of([row, 3, Markdown("*x*")])) == f"{link}, 3, *x*"
    assert settle(item({"Story": row, "n": 1})) == f"Story: {link}, n: 1"
    assert link in table([{"Story": row}])


def test_a_link_of_its_own_has_no_marks_left() -> None:
    assert (
        settled_link("a] *b*", "https://t.example").replace(JOINER, "")
        == "[a\\] \\*b\\*](https://t.example)"
    )
    assert settled_link("a", "javascript:x") == "a"
