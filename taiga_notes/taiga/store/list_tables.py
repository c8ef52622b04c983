"""What stands in the store: lists with their items, and a few records beside them.

Of each list there are its items' texts in chunks, where each one stands, and one part per field
in use: a column. Loading a column costs a fiftieth of parsing the items, and a query loads only
those that it names.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from taiga_notes.model.kinds import ADDED
from taiga_notes.system.garbage import collection_paused
from taiga_notes.taiga.store.columns import (
    DamagedError,
    ItemOffsets,
    below,
    pack,
    pack_numbers,
    seal,
    unpack,
    unpack_numbers,
    unseal,
)
from taiga_notes.taiga.store.database import told_apart

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

    from taiga_notes.model.rows import Path, Row
    from taiga_notes.taiga.api_list import ApiList
    from taiga_notes.taiga.store.columns import Enrich
    from taiga_notes.taiga.store.list_content import Content

PROJECT = "project "
"""How the records of projects are called, with the id behind it."""

SLUG = "slug "
"""How the records of projects' ids are called, with the slug behind it."""

ME = "me"
"""The record of the logged-in user: `me`, `at` what time, and a `project` that has it as member."""

ERROR = "error"
"""The record of the last error."""

# The name in the file: another one would make another `VERSION` of it.
_OFFSETS = "places"
_FIELDS = 4


class UnknownOrderError(Exception):
    """An order is asked for that rows beside a dragged one may have another of.

    Args:
        name: one of `Kind.drags`.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


@dataclass(frozen=True, slots=True)
class ListMeta:
    """What is known of a list in the store.

    Attributes:
        number: of the list, within the store.
        kind: a name of `kinds.KINDS`, or empty.
        project: the id of its project; None for a list of no single project.
        count: of its rows.
        stamp: is another one whenever its rows are.
        read_at: when it was read whole, in Unix seconds.
        checked_at: when it was last known to be as Taiga has it.
        total: entries of the project's timeline then; None where there is no telling by it.
        recent: ids of the newest of those entries.
        pulse: the project's pulse then, see `probe.Probe`; None where it was not told.
        guarded: how many stories the project had then, or items of the list's own kind where
            those are not shown; None: unknown. See `Kind.is_guarded`.
        counted: how many items of the list's kind the project has by what the timeline told since
            they were counted; None: unknown.
        counted_at: when they were, in Unix seconds.
        epoch: see `probe.Probe`.
        is_sorted: whether an item can be put at its place by `Kind.order`.
        newest: when the first of `recent` was made, as Taiga said it; empty where it did not.
        unknown_orders: names of `Kind.drags` that rows beside a dragged one may have others of.
    """

    number: int
    kind: str
    project: int | None
    count: int
    stamp: str
    read_at: float
    checked_at: float
    total: int | None
    recent: tuple[int, ...]
    pulse: tuple[str, int] | None
    guarded: int | None
    counted: int | None
    counted_at: float
    epoch: int
    is_sorted: bool
    newest: str = ""
    unknown_orders: tuple[str, ...] = ()

    def is_fresh(self, since: float, now: float) -> bool:
        """Whether it was checked after one time and up to the other: a clock may have gone back."""
        return since < self.checked_at <= now


_META_FIELDS = tuple(each.name for each in fields(ListMeta) if each.name != "number")


def names_below(parents: Iterable[object]) -> Collection[str]:
    """The names that these objects have, in the order in which they come."""
    shapes = dict.fromkeys(tuple(one) for one in parents if isinstance(one, dict))
    return dict.fromkeys(name for shape in shapes for name in shape)


def part_name(path: Path, web: str = "") -> str:
    """The name of a path's column.

    Args:
        path: in a row.
        web: the web front's address: some of `kinds.ADDED` hold it, so they are its own.
    """
    return (f"{web} " if path[:1] and path[0] in ADDED else "") + json.dumps(path)


@lru_cache(maxsize=1_000)
def path_of(name: str, web: str) -> Path | None:
    """The path of a column with that name; None if it is another web front's, or no column."""
    start = name.find("[")
    try:
        path: Path = tuple(json.loads(name[start:])) if start >= 0 else ()
    except ValueError:
        raise DamagedError(name) from None
    return path if path and part_name(path, web) == name else None


def _meta(number: int, body: object) -> ListMeta:
    known = json.loads(unseal(body, str(number)))
    lists = {name: tuple(value) for name, value in known.items() if isinstance(value, list)}
    return ListMeta(**known | lists | {"number": number})


class StoreReading:
    """What the store holds, seen through one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def record(self, name: str) -> object:
        """What was put under that name; None if nothing was.

        Raises:
            DamagedError: the store is damaged; of all methods.
        """
        body = self._one("SELECT body FROM record WHERE name = ?", name)
        return None if body is None else json.loads(unseal(body, name))

    def meta(self, name: str) -> ListMeta | None:
        """The list of that name, if there is one."""
        with told_apart():
            rows = self.connection.execute("SELECT id, body FROM list WHERE name = ?", (name,))
            row = rows.fetchone()
        return None if row is None else _meta(row[0], row[1])

    def record_names(self) -> list[str]:
        """The names of all records."""
        return self._texts("SELECT name FROM record")

    def holds(self, meta: ListMeta) -> bool:
        """Whether the list is still as `meta` says."""
        body = self._one("SELECT body FROM list WHERE id = ?", meta.number)
        return body is not None and _meta(meta.number, body).stamp == meta.stamp

    def lists(self) -> list[tuple[str, ListMeta]]:
        """All lists, with their names."""
        names = self._texts("SELECT name FROM list ORDER BY name")
        return [(name, meta) for name in names if (meta := self.meta(name))]

    def part_names(self, meta: ListMeta) -> list[str]:
        """The names of a list's columns."""
        names = self._texts("SELECT name FROM part WHERE list = ?", meta.number)
        return [name for name in names if name != _OFFSETS]

    def column(self, meta: ListMeta, name: str) -> list[object] | None:
        """A list's column; None if it has none of that name."""
        body = self._part(meta, name)
        if body is None:
            return None
        values = unpack(body)
        if len(values) != meta.count:
            raise DamagedError(name)
        return values

    def offsets(self, meta: ListMeta) -> ItemOffsets:
        """Where a list's items stand."""
        numbers = unpack_numbers(self._part(meta, _OFFSETS) or b"")
        if len(numbers) != _FIELDS * meta.count:
            raise DamagedError(_OFFSETS)
        cuts = range(0, len(numbers), meta.count) if meta.count else (0,) * _FIELDS
        return ItemOffsets(*(numbers[cut : cut + meta.count] for cut in cuts))

    def text(self, offsets: ItemOffsets, index: int) -> str:
        """The JSON of one item."""
        # A part of the chunk: a page shows a few items, and a chunk holds a hundred or more.
        with told_apart(), self._chunk(offsets.chunks[index]) as blob:
            text = bytes(blob[offsets.starts[index] : offsets.ends[index]])
        return offsets.checked(text, index).decode()

    def texts(self, offsets: ItemOffsets) -> Iterator[tuple[int, str]]:
        """The JSON of all items, with their indices, in an order that is quick to read."""
        chunk, body = -1, b""
        for index in sorted(range(len(offsets.chunks)), key=offsets.chunks.__getitem__):
            if offsets.chunks[index] != chunk:
                chunk = offsets.chunks[index]
                body = self._one("SELECT body FROM chunk WHERE id = ?", chunk) or b""
            text = body[offsets.starts[index] : offsets.ends[index]]
            yield index, offsets.checked(text, index).decode()

    def scan(
        self, meta: ListMeta, names: Sequence[str], enrich: Enrich | None = None
    ) -> dict[str, list[object]]:
        """Fields of all of a list's items, out of their texts.

        Args:
            meta: the list.
            names: the fields.
            enrich: adds some of them to an item first; else None.
        """
        found: dict[str, list[object]] = {name: [None] * meta.count for name in names}
        with collection_paused():
            for index, text in self.texts(self.offsets(meta)):
                item = json.loads(text)
                item = item if enrich is None else enrich(item)
                for name in names:
                    found[name][index] = item.get(name)
        return found

    def first(self, meta: ListMeta) -> Row:
        """The first of a list's items; empty where there is none."""
        item: Row = json.loads(self.text(self.offsets(meta), 0)) if meta.count else {}
        return item

    def values(self, meta: ListMeta, path: Path) -> list[object]:
        """The values at a path of Taiga's own, one a row."""
        column = self.column(meta, part_name(path))
        return below(self.scan(meta, path[:1])[path[0]], path[1:]) if column is None else column

    def _chunk(self, number: int) -> sqlite3.Blob:
        return self.connection.blobopen("chunk", "body", number, readonly=True)

    def _part(self, meta: ListMeta, name: str) -> bytes | None:
        query = "SELECT body FROM part WHERE list = ? AND name = ?"
        body = self._one(query, meta.number, name)
        return None if body is None else unseal(body, f"{meta.stamp} {name}")

    def _texts(self, query: str, *values: object) -> list[str]:
        with told_apart():
            texts = [text for (text,) in self.connection.execute(query, values)]
        if all(isinstance(text, str) for text in texts):
            return texts
        raise DamagedError(query)

    def _one(self, query: str, *values: object) -> bytes | None:
        with told_apart():
            row = self.connection.execute(query, values).fetchone()
        if row is None or isinstance(row[0], bytes):
            return None if row is None else row[0]
        raise DamagedError(query)


class StoreWriting(StoreReading):
    """The store within a transaction."""

    def put_record(self, name: str, value: object) -> None:
        """Put JSON data under a name."""
        body = seal(json.dumps(value).encode(), name)
        self._run("INSERT OR REPLACE INTO record VALUES (?, ?)", name, body)

    def number_of(self, name: str) -> int:
        """The number of the list of that name, which is made if it is new."""
        # An empty body passes no seal: the same transaction has to fill it in, or to drop the list.
        self._run("INSERT OR IGNORE INTO list (name, body) VALUES (?, x'')", name)
        with told_apart():
            row = self.connection.execute("SELECT id FROM list WHERE name = ?", (name,)).fetchone()
        return int(row[0])

    def keeper(self, number: int) -> Callable[[memoryview], int]:
        """What puts chunks of a list away; see `list_content.put_away`."""
        return partial(self._keep, number)

    def _keep(self, number: int, body: memoryview) -> int:
        with told_apart():
            # Without a seal: each item has a checksum of its own, so that one can be read alone.
            query = "INSERT INTO chunk (list, body) VALUES (?, ?)"
            return self.connection.execute(query, (number, body)).lastrowid or 0

    def put_meta(self, meta: ListMeta) -> None:
        """Put down what is known of a list, its rows being what they were."""
        # Not `asdict`, which copies what is in each field, and costs more than all the rest.
        known = {name: getattr(meta, name) for name in _META_FIELDS}
        body = seal(json.dumps(known).encode(), str(meta.number))
        self._run("UPDATE list SET body = ? WHERE id = ?", body, meta.number)

    def put_content(self, meta: ListMeta, content: Content, web: str) -> None:
        """Replace a list's rows. Chunks in which none of them stands go.

        Args:
            meta: the list, with a new stamp.
            content: the rows.
            web: see `part_name`.
        """
        self._run("DELETE FROM part WHERE list = ?", meta.number)
        for path, values in content.columns.items():
            self.put_part(meta, part_name(path, web), pack(values))
        self.put_part(meta, _OFFSETS, pack_numbers(content.offsets))
        self.put_meta(meta)
        # In the same transaction: places and chunks are never seen apart, and readers keep theirs.
        self._drop_chunks(meta.number, set(content.offsets.chunks))

    def put_part(self, meta: ListMeta, name: str, body: bytes) -> None:
        """Add a column to a list."""
        # Sealed with the stamp: a column of other rows, were one left, would not pass for theirs.
        query = "INSERT OR REPLACE INTO part VALUES (?, ?, ?)"
        self._run(query, meta.number, name, seal(body, f"{meta.stamp} {name}"))

    def own(self, number: int, content: Content) -> None:
        """Let chunks be that list's which may have been another's."""
        for chunk in set(content.offsets.chunks):
            self._run("UPDATE chunk SET list = ? WHERE id = ?", number, chunk)

    def drop(self, number: int) -> None:
        """Forget a list."""
        self._run("DELETE FROM part WHERE list = ?", number)
        self._run("DELETE FROM chunk WHERE list = ?", number)
        self._run("DELETE FROM list WHERE id = ?", number)

    def _drop_chunks(self, number: int, used: Collection[int]) -> None:
        with told_apart():
            rows = self.connection.execute("SELECT id FROM chunk WHERE list = ?", (number,))
            unused = [(chunk,) for (chunk,) in rows if chunk not in used]
            self.connection.executemany("DELETE FROM chunk WHERE id = ?", unused)

    def _run(self, query: str, *values: object) -> None:
        with told_apart():
            self.connection.execute(query, values)


def meta_in(reading: StoreReading, asked: ApiList) -> ListMeta | None:
    """The list that is asked for; None if there is none, or nothing is known of its project."""
    if asked.project is None:
        return reading.meta(asked.name(None))
    number = project_number(reading, asked.project)
    return None if number is None else reading.meta(asked.name(number))


def project_number(reading: StoreReading, key: str | int) -> int | None:
    """A project's id, by slug or id; None if it is not known."""
    match key if isinstance(key, int) else reading.record(f"{SLUG}{key}"):
        case int(number):
            return number
        case _:
            return None


def project_record(reading: StoreReading, number: int | None) -> dict[str, object]:
    """What the last refresh left of a project; empty if it is not known."""
    match None if number is None else reading.record(f"{PROJECT}{number}"):
        case dict(record):
            return record
        case _:
            return {}


def detail_in(reading: StoreReading, key: str | int) -> Row | None:
    """A project's detail, by slug or id, as it was the last time."""
    match project_record(reading, project_number(reading, key)):
        case {"detail": dict(detail)}:
            return detail
        case _:
            return None
