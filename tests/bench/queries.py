"""Queries against what one would write by hand: the original one, and ten other shapes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from taiga_notes.model.rows import Table
from taiga_notes.query import QueryClock, Scope, evaluate
from tests.bench import baselines
from tests.bench.data import enriched
from tests.bench.harness import Row, alternate, growth, megabytes, peak, ratio, timed
from tests.without_details import WithoutDetails

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from taiga_notes.model.rows import Listing, Rows
    from tests.bench.data import Story

ORIGINAL = """\
from userstories
where status_extra_info.name != 'Done' and status_extra_info.name != 'New'
order by status_extra_info.name
limit 100"""

SHAPES: dict[str, tuple[str, Callable[[Sequence[Story]], Any]]] = {
    "text search": (
        "from userstories where subject:lower():find('login', 1, true) select ref",
        baselines.text_search,
    ),
    "a tag": (
        "from userstories where 'bug' in tag_names select ref",
        baselines.tagged,
    ),
    "dates": (
        "from userstories where due_date < '2026-03-01' order by due_date select ref",
        baselines.overdue,
    ),
    "three order keys": (
        """from userstories where not is_closed
        order by status_extra_info.name, total_points desc, ref select ref limit 50""",
        baselines.several_keys,
    ),
    "group by, count": (
        """from userstories
        group by status = status_extra_info.name select status, n = count()""",
        baselines.grouped,
    ),
    "group by, aggregates, having": (
        """from userstories where not is_closed
        group by who = assigned_to_extra_info.username having count() > 10
        order by sum(total_points) desc nulls last
        select who, n = count(), sum = sum(total_points), mean = avg(total_points)""",
        baselines.group_sums,
    ),
    "select a record": (
        """from userstories where milestone_name == 'Sprint 7'
        select ref, subject, status = status_extra_info.name""",
        baselines.selected,
    ),
    "in lists": (
        """from userstories where status_extra_info.name in {'New', 'Ready', 'In progress'}
        and assigned_to_extra_info.username in {'ann', 'eve'} select ref""",
        baselines.among,
    ),
    "count": (
        "from userstories where not is_closed and assigned_to == nil select count()",
        baselines.counted,
    ),
    "somebody's, newest first": (
        "from userstories where assignee == 'ann' order by modified_date desc limit 20",
        baselines.newest,
    ),
    "computed": (
        """from userstories where (total_points or 0) * 2 > 8
        order by (total_points or 0) - ref % 5 desc
        select ref .. ': ' .. subject:upper() limit 20""",
        baselines.computed,
    ),
}

WITHOUT_GOAL = frozenset({"computed"})
"""Compared beyond what was promised: every operator has Lua's numbers to heed."""


class Given(WithoutDetails):
    """A source that has one list."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def rows(self, _listing: Listing, /) -> Rows:
        """See `Source.rows`."""
        return self._rows

    def me(self, _server: str = "", /) -> dict[str, object]:
        """See `Source.me`."""
        return {}


def scope(rows: Rows) -> Scope:
    """What a query sees that lists these rows."""
    return Scope(Given(rows), QueryClock(datetime(2026, 11, 22, 12, tzinfo=UTC)), project="acme")


def value(query: str, rows: Rows) -> Any:
    """What a query gives for these rows."""
    return evaluate(query, scope(rows)).value


@dataclass(slots=True)
class Candidates:
    """Stories, and their columns as the store has them ready."""

    items: list[Story]
    loaded: Table

    @classmethod
    def of(cls, count: int) -> Candidates:
        """So many stories, with the added fields."""
        items = enriched(count)
        return cls(items, Table(items, "userstories"))

    def from_dicts(self, query: str) -> Any:
        """A query over the dicts alone, as if they had just come."""
        return value(query, Table(self.items, "userstories"))

    def from_columns(self, query: str) -> Any:
        """A query over columns that are there."""
        return value(query, self.loaded)


SIZES = (1_000, 10_000, 100_000)
FEW = 10_000
"""Stories for the comparison of shapes and engines."""

ROUNDS = 40
FEW_ROUNDS = 7
"""For lists that take long; the short ones need more rounds until one of them is undisturbed."""


def measure(*, full: bool) -> Iterator[Row]:
    """This section of the table."""
    sizes = SIZES if full else SIZES[:2]
    costs, memory = [], []
    for size in sizes:
        given = Candidates.of(size)
        costs.append(_original(given))
        dicts, columns, by_hand = costs[-1]
        memory.append(peak(partial(given.from_dicts, ORIGINAL)))
        what = f"original query, {size:,} stories"
        against = "comprehension + sorted"
        yield ratio(f"{what}, from dicts", against, (dicts, by_hand), at_most=1.0, aim=0.6)
        yield ratio(f"{what}, from columns", against, (columns, by_hand), at_most=0.4, aim=0.25)
    from_dicts, from_columns, hand_written = zip(*costs, strict=True)
    yield growth("original query, from dicts", sizes, from_dicts, by_hand=hand_written)
    yield growth("original query, from columns", sizes, from_columns)
    yield growth("original query, from dicts, memory", sizes, memory, megabytes)
    few = Candidates.of(FEW)
    for name in SHAPES:
        yield _shape(few, name)


def _original(given: Candidates) -> list[float]:
    return alternate(
        ROUNDS if len(given.items) <= FEW else FEW_ROUNDS,
        partial(timed, partial(given.from_dicts, ORIGINAL)),
        partial(timed, partial(given.from_columns, ORIGINAL)),
        partial(timed, partial(baselines.original, given.items)),
    )


def _shape(given: Candidates, name: str) -> Row:
    query, by_hand = SHAPES[name]
    dicts, columns, baseline = alternate(
        ROUNDS,
        partial(timed, partial(given.from_dicts, query)),
        partial(timed, partial(given.from_columns, query)),
        partial(timed, partial(by_hand, given.items)),
    )
    has_goal = name not in WITHOUT_GOAL
    return ratio(
        f"query: {name}, {len(given.items):,} stories",
        "the same by hand",
        (columns, baseline),
        at_most=1.5 if has_goal else None,
        aim=1.0 if has_goal else None,
        note=f"from dicts {dicts / baseline:.2f}",
    )
