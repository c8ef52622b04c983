"""What need not be looked at again: a cache of pages without blocks, by their stamps.

One number a page, of its mtime, ctime, size and inode: no names, so that 10,000 load in less than
a millisecond, and a page that moves is still known. What is not in it is looked at; losing it
costs one slow run.
"""

from __future__ import annotations

import os

from taiga_notes.system import clock

TYPE_CHECKING = False
if TYPE_CHECKING:
    from taiga_notes.system.files import Stamp

TICK = 2_000_000_000
"""Nanoseconds: the coarsest clock of a file system (FAT's). A page that changed so shortly before
we looked may change again without its stamp showing it, and is not remembered (git calls such
entries racily clean)."""

_TELLS_INODES = os.name != "nt"

LARGEST = 16 * 1024 * 1024
"""Bytes of the largest file that is loaded: two million pages."""

_HEAD = b"taiga-notes index 1\n".ljust(24) + hash((1, 2**40, 3)).to_bytes(8, "little", signed=True)
"""With a number by which we see that Python makes the same ones of the same stamps."""


class PlainPages:
    """The cache of one vault, loaded when made.

    Args:
        path: its file; it need not exist and may hold anything.
        now: when looking begins, in nanoseconds since 1970.
    """

    __slots__ = ("_before", "_fresh", "_kept", "_known", "_path", "whole")

    whole: bool
    """Set once the whole vault has been walked: pages that were not met are then forgotten."""

    def __init__(self, path: str, now: int | None = None) -> None:
        self._path = path
        self._before = (clock.nanoseconds() if now is None else now) - TICK
        self._known = _load(path)
        self._kept: list[int] = []
        self._fresh: list[int] = []
        self.whole = False

    def unknown(self, entries: list[os.DirEntry[str]]) -> list[os.DirEntry[str]]:
        """Those that are to be looked at."""
        known, keep = self._known, self._kept.append
        if not known:
            return entries
        rest = []
        for entry in entries:
            try:
                status = entry.stat()
            except OSError:
                rest.append(entry)
                continue
            number = hash((status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino))
            if number in known:
                keep(number)
            else:
                rest.append(entry)
        return rest

    def add(self, stamp: Stamp) -> None:
        """Remembers a page without blocks."""
        # Where folders do not tell inodes, too much would look alike.
        if max(stamp[0], stamp[1]) < self._before and stamp[3] and _TELLS_INODES:
            self._fresh.append(hash(stamp))

    def save(self) -> None:
        """Writes it, if that is worth it."""
        if self.whole:
            numbers = [*self._kept, *self._fresh]
            stale = len(self._known) > 2 * len(numbers) + 100
        else:
            numbers, stale = [*self._known, *self._fresh], False
        if self._fresh or stale:
            _save(self._path, numbers)


def _load(path: str) -> set[int]:
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST)
    except OSError:
        return set()
    if not data.startswith(_HEAD):
        return set()
    numbers = memoryview(data)[len(_HEAD) :]
    return set(numbers[: len(numbers) // 8 * 8].cast("q"))


def _save(path: str, numbers: list[int]) -> None:
    from array import array  # noqa: PLC0415  (seldom needed)

    from taiga_notes.system.atomic_write import write_cache  # noqa: PLC0415  (as above)

    write_cache(path, _HEAD + array("q", numbers).tobytes())
