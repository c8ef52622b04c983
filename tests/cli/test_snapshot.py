"""`taiga-notes snapshot`, and what `--snapshot FILE` reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.cli.program import PROGRAM, untouched

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Acme
    from tests.cli.program import Program

pytestmark = pytest.mark.slow


def test_what_it_writes_answers_as_the_server_did(
    vault: Path, acme: Acme, program: Program
) -> None:
    assert vault
    queries = [
        "{stories = userstories, tasks = tasks, wiki = wiki, me = me.username}",
        "from userstories where sprint == 'Sprint 1' order by ref",
    ]
    online = [program("query", "--format", "json", query).out for query in queries]

    done = program("snapshot", "acme.json")

    assert (done.status, done.out, done.err) == (0, "wrote acme.json\n", "")
    text = (program.folder / "acme.json").read_text()
    document = json.loads(text)
    assert document["web"] == acme.web
    assert len(document["userstories"]) == 3
    assert acme.token not in text
    assert "@example.test" not in text
    acme.taiga.log.clear()
    offline = [
        program("query", "--format", "json", "--snapshot", "acme.json", query).out
        for query in queries
    ]
    assert list(map(without_secrets, offline)) == list(map(without_secrets, online))
    assert not acme.taiga.log.lines()


def without_secrets(out: str) -> object:
    """The lines without what a snapshot keeps for itself: hashes of addresses."""
    return [
        json.loads(line, object_hook=lambda one: {**one, "gravatar_id": None})
        for line in out.splitlines()
    ]


def test_a_list_of_1000_stories_arrives_whole(acme: Acme, program: Program) -> None:
    assert acme.server
    assert program("snapshot", "many.json", "--project", "many").status == 0
    stories = json.loads((program.folder / "many.json").read_text())["userstories"]
    assert {story["subject"] for story in stories} == {f"Story {n}" for n in range(1, 1001)}


def test_it_says_what_it_needs(acme: Acme, program: Program) -> None:
    assert acme.server
    done = program("snapshot", "acme.json")
    assert (done.status, done.out) == (2, "")
    assert done.err == (
        "taiga-notes: no project is set"
        " (use --project SLUG, or set `project` in taiga-notes.toml)\n"
    )
    done = program("snapshot", "acme.json", "--project", "nowhere")
    assert done.status == 4
    assert "there is no project 'nowhere' at 127.0.0.1" in done.err
    assert not (program.folder / "acme.json").exists()
    done = program("snapshot", "no/acme.json", "--project", "acme")
    assert done.status == 2
    assert "no/acme.json can't be written: No such file or directory" in done.err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"userstories": [', "taiga-notes: s.json is no JSON"),
        ("[]", "s.json is no JSON object, but a list (it looks like {"),
        ("{}", "s.json holds none of Taiga's lists (its keys are among userstories, "),
        ('{"user_stories": [], "tasks": []}', "s.json: unknown key 'user_stories' (did you mean"),
        ('{"userstories": {}}', "s.json: `userstories` is no list, but an object"),
        ('{"userstories": [1]}', "s.json: item 1 of `userstories` is no object"),
        (None, "s.json can't be read: No such file or directory"),
    ],
)
def test_a_file_that_is_no_snapshot_is_told(program: Program, text: str | None, told: str) -> None:
    if text is not None:
        program.page("s.json", text)
    done = program("query", "--snapshot", "s.json", "userstories")
    assert (done.status, done.out) == (4, "")
    assert told in done.err


def test_a_list_that_it_does_not_hold_is_told(program: Program) -> None:
    program.page("s.json", '{"userstories": []}')
    done = program("query", "--snapshot", "s.json", "tasks")
    assert (done.status, done.err) == (
        4,
        "taiga-notes: s.json holds no list of 'tasks' (it holds userstories)\n",
    )


@pytest.mark.parametrize("web", [None, "https://taiga.example.org"])
def test_its_address_decides_where_links_lead(program: Program, web: str | None) -> None:
    story = {"id": 1, "ref": 7, "subject": "A", "project_extra_info": {"slug": "acme"}}
    document = {"userstories": [story], **({"web": web} if web else {})}
    program.page("s.json", json.dumps(document))
    done = program("query", "--snapshot", "s.json", "userstories")
    assert done.out == f"- [#7 A]({web or 'https://tree.taiga.io'}/project/acme/us/7)\n"


@pytest.mark.parametrize(
    "text",
    [
        "# Notes\n\nMy own words.\n",
        '{"userstories": [',
        '{"tasks": [{"id": 1}], "done": []}',
        "\0\xff",
        "[]",
    ],
)
def test_what_is_no_snapshot_is_not_replaced_unless_it_is_said(
    vault: Path, acme: Acme, program: Program, text: str
) -> None:
    acme.taiga.log.clear()
    file = program.page("Notes.md", text)
    with untouched(vault):
        done = program("snapshot", "Notes.md")
    assert (done.status, done.out) == (2, "")
    assert done.err == (
        "taiga-notes: Notes.md is left as it is: it is there, and no snapshot"
        " (name another file, or replace it with --force)\n"
    )
    # Told before anything is asked for.
    assert not acme.taiga.log.lines()
    assert program("snapshot", "Notes.md", "--force").status == 0
    assert "userstories" in json.loads(file.read_text())
    assert {path.name for path in vault.iterdir()} == {"Notes.md", "taiga-notes.toml"}


def test_a_file_that_is_read_only_is_not_replaced_unless_it_is_said(
    vault: Path, acme: Acme, program: Program
) -> None:
    assert acme.server
    file = program.page("acme.json", '{"userstories": []}')
    file.chmod(0o444)
    with untouched(vault):
        done = program("snapshot", "acme.json")
    assert (done.status, done.out) == (2, "")
    assert "acme.json is left as it is: it is read-only (name another file, or" in done.err
    assert program("snapshot", "acme.json", "--force").status == 0
    assert len(json.loads(file.read_text())["userstories"]) == 3


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("folder", "Is a directory (name a file in it: folder/taiga.json)"),
        ("to-folder", "Is a directory (name a file in it: to-folder/taiga.json)"),
        ("no/acme.json", "No such file or directory (make the folder first)"),
        ("circle", "(name another file)"),
        ("x" * 300, "(name another file)"),
        ("Notes.md/acme.json", "(name another file)"),
    ],
)
def test_where_no_file_can_be_is_told(
    vault: Path, acme: Acme, program: Program, name: str, told: str
) -> None:
    assert acme.server
    program.page("Notes.md", "Mine.\n")
    (vault / "folder").mkdir()
    (vault / "to-folder").symlink_to("folder")
    (vault / "circle").symlink_to("circle")
    for force in ((), ("--force",)):
        with untouched(vault):
            done = program("snapshot", name, *force)
        assert (done.status, done.out) == (2, "")
        assert f"{name} can't be written: " in done.err
        assert told in done.err


@pytest.mark.parametrize("text", ["", '{"userstories": []}'])
def test_an_older_snapshot_and_an_empty_file_are_replaced(
    vault: Path, program: Program, text: str
) -> None:
    assert vault
    file = program.page("acme.json", text)
    assert program("snapshot", "acme.json").status == 0
    assert program("snapshot", "acme.json").status == 0
    assert len(json.loads(file.read_text())["userstories"]) == 3


def test_it_writes_into_what_is_no_file(vault: Path, program: Program) -> None:
    assert vault
    done = program("snapshot", "/dev/stdout")
    assert done.status == 0
    assert len(json.loads(done.out)["userstories"]) == 3
    # A shell's `>>`, of which nothing is lost either.
    file = program.page("out.txt", "Mine.\n")
    done = program.command(["sh", "-c", f"{PROGRAM} snapshot /dev/stdout >> out.txt"])
    mine, text = file.read_text().split("\n", 1)
    assert (done.status, mine, len(json.loads(text)["userstories"])) == (0, "Mine.", 3)
    done = program.command(["sh", "-c", f"{PROGRAM} snapshot /dev/stdout | head -c 1"])
    assert done.out == "{"
