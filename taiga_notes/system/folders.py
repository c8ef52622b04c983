"""What a folder lists: folders made, files renamed and removed, and all of that made durable.

Takes paths as text, and raises OSError.
"""

from __future__ import annotations

import errno
import os
import stat
import sys

PRIVATE = 0o700
"""The mode of a folder for this user alone."""

_UNSUPPORTED = {errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EBADF}
"""How file systems say that a folder can't be synced."""


def make_folder(path: str, mode: int = 0o777) -> None:
    """Makes a folder, and those above it; one that is there stays as it is.

    Args:
        path: the folder.
        mode: who may do what in each that is made, as far as the user's umask lets them.

    Raises:
        OSError: it can't be made.
    """
    if os.path.isdir(path):
        return
    if above := os.path.dirname(path):
        make_folder(above, mode)
    try:
        os.mkdir(path, mode)
    except FileExistsError:
        # Another process may have been quicker; what is no folder is in the way.
        if not os.path.isdir(path):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path) from None


def make_private_folder(path: str) -> None:
    """Makes a folder for this user alone, or takes it back from all others if it is there.

    Raises:
        OSError: it can't be made, or is not ours to take back.
    """
    make_folder(path, PRIVATE)
    restrict(path)


if sys.platform == "win32":

    def restrict(path: str) -> None:
        """Nothing: modes tell nothing there, and the user's folders are the user's."""

else:

    def restrict(path: str) -> None:
        """Takes a file or folder back from group and others.

        Raises:
            OSError: it is not ours.
        """
        mode = stat.S_IMODE(os.stat(path).st_mode)
        # Not asked for where nothing is to change: who may not change modes may still read.
        if mode & 0o077:
            os.chmod(path, mode & PRIVATE)


def remove(path: str) -> None:
    """Removes a file, if there is one.

    Raises:
        OSError: it can't be removed.
    """
    try:
        os.unlink(path)
    except FileNotFoundError:
        return


def move(path: str, to: str) -> None:
    """Gives a file another name on the same disk, in one step; what had that name is gone.

    Raises:
        OSError: that can't be done, and both are as they were.
    """
    os.replace(path, to)


def set_aside(path: str) -> None:
    """Gives a damaged file of ours the name `….broken`, of which one is kept.

    Raises:
        OSError: that can't be done.
    """
    move(path, f"{path}.broken")


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
