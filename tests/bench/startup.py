"""What a start costs, against the interpreter's own: a command runs on every save of a page."""

from __future__ import annotations

import json
import os
import time
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from taiga_notes.refresh.fingerprint import asker
from tests.bench.canned import Canned
from tests.bench.data import write_snapshot, write_vault
from tests.bench.harness import Row, alternate, ran, ratio
from tests.bench.program import PASS, Bench, program

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROUNDS = 15
PAGES = 100
STORIES = 200
AGAINST = "python -c pass"

Goals = tuple[float | None, float | None]
"""At most, and the aim."""

GOALS: Sequence[Goals] = ((3.0, 2.0), (3.5, 2.5))
"""Of one page, and of all, where nobody is asked."""


def measure(*, full: bool) -> Iterator[Row]:  # noqa: ARG001 - every section takes it
    """This section of the table."""
    for flag in ("--version", "--help"):
        costs = alternate(ROUNDS, partial(ran, [*program(), flag]), partial(ran, PASS))
        yield ratio(f"`{flag}`", AGAINST, costs, at_most=2.5, aim=1.5)
    with TemporaryDirectory() as folder:
        yield from _pages(Path(folder))


def _pages(folder: Path) -> Iterator[Row]:
    vault = write_vault(folder / "vault", PAGES, PAGES)
    home = folder / "home"
    snapshot = write_snapshot(folder / "taiga.json", STORIES)
    yield from _unchanged(Bench(vault, home, ("--snapshot", str(snapshot))), "snapshot")
    with Canned(STORIES).served() as api:
        online = Bench(vault, home, api=api)
        online.settle()
        offline = Bench(vault, home, ("--offline",), api)
        yield from _unchanged(offline, "store, `--offline`")
        yield from _unchanged(online, "Taiga asked", goals=((9.0, 6.0), (9.0, 6.0)))
        in_earnest = Bench(vault, home, ("--json",), api)
        yield from _unchanged(in_earnest, "Taiga asked, and the store", goals=((None, None),) * 2)
        online.configure('max_age = "1h"\n')
        yield from _unchanged(online, "store, `max_age`")
        _look(online)
        yield from _unchanged(online, "a watch's word, `max_age`")


def _look(online: Bench) -> None:
    """What a running watch leaves of a good look at Taiga: its word, and another store."""
    [store] = online.home.glob("cache/**/*.sqlite")
    os.utime(store, (1, 1))
    [vault] = online.home.glob("state/**/vaults/*")
    who = asker(online.env, [str(online.home / "state/taiga-notes/login")])
    said = {"true_at": time.time(), "made_at": time.time(), "asker": who}
    (vault / "watch.json").write_text(json.dumps(said))


def _unchanged(bench: Bench, whence: str, goals: Sequence[Goals] = GOALS) -> Iterator[Row]:
    bench.settle()
    one, hundred, nothing = alternate(
        ROUNDS,
        partial(bench.render, "00/00/Note 0.md"),
        bench.render,
        partial(ran, PASS),
    )
    named = ("one page", f"{PAGES} pages")
    for what, cost, (at_most, aim) in zip(named, (one, hundred), goals, strict=True):
        yield ratio(
            f"`render` of {what}, unchanged; {whence}",
            AGAINST,
            (cost, nothing),
            at_most=at_most,
            aim=aim,
        )
