"""The store: what a refresh costs Taiga, and what a start from it costs this machine.

`python -m tests.bench.bench_store [--full]` prints its part of the table alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from taiga_notes.model.rows import Listing
from taiga_notes.taiga.auth.credentials import Anonymous, FixedToken
from taiga_notes.taiga.http.client import Client
from taiga_notes.taiga.source import Taiga
from taiga_notes.taiga.sync.sync_session import SyncPolicy
from tests.bench.canned import Canned
from tests.bench.data import WEB
from tests.bench.harness import Row, alternate, growth, megabytes, ratio, timed
from tests.bench.stored import STORIES, opened
from tests.fake_taiga import Taiga as Fake
from tests.fake_taiga import populate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.fake_taiga.model import Project

FIELDS = (
    ("status_extra_info", "name"),
    ("subject",),
    ("assigned_to_extra_info", "username"),
    ("due_date",),
    ("modified_date",),
)
"""What a query of five fields loads."""

KINDS = ("userstories", "tasks", "issues", "epics", "milestones", "wiki")
ROUNDS = 7
MANY = 10_000
MOST = 100_000


def measure(*, full: bool) -> list[Row]:
    """The rows of the table.

    Args:
        full: all sizes, else the quick ones.
    """
    with tempfile.TemporaryDirectory() as folder:
        rows = [*_traffic(Path(folder) / "traffic.sqlite", MANY if full else 1_000)]
        for projects in (1, 4):
            rows += _budget(Path(folder) / f"budget-{projects}.sqlite", projects)
        rows.append(_first_fetch(Path(folder), MANY))
        rows += _warm_starts(Path(folder), (1_000, MANY, MOST) if full else (1_000, MANY))
        rows.append(_memory(Path(folder), MOST if full else MANY))
        return rows


def _traffic(file: Path, count: int) -> Iterator[Row]:
    """Requests and bytes of refreshes, against reading everything."""
    fake = Fake()
    acme = populate(fake, stories=count)
    token = fake.token(acme.owner)
    stories = fake.of_project("userstories", acme)

    def cost() -> tuple[int, int]:
        """Of a refresh by a process that has just begun."""
        client = Client(
            "http://taiga.example/api/v1",
            FixedToken("Bearer", token, "the benchmark's token"),
            transport=httpx.WSGITransport(app=fake.app),
        )
        with Taiga(lambda: client, file=file, policy=SyncPolicy(WEB)) as taiga:
            taiga.rows(STORIES)
        return client.statistics.requests, client.statistics.bytes

    whole = cost()
    changes: list[tuple[str, Callable[[], None]]] = [
        ("nothing changed", lambda: None),
        ("one story dragged", lambda: fake.drag_on_board(stories[7], "Done")),
        ("one story edited", lambda: fake.edit(stories[8], subject="Other")),
        ("100 stories edited", lambda: _edit(fake, stories[:100])),
        ("20 of 100 dragged instead", lambda: _drag(fake, stories[:20], stories[100:180])),
    ]
    for what, change in changes:
        # Edits are looked for from a few seconds back: those of the filling are older than that.
        fake.clock.advance(60)
        change()
        requests, size = cost()
        note = f"{requests} / {whole[0]} requests, {megabytes(size)} / {megabytes(whole[1])}"
        against = f"reading all {count:,} stories"
        yield Row(f"bytes of a refresh, {what}", against, size / whole[1], note=note)


def _budget(file: Path, count: int) -> Iterator[Row]:
    """Requests and bytes of six lists a project, against what they may be."""
    fake = Fake()
    owner = fake.add_user("ada")
    projects = [fake.add_project(f"Project {n}", owner=owner, slug=f"p{n}") for n in range(count)]
    for project in projects:
        _furnish(fake, project)
    token = fake.token(owner)

    def connect() -> Client:
        auth = FixedToken("Bearer", token, "the benchmark's token")
        transport = httpx.WSGITransport(app=fake.app)
        return Client("http://taiga.example/api/v1", auth, transport=transport)

    def cost() -> tuple[int, int]:
        client = connect()
        with Taiga(lambda: client, file=file, policy=SyncPolicy(WEB)) as taiga:
            for project in projects:
                for kind in KINDS:
                    taiga.rows(Listing(kind, project.slug))
        return client.statistics.requests, client.statistics.bytes

    cost()
    requests, size = cost()
    with connect() as client:
        for project in projects:
            client.get(f"/projects/{project.id}")
        details = client.statistics.bytes
    lists = f"{len(KINDS) * count} lists of {count} projects" if count > 1 else "six lists"
    most = 2 * count + 1
    what = f"requests of a refresh, nothing changed; {lists}"
    yield Row(what, "2 a project, and 1", requests / most, 1.0, 1.0, f"{requests} / {most}")
    what = f"bytes of a refresh, nothing changed; {lists}"
    goal = details + 2_000
    yield Row(what, "the details, and 2 kB", size / goal, 1.0, 1.0, f"{size:,} / {goal:,}")
    fake.clock.advance(60)
    fake.edit(fake.of_project("userstories", projects[0])[0], subject="Other")
    requests, _ = cost()
    what = f"requests of a refresh, one story changed; {lists}"
    note = f"{requests} / {most + 2}"
    yield Row(what, "2 a project, and 3", requests / (most + 2), 1.0, 1.0, note)


def _furnish(fake: Fake, project: Project) -> None:
    """A project with something of everything."""
    stories = fake.bulk_create(project, 100)
    sprint = fake.add_sprint(project, "Sprint")
    fake.move_stories_to_sprint(stories[:10], sprint)
    fake.relate_epic(fake.add_epic(project, "Epic"), stories[20])
    for story in stories[:30]:
        fake.add_task(story, "Task")
    fake.add_issue(project, "Issue", sprint=sprint)
    fake.add_wiki(project, "home", "Welcome " * 500)


def _edit(fake: Fake, stories: list[Any]) -> None:
    for story in stories:
        fake.edit(story, subject=f"{story.subject} again")


def _drag(fake: Fake, dragged: list[Any], edited: list[Any]) -> None:
    for story in dragged:
        fake.drag_on_board(story, "In progress")
    _edit(fake, edited)


def _first_fetch(folder: Path, count: int) -> Row:
    """From nothing to a filled store, over a socket; the server's work does not count."""
    canned = Canned(count)
    body = {"x-disable-pagination": "1"}
    numbers = iter(range(1_000))
    with canned.served() as api:

        def ours() -> float:
            file = folder / f"first-{next(numbers)}.sqlite"
            taiga = Taiga(lambda: Client(api, Anonymous()), file=file, policy=SyncPolicy(WEB))
            taiga.client.get("/projects/by_slug", {"slug": "acme"})
            start = time.thread_time()
            taiga.rows(STORIES)
            cost = time.thread_time() - start
            taiga.close()
            file.unlink()
            return cost

        def theirs() -> float:
            with httpx.Client() as client:
                client.get(f"{api}/projects/by_slug")
                start = time.thread_time()
                json.loads(client.get(f"{api}/userstories", headers=body).content)
                return time.thread_time() - start

        costs = alternate(ROUNDS, ours, theirs)
    what, against = f"first fetch of {count:,} stories into the store", "httpx + json.loads"
    return ratio(what, against, costs, at_most=1.2, aim=0.6)


def _warm_starts(folder: Path, sizes: tuple[int, ...]) -> Iterator[Row]:
    """From opening the store to the columns of a query, against parsing the list."""
    starts = []
    for count in sizes:
        canned = Canned(count)
        file = _filled(folder, canned)
        text = b"".join(_bodies(canned))

        def start(canned: Canned = canned, file: Path = file) -> None:
            with opened(canned, file, offline=True) as taiga:
                rows = taiga.rows(STORIES)
                for path in FIELDS:
                    rows.column(path)

        def parse(text: bytes = text) -> None:
            json.loads(text)

        costs = alternate(ROUNDS, lambda s=start: timed(s), lambda p=parse: timed(p))  # type: ignore[misc]  # bound at once
        starts.append(costs[0])
        if count == MANY:
            what, against = f"warm start from the store, {count:,} stories", "json.loads of them"
            yield ratio(what, against, costs, at_most=0.2, aim=0.05)
    yield growth("warm start from the store", sizes, starts)


def _filled(folder: Path, canned: Canned) -> Path:
    file = folder / f"filled-{canned.count}.sqlite"
    with opened(canned, file) as taiga:
        taiga.rows(STORIES)
    return file


def _bodies(canned: Canned) -> Iterator[bytes]:
    """The whole list's text."""
    answer = canned.answer("/api/v1/userstories")
    yield answer[1] if answer else b"[]"


_PROGRAM = """
import json, sys
from pathlib import Path
from tests.bench.bench_store import resident
from tests.bench.canned import Canned
import {imports}
before = resident()
kept = {load}
print(resident() - before)
"""


def _memory(folder: Path, count: int) -> Row:
    """Resident memory over the interpreter's, once loaded."""
    canned = Canned(count)
    file = _filled(folder, canned)
    text = folder / "list.json"
    text.write_bytes(b"".join(_bodies(canned)))
    ours = _resident("tests.bench.bench_store as b", f"b.loaded(Path({str(file)!r}))")
    theirs = _resident("json", f"json.loads(Path({str(text)!r}).read_bytes())")
    what = f"{count:,} stories loaded for a query of five fields, memory"
    costs = (ours, theirs)
    return ratio(what, "the same as json.loads dicts", costs, at_most=0.2, aim=0.12, unit=megabytes)


def loaded(file: Path) -> object:
    """A store's rows with five columns loaded; runs in a process of its own."""
    taiga = opened(Canned(0), file, offline=True)
    rows = taiga.rows(STORIES)
    return taiga, [rows.column(path) for path in FIELDS]


def _resident(imports: str, load: str) -> float:
    program = _PROGRAM.format(imports=imports, load=load)
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return float(done.stdout)


def resident() -> int:
    """This process's resident memory, in bytes."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * 4096


def main() -> None:
    """Print the rows."""
    for row in measure(full="--full" in sys.argv):
        value = "-" if row.value is None else f"{row.value:.3f}"
        print(f"{row.what:64} {row.against:32} {value:>8} {row.verdict:8} {row.note}")  # noqa: T201


if __name__ == "__main__":
    main()
