"""What a file has besides its text: mode, owner, access list, extended attributes."""

from __future__ import annotations

import errno
import os
import stat
import sys

if sys.platform == "win32":

    def keep(path: str, status: os.stat_result, descriptor: int) -> None:
        """Nothing: what a folder hands down is all that a page there has."""

else:

    def keep(path: str, status: os.stat_result, descriptor: int) -> None:
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
