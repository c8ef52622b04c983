"""One page's text → its new text: blocks found, queries evaluated, rows rendered, bodies spliced.

No file, and no clock but the one that bounds computing: rows come from a `Source`, templates from
`Templates`, the time is an argument. What goes wrong in a block stays in that block.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC
from functools import partial
from typing import TYPE_CHECKING, Final

from taiga_notes.errors import (
    BlockError,
    EndedError,
    QueryError,
    RenderError,
    SourceError,
    TaigaNotesError,
    UnreachedError,
)
from taiga_notes.markdown.places import settled_link
from taiga_notes.markdown.text import inert
from taiga_notes.model.calendar import Calendar
from taiga_notes.model.item_key import GONE, STATE_KEY
from taiga_notes.model.kinds import MILESTONES
from taiga_notes.model.rows import Listing
from taiga_notes.page.block_finder import tidy
from taiga_notes.page.checksum import checksum, only_ticked
from taiga_notes.page.commonmark import Dialect
from taiga_notes.page.conflict_resolution import resolved
from taiga_notes.page.freezing import demand_native, frozen_since, is_filled, state_since
from taiga_notes.page.front_matter import FrontMatter, is_template, page_data, read_front_matter
from taiga_notes.page.layout import LINE_END
from taiga_notes.page.splice import (
    EDITED,
    UNKNOWN,
    Block,
    Form,
    Origin,
    check_body,
    find_blocks,
    origin,
    same_words,
    settled,
    splice,
    with_notice,
    words_checksum,
)
from taiga_notes.query import QueryClock, Scope, evaluate
from taiga_notes.query.engine import last_day, parsed
from taiga_notes.refresh.dependencies import (
    ME,
    NOTES,
    Asked,
    BlockCache,
    BlockOutput,
    Dependencies,
    DependencyTracker,
)
from taiga_notes.refresh.item_pages import ItemPages
from taiga_notes.render.answers import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
    from datetime import date, datetime, tzinfo

    from taiga_notes.config.settings import OnEdit
    from taiga_notes.model.rows import Projects, Row, Source
    from taiga_notes.push.base import BlockBase
    from taiga_notes.push.edited_blocks import Bases, EditedBlock
    from taiga_notes.render import Templates

    Remembered = Callable[[str], Collection[str]]


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong in a block, or in its page as a whole.

    Attributes:
        line: 1-based line in the page.
        error: what it was.
        column: 1-based column in that line, in characters; 0 where it is the line as a whole.
    """

    line: int
    error: TaigaNotesError
    column: int = 0


TOTAL: Final = 60.0
"""Seconds of computing for what is above FREE, in one run (of a watch: in one round)."""

FREE: Final = 0.1
"""Seconds that a block may take without being counted: most take a hundredth of that."""


MOST_NEW: Final = 500
"""New pages that a run makes for mirrors unless it is told how many it may."""


class Allowance:
    """What is left of what the blocks of one run may compute, all together.

    Each block is bounded, and a vault can hold any number of them. What takes little counts
    nothing, so that the number of ordinary blocks has no bound.
    """

    def __init__(self) -> None:
        self._left = TOTAL

    @contextmanager
    def spending(self, elsewhere: Callable[[], float]) -> Iterator[None]:
        """Counts what is computed within.

        Args:
            elsewhere: how long was computed so far outside of this thread, in seconds.

        Raises:
            UnreachedError: there is nothing left.
        """
        if self._left < 0:
            raise UnreachedError(
                f"is left as it is: the costly blocks before it took all of the {TOTAL:g} "
                "seconds of computing that a run has for them",
                hint="mend the slow templates and queries, or render its page alone",
            )
        begun = time.thread_time() + elsewhere()
        try:
            yield
        finally:
            took = time.thread_time() + elsewhere() - begun
            self._left -= max(took - FREE, 0)


EDIT_HINT = (
    '`--force` overwrites it, on_edit = "rescue" moves it below the block; '
    "or put the text outside of the markers yourself"
)

WRITTEN = "there is text between the markers that taiga-notes did not write"
"""What is said of a block that was never rendered."""

TICKED = (
    "only checkboxes were ticked since taiga-notes wrote the block, and ticks are not sent to Taiga"
)
TICK_HINT = (
    "the clause `push done` lets `taiga-notes push` send them; or close the items in Taiga, and "
    "the block shows it; `--force` overwrites the ticks"
)

READ_ONLY = "`push` is a clause of native blocks: this one is read-only"
READ_ONLY_HINT = "write it as <!-- #taiga: from … push done -->, alone on its lines"

UNKNOWN_HINT = "`taiga-notes render --adopt` takes it for generated, and replaces it"


@dataclass(frozen=True, slots=True)
class RenderContext:
    """What pages are rendered with.

    Attributes:
        source: where rows come from.
        templates: the vault's and the built-in templates.
        now: the time for `today()` and `now()`, aware.
        dates: the time zone in which moments are written.
        project: whose rows bare sources list where the page does not say.
        template: for items of blocks that name none, where the page does not say.
        presets: named queries.
        on_edit: what becomes of bodies edited by hand.
        with_templates: whether templates of pages to be are rendered, too.
        adopt: whether bodies of which it can't be told who wrote them are taken for generated.
        dialect: which containers pages may have.
        aside: what had to be ended from outside, by page and block: it is not tried again.
        refusals: what Taiga last said of lists that it refuses: these are not asked for again.
        force: whether also edits are overwritten that wait to be pushed.
        released: blocks whose edits are in Taiga, so that they are written anew: page, opener's
            text, checksum of the body.
        most_new: how many new pages a run makes for mirrors.
        items: which pages name which items.
        outputs: what the pages of this run have in common.
        allowance: how long their blocks may compute.
    """

    source: Source
    templates: Templates
    now: datetime
    dates: tzinfo = UTC
    project: Projects = None
    template: str | None = None
    presets: Mapping[str, str] = field(default_factory=dict)
    on_edit: OnEdit = "refuse"
    with_templates: bool = False
    adopt: bool = False
    dialect: Dialect = Dialect.COMMONMARK
    aside: dict[Hashable, EndedError] = field(default_factory=dict)
    refusals: Mapping[Asked, SourceError] = field(default_factory=dict)
    force: bool = False
    released: Collection[tuple[str, str, str]] = ()
    most_new: int = MOST_NEW
    items: ItemPages = field(default_factory=ItemPages)
    outputs: BlockCache = field(default_factory=BlockCache, init=False)
    allowance: Allowance = field(default_factory=Allowance, init=False)


@dataclass(frozen=True, slots=True)
class Composition:
    """What became of a page's text.

    Attributes:
        text: the new text; the old one where nothing changes.
        problems: what went wrong, in the page's order.
        blocks: how many blocks the page has.
        cacheable: whether it will come out the same today, from the same rows and templates.
        dependencies: what its blocks looked at.
        is_template: whether it was passed by as the template of pages to be.
        checksums: of blocks whose checksum SilverBullet takes away: the opener's text and the
            `words_checksum` of what is ours there from now on.
        replaced: lines of blocks in which we wrote for the first time, over what SilverBullet had
            generated.
        rescued: lines of blocks below which text was moved that somebody wrote into them.
        waiting: of blocks with edits that wait to be pushed the line, and how many.
        bases: of blocks that may be pushed the opener's text, and what they hold from now on.
        warnings: what there is to tell of blocks that are well: line and sentence.
    """

    text: str
    problems: tuple[Problem, ...] = ()
    blocks: int = 0
    cacheable: bool = True
    dependencies: Dependencies = field(default_factory=Dependencies)
    is_template: bool = False
    checksums: tuple[tuple[str, str], ...] = ()
    replaced: tuple[int, ...] = ()
    rescued: tuple[int, ...] = ()
    waiting: tuple[tuple[int, int], ...] = ()
    bases: tuple[tuple[str, BlockBase], ...] = ()
    warnings: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class InspectedBlock:
    """A block of a page, and what its query sees; nothing was evaluated yet.

    Attributes:
        block: the block.
        last_line: 1-based line of the page on which it ends.
        scope: what its query can see; templates are not among it.
        tracker: notes which lists it asks for.
        template: for Taiga's items, where the block names none.
    """

    block: Block
    last_line: int
    scope: Scope
    tracker: DependencyTracker
    template: str | None


@dataclass(frozen=True, slots=True)
class _PageComposer:
    """What the blocks of a page have in common."""

    text: str
    path: str
    matter: FrontMatter
    context: RenderContext
    remembered: Remembered
    bases: Bases
    dependencies: Dependencies = field(default_factory=Dependencies)
    noted: dict[int, Dependencies] = field(default_factory=dict)
    """What each block looked at, by `Block.start`."""

    @property
    def project(self) -> Projects:
        """Whose rows bare sources list."""
        if self.matter.server:
            # The vault's is one of the usual server.
            return self.matter.project
        return self.context.project if self.matter.project is None else self.matter.project

    @property
    def template(self) -> str | None:
        """The template for items of blocks that name none."""
        return self.matter.template or self.context.template

    @property
    def is_of_gone_item(self) -> bool:
        """Whether the page is that of an item that its mirror does not list any more."""
        return self.matter.values.get(STATE_KEY) == GONE

    @property
    def data(self) -> dict[str, object]:
        """What queries and templates can see of the page."""
        return page_data(self.path, self.matter.values)


@dataclass(frozen=True, slots=True)
class _BlockResult:
    """What becomes of a block.

    Attributes:
        block: the block.
        body: what its body shall be; None leaves it as it is.
        ours: what of ours it holds from now on; None where that is nothing, or not known.
        problems: what is wrong with it.
        rescue: whether its present body moves below it.
        replaces: whether its present body is SilverBullet's, and another one.
        waiting: how many edits in it wait to be pushed.
        base: what it holds from now on, if it may be pushed.
        warnings: what there is to tell of it.
        is_restated: whether it gets another state, that of `block`, and is else left as it is.
    """

    block: Block
    body: str | None = None
    ours: str | None = None
    problems: tuple[Problem, ...] = ()
    rescue: bool = False
    replaces: bool = False
    waiting: int = 0
    base: BlockBase | None = None
    warnings: tuple[str, ...] = ()
    is_restated: bool = False


def compose(
    text: str,
    path: str,
    context: RenderContext,
    remembered: Remembered = lambda _: (),
    bases: Bases = lambda _opener, _checksum: None,
    *,
    wanted: Callable[[Block], bool] = lambda _: True,
) -> Composition:
    """Renders the blocks of a page.

    Args:
        text: the page as it stands.
        path: its path in the vault, with `/`; its name in messages.
        context: what it is rendered with.
        remembered: for an opener's text, see `origin`.
        bases: what blocks held that may be pushed.
        wanted: whether a block is to be rendered; by default all are.

    Raises:
        BlockError: a marker is unclosed, nested or stray, or the front matter is wrong: the page
            as a whole is to be left alone.
    """
    found = _found(text, path, context)
    if isinstance(found, Composition):
        return found
    merged, blocks, matter = found
    page = _PageComposer(merged, path, matter, context, remembered, bases)
    results = [_result(block, page) if wanted(block) else _BlockResult(block) for block in blocks]
    problems = tuple(problem for result in results for problem in result.problems)
    if merged != text and any(
        isinstance(problem.error, (SourceError, UnreachedError)) for problem in problems
    ):
        # Without rows the page stays exactly as it is, conflict and all.
        return Composition(
            text, problems, len(blocks), cacheable=False, dependencies=page.dependencies
        )
    return _composed(merged, results, problems, page)


def inspected(text: str, path: str, context: RenderContext) -> list[InspectedBlock]:
    """The blocks of a page, for who asks what they do; none of a page that is not ours.

    Args:
        text: the page as it stands.
        path: its path in the vault, with `/`.
        context: what it would be rendered with.

    Raises:
        BlockError: as `compose` does.
    """
    found = _found(text, path, context)
    if isinstance(found, Composition):
        return []
    merged, blocks, matter = found
    page = _PageComposer(merged, path, matter, context, lambda _: (), lambda *_: None)
    return [_inspected(block, merged, page) for block in blocks]


def page_scope(text: str, path: str, context: RenderContext) -> Scope:
    """What a query in a page would see, for who is still writing it; arguments as of `inspected`.

    Raises:
        BlockError: the front matter is wrong.
    """
    matter = read_front_matter(text, path)
    page = _PageComposer(text, path, matter, context, lambda _: (), lambda *_: None)
    return _scope(_tracker(page), page, None)


def _inspected(block: Block, text: str, page: _PageComposer) -> InspectedBlock:
    tracker = _tracker(page)
    last_line = block.line + len(LINE_END.findall(text, block.opens, block.closes))
    return InspectedBlock(block, last_line, _scope(tracker, page, None), tracker, page.template)


def _found(
    text: str, path: str, context: RenderContext
) -> tuple[str, list[Block], FrontMatter] | Composition:
    """The page with its conflicts resolved, its blocks and its front matter.

    Of a page without blocks, or that is not ours, what becomes of it.

    Raises:
        BlockError: see `compose`.
    """
    try:
        merged = resolved(text, page=path, dialect=context.dialect)
        blocks = find_blocks(merged, page=path, dialect=context.dialect)
    except BlockError:
        # In a page that is not ours, markers may stand as they like.
        if isinstance(found := _matter(text, path, context), Composition):
            return found
        raise
    matter = _matter(text, path, context) if blocks else Composition(text)
    return matter if isinstance(matter, Composition) else (merged, blocks, matter)


def _composed(
    text: str, results: Sequence[_BlockResult], problems: tuple[Problem, ...], page: _PageComposer
) -> Composition:
    """The page with its blocks' results in place."""
    told = [(result.block, warning) for result in results for warning in result.warnings]
    # Within a line there is no room for a warning, so it is told by every run.
    is_silent = any(block.form is Form.INLINE for block, _ in told)
    waiting = tuple((result.block.line, result.waiting) for result in results if result.waiting)
    return Composition(
        splice(
            text,
            [(result.block, result.body) for result in results if result.body is not None],
            restated=[result.block for result in results if result.is_restated],
            rescued=[result.block for result in results if result.rescue],
            dialect=page.context.dialect,
        ),
        problems,
        len(results),
        # What waits is told each time.
        cacheable=not (problems or page.dependencies.moment or is_silent or waiting),
        dependencies=page.dependencies,
        checksums=tuple(
            (result.block.text, words_checksum(result.ours))
            for result in results
            if result.ours is not None and result.block.form is not Form.NATIVE
        ),
        replaced=tuple(result.block.line for result in results if result.replaces),
        rescued=tuple(result.block.line for result in results if result.rescue),
        warnings=tuple((block.line, warning) for block, warning in told),
        waiting=waiting,
        bases=tuple(_bases(results)),
    )


def _bases(results: Sequence[_BlockResult]) -> Iterator[tuple[str, BlockBase]]:
    """What blocks hold from now on; not of those that one with edits may be taken for."""
    held = {(each.block.text, each.block.checksum) for each in results if each.waiting}
    for result in results:
        base = result.base
        if base is not None and (result.block.text, base.checksum) not in held:
            yield result.block.text, base


def _matter(text: str, path: str, context: RenderContext) -> FrontMatter | Composition:
    """The front matter of a page that is ours; of one that is not, what becomes of it.

    Raises:
        BlockError: it can't be told whose it is.
    """
    if not context.with_templates and is_template(text):
        return Composition(text, cacheable=False, is_template=True)
    matter = read_front_matter(text, path)
    if not matter.managed:
        return Composition(text)
    if not context.with_templates and matter.is_template:
        return Composition(text, cacheable=False, is_template=True)
    return matter


def _result(block: Block, page: _PageComposer) -> _BlockResult:
    """What becomes of a block: its output, or a message above the last good one."""
    if block.state:
        return _frozen(block, page)
    problems: tuple[Problem, ...] = ()
    day = None
    try:
        if (day := _day_over(block, page)) and is_filled(block):
            return _stopped(block, day, page)
        output = _output(block, page)
        if output.is_empty and page.is_of_gone_item and is_filled(block):
            # What is known last of an item is all that there is: it is not wiped away.
            return _BlockResult(block)
        output = _with_warnings(output, block)
        check_body(block, output.text)
    except (SourceError, UnreachedError) as error:
        if isinstance(error, UnreachedError):
            error.page, error.line = page.path, block.line
        # The last good output stays exactly as it is.
        return _BlockResult(block, problems=(Problem(block.line, error),))
    except (BlockError, RenderError) as error:
        problems = (placed(error, block, page.path),)
        if block.form is Form.INLINE:
            # A callout does not fit into a line: the message is told, the last value stays.
            return _BlockResult(block, problems=problems)
        output = BlockOutput(with_notice(block.body, inert(f"{error}")))
    body, told = output.text, output.warnings
    if not (problems or told) and (day or (_stays_once(block) and not output.is_empty)):
        today = page.context.now.date()
        return _finished(replace(block, state=state_since(today)), body, page)
    base = None if problems else _base(block, body, page)
    # Below the sum of before, in which cells did not count, one with a base is written anew.
    if settled(block, body) and (base is None or block.checksum == base.checksum):
        return _BlockResult(block, ours=block.body, problems=problems, warnings=told, base=base)
    written = _written(block, body, problems, page, base)
    return replace(written, warnings=(*told, *written.warnings))


def _with_warnings(output: BlockOutput, block: Block) -> BlockOutput:
    """The output with what there is to tell of it above, save within a line."""
    if not output.warnings or block.form is Form.INLINE:
        return output
    # First, so that nobody takes the list for right who does not know; and in words that are the
    # same on every machine.
    notice = "\n\n".join(map(inert, output.warnings))
    return replace(output, text=with_notice(output.text, notice))


def _frozen(block: Block, page: _PageComposer) -> _BlockResult:
    """What becomes of a block that stays: nothing, and nobody is asked for it."""
    try:
        frozen_since(block)
    except BlockError as error:
        return _BlockResult(block, problems=(placed(error, block, page.path),))
    return _BlockResult(block)


def _day_over(block: Block, page: _PageComposer) -> date | None:
    """The day up to which a block was to be kept true, if that is over.

    Raises:
        BlockError: it is written within a line or in SilverBullet's markers; or see `last_day`.
        SourceError: see `last_day`.
        UnreachedError: there is no time left.
    """
    if "until" not in block.text and "once" not in block.text:
        return None
    said = parsed(block.text)
    if said.until is None and not said.once:
        return None
    demand_native(block)
    tracker = _tracker(page)
    try:
        with page.context.allowance.spending(float):
            day = last_day(block.text, _scope(tracker, page, None))
    finally:
        page.dependencies.add(tracker.noted())
    return day if day and day < page.context.now.date() else None


def _stays_once(block: Block) -> bool:
    return "once" in block.text and parsed(block.text).once


def _stopped(block: Block, day: date, page: _PageComposer) -> _BlockResult:
    """What becomes of a filled block whose day is over: it stays, with all that stands in it."""
    waiting = _edited(block, page)
    if waiting is not None and waiting.sendable:
        return _BlockResult(block, waiting=waiting.sendable)
    return _BlockResult(replace(block, state=state_since(day)), is_restated=True)


def _may_push(block: Block) -> bool:
    """Whether a block may have the clause `push`; most have not, and need nothing that reads it."""
    return "push" in block.text


def _edited(block: Block, page: _PageComposer) -> EditedBlock | None:
    """What was changed in a block and is not to be overwritten; see `edited_blocks.edited`."""
    if page.context.force or not _may_push(block):
        return None
    from taiga_notes.push.edited_blocks import edited  # noqa: PLC0415  (few blocks are pushed)

    return edited(page.text, block, page.bases)


def _finished(block: Block, body: str, page: _PageComposer) -> _BlockResult:
    """What becomes of a block that gets its last body."""
    if settled(block, body):
        return _BlockResult(block, is_restated=True)
    return _written(block, body, (), page, None)


def _base(block: Block, body: str, page: _PageComposer) -> BlockBase | None:
    """What is kept of a block that may be pushed; None of any other."""
    if not _may_push(block):
        return None
    from taiga_notes.push.base import base_of  # noqa: PLC0415  (as above)
    from taiga_notes.push.edited_blocks import pushed  # noqa: PLC0415  (as above)

    if not pushed(block):
        return None
    source, noted = page.context.source, page.noted[block.start]
    # What its query asked for just now is not fetched again.
    lists = [
        source.rows(listing)
        for listing in noted.lists
        if isinstance(listing, Listing) and listing not in (ME, NOTES)
    ]
    return base_of(tidy(block.form, LINE_END.split(body)), lists)


def _written(
    block: Block,
    body: str,
    problems: tuple[Problem, ...],
    page: _PageComposer,
    base: BlockBase | None,
) -> _BlockResult:
    """What becomes of a block that is to get another body, or another checksum."""
    write = _BlockResult(block, body, body, problems, base=base)
    context = page.context
    if same_words(block, body) or _is_released(block, page):
        return write
    waiting = _edited(block, page)
    if waiting is not None and waiting.is_over:
        # A tick that was meant anew looks just like this one (another machine wrote what stood here
        # before it): so it does not go in silence.
        return replace(write, warnings=waiting.unlike(body))
    if waiting is not None and waiting.sendable:
        return _BlockResult(block, problems=problems, waiting=waiting.sendable)
    match origin(block, page.remembered(block.text)):
        case Origin.GENERATED:
            return replace(write, replaces=True)
        case Origin.UNKNOWN if not context.adopt and context.on_edit != "overwrite":
            return _refused(write, (UNKNOWN, UNKNOWN_HINT), page)
        # There is no room below a block within a line: what somebody wrote into it stays there.
        case Origin.HAND if context.on_edit == "refuse" or (
            context.on_edit == "rescue" and block.form is Form.INLINE
        ):
            ticked = only_ticked(block.body, block.checksum or "")
            why = EDITED if block.checksum else WRITTEN
            return _refused(write, (TICKED, TICK_HINT) if ticked else (why, EDIT_HINT), page)
        case Origin.HAND if context.on_edit == "rescue":
            return replace(write, rescue=True)
        case _:
            return write


def _is_released(block: Block, page: _PageComposer) -> bool:
    """Whether all that was edited in a block is in Taiga."""
    released = page.context.released
    return bool(released) and (page.path, block.text, checksum(block.body)) in released


def _refused(result: _BlockResult, why: tuple[str, str], page: _PageComposer) -> _BlockResult:
    block, (message, hint) = result.block, why
    error = BlockError(message, page=page.path, line=block.line, hint=hint)
    return _BlockResult(block, problems=(*result.problems, Problem(block.line, error)))


def placed(error: BlockError | RenderError, block: Block, path: str) -> Problem:
    """The error of a block, made to name the page and its line."""
    line, column = block.line, 0
    if isinstance(error, QueryError):
        line, column = block.place(error.query_line, error.column)
    if isinstance(error, BlockError):
        error.page, error.line = path, line
    return Problem(line, error, column)


def _output(block: Block, page: _PageComposer) -> BlockOutput:
    """A block's output, known from another page or made; the page depends on it either way.

    Raises:
        BlockError: the query is wrong, or its value does not fit the block.
        RenderError: the template is wrong.
        SourceError: there are no rows.
        UnreachedError: there is no time left.
    """
    context = page.context
    own = page.project, page.matter.server, page.template
    key = (block.text, block.form is Form.INLINE, *own)
    ended = context.aside.get((page.path, key))
    if ended is not None:
        raise ended.with_traceback(None)
    try:
        with context.allowance.spending(lambda: context.templates.seconds):
            known = context.outputs.get(key)
            if known is None:
                return _made(block, key, page)
    except EndedError as error:
        context.aside[page.path, key] = error
        raise
    output, noted = known
    page.dependencies.add(noted)
    page.noted[block.start] = noted
    return output


def _made(block: Block, key: Hashable, page: _PageComposer) -> BlockOutput:
    """What a block's query gives, evaluated and rendered, and kept by that key for other pages."""
    context = page.context
    tracker = _tracker(page)
    sprints = partial(_sprints, _scope(tracker, page, None))
    templates = context.templates.dated(Calendar(context.now.date(), sprints), tracker.notes)
    scope = _scope(tracker, page, partial(templates.render, page=tracker.page))
    try:
        answer = evaluate(block.text, scope)
        if answer.push and block.form is not Form.NATIVE:
            raise BlockError(READ_ONLY, hint=READ_ONLY_HINT)
        text = shown(answer, block.form, templates, tracker.page, page.template)
    finally:
        # Also of a block that fails: once what it asked for is another, it may not any more.
        page.dependencies.add(tracker.noted())
    page.noted[block.start] = tracker.noted()
    output = BlockOutput(text, answer.warnings, is_empty=answer.value in (None, [], {}, ""))
    context.outputs.add(key, output, tracker.noted())
    return output


def _sprints(scope: Scope) -> Sequence[Row]:
    """The sprints of the page's projects, as a query lists them."""
    found: list[Row] = evaluate(MILESTONES.name, scope).value  # type: ignore[assignment]
    return found


def _tracker(page: _PageComposer) -> DependencyTracker:
    context = page.context
    clock = QueryClock(context.now, context.dates)
    return DependencyTracker(context.source, page.data, clock, context.refusals, context.items)


def _scope(
    tracker: DependencyTracker,
    page: _PageComposer,
    render: Callable[[str, Sequence[object]], str] | None,
) -> Scope:
    """What a block's query can see."""
    return Scope(
        source=tracker,
        clock=tracker.clock,
        project=page.project,
        server=page.matter.server,
        page=tracker.page,
        presets=page.context.presets,
        render=render,
        cpu_time=time.thread_time,
        inert=inert,
        link=settled_link,
        notes=tracker.notes,
        uses=page.context.templates.uses,
    )
