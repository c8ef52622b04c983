"""A team at work: whatever people do to a project, at random, the same for the same seed."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from tests.taiga.shelf import Shelf

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_ITEMS = ("userstories", "tasks", "issues", "epics")


class Team(Shelf):
    """Acts on a project, each by one of its methods that begin with `do_`.

    What changes nothing that Taiga shows is not done: a save without a change leaves no trace.
    """

    def __init__(self, file: Path, seed: int) -> None:
        super().__init__(file, stories=6)
        self.dice = random.Random(seed)  # noqa: S311 - chance that can be repeated
        self.bob = self.fake.add_user("bob")
        self.fake.add_member(self.acme, self.bob, role="Back")
        for name in ("Sprint 1", "Sprint 2"):
            self.fake.add_sprint(self.acme, name)
        self.fake.add_epic(self.acme, "Epic")

    def act(self) -> str:
        """Do something, if it can be done now; its name."""
        acts: list[str] = [name for name in dir(self) if name.startswith("do_")]
        name = self.dice.choice(acts)
        getattr(self, name)()
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
        self.any_item(lambda one: self.change(one, tags=self.dice.sample("abcd", 2)))

    def do_assign(self) -> None:
        to = self.dice.choice([None, self.bob, self.ada])
        self.any_item(lambda one: self.change(one, assigned_to=to))

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
        status = self.status("userstories")
        self.fake.close_status(status, is_closed=not status.is_closed)

    def do_recolour_tag(self) -> None:
        for tag in list(self.acme.tags_colors)[:1]:
            self.fake.recolour_tag(self.acme, tag, f"#{self.number():06}")

    def do_rename_member(self) -> None:
        self.fake.rename_user(self.bob, f"Bob {self.number()}")
