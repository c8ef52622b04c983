"""How pages are written: what stays, and where we may not."""

from __future__ import annotations

import errno
import os
import stat
import struct
from typing import TYPE_CHECKING

import pytest

from taiga_notes.errors import WriteError
from taiga_notes.system import swap
from taiga_notes.system.files import stamp
from tests.pages import NEW, OLD, failing, held, names, never, one_page, replace, vault
from tests.unprivileged import public_folder, unprivileged

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return one_page(tmp_path)


def test_a_page_is_replaced_to_the_byte(root: Path) -> None:
    inode = (root / "a.md").stat().st_ino
    replace(root)
    assert held(root) == NEW
    assert (root / "a.md").stat().st_ino != inode
    assert names(root) == {"a.md"}


def test_the_same_text_is_not_written(root: Path) -> None:
    before = stamp((root / "a.md").stat())
    replace(root, text=OLD)
    assert stamp((root / "a.md").stat()) == before
    assert not list((root.parent / "state").rglob("0*"))


def test_what_is_kept_of_a_vault_is_private_and_not_in_it(root: Path) -> None:
    replace(root)
    kept = list((root.parent / "state").rglob("*"))
    assert {stat.S_IMODE(path.stat().st_mode) for path in kept} == {0o600, 0o700}


# What a page has besides its text


@pytest.mark.parametrize("mode", [0o644, 0o600, 0o664, 0o640, 0o755, 0o200 | 0o400])
def test_the_mode_stays(root: Path, mode: int) -> None:
    (root / "a.md").chmod(mode)
    replace(root)
    assert stat.S_IMODE((root / "a.md").stat().st_mode) == mode


def test_extended_attributes_stay(root: Path) -> None:
    os.setxattr(root / "a.md", "user.note", b"\x00value")
    os.setxattr(root / "a.md", "user.empty", b"")
    replace(root)
    kept = {name: os.getxattr(root / "a.md", name) for name in os.listxattr(root / "a.md")}
    assert kept == {"user.note": b"\x00value", "user.empty": b""}


def acl(*entries: tuple[int, int, int]) -> bytes:
    """An access list as Linux keeps it: version 2, then tag, permissions and id of each entry."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


ANYONE = 0xFFFFFFFF
FOR_7 = acl((1, 6, ANYONE), (2, 6, 7), (4, 4, ANYONE), (16, 6, ANYONE), (32, 0, ANYONE))


def test_an_access_list_stays(root: Path) -> None:
    os.setxattr(root / "a.md", "system.posix_acl_access", FOR_7)
    mode = (root / "a.md").stat().st_mode
    replace(root)
    assert os.getxattr(root / "a.md", "system.posix_acl_access") == FOR_7
    assert (root / "a.md").stat().st_mode == mode


def test_an_access_list_that_the_folder_gives_is_not_taken(root: Path) -> None:
    (root / "a.md").chmod(0o640)
    os.setxattr(root, "system.posix_acl_default", FOR_7)
    replace(root)
    assert os.listxattr(root / "a.md") == []
    assert stat.S_IMODE((root / "a.md").stat().st_mode) == 0o640


def test_a_file_system_without_attributes_will_do(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "listxattr", failing(errno.ENOTSUP))
    replace(root)
    assert held(root) == NEW


def test_the_owner_stays(root: Path) -> None:
    os.chown(root / "a.md", os.getuid(), 12 if os.getuid() == 0 else os.getgid())
    before = (root / "a.md").stat()
    replace(root)
    after = (root / "a.md").stat()
    assert (after.st_uid, after.st_gid) == (before.st_uid, before.st_gid)


def test_the_owner_stays_where_we_may_not_give_files_away() -> None:
    with public_folder() as folder:
        root = folder / "notes"
        root.mkdir()
        root.chmod(0o777)
        (root / "a.md").write_text(OLD, newline="")
        (root / "a.md").chmod(0o666)
        before = (root / "a.md").stat()
        with unprivileged():
            replace(root)
        after = (root / "a.md").stat()
        assert held(root) == NEW
    assert (after.st_uid, after.st_gid, after.st_mode) == (
        before.st_uid,
        before.st_gid,
        before.st_mode,
    )


@pytest.mark.parametrize("call", ["getxattr", "setxattr", "fchmod"])
def test_a_page_keeps_its_file_where_we_can_not_give_another_all_that_it_has(
    root: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    os.setxattr(root / "a.md", "user.note", b"value")
    monkeypatch.setattr(os, call, failing(errno.EPERM))
    inode = (root / "a.md").stat().st_ino
    replace(root)
    assert held(root) == NEW
    assert (root / "a.md").stat().st_ino == inode
    assert names(root) == {"a.md"}


# Links


def test_a_linked_page_is_written_where_it_is(root: Path) -> None:
    (root / "real").mkdir()
    (root / "a.md").rename(root / "real/b.md")
    (root / "a.md").symlink_to("real/b.md")
    replace(root)
    assert (root / "a.md").is_symlink()
    assert (root / "real/b.md").read_bytes() == NEW.encode()
    assert names(root) == {"a.md", "real", "real/b.md"}


def test_a_page_that_became_a_link_out_of_the_vault_is_not_written(root: Path) -> None:
    place = vault(root)
    page = place.read("a.md")
    (root / "a.md").rename(root.parent / "secret.md")
    (root / "a.md").symlink_to("../secret.md")
    with place.writing() as writer, pytest.raises(WriteError, match="out of the vault"):
        writer.replace(page, NEW)
    assert (root.parent / "secret.md").read_bytes() == OLD.encode()


def test_a_hard_link_stays_one(root: Path) -> None:
    (root.parent / "other name").hardlink_to(root / "a.md")
    replace(root)
    assert (root.parent / "other name").read_bytes() == NEW.encode()
    assert (root / "a.md").stat().st_nlink == 2


@pytest.mark.parametrize("text", ["", "x", OLD * 10_000])
def test_a_page_written_in_place_gets_any_length(root: Path, text: str) -> None:
    (root.parent / "other name").hardlink_to(root / "a.md")
    replace(root, text=text)
    assert (root / "a.md").read_bytes() == text.encode()


# Where we may not write


def test_a_read_only_page_is_left_alone_even_for_root(root: Path) -> None:
    (root / "a.md").chmod(0o444)
    with pytest.raises(WriteError) as caught:
        replace(root)
    assert str(caught.value) == ("can't be written: is read-only (make it writable, or exclude it)")
    assert held(root) == OLD


def test_a_page_that_others_may_write_is_left_alone() -> None:
    with public_folder() as folder:
        root = folder / "notes"
        root.mkdir(mode=0o777)
        root.chmod(0o777)
        page = root / "a.md"
        page.write_text(OLD, newline="")
        page.chmod(0o444 if os.getuid() else 0o644)
        with unprivileged(), pytest.raises(WriteError, match="is read-only"):
            replace(root)
        assert held(root) == OLD


def test_a_folder_that_takes_no_new_file_still_has_pages_written() -> None:
    with public_folder() as folder, unprivileged():
        root = folder / "notes"
        root.mkdir()
        (root / "a.md").write_text(OLD, newline="")
        root.chmod(0o555)
        replace(root)
        assert held(root) == NEW
        assert vault(root).undo()[0].problem is None
        assert held(root) == OLD


def test_a_folder_that_may_not_be_read_still_has_pages_written() -> None:
    with public_folder() as folder, unprivileged():
        root = folder / "notes"
        (root / "b").mkdir(parents=True)
        (root / "b/a.md").write_text(OLD, newline="")
        (root / "b").chmod(0o300)
        replace(root, "b/a.md")
        assert (root / "b/a.md").read_bytes() == NEW.encode()


@pytest.mark.parametrize("code", [errno.EPERM, errno.EBUSY, errno.EXDEV])
def test_a_page_whose_place_can_not_be_taken_is_written_in_place(
    root: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    inode = (root / "a.md").stat().st_ino
    place = vault(root)
    page = place.read("a.md")
    with place.writing() as writer, monkeypatch.context() as patch:
        patch.setattr(swap, "exchange", never)
        patch.setattr(os, "replace", failing(code))
        writer.replace(page, NEW)
    assert held(root) == NEW
    assert (root / "a.md").stat().st_ino == inode
    assert names(root) == {"a.md"}
