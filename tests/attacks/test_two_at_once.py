"""Two programs on one vault, editors that save meanwhile, and kills: no page is half of each."""

from __future__ import annotations

import os
import random
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.attacks.arena import STORY

if TYPE_CHECKING:
    from pathlib import Path

    from tests.attacks.arena import Arena

pytestmark = pytest.mark.slow

PAGES = 12
KILLS = int(os.environ.get("TAIGA_NOTES_KILLS", "5"))
FILLER = "word " * 20_000


def body(number: int, name: str) -> str:
    return (
        f"# {number}\n\n<!-- taiga: from userstories template {name} -->\n<!-- /taiga -->\n{FILLER}"
    )


@pytest.fixture
def many(attacked: Arena) -> Arena:
    for number in range(PAGES):
        attacked.page(f"{number}.md", body(number, "links"))
    return attacked


def named(many: Arena, subject: str) -> Path:
    """A snapshot in which each page's lines name that subject."""
    rows = [STORY | {"id": number, "ref": number, "subject": subject} for number in range(1, 50)]
    many.snapshot({"userstories": rows})
    return many.root.parent / "snapshot.json"


def kind(text: str, subjects: tuple[str, ...]) -> str:
    """Which rendering a page is: whole, and of one run."""
    assert text.endswith(f"-->\n{FILLER}")
    counts = {subject: text.count(f" {subject}]") for subject in subjects}
    found = [subject for subject, count in counts.items() if count]
    assert len(found) <= 1, counts
    assert not found or counts[found[0]] == 49
    return found[0] if found else ""


def kinds(many: Arena, *subjects: str) -> list[str]:
    return [kind((many.root / f"{n}.md").read_text(), subjects) for n in range(PAGES)]


def litter(many: Arena) -> set[str]:
    known = {f"{number}.md" for number in range(PAGES)} | {"Good.md", "taiga-notes.toml"}
    return {path.name for path in many.root.rglob("*")} - known


def test_two_at_once_take_turns_or_leave_with_a_message(many: Arena) -> None:
    one, two = named(many, "Alpha").rename(many.root.parent / "a.json"), named(many, "Beta")
    runs = [many.program.start("render", "--snapshot", str(file)) for file in (one, two, one)]
    for run in runs:
        _, err = run.communicate(timeout=300)
        assert run.returncode in {0, 6}
        assert "Traceback" not in err
        assert "mistake in" not in err
        assert (err != "") == (run.returncode == 6)
    assert "" not in kinds(many, "Alpha", "Beta")
    assert litter(many) == set()
    many.render("--snapshot", str(two))
    assert set(kinds(many, "Alpha", "Beta")) == {"Beta"}


def test_whoever_kills_the_program_finds_each_page_old_or_new(many: Arena) -> None:
    chance = random.Random(3)  # noqa: S311 - chance that can be repeated
    subjects = tuple(f"Round{number}" for number in range(KILLS))
    started = time.monotonic()
    named(many, "Before")
    many.render()
    whole = time.monotonic() - started
    before = set(kinds(many, "Before", *subjects))
    for subject in subjects:
        named(many, subject)
        run = many.program.start("render", *many.arguments)
        time.sleep(chance.uniform(0, whole))
        run.send_signal(signal.SIGKILL)
        run.communicate(timeout=300)
        found = set(kinds(many, "Before", *subjects))
        assert found <= before | {subject}
        before = found
    done = many.render()
    assert (done.status, done.err) == (0, "")
    assert set(kinds(many, "Before", *subjects)) == {subjects[-1]}
    assert litter(many) == set()
    assert many.render("--check").status == 0


def test_an_editors_text_wins_and_is_rendered(many: Arena) -> None:
    for turn in range(2):
        named(many, f"Turn{turn}")
        run = many.program.start("render", *many.arguments)
        for number in range(PAGES):
            page = many.root / f"{number}.md"
            edited = page.with_suffix(".swp")
            edited.write_text(f"{body(number, 'links')}{turn}")
            edited.rename(page)
        _, err = run.communicate(timeout=300)
        assert run.returncode in {0, 6}, err
        assert all(
            (many.root / f"{number}.md").read_text().endswith(f"{FILLER}{turn}")
            for number in range(PAGES)
        )
    assert many.render().status == 0
    assert all("Turn1" in (many.root / f"{number}.md").read_text() for number in range(PAGES))
