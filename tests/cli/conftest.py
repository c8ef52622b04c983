from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.cli.program import Program
from tests.fake_taiga import Server, Taiga, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.fake_taiga.model import Project, Story, User

VAULT = 'project = "acme"\n'
STORIES = [
    {
        "id": ref,
        "ref": ref,
        "subject": subject,
        "status_extra_info": {"name": status, "is_closed": status == "Done"},
        "is_closed": status == "Done",
        "project_extra_info": {"slug": "acme"},
    }
    for ref, subject, status in (
        (1, "Sign-up form", "New"),
        (2, "Pay by invoice", "In progress"),
        (3, "Old log files", "Done"),
    )
]
IMPATIENT = 'max_wait = "0s"\n'


@dataclass
class Acme:
    """A Taiga on a socket with a small project, `acme`.

    Attributes:
        taiga: the Taiga.
        server: where it is.
        ada: owns the project; password `ada-password`.
        project: the project.
        stories: Sign-up form (new), Pay by invoice (hers, in a sprint), Old log files (done).
    """

    taiga: Taiga
    server: Server
    ada: User
    project: Project
    stories: list[Story]

    @property
    def web(self) -> str:
        """Where links lead."""
        return self.server.url.removesuffix("/api/v1")

    def __post_init__(self) -> None:
        self.token = self.taiga.token(self.ada)


@pytest.fixture(scope="session")
def shared() -> Iterator[Acme]:
    """One for all tests that only read: a server is dear."""
    taiga = Taiga()
    ada = taiga.add_user("ada")
    project = taiga.add_project("Acme", owner=ada, slug="acme")
    sprint = taiga.add_sprint(project, "Sprint 1")
    stories = [
        taiga.add_story(project, "Sign-up form"),
        taiga.add_story(
            project, "Pay by invoice", status="In progress", assigned_to=ada, sprint=sprint
        ),
        taiga.add_story(project, "Old log files", status="Done"),
    ]
    taiga.add_task(stories[1], "Invoice template", assigned_to=ada)
    taiga.add_issue(project, "Off by a cent")
    taiga.add_epic(project, "Checkout")
    taiga.add_wiki(project, "home", "# Welcome")
    many = taiga.add_project("Many", owner=ada, slug="many")
    taiga.bulk_create(many, 1000)
    with serve(taiga) as server:
        yield Acme(taiga, server, ada, project, stories)


@pytest.fixture
def program(tmp_path: Path) -> Program:
    """A newcomer's machine: nothing configured, an empty folder."""
    home, folder = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    folder.mkdir()
    return Program(home, folder)


@pytest.fixture
def acme(shared: Acme, program: Program) -> Iterator[Acme]:
    """The Taiga that the program's user has an account at; nothing is wrong with it yet."""
    program.env |= {"TAIGA_NOTES_API": shared.server.url, "TAIGA_NOTES_TOKEN": shared.token}
    shared.taiga.log.clear()
    yield shared
    shared.taiga.faults.clear()


@pytest.fixture
def vault(acme: Acme, program: Program) -> Path:
    """The program's folder as a vault of the project, and no patience with a failing server."""
    assert acme.server
    (program.folder / "taiga-notes.toml").write_text(VAULT)
    program.configure(IMPATIENT)
    return program.folder


@pytest.fixture
def notes(program: Program) -> Path:
    """The program's folder as a vault whose rows are in a file: quicker than any server."""
    file = program.home / "acme.json"
    file.write_text(json.dumps({"userstories": STORIES}))
    program.rows = ("--snapshot", str(file))
    (program.folder / "taiga-notes.toml").write_text(VAULT)
    return program.folder
