"""What a template does wrong with values is told in its author's words, and never in Python's."""

from __future__ import annotations

import re

import pytest

from taiga_notes.errors import RenderError
from taiga_notes.render import Templates, builtin_folder
from tests.tables import each

TEMPLATES = Templates([builtin_folder()])
ROW = {"subject": "Sign-up", "ref": 3, "points": None, "tags": ["a", 1], "is_closed": False}
PYTHON = re.compile(r"positional|instances of|NoneType|operand|<lambda>|__|concatenate|'(str|int)'")


@each(
    ("text", "told"),
    [
        # How it is written.
        ("row.subject | markdown(1, 2)", "write `| markdown` or `| markdown(most)`"),
        ("row.subject | item(3)", "write `| item`"),
        ("row.ref | bar", "write `| bar(total)`"),
        ("[row] | so_far", "write `| so_far(attribute, axis)` or `| so_far(attribute, axis, numb"),
        ("row.subject | replace('a')", "write `| replace(old, new)` or `| replace(old, new, cou"),
        ("row.subject | upper(3)", "write `| upper`"),
        ("row.subject | date(zone='x')", "write `| date` or `| date(form)`"),
        ("row.tags | join(1, 2, 3)", "write `| join` or `| join(d, attribute)`"),
        ("today(3, 4)", "write `today()` or `today(days)`"),
        ("this_week(week=3)", "write `this_week()` or `this_week(weeks)`"),
        ("current_sprint(3)", "write `current_sprint()`"),
        ("notes_about()", "write `notes_about(row)`"),
        # What it wants.
        ("row.subject | markdown('x')", "`markdown` wants a whole number (most), and 'x' is none"),
        ("row.subject | truncate(row.points)", "`truncate` wants a whole number (length), and no"),
        ("row.subject | indent(row.subject)", "whole number (width), and 'Sign-up' is none"),
        ("row.tags | map('truncate', 'x')", "`truncate` wants a whole number (length)"),
        ("1.25 | round('x')", "`round` wants a whole number (precision), and 'x' is none"),
        ("range(1, 'x')", "`range` wants a whole number (bounds), and 'x' is none"),
        # What does not go together.
        ("row.subject < 3", "a text and a number have no order, as `<` wants it"),
        ("row.points >= 3", "nothing and a number have no order, as `>=` wants it (a field with"),
        ("row.tags | sort", "have no order, as `<` wants it"),
        ("row.tags | max", "have no order, as `>` wants it"),
        ("row.subject + 3", "a text and a number do not go together by `+`: `~` joins texts"),
        ("row.points + 3", "nothing and a number do not go together by `+` (a field without a"),
        ("row.tags / 2", "a list and a number do not go together by `/`"),
        ("-row.subject", "`-` wants a number, and this is a text"),
        ("row.subject | abs", "`abs` wants a number, and this is a text"),
        ("3 in row.ref", "a list is wanted here, and this is a number"),
    ],
)
def test_mistakes_are_told_as_templates_are_written(text: str, told: str) -> None:
    with pytest.raises(RenderError) as caught:
        TEMPLATES.render_each(f"%{{{text}}}", [ROW])
    assert told in str(caught.value)
    assert not PYTHON.search(str(caught.value))


@each(
    "text",
    [
        *("row.nope ~ ' pt'", "'%d' % row.nope", "(1, row.nope)", "[[row.nope]]", "-row.nope"),
        *("'%d' | format(row.nope)", "'%(a)s' | format(a=row.nope)", "row.nope | name"),
        *("row.subject | truncate(row.nope)", "row.subject | replace('S', row.nope)"),
        *("row.subject | link(row.nope)", "range(row.nope)", "[1] | sum(start=row.nope)"),
    ],
)
def test_a_missing_field_is_told_wherever_it_stands(text: str) -> None:
    with pytest.raises(RenderError, match="unknown field 'nope'"):
        TEMPLATES.render_each(f"%{{{text}}}", [ROW])


def test_what_is_right_is_none() -> None:
    text = "%{row.subject | truncate(length=4, end='.')} %{today and 1.256 | round(2)}"
    assert TEMPLATES.render_each(text, [ROW]) == "Sig. 1.26\n"
