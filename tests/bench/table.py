"""The table: a line a row for a terminal, Markdown for the README, JSON for machines."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.bench.harness import Row


def plain(row: Row) -> str:
    """A row on one line."""
    goals = f"≤ {_number(row.at_most)}, aim {_number(row.aim)}" if row.at_most else ""
    cells = f"{row.what:58.58} {row.against:24.24} {_number(row.value):>7}"
    return f"{cells} {goals:17} {row.verdict:12} {row.note}".rstrip()


def markdown(rows: Sequence[Row]) -> str:
    """All rows as a Markdown table, and below it where and when."""
    lines = [
        "| what | against | ratio | at most | aim | reached |",
        "| --- | --- | ---: | ---: | ---: | --- |",
    ]
    for row in rows:
        value = _number(row.value) if row.value is not None else row.note
        goals = _number(row.at_most), _number(row.aim)
        cells = (row.what, row.against, value, *goals, row.verdict or "–")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", machine()])


def as_json(rows: Sequence[Row]) -> str:
    """All rows with their verdicts, the machine and the date."""
    results = [{**asdict(row), "verdict": row.verdict} for row in rows]
    return json.dumps({"machine": machine(), "date": _now(), "rows": results}, indent=1) + "\n"


def machine() -> str:
    """Where and when this was measured."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{_processor()}, {os.cpu_count()} cores, {platform.system()}, {python}, {_now()[:10]}"


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.2f}" if value < 10 else f"{value:.0f}"
