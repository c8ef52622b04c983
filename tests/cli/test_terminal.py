"""At a terminal: progress, colours, and Ctrl-C."""

from __future__ import annotations

import io
import re
import time
from typing import TYPE_CHECKING

import pytest

from taiga_notes.cli import report
from taiga_notes.markdown.tables import width_of
from taiga_notes.system import progress
from tests.cli.program import untouched
from tests.cli.terminal import Terminal

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Acme
    from tests.cli.program import Program

pytestmark = pytest.mark.slow

COUNT = "There are <!-- taiga: from userstories select count() --><!-- /taiga --> stories.\n"
ERASED = "\r\x1b[K"


def test_progress_shows_after_a_second_while_taiga_is_slow_and_goes_away(
    vault: Path, acme: Acme, program: Program
) -> None:
    assert vault
    program.page("A.md", COUNT)
    acme.taiga.faults.add("slow start", seconds=600, path="/userstories")
    with Terminal(program, "render") as terminal:
        terminal.until("0 of 1 pages, ")
        acme.taiga.faults.clear()
        assert terminal.end() == 0
    *shown, last = re.split(r"[\r\n]+", terminal.shown.strip())
    assert ERASED in terminal.shown.partition("changed: A.md")[0]
    assert f"{ERASED}changed: A.md\r\n" in terminal.shown
    assert last == "1 page changed, 0 unchanged"
    line_of_progress = r"(\[ {20}\] 0 of 1|0) pages, \d+ s …\x1b\[K"
    assert all(re.fullmatch(rf"{line_of_progress}|\x1b\[Kchanged: A.md", line) for line in shown)


def test_a_query_tells_that_rows_are_waited_for(vault: Path, acme: Acme, program: Program) -> None:
    assert vault
    acme.taiga.faults.add("slow start", seconds=600, path="/userstories")
    with Terminal(program, "query", "from userstories select count()") as terminal:
        terminal.until(" s …")
        acme.taiga.faults.clear()
        assert terminal.end() == 0
    assert terminal.shown.endswith(f"{ERASED}- 3\r\n")


def test_a_bar_shows_how_far_a_list_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(report, "PATIENCE", 0.0)
    terminal = io.StringIO()
    line = report.Line("pages", terminal)
    progress.tell("pages", 1, 4)
    progress.tell("userstories", 3000, 12000)
    told = "[#####               ] 1 of 4 pages, 3,000 of 12,000 userstories, "
    deadline = time.monotonic() + 30
    while told not in terminal.getvalue() and time.monotonic() < deadline:
        time.sleep(0.01)
    line.end()
    assert told in terminal.getvalue()
    assert terminal.getvalue().endswith(ERASED)


def test_a_pipe_is_shown_no_progress(vault: Path, acme: Acme, program: Program) -> None:
    assert vault
    program.page("A.md", COUNT)
    acme.taiga.faults.add("slow start", seconds=1.5, path="/userstories")
    done = program("render")
    assert (done.status, done.err) == (0, "")
    assert done.out == "changed: A.md\n1 page changed, 0 unchanged\n"


def test_a_diff_is_coloured_unless_that_is_not_wanted(vault: Path, program: Program) -> None:
    assert vault
    program.page("A.md", COUNT)
    with Terminal(program, "render", "--diff") as terminal:
        assert terminal.end() == 0
    assert "\x1b[31m-There are <!-- taiga" in terminal.shown
    assert "\x1b[32m+There are <!-- taiga" in terminal.shown
    assert "\x1b[36m@@ -1 +1 @@\x1b[0m" in terminal.shown
    program.env["NO_COLOR"] = "1"
    with Terminal(program, "render", "--diff") as terminal:
        assert terminal.end() == 0
    assert "\x1b" not in written(terminal)


def test_mistakes_are_coloured_on_a_terminal_and_where_that_is_forced(program: Program) -> None:
    query = ("query", "from userstories where")
    with Terminal(program, *query) as terminal:
        assert terminal.end() == 3
    assert terminal.shown.startswith("\x1b[31mtaiga-notes\x1b[0m: ")
    assert "\x1b" not in program(*query).err
    program.env["FORCE_COLOR"] = "1"
    assert program(*query).err.startswith("\x1b[31mtaiga-notes\x1b[0m: ")
    program.env["NO_COLOR"] = "1"
    assert "\x1b" not in program(*query).err


def test_the_caret_is_coloured_and_strangers_text_adds_no_colour(program: Program) -> None:
    program.page("s.json", '{"userstories": [{"id": 1}]}')
    program.env["FORCE_COLOR"] = "1"
    told = program("query", "--snapshot", "s.json", "from userstories where x\x1b[35my").err
    assert "\x1b[35m" not in told
    assert told.splitlines()[-1].startswith("\x1b[31m")


def test_a_table_fits_the_terminal_and_is_whole_elsewhere(program: Program) -> None:
    long, wide = "l" * 200, "漢" * 100
    rows = f'{{"userstories": [{{"id": 1, "ref": 1, "subject": "{long}", "a": "{wide}"}}]}}'
    program.page("s.json", rows)
    query = (
        *("query", "--snapshot", "s.json", "--format", "table"),
        "from userstories select ref, subject, a",
    )
    assert long in program(*query).out
    assert wide in program(*query).out
    program.env["COLUMNS"] = "60"
    with Terminal(program, *query) as terminal:
        assert terminal.end() == 0
    head, row = terminal.shown.split("\r\n")[:2]
    assert head.split() == ["ref", "subject", "a"]
    assert width_of(row) <= 60
    assert row.count("…") == 2


def written(terminal: Terminal) -> str:
    """What was shown, less the line that tells how far a run is that takes its time."""
    return re.sub(r"\r[^\r\n]*\x1b\[K", "", terminal.shown)


def test_what_strangers_wrote_does_not_act_on_a_terminal(program: Program) -> None:
    program.page("s.json", r'{"userstories": [{"id": 1, "subject": "a\u001b[31mb\u009bc\u202ed"}]}')
    program.page("taiga-notes.toml", "")
    program.page("A.md", "<!-- taiga: from userstories select subject -->\n<!-- /taiga -->\n")
    for arguments in (
        ("query", "--snapshot", "s.json", "--format", "table", "from userstories select subject"),
        ("query", "--snapshot", "s.json", "--format", "json", "from userstories select subject"),
        ("render", "--snapshot", "s.json", "--diff"),
    ):
        program.env["NO_COLOR"] = "1"
        with Terminal(program, *arguments) as terminal:
            assert terminal.end() == 0
        assert not {"\x1b", "\x9b", "\u202e"} & set(written(terminal)), arguments
        assert "31mb" in terminal.shown


def test_ctrl_c_ends_it_at_once_and_nothing_is_lost(
    vault: Path, acme: Acme, program: Program
) -> None:
    program.page("A.md", COUNT)
    acme.taiga.faults.add("slow start", seconds=600, path="/userstories")
    with untouched(vault), Terminal(program, "render", script=True) as terminal:
        terminal.until("0 of 1 pages, ")
        terminal.interrupt()
        assert terminal.end() == 130
    assert terminal.shown.endswith(f"{ERASED}taiga-notes: interrupted\r\n")
    # Nothing is held by the dead: the next run goes its way.
    acme.taiga.faults.clear()
    assert program("render").out == "changed: A.md\n1 page changed, 0 unchanged\n"
