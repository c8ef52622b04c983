"""The store's file: private, shared by processes, and right whatever happens to it."""

from __future__ import annotations

import os
import random
import sqlite3
import stat
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest

from taiga_notes.errors import SourceError, UnreachableError
from taiga_notes.taiga.store import database, store
from taiga_notes.taiga.store.columns import DamagedError
from taiga_notes.taiga.store.database import Database, StoreBusyError, UnusableError
from taiga_notes.taiga.store.store import Store
from taiga_notes.taiga.store.stored_rows import StoredRows
from tests.tables import others_slow
from tests.taiga.shelf import START, STORIES, Shelf, of
from tests.thin import thinned

if TYPE_CHECKING:
    from pathlib import Path

    from taiga_notes.model.rows import Rows

SUBJECT = ("subject",)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "cache" / "store" / "acme.sqlite", stories=30)


def path_of(shelf: Shelf) -> Path:
    assert shelf.file is not None
    return shelf.file


def broken(shelf: Shelf) -> list[str]:
    return sorted(one.name for one in path_of(shelf).parent.iterdir() if "broken" in one.name)


def test_nothing_is_made_before_it_is_needed(shelf: Shelf) -> None:
    with shelf.taiga():
        pass
    assert not path_of(shelf).parent.exists()


def test_only_its_user_can_read_it(shelf: Shelf) -> None:
    before = os.umask(0)
    try:
        with shelf.taiga() as taiga:
            taiga.rows(STORIES)
            modes = {one.name: one.stat().st_mode for one in path_of(shelf).parent.iterdir()}
    finally:
        os.umask(before)
    assert set(modes) >= {"acme.sqlite", "acme.sqlite-wal"}
    assert {stat.S_IMODE(mode) for mode in modes.values()} == {0o600}
    assert stat.S_IMODE(path_of(shelf).parent.stat().st_mode) == 0o700


def test_a_store_that_others_could_read_is_taken_back(shelf: Shelf) -> None:
    shelf.rows()
    path_of(shelf).chmod(0o644)
    path_of(shelf).parent.chmod(0o755)
    shelf.rows()
    assert stat.S_IMODE(path_of(shelf).stat().st_mode) == 0o600
    assert stat.S_IMODE(path_of(shelf).parent.stat().st_mode) == 0o700


def test_a_process_that_leaves_takes_nothing_from_one_that_stays(tmp_path: Path) -> None:
    file = tmp_path / "acme.sqlite"
    first, second = Store(file), Store(file)
    first.put_down("by the first", 1)
    second.put_down("by the second", 2)

    look = "import sys; from pathlib import Path; from taiga_notes.taiga.store.store import Store\n"
    look += "store = Store(Path(sys.argv[1]))\n"
    look += "print(store.seen(lambda seen: seen.record(sys.argv[2]))); store.close()\n"

    def seen_by_another(name: str) -> str:
        command = [sys.executable, "-c", look, str(file), name]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    assert seen_by_another("by the first") == "1\n"
    assert file.with_name("acme.sqlite-wal").exists()
    first.put_down("later", 3)
    assert second.seen(lambda seen: seen.record("later")) == 3
    assert seen_by_another("later") == "3\n"
    assert not first.notes
    assert not second.notes
    for one in (first, second):
        one.close()


def test_a_store_of_another_version_is_set_aside(shelf: Shelf) -> None:
    expected = shelf.rows()
    with sqlite3.connect(path_of(shelf)) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert shelf.rows() == expected
    assert broken(shelf) == ["acme.sqlite.broken"]
    shelf.asked()
    assert shelf.rows() == expected
    assert not any("page_size=1000" in line for line in shelf.asked()), "it is used from then on"


def test_another_programs_database_is_set_aside(shelf: Shelf) -> None:
    path_of(shelf).parent.mkdir(parents=True)
    with sqlite3.connect(path_of(shelf)) as connection:
        connection.execute("CREATE TABLE list (x)")
        connection.execute(f"PRAGMA user_version = {database.VERSION}")
    connection.close()
    assert shelf.rows() == shelf.listed()
    assert broken(shelf) == ["acme.sqlite.broken"]


@pytest.mark.parametrize("text", [b"", b"no database\n" * 1000, b"SQLite format 3\0"])
def test_what_is_no_database_is_replaced(shelf: Shelf, text: bytes) -> None:
    path_of(shelf).parent.mkdir(parents=True)
    path_of(shelf).write_bytes(text)
    assert shelf.rows() == shelf.listed()


def test_one_damaged_store_is_kept_at_most(shelf: Shelf) -> None:
    for _ in range(3):
        shelf.rows()
        path_of(shelf).write_bytes(b"no database\n" * 1000)
    assert shelf.rows() == shelf.listed()
    assert broken(shelf) == ["acme.sqlite.broken"]


@pytest.mark.parametrize("part", others_slow([0.3, 0.99, 0.1, 0.5, 0.7, 0.9], 2))
def test_a_truncated_store_is_built_again(shelf: Shelf, part: float) -> None:
    expected = shelf.rows()
    whole = path_of(shelf).read_bytes()
    path_of(shelf).write_bytes(whole[: int(len(whole) * part)])
    assert shelf.rows() == expected


@pytest.mark.slow
@pytest.mark.parametrize("seed", thinned(range(40), 3))
def test_changed_bytes_never_show(shelf: Shelf, seed: int) -> None:
    """SQLite itself notices few of them: most of a store is text of items and columns."""
    dice = random.Random(seed)  # noqa: S311 - chance that can be repeated
    expected = shelf.rows()
    subjects = [row["subject"] for row in expected]
    content = bytearray(path_of(shelf).read_bytes())
    used = [place for place, byte in enumerate(content) if byte]
    for place in dice.sample(used, dice.choice((1, 20, 500))):
        content[place] ^= dice.randint(1, 255)
    path_of(shelf).write_bytes(content)
    with shelf.taiga() as taiga:
        rows = taiga.rows(STORIES)
        assert rows.column(SUBJECT) == subjects
        assert rows.column(("tags",)) == [row["tags"] for row in expected]
        assert [rows[index] for index in range(len(rows))] == expected


def overwrite(shelf: Shelf, rows: Rows) -> None:
    """Damage the store under rows in use, and let SQLite forget what it has read."""
    path_of(shelf).write_bytes(b"no database\n" * 100_000)
    assert isinstance(rows, StoredRows)
    assert rows._view is not None
    rows._view.reading.connection.execute("PRAGMA shrink_memory")


def test_a_store_damaged_while_it_is_in_use_is_read_anew(shelf: Shelf) -> None:
    expected = shelf.rows()
    with shelf.taiga() as taiga:
        rows = taiga.rows(STORIES)
        assert rows.column(("ref",)) == [row["ref"] for row in expected]
        assert isinstance(rows, StoredRows)
        overwrite(shelf, rows)
        assert rows.column(SUBJECT) == [row["subject"] for row in expected]
        assert rows[3] == expected[3]


def test_rows_that_changed_under_a_repair_are_an_error_rather_than_a_mixture(shelf: Shelf) -> None:
    shelf.rows()
    with shelf.taiga() as taiga:
        rows = taiga.rows(STORIES)
        rows.column(("ref",))
        shelf.fake.delete(shelf.stories[0])
        assert isinstance(rows, StoredRows)
        overwrite(shelf, rows)
        with pytest.raises(SourceError, match="changed while it was read"):
            rows.column(SUBJECT)
        taiga.begin()
        assert len(taiga.rows(STORIES)) == len(shelf.stories) - 1


def test_a_damaged_store_offline_is_as_good_as_none(shelf: Shelf) -> None:
    shelf.rows()
    path_of(shelf).write_bytes(b"no database\n" * 1000)
    with pytest.raises(UnreachableError, match="not in the store"):
        shelf.rows(is_offline=True)


def test_a_folder_that_cannot_be_made_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be")
    shelf = Shelf(tmp_path / "cache" / "acme.sqlite", stories=3)
    with shelf.taiga() as taiga:
        assert len(taiga.rows(STORIES)) == 3
        taiga.begin()
        assert len(taiga.rows(of("tasks"))) == 0
        [note] = taiga.state.notes
    assert "can't be used" in note
    assert "this run remembers nothing" in note


def test_a_drive_without_shared_memory_is_done_without(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def connected(name: str) -> sqlite3.Connection:
        address = name if name == ":memory:" else f"file:{name}?vfs=unix-dotfile"
        return sqlite3.connect(address, uri=True, isolation_level=None)

    monkeypatch.setattr(database, "_connect", connected)
    with shelf.taiga() as taiga:
        assert len(taiga.rows(STORIES)) == 30
        [note] = taiga.state.notes
        assert "shared memory" in note


def limited(monkeypatch: pytest.MonkeyPatch, pages: int) -> None:
    """Let the disk be full at so many pages of a file."""
    connect = database._connect

    def connected(name: str) -> sqlite3.Connection:
        connection = connect(name)
        if name != ":memory:":
            connection.execute(f"PRAGMA max_page_count = {pages}")
        return connection

    monkeypatch.setattr(database, "_connect", connected)


@pytest.mark.parametrize("missing", others_slow([1, 100, 2, 3, 5], 2))
def test_a_full_disk_is_done_without(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch, missing: int
) -> None:
    shelf.rows()
    pages = path_of(shelf).stat().st_size // database.PAGE_BYTES
    with shelf.taiga() as taiga:
        taiga.clear()
    limited(monkeypatch, max(1, pages - missing))
    with shelf.taiga() as taiga:
        rows = taiga.rows(STORIES)
        assert [rows[index] for index in range(len(rows))] == shelf.listed()
        assert len(taiga.state.notes) == 1


def test_a_disk_that_fills_up_leaves_what_was_there(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = shelf.rows()
    with monkeypatch.context() as patch:
        limited(patch, path_of(shelf).stat().st_size // database.PAGE_BYTES)
        shelf.fake.bulk_create(shelf.acme, 400)
        assert len(shelf.rows()) == 430
    assert shelf.rows(is_offline=True) == expected


def test_memory_goes_on_with_what_the_file_held(shelf: Shelf) -> None:
    expected = shelf.rows()
    kept = Store(shelf.file)
    kept.repair(UnusableError("read-only"))
    assert kept.file is None
    assert [meta.count for _, meta in kept.seen(lambda at: at.lists())] == [len(expected)]
    assert kept.notes == [f"{shelf.file} can't be used (read-only): this run remembers nothing"]
    kept.close()


def test_memory_begins_empty_if_the_file_cannot_be_read(shelf: Shelf) -> None:
    path_of(shelf).parent.mkdir(parents=True)
    path_of(shelf).write_bytes(b"no database\n" * 1000)
    kept = Store(shelf.file)
    kept.repair(UnusableError("read-only"))
    assert kept.seen(lambda at: at.lists()) == []
    kept.close()


def test_a_store_that_is_never_right_is_an_error() -> None:
    def look() -> None:
        raise DamagedError("again")

    with pytest.raises(DamagedError):
        Store(None).mending(look)


def test_an_error_undoes_a_transaction(tmp_path: Path) -> None:
    kept = Store(tmp_path / "store.sqlite")

    def fail(at: Any) -> None:
        at.put_record("name", 1)
        raise SourceError("no")

    with pytest.raises(SourceError):
        kept.written(fail, lambda: True)
    assert kept.seen(lambda at: at.record("name")) is None
    kept.close()


def test_what_is_best_effort_stands_back_for_others(tmp_path: Path) -> None:
    file = tmp_path / "store.sqlite"
    kept, other = Store(file), Database(file)
    with other.writing(0):
        kept.put_down("name", 1)
    assert kept.seen(lambda at: at.record("name")) is None
    kept.put_down("name", 2)
    assert kept.seen(lambda at: at.record("name")) == 2
    kept.close()
    other.close()


def test_one_process_writes_and_the_others_use_what_is_there(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "BRIEFLY", 0.05)
    expected = shelf.rows()
    shelf.fake.add_story(shelf.acme, "New")
    other = Database(shelf.file)
    with other.writing(0), shelf.taiga() as taiga:
        taiga._store._brief = 0.05
        rows = taiga.rows(STORIES)
        assert [rows[index] for index in range(len(rows))] == expected
        assert taiga.state.notes == (
            "another taiga-notes is at work: shown is what it left the last time",
        )
    other.close()
    assert len(shelf.rows()) == 31


def test_where_nothing_is_there_the_others_wait(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.rows(of("tasks"))
    other = Database(shelf.file)
    with shelf.taiga() as taiga:
        taiga._store._brief = 0.01
        with other.writing(0):
            waiting = threading.Timer(0.3, lambda: other._connection().execute("COMMIT"))
            waiting.start()
            assert len(taiga.rows(STORIES)) == 30
            waiting.join()
            other._connection().execute("BEGIN")
    other.close()
    monkeypatch.setattr(store, "LONG", 0.01)
    shelf.fake.log.clear()
    with other.writing(0), shelf.taiga() as taiga:
        taiga._store._brief = 0.01
        with pytest.raises(UnreachableError, match="another taiga-notes is at work"):
            taiga.rows(of("issues"))
    other.close()


def test_rows_stay_the_same_while_another_process_writes(shelf: Shelf) -> None:
    expected = shelf.rows()
    with shelf.taiga() as taiga:
        rows = taiga.rows(STORIES)
        assert rows.column(("ref",)) == [row["ref"] for row in expected]
        for n in range(3):
            shelf.fake.edit(shelf.stories[n], subject="Other")
            shelf.fake.add_story(shelf.acme, "New")
            shelf.rows(full_every=0)
        assert rows.column(SUBJECT) == [row["subject"] for row in expected]
        assert rows.column(("tags",)) == [row["tags"] for row in expected], "made of the items"
        assert rows[5] == expected[5]
        taiga.begin()
        assert taiga.rows(STORIES).column(SUBJECT) == [row["subject"] for row in shelf.listed()]


def test_a_column_that_was_made_once_is_there_for_the_next_process(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf.rows()
    paths = [("tags",), ("owner_extra_info", "username"), ("status_order",), ("url",)]
    with shelf.taiga() as taiga:
        made = {path: taiga.rows(STORIES).column(path) for path in paths}
    monkeypatch.setattr("taiga_notes.taiga.store.list_tables.StoreReading.texts", None)
    with shelf.taiga() as taiga:
        assert {path: taiga.rows(STORIES).column(path) for path in paths} == made


def test_a_typing_error_is_no_column_for_ever(shelf: Shelf) -> None:
    shelf.rows()
    paths = [("sujbect",), ("owner_extra_info", "usrname"), ("swimlane",), ("due_date_reason",)]
    with shelf.taiga() as taiga:
        carried = [taiga.rows(STORIES).carries(path) for path in paths]
    assert carried == [False, False, True, True]
    kept = Store(shelf.file)
    [(_, meta)] = kept.seen(lambda at: at.lists())
    names = kept.seen(lambda at: at.part_names(meta))
    assert '["swimlane"]' in names, "null in all rows, but a field"
    assert not [name for name in names if "sujbect" in name or "usrname" in name]
    kept.close()


def test_columns_in_use_are_kept_up_to_date(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    shelf.rows()
    paths = [("tags",), ("assignees",)]
    with shelf.taiga() as taiga:
        for path in paths:
            taiga.rows(STORIES).column(path)
    shelf.fake.edit(shelf.stories[3], tags=["bug"], assigned_to=shelf.ada)
    shelf.rows()
    expected = shelf.listed()
    monkeypatch.setattr("taiga_notes.taiga.store.list_tables.StoreReading.texts", None)
    for full in (False, True):
        with shelf.taiga(full=full) as taiga:
            rows = taiga.rows(STORIES)
            assert rows.column(("assignees",)) == [row["assignees"] for row in expected]
            assert rows.column(("tags",)) == [row["tags"] for row in expected]


@pytest.mark.slow
def test_a_store_does_not_grow_with_every_change(shelf: Shelf) -> None:
    shelf.rows()
    sizes = []
    for n in range(12):
        shelf.fake.edit(shelf.stories[n % 5], subject=f"Version {n}")
        shelf.rows(full_every=0 if n % 3 else 86_400)
        sizes.append(path_of(shelf).stat().st_size)
    assert sizes[-1] <= sizes[3]


@pytest.mark.slow
def test_lists_that_nobody_asks_for_are_dropped_some_day(shelf: Shelf) -> None:
    for day in range(50):
        shelf.time = START + day * 86_400
        shelf.rows(
            of("userstories", created_date__gte=f"2026-{1 + day // 28:02}-{1 + day % 28:02}")
        )
    kept = Store(shelf.file)
    assert len(kept.seen(lambda at: at.lists())) == 31
    kept.close()
    sizes = path_of(shelf).stat().st_size
    shelf.rows(of("userstories", created_date__gte="2026-10-01"))
    assert path_of(shelf).stat().st_size == sizes


def test_a_killed_process_leaves_the_store_as_it_was(shelf: Shelf) -> None:
    expected = shelf.rows()
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from taiga_notes.taiga.store.database import Database\n"
        "with Database(Path(sys.argv[1])).writing(1) as connection:\n"
        "    connection.execute('DELETE FROM part')\n"
        "    connection.execute('DELETE FROM chunk')\n"
        "    os._exit(9)\n"
    )
    killed = subprocess.run([sys.executable, "-c", program, str(shelf.file)], check=False)
    assert killed.returncode == 9
    assert shelf.rows(is_offline=True) == expected


@pytest.mark.slow
def test_many_processes_begin_one_store_at_once(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from taiga_notes.taiga.store.store import Store\n"
        "store = Store(Path(sys.argv[1]))\n"
        "add = lambda at: at.put_record('n', (at.record('n') or 0) + 1)\n"
        "for _ in range(10): store.written(add, lambda: False)\n"
        "store.close()\n"
        "assert not store.losses, store.notes\n"
    )
    file = tmp_path / "new" / "store.sqlite"
    command = [sys.executable, "-c", program, str(file)]
    running = [subprocess.Popen(command) for _ in range(5)]
    assert [one.wait(60) for one in running] == [0] * 5
    kept = Store(file)
    assert kept.seen(lambda at: at.record("n")) == 50
    kept.close()


def test_errors_of_sqlite_are_told_apart() -> None:
    def raised(code: int) -> type[Exception]:
        error = sqlite3.OperationalError("x")
        error.sqlite_errorcode = code
        try:
            with database.told_apart():
                raise error
        except (StoreBusyError, UnusableError, DamagedError) as ours:
            return type(ours)

    assert raised(sqlite3.SQLITE_BUSY) is StoreBusyError
    assert raised(sqlite3.SQLITE_BUSY_SNAPSHOT) is StoreBusyError, "extended codes as well"
    assert raised(sqlite3.SQLITE_FULL) is UnusableError
    assert raised(sqlite3.SQLITE_IOERR_READ) is UnusableError
    assert raised(sqlite3.SQLITE_CORRUPT) is DamagedError
    assert raised(sqlite3.SQLITE_NOTADB) is DamagedError
    assert raised(sqlite3.SQLITE_ERROR) is DamagedError
