"""Who has a file open for writing, as far as Linux shows it in /proc: our user's own processes."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

PROCESSES = "/proc"


def holders(path: str, processes: str = PROCESSES) -> str:
    """The processes that have a file open for writing: `process 4242 (tee)`.

    Args:
        path: the file.
        processes: the folder in which there is one for each process.

    Returns:
        Them, with commas between; empty where nobody is found.
    """
    try:
        file = os.stat(path)
        numbers = sorted(map(int, filter(str.isdecimal, os.listdir(processes))))
    except OSError:
        return ""
    folders = (f"{processes}/{number}" for number in numbers)
    return ", ".join(_name(folder) for folder in folders if _has_open(folder, file))


def _has_open(process: str, file: os.stat_result) -> bool:
    # A process may end meanwhile, and those of others are closed to us.
    with suppress(OSError), os.scandir(f"{process}/fd") as entries:
        return any(_is_that(entry, file) and _is_for_writing(process, entry) for entry in entries)
    return False


def _is_that(descriptor: os.DirEntry[str], file: os.stat_result) -> bool:
    with suppress(OSError):
        return os.path.samestat(descriptor.stat(), file)
    return False


def _is_for_writing(process: str, descriptor: os.DirEntry[str]) -> bool:
    """Whether that descriptor is: proc(5) has its flags, in octal."""
    lines = Path(process, "fdinfo", descriptor.name).read_text().splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return int(fields.get("flags", "0"), 8) & (os.O_WRONLY | os.O_RDWR) != 0


def _name(process: str) -> str:
    number = os.path.basename(process)
    with suppress(OSError):
        return f"process {number} ({Path(process, 'comm').read_text().strip()})"
    return f"process {number}"
