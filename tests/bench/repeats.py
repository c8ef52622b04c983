"""One query in many pages: it is evaluated once, beside reading and writing the pages."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from taiga_notes.model.rows import Table
from taiga_notes.refresh.compose import RenderContext, compose
from taiga_notes.render import Templates, builtin_folder
from tests.bench.data import enriched
from tests.bench.harness import Row, alternate, ratio, timed
from tests.bench.queries import Given

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGES = 500
STORIES = 50_000
ROUNDS = 5
PAGE = """\
# A page

<!-- taiga: from userstories where subject:lower():find('log.n') select count() -->

<!-- /taiga -->
"""
"""Its query looks for a pattern, which takes long: an evaluation has to show above the noise of 500
pages, from whose time it is told by subtraction."""


def measure(*, full: bool) -> Iterator[Row]:  # noqa: ARG001 - every section takes it
    """This section of the table.

    What is not evaluation costs the same over a single story, and is taken off.
    """
    many, one = (Table(enriched(count), "userstories") for count in (STORIES, 1))
    composed(many, 1)
    pages, pages_alone, page, page_alone = alternate(
        ROUNDS,
        partial(timed, partial(composed, many, PAGES)),
        partial(timed, partial(composed, one, PAGES)),
        partial(timed, partial(composed, many, 1)),
        partial(timed, partial(composed, one, 1)),
    )
    yield ratio(
        f"{PAGES} pages with the same query",
        "one page's evaluation",
        (pages - pages_alone, page - page_alone),
        at_most=1.2,
        aim=1.05,
    )


def composed(rows: Table, pages: int) -> list[str]:
    """So many pages of one run, rendered."""
    context = RenderContext(
        source=Given(rows),
        templates=Templates([builtin_folder()]),
        now=datetime(2026, 11, 22, 12, tzinfo=UTC),
        project="acme",
    )
    return [compose(PAGE, f"Page {number}.md", context).text for number in range(pages)]
