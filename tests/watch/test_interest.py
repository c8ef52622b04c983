from __future__ import annotations

import pytest

from taiga_notes.watch.interest import Interest, Kind

VAULT = Interest("/home/ann/notes", "templates")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("Home.md", Kind.PAGE),
        ("projects/Acme.markdown", Kind.PAGE),
        ("projects/Loud.MD", Kind.PAGE),
        ("taiga-notes.toml", Kind.SETTINGS),
        (".gitignore", Kind.SETTINGS),
        ("projects/.gitignore", Kind.SETTINGS),
        ("templates/links.md.j2", Kind.TEMPLATE),
        ("templates/deep/x.j2", Kind.TEMPLATE),
        ("templates/Readme.md", Kind.PAGE),
        ("templates/links.md.j2~", None),
        ("projects/taiga-notes.toml", Kind.SETTINGS),
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
def test_what_a_name_is_to_us(name: str, kind: Kind | None) -> None:
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
    vault = Interest("/home/ann/notes", ".obsidian/taiga/templates")

    assert [vault.enters(name) for name in (".obsidian", ".obsidian/taiga", ".git")] == [
        True,
        True,
        False,
    ]
    assert vault.enters(".obsidian/taiga/templates/deep")
    assert not vault.enters(".obsidian/plugins")
    assert vault.kind(".obsidian/taiga/templates/a.md.j2") is Kind.TEMPLATE
    assert vault.kind(".obsidian/taiga/a.md") is None


def test_templates_may_lie_among_the_pages() -> None:
    vault = Interest("/home/ann/notes", "")

    assert vault.kind("a.md.j2") is Kind.TEMPLATE
    assert vault.kind("a.md") is Kind.PAGE


def test_names_and_paths() -> None:
    assert VAULT.name("/home/ann/notes/a/b.md") == "a/b.md"
    assert VAULT.name("/home/ann/notes") == ""
    assert VAULT.path("a/b.md") == "/home/ann/notes/a/b.md"
    assert VAULT.path("") == "/home/ann/notes"
