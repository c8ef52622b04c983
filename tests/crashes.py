"""Kills a process that writes pages, again and again, and looks at what is left.

`python -m tests.crashes FOLDER SEED KILLS`: at random instants, then between two calls to the
system of a write, of a mending and of an undo (at each third such place, other ones for another
seed; at all of them if there are many kills), and half-way through each write. Prints a count of
what it saw, as JSON; anything that is wrong ends it with an AssertionError.

A process of its own, so that it may fork and give up root: root's pages are never read-only.
"""

from __future__ import annotations

import ctypes
import json
import os
import random
import signal
import stat
import sys
import time
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from taiga_notes.system import swap
from taiga_notes.vault import undo
from taiga_notes.vault.journal import Journal
from taiga_notes.vault.remembered_bodies import RememberedBodies
from taiga_notes.vault.vault import Vault
from tests.unprivileged import NOBODY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

_LOADED = (ctypes, swap, undo, RememberedBodies, Journal)
"""Imported by the product when needed: here at once, so that the children need not."""

SWAPPED = ("plain.md", "private.md", "executable.md", "tagged.md", "real/linked.md", "large.md")
MANY = 100
"""So many kills at random, and those that are not are made everywhere."""

IN_PLACE = ("shut/page.md", "hard.md", "large hard.md")
PAGES = (*SWAPPED, *IN_PLACE)


@lru_cache(maxsize=1000)
def text(name: str, version: int) -> str:
    """What a page holds in a version: no mixture of two versions is a third."""
    sizes = [500, 2000, 3000] if name.startswith("large") else [1, 40, 200]
    if name not in IN_PLACE:
        # Of a number alone, half may be half of the one before: such a page is not seen to be torn.
        sizes.append(0)
    size = random.Random(f"{name} {version}").choice(sizes)  # noqa: S311
    return f"{version}\n" + "".join(f"{name} {version} {line}\n" for line in range(size))


def version(name: str, data: bytes) -> int:
    """Which version that is.

    Raises:
        AssertionError: none.
    """
    number = data.partition(b"\n")[0]
    assert number.isdigit(), f"{name} holds no version: {data[:80]!r}"
    assert data == text(name, int(number)).encode(), f"{name} is torn in version {number!r}"
    return int(number)


class Scene:
    """A vault with a page of each kind, and what must never change in it."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "notes"
        for part in ("real", "shut"):
            (self.root / part).mkdir(parents=True)
        for name in PAGES:
            (self.root / name).write_text(text(name, 0))
        (self.root / "private.md").chmod(0o600)
        (self.root / "executable.md").chmod(0o750)
        os.setxattr(self.root / "tagged.md", "user.tag", b"value")
        (self.root / "link.md").symlink_to("real/linked.md")
        (folder / "other").hardlink_to(self.root / "hard.md")
        (folder / "another").hardlink_to(self.root / "large hard.md")
        (self.root / "shut").chmod(0o555)
        self.vault = Vault(self.root, state=folder / "state")
        with self.vault.writing():
            self.kept = self.look()

    def look(self) -> dict[str, tuple[object, ...]]:
        """All files, and what they have besides their text."""
        return {
            str(path.relative_to(self.root)): self.attributes(path) for path in self.root.rglob("*")
        }

    def attributes(self, path: Path) -> tuple[object, ...]:
        status = path.lstat()
        names = [] if path.is_symlink() else os.listxattr(path)
        return status.st_mode, status.st_uid, status.st_gid, status.st_nlink, tuple(names)

    def versions(self, names: tuple[str, ...]) -> dict[str, int]:
        return {name: version(name, (self.root / name).read_bytes()) for name in names}

    def torn(self) -> int:
        """How many pages are neither old nor new: only those written in place may be."""
        count = 0
        for name in IN_PLACE:
            try:
                version(name, (self.root / name).read_bytes())
            except AssertionError:
                count += 1
        return count

    def rewrite(self, names: tuple[str, ...] = PAGES, *, baked: bool = True) -> None:
        """One run of the product, which gives each page its next version."""
        with self.vault.writing() as writer:
            for name in names:
                page = self.vault.read("link.md" if name == "real/linked.md" else name)
                number = version(name, page.text.encode())
                sums = [("key", f"{number:08}")] if baked else []
                writer.replace(page, text(name, number + 1), sums)

    def next_run(self) -> None:
        """The next run of the product, which has nothing to write."""
        with self.vault.writing() as writer:
            assert writer.problems == []

    def check(self, before: dict[str, int], most: int) -> None:
        """After the next run each page is old or new, and nothing else is there.

        Args:
            before: the versions before the kill.
            most: by how many versions a page may be newer.
        """
        after = self.versions(PAGES)
        for name in PAGES:
            assert before[name] <= after[name] <= before[name] + most, f"{name}: {before} {after}"
        assert self.look() == self.kept
        journal = next((self.root.parent / "state").glob("vaults/*/journal"))
        assert all(path.name.isdecimal() for path in journal.iterdir()), list(journal.iterdir())


def child(work: Callable[[], None], arm: Callable[[], None] = lambda: None) -> int:
    """Starts a process that does some work; its id."""
    started, told = os.pipe()
    process = os.fork()
    if process:
        os.close(told)
        os.read(started, 1)
        os.close(started)
        return process
    status = 1
    try:
        os.write(told, b"!")
        arm()
        work()
        sys.setprofile(None)
        status = 0
    finally:
        os._exit(status)


def ended(process: int) -> bool:
    """Waits for a process; whether it was killed before it was done."""
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    assert status in {0, -signal.SIGKILL}, f"the process failed: {status}"
    return status != 0


def at_random(scene: Scene, dice: random.Random, kills: int) -> int:
    """Kills at random instants; how many pages were torn until the next run."""
    torn = 0

    def work() -> None:
        while True:
            scene.rewrite()

    for _ in range(kills):
        before = scene.versions(PAGES)
        process = child(work)
        time.sleep(dice.uniform(0, 0.025))
        os.kill(process, signal.SIGKILL)
        assert ended(process)
        scene.versions(SWAPPED)
        torn += scene.torn()
        scene.next_run()
        scene.check(before, 1000)
    return torn


CHANGING = {
    "close",
    "fchmod",
    "fchown",
    "fcntl",
    "fsync",
    "ftruncate",
    "mkdir",
    "open",
    "removexattr",
    "replace",
    "setxattr",
    "unlink",
    "write",
}
"""Calls to the system between which a kill can make a difference."""


def killer(step: int) -> Callable[[], None]:
    """Kills the process before its so-maniest call to the system that changes anything."""
    left = [step]

    def profile(_frame: FrameType, event: str, called: object) -> None:
        if event == "c_call" and getattr(called, "__name__", "") in CHANGING:
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return lambda: sys.setprofile(profile)


def half_way(count: int) -> Callable[[], None]:
    """Kills the process when it has written half of its so-maniest piece of data."""
    left, real = [count], os.write

    def write(descriptor: int, data: bytes) -> int:
        left[0] -= 1
        if left[0] < 0:
            real(descriptor, data[: len(data) // 2])
            os.kill(os.getpid(), signal.SIGKILL)
        return real(descriptor, data)

    def arm() -> None:
        os.write = write  # type: ignore[assignment]

    return arm


def everywhere(
    scene: Scene,
    work: Callable[[], None],
    arm: Callable[[int], Callable[[], None]],
    steps: Iterator[int],
) -> tuple[int, int]:
    """Kills at one instant after the other, until the work gets done.

    Returns:
        How many kills that took, and how many pages were torn until the next run.
    """
    kills = torn = 0
    before = scene.versions(PAGES)
    while ended(child(work, arm(next(steps)))):
        kills += 1
        scene.versions(SWAPPED)
        torn += scene.torn()
        scene.next_run()
        scene.check(before, 1)
        before = scene.versions(PAGES)
    return kills, torn


def while_mending(scene: Scene, name: str, steps: Iterator[int]) -> int:
    """Tears a page, and kills the mending at these instants; how many kills that took."""
    for kills in count():
        before = scene.versions(PAGES)
        # Before the page, the lock gets the process id, and the journal two records.
        assert ended(child(lambda: scene.rewrite((name,), baked=False), half_way(3)))
        assert scene.torn() == 1
        killed = ended(child(scene.next_run, killer(next(steps))))
        scene.next_run()
        scene.check(before, 0)
        if not killed:
            return kills
    raise AssertionError


def while_undoing(scene: Scene, name: str, steps: Iterator[int]) -> int:
    """Kills an undo at these instants; how many kills that took."""
    for kills in count():
        scene.rewrite((name,))
        after = scene.versions(PAGES)
        killed = ended(child(lambda: _undone(scene), killer(next(steps))))
        before = after | {name: after[name] - 1}
        scene.versions(SWAPPED)
        scene.next_run()
        scene.check(before, 1)
        # Whatever happened, the undo can be done again, and only once.
        if scene.versions((name,)) != {name: before[name]}:
            _undone(scene)
        scene.check(before, 0)
        if not killed:
            return kills
    raise AssertionError


def _undone(scene: Scene) -> None:
    for outcome in scene.vault.undo():
        assert outcome.problem is None, outcome


def main(folder: Path, seed: int, kills: int) -> dict[str, int]:
    """Everything; a count of what was seen."""
    if os.getuid() == 0:
        os.chown(folder, NOBODY, NOBODY)
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    scene = Scene(folder)
    assert stat.S_IMODE((scene.root / "shut").stat().st_mode) == 0o555
    dice = random.Random(seed)  # noqa: S311
    counts = {"random": kills, "torn": at_random(scene, dice, kills)}
    counts["steps"] = counts["halves"] = 0

    def steps() -> Iterator[int]:
        return count() if kills >= MANY else count(dice.randrange(3), 3)

    for name in PAGES:
        for kind, arm, places in (("steps", killer, steps()), ("halves", half_way, count())):
            killed, torn = everywhere(scene, lambda name=name: scene.rewrite((name,)), arm, places)  # type: ignore[misc]
            counts[kind] += killed
            counts["torn"] += torn
    counts["mending"] = while_mending(scene, "large hard.md", steps())
    counts["undoing"] = sum(while_undoing(scene, name, steps()) for name in ("plain.md", "hard.md"))
    return counts


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))))  # noqa: T201
