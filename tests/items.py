"""Rows of which everything that people write says one text, as built-in templates want them."""

from __future__ import annotations


def story(text: str) -> dict[str, object]:
    """A story of which everything that people write says the text."""
    return {
        "id": 1,
        "ref": 7,
        "url": "https://t.example/us/7",
        "kind": "userstories",
        "is_closed": True,
        "subject": text,
        "status_extra_info": {"name": text},
        "status_name": text,
        "assignee": text,
        "sprint": text,
        "total_points": None,
        "tag_names": [text, "x"],
        "status_order": 3,
        "created_date": "2026-11-02T09:12:00.100Z",
        "finish_date": "2026-11-19T17:40:00.100Z",
        "due_date": "2026-11-20",
        "is_blocked": True,
        "blocked_note": text,
        "swimlane_name": text,
        "epics": [{"id": 39, "ref": 1, "subject": text}],
        "assignee_name": text,
        "watcher_names": [text, "x"],
        "description": text,
        "custom": {"Customer": text},
        "comments": [{"who": text, "when": "2026-11-03T09:12:00.100Z", "text": text}],
        "attachments": [{"name": text, "url": "https://t.example/a", "description": text}],
        "history": [
            {"when": "2026-11-02T09:12:00.100Z", "status_from": None, "to": "Open", "by": text},
            {"when": "2026-11-05T09:12:00.100Z", "status_from": "Open", "to": text, "by": text},
        ],
    }


def discussed_story(text: str) -> dict[str, object]:
    """A story whose description and comments have no structure of their own."""
    comment = {"who": text, "when": "2026-11-03T09:12:00.100Z", "text": "x"}
    return {**story(text), "description": "x", "comments": [comment]}


def open_story(text: str) -> dict[str, object]:
    """The same, not finished, and in no sprint."""
    return {**story(text), "is_closed": False, "finish_date": None, "sprint": None}


def sprint(text: str) -> dict[str, object]:
    """A sprint and its stories with their tasks, likewise."""
    return {
        "id": 22,
        "url": "https://t.example/taskboard/s",
        "kind": "milestones",
        "name": text,
        "estimated_start": "2026-11-09",
        "estimated_finish": "2026-11-22",
        "total_points": 8,
        "closed_points": 5,
        "closed": True,
        "stories": [{**story(text), "tasks": [story(text)]}, open_story(text)],
    }


def epic(text: str) -> dict[str, object]:
    """An epic and its stories, likewise."""
    return {
        "id": 39,
        "url": "https://t.example/epic/1",
        "kind": "epics",
        "ref": 1,
        "subject": text,
        "user_stories_counts": {"total": 2, "progress": 1},
        "stories": [story(text), open_story(text)],
    }


def rows_of(name: str, text: str) -> list[object]:
    """Rows that suit a built-in template, as much as possible in them being the text."""
    match name:
        case "list":
            return [text, [text, "x"], {"x": text, f"y {text}": "z"}, {"name": text}, story(text)]
        case "table":
            return [story(text), story("x")]
        case "grouped":
            return [{"key": text, "group": [story(text), text]}, {"key": [text], "group": []}]
        case "pie":
            return [{"key": text, "group": [story(text)]}, {"key": "x", "group": [1, 2]}]
        case "discussion":
            return [discussed_story(text), discussed_story("x")]
        case "sprint" | "velocity" | "burndown" | "gantt":
            return [sprint(text), sprint("x")]
        case "taigaRecurringTasks" | "tasks" | "links":
            return [
                story(text),
                {"ref": text, "subject": text, "status_extra_info": {"name": text}},
            ]
    return [story(text), open_story(text), {**open_story(text), "due_date": None}]
