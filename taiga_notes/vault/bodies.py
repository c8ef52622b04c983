"""Checksums of what we wrote into baked sections, whose markers have no room for one.

A line is added, durably, before a page is replaced: a kill in between leaves a checksum too many,
never a body of ours that looks like a stranger's. A line that can't be read counts for nothing,
so that a torn or damaged file costs some checksums and no more.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from taiga_notes.atomic_write import sync_folder
from taiga_notes.lock import Lock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

KEPT = 8
"""How many bodies of one block are remembered: an undo, a checkout or a sync brings back one of
the last, and it is still ours."""

SLACK = 1000
"""How many lines may be out of date before the file is written anew."""

WAIT = 10.0
"""Seconds to wait for another process that writes the file, which takes it milliseconds."""

_HEAD = b"taiga-notes bodies 1\n"

_Line = tuple[str, str, str]
"""Page, key of its block, checksum."""

_Held = dict[str, dict[str, list[str]]]
"""Page → key of its block → checksums, oldest first."""


class Bodies:
    """What we wrote into the baked sections of one vault.

    Args:
        path: the file; it need not exist. What is no file of this version is set aside as
            `bodies.broken`.
        root: the vault's folder: pages that are no longer there are forgotten in time.
    """

    def __init__(self, path: str, root: str) -> None:
        self._path = Path(path)
        self._root = Path(root)
        self._held = self._load()[0]

    def of(self, page: str) -> Mapping[str, frozenset[str]]:
        """Checksums of the last bodies that we wrote into a page, by the block's key."""
        return {key: frozenset(sums) for key, sums in self._held.get(page, {}).items()}

    def add(self, page: str, checksums: Mapping[str, str]) -> None:
        """Remembers bodies, before they are written.

        Args:
            page: the page's name.
            checksums: of each body, by the block's key.

        Raises:
            OSError: the file can't be written.
            LockedError: another process holds it.
        """
        lines = [
            (page, key, checksum)
            for key, checksum in checksums.items()
            if self._held.get(page, {}).get(key, [""])[-1] != checksum
        ]
        if not lines:
            return
        with Lock(f"{self._path}.lock", WAIT):
            self._held, stale = self._load()
            _hold(self._held, lines)
            if stale > SLACK:
                self._compact()
            else:
                self._append(lines)

    def _load(self) -> tuple[_Held, int]:
        """What the file holds, and how many of its lines are out of date."""
        held: _Held = {}
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return held, 0
        if not data.startswith(_HEAD):
            self._path.replace(f"{self._path}.broken")
            return held, 0
        lines = [line for line in map(_parsed, data.splitlines()[1:]) if line is not None]
        _hold(held, lines)
        return held, len(lines) - sum(len(sums) for keys in held.values() for sums in keys.values())

    def _append(self, lines: list[_Line]) -> None:
        # The break before them ends what a kill may have left of a line.
        data = b"\n" + _written(lines)
        if not self._path.exists():
            data = _HEAD + data
        _write(self._path, "ab", data)

    def _compact(self) -> None:
        """Writes the file anew, without what is out of date and pages that are gone."""
        self._held = {
            page: keys for page, keys in self._held.items() if os.path.lexists(self._root / page)
        }
        lines = [
            (page, key, checksum)
            for page, keys in self._held.items()
            for key, sums in keys.items()
            for checksum in sums
        ]
        temporary = Path(f"{self._path}.tmp")
        _write(temporary, "wb", _HEAD + _written(lines))
        temporary.replace(self._path)


def _hold(held: _Held, lines: Iterable[_Line]) -> None:
    for page, key, checksum in lines:
        sums = held.setdefault(page, {}).setdefault(key, [])
        if checksum in sums:
            sums.remove(checksum)
        sums.append(checksum)
        del sums[:-KEPT]


def _parsed(line: bytes) -> _Line | None:
    try:
        match json.loads(line):
            case [str(page), str(key), str(checksum)]:
                return page, key, checksum
    except ValueError:
        pass
    return None


def _written(lines: Iterable[_Line]) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def _write(path: Path, mode: Literal["ab", "wb"], data: bytes) -> None:
    with open(path, mode, opener=_private) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(str(path.parent))


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
