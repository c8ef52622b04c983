"""What a start costs, against the interpreter's own: a command runs on every save of a page."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.bench.canned import Canned
from tests.bench.data import write_snapshot, write_vault
from tests.bench.harness import Row, alternate, ran, ratio
from tests.bench.program import PASS, Bench, program

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS = 15
PAGES = 100
STORIES = 200
AGAINST = "python -c pass"


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
    yield from _unchanged(Bench(vault, home, ("--snapshot", str(snapshot))), "snapshot", goal=True)
    with Canned(STORIES).served() as api:
        online = Bench(vault, home, api=api)
        online.settle()
        offline = Bench(vault, home, ("--offline",), api)
        yield from _unchanged(offline, "store, `--offline`", goal=True)
        yield from _unchanged(online, "store and probe", goal=False)
        online.configure('max_age = "1h"\n')
        yield from _unchanged(online, "store, `max_age`", goal=True)


def _unchanged(bench: Bench, whence: str, *, goal: bool) -> Iterator[Row]:
    bench.settle()
    one, hundred, nothing = alternate(
        ROUNDS,
        partial(bench.render, "00/00/Note 0.md"),
        bench.render,
        partial(ran, PASS),
    )
    for what, cost, at_most, aim in (
        ("one page", one, 3.0, 2.0),
        (f"{PAGES} pages", hundred, 3.5, 2.5),
    ):
        yield ratio(
            f"`render` of {what}, unchanged; {whence}",
            AGAINST,
            (cost, nothing),
            at_most=at_most if goal else None,
            aim=aim if goal else None,
        )
