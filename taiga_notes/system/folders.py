"""What a folder lists: folders made, files renamed and removed, and all of that made durable.

And what is mounted there: where the system can't tell when a file changes.

Takes paths as text, and raises OSError.
"""

from __future__ import annotations

import errno
import os
import re
import stat
import sys
from pathlib import Path

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


MOUNTS = "/proc/self/mounts"

REMOTE = frozenset(
    {
        "9p",  # WSL's Windows drives, gVisor, virtual machines
        "acfs", "afs", "ceph", "cifs", "coda", "davfs", "fakeowner", "glusterfs", "gpfs", "lustre",
        "ncpfs", "nfs", "nfs4", "ocfs2", "prl_fs", "smb3", "smbfs", "vboxsf", "virtiofs", "vmhgfs",
        "drvfs",  # WSL 1
    }
)  # fmt: skip
"""File systems whose changes from elsewhere raise no event here. `fakeowner` and `virtiofs` are
folders of the host in Docker Desktop's and other machines."""

LOCAL_FUSE = frozenset({"fuse.ntfs-3g", "fuseblk", "fuse.encfs", "fuse.gocryptfs", "fuse.bindfs"})
"""Of what FUSE carries, what is on a disk of this machine; the rest (sshfs, rclone, a Docker
Desktop's shares) is not."""

_OCTAL = re.compile(r"\\([0-7]{3})")


def remote_kind(folder: str, mounts: str = MOUNTS) -> str:
    """The kind of the file system that `folder` is on, if its changes can't be watched.

    Args:
        folder: a real path.
        mounts: the table of mounts; without one (macOS, Windows) nothing is known.

    Returns:
        Such as `nfs4`; empty where nothing speaks against watching.
    """
    if os.path.splitdrive(folder)[0].startswith(("\\\\", "//")):
        return "network share"
    try:
        kind = _kind_of(folder, Path(mounts).read_text("utf-8", "surrogateescape"))
    except OSError:
        return ""
    remote = kind in REMOTE or (kind.startswith("fuse") and kind not in LOCAL_FUSE)
    return kind if remote else ""


def _kind_of(folder: str, table: str) -> str:
    """The kind of the deepest mount above `folder`; of several at one place, the last."""
    best, kind = "", ""
    for line in table.splitlines():
        fields = line.split(" ")
        place = _OCTAL.sub(lambda code: chr(int(code[1], 8)), fields[1])
        if len(place) >= len(best) and f"{folder}/".startswith(f"{place.rstrip('/')}/"):
            best, kind = place, fields[2]
    return kind
