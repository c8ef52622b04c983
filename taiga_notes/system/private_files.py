"""Files for this user alone, written whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taiga_notes.system.atomic_write import replace_file

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
    """Replaces `file`; see `atomic_write.replace_file`.

    Raises:
        OSError: it can't be written; the old text stands.
    """
    replace_file(str(file), data, draft=str(draft_of(file)), mode=FILE_MODE)


def draft_of(file: Path) -> Path:
    """Where `write_file` writes before it replaces."""
    return file.with_name(f"{file.name}.new")
