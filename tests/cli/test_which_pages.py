"""Which pages are rendered, and by whose settings: the real program on real vaults."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.program import Program, untouched
from tests.tables import others_slow

if TYPE_CHECKING:
    from pathlib import Path

BLOCK = "<!-- taiga: from userstories select count() -->\n<!-- /taiga -->\n"
LIVE = "```taiga\nfrom userstories\n```\n"


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """The program in a vault with a page, and a vault `inner` in it."""
    home, folder = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    folder.mkdir()
    program = Program(home, folder)
    program.page("taiga-notes.toml", 'project = "acme"\nexclude = ["drafts/"]\n')
    program.page("inner/taiga-notes.toml", 'template = "mine"\n')
    program.page("inner/templates/mine.md.j2", "mine\n")
    program.page("s.json", json.dumps({"userstories": [{"id": 1, "ref": 7, "subject": "A"}]}))
    for name in ("A.md", "inner/I.md", "drafts/D.md"):
        program.page(name, BLOCK.replace(" select count()", ""))
    return program


def render(program: Program, *arguments: str) -> tuple[int, str, str]:
    done = program("render", "--snapshot", str(program.folder / "s.json"), *arguments)
    return done.status, done.out, done.err


@pytest.mark.parametrize("command", ["render", "bake", "unbake"])
def test_a_vault_in_a_vault_is_left_alone(program: Program, command: str) -> None:
    program.page("inner/L.md", LIVE)
    with untouched(program.folder / "inner"):
        source = ["--snapshot", "s.json"] if command == "render" else []
        assert program(command, *source).status == 0


def test_a_page_that_is_named_is_rendered_as_its_own_vault_says(program: Program) -> None:
    status, out, err = render(program, "A.md", "inner/I.md")
    assert (status, out.count("changed: ")) == (0, 2)
    assert "inner is a vault of its own" in err
    assert "\nmine\n" in (program.folder / "inner/I.md").read_text()
    assert "\nmine\n" not in (program.folder / "A.md").read_text()
    assert program("undo", "inner").out == "restored: inner/I.md\n"
    assert program("undo").out == "restored: A.md\n"


def test_undo_and_json_see_to_each_vault(program: Program) -> None:
    pages = ["inner/I.md", "A.md"]
    first = [(program.folder / page).read_bytes() for page in pages]
    document = json.loads(render(program, "--json", *pages)[1])
    assert [each["vault"] for each in document["vaults"]] == [
        str(program.folder / "inner"),
        str(program.folder),
    ]
    assert [page["page"] for each in document["vaults"] for page in each["pages"]] == [
        "I.md",
        "A.md",
    ]
    listed = json.loads(program("undo", "--list", "--json", *pages).out)
    assert [len(each["runs"]) for each in listed["vaults"]] == [1, 1]
    listing = program("undo", "--list", *pages)
    assert listing.out.count("would be restored") == 2
    done = program("undo", *pages)
    assert (done.status, done.out) == (0, "restored: inner/I.md\nrestored: A.md\n")
    assert [(program.folder / page).read_bytes() for page in pages] == first
    # From elsewhere, and of one vault: that one's object.
    program.folder = program.home
    document = json.loads(program("undo", "--json", "../work/inner/../inner/I.md").out)
    assert document == {
        "vault": str(program.home.parent / "work" / "inner"),
        "pages": [],
        "watch": None,
    }


@pytest.mark.parametrize(
    ("command", "own"),
    [
        ("render", ["--snapshot", "s.json"]),
        pytest.param("undo", [], marks=pytest.mark.slow),
        pytest.param("bake", [], marks=pytest.mark.slow),
        ("unbake", []),
    ],
)
def test_a_vault_with_a_mistake_spares_the_others(
    program: Program, command: str, own: list[str]
) -> None:
    program.page("broken/taiga-notes.toml", "project = [")
    program.page("broken/B.md", BLOCK)
    program.page("L.md", LIVE)
    if command == "undo":
        render(program, "A.md")
    done = program(command, *own, "broken/B.md", "A.md", "L.md")
    assert "broken/taiga-notes.toml" in done.err
    assert done.status in {2, 3}
    assert "restored: A.md" in done.out if command == "undo" else "1 page changed" in done.out
    assert (program.folder / "broken/B.md").read_text() == BLOCK


@pytest.mark.parametrize("target", others_slow(["x/deep/er/E.md", "drafts/D.md", "ignored/G.md"]))
def test_what_is_excluded_stays_so_by_another_name(program: Program, target: str) -> None:
    program.page(".gitignore", "ignored/\n")
    program.page("x/.gitignore", "E.md\n")
    program.page(target, BLOCK)
    (program.folder / "Link.md").symlink_to(target)
    page = program.folder / target
    render(program)
    assert page.read_text() == BLOCK
    status, _, err = render(program, "Link.md")
    assert (status, page.read_text()) == (6, BLOCK)
    assert f"Link.md:1: is left alone: it leads to {target}, which is excluded" in err
    assert render(program, "--no-exclude", "Link.md")[0] == 0
    assert page.read_text() != BLOCK


def test_doctor_names_the_vaults_in_a_vault(program: Program) -> None:
    done = program("doctor", "--snapshot", "s.json")
    assert "inner: a vault of its own" in done.out


def test_init_in_a_vault_warns(program: Program) -> None:
    (program.folder / "sub").mkdir()
    done = program("init", "sub")
    assert done.status == 0
    assert f"{program.folder / 'sub'} lies in the vault {program.folder}, which" in done.err
    done = program("init", str(program.home))
    assert (done.status, done.err) == (0, "")


def test_what_is_excluded_stays_so_with_a_word_and_no_exclude_renders_it(program: Program) -> None:
    with untouched(program.folder):
        status, out, err = render(program, "drafts/D.md")
    assert (status, out) == (0, "")
    assert err == "taiga-notes: passed by: drafts/D.md is excluded\n"
    document = json.loads(render(program, "--json", "drafts/D.md", "A.md")[1])
    assert document["passed_by"] == ["drafts/D.md is excluded"]
    assert document["changed"] == 1
    assert render(program, "--no-exclude", "drafts/D.md")[:2] == (
        0,
        "changed: drafts/D.md\n1 page changed, 0 unchanged\n",
    )


TEMPLATES = {
    "Forms/T.md": BLOCK,
    "F.md": f"---\ntitle: {{{{title}}}}\n---\n{BLOCK}",
    "S.md": f"---\ntags: meta/template/page\n---\n{BLOCK}",
}


def test_templates_are_passed_by_with_one_hint_on_each_run(program: Program) -> None:
    program.page(".obsidian/templates.json", '{"folder": "Forms"}')
    for name, text in TEMPLATES.items():
        program.page(name, text)
    for _ in ("changed", "unchanged"):
        status, _, err = render(program)
        assert (status, err.count("\n")) == (0, 1)
        assert err.startswith("taiga-notes: 3 templates passed by: F.md, Forms/T.md, S.md (")
    for name, text in TEMPLATES.items():
        assert (program.folder / name).read_text() == text
    assert render(program, "Forms/T.md", "--no-exclude")[0] == 0
    assert (program.folder / "Forms/T.md").read_text() != BLOCK


@pytest.mark.parametrize("command", ["bake", "unbake"])
def test_bake_and_unbake_leave_alone_what_is_not_ours(program: Program, command: str) -> None:
    program.page(".obsidian/templates.json", '{"folder": "Forms"}')
    for name, text in TEMPLATES.items():
        program.page(name, text + LIVE)
    program.page("O.md", f"----\ntaiga: false\n...\n{BLOCK}{LIVE}")
    with untouched(program.folder):
        done = program(command, "Forms", "F.md", "S.md", "O.md", "drafts")
    assert done.status == 0
    assert "3 templates passed by" in done.err
    assert "drafts is excluded" in done.err
    assert program(command, "F.md", "--no-exclude").status == 3


def test_paths_are_told_from_where_one_stands(program: Program) -> None:
    program.page("sub/S.md", "<!-- #taiga: from userstories where nosuch -->\n<!-- /taiga -->\n")
    snapshot = str(program.folder / "s.json")
    root, program.folder = program.folder, program.folder / "sub"
    assert render(program, "../A.md", "--snapshot", snapshot)[1].startswith("changed: ../A.md\n")
    assert "S.md:1:37: unknown field 'nosuch'" in render(program, "--snapshot", snapshot, "S.md")[2]
    done = program("list", "--snapshot", snapshot, "../A.md", "S.md")
    assert "\n../A.md  1 " in done.out
    assert "S.md:1: unknown field" in done.err
    assert program("explain", "--snapshot", snapshot, "../A.md").out.startswith("../A.md:1\n")
    assert "  ../A.md would be restored\n" in program("undo", "--list").out
    program.folder = root.parent
    assert program("undo", "work/A.md").out == "restored: work/A.md\n"
