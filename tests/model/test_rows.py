from __future__ import annotations

from typing import Any

import pytest

from taiga_notes.model.rows import JoinedRows, Table
from tests.tables import each

STORIES = [
    {"ref": 1, "status_extra_info": {"name": "New"}, "due_date": None},
    {"ref": 2, "status_extra_info": None},
    {"ref": 3, "status_extra_info": {"name": None, "color": "#fff"}},
]


@pytest.fixture
def table() -> Table:
    return Table(STORIES, "userstories")


def test_it_gives_its_rows_and_its_kind(table: Table) -> None:
    assert (len(table), table[1], table.kind) == (3, STORIES[1], "userstories")


def test_a_column_has_a_value_for_each_row(table: Table) -> None:
    assert table.column(("ref",)) == [1, 2, 3]


def test_a_nested_column_is_nil_where_a_part_of_the_path_is_missing_or_null(table: Table) -> None:
    assert table.column(("status_extra_info", "name")) == ["New", None, None]
    assert table.column(("status_extra_info", "name", "deeper")) == [None, None, None]
    assert table.column(("nothing", "at", "all")) == [None, None, None]


def test_a_column_is_made_once(table: Table) -> None:
    assert table.column(("ref",)) is table.column(("ref",))


def test_the_column_of_no_path_is_the_rows(table: Table) -> None:
    assert table.column(()) == STORIES


@pytest.mark.parametrize(
    ("path", "carried"),
    [
        (("due_date",), True),
        (("status_extra_info", "name"), True),
        (("status_extra_info", "color"), True),
        (("status_extra_info", "nmae"), False),
        (("ref", "deeper"), False),
        (("subject",), False),
    ],
)
def test_a_field_is_carried_if_any_row_has_it_be_it_null(
    table: Table, path: tuple[str, ...], carried: bool
) -> None:
    assert table.carries(path) is carried


def test_names_are_those_of_any_row_in_the_order_seen(table: Table) -> None:
    assert list(table.names(())) == ["ref", "status_extra_info", "due_date"]
    assert list(table.names(("status_extra_info",))) == ["name", "color"]
    assert list(table.names(("ref",))) == []


@each("odd", [1, "text", [1], True, 1.5])
def test_rows_that_are_no_objects_have_no_fields(odd: Any) -> None:
    table = Table([odd, {"a": 1}, None])
    assert table.column(("a",)) == [None, 1, None]
    assert list(table.names(())) == ["a"]
    assert table.carries(("a",))
    assert not table.carries(("get",))


def test_lists_of_several_projects_are_one_after_another() -> None:
    parts = [Table(STORIES[:2], "userstories"), Table([], "userstories"), Table(STORIES[2:])]
    joined = JoinedRows(parts, "a b c")
    assert (len(joined), joined.kind, joined.stamp) == (3, "userstories", "a b c")
    assert [joined[index] for index in (0, 1, 2, -1)] == [*STORIES, STORIES[2]]
    assert joined.column(("ref",)) == [1, 2, 3]
    assert joined.column(("ref",)) is joined.column(("ref",))
    assert [joined.carries((name,)) for name in ("due_date", "color")] == [True, False]
    assert [*joined.names(("status_extra_info",))] == ["name", "color"]
    with pytest.raises(IndexError):
        joined[3]
