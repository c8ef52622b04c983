from __future__ import annotations

import os
from typing import TYPE_CHECKING

from taiga_notes.watch.scan import FileKind, WatchFilter, mark_of, scan
from tests.tables import each

if TYPE_CHECKING:
    from pathlib import Path


def put(root: Path, *names: str) -> WatchFilter:
    for name in names:
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    return WatchFilter(str(root), "templates")


def test_it_finds_what_is_ours_and_enters_nothing_else(tmp_path: Path) -> None:
    vault = put(
        tmp_path,
        "taiga-notes.toml",
        "Home.md",
        "a/b/Deep.md",
        "a/picture.png",
        "a/node_modules/x/Readme.md",
        "templates/own.md.j2",
        ".git/objects/x.md",
    )

    found = scan(vault)
    assert scan(vault, with_files=False).folders == found.folders

    assert set(found.files) == {"taiga-notes.toml", "Home.md", "a/b/Deep.md", "templates/own.md.j2"}
    assert set(found.folders) == {"", "a", "a/b", "templates"}
    assert found.blind == {"", "a"}


def test_it_starts_where_it_is_told(tmp_path: Path) -> None:
    vault = put(tmp_path, "Home.md", "a/One.md", "a/b/Two.md")

    found = scan(vault, "a")

    assert set(found.files) == {"a/One.md", "a/b/Two.md"}
    assert found.folders == ["a", "a/b"]


def test_a_folder_that_is_a_symlink_is_not_followed(tmp_path: Path) -> None:
    vault = put(tmp_path, "real/One.md")
    (tmp_path / "link").symlink_to("real")
    (tmp_path / "loop").symlink_to(".")

    assert set(scan(vault).files) == {"real/One.md"}


def test_what_went_meanwhile_is_not_there(tmp_path: Path) -> None:
    vault = put(tmp_path, "One.md")
    (tmp_path / "dangling.md").symlink_to("nowhere")

    assert set(scan(vault).files) == {"One.md"}
    assert scan(vault, "missing").files == {}


def test_a_mark_changes_with_the_file_only(tmp_path: Path) -> None:
    put(tmp_path, "One.md")
    file = tmp_path / "One.md"
    first = mark_of(str(file))

    file.read_text()
    file.chmod(0o600)
    assert mark_of(str(file)) == first
    os.utime(file, ns=(1, 2))
    assert mark_of(str(file)) != first


VAULT = WatchFilter("/home/ann/notes", "templates")


@each(
    ("name", "kind"),
    [
        ("Home.md", FileKind.PAGE),
        ("projects/Acme.markdown", FileKind.PAGE),
        ("projects/Loud.MD", FileKind.PAGE),
        ("taiga-notes.toml", FileKind.SETTINGS),
        (".gitignore", FileKind.SETTINGS),
        ("projects/.gitignore", FileKind.SETTINGS),
        ("templates/links.md.j2", FileKind.TEMPLATE),
        ("templates/deep/x.j2", FileKind.TEMPLATE),
        ("templates/Readme.md", FileKind.PAGE),
        ("templates/links.md.j2~", None),
        ("projects/taiga-notes.toml", FileKind.SETTINGS),
        ("projects/links.md.j2", None),
        ("picture.png", None),
        (".Home.md.tmp", None),
        (".Home.md.swp", None),
        ("Home.md~", None),
        (".obsidian/plugins/Readme.md", None),
        ("a/node_modules/b/Readme.md", None),
        ("node_modules/.gitignore", None),
        ("_plug/x.md", None),
        ("", None),
    ],
)
def test_what_a_name_is_to_us(name: str, kind: FileKind | None) -> None:
    assert VAULT.kind(name) is kind


@each(
    ("folder", "entered"),
    [
        ("a", True),
        ("a/b", True),
        ("templates", True),
        (".git", False),
        ("a/.trash", False),
        ("a/.trash/b", False),
        ("a/node_modules", False),
    ],
)
def test_which_folders_are_looked_into(folder: str, entered: bool) -> None:
    assert VAULT.enters(folder) is entered


def test_hidden_templates_are_looked_for_and_nothing_beside_them() -> None:
    vault = WatchFilter("/home/ann/notes", ".obsidian/taiga/templates")

    assert [vault.enters(name) for name in (".obsidian", ".obsidian/taiga", ".git")] == [
        True,
        True,
        False,
    ]
    assert vault.enters(".obsidian/taiga/templates/deep")
    assert not vault.enters(".obsidian/plugins")
    assert vault.kind(".obsidian/taiga/templates/a.md.j2") is FileKind.TEMPLATE
    assert vault.kind(".obsidian/taiga/a.md") is None


def test_the_file_of_rows_is_looked_for_wherever_it_lies_and_nothing_beside_it() -> None:
    vault = WatchFilter("/home/ann/notes", "templates", ".data/taiga.json")

    assert vault.kind(".data/taiga.json") is FileKind.SNAPSHOT
    assert vault.kind(".data/other.json") is vault.kind("taiga.json") is None
    assert vault.enters(".data")
    assert not vault.enters(".date")
    assert VAULT.kind("taiga.json") is None


def test_templates_may_lie_among_the_pages() -> None:
    vault = WatchFilter("/home/ann/notes", "")

    assert vault.kind("a.md.j2") is FileKind.TEMPLATE
    assert vault.kind("a.md") is FileKind.PAGE


def test_names_and_paths() -> None:
    assert VAULT.name("/home/ann/notes/a/b.md") == "a/b.md"
    assert VAULT.name("/home/ann/notes") == ""
    assert VAULT.path("a/b.md") == "/home/ann/notes/a/b.md"
    assert VAULT.path("") == "/home/ann/notes"
