"""A team at work: whatever people do to a project, at random, the same for the same seed."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.fake_taiga.clock import Clock
from tests.fake_taiga.model import Story
from tests.taiga.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MOST = {"userstories": 25, "tasks": 20, "issues": 15, "epics": 6, "milestones": 5, "wiki": 6}
"""How many of a kind there are at most: then one is deleted for each that comes."""

BEGIN = datetime(2026, 11, 22, 23, 59, tzinfo=UTC)
"""When they begin: a minute before what is due changes."""

_ITEMS = ("userstories", "tasks", "issues", "epics")


class Team(Shelf):
    """Acts on a project, each by one of its methods that begin with `do_`.

    What changes nothing that Taiga shows is not done: a save without a change leaves no trace.

    Taiga and this machine have one clock, which stands still unless it is told to move: what is
    due depends on the day, and a midnight must not pass between a refresh and its comparison.
    """

    def __init__(self, file: Path, seed: int) -> None:
        super().__init__(file, stories=6, clock=Clock(BEGIN))
        self.dice = random.Random(seed)  # noqa: S311 - chance that can be repeated
        self.bob = self.fake.add_user("bob")
        self.fake.add_member(self.acme, self.bob, role="Back")
        for name in ("Sprint 1", "Sprint 2"):
            self.fake.add_sprint(self.acme, name)
        self.fake.add_epic(self.acme, "Epic")
        self.fake.add_custom_attribute(self.acme, "Customer")
        self.closed_at = -1
        # Days go by while they work.
        self.fake.settings.access_seconds = 1e9
        self.acts: list[str] = [name for name in dir(self) if name.startswith("do_")]

    def tick(self) -> None:
        """Let a second go by, for all."""
        self.fake.clock.advance(1)
        self.time = self.fake.clock.now().timestamp()

    def act(self) -> str:
        """Do something, if it can be done now; its name."""
        name = self.dice.choice(self.acts)
        getattr(self, name)()
        for kind, most in MOST.items():
            if len(self.fake.of_project(kind, self.acme)) > most:
                self.some(kind, self.fake.delete)
        return name

    def some(self, kind: str, then: Callable[[Any], object]) -> None:
        """Do it to one of these rows, if there is one."""
        rows = self.fake.of_project(kind, self.acme)
        if rows:
            then(self.dice.choice(rows))

    def any_item(self, then: Callable[[Any], object]) -> None:
        self.some(self.dice.choice(_ITEMS), then)

    def maybe(self, kind: str) -> Any:
        return self.dice.choice([None, *self.fake.of_project(kind, self.acme)])

    def status(self, kind: str) -> Any:
        return self.dice.choice(self.acme.statuses[kind])

    def number(self) -> int:
        return self.dice.randint(0, 999)

    def change(self, row: Any, **fields: Any) -> None:
        if any(getattr(row, name) != value for name, value in fields.items()):
            self.fake.edit(row, **fields)

    def do_add_story(self) -> None:
        tags = self.dice.sample("abc", self.dice.randint(0, 2))
        sprint, epic = self.maybe("milestones"), self.maybe("epics")
        self.fake.add_story(self.acme, "New", tags=tags, sprint=sprint, epic=epic)

    def do_add_task(self) -> None:
        self.fake.add_task(self.maybe("userstories") or self.acme, "New")

    def do_add_issue(self) -> None:
        self.fake.add_issue(self.acme, "New", sprint=self.maybe("milestones"))

    def do_add_epic_or_sprint(self) -> None:
        self.fake.add_epic(self.acme, "New")
        self.fake.add_sprint(self.acme, f"Sprint {self.number()}")

    def do_add_page(self) -> None:
        self.fake.add_wiki(self.acme, f"page-{len(self.acme.timeline)}", "New")

    def do_edit(self) -> None:
        self.any_item(lambda one: self.change(one, subject=f"Subject {self.number()}"))

    def do_tag(self) -> None:
        def tag(item: Any) -> None:
            tags = self.dice.sample("abcd", 2)
            # To Taiga the names from before a rename are no change: they leave no trace.
            if sorted(tags) != sorted(item.frozen.get("tags") or ()):
                self.change(item, tags=tags)

        self.any_item(tag)

    def do_assign(self) -> None:
        to = self.dice.choice([None, self.bob, self.ada])

        def assign(item: Any) -> None:
            people = {user.id for user in (*getattr(item, "assigned_users", ()), to) if user}
            # Who of several does a story leaves no trace, as long as it is one of them.
            if not isinstance(item, Story) or people != {*item.frozen.get("assigned_users", ())}:
                self.change(item, assigned_to=to)

        self.any_item(assign)

    def do_comment(self) -> None:
        self.any_item(lambda one: self.fake.comment(one, "Well"))

    def do_delete(self) -> None:
        self.any_item(self.fake.delete)

    def do_attach(self) -> None:
        self.any_item(lambda one: self.fake.attach(one, "plan.pdf"))

    def do_move(self) -> None:
        kind = self.dice.choice(_ITEMS)
        self.some(kind, lambda one: self.change(one, status=self.status(kind)))

    def do_drag(self) -> None:
        to = self.status("userstories")

        def drag(story: Any) -> None:
            if story.status is not to:
                self.fake.drag_on_board(story, to)

        self.some("userstories", drag)

    def do_drag_to_sprint(self) -> None:
        to = self.maybe("milestones")

        def drag(story: Any) -> None:
            if story.milestone is not to:
                self.fake.drag_to_sprint(story, to)

        self.some("userstories", drag)

    def do_choose_sprint(self) -> None:
        self.some("userstories", lambda one: self.change(one, milestone=self.maybe("milestones")))

    def do_relate(self) -> None:
        epic = self.maybe("epics")
        if epic is not None:
            self.some(
                "userstories",
                lambda story: (
                    any(one.epic is epic for one in story.relations)
                    or self.fake.relate_epic(epic, story)
                ),
            )

    def do_unrelate(self) -> None:
        def unrelate(story: Any) -> None:
            for relation in story.relations[:1]:
                self.fake.unrelate_epic(relation.epic, story)

        self.some("userstories", unrelate)

    def do_delete_with_tasks(self) -> None:
        self.some("userstories", self.fake.delete_story_with_tasks)

    def do_promote_task(self) -> None:
        self.some("tasks", self.fake.promote_task)

    def do_promote_issue(self) -> None:
        self.some("issues", self.fake.promote_issue)

    def do_colour_epic(self) -> None:
        self.some("epics", lambda one: self.change(one, color=f"#{self.number():06}"))

    def do_rename_sprint(self) -> None:
        self.some("milestones", lambda one: self.change(one, name=f"Renamed {self.number()}"))

    def do_delete_sprint(self) -> None:
        self.some("milestones", self.fake.delete)

    def do_write_page(self) -> None:
        self.some("wiki", lambda one: self.change(one, content=f"Text {self.number()}"))

    def do_delete_page(self) -> None:
        self.some("wiki", self.fake.delete)

    def do_rename_status(self) -> None:
        kind = self.dice.choice(_ITEMS)
        self.fake.rename_status(self.status(kind), f"Status {self.number()}")

    def do_close_status(self) -> None:
        """Once between two refreshes: closed and opened again, it leaves a finish_date behind."""
        status = self.status("userstories")
        if self.refreshes > self.closed_at:
            self.closed_at = self.refreshes
            self.fake.close_status(status, is_closed=not status.is_closed)

    def do_recolour_tag(self) -> None:
        for tag in list(self.acme.tags_colors)[:1]:
            self.fake.recolour_tag(self.acme, tag, f"#{self.number():06}")

    def do_rename_member(self) -> None:
        self.fake.rename_user(self.bob, f"Bob {self.number()}")

    def do_drag_before(self) -> None:
        """Into a column of the board, before another story: those below it move down."""
        stories = self.fake.of_project("userstories", self.acme)
        if len(stories) > 1:
            story, other = self.dice.sample(stories, 2)
            if story.status is not other.status:
                self.fake.drag_on_board(story, other.status, before=other)

    def do_drag_to_sprint_before(self) -> None:
        """Into a sprint, or back into the backlog, before another story."""
        stories = self.fake.of_project("userstories", self.acme)
        if len(stories) > 1:
            story, other = self.dice.sample(stories, 2)
            if story.milestone is not other.milestone:
                self.fake.drag_to_sprint(story, other.milestone, before=other)

    def do_move_on(self) -> None:
        to = self.maybe("milestones")

        def move(story: Any) -> None:
            if to is not None and story.milestone is not to:
                self.fake.move_stories_to_sprint([story], to)

        self.some("userstories", move)

    def do_estimate(self) -> None:
        roles = [role.name for role in self.acme.roles if role.computable]
        points = {self.dice.choice(roles): self.dice.choice(["?", "3", "8"])} if roles else {}

        def estimate(story: Any) -> None:
            names = {role.name: story.points.get(role.id) for role in self.acme.roles}
            if any(names[role] is None or names[role].name != points[role] for role in points):
                self.fake.edit(story, points=points)

        self.some("userstories", estimate)

    def do_due(self) -> None:
        day = self.fake.clock.now().date() + timedelta(days=self.dice.randint(-20, 30))
        kind = self.dice.choice(("userstories", "tasks", "issues"))
        self.some(kind, lambda one: self.change(one, due_date=self.dice.choice([None, day])))

    def do_block(self) -> None:
        note = f"Note {self.number()}"
        self.any_item(lambda one: self.change(one, is_blocked=True, blocked_note=note))

    def do_set_attribute(self) -> None:
        value = f"Customer {self.number()}"
        self.some("userstories", lambda one: self.fake.set_custom_attribute(one, "Customer", value))

    def do_clear_attribute(self) -> None:
        def clear(story: Any) -> None:
            for attribute in self.acme.custom_attributes["userstories"]:
                if str(attribute.id) in story.custom_values:
                    self.fake.clear_custom_attribute(story, attribute)

        self.some("userstories", clear)

    def do_empty_attribute(self) -> None:
        self.some("userstories", lambda one: self.fake.set_custom_attribute(one, "Customer", ""))

    def do_second_attribute(self) -> None:
        """Another attribute comes, or is renamed, or goes with its values."""
        _, *others = self.acme.custom_attributes["userstories"]
        if not others:
            self.fake.add_custom_attribute(self.acme, f"Attribute {self.number()}")
        elif self.dice.random() < 0.5:
            self.fake.rename_custom_attribute(others[0], f"Attribute {self.number()}")
        else:
            self.fake.delete_custom_attribute(self.acme, others[0])

    def do_set_second_attribute(self) -> None:
        """To one of few values: which attribute changed is not always told by what it was."""
        value = self.dice.choice(["Customer 1", "Customer 2", "x", "y"])

        def fill(story: Any) -> None:
            for other in self.acme.custom_attributes["userstories"][1:]:
                self.fake.set_custom_attribute(story, other, value)

        self.some("userstories", fill)

    def do_describe(self) -> None:
        self.any_item(lambda one: self.change(one, description=f"Text {self.number()}"))

    def do_detach(self) -> None:
        def detach(item: Any) -> None:
            for attachment in item.attachments[:1]:
                self.fake.detach(item, attachment)

        self.any_item(detach)

    def do_take_comment_back(self) -> None:
        self.any_item(lambda one: self.fake.delete_comment(one, self.fake.comment(one, "No")))

    def do_change_comment(self) -> None:
        """A comment is edited, deleted or brought back."""

        def change(item: Any) -> None:
            said = [entry for entry in item.history if entry.comment]
            if not said:
                return
            entry = self.dice.choice(said)
            if entry.delete_comment_date:
                self.fake.undelete_comment(item, entry)
            elif self.dice.random() < 0.5:
                self.fake.edit_comment(item, entry, f"Comment {self.number()}")
            else:
                self.fake.delete_comment(item, entry)

        self.any_item(change)

    def do_role(self) -> None:
        """A role that estimates comes, or goes with its points; the first ones stay."""
        later = [role for role in self.acme.roles if role.name.startswith("Role ")]
        if later:
            self.fake.delete_role(self.acme, self.dice.choice(later))
        else:
            self.fake.add_role(self.acme, f"Role {self.number()}")

    def do_swimlane(self) -> None:
        """A lane comes; or all go, so that there is a first one again."""
        if len(self.acme.swimlanes) < 2:
            self.fake.add_swimlane(self.acme, f"Lane {self.number()}")
        else:
            for lane in list(self.acme.swimlanes):
                self.fake.delete_swimlane(self.acme, lane["id"])

    def do_replace_status(self) -> None:
        """A status comes, takes the items of another one, and is deleted a while later."""
        kind = self.dice.choice(_ITEMS)
        found = self.acme.statuses[kind]
        later = [status for status in found if status.name.startswith("Later ")]
        if later:
            to = self.dice.choice([status for status in found if status is not later[0]])
            self.fake.delete_status(self.acme, kind, later[0], to)
        else:
            self.fake.add_status(self.acme, f"Later {self.number()}", kind=kind)

    def do_rename_tag(self) -> None:
        for tag in list(self.acme.tags_colors)[:1]:
            self.fake.rename_tag(self.acme, tag, f"{tag[:1]}{self.number()}")

    def do_rename_project(self) -> None:
        self.fake.rename_project(self.acme, f"Acme {self.number()}")

    def do_let_time_pass(self) -> None:
        """Up to three days: what is due changes at midnight."""
        self.fake.clock.advance(self.dice.randint(600, 3 * 86_400))
