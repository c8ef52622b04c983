"""A page overwritten in its own file, where no other can take its place.

A kill can tear it: whoever calls keeps both texts until it is done, and `mend` decides afterwards.
"""

from __future__ import annotations

import os

from taiga_notes.vault.files import BINARY, NO_FOLLOW, contents, rest, writable, write


def overwrite(path: str, old: bytes, new: bytes) -> bool:
    """Writes the new text into the page's own file, durably. A kill can tear it.

    Args:
        path: the page.
        old: what it must still hold right before.
        new: what it is to hold.

    Returns:
        Whether the page was still `old`; else nothing was done.

    Raises:
        OSError: it failed; the page is as it was, as far as the disk let us put it back.
    """
    writable(path)
    descriptor = os.open(path, os.O_RDWR | NO_FOLLOW | BINARY)
    try:
        if rest(descriptor, 0) != old:
            return False
        try:
            _write_over(descriptor, new)
        except OSError:
            _write_over(descriptor, old)
            raise
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


def _write_over(descriptor: int, data: bytes) -> None:
    os.lseek(descriptor, 0, os.SEEK_SET)
    write(descriptor, data)
    os.ftruncate(descriptor, len(data))
    os.fsync(descriptor)


def _torn(now: bytes, old: bytes, new: bytes) -> bool:
    """Whether each byte is one of `old` or `new` at that place: no editor leaves such a page."""
    short, long = sorted((old, new), key=len)
    if not len(short) <= len(now) <= len(long):
        return False
    both = all(byte in pair for byte, *pair in zip(now, old, new, strict=False))
    return both and now[len(short) :] == long[len(short) : len(now)]
