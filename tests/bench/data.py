"""Stories as Taiga lists them, and vaults of notes: the same ones in every run."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

from taiga_notes.model.enrich import Enricher

RECORDED = Path(__file__).parent.parent / "recordings" / "userstories" / "list_nopagination.json"
"""A real answer: what is made here has its shape."""

STATUSES = ("New", "Ready", "In progress", "Ready for test", "Done")
PEOPLE = ("ann", "bjorn", "chloe", "dmytro", "eve")
TAGS = ("backend", "frontend", "bug", "docs", "perf", "später", "ops")
WORDS = (
    *("login", "search", "invoice", "export", "sign-up", "backup", "overview", "checkout"),
    *("password", "mail", "translation", "settings", "history", "upload", "report", "filter"),
)

Story = dict[str, Any]

WEB = "https://tree.taiga.io"

PAGE = 1_000
"""Stories in one answer."""

PROJECT = 7
"""The id of the project `acme`."""


def stories(count: int) -> list[Story]:
    """So many user stories of one project, as objects of their own.

    They share the names of their fields page by page, as what is read from Taiga does.
    """
    dice = random.Random(count)  # noqa: S311 - chance that can be repeated
    recorded: Story = json.loads(RECORDED.read_text(encoding="utf-8"))["response"]["body"][1]
    model = json.dumps({**recorded, "epics": None})
    made = []
    for start in range(0, count, PAGE):
        page = json.loads(f"[{','.join([model] * min(PAGE, count - start))}]")
        made += [{**one, **_story(dice, start + place)} for place, one in enumerate(page, 1)]
    return made


def _story(dice: random.Random, number: int) -> Story:
    status = dice.choices(range(len(STATUSES)), (30, 15, 20, 15, 20))[0]
    person = dice.randrange(len(PEOPLE)) if dice.random() < 0.6 else None
    sprint = dice.randrange(20) if dice.random() < 0.5 else None
    is_closed = STATUSES[status] == "Done"
    return {
        "id": 1_000 + number,
        "ref": number,
        "subject": f"{dice.choice(WORDS).title()} and {dice.choice(WORDS)}, part {number}",
        "status": 80 + status,
        "status_extra_info": {"name": STATUSES[status], "color": "#70728F", "is_closed": is_closed},
        "is_closed": is_closed,
        "assigned_to": None if person is None else 20 + person,
        "assigned_to_extra_info": None if person is None else _person(person),
        "assigned_users": [] if person is None else [20 + person],
        "project": PROJECT,
        "project_extra_info": {
            "name": "Acme", "slug": "acme", "logo_small_url": None, "id": PROJECT
        },
        "milestone": None if sprint is None else 300 + sprint,
        "milestone_name": None if sprint is None else f"Sprint {sprint + 1}",
        "milestone_slug": None if sprint is None else f"sprint-{sprint + 1}",
        "tags": [[tag, "#ff0000"] for tag in dice.sample(TAGS, dice.randrange(4))],
        "total_points": float(dice.choice((1, 2, 3, 5, 8))) if dice.random() < 0.8 else None,
        "due_date": _day(dice.randrange(120)) if dice.random() < 0.2 else None,
        "created_date": f"{_day(dice.randrange(300))}T09:{number % 60:02}:12.345Z",
        "modified_date": f"{_day(dice.randrange(300))}T14:{number % 60:02}:01.120Z",
        "backlog_order": 1_795_319_319_000_000 + dice.randrange(10**9),
        "is_blocked": dice.random() < 0.03,
    }  # fmt: skip


def _person(number: int) -> Story:
    return {
        "username": PEOPLE[number],
        "full_name_display": f"{PEOPLE[number].title()} Åkesson",
        "photo": None,
        "big_photo": None,
        "gravatar_id": f"{number:032x}",
        "is_active": True,
        "id": 20 + number,
    }


def _day(number: int) -> str:
    return f"2026-{number // 28 % 12 + 1:02}-{number % 28 + 1:02}"


def enriched(count: int) -> list[Story]:
    """The same with the added fields, as a source gives them."""
    return [*map(Enricher(kind="userstories", web=WEB, project=None), stories(count))]


def body(count: int) -> bytes:
    """The same as Taiga sends it."""
    return json.dumps(stories(count)).encode()


def write_snapshot(file: Path, count: int) -> Path:
    """A file for `--snapshot` with so many stories."""
    file.write_text(json.dumps({"userstories": stories(count)}), encoding="utf-8")
    return file


BLOCK = """<!-- taiga
{query}
-->

<!-- /taiga -->
"""

QUERY = """\
from userstories
where status_extra_info.name != 'Done' and status_extra_info.name != 'New'
order by status_extra_info.name
limit 20
template links"""
"""What stands in the pages of the vaults."""


def write_vault(root: Path, notes: int, blocks: int) -> Path:
    """A vault of notes, of some 6 kB each, in folders of a few dozen.

    Args:
        root: the folder to make.
        notes: how many.
        blocks: how many of them hold a block.
    """
    dice = random.Random(notes)  # noqa: S311 - chance that can be repeated
    root.mkdir(parents=True)
    (root / "taiga-notes.toml").write_text('project = "acme"\n', encoding="utf-8")
    every = notes // blocks if blocks else 0
    for number in range(notes):
        folder = root / f"{number // 1_000:02}" / f"{number // 50 % 20:02}"
        folder.mkdir(parents=True, exist_ok=True)
        text = _note(dice, number)
        if every and number % every == 0:
            text += "\n" + BLOCK.format(query=QUERY)
        (folder / f"Note {number}.md").write_text(text, encoding="utf-8")
    return root


def _note(dice: random.Random, number: int) -> str:
    lines = [" ".join(dice.choices(WORDS, k=12)) for _ in range(dice.randrange(20, 110))]
    return f"# Note {number}\n\n" + "\n".join(lines) + "\n"
