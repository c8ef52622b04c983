"""Taiga's rows: plain mutable objects that refer to each other.

Nothing here knows of HTTP or JSON, and nothing leaves a trace by itself: the acts in `making.py`,
`acting.py` and `naming.py` do, each as the real server does.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from datetime import date, datetime

Json = dict[str, Any]


@dataclass(slots=True, eq=False)
class User:
    id: int
    username: str
    full_name: str
    email: str
    password: str
    color: str
    gravatar_id: str
    uuid: str
    date_joined: datetime
    is_active: bool = True
    is_superuser: bool = False
    bio: str = ""


@dataclass(slots=True, eq=False)
class Status:
    """A status of stories, tasks, issues or epics."""

    id: int
    name: str
    slug: str
    order: int
    is_closed: bool
    color: str
    is_archived: bool = False


@dataclass(slots=True, eq=False)
class Choice:
    """A type, priority or severity of issues."""

    id: int
    name: str
    order: int
    color: str


@dataclass(slots=True, eq=False)
class Points:
    id: int
    name: str
    order: int
    value: float | None


@dataclass(slots=True, eq=False)
class Role:
    id: int
    name: str
    slug: str
    order: int
    computable: bool
    permissions: list[str]


@dataclass(slots=True, eq=False)
class CustomAttribute:
    id: int
    name: str
    type: str
    order: int
    created_date: datetime
    modified_date: datetime
    description: str = ""
    extra: list[str] | None = None


@dataclass(slots=True, eq=False)
class Attachment:
    id: int
    filename: str
    path: str
    description: str
    order: int = 0
    owner: int = 0
    size: int = 5
    sha1: str = ""
    created_date: datetime | None = None
    modified_date: datetime | None = None


@dataclass(slots=True, eq=False)
class Membership:
    id: int
    user: User
    role: Role
    is_admin: bool
    created_at: datetime
    invited_by: User | None


@dataclass(slots=True, eq=False)
class TimelineEntry:
    id: int
    event_type: str
    content_type: str
    data: Json
    created: datetime


@dataclass(slots=True, eq=False)
class HistoryEntry:
    """What a change of a row left in its history; `type` is 1 for a change, 2 create, 3 delete."""

    id: str
    type: int
    key: str
    user: User
    created_at: datetime
    diff: Json
    values: Json
    values_diff: Json
    comment: str
    comment_html: str
    is_hidden: bool = False
    edit_comment_date: datetime | None = None
    delete_comment_date: datetime | None = None
    delete_comment_user: Json | None = None
    comment_versions: list[Json] | None = None


@dataclass(slots=True, eq=False)
class Webhook:
    id: int
    project: Project
    name: str
    url: str
    key: str
    logs_counter: int = 0


@dataclass(slots=True, eq=False)
class Project:
    id: int
    name: str
    slug: str
    description: str
    owner: User
    created_date: datetime
    modified_date: datetime
    totals_updated: datetime
    is_private: bool = False
    anon_permissions: list[str] = field(default_factory=list)
    public_permissions: list[str] = field(default_factory=list)
    blocked_code: str | None = None
    archived_code: str | None = None
    is_featured: bool = False
    is_looking_for_people: bool = False
    is_epics_activated: bool = True
    is_backlog_activated: bool = True
    is_kanban_activated: bool = True
    total_activity: int = 0
    tags_colors: dict[str, str | None] = field(default_factory=dict)
    roles: list[Role] = field(default_factory=list)
    points: list[Points] = field(default_factory=list)
    statuses: dict[str, list[Status]] = field(default_factory=dict)
    """The statuses by kind of item: userstories, tasks, issues, epics."""
    choices: dict[str, list[Choice]] = field(default_factory=dict)
    """The issues' choices: type, priority, severity."""
    due_date_rules: dict[str, list[Json]] = field(default_factory=dict)
    custom_attributes: dict[str, list[CustomAttribute]] = field(default_factory=dict)
    memberships: list[Membership] = field(default_factory=list)
    swimlanes: list[Json] = field(default_factory=list)
    timeline: list[TimelineEntry] = field(default_factory=list)
    last_ref: int = 0
    epoch: int = 0
    """Raised when anything changes that shows in more than one row's JSON."""


@dataclass(slots=True, eq=False, kw_only=True)
class Row:
    """What all that belongs to a project has."""

    id: int
    project: Project
    owner: User
    created_date: datetime
    modified_date: datetime
    watchers: list[int] = field(default_factory=list)
    frozen: Json = field(default_factory=dict)
    """Its tracked fields as of its last history entry: the next entry's diff is against these."""
    history: list[HistoryEntry] = field(default_factory=list)
    encoded: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    """Its JSON by flavour, with the project's epoch as of which it is right."""


@dataclass(slots=True, eq=False, kw_only=True)
class Milestone(Row):
    name: str
    slug: str
    estimated_start: date
    estimated_finish: date
    closed: bool = False
    disponibility: float = 0.0
    order: int = 1


@dataclass(slots=True, eq=False, kw_only=True)
class WikiPage(Row):
    slug: str
    content: str
    last_modifier: User
    version: int = 1
    editions: int = 1


@dataclass(slots=True, eq=False, kw_only=True)
class Item(Row):
    """What stories, tasks, issues and epics share."""

    ref: int
    subject: str
    status: Status
    version: int = 1
    description: str = ""
    tags: list[str] = field(default_factory=list)
    assigned_to: User | None = None
    is_blocked: bool = False
    blocked_note: str = ""
    is_closed: bool = False
    voters: list[int] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    custom_values: Json = field(default_factory=dict)
    custom_version: int = 1
    total_comments: int = 0


@dataclass(slots=True, eq=False, kw_only=True)
class Dated(Item):
    """What items with a due date and a sprint share: stories, tasks, issues."""

    milestone: Milestone | None = None
    due_date: date | None = None
    due_date_reason: str = ""
    external_reference: list[str] | None = None
    finish_date: datetime | None = None
    """Taiga calls it `finish_date` on stories, `finished_date` on tasks and issues."""


@dataclass(slots=True, eq=False, kw_only=True)
class Story(Dated):
    points: dict[int, Points] = field(default_factory=dict)
    backlog_order: int = 0
    sprint_order: int = 0
    kanban_order: int = 0
    client_requirement: bool = False
    team_requirement: bool = False
    assigned_users: list[User] = field(default_factory=list)
    generated_from_issue: Issue | None = None
    generated_from_task: int | None = None
    from_task_ref: str | None = None
    tasks: list[Task] = field(default_factory=list)
    relations: list[RelatedStory] = field(default_factory=list)
    swimlane: int | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Task(Dated):
    user_story: Story | None = None
    us_order: int = 0
    taskboard_order: int = 0
    is_iocaine: bool = False


@dataclass(slots=True, eq=False, kw_only=True)
class Issue(Dated):
    type: Choice
    priority: Choice
    severity: Choice
    promoted_to: list[int] = field(default_factory=list)


@dataclass(slots=True, eq=False, kw_only=True)
class Epic(Item):
    color: str = "#d35450"
    epics_order: int = 0
    client_requirement: bool = False
    team_requirement: bool = False
    relations: list[RelatedStory] = field(default_factory=list)


@dataclass(slots=True, eq=False, kw_only=True)
class RelatedStory(Row):
    """That a story belongs to an epic."""

    epic: Epic
    story: Story
    order: int


KIND_OF: dict[type[Row], str] = {
    Story: "userstories",
    Task: "tasks",
    Issue: "issues",
    Epic: "epics",
    Milestone: "milestones",
    WikiPage: "wiki",
    RelatedStory: "relations",
}


def kind_of(row: Row) -> str:
    """The kind of list that a row is on, `relations` for an epic's story."""
    return KIND_OF[type(row)]


def wanted_state(story: Story) -> bool:
    """Whether a story is closed: its tasks decide where it has any, else its status."""
    if story.tasks:
        return all(task.status.is_closed for task in story.tasks)
    return story.status.is_closed
