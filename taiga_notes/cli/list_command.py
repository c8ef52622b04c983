"""List the blocks of pages: where each is, what it lists, by which template, how many rows.

The vault's mirrors are listed as blocks of taiga-notes.toml, their rows being items with a page.
Nobody is asked and nothing is written: ROWS is what the query gives from the rows that are stored
(or from --snapshot), and AGE how long ago the oldest list that it reads was last held against
Taiga: not when the page was written. `-` stands for what is not known: nothing of it is stored
yet, the query has a mistake, or the rows are a file's. `frozen` and a date stand for a block that
stays as it is, whatever its query says by now: nothing is asked for it.
"""

from __future__ import annotations

from contextlib import closing, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from taiga_notes.cli import opening, output, status_of
from taiga_notes.cli.source_observer import name_of_list
from taiga_notes.errors import (
    BlockError,
    QueryError,
    RenderError,
    SourceError,
    TaigaNotesError,
    UnreachableError,
)
from taiga_notes.model.kinds import VALUES
from taiga_notes.model.rows import Listing
from taiga_notes.page.freezing import frozen_since, state_since
from taiga_notes.query.explanation import as_written
from taiga_notes.refresh.dependencies import ME, NOTES
from taiga_notes.refresh.mirroring import planned
from taiga_notes.refresh.page_inspection import inspected_pages, rows_of_block, shown_by
from taiga_notes.refresh.refresh import MIRRORS

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date, datetime

    from taiga_notes.cli.opening import Opened
    from taiga_notes.config.mirror_settings import Mirror
    from taiga_notes.refresh.compose import InspectedBlock, RenderContext
    from taiga_notes.refresh.dependencies import Dependencies

HEADING = ("PAGE", "LINE", "SOURCE", "TEMPLATE", "ROWS", "AGE")


@dataclass(frozen=True, slots=True)
class ListedBlock:
    """A line of the list.

    Attributes:
        page: its path in the vault, with `/`.
        line: of its opener.
        form: how it is written: native, baked or inline.
        query: its text.
        source: what it lists, as it is written; empty where that is no list.
        template: what shows its rows; empty for one value, or where that is not known.
        rows: how many; None where that is not known.
        checked: when the oldest list that it reads was last known to be as Taiga has it.
        lists: what it reads.
        frozen: since when it stays as it is; None for others.
        error: why rows are not known.
    """

    page: str
    line: int
    form: str
    query: str
    source: str
    template: str = ""
    rows: int | None = None
    checked: datetime | None = None
    lists: tuple[str, ...] = ()
    frozen: date | None = None
    error: TaigaNotesError | None = None

    def cells(self, shown: Callable[[str], str]) -> tuple[str, ...]:
        """The same for people, to whom `shown` gives the path of a page by its name."""
        age = "" if self.checked is None else output.ago(self.checked)
        age = age if self.frozen is None else state_since(self.frozen)
        rows = "" if self.rows is None else str(self.rows)
        found = (shown(self.page), str(self.line), self.source, self.template, rows, age)
        return tuple(" ".join(cell.split()) or "-" for cell in found)

    @property
    def document(self) -> dict[str, object]:
        """The same for machines."""
        return {
            "page": self.page,
            "line": self.line,
            "form": self.form,
            "query": self.query,
            "source": self.source or None,
            "template": self.template or None,
            "rows": self.rows,
            "checked": self.checked and self.checked.isoformat(),
            "lists": [*self.lists],
            "frozen": self.frozen and self.frozen.isoformat(),
            "problem": self.error and self.error.message,
        }


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    opening.add_paths_arguments(parser)
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    opening.add_project_arguments(parser)


def run(args: Namespace) -> int:
    """Lists, one vault after another."""
    args.offline, args.full = True, False
    return opening.each_vault(args.paths, partial(_run, args))


def _run(args: Namespace, paths: Sequence[str], put: Callable[[dict[str, object]], None]) -> int:
    """Lists the blocks of one vault; `put` gets what is told to machines.

    Raises:
        ConfigError: there is no vault, or a path is outside of it.
        SourceError: the snapshot is none.
    """
    start = opening.path(paths[0] if paths else ".")
    opened = opening.Opened(args, lambda: opening.settings(start, args.server))
    if not args.snapshot:
        opening.demand_vault(opened.settings)
    vault = opening.vault(opened.settings, excludes=not args.no_exclude)
    chosen = vault.chosen(paths)
    for told in chosen.passed_by:
        output.complain(told)
    blocks: list[ListedBlock] = []
    errors: list[TaigaNotesError] = []
    with closing(opened):
        context = opened.render_context()
        for page in inspected_pages(vault, chosen.names, context):
            if page.problem is not None:
                output.problem(page.problem.error, f"{vault.shown(page.name)}:{page.problem.line}")
                errors.append(page.problem.error)
            blocks += (_listed(each, page.name, context, opened) for each in page.blocks)
        if "" in chosen.names:
            blocks += (_mirror(each, context, opened) for each in opened.settings.vault.mirror)
    if args.json:
        put({"vault": vault.root, "blocks": [each.document for each in blocks]})
    elif blocks:
        for line in output.columns([HEADING, *(each.cells(vault.shown) for each in blocks)]):
            output.say(line)
    errors += _mistakes(blocks, vault.shown)
    opened.report_notes()
    return status_of(errors)


def _mistakes(
    blocks: Sequence[ListedBlock], shown: Callable[[str], str]
) -> Iterator[TaigaNotesError]:
    """What is wrong with blocks, told; that nothing is stored yet is no mistake of theirs."""
    for each in blocks:
        if each.error is not None and not isinstance(each.error, UnreachableError):
            # A query's mistake knows its own line.
            line = each.error.line if isinstance(each.error, BlockError) else each.line
            output.problem(each.error, f"{shown(each.page)}:{line}")
            yield each.error
    unknown = sum(isinstance(each.error, UnreachableError) for each in blocks)
    if unknown:
        number = output.count(unknown, "block")
        output.complain(f"{number} whose rows are not stored yet: `taiga-notes render` gets them")


def _listed(each: InspectedBlock, page: str, context: RenderContext, opened: Opened) -> ListedBlock:
    block = each.block
    try:
        source, template = as_written(block.text)
    except QueryError:
        source = template = ""
    form = "baked" if block.baked else block.form.name.lower()
    listed = ListedBlock(page, block.line, form, block.text, source, template)
    try:
        if since := frozen_since(block):
            return replace(listed, frozen=since)
        counted = rows_of_block(each, page, context)
    except (BlockError, RenderError, SourceError) as error:
        return replace(listed, error=error, lists=tuple(map(name_of_list, _listings(each))))
    listings = _listings(each)
    return replace(
        listed,
        template=shown_by(each, counted),
        rows=counted.rows,
        checked=_checked(listings, opened),
        lists=tuple(map(name_of_list, listings)),
    )


def _mirror(mirror: Mirror, context: RenderContext, opened: Opened) -> ListedBlock:
    """A mirror of the settings, as if it was a block there: its rows are the items with a page."""
    plan = planned([mirror], context)
    listings = _of_taiga(plan.dependencies)
    template = mirror.template
    listed = ListedBlock(MIRRORS, mirror.line, "mirror", mirror.query, "", template)
    with suppress(QueryError):
        listed = replace(listed, source=as_written(mirror.query)[0])
    for _, error in plan.problems:
        return replace(listed, error=error, lists=tuple(map(name_of_list, listings)))
    return replace(
        listed,
        rows=len(plan.pages),
        checked=_checked(listings, opened),
        lists=tuple(map(name_of_list, listings)),
    )


def _listings(each: InspectedBlock) -> list[Listing]:
    """The lists that a block asked for."""
    return _of_taiga(each.tracker.noted())


def _of_taiga(noted: Dependencies) -> list[Listing]:
    """The lists of Taiga's items among what was looked at."""
    return [
        listing
        for listing in noted.lists
        if isinstance(listing, Listing) and listing.kind not in {ME.kind, NOTES.kind, VALUES.name}
    ]


def _checked(listings: Sequence[Listing], opened: Opened) -> datetime | None:
    """When the oldest of these lists was last held against Taiga."""
    if opened.snapshot is not None:
        return None
    held = (opened.servers.held(each) for each in listings)
    return min((each.checked for each in held if each is not None), default=None)
