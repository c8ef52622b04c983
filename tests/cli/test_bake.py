"""`taiga-notes bake` and `unbake`: a vault of SilverBullet pages migrates, and comes back."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.cli.program import untouched

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.program import Program

pytestmark = pytest.mark.slow

LIVE = """\
# Sprint

${template.each(query[[
  from getTaigaTasks()
  where status_extra_info.name != 'Done'
]], templates.taigaRecurringTasks)}

There are ${query[[from userstories select count()]]} stories, on ${os.date()}.

```taiga
from issues template links
```
"""
OTHERS = "${query[[from index.tag 'page']]}\n\n<!--#lua os.time() -->\n1\n<!--/lua-->\n"
UNFIT = "${template.each(query[[from userstories where subject == '-->']], templates.links)}\n"


def test_a_vault_migrates_renders_and_comes_back_to_the_byte(vault: Path, program: Program) -> None:
    page = program.page("A.md", LIVE)
    others = program.page("B.md", OTHERS)
    with untouched(vault):
        done = program("bake", "--check")
    assert (done.status, done.err) == (1, "")
    assert done.out == "A.md: 3 turned\n1 page would change, 0 places left alone\n"

    done = program("bake")
    assert (done.status, done.err) == (0, "")
    assert done.out == "A.md: 3 turned\n1 page changed, 0 places left alone\n"
    assert others.read_text() == OTHERS
    text = page.read_text()
    assert "${template.each" not in text
    assert "on ${os.date()}." in text
    assert program("bake").out == "0 pages changed, 0 places left alone\n"

    assert program("render").status == 0
    assert "[In progress] Pay by invoice" in page.read_text()
    count = (
        "<!--#lua query[[from userstories select count()]] -->3<!-- /taiga 6dd28e9b --><!--/lua-->"
    )
    assert f"There are {count} stories" in page.read_text()
    assert "Off by a cent" in page.read_text()

    done = program("unbake")
    assert (done.status, done.err) == (0, "")
    assert page.read_text() == LIVE
    assert others.read_text() == OTHERS


def test_what_can_not_be_migrated_is_listed_with_the_reason(notes: Path, program: Program) -> None:
    program.page("A.md", f"one\n\n{UNFIT}")
    with untouched(notes):
        done = program("bake")
    assert done.status == 3
    assert done.err.startswith("taiga-notes: A.md:3: left alone: ")
    assert done.out == "0 pages changed, 1 place left alone\n"


def test_pages_out_of_order_are_told_and_the_others_migrate(notes: Path, program: Program) -> None:
    assert notes
    bad = program.page("A.md", f"<!-- taiga: from tasks -->\n\n{LIVE}")
    good = program.page("B.md", LIVE)
    latin = program.page("C.md", "")
    latin.write_bytes(b"\xfc\n" + LIVE.encode())
    before = [bad.read_bytes(), latin.read_bytes()]
    done = program("bake")
    assert done.status == 6
    assert [line.split(": ")[0] for line in done.err.splitlines()] == ["A.md:1", "C.md"]
    assert [bad.read_bytes(), latin.read_bytes()] == before
    assert "${template.each" not in good.read_text()


def test_unbake_drops_no_text_of_yours_unless_you_say_so(notes: Path, program: Program) -> None:
    page = program.page("A.md", "```taiga\nfrom userstories template links\n```\n")
    program("bake")
    program.render()
    page.write_text(page.read_text().replace("Sign-up form", "My own words"))
    with untouched(notes):
        done = program("unbake")
    assert done.status == 3
    assert done.err == (
        "A.md:1: the text between the markers was edited by hand since taiga-notes wrote it"
        " (move it out of the markers, or drop it with --force)\n"
    )
    assert program("unbake", "--force").status == 0
    assert page.read_text() == "```taiga\nfrom userstories template links\n```\n"


def test_without_a_vault_nothing_is_turned(program: Program) -> None:
    program.page("A.md", LIVE)
    for command in ("bake", "unbake"):
        with untouched(program.folder):
            done = program(command)
        assert done.status == 2
        assert "there is no taiga-notes.toml" in done.err


SAVED = """
import sys
from pathlib import Path
from unittest import mock
import taiga_notes.bake.baking as module
from taiga_notes.cli import main

real, page = getattr(module, sys.argv[1]), Path("A.md")

def turned(text, **named):
    if "Mine." not in text:
        page.write_text("Mine.\\n\\n" + page.read_text())
    return real(text, **named)

with mock.patch.object(module, sys.argv[1], turned):
    sys.exit(main(sys.argv[1:]))
"""
"""The command, and somebody who saves the page while it is being turned, once."""


def test_a_page_saved_meanwhile_is_turned_as_it_then_stands(notes: Path, program: Program) -> None:
    assert notes
    page = program.page("A.md", LIVE)
    done = program.command([sys.executable, "-c", SAVED, "bake"])
    assert (done.status, done.err) == (0, "")
    assert done.out == "A.md: 3 turned\n1 page changed, 0 places left alone\n"
    assert page.read_text().startswith("Mine.\n\n# Sprint\n")
    page.write_text(page.read_text().removeprefix("Mine.\n\n"))
    done = program.command([sys.executable, "-c", SAVED, "unbake"])
    assert (done.status, done.err) == (0, "")
    assert page.read_text() == f"Mine.\n\n{LIVE}"


@pytest.mark.usefixtures("vault")
@pytest.mark.parametrize(
    ("live", "reason"),
    [
        ("${query[[from userstories select subject]]}", "shows one value"),
        ("${some(query[[from tasks where not is_closed select ref]]) or '–'}", "shows one value"),
        ("${query[[from userstories limit 1 select templates.grouped({key = 1, group = {_}})]]}",
         "several lines"),
        ("${query[[from userstories select template.new[==[* ${ref}]==](_)]]}", "template.new"),
    ],
)  # fmt: skip
def test_what_would_not_fit_within_a_line_is_left_alone(
    program: Program, live: str, reason: str
) -> None:
    page = program.page("A.md", f"There: {live}.\n")
    done = program("bake")
    assert page.read_text() == f"There: {live}.\n"
    assert reason in done.out + done.err


@pytest.mark.usefixtures("vault")
def test_templates_written_in_place_become_blocks_that_render(program: Program) -> None:
    page = program.page(
        "A.md",
        "> ${some(query[[\r\n>   from p = userstories\r\n>   where p.ref > 999\r\n"
        ">   select template.new[==[\r\n>     * ${subject}\r\n>   ]==](p)\r\n"
        "> ]]) or '_None yet._'}\r\n",
    )
    assert program("bake").status == 0
    assert program("render").status == 0
    text = page.read_bytes().decode()
    assert "> <!-- #taiga\r\n> from p = userstories\r\n" in text
    assert "\r\n> _None yet._\r\n" in text
    assert text.count("\n") == text.count("\r\n")
