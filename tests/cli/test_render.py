"""`taiga-notes render`: pages and folders, refreshed in place."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.cli.program import PROGRAM, untouched

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Acme
    from tests.cli.program import Program

ALL = "<!-- taiga: from userstories order by ref -->\n<!-- /taiga -->\n"
COUNT = "There are <!-- taiga: from userstories select count() --><!-- /taiga --> stories.\n"
BAKED = (
    "<!--#lua template.each(query[[from getTaigaTasks() where is_closed]],"
    " templates.taigaRecurringTasks) -->\n<!--/lua-->\n"
)
WRONG = "<!-- taiga: from userstories where stauts == 1 -->\n<!-- /taiga -->\n"


def test_every_form_is_rendered_and_the_rest_stays_to_the_byte(
    vault: Path, acme: Acme, program: Program
) -> None:
    page = program.page(
        "A.md",
        f"\ufeff# Ünïcode \t \r\n\r\n> [!note]\r\n> {ALL.replace(chr(10), chr(10) + '> ', 1)}"
        f"\r\n{COUNT}\r\n{BAKED}no newline at the end  ",
    )
    other = program.page("Sub/Plain.md", "no block\r")
    done = program("render")

    assert (done.status, done.err) == (0, "")
    assert done.out == "changed: A.md\n1 page changed, 0 unchanged\n"
    web = f"{acme.web}/project/acme/us"
    assert page.read_bytes().decode().splitlines(keepends=True) == [
        "\ufeff# Ünïcode \t \r\n",
        "\r\n",
        "> [!note]\r\n",
        "> <!-- taiga: from userstories order by ref -->\n",
        ">\n",
        f"> - [#1 Sign-up form]({web}/1)\n",
        f"> - [#2 Pay by invoice]({web}/2)\n",
        f"> - [#3 Old log files]({web}/3)\n",
        ">\n",
        page.read_bytes().decode().splitlines(keepends=True)[9],
        "\r\n",
        COUNT.replace("--><!-- /taiga", "-->3<!-- /taiga 6dd28e9b"),
        "\r\n",
        BAKED.splitlines(keepends=True)[0],
        "\n",
        f"* [Link]({web}/3) [Done] Old log files\n",
        "\n",
        page.read_bytes().decode().splitlines(keepends=True)[-4],
        "\n",
        "<!--/lua-->\n",
        "no newline at the end  ",
    ]
    assert other.read_bytes() == b"no block\r"
    with untouched(vault):
        again = program("render")
    assert (again.status, again.out, again.err) == (0, "0 pages changed, 1 unchanged\n", "")


def test_pages_and_folders_can_be_named(notes: Path, program: Program) -> None:
    for name in ("A.md", "Sub/B.md", "Sub/Deep/C.md", "Other/D.md"):
        program.page(name, COUNT)
    done = program.render("A.md", "Sub")
    assert done.out.splitlines()[:-1] == [
        "changed: A.md",
        "changed: Sub/B.md",
        "changed: Sub/Deep/C.md",
    ]
    # From anywhere, as a shell would name them.
    program.folder = notes / "Sub"
    assert program.render("../Other/D.md").out.startswith("changed: ../Other/D.md\n")
    assert program.render().out == "0 pages changed, 4 unchanged\n"


def test_one_bad_block_spares_the_others(notes: Path, program: Program) -> None:
    assert notes
    page = program.page("A.md", f"{COUNT}\n{WRONG}\n{ALL}")
    done = program.render()
    assert done.status == 3
    assert done.err == (
        "A.md:3:36: unknown field 'stauts': did you mean 'status'?\n"
        "  from userstories where stauts == 1\n"
        "                         ^\n"
    )
    assert done.out == "changed: A.md\n1 page changed, 0 unchanged, 1 problem\n"
    text = page.read_text()
    assert "-->3<!--" in text
    assert "[#2 Pay by invoice](https://tree.taiga.io/" in text
    assert "\n\n> [!WARNING]\n> taiga-notes: unknown field 'stauts' (line 1, column 24)" in text
    # The mistake mended, its message goes.
    page.write_text(text.replace("stauts == 1", "ref == 1"))
    assert program.render().status == 0
    assert "[!WARNING]" not in page.read_text()


def test_front_matter_sets_defaults_is_seen_by_queries_and_can_opt_out(
    vault: Path, program: Program
) -> None:
    assert vault
    hers = program.page(
        "People/Ada.md",
        "---\nowner: ada\ntaiga:\n  template: tasks\n---\n"
        "<!-- taiga: from userstories where assignee == page.owner -->\n<!-- /taiga -->\n"
        "<!-- taiga: page.name -->\n<!-- /taiga -->\n",
    )
    many = program.page("Many.md", f"---\ntaiga: {{project: many}}\n---\n{COUNT}")
    out = program.page("Out.md", f"---\ntaiga: false\n---\n{COUNT}")
    done = program("render")
    assert (done.status, done.err) == (0, "")
    assert "- [ ] [#2 Pay by invoice](" in hers.read_text()
    assert "\nPeople/Ada\n" in hers.read_text()
    assert "-->1000<!--" in many.read_text()
    assert out.read_text().endswith(COUNT)


def test_what_is_not_ours_stays_to_the_byte(notes: Path, program: Program) -> None:
    fence = f"```\n{ALL}```\n"
    page = program.page(
        "A.md",
        f"<!--#lua os.time() -->\n1763791326\n<!--/lua-->\n\n{fence}\n"
        "<!--#lua query[[from p = index.tag 'page']] -->  \nold\n<!--/lua-->\n\n"
        "${template.each(query[[from userstories]], templates.links)}\n",
    )
    text = page.read_bytes()
    with untouched(notes):
        assert program.render().status == 0
    page.write_bytes(text + COUNT.encode())
    assert program.render().out.startswith("changed: A.md\n")
    assert page.read_bytes().startswith(text)


def test_folders_of_other_programs_and_copies_are_passed_by(notes: Path, program: Program) -> None:
    passed = [
        ".obsidian/A.md",
        ".trash/A.md",
        "node_modules/A.md",
        "A.sync-conflict-20261122-120000-ABCDEFG.md",
        "A (conflicted copy).md",
        "drafts/A.md",
        "A.txt",
    ]
    for name in passed:
        program.page(name, COUNT)
    program.page("taiga-notes.toml", 'project = "acme"\nexclude = ["drafts/**"]\n')
    with untouched(notes):
        assert program.render().out.startswith("no page has a block yet; ")


def test_check_writes_nothing_and_tells_by_its_status(notes: Path, program: Program) -> None:
    program.page("A.md", COUNT)
    with untouched(notes):
        done = program.render("--check")
    assert (done.status, done.err) == (1, "")
    assert done.out == "would change: A.md\n1 page would change, 0 unchanged\n"
    program.render()
    done = program.render("--check")
    assert (done.status, done.out) == (0, "0 pages would change, 1 unchanged\n")
    program.page("B.md", WRONG)
    assert program.render("--check").status == 3


def test_diff_writes_nothing_and_shows_what_patch_would_do(notes: Path, program: Program) -> None:
    pages = [
        program.page("B.md", BAKED),
        program.page("Sub/A.md", f"one\r\n{COUNT}two\r\n\r\n{ALL}three"),
    ]
    with untouched(notes):
        command = f"{PROGRAM} render {' '.join(program.rows)} --diff > ../both.diff"
        done = program.command(["bash", "-c", command])
    assert (done.status, done.err) == (0, "")
    before = [page.read_bytes() for page in pages]
    diff = (notes.parent / "both.diff").read_bytes()
    assert diff.startswith(b"--- a/B.md\n+++ b/B.md\n@@ -1,2 +1,7 @@\n <!--#lua ")
    _, first, second = re.split(rb"^--- a/.*\n\+\+\+ b/.*\n", diff, flags=re.MULTILINE)
    second, end = second.split(b"\\ No newline at end of file\n", 1)
    assert end == b"2 pages would change, 0 unchanged\n"
    program.render()
    assert [page.read_bytes() for page in pages] == [
        patched(before[0], first),
        patched(before[1], second).removesuffix(b"\n"),
    ]


def patched(old: bytes, hunks: bytes) -> bytes:
    """What `patch` makes of a file; the hunks say what they leave out."""
    lines, new, position = old.splitlines(keepends=True), [], 0
    for line in hunks.split(b"\n")[:-1]:
        if hunk := re.match(rb"@@ -(\d+)", line):
            new += lines[position : int(hunk[1]) - 1]
            position = int(hunk[1]) - 1
            continue
        if line[:1] in b" -":
            assert lines[position].rstrip(b"\n") == line[1:]
            position += 1
        if line[:1] in b" +":
            new.append(line[1:] + b"\n")
    return b"".join(new + lines[position:])


def test_text_edited_by_hand_is_refused_rescued_or_overwritten(
    notes: Path, program: Program
) -> None:
    page = program.page("A.md", ALL)
    program.render()
    ours = page.read_bytes()
    page.write_bytes(ours.replace(b"Sign-up form", b"My own words"))
    with untouched(notes):
        done = program.render()
    assert (done.status, done.out) == (3, "0 pages changed, 1 unchanged, 1 problem\n")
    assert done.err == (
        "A.md:1: the text between the markers was edited by hand since taiga-notes wrote it"
        ' (`--force` overwrites it, on_edit = "rescue" moves it below the block;'
        " or put the text outside of the markers yourself)\n"
    )
    edited = page.read_bytes()
    assert program.render("--force").status == 0
    assert page.read_bytes() == ours
    page.write_bytes(edited)
    program.page("taiga-notes.toml", 'project = "acme"\non_edit = "rescue"\n')
    assert program.render().status == 0
    assert page.read_bytes().startswith(ours)
    assert b"> [!NOTE]\n> taiga-notes: edited by hand" in page.read_bytes()[len(ours) :]
    assert b"My own words" in page.read_bytes()[len(ours) :]
    with untouched(notes):
        assert program.render().status == 0


def test_quiet_tells_what_is_wrong_and_verbose_what_is_unchanged(
    notes: Path, program: Program
) -> None:
    assert notes
    program.page("A.md", COUNT)
    program.page("B.md", WRONG)
    done = program.render("-q")
    assert (done.status, done.out) == (3, "")
    assert done.err.startswith("B.md:1:")
    out = program.render("-v", "A.md").out
    assert out == "unchanged: A.md\n0 pages changed, 1 unchanged\n"
    assert program("undo", "--quiet").out == ""
    assert "-->3<!--" not in (notes / "A.md").read_text()


def test_verbose_tells_what_taiga_was_asked(vault: Path, acme: Acme, program: Program) -> None:
    assert vault
    assert acme
    program.page("A.md", ALL)
    asked = [line for line in program("render", "-v").out.splitlines() if line.startswith("asked")]
    assert any(line.startswith("asked: GET /userstories?project=") for line in asked)


def test_github_is_told_line_and_column_from_where_one_stands(
    notes: Path, program: Program
) -> None:
    program.page("sub/A.md", f"{COUNT}\n{WRONG}")
    program.folder = notes.parent
    done = program.render("--check", "--output-format", "github", "work/sub")
    assert (done.status, done.err) == (3, "")
    changed, wrong, _ = done.out.splitlines()
    assert changed == "::notice file=work/sub/A.md,title=taiga-notes::would change"
    assert wrong.startswith("::error file=work/sub/A.md,line=3,col=36,title=taiga-notes::unknown")


def test_json_tells_machines_everything(notes: Path, program: Program) -> None:
    assert notes
    program.page("A.md", f"{COUNT}\n{WRONG}")
    program.page("B.md", "<!-- taiga: 1 -->\nnever closed\n")
    done = program.render("--json")
    assert (done.status, done.err) == (3, "")
    document = json.loads(done.out)
    good, bad = document["pages"]
    assert (good["page"], good["changed"], good["blocks"]) == ("A.md", True, 2)
    assert good["problems"] == [
        {
            "line": 3,
            "column": 36,
            "kind": "QueryError",
            "message": "unknown field 'stauts'",
            "hint": "did you mean 'status'?",
        }
    ]
    assert (bad["page"], bad["changed"]) == ("B.md", False)
    assert bad["problems"][0]["kind"] == "BlockError"
    assert [document[key] for key in ("changed", "unchanged", "problems")] == [1, 1, 2]
    assert document["trouble"] is None


def test_one_fetch_serves_all_blocks_and_full_reads_anew(
    vault: Path, acme: Acme, program: Program
) -> None:
    assert vault
    for number in range(5):
        program.page(f"{number}.md", COUNT + ALL + BAKED)
    program("render")
    assert len(read_whole(acme)) == 1
    program("render")
    assert not read_whole(acme)
    program("render", "--full")
    assert len(read_whole(acme)) == 1


def read_whole(acme: Acme) -> list[str]:
    """The lists of stories asked for since the last call; counting them does not count."""
    asked = [line for line in acme.taiga.log.lines("/userstories") if "only_ref" not in line]
    acme.taiga.log.clear()
    return asked


def test_a_snapshot_does_in_place_of_a_server_and_of_a_vault(program: Program) -> None:
    program.env["TAIGA_NOTES_API"] = "http://127.0.0.1:9/api/v1"
    program.page("s.json", '{"userstories": [{"id": 1, "subject": "A"}]}')
    page = program.page("A.md", COUNT)
    done = program("render", "--snapshot", "s.json", "A.md")
    assert (done.status, done.err) == (0, "")
    assert "-->1<!--" in page.read_text()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["Nowhere.md"], "'Nowhere.md' does not exist"),
        (["../A.md"], "'../A.md' is outside the vault"),
        (["notes.txt"], "'notes.txt' is no page (a page's name ends in .md or .markdown)"),
    ],
)
def test_paths_that_are_none_of_the_vaults_are_told(
    notes: Path, program: Program, arguments: list[str], told: str
) -> None:
    program.page("notes.txt", COUNT)
    (notes / ".git").mkdir()
    (notes.parent / "A.md").write_text(COUNT)
    done = program.render(*arguments)
    assert (done.status, done.out) == (2, "")
    assert told in done.err
    assert (notes.parent / "A.md").read_text() == COUNT


def test_what_silverbullet_had_written_is_replaced_with_a_word_and_kept_for_undo(
    notes: Path, program: Program
) -> None:
    assert notes
    before = (
        f"# A\n\n{BAKED.replace('<!--/', '* Anybody' + chr(39) + 's words' + chr(10) + '<!--/')}"
    )
    page = program.page("A.md", before)
    done = program.render()
    assert (done.status, done.err) == (0, "")
    assert done.out == (
        "changed: A.md\n"
        "  line 3: rendered for the first time over other text"
        " (`taiga-notes undo` brings that back)\n"
        "1 page changed, 0 unchanged\n"
    )
    assert "Anybody" not in page.read_text()
    assert program("undo").status == 0
    assert page.read_text() == before


def test_what_is_in_doubt_is_left_until_it_is_adopted(notes: Path, program: Program) -> None:
    page = program.page("A.md", BAKED)
    program.render()
    ours = page.read_text()
    page.write_text(re.sub(r"\n\n\* .*?<!--/lua", "\n* Anybody\n<!--/lua", ours, flags=re.DOTALL))
    with untouched(notes):
        done = program.render()
    assert done.status == 3
    assert "it can't be told whether SilverBullet or a person wrote the text" in done.err
    done = program.render("--adopt")
    assert (done.status, done.err) == (0, "")
    assert page.read_text() == ours


def test_ticks_are_told_as_such(notes: Path, program: Program) -> None:
    page = program.page("A.md", ALL.replace("ref -->", "ref template tasks -->"))
    program.render()
    page.write_text(page.read_text().replace("- [ ]", "- [x]", 1))
    with untouched(notes):
        done = program.render()
    assert done.status == 3
    assert "A.md:1: only checkboxes were ticked" in done.err
    assert "ticks are not sent to Taiga" in done.err
