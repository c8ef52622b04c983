"""Which joined fields a template uses, told by its text alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from taiga_notes.render import Templates, builtin_folder
from tests.tables import each

if TYPE_CHECKING:
    from pathlib import Path

TEMPLATES = Templates([builtin_folder()])

EACH = (
    ("{{ row.subject }} {{ row.attached }}", ""),
    ("%{row.description | truncate(20)}", "description"),
    ("{{ row['comments'] | length }} {{ row.days_in('New') }}", "comments days_in"),
    ("{{ row.custom.Customer or '' }}", "custom"),
    ("{{ [row] | map(attribute='custom.Customer') | join }}", "*.custom"),
    ("{{ row.tasks | map(attribute='comments') | join }}", "tasks tasks.comments"),
    ("{% for s in row.stories %}{{ s.comments }}{% endfor %}", "stories stories.comments"),
    ("{% set s = row.stories %}{{ s | sum('days_in.New') }}", "stories stories.days_in"),
    # In a macro a row may be any; nor is it told where a name stands for two things.
    ("{% macro m(s) %}{{ s.history }}{% endmacro %}{{ m(row) }}", "*.history"),
    (
        "{% for s in row.stories or row.related %}{{ s.custom }}{% endfor %}",
        "*.custom related stories",
    ),
    ("{% for g in rows | groupby('sprint') %}{{ g.list[0].history }}{% endfor %}", "history"),
    ("{{ (rows | flow).dates }}", "history"),
    ("{% if row.kind == 'tasks' %}{{ 'description' }}{% endif %}", ""),
    ("{% include 'discussion' %}", "attachments comments description"),
    ("{% include 'nothing' %}{{ row.history }}", "history"),
    ("{{ row.history", ""),
)
"""With what is used: `*` is any rows."""


@each(("text", "used"), EACH)
def test_what_a_short_template_uses(text: str, used: str) -> None:
    found = {
        ".".join((*(("*",) if field.rows is None else field.rows), field.name))
        for field in TEMPLATES.uses_each(text)
    }
    assert found == {*used.split()}


def test_what_a_template_uses_is_read_anew_when_its_file_changes(tmp_path: Path) -> None:
    own = tmp_path / "card.md.j2"
    templates = Templates([tmp_path])
    own.write_text("{{ rows[0].description }}")
    assert {field.name for field in templates.uses("card")} == {"description"}
    own.write_text("{% include 'card' %}{{ rows[0].comments }}")
    assert {field.name for field in templates.uses("card")} == {"comments"}
    assert templates.uses("nothing") == frozenset()


def test_a_field_that_a_template_does_not_spell_out_is_missing() -> None:
    row = {"kind": "userstories", "id": 1, "subject": "x"}
    text = "{% set name = 'descrip' ~ 'tion' %}{{ row[name] }}"
    with pytest.raises(Exception, match=r"unknown field 'description'.*row\.description"):
        TEMPLATES.render_each(text, [row])
    with pytest.raises(Exception, match=r"unknown field 'whom'.*'who'"):
        TEMPLATES.render_each("{{ row.comments[0].whom }}", [{**row, "comments": [{"who": "x"}]}])


def test_days_in_a_status_are_written_as_a_call() -> None:
    row = {"kind": "userstories", "days_in": {"New": 3}}
    text = "{{ row.days_in('New') }} {{ row.days_in('Done') }}"
    assert TEMPLATES.render_each(text, [row]) == "3 0\n"


BELOW: tuple[tuple[str, set[str]], ...] = (
    ("{{ row.custom.Customer }} {{ row.custom['Due at'] }}", {"custom.Customer", "custom.Due at"}),
    ("{{ row.days_in('In progress') }}", {"days_in.In progress"}),
    (
        "{{ rows | map(attribute='custom.Due at') | list }} {{ rows | groupby('custom.Size') }}",
        {"custom.Due at", "custom.Size"},
    ),
    ("{{ rows | sort(attribute='tasks.custom.Size, ref') | list }}", {"custom.Size"}),
    ("{{ rows | map(attribute='custom.Size', default='') }} {{ rows | map('upper') }}", set()),
    ("{{ rows | map(attribute='ref.custom.Size') }} {{ [row] | map(attribute='custom') }}", set()),
    ("{{ row.custom.Customer or '' }} {{ row.custom[name] }} {{ row.days_in(name) }}", set()),
)


@each(("text", "below"), BELOW)
def test_names_that_only_a_project_knows_are_told_unless_they_may_be_missing(
    text: str, below: set[str]
) -> None:
    used = TEMPLATES.uses_each(text)
    assert {f"{field.name}.{field.below}" for field in used if field.below} == below
