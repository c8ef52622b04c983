"""A page overwritten in its own file, where no other can take its place.

A kill can tear it: whoever calls keeps both texts until it is done, and `mend` decides afterwards.
"""

from __future__ import annotations

import os

from taiga_notes.system.atomic_write import sync_file, write
from taiga_notes.system.files import BINARY, NO_FOLLOW, contents, rest, writable
from taiga_notes.system.leases import alone, demand_free, give_back


def overwrite(path: str, old: bytes, new: bytes) -> bool:
    """Writes the new text into the page's own file, durably. A kill can tear it.

    Args:
        path: the page.
        old: what it must still hold right before.
        new: what it is to hold.

    Returns:
        Whether the page was still `old`; else nothing was done.

    Raises:
        HeldError: somebody has it open for writing; nothing was done.
        OSError: it failed; the page is as it was, as far as the disk let us put it back.
    """
    writable(path)
    demand_free(path)
    descriptor = os.open(path, os.O_RDWR | NO_FOLLOW | BINARY)
    try:
        if not _overwritten(descriptor, old, new):
            return False
        _sync(descriptor, new, old)
    finally:
        os.close(descriptor)
    return True


def mend(path: str, old: bytes, new: bytes) -> bool:
    """Makes a page whole again whose overwriting was cut short: as it was before.

    Returns:
        Whether it is one or the other now; False if it is neither, as someone edited it since.

    Raises:
        OSError: it can't be read or written.
    """
    now, _ = contents(path)
    if now in (old, new):
        return True
    return _torn(now, old, new) and overwrite(path, now, old)


def _overwritten(descriptor: int, old: bytes, new: bytes) -> bool:
    # Where nobody has the file open at all, all others wait until both texts have changed places.
    # Where somebody reads it, that can't be had, and microseconds are left for an edit to come.
    leased = alone(descriptor)
    try:
        if rest(descriptor, 0) != old:
            return False
        _write_over(descriptor, new, old)
    finally:
        if leased:
            give_back(descriptor)
    return True


def _sync(descriptor: int, new: bytes, old: bytes) -> None:
    try:
        sync_file(descriptor)
    except OSError:
        # What the disk did take is unknown. The old text is put back, but never over an edit.
        os.lseek(descriptor, 0, os.SEEK_SET)
        if rest(descriptor, 0) == new:
            _fill(descriptor, old)
        raise


def _write_over(descriptor: int, new: bytes, old: bytes) -> None:
    try:
        _fill(descriptor, new)
    except OSError:
        _fill(descriptor, old)
        raise


def _fill(descriptor: int, data: bytes) -> None:
    os.lseek(descriptor, 0, os.SEEK_SET)
    # Cut last: a kill before leaves bytes of both texts only, by which `mend` knows its own work.
    write(descriptor, data)
    os.ftruncate(descriptor, len(data))


def _torn(now: bytes, old: bytes, new: bytes) -> bool:
    """Whether each byte is one of `old` or `new` at that place: no editor leaves such a page."""
    short, long = sorted((old, new), key=len)
    if not len(short) <= len(now) <= len(long):
        return False
    both = all(byte in pair for byte, *pair in zip(now, old, new, strict=False))
    return both and now[len(short) :] == long[len(short) : len(now)]
