"""Tell why a block or a query shows what it shows.

For each query: what it asks for in words, how many rows there are after each clause (of several
conditions joined by `and`, how many each one drops, and how many it would drop by itself), which
lists that took from Taiga, by which requests, and how old they are. With --why: which clause
dropped that story, why the list does not have it, or at which row it is.
"""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from taiga_notes.cli import opening, output, status_of
from taiga_notes.cli.query_command import bare
from taiga_notes.cli.source_observer import SourceObserver
from taiga_notes.errors import BlockError, ConfigError, RenderError, SourceError, TaigaNotesError
from taiga_notes.page.freezing import frozen_since
from taiga_notes.query import reads_taiga
from taiga_notes.query.engine import parsed
from taiga_notes.query.explanation import explained, lines_of
from taiga_notes.refresh.page_inspection import (
    counted_rows,
    inspected_pages,
    rows_of_block,
    shown_by,
)
from taiga_notes.refresh.story_search import StorySearch
from taiga_notes.vault.discovery import similar_paths

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator, Sequence
    from datetime import date

    from taiga_notes.cli.opening import Opened
    from taiga_notes.model.rows import Listing, Source
    from taiga_notes.query import Scope
    from taiga_notes.query.explanation import QueryExplanation
    from taiga_notes.refresh.compose import InspectedBlock, Problem, RenderContext
    from taiga_notes.render import Templates

EXAMPLES = """\
examples:
  taiga-notes explain Overview.md
  taiga-notes explain Overview.md:12 --why 7
  taiga-notes explain 'from userstories where not is_closed and assignee == me.username'
"""

_REF = re.compile(r"#?0*([1-9][0-9]{0,11})")
_PAGE = re.compile(r"[^\n]+\.(?:md|markdown)(?::[0-9]+)*", re.IGNORECASE)
_LIST = "`taiga-notes list` shows where there are blocks"


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    parser.add_argument(
        "target", metavar="PAGE[:LINE]|QUERY", help="a page, one block of it, or an expression"
    )
    parser.add_argument(
        "--why",
        metavar="REF",
        type=_ref,
        help="follow the story, task, issue or epic of that number: 12 or '#12'",
    )
    parser.add_argument("--json", action="store_true", help="as one JSON object")
    opening.add_source_arguments(parser)


def run(args: Namespace) -> int:
    """Explains.

    Raises:
        ConfigError: there is no such page, or no block at that line.
        BlockError: the query has a mistake.
        SourceError: there are no rows.
    """
    place = _place(args.target)
    if place is None:
        with opening.opened(args) as opened:
            return _told(args, opened, *_of_query(args, opened))
    page, line = place
    with opening.opened(args, opening.settings(opening.path(page), args.server)) as opened:
        if not args.snapshot:
            opening.demand_vault(opened.settings)
        return _told(args, opened, *_of_page(args, opened, page, line))


@dataclass(frozen=True, slots=True)
class _Explained:
    """What is told of one block, or of a query.

    Attributes:
        page: its path in the vault; empty for a query.
        path: its path from where one stands.
        line: of the block's opener, or of what is wrong in the page.
        text: the query.
        template: what shows the rows; empty for one value.
        asks: the joined fields that it uses: what is asked for of the rows that are left.
        rows: how many there are.
        queries: the queries of the text.
        story: what became of the story that was asked for; empty where none was.
        frozen: since when the block stays as it is, so that nothing is asked; None for others.
        problem: why there is nothing of all that.
    """

    page: str
    line: int | None
    text: str
    template: str = ""
    rows: int | None = None
    queries: tuple[QueryExplanation, ...] = ()
    story: str = ""
    frozen: date | None = None
    problem: TaigaNotesError | None = None
    asks: tuple[str, ...] = ()
    path: str = ""

    @property
    def where(self) -> str:
        """Path and line; empty for a query."""
        return f"{self.path}:{self.line}" if self.page else ""


# From arguments to what is told


def _ref(text: str) -> int:
    found = _REF.fullmatch(text)
    if found is None:
        raise ArgumentTypeError(f"{text!r} is no story's number: it looks like 12 or '#12'")
    return int(found[1])


def _place(target: str) -> tuple[str, int | None] | None:
    """Page and line; None for what is a query.

    Raises:
        ConfigError: it looks like a page, and there is none.
    """
    if found := opening.page_and_line(target):
        return found
    if _PAGE.fullmatch(target):
        raise ConfigError(f"there is no page {target!r}", hint=similar_paths(target) or _LIST)
    if opening.is_folder(target) and not reads_taiga(target):
        raise ConfigError(
            f"{target!r} is a folder, and one page is explained at a time", hint=_LIST
        )
    return None


def _of_query(args: Namespace, opened: Opened) -> tuple[SourceObserver, list[_Explained]]:
    observer = SourceObserver(opened)
    scope = replace(opened.scope(), source=observer)
    text = bare(args.target)
    counted = counted_rows(text, scope, opened.settings.vault.template)
    queries = explained(text, scope, args.why)
    template = counted.named or counted.fitting
    story = _story(queries, observer, args.why, scope)
    asks = _asks(opened.templates, template, text)
    return observer, [_Explained("", None, text, template, counted.rows, queries, story, asks=asks)]


def _of_page(
    args: Namespace, opened: Opened, page: str, line: int | None
) -> tuple[SourceObserver, list[_Explained]]:
    vault = opening.vault(opened.settings)
    chosen = vault.chosen([page])
    if chosen.passed_by:
        raise ConfigError(chosen.passed_by[0])
    observer = SourceObserver(opened)
    context = replace(opened.render_context(), source=observer, dialect=vault.dialect)
    told: list[_Explained] = []
    for found in inspected_pages(vault, chosen.names, context):
        if found.problem is not None:
            told.append(_wrong(found.name, found.problem))
        blocks = _at(found.blocks, found.name, line)
        told += [_of_block(each, found.name, context, args.why) for each in blocks]
    if not told:
        raise ConfigError(f"{page} has no block", hint=_LIST)
    return observer, [replace(each, path=vault.shown(each.page)) for each in told]


def _at(blocks: Sequence[InspectedBlock], page: str, line: int | None) -> Sequence[InspectedBlock]:
    """The blocks that a line is part of; all of them where none is named.

    Raises:
        ConfigError: there is none.
    """
    if line is None or not blocks:
        return blocks
    found = [each for each in blocks if each.block.line <= line <= each.last_line]
    if not found:
        lines = ", ".join(dict.fromkeys(str(each.block.line) for each in blocks))
        raise ConfigError(f"{page} has no block at line {line}", hint=f"there are some at {lines}")
    return found


def _wrong(page: str, problem: Problem) -> _Explained:
    return _Explained(page, problem.line, "", problem=problem.error)


def _of_block(
    each: InspectedBlock, page: str, context: RenderContext, ref: int | None
) -> _Explained:
    line, text = each.block.line, each.block.text
    templates = context.templates
    try:
        if since := frozen_since(each.block):
            return _Explained(page, line, text, frozen=since)
    except BlockError as error:
        return _Explained(page, line, text, problem=error)
    # Templates may stand in a `select`, whose repeats are counted.
    scope = replace(each.scope, render=partial(templates.render, page=each.tracker.page))
    try:
        counted = rows_of_block(each, page, context)
        with context.allowance.spending(lambda: templates.seconds):
            queries = explained(text, scope, ref)
            story = _story(queries, each.tracker, ref, scope)
    except (BlockError, RenderError, SourceError) as error:
        return _Explained(page, line, text, problem=error)
    template = shown_by(each, counted)
    asks = _asks(templates, template, text)
    return _Explained(page, line, text, template, counted.rows, queries, story, asks=asks)


def _asks(templates: Templates, name: str, text: str) -> tuple[str, ...]:
    """The joined fields that the template of a block uses, or those that its text names."""
    uses = [templates.uses(each) for each in name.split(", ") if each]
    if name == "each":
        uses = [templates.uses_each(parsed(text).each or "")]
    return tuple(sorted({field.name for use in uses for field in use}))


# What became of a story


def _story(
    queries: Sequence[QueryExplanation], source: Source, ref: int | None, scope: Scope
) -> str:
    if ref is None:
        return ""
    search = StorySearch(source, ref, scope.project)
    told = [_way(query, search) for query in queries] or ["there is no query"]
    row = search.found(listing for query in queries for listing in _listings(query))
    name = f"#{ref}" if row is None else f"#{ref} {' '.join(str(row.get('subject')).split())}"
    return f"{name}: {'; '.join(told)}"


def _listings(query: QueryExplanation) -> Iterator[Listing]:
    yield from query.listings
    for source in query.sources:
        yield from _listings(source)


def _way(query: QueryExplanation, search: StorySearch) -> str:
    """What a query does to the story."""
    first, *_ = query.steps
    if not first.keeps:
        return _before(query, search)
    dropped = next((step for step in query.steps if not step.keeps), None)
    if dropped is not None:
        return f"dropped by: {dropped.words}"
    if query.row is None:
        return "no condition drops it, and at which row it is can't be told"
    is_group = any(step.clause in {"group by", "having"} for step in query.steps)
    within = "in the group of row" if is_group else "row"
    return f"{within} {query.row} of {query.steps[-1].rows}"


def _before(query: QueryExplanation, search: StorySearch) -> str:
    """Why a query's source does not give the story."""
    if query.listings:
        return f"not in the {query.steps[0].words}: {search.absence(query.listings)}"
    told = [
        "its number (`ref`) is not among what the query's source gives"
        if source.row is not None
        else f"{f'in the preset {source.preset}, ' if source.preset else ''}{_way(source, search)}"
        for source in query.sources
    ]
    return "; ".join(told) or "it is not among the values that are listed"


# From what is told to text


def _told(
    args: Namespace, opened: Opened, observer: SourceObserver, told: Sequence[_Explained]
) -> int:
    if args.json:
        output.say_json(_document(opened, observer, told))
    else:
        for number, each in enumerate(told):
            if number:
                output.say("")
            for line in _lines(each):
                output.say(line)
        _say_lists(observer)
    problems = [each for each in told if each.problem is not None]
    for each in problems:
        if each.problem is not None:
            output.problem(each.problem, _where(each))
    opened.report_age()
    return max(status_of(each.problem for each in problems if each.problem), opened.status)


def _where(each: _Explained) -> str:
    """Where that stands of which nothing but a problem is told: a query's mistake has its line."""
    if isinstance(each.problem, BlockError) and each.problem.page:
        return f"{each.path}:{each.problem.line}"
    return each.where


def _say_lists(observer: SourceObserver) -> None:
    if observer.uses:
        output.say("")
        output.say("lists")
    for line in observer.lines():
        output.say(f"  {line}")


def _lines(each: _Explained) -> Iterator[str]:
    if each.where:
        yield each.where
    if each.problem is not None:
        yield f"  can't be explained: {each.problem}"
        return
    if each.frozen is not None:
        yield f"  frozen since {each.frozen}: it shows what it showed then, whatever its query says"
        return
    for query in each.queries:
        yield from lines_of(query, "  ")
    if each.template:
        own = "its own `each`" if each.template == "each" else f"the template {each.template}"
        asks = f", which asks for {', '.join(each.asks)}" if each.asks else ""
        yield f"  shown by {own}{asks}"
    if each.story:
        yield f"  {each.story}"


def _document(
    opened: Opened, observer: SourceObserver, told: Sequence[_Explained]
) -> dict[str, object]:
    state = opened.state
    return {
        "blocks": [
            {
                "page": each.page or None,
                "line": each.line,
                "query": each.text,
                "template": each.template or None,
                "asks": [*each.asks],
                "rows": each.rows,
                "queries": [_query_document(query) for query in each.queries],
                "story": each.story or None,
                "frozen": each.frozen and each.frozen.isoformat(),
                "problem": each.problem and str(each.problem),
            }
            for each in told
        ],
        "lists": [use.document() for use in observer.uses],
        "requests": observer.requests,
        "as_of": state.as_of.isoformat() if state and state.as_of else None,
        "trouble": state.trouble if state else "",
    }


def _query_document(query: QueryExplanation) -> dict[str, object]:
    return {
        "preset": query.preset or None,
        "sentence": query.sentence,
        "steps": [asdict(step) for step in query.steps],
        "sources": [_query_document(source) for source in query.sources],
        "row": query.row,
    }
