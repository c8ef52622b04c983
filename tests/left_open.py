"""What a process has in use: threads and descriptors, each by itself and not by their number.

What an earlier test let go of may end at any time, so a number may fall by itself.
"""

import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class InUse:
    """The threads of a process, and its descriptors with what they are of."""

    threads: frozenset[threading.Thread]
    descriptors: frozenset[tuple[str, str]]

    def __sub__(self, earlier: "InUse") -> set[object]:
        """What is in use now, and was not then."""
        return {*(self.threads - earlier.threads), *(self.descriptors - earlier.descriptors)}


def in_use() -> InUse:
    """What this process has in use now."""
    descriptors = set()
    for entry in Path("/proc/self/fd").iterdir():
        with suppress(FileNotFoundError):  # that of the listing itself
            descriptors.add((entry.name, str(entry.readlink())))
    return InUse(frozenset(threading.enumerate()), frozenset(descriptors))
