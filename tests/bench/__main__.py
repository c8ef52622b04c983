"""`python -m tests.bench`: one table of ratios, each pair measured in turns within one run."""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.table import as_json, machine, markdown, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.bench.harness import Row

SECTIONS = (
    *("queries", "engines", "templates", "startup", "vaults", "repeats", "bench_store"),
    *("memory", "bench_scale", "bench_push", "bench_lsp"),
)
"""Modules of this package with `measure(full=…)`, in the table's order."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print the table; a goal that is missed makes the status 1."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="all sizes; takes some minutes")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write the results here as well")
    parser.add_argument("--only", action="append", choices=SECTIONS, help="a section")
    args = parser.parse_args(arguments)
    rows = []
    for row in measured(args.only or SECTIONS, full=args.full):
        rows.append(row)
        if not args.markdown:
            print(plain(row), flush=True)  # noqa: T201 - the table is the output
    if args.markdown:
        print(markdown(rows))  # noqa: T201 - the same
    else:
        print(machine())  # noqa: T201 - the same
    if args.json:
        args.json.write_text(as_json(rows), encoding="utf-8")
    return int(any(row.verdict == "MISSED" for row in rows))


def measured(sections: Sequence[str], *, full: bool) -> Iterator[Row]:
    """The rows of these sections, as they come."""
    for name in sections:
        yield from import_module(f"tests.bench.{name}").measure(full=full)


if __name__ == "__main__":
    sys.exit(main())
