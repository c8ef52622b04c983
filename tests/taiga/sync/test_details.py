"""What no list of Taiga has: it is as Taiga has it, for as few requests as that takes."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

import pytest

from taiga_notes.errors import SourceError, UnreachableError
from taiga_notes.model.details import DetailRequest
from taiga_notes.model.rows import Listing
from taiga_notes.system import progress
from taiga_notes.taiga.sync import activity_sync, detail_sync
from taiga_notes.taiga.sync.sync_session import SyncSession
from taiga_notes.watch.poller import poll
from tests.fake_taiga.model import TimelineEntry
from tests.tables import each
from tests.taiga.details import PIECES, given, last_comment, request, right
from tests.taiga.shelf import Shelf, of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from taiga_notes.model.details import Piece
    from taiga_notes.refresh.dependencies import Asked
    from tests.fake_taiga.model import Item, Story

STORIES = of("userstories")


class Desk(Shelf):
    """A project whose stories have something of every piece."""

    def __init__(self, file: Path) -> None:
        super().__init__(file, stories=5)
        fake = self.fake
        self.bob = fake.add_user("bob")
        fake.add_member(self.acme, self.bob, role="Back")
        self.customer = fake.add_custom_attribute(self.acme, "Customer")
        self.other = fake.add_custom_attribute(self.acme, "Other", type="number")
        self.story: Story = self.stories[0]
        fake.edit(self.story, description="As *written*\n")
        fake.comment(self.story, "First", by=self.bob)
        fake.comment(self.story, "Second")
        fake.set_custom_attribute(self.story, "Customer", "Initech")
        fake.drag_on_board(self.story, "Ready", by=self.bob)
        fake.attach(self.story, "plan.pdf")

    @property
    def all(self) -> list[Item]:
        """The stories that there are."""
        return self.fake.of_project("userstories", self.acme)

    def refreshed(self, pieces: Iterable[Piece] = PIECES, **policy: Any) -> list[str]:
        """The requests of a refresh besides those for the list of stories; its pieces are right."""
        with self.taiga(**policy) as taiga:
            taiga.rows(STORIES)
            self.asked()
            for piece in pieces:
                assert given(taiga, piece, self.all) == right(piece, self.all), piece
            assert str(taiga.state) == ""
        return sorted(self.asked())


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "store.sqlite")


TIMELINE = "GET /timeline/project/1?page_size=1000"
ATTACHMENTS = "GET /userstories/attachments?project=1&page_size=1000"
DESCRIPTIONS = [f"GET /userstories/{number}" for number in range(1, 6)]

FIRST: list[tuple[Piece, list[str]]] = [
    ("description", DESCRIPTIONS),
    ("custom", [TIMELINE]),
    ("comments", [TIMELINE]),
    ("history", [TIMELINE]),
    ("attachments", [ATTACHMENTS]),
]


@each("piece, requests", FIRST)
def test_a_piece_is_read_in_as_few_requests_as_taiga_allows_and_then_no_more(
    tmp_path: Path, piece: Piece, requests: list[str]
) -> None:
    desk = Desk(tmp_path / f"{piece}.sqlite")
    assert desk.refreshed([piece]) == requests
    assert desk.refreshed([piece]) == []
    assert desk.refreshed([piece], full=True) == requests, "unless all is to be read anew"


def test_all_pieces_share_one_reading_of_the_timeline(desk: Desk) -> None:
    assert desk.refreshed() == sorted([TIMELINE, ATTACHMENTS, *DESCRIPTIONS])
    assert desk.refreshed() == []


def test_descriptions_alone_need_no_timeline_but_the_lists_look_at_it(desk: Desk) -> None:
    desk.refreshed(["description"])
    desk.fake.edit(desk.stories[1], description="Other")
    desk.fake.comment(desk.stories[2], "Well")
    assert desk.refreshed(["description"]) == ["GET /userstories/2"]
    assert desk.refreshed() == [TIMELINE, ATTACHMENTS], "what is known stays known"


Act = tuple[str, "Callable[[Desk], object]", list[str]]

ACTS: list[Act] = [
    ("a comment", lambda d: d.fake.comment(d.stories[1], "Well"), []),
    ("edited", lambda d: d.fake.edit_comment(d.story, last_comment(d.story), "2nd"), []),
    ("deleted", lambda d: d.fake.delete_comment(d.story, last_comment(d.story)), []),
    ("brought back", lambda d: d.fake.undelete_comment(d.story, last_comment(d.story)), []),
    ("a value", lambda d: d.fake.set_custom_attribute(d.stories[1], d.other, 3), []),
    ("another", lambda d: d.fake.set_custom_attribute(d.story, d.customer, "Acme"), []),
    ("emptied", lambda d: d.fake.set_custom_attribute(d.story, d.customer, ""), []),
    ("cleared", lambda d: d.fake.clear_custom_attribute(d.story, d.customer), []),
    ("attribute renamed", lambda d: d.fake.rename_custom_attribute(d.other, "Size"), []),
    ("set under that name", lambda d: d.fake.set_custom_attribute(d.stories[1], d.other, 4), []),
    ("attribute deleted", lambda d: d.fake.delete_custom_attribute(d.acme, d.other), []),
    ("moved", lambda d: d.fake.edit(d.story, status="In progress", comment="Go"), []),
    ("dragged", lambda d: d.fake.drag_on_board(d.story, "Done"), []),
    ("attached", lambda d: d.fake.attach(d.stories[1], "a.png"), [ATTACHMENTS]),
    ("detached", lambda d: d.fake.detach(d.story, d.story.attachments[0]), [ATTACHMENTS]),
    ("story made", lambda d: d.fake.add_story(d.acme, "New", description="N"), []),
    ("renamed", lambda d: d.fake.rename_user(d.bob, "Robert"), []),
    ("story deleted", lambda d: d.fake.delete(d.stories[4]), []),
    ("described", lambda d: d.fake.edit(d.story, description="Another"), []),
    (
        "a task that became a story",
        lambda d: d.fake.promote_task(d.fake.add_task(d.story, "Task")),
        [
            ATTACHMENTS,
            "GET /history/userstory/7?page_size=1000",
            "GET /userstories/7",
            "GET /userstories/custom-attributes-values/7",
        ],
    ),
]


def test_whatever_changes_is_seen_for_no_more_than_it_takes(desk: Desk) -> None:
    desk.refreshed()
    for name, act, requests in ACTS:
        act(desk)
        asked = desk.refreshed()
        if name == "story made":
            # The list has read it alone, or many at once, where nothing tells of descriptions.
            assert asked in ([], ["GET /userstories/6"]), asked
        else:
            assert asked == sorted(requests), name
        assert not asked or desk.refreshed() == [], name


def test_of_the_other_kinds_it_is_the_same(desk: Desk) -> None:
    fake = desk.fake
    made = {
        "tasks": fake.add_task(desk.story, "Task", description="T"),
        "issues": fake.add_issue(desk.acme, "Issue", description="I"),
        "epics": fake.add_epic(desk.acme, "Epic", description="E"),
    }
    for kind, item in made.items():
        fake.add_custom_attribute(desk.acme, "Customer", kind=kind)
        fake.set_custom_attribute(item, "Customer", "Initech")
        fake.comment(item, "Well")
        fake.attach(item, "a.png")
        fake.edit(item, status=desk.acme.statuses[kind][-1].name)
    with desk.taiga() as taiga:
        for kind, item in made.items():
            taiga.rows(of(kind))
            for piece in PIECES:
                assert given(taiga, piece, [item], kind) == right(piece, [item]), (kind, piece)
    for kind in ("milestones", "wiki", "members"):
        with desk.taiga() as taiga, pytest.raises(SourceError, match=f"no comments of {kind}"):
            given(taiga, "comments", [desk.story], kind)


def test_only_items_that_are_asked_for_cost_a_request(desk: Desk) -> None:
    with desk.taiga() as taiga:
        taiga.rows(STORIES)
        desk.asked()
        assert given(taiga, "description", desk.stories[:2]) == {
            1: "As *written*\n",
            2: "",
        }
        assert sorted(desk.asked()) == DESCRIPTIONS[:2]
        assert given(taiga, "description", desk.stories[1:3]) == {2: "", 3: ""}
        assert desk.asked() == DESCRIPTIONS[2:3]
        assert given(taiga, "description", []) == {}
        assert taiga.details(request("comments", [])).values == {}
        assert desk.asked() == []


def test_the_stamp_is_another_one_whenever_the_values_are(desk: Desk) -> None:
    def stamps() -> list[str]:
        with desk.taiga() as taiga:
            taiga.rows(STORIES)
            return [taiga.details(request(piece, desk.stories)).stamp for piece in PIECES]

    before = stamps()
    desk.fake.edit(desk.stories[2], subject="Other")
    assert stamps() == before
    desk.fake.edit_comment(desk.story, last_comment(desk.story), "Other")
    after = stamps()
    changed = [one for one, old, new in zip(PIECES, before, after, strict=True) if old != new]
    assert changed == ["comments"]


def test_a_comment_that_is_deleted_leaves_the_store_s_file(desk: Desk) -> None:
    def is_there() -> bool:
        assert desk.file is not None
        files = desk.file.parent.glob("store.sqlite*")
        return any(b"secret words" in file.read_bytes() for file in files)

    desk.fake.comment(desk.story, "secret words" * 1_000)
    desk.refreshed(["comments"])
    assert is_there()
    desk.fake.delete_comment(desk.story, last_comment(desk.story))
    desk.refreshed(["comments"])
    assert not is_there()


def test_a_deleted_comment_is_in_the_store_no_more_than_on_the_page(desk: Desk) -> None:
    desk.fake.comment(desk.story, "secret words")
    desk.fake.delete_comment(desk.story, last_comment(desk.story))
    begun, desk.acme.timeline[:] = desk.acme.timeline[:3], desk.acme.timeline[3:]
    assert begun
    desk.refreshed(["comments"])
    assert desk.file is not None
    files = desk.file.parent.glob("store.sqlite*")
    assert not any(b"secret words" in file.read_bytes() for file in files)


# --- items whose beginning no entry tells


def forget_beginnings(desk: Desk) -> None:
    """Let the timeline have no entry of the time up to now, as in a project brought from another
    server."""
    del desk.acme.timeline[:]
    desk.acme.total_activity = 0


def test_of_an_item_without_a_beginning_the_past_is_asked_for_once(desk: Desk) -> None:
    forget_beginnings(desk)
    histories = [f"GET /history/userstory/{number}?page_size=1000" for number in range(1, 6)]
    values = [f"GET /userstories/custom-attributes-values/{number}" for number in range(1, 6)]
    assert desk.refreshed(["comments", "history"]) == [*histories, TIMELINE]
    assert desk.refreshed(["custom"]) == values
    assert desk.refreshed(["comments", "history", "custom"]) == []
    desk.fake.comment(desk.story, "Third")
    desk.fake.edit_comment(desk.story, desk.story.history[2], "Early")
    desk.fake.drag_on_board(desk.stories[1], "Done")
    assert desk.refreshed(["comments", "history", "custom"]) == []
    desk.fake.set_custom_attribute(desk.story, desk.customer, "Acme")
    assert desk.refreshed(["comments", "history", "custom"]) == values[:1]


def test_a_history_is_right_about_what_an_older_entry_tells(desk: Desk) -> None:
    forget_beginnings(desk)
    desk.fake.comment(desk.story, "Regretted")
    desk.refreshed(["comments"])
    desk.refused["/timeline"] = 403
    desk.fake.delete_comment(desk.story, last_comment(desk.story))
    desk.refreshed(["comments"])


def test_where_the_timeline_is_refused_items_are_asked_for_again_only_when_something_happened(
    desk: Desk,
) -> None:
    desk.refused["/timeline"] = 403
    pieces: tuple[Piece, ...] = ("comments", "history", "custom")
    histories = [f"GET /history/userstory/{number}?page_size=1000" for number in range(1, 6)]
    values = [f"GET /userstories/custom-attributes-values/{number}" for number in range(1, 6)]
    assert desk.refreshed(pieces) == [*histories, *values]
    assert desk.refreshed(pieces) == []
    desk.fake.comment(desk.stories[1], "Well")
    assert desk.refreshed(pieces) == [*histories, *values]
    assert desk.refreshed(pieces) == []
    desk.refused.clear()
    desk.fake.comment(desk.stories[1], "And now")
    assert desk.refreshed(pieces) == [TIMELINE], "allowed again, it tells all"
    assert desk.refreshed(pieces) == []


def test_an_entry_about_an_item_with_the_same_number_elsewhere_is_none_of_ours(
    desk: Desk,
) -> None:
    """A project that was brought from another server has its timeline, with the numbers there."""
    strange = desk.stories[2]
    event = "userstories.userstory.change"
    diff = {"status": ["New", "Ready"]}
    data = {
        "userstory": {"id": strange.id, "ref": 77, "subject": "Elsewhere"},
        "user": {"username": "eve", "name": "Eve", "id": 99},
        "comment": "Not ours",
        "values_diff": diff,
    }
    desk.acme.timeline.insert(0, TimelineEntry(1, event, "userstory", data, desk.acme.created_date))
    desk.acme.total_activity += 1
    desk.refreshed(["comments", "history"])


def test_beyond_the_bound_of_the_timeline_histories_are_asked_for(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(activity_sync, "TIMELINE_PAGES", 2)
    monkeypatch.setattr(activity_sync, "PAGE_ROWS", 3)
    for _ in range(4):
        desk.fake.comment(desk.stories[1], "Well")
    story = desk.fake.add_story(desk.acme, "New")
    asked = desk.refreshed(["comments"])
    assert asked[-2:] == [
        "GET /timeline/project/1?page_size=3",
        "GET /timeline/project/1?page_size=3&page=2",
    ] or asked[-1:] == ["GET /timeline/project/1?page_size=3&page=2"]
    assert f"GET /history/userstory/{story.id}?page_size=1000" not in asked
    assert len([line for line in asked if "/history/" in line]) == 5
    assert desk.refreshed(["comments"]) == []


# --- what is left out, and what is refused


def test_more_items_than_allowed_are_refused_before_any_is_asked_for(desk: Desk) -> None:
    with desk.taiga(max_details=3) as taiga:
        taiga.rows(STORIES)
        desk.asked()
        with pytest.raises(SourceError) as caught:
            given(taiga, "description", desk.stories)
        assert desk.asked() == []
        assert "5 user stories" in caught.value.message
        assert "`max_details` is 3" in caught.value.message
        assert "raise `max_details`" in caught.value.hint
        assert len(given(taiga, "description", desk.stories[:3])) == 3
        assert len(given(taiga, "comments", desk.stories)) == 5, "what the timeline tells is free"
    desk.refreshed(["description"])
    with desk.taiga(max_details=3) as taiga:
        taiga.rows(STORIES)
        with pytest.raises(SourceError, match="max_details"):
            given(taiga, "description", desk.stories)
    with desk.taiga(max_details=3, is_offline=True) as taiga:
        assert given(taiga, "description", desk.stories) == right("description", desk.stories)
    forget_beginnings(desk)
    with desk.taiga(max_details=3, full=True) as taiga:
        taiga.rows(STORIES)
        with pytest.raises(SourceError, match="no entry of the timeline that is read tells how"):
            given(taiga, "comments", desk.stories)


def test_an_item_that_is_gone_is_left_out_and_never_asked_for_again(desk: Desk) -> None:
    gone = desk.stories[3]
    with desk.taiga() as taiga:
        taiga.rows(STORIES)
        desk.fake.delete(gone)
        desk.asked()
        left = [one for one in desk.stories if one is not gone]
        assert given(taiga, "description", desk.stories) == right("description", left)
        assert sorted(desk.asked()) == DESCRIPTIONS
    with desk.taiga() as taiga:
        given(taiga, "description", desk.stories)
        assert "GET /userstories/4" not in desk.asked()


def test_what_this_account_may_not_see_is_refused(desk: Desk) -> None:
    with desk.taiga() as taiga:
        taiga.rows(STORIES)
        given(taiga, "description", desk.stories)
    desk.reading, desk.acme.is_private = desk.bob, True
    desk.acme.public_permissions.clear()
    role = next(one for one in desk.acme.roles if one.name == "Back")
    role.permissions.remove("view_us")
    for piece in PIECES:
        with desk.taiga() as taiga, pytest.raises(SourceError, match="may not see"):
            given(taiga, piece, desk.stories)


def test_with_other_rights_nothing_is_believed_any_more(desk: Desk) -> None:
    role = next(one for one in desk.acme.roles if one.name == "Back")
    role.permissions.remove("view_issues")
    desk.reading, desk.acme.is_private = desk.bob, True
    desk.acme.public_permissions.clear()
    issue = desk.fake.add_issue(desk.acme, "Issue")
    desk.fake.comment(issue, "Well")
    desk.refreshed(["comments", "description"])
    role.permissions.append("view_issues")
    with desk.taiga() as taiga:
        taiga.rows(of("issues"))
        assert given(taiga, "comments", [issue], "issues") == right("comments", [issue])
    assert desk.refreshed(["comments", "description"]) == DESCRIPTIONS


# --- trouble


def test_without_taiga_the_store_answers_and_says_how_old_it_is(desk: Desk) -> None:
    desk.refreshed()
    before = {piece: right(piece, desk.stories) for piece in PIECES}
    desk.fake.edit(desk.story, description="Newer")
    desk.fake.comment(desk.story, "Newer")
    with desk.taiga(is_offline=True) as taiga:
        desk.asked()
        for piece in PIECES:
            assert given(taiga, piece, desk.stories) == before[piece]
        assert desk.asked() == []
        assert re.fullmatch(r"as of .*, offline", str(taiga.state))
    desk.fake.faults.add("unavailable", times=None)
    with desk.taiga() as taiga:
        assert given(taiga, "comments", desk.stories) == before["comments"]
        assert "server unreachable" in str(taiga.state)


def test_what_is_not_in_the_store_is_no_empty_text(desk: Desk) -> None:
    with desk.taiga() as taiga:
        taiga.rows(STORIES)
        given(taiga, "description", desk.stories[:2])
    for piece, count in [("description", 3), ("comments", 5), ("attachments", 5), ("custom", 5)]:
        with (
            desk.taiga(is_offline=True) as taiga,
            pytest.raises(UnreachableError, match=f"{piece} of {count} of these is not in the"),
        ):
            given(taiga, piece, desk.stories)  # type: ignore[arg-type]  # from a list of pairs


@each(
    "name, options",
    [
        ("unavailable", {"times": None}),
        ("reset", {"times": None}),
        ("half json", {"times": None}),
        ("throttled", {"times": None, "seconds": 60}),
    ],
)
def test_what_came_before_a_fault_is_kept(
    tmp_path: Path, name: str, options: dict[str, Any]
) -> None:
    desk = Desk(tmp_path / f"{name}.sqlite")
    desk.fake.faults.add(name, path=r"/userstories/\d", after=2, **options)
    with desk.taiga() as taiga:
        taiga.rows(STORIES)
        with pytest.raises(SourceError):
            given(taiga, "description", desk.stories)
    desk.fake.faults.clear()
    desk.asked()
    assert len(desk.refreshed(["description"])) == 3, "only those that did not come"


def test_a_fault_that_passes_is_not_noticed(desk: Desk) -> None:
    for name in ("reset", "throttled", "half json"):
        desk.fake.faults.add(name, path=r"/userstories/\d", after=1, seconds=0)
    desk.patience = 60.0
    desk.refreshed()


def test_an_old_text_has_to_do_where_the_new_one_does_not_come(desk: Desk) -> None:
    desk.refreshed(["description"])
    then = desk.time
    desk.fake.edit(desk.story, description="Newer")
    desk.fake.edit(desk.stories[1], description="Newer")
    with desk.taiga() as taiga:
        taiga.rows(STORIES)
        desk.fake.faults.add("unavailable", times=None)
        assert given(taiga, "description", desk.stories[:1]) == {1: "As *written*\n"}
        state = taiga.state
        assert state.as_of is not None
        assert state.as_of.timestamp() == then
    desk.fake.faults.clear()
    assert desk.refreshed(["description"]) == DESCRIPTIONS[:2]


def test_an_answer_that_is_none_is_an_error_and_no_empty_text(desk: Desk) -> None:
    nonsense: list[tuple[Piece, str, object]] = [
        ("description", "/userstories/1", {"id": 2, "description": "Of another story"}),
        ("description", "/userstories/1", []),
        ("description", "/userstories/1", {"id": 1}),
    ]
    for piece, path, data in nonsense:
        desk.refused.clear()
        desk.answers[path] = data
        with desk.taiga() as taiga:
            taiga.rows(STORIES)
            with pytest.raises(SourceError, match="is none"):
                given(taiga, piece, desk.stories[:1])


def test_a_number_that_no_store_has_room_for_ends_in_an_error(desk: Desk) -> None:
    number = 2**63
    desk.answers[f"/userstories/{number}"] = {"id": number, "description": "Endless"}
    with desk.taiga() as taiga:
        taiga.rows(STORIES)
        with pytest.raises(SourceError, match="come to nothing"):
            taiga.details(DetailRequest("userstories", "acme", "description", (1, number)))


def test_custom_values_under_other_keys_than_numbers_are_none(desk: Desk) -> None:
    forget_beginnings(desk)
    odd = {"attributes_values": {"x": 1, str(desk.customer.id): "Acme"}, "version": 1}
    desk.answers["/userstories/custom-attributes-values/1"] = odd
    with desk.taiga() as taiga:
        taiga.rows(STORIES)
        assert given(taiga, "custom", desk.stories[:1]) == {1: {"Customer": "Acme"}}


def test_more_than_a_page_of_entries_is_read_page_by_page(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.refreshed()
    monkeypatch.setattr(activity_sync, "LONGEST", 4)
    monkeypatch.setattr(activity_sync, "PAGE_ROWS", 5)
    for number in range(12):
        desk.fake.comment(desk.stories[number % 5], f"Comment {number}")
    desk.fake.edit(desk.story, description="Newer")
    asked = [line for line in desk.refreshed() if "page_size=10" not in line]
    assert asked[-1:] == ["GET /userstories/1"], asked
    assert desk.refreshed() == []


def test_a_timeline_whose_beginning_was_cut_off_is_followed_on(desk: Desk) -> None:
    desk.refreshed()
    del desk.acme.timeline[:-12]
    desk.fake.comment(desk.stories[1], "Well")
    desk.fake.edit(desk.story, description="Newer")
    desk.acme.total_activity = len(desk.acme.timeline)
    assert "GET /userstories/2" not in desk.refreshed()
    assert desk.refreshed() == []


@each(
    "forged",
    [
        lambda _entries: [],
        lambda _entries: [{}],
        lambda entries: entries[1:],
        lambda entries: entries[:3],
        lambda entries: entries[1:] + entries[-1:],
        lambda entries: [{**one, "id": None} for one in entries],
        lambda entries: [{**one, "id": str(one["id"])} for one in entries],
        lambda entries: [{**one, "id": True} for one in entries],
        lambda entries: [{**one, "id": -one["id"]} for one in entries],
        lambda entries: [{**one, "id": 1} for one in entries],
        lambda entries: [{**one, "event_type": None} for one in entries],
        lambda entries: [{**one, "event_type": "userstories"} for one in entries],
        lambda entries: [{**one, "created": "x"} for one in entries],
        lambda entries: [{**one, "created": None} for one in entries],
        lambda entries: [{**one, "data": {}} for one in entries],
        lambda entries: [{**one, "data": []} for one in entries],
        lambda entries: [{**one, "data": {**one["data"], "userstory": {}}} for one in entries],
        lambda entries: {"data": entries},
    ],
)
def test_a_timeline_that_lacks_entries_hides_nothing(
    tmp_path: Path, forged: Callable[[list[Any]], object]
) -> None:
    desk = Desk(tmp_path / f"{len([*tmp_path.iterdir()])}.sqlite")
    desk.refreshed()
    desk.answers["/timeline/project/1"] = forged
    for number, story in enumerate(desk.stories):
        desk.fake.comment(story, f"New {number}")
        desk.fake.edit(story, description=f"New {number}")
    desk.refreshed()
    desk.answers.clear()
    desk.refreshed()


def test_a_damaged_store_is_begun_anew(desk: Desk) -> None:
    for change in ("body = x'00'", "body = substr(body, 1, 5)"):
        desk.refreshed()
        assert desk.file is not None
        with closing(sqlite3.connect(desk.file)) as connection:
            connection.execute(f"UPDATE detail SET {change}")  # noqa: S608 - from above
            connection.commit()
        with desk.taiga() as taiga:
            taiga.rows(STORIES)
            for piece in PIECES:
                # What the list told of how a story began went with the store.
                with suppress(SourceError):
                    assert given(taiga, piece, desk.stories) == right(piece, desk.stories), change
        desk.refreshed()


def test_what_nobody_asks_for_is_forgotten(desk: Desk) -> None:
    other = desk.project("Beta", slug="beta")
    story = desk.fake.add_story(other, "Other", description="Of Beta")
    desk.fake.comment(story, "Of Beta")
    wanted = [DetailRequest("userstories", "beta", piece, (story.id,)) for piece in PIECES]
    with desk.taiga() as taiga:
        taiga.rows(Listing("userstories", "beta"))
        for one in wanted:
            taiga.details(one)
    desk.time += 31 * 86_400
    desk.refreshed()
    assert desk.file is not None
    with closing(sqlite3.connect(desk.file)) as connection:
        topics = connection.execute("SELECT DISTINCT topic FROM detail").fetchall()
    assert {topic.split()[1] for (topic,) in topics} == {str(desk.acme.id)}
    with desk.taiga() as taiga:
        taiga.rows(Listing("userstories", "beta"))
        for one in wanted:
            piece = one.piece
            assert taiga.details(one).values == right(piece, [story]), piece


def test_two_processes_ask_for_each_item_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(detail_sync, "BATCH", 2)
    real = SyncSession._write
    with desk.taiga() as one, desk.taiga() as other:
        for taiga in (one, other):
            taiga.rows(STORIES)
        desk.asked()

        def written(*arguments: Any) -> Any:
            """Between two steps of the one, the other gets its turn."""
            done = real(*arguments)
            monkeypatch.setattr(SyncSession, "_write", real)
            assert len(given(other, "description", desk.stories[:4])) == 4
            return done

        monkeypatch.setattr(SyncSession, "_write", written)
        assert given(one, "description", desk.stories) == right("description", desk.stories)
    assert sorted(line for line in desk.asked() if "/userstories/" in line) == DESCRIPTIONS


def test_progress_is_told_item_by_item(desk: Desk) -> None:
    told: list[tuple[str, int, int | None]] = []

    def listen(*state: Any) -> None:
        told.append(state)

    progress.listen(listen)
    desk.refreshed(["description"])
    assert told == [("user stories", number, 5) for number in range(1, 6)]
    desk.fake.faults.add("unavailable", path=r"/userstories/\d", after=2, times=None)
    with desk.taiga(full=True) as taiga, suppress(SourceError):
        given(taiga, "description", desk.stories)
    assert told[-1] == ("user stories", 5, 5), "nothing more is to come"
    progress.leave(listen)


def test_a_watch_learns_of_what_only_the_timeline_tells(desk: Desk) -> None:
    """An edited comment changes no row of any list; pages that show it are to be rendered again."""
    asked: list[Asked] = [STORIES, *(request(piece, desk.stories) for piece in PIECES)]
    acts: list[tuple[Callable[[], object], Piece]] = [
        (lambda: desk.fake.edit_comment(desk.story, last_comment(desk.story), "2nd"), "comments"),
        (lambda: desk.fake.delete_comment(desk.story, last_comment(desk.story)), "comments"),
        (lambda: desk.fake.set_custom_attribute(desk.story, desk.customer, "Acme"), "custom"),
        (lambda: desk.fake.rename_custom_attribute(desk.customer, "Client"), "custom"),
        (lambda: desk.fake.detach(desk.story, desk.story.attachments[0]), "attachments"),
    ]
    with desk.taiga() as taiga:
        before = poll(taiga, asked)
        for act, piece in acts:
            act()
            desk.tick()
            after = poll(taiga, asked)
            assert after.trouble is None
            changed = {one for one in asked if before.answers[one] != after.answers[one]}
            assert request(piece, desk.stories) in changed, piece
            assert changed <= {STORIES, request(piece, desk.stories)}, piece
            before = after
