"""The benchmark itself, with tiny sizes: that it measures what it says, not how fast that is."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from taiga_notes.render import Templates, builtin_folder
from tests.bench import (
    baselines,
    bench_lsp,
    bench_push,
    bench_scale,
    bench_store,
    engines,
    harness,
    memory,
    program,
    queries,
    repeats,
    startup,
    vaults,
)
from tests.bench import templates as templates_section
from tests.bench.__main__ import SECTIONS, main, measured
from tests.bench.data import enriched, stories, write_snapshot, write_vault
from tests.bench.engines import sqlite_search
from tests.bench.harness import Row, alternate, exponent, growth, missing, ratio
from tests.bench.table import as_json, markdown, plain
from tests.forks import Run, forked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType

pytestmark = pytest.mark.slow

TINY: dict[ModuleType, dict[str, Any]] = {
    engines: {"STORIES": 150},  # not one of the sizes below: its rows have no goals
    queries: {"SIZES": (100, 200, 400), "FEW": 200, "ROUNDS": 5, "FEW_ROUNDS": 1},
    vaults: {"NOTES": 20, "BLOCKS": 2, "STORIES": 20, "ROUNDS": 1, "SIZES": (10, 20)},
    startup: {"PAGES": 2, "STORIES": 20, "ROUNDS": 1},
    repeats: {"PAGES": 3, "STORIES": 200, "ROUNDS": 1},
    bench_store: {"MANY": 200, "MOST": 300, "ROUNDS": 1},
    bench_scale: {
        "NOTES": (4, 8),
        "PROJECTS": (2, 3),
        "STORIES": (20, 30),
        "ROUNDS": 1,
        "IDLE": 0.01,
    },
    bench_push: {"TICKS": 4, "FEW": 2, "ROUNDS": 1},
    bench_lsp: {"STORIES": 30, "BLOCKS": 2, "ROUNDS": 1},
    memory: {"MOST": 300},
    program: {"RACY": 0.0},
    harness: {"WARM_UPS": 0},
}

ISSUE = {
    "original query, 200 stories, from dicts": 1.0,
    "original query, 200 stories, from columns": 0.4,
    **{
        f"query: {name}, 200 stories": 1.5
        for name in queries.SHAPES
        if name not in queries.WITHOUT_GOAL
    },
    "`links` for 100 rows, escaped, sandboxed": 3,
    "`render`, 20 notes, nothing changed; snapshot": 2,
    "first `render`, 20 notes all read, none with a block": 3,
    "first `render`, 20 notes all read, 2 with a block; snapshot": 3,
    "`render` of one page, unchanged; snapshot": 3,
    "`render` of 2 pages, unchanged; snapshot": 3.5,
    "`--version`": 2.5,
    "`--help`": 2.5,
    "3 pages with the same query": 1.2,
    "warm start from the store, 200 stories": 0.2,
    "300 stories loaded for a query of five fields, memory": 0.2,
    "first fetch of 200 stories into the store": 1.2,
    "requests of a refresh, nothing changed; 3 projects": 1.0,
    "requests of a refresh, one story changed; 3 projects": 1.0,
    "first fetch of 30 stories, memory": 1.0,
    "refresh of 30 stories, 1 in 100 edited": 0.5,
    "first `render`, 8 notes, memory": 1.0,
    "a watch of 8 notes, idle": 1.0,
    "plan of a push of 4 ticks": 2.0,
    "diagnostics while typing, 80 lines, 30 stories": 1.0,
    "completion while typing, 80 lines, 30 stories": 1.0,
    "300 stories of the store, rendered by three pages, memory": 1.0,
}
"""What the table must hold, with what each row may be at most."""


def ran_in_a_fork(
    command: Sequence[str | Path],
    *,
    folder: Path | None = None,
    env: Mapping[str, str] | None = None,
    status: int | None = 0,
) -> float:
    """As `harness.ran`, but of the program only what comes after its start: starts are dear, and
    what they cost is not asked here."""
    if tuple(command[:1]) != program.program():
        return harness.ran(command, folder=folder, env=env, status=status)
    before = time.perf_counter()
    run = Run([*map(str, command)], str(folder or Path.cwd()), harness.environment(env or {}))
    ended, out, err = forked(run)
    assert ended == (0 if status is None else status), (out, err)
    return time.perf_counter() - before


def used_in_a_fork(
    bench: program.Bench, *arguments: str, terminal: int | None = None
) -> program.Usage:
    """As `Bench.used`; what it says of memory is not asked here."""
    assert terminal is None or terminal > 0
    cost = ran_in_a_fork([*program.program(), *arguments], folder=bench.vault, env=bench.env)
    return program.Usage(cost, 1.0, cost)


@pytest.fixture(scope="module")
def table() -> list[Row]:
    with pytest.MonkeyPatch.context() as patch:
        for section in (program, startup, vaults, bench_push, bench_scale):
            patch.setattr(section, "ran", ran_in_a_fork)
        patch.setattr(program.Bench, "used", used_in_a_fork)
        for module, constants in TINY.items():
            for name, value in constants.items():
                patch.setattr(module, name, value)
        return [*measured(SECTIONS, full=True)]


def test_every_promised_row_is_there_with_its_goal(table: list[Row]) -> None:
    assert {row.what: row.at_most for row in table if row.what in ISSUE} == ISSUE


def test_every_growth_is_an_exponent_with_linear_as_its_goal(table: list[Row]) -> None:
    rows = [row for row in table if row.what.startswith("growth")]
    assert {row.aim for row in rows} == {1.0}
    assert len(rows) >= 4


def test_other_programs_are_compared_or_named_as_missing(table: list[Row]) -> None:
    against = {row.against: row for row in table}
    for name in ("rg -l, one thread", "cog --check", "jmespath", "SQLite's json_extract"):
        row = against[name]
        assert row.value is not None or "is not installed" in row.note


@pytest.mark.parametrize("name", queries.SHAPES)
def test_a_query_gives_what_the_code_by_hand_gives(name: str) -> None:
    query, by_hand = queries.SHAPES[name]
    given = queries.Candidates.of(300)
    expected = by_hand(given.items)
    assert expected
    assert given.from_dicts(query) == expected
    assert given.from_columns(query) == expected


def test_the_original_query_gives_the_same_everywhere() -> None:
    given = queries.Candidates.of(300)
    expected = baselines.original(given.items)
    assert given.from_dicts(queries.ORIGINAL) == expected
    assert sqlite_search(given.items)() == expected


def test_the_f_string_gives_what_the_template_gives() -> None:
    items = enriched(10)
    rendered = Templates([builtin_folder()]).render("links", items)
    assert templates_section.by_hand(items) == rendered


def test_all_pages_of_a_run_come_out_the_same() -> None:
    rows = queries.Candidates.of(50).loaded
    first, *others = repeats.composed(rows, 3)
    assert others == [first, first]
    assert first != repeats.PAGE


def test_the_data_are_the_same_every_time(tmp_path: Path) -> None:
    assert stories(30) == stories(30)
    one, other = write_vault(tmp_path / "a", 30, 3), write_vault(tmp_path / "b", 30, 3)
    texts = [
        [page.read_text() for page in sorted(root.rglob("*.md"))] for root in (one, other)
    ]  # fmt: skip
    assert texts[0] == texts[1]
    assert len(texts[0]) == 30
    assert sum("<!-- taiga" in text for text in texts[0]) == 3


def test_ways_take_turns_and_the_least_of_each_counts() -> None:
    log: list[str] = []
    costs = {"a": iter([1.0, 5.0, 3.0]), "b": iter([9.0, 2.0, 4.0])}

    def way(name: str) -> float:
        log.append(name)
        return next(costs[name])

    # The first round, the warm-up, has the least of a and does not count.
    assert alternate(2, lambda: way("a"), lambda: way("b")) == [3.0, 2.0]
    assert log == ["a", "b"] * 3


def test_a_call_costs_cpu_time_alone() -> None:
    assert harness.timed(lambda: sum(range(200_000))) > harness.timed(lambda: sum(range(2_000)))


def test_a_render_is_measured_as_a_process_of_its_own(tmp_path: Path) -> None:
    snapshot = write_snapshot(tmp_path / "taiga.json", 30)
    vault = write_vault(tmp_path / "vault", 2, 1)
    bench = program.Bench(vault, tmp_path / "home", ("--snapshot", str(snapshot)))
    assert bench.render() > harness.ran(program.PASS)
    assert "/us/" in "".join(page.read_text() for page in vault.rglob("*.md"))


def test_a_process_that_fails_is_no_measurement() -> None:
    with pytest.raises(subprocess.CalledProcessError):
        harness.ran([sys.executable, "-c", "raise SystemExit(3)"])
    assert harness.ran([sys.executable, "-c", "raise SystemExit(3)"], status=3) > 0


@pytest.mark.parametrize(
    ("value", "verdict"), [(0.5, "aim"), (0.6, "aim"), (0.9, "ok"), (1.0, "ok"), (1.01, "MISSED")]
)
def test_a_ratio_is_held_against_its_goals(value: float, verdict: str) -> None:
    assert ratio("a", "b", (value, 1.0), at_most=1.0, aim=0.6).verdict == verdict


def test_a_comparison_has_no_verdict_and_what_is_missing_says_why() -> None:
    assert ratio("a", "b", (3.0, 1.0)).verdict == ""
    row = missing("a", "rg", "ripgrep is not installed", at_most=2.0)
    assert row.verdict == "not measured"
    assert "ripgrep is not installed" in plain(row)


@pytest.mark.parametrize("power", [0.5, 1.0, 2.0])
def test_growth_is_told_by_its_exponent(power: float) -> None:
    sizes = (100, 10_000, 100_000)
    costs = [3 * size**power for size in sizes]
    assert exponent(sizes, costs) == pytest.approx(power)
    row = growth("things", sizes, costs)
    assert row.verdict == ("MISSED" if power > 1.1 else "aim" if power <= 1.0 else "ok")


def test_growth_may_be_that_of_the_code_by_hand() -> None:
    sizes = (100, 10_000)
    costs = [size**1.2 for size in sizes]
    assert growth("things", sizes, costs, by_hand=sizes).verdict == "MISSED"
    row = growth("things", sizes, costs, by_hand=[size**1.3 for size in sizes])
    assert row.verdict == "ok"
    assert row.note.endswith("; by hand 1.30")


def test_memory_is_what_a_call_holds_at_most() -> None:
    assert harness.peak(lambda: len(bytes(5_000_000))) == pytest.approx(5_000_000, rel=0.01)


def test_the_results_are_written_for_people_and_machines() -> None:
    rows = [ratio("ours", "theirs", (0.002, 0.004), at_most=1.0, aim=0.6)]
    assert "| ours | theirs | 0.50 | 1.00 | 0.60 | aim |" in markdown(rows)
    document = json.loads(as_json(rows))
    assert document["rows"][0]["value"] == 0.5
    assert document["rows"][0]["note"] == "2 ms / 4 ms"
    assert document["machine"]
    assert document["date"] >= "2026"


def test_a_missed_goal_is_the_exit_status(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [ratio("ours", "theirs", (3.0, 1.0), at_most=1.0)]
    monkeypatch.setattr("tests.bench.__main__.measured", lambda *_, **__: iter(rows))
    assert main(["--json", str(tmp_path / "results.json")]) == 1
    assert "MISSED" in capsys.readouterr().out
    assert json.loads((tmp_path / "results.json").read_text())["rows"][0]["verdict"] == "MISSED"


def _number(cell: str) -> float | None:
    return None if cell == "–" else float(cell)


def test_the_readme_shows_a_table_as_it_is_printed() -> None:
    text = Path(__file__).with_name("README.md").read_text(encoding="utf-8")
    head, rule, *_ = markdown([]).splitlines()
    shown = text.partition(f"{head}\n{rule}\n")[2].partition("\n\n")[0].splitlines()
    assert len(shown) > len(ISSUE)
    for line in shown:
        what, against, *numbers, reached = line.strip("| ").split(" | ")
        value, at_most, aim = map(_number, numbers)
        row = Row(what, against, value, at_most, aim)
        assert reached == (row.verdict or "–"), line


def test_a_run_is_told_with_its_time_and_its_memory_alone(tmp_path: Path) -> None:
    vault = write_vault(tmp_path / "vault", 2, 0)
    kept = bytearray(200_000_000)
    usage = program.Bench(vault, tmp_path / "home").used("--version")
    assert 0 < usage.cpu < usage.wall * 4
    assert 1_000_000 < usage.memory < len(kept), "it is not that of who started it"
