from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.fake_taiga import Taiga, serve
from tests.push.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SETTINGS = 'project = "acme"\n[push]\ndone = ["Done", "Closed"]\nreopen = "New"\n'


@pytest.fixture
def desk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Desk]:
    """A team's Taiga: five stories, the last with an open task; a sprint; bob; another project."""
    taiga = Taiga()
    ada, bob = taiga.add_user("ada"), taiga.add_user("bob")
    project = taiga.add_project("Acme", owner=ada, slug="acme")
    taiga.add_member(project, bob, role="Back")
    taiga.add_sprint(project, "Sprint 1")
    for number in range(1, 6):
        taiga.add_story(project, f"Story {number}")
    other = taiga.add_project("Other", owner=ada, slug="other")
    taiga.add_story(other, "Foreign")
    root, home = tmp_path / "notes", tmp_path / "home"
    root.mkdir()
    home.mkdir()
    with serve(taiga) as server:
        for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"):
            folder = home / name.split("_")[1].lower()
            monkeypatch.setenv(name, str(folder))
        monkeypatch.setenv("HOME", str(home))
        monkeypatch.setenv("TAIGA_NOTES_API", server.url)
        monkeypatch.setenv("TAIGA_NOTES_TOKEN", taiga.token(ada))
        monkeypatch.chdir(root)
        found = Desk(taiga, server, project, ada, bob, root, home, capsys, monkeypatch)
        found.set(SETTINGS)
        found.configure(f'trust = ["{root}"]\nmax_wait = "0s"\n')
        yield found
        taiga.faults.clear()
