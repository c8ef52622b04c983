"""Files written whole or not at all, and durably: whoever looks sees the old text or the new one.

Takes paths as text, and raises OSError.
"""

from __future__ import annotations

import errno
import os
import stat
import sys

_BINARY = getattr(os, "O_BINARY", 0)
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY
_OVER = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _BINARY

_UNSUPPORTED = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EBADF}
"""How file systems say that a folder can't be synced."""


def replace_file(path: str, data: bytes, *, draft: str, mode: int) -> None:
    """Replaces a file of ours.

    Only one process at a time may write it: hold its lock. What a killed one leaves behind is the
    draft, and the next one writes over it.

    Args:
        path: the file; it need not exist.
        data: what it is to hold.
        draft: where that is written before, in the same folder.
        mode: who may read and write it.

    Raises:
        OSError: it can't be written; the old text stands.
    """
    descriptor = os.open(draft, _OVER, mode)
    _fill(descriptor, data, mode)
    os.replace(draft, path)
    sync_folder(os.path.dirname(path))


def save_file(path: str, data: bytes) -> None:
    """Writes a file that the user named: with the permissions that it has, symlinks followed.

    What is a stream is written into.

    Raises:
        OSError: it can't be written; the old text stands.
    """
    if is_stream(path):
        with open(path, "ab") as stream:
            stream.write(data)
        return
    mode = _mode(path)
    real = os.path.realpath(path)
    draft = f"{real}.{os.urandom(6).hex()}.tmp"
    descriptor = os.open(draft, _NEW, 0o666)
    try:
        _fill(descriptor, data, None if mode is None else stat.S_IMODE(mode))
        os.replace(draft, real)
    except BaseException:
        os.unlink(draft)
        raise
    sync_folder(os.path.dirname(real))


def is_stream(path: str) -> bool:
    """Whether there is no file to replace: a pipe, a device; `/dev/stdout` wherever it leads."""
    mode = _mode(path)
    return mode is not None and (
        not stat.S_ISREG(mode) or os.path.abspath(path).startswith("/dev/")
    )


def create_file(path: str, data: bytes, mode: int = 0o666) -> None:
    """Makes a file that is not there yet; a symlink that leads nowhere is followed.

    Args:
        path: the file.
        data: what it is to hold.
        mode: who may read and write it, as far as the user's umask lets them.

    Raises:
        FileExistsError: it is there.
        OSError: it can't be written, and is not there.
    """
    real = os.path.realpath(path)
    descriptor = os.open(real, _NEW, mode)
    try:
        _fill(descriptor, data, None)
    except BaseException:
        os.unlink(real)
        raise
    sync_folder(os.path.dirname(real))


def _mode(path: str) -> int | None:
    try:
        return os.stat(path).st_mode
    except FileNotFoundError:
        return None


def _fill(descriptor: int, data: bytes, mode: int | None) -> None:
    with open(descriptor, "wb") as stream:
        if mode is not None and sys.platform != "win32":
            os.fchmod(descriptor, mode)
        stream.write(data)
        stream.flush()
        os.fsync(descriptor)


if sys.platform == "win32":

    def sync_folder(folder: str) -> None:
        """Nothing: a folder can't be opened there."""

else:

    def sync_folder(folder: str) -> None:
        """Makes what was made, renamed or removed in a folder durable, where its disk can.

        Raises:
            OSError: the disk failed.
        """
        try:
            descriptor = os.open(folder or os.curdir, os.O_RDONLY | os.O_DIRECTORY)
        except PermissionError:
            return  # one may write into a folder that one may not read
        try:
            os.fsync(descriptor)
        except OSError as error:
            if error.errno not in _UNSUPPORTED:
                raise
        finally:
            os.close(descriptor)
