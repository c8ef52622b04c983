"""The language server: how long somebody waits who types.

`python -m tests.bench.bench_lsp [--full]` prints its part of the table alone. The server is a
process of its own, with a page of 2,000 lines in 50 blocks and 10,000 stories in its store. Unlike
all other benchmarks it tells the time by the clock: from a keystroke that is sent to the answer
that is read, the client's own work included. Each value is the 95th percentile.
"""

from __future__ import annotations

import math
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types

from tests.bench.canned import Canned
from tests.bench.harness import Row, ran
from tests.lsp.editor import Editor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

STORIES = 10_000
BLOCKS = 50
LINES = 40
ROUNDS = 100
GOAL = 0.05
PROGRAM = Path(sys.executable).with_name("taiga-notes")

_TYPED = " and subject:contains('a')"


def measure(*, full: bool) -> Iterator[Row]:
    """The rows of the table.

    Args:
        full: whether more keystrokes are measured.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        page = folder / "vault" / "Page.md"
        page.parent.mkdir()
        page.write_text(text_of_page(), encoding="utf-8")
        (folder / "vault" / "taiga-notes.toml").write_text('project = "acme"\n', encoding="utf-8")
        with Canned(STORIES).served() as api:
            env = {**_homes(folder), "TAIGA_NOTES_API": api, "TAIGA_NOTES_TOKEN": "x"}
            ran([PROGRAM, "render"], folder=folder / "vault", env=env)
        with Editor([str(PROGRAM), "lsp"], {**os.environ, **env}, folder) as editor:
            times = _typing(editor, page.as_uri(), page.read_text(encoding="utf-8"), full=full)
    for what, seconds in times.items():
        yield _row(what, seconds)


def text_of_page() -> str:
    """A page with blocks that ask for different things, and prose."""
    blocks = []
    for number in range(BLOCKS):
        query = f"from userstories where ref > {number} and not is_closed order by ref limit 20"
        block = f"<!-- #taiga: {query} template links -->\n<!-- /taiga -->\n\n"
        prose = ["Some words about it, as people write them.\n"] * (LINES - 25)
        blocks.append(f"## Block {number}\n\n{block}{''.join(prose)}\n")
    return "".join(blocks)


def _homes(folder: Path) -> dict[str, str]:
    names = ("HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME")
    return {name: str(folder / "home") for name in names}


def _typing(editor: Editor, uri: str, text: str, *, full: bool) -> dict[str, list[float]]:
    """Types a condition into a block in the middle, character by character."""
    assert not editor.open(uri, text), "the page has mistakes"
    times: dict[str, list[float]] = {"diagnostics": [], "completion": []}
    marker = f"ref > {BLOCKS // 2} "
    for number in range(ROUNDS * (5 if full else 1)):
        at = number % len(_TYPED)
        if at == 0:
            editor.typed(uri, text)
            place = editor.position(uri, marker, len(marker) - 1)
        here = types.Position(place.line, place.character + at)
        change = types.TextDocumentContentChangePartial(types.Range(here, here), _TYPED[at])
        line = editor.buffers[uri].text.index(marker) + len(marker) - 1
        whole = editor.buffers[uri].text
        new = whole[: line + at] + _TYPED[at] + whole[line + at :]
        start = time.perf_counter()
        editor.change(uri, new, [change])
        editor.said(uri)
        times["diagnostics"].append(time.perf_counter() - start)
        times["completion"].append(
            _timed(lambda here=here: editor.completion(uri, _behind(here)))  # type: ignore[misc]
        )
    return times


def _behind(position: types.Position) -> types.Position:
    return types.Position(position.line, position.character + 1)


def _timed(act: Callable[[], object]) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def _row(what: str, seconds: list[float]) -> Row:
    ordered = sorted(seconds)
    late = ordered[math.ceil(0.95 * len(ordered)) - 1]
    middle = ordered[len(ordered) // 2]
    lines = BLOCKS * LINES
    note = f"p95 {1000 * late:.0f} ms, median {1000 * middle:.0f} ms of {len(ordered)}"
    what = f"{what} while typing, {lines:,} lines, {STORIES:,} stories"
    return Row(what, f"{1000 * GOAL:.0f} ms", late / GOAL, 1.0, 0.5, note)


def main() -> None:
    """Print the rows."""
    for row in measure(full="--full" in sys.argv):
        value = "-" if row.value is None else f"{row.value:.3f}"
        print(f"{row.what:64} {row.against:32} {value:>8} {row.verdict:8} {row.note}")  # noqa: T201


if __name__ == "__main__":
    main()
