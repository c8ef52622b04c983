"""Evaluate an expression without a page: a query, `query[[…]]`, `template.each(…)`, any value."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from taiga_notes.cli import context, output

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator, Sequence


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    parser.add_argument("expression", metavar="EXPRESSION")
    parser.add_argument("--template", metavar="NAME", help="render the rows with this template")
    parser.add_argument(
        "--format",
        choices=("markdown", "json", "table"),
        default="markdown",
        help="markdown as a page would hold it (the default), the value as JSON, or columns",
    )
    context.add_source_arguments(parser)


def run(args: Namespace) -> int:
    """Prints the value.

    Raises:
        QueryError: the expression has a mistake.
        RenderError: the template has one.
        SourceError: there are no rows.
    """
    with context.opened(args) as opened:
        answer = opened.evaluate(args.expression)
        if args.format == "json":
            output.say(as_json(answer.value))
        elif args.format == "table":
            for line in output.columns(_table(answer.value)):
                output.say(line)
        else:
            output.write(opened.markdown(answer, args.template))
    opened.report_age()
    return opened.status


def as_json(value: object) -> str:
    """The value as JSON, readable; a number that JSON can't hold becomes null."""
    return json.dumps(_finite(value), ensure_ascii=False, indent=1)


def _finite(value: object) -> object:
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return value


def _table(value: object) -> Iterator[Sequence[str]]:
    """A heading and a line for each row, cells as text; columns of nested data are left out."""
    rows = value if isinstance(value, list) else [value]
    records = [row if isinstance(row, dict) else {"value": row} for row in rows]
    names = [
        name
        for name in dict.fromkeys(name for record in records for name in record)
        if not any(isinstance(record.get(name), (dict, list)) for record in records)
    ]
    if not names:
        names = ["value"]
    yield names
    for record in records:
        yield [_cell(record.get(name)) for name in names]


def _cell(value: object) -> str:
    if value is None:
        return ""
    return " ".join(value.split()) if isinstance(value, str) else json.dumps(value)
