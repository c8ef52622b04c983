"""Others who write: their text wins, whenever it comes."""

from __future__ import annotations

import ctypes
import errno
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from taiga_notes.errors import PageChangedError, WriteError
from taiga_notes.vault import exchange, swap
from taiga_notes.vault.journal import Record, digest
from tests.pages import NEW, OLD, failing, held, names, one_page, replace, vault

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return one_page(tmp_path)


def test_an_edit_since_the_reading_wins(root: Path) -> None:
    place = vault(root)
    page = place.read("a.md")
    (root / "a.md").write_text("mine\n")
    with place.writing() as writer, pytest.raises(PageChangedError) as caught:
        writer.replace(page, NEW)
    assert caught.value.page == "a.md"
    assert held(root) == "mine\n"
    assert names(root) == {"a.md"}


def edits(path: Path) -> Iterator[Callable[[], None]]:
    """The ways in which editors save, and worse."""
    other = path.with_name("other")
    text = OLD.replace("old", "odd")

    def in_place() -> None:
        before = path.stat()
        path.write_text(text, newline="")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    def by_rename() -> None:
        other.write_text(text, newline="")
        other.replace(path)

    def anew() -> None:
        path.unlink()
        path.write_text(text, newline="")

    def appended() -> None:
        with path.open("a") as file:
            file.write("more")

    yield from (in_place, by_rename, anew, appended, path.unlink)


@pytest.mark.parametrize("way", range(5))
@pytest.mark.parametrize("linked", [False, True])
def test_an_edit_while_we_write_wins(
    root: Path, monkeypatch: pytest.MonkeyPatch, way: int, linked: bool
) -> None:
    edit = list(edits(root / "a.md"))[way]
    if linked:
        (root.parent / "link").hardlink_to(root / "a.md")
    place = vault(root)
    page = place.read("a.md")
    real = os.fsync
    waiting = [edit]

    def fsync(descriptor: int) -> None:
        # The last thing before the last look, or the record before an overwriting.
        real(descriptor)
        if waiting:
            waiting.pop()()

    monkeypatch.setattr(os, "fsync", fsync)
    with place.writing() as writer, pytest.raises(WriteError):
        writer.replace(page, NEW)
    assert not waiting
    assert names(root) <= {"a.md"}
    if names(root):
        assert held(root) in {OLD.replace("old", "odd"), OLD + "more"}


Edit = Callable[[Path], None]


def renames(path: Path) -> None:
    other = path.with_name("other")
    other.write_text("theirs")
    other.replace(path)


def overwrites(path: Path) -> None:
    path.write_text("theirs")


def overwrites_slowly(path: Path) -> None:
    file = path.open("w")

    def save() -> None:
        with file:
            file.write("theirs")

    threading.Timer(0.002, save).start()


@pytest.mark.parametrize("edit", [renames, overwrites, overwrites_slowly])
def test_an_edit_after_the_last_look_wins(
    root: Path, monkeypatch: pytest.MonkeyPatch, edit: Edit
) -> None:
    real = exchange.exchange
    edits = [edit]

    def late(one: str, other: str) -> bool:
        if edits:
            edits.pop()(root / "a.md")
        return real(one, other)

    monkeypatch.setattr(swap, "exchange", late)
    with pytest.raises(PageChangedError):
        replace(root)
    time.sleep(0.05)
    assert held(root) == "theirs"
    assert names(root) == {"a.md"}


def test_the_last_of_several_edits_wins(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = exchange.exchange
    texts = ["first", "second", "third"]

    def late(one: str, other: str) -> bool:
        if texts:
            (root / "saved").write_text(texts.pop(0))
            (root / "saved").replace(root / "a.md")
        return real(one, other)

    monkeypatch.setattr(swap, "exchange", late)
    with pytest.raises(PageChangedError):
        replace(root)
    assert held(root) == "third"
    assert names(root) == {"a.md"}


def test_a_page_deleted_after_the_last_look_stays_deleted(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = exchange.exchange

    def late(one: str, other: str) -> bool:
        (root / "a.md").unlink()
        return real(one, other)

    monkeypatch.setattr(swap, "exchange", late)
    with pytest.raises(PageChangedError):
        replace(root)
    assert names(root) == set()


@pytest.mark.parametrize("means", ["call", "library", "file system"])
def test_a_page_is_renamed_into_place_where_two_files_can_not_be_exchanged(
    root: Path, monkeypatch: pytest.MonkeyPatch, means: str
) -> None:
    def refused(*_arguments: object) -> int:
        ctypes.set_errno(errno.EINVAL)
        return -1

    if means == "file system":
        monkeypatch.setattr(exchange, "_renameat2", lambda: refused)
    else:
        fake = failing(errno.ENOENT) if means == "library" else lambda *_a, **_k: object()
        monkeypatch.setattr(ctypes, "CDLL", fake)
    assert not exchange.exchange(str(root / "a.md"), str(root / "a.md"))
    replace(root)
    assert held(root) == NEW
    assert names(root) == {"a.md"}


@pytest.mark.parametrize(
    ("page", "temporary", "after"),
    [
        (OLD, NEW[:3], OLD),
        (OLD, NEW, OLD),
        (OLD, None, OLD),
        (NEW, OLD, NEW),
        (NEW, None, NEW),
        (NEW, "an edit just before the exchange", "an edit just before the exchange"),
        ("an edit after the kill", OLD, "an edit after the kill"),
        (None, NEW, None),
    ],
)
def test_what_a_killed_swap_leaves_is_cleared(
    root: Path, page: str | None, temporary: str | None, after: str | None
) -> None:
    place = vault(root)
    with place.writing() as writer:
        record = Record("a.md", OLD.encode(), digest(NEW.encode()), ".temporary")
        writer.journal().pending.add(record)
        writer._cut_short = True
    (root / "a.md").unlink()
    for name, text in (("a.md", page), (".temporary", temporary)):
        if text is not None:
            (root / name).write_bytes(text.encode())
    with place.writing() as writer:
        assert writer.problems == []
    assert (held(root) if names(root) else None) == after
    assert names(root) <= {"a.md"}


def test_two_writers_do_not_write_at_once(root: Path) -> None:
    place = vault(root)
    with place.writing(), pytest.raises(WriteError) as caught:
        place.writing(wait=0.2).__enter__()
    message = f"another taiga-notes (process {os.getpid()}) is writing this vault"
    assert caught.value.message == message


def test_a_writer_waits_for_another(root: Path) -> None:
    code = (
        "import sys, time; from taiga_notes.vault.vault import Vault\n"
        "with Vault(sys.argv[1], state=sys.argv[2]).writing():\n"
        "    print(flush=True); time.sleep(0.5)"
    )
    command = [sys.executable, "-c", code, str(root), str(root.parent / "state")]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        other.stdout.readline()
        begun = time.monotonic()
        replace(root)
        assert time.monotonic() - begun > 0.3
    assert held(root) == NEW
