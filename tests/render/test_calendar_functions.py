"""The day, the week and the sprints around it, in templates; which they are, `calendar` says."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from taiga_notes.errors import RenderError, UnreachableError
from taiga_notes.model.calendar import Calendar
from taiga_notes.render import Templates, builtin_folder
from tests.tables import each

if TYPE_CHECKING:
    from collections.abc import Sequence

    from taiga_notes.model.rows import Row

TEMPLATES = Templates([builtin_folder()])
SPRINT = {"id": 2, "name": "Sprint *2*", "kind": "milestones"} | {
    "estimated_start": "2026-11-09",
    "estimated_finish": "2026-11-22",
}
DAY = date(2026, 11, 22)
DATED = TEMPLATES.dated(Calendar(DAY, lambda: [SPRINT]))
COSTLY = "{{ [1] | length }}"
"""What is rendered in the other process."""


def shown(text: str, templates: Templates = DATED) -> str:
    return templates.render_each(text, [{}]).rstrip("\n")


FUNCTIONS = [
    ("{{ today() }} {{ today(-1) }}", "2026-11-22 2026-11-21"),
    ("{{ this_week().start }} {{ this_week(weeks=1).number }}", "2026-11-16 48"),
    ("{{ current_sprint().name }}", r"Sprint \*2\*"),
    ("{{ current_sprint().estimated_finish | date('%d %b') }}", "22 Nov"),
    ("{{ next_sprint() or 'none' }}{{ last_sprint().name }}", "none"),
    ("{% if next_sprint() %}x{% else %}y{% endif %}", "y"),
]


@each(("text", "expected"), FUNCTIONS)
def test_a_template_can_ask_for_them(text: str, expected: str) -> None:
    assert shown(text) == expected


@pytest.mark.slow
def test_also_one_that_is_rendered_in_the_other_process() -> None:
    for text, expected in FUNCTIONS:
        assert shown(text + COSTLY) == f"{expected}1"


@each(
    ("text", "message"),
    [
        ("{{ today('x') }}", "today wants a whole number of days"),
        ("{{ this_week(true) }}", "this_week wants a whole number of weeks"),
        ("{{ today(10 ** 9) }}", "there is no day that is so far away"),
        ("{{ current_sprint().nmae }}", "unknown field 'nmae'"),
        ("{{ curent_sprint() }}", "nothing is called 'curent_sprint' here"),
    ],
)
def test_what_is_wrong_with_them_is_told(text: str, message: str) -> None:
    with pytest.raises(RenderError, match=message):
        shown(text)


def test_who_asks_for_no_sprint_asks_for_no_rows() -> None:
    def sprints() -> Sequence[Row]:
        raise UnreachableError("no answer from taiga.example")

    unreached = TEMPLATES.dated(Calendar(DAY, sprints))
    assert shown("{{ today() }}", unreached) == "2026-11-22"
    for text in ("{{ current_sprint() }}", "{{ [current_sprint()] }}"):
        with pytest.raises(UnreachableError):
            shown(text, unreached)


def test_without_a_day_that_is_told() -> None:
    for text in ("{{ today() }}", "{{ current_sprint().name }}"):
        with pytest.raises(RenderError, match="what day it is is not known here"):
            shown(text, TEMPLATES)
