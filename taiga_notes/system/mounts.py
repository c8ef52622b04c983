"""Where the system can't tell when a file changes: on what other machines may write to."""

from __future__ import annotations

import os
import re
from pathlib import Path

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
