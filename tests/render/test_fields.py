"""Fields that nothing has are errors in templates; what is nil prints nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from taiga_notes.errors import RenderError
from taiga_notes.refresh.dependencies import PageData
from taiga_notes.render import Templates, builtin_folder
from tests.render.test_render import STORIES

if TYPE_CHECKING:
    from collections.abc import Mapping

TEMPLATES = Templates([builtin_folder()])


def each(text: str, rows: object = STORIES, page: Mapping[str, object] | None = None) -> str:
    given = rows if isinstance(rows, list) else [rows]
    return TEMPLATES.render_each(text, given, page=PageData(page or {}))


def missing(text: str, rows: object = STORIES, page: Mapping[str, object] | None = None) -> str:
    with pytest.raises(RenderError) as caught:
        each(text, rows, page)
    return f"{caught.value.message}: {caught.value.hint}"


def test_a_misspelt_field_is_an_error_wherever_it_is_used() -> None:
    for used in (
        *("{{ row.subjcet }}", "%{row.subjcet}", "{{ row['subjcet'] }}"),
        "{{ row.subjcet | upper }}",
        *("{% if row.subjcet %}x{% endif %}", "{% if row.subjcet == 'x' %}{% endif %}"),
        *("{{ 'x' if row.subjcet }}", "{{ rows | map(attribute='subjcet') | join }}"),
        *("{{ rows | sort(attribute='subjcet') | length }}", "[x]({{ row.subjcet }})"),
        *("{{ rows | selectattr('subjcet') | list }}", "{{ row.subjcet is none }}"),
        *("{{ row.subjcet.x }}", "{{ row.subjcet | link(row.url) }}", "{{ row.subjcet | item }}"),
    ):  # fmt: skip
        assert missing(used) == "unknown field 'subjcet': did you mean 'subject'?", used


def test_the_message_names_the_place() -> None:
    with pytest.raises(RenderError) as caught:
        each("{{ row.ref }} {{ row.subjcet }}")
    assert (caught.value.line, caught.value.column) == (1, 15)


def test_what_the_kind_has_is_nil_where_the_row_has_it_not() -> None:
    assert each("{{ row.due_date }}{{ row.sprint }}x", STORIES[:1]) == "x\n"
    assert each("{{ row.severity_name }}x", {**STORIES[0], "kind": "issues"}) == "x\n"
    assert "severity_name" in missing("{{ row.severity_name }}")


def test_so_it_is_within_what_taiga_nests() -> None:
    assert (
        missing("{{ row.status_extra_info.nmae }}") == "unknown field 'nmae': did you mean 'name'?"
    )
    assert each("{{ row.status_extra_info.color }}x", STORIES[:1]) == "x\n"
    assert each("{{ row.assigned_to_extra_info.username }}x", STORIES[:1]) == "x\n"
    assert missing("{{ row.subject.name }}") == "unknown field 'name': a text has no fields"
    assert missing("{{ row.tags.name }}", {**STORIES[0], "tags": []}).endswith(
        "a list has no fields"
    )
    assert missing("{{ row.ref.name }}").endswith("a number has no fields")


def test_of_a_record_counts_what_any_of_the_rows_has() -> None:
    rows = [{"who": "ann"}, {"who": "bob", "open": 3}]
    assert each("{{ row.open }}", rows) == "\n3\n"
    assert missing("{{ row.opne }}", rows) == "unknown field 'opne': did you mean 'open'?"
    assert each("{{ row.points.Back }}{{ row.none.x }}x", {"points": {"Front": 3}, "none": None})
    assert each("{{ row.empty.x }}x", {"empty": {}}) == "x\n"
    assert "unknown field" in missing("{{ row.grup }}", {"key": 1, "group": STORIES})


def test_or_and_default_say_that_it_may_be_missing() -> None:
    for used in ("{{ row.x or '–' }}", "{{ row.x | default('–') }}", "{{ row.x | d('–') }}"):
        assert each(used, {"y": 1}) == "–\n"
    assert each("{{ row.x is defined }} {{ row.x is undefined }}", {"y": 1}) == "false true\n"
    assert each("{{ row.y or '–' }}", {"y": 1}) == "1\n"


def test_a_page_has_what_its_front_matter_has() -> None:
    page = {"name": "A", "owner": "ann", "due": None}
    assert each("{{ page.owner }}{{ page.due }}", 1, page) == "ann\n"
    assert missing("{{ page.ownr }}", 1, page) == (
        "unknown field 'page.ownr': did you mean 'page.owner'?"
    )
    assert missing("{{ page.zzz }}", 1, page).endswith("write page.zzz or '…' if it may be missing")
    assert each("{{ page.ownr or 'bob' }}", 1, page) == "bob\n"
    assert each("{{ page.ownr }}x", 1) == "x\n"  # there is no page


def test_the_columns_of_a_table_are_fields_too() -> None:
    assert "did you mean 'subject'" in missing("{{ rows | table('ref', 'subjcet') }}")
    assert "Due" not in each("{{ rows | table('ref', 'due_date') }}", STORIES[:1])
    assert each("{{ rows | table('a.b') }}", {"a.b": 1}).startswith("| a.b")
    assert each("{{ [] | table('x') }}x", 1) == "x\n"


def test_a_row_within_a_row_is_its_link() -> None:
    link = f"[#11 \\[UI\\] Alpha \\*1\\*]({STORIES[1]['url']})"
    shown = each("{{ row.Story }}", {"Story": STORIES[1]})
    assert shown.replace("\u2060", "").strip() == link
