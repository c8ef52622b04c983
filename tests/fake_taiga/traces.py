"""What acts leave behind: history, timeline, the project's totals, webhooks.

One place, so that an act says only whether it leaves a trace. What leaves none in the real Taiga
(order-only drags, votes, renames of statuses and tags, promotions, cascades) never comes here.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.fake_taiga import delivery
from tests.fake_taiga.frozen import ORDERS, difference, freeze, html_of, shown_difference
from tests.fake_taiga.model import (
    HistoryEntry,
    Item,
    Milestone,
    RelatedStory,
    Story,
    Task,
    TimelineEntry,
    WikiPage,
    kind_of,
)
from tests.fake_taiga.shapes import hooks
from tests.fake_taiga.shapes.people import timeline_user
from tests.fake_taiga.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from tests.fake_taiga.delivery import Delivery
    from tests.fake_taiga.model import Json, Project, Row, User

_APPS = {
    "userstory": "userstories",
    "task": "tasks",
    "issue": "issues",
    "epic": "epics",
    "relateduserstory": "epics",
    "milestone": "milestones",
    "wikipage": "wiki",
}
_TYPES = {"change": 1, "create": 2, "delete": 3}
_EDIT = timedelta(milliseconds=1)


class Traces(World):
    """A world that keeps account of what is done in it."""

    def record(
        self,
        row: Row,
        action: str,
        by: User,
        *,
        comment: str = "",
        also: dict[str, list[Any]] | None = None,
    ) -> HistoryEntry | None:
        """Write down what happened to a row.

        Args:
            row: to what.
            action: create, change or delete.
            by: who did it.
            comment: what they said to it.
            also: differences to show although the fields are equal.

        Returns:
            The entry; None for a change of nothing, which leaves no trace.
        """
        fresh = freeze(row)
        changed = difference(row.frozen, fresh) | (also or {})
        # In the order of the fields, also those that are only shown.
        diff = {name: changed[name] for name in fresh if name in changed}
        diff = diff if action == "change" else {}
        row.frozen = fresh
        if action == "change" and not diff and not comment:
            return None
        entry = self._entry(row, action, by, diff, comment)
        row.history.append(entry)
        if entry.is_hidden:
            return entry
        self._announce(row, action, entry)
        return entry

    def _entry(
        self, row: Row, action: str, by: User, diff: dict[str, list[Any]], comment: str
    ) -> HistoryEntry:
        kind = hooks.TYPES[type(row)]
        return HistoryEntry(
            id=str(uuid.uuid4()),
            type=_TYPES[action],
            key=f"{_APPS[kind]}.{kind}:{row.id}",
            user=by,
            # On a real server nothing happens to a row twice within a millisecond.
            created_at=max(
                [self.clock.stamp(), *(one.created_at + _EDIT for one in row.history[-1:])]
            ),
            diff=diff,
            values={"users": self._named_users(diff)},
            values_diff=shown_difference(self, row, kind_of(row), diff),
            comment=comment,
            comment_html=html_of(comment),
            is_hidden=bool(diff) and set(diff) <= ORDERS and not comment,
        )

    def _named_users(self, diff: dict[str, list[Any]]) -> dict[str, str]:
        ids = [one for one in diff.get("assigned_to", []) if one]
        ids += [one for many in diff.get("assigned_users", []) for one in many or []]
        return {str(one): self.users[one].full_name for one in dict.fromkeys(ids)}

    def _announce(self, row: Row, action: str, entry: HistoryEntry) -> None:
        kind = hooks.TYPES[type(row)]
        values = {
            key: "Check the history API for the exact diff" if key == "description_diff" else value
            for key, value in entry.values_diff.items()
        }
        said: Json = {
            "values_diff": values,
            "user": timeline_user(entry.user),
            "comment": entry.comment,
            "comment_html": entry.comment_html,
        }
        if entry.delete_comment_date:
            said["comment_deleted"] = True
        if entry.comment_versions:
            said["comment_edited"] = True
        about = timeline_data(row) | said
        event = f"{_APPS[kind]}.{kind}.{action}"
        self.push(row.project, event, kind, about, entry.created_at)
        self.hook(row, action, entry)

    def push(
        self, project: Project, event: str, content_type: str, data: Json, created: datetime
    ) -> None:
        """Add to a project's timeline and refresh its totals, or hold both back."""
        entry = TimelineEntry(
            # Each act is also in the actor's own timeline, so a project's ids have gaps.
            id=self.next_id("timeline", step=2),
            event_type=event,
            content_type=content_type,
            data=_as_stored(data | {"project": _project_info(project)}),
            created=created,
        )
        if self.held_back is None:
            self._file(project, entry)
        else:
            self.held_back.append((project, entry))

    def _file(self, project: Project, entry: TimelineEntry) -> None:
        project.timeline.append(entry)
        project.total_activity = len(project.timeline)
        project.totals_updated = self.clock.stamp()

    def hold_timeline(self) -> None:
        """Let timeline and totals lag behind, as a server with celery does, until released."""
        with self.lock:
            self.held_back = []

    def release_timeline(self) -> None:
        """Let celery catch up."""
        with self.lock:
            waiting, self.held_back = self.held_back or [], None
            for project, entry in waiting:
                self._file(project, entry)

    def hook(self, row: Row, action: str, entry: HistoryEntry) -> None:
        """Prepare the deliveries for an act, one a webhook of the project.

        Taiga's serializer crashes on a task without a story, so there is none for those.
        """
        if not self.settings.hooks_enabled or crashes_hooks(row):
            return
        for webhook in self.hooks_of(row.project):
            data = hooks.envelope(
                action,
                row,
                entry,
                self.clock.stamp(),
                self.settings.web_url,
                gone=action == "delete" and isinstance(row, Item),
            )
            self.pending_hooks.append(delivery.prepared(webhook, data))

    def hooks_of(self, project: Project) -> Iterator[Any]:
        """A project's webhooks."""
        return (one for one in self.webhooks.values() if one.project is project)

    def deliver_hooks(self) -> list[Delivery]:
        """Post the deliveries that are due, in order.

        Returns:
            Them, each with the status that the receiver gave.
        """
        with self.lock:
            due, self.pending_hooks = self.pending_hooks, []
        for one in due:
            delivery.send(self, one)
        return due


def crashes_hooks(row: Row) -> bool:
    """Whether Taiga's webhooks fail on a row: on a task without a story."""
    return isinstance(row, Task) and row.user_story is None


def _as_stored(data: Json) -> Json:
    """The keys in the order in which PostgreSQL's jsonb keeps them: short ones first."""
    return {key: data[key] for key in sorted(data, key=lambda key: (len(key), key))}


def _project_info(project: Project) -> Json:
    return {
        "id": project.id,
        "name": project.name,
        "slug": project.slug,
        "description": project.description,
    }


def timeline_data(row: Row) -> Json:
    """A row as timeline entries tell of it, without the project."""
    match row:
        case RelatedStory():
            story = _brief(row.story) | {"project": _project_info(row.story.project)}
            return {
                "relateduserstory": {"id": row.id, "subject": row.story.subject},
                "epic": _brief(row.epic),
                "userstory": story,
            }
        case Milestone():
            return {"milestone": _sprint(row)}
        case WikiPage():
            return {"wikipage": {"id": row.id, "slug": row.slug}}
        case Story(milestone=Milestone() as sprint):
            return {"milestone": _sprint(sprint), "userstory": _brief(row)}
        case Task(user_story=Story() as story):
            return {"task": _brief(row) | {"userstory": _brief(story)}}
        case Item():
            return {hooks.TYPES[type(row)]: _brief(row)}
        case _:
            raise TypeError(row)


def _brief(item: Item) -> Json:
    return {"id": item.id, "ref": item.ref, "subject": item.subject}


def _sprint(sprint: Milestone) -> Json:
    return {"id": sprint.id, "name": sprint.name, "slug": sprint.slug}
