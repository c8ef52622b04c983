"""The blocks of a vault's pages for who looks at them only: none is rendered, nothing written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from taiga_notes.errors import BlockError, PageGoneError, RenderError, UnreachedError, WriteError
from taiga_notes.page.markers import has_marker
from taiga_notes.page.splice import Form
from taiga_notes.query import Rendered, evaluate
from taiga_notes.query.explanation import as_written
from taiga_notes.refresh.compose import Problem, inspected, placed
from taiga_notes.refresh.refresh import item_pages
from taiga_notes.render.answers import fitting_template

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from taiga_notes.query import Scope
    from taiga_notes.refresh.compose import InspectedBlock, RenderContext
    from taiga_notes.vault.vault import Vault


@dataclass(frozen=True, slots=True)
class InspectedPage:
    """A page that has blocks, or that something is wrong with.

    Attributes:
        name: its path in the vault, with `/`.
        blocks: in the page's order.
        problem: why there are none, where the page as a whole is wrong.
    """

    name: str
    blocks: tuple[InspectedBlock, ...] = ()
    problem: Problem | None = None


def inspected_pages(
    vault: Vault, names: Iterable[str], context: RenderContext
) -> Iterator[InspectedPage]:
    """Finds the blocks of pages; a page's mistake stays in that page.

    Args:
        vault: where the pages are.
        names: pages and folders, as `Vault.chosen` gives them.
        context: what they would be rendered with.
    """
    found = vault.search(has_marker, names)
    for problem in found.problems:
        yield InspectedPage(problem.page, problem=Problem(1, problem))
    context = replace(context, dialect=vault.dialect, items=item_pages(vault))
    for name in found.pages:
        if not context.with_templates and vault.is_template(name):
            continue
        try:
            blocks = inspected(vault.read(name).text, name, context)
        except PageGoneError:
            continue
        except (BlockError, WriteError) as error:
            line = error.line if isinstance(error, BlockError) else 1
            yield InspectedPage(name, problem=Problem(line, error))
            continue
        if blocks:
            yield InspectedPage(name, tuple(blocks))


@dataclass(frozen=True, slots=True)
class CountedRows:
    """What a query gives.

    Attributes:
        rows: how many rows; one value is one row, nil and the empty text none.
        named: the template that the text names, `each` for its own; empty where it names none.
        fitting: the one that shows them then, in a block of its own; empty for one value.
        warnings: what is to be told with them, one sentence each.
    """

    rows: int
    named: str
    fitting: str = ""
    warnings: tuple[str, ...] = ()


class _RowCounter:
    """Stands in the place of templates."""

    def __init__(self) -> None:
        self.rows = 0
        self.names: dict[str, None] = {}

    def __call__(self, name: str, rows: Sequence[object]) -> str:
        self.rows += len(rows)
        self.names[name] = None
        # As of a template: nothing for no rows, else `some(…) or '…'` would not find that out.
        return "*" if rows else ""


def counted_rows(text: str, scope: Scope, template: str | None) -> CountedRows:
    """Evaluates a query.

    Args:
        text: as `evaluate` takes it.
        scope: what it can see; its templates are not used.
        template: for Taiga's items, where the query names none.

    Raises:
        QueryError: see `evaluate`.
        SourceError: see `evaluate`.
    """
    counter = _RowCounter()
    answer = evaluate(text, replace(scope, render=counter))
    value = answer.value
    if counter.names and (isinstance(value, Rendered) or counter.rows):
        names = ", ".join(counter.names)
        return CountedRows(counter.rows, names, warnings=answer.warnings)
    rows = len(value) if isinstance(value, list) else int(value is not None and value != "")
    fitting = fitting_template(answer, template) or ""
    return CountedRows(rows, as_written(text)[1], fitting, answer.warnings)


def rows_of_block(each: InspectedBlock, page: str, context: RenderContext) -> CountedRows:
    """How many rows a block's query gives, within what a run may compute.

    Args:
        each: the block.
        page: its page's name, for messages.
        context: the one with which the block was found.

    Raises:
        BlockError: its query is wrong; page and line are told.
        SourceError: rows can't be had.
    """
    try:
        with context.allowance.spending(float):
            return counted_rows(each.block.text, each.scope, each.template)
    except UnreachedError as error:
        error.page, error.line = page, each.block.line
        raise
    except (BlockError, RenderError) as error:
        raise placed(error, each.block, page).error from error


def shown_by(each: InspectedBlock, rows: CountedRows) -> str:
    """The template that shows a block's rows; empty where a value stands alone."""
    return rows.named or ("" if each.block.form is Form.INLINE else rows.fitting)
