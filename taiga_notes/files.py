"""One page on disk: read it whole, replace it whole.

A page is swapped for a new file, so that a kill at any instant leaves the old text or the new
one. Where it can't be (a folder that takes no new file, a page with several hard links or an
owner that we can't give), it is overwritten in place, which a kill can tear: the caller keeps
both texts until it is done, and `mend` decides afterwards.

Every function takes a real path, knows nothing of vaults, and raises OSError.
"""

from __future__ import annotations

import errno
import os
import stat
import sys

from taiga_notes import attributes

LARGEST = 16 * 1024 * 1024
"""Bytes of the largest page that is looked at: some thirty times the longest novel's chapter."""

Stamp = tuple[int, int, int, int]
"""What a file's content is known by: mtime and ctime in nanoseconds, size, inode."""

_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)
_BINARY = getattr(os, "O_BINARY", 0)
_READ = os.O_RDONLY | _NO_FOLLOW | _BINARY | getattr(os, "O_NONBLOCK", 0)
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW | _BINARY

_BUFFER = 32 * 1024
"""Bytes of a first read: holds most notes, and is small enough to be cheap."""

_RETRIES = 5

_UNSUPPORTED = {errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EBADF}
"""How file systems say that a folder can't be synced."""


class CannotSwapError(Exception):
    """A new file can't take this page's place; it can only be overwritten."""


class TooLargeError(OSError):
    """A file holds more than `LARGEST` bytes."""

    def __init__(self) -> None:
        super().__init__(errno.EFBIG, f"is larger than {LARGEST >> 20} MB")


def look(path: str) -> bytes:
    """What the file holds, read quickly: for a search, as it may change meanwhile."""
    descriptor = os.open(path, _READ)
    try:
        data = os.read(descriptor, _BUFFER)
        return data if len(data) < _BUFFER else data + _rest(descriptor, len(data))
    finally:
        os.close(descriptor)


def contents(path: str) -> tuple[bytes, Stamp]:
    """What the file holds at one moment, and its stamp then.

    Raises:
        OSError: it can't be read, is no regular file, is larger than `LARGEST`, or keeps changing.
    """
    # Opening a device can act, and opening a pipe can wait: looked at first, and again when open.
    _regular(os.stat(path, follow_symlinks=False))
    descriptor = os.open(path, _READ)
    try:
        for _ in range(_RETRIES):
            before = _regular(os.fstat(descriptor))
            os.lseek(descriptor, 0, os.SEEK_SET)
            data = _rest(descriptor, 0)
            if len(data) == before.st_size and stamp(os.fstat(descriptor)) == stamp(before):
                return data, stamp(before)
    finally:
        os.close(descriptor)
    raise OSError(errno.EBUSY, "keeps changing while it is read")


def stamp(status: os.stat_result) -> Stamp:
    """The file's stamp."""
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


def swap(path: str, old: bytes, new: bytes, temporary: str) -> bool:
    """Puts a new file in the page's place, durably, with its mode, owner, ACL and xattrs.

    Args:
        path: the page.
        old: what it must still hold right before.
        new: what it is to hold.
        temporary: path for the new file, in the same folder. Nothing is left of it.

    Returns:
        Whether the page was still `old`; else nothing was done.

    Raises:
        CannotSwapError: see there; nothing was done.
        OSError: it failed; the page is as it was.
    """
    status = writable(path)
    if status.st_nlink > 1:
        raise CannotSwapError
    descriptor = _create(temporary)
    try:
        try:
            _write(descriptor, new)
            _keep(path, status, descriptor)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if not _still(path, old):
            return False
        _rename(temporary, path)
    finally:
        remove(temporary)
    _sync_folder(os.path.dirname(path))
    return True


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
    descriptor = os.open(path, os.O_RDWR | _NO_FOLLOW | _BINARY)
    try:
        if _rest(descriptor, 0) != old:
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


def remove(path: str) -> None:
    """Removes a file, if there is one."""
    try:
        os.unlink(path)
    except FileNotFoundError:
        return


def _regular(status: os.stat_result) -> os.stat_result:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "is no regular file")
    return status


def _rest(descriptor: int, size: int) -> bytes:
    """What is left to read, of which `size` bytes were read before."""
    parts = []
    while data := os.read(descriptor, 1 << 20):
        parts.append(data)
        size += len(data)
        if size > LARGEST:
            raise TooLargeError
    return b"".join(parts)


def _create(temporary: str) -> int:
    try:
        return os.open(temporary, _CREATE, 0o600)
    except PermissionError as error:
        raise CannotSwapError from error


def _keep(path: str, status: os.stat_result, descriptor: int) -> None:
    try:
        attributes.keep(path, status, descriptor)
    except OSError as error:
        raise CannotSwapError from error


def _rename(temporary: str, path: str) -> None:
    try:
        os.replace(temporary, path)
    except OSError as error:
        # A sticky folder, a page that is a mount of its own, or one that is open on Windows.
        if isinstance(error, PermissionError) or error.errno in (errno.EBUSY, errno.EXDEV):
            raise CannotSwapError from error
        raise


def _write(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _write_over(descriptor: int, data: bytes) -> None:
    os.lseek(descriptor, 0, os.SEEK_SET)
    _write(descriptor, data)
    os.ftruncate(descriptor, len(data))
    os.fsync(descriptor)


def _still(path: str, old: bytes) -> bool:
    # Held against the bytes: a stamp tells nothing about two edits within one tick of the clock.
    try:
        return contents(path)[0] == old
    except FileNotFoundError:
        return False


def _torn(now: bytes, old: bytes, new: bytes) -> bool:
    """Whether each byte is one of `old` or `new` at that place: no editor leaves such a page."""
    short, long = sorted((old, new), key=len)
    if not len(short) <= len(now) <= len(long):
        return False
    both = all(byte in pair for byte, *pair in zip(now, old, new, strict=False))
    return both and now[len(short) :] == long[len(short) : len(now)]


if sys.platform == "win32":

    def _sync_folder(folder: str) -> None:
        """Nothing: a folder can't be opened there."""

else:

    def _sync_folder(folder: str) -> None:
        try:
            descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        except PermissionError:
            return  # one may write into a folder that one may not read
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in _UNSUPPORTED:
                raise
        finally:
            os.close(descriptor)
