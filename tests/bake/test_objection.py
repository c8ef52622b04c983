"""What is live is turned only if `render` could evaluate it."""

from __future__ import annotations

from datetime import UTC, datetime

from taiga_notes.bake.baking import objection
from taiga_notes.errors import RenderError
from taiga_notes.model.invented_lists import Invented
from taiga_notes.query import QueryClock, Scope
from tests.tables import each

SCOPE = Scope(
    source=Invented(),
    clock=QueryClock(datetime(2026, 11, 22, tzinfo=UTC)),
    project="acme",
    page={"name": "A"},
    presets={"mine": "from userstories where assignee == me.username", "wrong": "from x"},
    render=lambda name, _rows: name,
)


def said(query: str) -> str:
    return objection(query, SCOPE, lambda _answer: None)


@each(
    "query",
    [
        "query[[from getTaigaTasks() where status_extra_info.name != 'Done']]",
        "template.each(query[[from getTaigaTasks()]], templates.x)",
        "query[[from getTaigaTasks('/userstories?project=12') where ref > 1]]",
        "query[[from getTaigaTasks('/severities') where ref > 1]]",
        "query[[from tasks where due_date:lower() == page.name]]",
        "query[[from userstories where #comments > 0 and custom.Customer == 'x' select #tasks]]",
        "presets.mine",
        "some(query[[from issues]]) or 'none'",
    ],
)
def test_what_can_be_evaluated(query: str) -> None:
    assert said(query) == ""


def test_what_comes_of_nil_is_no_objection() -> None:
    assert said("(query[[from userstories where false]])[1].total_points + 1") == ""


@each(
    ("query", "message"),
    [
        ("query[[from getTaigaTasks() where nosuch]]", "unknown field 'nosuch'"),
        ("query[[from getTaigaTasks() where foo(ref)]]", "unknown function 'foo'"),
        ("query[[from getTaigaTasks() where subject < 5]]", "can't be compared"),
        ("query[[from getTaigaTasks('//evil')]]", "getTaigaTasks can't ask for"),
        ("presets.nosuch", "unknown preset 'nosuch'"),
        ("presets.wrong", "in the preset 'wrong'"),
        ("from", "the query ends"),
    ],
)
def test_what_can_t_be_evaluated(query: str, message: str) -> None:
    assert message in said(query)


def test_what_can_t_be_shown() -> None:
    def show(_answer: object) -> None:
        raise RenderError("there is no template 'x'")

    assert "there is no template" in objection("query[[from userstories]]", SCOPE, show)


@each(
    ("query", "count"),
    [
        ("query[[from userstories select subject]]", 2),
        ("query[[from tasks where is_closed select subject]]", 2),
        ("query[[from issues where not is_closed select due_date]]", 2),
        ("query[[from userstories select total_points]]", 2),
        ("query[[from userstories limit 1]]", 1),
        ("query[[from userstories select count()]]", 1),
        ("query[[from userstories select created_date]]", 2),
    ],
)
def test_what_lists_several_things_lists_several(query: str, count: int) -> None:
    found: list[object] = []
    assert objection(query, SCOPE, lambda answer: found.append(answer.value)) == ""
    assert len(found[0]) == count  # type: ignore[arg-type]
