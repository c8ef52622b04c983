"""Users, projects and who belongs to which."""

from __future__ import annotations

import hashlib
import uuid
from typing import TYPE_CHECKING, Any

from tests.fake_taiga import template
from tests.fake_taiga.model import (
    Choice,
    CustomAttribute,
    Membership,
    Points,
    Project,
    Role,
    Status,
    User,
)
from tests.fake_taiga.shapes.people import timeline_user
from tests.fake_taiga.traces import Traces
from tests.fake_taiga.world import slugify, unused

if TYPE_CHECKING:
    from tests.fake_taiga.model import Json


class People(Traces):
    """The acts of administrators."""

    def add_user(
        self,
        username: str,
        *,
        full_name: str = "",
        password: str = "",
        is_superuser: bool = False,
        id: int | None = None,  # noqa: A002 - Taiga's name, and the recordings' ids are set so
    ) -> User:
        """Register a user; the password is `USERNAME-password` unless given."""
        with self.transaction():
            email = f"{username}@example.test"
            user = User(
                id=self._id("user", id),
                username=username,
                full_name=full_name or username.replace("_", " ").title(),
                email=email,
                password=password or f"{username}-password",
                color=f"#{hashlib.sha256(username.encode()).hexdigest()[:6]}",
                gravatar_id=hashlib.md5(email.encode(), usedforsecurity=False).hexdigest(),
                uuid=uuid.uuid4().hex,
                date_joined=self.clock.stamp(),
                is_superuser=is_superuser,
            )
            self.users[user.id] = user
            return user

    def _id(self, sequence: str, wanted: int | None) -> int:
        if wanted is None:
            return self.next_id(sequence)
        self.start_ids(sequence, wanted)
        return wanted

    def add_project(
        self,
        name: str,
        *,
        owner: User | None = None,
        is_private: bool = False,
        slug: str = "",
        description: str = "",
        id: int | None = None,  # noqa: A002 - Taiga's name, and the recordings' ids are set so
    ) -> Project:
        """Create a project from Taiga's template; its owner is its first member and admin.

        Args:
            name: its name.
            owner: whose; a new user `owner` if there is none yet, else the first user.
            is_private: only members see it.
            slug: `OWNER-NAME` unless given.
            description: a text.
            id: the next one unless given.
        """
        with self.transaction():
            owner = owner or next(iter(self.users.values()), None) or self.add_user("owner")
            taken = {project.slug for project in self.projects.values()}
            now = self.clock.stamp()
            project = Project(
                id=self._id("project", id),
                name=name,
                slug=unused(slug or slugify(f"{owner.username}-{name}"), taken),
                description=description or f"{name} – sample",
                owner=owner,
                created_date=now,
                modified_date=now,
                totals_updated=now,
                is_private=is_private,
            )
            self.projects[project.id] = project
            self._open_to_public(project, public=not is_private)
            self._fill(project)
            self._join(project, owner, project.roles[4], is_admin=True, invited_by=None)
            self._project_event(project, "create", owner)
            return project

    def _fill(self, project: Project) -> None:
        project.roles = [
            Role(self.next_id("role"), name, slugify(name), n * 10, computable, list(may))
            for n, (name, computable, may) in enumerate(template.ROLES, 1)
        ]
        project.points = [
            Points(self.next_id("points"), name, n, value)
            for n, (name, value) in enumerate(template.POINTS, 1)
        ]
        project.statuses = {
            kind: [
                self._status(f"{kind} status", name, n, color, is_closed=is_closed)
                for n, (name, is_closed, color) in enumerate(statuses, 1)
            ]
            for kind, statuses in template.STATUSES.items()
        }
        project.choices = {
            field: [Choice(self.next_id(field), *choice) for choice in choices]
            for field, choices in template.CHOICES.items()
        }
        project.due_date_rules = {
            kind: [self._rule(f"{kind} due date", rule) for rule in template.DUE_DATES]
            for kind in ("userstories", "tasks", "issues")
        }

    def _status(
        self, sequence: str, name: str, order: int, color: str, *, is_closed: bool
    ) -> Status:
        status = Status(self.next_id(sequence), name, slugify(name), order, is_closed, color)
        status.is_archived = name == "Archived"
        return status

    def _rule(self, sequence: str, rule: template.Rule) -> Json:
        name, order, by_default, color, days = rule
        return {
            "id": self.next_id(sequence),
            "name": name,
            "order": order,
            "by_default": by_default,
            "color": color,
            "days_to_due": days,
        }

    def _open_to_public(self, project: Project, *, public: bool) -> None:
        project.is_private = not public
        project.anon_permissions = list(template.ANONYMOUS) if public else []
        project.public_permissions = list(template.ANONYMOUS) if public else []

    def _project_event(self, project: Project, action: str, by: User, **diff: Any) -> None:
        said = {
            "values_diff": diff,
            "user": timeline_user(by),
            "comment": "",
            "comment_html": "",
        }
        self.push(project, f"projects.project.{action}", "project", said, self.clock.stamp())

    def add_member(
        self, project: Project, user: User, *, role: str = "Back", is_admin: bool = False
    ) -> Membership:
        """Take a user into a project, in one of its roles by name."""
        with self.transaction():
            found = next(one for one in project.roles if one.name == role)
            member = self._join(project, user, found, is_admin=is_admin, invited_by=project.owner)
            self._membership_event(project, member, "create")
            return member

    def _join(
        self,
        project: Project,
        user: User,
        role: Role,
        *,
        is_admin: bool,
        invited_by: User | None,
    ) -> Membership:
        member = Membership(
            id=self.next_id("membership"),
            user=user,
            role=role,
            is_admin=is_admin,
            created_at=self.clock.stamp(),
            invited_by=invited_by,
        )
        project.memberships.append(member)
        return member

    def _membership_event(self, project: Project, member: Membership, action: str) -> None:
        said = {
            "user": timeline_user(member.user),
            "role": {"id": member.role.id, "name": member.role.name},
        }
        event = f"projects.membership.{action}"
        self.push(project, event, "membership", said, self.clock.stamp())

    def remove_member(self, project: Project, user: User) -> None:
        """Throw a user out of a project; what they were assigned to stays theirs."""
        with self.transaction():
            member = next(one for one in project.memberships if one.user is user)
            project.memberships.remove(member)
            self._membership_event(project, member, "delete")

    def make_private(self, project: Project) -> None:
        """Hide a project from all but its members."""
        self._set_privacy(project, public=False)

    def make_public(self, project: Project) -> None:
        """Show a project to everybody."""
        self._set_privacy(project, public=True)

    def _set_privacy(self, project: Project, *, public: bool) -> None:
        with self.transaction():
            before = project.is_private
            self._open_to_public(project, public=public)
            project.modified_date = self.clock.stamp()
            self._project_event(
                project, "change", project.owner, is_private=[before, project.is_private]
            )

    def set_permissions(self, project: Project, role: str, permissions: list[str]) -> None:
        """Change what a role may do; it leaves no trace."""
        with self.transaction():
            next(one for one in project.roles if one.name == role).permissions = permissions

    def block(self, project: Project) -> None:
        """Block a project, as Taiga's staff does: all can be read and nothing written."""
        with self.transaction():
            project.blocked_code = "blocked-by-staff"

    def archive(self, project: Project) -> None:
        """Archive a project: all can be read and nothing written, under another status."""
        with self.transaction():
            project.archived_code = "archived"

    def rename_project(self, project: Project, name: str) -> None:
        """Give a project another name; its slug stays."""
        with self.transaction():
            before, project.name = project.name, name
            project.modified_date = self.clock.stamp()
            self.shared_changed(project)
            self._project_event(project, "change", project.owner, name=[before, name])

    def delete_project(self, project: Project) -> None:
        """Delete a project and all in it; no webhook tells of it."""
        with self.transaction():
            for rows in self.rows.values():
                for row in [row for row in rows.values() if row.project is project]:
                    del rows[row.id]
            del self.projects[project.id]
            for webhook in [one.id for one in self.webhooks.values() if one.project is project]:
                del self.webhooks[webhook]

    def add_custom_attribute(
        self,
        project: Project,
        name: str,
        *,
        kind: str = "userstories",
        type: str = "text",  # noqa: A002 - Taiga's name
        extra: list[str] | None = None,
    ) -> CustomAttribute:
        """Define a custom attribute for the project's stories, tasks, issues or epics."""
        with self.transaction():
            found = project.custom_attributes.setdefault(kind, [])
            now = self.clock.stamp()
            attribute = CustomAttribute(
                id=self.next_id(f"{kind} attribute"),
                name=name,
                type=type,
                order=len(found) + 1,
                created_date=now,
                modified_date=now,
                extra=extra,
            )
            found.append(attribute)
            return attribute

    def rename_custom_attribute(self, attribute: CustomAttribute, name: str) -> None:
        """Call a custom attribute something else: only the project's detail tells of it."""
        with self.transaction():
            attribute.name, attribute.modified_date = name, self.clock.stamp()

    def delete_custom_attribute(
        self, project: Project, attribute: CustomAttribute, kind: str = "userstories"
    ) -> None:
        """Delete a custom attribute with its values: only the project's detail tells of it."""
        with self.transaction():
            project.custom_attributes[kind].remove(attribute)
            for item in self.of_project(kind, project):
                item.custom_values.pop(str(attribute.id), None)

    def add_application(self, name: str = "taiga-notes", *, next_url: str = "") -> str:
        """Register an external application; returns its id."""
        with self.transaction():
            app = str(uuid.uuid4())
            self.applications[app] = {
                "id": app,
                "name": name,
                "web": "http://127.0.0.1:9",
                "description": "",
                "icon_url": None,
                "next_url": next_url or "http://127.0.0.1:9/cb",
            }
            return app
