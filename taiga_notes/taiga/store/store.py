"""The store of one server and account: it answers as well as it can, whatever happens to its file.

A damaged file is set aside and begun anew, one that can't be written is replaced by memory; then
whoever asked is made to ask again, and what is missing is fetched. What a user should know of
that stands in `notes`.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TypeVar

from taiga_notes.taiga.store.columns import DamagedError
from taiga_notes.taiga.store.database import Database, StoreBusyError, UnusableError
from taiga_notes.taiga.store.list_tables import StoreReading, StoreWriting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from taiga_notes.taiga.store.list_tables import ListMeta

T = TypeVar("T")

BRIEFLY = 10.0
"""Seconds to wait for another process that writes, where the store can answer as well."""

LONG = 120.0
"""Seconds to wait for it where it can't."""

REPAIRS = 3
"""How often in a row one question may find the store damaged or unusable."""


class Store:
    """The store. Used by one thread at a time; any number of processes may share it.

    Args:
        file: the database; None to work in memory.
        brief: seconds to wait for another process that writes.
    """

    def __init__(self, file: Path | None, *, brief: float = BRIEFLY) -> None:
        self._database = Database(file)
        self._brief = brief
        self.notes: list[str] = []
        """What happened to the store, each once, for people."""
        self.losses = 0
        """How often it was begun anew, or left for memory."""
        self._shares = False
        self._shared: StoreReading | None = None
        self._users: Counter[int] = Counter()

    @property
    def file(self) -> Path | None:
        """Where it is; None in memory."""
        return self._database.file

    def mending(self, act: Callable[[], T]) -> T:
        """Do something with the store, again after a repair if it needs one.

        Raises:
            StoreBusyError: another process writes.
        """
        for _ in range(REPAIRS):
            try:
                return act()
            except (DamagedError, UnusableError) as error:
                self.repair(error)
        return act()

    def repair(self, error: DamagedError | UnusableError) -> None:
        """Have a store again that works, if an empty one, after this error."""
        self.losses += 1
        self._shared = None
        if isinstance(error, DamagedError):
            try:
                self._database.begin_anew()
            except UnusableError as unusable:
                error = unusable
            else:
                return
        self.note(f"{self.file} can't be used ({error}): this run remembers nothing")
        # With what could be read of it: a refresh without Taiga has an answer still.
        self._database = self._database.in_memory()

    def note(self, text: str) -> None:
        """Have something said to the user, once."""
        if text not in self.notes:
            self.notes.append(text)

    @contextmanager
    def one_view(self) -> Iterator[None]:
        """Let all that is read meanwhile be one state of the store.

        Each view is a connection, with files that are open: of hundreds of lists there would be
        more than a system allows.
        """
        self._shares = True
        try:
            yield
        finally:
            self._shares, self._shared = False, None

    def reading(self) -> StoreReading:
        """The store as it is now, until it is released; see `Database.snapshot`, `one_view`."""
        reading = self._shared or StoreReading(self._database.snapshot())
        self._users[id(reading)] += 1
        self._shared = reading if self._shares else None
        return reading

    def release(self, reading: StoreReading) -> None:
        """Let go of what `reading` gave."""
        self._users[id(reading)] -= 1
        if self._users[id(reading)] == 0:
            del self._users[id(reading)]
            self._shared = None
            self._database.release(reading.connection)

    def seen(self, look: Callable[[StoreReading], T]) -> T:
        """What `look` finds in the store as it is now."""
        reading = self.reading()
        try:
            return look(reading)
        finally:
            self.release(reading)

    def written(self, act: Callable[[StoreWriting], T], has_answer: Callable[[], bool]) -> T:
        """What comes of a transaction, which an error undoes.

        Args:
            act: what to do in it.
            has_answer: whether the store can answer without; then others are waited for briefly.

        Raises:
            StoreBusyError: another process was writing all the time.
        """
        try:
            with self._database.writing(self._brief) as connection:
                return act(StoreWriting(connection))
        except StoreBusyError:
            if has_answer():
                raise
        with self._database.writing(LONG) as connection:
            return act(StoreWriting(connection))

    def put_down(self, name: str, value: object) -> None:
        """Put a record down if nothing is in the way."""
        with suppress(StoreBusyError, UnusableError, DamagedError), self._database.writing(0) as at:
            StoreWriting(at).put_record(name, value)

    def remember(self, meta: ListMeta, parts: Mapping[str, bytes]) -> None:
        """Add columns, by name, to a list that is still the same, if nothing is in the way."""
        with suppress(StoreBusyError, UnusableError, DamagedError), self._database.writing(0) as at:
            store = StoreWriting(at)
            # Asked within the transaction: since the columns were made, the rows may be others.
            if store.holds(meta):
                for name, body in parts.items():
                    store.put_part(meta, name, body)

    def remove(self) -> None:
        """Delete the store; see `Database.remove`."""
        self._database.remove()

    def close(self) -> None:
        """Close the file; it is opened again when needed."""
        self._database.close()
