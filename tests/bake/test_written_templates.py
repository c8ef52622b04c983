"""SilverBullet's templates written in place become clauses."""

from __future__ import annotations

from taiga_notes.bake.baking import bake
from taiga_notes.bake.written_templates import clauses
from tests.tables import each

QUERY = "query[[from getTaigaTasks()]]"


@each(
    ("template", "each"),
    [
        ("template.new[==[* ${subject}]==]", '"* %{row.subject}"'),
        ("template.new[==[\n    * ${subject}\n]==]", '"* %{row.subject}"'),
        ("template.new('* ${ status_extra_info.name }')", '"* %{row.status_extra_info.name}"'),
        ('template.new "**${ref}** \\\\d"', '"**%{row.ref}** \\\\d"'),
        ('template.new[==[\n  a ${ref}\n    b "${subject}"\n]==]',
         '"  a %{row.ref}\\nb \\"%{row.subject}\\""'),
        ("template.new('    * ${ref}', true)", '"* %{row.ref}"'),
        ("template.new('    * ${ref}', false)", '"    * %{row.ref}"'),
        ("template.new[==[* ${_.subject}]==]", '"* %{row.subject}"'),
        ("template.new[==[\n### ${ref}\n\n]==]", '"### %{row.ref}\\n\\n"'),
        ("template.new[==[\n    * ${ref}\n  ]==]", '"* %{row.ref}"'),
        ("template . new ( [[no name]] )", '"no name"'),
    ],
)  # fmt: skip
def test_what_holds_nothing_but_names(template: str, each: str) -> None:
    assert clauses(f"template.each({QUERY}, {template})") == f"from getTaigaTasks()\neach {each}"


@each(
    "expression",
    [
        f"template.each({QUERY}, template.new[==[* ${{subject:lower()}}]==])",
        f"template.each({QUERY}, template.new[==[* ${{subject}} {{{{ x }}}}]==])",
        f"template.each({QUERY}, template.new[==[* %{{x}}]==])",
        f"template.each({QUERY}, template.new[==[]==])",
        f"template.each({QUERY}, template.new(x))",
        f"template.each({QUERY}, template.new('x', 5))",
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


SELECT = "query[[from userstories select template.new"
NAMED = "query[[from p = userstories select template.new"


@each(
    ("expression", "block"),
    [
        (
            f"{NAMED}[==[\n    - ${{s}} ${{p.a}}\n]==]{{p = p, s = p.x}}]]",
            'from p = userstories\neach "- %{row.x} %{row.a}"',
        ),
        (
            f"some({NAMED}[==[* ${{ref}}]==](p) limit 2]]) or '_None_'",
            'from p = userstories\nlimit 2\neach "* %{row.ref}"\nempty "_None_"',
        ),
        (
            f"{SELECT}'* ${{a}} ${{_.ref}}'{{a = subject, _ = _,}} limit 3]]",
            'from userstories\nlimit 3\neach "* %{row.subject} %{row.ref}"',
        ),
        (
            "query[[from tasks where ref in {1} select template.new('${ref}', false)(_)]]",
            'from tasks where ref in {1}\neach "%{row.ref}"',
        ),
        (
            f"template.each({QUERY}, template.new'* ${{ref}}') or 'none'",
            'from getTaigaTasks()\neach "* %{row.ref}"\nempty "none"',
        ),
        (
            f"some(template.each({QUERY}, template.new'* ${{ref}}')) or 'none'",
            'from getTaigaTasks()\neach "* %{row.ref}"\nempty "none"',
        ),
        (f"{SELECT}'${{a}}'{{a = ref}}]]", 'from userstories\neach "%{row.ref}"'),
        (f"{SELECT}'${{a}}'({{a = ref}})]]", 'from userstories\neach "%{row.ref}"'),
        (f"{SELECT}'* ${{ref}}'(_)]] or 'never'", 'from userstories\neach "* %{row.ref}"'),
        (
            "template.each(query[[from query[[from tasks]] where tags[1]]], template.new'${ref}')",
            'from query[[from tasks]] where tags[1]\neach "%{row.ref}"',
        ),
    ],
)
def test_what_silverbullet_documents_today(expression: str, block: str) -> None:
    assert clauses(expression) == block


@each(
    "expression",
    [
        "query[[from p = userstories select template.new'${name}'{name = q.subject}]]",
        "query[[from p = userstories select template.new'${other}'{name = p.subject}]]",
        "query[[from p = userstories select template.new'${ref:lower()}'(p)]]",
        "query[[from p = userstories select template.new'${ref}'(p) or 'x']]",
        "query[[from p = userstories select template.new'${ref}'(p) where query[[from tasks]] ]]",
        "query[[from p = userstories select template.new'${ref}'(p) where 1",
        "query[[from p = userstories select template.new'${ref}'(q)]]",
        f"{NAMED}'${{ref}}'{{ref = p.ref subject = p.subject}}]]",
        "query[[from p = userstories group by p.ref select template.new'${ref}'(p)]]",
        "query[[from p = query[[from tasks]] select template.new'${ref}'(p)]]",
        "query[[from p = userstories]]",
        "template.each(query[[from userstories",
        "template.each(query[[from x where template.new'x']], template.new'x')",
        "query[[from p = userstories",
        f"some(template.each({QUERY}, template.new'${{ref}}')) or '%{{x}}'",
        f"some(template.each({QUERY}, template.new'${{ref}}')",
        "query[[where true select template.new'${ref}'(_)]].x",
    ],
)
def test_what_is_too_much_for_a_block(expression: str) -> None:
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
