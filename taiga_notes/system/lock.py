"""One process at a time: a lock on a file, gone when its holder is, however that ended."""

from __future__ import annotations

import os
import sys
import time

PAUSE = 0.05
"""Seconds between two tries."""


class LockedError(Exception):
    """Another process holds the lock.

    Args:
        holder: its process id, as far as it is known.
    """

    def __init__(self, holder: str) -> None:
        super().__init__(holder)
        self.holder = holder


class Lock:
    """A lock, taken while in its context.

    Args:
        path: the file; made where it is missing, and left behind.
        wait: seconds to wait for another holder; 0 tries once.

    Raises:
        LockedError: on entry, if another process holds it for longer than that.
        OSError: on entry, if the file can't be opened or written.
    """

    __slots__ = ("_descriptor", "_path", "_wait")

    def __init__(self, path: str, wait: float = 0) -> None:
        self._path = path
        self._wait = wait
        self._descriptor = -1

    def __enter__(self) -> None:
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            self._acquire()
            # Only whoever holds it writes: the id is the holder's, or that of one who is gone.
            os.ftruncate(self._descriptor, 0)
            os.write(self._descriptor, str(os.getpid()).encode())
        except BaseException:
            os.close(self._descriptor)
            raise

    def __exit__(self, *_error: object) -> None:
        # Never removed: a process that waits has this file open, and a third would make another.
        os.close(self._descriptor)

    def _acquire(self) -> None:
        end = time.monotonic() + self._wait
        while not _try(self._descriptor):
            if time.monotonic() >= end:
                raise LockedError(os.read(self._descriptor, 20).decode("ascii", "replace"))
            time.sleep(PAUSE)


if sys.platform == "win32":
    import msvcrt

    _FAR = 1 << 20
    """Locks bind on Windows: the byte locked stands far behind the process id."""

    def _try(descriptor: int) -> bool:
        os.lseek(descriptor, _FAR, os.SEEK_SET)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        finally:
            os.lseek(descriptor, 0, os.SEEK_SET)
        return True

else:
    import fcntl

    def _try(descriptor: int) -> bool:
        # Not fcntl's locks: those are a process's, so that two threads would share one, and go
        # with the first descriptor of the file that it closes.
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
