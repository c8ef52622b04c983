"""`taiga-notes init --from-silverbullet PAGE`: what a shared page does goes on in a vault."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.program import untouched

if TYPE_CHECKING:
    from tests.cli.conftest import Acme
    from tests.cli.program import Program

SNAPSHOT = Path(__file__).parents[2] / "examples" / "vault" / "taiga.json"
PAGE = """\
# Tickets

```space-lua
config.set("taiga", {user = "ann", userId = "5", password = "hunter2", projectId = "7"})
local server = "https://api.taiga.io/api/v1"
function getTaigaTasks(filter)
  return http.request(server .. (filter or "/userstories?project=" ..
    config.get("taiga").projectId .. "&status__is_archived=false")).body
end
templates.open = function(t)
  return string.format("- [%s](https://tree.taiga.io/project/%s/us/%d) %s", t.subject,
    t.project_extra_info.slug, t.ref, t.assigned_to_extra_info and "taken" or "free") .. "\\n"
end
templates.new = template.new[==[
    * ${subject}
]==]
templates.odd = function(t)
  if t.is_closed then return "done" end
end
```

```lua
# Open ones
${template.each(query[[
  from getTaigaTasks() where not is_closed order by ref limit 2
]], templates.open)}
# New ones
${template.each(query[[
  from getTaigaTasks("/userstories?project=7&status__is_archived=false")
  where status_extra_info.name == 'New' order by ref limit 2
]], templates.new)}
# Odd ones
${template.each(query[[from getTaigaTasks()]], templates.odd)}
```
"""
THEN = "then `taiga-notes doctor`, then `taiga-notes render`"
OTHER = "${template.each(query[[from tasks order by ref limit 1]], templates.new)}\n"


def taken_over(program: Program, page: str = PAGE) -> str:
    """The blocks of a page that was taken over."""
    program.page("Tickets.md", page)
    assert program("init", "--from-silverbullet", "Tickets.md").status in {0, 3}
    return (program.folder / "Tickets blocks.md").read_text()


def test_a_page_becomes_settings_templates_and_blocks(program: Program) -> None:
    page = program.page("Tickets.md", PAGE)
    done = program("init", "--from-silverbullet", "Tickets.md")
    assert done.status == 3
    assert done.out.splitlines() == [
        "wrote templates/open.md.j2",
        "wrote templates/new.md.j2",
        "wrote Tickets blocks.md",
        "Tickets.md:4: your number is needed nowhere: queries say `me`",
        "wrote taiga-notes.toml",
        f"next: `taiga-notes login --username ann`, {THEN}",
        "next: `taiga-notes bake` turns the live queries of other pages into blocks",
    ]
    left, unknown, password = done.err.splitlines()
    assert left.startswith("taiga-notes: Tickets.md:18: left alone: templates.odd: it does more")
    assert unknown.startswith("taiga-notes: Tickets.md:33: left alone: ")
    assert "odd" in unknown
    assert password.startswith("taiga-notes: Tickets.md:4: the password was not taken along")
    assert tomllib.loads((program.folder / "taiga-notes.toml").read_text()) == {
        "project": 7,
        "api": "https://api.taiga.io/api/v1",
    }
    assert page.read_text() == PAGE
    made = [file for file in program.folder.rglob("*") if file.is_file() and file != page]
    assert len(made) == 4
    assert all("hunter2" not in file.read_text() for file in made)


def test_it_renders_over_a_snapshot_other_pages_too(program: Program) -> None:
    assert "Open ones" in taken_over(program)
    other = program.page("Other.md", OTHER)
    shutil.copy(SNAPSHOT, program.folder)
    assert program("bake", "Other.md").out.startswith("Other.md: 1 turned")
    done = program("render", "--snapshot", "taiga.json", "Tickets blocks.md", "Other.md")
    assert (done.status, done.err) == (0, "")
    text = (program.folder / "Tickets blocks.md").read_text()
    assert "\n- [Sign-up form](https://tree.taiga.io/project/acme/us/12) free\n" in text
    assert "\n* Sign-up form\n" in text
    assert "\n* " in other.read_text()


OTHER_WAYS = """\
# Mine

${query[[from getTaigaTasks() where ref == 12 select templates.row(_)]]}

${template.each(query[[
  from t = getTaigaTasks("/tasks?project=" .. config.get("taiga").projectId)
  where t.assigned_to order by t.ref limit 1
]], templates.row)}

${some(query[[from i = getTaigaTasks("/issues?project=7") where i.ref > 900
  select template.new[==[* ${ref}]==](i)]]) or "None."}

```toml
[taiga]
user = "ann"   # it's me
project_id = 7
```

```space-lua
templates["row"] = template.new([==[
    * [${subject}](https://tree.taiga.io/project/acme/us/${ref})
]==])
function templates.cells(item)
  return ("| #%03d | %s |\\n"):format(item.ref, item.milestone_name or "none")
end
getTaigaTasks = function(f)
  if not f then f = "/userstories?project=" .. config.get("taiga.project_id") end
  return http.request(url .. f).body
end
```
"""


def test_other_ways_to_write_such_a_page(program: Program) -> None:
    assert taken_over(program, OTHER_WAYS)
    shutil.copy(SNAPSHOT, program.folder)
    with (program.folder / "Tickets blocks.md").open("a") as page:
        page.write("\n<!-- #taiga: from userstories where ref == 12 template cells -->\n")
        page.write("<!-- /taiga -->\n")
    done = program("render", "--snapshot", "taiga.json", "Tickets blocks.md")
    assert (done.status, done.err) == (0, "")
    text = (program.folder / "Tickets blocks.md").read_text()
    assert "getTaigaTasks('/userstories?project=7')" in text
    assert "\n* [Sign-up form](https://tree.taiga.io/project/acme/us/12)\n" in text
    assert "\n* [" in text.partition("/tasks?project=")[2]
    assert "\nNone.\n" in text
    assert "\n| #012 | none |\n" in text


def test_it_renders_what_a_server_has(acme: Acme, program: Program) -> None:
    page = PAGE.replace('"7"', f'"{acme.project.id}"').replace("=7", f"={acme.project.id}")
    taken_over(program, page.replace("https://api.taiga.io/api/v1", acme.server.url))
    done = program("render", "Tickets blocks.md")
    assert (done.status, done.err) == (0, "")
    text = (program.folder / "Tickets blocks.md").read_text()
    assert "- [Sign-up form](https://tree.taiga.io/project/acme/us/1) free\n" in text
    assert "\n* Sign-up form\n" in text


def test_another_server_and_its_web_front(program: Program) -> None:
    page = PAGE.replace("https://api.taiga.io", "https://t.example").replace(
        "tree.taiga", "b.taiga"
    )
    program.page("Tickets.md", page)
    done = program("init", "--from-silverbullet", "Tickets.md", "--project", "shop")
    assert "`taiga-notes login --username ann --api https://t.example/api/v1`" in done.out
    assert tomllib.loads((program.folder / "taiga-notes.toml").read_text()) == {
        "project": "shop",
        "api": "https://t.example/api/v1",
        "web": "https://b.taiga.io",
    }


def test_nothing_that_is_there_is_overwritten(program: Program) -> None:
    program.page("Tickets.md", PAGE)
    program.page("templates/open.md.j2", "mine")
    program.page("Tickets blocks.md", "mine")
    done = program("init", "--from-silverbullet", "Tickets.md")
    assert "templates/open.md.j2 exists already: left as it is" in done.err
    assert "Tickets blocks.md exists already: left as it is" in done.err
    assert (program.folder / "Tickets blocks.md").read_text() == "mine"
    assert (program.folder / "templates" / "open.md.j2").read_text() == "mine"
    with untouched(program.folder):
        done = program("init", "--from-silverbullet", "Tickets.md")
    assert (done.status, done.out) == (2, "")
    assert "taiga-notes.toml exists already" in done.err


@pytest.mark.parametrize(
    ("page", "status", "said"),
    [
        (None, 6, "Tickets.md: there is no such page"),
        (b"\xff\xfe", 6, "Tickets.md: this is no UTF-8 (save it as such)"),
        (b"x" * 300_000, 6, "Tickets.md: it is longer than 256 kB"),
        (b"# Nothing\n", 2, "Tickets.md holds nothing of Taiga's"),
        (b"```space-lua\nos.execute('touch Gone.md')\ntaiga = {'\n```\n", 3, "can't be read from"),
    ],
)
def test_pages_that_hold_nothing_or_no_page(
    program: Program, page: bytes | None, status: int, said: str
) -> None:
    if page is not None:
        (program.folder / "Tickets.md").write_bytes(page)
    done = program("init", "--from-silverbullet", "Tickets.md")
    assert done.status == status
    assert said in done.err
    assert {file.name for file in program.folder.iterdir()} <= {"Tickets.md", "taiga-notes.toml"}


def test_the_folder_has_to_be_there(program: Program) -> None:
    program.page("Tickets.md", PAGE)
    done = program("init", "nowhere", "--from-silverbullet", "Tickets.md")
    assert (done.status, done.out) == (2, "")
    assert "there is no folder nowhere (make the folder first)" in done.err
    program.page("templates", "a file")
    done = program("init", "--from-silverbullet", "Tickets.md")
    assert (done.status, done.out) == (2, "")
    assert "can't be written" in done.err
