from __future__ import annotations

import os
from typing import TYPE_CHECKING

from taiga_notes.watch.scan import mark_of, scan
from taiga_notes.watch.watch_filter import WatchFilter

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
