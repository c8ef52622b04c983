"""Renames and other changes of a project's vocabulary: none leaves a trace.

Not the timeline, not the totals, not a webhook, not the items' modified_date; only the project's
detail and the items' JSON show them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.fake_taiga.making import Making
from tests.fake_taiga.model import Dated, Role
from tests.fake_taiga.world import slugify

if TYPE_CHECKING:
    from tests.fake_taiga.model import Choice, Project, Status, User

_TAGGED = ("userstories", "tasks", "issues", "epics")


class Naming(Making):
    """The acts of those who administer a project's values."""

    def add_status(
        self,
        project: Project,
        name: str,
        *,
        kind: str = "userstories",
        order: int = 0,
        is_closed: bool = False,
        color: str = "#aa00ff",
    ) -> Status:
        """Add a column to a board, at the end unless `order` says where."""
        with self.transaction():
            found = project.statuses[kind]
            last = max(status.order for status in found)
            status = self._status(
                f"{kind} status", name, order or last + 1, color, is_closed=is_closed
            )
            found.append(status)
            return status

    def rename_status(self, status: Status, name: str) -> None:
        """Give a status another name; its slug changes with it."""
        self._change(status, name=name, slug=slugify(name))

    def recolour_status(self, status: Status, color: str) -> None:
        """Give a status another colour."""
        self._change(status, color=color)

    def close_status(self, status: Status, *, is_closed: bool = True) -> None:
        """Let a status count as closed, or as open; its items follow."""
        with self.transaction():
            self._change(status, is_closed=is_closed)
            for kind in ("userstories", "tasks", "issues"):
                for item in [one for one in self.rows[kind].values() if one.status is status]:
                    self.settle(item)

    def _change(self, status: Status, **values: Any) -> None:
        with self.transaction():
            for name, value in values.items():
                setattr(status, name, value)
            for project in self.projects.values():
                if any(status in found for found in project.statuses.values()):
                    self.shared_changed(project)

    def rename_tag(self, project: Project, old: str, new: str) -> None:
        """Give a tag another name on all items."""
        with self.transaction():
            color = project.tags_colors.pop(old)
            project.tags_colors.setdefault(new, color)
            for kind in _TAGGED:
                for item in self.of_project(kind, project):
                    renamed = [new if tag == old else tag for tag in item.tags]
                    item.tags = list(dict.fromkeys(renamed))
            self.shared_changed(project)

    def recolour_tag(self, project: Project, tag: str, color: str | None) -> None:
        """Give a tag another colour, an empty one or none."""
        with self.transaction():
            project.tags_colors[tag] = color
            self.shared_changed(project)

    def rename_user(self, user: User, full_name: str) -> None:
        """Give a user another name, which shows wherever they do."""
        with self.transaction():
            user.full_name = full_name
            for project in self.projects.values():
                self.shared_changed(project)

    def deactivate_user(self, user: User) -> None:
        """Close a user's account: their tokens and their password are refused."""
        with self.transaction():
            user.is_active = False
            for project in self.projects.values():
                self.shared_changed(project)

    def add_role(self, project: Project, name: str, *, computable: bool = True) -> Role:
        """Add a role: if it estimates, every story gets a question mark for it."""
        with self.transaction():
            last = max(role.order for role in project.roles)
            role = Role(self.next_id("role"), name, slugify(name), last + 10, computable, [])
            project.roles.append(role)
            unknown = next(one for one in project.points if one.value is None)
            if computable:
                for story in self.of_project("userstories", project):
                    story.points[role.id] = unknown
            self.shared_changed(project)
            return role

    def delete_role(self, project: Project, role: Role) -> None:
        """Delete a role: its points go from every story."""
        with self.transaction():
            project.roles.remove(role)
            for story in self.of_project("userstories", project):
                story.points.pop(role.id, None)
            self.shared_changed(project)

    def add_swimlane(self, project: Project, name: str) -> int:
        """Divide the board: the first lane takes in every story, and later ones none."""
        with self.transaction():
            number = self.next_id("swimlane")
            if not project.swimlanes:
                for story in self.of_project("userstories", project):
                    story.swimlane = number
            order = len(project.swimlanes) + 1
            project.swimlanes.append({"id": number, "name": name, "order": order})
            self.shared_changed(project)
            return number

    def delete_swimlane(self, project: Project, number: int) -> None:
        """Delete a lane: its stories go into the first one that is left, or into none."""
        with self.transaction():
            project.swimlanes = [lane for lane in project.swimlanes if lane["id"] != number]
            left = project.swimlanes[0]["id"] if project.swimlanes else None
            for story in self.of_project("userstories", project):
                story.swimlane = left if story.swimlane == number else story.swimlane
            self.shared_changed(project)

    def delete_status(self, project: Project, kind: str, status: Status, to: Status) -> None:
        """Delete a status; its items get another one."""
        with self.transaction():
            project.statuses[kind].remove(status)
            for item in self.of_project(kind, project):
                if item.status is status:
                    item.status = to
                    if isinstance(item, Dated):
                        self.settle(item)
            self.shared_changed(project)

    def delete_choice(self, project: Project, field: str, choice: Choice, to: Choice) -> None:
        """Delete a type, priority or severity; its issues get another one."""
        with self.transaction():
            project.choices[field].remove(choice)
            for issue in self.of_project("issues", project):
                if getattr(issue, field) is choice:
                    setattr(issue, field, to)
            self.shared_changed(project)
