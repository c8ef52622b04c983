"""Functions that put texts together become templates; others are told."""

from __future__ import annotations

import pytest

from taiga_notes.bake.space_lua import read_script
from taiga_notes.bake.template_functions import (
    LONGEST,
    MOST_LOCALS,
    UnfitTemplateError,
    function_text,
    template_file,
    written_text,
)
from tests.tables import each


def text_of(body: str) -> str:
    script = f"templates.x = function(t)\n{body}\nend"
    return function_text(script, read_script(script).functions[0])


@each(
    ("body", "text"),
    [
        ('return "* " .. t.subject .. "\\n"', "* %{row.subject}\n"),
        ('return string.format("* #%d %s\\n", t.ref, t.a.b)', "* #%{row.ref} %{row.a.b}\n"),
        ('return ("%s"):format(t.ref)', "%{row.ref}"),
        ('local u = "u/" .. t.ref local v = u return "(" .. v .. ")"', "(u/%{row.ref})"),
        ('local f = "[%s]" .. "(" .. t.url .. ")"; return string.format(f, t.ref);',
         "[%{row.ref}](%{row.url})"),
        ('return string.format("50%% of %s", "it")', "50% of it"),
        ('return tostring(t.ref) .. 5 .. "" .. 1.5', "%{row.ref}51.5"),
        ('return string.format("%03d|%.1f", t.ref, t.points)',
         '%{"%03d" | format(row.ref)}|%{"%.1f" | format(row.points)}'),
        ('return t.sprint or "none"', '%{"none" if row.sprint is none else row.sprint}'),
        ("return t.total_points or 0", "%{0 if row.total_points is none else row.total_points}"),
        ('return t.is_closed and "x" or " "',
         '%{"x" if not (row.is_closed is none or row.is_closed is false) else " "}'),
        ('return not t.is_closed and "o" or t.ref',
         '%{"o" if row.is_closed is none or row.is_closed is false else row.ref}'),
        ('return t.status_name == "New" and "!" or ""',
         '%{"!" if row.status_name == "New" else ""}'),
        ('return t.status_name ~= "New" and "!" or ""',
         '%{"!" if row.status_name != "New" else ""}'),
        ('return t["subject"] -- that is all', "%{row.subject}"),
        ('return "a" --[[ and ]] .. "b"', "ab"),
    ],
)  # fmt: skip
def test_what_puts_texts_together(body: str, text: str) -> None:
    assert text_of(body) == text


@each(
    ("body", "reason", "place"),
    [
        ("if t.x then return 'a' end return 'b'", "more than put texts together", "if"),
        ("local s = 'a' s = s .. t.ref return s", "can't be read", "'a'"),
        ("x = 1", "more than", "x"),
        ("return", "more than", "return"),
        ("local a", "more than", "local"),
        ("return other(t)", "more than", "other"),
        ("return t", "more than", "t"),
        ("return u.ref", "more than", "u"),
        ("return t['a b']", "more than", "t["),
        ("return t[1]", "more than", "t["),
        ("return nil", "more than", "nil"),
        ("return 'a' .. nil", "more than", "nil"),
        ("return t.a and t.b", "more than", "and"),
        ("return t.a or '{{'", "more than", "'{{'"),
        ("return string.format('%q', t.a)", "more than", "'%q'"),
        ("return string.format('%s')", "more than", "'%s'"),
        ("return string.format('%')", "more than", "'%'"),
        ("return t.a .. query[[from x]]", "more than", "return"),
        ("return 'a' ..", "can't be read", "'a'"),
        ("return '{{ x }}'", "holds `{{`", "(t)"),
        ("return '${x}'", "holds `{{`", "(t)"),
        ("return '{' .. t.ref", "holds `{{`", "(t)"),
        (f"return '{'x' * LONGEST}' .. t.ref", "more than 4,000 characters", "'xx"),
    ],
)
def test_what_does_more_is_told_with_its_place(body: str, reason: str, place: str) -> None:
    script = f"templates.x = function(t)\n{body}\nend"
    with pytest.raises(UnfitTemplateError) as caught:
        text_of(body)
    assert reason in caught.value.reason
    assert script[caught.value.at :].startswith(place)


def test_one_local_may_not_be_twice_another_without_end() -> None:
    doubled = "".join(f" local b{n} = b{n - 1} .. b{n - 1}" for n in range(1, 45))
    with pytest.raises(UnfitTemplateError, match="more than 4,000"):
        text_of(f"local b0 = 'xyz'{doubled} return b44")
    assert text_of(f"local b0 = ''{doubled} return b44") == ""
    many = "".join(f" local c{n} = 'x'" for n in range(MOST_LOCALS + 1))
    with pytest.raises(UnfitTemplateError, match="does more"):
        text_of(f"{many} return 'x'")


def test_templates_written_in_place() -> None:
    script = (
        "templates.a = template.new[==[\n    * ${ref}\n  ]==]\n"
        "templates.b = template.new('${ref:lower()}')\n"
    )
    found = read_script(f"{script}templates.c = template.new(x)").written
    assert written_text(found["templates.a"]) == "* %{row.ref}\n"
    for name in ("templates.b", "templates.c"):
        with pytest.raises(UnfitTemplateError, match="more that is live"):
            written_text(found[name])


def test_a_template_s_file() -> None:
    assert template_file("* %{row.ref}\n", "A list.") == (
        "{# A list. #}\n{% for row in rows %}\n* {{ row.ref }}\n{% endfor %}\n"
    )
    assert template_file("%{row.ref} ", "A list.") == (
        "{# A list. #}\n{% for row in rows %}{{ row.ref }} {% endfor %}\n"
    )
