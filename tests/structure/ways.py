"""What a page, and a webhook, cross on their way: modules, functions, and how deep the calls go.

Measured on the running program, from `main` to its end, in a process of its own that notes each
call of a function of ours.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from taiga_notes.refresh.page_cache import TICK
from tests.cli.program import Program
from tests.cli.watching import Watching
from tests.fake_taiga import Taiga, serve
from tests.structure.source import ROOT
from tests.structure.trace import LOOK

if TYPE_CHECKING:
    from collections.abc import Mapping

BLOCK = "<!-- #taiga: from userstories template links -->\n<!-- /taiga -->\n"
KEY = "a key for the webhooks of a test"
STORIES = {"userstories": [{"id": 1, "ref": 7, "subject": "Sign-up form"}]}

TRACED = [sys.executable, "-m", "tests.structure.trace"]


@dataclass(frozen=True)
class Way:
    """What was crossed.

    Attributes:
        modules: the package's modules of which something ran, `__init__` not counted.
        functions: how many functions ran.
        depth: the most calls of ours within one another.
    """

    modules: tuple[str, ...]
    functions: int
    depth: int

    @classmethod
    def read(cls, path: Path) -> Way:
        """What `tests.structure.trace` wrote."""
        found = json.loads(path.read_text())
        return cls(tuple(found["modules"]), found["functions"], found["depth"])


def page_ways(folder: Path) -> Mapping[str, Way]:
    """The way of a page with a block, from a snapshot: rendered, and then found unchanged."""
    program = _vault(folder)
    render = [*TRACED, str(folder / "way.json"), "render", "--snapshot", "s.json"]
    ways = {"page": _traced(program, render)}
    time.sleep(TICK / 1e9)  # what was written a moment ago may change again unseen
    _traced(program, render)
    return {**ways, "unchanged page": _traced(program, render)}


def webhook_way(folder: Path) -> Way:
    """The way of a delivery to a running watch, until the page is rewritten."""
    program = _vault(folder)
    taiga = Taiga()
    ada = taiga.add_user("ada")
    story = taiga.add_story(taiga.add_project("Acme", owner=ada, slug="acme"), "Sign-up form")
    file = folder / "way.json"
    with serve(taiga) as server:
        program.env |= {
            "TAIGA_NOTES_API": server.url,
            "TAIGA_NOTES_TOKEN": taiga.token(ada),
            "TAIGA_NOTES_WEBHOOK_KEY": KEY,
        }
        with TracedWatch(program, file) as watching:
            watching.until("changed", page="Page.md")
            since = watching.mark
            address = watching.started["webhook"]
            done = program("webhook", "add", f"http://{address}/", "--project", "acme")
            assert done.status == 0, done.err
            _ask(file, "begin")
            taiga.edit(story, subject="Changed by hook")
            watching.until("changed", since, page="Page.md")
            _ask(file, "end")
    return Way.read(file)


class TracedWatch(Watching):
    """A running watch whose calls are noted.

    Args:
        program: see `Watching`.
        file: see `tests.structure.trace`.
    """

    def __init__(self, program: Program, file: Path) -> None:
        super().__init__(program)
        ours = ["watch", "--json", "--webhook", "127.0.0.1:0"]
        self._command = [*TRACED, str(file), *ours]
        self._folders = {"PYTHONPATH": str(ROOT)}


def _vault(folder: Path) -> Program:
    program = Program(folder / "home", folder / "vault")
    program.home.mkdir()
    program.folder.mkdir()
    program.page("taiga-notes.toml", 'project = "acme"\n')
    program.page("Page.md", BLOCK)
    program.page("s.json", json.dumps(STORIES))
    return program


def _traced(program: Program, command: list[str]) -> Way:
    file = Path(command[len(TRACED)])
    file.unlink(missing_ok=True)
    environment = {**program.environment(), "PYTHONPATH": str(ROOT)}
    subprocess.run(command, cwd=program.folder, env=environment, check=True, capture_output=True)
    return Way.read(file)


def _ask(file: Path, what: str) -> None:
    """Has the trace begin or end, and waits until it has."""
    sign = file.with_name(f"{file.name}.{what}")
    sign.touch()
    while sign.exists():
        time.sleep(LOOK)


def ways() -> Mapping[str, Way]:
    """All of them."""
    with tempfile.TemporaryDirectory() as folder:
        pages, watched = Path(folder, "pages"), Path(folder, "watched")
        pages.mkdir()
        watched.mkdir()
        return {**page_ways(pages), "webhook": webhook_way(watched)}
