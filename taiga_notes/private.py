"""Files for this user alone, written whole or not at all, and a lock between processes."""

from __future__ import annotations

import os
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FOLDER_MODE = 0o700
FILE_MODE = 0o600
LOOK_AGAIN = 0.05
"""Seconds between two looks at a lock that another process holds."""


class BusyError(Exception):
    """Another process holds a lock for longer than one would wait."""


def make_folder(folder: Path) -> Path:
    """Make `folder`, or take it back from group and others if it is there.

    Raises:
        OSError: it can't be made.
    """
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    if folder.stat().st_mode & 0o077:
        folder.chmod(FOLDER_MODE)
    return folder


def write_file(file: Path, data: bytes) -> None:
    """Replace `file`; whoever looks, even after a power cut, sees the old text or the new one.

    Only one process at a time may write a file: hold its lock. What a killed one leaves behind
    bears a fixed name, and the next one writes over it.

    Raises:
        OSError: it can't be written; the old text stands.
    """
    draft = draft_of(file)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE)
    with os.fdopen(handle, "wb") as stream:
        if sys.platform != "win32":
            os.fchmod(handle, FILE_MODE)
        stream.write(data)
        stream.flush()
        os.fsync(handle)
    draft.replace(file)
    _sync_folder(file.parent)


def draft_of(file: Path) -> Path:
    """Where `write_file` writes before it replaces."""
    return file.with_name(f"{file.name}.new")


def _sync_folder(folder: Path) -> None:
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(
    file: Path,
    timeout: float,
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[None]:
    """Hold the lock `file` against every other process and thread; the system frees a killed one's.

    Args:
        file: an empty file that stays: removing it would let two hold the lock.
        timeout: seconds to wait for it.
        clock: see `time.monotonic`.
        sleep: see `time.sleep`.

    Raises:
        BusyError: another one held it for that long.
        OSError: it can't be made.
    """
    handle = os.open(file, os.O_RDWR | os.O_CREAT, FILE_MODE)
    try:
        until = clock() + timeout
        while not _try_to_lock(handle):
            if clock() >= until:
                raise BusyError(str(file))
            sleep(LOOK_AGAIN)
        yield
    finally:
        os.close(handle)


if sys.platform == "win32":
    import msvcrt

    def _try_to_lock(handle: int) -> bool:
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            return False
        return True

else:
    import fcntl

    def _try_to_lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
