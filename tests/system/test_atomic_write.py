"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING

import pytest

from taiga_notes.system.atomic_write import create_file, replace_private, save_file
from taiga_notes.system.folders import sync_folder
from tests.pages import failing, fsync_of_folders

if TYPE_CHECKING:
    from collections.abc import Callable

WRITERS: list[Callable[[Path, bytes], None]] = [
    lambda path, data: replace_private(str(path), data),
    lambda path, data: save_file(str(path), data),
]


@pytest.mark.parametrize("write", WRITERS)
@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP, errno.ENOSYS])
def test_a_folder_that_no_disk_can_sync_is_no_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path, bytes], None], code: int
) -> None:
    fsync_of_folders(monkeypatch, code)
    write(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
    create_file(str(tmp_path / "b"), b"new")


def test_a_folder_that_fails_to_sync_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync_of_folders(monkeypatch, errno.EIO)
    with pytest.raises(OSError, match=os.strerror(errno.EIO)):
        sync_folder(str(tmp_path))


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_what_a_failing_disk_takes_is_the_new_text_and_leaves_no_litter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    file = tmp_path / "a"
    file.write_bytes(b"old")
    monkeypatch.setattr(os, call, failing(errno.ENOSPC))
    with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
        save_file(str(file), b"new")
    assert file.read_bytes() == b"old"
    if call == "fsync":
        with pytest.raises(OSError, match=os.strerror(errno.ENOSPC)):
            create_file(str(tmp_path / "b"), b"new")
    assert list(tmp_path.iterdir()) == [file]


def test_permissions_and_symlinks_of_a_named_file_stay(tmp_path: Path) -> None:
    file, link = tmp_path / "a", tmp_path / "link"
    file.write_bytes(b"old")
    file.chmod(0o640)
    link.symlink_to("a")
    save_file(str(link), b"new")
    assert link.is_symlink()
    assert file.read_bytes() == b"new"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640


@pytest.mark.skipif(not Path("/dev/shm").is_dir(), reason="only Linux has it")  # noqa: S108
def test_not_all_that_lies_below_dev_is_a_device() -> None:
    with NamedTemporaryFile(dir="/dev/shm") as file:
        file.write(b"old")
        file.flush()
        save_file(file.name, b"new")
        assert Path(file.name).read_bytes() == b"new"


def test_a_new_file_has_the_permissions_that_the_user_gives_new_files(tmp_path: Path) -> None:
    mask = os.umask(0o027)
    try:
        save_file(str(tmp_path / "a"), b"")
        create_file(str(tmp_path / "b"), b"")
    finally:
        os.umask(mask)
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o640}


def test_a_pipe_is_written_into(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        save_file(str(tmp_path / "pipe"), b"new")
        assert os.read(reader, 10) == b"new"
    finally:
        os.close(reader)
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


def test_what_is_there_is_never_created_over(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"mine")
    (tmp_path / "link").symlink_to("a")
    for name in ("a", "link"):
        with pytest.raises(FileExistsError):
            create_file(str(tmp_path / name), b"new")
    assert (tmp_path / "a").read_bytes() == b"mine"
    # As dotfiles are kept: the link is there before the file that it leads to.
    (tmp_path / "dangling").symlink_to("b")
    create_file(str(tmp_path / "dangling"), b"new")
    assert (tmp_path / "b").read_bytes() == b"new"
