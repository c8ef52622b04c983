"""What a script in a page says is read, and never run."""

from __future__ import annotations

from taiga_notes.bake.space_lua import read_script
from taiga_notes.query.syntax.lexer import TokenKind, script_tokens
from tests.tables import each


def settings(script: str) -> dict[str, str | None]:
    return {name: value.text for name, value in read_script(script).settings.items()}


@each(
    "script",
    [
        'taiga ={\n  user="ann",\n  projectId="12"\n}',
        "taiga = { user = 'ann'; projectId = 12, }",
        'taiga = {\n  user = "ann"\n  projectId = "12"\n}',
        '[taiga]\nuser = "ann"\nprojectId = 12\n[other]\nuser = "bob"',
        'taiga.user = "ann"\ntaiga.projectId = "12"',
        'config.set("taiga", {user = "ann", projectId = "12"})',
        'config.set { taiga = { user = "ann", ["projectId"] = "12" } }',
        'config.set({ taiga = { user = "ann", projectId = "12" } })',
        'config.set("taiga.user", "ann") config.set("taiga.projectId", 12)',
        'config.set({"taiga", "user"}, "ann"); config.set({"taiga", "projectId"}, "12")',
        'local x = f(1)\nconfig.set("taiga", {user = "ann", projectId = "12"})\nx = 2',
        'taiga = {user = "ann", projectId = "12"}\ntaiga = {user = "bob"}',
        'if a[1] == 2 then b[c] = 3 end config.set("taiga", {user = "ann", projectId = "12"})',
        'command.define {name = "x"}\ntaiga = {user = "ann", 5 x, projectId = "12"}',
    ],
)
def test_settings_in_every_way_that_pages_write_them(script: str) -> None:
    assert settings(script) == {"user": "ann", "projectId": "12"}


@each(
    ("value", "found"),
    [
        ('"a" .. b', None),
        ("os.getenv('X')", None),
        ("true", None),
        ("-- none\n", None),
        ("'x' -- said\n", "x"),
        ("{", None),
        ("not a", None),
        ("query[[from x]]", None),
    ],
)
def test_what_is_computed_has_no_text(value: str, found: str | None) -> None:
    assert settings(f"taiga.user = {value}").get("user") == found


def test_functions_with_what_they_do() -> None:
    script = """
    function one(a, b) if a then return function() end end end
    local function two() while x do repeat y.end_() until z end end
    templates["three"] = function(t) return t.ref end
    return function() end
    x[1] = "2"
    x = {run = function(...) return 1 end, taiga = 2}
    function templates:four(t) for a in b do end end
    function five(
    """
    found = read_script(script).functions
    assert [(each.name, each.parameter) for each in found] == [
        ("one", "a"),
        ("two", ""),
        ("templates.three", "t"),
        ("x.run", ""),
        ("templates.four", "t"),
    ]
    assert script[found[2].start : found[2].end] == "return t.ref "


def test_templates_written_in_place() -> None:
    script = "templates.a = template.new[==[* ${ref}]==] -- mine\ntemplates.b = template.new('x')\n"
    found = read_script(script).written
    assert {name: value.text for name, value in found.items()} == {
        "templates.a": "template.new[==[* ${ref}]==] -- mine",
        "templates.b": "template.new('x')",
    }


def test_texts_by_their_names() -> None:
    found = read_script('local base = "https://x/api/v1"\ny = 2')
    assert {name: value.text for name, value in found.texts.items()} == {
        "base": "https://x/api/v1",
        "y": "2",
    }


@each(
    ("script", "read"),
    [
        ("a = 1; b = 'it", "a = 1; b = "),
        ("a = 1 --[[ no end", "a = 1 "),
        ("a = [==[ no end", "a = "),
        ("a = 1 ¤", "a = 1 "),
        ("taiga = { ) } b", "taiga = { ) } b"),
        ("config.set(", "config.set("),
        ("config.set({'taiga'", "config.set({'taiga'"),
        ("config.set(5)", "config.set(5)"),
        ("function", "function"),
        ("taiga = ", "taiga = "),
        ("[taiga x", "[taiga x"),
        ("x = " + "{a = " * 30 + "1", "x = " + "{a = " * 30 + "1"),
    ],
)
def test_a_script_is_read_as_far_as_it_can_be(script: str, read: str) -> None:
    assert script[: read_script(script).end] == read


def test_tokens_of_lua_that_no_query_has() -> None:
    found = [*script_tokens(r"a = '\65\q'; b = 2026-12-05 & 1")]
    assert [token.text for token in found] == [
        *("a", "=", r"\65\q", ";", "b", "=", "2026-12-05", "&", "1", ""),
    ]
    assert found[-1].kind is TokenKind.END
