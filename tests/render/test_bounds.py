"""Every filter, test, operator and function with the worst that it can be given: it ends."""

from __future__ import annotations

import io
import os
import pickle
import signal
import subprocess
import sys
from datetime import UTC
from typing import TYPE_CHECKING, Any

import pytest
from jinja2 import Environment

from taiga_notes.errors import EndedError, RenderError
from taiga_notes.refresh.dependencies import PageData
from taiga_notes.render import (
    Templates,
    builtin_folder,
    render_child,
    render_process,
    template_budget,
)
from taiga_notes.render.render_process import RenderOrder, RenderReply
from taiga_notes.render.template_budget import ExceededError, TemplateBudget, is_cheap
from tests.tables import each
from tests.thin import FULL, thinned

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ROWS: list[Any] = [{"n": number, "s": "x" * 50, "list": [1, 2]} for number in range(20)]

DOUBLED = (
    "{%% set n = namespace(x=[1]) %%}{%% for i in range(40) %%}{%% set n.x = %s %%}{%% endfor %%}"
)
"""A value that holds itself again and again: 2 to the power of 40 parts."""


@pytest.fixture(scope="module")
def templates() -> Iterator[Templates]:
    made = Templates([builtin_folder()])
    yield made
    made.close()


def refused(templates: Templates, text: str) -> str:
    with pytest.raises(RenderError) as caught:
        templates.render_each(text, ROWS[:1])
    assert not isinstance(caught.value, EndedError)
    assert caught.value.line == 1
    return caught.value.message


GROWING = {
    "a list": "[n.x, n.x]",
    "a record": "{'a': n.x, 'b': n.x}",
    "a function's record": "dict(a=n.x, b=n.x)",
    "a tuple": "(n.x, n.x)",
    "a sum": "n.x + n.x",
    "a product": "[n.x] * 2",
    "a filled batch": "[1] | batch(3, n.x)",
    "a filled slice": "[1] | slice(3, n.x)",
    "defaults": "[none, none] | map('default', n.x) | list",
    "depth alone": "[n.x]",
}
AT_ONCE = ("a filled batch", "depth alone")
"""Those whose turn comes in the quick tests as well."""


@pytest.mark.parametrize(
    "growing",
    [
        pytest.param(text, id=name, marks=() if name in AT_ONCE else pytest.mark.slow)
        for name, text in GROWING.items()
    ],
)
def test_what_shares_itself_is_charged_with_all_that_it_shows(
    templates: Templates, growing: str
) -> None:
    text = (DOUBLED % growing).replace("range(40)", "range(80)") + "{{ n.x }}"
    assert "grows" in refused(templates, text)


@pytest.mark.slow
def test_arguments_that_a_macro_collects_are_charged(templates: Templates) -> None:
    start = "{% set n = namespace(x=[1]) %}"
    loop = "{% for i in range(99) %}{{ m(n.x, n.x) }}{% endfor %}"
    collects = "{% macro m() %}{% set n.x = varargs %}{% endmacro %}"
    assert "grows" in refused(templates, start + collects + loop)
    named = "{% macro m() %}{% set n.x = kwargs %}{% endmacro %}"
    assert "grows" in refused(
        templates, start + named + loop.replace("m(n.x, n.x)", "m(a=n.x, b=n.x)")
    )


DEEP = (
    "{%% set n = namespace(x=[1]) %%}{%% for i in range(%d) %%}{%% set n.x = [n.x, n.x] %%}"
    "{%% endfor %%}{%% set x = n.x %%}"
)
LARGEST = 15
"""Levels of the largest that may be put together: what walks it takes a moment each time."""

SMALLER = 11 if FULL else 9
"""Levels for most ways to walk it, of which each eighth at most meets the largest."""

WALKS = (
    "x == x[:]",
    "[x] == [x[:]]",
    "x < x",
    "x in [x]",
    "[x, x] | unique | list",
    "[x] | sort",
    "[x, x] | max",
    "[x, x] | min",
    "[x] | sum",
    "[x] | map('string') | list",
    "x | tojson",
    "[x] | join",
    "x | string",
    "x | e",
    "x | upper",
    "x | title",
    "x | code",
    "x | item",
    "x | name",
    "x | table",
    "[x] | table",
    "x | cell",
    "x | link('https://x.y')",
    "x | mermaid",
    "x | urlencode",
    "x | wordcount",
    "x | length",
    "x | list | length",
    "x | reverse | list",
    "x | first",
    "x | last",
    "x | trim",
    "x | truncate(9)",
    "x | indent",
    "x | replace('1', 'x')",
    "x | capitalize",
    "x | lower",
    "x | page",
    "x | format",
    "x | date",
    "x | int",
    "x | float",
    "x | abs",
    "x | round",
    "x | dictsort",
    "x | items",
    "x | groupby('a')",
    "x | select('mapping') | list",
    "x | selectattr('a') | list",
    "x | rejectattr('a') | list",
    "x | reject('in', x) | list",
    "x | batch(2) | list",
    "x | slice(2) | list",
    "x | default('')",
    "'%s' % (x,)",
    "'%r' % (x,)",
    "x ~ x",
    "x + x",
    "x * 2",
    "x - x",
    "x ** x",
    "x // x",
    "-x",
    "x[::-1]",
    "x is divisibleby(x)",
    "x is odd",
    "x is lower",
    "x is in x",
    "x is eq x",
    "loop.changed(x)",
    "loop.cycle(x, x)",
    "cycler(x, x).next()",
    "joiner(x)()",
    "dict(a=x).a",
    "{x: x}",
    "namespace(a=x).a",
    "x",
)


@pytest.mark.slow
@each("expression", WALKS)
def test_the_largest_value_is_walked_by_anything_within_the_bounds(
    templates: Templates, expression: str
) -> None:
    before = templates.seconds
    levels = LARGEST if expression in thinned(WALKS[::8], 3) else SMALLER
    try:
        templates.render_each(DEEP % levels + f"{{{{ {expression} }}}}", ROWS[:1])
    except EndedError:
        raise
    except RenderError as error:
        assert error.line == 1, error  # noqa: PT017  (either will do)
    assert templates.seconds - before < render_process.SECONDS


NUMBERS = {
    "2 | round(-10 ** 9)": "is rounded to at most",
    "2.5 | round(10 ** 9)": "is rounded to at most",
    "[2] | map('round', -10 ** 9) | list": "is rounded to at most",
    "rows | sum(start=2) | round(-99999999)": "is rounded to at most",
    "('f' * 99999) | int(base=16)": "the number grows too large",
    "('7' * 99999) | int(base=8)": "the number grows too large",
    "['f' * 99999] | map('int', 0, 16) | list": "the number grows too large",
    "0x" + "f" * 9_000: "the number is too large",
    "0b" + "1" * 9_000 + " is divisibleby(3)": "the number is too large",
    "2 ** 2000": "the number grows too large",
    "(2 ** 1000) * (2 ** 1000)": "the number grows too large",
    "'x' * 10 ** 10": "grows beyond",
    "[1] * 10 ** 10": "grows beyond",
    "'%99999d' % 1": "two digits",
    "'%*d' % (99999, 1)": "two digits",
    "'x' | indent(99999)": "an indentation has",
    "rows | batch(99999999, 1) | list": "can't be cut",
    "rows | slice(99999999) | list": "can't be cut",
    "range(10 ** 9) | list": "too many steps",
    "rows | sort(attribute='" + "n," * 99 + "n')": "at most 50 parts",
    "rows | map(attribute='" + "n." * 99 + "n') | list": "at most 50 parts",
    "rows | groupby('" + "n." * 99 + "n')": "at most 50 parts",
    "rows | max(attribute='" + "n." * 99 + "n')": "at most 50 parts",
    "(['x' * 99999] + ['x'] * 9999) | table": "the table grows beyond",
    "('x' * 999999) | title ~ ('x' * 3999999) | upper": "too many steps",
}  # fmt: skip


@each("expression", NUMBERS)
def test_arguments_have_bounds(templates: Templates, expression: str) -> None:
    message = refused(templates, f"{{% set rows = [1, 2] %}}{{{{ {expression} }}}}")
    assert NUMBERS[expression] in message


@pytest.mark.slow
def test_filters_within_filters_go_on_looking_at_the_clock(templates: Templates) -> None:
    text = "{% set x = range(9999) | list %}{{ x | select('in', x) | select('in', x) | list }}"
    templates.render_each(text.replace("9999", "99"), ROWS[:1])
    assert "too" in refused(templates, text.replace("9999", "99999"))


def test_what_people_put_together_is_within_the_bounds(templates: Templates) -> None:
    items = [{"n": number, "tags": ["a", "b"], "s": "x" * 200} for number in range(2_000)]
    text = "{% set a = row.items | map(attribute='s') | list %}{{ [a, a, row.items] | length }}"
    assert templates.render_each(text, [{"items": items}]) == "3\n"
    text = (
        "{% set n = namespace(x=[]) %}{% for one in row.items[:500] %}{% set n.x = n.x + [one.n] %}"
    )
    text += "{% endfor %}{{ n.x | sum }}"
    assert templates.render_each(text, [{"items": items}]) == "124750\n"


def test_the_meter_counts_what_is_shared_each_time() -> None:
    budget = TemplateBudget()
    part = ["x" * 1_000] * 1_000
    budget.hold([part] * 3)
    with pytest.raises(ExceededError):
        budget.hold([part] * 5)
    budget.start(10_000)
    budget.hold([part] * 5)


# Which templates are cheap.


CHEAP = (
    "{{ row.a.b }} {{ row['a'] }} {{ row.tags | join(', ') }} {{ row.s | truncate(20, '.') }}",
    "{% for one in rows %}{% if one.a == 1 and not one.b %}{{ one | item }}{% endif %}{% endfor %}",
    "{% macro m(a) %}{{ a | upper ~ 'x' }}{% endmacro %}{{ m(row) }}{% call m(1) %}{% endcall %}",
    "{% set a = row.n + 1 %}{% set b %}x{{ a }}{% endset %}{{ b | default(row) }}",
    "{% for a, b in row | items %}{{ a }}{% endfor %}{{ rows | sort(attribute='n') | first }}",
    "{% for g in rows | groupby('status') %}{{ g.list | map(attribute='x') | sum }}{% endfor %}",
    "{% include 'links' %}{{ rows | table('a', 'b') }}{{ row.n | round(-2) }}",
)
COSTLY = (
    "{{ [1] }}",
    "{{ {} }}",
    "{{ (1, 2) }}",
    "{{ 'x' * 2 }}",
    "{{ 2 ** 2 }}",
    "{{ 'x' % 2 }}",
    "{{ rows[:1] }}",
    "{{ range(2) }}",
    "{{ dict(a=1) }}",
    "{% macro m() %}{{ varargs }}{% endmacro %}",
    "{% macro m() %}{{ kwargs }}{% endmacro %}",
    "{{ m(*rows) }}",
    "{{ m(**row) }}",
    "{{ 'x' | int }}",
    "{{ 'x' | format }}",
    "{{ rows | batch(2) }}",
    "{{ rows | slice(2) }}",
    "{{ rows | map('default', rows) }}",
    "{{ rows | map(attribute='x', default=rows) }}",
    "{{ row | round(-999) }}",
    "{{ row | round(row.n) }}",
    "{{ row | replace('', row) }}",
    "{{ rows | join(row) }}",
    "{{ row | truncate(9999) }}",
    "{{ rows | map(*rows) }}",
)


@each("text", CHEAP)
def test_what_templates_usually_do_is_cheap(text: str) -> None:
    assert is_cheap(Environment(autoescape=True).parse(text))


@each("text", COSTLY)
def test_what_puts_values_together_is_not(text: str) -> None:
    assert not is_cheap(Environment(autoescape=True).parse(text))


def test_the_built_in_templates_need_no_other_process() -> None:
    templates = Templates([builtin_folder()])
    for info in templates.names():
        assert info.builtin
        assert is_cheap(Environment(autoescape=True).parse(info.file.read_text(encoding="utf-8")))
        templates.render(info.name, [])
    assert templates.seconds == 0


# The other process.


def test_both_ways_give_the_same(templates: Templates) -> None:
    for text in ("{{ row.s }}|{{ page.name }}|{{ row.list | join }}", "{{ row | item }}"):
        page = {"name": "P"}
        here = templates.render_each(text, ROWS, page=page)
        assert templates.render_each(text + "{% if [] %}{% endif %}", ROWS, page=page) == here
    assert templates.seconds > 0


def test_whether_the_page_was_looked_at_is_known(templates: Templates) -> None:
    page = PageData({"name": "P"})
    templates.render_each("{{ [1] }}", [1], page=page)
    assert not page.seen
    assert templates.render_each("{{ [page.name] }}", [1], page=page) == "P\n"
    assert page.seen


def test_mistakes_come_back_with_their_place(templates: Templates) -> None:
    with pytest.raises(RenderError) as caught:
        templates.render_each("{{ [1] }}\n{{ nothing }}", [1])
    assert (caught.value.line, caught.value.template) == (2, "each")
    assert "nothing is called 'nothing'" in caught.value.message


@pytest.mark.slow
def test_a_template_that_includes_a_costly_one_is_rendered_there(tmp_path: Path) -> None:
    (tmp_path / "outer.md.j2").write_text("a{% include 'inner' %}")
    (tmp_path / "inner.md.j2").write_text("{{ [1, 2] }}")
    own = Templates([tmp_path, builtin_folder()])
    assert own.render("outer", []) == "a1, 2"
    own.close()
    assert own.render("outer", []) == "a1, 2"  # a new process
    own.close()
    own.close()


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> Iterator[Templates]:
    """Templates whose meter fails: only the kernel ends what they do."""
    monkeypatch.setattr(render_process, "SECONDS", 0.2)
    monkeypatch.setattr(render_process, "_PROGRAM", PROGRAM)
    made = Templates([builtin_folder()])
    yield made
    made.close()


PROGRAM = """
import sys; sys.path[:] = {path!r}
from taiga_notes.render import render_child, render_process, template_budget
render_process.SECONDS = 0.2
Budget = template_budget.TemplateBudget
Budget.hold = Budget.look = Budget.charge = lambda *_: None
render_child.main()
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        DOUBLED % "[n.x, n.x]" + "{% set a = n.x %}{{ a == [a[0], a[1]] }}{{ a | tojson }}",
        DOUBLED % "[n.x, n.x]" + "{{ n.x }}",
        DOUBLED % "(n.x, n.x)" + "{{ n.x | string }}",
        "{% for a in range(10 ** 10) %}{% set b = [] %}{% endfor %}",
    ],
)
def test_the_kernel_ends_what_nothing_else_does(endless: Templates, text: str) -> None:
    with pytest.raises(EndedError) as caught:
        endless.render_each(text, [1])
    assert "ended from outside" in str(caught.value)
    assert caught.value.template == "each"
    assert endless.seconds >= 0.2
    # The next one is rendered by a new process.
    assert endless.render_each("{{ [row] }}", [1]) == "1\n"


def test_a_process_that_dies_by_itself_ends_the_template(
    templates: Templates, monkeypatch: pytest.MonkeyPatch
) -> None:
    templates.close()
    monkeypatch.setattr(
        render_process, "_PROGRAM", "import sys; {path!r}; sys.stdin.buffer.read(10)"
    )
    with pytest.raises(EndedError):
        templates.render_each("{{ [row] }}", [1])
    monkeypatch.undo()
    assert templates.render_each("{{ [row] }}", [1]) == "1\n"


def test_rows_that_are_no_plain_data_are_told(templates: Templates) -> None:
    with pytest.raises(RenderError, match="its rows can't be handed") as caught:
        templates.render_each("{{ [1] }}", [{"f": lambda: 1}])
    assert caught.value.template == "each"
    deep: list[Any] = []
    for _ in range(50_000):
        deep = [deep]
    with pytest.raises(RenderError, match="its rows can't be handed"):
        templates.render_each("{{ [1] }}", [{"deep": deep}])
    while deep:
        deep = deep.pop()


def test_no_process_at_all_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(RenderError, match="no process can be started to render it: No such file"):
        Templates([builtin_folder()]).render_each("{{ [row] }}", [1])


@pytest.mark.slow
def test_it_ends_with_who_started_it() -> None:
    code = (
        "import os; from taiga_notes.render import Templates; t = Templates([]);"
        "t.render_each('{{ [1] }}', [1]); print(t._outside.process._process.pid, flush=True);"
    )
    for end in ("", "os._exit(0)", "os.kill(os.getpid(), 9)"):
        done = subprocess.run([sys.executable, "-c", code + end], capture_output=True, check=False)
        assert not done.stderr
        assert _is_gone(int(done.stdout))


def _is_gone(pid: int) -> bool:
    for _ in range(3_000):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        with open(f"/proc/{pid}/stat", encoding="ascii") as stat:  # noqa: PTH123
            if stat.read().rpartition(")")[2].split()[0] == "Z":
                return True
        signal.sigtimedwait([], 0.01)
    return False


def test_orders_are_served_one_by_one() -> None:
    orders = io.BytesIO()
    pickle.dump(((builtin_folder(),), UTC), orders)
    pickle.dump(RenderOrder("render_each", "each", "{{ [row] }}", [1], PageData({})), orders)
    pickle.dump(
        RenderOrder("render_each", "each", "{{ [page.x, nope] }}", [1], PageData({})), orders
    )
    orders.seek(0)
    replies = io.BytesIO()
    with pytest.raises(EOFError):
        render_child.serve(orders, replies)
    replies.seek(0)
    first: RenderReply = pickle.load(replies)  # noqa: S301
    second: RenderReply = pickle.load(replies)  # noqa: S301
    assert (first.text, first.error, first.seen) == ("1\n", None, False)
    assert (second.text, second.seen) == ("", True)
    assert isinstance(second.error, RenderError)


def test_what_takes_too_long_to_compile_takes_too_long_to_blame(
    templates: Templates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(template_budget, "_SECONDS", 0.0)
    monkeypatch.setattr(template_budget, "_SECONDS_PER_ROW", 0.0)
    with pytest.raises(RenderError, match="the template takes too long"):
        templates.render_each("<a {{ row.n }} {{ row.s }}", ROWS)


@pytest.mark.parametrize(
    "deep", ["(" * 90 + "1" + ")" * 90, "-" * 2_000 + "1", "1" + " ~ 1" * 2_000]
)
def test_an_expression_too_deep_to_compile_is_blamed(templates: Templates, deep: str) -> None:
    refused(templates, f"{{{{ nothing }}}}{{{{ {deep} }}}}")
