"""People who save a page while it is refreshed: not a sentence is lost, and no page is cut."""

from __future__ import annotations

import json
import os
import random
import re
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from taiga_notes.vault.writer import LONGEST
from tests import savers
from tests.cli.conftest import STORIES
from tests.cli.program import Program
from tests.cli.watching import ForkedWatch
from tests.fake_taiga import Server, Taiga, serve

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from tests.savers import Save

SEED = int(os.environ.get("TAIGA_NOTES_SEED", str(random.SystemRandom().randrange(10**6))))

BEFORE = "# A page\n\nNot a word of this may be lost.\n\n"
OPENER = "<!-- taiga: from userstories order by ref select subject template list -->\n"
AFTER = "\nNor of this.\n"
SENTENCE = "A sentence of mine, saved while the page is refreshed.\n"
PAGE = f"{BEFORE}{OPENER}\n<!-- /taiga -->\n{AFTER}"

ROUNDS = int(os.environ.get("TAIGA_NOTES_KILLS", "60")) // 5
"""How often each of 25 pages is saved under a watch."""

TICK = 0.02
"""Seconds by which the time of a file may be behind the clock."""

SLOW = pytest.mark.slow


def written_by_people(text: str) -> str:
    """A page without what we write into it."""
    return re.sub(r"(?s)(?<=template list -->\n).*?<!-- /taiga.*? -->\n", "", text)


class Place:
    """A vault, a Taiga that says something else every second, and a watch that follows."""

    def __init__(self, folder: Path, server: Server, taiga: Taiga) -> None:
        self.program = Program(folder / "home", folder / "vault")
        self.program.home.mkdir()
        self.program.page(
            "taiga-notes.toml", 'project = "acme"\n[watch]\nquiet_ms = 50\nevery = "250ms"\n'
        )
        ada = taiga.add_user("ada")
        project = taiga.add_project("Acme", owner=ada, slug="acme")
        self._taiga = taiga
        self._story = taiga.add_story(project, "Change 0")
        self._over = threading.Event()
        self.program.env |= {
            "TAIGA_NOTES_API": server.url,
            "TAIGA_NOTES_TOKEN": taiga.token(ada),
        }

    def change(self) -> None:
        number = 0
        while not self._over.wait(1):
            number += 1
            self._taiga.edit(self._story, subject=f"Change {number}")

    def last_change(self) -> None:
        self._over.set()
        self._taiga.edit(self._story, subject="The last change")


@pytest.fixture
def vault(program: Program) -> Program:
    """A vault with a snapshot, and a page that was saved long ago."""
    program.page("taiga-notes.toml", 'project = "acme"\n')
    program.page("s.json", json.dumps({"userstories": STORIES}))
    program.rows = ("--snapshot", "s.json")
    os.utime(program.page("T.md", PAGE), (1, 1))
    return program


def some(kinds: Iterable[object], quick: Collection[object]) -> list[Any]:
    """All kinds, of which the quick tests take a few."""
    return [pytest.param(kind, marks=[] if kind in quick else SLOW) for kind in kinds]


@pytest.mark.parametrize("save", some(savers.ALL, [savers.rewritten_in_two_steps]))
@pytest.mark.parametrize("linked", some([False, True], [False]))
def test_a_save_during_a_render_is_whole_and_rendered(
    vault: Program, save: Save, linked: bool
) -> None:
    page = vault.folder / "T.md"
    if linked:
        page.with_name("other name").hardlink_to(page)
    saver = threading.Thread(target=save, args=(page, SENTENCE, 1.0))
    saver.start()
    done = vault.render()
    saver.join()
    assert written_by_people(page.read_text()) == BEFORE + OPENER + AFTER + SENTENCE
    assert (done.status, done.err) == (0, "")
    if "Sign-up form" not in page.read_text():
        # Nobody can know of a page that is emptied, or saved under another name, first.
        assert save in savers.UNHELD
        assert vault.render().status == 0
    assert "- Sign-up form" in page.read_text()


@pytest.mark.parametrize("command", some(["render", "bake", "unbake", "undo"], ["render", "undo"]))
def test_a_page_that_stays_open_elsewhere_is_told_and_left_alone(
    vault: Program, command: str
) -> None:
    page = vault.folder / "T.md"
    if command == "undo":
        assert vault.render().status == 0
    if command == "bake":
        os.utime(vault.page("T.md", "${query[[from getTaigaTasks()]]}\n"), (1, 1))
    before = page.read_text()
    arguments = vault.rows if command == "render" else ()
    with page.open("a") as file:
        done = vault(command, *arguments)
        assert page.read_text() == before
        file.write(SENTENCE)
    assert page.read_text() == before + SENTENCE
    assert done.status == 6
    assert done.err.count("T.md") == 1
    assert f"is left alone while process {os.getpid()} (" in done.err


def test_who_only_reads_a_page_does_not_keep_it_from_being_written(vault: Program) -> None:
    with (vault.folder / "T.md").open(), (vault.folder / "s.json").open("r+"):
        assert vault.render().status == 0
    assert "- Sign-up form" in (vault.folder / "T.md").read_text()


@pytest.mark.parametrize("arguments", [["--check"], ["--diff"]])
def test_a_look_waits_for_nobody(vault: Program, arguments: list[str]) -> None:
    vault.page("taiga-notes.toml", 'project = "acme"\n[watch]\nquiet_ms = 600000\n')
    page = vault.page("T.md", PAGE)
    with page.open("a"):
        begun = time.monotonic()
        done = vault.render(*arguments)
    assert done.status == (1 if "--check" in arguments else 0)
    assert time.monotonic() - begun < LONGEST
    assert "1 page would change" in done.out


def test_pages_that_were_just_saved_are_written_once_they_have_been_quiet(vault: Program) -> None:
    vault.page("taiga-notes.toml", 'project = "acme"\n[watch]\nquiet_ms = 2000\n')
    pages = [vault.page(f"{number}.md", PAGE) for number in range(50)]
    saved = [page.stat().st_mtime for page in pages]
    assert vault.render().status == 0
    assert time.time() - saved[0] < 50
    for page, before in zip(pages, saved, strict=True):
        assert page.stat().st_mtime >= before + 2 - TICK
        assert "- Sign-up form" in page.read_text()


def test_what_we_wrote_ourselves_is_not_waited_for(vault: Program) -> None:
    vault.page("taiga-notes.toml", 'project = "acme"\n[watch]\nquiet_ms = 600000\n')
    os.utime(vault.folder / "T.md", (1, 1))
    written = time.time()
    assert vault.render().out.startswith("changed: T.md")
    vault.page("s.json", json.dumps({"userstories": STORIES[:1]}))
    assert vault.render().out.startswith("changed: T.md")
    assert time.time() - written < LONGEST


@pytest.mark.slow
def test_where_nobody_can_tell_who_has_a_page_open_doctor_says_so_once(vault: Program) -> None:
    for number in range(3):
        vault.page(f"{number}.md", PAGE)
    assert "saves" not in vault("doctor", *vault.rows).out
    code = (
        "import fcntl, sys\n"
        "def refuse(*_): raise OSError(22, 'Invalid argument')\n"
        "fcntl.fcntl = refuse\n"
        "from taiga_notes.cli import main; sys.exit(main(sys.argv[1:]))\n"
    )
    done = vault.command([sys.executable, "-c", code, "doctor", *vault.rows])
    assert done.status == 0
    [line] = [line for line in done.out.splitlines() if "saves" in line]
    assert line.startswith("note   saves: ")
    assert "its file system has no leases; 4 pages" in line
    assert "300 ms" in line


@SLOW
def test_hundreds_of_saves_under_a_watch_lose_nothing(tmp_path: Path) -> None:
    dice = random.Random(SEED)  # noqa: S311
    told = f"TAIGA_NOTES_SEED={SEED}"
    taiga = Taiga()
    with serve(taiga) as server:
        place = Place(tmp_path, server, taiga)
        pages = [place.program.page(f"{number}.md", PAGE) for number in range(25)]
        (tmp_path / "linked").hardlink_to(pages[0])
        for page in pages[1:3]:
            page.rename(target := tmp_path / f"vault/behind {page.name}.txt")
            page.symlink_to(target)
        plans = [[(dice.choice(savers.ALL), _pause(dice)) for _ in range(ROUNDS)] for _ in pages]
        # Of such a save nobody tells behind a symlink, and no later one may help.
        plans[1] = [(savers.emptied_first, pause) for _, pause in plans[1]]
        with ForkedWatch(place.program) as watching, ThreadPoolExecutor(len(pages) + 1) as pool:
            watching.until("changed", page="24.md")
            pool.submit(place.change)
            saved = [*pool.map(_save_all, pages, plans)]
            place.last_change()
            watching.wait_for(
                lambda: all("The last change" in page.read_text() for page in pages),
                lambda: told + str([page.name for page in pages if "last" not in page.read_text()]),
            )
    problems = [one for one in watching.events if one["bad"]]
    for page, sentences in zip(pages, saved, strict=True):
        assert written_by_people(page.read_text()) == BEFORE + OPENER + AFTER + sentences, told
    # Had it left all pages in peace until the end, it would have shown nothing: it would have
    # written each at the beginning and at the end.
    assert len(watching.changed()) > 3 * len(pages), told
    assert not problems, told
    assert not watching.complaints
    print(f"{told}: {len(watching.changed())} pages written")  # noqa: T201


def _pause(dice: random.Random) -> float:
    return dice.choice((0, dice.uniform(0, 0.1), dice.uniform(0, 1), dice.uniform(0, 1)))


def _save_all(page: Path, plan: list[tuple[Save, float]]) -> str:
    sentences = ""
    for number, (save, pause) in enumerate(plan):
        sentence = f"{save.__name__}, number {number} of {page.name}.\n"
        save(page, sentence, pause)
        sentences += sentence
        time.sleep(pause / 3)
    return sentences
