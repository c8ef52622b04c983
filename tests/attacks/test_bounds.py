"""Nothing that a vault or a Taiga holds takes the process down or keeps it busy without end."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import pytest

from tests.attacks.arena import STORY, block
from tests.thin import FULL

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.attacks.arena import Arena

pytestmark = pytest.mark.slow

EMPTY = "<!-- taiga: from userstories -->\n<!-- /taiga -->\n"
MILLION = 1_000_000
MUCH = MILLION if FULL else MILLION // 5
"""More of it would tell the same: what takes its square takes too long with either."""


def merges(levels: int) -> str:
    """Merges of merges: as many as 8 to the power of the levels."""
    links = (
        f"a{level + 1}: &a{level + 1} {{<<: [{', '.join([f'*a{level}'] * 8)}]}}\n"
        for level in range(levels)
    )
    return "a0: &a0 {x: 1}\n" + "".join(links)


def aliases(levels: int) -> str:
    """Lists of lists, each nine times."""
    links = (f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 9)}]\n" for n in range(levels))
    return "a0: &a0 [x]\n" + "".join(links)


PAGES: dict[str, tuple[str, str]] = {
    "17 MB": (EMPTY + "x" * 17 * MILLION, "larger than 16 MB"),
    "a query of 10 MB": (block("from userstories where " + "1234567 + " * MUCH), "too long"),
    "a line of 5 MB": (
        f"<!-- taiga: from userstories where {'x' * 5 * MUCH} -->\n<!-- /taiga -->\n",
        "too long",
    ),
    "a query nested 10,000 deep": (
        block("from userstories where " + "(" * 9_000 + "1" + ")" * 9_000),
        "deep",
    ),
    "as many `not`": (block("from userstories where " + "not " * 4_500 + "1"), "deep"),
    "as many tables": (block("from userstories select " + "{" * 9_000 + "}" * 9_000), "deep"),
    "as many functions": (block("from userstories select " + "f(" * 6_000 + ")" * 6_000), "deep"),
    "a million markers": (EMPTY * (MUCH // 5), "over 4,000 markers"),
    "a million openers": ("<!-- taiga\n" * (MUCH // 10), "does not end"),
    "sections by the thousand": (
        "<!--#lua query[[from getTaigaTasks()]] -->\n" * (MUCH // 3),
        "over 4,000 markers",
    ),
    "blocks within a line": (
        "<!-- taiga: from userstories select count() -->0<!-- /taiga --> " * (MUCH // 10),
        "over 4,000 markers",
    ),
    "deep lists": ("- " * MUCH + EMPTY, "begins within a line"),
    "deep quotes": ("> " * MUCH + EMPTY, "begins within a line"),
    "long front matter": ("---\n" + "a: 1\n" * MUCH + f"---\n{EMPTY}", "longer than 64 kB"),
    "deep front matter": (f"---\na: {'[' * 60_000}\n---\n{EMPTY}", "nested too deeply"),
    "deep lists in front matter": (f"---\na:\n {'- ' * 20_000}\n---\n{EMPTY}", "too deeply"),
    "aliases for billions": (f"---\n{aliases(9)}---\n{EMPTY}", "over 10,000 values"),
    "merges of merges": (f"---\n{merges(12)}---\n{EMPTY}", "merges too much"),
    "front matter with a huge number": (f"---\na: {'9' * 60_000}\n---\n{EMPTY}", "not valid YAML"),
    "front matter that holds itself": (f"---\na: &a [*a]\n---\n{EMPTY}", "holds itself"),
    "front matter that would run something": (
        f"---\na: !!python/object/apply:os.system [exit]\n---\n{EMPTY}",
        "not valid YAML",
    ),
}


def test_a_page_that_is_too_much_is_told_and_the_others_rendered(attacked: Arena) -> None:
    for name, (text, _) in PAGES.items():
        attacked.page(f"{name}.md", text)
    done = attacked.render()
    assert done.status in {3, 6}
    assert attacked.good()
    for name, (text, message) in PAGES.items():
        told = about(done.err, name)
        assert message in told, name
        assert len(told) < 2_000, name
        # A query's mistake is shown in the page; all else leaves it to the byte.
        after = (attacked.root / f"{name}.md").read_text()
        assert after == text or after.replace("\n> [!", "\0").count("\0") == 1, name


def about(errors: str, name: str) -> str:
    """What is told of a page, or from there to the next one."""
    _, found, told = errors.partition(f"{name}.md")
    assert found, (name, errors[:2_000])
    return told.partition(".md:")[0]


FILLERS = {
    "comments": "<!-- " * (MUCH // 5),
    "directives": "${" * (MUCH // 10),
    "brackets": "[" * MUCH,
    "pre": "<pre>\n" * (MUCH // 20),
    "hidden": "%% " * MUCH,
    "blanks": "<!--" + " " * MUCH + "x",
    "list": "".join("  " * depth + "- x\n" for depth in range(1_000)),
    "quote": "".join(">" * depth + " x\n" for depth in range(1_000)),
    "code": "".join("`" * length + " " for length in range(2_000)),
    "table": "| - " * (MUCH // 10) + "\n" + "| - " * (MUCH // 10),
}


def test_text_of_any_kind_is_text(attacked: Arena) -> None:
    pages = {
        attacked.page(f"{name}.md", f"{EMPTY}\n{filler}"): filler
        for name, filler in FILLERS.items()
    }
    done = attacked.render()
    assert (done.status, done.err) == (0, "")
    for page, filler in pages.items():
        text = page.read_text()
        assert text.endswith(f"<!-- /taiga -->\n\n{filler}".partition("-->")[2]), page
        assert "#12" in text, page
    assert attacked.good()


CONFIGURATIONS: dict[str, tuple[str, str]] = {
    "large": ("#" * MILLION, "longer than 256 kB"),
    "deep": ("x=" + "[" * 100_000 + "]" * 100_000, "nested too deeply"),
    "dotted": ("a" + ".a" * 20_000 + "=1\n", "dots"),
    "headed": ("[a" + ".a" * 20_000 + "]\n", "dots"),
    "a huge number": ("project = " + "9" * 100_000, "taiga-notes.toml"),
    "too many patterns": ("exclude = [" + "'*a*'," * 40_000 + "]", "more than 1000 patterns"),
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_configuration_that_is_too_much_is_told(attacked: Arena, name: str) -> None:
    text, message = CONFIGURATIONS[name]
    attacked.config(text)
    done = attacked.render()
    assert (done.status, message in done.err, len(done.err) < 2_000) == (2, True, True), done.err


@pytest.mark.parametrize("text", ["*a*b*c*d\n" * 100_000, "x" * 9 * MILLION, "[a" * 50_000])
def test_a_gitignore_that_is_too_much_is_told(attacked: Arena, text: str) -> None:
    attacked.page(".gitignore", text)
    done = attacked.render()
    assert ".gitignore" in done.err or attacked.good()


@pytest.mark.parametrize("name", [".gitignore", "a.md", "templates/links.md.j2"])
@pytest.mark.parametrize(
    "make",
    [os.mkfifo, os.mkdir, lambda path: path.symlink_to("/dev/zero")],
    ids=["pipe", "folder", "device"],
)
def test_what_is_no_file_is_none(attacked: Arena, name: str, make: Callable[[Path], None]) -> None:
    (attacked.root / "templates").mkdir()
    make(attacked.root / name)
    attacked.render()
    assert attacked.good()


TEMPLATES = {
    "a long loop": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "a long range": "{{ range(99999999999) | list }}",
    "a doubled string": "{% set n = namespace(s='x') %}{% for a in range(99) %}"
    "{% set n.s = n.s ~ n.s %}{% endfor %}{{ n.s }}",
    "a multiplied string": "{{ 'x' * 9999999999 }}",
    "a multiplied list": "{{ [1] * 9999999999 }}",
    "a doubled list": "{% set n = namespace(s=[1]) %}{% for a in range(99) %}"
    "{% set n.s = n.s + n.s %}{% endfor %}{{ n.s | length }}",
    "a nested list": "{% set n = namespace(s=[1]) %}{% for a in range(9999) %}"
    "{% set n.s = [n.s, n.s] %}{% endfor %}{{ n.s }}",
    "a list that holds itself": "{% set n = namespace(s=1) %}{% set n.s = n %}{{ n }}{{ n.s }}",
    "a doubled record": "{% set n = namespace(s={}) %}{% for a in range(60) %}"
    "{% set n.s = {'a': n.s, 'b': n.s} %}{% endfor %}{{ n.s | tojson }}",
    "a comparison of doubled lists": "{% set n = namespace(s=[1], t=[1]) %}"
    "{% for a in range(60) %}{% set n.s = [n.s, n.s] %}{% set n.t = [n.t, n.t] %}{% endfor %}"
    "{{ n.s == n.t }}",
    "doubled arguments": "{% set n = namespace(s=[1]) %}"
    "{% macro m() %}{% set n.s = varargs %}{% endmacro %}"
    "{% for a in range(60) %}{{ m(n.s, n.s) }}{% endfor %}{{ n.s | string }}",
    "a far rounding": "{{ 2 | round(-10**9) }}",
    "a far rounding of many": "{{ [1, 2] | map('round', -10**9) | list }}",
    "a large hexadecimal number": "{{ ('f' * 3999999) | int(base=16) is divisibleby(3) }}",
    "a wide row": "{{ (['x' * 99999] + ['x'] * 9999) | table }}",
    "a large power": "{{ 9 ** 9 ** 9 }}",
    "a large shift": "{{ (9 ** 300) ** 300 }}",
    "a wide format": "{{ '%999999999d' % 1 }}",
    "a wide format by argument": "{{ '%*d' % (999999999, 1) }}",
    "a precise format": "{{ '%.999999999f' | format(1) }}",
    "a repeated format": "{{ ('%s' * 9999) % (('x' * 9999,) * 9999) }}",
    "an endless macro": "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
    "an endless include": "{% include 'attack' %}{% include 'attack' %}",
    "an endless import": "{% import 'attack' as a %}",
    "an endless loop": "{% for a in [[1]] recursive %}{{ loop([[1], [1]]) }}{% endfor %}",
    "an endless call": "{% macro m() %}{% call m() %}{% endcall %}{% endmacro %}{{ m() }}",
    "a wide indentation": "{{ ('x\n' * 9999) | indent(999999999) }}",
    "a large batch": "{{ [1] | batch(999999999, 'x') | list }}",
    "large slices": "{{ [1] | slice(999999999) | list }}",
    "a growing replacement": "{% set n = namespace(s='x') %}{% for a in range(99) %}"
    "{% set n.s = n.s | replace('x', 'xxxxxxxx') %}{% endfor %}{{ n.s }}",
    "a replacement of nothing": "{{ ('x' * 99999) | replace('', 'x' * 99999) }}",
    "a growing join": "{% set n = namespace(s='x') %}{% for a in range(99) %}"
    "{% set n.s = [n.s, n.s, n.s] | join(n.s) %}{% endfor %}{{ n.s }}",
    "much output": "{% for a in range(99999) %}{{ 'x' * 9999 }}{% endfor %}",
    "much output as it is": "{% for a in range(99999) %}" + "x" * 9_999 + "{% endfor %}",
    "a wide table": "{{ rows | map(attribute='x') | list * 99999 | table }}",
    "a huge number": "{{ " + "9" * 60_000 + " }}",
    "deep brackets": "{{ " + "[" * 20_000 + " }}",
    "a long chain": "{{ 1" + " + 1" * 15_000 + " }}",
    "a long chain of filters": "{{ 1" + " | abs" * 9_000 + " }}",
    "a long chain of fields": "{{ rows" + ".a" * 30_000 + " }}",
    "many conditions": "{% if 1 %}" + "{% elif 1 %}" * 5_000 + "{% endif %}",
    "deep tags": "{% if 1 %}" * 6_000 + "{% endif %}" * 6_000,
    "many openers": "{{" * 32_000,
    "many comments": "{#" * 32_000,
    "many blanks": "{%" + " " * 65_000,
}  # fmt: skip


def test_a_template_that_is_too_much_ends(attacked: Arena) -> None:
    names = [f"attack{number}" for number in range(len(TEMPLATES))]
    for name, text in zip(names, TEMPLATES.values(), strict=True):
        attacked.template(name, text.replace("'attack'", f"'{name}'"))
        attacked.page(f"{name}.md", block(f"from userstories template {name}"))
    done = attacked.render()
    assert done.status == 3
    assert attacked.good()
    for name in names:
        assert len((attacked.root / f"{name}.md").read_text()) < 5 * MILLION
        if f"{name}.md:" in done.err:
            told = about(done.err, name)
            assert name in told, told
            assert len(told) < 2_000, name


QUERIES = {
    "a replacement by many captures": "('x'):rep(100000):gsub('.*', ('%0'):rep(400000))",
    "a search in a long text for each row": "from s = {('x'):rep(1000000)} "
    "select #query[[from b = userstories where s:contains(b.subject)]]",
    "a comparison with a long text for each row": "from s = {('é'):rep(1000000)} "
    "select #query[[from b = userstories where s < b.subject]]",
    "capitals of a long text for each row": "from s = {('x'):rep(1000000)} select "
    "#query[[from b = userstories select #query[[from c = {1} where s:upper() == b.subject]]]]",
    "a join of three": "from a = userstories select query[[from b = userstories select "
    "query[[from c = userstories select c.ref + a.ref]]]]",
}


def test_a_query_that_is_too_much_is_told_and_the_others_rendered(attacked: Arena) -> None:
    attacked.snapshot({"userstories": [STORY | {"id": n, "ref": n} for n in range(12, 20_000)]})
    for name, query in QUERIES.items():
        attacked.page(f"{name}.md", block(query))
    done = attacked.render()
    assert done.status == 3
    for name in QUERIES:
        told = about(done.err, name)
        assert re.match(r":2(:\d+)?: the ", told), told
        assert "too" in told, told
    assert attacked.good()
