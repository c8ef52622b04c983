"""Files written whole or not at all, and durably: whoever looks sees the old text or the new one.

There is one way, in this order: the text goes into a draft in the same folder; the draft is synced,
with all that the file is to have besides its text; it is given the file's name; the folder is
synced. A name that is given before the text is on disk can, after a power failure, be that of an
empty file; and until the folder is synced, the name may still be the old text's.

Takes paths as text, and raises OSError.
"""

from __future__ import annotations

import os
import stat
import sys
from typing import TYPE_CHECKING

from taiga_notes.system.files import BINARY, NO_FOLLOW
from taiga_notes.system.folders import move, remove, sync_folder

if TYPE_CHECKING:
    from collections.abc import Callable

PRIVATE = 0o600
"""The mode of a file for this user alone."""

DRAFT = ".new"
"""What the name of a private file's draft ends in."""

_OPEN_ALREADY = ("/dev/fd/", "/dev/std", "/proc/")
"""What names of files that a process has open begin with; below `/dev/shm` there are usual ones."""

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | NO_FOLLOW | BINARY
_APPEND = os.O_WRONLY | os.O_CREAT | os.O_APPEND | BINARY


def write(descriptor: int, data: bytes) -> None:
    """Writes all of it into an open file.

    Raises:
        OSError: that fails; some of it may have been written.
    """
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def sync_file(descriptor: int) -> None:
    """Returns once an open file's text is on its disk, and what it has besides.

    Raises:
        OSError: the disk failed.
    """
    os.fsync(descriptor)


def make_file(
    path: str, data: bytes, finish: Callable[[int], None] = sync_file, mode: int = PRIVATE
) -> None:
    """Makes a file that is not there yet, and syncs it; whether its folder lists it is not synced.

    Args:
        path: the file.
        data: what it is to hold.
        finish: what is done to its descriptor last, in place of syncing it.
        mode: who may read and write it, as far as the user's umask lets them.

    Raises:
        FileExistsError: it is there.
        OSError: it can't be written, and is not there.
    """
    descriptor = os.open(path, _NEW, mode)
    try:
        try:
            write(descriptor, data)
            finish(descriptor)
        finally:
            os.close(descriptor)
    except BaseException:
        # A full disk is not to be filled with halves.
        remove(path)
        raise


def replace_private(path: str, data: bytes, changed: float | None = None) -> None:
    """Replaces a file of ours, for this user alone.

    Only one process at a time may write it: hold its lock. What a killed one leaves behind is the
    draft, and the next one removes it: its name is always the same, so that they never add up.

    Args:
        path: the file; it need not exist.
        data: what it is to hold.
        changed: when it is to say that it changed, in Unix seconds; None for now.

    Raises:
        OSError: it can't be written; the old text stands.
    """
    draft = path + DRAFT
    remove(draft)
    make_file(draft, data, _synced(PRIVATE))
    if changed is not None:
        # Before it has its name: nobody ever sees it with another time.
        os.utime(draft, (changed, changed))
    _give_place(draft, path)
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
    kept = _mode(path)
    real = os.path.realpath(path)
    # In a folder of the user's, others may have files of any name.
    draft = f"{real}.{os.urandom(6).hex()}.tmp"
    finish = sync_file if kept is None else _synced(stat.S_IMODE(kept))
    make_file(draft, data, finish, 0o666 if kept is None else PRIVATE)
    _give_place(draft, real)
    sync_folder(os.path.dirname(real))


def is_stream(path: str) -> bool:
    """Whether there is no file to replace: a pipe, a device; `/dev/stdout` wherever it leads."""
    mode = _mode(path)
    return mode is not None and (
        not stat.S_ISREG(mode) or os.path.abspath(path).startswith(_OPEN_ALREADY)
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
    make_file(real, data, mode=mode)
    sync_folder(os.path.dirname(real))


def place_file(path: str, data: bytes, draft: str) -> None:
    """Makes a file that is not there yet: whoever looks sees none, or all of it.

    Args:
        path: the file.
        data: what it is to hold.
        draft: path of a file in the same folder that is not there; it is gone afterwards.

    Raises:
        FileExistsError: there is something by that name.
        OSError: it can't be written, and is not there.
    """
    make_file(draft, data, mode=0o666)
    try:
        _give_free_place(draft, path, data)
    finally:
        remove(draft)
    sync_folder(os.path.dirname(path))


def write_cache(path: str, data: bytes) -> None:
    """Writes a cache for this user alone; a folder that takes none keeps the old one.

    Whole or not at all, but not durably: what a power failure takes of it, whoever reads it notices
    and does without, and a sync would cost more than most runs that write one.
    """
    # Several processes may be at it, and the last one's is as good as the others'.
    draft = f"{path}.{os.getpid()}.tmp"
    try:
        remove(draft)
        make_file(draft, data, _unsynced)
        _give_place(draft, path)
    except OSError:
        return  # the next run is slow, no more


def append(path: str, data: bytes) -> None:
    """Adds to a file for this user alone, which is made where it is missing; not durably.

    Raises:
        OSError: it can't be written; some of it may have been.
    """
    _append(path, data, _unsynced)


def append_durably(path: str, data: bytes) -> None:
    """Adds to a file for this user alone; it is on disk, and its folder lists it, on return.

    Raises:
        OSError: it can't be written; some of it may have been.
    """
    _append(path, data, sync_file)
    sync_folder(os.path.dirname(path))


def _append(path: str, data: bytes, finish: Callable[[int], None]) -> None:
    descriptor = os.open(path, _APPEND, PRIVATE)
    try:
        write(descriptor, data)
        finish(descriptor)
    finally:
        os.close(descriptor)


def _give_place(draft: str, path: str) -> None:
    try:
        move(draft, path)
    except BaseException:
        remove(draft)
        raise


def _give_free_place(draft: str, path: str, data: bytes) -> None:
    if sys.platform == "win32":
        # There, and only there, it takes no other file's place.
        os.rename(draft, path)
        return
    try:
        os.link(draft, path, follow_symlinks=False)
    except FileExistsError:
        raise
    except OSError:
        # A disk without hard links, as many a stick is; a kill may leave a part of it there.
        make_file(path, data, mode=0o666)


def _mode(path: str) -> int | None:
    try:
        return os.stat(path).st_mode
    except FileNotFoundError:
        return None


def _synced(mode: int) -> Callable[[int], None]:
    """Gives a file just that mode, whatever the umask says, and syncs both."""

    def finish(descriptor: int) -> None:
        if sys.platform != "win32":
            os.fchmod(descriptor, mode)
        sync_file(descriptor)

    return finish


def _unsynced(_descriptor: int) -> None:
    """Leaves it to the system when a file gets onto its disk."""
