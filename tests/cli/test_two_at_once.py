"""Two hands on one vault: another taiga-notes, and somebody who saves a page."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

from taiga_notes.vault.vault import Vault

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Acme
    from tests.cli.program import Program

pytestmark = pytest.mark.slow

COUNT = "There are <!-- taiga: from userstories select count() --><!-- /taiga --> stories.\n"
RENDERED = COUNT.replace("--><!-- /taiga", "-->3<!-- /taiga 6dd28e9b")
PAGES = 40


def test_one_waits_for_the_other_and_every_page_is_whole(notes: Path, program: Program) -> None:
    assert notes
    pages = [program.page(f"{number}.md", COUNT * 20) for number in range(PAGES)]
    runs = [program.start("render", *program.rows) for _ in range(3)]
    done = [run.communicate(timeout=300) for run in runs]
    # On a busy machine one may lose its patience, and says so; it has written nothing.
    assert {run.returncode for run in runs} <= {0, 6}, done
    assert all(("try again" in err) == (run.returncode == 6)
               for run, (_, err) in zip(runs, done, strict=True))  # fmt: skip
    changed = [int(out.splitlines()[-1].split()[0]) for out, _ in done if out]
    assert sum(changed) == PAGES
    whole = RENDERED * 20
    assert {page.read_text() for page in pages} == {whole}


def test_one_that_waits_too_long_leaves_with_a_clear_message(notes: Path, program: Program) -> None:
    page = program.page("A.md", COUNT)
    state = program.home / "state" / "taiga-notes"
    with Vault(notes, state=state).writing():
        done = program.render()
        # What writes nothing need not wait.
        assert program.render("--check").status == 1
    assert done.status == 6
    assert done.err == (
        f"taiga-notes: another taiga-notes (process {os.getpid()}) is writing this vault"
        " (try again when it is done)\n"
    )
    assert page.read_text() == COUNT


def test_what_an_editor_saves_meanwhile_wins_and_is_rendered(
    vault: Path, acme: Acme, program: Program
) -> None:
    assert vault
    page = program.page("A.md", COUNT)
    # The page is read, and then its rows are waited for: time enough to save it.
    fault = acme.taiga.faults.add("slow start", seconds=600, path="/userstories")
    run = program.start("render")
    wait_for(lambda: fault.times == 0)
    draft = page.with_name("draft")
    draft.write_text(f"My new words.\n\n{COUNT}")
    draft.replace(page)
    acme.taiga.faults.clear()
    out, err = run.communicate(timeout=300)
    assert (run.returncode, err) == (0, "")
    assert out == "changed: A.md\n1 page changed, 0 unchanged\n"
    assert page.read_text() == f"My new words.\n\n{RENDERED}"


def test_a_page_that_never_keeps_still_is_left_to_its_editor(notes: Path, program: Program) -> None:
    page = program.page("A.md", COUNT)
    stop = threading.Event()
    saved = [0]

    def save() -> None:
        draft = page.with_name("draft")
        while not stop.is_set():
            saved[0] += 1
            draft.write_text(f"{saved[0]}\n{COUNT}")
            draft.replace(page)

    editor = threading.Thread(target=save)
    editor.start()
    try:
        done = program.render()
    finally:
        stop.set()
        editor.join()
    # Whoever came last: the page is one of the editor's, rendered or not, and never a mixture.
    text = page.read_text()
    assert text.replace(RENDERED, COUNT) == f"{text.split()[0]}\n{COUNT}"
    assert done.status in {0, 6}
    if done.status == 6:
        assert "A.md:1: keeps changing while it is " in done.err
    assert not [path for path in notes.iterdir() if path.name.startswith(".")]


def wait_for(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 300
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.01)
