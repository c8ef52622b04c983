"""What is wrong with pages, presets and templates whatever Taiga holds: nobody is asked.

Queries are evaluated over lists that nobody fetched, once empty, once with invented items. What
can't be read, and a name that nothing has, is wrong in either. What goes wrong in computing may
come of those very rows: it is told only if it goes wrong both times.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from taiga_notes.bake.live import overlooked
from taiga_notes.errors import (
    BlockError,
    MissingNameError,
    PageGoneError,
    QueryError,
    RenderError,
    TaigaNotesError,
    WriteError,
)
from taiga_notes.model.calendar import Calendar
from taiga_notes.model.invented_lists import Empty, Invented
from taiga_notes.model.kinds import MILESTONES, joins_of
from taiga_notes.model.rows import Listing
from taiga_notes.query import demand_preset, evaluate
from taiga_notes.query.runtime.budget import Mistake
from taiga_notes.refresh.compose import Problem, compose, inspected
from taiga_notes.refresh.mirroring import called, planned
from taiga_notes.refresh.refresh import may_hold
from taiga_notes.render.answers import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator
    from pathlib import Path

    from taiga_notes.config.mirror_settings import Mirror
    from taiga_notes.model.rows import Row
    from taiga_notes.query import Scope
    from taiga_notes.refresh.compose import RenderContext
    from taiga_notes.render import Templates
    from taiga_notes.vault.vault import Vault


@dataclass(frozen=True, slots=True)
class CheckedPage:
    """A page that has blocks, or that something is wrong with.

    Attributes:
        name: its path in the vault, with `/`.
        blocks: how many blocks it has.
        problems: what is wrong with it, in the page's order.
        warnings: what is doubtful: line and sentence.
        is_template: whether it was passed by as the template of pages to be.
    """

    name: str
    blocks: int = 0
    problems: tuple[Problem, ...] = ()
    warnings: tuple[tuple[int, str], ...] = ()
    is_template: bool = False


def checked_pages(
    vault: Vault, names: Iterable[str], context: RenderContext
) -> Iterator[CheckedPage]:
    """Checks pages; a page's mistake stays in that page.

    Args:
        vault: where the pages are.
        names: pages and folders, as `Vault.chosen` gives them.
        context: what they would be rendered with; nothing is asked of its source.
    """
    found = vault.search(may_hold, names)
    for problem in found.problems:
        yield CheckedPage(problem.page, problems=(Problem(1, problem),))
    # Who edited a body is none of these checks' business.
    context = replace(context, dialect=vault.dialect, on_edit="overwrite", adopt=True, force=True)
    contexts = replace(context, source=Empty()), replace(context, source=Invented())
    for name in found.pages:
        if not context.with_templates and vault.is_template(name):
            yield CheckedPage(name, is_template=True)
            continue
        try:
            yield _checked(vault.read(name).text, name, *contexts)
        except PageGoneError:
            continue
        except (BlockError, WriteError) as error:
            line = error.line if isinstance(error, BlockError) else 1
            yield CheckedPage(name, problems=(Problem(line, error),))


def _checked(
    text: str, name: str, without_rows: RenderContext, with_rows: RenderContext
) -> CheckedPage:
    """One page.

    Raises:
        BlockError: its markers or its front matter are wrong.
    """
    empty, filled = compose(text, name, without_rows), compose(text, name, with_rows)
    shown_wrong = _shown_wrong(text, name, without_rows)
    passed = overlooked(text, empty.blocks, without_rows.dialect)
    misses = [(each.line, f"nearly a marker: {each.hint}") for each in passed if each.hint]
    return CheckedPage(
        name,
        empty.blocks,
        tuple(_certain(empty.problems, [*filled.problems, *shown_wrong])),
        tuple(sorted([*empty.warnings, *misses])),
        empty.is_template,
    )


def _shown_wrong(text: str, name: str, context: RenderContext) -> Iterator[Problem]:
    """What blocks' templates name and their rows have not, be there rows that a query keeps or not.

    Raises:
        BlockError: see `_checked`.
    """
    today = context.now.date()
    templates = context.templates.dated(Calendar(today, lambda: _rows(MILESTONES.name)))
    for each in inspected(text, name, context):
        block, page = each.block, each.tracker.page
        scope = replace(each.scope, render=partial(templates.render, page=page))
        try:
            answer = evaluate(block.text, scope)
            if answer.kind and not block.state:
                filled = replace(answer, value=_rows(answer.kind), join=None)
                shown(filled, block.form, templates, page, each.template)
        except MissingNameError as error:
            yield Problem(block.line, error)
        except TaigaNotesError:
            continue  # `compose` tells of it


def _rows(kind: str) -> list[Row]:
    """Rows with all that there is to know of them."""
    rows = Invented().rows(Listing(kind))
    joined = {name: join.field.example for name, join in joins_of(kind).items()}
    return [{**rows[number], **joined} for number in range(len(rows))]


def query_mistake(text: str, scope: Scope) -> TaigaNotesError | None:
    """What is wrong with a block's query; None where nothing is.

    Args:
        text: of the block.
        scope: what it can see; nothing is asked of its source.
    """
    return _mistake_by(evaluate, text, scope)


def preset_mistake(text: str, scope: Scope) -> TaigaNotesError | None:
    """What is wrong with a preset; None where nothing is.

    Args:
        text: of the preset.
        scope: what it can see; nothing is asked of its source.
    """
    return _mistake_by(demand_preset, text, scope)


def mirror_mistake(mirror: Mirror, scope: Scope, context: RenderContext) -> TaigaNotesError | None:
    """What is wrong with a mirror's query, keys, template or name; None where nothing is.

    Args:
        mirror: of the vault's settings.
        scope: what its query can see; nothing is asked of its source.
        context: what its pages would be rendered with; likewise.
    """
    if error := _mistake_by(evaluate, mirror.query, scope):
        return error
    try:
        kind = evaluate(mirror.query, replace(scope, source=Empty())).kind
        context.templates.source(mirror.template)
    except QueryError:
        return None  # it may come of there being no rows
    except RenderError as error:
        return error
    # Of what the query keeps there may be none: a mirror of all that there are has the same keys.
    every = [replace(mirror, query=f"from {kind}")] if kind else []
    asked = replace(context, source=Invented(), project=context.project or "acme")
    problems = planned([mirror, *every], asked).problems
    wrong = (error for _, error in problems if _is_certain(error) or type(error) is BlockError)
    return next(wrong, None) or _name_mistake(mirror, kind, context)


def _name_mistake(mirror: Mirror, kind: str, context: RenderContext) -> RenderError | None:
    calendar = Calendar(context.now.date(), lambda: _rows(MILESTONES.name))
    templates = context.templates.dated(calendar)
    try:
        called(mirror, [], templates)
    except RenderError as error:
        return error
    try:
        called(mirror, _rows(kind) if kind else [], templates)
    except MissingNameError as error:
        return error
    except RenderError:
        return None  # it may come of these very rows
    return None


def _mistake_by(
    check: Callable[[str, Scope], object], text: str, scope: Scope
) -> TaigaNotesError | None:
    found = [
        _problems_by(check, text, replace(scope, source=source)) for source in (Empty(), Invented())
    ]
    return next((problem.error for problem in _certain(*found)), None)


def _problems_by(check: Callable[[str, Scope], object], text: str, scope: Scope) -> list[Problem]:
    try:
        check(text, scope)
    except (BlockError, RenderError) as error:
        return [Problem(1, error)]
    return []


def template_mistakes(
    templates: Templates, names: Container[str] | None = None
) -> Iterator[tuple[Path, RenderError]]:
    """What is wrong with the vault's own templates: the file, and the mistake; each once.

    Args:
        templates: the vault's.
        names: of those that are checked; None for all.
    """
    own = {info.name: info.file for info in templates.names() if not info.builtin}
    files = {file.name: file for file in own.values()}
    told = set()
    for name, file in own.items():
        if names is not None and name not in names:
            continue
        error = template_mistake(templates, name)
        # It may be one that this template includes.
        if error is not None and (error.template, error.line, error.message) not in told:
            told.add((error.template, error.line, error.message))
            yield files.get(error.template, file), error


def template_mistake(templates: Templates, name: str) -> RenderError | None:
    """What is wrong with a template: without rows, its loops are compiled and not run."""
    try:
        templates.render(name, [])
    except RenderError as error:
        return error
    return None


def _certain(empty: Iterable[Problem], filled: Iterable[Problem]) -> Iterator[Problem]:
    """The problems that there are whatever the rows, each once, in the page's order."""
    sides = [{_key(problem): problem for problem in side} for side in (empty, filled)]
    known = {**sides[1], **sides[0]}
    for key, problem in sorted(known.items()):
        if _is_certain(problem.error) or (key in sides[0] and key in sides[1]):
            yield problem


def _key(problem: Problem) -> tuple[int, int, str]:
    return problem.line, problem.column, problem.error.message


def _is_certain(error: TaigaNotesError) -> bool:
    """Whether a mistake has nothing to do with the rows at hand."""
    if isinstance(error, QueryError):
        return not isinstance(error.__cause__, Mistake)
    return isinstance(error, MissingNameError)
