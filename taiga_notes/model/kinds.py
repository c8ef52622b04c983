"""What Taiga's lists are: one `Kind` for each, as plain data.

Read off a live Taiga 6.10 (lists carry fewer fields than single items: no description, no
custom attributes). The query language refuses names that are neither here nor in the rows, so
that a typing error never passes for an empty result. No attribute of a `Kind` has a default: who
adds a list decides each, and the type checker asks for those that are forgotten.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from taiga_notes.model.details import Piece
    from taiga_notes.model.rows import Path


PROJECT_FILTERS = frozenset({"project", "project__slug"})
"""The filters that name the project whose list it is."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a list's items.

    Attributes:
        type: string, number, boolean, date (`2026-11-22`), time (`2026-11-22T14:02:11.957Z`),
            list, object, or map (an object whose keys are data); with " or nil" where Taiga
            gives null.
        example: a value as Taiga gives it.
        meaning: a few words where the name does not say it; else empty.
    """

    type: str
    example: object
    meaning: str = ""


@dataclass(frozen=True, slots=True)
class Join:
    """A field that no list of Taiga holds: it is asked for where a query or a template uses it.

    Attributes:
        field: what it is like.
        piece: what is asked for of each item; empty where it is items of another list.
        kind: that list's name; empty where it is a piece.
        key: where its items name, by id, what they belong to: a number, or a list of objects.
        is_anywhere: whether they may be of any project, and not of the item's own alone.
    """

    field: Field
    piece: Piece | Literal[""] = ""
    kind: str = ""
    key: Path = ()
    is_anywhere: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One of Taiga's lists.

    Attributes:
        name: the API's and the queries' name of it, which is its path and that of its timeline.
        noun: what it holds, in words for people.
        aliases: other names that queries may use for it.
        misnomers: names that people try, and that mean nothing.
        permission: what `my_permissions` must hold: without it Taiga answers with an empty list,
            not an error. Empty where none is needed.
        web: of an item's page in the web front: the folder, and the field that names it there.
            Of a project, which is its own folder, neither.
        statuses: the project's vocabulary of its statuses; empty where there are none.
        sprint_name: the field that may hold the name of an item's sprint.
        fields: of its items, nested ones with dots, without those of `ADDED`.
        filters: what Taiga filters by. It ignores any other name and returns everything, so those
            are refused. `swimnlane` is Taiga's own spelling.
        usual_filters: filters that go without saying in a query.
        columns: of a table of its items, heading and field; the first one bears the link.
        lookups: other lists of the API in which one looks up what its items refer to, `{id}` being
            any number.
        webhook_types: what webhooks call its items, or what shows in them. `epic` and
            `relateduserstory` are sent although Taiga's documentation does not name them.
        stored_columns: the fields that get a column in the store before any query asks for one:
            those that most ask for, and those of `order`. Any other gets its column when asked.
        order: by what Taiga sorts a project's list where it is not told; a hyphen means descending.
            Empty: the list is short, or changes with everything else (sprints hold their stories,
            epics count theirs), so it is always read whole.
        local_filters: those of which an item and its project's detail tell for certain what Taiga
            would say.
        drags: the orders that a drag on a board changes. Per order the filter that lists the column
            into which an item is dragged, and the project's vocabulary of those columns, empty
            where there is but one: the backlog. The rows beside the dragged one get other orders,
            of which nothing tells.
        brief_params: parameters by which its items come with next to nothing but their numbers.
        is_guarded: whether items may come and go without a trace: a task that becomes a story does,
            and the story that it becomes. So a project's stories are counted for these lists.
        is_recounted: whether now and then its items are counted: with celery Taiga writes no entry
            for what it deletes, since the item is gone by the time at which the entry would be made
            (its source: `taiga/timeline/service.py`).
        changed_by: the lists whose items take its own along when they change.
        epics: where an item shows its epics.
        stories: what its items have to do with stories: each is one, names its own one, holds or
            counts several, or none of that.
        closed: the field that holds when an item was closed; empty where there is none.
        joins: what its items have besides, at a price, by name.
    """

    name: str
    noun: str
    aliases: tuple[str, ...]
    misnomers: tuple[str, ...]
    permission: str
    web: tuple[str, str]
    statuses: str
    sprint_name: str
    fields: Mapping[str, Field]
    filters: frozenset[str]
    usual_filters: tuple[tuple[str, str], ...]
    columns: tuple[tuple[str, str], ...]
    lookups: tuple[str, ...]
    webhook_types: tuple[str, ...]
    stored_columns: tuple[Path, ...]
    order: tuple[str, ...]
    local_filters: frozenset[str]
    drags: Mapping[str, tuple[str, str]]
    brief_params: tuple[tuple[str, str], ...]
    is_guarded: bool
    is_recounted: bool
    changed_by: frozenset[str]
    epics: Path
    stories: Literal["is", "names", "holds", "counts", "none"]
    closed: str
    joins: Mapping[str, Join]

    @property
    def is_of_a_project(self) -> bool:
        """Whether a list of this kind can be a single project's."""
        return "project" in self.filters


_PERSON = {
    "id": Field("number", 17),
    "username": Field("string", "ann"),
    "full_name_display": Field("string", "Ann Lee"),
    "photo": Field("string or nil", "https://media.taiga.example/ann.png"),
    "big_photo": Field("string or nil", "https://media.taiga.example/ann-big.png"),
    "gravatar_id": Field("string", "2b3792e4593011c3f0b4c7d750565773"),
    "is_active": Field("boolean", True),  # noqa: FBT003 - an example, not a flag
}
_PROJECT = {
    "id": Field("number", 14),
    "name": Field("string", "Acme"),
    "slug": Field("string", "acme"),
    "logo_small_url": Field("string or nil", "https://media.taiga.example/acme.png"),
}
_STATUS = {
    "name": Field("string", "In progress"),
    "color": Field("string", "#E47C40"),
    "is_closed": Field("boolean", False),  # noqa: FBT003 - an example, not a flag
}
_EPICS = Field("list or nil", [{"id": 39, "ref": 1, "subject": "Login", "color": "#ff8800"}])


def _object(name: str, parts: Mapping[str, Field], type_: str = "object") -> dict[str, Field]:
    whole = Field(type_, {part: field.example for part, field in parts.items()})
    return {name: whole} | {f"{name}.{part}": field for part, field in parts.items()}


def _numbers(*names: str) -> dict[str, Field]:
    return dict.fromkeys(names, Field("number", 3))


def _flags(*names: str) -> dict[str, Field]:
    return dict.fromkeys(names, Field("boolean", False))  # noqa: FBT003 - an example


def _times(*names: str) -> dict[str, Field]:
    return dict.fromkeys(names, Field("time", "2026-11-22T14:02:11.957Z"))


def _nullable(fields: Mapping[str, Field]) -> dict[str, Field]:
    return {name: replace(field, type=f"{field.type} or nil") for name, field in fields.items()}


_OWNED = {
    "id": Field("number", 2145, "Taiga's own number, unique over all projects"),
    **_object("project_extra_info", _PROJECT),
    **_times("created_date", "modified_date"),
    "version": Field("number", 12),
}
_CARD = {
    **_OWNED,
    "ref": Field("number", 12, "the number that people see, unique in the project"),
    "subject": Field("string", "Sign-up form"),
    "tags": Field("list", [["bug", "#ff0000"], ["ui", None]], "pairs of name and colour"),
    "status": Field("number", 81, "the status's id"),
    **_object("status_extra_info", _STATUS),
    "assigned_to": Field("number or nil", 17, "the person's id"),
    **_object("assigned_to_extra_info", _PERSON, "object or nil"),
    "owner": Field("number", 16, "the id of who made it"),
    **_object("owner_extra_info", _PERSON),
    **_flags("is_closed", "is_blocked", "is_watcher", "is_voter"),
    "blocked_note": Field("string", "waits for legal"),
    **_numbers("total_watchers", "total_voters"),
    "watchers": Field("list", [16]),
    "attachments": Field("list", []),
}
_DUE = {
    "due_date": Field("date or nil", "2026-12-30"),
    "due_date_reason": Field("string", "fair"),
    "due_date_status": Field("string", "set", "not_set set due_soon past_due no_longer_applicable"),
    "external_reference": Field("list or nil", ["github", "https://github.com/acme/app/issues/1"]),
    "milestone": Field("number or nil", 17, "the sprint's id"),
}


def _dates(*names: str) -> set[str]:
    return {f"{name}{end}" for name in names for end in ("", "__gt", "__gte", "__lt", "__lte")}


def _excluded(*names: str) -> set[str]:
    return {f"exclude_{name}" for name in names}


_DATES = _dates("created_date", "modified_date")
_SPRINT_DATES = _dates("milestone__estimated_start", "milestone__estimated_finish")
_PEOPLE = {"owner", "assigned_to", "watchers"}
_BOARD = {"status", "status__is_closed", "tags", "q"}

_HOT: tuple[Path, ...] = (
    ("id",),
    ("ref",),
    ("subject",),
    ("is_closed",),
    ("status_extra_info", "name"),
    ("assigned_to_extra_info", "username"),
    ("created_date",),
    ("modified_date",),
)
_FEW: tuple[Path, ...] = (("id",), ("ref",))
_COLUMNS = (
    ("Ref", "ref"),
    ("Subject", "subject"),
    ("Status", "status_name"),
    ("Assignee", "assignee"),
    ("Sprint", "sprint"),
)

_COMMENT = {
    "who": "Ann Lee",
    "username": "ann",
    "when": "2026-11-22T14:02:11.957Z",
    "text": "Legal is fine with it.",
}
_CHANGE = {
    "when": "2026-11-20T09:00:00Z",
    "status_from": "New",
    "to": "In progress",
    "by": "Ann Lee",
}
_ATTACHMENT = {
    "name": "form.png",
    "url": "https://media.taiga.example/form.png",
    "size": 4711,
    "description": "",
    "created_date": "2026-11-20T09:00:00Z",
}
_PIECES: Mapping[str, Join] = {
    "description": Join(Field("string", "As a *customer* …"), "description"),
    "custom": Join(Field("map", {"Customer": "Acme"}, "custom attribute to value"), "custom"),
    "comments": Join(Field("list", [_COMMENT], "the newest first"), "comments"),
    "history": Join(Field("list", [_CHANGE], "changes of the status, the oldest first"), "history"),
    "days_in": Join(
        Field("map", {"In progress": 2}, "status to days: days_in('In progress')"), "history"
    ),
    "attachments": Join(Field("list", [_ATTACHMENT]), "attachments"),
}
"""What cards have that Taiga gives in no list of them, see `details`."""

_EPICS_CLOSED = Join(Field("date or nil", None, "the day on which it was closed"), "history")


def _items(kind: str, *key: str, is_anywhere: bool = False, meaning: str = "") -> Join:
    told = meaning or f"its {kind.replace('userstories', 'stories')}, archived ones too"
    return Join(Field("list", [], told), kind=kind, key=key, is_anywhere=is_anywhere)


USERSTORIES = Kind(
    name="userstories",
    noun="user stories",
    aliases=(),
    misnomers=("us", "backlog", "board", "ticket", "tickets"),
    permission="view_us",
    web=("us", "ref"),
    statuses="us_statuses",
    sprint_name="milestone_name",
    fields={
        **_CARD,
        **_DUE,
        "milestone_slug": Field("string or nil", "sprint-3"),
        "milestone_name": Field("string or nil", "Sprint 3"),
        "points": Field("map", {"81": 157}, "role id to points id"),
        "total_points": Field("number or nil", 10.0),
        **_numbers("backlog_order", "sprint_order", "kanban_order"),
        **_nullable(_times("finish_date")),
        **_flags("client_requirement", "team_requirement"),
        **_nullable(_numbers("generated_from_issue", "generated_from_task")),
        "from_task_ref": Field("string or nil", "Task #33"),
        "tribe_gig": Field("map or nil", None),
        "comment": Field("string", ""),
        "origin_issue": Field("map or nil", None),
        "origin_task": Field("map or nil", None),
        "epics": _EPICS,
        "epic_order": Field("number or nil", 1),
        "tasks": Field("list", [], "filled only for userstories{include_tasks=true}"),
        **_numbers("total_attachments", "total_comments"),
        "swimlane": Field("number or nil", 4),
        "assigned_users": Field("list", [16, 17], "ids of all to whom it is assigned"),
    },
    filters=frozenset(
        PROJECT_FILTERS | _PEOPLE | _BOARD | _DATES | _SPRINT_DATES | _dates("finish_date")
    )
    | {"milestone", "milestone__isnull", "is_closed", "status__is_archived", "assigned_users"}
    | {"role", "epic", "swimnlane", "exclude_swimlane", "include_attachments", "include_tasks"}
    | _excluded("status", "owner", "assigned_to", "assigned_users", "role", "epic", "tags"),
    # As the original integration had it: archived stories have left the board.
    usual_filters=(("status__is_archived", "false"),),
    columns=(*_COLUMNS, ("Points", "total_points")),
    lookups=(
        "userstory-statuses",
        "userstory-due-dates",
        "userstory-custom-attributes",
        "points",
        "swimlanes",
    ),
    webhook_types=("userstory",),
    stored_columns=(*_HOT, ("due_date",), ("milestone_name",), ("backlog_order",)),
    order=("backlog_order", "ref"),
    local_filters=frozenset(
        {"status__is_archived", "status__is_closed", "is_closed", "milestone", "status"}
    ),
    drags={
        "kanban_order": ("status", "us_statuses"),
        "sprint_order": ("milestone", "milestones"),
        "backlog_order": ("milestone", ""),
    },
    brief_params=(("only_ref", "1"),),
    is_guarded=True,
    is_recounted=False,
    changed_by=frozenset({"userstories", "tasks", "issues", "epics"}),
    epics=("epics",),
    stories="is",
    closed="finish_date",
    joins={**_PIECES, "tasks": _items("tasks", "user_story", meaning="its tasks")},
)

TASKS = Kind(
    name="tasks",
    noun="tasks",
    aliases=(),
    misnomers=("todo", "todos"),
    permission="view_tasks",
    web=("task", "ref"),
    statuses="task_statuses",
    sprint_name="milestone_name",
    fields={
        **_CARD,
        **_DUE,
        "milestone_slug": Field("string or nil", "sprint-3"),
        "user_story": Field("number or nil", 2135, "the story's id"),
        **_object(
            "user_story_extra_info",
            {
                "id": Field("number", 2135),
                "ref": Field("number", 3),
                "subject": Field("string", "Sign-up form"),
                "epics": _EPICS,
            },
            "object or nil",
        ),
        **_nullable(_times("finished_date")),
        **_numbers("us_order", "taskboard_order", "total_comments"),
        **_flags("is_iocaine"),
    },
    filters=frozenset(
        PROJECT_FILTERS | _PEOPLE | _BOARD | _DATES | _SPRINT_DATES | _dates("finished_date")
    )
    | {"user_story", "milestone", "role", "include_attachments"}
    | _excluded("status", "owner", "assigned_to", "role", "tags"),
    usual_filters=(),
    columns=_COLUMNS,
    lookups=("task-statuses", "task-due-dates", "task-custom-attributes"),
    webhook_types=("task",),
    stored_columns=(*_HOT, ("due_date",), ("user_story",)),
    order=("created_date", "ref"),
    local_filters=frozenset({"status__is_closed", "milestone", "user_story", "status"}),
    drags={},
    brief_params=(),
    is_guarded=True,
    is_recounted=True,
    changed_by=frozenset({"tasks", "userstories", "epics"}),
    epics=("user_story_extra_info", "epics"),
    stories="names",
    closed="finished_date",
    joins=_PIECES,
)

ISSUES = Kind(
    name="issues",
    noun="issues",
    aliases=(),
    misnomers=("bug", "bugs"),
    permission="view_issues",
    web=("issue", "ref"),
    statuses="issue_statuses",
    sprint_name="milestone_name",
    fields={
        **_CARD,
        **_DUE,
        **_numbers("severity", "priority", "type"),
        **_nullable(_times("finished_date")),
    },
    filters=frozenset(PROJECT_FILTERS | _PEOPLE | _BOARD | _DATES | _dates("finished_date"))
    | {"milestone", "type", "severity", "priority", "role", "include_attachments"}
    | _excluded("status", "type", "severity", "priority", "owner", "assigned_to", "role", "tags"),
    usual_filters=(),
    columns=_COLUMNS,
    lookups=(
        "issue-statuses",
        "issue-types",
        "priorities",
        "severities",
        "issue-due-dates",
        "issue-custom-attributes",
    ),
    webhook_types=("issue",),
    stored_columns=(*_HOT, ("due_date",)),
    order=("-id",),
    local_filters=frozenset({"status__is_closed", "milestone", "status"}),
    drags={},
    brief_params=(),
    is_guarded=False,
    is_recounted=True,
    changed_by=frozenset({"issues"}),
    epics=(),
    stories="none",
    closed="finished_date",
    joins=_PIECES,
)

EPICS = Kind(
    name="epics",
    noun="epics",
    aliases=(),
    misnomers=(),
    permission="view_epics",
    web=("epic", "ref"),
    statuses="epic_statuses",
    sprint_name="milestone_name",
    fields={
        **_CARD,
        "color": Field("string", "#ff8800"),
        **_numbers("epics_order"),
        **_flags("client_requirement", "team_requirement"),
        **_object("user_stories_counts", _numbers("total", "progress")),
    },
    filters=frozenset(PROJECT_FILTERS | _PEOPLE | _BOARD | _DATES | {"include_attachments"}),
    usual_filters=(),
    columns=_COLUMNS[:-1],
    lookups=("epic-statuses", "epic-custom-attributes", "epics/{id}/related_userstories"),
    webhook_types=("epic", "relateduserstory"),
    stored_columns=_HOT,
    order=(),
    local_filters=frozenset(),
    drags={},
    brief_params=(),
    is_guarded=True,
    is_recounted=False,
    changed_by=frozenset({"epics", "userstories", "tasks"}),
    epics=(),
    stories="counts",
    closed="",
    joins={
        **_PIECES,
        "closed_on": _EPICS_CLOSED,
        "stories": _items("userstories", "epics"),
        "related": _items(
            "userstories", "epics", is_anywhere=True, meaning="its stories in all your projects"
        ),
    },
)

MILESTONES = Kind(
    name="milestones",
    noun="sprints",
    aliases=("sprints",),
    misnomers=("iteration", "iterations"),
    permission="view_milestones",
    web=("taskboard", "slug"),
    statuses="",
    sprint_name="name",
    fields={
        **{name: field for name, field in _OWNED.items() if name != "version"},
        "name": Field("string", "Sprint 3"),
        "slug": Field("string", "sprint-3"),
        "owner": Field("number", 16, "the id of who made it"),
        "estimated_start": Field("date", "2026-12-01"),
        "estimated_finish": Field("date", "2026-12-14"),
        **_flags("closed"),
        **_numbers("disponibility", "order"),
        "user_stories": Field("list", [], "its stories, without tags and owner"),
        **_nullable(_numbers("total_points", "closed_points")),
    },
    filters=frozenset(PROJECT_FILTERS | _DATES | {"closed", "estimated_start", "estimated_finish"}),
    usual_filters=(),
    columns=(
        ("Name", "name"),
        ("Start", "estimated_start"),
        ("Finish", "estimated_finish"),
        ("Closed", "closed"),
    ),
    lookups=(),
    webhook_types=("milestone",),
    stored_columns=_FEW,
    order=(),
    local_filters=frozenset(),
    drags={},
    brief_params=(),
    is_guarded=True,
    is_recounted=False,
    changed_by=frozenset({"milestones", "epics", "userstories", "tasks", "issues"}),
    epics=(),
    stories="holds",
    closed="",
    joins={"stories": _items("userstories", "milestone")},
)

WIKI = Kind(
    name="wiki",
    noun="wiki pages",
    aliases=(),
    misnomers=(),
    permission="view_wiki_pages",
    web=("wiki", "slug"),
    statuses="",
    sprint_name="milestone_name",
    fields={
        **_OWNED,
        "slug": Field("string", "home"),
        "content": Field("string", "# Welcome"),
        "html": Field("string", "<h1>Welcome</h1>"),
        **_numbers("owner", "last_modifier", "editions", "total_watchers"),
        **_flags("is_watcher"),
    },
    filters=frozenset({"project", "slug"}),
    usual_filters=(),
    columns=(("Page", "slug"), ("Modified", "modified_date")),
    lookups=(),
    webhook_types=("wikipage",),
    stored_columns=(("id",), ("slug",), ("modified_date",)),
    order=("slug",),
    local_filters=frozenset(),
    drags={},
    brief_params=(),
    is_guarded=False,
    is_recounted=True,
    changed_by=frozenset({"wiki"}),
    epics=(),
    stories="none",
    closed="",
    joins={},
)

PROJECTS = Kind(
    name="projects",
    noun="projects",
    aliases=(),
    misnomers=(),
    permission="",
    web=("", ""),
    statuses="",
    sprint_name="milestone_name",
    fields={
        "id": Field("number", 14),
        "name": Field("string", "Acme"),
        "slug": Field("string", "acme"),
        "description": Field("string", "Our shop"),
        **_times("created_date", "modified_date", "totals_updated_datetime"),
        **_object("owner", _PERSON),
        "members": Field("list", [16, 17], "ids"),
        "tags": Field("list", ["bug"]),
        "tags_colors": Field("map", {"bug": "#ff0000"}, "tag to colour"),
        **_flags(
            *("is_private", "is_featured", "is_looking_for_people", "is_contact_activated"),
            *("is_epics_activated", "is_backlog_activated", "is_kanban_activated"),
            *("is_wiki_activated", "is_issues_activated"),
            *("i_am_owner", "i_am_admin", "i_am_member", "is_watcher", "is_fan", "my_homepage"),
        ),
        **_numbers("total_closed_milestones", "total_watchers", "creation_template"),
        **_numbers("total_fans", "total_fans_last_week"),
        **_numbers("total_fans_last_month", "total_fans_last_year"),
        **_numbers("total_activity", "total_activity_last_week"),
        **_numbers("total_activity_last_month", "total_activity_last_year"),
        **_nullable(_numbers("total_milestones", "total_story_points", "notify_level")),
        **_nullable(_numbers("default_epic_status", "default_points", "default_us_status")),
        **_nullable(_numbers("default_task_status", "default_priority", "default_severity")),
        **_nullable(_numbers("default_issue_status", "default_issue_type", "default_swimlane")),
        "looking_for_people_note": Field("string", ""),
        "anon_permissions": Field("list", ["view_project"]),
        "public_permissions": Field("list", ["view_project"]),
        "my_permissions": Field("list", ["view_us", "modify_us"]),
        "videoconferences": Field("string or nil", "jitsi"),
        "videoconferences_extra_data": Field("string or nil", "acme"),
        "blocked_code": Field("string or nil", "blocked-by-staff"),
        "archived_code": Field("string or nil", "archived"),
        "logo_small_url": Field("string or nil", "https://media.taiga.example/acme.png"),
        "logo_big_url": Field("string or nil", "https://media.taiga.example/acme-big.png"),
    },
    filters=frozenset(
        {"member", "is_looking_for_people", "is_featured", "is_backlog_activated"}
        | {"is_kanban_activated", "q", "discover_mode"}
    ),
    usual_filters=(),
    columns=(("Name", "name"), ("Slug", "slug")),
    lookups=("roles", "users"),
    webhook_types=(),
    stored_columns=_FEW,
    order=(),
    local_filters=frozenset(),
    drags={},
    brief_params=(),
    is_guarded=False,
    is_recounted=False,
    changed_by=frozenset(),
    epics=(),
    stories="none",
    closed="",
    joins={},
)

KINDS: Mapping[str, Kind] = {
    kind.name: kind for kind in (USERSTORIES, TASKS, ISSUES, EPICS, MILESTONES, WIKI, PROJECTS)
}
"""Taiga's lists by name."""

UNKNOWN = Kind(
    name="",
    noun="items",
    aliases=(),
    misnomers=(),
    permission="",
    web=("", ""),
    statuses="",
    sprint_name="",
    fields={},
    filters=frozenset(),
    usual_filters=(),
    columns=(),
    lookups=(),
    webhook_types=(),
    stored_columns=_FEW,
    order=(),
    local_filters=frozenset(),
    drags={},
    brief_params=(),
    is_guarded=False,
    is_recounted=False,
    changed_by=frozenset(),
    epics=(),
    stories="none",
    closed="",
    joins={},
)
"""What is known of any other list, which only its path names: nothing."""


def _part(name: str, noun: str, fields: Mapping[str, Field], *columns: str) -> Kind:
    """A list that a project's detail holds: fetched with it, and filtered by nobody."""
    return replace(
        UNKNOWN,
        name=name,
        noun=noun,
        fields={"project": Field("string", "acme", "the project's slug"), **fields},
        filters=PROJECT_FILTERS,
        columns=tuple((column.capitalize().replace("_", " "), column) for column in columns),
    )


_NAMED = {"id": Field("number", 81), "name": Field("string", "In progress")}

MEMBERS = _part(
    "members",
    "members",
    {
        "id": Field("number", 17),
        "username": Field("string", "ann"),
        "full_name": Field("string", "Ann Lee"),
        "role": Field("string or nil", "Product Owner", "the role's name"),
        **_flags("is_active"),
    },
    *("username", "full_name", "role"),
)
STATUSES = _part(
    "statuses",
    "statuses",
    {
        **_NAMED,
        "of": Field("string", "userstories", "the list whose items have it"),
        "color": Field("string or nil", "#E47C40"),
        "order": Field("number or nil", 3, "its place on the board"),
        **_flags("is_closed", "is_archived"),
    },
    *("of", "name", "is_closed", "is_archived"),
)
TAGS = _part(
    "tags",
    "tags",
    {"name": Field("string", "bug"), "color": Field("string or nil", "#ff0000")},
    *("name", "color"),
)
ROLES = _part(
    "roles",
    "roles",
    {
        "id": Field("number", 31),
        "name": Field("string", "Back"),
        "order": Field("number or nil", 3),
        "computable": Field("boolean", True, "whether it estimates"),  # noqa: FBT003 - an example
    },
    *("name", "computable"),
)
VALUES = _part(
    "values",
    "values",
    {
        "noun": Field("string", "status", "what it is a value of"),
        "of": Field("string", "userstories", "the list in which it is one; empty: in any"),
        "key": Field("string", "name", "by what its owner is named"),
        "value": Field("any", "In progress", "nil only says that the project lists such values"),
        "id": Field("number or nil", 81, "its owner's"),
        **_flags("is_archived"),
    },
)
"""All values that a project lists, by which literals in queries are checked; no query names it."""

PARTS: Mapping[str, Kind] = {kind.name: kind for kind in (MEMBERS, STATUSES, TAGS, ROLES, VALUES)}
"""The lists that a project's detail holds, by name (see `parts`)."""

SOURCES: Mapping[str, str] = {
    **{name: name for name in KINDS},
    **{alias: kind.name for kind in KINDS.values() for alias in kind.aliases},
    **{name: name for name in PARTS if name != VALUES.name},
}
"""The lists that a query can name, and their kinds."""

NAMES = frozenset({*SOURCES, "getTaigaTasks", "me", "page", "presets", "templates"})
"""What a query has by these names. No server can have one, since its lists are below its own."""

OF_A_SERVER = frozenset({*SOURCES, "getTaigaTasks", "me"})
"""What each server has of its own: `work.userstories`."""

WITHOUT_ARCHIVED = (
    "userstories leaves out stories whose status is archived, as Taiga's board does; "
    "userstories{status__is_archived=true} lists just those"
)
"""What is said wherever somebody may look for such a story in vain."""

READABLE = (
    *(f"/{name}" for name in KINDS),
    *(f"/{name}" for kind in KINDS.values() for name in kind.lookups),
)
"""The paths of the API that a query can read.

What a query reads, a page shows, and a vault may be anyone's. So nothing is read that is not known
to be a harmless list: no keys and tokens (memberships, webhooks, applications), no addresses, no
export, which asking for begins; not the histories either, in which deleted comments still stand,
nor attachments, whose addresses may be signed: what is in them comes as `details`, without that.
"""

_READABLE = frozenset(path.replace("{id}", "0") for path in READABLE)

ADDED: Mapping[str, Field] = {
    "url": Field(
        "string or nil", "https://tree.taiga.io/project/acme/us/12", "its page in Taiga's web front"
    ),
    "kind": Field("string", "userstories", "the list that it comes from"),
    "project": Field("string or nil", "acme", "the project's slug"),
    "status_name": Field("string or nil", "In progress", "the status"),
    "status_order": Field("number or nil", 3, "the status's place on the board"),
    "assignee": Field("string or nil", "ann", "username"),
    "assignees": Field("list", ["ann", "bob"], "usernames of all to whom it is assigned"),
    "tag_names": Field("list", ["bug", "ui"], "the tags without their colours"),
    "sprint": Field("string or nil", "Sprint 3", "the sprint's name"),
    "assignee_name": Field("string or nil", "Ann Lee", "the assignee's full name"),
    "owner_name": Field("string or nil", "Ann Lee", "the full name of who made it"),
    "epic_subjects": Field("list", ["Login"], "the epics' subjects"),
    "swimlane_name": Field("string or nil", "Expedite", "the swimlane"),
    "points_by_role": Field("map", {"Back": 5}, "role name to points; nil for ?"),
    "type_name": Field("string or nil", "Bug", "the issue's type"),
    "severity_name": Field("string or nil", "Critical", "the issue's severity"),
    "priority_name": Field("string or nil", "High", "the issue's priority"),
    "watcher_names": Field("list", ["Ann Lee"], "the full names of who watches it"),
    "closed_on": Field("date or nil", "2026-11-20", "the day on which it was closed"),
}
"""What items get besides Taiga's own fields (see `enrich`); some of it issues only."""

OF_ISSUES = {
    "type_name": ("type", "issue_types"),
    "severity_name": ("severity", "severities"),
    "priority_name": ("priority", "priorities"),
}
"""The fields of `ADDED` that only issues get: of the id in which field, by which vocabulary."""

ME: Mapping[str, Field] = {
    **_PERSON,
    "full_name": Field("string", "Ann Lee"),
    "email": Field("string", "ann@acme.example"),
    "roles": Field("list", ["Product Owner"]),
    **{name: Field("string", "") for name in ("bio", "lang", "theme", "timezone", "color")},
    **_times("date_joined"),
}
"""The logged-in user: what a query's `me` has."""


def is_readable(path: str) -> bool:
    """Whether a path of the API, without a query, is among `READABLE`; spelt so, not encoded."""
    parts = ("0" if part.isascii() and part.isdecimal() else part for part in path.split("/"))
    return "/".join(parts) in _READABLE


def what_is_readable() -> str:
    """A hint for who asks for something else."""
    return f"a query can read {', '.join(READABLE)}"


def kind_of(name: str) -> Kind:
    """The kind of that name, as rows and listings say it; `UNKNOWN` for an empty one."""
    return KINDS.get(name) or PARTS.get(name, UNKNOWN)


def is_kind(kind: str) -> bool:
    """Whether there is a kind of that name, so that the fields of its rows are known."""
    return kind in KINDS or kind in PARTS


@cache
def fields_of(kind: str) -> Mapping[str, Field]:
    """All fields of a kind's rows by their dotted names: `ADDED` first, `Kind.joins` last."""
    added = {
        name: field
        for name, field in ADDED.items()
        if kind in KINDS and (kind == ISSUES.name or name not in OF_ISSUES)
    }
    joined = {name: join.field for name, join in joins_of(kind).items()}
    return {**added, **kind_of(kind).fields, **joined}


def joins_of(kind: str) -> Mapping[str, Join]:
    """What items of a kind have that no list of Taiga holds, by name."""
    return kind_of(kind).joins


@cache
def names_below(kind: str) -> Mapping[Path, frozenset[str]]:
    """The known names per parent.

    Args:
        kind: a name of `KINDS` or `PARTS`.

    Returns:
        For `()` the names of the item's fields, `ADDED` among them; for the path of an object
        those within it. Lists, plain values and maps (whose names are data) are no keys.
    """
    names: dict[Path, set[str]] = {}
    for dotted in fields_of(kind):
        *parent, name = dotted.split(".")
        names.setdefault(tuple(parent), set()).add(name)
    return {path: frozenset(below) for path, below in names.items()}


def is_map(kind: str, path: Path) -> bool:
    """Whether that field's keys are data (role ids, tags), so that any name may stand there."""
    field = fields_of(kind).get(".".join(path))
    return field is not None and field.type.startswith("map")
