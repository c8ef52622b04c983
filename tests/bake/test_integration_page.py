"""A page that brings Taiga to SilverBullet: what of it becomes what, and what is told."""

from __future__ import annotations

import time

import pytest

from taiga_notes.bake.integration_page import (
    MOST_TEMPLATES,
    IntegrationPage,
    PageSettings,
    read_integration,
)
from tests.tables import each

PAGE = """\
# Tickets

```toml
# What's mine
taiga = {
    user = "ann",
    userId = "5",
    password = "hunter2",
    projectId = "7"
}
```

```lua
# What is open
${template.each(query[[
    from getTaigaTasks() where not is_closed
  ]], templates.open)}
# What is new
${template.each(query[[from getTaigaTasks("/userstories?project=7")]], templates.open)}
```

```space-lua
local baseUrl = "https://taiga.example.org/api/v1"
local function token()
  return http.request(baseUrl .. "/auth", {body = config.get("taiga").password})
end
function getTaigaTasks(filter)
  if filter == nil then
    filter = "/userstories?project=" .. config.get("taiga").projectId ..
      "&status__is_archived=false"
  end
  return http.request(baseUrl .. filter, {token = token()}).body
end
templates.open = function(t)
  local url = "https://boards.example.org/project/" .. t.project_extra_info.slug .. "/us/" .. t.ref
  return string.format("- [%s](" .. url .. ") %s", t.ref, t.subject) .. "\\n"
end
```
"""


def found(page: str) -> IntegrationPage:
    return read_integration(page, lambda text: "wrong" if "wrong" in text else "")


def told(page: str) -> list[tuple[int, str]]:
    return [(one.line, one.reason) for one in found(page).left]


def space_lua(script: str) -> str:
    return f"```space-lua\n{script}\n```\n"


def live(query: str) -> str:
    return f"${{template.each(query[[{query}]], templates.x)}}\n"


def test_a_page_as_it_is_shared() -> None:
    page = found(PAGE)
    assert page.settings == PageSettings(
        "https://taiga.example.org/api/v1", "https://boards.example.org", "ann", 7, 7, 8
    )
    assert page.left == ()
    assert not page.is_empty
    assert [(each.heading, each.line) for each in page.queries] == [
        ("What is open", 15),
        ("What is new", 19),
    ]
    assert page.template_files() == {
        "open": "{# From SilverBullet: templates.open. #}\n{% for row in rows %}\n"
        "- [{{ row.ref }}](https://boards.example.org/project/{{ row.project_extra_info.slug }}"
        "/us/{{ row.ref }}) {{ row.subject }}\n{% endfor %}\n"
    }
    blocks = page.blocks("Tickets", lambda _query, _form: "")
    assert (blocks.count, blocks.left) == (2, ())
    assert blocks.text.splitlines()[:5] == [
        "# Tickets",
        "",
        "## What is open",
        "",
        "<!--#lua template.each(query[[",
    ]
    assert "hunter2" not in f"{page}{blocks}"


def test_line_ends_and_quotes_make_no_difference() -> None:
    assert found(PAGE.replace("\n", "\r\n")) == found(PAGE)
    quoted = found("".join(f"> {line}\n" for line in PAGE.splitlines()))
    assert quoted.settings == found(PAGE).settings
    assert [each.text for each in quoted.queries] == [each.text for each in found(PAGE).queries]


def test_queries_that_do_not_fit_are_told_by_the_lines_of_the_page() -> None:
    blocks = found(PAGE).blocks("Tickets", lambda query, _: "no" if "project=7" in query else "")
    assert [one.line for one in blocks.left] == [19]
    assert blocks.count == 1


def test_nothing_of_taiga_s() -> None:
    assert found("# Page\n\n```lua\nx = 1\n```\n\n```\ncode\n```\n").is_empty
    assert found("").is_empty


@each(
    ("page", "line", "reason"),
    [
        (space_lua("taiga.board = 'x'"), 2, "there is no setting for taiga.board"),
        (space_lua("x = 1\ntaiga.user = f()"), 3, "taiga.user is computed: say it in"),
        (space_lua("taiga.projectId = 'my own'"), 2, "'my own' is no project's slug or number"),
        (space_lua("taiga.url = 'ftp://x'"), 2, "'ftp://x' is no address of an API"),
        (space_lua("taiga.url = 'https://a:pw@b@x/api/v1'"), 2, "'https://…@x/api/v1' is no"),
        (space_lua("a = 'https://x/api/v1'\nb = 'https://y/api/v1'"), 3, "another server"),
        (space_lua("function badge(t) return t end"), 2, "the function badge has no like here"),
        (space_lua("templates.a = function(t)\nreturn f(t) end"), 3, "more than put texts"),
        (space_lua("templates.a = function(t)\nreturn 'wrong' end"), 2, "templates.a: wrong"),
        (space_lua("local a = template.new('x')"), 2, "has to be called templates.NAME"),
        (space_lua("templates['../a'] = template.new('x')"), 2, "has to be called templates.NAME"),
        (space_lua("taiga.user = 'a\\nb'"), 2, "this is no user name"),
        (space_lua("templates.a.b = template.new('x')"), 2, "has to be called templates.NAME"),
        (space_lua("x = 1\ny = 'it"), 3, "can't be read from here on"),
        (space_lua("function getTaigaTasks(f) return http.request(f) end"), 2, "can't be told"),
        (live("from getTaigaTasks('/tasks?project=mine')"), 1, "'mine' is no project's number"),
        ("<!-- taiga -->\n\n" + live("from tasks"), 1, "the block is not closed"),
        ("${template.each(query[[from tasks]]\n\n", 1, "its braces do not close"),
    ],
)
def test_what_can_t_be_turned_is_told_with_its_line(page: str, line: int, reason: str) -> None:
    [(at, said), *_] = told(page)
    assert at == line
    assert reason in said


def test_a_list_of_the_page_s_own_is_asked_for_by_its_path() -> None:
    script = (
        'function getTaigaTasks(f) if not f then f = "/tasks?project=" '
        '.. config.get("taiga.projectId") .. "&status__is_closed=false" end http.request(f) end\n'
        "config.set('taiga', {projectId = '7'})"
    )
    page = found(space_lua(script) + "\n" + live("from getTaigaTasks()"))
    assert page.left == ()
    path = "/tasks?project=7&status__is_closed=false"
    assert f"from getTaigaTasks('{path}')" in page.queries[0].text
    page = found(space_lua(script.replace("'7'", "'acme'")) + "\n" + live("from getTaigaTasks()"))
    assert "'{project}' is no project's number" in page.left[0].reason


def test_settings_within_a_query_are_put_in() -> None:
    query = 'from getTaigaTasks("/tasks?project=" .. config.get("taiga").projectId)'
    page = found(space_lua("taiga.projectId = 7") + "\n" + live(query))
    assert "getTaigaTasks(\"/tasks?project=\" .. '7')" in page.queries[0].text
    page = found(space_lua("taiga.projectId = 'acme'") + "\n" + live(query))
    assert "config.get" in page.queries[0].text


def test_a_query_that_calls_the_page_s_own_function_is_no_block() -> None:
    for name in ("mine", "our.mine"):
        script = space_lua(f"function {name}(f) http.request(f) end")
        page = found(f"{script}\n{live(f'from {name}()')}")
        assert page.queries == ()
        assert [(one.line, one.reason) for one in page.left] == [
            (5, "the function mine has no like here")
        ]


def test_what_is_a_block_or_a_fence_already_is_passed_by() -> None:
    page = "```taiga\nfrom tasks\n```\n\n<!-- #taiga: from tasks -->\n<!-- /taiga -->\n"
    assert found(page).is_empty


def test_headings_that_would_act_are_left_out() -> None:
    page = found(f"# A\n\n## [[x]] ${{y}}\n\n{live('from tasks')}\n{live('from issues')}")
    assert [each.heading for each in page.queries] == ["", ""]
    assert page.blocks("T", lambda *_: "").text.startswith("# T\n\n<!--#lua")


HOSTILE = (
    *("config.set({", "[[", "taiga = {", "'", "--[[", "[ ", "x[1] = ", "f(", "function a("),
    *("templates.a = function(t) return 1 end ", "https://", 'x = "', "# ", "a = b .. ", "${"),
)


@pytest.mark.slow
def test_the_time_that_it_takes_grows_with_the_page() -> None:
    def seconds(size: int) -> float:
        begin = time.process_time()
        for text in HOSTILE:
            found(space_lua(text * (size // len(text))))
            found(f"```toml\n{text * (size // len(text))}")
        return time.process_time() - begin

    # What grows with the square would take sixty-four times as long.
    assert seconds(24_000) < 24 * seconds(3_000) + 0.5


def test_more_templates_than_anybody_writes_are_told() -> None:
    script = "\n".join(f"templates.a{n} = template.new('x')" for n in range(MOST_TEMPLATES + 2))
    page = found(space_lua(script))
    assert len(page.templates) == MOST_TEMPLATES
    assert [one.line for one in page.left] == [MOST_TEMPLATES + 2, MOST_TEMPLATES + 3]
