"""New rows: each is in the timeline as created, at version 1."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from tests.fake_taiga.model import (
    Attachment,
    Choice,
    Dated,
    Epic,
    Issue,
    Item,
    Milestone,
    Project,
    Row,
    Status,
    Story,
    Task,
    WikiPage,
    wanted_state,
)
from tests.fake_taiga.people import People
from tests.fake_taiga.template import DEFAULT_CHOICES
from tests.fake_taiga.world import slugify, unused

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tests.fake_taiga.model import Points, User

_Row = TypeVar("_Row", bound=Row)
Named = str | None
"""A status, sprint, user … given by name; None for the default or nobody."""


class Making(People):
    """The acts by which rows come into being.

    All of them take the names that a user sees (a status' name, a username, a sprint's name or
    slug), or the object itself.
    """

    def add_story(
        self,
        project: Project,
        subject: str = "A story",
        *,
        status: Status | Named = None,
        sprint: Milestone | Named = None,
        assigned_to: User | Named = None,
        by: User | None = None,
        tags: Iterable[str] = (),
        points: Mapping[str, str] | None = None,
        epic: Epic | None = None,
        **fields: Any,
    ) -> Story:
        """Write a story.

        Args:
            project: where.
            subject: its title.
            status: the project's first unless given.
            sprint: the backlog unless given.
            assigned_to: the user who does it.
            by: its author; the project's owner unless given.
            tags: new ones get a colour.
            points: the estimate by role: `{"UX": "3"}`.
            epic: the epic that it belongs to.
            **fields: any other field of `model.Story`.
        """
        with self.transaction():
            order = self.order()
            story = Story(
                **self._head(project, "userstories", by, subject),
                status=self.status_of(project, "userstories", status),
                milestone=self.sprint_of(project, sprint),
                assigned_to=self.user_of(assigned_to),
                tags=self._tagged(project, tags),
                points=self._estimate(project, points or {}),
                **{"backlog_order": order, "sprint_order": order, "kanban_order": order} | fields,
            )
            self.settle(story)
            self._created(story)
            if epic is not None:
                self.relate_epic(epic, story)
            return story

    def relate_epic(self, epic: Epic, story: Story) -> Any:
        """Put a story into an epic; see `acting.py`."""
        raise NotImplementedError

    def add_task(
        self,
        story: Story | Project,
        subject: str = "A task",
        *,
        status: Status | Named = None,
        sprint: Milestone | Named = None,
        assigned_to: User | Named = None,
        by: User | None = None,
        tags: Iterable[str] = (),
        **fields: Any,
    ) -> Task:
        """Write a task of a story, or of none if a project is given; its sprint is the story's."""
        with self.transaction():
            project = story if isinstance(story, Project) else story.project
            order = self.order()
            task = Task(
                **self._head(project, "tasks", by, subject),
                status=self.status_of(project, "tasks", status),
                user_story=story if isinstance(story, Story) else None,
                assigned_to=self.user_of(assigned_to),
                tags=self._tagged(project, tags),
                **{"us_order": order, "taskboard_order": order} | fields,
            )
            task.milestone = self.sprint_of(project, sprint)
            if task.user_story is not None:
                task.milestone = task.user_story.milestone
                task.user_story.tasks.append(task)
            self.settle(task)
            self._created(task)
            return task

    def add_issue(
        self,
        project: Project,
        subject: str = "An issue",
        *,
        status: Status | Named = None,
        sprint: Milestone | Named = None,
        assigned_to: User | Named = None,
        by: User | None = None,
        tags: Iterable[str] = (),
        type: Choice | Named = None,  # noqa: A002 - Taiga's name
        priority: Choice | Named = None,
        severity: Choice | Named = None,
        **fields: Any,
    ) -> Issue:
        """Report an issue."""
        with self.transaction():
            issue = Issue(
                **self._head(project, "issues", by, subject),
                status=self.status_of(project, "issues", status),
                milestone=self.sprint_of(project, sprint),
                assigned_to=self.user_of(assigned_to),
                tags=self._tagged(project, tags),
                type=self.choice_of(project, "type", type),
                priority=self.choice_of(project, "priority", priority),
                severity=self.choice_of(project, "severity", severity),
                **fields,
            )
            self.settle(issue)
            self._created(issue)
            return issue

    def add_epic(
        self,
        project: Project,
        subject: str = "An epic",
        *,
        status: Status | Named = None,
        assigned_to: User | Named = None,
        by: User | None = None,
        tags: Iterable[str] = (),
        **fields: Any,
    ) -> Epic:
        """Write an epic."""
        with self.transaction():
            epic = Epic(
                **self._head(project, "epics", by, subject),
                status=self.status_of(project, "epics", status),
                assigned_to=self.user_of(assigned_to),
                tags=self._tagged(project, tags),
                **{"epics_order": self.order()} | fields,
            )
            self._created(epic)
            return epic

    def add_sprint(
        self,
        project: Project,
        name: str = "Sprint",
        *,
        start: date = date(2026, 11, 15),
        days: int = 14,
        by: User | None = None,
        **fields: Any,
    ) -> Milestone:
        """Open a sprint of so many days."""
        with self.transaction():
            taken = {one.slug for one in self.of_project("milestones", project)}
            given: dict[str, Any] = {
                "slug": unused(slugify(name), taken),
                "estimated_start": start,
                "estimated_finish": start + timedelta(days=days),
            }
            row = self._row(project, "milestones", by)
            sprint = Milestone(name=name, **row, **given | fields)
            self._created(sprint)
            return sprint

    def add_wiki(
        self,
        project: Project,
        slug: str,
        content: str = "",
        *,
        by: User | None = None,
        **fields: Any,
    ) -> WikiPage:
        """Write a wiki page."""
        with self.transaction():
            row = self._row(project, "wiki", by)
            page = WikiPage(**row, slug=slug, content=content, last_modifier=row["owner"], **fields)
            self._created(page)
            return page

    def bulk_create(
        self, project: Project, count: int, *, subject: str = "Story {n}", **fields: Any
    ) -> list[Story]:
        """Write many stories at once: `{n}` in the subject is the number."""
        with self.transaction():
            return [
                self.add_story(project, subject.format(n=n), **fields) for n in range(1, count + 1)
            ]

    def attach(self, item: Item, filename: str, *, by: User | None = None) -> Attachment:
        """Attach a file: in the timeline, but the item is not modified."""
        with self.transaction():
            number = self.next_id("attachment")
            now, path = self.clock.stamp(), f"attachments/{number}/{filename}"
            attachment = Attachment(
                number, filename, path, "", created_date=now, modified_date=self.clock.stamp()
            )
            attachment.owner = (by or item.project.owner).id
            attachment.sha1 = f"{number:040x}"
            item.attachments.append(attachment)
            self.touched(item)
            self.record(item, "change", by or item.project.owner)
            return attachment

    def _row(self, project: Project, kind: str, by: User | None) -> dict[str, Any]:
        return {
            "id": self.next_id(kind),
            "project": project,
            "owner": by or project.owner,
            "created_date": self.clock.stamp(),
            "modified_date": self.clock.stamp(),
        }

    def _head(self, project: Project, kind: str, by: User | None, subject: str) -> dict[str, Any]:
        row = self._row(project, kind, by)
        return row | {"ref": self.next_ref(project), "subject": subject}

    def _created(self, row: _Row) -> None:
        self.keep(row)
        self.forget(row)
        self.record(row, "create", row.owner)

    def forget(self, row: Row) -> None:
        """Forget the JSON of a row and of the rows that show it."""
        self.touched(row)
        if isinstance(row, Story):
            for task in row.tasks:
                self.touched(task)
        elif isinstance(row, Task) and row.user_story is not None:
            self.touched(row.user_story)
        elif isinstance(row, Issue):
            for number in row.promoted_to:
                if number in self.rows["userstories"]:
                    self.touched(self.rows["userstories"][number])
        elif not isinstance(row, Dated):
            self.shared_changed(row.project)

    def settle(self, item: Dated) -> None:
        """Close or open an item as its status says; a story also as its tasks say.

        A task that closes its story so leaves no trace on it: neither its modified_date nor its
        version nor the timeline tells.
        """
        closed = wanted_state(item) if isinstance(item, Story) else item.status.is_closed
        if closed != item.is_closed:
            item.is_closed = closed
            item.finish_date = self.clock.stamp() if closed else None
        if isinstance(item, Task) and item.user_story is not None:
            self.settle(item.user_story)
            self.touched(item.user_story)
        if item.milestone is not None:
            self.unsettled.add(item.milestone)

    def settle_sprints(self) -> None:
        """Close or open the sprints that were touched: one is closed when all in it is."""
        parts: dict[Milestone, list[bool]] = {sprint: [] for sprint in self.unsettled}
        for kind in ("userstories", "issues", "tasks"):
            for row in self.rows[kind].values():
                if row.milestone in parts and not (isinstance(row, Task) and row.user_story):
                    parts[row.milestone].append(row.is_closed)
        for sprint, closed in parts.items():
            sprint.closed = bool(closed) and all(closed)
        self.unsettled.clear()

    def _tagged(self, project: Project, tags: Iterable[str]) -> list[str]:
        tags = list(tags)
        for tag in tags:
            if tag not in project.tags_colors:
                project.tags_colors[tag] = f"#{self.next_id('colour') * 2654435 % 0xFFFFFF:06x}"
        return tags

    def _estimate(self, project: Project, points: Mapping[str, str]) -> dict[int, Points]:
        return {
            role.id: next(one for one in project.points if one.name == points.get(role.name, "?"))
            for role in project.roles
            if role.computable
        }

    def status_of(self, project: Project, kind: str, wanted: Status | Named) -> Status:
        """A status by its name; the project's first without one."""
        if wanted is None:
            return project.statuses[kind][0]
        if isinstance(wanted, str):
            return _named(project.statuses[kind], wanted)
        return wanted

    def choice_of(self, project: Project, field: str, wanted: Choice | Named) -> Choice:
        """A type, priority or severity by its name; the project's default without one."""
        if wanted is None or isinstance(wanted, str):
            return _named(project.choices[field], wanted or DEFAULT_CHOICES[field])
        return wanted

    def sprint_of(self, project: Project, wanted: Milestone | Named) -> Milestone | None:
        """A sprint by its name or slug."""
        if not isinstance(wanted, str):
            return wanted
        found: Milestone = next(
            one for one in self.of_project("milestones", project) if wanted in {one.name, one.slug}
        )
        return found

    def user_of(self, wanted: User | Named) -> User | None:
        """A user by their username."""
        if not isinstance(wanted, str):
            return wanted
        return next(user for user in self.users.values() if user.username == wanted)


_Choice = TypeVar("_Choice", Status, Choice)


def _named(choices: list[_Choice], name: str) -> _Choice:
    for choice in choices:
        if choice.name == name:
            return choice
    raise LookupError(f"{name!r} is none of {[choice.name for choice in choices]}")
