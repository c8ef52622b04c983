"""SilverBullet's templates written in place become clauses."""

from __future__ import annotations

import pytest

from taiga_notes.bake import bake
from taiga_notes.bake.templates import clauses

QUERY = "query[[from getTaigaTasks()]]"


@pytest.mark.parametrize(
    ("template", "each"),
    [
        ("template.new[==[* ${subject}]==]", '"* %{row.subject}"'),
        ("template.new[==[\n    * ${subject}\n]==]", '"* %{row.subject}"'),
        ("template.new('* ${ status_extra_info.name }')", '"* %{row.status_extra_info.name}"'),
        ('template.new "**${ref}** \\\\d"', '"**%{row.ref}** \\\\d"'),
        ('template.new[==[\n  a ${ref}\n    b "${subject}"\n]==]',
         '"a %{row.ref}\\n  b \\"%{row.subject}\\""'),
        ("template . new ( [[no name]] )", '"no name"'),
    ],
)  # fmt: skip
def test_what_holds_nothing_but_names(template: str, each: str) -> None:
    assert clauses(f"template.each({QUERY}, {template})") == f"from getTaigaTasks()\neach {each}"


@pytest.mark.parametrize(
    "expression",
    [
        f"template.each({QUERY}, template.new[==[* ${{subject:lower()}}]==])",
        f"template.each({QUERY}, template.new[==[* ${{subject}} {{{{ x }}}}]==])",
        f"template.each({QUERY}, template.new[==[* %{{x}}]==])",
        f"template.each({QUERY}, template.new[==[]==])",
        f"template.each({QUERY}, template.new(x))",
        f"template.each({QUERY}, template.new('x', true))",
        f"template.each({QUERY}, template.new('x'",
        f"template.each({QUERY}, templates.x)",
        "template.each(x, template.new('x'))",
        "template.new('x')",
        "'",
        "",
        "'x')",
        "x",
    ],
)
def test_anything_else(expression: str) -> None:
    assert clauses(expression) == ""


def test_a_block_takes_the_directive_s_place_in_a_quote() -> None:
    page = f"> - ${{template.each({QUERY}, template.new[==[* ${{ref}}]==])}}\n"
    baked = bake(page)
    assert baked.text.splitlines()[1:] == [
        ">   from getTaigaTasks()",
        '>   each "* %{row.ref}"',
        ">   -->",
        ">   <!-- /taiga -->",
    ]
    assert (baked.count, baked.left) == (1, ())


def test_what_can_t_become_one_is_left_as_it_is() -> None:
    page = f"a ${{template.each({QUERY}, template.new[==[* ${{ref}}]==])}} b\n"
    baked = bake(page)
    assert baked.text == page
    assert "a list does not fit within a line" in baked.left[0].reason
