"""A template against an f-string with the same escape."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from taiga_notes.markdown.places import address
from taiga_notes.markdown.text import mark_label, settle
from taiga_notes.render import Templates, builtin_folder
from tests.bench.data import enriched
from tests.bench.harness import Row, alternate, ratio, timed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.bench.data import Story

ROWS = 100
REPEATED = 20


def measure(*, full: bool) -> Iterator[Row]:  # noqa: ARG001 - every section takes it
    """This section of the table."""
    items = enriched(ROWS)
    templates = Templates([builtin_folder()])
    costs = alternate(
        15,
        partial(timed, lambda: [templates.render("links", items) for _ in range(REPEATED)]),
        partial(timed, lambda: [by_hand(items) for _ in range(REPEATED)]),
    )
    yield ratio(
        f"`links` for {ROWS} rows, escaped, sandboxed",
        "f-string, same escape",
        [cost / REPEATED for cost in costs],
        at_most=3,
        aim=2,
    )


def by_hand(items: Sequence[Story]) -> str:
    """What `links` gives."""
    return settle(
        "".join(
            f"- [#{item['ref']} {mark_label(item['subject'])}]({address(item['url'])})\n"
            for item in items
        )
    )
