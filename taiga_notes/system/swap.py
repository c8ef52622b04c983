"""A page swapped for a new file: a kill at any instant leaves the old text or the new one.

The new file is written beside the page, made durable, and given the page's place, unless somebody
has the page open for writing. Where the system can exchange two files, what came out of that place
is looked at once more, so that even an edit between the last look and the exchange gets its place
back; and who opens the page in between waits (see `locks`) until it is where it belongs.

Where no other file can take its place, a page is overwritten in its own file (`overwrite`). A kill
can tear it then: whoever calls keeps both texts until it is done, and `mend` decides afterwards.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from typing import TYPE_CHECKING

from taiga_notes.system.atomic_write import make_file, sync_file, write
from taiga_notes.system.files import BINARY, NO_FOLLOW, contents, rest, stamp, writable
from taiga_notes.system.folders import move, remove, sync_folder
from taiga_notes.system.locks import HeldError, Lease, alone, demand_free, give_back

if TYPE_CHECKING:
    from collections.abc import Callable

    Renameat2 = Callable[[int, bytes, int, bytes, int], int]


if sys.platform == "win32":

    def _keep_attributes(path: str, status: os.stat_result, descriptor: int) -> None:
        """Nothing: what a folder hands down is all that a page there has."""

else:

    def _keep_attributes(path: str, status: os.stat_result, descriptor: int) -> None:
        """Gives a new file what the page has.

        Args:
            path: the page.
            status: its status.
            descriptor: the new file's.

        Raises:
            OSError: we may not give it all.
        """
        made = os.fstat(descriptor)
        if (made.st_uid, made.st_gid) != (status.st_uid, status.st_gid):
            os.fchown(descriptor, status.st_uid, status.st_gid)
        _keep_extended(path, descriptor)
        # Last, since a change of owner or of the access list changes the mode.
        os.fchmod(descriptor, stat.S_IMODE(status.st_mode))


if sys.platform == "linux":
    _UNSUPPORTED = {errno.ENOTSUP, errno.ENOSYS}

    def _keep_extended(path: str, descriptor: int) -> None:
        """Extended attributes, ACLs among them."""
        kept = _extended(path)
        given = _extended(descriptor)
        # A folder's default ACL is given unasked.
        for name in given.keys() - kept.keys():
            os.removexattr(descriptor, name)
        for name, value in kept.items():
            if given.get(name) != value:
                os.setxattr(descriptor, name, value)

    def _extended(file: str | int) -> dict[str, bytes]:
        try:
            return {name: os.getxattr(file, name) for name in os.listxattr(file)}
        except OSError as error:
            if error.errno in _UNSUPPORTED:
                return {}
            raise

elif sys.platform == "darwin":
    import posix

    _ACCESS_LIST, _EXTENDED = 1 << 0, 1 << 2
    """What to copy, as in macOS's copyfile.h."""

    def _keep_extended(path: str, descriptor: int) -> None:
        """Access list and extended attributes (Finder's tags)."""
        source = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        try:
            # The call by which `shutil` copies contents there; Python has no other.
            posix._fcopyfile(source, descriptor, _ACCESS_LIST | _EXTENDED)  # type: ignore[attr-defined]  # noqa: SLF001
        finally:
            os.close(source)

elif sys.platform != "win32":

    def _keep_extended(path: str, descriptor: int) -> None:
        """Nothing: Python has no call for them."""


_HERE = -100
"""`AT_FDCWD` of Linux: paths are as they are for all other calls."""

_EXCHANGE = 2
"""`RENAME_EXCHANGE` of Linux."""


class CannotSwapError(Exception):
    """A new file can't take this page's place; it can only be overwritten.

    Its folder takes no new file, it has several hard links, or we may not give another file the
    owner or attributes that it has.
    """


def swap(path: str, old: bytes, new: bytes, temporary: str) -> bool:
    """Puts a new file in the page's place, durably, with its mode, owner, ACL and xattrs.

    Args:
        path: the page.
        old: what it must still hold right before.
        new: what it is to hold.
        temporary: path for the new file, in the same folder.

    Returns:
        Whether the page was still `old`; else it holds what someone else wrote.

    Raises:
        CannotSwapError: see there; nothing was done.
        HeldError: somebody has the page open for writing; nothing was done.
        OSError: it failed. The page is as it was, or new; `temporary` may be left, for `clear`.
    """
    status = writable(path)
    if status.st_nlink > 1:
        raise CannotSwapError
    _make(temporary, new, path, status)
    try:
        # Kept until all is done: who waits for the old file finds it back in its place by then.
        with Lease(path) as lease:
            return _swapped(lease, temporary, path, old, new)
    except HeldError:
        remove(temporary)
        raise
    except FileNotFoundError:
        remove(temporary)
        return False


def _swapped(lease: Lease, temporary: str, path: str, old: bytes, new: bytes) -> bool:
    if not _placed(lease, temporary, path, old):
        remove(temporary)
        return False
    ours = _unedited(lease, temporary, path, old, new)
    sync_folder(os.path.dirname(path))
    # Once more: where there are no leases, an editor may have truncated the file that it opened,
    # and write into it a little later; where there are, one may have found it, and wait, only now.
    ours = ours and _unedited(lease, temporary, path, old, new)
    remove(temporary)
    return ours


def clear(temporary: str, path: str, old: bytes, replaced: Callable[[bytes], bool]) -> None:
    """Removes what a killed `swap` left; an edit that came just before it gets its place back.

    Args:
        temporary: as for `swap`.
        path: as for `swap`.
        old: as for `swap`.
        replaced: whether that is what the page was to hold.

    Raises:
        OSError: that fails.
    """
    try:
        if _is_edited(temporary, old) and replaced(contents(path)[0]):
            move(temporary, path)
    except FileNotFoundError:
        pass
    remove(temporary)


def _is_edited(temporary: str, old: bytes) -> bool:
    """Whether what came out of the page's place is not `old`, or is about to be something else."""
    try:
        demand_free(temporary)
    except HeldError:
        return True
    return _held_in(temporary) != old


def _make(temporary: str, data: bytes, path: str, status: os.stat_result) -> None:
    """Makes a file, durably, with all that the page has besides its text.

    Raises:
        CannotSwapError: the folder takes no new file, or we may not give it all that.
        OSError: that fails. Nothing is left of it.
    """

    def finish(descriptor: int) -> None:
        try:
            _keep_attributes(path, status, descriptor)
        except OSError as error:
            raise CannotSwapError from error
        # Before it gets the page's name, as in `atomic_write`.
        sync_file(descriptor)

    try:
        make_file(temporary, data, finish)
    except PermissionError as error:
        raise CannotSwapError from error


def _placed(lease: Lease, temporary: str, path: str, old: bytes) -> bool:
    """Puts the new file in the page's place, if that still holds `old`.

    What was there is then in the new file's old place, if the system can exchange the two. It is
    looked at once more: an edit may have come since the last look.
    """
    try:
        if not _still(lease, path, old):
            return False
        if not exchange(path, temporary):
            move(temporary, path)
    except FileNotFoundError:
        return False
    except OSError as error:
        remove(temporary)
        # A sticky folder, a page that is a mount of its own, or one that is open on Windows.
        if isinstance(error, PermissionError) or error.errno in (errno.EBUSY, errno.EXDEV):
            raise CannotSwapError from error
        raise
    return True


def _still(lease: Lease, path: str, old: bytes) -> bool:
    # Held against the bytes, since two edits within a tick of the clock share a stamp; and then
    # against the stamp, so that only microseconds are left in which an edit goes unseen. And it is
    # to be the very file that we have a lease on.
    data, seen = contents(path)
    if data != old or stamp(os.fstat(lease.descriptor)) != seen:
        return False
    return stamp(os.stat(path, follow_symlinks=False)) == seen and not lease.wanted


def _unedited(lease: Lease, temporary: str, path: str, old: bytes, new: bytes) -> bool:
    """Whether what came out of the page's place is `old`, and nobody is about to write into it.

    An edit gets its place back.
    """
    try:
        if _held_in(temporary) == old and not lease.wanted:
            return True
    except FileNotFoundError:
        return True  # nothing came out: there was no exchange
    placed: bytes | None = new
    while True:
        theirs = _held_in(temporary)
        exchange(path, temporary)
        # Else a later edit had taken the place of what we placed, and has the better right.
        if _held_in(temporary) == placed:
            return False
        placed = theirs


def _held_in(path: str) -> bytes | None:
    """What a file holds; None while it is being written.

    Raises:
        OSError: it can't be read.
    """
    try:
        return contents(path)[0]
    except OSError as error:
        if error.errno != errno.EBUSY:
            raise
        return None


def exchange(one: str, other: str) -> bool:
    """Gives each of two files the other's name.

    Args:
        one: its path. Who watches the folder sees it moved away and then moved to, as when vim
            saves it; the other way round, it would seem to be gone.
        other: the other's.

    Returns:
        False if the system or the file system can't, and nothing was done.

    Raises:
        FileNotFoundError: one of them is not there.
    """
    call = _renameat2() if sys.platform == "linux" else None
    if call is None:
        return False
    if call(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0:
        return True
    from ctypes import get_errno  # noqa: PLC0415  (as below)

    if get_errno() == errno.ENOENT:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), one)
    return False


def _renameat2() -> Renameat2 | None:
    try:
        from ctypes import CDLL  # noqa: PLC0415  (few runs write)

        call: Renameat2 = CDLL(None, use_errno=True).renameat2
    except (ImportError, OSError, AttributeError):
        return None  # a Python without ctypes, or a C library without the call
    return call


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
