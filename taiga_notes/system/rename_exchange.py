"""Two files' names exchanged in one step, where the system can."""

from __future__ import annotations

import errno
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Call = Callable[[int, bytes, int, bytes, int], int]

_HERE = -100
"""`AT_FDCWD` of Linux: paths are as they are for all other calls."""

_EXCHANGE = 2
"""`RENAME_EXCHANGE` of Linux."""


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


def _renameat2() -> Call | None:
    try:
        from ctypes import CDLL  # noqa: PLC0415  (few runs write)

        call: Call = CDLL(None, use_errno=True).renameat2
    except (ImportError, OSError, AttributeError):
        return None  # a Python without ctypes, or a C library without the call
    return call
