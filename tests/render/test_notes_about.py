"""`notes_about(row)` in templates: links to the pages that name an item."""

from __future__ import annotations

from datetime import date

import pytest

from taiga_notes.errors import RenderError
from taiga_notes.markdown.text import JOINER
from taiga_notes.model.calendar import Calendar
from taiga_notes.render import Templates, builtin_folder
from tests.tables import each

LINKS = {"userstories/12": ["[[A]]", "[[B *c*]]"]}
TEMPLATES = Templates([builtin_folder()]).dated(Calendar(date(2026, 11, 22)), lambda: LINKS)
ROWS = [{"kind": "userstories", "id": 12}, {"kind": "tasks", "id": 12}]
TEXT = "{{ notes_about(row) | join(', ') or 'none' }}"
COSTLY = "{{ [1] | length }}"


def test_links_stand_as_they_are_and_are_those_of_the_item() -> None:
    assert TEMPLATES.render_each(TEXT, ROWS) == "[[A]], [[B *c*]]\nnone\n"


@each(
    ("text", "written"),
    [
        ("{{ notes_about(row) }}", "[[A]], [[B *c*]]\n\n"),
        ("- {{ notes_about(row) }} x", "- [[A]], [[B *c*]] x\n-  x\n"),
        ("{{ notes_about(row) | list }}", "[[A]], [[B *c*]]\n\n"),
        ("{{ ['[[x]]', 'a' | link('https://t.ex')] }}", "·[·[·x]], [a](https://t.ex)\n" * 2),
    ],
)
def test_a_list_of_links_holds_links(text: str, written: str) -> None:
    assert TEMPLATES.render_each(text, ROWS).replace(JOINER, "·") == written


@pytest.mark.slow
def test_also_in_the_other_process() -> None:
    assert TEMPLATES.render_each(TEXT + COSTLY, ROWS) == "[[A]], [[B *c*]]1\nnone1\n"


def test_what_is_no_item_is_told() -> None:
    with pytest.raises(RenderError, match="notes_about wants an item of Taiga"):
        TEMPLATES.render_each("{{ notes_about(row.id) }}", ROWS)
