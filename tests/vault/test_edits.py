"""Others who write: their text wins, whenever it comes."""

from __future__ import annotations

import ctypes
import errno
import mmap
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

from taiga_notes.errors import PageBusyError, PageChangedError, WriteError
from taiga_notes.system import files, folders, locks, swap
from taiga_notes.system.locks import Lease
from taiga_notes.vault.journal import JournalEntry, digest
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


class Editor:
    """Somebody who begins to save right at one of our steps, in a thread of his own.

    Args:
        edit: how; it calls back once it has the page open.
    """

    def __init__(self, edit: Edit) -> None:
        self._edit = edit
        self._opened = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, path: Path) -> None:
        """Begins; returns when he has the page open, or waits for us."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._edit, args=(path, self._opened.set))
            self._thread.start()
            while not self._opened.wait(0.001) and not Seen.last.wanted:
                pass

    def end(self) -> None:
        assert self._thread
        self._thread.join()


Edit = Callable[[Path, Callable[[], None]], None]


class Seen(Lease):
    """The lease that was last taken."""

    last: Seen

    def __enter__(self) -> Self:
        Seen.last = self
        return super().__enter__()


@pytest.fixture(autouse=True)
def _seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(swap, "Lease", Seen)


def renames(path: Path, opened: Callable[[], None]) -> None:
    other = path.with_name("other")
    other.write_text("theirs")
    other.replace(path)
    opened()


def overwrites(path: Path, opened: Callable[[], None]) -> None:
    with path.open("w") as file:
        opened()
        time.sleep(0.05)
        file.write("theirs")


def appends(path: Path, opened: Callable[[], None]) -> None:
    with path.open("a") as file:
        file.write("theirs")
    opened()


def appends_slowly(path: Path, opened: Callable[[], None]) -> None:
    with path.open("a") as file:
        opened()
        time.sleep(0.05)
        file.write("theirs")


def maps(path: Path, opened: Callable[[], None]) -> None:
    with path.open("r+b") as file:
        memory = mmap.mmap(file.fileno(), 0)
    with memory:
        opened()
        time.sleep(0.05)
        memory[:] = b"theirs".ljust(len(memory))


OPENERS = [overwrites, appends, appends_slowly, maps]


@pytest.mark.parametrize("edit", [renames, *OPENERS])
def test_an_edit_after_the_last_look_wins(
    root: Path, monkeypatch: pytest.MonkeyPatch, edit: Edit
) -> None:
    real, editor = swap.exchange, Editor(edit)

    def late(one: str, other: str) -> bool:
        editor.begin(root / "a.md")
        return real(one, other)

    monkeypatch.setattr(swap, "exchange", late)
    with pytest.raises(PageChangedError):
        replace(root)
    editor.end()
    assert "theirs" in held(root)
    assert held(root).replace("theirs", "") in {"", OLD, " " * (len(OLD) - 6)}
    assert names(root) == {"a.md"}


@pytest.mark.parametrize("edit", [renames, overwrites, appends])
def test_an_edit_after_the_last_look_wins_where_nobody_tells_who_has_it_open(
    root: Path, monkeypatch: pytest.MonkeyPatch, edit: Edit
) -> None:
    monkeypatch.setattr(locks, "_read_lease", lambda *_: "unknown")
    test_an_edit_after_the_last_look_wins(root, monkeypatch, edit)


def test_what_is_being_written_all_the_time_gets_its_place_back(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where nobody tells that it is open: it can't even be read at one moment."""
    real, contents = swap.exchange, files.contents
    came_out: list[str] = []

    def exchanged(one: str, other: str) -> bool:
        came_out.append(other)
        return real(one, other)

    def read(path: str) -> tuple[bytes, files.Stamp]:
        if path in came_out and len(came_out) == 1:
            raise OSError(errno.EBUSY, "keeps changing while it is read")
        return contents(path)

    monkeypatch.setattr(swap, "exchange", exchanged)
    monkeypatch.setattr(swap, "contents", read)
    with pytest.raises(PageChangedError):
        replace(root)
    assert held(root) == OLD
    assert names(root) == {"a.md"}


@pytest.mark.parametrize("edit", OPENERS)
@pytest.mark.parametrize("step", ["exchanged", "synced"])
def test_who_found_the_page_before_the_exchange_and_opens_it_after_writes_into_the_page(
    root: Path, monkeypatch: pytest.MonkeyPatch, edit: Edit, step: str
) -> None:
    real, sync, editor = swap.exchange, folders.sync_folder, Editor(edit)

    def exchanged(one: str, other: str) -> bool:
        done = real(one, other)
        if step == "exchanged":
            editor.begin(Path(other))
        return done

    def synced(folder: str) -> None:
        if step == "synced":
            [temporary] = names(root) - {"a.md"}
            editor.begin(root / temporary)
        sync(folder)

    monkeypatch.setattr(swap, "exchange", exchanged)
    monkeypatch.setattr(swap, "sync_folder", synced)
    with pytest.raises(PageChangedError):
        replace(root)
    editor.end()
    assert "theirs" in held(root)
    assert names(root) == {"a.md"}


@pytest.mark.parametrize("linked", [False, True])
def test_a_page_that_is_being_written_is_waited_for_and_then_told(
    root: Path, monkeypatch: pytest.MonkeyPatch, linked: bool
) -> None:
    if linked:
        (root.parent / "link").hardlink_to(root / "a.md")
    monkeypatch.setattr("taiga_notes.vault.writer.PATIENCE", 0.1)
    with (root / "a.md").open("a") as file:
        begun = time.monotonic()
        with pytest.raises(PageBusyError) as caught:
            replace(root)
        assert time.monotonic() - begun >= 0.1
        assert names(root) == {"a.md"}
        assert held(root) == OLD
        file.write("theirs")
    assert held(root) == OLD + "theirs"
    assert f"is left alone while process {os.getpid()} (" in caught.value.message
    # Nothing was done, so there is nothing to undo, and no run is crowded out by one.
    assert not list((root.parent / "state").rglob("0*"))


@pytest.mark.parametrize("linked", [False, True])
def test_a_page_that_is_closed_in_time_is_read_again(root: Path, linked: bool) -> None:
    if linked:
        (root.parent / "link").hardlink_to(root / "a.md")
    place = vault(root)
    page = place.read("a.md")
    file = (root / "a.md").open("a")

    def close() -> None:
        with file:
            file.write("theirs")

    timer = threading.Timer(0.2, close)
    with place.writing() as writer:
        timer.start()
        with pytest.raises(PageChangedError):
            writer.replace(page, NEW)
        writer.replace(place.read("a.md"), NEW)
    timer.join()
    assert held(root) == NEW


def test_a_run_waits_once_for_all_pages_together(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taiga_notes.vault.writer.PATIENCE", 0.2)
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    place = vault(root)
    page = place.read("a.md")
    with (root / "a.md").open("a"), place.writing() as writer:
        for _ in range(50):
            with pytest.raises(PageBusyError):
                writer.replace(page, NEW)
    assert 0.1 < sum(slept) < 0.4


@pytest.mark.parametrize("linked", [False, True])
@pytest.mark.parametrize("edit", [overwrites, appends_slowly])
def test_a_page_opened_between_the_look_and_the_writing_is_not_written(
    root: Path, monkeypatch: pytest.MonkeyPatch, linked: bool, edit: Edit
) -> None:
    """As a page that was never seen open: it has to be read again."""
    if linked:
        (root.parent / "link").hardlink_to(root / "a.md")
    editor, real = Editor(edit), files.writable
    Seen.last = Seen(str(root / "a.md"))

    def late(path: str) -> os.stat_result:
        editor.begin(root / "a.md")
        return real(path)

    Seen.last.unknown = "not taken"
    monkeypatch.setattr(swap, "writable", late)
    with pytest.raises(PageChangedError):
        replace(root)
    editor.end()
    assert "theirs" in held(root)
    assert names(root) == {"a.md"}


def test_the_last_of_several_edits_wins(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = swap.exchange
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
    real = swap.exchange

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
        monkeypatch.setattr(swap, "_renameat2", lambda: refused)
    else:
        fake = failing(errno.ENOENT) if means == "library" else lambda *_a, **_k: object()
        monkeypatch.setattr(ctypes, "CDLL", fake)
    assert not swap.exchange(str(root / "a.md"), str(root / "a.md"))
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
        record = JournalEntry("a.md", OLD.encode(), digest(NEW.encode()), ".temporary")
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


def test_what_came_out_of_a_killed_swap_and_is_open_for_writing_gets_its_place_back(
    root: Path,
) -> None:
    place = vault(root)
    with place.writing() as writer:
        record = JournalEntry("a.md", OLD.encode(), digest(NEW.encode()), ".temporary")
        writer.journal().pending.add(record)
        writer._cut_short = True
    (root / "a.md").rename(root / ".temporary")
    (root / "a.md").write_text(NEW, newline="")
    with (root / ".temporary").open("a", newline="") as file:
        with place.writing():
            pass
        file.write("theirs")
    assert held(root) == OLD + "theirs"
    assert names(root) == {"a.md"}


def test_a_torn_page_is_mended_once_nobody_writes_it(root: Path) -> None:
    place = vault(root)
    with place.writing() as writer:
        new = NEW.encode()
        writer.journal().pending.add(JournalEntry("a.md", OLD.encode(), digest(new), after=new))
        writer._cut_short = True
    torn = new[:4] + OLD.encode()[4:]
    (root / "a.md").write_bytes(torn)
    with (root / "a.md").open("a"), place.writing() as writer:
        [problem] = writer.problems
        assert problem.message.endswith("and is not mended while another program writes it")
        assert (root / "a.md").read_bytes() == torn
    with place.writing() as writer:
        assert writer.problems == []
    assert held(root) == OLD


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
