"""Pushing: what the plan for a thousand ticks costs, against asking for the same items by hand.

`python -m tests.bench.bench_push` prints its part of the table alone. A plan looks at each item
that is about to be changed and, since a story closes with its last task, at its tasks; so it is
held against a loop that asks for the same and does no more.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from tests.bench.harness import Row, alternate, growth, ran, ratio
from tests.bench.program import Bench, program
from tests.bench.table import plain
from tests.fake_taiga import Taiga, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

TICKS = 1_000
FEW = 100
ROUNDS = 3
AGAINST = "httpx, the same requests"

BLOCK = """\
<!-- taiga
from userstories where ref <= {} template tasks push done
-->

<!-- /taiga -->
"""

BY_HAND = """
import json, sys, httpx
api, token, project, *numbers = sys.argv[1:]
with httpx.Client(headers={"Authorization": f"Bearer {token}"}) as client:
    for number in numbers:
        json.loads(client.get(f"{api}/userstories/{number}").content)
        tasks = {"project": project, "user_story": number, "page_size": "1000"}
        json.loads(client.get(f"{api}/tasks", params=tasks).content)
"""


def measure(*, full: bool) -> Iterator[Row]:
    """This section of the table.

    Args:
        full: also fewer ticks, to tell how it grows.
    """
    costs = []
    for count in (FEW, TICKS) if full else (TICKS,):
        with TemporaryDirectory() as folder:
            ours, theirs = _costs(Path(folder), count)
        costs.append(ours)
        if count == TICKS:
            what = f"plan of a push of {count:,} ticks"
            yield ratio(what, AGAINST, (ours, theirs), at_most=2.0, aim=1.5)
    if full:
        yield growth("plan of a push, by ticks", (FEW, TICKS), costs)


def _costs(folder: Path, count: int) -> list[float]:
    taiga = Taiga()
    ada = taiga.add_user("ada")
    acme = taiga.add_project("Acme", owner=ada, slug="acme")
    stories = taiga.bulk_create(acme, count)
    token = taiga.token(ada)
    with serve(taiga) as server:
        bench = _ticked(Bench(folder / "vault", folder / "home", (), server.url, token), count)
        plan = [*program(), "push", "--dry-run"]
        numbers = [str(story.id) for story in stories]
        by_hand = [sys.executable, "-c", BY_HAND, server.url, token, str(acme.id), *numbers]
        return alternate(
            ROUNDS,
            # With something to do it ends with 1.
            partial(ran, plan, folder=bench.vault, env=bench.env, status=1),
            partial(ran, by_hand),
        )


def _ticked(bench: Bench, count: int) -> Bench:
    """A vault with a page in which a person has ticked so many stories."""
    bench.vault.mkdir()
    bench.configure(f'trust = ["{bench.vault}"]\n')
    (bench.vault / "taiga-notes.toml").write_text('project = "acme"\n', encoding="utf-8")
    page = bench.vault / "Tasks.md"
    page.write_text(BLOCK.format(count), encoding="utf-8")
    bench.render()
    text = page.read_text(encoding="utf-8")
    assert text.count("[ ]") == count
    page.write_text(text.replace("[ ]", "[x]"), encoding="utf-8")
    return bench


def main() -> None:
    """Print the rows."""
    for row in measure(full=True):
        print(plain(row), flush=True)  # noqa: T201 - the table is the output


if __name__ == "__main__":
    main()
