"""Blocks that stay as they are: `once`, `until`, and what is frozen, in pages that are composed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from taiga_notes.errors import BlockError, UnreachableError
from taiga_notes.model.rows import Listing
from taiga_notes.page.splice import checksum
from taiga_notes.refresh.compose import Composition, RenderContext, compose
from taiga_notes.render import Templates, builtin_folder
from taiga_notes.taiga.snapshot import Snapshot
from tests.refresh.test_compose import Gone
from tests.tables import each

if TYPE_CHECKING:
    from taiga_notes.config.settings import OnEdit

ROWS = {
    "userstories": [
        {"id": 1, "ref": 11, "project": 7, "subject": "Sign-up", "is_closed": False},
        {"id": 2, "ref": 12, "project": 7, "subject": "Log-in", "is_closed": True},
    ],
    "milestones": [
        {"id": 3, "name": "Sprint 12", "slug": "sprint-12", "project": 7}
        | {"estimated_start": "2026-11-09", "estimated_finish": "2026-11-22"},
    ],
    "projects": [{"id": 7, "slug": "acme"}],
    "web": "https://t.example",
}
CONTEXT = RenderContext(
    source=Snapshot(ROWS),
    templates=Templates([builtin_folder()]),
    now=datetime(2026, 11, 22, tzinfo=UTC),
    project="acme",
)
LATER = replace(CONTEXT, now=datetime(2026, 11, 25, tzinfo=UTC))
NOBODY = replace(LATER, source=Gone())
"""A source that must not be asked."""


def composed(text: str, context: RenderContext = CONTEXT) -> Composition:
    return compose(text, "Page.md", context)


def new(clauses: str) -> str:
    return f"<!-- #taiga: {clauses} -->\n<!-- /taiga -->\n"


def written(clauses: str, body: str, state: str = "") -> str:
    """A block that holds what we wrote."""
    held = f"{body}\n\n" if body else ""
    said = f"{checksum(body)} {state}".strip()
    return f"<!-- #taiga: {clauses} -->\n\n{held}<!-- /taiga {said} -->\n"


STORIES = "from userstories select subject"
BOTH = "- Sign-up\n- Log-in"


def test_once_a_block_is_filled_it_stays() -> None:
    page = composed(new(f"{STORIES} once"))
    assert page.text == written(f"{STORIES} once", BOTH, "frozen 2026-11-22")
    again = composed(page.text, NOBODY)
    assert (again.text, again.problems, again.cacheable) == (page.text, (), True)
    assert again.dependencies.lists == {}


@each("clauses", [f"{STORIES} where ref > 99 once", f"{STORIES} where ref > 99 empty 'None.' once"])
def test_what_holds_nothing_yet_is_not_filled(clauses: str) -> None:
    page = composed(new(clauses))
    assert "frozen" not in page.text
    assert composed(page.text, LATER).text == page.text


def test_a_count_of_nothing_is_something() -> None:
    assert "frozen" in composed(new("from userstories where ref > 99 select count() once")).text


@each(
    "clauses",
    ["from userstories select sbject once", f"{STORIES} template none until '2026-11-01'"],
)
def test_an_error_is_nothing_that_could_stay(clauses: str) -> None:
    page = composed(new(clauses))
    assert "[!WARNING]" in page.text
    assert "frozen" not in page.text
    assert len(composed(page.text, LATER).problems) == 1


def test_without_rows_nothing_is_frozen() -> None:
    page = composed(new(f"{STORIES} once"), NOBODY)
    assert page.text == new(f"{STORIES} once")


def test_a_block_that_was_rendered_before_is_frozen_once_it_says_so() -> None:
    for held in (BOTH, "- Sign-up"):
        page = composed(written(f"{STORIES} once", held))
        assert page.text == written(f"{STORIES} once", BOTH, "frozen 2026-11-22")


UNTIL = f"{STORIES} until '2026-11-23'"


def test_until_its_day_is_over_a_block_is_kept_true() -> None:
    for day in (22, 23):
        context = replace(CONTEXT, now=datetime(2026, 11, day, 23, 59, tzinfo=UTC))
        assert composed(written(UNTIL, "- Old"), context).text == written(UNTIL, BOTH)


def test_then_it_stays_as_it_was_and_asks_for_nothing() -> None:
    page = composed(written(UNTIL, "- Old"), NOBODY)
    assert page.text == written(UNTIL, "- Old", "frozen 2026-11-23")
    assert (page.problems, page.dependencies.lists) == ((), {})
    assert composed(page.text, NOBODY).text == page.text


def test_also_if_it_held_nothing_or_what_somebody_wrote() -> None:
    assert composed(written(UNTIL, ""), NOBODY).text == written(UNTIL, "", "frozen 2026-11-23")
    edited = written(UNTIL, "- Old").replace("- Old", "mine")
    page = composed(edited, NOBODY)
    said = checksum("- Old")
    assert page.text == edited.replace(f"{said} -->", f"{said} frozen 2026-11-23 -->")
    assert page.problems == ()


def test_what_waits_to_be_pushed_waits_still() -> None:
    clauses = "from userstories limit 1 template tasks push done until '2026-11-23'"
    held = composed(new(clauses)).text
    assert "- [ ] [#11 Sign-up]" in held
    ticked = held.replace("- [ ]", "- [x]")
    page = composed(ticked, NOBODY)
    assert (page.text, page.waiting) == (ticked, ((1, 1),))
    assert "frozen" in composed(ticked, replace(NOBODY, force=True)).text
    assert "frozen" in composed(held, NOBODY).text


def test_what_was_never_rendered_by_then_is_rendered_once() -> None:
    assert composed(new(UNTIL), LATER).text == written(UNTIL, BOTH, "frozen 2026-11-25")


def test_up_to_its_day_a_block_asks_for_the_sprint_that_says_it() -> None:
    clauses = f"{STORIES} until sprint('Sprint 12').estimated_finish"
    page = composed(new(clauses))
    assert page.text == written(clauses, BOTH)
    assert set(page.dependencies.lists) == {
        Listing("userstories", "acme", (("status__is_archived", "false"),)),
        Listing("milestones", "acme"),
    }
    frozen = composed(page.text, LATER)
    assert frozen.text == written(clauses, BOTH, "frozen 2026-11-22")
    assert composed(frozen.text, NOBODY).text == frozen.text


def test_a_day_that_is_none_is_an_error_of_the_block() -> None:
    page = composed("\n" + new(f"{STORIES} until 'soon'"))
    (problem,) = page.problems
    assert problem.line == 2
    assert "until wants a date" in str(problem.error)


@each(
    "page",
    [
        "There are <!-- #taiga: from userstories select count() once -->1<!-- /taiga --> open.\n",
        "There are <!-- #taiga: {} until '2026-01-01' -->1<!-- /taiga --> open.\n".format(
            "from userstories select count()"
        ),
    ],
)
def test_within_a_line_no_block_can_stay(page: str) -> None:
    made = composed(page)
    assert made.text == page
    assert "only blocks with taiga-notes' own markers" in str(made.problems[0].error)


FROZEN = "frozen 2026-11-20"


def test_what_is_frozen_stays_whatever_its_query_says_and_whatever_is_forced() -> None:
    for clauses in (STORIES, "from userstories where sbject", "from", "from userstories push done"):
        page = written(clauses, "- Old", FROZEN)
        forced = replace(NOBODY, on_edit="overwrite", force=True, adopt=True)
        for text in (page, page.replace("- Old", "mine"), page.replace("- Old\n\n", "")):
            made = composed(text, forced)
            assert (made.text, made.problems, made.waiting) == (text, (), ()), clauses
            assert made.cacheable


def test_the_pages_other_blocks_are_kept_true() -> None:
    page = composed(written(STORIES, "- Old", FROZEN) + new(STORIES))
    assert page.text == written(STORIES, "- Old", FROZEN) + written(STORIES, BOTH)


def test_a_state_that_cannot_be_read_is_told_and_the_block_left_alone() -> None:
    text = "\n" + written(STORIES, "- Old", "frozen 2026-13-01") + new(STORIES)
    page = composed(text)
    assert page.text.startswith("\n" + written(STORIES, "- Old", "frozen 2026-13-01"))
    assert page.text.endswith(written(STORIES, BOTH))
    (problem,) = page.problems
    assert isinstance(problem.error, BlockError)
    assert (problem.error.page, problem.error.line) == ("Page.md", 2)
    assert "without a date" in problem.error.message


@each("on_edit", ["refuse", "rescue"])
def test_before_it_is_filled_what_somebody_wrote_in_a_block_is_in_no_danger(
    on_edit: OnEdit,
) -> None:
    context = replace(CONTEXT, on_edit=on_edit)
    page = composed(written(f"{STORIES} once", "- Old").replace("- Old", "mine"), context)
    assert "mine" in page.text
    assert ("frozen" in page.text) == (on_edit == "rescue")


def test_a_template_that_asks_for_a_sprint_makes_its_page_depend_on_the_sprints() -> None:
    for template in ("%{current_sprint().name}", "%{[current_sprint().name] | join}"):
        page = composed(new(f'from userstories limit 1 each "{template}"'))
        assert "Sprint 12" in page.text
        assert Listing("milestones", "acme") in page.dependencies.lists
    text = new('from {1} each "%{current_sprint().name}"')
    made = composed(text, NOBODY)
    assert made.text == text
    assert isinstance(made.problems[0].error, UnreachableError)
