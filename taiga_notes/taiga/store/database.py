"""The store's file: one SQLite database for this user alone, in which nothing is lost for good.

Everything in it can be fetched again. So a file of another version, a truncated or a damaged one
is set aside and begun anew, and a folder that can't be written is replaced by memory.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, NoReturn

from taiga_notes.system.atomic_write import PRIVATE, create_file
from taiga_notes.system.folders import make_private_folder, remove, restrict, set_aside
from taiga_notes.taiga.store.columns import DamagedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VERSION = 3
"""Of the tables below and of all that stands in them."""

PAGE_BYTES = 65_536
"""Of the file's pages: large ones make long values cheap to write."""

_MAKING = threading.Lock()
"""Held while a file is made and opened: see `_make_private`."""

_APPLICATION = 0x7A16A0
_MEMORY = ":memory:"
_TABLES = """
    CREATE TABLE record (name TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE list (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, body BLOB NOT NULL);
    CREATE TABLE chunk (id INTEGER PRIMARY KEY, list INTEGER NOT NULL, body BLOB NOT NULL);
    CREATE INDEX chunk_list ON chunk (list);
    CREATE TABLE part (list INTEGER NOT NULL, name TEXT NOT NULL, body BLOB NOT NULL,
                       PRIMARY KEY (list, name));
    CREATE TABLE detail (topic TEXT NOT NULL, item INTEGER NOT NULL, body BLOB NOT NULL,
                         PRIMARY KEY (topic, item)) WITHOUT ROWID;
"""
_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_UNUSABLE = {
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_PERM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_AUTH,
    sqlite3.SQLITE_NOLFS,
    sqlite3.SQLITE_PROTOCOL,
}


class StoreBusyError(Exception):
    """Another process is writing into the store."""


class UnusableError(Exception):
    """The store's folder or file can't be used: read-only, full, forbidden."""


@contextmanager
def told_apart() -> Iterator[None]:
    """Turn SQLite's errors into ours.

    Raises:
        StoreBusyError: see there.
        UnusableError: see there.
        DamagedError: all the rest: no database, malformed, without our tables.
    """
    try:
        yield
    except sqlite3.Error as error:
        _tell_apart(error)
    except UnicodeDecodeError as error:
        # Python's own, for a message of SQLite that repeats a damaged name.
        raise DamagedError(str(error)) from error


def _tell_apart(error: sqlite3.Error) -> NoReturn:
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in _BUSY:
        raise StoreBusyError(str(error)) from error
    if code in _UNUSABLE:
        raise UnusableError(str(error)) from error
    raise DamagedError(str(error)) from error


@contextmanager
def _usable() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UnusableError(error.strerror or str(error)) from error


class Database:
    """The store's file, or memory in its place.

    Used by one thread at a time.

    Args:
        file: where it is; None for memory.
    """

    def __init__(self, file: Path | None) -> None:
        self.file = file
        self._writer: sqlite3.Connection | None = None

    @contextmanager
    def writing(self, wait: float) -> Iterator[sqlite3.Connection]:
        """A transaction: no other process writes meanwhile, and an error undoes all of it.

        Args:
            wait: seconds to wait for another process.

        Raises:
            StoreBusyError: it took longer.
            UnusableError: the file can't be written.
            DamagedError: the file is not a store of ours.
        """
        with told_apart():
            connection = self._connection()
            connection.execute(f"PRAGMA busy_timeout = {int(wait * 1000)}")
            # Locked from the start: a transaction that has read what another process wrote over
            # since can't write any more, however long it waits.
            connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            with told_apart():
                connection.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            raise

    def snapshot(self) -> sqlite3.Connection:
        """A connection that sees the store as it is now, whatever others write; see `release`.

        Raises:
            UnusableError: the file can't be opened.
            DamagedError: the file is not a store of ours.
        """
        with told_apart():
            if self.file is None:
                return self._connection()
            self._connection()
            with _closed_on_error(_connect(str(self.file))) as connection:
                connection.execute("BEGIN")
                # BEGIN alone sees nothing yet: what a snapshot shows is settled by its first
                # question.
                connection.execute("SELECT count(*) FROM list").fetchone()
                return connection

    def release(self, connection: sqlite3.Connection) -> None:
        """Give a snapshot back, so that the file need not keep what has been written over."""
        if self.file is not None:
            connection.close()

    def close(self) -> None:
        """Close the file; it is opened again when needed."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def begin_anew(self) -> None:
        """Set a damaged file aside, and start with an empty one; one such file is kept.

        Raises:
            UnusableError: that can't be done.
        """
        self.close()
        if self.file is not None:
            with _usable():
                with suppress(FileNotFoundError):
                    set_aside(str(self.file))
                # The log as well: SQLite would play one that is left behind into the new file.
                _remove_companions(self.file)

    def remove(self) -> None:
        """Delete the store.

        Raises:
            UnusableError: that can't be done.
        """
        self.close()
        if self.file is not None:
            with _usable():
                remove(str(self.file))
                remove(f"{self.file}.broken")
                _remove_companions(self.file)

    def in_memory(self) -> Database:
        """A database in memory with what this one holds, as far as that can be read."""
        self.close()
        memory = Database(None)
        if self.file is not None and self.file.exists():
            # Immutable: read without a lock or a companion file, which a read-only folder refuses.
            address = f"{self.file.absolute().as_uri()}?mode=ro&immutable=1"
            with suppress(sqlite3.Error, DamagedError):
                with (
                    _closed_on_error(_connect(_MEMORY)) as copy,
                    closing(sqlite3.connect(address, uri=True)) as source,
                ):
                    source.backup(copy)
                memory._writer = _prepared(copy)
        return memory

    def _connection(self) -> sqlite3.Connection:
        if self._writer is None:
            self._writer = self._open()
        return self._writer

    def _open(self) -> sqlite3.Connection:
        if self.file is None:
            return _prepared(_connect(_MEMORY))
        try:
            return self._open_file(self.file)
        except DamagedError:
            self.begin_anew()
            return self._open_file(self.file)

    def _open_file(self, file: Path) -> sqlite3.Connection:
        with _MAKING:
            with _usable():
                _make_private(file)
            with told_apart():
                return _prepared(_connect(str(file)))


def _make_private(file: Path) -> None:
    """Make the file and its folder, readable by this user alone; SQLite's companions follow it.

    A file that is there is never opened: with the descriptor all locks would go that SQLite holds
    on it in this process, and another process would take the companions away.
    """
    make_private_folder(str(file.parent))
    try:
        create_file(str(file), b"", PRIVATE)
    except FileExistsError:
        if file.is_file():
            restrict(str(file))


def _remove_companions(file: Path) -> None:
    for end in ("-wal", "-shm", "-journal"):
        remove(f"{file}{end}")


def _connect(name: str) -> sqlite3.Connection:
    # One thread at a time: `close` may come from another one than the work.
    made = sqlite3.connect(name, isolation_level=None, check_same_thread=False)
    with _closed_on_error(made) as connection:
        # With WAL a power failure may take the last transactions, and they are fetched again.
        connection.execute("PRAGMA synchronous = NORMAL")
        # What is deleted in Taiga is not to be read off the file; some builds leave it there.
        connection.execute("PRAGMA secure_delete = ON")
        return connection


@contextmanager
def _closed_on_error(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """The connection, closed if what is done with it fails: nobody else knows of it then."""
    try:
        yield connection
    except BaseException:
        connection.close()
        raise


def _prepared(connection: sqlite3.Connection) -> sqlite3.Connection:
    """The connection, once its file has our tables.

    Raises:
        DamagedError: it is another version's, or another program's.
    """
    with _closed_on_error(connection):
        if _number(connection, "user_version") != VERSION:
            _make_tables(connection)
        _demand(_number(connection, "application_id") == _APPLICATION)
        return connection


def _make_tables(connection: sqlite3.Connection) -> None:
    # Before WAL, under which SQLite changes no file's page size any more.
    connection.execute(f"PRAGMA page_size = {PAGE_BYTES}")
    (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    if mode == "delete":
        # On some network drives. There our own views of the store would keep us from writing.
        raise UnusableError("its drive knows no shared memory")
    connection.execute("BEGIN IMMEDIATE")
    with closing(connection.cursor()) as cursor:
        # Asked again now that nobody else writes: another process may have been faster.
        if _number(connection, "user_version") == VERSION:
            cursor.execute("ROLLBACK")
            return
        _demand(cursor.execute("SELECT count(*) FROM sqlite_schema").fetchone() == (0,))
        for statement in _TABLES.split(";")[:-1]:
            cursor.execute(statement)
        cursor.execute(f"PRAGMA application_id = {_APPLICATION}")
        cursor.execute(f"PRAGMA user_version = {VERSION}")
        cursor.execute("COMMIT")


def _demand(ours: bool) -> None:  # noqa: FBT001 - the condition itself
    if not ours:
        raise DamagedError("another program's file, or another version's")


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    (number,) = connection.execute(f"PRAGMA {pragma}").fetchone()
    return int(number)
