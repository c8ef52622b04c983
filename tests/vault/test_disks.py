"""Disks that fail: the old page stays."""

from __future__ import annotations

import errno
import os
import resource
import signal
import stat
import tempfile
from typing import TYPE_CHECKING

import pytest

from taiga_notes.errors import ConfigError, PageChangedError, WriteError
from taiga_notes.system import files, swap
from tests.pages import (
    NEW,
    OLD,
    failing,
    fsync_of_folders,
    held,
    names,
    never,
    one_page,
    replace,
    vault,
)
from tests.unprivileged import NOBODY, public_folder, unprivileged

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return one_page(tmp_path)


def half(real: Callable[[int, bytes], int]) -> Callable[[int, bytes], int]:
    """A write that takes half of what it is given, and then finds the disk full."""
    taken: list[int] = []

    def write(descriptor: int, data: bytes) -> int:
        if taken:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        taken.append(descriptor)
        return real(descriptor, data[: len(data) // 2])

    return write


def to_pages(root: Path, write: Callable[[int, bytes], int]) -> Callable[[int, bytes], int]:
    """That write for what is in a vault; what is kept elsewhere is on another disk."""
    real = os.write

    def either(descriptor: int, data: bytes) -> int:
        file = os.fstat(descriptor)
        is_page = any(os.path.samestat(file, path.stat()) for path in root.iterdir())
        return (write if is_page else real)(descriptor, data)

    return either


@pytest.mark.parametrize(
    ("call", "code"),
    [
        ("write", errno.ENOSPC),
        ("write", errno.EIO),
        ("fsync", errno.EIO),
        ("fsync", errno.ENOSPC),
        ("replace", errno.EIO),
        ("replace", errno.ENOSPC),
    ],
)
def test_a_failing_disk_leaves_the_old_page(
    root: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int
) -> None:
    place = vault(root)
    page = place.read("a.md")
    with place.writing() as writer, monkeypatch.context() as patch:
        patch.setattr(swap, "exchange", never)
        fail = failing(code)
        patch.setattr(os, call, to_pages(root, fail) if call == "write" else fail)
        with pytest.raises(WriteError, match=f"can't be written: {os.strerror(code)}"):
            writer.replace(page, NEW)
    assert held(root) == OLD
    assert names(root) == {"a.md"}


def test_a_full_disk_half_way_leaves_the_old_page(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = vault(root)
    page = place.read("a.md")
    with place.writing() as writer:
        monkeypatch.setattr(os, "write", to_pages(root, half(os.write)))
        with pytest.raises(WriteError, match=r"No space left.*\(the disk is full\)"):
            writer.replace(page, NEW)
    assert held(root) == OLD
    assert names(root) == {"a.md"}


@pytest.mark.parametrize("new", [NEW * 1000, ""])
def test_a_failing_disk_leaves_the_old_page_in_place(
    root: Path, monkeypatch: pytest.MonkeyPatch, new: str
) -> None:
    (root.parent / "link").hardlink_to(root / "a.md")
    place = vault(root)
    page = place.read("a.md")
    real = os.ftruncate
    done: list[int] = []

    def ftruncate(descriptor: int, size: int) -> None:
        if size == len(new.encode()) and not done:
            done.append(size)
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(descriptor, size)

    with place.writing() as writer:
        monkeypatch.setattr(os, "ftruncate", ftruncate)
        with pytest.raises(WriteError, match="Input/output error"):
            writer.replace(page, new)
    assert done
    assert held(root) == OLD


@pytest.mark.parametrize("theirs", ["", "theirs"])
def test_a_disk_that_fails_to_sync_leaves_the_old_page_in_place_or_an_edit(
    root: Path, monkeypatch: pytest.MonkeyPatch, theirs: str
) -> None:
    page, real = root / "a.md", os.fsync
    (root.parent / "link").hardlink_to(page)

    def fsync(descriptor: int) -> None:
        if os.path.samestat(os.fstat(descriptor), page.stat()):
            if theirs:
                page.write_text(theirs)
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(WriteError, match="Input/output error"):
        replace(root)
    assert held(root) == (theirs or OLD)


def test_a_page_torn_by_a_dying_disk_is_mended_by_the_next_run(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root.parent / "link").hardlink_to(root / "a.md")
    (root / "b.md").write_text(OLD, newline="")
    place = vault(root)
    page, other = place.read("a.md"), place.read("b.md")
    with place.writing() as writer:
        with monkeypatch.context() as patch:
            patch.setattr(swap, "write", half(os.write))
            patch.setattr(os, "ftruncate", failing(errno.EIO))
            with pytest.raises(WriteError):
                writer.replace(page, NEW)
        writer.replace(other, NEW)
    assert (root / "a.md").read_bytes() not in {OLD.encode(), NEW.encode()}
    with place.writing() as writer:
        assert writer.problems == []
    assert held(root) == OLD
    assert (root / "b.md").read_bytes() == NEW.encode()


def test_a_file_that_may_not_grow_leaves_the_old_page(root: Path) -> None:
    """The kernel's own refusal, in a process of its own."""
    place = vault(root)
    page = place.read("a.md")
    text = "".join(f"{number} {os.urandom(20).hex()}\n" for number in range(2_000))
    child = os.fork()
    if child == 0:
        status = 1
        try:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
            with place.writing() as writer:
                writer.replace(page, text)
        except WriteError as error:
            status = 0 if "File too large" in str(error) else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert held(root) == OLD
    assert names(root) == {"a.md"}


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP])
def test_a_folder_that_can_not_be_synced_is_no_failure(
    root: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    fsync_of_folders(monkeypatch, code)
    replace(root)
    assert held(root) == NEW


def test_a_folder_that_fails_to_sync_is_told(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fsync_of_folders(monkeypatch, errno.EIO)
    with pytest.raises(WriteError, match="Input/output error"):
        replace(root)
    assert held(root) == NEW
    with vault(root).writing():
        assert names(root) == {"a.md"}


# What must be kept first


def test_a_page_that_can_not_be_kept_for_undo_is_not_touched(root: Path) -> None:
    place = vault(root)
    page = place.read("a.md")
    with place.writing() as writer:
        writer.journal().pending.path.mkdir()
        with pytest.raises(WriteError, match="can't be kept for undo: Is a directory"):
            writer.replace(page, NEW)
        writer.journal().pending.path.rmdir()
    assert held(root) == OLD


def test_baked_sections_are_remembered_before_they_are_written(root: Path) -> None:
    place = vault(root)
    page = place.read("a.md")
    with place.writing() as writer:
        writer.replace(page, OLD, [("key", "11111111")])
        assert set(place.bodies().of("key")) == {"11111111"}
        (root / "a.md").write_text("mine\n")
        with pytest.raises(PageChangedError):
            writer.replace(page, NEW, [("key", "22222222")])
    assert set(place.bodies().of("key")) == {"11111111", "22222222"}


def test_baked_sections_that_can_not_be_remembered_are_not_written(root: Path) -> None:
    place = vault(root)
    page = place.read("a.md")
    with place.writing() as writer:
        (root.parent / "state" / "bodies.lock").mkdir()
        with pytest.raises(WriteError, match="can't be remembered"):
            writer.replace(page, NEW, [("key", "22222222")])
    assert held(root) == OLD


@pytest.mark.parametrize(
    ("text", "message"),
    [("\ud800", "no character of UTF-8"), ("x" * (files.LARGEST + 1), "larger than 16 MB")],
    ids=["surrogate", "too large"],
)
def test_a_page_that_could_not_be_read_again_is_not_written(
    root: Path, text: str, message: str
) -> None:
    with pytest.raises(WriteError, match=message):
        replace(root, text=text)
    assert held(root) == OLD


def test_a_state_folder_that_can_not_be_used_is_told(root: Path) -> None:
    (root.parent / "state").write_text("a file")
    with pytest.raises(ConfigError, match=r"state' can't be used: Not a directory.*XDG_STATE_HOME"):
        replace(root)
    assert held(root) == OLD


@pytest.mark.parametrize("whose", ["nobody's", "another's", "a link", "open to all"])
def test_a_state_folder_where_we_may_not_write_is_told_if_no_other_is_ours_alone(
    monkeypatch: pytest.MonkeyPatch, whose: str
) -> None:
    with public_folder() as folder, public_folder() as passing:
        monkeypatch.setattr(tempfile, "tempdir", str(passing))
        with unprivileged():
            mine = passing / f"taiga-notes-{os.getuid()}"
            (folder / "notes").mkdir()
            folder.chmod(0o555)
            match whose:
                case "nobody's":
                    passing.chmod(0o555)
                case "a link":
                    (passing / "real").mkdir(0o700)
                    mine.symlink_to("real")
                case "open to all":
                    mine.mkdir()
                    mine.chmod(0o777)
        if whose == "another's":
            mine.mkdir(0o700)
            if os.getuid() != 0:
                monkeypatch.setattr(os, "getuid", lambda: NOBODY)
                mine.rename(passing / f"taiga-notes-{NOBODY}")
        with unprivileged():
            with pytest.raises(ConfigError, match="can't be used: Permission denied"):
                vault(folder / "notes").writing().__enter__()
            folder.chmod(0o755)
            passing.chmod(0o755)


def test_a_state_folder_where_we_may_not_write_is_made_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with public_folder() as folder, public_folder() as passing, unprivileged():
        monkeypatch.setattr(tempfile, "tempdir", str(passing))
        notes = folder / "notes"
        notes.mkdir()
        folder.chmod(0o555)
        place = vault(notes)
        with place.writing() as writer:
            assert writer.problems == []
        assert place.home.startswith(f"{passing}/taiga-notes-{os.getuid()}/vaults/")
        assert stat.S_IMODE((passing / f"taiga-notes-{os.getuid()}").stat().st_mode) == 0o700
        folder.chmod(0o755)


@pytest.mark.parametrize("call", ["ftruncate", "write", "listdir"])
def test_a_state_folder_that_fails_is_told(
    root: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    place = vault(root)
    with monkeypatch.context() as patch:
        patch.setattr(os, call, failing(errno.ENOSPC))
        with pytest.raises(ConfigError, match="can't be used: No space"):
            place.writing().__enter__()
    with place.writing(wait=0) as writer:
        assert writer.problems == []


def test_a_journal_that_can_not_be_closed_is_told(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = vault(root)
    page = place.read("a.md")
    writer = place.writing().__enter__()
    writer.replace(page, NEW)
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", failing(errno.ENOSPC))
        with pytest.raises(ConfigError, match="can't be used: No space"):
            writer.__exit__()
    assert place.undo(wait=0)[0].page == "a.md"
    assert held(root) == OLD
