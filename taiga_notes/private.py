"""Files for this user alone, written whole or not at all."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

FOLDER_MODE = 0o700
FILE_MODE = 0o600


def make_folder(folder: Path) -> Path:
    """Make `folder`, or take it back from group and others if it is there.

    Raises:
        OSError: it can't be made.
    """
    folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    if folder.stat().st_mode & 0o077:
        folder.chmod(FOLDER_MODE)
    return folder


def write_file(file: Path, data: bytes) -> None:
    """Replace `file`; whoever looks, even after a power cut, sees the old text or the new one.

    Only one process at a time may write a file: hold its lock. What a killed one leaves behind
    bears a fixed name, and the next one writes over it.

    Raises:
        OSError: it can't be written; the old text stands.
    """
    draft = draft_of(file)
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, FILE_MODE)
    with os.fdopen(handle, "wb") as stream:
        if sys.platform != "win32":
            os.fchmod(handle, FILE_MODE)
        stream.write(data)
        stream.flush()
        os.fsync(handle)
    draft.replace(file)
    _sync_folder(file.parent)


def draft_of(file: Path) -> Path:
    """Where `write_file` writes before it replaces."""
    return file.with_name(f"{file.name}.new")


def _sync_folder(folder: Path) -> None:
    if sys.platform == "win32":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
