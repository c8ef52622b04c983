"""`taiga-notes mirror` and `new`, and what other commands tell of pages for items."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.program import untouched
from tests.tables import each

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.program import Program

MIRROR = '\n[[mirror]]\nquery = "from userstories where not is_closed"\nfolder = "stories"\n'


@pytest.fixture
def mirrored(notes: Path) -> Path:
    settings = notes / "taiga-notes.toml"
    settings.write_text(settings.read_text() + MIRROR)
    return notes


def test_it_makes_pages_and_only_sees_to_those_of_items(mirrored: Path, program: Program) -> None:
    program.page("A.md", "<!-- taiga: from userstories template links -->\n<!-- /taiga -->\n")
    with untouched(mirrored):
        done = program("mirror", "--dry-run", *program.rows)
    assert done.status == 1
    assert done.out.splitlines() == [
        "would change: stories/1 Sign-up form.md (new)",
        "would change: stories/2 Pay by invoice.md (new)",
        "2 pages would change, 0 unchanged",
    ]
    done = program("mirror", "--max", "1", *program.rows)
    assert done.status == 3
    assert "the mirrors would make 2 new pages, and a run makes 1 at most" in done.err
    done = program("mirror", "--json", *program.rows)
    told = json.loads(done.out)
    assert [(page["page"], page["new"]) for page in told["pages"]] == [
        ("stories/1 Sign-up form.md", True),
        ("stories/2 Pay by invoice.md", True),
    ]
    with untouched(mirrored):
        assert program("mirror", *program.rows).out == "0 pages changed, 2 unchanged\n"
    assert program.render().out == "changed: A.md\n1 page changed, 2 unchanged\n"
    with untouched(mirrored):
        assert program.render().out == "0 pages changed, 3 unchanged\n"

    listed = program("list", *program.rows).out.splitlines()
    assert listed[-1].split()[:5] == ["taiga-notes.toml", "3", "userstories", "story", "2"]
    assert "mirrors: 1: stories" in program("doctor", *program.rows).out
    assert program("undo").out == "restored: A.md\n"
    assert program("undo").out.splitlines() == [
        "removed: stories/1 Sign-up form.md",
        "removed: stories/2 Pay by invoice.md",
    ]


def test_a_change_in_taiga_a_move_and_a_deletion(mirrored: Path, program: Program) -> None:
    program.render()
    (mirrored / "stories/1 Sign-up form.md").rename(mirrored / "Mine.md")
    (mirrored / "stories/2 Pay by invoice.md").unlink()
    file = program.home / "acme.json"
    file.write_text(file.read_text().replace("Sign-up form", "Sign up"))
    done = program.render()
    assert done.out.splitlines() == [
        "changed: stories/2 Pay by invoice.md (new)",
        "changed: Mine.md",
        "2 pages changed, 0 unchanged",
    ]
    assert 'taiga_subject: "Sign up"' in (mirrored / "Mine.md").read_text()


def test_a_block_that_shows_notes_is_rendered_when_one_comes_or_goes(
    mirrored: Path, program: Program
) -> None:
    query = "from userstories where ref < 3 order by ref select {ref, notes_about(_)}"
    template = "each \"%{row.ref}: %{notes_about(row) | join(', ')}\""
    look = program.page(
        "Look.md",
        f"<!-- taiga: {query} -->\n<!-- /taiga -->\n\n"
        f"<!-- taiga: from userstories where ref < 3 order by ref {template} -->\n<!-- /taiga -->\n"
        "\n<!-- taiga: from links() order by id select note -->\n<!-- /taiga -->\n",
    )
    program.render()
    for number, name in ((1, "stories/1 Sign-up form"), (2, "stories/2 Pay by invoice")):
        assert f"\n{number}: [[{name}]]\n" in look.read_text()
        assert f"\n- [[{name}]]\n" in look.read_text()
    (mirrored / "stories/1 Sign-up form.md").rename(mirrored / "Mine.md")
    assert program.render().out.splitlines()[0] == "changed: Look.md"
    assert "\n1: [[Mine]]\n" in look.read_text()
    printed = program(
        "query", "from userstories where ref == 1 select notes_about(_)", *program.rows
    )
    assert "[[Mine]]" in printed.out


def test_one_page_is_made_once(mirrored: Path, program: Program) -> None:
    def new(*arguments: str) -> str:
        return program("new", *arguments, *program.rows).out

    assert new("us/2") == "stories/2 Pay by invoice.md\n"
    assert new("#2") == "stories/2 Pay by invoice.md (it was there already)\n"
    address = "https://tree.taiga.io/project/acme/us/3"
    assert new(address, "--folder", ".") == "3 Old log files.md\n"
    assert new("acme#1", "--check") == "stories/1 Sign-up form.md\n"
    assert "changed: stories/1 Sign-up form.md (new)" in program.render().out
    assert "taiga_state" not in (mirrored / "3 Old log files.md").read_text()


def test_a_mirror_s_keys_are_none_of_an_item_of_another_kind(notes: Path, program: Program) -> None:
    file = program.home / "acme.json"
    epic = {"id": 9, "ref": 9, "subject": "Checkout", "project_extra_info": {"slug": "acme"}}
    file.write_text(json.dumps(json.loads(file.read_text()) | {"epics": [epic], "tasks": []}))
    keys = "keys = {late = 'due_date < today()'}"
    mirror = f'[[mirror]]\nquery = "from userstories where ref < 3"\nfolder = "s"\n{keys}\n'
    (notes / "taiga-notes.toml").write_text(f'project = "acme"\n{mirror}')
    done = program("new", "epic/9", *program.rows)
    assert (done.status, done.out, done.err) == (0, "s/9 Checkout.md\n", "")
    text = (notes / "s" / "9 Checkout.md").read_text()
    assert 'taiga_subject: "Checkout"' in text
    assert "late:" not in text
    # What is wrong with the keys of its own items is told.
    wrong = mirror.replace("due_date", "deu_date")
    (notes / "taiga-notes.toml").write_text(f'project = "acme"\n{wrong}')
    done = program("new", "us/1", *program.rows)
    assert (done.status, "unknown field 'deu_date'" in done.err) == (3, True)


@each(
    ("ref", "message"),
    [
        ("us/999", "there is no item 999 that you see"),
        ("x", "'x' names no item (write 12, us/12, acme#12 or its address)"),
        ("https://elsewhere.example/project/acme/us/1", "is not at http"),
    ],
)
def test_what_names_no_item_is_told(
    ref: str, message: str, mirrored: Path, program: Program
) -> None:
    with untouched(mirrored):
        done = program("new", ref, *program.rows)
    assert done.status == 2
    assert message in done.err


def test_without_a_mirror_it_says_how_to_write_one(notes: Path, program: Program) -> None:
    with untouched(notes):
        done = program("mirror")
    assert done.status == 2
    assert "there is no [[mirror]] in" in done.err


def test_a_mirror_that_lists_nothing_is_no_vault_without_blocks(
    notes: Path, program: Program
) -> None:
    settings = notes / "taiga-notes.toml"
    settings.write_text(settings.read_text() + MIRROR.replace("not is_closed", "false"))
    done = program("mirror", *program.rows)
    assert (done.status, done.out) == (0, "no mirror lists an item, and no page has a block\n")
    settings.write_text(settings.read_text().replace("where false", "where nope"))
    done = program("mirror", *program.rows)
    assert done.out == "0 pages changed, 0 unchanged, 1 problem\n"


@each(
    ("text", "message"),
    [
        ("[mirror]\nquery = 'x'", "`mirror` must be a table of its own, below [[mirror]]"),
        ("[[mirror]]\nfolder = 'x'", "line 2: the mirror has no `query`"),
        ("[[mirror]]\nquery = 'x'", "line 2: the mirror has no `folder`"),
        ("[[mirror]]\nquery = 'x'\nfolder = '../x'", "a folder inside the vault"),
        ("[[mirror]]\nquery = 'x'\nfolder = '/x'", "a folder inside the vault"),
        ("[[mirror]]\nquery = 'x'\nfolder = '.obsidian'", "not a hidden one"),
        ("[[mirror]]\nquery = 'x'\nfolder = 'a'\nkeys = {tags = 'x'}", "no program acts upon"),
        ("[[mirror]]\nquery = 'x'\nfolder = 'a'\nkeys = {taiga = 'x'}", "no program acts upon"),
        ("[[mirror]]\nquery = 'x'\nfolder = 'a'\nkeys = {'a: b' = 'x'}", "or -, unlike 'a: b'"),
        ("[[mirror]]\nquery = 'x'\nfolder = 'a'\nkeys = {'größe' = 'x'}", "unlike 'größe'"),
        ("[[mirror]]\nquery = 'x'\nfolder = 'a'\nnme = 'x'", "unknown key 'mirror.nme'"),
        ("[[mirror]]\nquery = 'x'\nfolder = 'a'\ntemplate = 'x -->'", "the name of a template"),
    ],
)
def test_what_is_wrong_in_the_settings_is_told(
    text: str, message: str, notes: Path, program: Program
) -> None:
    (notes / "taiga-notes.toml").write_text(f'project = "acme"\n{text}\n')
    done = program.render()
    assert done.status == 2
    assert message in done.err, done.err


def test_notes_of_whatever_name_are_linked_so_that_they_are_found(
    mirrored: Path, program: Program
) -> None:
    file = program.home / "acme.json"
    changed = file.read_text().replace("Sign-up form", "R&D = 50% off!")
    file.write_text(changed.replace("Pay by invoice", "Pay $5 @ `shop`"))
    program.page("A.md", "<!-- taiga: from links() order by id select note -->\n<!-- /taiga -->\n")
    assert program.render().status == 0
    assert program.render().status == 0
    page = (mirrored / "A.md").read_text()
    assert "\n- [[stories/1 R&D = 50% off!]]\n" in page
    assert "(stories/2%20Pay%20%245%20%40%20%60shop%60.md)\n" in page
    assert (mirrored / "stories/2 Pay $5 @ `shop`.md").is_file()
    assert program.render().out == "0 pages changed, 3 unchanged\n"
