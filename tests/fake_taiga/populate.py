"""A project as a team would have it, the same for the same seed."""

from __future__ import annotations

import json
import random
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.fake_taiga.model import Milestone, Project, Story, User
    from tests.fake_taiga.taiga import Taiga

ODD_SUBJECTS: list[str] = json.loads(
    Path(__file__).with_name("odd_subjects.json").read_text(encoding="utf-8")
)
"""Subjects that mean something to some editor, some database, or nobody."""

_VERBS = ["Add", "Fix", "Speed up", "Document", "Remove", "Redesign", "Test", "Migrate"]
_THINGS = ["sign-up form", "login", "search", "invoice export", "Übersicht", "backups", "mail"]
_PLACES = ["on mobile", "for admins", "in the API", "after the upgrade", "in Safari", "in German"]
_TAGS = ["backend", "frontend", "bug", "docs", "perf", "ux", "später", "ops"]
_NAMES = ["Ada Park", "Björn Åkesson", "Chloé Martin", "Dmytro Кравець", "Eve O'Neil"]
_SPRINT_DAYS = 14


def populate(
    taiga: Taiga, *, stories: int = 1000, seed: int = 1, name: str = "Acme", odd: int = 50
) -> Project:
    """Fill a Taiga with a project: members, sprints, epics, stories, tasks, issues, wiki pages.

    Args:
        taiga: which.
        stories: how many; the rest is in proportion.
        seed: the same one makes the same project, dates apart.
        name: the project's; its slug is the name in small letters.
        odd: one story in so many has an odd subject; there are some eighty of those.

    Returns:
        The project. Its members are `ada`, `bjorn`, `chloe`, `dmytro` and `eve`, each with the
        password `NAME-password`; `ada` owns it.
    """
    with taiga.transaction():
        return _Filler(taiga, seed, stories, odd).fill(name)


class _Filler:
    def __init__(self, taiga: Taiga, seed: int, stories: int, odd: int) -> None:
        self._taiga = taiga
        self._dice = random.Random(seed)  # noqa: S311 - chance that can be repeated
        self._stories = stories
        self._odd = odd
        self._users: list[User] = []
        self._sprints: list[Milestone] = []

    def fill(self, name: str) -> Project:
        taiga = self._taiga
        names = zip(("ada", "bjorn", "chloe", "dmytro", "eve"), _NAMES, strict=True)
        self._users = [taiga.add_user(one, full_name=full) for one, full in names]
        project = taiga.add_project(name, owner=self._users[0], slug=name.lower())
        for user, role in zip(self._users[1:], ("UX", "Front", "Back", "Stakeholder"), strict=True):
            taiga.add_member(project, user, role=role)
        self._sprints = [self._sprint(project, n) for n in range(max(1, self._stories // 100))]
        epics = [taiga.add_epic(project, f"Epic {n + 1}") for n in range(3)]
        for n in range(self._stories):
            story = self._story(project, n)
            if n % 7 == 0:
                taiga.relate_epic(self._dice.choice(epics), story)
        self._rest(project)
        return project

    def _sprint(self, project: Project, n: int) -> Milestone:
        start = date(2026, 11, 16) + timedelta(days=_SPRINT_DAYS * (n - 3))
        return self._taiga.add_sprint(project, f"Sprint {n + 1}", start=start)

    def _story(self, project: Project, n: int) -> Story:
        dice = self._dice
        status = dice.choices(project.statuses["userstories"], (30, 15, 15, 10, 20, 10))[0]
        due = date(2026, 11, 22) + timedelta(days=dice.randint(-20, 40))
        story = self._taiga.add_story(
            project,
            self._subject(n),
            status=status,
            sprint=dice.choice(self._sprints) if dice.random() < 0.5 else None,
            assigned_to=dice.choice(self._users) if dice.random() < 0.6 else None,
            by=dice.choice(self._users),
            tags=dice.sample(_TAGS, dice.randint(0, 3)),
            points={"Back": dice.choice(["?", "1", "2", "3", "5", "8"])},
            description=f"As a user I want *{self._subject(n)}*.",
            due_date=due if n % 5 == 0 else None,
            is_blocked=n % 40 == 0,
        )
        for m in range(2 if n % 10 == 0 else 0):
            self._taiga.add_task(story, f"Task {m + 1} of {story.ref}")
        return story

    def _subject(self, n: int) -> str:
        if n % self._odd == self._odd - 1:
            return ODD_SUBJECTS[n // self._odd % len(ODD_SUBJECTS)]
        dice = self._dice
        return f"{dice.choice(_VERBS)} {dice.choice(_THINGS)} {dice.choice(_PLACES)}"

    def _rest(self, project: Project) -> None:
        taiga, dice = self._taiga, self._dice
        for n in range(self._stories // 10):
            taiga.add_issue(
                project,
                f"Issue {n + 1}: {self._subject(n)}",
                status=dice.choice(project.statuses["issues"]),
                severity=dice.choice(project.choices["severity"]),
                tags=dice.sample(_TAGS, 1),
            )
        for slug in ("home", "überblick"):
            taiga.add_wiki(project, slug, f"# {slug}\n\nSee #1.")
