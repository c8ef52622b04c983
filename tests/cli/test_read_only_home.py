"""A home in which nothing may be written, as a container's: credentials of the environment do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli.program import PROGRAM
from tests.forks import Run, forked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Acme
    from tests.cli.program import Program

pytestmark = pytest.mark.slow

PAGE = "<!-- taiga: from userstories select count() -->\n\n<!-- /taiga -->\n"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    home = tmp_path / "sealed"
    home.mkdir(0o555)
    yield home
    home.chmod(0o755)
    assert not list(home.iterdir())


def run(program: Program, home: Path, *arguments: str, **env: str) -> tuple[int, str, str]:
    kept = {k: v for k, v in program.environment().items() if not k.startswith("XDG_")}
    folders = {**kept, "HOME": str(home), **env}
    command = [str(PROGRAM), *arguments]
    status, out, err = forked(Run(command, str(program.folder), folders, obeys_modes=True))
    assert "Traceback" not in err
    return status, out, err


@pytest.mark.parametrize("credential", ["token", "password"])
def test_every_command_that_asks_gets_its_answer(
    acme: Acme, program: Program, home: Path, credential: str
) -> None:
    if credential == "password":
        del program.env["TAIGA_NOTES_TOKEN"]
        program.env |= {"TAIGA_NOTES_USERNAME": "ada", "TAIGA_NOTES_PASSWORD": "ada-password"}
    program.page("taiga-notes.toml", 'project = "acme"\n')
    page = program.page("A.md", PAGE)
    for command, status, said in (
        ("query #userstories", 0, "3\n"),
        ("render --check", 1, "would change: A.md"),
        ("doctor", 0, "ok     login: ada"),
        ("fields userstories", 0, '"Sign-up form"'),
        ("snapshot s.json", 0, "wrote s.json"),
        ("status", 0, "store    none"),
        ("webhook list --project acme", 0, "acme"),
        ("cache clear", 0, "nothing is stored: the cache folder can't be used"),
        ("logout", 0, "nobody is logged in"),
    ):
        done = run(program, home, *command.split())
        assert done[0] == status, (command, done)
        assert said in done[1]
    # A lock, and what undo needs, are kept among the temporary files.
    passing = program.home.parent / "passing"
    passing.mkdir()
    assert run(program, home, "render", TMPDIR=str(passing))[1].startswith("changed: A.md\n")
    assert (
        f"until the machine restarts, in {passing}"
        in run(program, home, "doctor", TMPDIR=str(passing))[1]
    )
    assert run(program, home, "undo", TMPDIR=str(passing))[1].startswith("restored: A.md\n")
    assert page.read_text() == PAGE
    assert acme.taiga.log.lines("/auth").count("POST /auth/refresh") == 0


def test_a_login_that_can_not_be_kept_is_none(acme: Acme, program: Program, home: Path) -> None:
    assert acme.server
    program.env["TAIGA_NOTES_PASSWORD"] = "ada-password"
    status, out, err = run(program, home, "login", "--username", "ada")
    assert (status, out) == (5, "")
    assert "the login can't be kept in " in err
