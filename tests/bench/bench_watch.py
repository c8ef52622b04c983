"""What watching costs, as a table: `python -m tests.bench.bench_watch [NOTES …]`.

For vaults of 100 and 10,000 notes, one in ten with a block, and 1,000 stories in a Taiga on
loopback: milliseconds from a save to the rewritten page and from an act in Taiga, by webhook, to
the rewritten page, quiet times excluded; CPU over an idle minute; memory. A size takes three
minutes: the idle one, forty saves, and forty acts that each wait until the watch is at rest.
"""

from __future__ import annotations

import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

from taiga_notes.watch.schedule import HINT_QUIET
from tests.bench.table import machine
from tests.cli.program import Program
from tests.cli.watching import Watching, block, memory_of
from tests.fake_taiga import Taiga, populate, serve

QUIET = 0.3
"""Seconds; the default `quiet_ms`."""

STORIES = 1000
TIMES = 40
IDLE = 60.0

QUERY = "from userstories where subject == 'none' select subject template list"


def main(arguments: list[str]) -> None:
    """Prints a row of figures for each size, and the machine, in Markdown."""
    print(line("notes", "save p50", "p95", "webhook p50", "p95", "idle CPU", "memory", "start"))  # noqa: T201
    print(line(*["---:"] * 8))  # noqa: T201
    for notes in map(int, arguments or ["100", "10000"]):
        with tempfile.TemporaryDirectory() as folder:
            print(line(f"{notes:,}", *measured(Path(folder), notes)), flush=True)  # noqa: T201
    print(f"\n{machine()}, `python -m tests.bench.bench_watch`")  # noqa: T201


def line(*cells: str) -> str:
    """A row of the table."""
    return f"| {' | '.join(cells)} |"


def measured(folder: Path, notes: int) -> list[str]:
    """The figures of one size."""
    program = Program(folder / "home", folder / "vault")
    program.home.mkdir()
    fill(program.folder, notes)
    taiga = Taiga()
    populate(taiga, stories=STORIES)
    with serve(taiga) as server:
        program.env |= {
            "TAIGA_NOTES_API": server.url,
            "TAIGA_NOTES_USERNAME": "ada",
            "TAIGA_NOTES_PASSWORD": "ada-password",
        }
        begun = time.monotonic()
        program.env["TAIGA_NOTES_WEBHOOK_KEY"] = "of no project"
        with Watching(program, "--webhook", "127.0.0.1:0") as watching:
            watching.until("changed", page="first.md")
            start = time.monotonic() - begun
            watching.settle()
            saves = save_times(program.folder)
            hooks = hook_times(watching, program, taiga)
            cpu, memory = idle(watching.pid)
    waits = [*quantiles(saves), *quantiles(hooks)]
    return [*waits, f"{cpu:.2%}", f"{memory / 1000:.0f} MB", f"{start:.1f} s"]


def fill(vault: Path, notes: int) -> None:
    """Writes the vault: a note in ten has a block, whose query finds nothing."""
    vault.mkdir()
    (vault / "taiga-notes.toml").write_text('project = "acme"\n[watch]\nevery = "1h"\n')
    for number in range(notes):
        folder = vault / f"folder {number % 100}"
        folder.mkdir(exist_ok=True)
        text = block(QUERY) if number % 10 == 0 else "A note without any block.\n" * 20
        (folder / f"{number}.md").write_text(text)
    (vault / "first.md").write_text(block("from userstories order by ref limit 5"))


def save_times(vault: Path) -> list[float]:
    """Seconds from the end of a save to the page with its block rendered."""
    times = []
    for number in range(TIMES):
        page = vault / f"folder {number}" / "saved.md"
        page.write_text(block("from userstories order by ref limit 5"))
        times.append(seconds_until(page, "](http") - QUIET)
    return times


def hook_times(watching: Watching, program: Program, taiga: Taiga) -> list[float]:
    """Seconds from an act in Taiga to the page that shows it; each time from rest."""
    address = watching.started["webhook"]
    done = program("webhook", "add", f"http://{address}/", "--project", "acme")
    assert done.status == 0, done.err
    watching.process.send_signal(signal.SIGHUP)
    watching.until("settings", message="read again")
    watching.settle()
    page = program.folder / "first.md"
    story = min(taiga.rows["userstories"].values(), key=lambda story: story.ref)
    times = []
    for number in range(TIMES):
        taiga.edit(story, subject=f"Edit number {number}.")
        times.append(seconds_until(page, f"number {number}.") - HINT_QUIET)
        watching.settle()
    return times


def seconds_until(page: Path, text: str) -> float:
    """Seconds until a page holds a text."""
    begun = time.perf_counter()
    while text not in page.read_text():
        assert time.perf_counter() < begun + 30
        time.sleep(0.002)
    return time.perf_counter() - begun


def idle(pid: int) -> tuple[float, int]:
    """The share of one core that nothing to do costs over a minute, and memory in kB."""
    time.sleep(3)  # the last act's look at Taiga ends
    before = cpu_seconds(pid)
    time.sleep(IDLE)
    return (cpu_seconds(pid) - before) / IDLE, memory_of(pid)


def cpu_seconds(pid: int) -> float:
    """CPU time of a process until now."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def quantiles(times: list[float]) -> list[str]:
    """Median and 95th percentile."""
    cuts = statistics.quantiles(times, n=20)
    return [f"{1000 * cuts[place]:.0f} ms" for place in (9, 18)]


if __name__ == "__main__":
    main(sys.argv[1:])
