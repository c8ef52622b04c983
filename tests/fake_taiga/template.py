"""What a new project starts with: Taiga's "scrum" template, as the recordings have it."""

from __future__ import annotations

ANONYMOUS = [
    "view_project",
    "view_wiki_links",
    "view_tasks",
    "view_epics",
    "view_issues",
    "view_us",
    "view_milestones",
    "view_wiki_pages",
]
"""What anybody may do in a public project."""

MEMBER = [
    *("add_issue", "modify_issue", "delete_issue", "view_issues"),
    *("add_milestone", "modify_milestone", "delete_milestone", "view_milestones", "view_project"),
    *("add_task", "modify_task", "delete_task", "view_tasks"),
    *("add_us", "modify_us", "delete_us", "view_us"),
    *("add_wiki_page", "modify_wiki_page", "delete_wiki_page", "view_wiki_pages"),
    *("add_wiki_link", "delete_wiki_link", "view_wiki_links"),
    *("view_epics", "add_epic", "modify_epic", "delete_epic"),
    *("comment_epic", "comment_us", "comment_task", "comment_issue", "comment_wiki_page"),
]
STAKEHOLDER = [
    *("add_issue", "modify_issue", "delete_issue", "view_issues"),
    *("view_milestones", "view_project", "view_tasks", "view_us"),
    *("modify_wiki_page", "view_wiki_pages"),
    *("add_wiki_link", "delete_wiki_link", "view_wiki_links", "view_epics"),
    *("comment_epic", "comment_us", "comment_task", "comment_issue", "comment_wiki_page"),
]
ADMIN = [
    *("admin_roles", "admin_project_values", "add_member", "remove_member"),
    *("modify_project", "delete_project", "modify_wiki_link"),
    *MEMBER,
]
"""What a project's admin may do."""

ROLES = [
    ("UX", True, MEMBER),
    ("Design", True, MEMBER),
    ("Front", True, MEMBER),
    ("Back", True, MEMBER),
    ("Product Owner", False, MEMBER),
    ("Stakeholder", False, STAKEHOLDER),
]
"""A role's name, whether it estimates points, and what it may do."""

POINTS: list[tuple[str, float | None]] = [
    *(("?", None), ("0", 0), ("1/2", 0.5), ("1", 1), ("2", 2), ("3", 3)),
    *(("5", 5), ("8", 8), ("10", 10), ("13", 13), ("20", 20), ("40", 40)),
]

_BOARD = [
    ("New", False, "#70728F"),
    ("Ready", False, "#E44057"),
    ("In progress", False, "#E47C40"),
    ("Ready for test", False, "#E4CE40"),
    ("Done", True, "#A8E440"),
]
STATUSES: dict[str, list[tuple[str, bool, str]]] = {
    "epics": _BOARD,
    "userstories": [*_BOARD, ("Archived", True, "#A9AABC")],
    "tasks": [
        ("New", False, "#70728F"),
        ("In progress", False, "#E47C40"),
        ("Ready for test", False, "#E4CE40"),
        ("Closed", True, "#A8E440"),
        ("Needs Info", False, "#5178D3"),
    ],
    "issues": [
        ("New", False, "#70728F"),
        ("In progress", False, "#40A8E4"),
        ("Ready for test", False, "#E4CE40"),
        ("Closed", True, "#A8E440"),
        ("Needs Info", False, "#E44057"),
        ("Rejected", True, "#A9AABC"),
        ("Postponed", False, "#5178D3"),
    ],
}
"""By kind: a status's name, whether it closes, its colour."""

CHOICES: dict[str, list[tuple[str, int, str]]] = {
    "type": [
        ("Bug", 1, "#E44057"),
        ("Question", 2, "#5178D3"),
        ("Enhancement", 3, "#40E4CE"),
    ],
    "priority": [("Low", 1, "#A8E440"), ("Normal", 3, "#E4CE40"), ("High", 5, "#E47C40")],
    "severity": [
        ("Wishlist", 1, "#70728F"),
        ("Minor", 2, "#40A8E4"),
        ("Normal", 3, "#40E47C"),
        ("Important", 4, "#E4A240"),
        ("Critical", 5, "#D35450"),
    ],
}
"""By field of an issue: a choice's name, order and colour."""

DEFAULT_CHOICES = {"type": "Bug", "priority": "Normal", "severity": "Normal"}

Rule = tuple[str, int, bool, str, int | None]
DUE_DATES: list[Rule] = [
    ("Default", 1, True, "#9dce0a", None),
    ("Due soon", 2, False, "#ff9900", 14),
    ("Past due", 3, False, "#E44057", 0),
]
"""A rule's name, order, whether it is the default, colour, and days before the date."""
