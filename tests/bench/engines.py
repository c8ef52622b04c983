"""The original query in other engines, where they are installed; comparisons without a goal."""

from __future__ import annotations

import json
import sqlite3
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from tests.bench.harness import Row, alternate, missing, ratio, timed
from tests.bench.queries import ORIGINAL, Candidates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from tests.bench.data import Story

STORIES = 10_000

JMESPATH = """\
sort_by([?status_extra_info.name != 'Done' && status_extra_info.name != 'New'], \
&status_extra_info.name)[:100]"""

SQL = """\
SELECT body FROM story
WHERE json_extract(body, '$.status_extra_info.name') NOT IN ('Done', 'New')
ORDER BY json_extract(body, '$.status_extra_info.name') LIMIT 100"""


def measure(*, full: bool) -> Iterator[Row]:  # noqa: ARG001 - every section takes it
    """This section of the table."""
    given = Candidates.of(STORIES)
    what = f"original query, {STORIES:,} stories, from dicts"
    ours = partial(given.from_dicts, ORIGINAL)
    if find_spec("jmespath") is None:
        yield missing(what, "jmespath", "jmespath is not installed: pip install jmespath")
    else:
        yield _against(what, "jmespath", ours, jmespath_search(given.items))
    what = f"original query, {STORIES:,} stories, from columns"
    ours = partial(given.from_columns, ORIGINAL)
    yield _against(what, "SQLite's json_extract", ours, sqlite_search(given.items))


def _against(what: str, whose: str, ours: Callable[[], Any], theirs: Callable[[], Any]) -> Row:
    return ratio(what, whose, alternate(5, partial(timed, ours), partial(timed, theirs)))


def jmespath_search(items: Sequence[Story]) -> Callable[[], list[Story]]:
    """The query in jmespath, compiled, over the dicts."""
    import jmespath  # type: ignore[import-not-found, import-untyped, unused-ignore]  # noqa: PLC0415 - may be missing

    compiled = jmespath.compile(JMESPATH)
    return partial(compiled.search, items)


def sqlite_search(items: Sequence[Story]) -> Callable[[], list[Story]]:
    """The query in SQL, over each story's JSON in a table in memory."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE story (body TEXT)")
    database.executemany("INSERT INTO story VALUES (?)", ((json.dumps(item),) for item in items))

    def search() -> list[Story]:
        return [json.loads(body) for (body,) in database.execute(SQL)]

    return search
