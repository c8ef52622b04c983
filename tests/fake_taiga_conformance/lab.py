"""The project "Lab Mixed" of the recordings, put into a fake Taiga row by row.

Its ids, dates and orders are the recorded ones, so that the recorded requests can be asked again as
they are and the answers compared value by value.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from tests.fake_taiga import Clock, Taiga
from tests.fake_taiga.frozen import freeze
from tests.fake_taiga.model import (
    Attachment,
    Choice,
    CustomAttribute,
    Epic,
    Issue,
    Membership,
    Milestone,
    Points,
    RelatedStory,
    Role,
    Row,
    Status,
    Story,
    Task,
    WikiPage,
)
from tests.fake_taiga_conformance.recordings import answer

if TYPE_CHECKING:
    from tests.fake_taiga.model import Json, Project, User

NOW = datetime(2026, 11, 22, 4, 13, tzinfo=UTC)
PASSWORD = "lab-password-1"
APPLICATION = "11111111-2222-4333-8444-555555555555"
PUBLIC_URL = "http://taiga.example"
WEB_URL = "http://127.0.0.1:9001"


class Lab:
    """A fake Taiga with the recorded project and the projects and users around it."""

    def __init__(self) -> None:
        self.taiga = Taiga(Clock(NOW))
        self.cleanup = ExitStack()
        self.taiga.settings.public_url = PUBLIC_URL
        self.taiga.settings.web_url = WEB_URL
        self.taiga.settings.hooks_automatic = False
        self._people()
        self.project = self._mixed(answer("projects/detail"))
        self._sprints()
        self._epics()
        self._stories()
        self._tasks()
        self._issues()
        self._pages()
        self._relations()
        self._around()
        for rows in self.taiga.rows.values():
            for row in rows.values():
                row.frozen = freeze(row)
        self.taiga.settings.rates = {}

    def user(self, name: str) -> User:
        """A user by name: owner, member, viewer, hook, outsider."""
        return next(one for one in self.taiga.users.values() if one.username == f"lab_{name}")

    def _people(self) -> None:
        for found in answer("users_project"):
            user = self.taiga.add_user(found["username"], id=found["id"], password=PASSWORD)
            for name in ("full_name", "color", "gravatar_id"):
                setattr(user, name, found[name])
        self.taiga.add_user("lab_outsider", id=19, password=PASSWORD)
        owner, me = self.user("owner"), answer("users_me")
        owner.uuid, owner.date_joined = me["uuid"], moment(me["date_joined"])
        for name in ("member", "viewer", "hook"):
            self.user(name).email = f"lab_{name}@example.test"

    def _mixed(self, found: Json) -> Project:
        project = self.taiga.add_project(
            found["name"],
            owner=self.user("owner"),
            slug=found["slug"],
            description=found["description"],
            id=found["id"],
        )
        project.created_date = moment(found["created_date"])
        project.modified_date = moment(found["modified_date"])
        project.totals_updated = moment(found["totals_updated_datetime"])
        project.total_activity = found["total_activity"]
        project.tags_colors = found["tags_colors"]
        project.last_ref = 60
        self._vocabulary(project, found)
        self._members(project)
        return project

    def _vocabulary(self, project: Project, found: Json) -> None:
        project.roles = [made(Role, one) for one in found["roles"]]
        project.points = [made(Points, one) for one in found["points"]]
        kinds = {"us": "userstories", "task": "tasks", "issue": "issues", "epic": "epics"}
        for short, kind in kinds.items():
            project.statuses[kind] = [made(Status, one) for one in found[f"{short}_statuses"]]
            self.taiga.start_ids(f"{kind} status", 200)
        choices = {"type": "issue_types", "priority": "priorities", "severity": "severities"}
        for field, name in choices.items():
            project.choices[field] = [made(Choice, one) for one in found[name]]
        for kind, name in (("userstories", "us"), ("tasks", "task"), ("issues", "issue")):
            rules = found[f"{name}_duedates"]
            project.due_date_rules[kind] = [without(one, "project_id") for one in rules]
        attributes = found["userstory_custom_attributes"]
        project.custom_attributes["userstories"] = [
            made(CustomAttribute, one) for one in attributes
        ]

    def _members(self, project: Project) -> None:
        project.memberships = [
            Membership(
                id=one["id"],
                user=self.taiga.users[one["user"]],
                role=next(role for role in project.roles if role.id == one["role"]),
                is_admin=one["is_admin"],
                created_at=moment(one["created_at"]),
                invited_by=one["invited_by"] and self.taiga.users[one["invited_by"]["id"]],
            )
            for one in answer("memberships")
        ]

    def _put(self, row: Row) -> None:
        self.taiga.keep(row)

    def _row(self, found: Json) -> Json:
        return {
            "id": found["id"],
            "project": self.project,
            "owner": self.taiga.users[found["owner"]],
            "created_date": moment(found["created_date"]),
            "modified_date": moment(found["modified_date"]),
            "watchers": list(found.get("watchers", [])),
        }

    def _item(self, found: Json, kind: str) -> Json:
        statuses = self.project.statuses[kind]
        plain = ("ref", "subject", "version", "is_blocked", "blocked_note", "is_closed")
        return (
            self._row(found)
            | {name: found[name] for name in plain}
            | {
                "status": next(one for one in statuses if one.id == found["status"]),
                "tags": [tag for tag, _ in found["tags"]],
                "assigned_to": self.taiga.users.get(found["assigned_to"]),
                "voters": [16] * found["total_voters"],
                "total_comments": found.get("total_comments", 0),
            }
        )

    def _dated(self, found: Json, kind: str) -> Json:
        finished = found.get("finish_date", found.get("finished_date"))
        return self._item(found, kind) | {
            "milestone": self.taiga.rows["milestones"].get(found["milestone"]),
            "due_date": found["due_date"] and date.fromisoformat(found["due_date"]),
            "due_date_reason": found["due_date_reason"],
            "external_reference": found["external_reference"],
            "finish_date": finished and moment(finished),
        }

    def _sprints(self) -> None:
        for one in answer("milestones/list"):
            names = ("name", "slug", "closed", "disponibility", "order")
            dates: Json = {
                name: date.fromisoformat(one[name])
                for name in ("estimated_start", "estimated_finish")
            }
            self._put(Milestone(**self._row(one), **{name: one[name] for name in names}, **dates))

    def _epics(self) -> None:
        names = ("color", "epics_order", "client_requirement", "team_requirement")
        texts = {39: "epic *desc*"}
        for one in answer("epics/list"):
            fields = {name: one[name] for name in names}
            epic = Epic(**self._item(one, "epics"), **fields)
            epic.description = texts.get(epic.id, "")
            self._put(epic)

    def _stories(self) -> None:
        names = (
            *("backlog_order", "sprint_order", "kanban_order"),
            *("client_requirement", "team_requirement"),
        )
        text = answer("userstories/detail")["description"].replace(
            "Description 0", "Description {}"
        )
        points = {one.id: one for one in self.project.points}
        for n, one in enumerate(sorted(answer("userstories/list_nopagination"), key=by_id)):
            story = Story(**self._dated(one, "userstories"), **{name: one[name] for name in names})
            story.points = {int(role): points[number] for role, number in one["points"].items()}
            others = [number for number in one["assigned_users"] if number != one["assigned_to"]]
            ids = [*others, one["assigned_to"]] if one["assigned_to"] else others
            story.assigned_users = [self.taiga.users[number] for number in ids]
            story.description = text.format(n)
            self._put(story)
        self._extras()

    def _extras(self) -> None:
        for one in answer("userstories/list_include"):
            self.taiga.rows["userstories"][one["id"]].attachments = [
                Attachment(
                    found["id"],
                    found["attached_file"].rpartition("/")[2],
                    found["attached_file"],
                    "att",
                )
                for found in one["attachments"]
            ]
        self.taiga.rows["userstories"][2155].attachments = [Attachment(906, "b.txt", "b.txt", "")]
        found = answer("userstories/custom_attributes_values")
        story = self.taiga.rows["userstories"][found["user_story"]]
        story.custom_values, story.custom_version = found["attributes_values"], found["version"]

    def _tasks(self) -> None:
        names = ("us_order", "taskboard_order", "is_iocaine")
        for one in answer("tasks/list"):
            task = Task(**self._dated(one, "tasks"), **{name: one[name] for name in names})
            task.user_story = self.taiga.rows["userstories"].get(one["user_story"])
            if task.user_story is not None:
                task.user_story.tasks.append(task)
            self._put(task)

    def _issues(self) -> None:
        for one in answer("issues/list"):
            chosen: Json = {
                name: next(found for found in choices if found.id == one[name])
                for name, choices in self.project.choices.items()
            }
            self._put(Issue(**self._dated(one, "issues"), **chosen))

    def _pages(self) -> None:
        for one in answer("wiki/list"):
            names = ("slug", "content", "version", "editions")
            page = WikiPage(
                **self._row(one),
                **{name: one[name] for name in names},
                last_modifier=self.taiga.users[one["last_modifier"]],
            )
            self._put(page)

    def _relations(self) -> None:
        orders = {one["user_story"]: one["order"] for one in answer("epics/related_userstories")}
        for found in sorted(answer("userstories/list"), key=by_id):
            story = self.taiga.rows["userstories"][found["id"]]
            for brief in found["epics"] or []:
                self._relate(self.taiga.rows["epics"][brief["id"]], story, orders.get(story.id))

    def _relate(self, epic: Epic, story: Story, order: int | None) -> None:
        relation = RelatedStory(
            id=self.taiga.next_id("relations"),
            project=self.project,
            owner=self.user("owner"),
            created_date=NOW,
            modified_date=NOW,
            epic=epic,
            story=story,
            order=order or self.taiga.order(),
        )
        epic.relations.append(relation)
        story.relations.append(relation)

    def _around(self) -> None:
        """Users and projects that the recordings only touch."""
        owner = self.user("owner")
        add = self.taiga.add_project
        hooks: Json = {
            "id": 12,
            "name": "Lab Hooks",
            "slug": "lab_owner-lab-hooks",
            "is_private": True,
        }
        private: Json = {"id": 9, "name": "Lab Private", "slug": "lab_owner-lab-private"}
        add(owner=owner, **hooks)
        secret = add(owner=owner, is_private=True, **private)
        for found in answer("projects/list"):
            self._listed_project(found)
        for n in range(1, 6):
            add(f"Public {n}", owner=self.user("hook"), id=20 + n)
        blocked = self.taiga.projects[21]
        blocked.id = 7
        self.taiga.projects[7] = self.taiga.projects.pop(21)
        self.taiga.add_member(blocked, self.user("member"))
        self.taiga.add_story(blocked, "Blocked").id = 99
        self.taiga.rows["userstories"][99] = self.taiga.rows["userstories"].popitem()[1]
        blocked.blocked_code = "blocked-by-staff"
        self.taiga.add_story(secret, "Secret").id = 11176
        self.taiga.rows["userstories"][11176] = self.taiga.rows["userstories"].popitem()[1]
        self.taiga.applications[APPLICATION] = {
            "id": APPLICATION,
            "name": "taiga-notes lab",
            "web": "http://127.0.0.1:9",
            "description": "lab app",
            "icon_url": "http://127.0.0.1:9/i.png",
            "next_url": "http://127.0.0.1:9/cb",
        }

    def _listed_project(self, found: Json) -> None:
        names = ("id", "name", "slug", "description", "is_private")
        project = self.taiga.add_project(
            **{name: found[name] for name in names}, owner=self.user("owner")
        )
        flags = ("is_epics_activated", "is_kanban_activated", "total_activity", "tags_colors")
        for name in flags:
            setattr(project, name, found[name])
        project.created_date = moment(found["created_date"])
        project.modified_date = moment(found["modified_date"])
        project.totals_updated = moment(found["totals_updated_datetime"])


def moment(text: str) -> datetime:
    """A recorded date; those of the database have a zone."""
    return datetime.fromisoformat(text)


def by_id(row: Json) -> int:
    """For sorting."""
    return int(row["id"])


def without(found: Json, *names: str) -> Json:
    """A JSON object without some of its fields."""
    return {key: value for key, value in found.items() if key not in names}


def made(model: Any, found: Json) -> Any:
    """A row of a vocabulary from its JSON."""
    dates = {name: moment(found[name]) for name in found if name.endswith("_date")}
    return model(**without(found, "project_id", "wip_limit") | dates)
