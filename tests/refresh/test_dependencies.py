"""What a block looks at is noted by what it asks, and by nothing else."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from typing import TYPE_CHECKING, cast

import pytest

from taiga_notes.errors import QueryError, SourceError, UnreachableError
from taiga_notes.model.details import DetailRequest, Details
from taiga_notes.model.rows import Listing, Table
from taiga_notes.query import QueryClock, Scope, evaluate
from taiga_notes.query.runtime.functions import FUNCTIONS, NAMESPACES
from taiga_notes.refresh.compose import Composition, RenderContext, compose
from taiga_notes.refresh.dependencies import (
    ME,
    Asked,
    Dependencies,
    DependencyTracker,
    PageData,
    stamp_of,
    stamp_of_me,
)
from taiga_notes.render import Templates, builtin_folder
from tests.query.scopes import Lists
from tests.tables import each

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from taiga_notes.model.rows import Row, Rows, Source

STORIES, ISSUES, TASKS = (Listing(kind, "acme") for kind in ("userstories", "issues", "tasks"))
NOW = datetime(2026, 11, 22, tzinfo=UTC)


class Stamped(Table):
    """Rows of a list that has a stamp."""

    def __init__(self, stamp: str) -> None:
        super().__init__([])
        self.stamp = stamp


class Stamps:
    """A source whose lists have stamps, and what they leave out that of its kind."""

    def __init__(self, **says: str | Exception) -> None:
        self._says = says

    def rows(self, listing: Listing, /) -> Rows:
        said = self._says[listing.kind]
        if isinstance(said, Exception):
            raise said
        return Stamped(said)

    def me(self, _server: str = "", /) -> Row:
        return {"id": 7}

    def details(self, request: DetailRequest, /) -> Details:
        said = self._says[request.kind]
        if isinstance(said, Exception):
            raise said
        return Details({1: []}, f"{request.piece} {said}")


def tracker(source: Source, **refusals: SourceError) -> DependencyTracker:
    refused: dict[Asked, SourceError] = {
        Listing(kind, "acme"): error for kind, error in refusals.items()
    }
    return DependencyTracker(source, {"name": "A"}, QueryClock(NOW), refused)


# Lists


def test_lists_are_noted_with_what_they_were_like() -> None:
    refusal = SourceError("no right")
    one = tracker(Stamps(userstories="a", tasks=UnreachableError("?")), issues=refusal)
    one.rows(STORIES)
    one.me()
    for listing, kind in ((ISSUES, SourceError), (TASKS, UnreachableError)):
        with pytest.raises(kind):
            one.rows(listing)
    assert one.noted().lists == {
        STORIES: "a",
        ME: stamp_of_me({"id": 7}),
        ISSUES: "no right",
        TASKS: None,
    }


def test_a_list_is_noted_as_it_is_told_to_whoever_keeps_an_eye_on_it() -> None:
    source = Stamps(userstories="a")
    one = tracker(source)
    one.rows(STORIES)
    one.me()
    assert one.noted().lists == {listing: stamp_of(source, listing) for listing in (STORIES, ME)}


def test_what_lists_leave_out_is_noted_like_them() -> None:
    comments = DetailRequest("userstories", "acme", "comments", (1, 2))
    source = Stamps(userstories="a", tasks=SourceError("too many"))
    one = tracker(source)
    one.details(comments)
    refused = replace(comments, kind="tasks")
    with pytest.raises(SourceError):
        one.details(refused)
    assert one.noted().lists == {comments: "comments a", refused: None}
    assert stamp_of(source, comments) == "comments a"


def test_a_refusal_that_is_said_again_and_again_does_not_grow() -> None:
    error = SourceError("no right")
    one = tracker(Stamps(), issues=error)
    for _ in range(50):
        with pytest.raises(SourceError):
            one.rows(ISSUES)
    frames, trace = 0, error.__traceback__
    while trace:
        frames, trace = frames + 1, trace.tb_next
    assert frames < 5


def test_whoever_is_renamed_is_another() -> None:
    before = stamp_of_me({"id": 7, "username": "ann"})
    assert before == stamp_of_me({"username": "ann", "id": 7})
    assert before != stamp_of_me({"id": 7, "username": "anna"})


# The page


@each(
    "look",
    [
        lambda page: page["name"],
        lambda page: page.get("name"),
        lambda page: "name" in page,
        len,
        bool,
        list,
        lambda page: [*reversed(page)],
        dict,
        lambda page: {**page},
        lambda page: {} | page,
        lambda page: page == {},
        lambda page: page != {},
        lambda page: page.keys(),
        lambda page: page.values(),
        lambda page: page.items(),
        repr,
        "{}".format,
        lambda page: [page].__repr__(),
    ],
)
def test_every_way_to_look_at_a_page_is_noted(look: Callable[[PageData], object]) -> None:
    one = tracker(Stamps())
    assert not one.noted().page
    look(one.page)
    assert one.noted().page


# The time


def composed(*queries: str, presets: dict[str, str] | None = None) -> Composition:
    context = RenderContext(
        source=Lists(Table([{"id": 1, "ref": 11, "subject": "now"}], "userstories")),
        templates=Templates([builtin_folder()]),
        now=NOW,
        presets=presets or {},
    )
    text = "".join(f"<!-- taiga: {query} -->\n<!-- /taiga -->\n" for query in queries)
    made = compose(text, "A.md", context)
    assert not made.problems
    return made


@each(
    "query",
    [
        "now()",
        "os.time()",
        "os.date()",
        "os.date('*t').hour",
        "os.date('!%F')",
        "from userstories where now() > '2020' select subject",
        "from userstories select os.time() - 1",
        "from userstories order by now() select ref",
        "from presets.old",
    ],
)
def test_whoever_was_told_the_time_of_day_is_another_each_time(query: str) -> None:
    made = composed(
        "'always the same'", query, presets={"old": "from userstories where now() > '2020'"}
    )
    assert made.dependencies.moment
    assert not made.cacheable


@each(
    "query",
    [
        "today()",
        "today(7)",
        "os.time{year = 2026, month = 11, day = 22}",
        "os.date('%F', 0)",
        "os.difftime(7, 5)",
        "'now'",
        "from userstories where subject == 'now' select subject",
        "'a' == 'b' and now()",
        "from userstories where today() > '2020' select subject",
    ],
)
def test_whoever_was_told_no_more_than_the_day_is_not(query: str) -> None:
    made = composed(query, presets={"old": "from userstories where now() > '2020'"})
    assert not made.dependencies.moment
    assert made.cacheable


def calls() -> Iterator[str]:
    """Every function of queries, called in all ways that it may take."""
    below = (
        (f"{space}.{name}", each)
        for space in NAMESPACES
        for name, each in NAMESPACES[space].items()
    )
    for name, function in (*FUNCTIONS.items(), *below):
        for count in range(function.least, min(function.most, 2) + 1):
            for given in product(("1", "'%c'", "'*t'", "{1}"), repeat=count):
                yield f"{name}({', '.join(given)})"


def test_no_function_tells_the_time_unnoticed() -> None:
    told = set()
    lists = Lists({"milestones": Table([], "milestones")})
    for call in calls():
        answers = []
        for hour in (1, 15):
            clock = QueryClock(NOW.replace(hour=hour))
            with suppress(QueryError):
                found = evaluate(call, Scope(lists, clock, page={"name": "A", "path": "A.md"}))
                answers.append(found.value)
            if clock.told_moment:
                told.add(call)
        assert call in told or answers[:1] * len(answers) == answers, call
    assert told >= {"now()", "os.date()", "os.date('%c')", "os.date('*t')", "os.time()"}


# Together


def test_a_page_depends_on_what_each_of_its_blocks_looked_at() -> None:
    one, other = Dependencies({STORIES: "a"}), Dependencies({ISSUES: "b", ME: "c"}, page=True)
    one.add(other)
    assert one == Dependencies({STORIES: "a", ISSUES: "b", ME: "c"}, page=True)
    one.add(Dependencies({}, moment=True))
    assert (one.page, one.moment) == (True, True)


def test_a_block_that_fails_depends_on_what_it_had_looked_at() -> None:
    context = RenderContext(
        source=cast("Source", Stamps(userstories="a")),
        templates=Templates([builtin_folder()]),
        now=NOW,
    )
    text = "<!-- taiga: from userstories select me.nothing_such -->\n<!-- /taiga -->\n"
    made = compose(text, "A.md", context)
    assert made.problems
    assert [*made.dependencies.lists.values()] == ["a", stamp_of_me({"id": 7})]
