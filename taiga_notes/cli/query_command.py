"""Evaluate an expression without a page: a query, `query[[…]]`, `template.each(…)`, any value."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from taiga_notes.cli import opening, output
from taiga_notes.cli.report import shown_progress
from taiga_notes.cli.spreadsheet import csv_text
from taiga_notes.errors import ConfigError
from taiga_notes.markdown.tables import is_item, name_of, text_of
from taiga_notes.model.kinds import kind_of

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterable, Iterator, Sequence

    from taiga_notes.query import Answer

EXAMPLES = """\
examples:
  taiga-notes query 'from userstories where not is_closed order by ref limit 5'
  taiga-notes query 'from tasks group by assignee select {who = key, open = count()}'
  taiga-notes query --format json 'query[[from issues where is_blocked select subject]]'
  taiga-notes query 'template.each(query[[from epics]], templates.links)'
  taiga-notes query --format csv 'from userstories select ref, subject' > stories.csv

json writes a row a line. csv is that of RFC 4180, in UTF-8; of Taiga's items it has the columns
of table. A text in it that a spreadsheet would compute, since it begins with =, +, - or @, gets a '
before it.
"""

WIDEST = 60
"""Characters of a cell of nested data; a longer one is cut."""


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    parser.add_argument("expression", metavar="EXPRESSION")
    parser.add_argument("--template", metavar="TEMPLATE", help="render the rows with this template")
    parser.add_argument(
        "--format",
        choices=("markdown", "json", "csv", "table"),
        default="markdown",
        help="markdown as a page would hold it (the default), JSON with a row a line, CSV, columns",
    )
    opening.add_source_arguments(parser)


def run(args: Namespace) -> int:
    """Prints the value.

    Raises:
        ConfigError: a template is named for what none can show.
        QueryError: the expression has a mistake.
        RenderError: the template has one.
        SourceError: there are no rows.
    """
    if args.template and args.format != "markdown":
        raise ConfigError(
            f"a template gives Markdown, and --format {args.format} was asked for",
            hint="leave one of the two away",
        )
    with opening.opened(args) as opened:
        with shown_progress():
            answer = opened.evaluate(bare(args.expression))
        if args.format == "json":
            for row in answer.value if isinstance(answer.value, list) else [answer.value]:
                output.say_json_line(finite(row))
        elif args.format == "csv":
            output.write_file(csv_text(_safe_rows(answer)).encode("utf-8", "replace"))
        elif args.format == "table" and not answer.stands_empty:
            for line in output.columns(map(_cell, row) for row in _table(answer)):
                output.say(line)
        else:
            output.write(opened.markdown(answer, args.template))
    for warning in answer.warnings:
        output.complain(warning)
    opened.report_age()
    return opened.status


def bare(expression: str) -> str:
    """The expression without the `${…}` in which SilverBullet's pages hold it."""
    pasted = expression.strip()
    return pasted[2:-1] if pasted.startswith("${") and pasted.endswith("}") else expression


def finite(value: object) -> object:
    """The value with null for every number that JSON can't hold."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [finite(item) for item in value]
    return value


def _table(answer: Answer) -> Iterator[Sequence[object]]:
    """A heading, and a row for each row."""
    value = answer.value
    rows = value if isinstance(value, list) else [value]
    records = [row if isinstance(row, dict) else {"value": row} for row in rows]
    # All fields of whole items would fit no screen.
    names = [name for _, name in kind_of(answer.kind).columns] or _names(records)
    yield names
    for record in records:
        yield [record.get(name) for name in names]


def _safe_rows(answer: Answer) -> Iterator[Sequence[object]]:
    """As `_table`, with nothing in it that acts on a terminal."""
    for row in _table(answer):
        cells = map(finite, row)
        yield [c if isinstance(c, (int, float)) else output.safe(_text(c)) for c in cells]


def _names(records: Iterable[dict[str, object]]) -> Sequence[str]:
    return list(dict.fromkeys(name for record in records for name in record)) or ["value"]


def _cell(value: object) -> str:
    if isinstance(value, list) and any(isinstance(item, dict) for item in value):
        return output.count(len(value), "row")
    text = " ".join(_text(value).split())
    is_cut = isinstance(value, (dict, list)) and len(text) > WIDEST
    return f"{text[: WIDEST - 1]}…" if is_cut else text


def _text(value: object) -> str:
    """A value as text; a row within a row is its name."""
    return name_of(value) if is_item(value) else text_of(value)
