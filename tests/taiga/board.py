"""A project with something of everything, and what people do to it, by the trace that it leaves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from shutil import copyfile
from typing import TYPE_CHECKING, Any

from tests.fake_taiga.clock import Clock
from tests.taiga.shelf import KINDS, STORIES, Shelf, of

if TYPE_CHECKING:
    from pathlib import Path

    from taiga_notes.model.rows import Listing
    from tests.fake_taiga.model import (
        Epic,
        Issue,
        Milestone,
        Story,
        Task,
        TimelineEntry,
        User,
        WikiPage,
    )


NOON = datetime.now(tz=UTC).replace(hour=12, minute=0, second=0, microsecond=0)
"""When nothing that is due changes for a while."""


class Board(Shelf):
    """A project with something of everything.

    Its Taiga's clock moves with this machine's only: whatever is made twice in the same order is
    the same, so that a store can be used for another board as well.

    Args:
        file: the store.
        read: one that holds what `read_all` read, if this board is to begin with that.
    """

    def __init__(self, file: Path, read: Path | None = None) -> None:
        super().__init__(file, stories=12, clock=Clock(NOON))
        fake, acme = self.fake, self.acme
        self.bob: User = fake.add_user("bob")
        fake.add_member(acme, self.bob, role="Back")
        self.sprint: Milestone = fake.add_sprint(acme, "Sprint 1")
        self.next_sprint: Milestone = fake.add_sprint(acme, "Sprint 2")
        self.epic: Epic = fake.add_epic(acme, "Epic")
        self.story: Story = self.stories[3]
        self.other: Story = self.stories[4]
        fake.edit(self.story, tags=["bug", "ux"], milestone=self.sprint, assigned_to=self.bob)
        fake.relate_epic(self.epic, self.other)
        self.task: Task = fake.add_task(self.story, "Only task")
        self.loose_task: Task = fake.add_task(acme, "Task of no story")
        self.issue: Issue = fake.add_issue(acme, "Issue", sprint=self.sprint)
        self.page: WikiPage = fake.add_wiki(acme, "home", "Welcome")
        fake.add_wiki(acme, "zebra", "Stripes")
        fake.add_custom_attribute(acme, "Customer")
        self.time = NOON.timestamp()
        if read:
            copyfile(read, file)
            self.tick()
            self.refreshes = 1

    def tick(self) -> None:
        """Let a second go by, for Taiga as well."""
        self.fake.clock.advance(1)
        self.time += 1

    def come_late(self, entry: TimelineEntry, place: int) -> None:
        """Let an entry of the timeline appear before later ones; the totals are counted anew."""
        self.acme.timeline.insert(place, entry)
        self.acme.total_activity = len(self.acme.timeline)
        self.acme.totals_updated = self.fake.clock.stamp()

    def lists(self) -> list[Listing]:
        """Lists of every kind, with filters that we apply here and such that only Taiga can."""
        filtered = [
            STORIES,
            of("userstories", is_closed="false"),
            of("userstories", milestone=str(self.sprint.id)),
            of("userstories", milestone="null", status__is_closed="false"),
            of("userstories", tags="bug"),
            of("userstories", order_by="-modified_date"),
            of("tasks", status__is_closed="false"),
            of("tasks", user_story=str(self.story.id)),
            of("issues", milestone="null"),
        ]
        return [*map(of, KINDS), *filtered]

    def read_all(self, **policy: Any) -> None:
        """Read every list, in one refresh."""
        with self.taiga(**policy) as taiga:
            for listing in self.lists():
                taiga.rows(listing)

    def differing(self, refreshes: int = 1, **policy: Any) -> list[Listing]:
        """The lists that are not as Taiga has them after so many refreshes, in any of them."""
        expected = {listing: self.listed(listing) for listing in self.lists()}
        differ = []
        for _ in range(refreshes):
            with self.taiga(**policy) as taiga:
                given = {listing: taiga.rows(listing) for listing in expected}
                differ += [
                    listing
                    for listing, rows in given.items()
                    if [rows[index] for index in range(len(rows))] != expected[listing]
                ]
        return differ


Act = Callable[[Board], object]


def edit_many(board: Board) -> None:
    for story in board.stories[:9]:
        board.fake.edit(story, subject="Other")


def drag_many(board: Board) -> None:
    for story in board.stories[:7]:
        board.fake.drag_on_board(story, "Done")


def close_last_task(board: Board) -> None:
    board.fake.edit(board.task, status="Closed")
    assert board.story.is_closed, "a story closes with its tasks"


def open_task_again(board: Board) -> None:
    close_last_task(board)
    board.read_all()
    board.fake.edit(board.task, status="New")
    assert not board.story.is_closed


def replace_story(board: Board) -> None:
    board.fake.delete(board.other)
    board.fake.add_story(board.acme, "New")


TRACED: dict[str, Act] = {
    "a story": lambda b: b.fake.add_story(b.acme, "New", tags=["bug"]),
    "a story in a sprint": lambda b: b.fake.add_story(b.acme, "New", sprint=b.sprint),
    "a task": lambda b: b.fake.add_task(b.story, "New"),
    "a task of no story": lambda b: b.fake.add_task(b.acme, "New"),
    "an issue": lambda b: b.fake.add_issue(b.acme, "New"),
    "an epic": lambda b: b.fake.add_epic(b.acme, "New"),
    "a sprint": lambda b: b.fake.add_sprint(b.acme, "New"),
    "a wiki page": lambda b: b.fake.add_wiki(b.acme, "mid", "New"),
    "many stories at once": lambda b: b.fake.bulk_create(b.acme, 5),
    "an edit": lambda b: b.fake.edit(b.story, subject="Other", due_date=None),
    "an edit of many": edit_many,
    "a comment": lambda b: b.fake.comment(b.story, "Well"),
    "a comment corrected": lambda b: b.fake.edit_comment(
        b.story, b.fake.comment(b.story, "Wel"), "Well"
    ),
    "a comment taken back": lambda b: b.fake.delete_comment(b.story, b.fake.comment(b.story, "No")),
    "a drag on the board": lambda b: b.fake.drag_on_board(b.other, "Done"),
    "many drags on the board": drag_many,
    "a drag into the archive": lambda b: b.fake.drag_on_board(b.other, "Archived"),
    "a drag into a sprint": lambda b: b.fake.drag_to_sprint(b.other, b.sprint),
    "a drag out of a sprint": lambda b: b.fake.drag_to_sprint(b.story, None),
    "a sprint's stories moved on": lambda b: b.fake.move_stories_to_sprint(
        [b.story], b.next_sprint
    ),
    "a sprint chosen in the form": lambda b: b.fake.edit(b.story, milestone=b.next_sprint),
    "a custom attribute": lambda b: b.fake.set_custom_attribute(b.story, "Customer", "Acme"),
    "an attachment": lambda b: b.fake.attach(b.story, "plan.pdf"),
    "an epic related": lambda b: b.fake.relate_epic(b.epic, b.story),
    "an epic unrelated": lambda b: b.fake.unrelate_epic(b.epic, b.other),
    "an epic's colour": lambda b: b.fake.edit(b.epic, color="#123456"),
    "an epic's subject": lambda b: b.fake.edit(b.epic, subject="Other"),
    "an epic deleted": lambda b: b.fake.delete(b.epic),
    "a story's subject, which its task shows": lambda b: b.fake.edit(b.story, subject="Other"),
    "the last task closed, and its story with it": close_last_task,
    "a task opened again, and its story with it": open_task_again,
    "a story without tasks deleted": lambda b: b.fake.delete(b.other),
    "a task deleted": lambda b: b.fake.delete(b.task),
    "a task of no story deleted": lambda b: b.fake.delete(b.loose_task),
    "an issue edited": lambda b: b.fake.edit(b.issue, subject="Other", status="Closed"),
    "an issue deleted": lambda b: b.fake.delete(b.issue),
    "a wiki page edited": lambda b: b.fake.edit(b.page, content="Other"),
    "a wiki page deleted": lambda b: b.fake.delete(b.page),
    "a story deleted and another made": replace_story,
    "made and deleted between two refreshes": lambda b: b.fake.delete(b.fake.add_story(b.acme)),
}
"""What the timeline tells of, `modified_date` and `version` or not."""

SHOWN_IN_THE_PROJECT: dict[str, Act] = {
    "a status renamed": lambda b: b.fake.rename_status(b.story.status, "Fresh"),
    "a status recoloured": lambda b: b.fake.recolour_status(b.story.status, "#123456"),
    "a status that counts as closed": lambda b: b.fake.close_status(b.story.status),
    "a task's status renamed": lambda b: b.fake.rename_status(b.task.status, "Fresh"),
    "an issue's status renamed": lambda b: b.fake.rename_status(b.issue.status, "Fresh"),
    "a tag renamed": lambda b: b.fake.rename_tag(b.acme, "bug", "defect"),
    "a tag recoloured": lambda b: b.fake.recolour_tag(b.acme, "bug", "#123456"),
    "a member renamed": lambda b: b.fake.rename_user(b.bob, "Robert"),
    "a sprint renamed": lambda b: b.fake.edit(b.sprint, name="Sprint One"),
    "a sprint deleted, out of which its stories fall": lambda b: b.fake.delete(b.sprint),
    "a project renamed": lambda b: b.fake.rename_project(b.acme, "Acme Inc"),
    "a role deleted, and its points": lambda b: b.fake.delete_role(b.acme, b.acme.roles[0]),
    "a role that estimates": lambda b: b.fake.add_role(b.acme, "Oracle"),
    "the first swimlane": lambda b: b.fake.add_swimlane(b.acme, "Fast"),
    "a type of issues deleted": lambda b: b.fake.delete_choice(
        b.acme, "type", b.issue.type, b.acme.choices["type"][-1]
    ),
    "a status deleted": lambda b: b.fake.delete_status(
        b.acme, "userstories", b.story.status, b.acme.statuses["userstories"][1]
    ),
    "a member gone": lambda b: b.fake.remove_member(b.acme, b.bob),
}
"""What the project's detail shows, with an entry in the timeline or none."""

COUNTED: dict[str, Act] = {
    "a task that became a story": lambda b: b.fake.promote_task(b.task),
    "a task of no story that became one": lambda b: b.fake.promote_task(b.loose_task),
    "an issue that became a story": lambda b: b.fake.promote_issue(b.issue),
    "a story deleted with its tasks": lambda b: b.fake.delete_story_with_tasks(b.story),
}
"""What leaves no entry for some of the items that come and go."""

UNSEEN: dict[str, Act] = {
    "dragged within its column": lambda b: b.fake.reorder(b.stories[-1], 1),
    "a task reordered": lambda b: b.fake.reorder(b.task, 1),
    "a vote": lambda b: b.fake.vote(b.story, b.bob),
    "watched": lambda b: b.fake.watch(b.story, b.bob),
    "a save without a change": lambda b: b.fake.edit(b.story),
}
"""What nothing tells of."""
