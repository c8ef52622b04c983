"""Pages that are made: whole or not at all, never over anything, and taken back by an undo."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING

import pytest

from taiga_notes.errors import PageTakenError, WriteError
from taiga_notes.system import atomic_write
from tests.pages import NEW, failing, held, names, one_page, vault
from tests.tables import each

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return one_page(tmp_path)


def make(root: Path, name: str = "sub/b.md", text: str = NEW) -> None:
    with vault(root).writing() as writer:
        writer.make(name, text)


def test_a_page_is_made_with_its_folders_and_taken_back(root: Path) -> None:
    make(root)
    page = root / "sub/b.md"
    assert page.read_bytes().decode() == NEW
    umask = os.umask(0)
    os.umask(umask)
    assert stat.S_IMODE(page.stat().st_mode) == 0o666 & ~umask
    assert page.stat().st_nlink == 1
    assert names(root) == {"a.md", "sub", "sub/b.md"}
    [run] = vault(root).planned_undo()
    assert [(step.page, step.removes) for step in run.steps] == [("sub/b.md", True)]
    [undone] = vault(root).undo()
    assert (undone.page, undone.removed, undone.problem) == ("sub/b.md", True, None)
    assert names(root) == {"a.md", "sub"}


def test_a_made_page_that_was_edited_is_not_taken_back(root: Path) -> None:
    make(root)
    (root / "sub/b.md").write_text("mine")
    [undone] = vault(root).undo()
    assert undone.problem is not None
    assert (root / "sub/b.md").read_text() == "mine"


def test_what_a_later_run_made_of_it_is_taken_back_first(root: Path) -> None:
    make(root)
    place = vault(root)
    page = place.read("sub/b.md")
    with place.writing() as writer:
        writer.replace(page, "later")
    place.undo()
    assert (root / "sub/b.md").read_bytes().decode() == NEW
    place.undo()
    assert names(root) == {"a.md", "sub"}


def test_an_empty_page_that_was_filled_is_empty_again_and_stays(root: Path) -> None:
    (root / "b.md").touch()
    place = vault(root)
    page = place.read("b.md")
    with place.writing() as writer:
        writer.replace(page, NEW)
    place.undo()
    assert (root / "b.md").read_text() == ""


@each("kind", ["page", "folder", "link", "broken link"])
def test_nothing_that_is_there_is_taken(root: Path, kind: str) -> None:
    place = root / "sub/b.md"
    place.parent.mkdir(exist_ok=True)
    if place.is_dir():
        place.rmdir()
    place.unlink(missing_ok=True)
    match kind:
        case "page":
            place.write_text("mine")
        case "folder":
            place.mkdir()
        case "link":
            place.symlink_to("../a.md")
        case _:
            place.symlink_to("nowhere")
    before = held(root), names(root)
    with pytest.raises(WriteError):
        make(root)
    assert (held(root), names(root)) == before


def test_a_page_that_comes_in_between_is_not_taken(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link

    def late(source: str, target: str, **options: bool) -> None:
        (root / "b.md").write_text("mine")
        link(source, target, **options)

    monkeypatch.setattr(os, "link", late)
    with pytest.raises(PageTakenError):
        make(root, "b.md")
    assert (root / "b.md").read_text() == "mine"
    assert names(root) == {"a.md", "b.md"}


def test_a_folder_that_leads_out_of_the_vault_gets_no_page(root: Path) -> None:
    (root.parent / "elsewhere").mkdir()
    (root / "out").symlink_to("../elsewhere")
    (root / "in").mkdir()
    (root / "again").symlink_to("in")
    for folder in ("out", "again"):
        with pytest.raises(WriteError, match=r"leads out of the vault|a symlink is in its way"):
            make(root, f"{folder}/b.md")
    assert [*(root.parent / "elsewhere").iterdir()] == [*(root / "in").iterdir()] == []


def test_a_page_is_made_where_there_are_no_hard_links(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", failing(errno.EPERM))
    make(root)
    assert names(root) == {"a.md", "sub", "sub/b.md"}
    vault(root).undo()
    assert names(root) == {"a.md", "sub"}


class KillError(BaseException):
    """The process ends here."""


@each("call", ["link", "unlink", "fsync"])
def test_a_kill_leaves_no_page_or_all_of_it_and_no_litter_after_the_next_run(
    root: Path, call: str
) -> None:
    (root / "b.md").unlink(missing_ok=True)
    with pytest.MonkeyPatch.context() as patch:

        def killed(*_args: object, **_options: object) -> None:
            raise KillError

        place = vault(root)
        writer = place.writing().__enter__()
        patch.setattr(os, call, killed)
        if call != "unlink":
            patch.setattr(atomic_write, "remove", lambda _path: None)
        with pytest.raises(KillError):
            writer.make("b.md", NEW)
    writer._lock.__exit__()
    if (root / "b.md").exists():
        assert (root / "b.md").read_bytes().decode() == NEW
    with vault(root).writing():
        pass
    assert names(root) <= {"a.md", "b.md"}
    vault(root).undo()
    assert names(root) == {"a.md"}
