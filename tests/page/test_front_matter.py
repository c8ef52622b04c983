from __future__ import annotations

import contextlib
from dataclasses import replace
from time import process_time

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from taiga_notes.errors import BlockError
from taiga_notes.page import front_matter_values
from taiga_notes.page.front_matter import FrontMatter, is_template, read_front_matter
from taiga_notes.refresh.compose import compose
from tests.refresh.test_compose import CONTEXT
from tests.tables import each


@each(
    "text",
    [
        "",
        "# Title\n---\nowner: ann\n---\n",
        "----\nAn owner and a line.\n---\n",
        "\n---\n- a list\n\n---\n",
        "---\nno end: here\n",
        "---\nsome text\n---\n",
        "+++\n[a link](x)\n+++\n",
        "{{ x }}\n",
        "Taiga: our tool\n\nText\n",
    ],
)
def test_a_page_without_front_matter_says_nothing_of_itself(text: str) -> None:
    assert read_front_matter(text, "A.md") == FrontMatter()


@pytest.mark.parametrize("bom", ["", "\ufeff"])
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_front_matter_is_read_whatever_the_line_ends(bom: str, newline: str) -> None:
    text = bom + newline.join(["---", "owner: ann", "tags: [a, b]", "---", "text", ""])
    assert read_front_matter(text, "A.md").values == {"owner": "ann", "tags": ["a", "b"]}


def test_values_are_plain_data_and_dates_are_text() -> None:
    text = "---\nday: 2026-11-22\nat: 2026-11-22 10:00:00\n1: {x: !!set {a, b}}\n---\n"
    values = read_front_matter(text, "A.md").values
    assert values["day"] == "2026-11-22"
    assert values["at"] == "2026-11-22 10:00:00"
    assert isinstance(values["1"], dict)
    assert sorted(values["1"]["x"]) == ["a", "b"]


def test_binary_becomes_text() -> None:
    assert read_front_matter("---\nx: !!binary aGk=\n---\n", "A.md").values == {"x": "b'hi'"}


def test_a_page_opts_out() -> None:
    assert not read_front_matter("---\ntaiga: false\n---\n", "A.md").managed
    assert read_front_matter("---\ntaiga: true\n---\n", "A.md").managed


@each(
    ("matter", "project", "server"),
    [
        ("{projects: [acme, beta]}", ("acme", "beta"), ""),
        ("{projects: [acme, 14, acme]}", ("acme", 14), ""),
        ("{projects: [acme]}", "acme", ""),
        ("{projects: [acme, '*']}", "*", ""),
        ("{project: '*'}", "*", ""),
        ("{server: work}", None, "work"),
        ("{server: work, project: shop}", "shop", "work"),
    ],
)
def test_a_page_may_be_of_several_projects_and_of_another_server(
    matter: str, project: object, server: str
) -> None:
    page = read_front_matter(f"---\ntaiga: {matter}\n---\n", "A.md")
    assert (page.project, page.server) == (project, server)


@each(
    ("matter", "message"),
    [
        ("{projects: acme}", "`taiga: projects` is no list of slugs"),
        ("{projects: []}", "is no list of slugs"),
        ("{projects: }", "is no list of slugs"),
        ("{projects: [acme, '']}", "is no list of slugs"),
        ("{projects: [acme, true]}", "is no list of slugs"),
        ("{project: a, projects: [b]}", "both `taiga: project` and `taiga: projects`"),
        ("{server: 7}", "`taiga: server` is not the name of a server"),
        ("{server: ''}", "`taiga: server` is not the name of a server"),
        ("{server: }", "`taiga: server` is not the name of a server"),
    ],
)
def test_a_mistake_in_them_is_told(matter: str, message: str) -> None:
    with pytest.raises(BlockError) as error:
        read_front_matter(f"---\ntaiga: {matter}\n---\n", "A.md")
    assert message in str(error.value)


def test_a_page_sets_its_defaults() -> None:
    matter = read_front_matter("---\ntaiga: {project: acme, template: tasks}\n---\n", "A.md")
    assert (matter.project, matter.template) == ("acme", "tasks")
    assert read_front_matter("---\ntaiga: {project: 12}\n---\n", "A.md").project == 12


@each(
    ("matter", "message"),
    [
        ("taiga: 3", "neither false nor a table"),
        ("taiga: {proj: acme}", "`taiga: proj` is not a setting"),
        ("taiga: {project: true}", "neither a slug nor a number"),
        ("taiga: {project: [1]}", "neither a slug nor a number"),
        ("taiga: {template: 4}", "not the name of a template"),
        ("a: [", "not valid YAML"),
        ("a: b: c", "not valid YAML"),
        ("x: &x [*x]", "holds itself"),
    ],
)
def test_a_mistake_names_the_page(matter: str, message: str) -> None:
    with pytest.raises(BlockError, match=message) as caught:
        read_front_matter(f"---\n{matter}\n---\n", "A.md")
    assert caught.value.page == "A.md"


def test_a_yaml_mistake_names_its_line() -> None:
    with pytest.raises(BlockError) as caught:
        read_front_matter("---\na: 1\nb: c: d\n---\n", "A.md")
    assert caught.value.line == 3


def test_aliases_that_stand_for_billions_are_refused() -> None:
    levels = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))
    with pytest.raises(BlockError, match="values"):
        read_front_matter(f"---\na0: &a0 x\n{levels}\n---\n", "A.md")


@given(st.text())
def test_nothing_but_a_block_error_escapes(matter: str) -> None:
    with contextlib.suppress(BlockError):
        read_front_matter(f"---\n{matter}\n---\n", "A.md")


# One rule, for the finder of blocks and for the reader

BLOCK = "\n<!-- taiga: from userstories select count() -->\n<!-- /taiga -->\n"

OPT_OUTS = {
    "plain": "---\ntaiga: false\n---\n",
    "a blank behind the fence": "--- \ntaiga: false\n--- \t\n",
    "dots": "---\ntaiga: false\n...\n",
    "longer fences": "----\ntaiga: false\n-----\n",
    "blank lines first": "\n \n---\ntaiga: false\n---\n",
    "a byte order mark": "\ufeff---\ntaiga: false\n---\n",
    "CRLF": "---\r\ntaiga: false\r\n---\r\n",
    "CR": "---\rtaiga: false\r---\r",
    "all of it": "\ufeff\r\n---- \r\ntaiga: false\r\n...\r\n",
    "a language": "---yaml\ntaiga: false\n---\n",
    "YAML 1.1": "---\ntaiga: no\n---\n",
    "off": "---\ntaiga: Off\n---\n",
    "text": "---\ntaiga: 'false'\n---\n",
    "as the properties of Obsidian": "---\nTaiga: false\n---\n",
    "quoted": '---\n"taiga" : FALSE\n---\n',
    "a comment": "---\n# mine\n\ntaiga: false # really\n---\n",
    "flow": "---\n{taiga: no}\n---\n",
    "merged": "---\nx: &x {taiga: false}\n<<: *x\n---\n",
    "TOML": "+++\ntitle = 'x'\ntaiga = false\n+++\n",
    "TOML after a blank line": "\n+++\ntaiga = 'no'\n+++\n",
    "TOML by its language": "---toml\ntaiga = false\n---\n",
    "JSON in fences": ';;;\n{"taiga": false}\n;;;\n',
    "JSON": '{\n  "taiga": false\n}\n',
    "JSON in a line": '{"title": "x", "taiga": "off"}\n',
    "MultiMarkdown": "Title: x\nauthor: y\ntaiga: false\n",
    "Logseq": "title:: x\ntaiga:: no\n",
    "reStructuredText": ":title: x\n:taiga: false\n",
    "a comment around": "<!--\n---\ntaiga: false\n---\n-->\n",
    "a comment of three dashes": "<!---\ntaiga: false\n--->\n",
    "Pandoc's title first": "% A title\n% Ann\n\n---\ntaiga: false\n...\n",
    "a directive first": "%YAML 1.2\n---\ntaiga: false\n---\n",
    "a comment behind the fence": "--- # mine\ntaiga: false\n---\n",
    "two byte order marks": "\ufeff\ufeff---\ntaiga: false\n---\n",
    "a byte order mark below a blank line": "\n\ufeff---\ntaiga: false\n---\n",
    "a form feed": "\f---\ntaiga: false\n---\n",
    "a key copied from the web": "---\n\u200btaiga: false\n---\n",
    "a key with a blank that does not break": "---\n\u00a0taiga\u00a0: false\n---\n",
    "a separator of lines, as YAML 1.1 had them": "---\na: x\u2028y\ntaiga: false\n---\n",
    "a next line, as YAML 1.1 had them": "---\na: x\x85y\ntaiga: false\n---\n",
    "a set": "---\na: !!set {x, y}\ntaiga: false\n---\n",
    "a value that looks like a merge": "---\na: <<\ntaiga: false\n---\n",
    "an alias": "---\na: &a false\ntaiga: *a\n---\n",
    "Zola": '+++\ntitle = "x"\n[extra]\ntaiga = false\n+++\n',
    "Hugo": "---\nparams:\n  taiga: no\n---\n",
    "Hugo's JSON": '{"params": {"taiga": false}}\n',
}
DOUBTS = {
    "no end": "---\ntaiga: false\n\nText\n",
    "no end of TOML": "+++\ntaiga = false\n\nText\n",
    "dots and more": "---\na: 1\n...\ntaiga: false\n---\n",
    "a language that we do not read": "---js\ntaiga: false\n---\n",
    "text between lines": "----\nSome text.\ntaiga: false\n----\n",
    "no YAML": "---\na: b: c\ntaiga: false\n---\n",
    "no TOML": "+++\na = \ntaiga = false\n+++\n",
    "no JSON": '{\n "taiga": false,\n}\n',
    "no JSON in fences": ';;;\n{"taiga": false,}\n;;;\n',
    "a list": "---\n- taiga: false\n---\n".replace("- ", "-\n  "),
    "a list of tables": "---\n- a: b\n- taiga: false\n---\n",
    "some text": "---\nText and\n'taiga': false\n---\n",
    "twice": "---\ntaiga: true\ntaiga: false\n---\n",
    "twice, in another case": "---\ntaiga: true\nTaiga: false\n---\n",
    "twice in JSON": '{"taiga": true, "taiga": false}\n',
    "a tag": "---\ntaiga: !!bool nope\n---\n",
    "a number": "---\ntaiga: 0\n---\n",
    "something else": "---\ntaiga: never\n---\n",
    "no blank": "---\ntaiga:false\n---\n",
    "a wide colon": "---\ntaiga： false\n---\n",
    "a blank that does not break": "---\ntaiga:\u00a0false\n---\n",
    "a control character": "---\na: x\0y\ntaiga: false\n---\n",
    "a comment behind the last fence": "---\ntaiga: false\n--- # mine\n",
    "twice, in two tables": "+++\ntaiga = true\n[extra]\ntaiga = false\n+++\n",
    "an empty project": "---\ntaiga: {project: ''}\n---\n",
}


@each("matter", OPT_OUTS.values(), ids=OPT_OUTS.keys())
def test_an_opt_out_is_honoured_however_it_is_written(matter: str) -> None:
    assert not read_front_matter(matter + BLOCK, "A.md").managed
    assert compose(matter + BLOCK, "A.md", CONTEXT).text == matter + BLOCK


@each("matter", OPT_OUTS.values(), ids=OPT_OUTS.keys())
def test_markers_of_a_page_that_opts_out_may_stand_as_they_like(matter: str) -> None:
    text = f"{matter}\n<!-- taiga: from userstories -->\n"
    assert compose(text, "A.md", CONTEXT).text == text


@each("matter", DOUBTS.values(), ids=DOUBTS.keys())
def test_what_may_be_an_opt_out_is_refused_and_not_ignored(matter: str) -> None:
    with pytest.raises(BlockError) as caught:
        compose(matter + BLOCK, "A.md", CONTEXT)
    assert caught.value.page == "A.md"


@each(
    "text",
    [
        "----\n\nText\n\n----\n",
        "\n---\n- a\n- b\n\n---\n",
        "+++\nMyST\n+++\n",
        "{{ x }}\n",
        "Taiga: our board\n\n",
        "taiga: false friends\n\n",
        "---\ntitle: x\n",
        "---\ntaiga: true\n---\n",
        "---\ntaiga: on\n---\n",
    ],
)
def test_what_does_not_opt_out_is_rendered(text: str) -> None:
    composition = compose(text + BLOCK, "A.md", CONTEXT)
    assert (composition.blocks, composition.problems) == (1, ())
    assert composition.text.startswith(text)
    assert composition.text != text + BLOCK


@each(
    ("fence", "end"),
    [("---", "---"), ("--- ", "..."), ("---yaml", "---"), ("----", "----"), ("\n---", "---")],
)
def test_a_marker_in_front_matter_is_text_and_one_below_is_none(fence: str, end: str) -> None:
    matter = f"{fence}\nowner: ann\nsays: '<!-- taiga: nonsense( '\n{end}\n"
    if fence in {"----", "\n---"}:
        matter = matter.replace("<!-- ", "")
    text = f"{matter}{BLOCK}"
    composition = compose(text, "A.md", CONTEXT)
    assert composition.text.startswith(matter)
    assert (composition.blocks, composition.problems) == (1, ())
    assert read_front_matter(text, "A.md").values["owner"] == "ann"


@each(
    ("written", "value"),
    [
        ("NO", "NO"),
        ("on", "on"),
        ("y", "y"),
        ("12:30", "12:30"),
        ("12:30:45", "12:30:45"),
        ("1_000", "1_000"),
        ("0b11", "0b11"),
        ("0o14", 12),
        ("0x1F", 31),
        ("012", 12),
        ("+7", 7),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("-.inf", float("-inf")),
        ("True", True),
        ("~", None),
        ("", None),
        ("2026-11-22", "2026-11-22"),
        ("2026-11-22 10:00:00", "2026-11-22 10:00:00"),
        ("=", "="),
        ("1.2.3", "1.2.3"),
        ("!!str 12", "12"),
        ("!!float 3", 3.0),
        ("<<", "<<"),
        ("a\u2028b\u2029c\x85d", "a\u2028b\u2029c\x85d"),
        ("!!set {d, b, 12, a}", ["d", "b", "12", "a"]),
    ],
)
def test_values_are_what_yaml_1_2_says(written: str, value: object) -> None:
    read = read_front_matter(f"---\nx: {written}\n---\n", "A.md").values["x"]
    assert (read, type(read)) == (value, type(value))


def test_keys_are_what_the_person_sees() -> None:
    text = "---\nno: 1\ntrue: 2\n1.0: 3\n2026-01-01: 4\n0x1: 5\n---\n"
    assert [*read_front_matter(text, "A.md").values] == ["no", "true", "1.0", "2026-01-01", "0x1"]


def test_toml_and_json_are_read_as_well() -> None:
    toml = "+++\nowner = 'ann'\nday = 2026-11-22\n[taiga]\nproject = 'acme'\n+++\n"
    matter = read_front_matter(toml, "A.md")
    assert (matter.values["owner"], matter.values["day"]) == ("ann", "2026-11-22")
    assert matter.project == "acme"
    json = '{"owner": "ann", "taiga": {"template": "tasks"}}\n'
    assert read_front_matter(json, "A.md").template == "tasks"


@each(
    ("text", "line"),
    [
        ("\n\n---\na: 1\nb: c: d\n---\n", 5),
        ('\ufeff;;;\r\n{\r\n"a": 1,\r\n"b" 2\r\n}\r\n;;;\r\n', 4),
        ("---\r\na: [\r\n---\r\n", 3),
        ("+++\na = 1\n\nb = no\n+++\n", 4),
        ("---\na: 1\n\nb: x\x07\n---\n", 4),
        ("---\na: 1\r\nb: 2\rtaiga: never\n---\n", 4),
        ("% x\n\n+++\n\n[extra]\ntaiga = 7\n+++\n", 6),
    ],
)
def test_a_mistake_is_told_by_its_line_in_the_page(text: str, line: int) -> None:
    with pytest.raises(BlockError) as caught:
        read_front_matter(text, "A.md")
    assert caught.value.line == line


@pytest.mark.parametrize(
    "text",
    [
        "{" * 100_000 + '"taiga": 1',
        "+++\na = " + "[" * 5_000 + "\n+++\n",
        "---\n" + "a: {" * 200 + "\n---\n",
    ],
)
def test_depth_is_refused(text: str) -> None:
    with pytest.raises(BlockError):
        read_front_matter(text, "A.md")


@pytest.mark.parametrize(
    "text",
    [" " * 100_000, "\n" * 50_000, "---\n" + "- " * 50_000, "----\n" + "a" * 50_000 + ":" * 50_000],
)
def test_what_begins_like_front_matter_and_is_none_is_soon_seen_through(text: str) -> None:
    assert read_front_matter(text, "A.md") == FrontMatter()


@pytest.mark.slow
@pytest.mark.parametrize("part", ["<%", "{{date ", "a: {{ ", 'a: "${', "- {{", "a: {{x}} y", ": "])
def test_the_time_to_tell_a_template_grows_with_its_front_matter(part: str) -> None:
    def spent(count: int) -> float:
        began = process_time()
        assert not is_template(f"---\na: b\n{part * count}z\n---\n")
        return process_time() - began

    # What grows with the square would take sixty-four times as long.
    assert spent(16_000) < 24 * spent(2_000) + 0.1


# Templates of pages to be


@each(
    "matter",
    [
        "title: {{title}}",
        "date: {{date:YYYY-MM-DD}}",
        "aliases: ['{{date}} stand-up']",
        "tags: [{{VALUE}}]",
        'title: "{{ replace .Name `-` ` ` | title }}"',
        "title: <% tp.file.title %>",
        "{{frontmatter}}",
        "a: 1\n  {{ more }}  \nb: 2",
        "{% if x %}\na: 1\n{% endif %}",
        "created: <%* tR += tp.date.now() %>",
        "a: <% b\nc: d %>",
        "name: ${os.date()}",
        "tags: meta/template/page",
        "tags: '#meta/template/slash'",
        "tags:\n- x\n- meta/template/snippet",
        "tags: [meta/library]",
    ],
)
def test_a_page_to_be_filled_in_is_a_template_and_passed_by(matter: str) -> None:
    text = f"---\n{matter}\n---\n{BLOCK}"
    composition = compose(text, "A.md", CONTEXT)
    assert (composition.text, composition.is_template) == (text, True)
    assert not composition.cacheable
    assert compose(f"{text}<!-- taiga: x -->\n", "A.md", CONTEXT).is_template


def test_a_page_that_begins_with_a_script_is_a_template() -> None:
    assert is_template("<%*\nlet x\n%>\n---\na: 1\n---\n")


@each(
    "matter",
    ["title: 'How {{ x }} works in Jinja'", "a: <% b", "tags: template", "tags: meta", "x: 1"],
)
def test_a_page_about_templates_is_none(matter: str) -> None:
    composition = compose(f"---\n{matter}\n---\n{BLOCK}", "A.md", CONTEXT)
    assert not composition.is_template
    assert composition.blocks == 1


def test_a_template_is_rendered_where_that_is_asked_for() -> None:
    for matter in ("title: <% tp.file.title %>", "tags: meta/template/page"):
        context = replace(CONTEXT, with_templates=True)
        assert compose(f"---\n{matter}\n---\n{BLOCK}", "A.md", context).blocks == 1


@pytest.mark.parametrize(
    ("matter", "said"),
    [
        (f"x: {'a' * 70_000}", "is longer than 64 kB"),
        (f"x: {'[' * 1_200}{']' * 1_200}", "is nested too deeply"),
        ("b: &b {x: 1}\n" + "".join(f"k{i}: {{<<: *b}}\n" for i in range(12)), "merges too much"),
        ("? [a, b]\n: c", "is not valid YAML"),
    ],
)
def test_front_matter_that_asks_too_much_is_refused(matter: str, said: str) -> None:
    with pytest.raises(BlockError, match=said):
        read_front_matter(f"---\n{matter}\n---\n", "A.md")


def test_what_only_the_parser_in_c_refuses_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class GivesUp(yaml.SafeLoader):
        def check_event(self, *_choices: object) -> bool:
            raise yaml.YAMLError("at a depth of its own")

    monkeypatch.setattr(front_matter_values, "Base", GivesUp)
    with pytest.raises(BlockError, match="is not valid YAML"):
        read_front_matter("---\na: '<<'\n---\n", "A.md")
