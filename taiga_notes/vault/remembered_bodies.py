"""What we wrote into blocks whose checksum SilverBullet takes away, on whatever page they stand.

SilverBullet's own update of a baked section writes the body anew, without our checksum. So what we
wrote is remembered, by the text of its opener and not by its page, which may be moved, renamed and
copied, as the vault may. Hence one file for all of the user's vaults.

A line is added, durably, before a page is replaced: a kill in between leaves a checksum too many,
never a body of ours that looks like a stranger's. A line that can't be read counts for nothing,
so that a torn or damaged file costs some checksums and no more.
"""

from __future__ import annotations

import os
import re
from hashlib import sha256
from typing import TYPE_CHECKING

from taiga_notes.system.atomic_write import append_durably, replace_private
from taiga_notes.system.folders import set_aside
from taiga_notes.system.locks import Lock

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

KEPT = 1000
"""How many bodies below one opener are remembered; it may stand on many pages. The last one stays
for good: it tells that we wrote below that opener."""

SLACK = 1000
"""How many lines may be out of date before the file is written anew."""

WAIT = 10.0
"""Seconds to wait for another process that writes the file, which takes it milliseconds."""

_HEAD = b"taiga-notes bodies 2\n"
_LINE = re.compile(rb"([0-9a-f]{16}) ([0-9a-f]{8})")

_Line = tuple[str, str]
"""Digest of an opener's text, checksum of a body below it."""

_Held = dict[str, dict[str, None]]
"""Digest of an opener's text → checksums, oldest first."""


class RememberedBodies:
    """What we wrote into baked sections and inline blocks.

    Args:
        path: the file; it need not exist. What is no file of this version is set aside as
            `bodies.broken`.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        self._held = self._load()[0]

    def of(self, opener: str) -> Collection[str]:
        """Checksums of the bodies that we wrote below openers with that text."""
        return self._held.get(_digest(opener), {}).keys()

    def add(self, written: Iterable[tuple[str, str]]) -> None:
        """Remembers bodies, before they are written.

        Args:
            written: the opener's text, and eight hexadecimal digits: the body's checksum.

        Raises:
            OSError: the file can't be written.
            LockedError: another process holds it.
        """
        lines = [(_digest(opener), checksum) for opener, checksum in written]
        lines = [
            (key, checksum) for key, checksum in lines if checksum not in self._held.get(key, {})
        ]
        if not lines:
            return
        with Lock(f"{self._path}.lock", WAIT):
            # Anew, under the lock: another process may have added some since.
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
            with open(self._path, "rb") as file:
                data = file.read()
        except FileNotFoundError:
            return held, 0
        # Set aside, not written over: who goes back to the version that wrote it finds it there.
        if not data.startswith(_HEAD):
            set_aside(self._path)
            return held, 0
        matches = map(_LINE.fullmatch, data.splitlines()[1:])
        lines = [(match[1].decode(), match[2].decode()) for match in matches if match]
        _hold(held, lines)
        return held, len(lines) - sum(map(len, held.values()))

    def _append(self, lines: list[_Line]) -> None:
        # The break before them ends what a kill may have left of a line.
        data = b"\n" + _written(lines)
        if not os.path.exists(self._path):
            data = _HEAD + data
        append_durably(self._path, data)

    def _compact(self) -> None:
        """Writes the file anew, without what is out of date."""
        lines = [(key, checksum) for key, sums in self._held.items() for checksum in sums]
        replace_private(self._path, _HEAD + _written(lines))


def _digest(opener: str) -> str:
    """An opener's text, however it is spread over lines."""
    return sha256(" ".join(opener.split()).encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _hold(held: _Held, lines: Iterable[_Line]) -> None:
    for key, checksum in lines:
        sums = held.setdefault(key, {})
        sums.pop(checksum, None)
        sums[checksum] = None
        if len(sums) > KEPT:
            del sums[next(iter(sums))]


def _written(lines: Iterable[_Line]) -> bytes:
    return "".join(f"{key} {checksum}\n" for key, checksum in lines).encode()
