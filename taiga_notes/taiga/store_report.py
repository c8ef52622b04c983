"""What there is to say about the store: how old, how much, what went wrong last. Plain data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from taiga_notes.errors import ThrottledError
from taiga_notes.taiga.store.list_tables import ERROR, PROJECT, meta_in

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from taiga_notes.errors import UnreachableError
    from taiga_notes.taiga.api_list import ApiList
    from taiga_notes.taiga.store.list_tables import ListMeta, StoreReading

SERVER_UNREACHABLE = "server unreachable"
THROTTLED = "throttled by the server"
OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class State:
    """How far the rows of a refresh can be trusted.

    Attributes:
        as_of: when the oldest list that was given was last known to be as Taiga has it; None
            before any was.
        trouble: `SERVER_UNREACHABLE` or `THROTTLED`, `OFFLINE` where that was asked for, else
            empty.
        error: the trouble in full.
        notes: about the store itself, each said once.
        current: whether that list was held against Taiga in this very refresh.
    """

    as_of: datetime | None = None
    trouble: str = ""
    error: UnreachableError | None = None
    notes: tuple[str, ...] = ()
    current: bool = False

    def __str__(self) -> str:
        """The words for a summary: `as of 2026-11-22 14:02, server unreachable`; else empty."""
        age = "" if self.current else self.written
        return ", ".join(filter(None, (age, self.trouble)))

    @property
    def detail(self) -> str:
        """The trouble in a sentence; empty where there is none."""
        return self.error.message if self.error else ""

    @property
    def written(self) -> str:
        """`as_of` in words: `as of 2026-11-22 14:02`; empty where there is none."""
        return f"as of {self.as_of.astimezone():%Y-%m-%d %H:%M}" if self.as_of else ""


@dataclass(frozen=True, slots=True)
class ListStatus:
    """One list in the store.

    Attributes:
        name: its path and query.
        kind: a name of `kinds.KINDS`, or empty.
        count: of rows.
        checked: when it was last known to be as Taiga has it.
        read: when it was last read whole.
    """

    name: str
    kind: str
    count: int
    checked: datetime
    read: datetime


@dataclass(frozen=True, slots=True)
class ProjectStatus:
    """One project in the store.

    Attributes:
        key: its slug.
        number: its id.
        checked: when it was last looked at.
        lists: what is held of it.
    """

    key: str
    number: int
    checked: datetime
    lists: tuple[ListStatus, ...]


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """What the store holds.

    Attributes:
        file: where it lies; None in memory.
        bytes: its size on disk.
        projects: the projects in it.
        others: lists of no single project.
        error: the last error.
        error_at: when that was.
    """

    file: Path | None
    bytes: int
    projects: tuple[ProjectStatus, ...]
    others: tuple[ListStatus, ...]
    error: str = ""
    error_at: datetime | None = None


def trouble_with(error: UnreachableError | None) -> str:
    """In a word why Taiga gives no answer, if it gives none: one that asks to wait was reached."""
    if error is None:
        return ""
    return THROTTLED if isinstance(error, ThrottledError) else SERVER_UNREACHABLE


def moment(seconds: float | None) -> datetime | None:
    """Unix seconds as an aware time."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def report(reading: StoreReading, file: Path | None) -> StoreStatus:
    """What the store holds."""
    lists = [(name, meta.project, _list_status(name, meta)) for name, meta in reading.lists()]
    projects = tuple(
        ProjectStatus(
            key,
            number,
            datetime.fromtimestamp(checked, UTC),
            tuple(one for _, of, one in lists if of == number),
        )
        for key, number, checked in _projects(reading)
    )
    others = tuple(one for _, of, one in lists if of is None)
    match reading.record(ERROR):
        case {"text": str(text), "at": float(at)}:
            error, error_at = text, moment(at)
        case _:
            error, error_at = "", None
    return StoreStatus(file, _size(file), projects, others, error, error_at)


def list_status(reading: StoreReading, asked: ApiList) -> ListStatus | None:
    """What the store has of a list; None where it has none of it."""
    meta = meta_in(reading, asked)
    return None if meta is None else _list_status(asked.name(meta.project), meta)


def _list_status(name: str, meta: ListMeta) -> ListStatus:
    checked, read = (datetime.fromtimestamp(at, UTC) for at in (meta.checked_at, meta.read_at))
    return ListStatus(name, meta.kind, meta.count, checked, read)


def _projects(reading: StoreReading) -> Iterable[tuple[str, int, float]]:
    for name in reading.record_names():
        match reading.record(name):
            case {
                "detail": {"id": int(number), "slug": str(slug)},
                "checked_at": float(checked),
            } if name.startswith(PROJECT):
                yield slug, number, checked
            case _:
                pass


def _size(file: Path | None) -> int:
    if file is None:
        return 0
    # SQLite's log: what was written last may stand there alone.
    parts = (file, file.with_name(f"{file.name}-wal"))
    return sum(part.stat().st_size for part in parts if part.exists())
