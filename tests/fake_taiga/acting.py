"""What users do with rows, each with the traces that Taiga leaves, and only those."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.fake_taiga.making import Making
from tests.fake_taiga.model import (
    Dated,
    Epic,
    Issue,
    Item,
    Milestone,
    RelatedStory,
    Row,
    Story,
    Task,
    WikiPage,
    kind_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tests.fake_taiga.making import Named
    from tests.fake_taiga.model import Attachment, CustomAttribute, HistoryEntry, Status, User

_DATES = ("estimated_start", "estimated_finish")
_EDIT = timedelta(milliseconds=1)


class Acting(Making):
    """The acts by which rows change and go."""

    def edit(self, row: Row, *, by: User | None = None, comment: str = "", **fields: Any) -> None:
        """Change fields in the form: modified_date and version rise, also for a change of nothing.

        Args:
            row: a story, task, issue, epic, sprint or wiki page.
            by: who; the project's owner unless given.
            comment: said along with it.
            **fields: fields of its class in `model.py`; statuses, sprints, users, types by name,
                a story's points as `{"UX": "3"}`.
        """
        with self.transaction():
            for name, value in fields.items():
                self._set(row, name, value)
            if isinstance(row, Dated):
                self.settle(row)
            if isinstance(row, WikiPage):
                row.last_modifier = by or row.project.owner
                row.editions += 1
            if comment and isinstance(row, Item):
                row.total_comments += 1
            self._modified(row)
            self.record(
                row,
                "change",
                by or row.project.owner,
                comment=comment,
                also=_sent_dates(row, fields),
            )

    def _set(self, row: Row, name: str, value: Any) -> None:
        if not hasattr(row, name):
            raise AttributeError(f"{type(row).__name__} has no {name}")
        project = row.project
        if name == "status":
            value = self.status_of(project, kind_of(row), value)
        elif name in {"type", "priority", "severity"}:
            value = self.choice_of(project, name, value)
        elif name == "milestone":
            value = self.sprint_of(project, value)
        elif name == "assigned_to":
            value = self.user_of(value)
        elif name == "assigned_users":
            value = [self.user_of(one) for one in value]
        elif name == "tags":
            value = self._tagged(project, value)
        elif name == "points" and isinstance(row, Story):
            value = row.points | self._chosen_points(row, value)
        setattr(row, name, value)
        if isinstance(row, Story):
            self._follow(row, name)

    def _chosen_points(self, story: Story, points: dict[str, str]) -> dict[int, Any]:
        estimate = self._estimate(story.project, points)
        names = {role.id: role.name for role in story.project.roles}
        return {role: one for role, one in estimate.items() if names[role] in points}

    def _follow(self, story: Story, name: str) -> None:
        if name == "milestone":
            for task in story.tasks:
                task.milestone = story.milestone
        elif name == "status":
            story.kanban_order = self.order()

    def _modified(self, row: Row) -> None:
        # An edit takes longer than a millisecond on a real server: its date shows.
        row.modified_date = max(self.clock.stamp(), row.modified_date + _EDIT)
        if isinstance(row, Item | WikiPage):
            row.version += 1
        self.forget(row)

    def comment(self, item: Item, text: str, *, by: User | None = None) -> HistoryEntry:
        """Comment on an item: modified_date and version rise; returns its history entry."""
        with self.transaction():
            self.edit(item, by=by, comment=text)
            return item.history[-1]

    def edit_comment(self, item: Item, entry: HistoryEntry, text: str) -> None:
        """Correct a comment: the item is not modified; timeline and webhook tell of it again."""
        with self.transaction():
            old = {"date": entry.created_at.isoformat(), "comment": entry.comment}
            entry.comment_versions = [*(entry.comment_versions or []), old]
            entry.comment = text
            entry.edit_comment_date = self.clock.stamp()
            self._announce(item, "change", entry)

    def delete_comment(self, item: Item, entry: HistoryEntry, *, by: User | None = None) -> None:
        """Take a comment back: the item is not modified; timeline and webhook tell of it."""
        with self.transaction():
            user = by or item.project.owner
            entry.delete_comment_date = self.clock.stamp()
            entry.delete_comment_user = {"pk": user.id, "name": user.full_name}
            item.total_comments -= 1
            self.forget(item)
            self._announce(item, "change", entry)

    def undelete_comment(self, item: Item, entry: HistoryEntry) -> None:
        """Bring a deleted comment back; timeline and webhook tell of it once more."""
        with self.transaction():
            entry.delete_comment_date = entry.delete_comment_user = None
            item.total_comments += 1
            self.forget(item)
            self._announce(item, "change", entry)

    def drag_on_board(
        self,
        story: Story,
        status: Status | str,
        *,
        by: User | None = None,
        before: Story | None = None,
    ) -> None:
        """Drag a story to another column of the kanban board, to its end or before another story.

        Status, is_closed and finish_date change; **neither modified_date nor version does**. The
        timeline has it. **Of those below it in the column nothing tells that their order changes**.
        """
        with self.transaction():
            story.status = self.status_of(story.project, "userstories", status)
            story.kanban_order = self.order()
            if before is not None:
                story.kanban_order = before.kanban_order
                self._push_down(story, "kanban_order", "status")
            self.settle(story)
            self.forget(story)
            self.record(story, "change", by or story.project.owner)

    def _push_down(self, story: Story, order: str, column: str) -> None:
        """Number anew those that stand at a dragged story's place in its column, or below it.

        Their next entry shows it, whatever that is about.
        """
        place = getattr(story, order)
        below = [
            one
            for one in self.of_project("userstories", story.project)
            if one is not story
            and getattr(one, column) is getattr(story, column)
            and getattr(one, order) >= place
        ]
        below.sort(key=lambda one: (getattr(one, order), one.id))
        for number, one in enumerate(below, place + 1):
            setattr(one, order, number)
            self.forget(one)

    def drag_to_sprint(
        self,
        item: Dated,
        sprint: Milestone | Named,
        *,
        by: User | None = None,
        before: Story | None = None,
    ) -> None:
        """Drag a story, task or issue into a sprint, or back to the backlog with None.

        Neither modified_date nor version changes. The timeline has it, and has it for each of a
        story's tasks, which follow. **Of an issue nothing tells it at all**, nor of the stories
        below the one `before` which it is put that their order changes.
        """
        with self.transaction():
            self._move(item, self.sprint_of(item.project, sprint), by, before)

    def _move(
        self, item: Dated, sprint: Milestone | None, by: User | None, before: Story | None = None
    ) -> None:
        self.unsettled.update(one for one in (item.milestone, sprint) if one is not None)
        item.milestone = sprint
        self.forget(item)
        if isinstance(item, Story):
            order = "backlog_order" if sprint is None else "sprint_order"
            setattr(item, order, self.order() if before is None else getattr(before, order))
            if before is not None:
                self._push_down(item, order, "milestone")
            for task in item.tasks:
                task.milestone = sprint
        if not isinstance(item, Issue):
            for row in (item, *getattr(item, "tasks", [])):
                self.record(row, "change", by or item.project.owner)

    def move_stories_to_sprint(
        self, stories: Iterable[Story], sprint: Milestone, *, by: User | None = None
    ) -> None:
        """Move a sprint's unfinished stories on: modified_date rises, version does not."""
        with self.transaction():
            for story in stories:
                story.modified_date = max(self.clock.stamp(), story.modified_date + _EDIT)
                self._move(story, sprint, by)

    def reorder(self, item: Item, place: int = 1) -> None:
        """Drag an item within its column or list: no trace but its order, and hidden history."""
        with self.transaction():
            names = {
                Story: ("kanban_order", "backlog_order", "sprint_order"),
                Task: ("us_order", "taskboard_order"),
                Epic: ("epics_order",),
            }[type(item)]
            for name in names:
                setattr(item, name, place)
            self.forget(item)
            self.record(item, "change", item.project.owner)

    def delete(self, row: Row, *, by: User | None = None) -> None:
        """Delete a row for good; its ref is never used again.

        What falls with it falls without an entry: a story's tasks go, a sprint's stories, tasks
        and issues lose their sprint, an epic's stories their epic.
        """
        with self.transaction():
            if isinstance(row, Story):
                for task in row.tasks:
                    del self.rows["tasks"][task.id]
            self._remove(row)
            self.record(row, "delete", by or row.project.owner)

    def delete_story_with_tasks(self, story: Story, *, by: User | None = None) -> list[Task]:
        """Delete a story; returns the tasks that went with it, which no entry tells of."""
        with self.transaction():
            tasks = list(story.tasks)
            self.delete(story, by=by)
            return tasks

    def _remove(self, row: Row) -> None:
        self.forget(row)
        self.rows[kind_of(row)].pop(row.id)
        if isinstance(row, Story | Epic):
            for relation in list(row.relations):
                self._unlink(relation)
        elif isinstance(row, Task) and row.user_story is not None:
            row.user_story.tasks.remove(row)
            self.settle(row.user_story)
        elif isinstance(row, Milestone):
            self._empty(row)

    def _empty(self, sprint: Milestone) -> None:
        for kind in ("userstories", "tasks", "issues"):
            for item in self.rows[kind].values():
                if item.milestone is sprint:
                    item.milestone = None

    def promote_task(self, task: Task) -> Story:
        """Make a story of a task.

        The task is gone for good and the story is new; **neither the timeline nor a webhook**
        tells of either.
        """
        with self.transaction():
            story = self._promoted(
                task,
                from_task_ref=f"Task #{task.ref}",
                due_date=task.due_date,
                due_date_reason=task.due_date_reason,
                is_blocked=task.is_blocked,
                blocked_note=task.blocked_note,
                voters=list(task.voters),
            )
            self._remove(task)
            return story

    def promote_issue(self, issue: Issue, *, by: User | None = None) -> Story:
        """Make a story of an issue, which stays and shows it; only the issue's change is told."""
        with self.transaction():
            story = self._promoted(issue, generated_from_issue=issue)
            issue.promoted_to.append(story.id)
            self.forget(issue)
            self.record(issue, "change", by or issue.project.owner)
            return story

    def _promoted(self, item: Dated, **fields: Any) -> Story:
        """A story made of another item; its assignee is among the assigned users only."""
        order = self.order()
        story = Story(
            **self._head(item.project, "userstories", item.owner, item.subject),
            status=self.status_of(item.project, "userstories", None),
            milestone=item.milestone,
            description=item.description,
            tags=list(item.tags),
            assigned_users=[item.assigned_to] if item.assigned_to else [],
            attachments=list(item.attachments),
            watchers=list(item.watchers),
            points=self._estimate(item.project, {}),
            backlog_order=order,
            sprint_order=order,
            kanban_order=order,
            **fields,
        )
        self.keep(story)
        self.forget(story)
        return story

    def relate_epic(
        self, epic: Epic, story: Story, *, by: User | None = None, order: int = 0
    ) -> RelatedStory:
        """Put a story into an epic: neither is modified; the timeline has the relation."""
        with self.transaction():
            relation = RelatedStory(
                id=self.next_id("relations"),
                project=epic.project,
                owner=by or epic.project.owner,
                created_date=self.clock.stamp(),
                modified_date=self.clock.stamp(),
                epic=epic,
                story=story,
                order=order or self.order(),
            )
            for row in (epic, story):
                row.relations.append(relation)
                row.relations.sort(key=lambda one: one.order)
                self.forget(row)
            self.record(relation, "create", relation.owner)
            return relation

    def unrelate_epic(self, epic: Epic, story: Story, *, by: User | None = None) -> None:
        """Take a story out of an epic: neither is modified; the timeline has it."""
        with self.transaction():
            relation = next(one for one in epic.relations if one.story is story)
            self._unlink(relation)
            self.record(relation, "delete", by or epic.project.owner)

    def _unlink(self, relation: RelatedStory) -> None:
        relation.epic.relations.remove(relation)
        relation.story.relations.remove(relation)
        self.forget(relation.epic)
        self.forget(relation.story)

    def set_custom_attribute(
        self, item: Item, attribute: CustomAttribute | str, value: Any, *, by: User | None = None
    ) -> None:
        """Fill a custom attribute: the values' own version rises, the item is not modified."""
        with self.transaction():
            known = item.project.custom_attributes.get(kind_of(item), [])
            if isinstance(attribute, str):
                attribute = next(one for one in known if one.name == attribute)
            item.custom_values[str(attribute.id)] = value
            item.custom_version += 1
            self.record(item, "change", by or item.project.owner)

    def clear_custom_attribute(
        self, item: Item, attribute: CustomAttribute, *, by: User | None = None
    ) -> None:
        """Send an item's custom values without one of them, which is gone then."""
        with self.transaction():
            del item.custom_values[str(attribute.id)]
            item.custom_version += 1
            self.record(item, "change", by or item.project.owner)

    def detach(self, item: Item, attachment: Attachment, *, by: User | None = None) -> None:
        """Delete an attachment: in the timeline, but the item is not modified."""
        with self.transaction():
            item.attachments.remove(attachment)
            self.touched(item)
            self.record(item, "change", by or item.project.owner)

    def vote(self, item: Item, user: User) -> None:
        """Vote for an item: nothing but its count shows it."""
        with self.transaction():
            item.voters.append(user.id)
            self.forget(item)

    def watch(self, row: Row, user: User) -> None:
        """Watch a row: nothing but its list of watchers shows it."""
        with self.transaction():
            row.watchers.append(user.id)
            self.forget(row)


def _sent_dates(row: Row, fields: dict[str, Any]) -> dict[str, list[Any]]:
    """A sprint's dates show in its diff whenever they are sent, changed or not."""
    if not isinstance(row, Milestone):
        return {}
    sent = {name: row.frozen[name] for name in _DATES if name in fields}
    return {name: [before, fields[name].isoformat()] for name, before in sent.items()}
