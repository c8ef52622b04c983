"""What a render of a large project takes of memory: the whole process, at its peak."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.bench.canned import Canned
from tests.bench.data import BLOCK, QUERY
from tests.bench.harness import Row, megabytes
from tests.bench.program import PASS, Bench, usage_of

if TYPE_CHECKING:
    from collections.abc import Iterator

STORIES = 10_000
MOST = 100_000
AT_MOST = 80e6
"""Bytes over the interpreter's own."""
AIM = 60e6

PAGES = {
    "Ready": QUERY,
    "Load": """\
from userstories
where not is_closed
group by who = assigned_to_extra_info.username having count() > 10
order by sum(total_points) desc nulls last
select who, n = count(), sum = sum(total_points)""",
    "Overdue": """\
from userstories
where due_date < today() and subject:lower():find('login', 1, true)
order by due_date, ref desc
limit 50
template overdue""",
}
"""The pages: a block each, over the same list."""


def measure(*, full: bool) -> Iterator[Row]:
    """This section of the table."""
    count = MOST if full else STORIES
    with TemporaryDirectory() as folder, Canned(count).served() as api:
        bench = Bench(_vault(Path(folder) / "vault"), Path(folder) / "home", (), api)
        bench.render()
        bench.forget()
        ours = bench.used("render", "--offline").memory
        nothing = usage_of(PASS, folder=bench.vault, env=bench.env).memory
    what = f"{count:,} stories of the store, rendered by three pages, memory"
    taken = ours - nothing
    note = f"{megabytes(ours)} - {megabytes(nothing)} = {megabytes(taken)}"
    yield Row(
        what, f"{megabytes(AT_MOST)} over python -c pass", taken / AT_MOST, 1.0, AIM / AT_MOST, note
    )


def _vault(folder: Path) -> Path:
    folder.mkdir()
    (folder / "taiga-notes.toml").write_text('project = "acme"\n', encoding="utf-8")
    for name, query in PAGES.items():
        (folder / f"{name}.md").write_text(BLOCK.format(query=query), encoding="utf-8")
    return folder
