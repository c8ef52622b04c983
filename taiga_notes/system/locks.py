"""Who else is at a file: a process of ours, by `Lock`, or a program that has it open, by `Lease`.

A `Lock` is held by one process at a time, and gone when its holder is, however that ended. Whether
somebody has a page open for writing, and who, Linux tells who asks for a lease on it.
fcntl(2), "Leases": a read lease is refused with EAGAIN while anybody has the file open for
writing or mapped it so, and whoever opens it later waits until the lease is given back. Readers
notice nothing of it. It does not tell who that is; /proc does, of our user's own processes.
"""

from __future__ import annotations

import os
import sys
import time
from contextlib import suppress
from typing import Self

from taiga_notes.system.files import opened
from taiga_notes.system.folders import remote_kind

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


PROCESSES = "/proc"


class HeldError(Exception):
    """Somebody has the file open for writing."""


if sys.platform == "linux":
    import errno
    import fcntl
    from signal import SIGURG

    _REASONS: dict[int | None, str] = {
        errno.EACCES: "it belongs to another user",
        errno.EINVAL: "its file system has no leases",
    }

    def _take(descriptor: int, kind: int) -> None:
        # Who opens the file while we have the lease sends us a signal. The usual one, SIGIO, ends
        # the process; SIGURG is ignored unless somebody asked for it, and such a program has to
        # bear one too many (Go's runtime sends itself SIGURG for the same reasons). Unlike a
        # real-time signal it never turns into SIGIO when too many are pending.
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, SIGURG)
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, kind)

    def _read_lease(descriptor: int, path: str) -> str:
        """Takes a read lease; why that can't be, or an empty text.

        Raises:
            HeldError: somebody has the file open for writing.
        """
        try:
            _take(descriptor, fcntl.F_RDLCK)
        except OSError as error:
            if error.errno != errno.EAGAIN:
                return _REASONS.get(error.errno, str(error))
            # NFS and SMB also say so where the server has not promised them to tell of others.
            if kind := remote_kind(os.path.dirname(path)):
                return f"{kind} does not tell"
            raise HeldError from error
        return ""

    def alone(descriptor: int) -> bool:
        """Whether we are now the only one who has the file open, and all others have to wait.

        Args:
            descriptor: of a file that we opened for reading and writing. `give_back` ends it.
        """
        try:
            _take(descriptor, fcntl.F_WRLCK)
        except OSError:
            return False
        return True

    def give_back(descriptor: int) -> None:
        """Ends a lease: those who wait to open the file may."""
        # Not left to `close`: a process that was forked meanwhile has the descriptor as well.
        fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_UNLCK)

    def _is_wanted(descriptor: int) -> bool:
        return fcntl.fcntl(descriptor, fcntl.F_GETLEASE) != fcntl.F_RDLCK

else:

    def _read_lease(_descriptor: int, _path: str) -> str:
        return "this system does not tell"

    def alone(_descriptor: int) -> bool:
        """See above."""
        return False

    def give_back(_descriptor: int) -> None:
        """See above."""

    def _is_wanted(_descriptor: int) -> bool:
        return False


class Lease:
    """A read lease, as far as one can be had, from entering to leaving.

    Args:
        path: a regular file.

    Attributes:
        descriptor: of that file, for reading.
        unknown: why nobody can tell whether it is open for writing; empty where that is known.

    Raises:
        HeldError: on entering, if somebody has the file open for writing.
        OSError: on entering, if it can't be opened.
    """

    __slots__ = ("_path", "descriptor", "unknown")

    def __init__(self, path: str) -> None:
        self._path = path
        self.descriptor = -1
        self.unknown = ""

    def __enter__(self) -> Self:
        self.descriptor = opened(self._path)
        try:
            self.unknown = _read_lease(self.descriptor, self._path)
        except BaseException:
            os.close(self.descriptor)
            raise
        return self

    def __exit__(self, *_error: object) -> None:
        try:
            if not self.unknown:
                give_back(self.descriptor)
        finally:
            os.close(self.descriptor)

    @property
    def wanted(self) -> bool:
        """Whether somebody waits to open the file for writing, or waited and has it open now."""
        return not self.unknown and _is_wanted(self.descriptor)


def demand_free(path: str) -> None:
    """Check that nobody has a file open for writing, as far as that can be told.

    Raises:
        HeldError: somebody has.
        OSError: it can't be opened.
    """
    with Lease(path):
        pass


def unknown(path: str) -> str:
    """Why nobody can tell whether a page is open for writing; empty where that is known.

    Args:
        path: a real path.

    Raises:
        OSError: it can't be opened.
    """
    # There a lease tells of this machine's programs at best.
    if kind := remote_kind(os.path.dirname(path)):
        return f"{kind} does not tell"
    try:
        with Lease(path) as lease:
            return lease.unknown
    except HeldError:
        return ""


def holders(path: str, processes: str = PROCESSES) -> str:
    """The processes that have a file open for writing: `process 4242 (tee)`.

    Args:
        path: the file.
        processes: the folder in which there is one for each process.

    Returns:
        Them, with commas between; empty where nobody is found.
    """
    try:
        file = os.stat(path)
        numbers = sorted(map(int, filter(str.isdecimal, os.listdir(processes))))
    except OSError:
        return ""
    folders = (f"{processes}/{number}" for number in numbers)
    return ", ".join(_name(folder) for folder in folders if _has_open(folder, file))


def _has_open(process: str, file: os.stat_result) -> bool:
    # A process may end meanwhile, and those of others are closed to us.
    with suppress(OSError), os.scandir(f"{process}/fd") as entries:
        return any(_is_that(entry, file) and _is_for_writing(process, entry) for entry in entries)
    return False


def _is_that(descriptor: os.DirEntry[str], file: os.stat_result) -> bool:
    with suppress(OSError):
        return os.path.samestat(descriptor.stat(), file)
    return False


def _is_for_writing(process: str, descriptor: os.DirEntry[str]) -> bool:
    """Whether that descriptor is: proc(5) has its flags, in octal."""
    fields = dict(line.split(":", 1) for line in _lines(f"{process}/fdinfo/{descriptor.name}"))
    return int(fields.get("flags", "0"), 8) & (os.O_WRONLY | os.O_RDWR) != 0


def _name(process: str) -> str:
    number = os.path.basename(process)
    with suppress(OSError):
        return f"process {number} ({_lines(f'{process}/comm')[0]})"
    return f"process {number}"


def _lines(path: str) -> list[str]:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read().splitlines()
