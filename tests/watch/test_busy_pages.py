"""Pages that somebody is writing when their turn comes: they are put off, and then refreshed."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from taiga_notes.errors import PageBusyError
from taiga_notes.system.files import stamp
from taiga_notes.watch import refresher as refresher_module
from taiga_notes.watch.events import Topic
from taiga_notes.watch.inbox import Inbox
from taiga_notes.webhook.signatures import Delivery
from tests.watch.conftest import BLOCK

if TYPE_CHECKING:
    from pathlib import Path

    from tests.watch.conftest import Bench

pytestmark = pytest.mark.slow

OPENER = "<!-- taiga: from userstories select subject template list -->\n"


@pytest.fixture
def page(bench: Bench) -> Path:
    """A page that shows `Sign-up form`, under a watch that looks at Taiga often."""
    settings = bench.vault / "taiga-notes.toml"
    settings.write_text(settings.read_text().replace("1h", "50ms"))
    page = bench.write("Page.md")
    bench.start()
    bench.until(Topic.CHANGED, "Page.md")
    return page


def change(bench: Bench, subject: str) -> None:
    """Something changes in Taiga; returns when pages with it were refreshed, as far as they may."""
    since = len(bench.events)
    bench.write("Barrier.md")
    bench.until(Topic.CHANGED, "Barrier.md", since)
    since = len(bench.events)
    bench.taiga.edit(bench.story, subject=subject)
    bench.until(Topic.CHANGED, "Barrier.md", since)


def test_a_page_that_is_held_open_is_put_off_without_a_word(bench: Bench, page: Path) -> None:
    with page.open("a") as file:
        before = stamp(page.stat())
        change(bench, "Changed")
        time.sleep(0.2)
        assert stamp(page.stat()) == before
        file.write("My sentence.\n")
    _until_shown(page, "Changed")
    assert page.read_text().endswith("My sentence.\n")
    assert not [event for event in bench.events if event.bad]


def test_a_page_that_is_closed_as_it_was_is_refreshed_as_well(bench: Bench, page: Path) -> None:
    with page.open("a"):
        change(bench, "Changed")
        assert "Changed" not in page.read_text()
    _until_shown(page, "Changed")


def test_half_a_page_is_no_mistake_of_its_author(bench: Bench, page: Path) -> None:
    text = page.read_text()
    with page.open("w") as file:
        file.write(text[: len(OPENER) + 3])
        file.flush()
        # So that an event brings it up as well.
        page.open("a").close()
        change(bench, "Changed")
        file.write(text[len(OPENER) + 3 :])
    _until_shown(page, "Changed")
    assert not [event for event in bench.events if event.bad]


def test_a_mistake_in_a_page_at_rest_is_told(bench: Bench, page: Path) -> None:
    page.write_text(OPENER)
    assert bench.until(Topic.PROBLEM, "Page.md").line == 1


def test_a_page_that_was_just_saved_is_put_off_whatever_began_the_refresh(bench: Bench) -> None:
    """It was saved before anybody watched, so no event tells of it."""
    _be_quiet_for(bench, 600_000)
    page = bench.write("Page.md")
    os.utime(bench.write("Old.md"), (1, 1))
    bench.start()
    bench.until(Topic.CHANGED, "Old.md")
    since = len(bench.events)
    bench.taiga.edit(bench.story, subject="Changed")
    bench.inbox.deliver(Delivery(("acme",)))
    bench.until(Topic.CHANGED, "Old.md", since)
    assert page.read_text() == BLOCK
    bench.stop()

    os.utime(page, (1, 1))
    bench.inbox = Inbox()
    bench.start()
    _until_shown(page, "Changed")


def test_a_page_that_is_held_open_for_long_is_told_once(
    bench: Bench, page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresher_module, "TOLD", 0.1)
    with page.open("a"):
        change(bench, "Changed")
        told = bench.until(Topic.PROBLEM, "Page.md")
        time.sleep(0.3)
    assert f"is left alone while process {os.getpid()} (" in told.text
    assert isinstance(told.error, PageBusyError)
    bench.until(Topic.SOLVED, "Page.md")
    _until_shown(page, "Changed")
    assert [event for event in bench.events if event.bad] == [told]


def test_whoever_else_writes_it_meanwhile_is_not_told_as_well(
    bench: Bench, page: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresher_module, "TOLD", 0)
    writers = iter(range(1, 10**6))
    monkeypatch.setattr(refresher_module, "holders", lambda _path: f"process {next(writers)}")
    with page.open("a"):
        change(bench, "Changed")
        bench.until(Topic.PROBLEM, "Page.md")
        change(bench, "Changed again")
    _until_shown(page, "Changed again")
    (told,) = [event for event in bench.events if event.bad and event.page == "Page.md"]
    assert "is left alone while process " in told.text


def test_our_own_last_write_is_no_reason_to_wait(bench: Bench) -> None:
    _be_quiet_for(bench, 600_000)
    page = bench.write("Page.md")
    os.utime(page, (1, 1))
    bench.start()
    for number in range(3):
        _until_shown(page, str(bench.story.subject))
        bench.taiga.edit(bench.story, subject=f"Changed {number}")
        bench.inbox.deliver(Delivery(("acme",)))
    _until_shown(page, "Changed 2")


def _be_quiet_for(bench: Bench, milliseconds: int) -> None:
    settings = bench.vault / "taiga-notes.toml"
    settings.write_text(settings.read_text().replace("quiet_ms = 50", f"quiet_ms = {milliseconds}"))


def _until_shown(page: Path, text: str) -> None:
    end = time.monotonic() + 20
    while text not in page.read_text():
        assert time.monotonic() < end, page.read_text()
        time.sleep(0.005)
