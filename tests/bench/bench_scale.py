"""A tenth and the whole of what is a lot: notes, projects, stories.

`python -m tests.bench.bench_scale [notes|projects|stories]` prints its part of the table alone. It
takes some eight minutes, 2 GB of the disk for its notes and 2 GB of memory for what stands in for
Taiga. What is measured are processes of the installed program, with their CPU time and the memory
that they hold at most.
"""

from __future__ import annotations

import os
import random
import shutil
import sys
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.bench.bench_watch import cpu_seconds
from tests.bench.canned import Canned
from tests.bench.data import BLOCK, QUERY, WORDS, write_snapshot
from tests.bench.harness import (
    Row,
    alternate,
    growth,
    megabytes,
    missing,
    ran,
    ratio,
    seconds,
)
from tests.bench.program import Bench, Usage
from tests.bench.table import plain
from tests.bench.vaults import AGAINST, NO_RG, PATTERN
from tests.cli.program import Program
from tests.cli.watching import Watching
from tests.fake_taiga import Taiga, serve

if sys.platform != "win32":
    import pty

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.bench.harness import Cost

NOTES = (10_000, 100_000)
PROJECTS = (20, 200)
STORIES = (10_000, 100_000)
"""Of each a tenth, and the whole."""

LINEAR = 1.05
"""What an exponent of growth may be, between those: a start is in each."""

NOTE_BYTES = 20_000
BODIES = 200
"""How many different texts the notes have."""

ONE_IN = 100
"""Notes of which one has a block, and stories of which one is edited."""

OF_A_PROJECT = 20
"""Stories of each of many projects."""

ROUNDS = 3
IDLE = 20.0
"""Seconds for which a watch is left alone."""

MINE = """\
<!-- taiga
from userstories{project='*'}
where not is_closed
order by ref limit 20
template links
-->

<!-- /taiga -->
"""


def measure(*, full: bool) -> Iterator[Row]:
    """This section of the table; nothing of it is quick."""
    if full:
        yield from notes()
        yield from projects()
        yield from stories()


def notes() -> Iterator[Row]:
    """Rows of large vaults."""
    first, unchanged, watch = [], [], []
    for size in NOTES:
        with TemporaryDirectory() as folder:
            if shutil.disk_usage(folder).free < 2 * size * NOTE_BYTES:
                yield missing(f"{size:,} notes", AGAINST, "too little room on the disk")
                return
            bench = _vault(Path(folder), size)
            if size == NOTES[-1]:
                yield from _against_rg(bench, size)
            costs = alternate(ROUNDS, bench.render, partial(_forgotten, bench))
            unchanged.append(costs[0])
            first.append(costs[1])
            bench.forget()
            memory = bench.used("render", *bench.options).memory
            cpu, idle = _watched(bench, Path(folder))
            watch.append(cpu)
    most = f"{NOTES[-1]:,} notes"
    note = megabytes(memory)
    yield Row(f"first `render`, {most}, memory", "100 MB", memory / 1e8, 1.0, 0.6, note)
    yield growth("first `render` of notes", NOTES, first, at_most=LINEAR)
    yield growth("`render` of notes, nothing changed", NOTES, unchanged, at_most=LINEAR)
    yield growth("start of a watch until it rests, by notes", NOTES, watch, at_most=LINEAR)
    what = f"a watch of {most}, idle"
    yield Row(what, "1 % of a core", idle / 0.01, 1.0, 0.1, f"{idle:.3%}")


def _vault(folder: Path, size: int) -> Bench:
    snapshot = write_snapshot(folder / "taiga.json", 1_000)
    root = write_notes(folder / "vault", size)
    bench = Bench(root, folder / "home", ("--snapshot", str(snapshot)))
    bench.settle()
    return bench


def write_notes(root: Path, count: int) -> Path:
    """A vault of notes of some `NOTE_BYTES`, in folders of fifty; one in `ONE_IN` has a block."""
    dice = random.Random(count)  # noqa: S311 - chance that can be repeated
    lines = NOTE_BYTES // 90
    bodies = [
        "\n".join(
            " ".join(dice.choices(WORDS, k=12))
            for _ in range(dice.randrange(lines, 3 * lines // 2))
        )
        for _ in range(BODIES)
    ]
    root.mkdir()
    (root / "taiga-notes.toml").write_text('project = "acme"\n', encoding="utf-8")
    for number in range(count):
        folder = root / f"{number // 1_000:03}" / f"{number // 50 % 20:02}"
        folder.mkdir(parents=True, exist_ok=True)
        block = "" if number % ONE_IN else f"\n{BLOCK.format(query=QUERY)}"
        text = f"# Note {number}\n\n{bodies[number % BODIES]}\n{block}"
        (folder / f"Note {number}.md").write_text(text, encoding="utf-8")
    return root


def _forgotten(bench: Bench) -> Cost:
    bench.forget()
    return bench.render()


def _against_rg(bench: Bench, size: int) -> Iterator[Row]:
    whats = (
        (f"first `render`, {size:,} notes of {NOTE_BYTES // 1000} kB", 3.0, 2.0),
        (f"`render`, {size:,} notes of {NOTE_BYTES // 1000} kB, nothing changed", 1.0, 0.7),
    )
    rg = shutil.which("rg")
    if rg is None:
        for what, at_most, aim in whats:
            yield missing(what, AGAINST, NO_RG, at_most=at_most, aim=aim)
        return
    search = partial(ran, [rg, "-l", "-j1", PATTERN, "."], folder=bench.vault, status=None)
    first, unchanged, theirs = alternate(ROUNDS, partial(_forgotten, bench), bench.render, search)
    for (what, at_most, aim), ours in zip(whats, (first, unchanged), strict=True):
        yield ratio(what, AGAINST, (ours, theirs), at_most=at_most, aim=aim)


def _watched(bench: Bench, folder: Path) -> tuple[Cost, float]:
    """CPU time of a watch until it rests, and the share of a core that it takes from then on."""
    settings = 'project = "acme"\n[watch]\nevery = "1h"\n'
    (bench.vault / "taiga-notes.toml").write_text(settings, encoding="utf-8")
    with Canned(1_000).served() as api:
        online = Bench(bench.vault, folder / "watched", (), api)
        # What a render has found out of the notes, a watch makes use of.
        online.settle()
        watched = Program(online.home, bench.vault, online.env)
        with Watching(watched) as watching:
            watching.settle()
            start = cpu_seconds(watching.process.pid)
            time.sleep(min(IDLE, 2.0))
            before = cpu_seconds(watching.process.pid)
            time.sleep(IDLE)
            share = (cpu_seconds(watching.process.pid) - before) / IDLE
    return start, share


def projects() -> Iterator[Row]:
    """Rows of all projects of an account."""
    same, changed = [], []
    for count in PROJECTS:
        with TemporaryDirectory() as folder:
            found = _of_projects(Path(folder), count)
        same.append(found.same.cpu)
        changed.append(found.changed.cpu)
    many = f"{PROJECTS[-1]:,} projects"
    for change, usage, requests, most in (
        ("nothing changed", found.same, found.same_requests, 2 * count + 2),
        ("one story changed", found.changed, found.changed_requests, 2 * count + 4),
    ):
        note = f"{requests} / {most}, {seconds(usage.cpu)}, {seconds(usage.wall)} by the clock"
        goal = f"2 a project, and {most - 2 * count}"
        what = f"requests of a refresh, {change}; {many}"
        yield Row(what, goal, requests / most, 1.0, 1.0, note)
    what = f"refresh of {many}, nothing changed"
    yield ratio(
        what, "httpx, the same requests", (found.same.cpu, found.by_hand), at_most=3.0, aim=2.0
    )
    yield growth("refresh, nothing changed, by projects", PROJECTS, same, at_most=LINEAR)
    yield growth("refresh, one story changed, by projects", PROJECTS, changed, at_most=LINEAR)


@dataclass(frozen=True, slots=True)
class _OfProjects:
    """Of refreshes where nothing changed, and one story, with their requests; and what asking for
    the same costs by hand."""

    same: Usage
    changed: Usage
    same_requests: int
    changed_requests: int
    by_hand: Cost


_BY_HAND = """
import json, sys, httpx
api, token, count = sys.argv[1:]
with httpx.Client(headers={"Authorization": f"Bearer {token}"}) as client:
    json.loads(client.get(f"{api}/projects?member=1&page_size=1000").content)
    for n in range(int(count)):
        detail = json.loads(client.get(f"{api}/projects/by_slug?slug=p{n}").content)
        query = f"project={detail['id']}&page_size=1&only_ref=1"
        json.loads(client.get(f"{api}/userstories?{query}").content)
"""


def _of_projects(folder: Path, count: int) -> _OfProjects:
    taiga = Taiga()
    ada = taiga.add_user("ada")
    made = [taiga.add_project(f"P {n}", owner=ada, slug=f"p{n}") for n in range(count)]
    for project in made:
        taiga.bulk_create(project, OF_A_PROJECT)
    story = taiga.of_project("userstories", made[count // 2])[3]
    token = taiga.token(ada)
    with serve(taiga) as server:
        bench = Bench(folder / "vault", folder / "home", (), server.url, token)
        bench.vault.mkdir()
        (bench.vault / "taiga-notes.toml").write_text('project = "p0"\n', encoding="utf-8")
        (bench.vault / "Mine.md").write_text(MINE, encoding="utf-8")
        bench.configure(f'trust = ["{bench.vault}"]\n')
        bench.settle()

        def refreshed(name: str = "") -> tuple[Usage, int]:
            # Edits are looked for from a few seconds back.
            taiga.clock.advance(60)
            if name:
                taiga.edit(story, subject=name)
            taiga.log.clear()
            usage = bench.used("render")
            return usage, len(taiga.log.lines())

        same, changed, theirs = [], [], []
        for number in range(ROUNDS):
            same.append(refreshed())
            changed.append(refreshed(f"Edit {number}"))
            by_hand = [sys.executable, "-c", _BY_HAND, server.url, token, str(count)]
            theirs.append(ran(by_hand))
    least = [min(each, key=lambda one: one[0].cpu) for each in (same, changed)]
    return _OfProjects(least[0][0], least[1][0], least[0][1], least[1][1], min(theirs))


def stories() -> Iterator[Row]:
    """Rows of large projects."""
    first, refreshed = [], []
    for count in STORIES:
        with TemporaryDirectory() as folder:
            found = _of_stories(Path(folder), count)
        first.append(found.first.cpu)
        refreshed.append(found.refreshed.cpu)
    most = f"{STORIES[-1]:,} stories"
    note = f"{megabytes(found.first.memory)} / {megabytes(found.size)}; "
    note += f"{found.bars} states of the bar in {seconds(found.first.wall)}"
    what, against = f"first fetch of {most}, memory", "the list's bytes"
    yield Row(what, against, found.first.memory / found.size, 1.0, 0.5, note)
    what = f"refresh of {most}, 1 in {ONE_IN} edited"
    costs = (found.refreshed.cpu, found.first.cpu)
    yield ratio(what, "the first fetch", costs, at_most=0.5, aim=0.3)
    yield growth("first fetch, by stories", STORIES, first, at_most=LINEAR)
    yield growth(f"refresh, 1 in {ONE_IN} edited, by stories", STORIES, refreshed, at_most=LINEAR)


@dataclass(frozen=True, slots=True)
class _OfStories:
    """Of a first fetch, and a refresh after edits; the list's bytes; states of the bar."""

    first: Usage
    refreshed: Usage
    size: int
    bars: int


def _of_stories(folder: Path, count: int) -> _OfStories:
    canned = Canned(count)
    answer = canned.answer("/api/v1/userstories")
    firsts, refreshes, bars = [], [], 0
    with canned.served() as api:
        for number in range(ROUNDS):
            bench = Bench(folder / f"vault {number}", folder / f"home {number}", (), api)
            bench.vault.mkdir()
            (bench.vault / "taiga-notes.toml").write_text('project = "acme"\n', encoding="utf-8")
            page = bench.vault / "Page.md"
            page.write_text(BLOCK.format(query=QUERY), encoding="utf-8")
            usage, drawn = _drawn(bench)
            firsts.append(usage)
            bars = max(bars, drawn)
            canned.edit(range(number, count, ONE_IN))
            refreshes.append(bench.used("render"))
    least = [min(each, key=lambda one: one.cpu) for each in (firsts, refreshes)]
    return _OfStories(least[0], least[1], len(answer[1]) if answer else 0, bars)


def _drawn(bench: Bench) -> tuple[Usage, int]:
    """What a run on a terminal takes, and how many states of a bar it shows there."""
    ours, its = pty.openpty()
    try:
        usage = bench.used("render", terminal=its)
        os.set_blocking(ours, False)
        try:
            shown = os.read(ours, 1_000_000)
        except BlockingIOError:
            shown = b""
    finally:
        os.close(ours)
        os.close(its)
    return usage, shown.count(b"[#")


SCENES = {"notes": notes, "projects": projects, "stories": stories}


def main(names: Sequence[str]) -> None:
    """Print the rows."""
    for name in names or SCENES:
        for row in SCENES[name]():
            print(plain(row), flush=True)  # noqa: T201 - the table is the output


if __name__ == "__main__":
    main(sys.argv[1:])
