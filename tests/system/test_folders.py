from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from taiga_notes.system.folders import remote_kind
from tests.tables import each

if TYPE_CHECKING:
    from pathlib import Path

TABLE = r"""/dev/sda1 / ext4 rw,relatime 0 0
proc /proc proc rw 0 0
nas:/export /srv/nas nfs4 rw 0 0
//nas/share /srv/nas/windows\040share cifs rw 0 0
/dev/sdb1 /srv/nas/local ext4 rw 0 0
C:\134 /mnt/c 9p rw 0 0
ann@host:/ /home/ann/remote fuse.sshfs rw 0 0
/dev/sdc1 /media/stick fuseblk rw 0 0
grpcfuse /work fuse.grpcfuse rw 0 0
/dev/sda1 /over ext4 rw 0 0
nas:/export /over nfs rw 0 0
"""


@pytest.fixture
def table(tmp_path: Path) -> str:
    file = tmp_path / "mounts"
    file.write_text(TABLE)
    return str(file)


@each(
    ("folder", "kind"),
    [
        ("/home/ann/notes", ""),
        ("/srv/nas", "nfs4"),
        ("/srv/nas/notes", "nfs4"),
        ("/srv/nasty", ""),
        ("/srv/nas/windows share/notes", "cifs"),
        ("/srv/nas/local/notes", ""),
        ("/mnt/c/Users/ann", "9p"),
        ("/home/ann/remote", "fuse.sshfs"),
        ("/media/stick/notes", ""),
        ("/work", "fuse.grpcfuse"),
        ("/over", "nfs"),
        ("/", ""),
    ],
)
def test_the_deepest_mount_decides(folder: str, kind: str, table: str) -> None:
    assert remote_kind(folder, table) == kind


def test_a_share_of_windows_is_remote() -> None:
    assert remote_kind("//server/share/notes") in {"network share", ""}


def test_without_a_table_nothing_is_known(tmp_path: Path) -> None:
    assert remote_kind("/srv/nas", str(tmp_path / "missing")) == ""


def test_this_machines_own_table_can_be_read(tmp_path: Path) -> None:
    assert remote_kind(str(tmp_path)) == ""
