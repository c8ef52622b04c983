"""A list in the store is the list that Taiga has, for as few requests as that takes."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from taiga_notes.errors import SourceError
from taiga_notes.model.rows import Listing
from taiga_notes.taiga.snapshot import write_snapshot
from taiga_notes.taiga.sync import changed_items, list_sync, probe
from taiga_notes.taiga.sync.probe import OVERLAP
from tests.tables import each, others_slow
from tests.taiga.board import COUNTED, SHOWN_IN_THE_PROJECT, TRACED, UNSEEN, Board
from tests.taiga.details import given, right
from tests.taiga.shelf import STORIES, Shelf, answering, of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from taiga_notes.model.rows import Row

PROBE = ["GET /projects/by_slug?slug=acme"]
COUNT = "GET /userstories?project=1&page_size=1&only_ref=1"
WHOLE = "GET /userstories?project=1&page_size=1000"
DAY = 86_400.0


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board(tmp_path / "store.sqlite")


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The store of a board whose lists were all read."""
    file = tmp_path_factory.mktemp("read") / "store.sqlite"
    Board(file).read_all()
    return file


@pytest.fixture
def read_board(tmp_path: Path, read: Path) -> Board:
    """A board whose lists were all read."""
    return Board(tmp_path / "store.sqlite", read)


RELATED = ["an epic related", "an epic unrelated"]


def a_member_reads(board: Board) -> None:
    """Of a private project, whose timeline shows all to administrators alone."""
    board.fake.make_private(board.acme)
    board.reading = board.bob
    board.read_all()
    board.asked()


@pytest.mark.parametrize("act", RELATED)
def test_what_only_administrators_are_told_is_found_nevertheless(board: Board, act: str) -> None:
    a_member_reads(board)
    TRACED[act](board)
    assert board.differing(refreshes=2) == []
    board.asked()
    board.read_all()
    assert len(board.asked()) <= 3, "nothing is left to be found out"


@pytest.mark.slow
@pytest.mark.parametrize("act", [*TRACED, *COUNTED])
def test_so_is_all_else_for_fewer_requests(board: Board, act: str) -> None:
    a_member_reads(board)
    (TRACED | COUNTED)[act](board)
    assert board.differing(refreshes=2) == []
    if act in PATCHED and act not in RELATED:
        assert WHOLE not in board.asked()


# Which story a deleted task had, if any, is not told where it is not in the entry.
PATCHED = [act for act in TRACED if act != "a task of no story deleted"]


@pytest.mark.slow
@pytest.mark.parametrize("act", [*TRACED, *SHOWN_IN_THE_PROJECT, *COUNTED])
def test_every_list_is_right_in_the_refresh_after_and_stays_so(read_board: Board, act: str) -> None:
    (TRACED | SHOWN_IN_THE_PROJECT | COUNTED)[act](read_board)
    read_board.asked()
    assert read_board.differing(refreshes=2) == []
    if act in PATCHED:
        # Stories are not read whole for what the timeline tells.
        assert WHOLE not in read_board.asked()


@pytest.mark.slow
@pytest.mark.parametrize("act", UNSEEN)
def test_what_leaves_no_trace_is_right_after_a_full_read(read_board: Board, act: str) -> None:
    UNSEEN[act](read_board)
    assert read_board.differing() != [], "else it belongs into another table"
    assert read_board.differing(full_every=1.5) == [], "two refreshes are two seconds"


@pytest.mark.slow
@pytest.mark.parametrize("act", UNSEEN)
def test_a_full_read_can_be_asked_for(read_board: Board, act: str) -> None:
    UNSEEN[act](read_board)
    read_board.asked()
    with read_board.taiga(full=True) as taiga:
        rows = taiga.rows(of("userstories"))
        tasks = taiga.rows(of("tasks"))
    assert WHOLE in read_board.asked()
    for listing, found in ((of("userstories"), rows), (of("tasks"), tasks)):
        assert [found[i] for i in range(len(found))] == read_board.listed(listing)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["userstories", "tasks", "issues", "wiki"])
def test_an_item_read_alone_is_the_item_of_the_list(board: Board, kind: str) -> None:
    board.read_all()
    for row in board.fake.of_project(kind, board.acme):
        fields: Any = {"content" if kind == "wiki" else "subject": "Other"}
        board.fake.edit(row, **fields)
        board.asked()
        assert board.rows(of(kind)) == board.listed(of(kind))
        assert f"GET /{kind}/{row.id}" in board.asked()


def test_an_item_comes_in_the_same_words_either_way(board: Board) -> None:
    first = list(board.rows(STORIES)[3])
    board.fake.edit(board.story, subject="Other")
    assert list(board.rows(STORIES)[3]) == first, "no field more or less, and in the same order"


def test_nothing_new_costs_a_probe(board: Board) -> None:
    board.rows()
    board.asked()
    board.rows()
    assert board.asked() == [*PROBE, COUNT]


def test_further_lists_of_stories_cost_nothing_more(board: Board) -> None:
    board.read_all()
    board.asked()
    with board.taiga() as taiga:
        for listing in board.lists():
            if listing.kind in {"userstories", "epics", "milestones"}:
                taiga.rows(listing)
    assert board.asked() == [*PROBE, COUNT]


def test_one_edit_costs_a_look_at_the_timeline_and_one_item(board: Board) -> None:
    board.rows()
    board.fake.drag_on_board(board.other, "Done")
    board.asked()
    board.rows()
    timeline = f"GET /timeline/project/1?page_size={OVERLAP + 1}"
    assert board.asked() == [*PROBE, COUNT, timeline, f"GET /userstories/{board.other.id}"]


def test_many_edits_cost_one_request(board: Board) -> None:
    board.rows()
    for story in board.stories:
        board.fake.edit(story, subject="Other")
    board.asked()
    board.rows()
    [*_, timeline, edited] = board.asked()
    assert timeline == f"GET /timeline/project/1?page_size={OVERLAP + len(board.stories)}"
    assert edited.startswith("GET /userstories?project=1&modified_date__gte=20")


def test_more_entries_than_a_page_of_the_timeline_holds_come_by_pages(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    board.rows()
    monkeypatch.setattr(probe, "PAGE_ROWS", 20)
    for n in range(35):
        board.fake.edit(board.story, subject=f"Version {n}")
    board.asked()
    rows = board.rows()
    first, second, third, one = board.asked()[2:]
    assert first == "GET /timeline/project/1?page_size=20"
    assert (second, third) == (f"{first}&page=2", f"{first}&page=3")
    assert one == f"GET /userstories/{board.story.id}"
    assert rows == board.listed(STORIES)


def test_more_changes_than_a_full_read_costs_are_read_in_full(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changed_items, "SINGLE_ITEMS", 3)
    board.rows()
    for story in board.stories[:4]:
        board.fake.drag_on_board(story, "Done")
    board.asked()
    assert board.rows() == board.listed(STORIES)
    assert not any(line.startswith("GET /userstories/") for line in board.asked())


def test_a_gap_in_the_timeline_is_read_over(board: Board, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_sync, "FEW_ENTRIES", 3)
    board.rows()
    for n in range(4):
        board.fake.edit(board.story, subject=f"Version {n}")
    board.asked()
    assert board.rows() == board.listed(STORIES)
    assert "GET /userstories?status__is_archived=false&project=1&page_size=1000" in board.asked()


def test_an_entry_that_comes_late_is_not_missed(board: Board) -> None:
    board.rows()
    board.fake.hold_timeline()
    board.fake.drag_on_board(board.other, "Done")
    board.rows()
    board.fake.release_timeline()
    assert board.rows() == board.listed(STORIES)


def test_an_entry_that_comes_after_later_ones_is_not_missed(board: Board) -> None:
    board.rows()
    board.fake.drag_on_board(board.other, "Done")
    late = board.acme.timeline.pop()
    board.fake.edit(board.stories[0], subject="Other")
    board.rows()
    board.come_late(late, -1)
    assert [one.id for one in board.acme.timeline] == sorted(one.id for one in board.acme.timeline)
    board.asked()
    assert board.rows() == board.listed(STORIES)
    assert f"GET /userstories/{board.other.id}" in board.asked()


def test_an_entry_that_comes_after_very_many_later_ones_means_a_full_read(board: Board) -> None:
    board.rows()
    board.fake.drag_on_board(board.other, "Done")
    late = board.acme.timeline.pop()
    for n in range(OVERLAP + 2):
        board.fake.edit(board.stories[0], subject=f"Version {n}")
    board.rows()
    board.come_late(late, -(OVERLAP + 2))
    assert board.rows() == board.listed(STORIES)


def test_items_that_came_or_went_before_their_entries_are_right_at_once(board: Board) -> None:
    board.rows()
    board.fake.hold_timeline()
    board.fake.add_story(board.acme, "New")
    assert board.rows() == board.listed(STORIES)
    board.fake.delete(board.other)
    assert board.rows() == board.listed(STORIES)
    board.fake.release_timeline()
    assert board.rows() == board.listed(STORIES)


def test_a_timeline_that_became_shorter_means_a_full_read(board: Board) -> None:
    board.rows()
    board.fake.drag_on_board(board.other, "Done")
    del board.acme.timeline[-3:]
    assert board.rows() == board.listed(STORIES)


@pytest.mark.parametrize("event", ["planets.planet.change", "", "userstories.userstory"])
def test_an_entry_that_nobody_understands_means_a_full_read(board: Board, event: str) -> None:
    board.rows()
    board.fake.drag_on_board(board.other, "Done")
    board.acme.timeline[-1].event_type = event
    assert board.rows() == board.listed(STORIES)


def test_a_project_that_grew_is_not_read_whole(board: Board) -> None:
    board.rows()
    board.fake.add_status(board.acme, "Later", order=99)
    board.fake.add_sprint(board.acme, "Sprint 9")
    board.fake.recolour_tag(board.acme, "fresh", "#123456")
    board.asked()
    board.rows()
    assert not any("page_size=1000" in line for line in board.asked())


def test_a_timeline_that_is_refused_means_full_reads(board: Board) -> None:
    board.refused["/timeline"] = 403
    board.rows()
    board.fake.drag_on_board(board.other, "Done")
    board.asked()
    assert board.rows() == board.listed(STORIES)
    assert "GET /userstories?status__is_archived=false&project=1&page_size=1000" in board.asked()


@pytest.mark.parametrize("seconds", [-5 * DAY, 5 * DAY])
def test_a_clock_that_jumps_means_a_full_read(board: Board, seconds: float) -> None:
    board.rows()
    board.fake.reorder(board.stories[-1])
    board.time += seconds
    assert board.rows() == board.listed(STORIES)


def test_a_list_that_lay_for_long_catches_up_with_the_timeline(board: Board) -> None:
    board.read_all()
    for n in range(5):
        board.fake.drag_on_board(board.stories[n], "Done")
        board.rows(of("userstories"))
    board.asked()
    rows = board.rows(STORIES)
    asked = board.asked()
    assert rows == board.listed(STORIES)
    assert "GET /userstories?status__is_archived=false&project=1&page_size=1000" not in asked


def test_the_first_item_of_an_empty_list_is_read(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "store.sqlite")
    assert shelf.rows() == []
    shelf.fake.add_story(shelf.acme, "First")
    assert [row["subject"] for row in shelf.rows()] == ["First"]


@pytest.mark.slow
def test_a_list_of_more_than_a_thousand_arrives_whole(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "store.sqlite")
    shelf.fake.bulk_create(shelf.acme, 1_203)
    assert len(shelf.rows()) == 1_203


@pytest.mark.slow
def test_a_list_too_long_for_one_answer_arrives_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taiga_notes.taiga.http.client.UNPAGED_ROWS", 1_000)
    shelf = Shelf(tmp_path / "store.sqlite")
    shelf.fake.bulk_create(shelf.acme, 1_203)
    assert shelf.rows() == shelf.listed()


def test_stories_stay_in_the_order_of_the_backlog(board: Board) -> None:
    board.rows()
    first, last = board.stories[0], board.stories[-1]
    board.fake.edit(last, backlog_order=first.backlog_order - 1, subject="To the front")
    rows = board.rows()
    assert rows[0]["subject"] == "To the front"
    orders = [row["backlog_order"] for row in rows]
    assert all(before <= after for before, after in pairwise(orders))  # type: ignore[operator]  # numbers


@pytest.mark.parametrize("right", ["view_us", "view_tasks", "view_issues", "view_epics"])
def test_a_lost_right_is_an_error_and_no_empty_list(board: Board, right: str) -> None:
    kind = {
        "view_us": "userstories",
        "view_tasks": "tasks",
        "view_issues": "issues",
        "view_epics": "epics",
    }[right]
    board.reading = board.bob
    board.fake.make_private(board.acme)
    kept = board.rows(of(kind))
    rights = next(role.permissions for role in board.acme.roles if role.name == "Back")
    board.fake.set_permissions(board.acme, "Back", [one for one in rights if one != right])
    assert kept
    with pytest.raises(SourceError, match="may not see"):
        board.rows(of(kind))
    assert board.rows(of(kind), is_offline=True) == kept, "the store is kept"


def test_a_list_that_is_really_empty_is_believed(board: Board) -> None:
    board.rows(of("issues"))
    board.fake.delete(board.issue)
    assert board.rows(of("issues")) == []


def test_a_project_that_went_private_during_the_reading_is_no_empty_list(board: Board) -> None:
    board.reading = board.fake.add_user("guest")
    kept = board.rows()
    answer = board.client

    def going_private() -> Any:
        client = answer()
        listing = client.listing

        def listed(*arguments: Any, **options: Any) -> Any:
            board.fake.make_private(board.acme)
            return listing(*arguments, **options)

        client.listing = listed  # type: ignore[method-assign]  # between probe and list
        return client

    board.client = going_private  # type: ignore[method-assign]  # see above
    with pytest.raises(SourceError, match="not visible to this account any more"):
        board.rows(full_every=0)
    assert board.rows(is_offline=True) == kept


def without_parents(board: Board) -> None:
    """Let the timeline not tell whose tasks its tasks are."""
    for entry in board.acme.timeline:
        entry.data.get("task", {}).pop("userstory", None)


def test_a_task_tells_itself_which_story_closes_with_it(board: Board) -> None:
    board.rows()
    board.fake.edit(board.task, status="Closed")
    board.fake.edit(board.loose_task, status="Closed")
    without_parents(board)
    board.asked()
    assert board.rows() == board.listed(STORIES)
    assert f"GET /userstories/{board.story.id}" in board.asked()


def test_a_task_that_can_tell_nothing_any_more_means_a_full_read(board: Board) -> None:
    board.rows()
    board.fake.edit(board.task, status="Closed")
    board.fake.promote_task(board.task)
    board.fake.delete(board.stories[-1])
    without_parents(board)
    assert board.rows() == board.listed(STORIES)


def test_a_task_that_changes_its_story_means_a_full_read(board: Board) -> None:
    board.rows()
    board.fake.comment(board.task, "Moved")
    board.acme.timeline[-1].data["values_diff"] = {"user_story": ["#4 Story 3", "#5 Story 4"]}
    board.asked()
    board.rows()
    assert "GET /userstories?status__is_archived=false&project=1&page_size=1000" in board.asked()


def test_what_a_task_says_is_no_matter_of_its_story(board: Board) -> None:
    board.rows()
    board.fake.comment(board.task, "Well")
    board.asked()
    board.rows()
    assert board.asked() == [*PROBE, COUNT, f"GET /timeline/project/1?page_size={OVERLAP + 1}"]


def test_an_item_that_is_refused_means_a_full_read(board: Board) -> None:
    board.rows()
    board.fake.drag_on_board(board.other, "Done")
    board.refused[f"/userstories/{board.other.id}"] = 403
    assert board.rows() == board.listed(STORIES)


LOST: dict[str, Callable[[Board], object]] = {
    "an edit": lambda board: board.fake.edit(board.other, subject="Lost"),
    "a drag": lambda board: board.fake.drag_on_board(board.other, "Done"),
    "a comment": lambda board: board.fake.comment(board.story, "Lost"),
    "a story": lambda board: board.fake.add_story(board.acme, "Lost"),
}


@pytest.mark.parametrize("lost", LOST)
@pytest.mark.parametrize(
    "since", others_slow([["a comment"], ["an edit", "a drag"], ["a story"], []])
)
def test_what_a_server_forgot_that_was_restored_from_a_backup_is_forgotten(
    tmp_path: Path, read: Path, lost: str, since: list[str]
) -> None:
    # Made twice in the same order, they are the same, and give the same numbers.
    file = tmp_path / "store.sqlite"
    board = Board(file, read)
    LOST[lost](board)
    board.read_all()
    with board.taiga() as taiga:
        given(taiga, "comments", [board.story])
    restored = Board(file)
    restored.time = board.time + 3600
    restored.fake.clock.advance(3600)
    for act in since:
        LOST[act](restored)
    assert restored.differing() == []
    with restored.taiga() as taiga:
        assert given(taiga, "comments", [restored.story]) == right("comments", [restored.story])


@pytest.mark.parametrize("reader", ["anonymous", "bob"])
@pytest.mark.parametrize("act", ["related", "unrelated", "both", "gone"])
def test_a_story_of_a_project_that_may_not_be_seen_spoils_no_list(
    board: Board, act: str, reader: str
) -> None:
    beta = board.fake.add_project("Beta", owner=board.ada, slug="beta", is_private=True)
    story = board.fake.add_story(beta, "Beta")
    if act == "unrelated":
        board.fake.relate_epic(board.epic, story)
    board.reading = board.bob if reader == "bob" else None
    board.read_all()
    if act != "unrelated":
        board.fake.relate_epic(board.epic, story)
    if act in {"unrelated", "both"}:
        board.fake.unrelate_epic(board.epic, story)
    if act == "gone":
        board.fake.delete(story)
    assert board.differing() == []


@pytest.mark.parametrize("answer", [[], "text", {"id": 5, "project": 1, "subject": "no more"}])
def test_an_item_that_is_none_means_a_full_read(board: Board, answer: object) -> None:
    board.rows()
    board.fake.edit(board.other, subject="Other")
    with board.taiga() as taiga:
        answering(taiga, f"/userstories/{board.other.id}", answer)
        rows = taiga.rows(STORIES)
        assert [rows[index] for index in range(len(rows))] == board.listed(STORIES)


def test_a_status_that_nobody_knows_means_a_full_read(board: Board) -> None:
    board.rows()
    board.fake.drag_on_board(board.other, "Done")
    with board.taiga() as taiga:
        detail = taiga.client.get("/projects/by_slug", {"slug": "acme"}).data
        assert isinstance(detail, dict)
        answering(taiga, "/projects/by_slug", {**detail, "us_statuses": []})
        rows = taiga.rows(STORIES)
        assert rows.column(("subject",)) == [row["subject"] for row in board.listed(STORIES)]


def test_two_projects_keep_their_items_apart(board: Board) -> None:
    beta = board.fake.add_project("Beta", owner=board.ada, slug="beta")
    stories = [board.fake.add_story(beta, f"Beta {n}") for n in range(3)]
    both = [of("userstories"), Listing("userstories", "beta")]

    def subjects() -> list[list[object]]:
        with board.taiga() as taiga:
            return [list(taiga.rows(listing).column(("subject",))) for listing in both]

    subjects()
    board.fake.edit(board.other, subject="Acme changed")
    for story in stories[:2]:
        board.fake.edit(story, subject="Beta changed")
    acme, others = subjects()
    assert acme[4] == "Acme changed"
    assert (len(acme), others) == (12, ["Beta changed", "Beta changed", "Beta 2"])


def test_links_lead_where_the_settings_say(board: Board) -> None:
    for web in ("https://one.example", "https://two.example", "https://one.example"):
        board.web = web
        board.fake.edit(board.other, subject=f"Seen from {web}")
        with board.taiga() as taiga:
            rows = taiga.rows(STORIES)
            assert {str(url)[:19] for url in rows.column(("url",))} == {web}
            assert rows[4]["url"] == f"{web}/project/acme/us/{board.other.ref}"


def test_a_list_of_a_few_new_entries_reads_the_timeline_once(board: Board) -> None:
    board.read_all()
    board.fake.drag_on_board(board.other, "Done")
    board.asked()
    with board.taiga() as taiga:
        for listing in board.lists():
            taiga.rows(listing)
    windows = [line for line in board.asked() if "/timeline/" in line]
    assert len(windows) == 1


@pytest.mark.parametrize("listing", [STORIES, of("userstories")])
def test_a_list_cut_short_on_its_way_is_not_believed(board: Board, listing: Listing) -> None:
    board.fake.faults.add("short list", times=1, path="/userstories.*page_size=1000")
    assert board.rows(listing) == board.listed(listing), "read again"
    kept = board.rows(listing)
    board.fake.faults.add("short list", times=None, path="/userstories.*page_size=1000")
    with board.taiga(full=True) as taiga, pytest.raises(SourceError, match="without all of its"):
        taiga.rows(listing)
    assert board.rows(listing, is_offline=True) == kept


@pytest.mark.parametrize("order", ["kanban_order", "backlog_order", "sprint_order"])
def test_a_drag_moves_those_below_it_as_well(board: Board, order: str) -> None:
    with board.taiga() as taiga:
        taiga.rows(STORIES).column((order,))
    fake, stories = board.fake, board.stories
    fake.move_stories_to_sprint(stories[5:8], board.sprint)
    board.rows()
    board.asked()
    if order == "kanban_order":
        fake.drag_on_board(stories[9], "Ready")
        fake.drag_on_board(stories[10], "Ready", before=stories[9])
    elif order == "sprint_order":
        fake.drag_to_sprint(stories[9], board.sprint, before=stories[6])
    else:
        fake.drag_to_sprint(stories[5], None, before=stories[1])
    with board.taiga() as taiga:
        rows = taiga.rows(STORIES)
        expected = board.listed(STORIES)
        assert rows.column((order,)) == [row[order] for row in expected]
        assert rows.column(("id",)) == [row["id"] for row in expected]


@pytest.mark.parametrize("then", ["goes into a sprint", "is deleted"])
@pytest.mark.parametrize("order", ["kanban_order", "backlog_order", "sprint_order"])
def test_those_below_a_drag_are_moved_whatever_becomes_of_its_story(
    board: Board, order: str, then: str
) -> None:
    with board.taiga() as taiga:
        taiga.rows(STORIES).column((order,))
    fake, stories = board.fake, board.stories
    fake.move_stories_to_sprint(stories[5:8], board.sprint)
    fake.drag_on_board(stories[9], "Ready")
    board.rows()
    if order == "kanban_order":
        fake.drag_on_board(stories[10], "Ready", before=stories[9])
    elif order == "sprint_order":
        fake.drag_to_sprint(stories[10], board.sprint, before=stories[6])
    else:
        fake.drag_to_sprint(stories[5], None, before=stories[1])
    dragged = stories[5 if order == "backlog_order" else 10]
    if then == "is deleted":
        fake.delete(dragged)
    else:
        fake.drag_to_sprint(dragged, board.sprint)
    with board.taiga() as taiga:
        column = taiga.rows(STORIES).column((order,))
        assert column == [row[order] for row in board.listed(STORIES)]


def push_down(board: Board, listing: Listing = STORIES) -> None:
    """Let a story be dragged before another one, whose order nobody asks for."""
    board.fake.drag_on_board(board.stories[9], "Ready")
    board.rows(listing)
    board.fake.drag_on_board(board.stories[10], "Ready", before=board.stories[9])
    board.asked()
    board.rows(listing)


def test_an_order_that_nobody_asks_for_costs_nothing_and_is_read_once_somebody_does(
    board: Board,
) -> None:
    push_down(board)
    assert not any("&status=" in line for line in board.asked())
    with board.taiga() as taiga:
        rows = taiga.rows(STORIES)
        refs = rows.column(("ref",))
        column = rows.column(("kanban_order",))
        assert column == [row["kanban_order"] for row in board.listed(STORIES)]
        assert rows.column(("ref",)) == refs
        board.asked()
        taiga.rows(STORIES).column(("kanban_order",))
        assert taiga.rows(STORIES).column(("backlog_order",))
        assert board.asked() == []


def test_an_order_that_was_not_asked_for_in_time_is_as_old_as_the_rows(board: Board) -> None:
    push_down(board)
    old = [row["kanban_order"] for row in board.rows(is_offline=True)]
    with board.taiga(is_offline=True) as taiga:
        assert taiga.rows(STORIES).column(("kanban_order",)) == old
        assert str(taiga.state).startswith("as of")
    with board.taiga(max_age=60.0) as taiga:
        column = taiga.rows(STORIES).column(("kanban_order",))
        assert column == [row["kanban_order"] for row in board.listed(STORIES)] != old


def test_a_snapshot_has_the_orders_of_those_below_a_drag(board: Board) -> None:
    push_down(board, of("userstories"))
    with board.taiga() as taiga:
        stories = json.loads(write_snapshot(taiga, ["acme"], board.web))["userstories"]
    expected = {row["id"]: row["kanban_order"] for row in board.listed(of("userstories"))}
    assert {row["id"]: row["kanban_order"] for row in stories} == expected


def test_the_order_of_a_column_of_more_than_a_page_waits_for_the_full_read(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("taiga_notes.taiga.sync.fetch.PAGE_ROWS", 3)
    with board.taiga() as taiga:
        taiga.rows(STORIES).column(("kanban_order",))
    board.fake.drag_on_board(board.stories[0], "Ready")
    board.fake.drag_on_board(board.stories[0], "New", before=board.stories[4])
    rows = board.rows()
    assert [row["ref"] for row in rows] == [row["ref"] for row in board.listed()]
    assert rows != board.listed()
    assert board.rows(full_every=0) == board.listed()


def test_a_task_that_leaves_its_list_does_not_come_back_with_its_storys_new_name(
    board: Board,
) -> None:
    open_tasks = of("tasks", status__is_closed="false")
    board.read_all()
    board.fake.edit(board.task, status="Closed")
    board.fake.edit(board.story, subject="Renamed")
    assert board.rows(open_tasks) == board.listed(open_tasks)


@each(
    "forged",
    [
        lambda detail: detail | {"slug": "another"},
        lambda detail: detail | {"id": -1},
        lambda detail: detail | {"id": True},
        lambda detail: detail | {"id": None},
        lambda detail: [detail],
        lambda detail: {"data": detail},
    ],
)
def test_the_detail_of_no_project_or_another_is_not_believed(
    tmp_path: Path, forged: Callable[[Row], object]
) -> None:
    board = Board(tmp_path / f"{len([*tmp_path.iterdir()])}.sqlite")
    board.answers["/projects/by_slug"] = forged
    for kind in ("userstories", "epics"):
        with board.taiga() as taiga, pytest.raises(SourceError, match="about project 'acme' is"):
            taiga.rows(of(kind))
    board.answers.clear()
    assert board.rows(of("epics")) == board.listed(of("epics"))


@each("kind", ["epics", "milestones", "userstories", "tasks", "wiki"])
@each(
    "forged",
    [
        lambda rows: rows + rows[:1],
        lambda rows: [*rows, rows[0] | {"subject": "Another", "name": "Another"}],
        lambda rows: [row | {"id": 1} for row in [*rows, *rows]],
        lambda rows: [row | {"id": str(row["id"])} for row in rows],
        lambda rows: [row | {"id": None} for row in rows],
        lambda rows: [row | {"id": -row["id"]} for row in rows],
        lambda rows: [{name: row[name] for name in row if name != "id"} for row in rows],
    ],
)
def test_a_list_of_what_can_be_no_items_is_not_believed(
    tmp_path: Path, kind: str, forged: Callable[[list[Row]], list[Row]]
) -> None:
    board = Board(tmp_path / f"{len([*tmp_path.iterdir()])}.sqlite")
    board.answers[f"/{kind}"] = forged
    with board.taiga() as taiga, pytest.raises(SourceError):
        taiga.rows(of(kind))
    board.answers.clear()
    assert board.rows(of(kind)) == board.listed(of(kind))
