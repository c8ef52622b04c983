"""`notes_about(row)` in templates: links to the pages that name an item."""

from __future__ import annotations

from datetime import date

import pytest

from taiga_notes.errors import RenderError
from taiga_notes.model.calendar import Calendar
from taiga_notes.render import Templates, builtin_folder

LINKS = {"userstories/12": ["[[A]]", "[[B *c*]]"]}
TEMPLATES = Templates([builtin_folder()]).dated(Calendar(date(2026, 11, 22)), lambda: LINKS)
ROWS = [{"kind": "userstories", "id": 12}, {"kind": "tasks", "id": 12}]
TEXT = "{{ notes_about(row) | join(', ') or 'none' }}"
COSTLY = "{{ [1] | length }}"


def test_links_stand_as_they_are_and_are_those_of_the_item() -> None:
    assert TEMPLATES.render_each(TEXT, ROWS) == "[[A]], [[B *c*]]\nnone\n"


@pytest.mark.slow
def test_also_in_the_other_process() -> None:
    assert TEMPLATES.render_each(TEXT + COSTLY, ROWS) == "[[A]], [[B *c*]]1\nnone1\n"


def test_what_is_no_item_is_told() -> None:
    with pytest.raises(RenderError, match="notes_about wants an item of Taiga"):
        TEMPLATES.render_each("{{ notes_about(row.id) }}", ROWS)
