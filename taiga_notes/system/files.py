"""One file on disk, read: quickly for a search, or whole and at one moment.

Takes real paths, knows nothing of vaults, and raises OSError.
"""

from __future__ import annotations

import errno
import os
import stat
from operator import attrgetter

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST = 16 * 1024 * 1024
"""Bytes of the largest page that is looked at: more than three Bibles."""

Stamp = tuple[int, int, int, int]
"""What a file's content is known by: mtime and ctime in nanoseconds, size, inode.

The same stamp proves the same content if it is older than a tick of the file system's clock:
whoever writes changes mtime and ctime, mtime can be set back but ctime can't, and another file
that is given the name has another inode. Within a tick, two edits share a stamp: there the bytes
have to be compared.
"""

stamp: Callable[[os.stat_result], Stamp] = attrgetter(
    "st_mtime_ns", "st_ctime_ns", "st_size", "st_ino"
)
"""A file's stamp, from its status; not written out in Python, as it is asked for 10,000 files."""

BINARY = getattr(os, "O_BINARY", 0)
NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_READ = os.O_RDONLY | NO_FOLLOW | BINARY | getattr(os, "O_NONBLOCK", 0)

NO_FILE = (FileNotFoundError, NotADirectoryError, IsADirectoryError)
"""What says that there is no file of a name, or a folder in its place."""

_BUFFER = 32 * 1024
"""Bytes of a first read: holds most notes, and is small enough to be cheap."""

_RETRIES = 5


class TooLargeError(OSError):
    """A file holds more than `LARGEST` bytes."""

    def __init__(self) -> None:
        super().__init__(errno.EFBIG, f"is larger than {LARGEST >> 20} MB")


def opened(path: str) -> int:
    """A descriptor to read the file by. A pipe is not waited at; the end of a lease is.

    Raises:
        OSError: it can't be opened.
    """
    try:
        return os.open(path, _READ)
    except BlockingIOError:
        # Samba leases what its clients have open; we, what is overwritten in place just now.
        _regular(os.stat(path, follow_symlinks=False))
        return os.open(path, _READ & ~os.O_NONBLOCK)


def look(path: str) -> tuple[bytes, Stamp]:
    """What the file holds, read quickly, and its stamp before: it may change meanwhile."""
    descriptor = opened(path)
    try:
        status = os.fstat(descriptor)
        data = os.read(descriptor, _BUFFER)
        whole = data if len(data) < _BUFFER else data + rest(descriptor, len(data))
        return whole, stamp(status)
    finally:
        os.close(descriptor)


def beginning(path: str) -> bytes:
    """The first bytes of what is too large to be read; none if it can't be read any more."""
    try:
        with open(path, "rb") as file:
            return file.read(_BUFFER)
    except OSError:
        return b""


def contents(path: str) -> tuple[bytes, Stamp]:
    """What the file holds at one moment, and its stamp then.

    Raises:
        OSError: it can't be read, is no regular file, is larger than `LARGEST`, or keeps changing.
    """
    # Opening a device can act, and opening a pipe can wait: looked at first, and again when open.
    _regular(os.stat(path, follow_symlinks=False))
    descriptor = opened(path)
    try:
        for _ in range(_RETRIES):
            before = _regular(os.fstat(descriptor))
            os.lseek(descriptor, 0, os.SEEK_SET)
            data = rest(descriptor, 0)
            if len(data) == before.st_size and stamp(os.fstat(descriptor)) == stamp(before):
                return data, stamp(before)
    finally:
        os.close(descriptor)
    raise OSError(errno.EBUSY, "keeps changing while it is read")


def stamp_of(path: str) -> Stamp | None:
    """The stamp of the file at a path; None where none can be looked at. A symlink is followed."""
    try:
        return stamp(os.stat(path))
    except OSError:
        return None


def place(status: os.stat_result) -> tuple[int, int]:
    """Which file that is, whatever it holds and under whichever of its names: device and inode."""
    return status.st_dev, status.st_ino


def writable(path: str) -> os.stat_result:
    """The page's status, if it is a file that we may write.

    Raises:
        OSError: it is not. A file without any permission to write counts as read-only for root,
            too, and in a folder where a swap could replace it.
    """
    status = _regular(os.stat(path, follow_symlinks=False))
    if not status.st_mode & 0o222 or not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, "is read-only")
    return status


def rest(descriptor: int, size: int) -> bytes:
    """What is left to read of an open file, of which `size` bytes were read before.

    Raises:
        TooLargeError: it holds more than `LARGEST` bytes in all.
        OSError: it can't be read.
    """
    parts = []
    while data := os.read(descriptor, 1 << 20):
        parts.append(data)
        size += len(data)
        if size > LARGEST:
            raise TooLargeError
    return b"".join(parts)


def _regular(status: os.stat_result) -> os.stat_result:
    if not stat.S_ISREG(status.st_mode):
        code = errno.EISDIR if stat.S_ISDIR(status.st_mode) else errno.EINVAL
        raise OSError(code, "is no regular file")
    return status
