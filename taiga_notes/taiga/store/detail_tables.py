"""What stands in the store of single items: what no list of Taiga has, one topic and item a row."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from taiga_notes.taiga.store.columns import DamagedError, seal, unseal
from taiga_notes.taiga.store.database import told_apart

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from taiga_notes.taiga.store.list_tables import StoreReading, StoreWriting

_MOST = 2**63

_AT_ONCE = 500
"""Items that one statement asks for: SQLite takes a limited number of values."""


def topic_of(piece: str, project: int, kind: str) -> str:
    """The name of a topic: what is known of a piece of a project's items of a kind."""
    return f"{piece} {project} {kind}"


def details_in(
    store: StoreReading, topic: str, items: Iterable[int]
) -> dict[int, dict[str, object]]:
    """What a topic has of these items, by their ids.

    Raises:
        DamagedError: the store is damaged; of all functions.
    """
    wanted = [*filter(_is_number, items)]
    found: dict[int, dict[str, object]] = {}
    for begin in range(0, len(wanted), _AT_ONCE):
        some = wanted[begin : begin + _AT_ONCE]
        marks = ",".join("?" * len(some))
        query = f"SELECT item, body FROM detail WHERE topic = ? AND item IN ({marks})"  # noqa: S608 - question marks
        found.update(_loaded(store, topic, query, (topic, *some)))
    return found


def topic_in(store: StoreReading, topic: str) -> dict[int, dict[str, object]]:
    """All that a topic has, by items."""
    return dict(_loaded(store, topic, "SELECT item, body FROM detail WHERE topic = ?", (topic,)))


def _loaded(
    store: StoreReading, topic: str, query: str, values: tuple[object, ...]
) -> Iterator[tuple[int, dict[str, object]]]:
    with told_apart():
        rows = store.connection.execute(query, values).fetchall()
    for item, body in rows:
        loaded = json.loads(unseal(body, _salt(topic, item)))
        if not isinstance(loaded, dict):
            raise DamagedError(topic)
        yield item, loaded


def put_details(
    store: StoreWriting, topic: str, details: Mapping[int, Mapping[str, object]]
) -> None:
    """Put down what a topic has of these items, in place of what it had."""
    rows = [
        (topic, item, seal(json.dumps(body, separators=(",", ":")).encode(), _salt(topic, item)))
        for item, body in details.items()
        if _is_number(item)
    ]
    with told_apart():
        store.connection.executemany("INSERT OR REPLACE INTO detail VALUES (?, ?, ?)", rows)


def drop_details(store: StoreWriting, topic: str, items: Iterable[int] | None = None) -> None:
    """Forget what a topic has of these items; by default of all."""
    with told_apart():
        if items is None:
            store.connection.execute("DELETE FROM detail WHERE topic = ?", (topic,))
            return
        rows = [(topic, item) for item in items]
        store.connection.executemany("DELETE FROM detail WHERE topic = ? AND item = ?", rows)


def _is_number(item: int) -> bool:
    """Whether it can be an item's: SQLite has no longer ones, nor has Taiga."""
    return 0 < item < _MOST


def _salt(topic: str, item: object) -> str:
    return f"{topic} {item}"
