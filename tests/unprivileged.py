"""Permissions that count, for root as well: tests may run as root, whom no mode bits stop."""

from __future__ import annotations

import ctypes
import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = 65534
OVERRIDE, SEARCH = 1, 2
"""The capabilities by which root passes by the modes of files."""
DROP = 24
"""prctl's PR_CAPBSET_DROP: for the programs that this one starts."""
VERSION = 0x20080522
"""Of capset's sets: three words for the first 32 capabilities, three for the others."""


@contextmanager
def public_folder() -> Iterator[Path]:
    """A folder that an unprivileged user owns and can reach, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="taiga-notes-"))
    if os.getuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def unprivileged() -> Iterator[None]:
    """As nobody, if we are root."""
    if os.getuid() != 0:
        yield
        return
    os.setresgid(NOBODY, NOBODY, 0)
    os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)
        os.setresgid(0, 0, 0)


def obey_modes() -> None:
    """Lets modes of files count for this process for good, and for all that it starts."""
    if os.getuid() != 0:
        return
    libc = ctypes.CDLL(None)
    header, sets = (ctypes.c_uint32 * 2)(VERSION, 0), (ctypes.c_uint32 * 6)()
    assert libc.capget(header, sets) == 0
    for capability in (OVERRIDE, SEARCH):
        assert libc.prctl(DROP, capability, 0, 0, 0) == 0
        for place in range(3):
            sets[place] &= ~(1 << capability)
    assert libc.capset(header, sets) == 0
