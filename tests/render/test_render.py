"""Templates by name: what the built-in ones make, what one's own can do, what errors say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from taiga_notes.errors import RenderError
from taiga_notes.markdown.text import JOINER
from taiga_notes.query.runtime.values import Rendered
from taiga_notes.render import Templates, builtin_folder
from tests.tables import each

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

BUILTIN = (  # noqa: SIM905 - a list of words
    "backlog board burndown cards changelog discussion epic_graph epics flow gantt grouped kanban "
    "links list overdue person pie sprint story table taigaRecurringTasks tasks velocity"
).split()


def story(ref: int, subject: str, status: str, **fields: object) -> dict[str, object]:
    """A story as queries give it."""
    return {
        "id": ref,
        "ref": ref,
        "subject": subject,
        "kind": "userstories",
        "url": f"https://tree.taiga.io/project/demo/us/{ref}",
        "status_extra_info": {"name": status, "is_closed": status == "Done"},
        "status_name": status,
        "is_closed": status == "Done",
        **fields,
    }


STORIES = [story(13, "Gamma", "In progress"), story(11, "[UI] Alpha *1*", "Done", assignee="ann")]


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "templates"
    folder.mkdir()
    return folder


@pytest.fixture
def templates(own: Path) -> Templates:
    return Templates([own, builtin_folder()])


@pytest.fixture(scope="module")
def builtin() -> Iterator[Templates]:
    """The built-in templates, and one process for all that is costly in the tests with them."""
    made = Templates([builtin_folder()])
    yield made
    made.close()


def write(folder: Path, name: str, text: str | bytes) -> None:
    data = text if isinstance(text, bytes) else text.encode()
    (folder / f"{name}.md.j2").write_bytes(data)


def error(act: Callable[[], object]) -> RenderError:
    with pytest.raises(RenderError) as caught:
        act()
    return caught.value


# The built-in templates.


def test_the_original_template_gives_the_original_lines(templates: Templates) -> None:
    assert templates.render("taigaRecurringTasks", STORIES[:1]) == (
        "* [Link](https://tree.taiga.io/project/demo/us/13) [In progress] Gamma\n"
    )


@pytest.mark.parametrize(
    ("name", "rows", "lines"),
    [
        (
            "taigaRecurringTasks",
            STORIES,
            [
                "* [Link](https://tree.taiga.io/project/demo/us/13) [In progress] Gamma",
                r"* [Link](https://tree.taiga.io/project/demo/us/11) [Done] [·UI] Alpha \*1\*",
            ],
        ),
        (
            "links",
            STORIES,
            [
                "- [#13 Gamma](https://tree.taiga.io/project/demo/us/13)",
                r"- [#11 \[·UI\]· Alpha \*1\*](https://tree.taiga.io/project/demo/us/11)",
            ],
        ),
        (
            "list",
            ["x", None, 3.0, ["a", "b"], {"a": 1, "b": "c"}],
            ["- x", "-", "- 3", "- a, b", "- a: 1, b: c"],
        ),
        (
            "tasks",
            STORIES,
            [
                "- [ ] [#13 Gamma](https://tree.taiga.io/project/demo/us/13)",
                r"- [x] [#11 \[·UI\]· Alpha \*1\*](https://tree.taiga.io/project/demo/us/11)",
            ],
        ),
        (
            "table",
            [{"a": 1, "b": "x|y"}],
            ["| a   | b    |", "| --- | ---- |", r"| 1   | x\|y |"],
        ),
        (
            "grouped",
            [{"key": "S1", "group": STORIES[:1]}, {"key": None, "group": ["x", "y"]}],
            [
                "**S1**",
                "",
                "- [#13 Gamma](https://tree.taiga.io/project/demo/us/13)",
                "",
                "**–**",
                "",
                "- x",
                "- y",
            ],
        ),
    ],
)
def test_what_the_built_in_templates_make(
    templates: Templates, name: str, rows: list[object], lines: list[str]
) -> None:
    assert templates.render(name, rows).replace(JOINER, "·") == "\n".join(lines) + "\n"


@each("name", BUILTIN)
def test_nothing_becomes_nothing(templates: Templates, name: str) -> None:
    assert templates.render(name, []) == ""


def test_the_built_in_templates_are_listed_with_what_they_are_for(templates: Templates) -> None:
    found = templates.names()
    assert [info.name for info in found] == BUILTIN
    assert all(info.builtin and info.description.endswith(".") for info in found)


# One's own.


def test_the_vaults_own_template_comes_first(templates: Templates, own: Path) -> None:
    before = templates.render("links", ["x"])
    write(own, "links", "{#- My\n links. -#}\n{{ rows | length }} rows\n")
    assert (before, templates.render("links", ["x"])) == ("- x\n", "1 rows\n")
    info = next(info for info in templates.names() if info.name == "links")
    assert (info.file, info.builtin, info.description) == (own / "links.md.j2", False, "My links.")
    assert templates.source("links").endswith("rows\n")


def test_an_edited_template_is_read_again(templates: Templates, own: Path) -> None:
    write(own, "mine", "one")
    first = templates.render("mine", [])
    write(own, "mine", "two words")
    assert (first, templates.render("mine", [])) == ("one", "two words")


def test_a_template_knows_rows_and_page(templates: Templates, own: Path) -> None:
    write(
        own, "mine", "{{ page.name }} {{ page.owner }}: {% for row in rows %}{{ row }},{% endfor %}"
    )
    assert templates.render("mine", [1, "a"], page={"name": "P_1", "owner": None}) == "P_1 : 1,a,"


def test_a_template_is_read_as_editors_leave_it(templates: Templates, own: Path) -> None:
    write(own, "mine", b"\xef\xbb\xbf{% for row in rows %}\r\n- {{ row }}\r\n{% endfor %}\r\nend\0")
    assert templates.render("mine", ["a", "b"]) == "- a\n- b\nend"


def test_blanks_at_the_ends_of_lines_go(templates: Templates, own: Path) -> None:
    write(own, "mine", "a {{ page.x }}\n- {{ page.x }}\n\t\nb\t")
    assert templates.render("mine", []) == "a\n-\n\nb"


def test_templates_include_and_import_each_other_by_name(templates: Templates, own: Path) -> None:
    write(own, "part", "{% macro bold(x) %}**{{ x }}**{% endmacro %}{{ rows | length }}")
    write(
        own,
        "whole",
        "{% include 'part' %} {% from 'part' import bold with context %}{{ bold('*') }}",
    )
    write(
        own,
        "other",
        "{% import 'part' as part with context %}{{ part.bold('_') }}{{ part.nothing }}",
    )
    assert templates.render("whole", [1]) == "1 **\\***"
    assert templates.render("other", [1]) == "**\\_**"


def test_what_a_template_made_before_is_not_escaped_again(templates: Templates, own: Path) -> None:
    write(own, "mine", "{% for row in rows %}{{ row }} {{ row | item }}{% endfor %}")
    assert templates.render("mine", [Rendered("*x*")]) == "*x* *x*"


def test_each_row_stands_on_a_line_of_its_own(templates: Templates) -> None:
    text = "* [{{ row.ref }}]({{ row.url }}) {{ row.subject }}"
    assert templates.render_each(text, STORIES[:1]) == (
        "* [13](https://tree.taiga.io/project/demo/us/13) Gamma\n"
    )
    assert templates.render_each("- {{ row }}\n", [1, 2]) == "- 1\n- 2\n"
    assert templates.render_each("- {{ row }}\n", [3]) == "- 3\n"
    assert templates.render_each("{% if row %}- {{ row }}{% endif %}", [1, 2]) == "- 1\n- 2\n"
    assert templates.render_each("{{ row }} {{ page.name }}", [1], page={"name": "P"}) == "1 P\n"


@each(
    ("text", "written"),
    [
        ("%{row.a}", "x"),
        ("- %{ row.a | upper } %{row.b}%", "- X 3%"),
        ("%{row.a ~ '}' | raw}!", "x}!"),
        ("%{ {'k': row.a}['k'] }", "x"),
        ("%{'%{'}", "%{"),
        ("100%{{ row.b }}", "100%3"),
        ("{{ row.a }} %{row.a}", "x x"),
        ("{% if row.b > 2 %}%{row.a}{% endif %}", "x"),
        ("{% raw %}%{row.a}{% endraw %}{# %{ #}", "%{row.a}"),
        ("{{ '%{' | raw }}%{-row.b}", "%{-3"),
        ("[%{row.a}](%{row.url})", "[x](https://t.example)"),
        ("a %{row.a}\n%{row['b']}", "a x\n3"),
        ("% {row.a}", "% {row.a}"),
    ],
)
def test_each_has_a_spelling_that_other_template_engines_leave_alone(
    templates: Templates, text: str, written: str
) -> None:
    row = {"a": "x", "b": 3, "url": "https://t.example"}
    assert templates.render_each(text, [row]).replace(JOINER, "").replace("\\{", "{") == (
        f"{written}\n"
    )


@each(
    ("text", "message"),
    [
        ("a %{row.a", "each, line 1, column 3: `%{` is not closed by a `}`"),
        ("%{row.a} %{row['}' }", "each, line 1, column 10: `%{` is not closed by a `}`"),
        ("é\nxx %{row.a | uper}", "each, line 2, column 4: there is no filter 'uper'"),
        ("%{row.a} %{rwo.a}", "each, line 1, column 10: nothing is called 'rwo' here"),
        ("{{ row.a }} %{}", "each, line 1, column 13: "),
        ("x %{1 / 0}", "each, line 1, column 3: division by zero"),
        ("{{ row.a }} {{ row.a + }}", "each, line 1, column 13: "),
        ("{% for %}", "each, line 1: "),
        ("%{row.a} {{ row", "each, line 1, column 10: "),
    ],
)
def test_an_error_in_each_names_its_expression_s_column(
    templates: Templates, text: str, message: str
) -> None:
    found = str(error(lambda: templates.render_each(text, [{"a": "x"}])))
    assert found.startswith(message), found


def test_many_each_clauses_do_not_fill_the_memory(templates: Templates) -> None:
    for number in range(150):
        assert templates.render_each(f"{number}", [0]) == f"{number}\n"
    assert len(templates._renderer._each) <= 100


# Errors.


@each(
    ("text", "message"),
    [
        ("\n{{ row.subject", "mine.md.j2, line 2: unexpected end of template"),
        ("{% for row in rows %}", "mine.md.j2, line 1: unexpected end of template"),
        ("\n\n{{ foo }}", "mine.md.j2, line 3: nothing is called 'foo' here"),
        ("{{ rosw.x }}", "line 1: nothing is called 'rosw' here (did you mean 'rows'?)"),
        ("{% set total = 1 %}\n{{ totl }}", "(did you mean 'total'?)"),
        ("{% macro bold() %}{% endmacro %}{{ bolt() }}", "(did you mean 'bold'?)"),
        ("{% for x in nothing %}{% endfor %}", "nothing is called 'nothing' here"),
        ("{% for x in page.tgas %}{% endfor %}", "there is no field 'tgas' to loop over"),
        ("{% for x in {'kind': 'userstories'}.coments %}{% endfor %}", "(did you mean 'comments'"),
        ("{% for x in 3 %}{% endfor %}", "the number 3 can't be looped over"),
        ("{{ page.x | uper }}", "there is no filter 'uper' (did you mean 'upper'?)"),
        ("{{ page.x is dfined }}", "no test 'dfined' (did you mean 'defined' or 'undefined'?)"),
        ("{% if 1 %}{{ 1 | uper }}{% endif %}", "there is no filter 'uper'"),
        ("{{ page.x | safe }}", "there is no filter 'safe' (`raw` lets a value through)"),
        ("{{ 1 / 0 }}", "mine.md.j2, line 1: division by zero"),
        ("{{ 'a' + 1 }}", "mine.md.j2, line 1: a text and a number do not go"),
        ("{{ page.x < 1 }}", "(a field without a value is None: `| default(…)` gives it one)"),
        ("{{ 'x' | date }}", "mine.md.j2, line 1: 'x' is no date such as 2026-11-22"),
        ("{{ '2026-11-22' | date('%Q') }}", "a date has no '%Q', only %% %A %B %F"),
        ("{{ range }}", "mine.md.j2, line 1: a method is no text"),
        ("{% include 'no such' %}", "mine.md.j2, line 1: there is no template 'no such'"),
        ("{% include '../mine' %}", "mine.md.j2, line 1: '../mine' is no template's name"),
        ("{% block x %}{% endblock %}", "`block` is not supported: use `include`, or a macro"),
        ("{% extends 'links' %}", "`extends` is not supported"),
        ("{% autoescape false %}{% endautoescape %}", "`autoescape` can't be switched"),
        ("<p {{ rows }}>", "a value inside an HTML tag must be in quotes"),
        ("<script>{{ rows }}</script>", "no value is safe inside a script or a style"),
        ("{{ page.items() }}", "values have no methods in a template, only filters"),
        ("{% import 'inner' as x %}", "inner.md.j2, line 2: nothing is called 'rows' here"),
        ("{% macro f(x) %}{{ x }}{% endmacro %}{{ f() }}", "parameter 'x' was not provided"),
        ("{{ {'a': 1} | tojson | format }}{{ [[]] | sum }}", "only numbers have a sum"),
        ("{{ rows | batch(99999) }}", "a list can't be cut into more than 10,000 parts"),
        ("{{ 'x' | indent(-1) }}", "an indentation has 0 to 1,000 columns"),
        ("{% for a in rows %}" * 21 + "{% endfor %}" * 21, "the template is nested too deeply"),
        ("{{ " + "(" * 3000 + ")" * 3000 + " }}", "the template is nested too deeply"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(
    templates: Templates, own: Path, text: str, message: str
) -> None:
    write(own, "mine", text)
    write(own, "inner", "\n{{ rows }}")
    assert message in str(error(lambda: templates.render("mine", [])))


def test_a_missing_template_is_told_with_its_likes_and_its_file(
    templates: Templates, own: Path
) -> None:
    found = error(lambda: templates.render("linsk", []))
    assert str(found) == (
        "there is no template 'linsk' (did you mean 'links'?; its file would be linsk.md.j2)"
    )
    assert "(`taiga-notes templates` lists all that" in str(error(lambda: templates.source("zzz")))
    assert "; its file would be x.md.j2)" in str(error(lambda: Templates([own]).render("x", [])))
    assert Templates([]).names() == []


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"a\nb\xff", "mine.md.j2, line 2: is not UTF-8"),
        (b"x" * (64 * 1024 + 1), "mine.md.j2: is larger than 64 KiB"),
    ],
)
def test_a_file_that_is_no_template_is_told(
    templates: Templates, own: Path, data: bytes, message: str
) -> None:
    write(own, "mine", data)
    assert str(error(lambda: templates.render("mine", []))) == message
    info = next(info for info in templates.names() if info.name == "mine")
    assert info.description == message.partition(": ")[2]


def test_a_file_that_can_t_be_read_is_told(
    templates: Templates, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    write(own, "mine", "x")
    monkeypatch.setattr(type(own), "open", refuse)
    found = error(lambda: templates.render("mine", []))
    assert str(found) == "mine.md.j2: can't be read: Permission denied"


def test_an_error_in_each_names_the_clause(templates: Templates) -> None:
    found = error(lambda: templates.render_each("{{ rwo.x }}\n", [1]))
    assert (found.template, found.line) == ("each", 1)
    assert "row" in found.hint
    assert "each: is longer than" in str(error(lambda: templates.render_each("x" * 10_001, [])))


@pytest.mark.slow
def test_an_error_leaves_the_next_rendering_alone(builtin: Templates) -> None:
    error(
        lambda: builtin.render_each(
            "{% for x in range(99999) %}{% for y in range(999) %}{% endfor %}{% endfor %}", [1]
        )
    )
    assert builtin.render("list", ["x"]) == "- x\n"


# What expressions can do.


@each(
    ("expression", "text"),
    [
        ("row.none.b.c", ""),
        ("row['a b']", "1"),
        ("row.missing or ''", ""),
        ("row.none or 'x'", "x"),
        ("row.none | default('x')", "x"),
        ("row.missing | d('x')", "x"),
        ("'' | default('x')", ""),
        ("'' | default('x', true)", "x"),
        ("nothing is defined", "false"),
        ("row.missing is defined", "false"),
        ("row.none is none", "true"),
        ("row.words is undefined", "false"),
        ("'x' if row.none", ""),
        ("row.words[1]", "a"),
        ("row.words[9]", ""),
        ("row.words[:2] | join", "ba"),
        ("row.words | join(', ')", "b, a, C"),
        ("row.words | sort | join(' ')", "a b C"),
        ("row.words | sort(case_sensitive=true) | join(' ')", "C a b"),
        ("row.words | sort(reverse=true) | first", "C"),
        ("row.words | map('upper') | list", "B, A, C"),
        ("row.words | reverse | last", "b"),
        ("row.words | length", "3"),
        ("row.none | length", "0"),
        ("row.none | list", ""),
        ("row.words | select('eq', 'a') | count", "1"),
        ("row.rows | selectattr('n') | map(attribute='n') | list", "2, 1"),
        ("row.rows | sort(attribute='n') | map(attribute='n') | list", "1, 2, "),
        ("row.rows | sum(attribute='n')", "3"),
        ("row.rows | groupby('n') | length", "3"),
        ("(row.rows | groupby('n') | first).grouper", "1"),
        ("row.rows | max(attribute='n') | name", '·\\{·"n": 2}'),
        ("row.words | min ~ (row.none | max)", "a"),
        ("row.rows | batch(2) | length", "2"),
        ("row.rows | unique(attribute='n') | length", "3"),
        ("row.rows | join('-', attribute='n')", "2-1-"),
        ("{'b': 1, 'a': 2} | dictsort | first | first", "a"),
        ("{'b': 1} | items | list", '[·[·"b", 1]]'),
        ("'A b' | lower ~ ('a' | upper) ~ ('x y' | title) ~ ('a B' | capitalize)", "a bAX YA b"),
        ("' x ' | trim", "x"),
        ("'a-b' | replace('-', '+')", "a+b"),
        ("'one two three' | truncate(9)", "one two…"),
        ("'onetwothree' | truncate(5, '')", "onetw"),
        ("'one' | truncate(9)", "one"),
        ("'a b' | wordcount", "2"),
        ("'a b/ü' | urlencode", "a%20b/%C3%BC"),
        ("'%s-%03d' | format('x', 7)", "x-007"),
        ("'%(a)s' | format(a=1)", "1"),
        ("'%s-%s' % (row.none, 'y')", "-y"),
        ("'%(a)d' % {'a': 5}", "5"),
        ("{'a': 'é'} | tojson", '·\\{·"a": "é"}'),
        ("3.14159 | round(2)", "3.14"),
        ("row.none | round", ""),
        ("'7' | int + 1", "8"),
        ("'x' | float(1.5)", "1.5"),
        ("-3 | abs", "3"),
        ("(0 - 3) | abs", "3"),
        ("2 ** 10 // 3 % 7 * 2 - 1 / 1", "9"),
        ("[1] + [2]", "1, 2"),
        ("'ab' * 2", "abab"),
        ("2 * [1]", "1, 1"),
        ("1.5 * 2", "3"),
        ("1 in [1, 2] and 3 not in [1]", "true"),
        ("'2026-11-02T03:04:05.620Z' | date('%Y %y %m %d %e %b %B %a %A %H:%M:%S %j %V %F %%')",
         "2026 26 11 02 2 Nov November Mon Monday 03:04:05 306 45 2026-11-02 %"),
        ("'2026-11-22T23:00:00-02:00' | date", "2026-11-23"),
        ("'2026-11-22' | date('%d.%m.')", "22.11."),
        ("row.none | date", ""),
        ("{'ref': 3, 'subject': 'x'} | name", r"\#3 x"),
        ("{'ref': 3, 'subject': 'x'} | item", r"\#3 x"),
        ("{'name': 'A', 'url': 'https://t.example'} | link", "[A](https://t.example)"),
        ("{'name': 'x', 'url': 'https://t.example'} | link", "[x·](https://t.example)"),
        ("'*' | link('https://t.example')", r"[\*](https://t.example)"),
        ("'a b' | code | link('https://t.example')", "[`a b`](https://t.example)"),
        ("'https://t.example/x' | link", "[·https:·//t.example/x](https://t.example/x)"),
        ("'x' | link('javascript:y')", "x"),
        ("'x' | link(none)", "x"),
        ("'a|b' | cell", r"a\|b"),
        ("'a[b' | page", "a b"),
        ("5 | string ~ 6", "56"),
        ("'x' | e", "x"),
        ("loop.index ~ loop.first ~ (loop.previtem is none) ~ loop.cycle('a', 'b')", "1truetruea"),
        ("loop.changed(row)", "true"),
        ("loop.nothing", ""),
        ("loop | list | length", "0"),
        ("loop['__class__']", ""),
        ("range(3) | list", "0, 1, 2"),
        ("dict(a=1).a", "1"),
        ("('x' ~ ' ' ~ none ~ ' ' ~ 1)", "x  1"),
        ("'a' + ' ' + 'b'", "a b"),
        ("' - ' ~ 'b' ~ ' * '", " - b \\*"),
        ("['a', '*'] | join(' * ')", r"a \* \*"),
        ("namespace(a=1).a", "1"),
    ],
)  # fmt: skip
def test_what_expressions_can_do(builtin: Templates, expression: str, text: str) -> None:
    row: dict[str, Any] = {
        "a b": 1,
        "none": None,
        "words": ["b", "a", "C"],
        "rows": [{"n": 2}, {"n": 1}, {"n": None}],
    }
    written = builtin.render_each(f"x {{{{ {expression} }}}}", [row])
    assert written.replace(JOINER, "·").rstrip() == f"x {text}".rstrip()


@each(
    ("text", "written"),
    [
        (
            "{% set n = namespace() %}{% for x in [1, 2] %}{% set n.s = x %}{% endfor %}{{ n.s }}",
            "2",
        ),
        (
            "{% set c = cycler('a', 'b') %}{{ c.next() }}{{ c.next() }}{{ c.current }}{{ c.x }}",
            "aba",
        ),
        ("{% set j = joiner(', ') %}{{ j() }}a{{ j() }}b", "a, b"),
        (
            "{% for x in [[1, [2]]] recursive %}{{ x[0] }}{{ loop(x[1:]) if x[1] }}{% endfor %}",
            "12",
        ),
        ("{% for x in [1, 2, 3] if x != 2 %}{{ x }}{% else %}none{% endfor %}", "13"),
        ("{% for x in ['*', 'b'] %}{{ x }}{{ ', ' if not loop.last }}{% endfor %}", r"\*, b"),
        ("{% for x in row.none %}{{ x }}{% else %}none{% endfor %}", "none"),
        ("{% for k, v in row | dictsort %}{{ k }}={{ v }};{% endfor %}", "a=1;none=;"),
        ("{% set x %}*{{ '*' }}{% endset %}{{ x }}{{ x | trim }}", r"*\**\*"),
        (
            "{% macro m(x) %}({{ x }}{{ caller() }}){% endmacro %}{% call m('_') %}*{% endcall %}",
            r"(\_*)",
        ),
        ("{% filter indent(2, first=true) %}a\nb{% endfilter %}", "  a\n  b"),
        ("{% filter indent(2) %}a\n\n*b*{% endfilter %}", "a\n\n  *b*"),
        ("{% with y = 2 %}{{ y }}{% endwith %}", "2"),
        ("{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        ("{% if row.a %}a{% elif row.none %}b{% else %}c{% endif %}", "a"),
        ("- [{{ 'x' if row.none else ' ' }}] y", "- [ ] y"),
    ],
)
def test_what_statements_can_do(builtin: Templates, text: str, written: str) -> None:
    assert builtin.render_each(text, [{"a": 1, "none": None}]).removesuffix("\n") == written


def test_mermaid_knows_in_what_diagram_it_stands(templates: Templates) -> None:
    text = '```mermaid\npie\n %{row | mermaid} : 3\n "%{row | mermaid}" : 4\n```\n'
    assert templates.render_each(text, ["Title"]) == (
        '```mermaid\npie\n "#84;itle" : 3\n "#84;itle" : 4\n```\n'
    )
    text = "```mermaid\ngantt\n %{row | mermaid} : 2026-01-01, 3d\n```\n"
    assert "\n #99;lick x : 2026" in templates.render_each(text, ["click x"])
    text = "```mermaid\npie\n %{row} : 3\n```\n"
    assert "\n a : 3" in templates.render_each(text, ["a"])
