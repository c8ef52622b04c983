"""Queries whose results SilverBullet's own evaluator gave: `sliq_cases.json`.

None of them meets what is done differently here on purpose: nil-safe access, unknown names.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from taiga_notes.errors import QueryError
from taiga_notes.query import evaluate
from tests.query.scopes import scope
from tests.tables import each

if TYPE_CHECKING:
    from collections.abc import Sequence

NEVER_EQUAL = {
    "query[[from p = getTaigaTasks() where p.ref == '12' select p.ref]]",
    "query[[from p = getTaigaTasks() where table.includes(p.tags, 'bug') select p.ref]]",
}
"""Here SilverBullet gives no rows: a reference is a number, and a tag in `tags` is a pair."""

CASES = json.loads((Path(__file__).parent / "sliq_cases.json").read_text(encoding="utf-8"))
STORIES = CASES["stories"]


def recurring_tasks(template: str, rows: Sequence[Any]) -> str:
    """The template of the original integration."""
    assert template == "taigaRecurringTasks"
    return "".join(
        "* [Link](https://tree.taiga.io/project/{project}/us/{ref}) [{status}] {subject}\n".format(
            project=row["project_extra_info"]["slug"],
            ref=row["ref"],
            status=row["status_extra_info"]["name"],
            subject=row["subject"],
        )
        for row in rows
    )


def with_empty_tables(value: Any) -> Any:
    """Lua has one empty table, which JSON writes as `[]` or `{}`."""
    if isinstance(value, dict):
        return {key: with_empty_tables(part) for key, part in value.items()} or []
    return [with_empty_tables(part) for part in value] if isinstance(value, list) else value


@each("case", CASES["cases"], ids=lambda case: " ".join(case["expr"].split()))
def test_the_result_is_silverbullets(case: dict[str, Any]) -> None:
    where = scope(STORIES, render=recurring_tasks)
    if case.get("error") or case["expr"] in NEVER_EQUAL:
        with pytest.raises(QueryError):
            evaluate(case["expr"], where)
    else:
        found = evaluate(case["expr"], where).value
        assert with_empty_tables(found) == with_empty_tables(case["result"])
        assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize(
    "text",
    [
        # SilverBullet aborts: "attempt to index a nil value".
        "query[[from p = getTaigaTasks() select p.assigned_to_extra_info.username]]",
        "query[[from getTaigaTasks() select assigned_to_extra_info.username]]",
    ],
)
def test_nil_has_nothing_below_it_where_silverbullet_aborts(text: str) -> None:
    assert evaluate(text, scope(STORIES)).value == [None, "ann", "bob"]


def test_nil_is_less_than_nothing_where_silverbullet_aborts() -> None:
    text = "query[[from p = getTaigaTasks() where p.due_date < '2026-02-01' select p.ref]]"
    assert evaluate(text, scope(STORIES)).value == [11, 13]
