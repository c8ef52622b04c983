"""How two ways are held against each other: in turns, in one run, and by what they cost.

A machine that is shared or throttled drifts by a factor while a benchmark runs. So each round
measures every way once, and the minimum of the rounds counts: what is left is the work itself.
Times are CPU time, which waiting for a disk or for other processes does not touch.
"""

from __future__ import annotations

import gc
import math
import os
import subprocess
import sys
import time
import tracemalloc
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

if sys.platform != "win32":
    import resource

Cost = float
"""CPU seconds, or bytes."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        what: what of ours was measured.
        against: what it was held against.
        value: the ratio, or the exponent of growth; None where it could not be measured.
        at_most: what it may be; None for a comparison without a goal.
        aim: what it should be.
        note: what stands behind it: both costs, or why there is no value.
    """

    what: str
    against: str
    value: float | None
    at_most: float | None = None
    aim: float | None = None
    note: str = ""

    @property
    def verdict(self) -> str:
        """How it compares with its goals, in a word."""
        if self.value is None:
            return "not measured"
        if self.at_most is None:
            return ""
        if self.aim is not None and self.value <= self.aim:
            return "aim"
        return "ok" if self.value <= self.at_most else "MISSED"


WARM_UPS = 1
"""Rounds before those that count."""


def alternate(rounds: int, *ways: Callable[[], Cost]) -> list[Cost]:
    """What each way costs at least, over rounds in which all of them take turns.

    Args:
        rounds: how many, after those to warm up.
        ways: do something, and tell what it cost.
    """
    least = [math.inf] * len(ways)
    gc.collect()
    for number in range(WARM_UPS + rounds):
        costs = [way() for way in ways]
        if number >= WARM_UPS:
            least = [min(pair) for pair in zip(least, costs, strict=True)]
    return least


def timed(act: Callable[[], object], prepare: Callable[[], object] | None = None) -> Cost:
    """The CPU time of a call in this process, garbage collection left out.

    Args:
        act: what is measured.
        prepare: what comes before it, unmeasured.
    """
    if prepare is not None:
        prepare()
    gc.disable()
    try:
        start = time.process_time()
        act()
        return time.process_time() - start
    finally:
        gc.enable()


def peak(act: Callable[[], object]) -> Cost:
    """The most memory that a call holds at once, beside what was there before."""
    gc.collect()
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def ran(
    command: Sequence[str | Path],
    *,
    folder: Path | None = None,
    env: Mapping[str, str] | None = None,
    status: int | None = 0,
) -> Cost:
    """The CPU time of a process and of those that it waited for, start-up included.

    Args:
        command: program and arguments.
        folder: where it runs.
        env: environment variables besides this process's own.
        status: the exit status that it must have; None for any.

    Raises:
        subprocess.CalledProcessError: it has another one: what it cost would mean nothing.
    """
    before = _children()
    done = subprocess.run(
        command, cwd=folder, env=environment(env or {}), capture_output=True, check=False
    )
    cost = _children() - before
    if status is not None and done.returncode != status:
        raise subprocess.CalledProcessError(
            done.returncode, list(map(str, command)), done.stdout, done.stderr
        )
    return cost


def environment(more: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with `more`; compiled modules are kept, as they usually are."""
    return {**os.environ, **more, "PYTHONDONTWRITEBYTECODE": ""}


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def ratio(
    what: str,
    against: str,
    costs: Sequence[Cost],
    *,
    at_most: float | None = None,
    aim: float | None = None,
    unit: Callable[[Cost], str] | None = None,
    note: str = "",
) -> Row:
    """The row for what `alternate` gave for our way and the other one."""
    ours, theirs = costs
    shown = unit or seconds
    parts = [f"{shown(ours)} / {shown(theirs)}", *([note] if note else [])]
    return Row(what, against, ours / theirs, at_most, aim, "; ".join(parts))


def missing(
    what: str, against: str, why: str, *, at_most: float | None = None, aim: float | None = None
) -> Row:
    """The row for what can't be measured here."""
    return Row(what, against, None, at_most, aim, why)


def exponent(sizes: Sequence[float], costs: Sequence[Cost]) -> float:
    """By which power costs grow with sizes: 1 is linear (least squares over the logarithms)."""
    x = [math.log(size) for size in sizes]
    y = [math.log(cost) for cost in costs]
    middle_x, middle_y = sum(x) / len(x), sum(y) / len(y)
    slope = sum((a - middle_x) * (b - middle_y) for a, b in zip(x, y, strict=True))
    return slope / sum((a - middle_x) ** 2 for a in x)


def growth(
    what: str,
    sizes: Sequence[int],
    costs: Sequence[Cost],
    unit: Callable[[Cost], str] | None = None,
    by_hand: Sequence[Cost] | None = None,
    *,
    at_most: float = 1.1,
) -> Row:
    """The row for the exponent of growth, whose goal is linear at most.

    A tenth is allowed for caches that no longer hold what smaller sizes left in them; where the
    code `by_hand` is slowed down more than that, as much as that.
    """
    shown = unit or seconds
    note = ", ".join(f"{size:,}: {shown(cost)}" for size, cost in zip(sizes, costs, strict=True))
    if by_hand is not None:
        theirs = exponent(sizes, by_hand)
        at_most = max(at_most, theirs)
        note += f"; by hand {theirs:.2f}"
    return Row(f"growth: {what}", "size ^ exponent", exponent(sizes, costs), at_most, 1.0, note)


def seconds(cost: Cost) -> str:
    """A time for people."""
    if cost < 1e-3:
        return f"{cost * 1e6:.0f} µs"
    return f"{cost * 1e3:.3g} ms" if cost < 1 else f"{cost:.3g} s"


def megabytes(cost: Cost) -> str:
    """An amount of memory for people."""
    return f"{cost / 1e6:.3g} MB"
