from __future__ import annotations

import pytest

from taiga_notes.watch.watch_filter import FileKind, WatchFilter

VAULT = WatchFilter("/home/ann/notes", "templates")


@pytest.mark.parametrize(
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


@pytest.mark.parametrize(
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


def test_templates_may_lie_among_the_pages() -> None:
    vault = WatchFilter("/home/ann/notes", "")

    assert vault.kind("a.md.j2") is FileKind.TEMPLATE
    assert vault.kind("a.md") is FileKind.PAGE


def test_names_and_paths() -> None:
    assert VAULT.name("/home/ann/notes/a/b.md") == "a/b.md"
    assert VAULT.name("/home/ann/notes") == ""
    assert VAULT.path("a/b.md") == "/home/ann/notes/a/b.md"
    assert VAULT.path("") == "/home/ann/notes"
