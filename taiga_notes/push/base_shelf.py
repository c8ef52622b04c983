"""What blocks held when we wrote them, kept in the user's state folder: a file for each block.

    bases/OPENER-PAGE    the last bases of that block, the newest last

Each is proved by the checksum of the end marker. A block may hold an older body again (an `undo`,
a merge), so some are kept. What is lost costs no more than the knowledge of what an item was like:
ticks are proved without it.
"""

from __future__ import annotations

import json
import os
from functools import reduce
from hashlib import sha256
from typing import TYPE_CHECKING

from taiga_notes.push.base import base_from, data_of, without_sent
from taiga_notes.system.atomic_write import write_cache
from taiga_notes.system.folders import remove
from taiga_notes.system.paths import make_state_folder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from taiga_notes.push.base import BlockBase, RenderedItem

KEPT = 8
"""How many bases of one block are kept."""

BLOCKS = 2_000
"""How many blocks have bases kept; those that were written longest ago go first."""


class BaseShelf:
    """The bases of a vault's blocks.

    Args:
        home: the vault's folder in the state folder.
    """

    def __init__(self, home: str) -> None:
        self._folder = os.path.join(home, "bases")

    def find(self, page: str, opener: str, checksum: str) -> BlockBase | None:
        """What a block held.

        Args:
            page: its page. One that was moved since is known by the opener alone, if no other page
                has a block like it.
            opener: its text.
            checksum: what its end marker says.
        """
        own = self._path(page, opener)
        found = _of(self._load(own), checksum)
        # Another page's base stands in for one that was moved, never for one that was rendered
        # here: two pages may have the same block, written on two days.
        if found is not None or os.path.exists(own):
            return found
        begin = f"{_digest(opener)}-"
        others = [name for name in self._names() if name.startswith(begin)]
        bases = [_of(self._load(os.path.join(self._folder, name)), checksum) for name in others]
        known = [base for base in bases if base is not None]
        # Of two that fit neither proves what an item was like when this page was written.
        return known[0] if len(known) == 1 else None

    def add(self, page: str, written: Iterable[tuple[str, BlockBase]]) -> None:
        """Keeps what blocks of a page hold; what is kept already is not written again.

        Args:
            page: the page.
            written: for each block the opener's text, and its base.
        """
        for opener, base in written:
            path = self._path(page, opener)
            before = self._load(path)
            if before[-1:] == [base]:
                continue
            # One for each checksum, the newest: the same body may have been written again with
            # other values behind it, and an old one would tell of conflicts that are none.
            bases = [*(each for each in before if each.checksum != base.checksum), base][-KEPT:]
            if not before:
                make_state_folder(self._folder)
                self._prune()
            _write(path, bases)

    def forget_sent(self, items: Iterable[RenderedItem]) -> None:
        """Takes no edit of these items for one that is in Taiga: an undo takes them back.

        Whatever the page: the same edit may stand in several, and is sent once.
        """
        for name in self._names():
            path = os.path.join(self._folder, name)
            bases = self._load(path)
            if any(base.sent for base in bases):
                _write(path, [reduce(without_sent, items, base) for base in bases])

    def _path(self, page: str, opener: str) -> str:
        return os.path.join(self._folder, f"{_digest(opener)}-{_digest(page)}")

    def _names(self) -> list[str]:
        try:
            return os.listdir(self._folder)
        except OSError:
            return []

    def _load(self, path: str) -> list[BlockBase]:
        try:
            with open(path, "rb") as file:
                found = json.loads(file.read())
        except (OSError, ValueError):
            return []
        bases = [base_from(each) for each in found] if isinstance(found, list) else []
        return [base for base in bases if base is not None]

    def _prune(self) -> None:
        names = self._names()
        if len(names) < BLOCKS:
            return
        paths = [os.path.join(self._folder, name) for name in names]
        for path in sorted(paths, key=_written_at)[: len(paths) - BLOCKS + 1]:
            remove(path)


def _write(path: str, bases: Iterable[BlockBase]) -> None:
    # Without a sync: a base that is lost costs what an item's status was, and never an edit.
    write_cache(path, json.dumps([data_of(each) for each in bases]).encode())


def _written_at(path: str) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0


def _of(bases: list[BlockBase], checksum: str) -> BlockBase | None:
    return next((base for base in bases if base.checksum == checksum), None)


def _digest(text: str) -> str:
    """A text, however it is spread over lines."""
    return sha256(" ".join(text.split()).encode("utf-8", "surrogatepass")).hexdigest()[:16]
