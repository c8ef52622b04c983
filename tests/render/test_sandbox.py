"""Templates of a vault that was cloned from a stranger: what they can't do, and when they end."""

from __future__ import annotations

import time
import tracemalloc
from typing import TYPE_CHECKING

import pytest
from jinja2 import UndefinedError
from jinja2.filters import FILTERS
from jinja2.tests import TESTS

from taiga_notes.errors import RenderError
from taiga_notes.markdown.text import JOINER
from taiga_notes.render import Templates, builtin_folder, render_process, template_budget
from tests.oracle import expected, shape
from tests.tables import each

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

EVIL = "*x* [y](javascript:z) <b> ${q} {{ w }} `c` ![i](u) [[p]] <!-- taiga"


@pytest.fixture(scope="module")
def templates() -> Templates:
    return Templates([builtin_folder()])


def rendered(templates: Templates, text: str) -> str:
    return templates.render_each(text, [{"evil": EVIL, "n": 3, "list": [EVIL, EVIL]}])


# Nothing but `| raw` lets text through.


@each(
    "expression",
    [
        "row.evil",
        "row['evil']",
        "'' ~ row.evil",
        "row.evil ~ ''",
        "'' ~ row.evil ~ ''",
        "row.evil + ''",
        "'' + row.evil",
        "row.evil * 1",
        "'%s' % row.evil",
        "' %s ' % row.evil",
        "'%(a)s' % {'a': row.evil}",
        "'%s' | format(row.evil)",
        "row.evil | format",
        "row.evil if true",
        "row.evil or ''",
        "row.evil and row.evil",
        "row.evil[0:]",
        "row.list[0]",
        "row.list | first",
        "row.list | last",
        "[row.evil] | join",
        "[row.evil, ''] | join('')",
        "['', ''] | join(row.evil)",
        "row.list | min",
        "(row | dictsort | first)[1]",
        "row.list | map('string') | first",
        "row.list | map('escape') | first",
        "row.evil | default('x')",
        "none | default(row.evil)",
        "row.evil | string",
        "row.evil | trim",
        "row.evil | indent",
        "row.evil | escape",
        "row.evil | e | e",
        "row.evil | replace('#', '')",
        "row.evil | truncate(999)",
        "row.evil | item",
        "row.evil | name",
        "row.evil | cell",
        "row.evil | link('')",
        "row.evil | link(row.evil)",
        "dict(a=row.evil).a",
        "namespace(a=row.evil).a",
        "cycler(row.evil).current",
        "joiner()() ~ row.evil",
        "loop.cycle(row.evil)",
        "{'a': row.evil}['a']",
        "(row.evil,)[0]",
    ],
)
def test_no_expression_yields_what_acts(templates: Templates, expression: str) -> None:
    harmless = shape("a Xq0 b", "gfm")
    found = shape(rendered(templates, f"a {{{{ {expression} }}}} b"), "gfm")
    assert expected(found, {}) == expected(harmless, {"Xq0": EVIL})


@each(
    "text",
    [
        "a {% set x = row.evil %}{{ x }} b",
        "a {% set x %}{{ row.evil }}{% endset %}{{ x }} b",
        "a {% set x | trim %}{{ row.evil }}{% endset %}{{ x }} b",
        "a {% macro m(x) %}{{ x }}{% endmacro %}{{ m(row.evil) }} b",
        "a {% macro m(x=row.evil) %}{{ x }}{% endmacro %}{{ m() }} b",
        "a {% macro m() %}{{ caller() }}{% endmacro %}{% call m() %}{{ row.evil }}{% endcall %} b",
        "a {% macro m() %}{{ varargs[0] }}{% endmacro %}{{ m(row.evil) }} b",
        "a {% macro m() %}{{ kwargs.x }}{% endmacro %}{{ m(x=row.evil) }} b",
        "a {% for x in row.list[:1] %}{{ x }}{% endfor %} b",
        "a {% for x in [row.evil] recursive %}{{ x if x is string else loop(x) }}{% endfor %} b",
        "a {% with x = row.evil %}{{ x }}{% endwith %} b",
        "a {% filter trim %}{{ row.evil }}{% endfilter %} b",
        "a {% if row.evil %}{{ row.evil }}{% endif %} b",
    ],
)
def test_no_statement_yields_what_acts(templates: Templates, text: str) -> None:
    harmless = shape("a Xq0 b", "gfm")
    found = shape(rendered(templates, text), "gfm")
    assert expected(found, {}) == expected(harmless, {"Xq0": EVIL})


@each(
    "text",
    [
        "{% set x | upper %}{{ row.evil }}{% endset %}{{ x }}",
        "{% set x | replace('\\\\', '') %}{{ row.evil }}{% endset %}{{ x }}",
        "{% filter lower %}{{ row.evil }}{% endfilter %}",
        "{% filter replace('\\\\', '') %}{{ row.evil }}{% endfilter %}",
        "{{ row.evil | e | upper }}",
        "{{ row.evil | e | replace('\\\\', '') }}",
        "{{ row.evil | e | truncate(30) }}",
        "{{ (row.evil | e)[1:] }}",
        "{{ row.evil | e | reverse }}",
        "{{ (row.evil | e) * 2 }}",
        "{{ '%s' % (row.evil | e) }}",
        "{{ row.list | map('e') | list | string }}",
        "{{ row | tojson }}",
        "{{ row }}",
        "{{ row.list }}",
        "{{ row.list | join('*') }}",
        "{{ row.evil | reverse }}",
        "{{ row.evil | title }}",
        "{{ row | items | list }}",
        "{{ [row] | groupby('evil') }}",
    ],
)
def test_text_that_was_worked_on_acts_no_more_than_before(templates: Templates, text: str) -> None:
    kinds = {kind for kind, _, _ in shape(f"a {rendered(templates, text)}", "gfm")}
    assert kinds == {"paragraph_open p ", "text", "paragraph_close p "}


def test_raw_is_the_way_out(templates: Templates) -> None:
    assert rendered(templates, "{{ row.evil | raw }}") == EVIL + "\n"
    assert rendered(templates, "[x]({{ row.evil | raw }})") == f"[x]({EVIL})\n"
    assert rendered(templates, "<p {{ 'a=\"b\"' | raw }}>") == '<p a="b">\n'


@each("name", sorted({*FILTERS, *TESTS} - {"raw"}))
def test_jinjas_other_filters_and_tests_are_not_there(templates: Templates, name: str) -> None:
    known = {*templates._renderer._sandbox.filters, *templates._renderer._sandbox.tests}
    unsafe = {"safe", "forceescape", "xmlattr", "urlize", "striptags", "attr", "pprint", "random"}
    useless = {"callable", "escaped", "sameas", "test", "filter", "center", "wordwrap"}
    assert (name in known) != (name in {*unsafe, *useless, "filesizeformat"})


@each(
    ("place", "written"),
    [
        ("[x]({{ row.evil }})", "[x](#)"),
        ('<a href="{{ row.evil }}">x</a>', '<a href="#">x</a>'),
        ("<{{ row.evil }}>", "<#>"),
        ("[x](https://t.example/{{ '*/..)(' }})", "[x](https://t.example/%2A/.%2E%29%28)"),
        ('<p title="{{ \'"><b>\' }}">', '<p title="&#34;&#62;&#60;b&#62;">'),
        ("<!-- {{ '--> x' }} -->", "<!--  x -->"),
        ("`{{ '`x`' }}`", "`'x'`"),
        ("```\n{{ '```' }}\n```", "```\n'''\n```"),
        ("```mermaid\nA[\"{{ 'a\"]' | mermaid }}\"]\n```", '```mermaid\nA["a#34;#93;"]\n```'),
        ("[[{{ 'a]] b' }}]]", "[[a b]]"),
        ("[x](https://t.example \"{{ 'a\"b' }}\")", '[x](https://t.example "a\\"b")'),
        ("[{{ 'a](b)' }}](https://t.example)", "[a\\]·(b)](https://t.example)"),
        ("[{{ row.n }}]({{ row.n }})", "[3](#)"),
        ("[{{ [1.5, '*'] }} {{ '*' | e }}](#)", "[1.5, \\* \\*](#)"),
    ],
)  # fmt: skip
def test_a_value_is_spelled_for_its_place(templates: Templates, place: str, written: str) -> None:
    assert rendered(templates, place).replace(JOINER, "·") == written + "\n"


# Nothing of Python can be reached.


@each(
    "expression",
    [
        "row.__class__",
        "row['__class__']",
        "row.evil.__class__",
        "''.__class__.__mro__",
        "[].__class__",
        "(1).__class__",
        "range.__globals__",
        "range.__self__",
        "loop.__init__",
        "loop._iterator",
        "namespace.__init__",
        "namespace().__class__",
        "cycler('a').__init__",
        "cycler('a').items",
        "joiner().__init__",
        "self._TemplateReference__context",
        "self.__init__",
        "row.evil.format",
        "row.evil.join",
        "row.items",
        "row | map(attribute='__class__') | list | first",
        "[row] | map(attribute='evil.__class__') | list | first",
        "[''] | map(attribute='__class__.__mro__') | first",
        "row.list.append",
        "page.__dict__",
        "m.__name__",
        "m._func",
        "m.arguments",
    ],
)
def test_no_attribute_of_python_can_be_reached(templates: Templates, expression: str) -> None:
    macro = "{% macro m() %}{% endmacro %}"
    try:
        assert rendered(templates, f"{macro}x{{{{ {expression} }}}}") == "x\n"
        assert rendered(templates, f"{macro}{{{{ ({expression}) is defined }}}}") == "false\n"
    except RenderError as error:
        assert "unknown field" in error.message  # noqa: PT017 - either will do


@each(
    "expression",
    [
        "row.items()",
        "row.evil.upper()",
        "row.evil.format(1)",
        "row.list.append(1)",
        "row()",
        "none()",
        "''()",
        "row.evil()",
        "(row | items)()",
        "loop.index()",
        "nothing()",
        "lipsum()",
        "config()",
        "get_flashed_messages()",
        "open('/etc/passwd')",
        "import('os')",
        "self()",
        "range.__call__(3)",
        "row.list | map('nothing') | list",
        "row.list | select('nothing') | list",
        "'x' | attr('upper')",
    ],
)
def test_nothing_else_can_be_called(templates: Templates, expression: str) -> None:
    with pytest.raises(RenderError):
        rendered(templates, f"{{{{ {expression} }}}}")


def test_filters_that_are_given_names_reach_no_more(templates: Templates) -> None:
    for reach in (templates._renderer._sandbox.getattr, templates._renderer._sandbox.getitem):
        assert reach({"a": 1}, "a") == 1
        assert reach({}, "items") is reach("", "__class__") is None
        for whole, name in (([], "append"), (1, "real")):
            with pytest.raises(UndefinedError, match="has no fields"):
                reach(whole, name)


def test_the_given_rows_can_t_be_changed(templates: Templates) -> None:
    row = {"a": [1]}
    with pytest.raises(RenderError):
        templates.render_each("{% set row.a = 2 %}", [row])
    templates.render_each("{% set row = 2 %}{% set a = row.a %}", [row])
    assert row == {"a": [1]}


@each("tag", ["do x", "debug", "trans", "import os", "python", "break"])
def test_no_other_statements_are_known(templates: Templates, tag: str) -> None:
    with pytest.raises(RenderError):
        rendered(templates, f"{{% {tag} %}}")


# Nothing outside the templates' folders can be read.


@pytest.fixture(scope="module")
def beside_a_secret(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Templates]:
    root = tmp_path_factory.mktemp("vault")
    folder = root / "templates"
    folder.mkdir()
    (root / "secret.md.j2").write_text("secret")
    (folder / ".x.md.j2").write_text("secret")
    made = Templates([folder])
    yield made
    made.close()


@each(
    "name",
    [
        "../secret",
        "/etc/passwd",
        "a/b",
        "a\\b",
        "..",
        ".",
        "",
        "~",
        "C:x",
        "x\0",
        "x.md.j2/y",
        ".x",
    ],
)
def test_a_name_is_no_path(beside_a_secret: Templates, name: str) -> None:
    templates = beside_a_secret
    for act in (
        lambda: templates.render(name, []),
        lambda: templates.source(name),
        lambda: templates.render_each(f"{{% include {name!r} %}}", [1]),
        lambda: templates.render_each(f"{{% import {name!r} as x %}}", [1]),
        lambda: templates.render_each(f"{{% from {name!r} import x %}}", [1]),
        lambda: templates.render_each(f"{{% include [{name!r}] %}}", [1]),
    ):
        with pytest.raises(RenderError, match="is no template's name"):
            act()  # type: ignore[no-untyped-call]


def test_a_link_does_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    (tmp_path / "secret.md.j2").write_text("secret")
    (folder / "out.md.j2").symlink_to(tmp_path / "secret.md.j2")
    (folder / "inner.md.j2").write_text("fine")
    (folder / "in.md.j2").symlink_to(folder / "inner.md.j2")
    (folder / "loop.md.j2").symlink_to(folder / "loop.md.j2")
    (folder / "folder.md.j2").mkdir()
    templates = Templates([folder])
    with pytest.raises(RenderError, match="is a link that leaves its folder"):
        templates.render("out", [])
    with pytest.raises(RenderError, match="is a link that leaves its folder"):
        templates.render_each("{% include 'out' %}", [1])
    assert templates.render("in", []) == "fine"
    assert [info.name for info in templates.names()] == ["in", "inner", "out"]
    assert [info.description for info in templates.names()][2] != "secret"
    for name in ("loop", "folder"):
        with pytest.raises(RenderError, match="there is no template"):
            templates.render(name, [])


# Everything ends, soon, and in little memory.

BIG = "{% set ns = namespace(s='x' * 100000, l=[]) %}"


SOON = """
import sys; sys.path[:] = {path!r}
from taiga_notes.render import render_child, template_budget
template_budget._SECONDS = 0.1
render_child.main()
"""


@pytest.fixture
def hostile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Templates]:
    """Templates of a folder that a stranger made, of whose time a tenth is enough, here and
    in the other process."""
    monkeypatch.setattr(template_budget, "_SECONDS", 0.1)
    monkeypatch.setattr(render_process, "_PROGRAM", SOON)
    (tmp_path / "endless.md.j2").write_text("{% include 'endless' %}")
    templates = Templates([tmp_path, builtin_folder()])
    yield templates
    templates.close()


@each(
    "text",
    [
        "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
        "{% for a in range(99999) %}{% for b in range(99999) %}{{ a * b }}{% endfor %}{% endfor %}",
        "{% for a in range(99999) %}" + "{% set x = 1 + 1 %}" * 200 + "{% endfor %}",
        "{% for a in range(99999) %}" + "{{ a }}" * 200 + "{% endfor %}",
        "{% for a in [0] recursive %}{{ loop([0, 1]) if loop.depth < 30 }}{% endfor %}",
        "{% macro m(n) %}{% if n %}{{ m(n-1) }}{{ m(n-1) }}{% endif %}{% endmacro %}{{ m(35) }}",
        "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% macro m() %}{% call m() %}{{ caller() }}{% endcall %}{% endmacro %}{{ m() }}",
        "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}",
        "{% include 'endless' %}",
        "{% import 'endless' as x %}",
        "{{ 'x' * 10**9 }}",
        "{{ 10**9 * 'x' }}",
        "{{ [1] * 10**9 }}",
        "{{ 10**(10**9) }}",
        "{{ 9**99999999 }}",
        "{{ 2**1000 * 2**1000 }}",
        "{% set n = namespace(n=3) %}{% for a in range(99) %}{% set n.n = n.n * n.n %}{% endfor %}",
        "{{ '%999999999d' % 1 }}",
        "{{ '%.999999999f' % 1.0 }}",
        "{{ '%*d' % (999999999, 1) }}",
        "{{ '%999999999d' | format(1) }}",
        BIG + "{{ ('%s' * 9999) % ns.s }}",
        BIG + "{{ ('%(a)s' * 9999) % {'a': ns.s} }}",
        BIG + "{% for a in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
        BIG + "{% for a in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
        BIG + "{% for a in range(9999) %}{% set ns.l = ns.l + [ns.s ~ a] %}{% endfor %}",
        BIG + "{% for a in range(9999) %}{% set ns.l = ns.l + ns.l + [1] %}{% endfor %}",
        BIG + "{% for a in range(99) %}{% set x %}{{ ns.s }}{{ ns.s }}{% endset %}"
        "{% set ns.s = x %}{% endfor %}",
        BIG + "{% for a in range(9999) %}{{ ns.s }}{% endfor %}",
        BIG + "{% for a in range(9999) %}{{ ns.s | upper }}{% endfor %}",
        BIG + "{{ ns.s | replace('x', ns.s) }}",
        BIG + "{{ ns.s | replace('', ns.s) }}",
        BIG + "{{ ns.s | list | join(ns.s) }}",
        BIG + "{{ ns.s | list | map('string') | map('upper') | list | sort | join(ns.s) }}",
        BIG + "{{ [ns.s] * 999 | int }}",
        BIG + "{{ ns.s | indent(1000) | length }}{{ ('\n' * 99999) | indent(1000) }}",
        BIG + "{% for a in range(9999) %}{{ ns.s is in [ns.s ~ 'y', ns.s ~ 'z'] }}{% endfor %}",
        BIG + "{% for a in range(99999) %}{{ 'y' in ns.s ~ ns.s }}{% endfor %}",
        "{% set l = range(99999) | list %}{% for a in range(99999) %}{{ -1 in l }}{% endfor %}",
        "{{ range(10**9) | list }}",
        "{{ range(10**30) | length }}",
        "{{ range(99999) | map('string') | join(',') }}" * 50,
        "{{ range(99999) | batch(10**9) | list }}",
        "{{ range(99999) | slice(10**9) | list }}",
        "{{ 'x' | indent(10**9) }}",
        "{{ 1.5 | round(10**9) }}{{ 1 / 0 }}",
        "{% for a in range(99999) %}{{ range(99999) | list | length }}{% endfor %}",
        "{% for a in range(99999) %}{{ row.hay | replace('a', 'b') | length }}{% endfor %}",
        "{% for a in range(99) %}{{ row.stars }}{% endfor %}",
        "{{ row.longest }}",
        "{{ row.deep }}",
        "{{ row.deep | tojson }}",
        "{% for a in range(99999) %}{{ namespace(a=range(9999) | list) }}{% endfor %}",
        "{% for a in range(99999) %}{{ rows | table | length }}{% endfor %}",
        "{% for a in range(99999) %}{{ '*' * 900 | e }}{% endfor %}",
        "{% for a in range(99999) %}{% include 'links' %}{% endfor %}",
        "{{ " + "not " * 5000 + "1 }}",
        "{{ " + "[" * 5000 + "]" * 5000 + " }}",
        "{{ " + "1 + " * 9000 + "x }}",
        "{% if 1 %}" * 900 + "{% endif %}" * 900,
        "{% for a in rows %}" * 30 + "{% endfor %}" * 30,
    ],
    ids=lambda text: text[:70],
)  # fmt: skip
@pytest.mark.slow
def test_a_template_can_t_take_the_program_down(
    tmp_path: Path, hostile: Templates, text: str
) -> None:
    name = f"attack{len([*tmp_path.iterdir()])}"
    (tmp_path / f"{name}.md.j2").write_text(f"{{% set row = rows[0] %}}{text}")
    deep: list[object] = []
    for _ in range(50_000 if "deep" in text else 0):
        deep = [deep]
    row = {"hay": "a" * 100_000, "stars": "*" * 100_000, "longest": "x" * 5_000_000, "deep": deep}
    tracemalloc.start()
    start = time.thread_time()
    try:
        with pytest.raises(RenderError):
            hostile.render(name, [row])
        assert time.thread_time() - start < 30  # some 0.5 s, but tracing memory takes its time
        assert tracemalloc.get_traced_memory()[1] < 200_000_000
    finally:
        tracemalloc.stop()
        while deep:
            deep = deep.pop()  # type: ignore[assignment]


@pytest.mark.slow
def test_a_long_list_is_no_attack(templates: Templates) -> None:
    story = {"subject": "_x_", "is_closed": False}
    rows = [{**story, "ref": n, "url": f"https://t.example/{n}"} for n in range(20_000)]
    for name in ("links", "table", "tasks"):
        assert templates.render(name, rows).count("\n") >= 20_000
