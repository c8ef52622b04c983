"""A watch leaves alone what `undo` restored, until the page or Taiga changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from taiga_notes.vault.vault import Vault
from taiga_notes.watch.events import Topic
from taiga_notes.watch.inbox import Inbox
from taiga_notes.webhook.signatures import Delivery
from tests.watch.conftest import BLOCK

if TYPE_CHECKING:
    from pathlib import Path

    from tests.watch.conftest import Bench

NOW = "<!-- taiga: from userstories select {at = now()} -->\n\n<!-- /taiga -->\n"


def undo(bench: Bench, page: Path) -> str:
    """Takes back what was last done to the page; what it holds then."""
    (outcome,) = Vault(bench.vault, state=bench.folders.state).undo([page])
    assert outcome.problem is None
    return page.read_text()


def change(bench: Bench) -> None:
    """Something happens in Taiga, and the watch hears of it."""
    bench.taiga.add_story(bench.project, "One more")
    bench.inbox.deliver(Delivery(("acme",)))


def rendered(bench: Bench, text: str = BLOCK) -> Path:
    page = bench.write("Page.md", text)
    bench.start()
    bench.until(Topic.CHANGED, "Page.md")
    return page


@pytest.mark.parametrize("text", [BLOCK, NOW], ids=["block", "now"])
def test_what_was_taken_back_is_not_put_back(bench: Bench, text: str) -> None:
    page = rendered(bench, text)
    told = len(bench.events)
    before = undo(bench, page)
    assert before == text
    bench.until(Topic.UNDONE, "Page.md", told)
    # The watch is alive, and was at that page.
    bench.write("Other.md")
    bench.until(Topic.CHANGED, "Other.md", told)
    assert page.read_text() == before
    assert not [event for event in bench.events[told:] if event.page == "Page.md" and event.bad]


@pytest.mark.parametrize("name", ["Moved.md", "Sub/ä b.md", "Page.markdown"])
def test_nor_after_a_move(bench: Bench, name: str) -> None:
    page = rendered(bench)
    told = len(bench.events)
    before = undo(bench, page)
    bench.until(Topic.UNDONE, "Page.md", told)
    moved = bench.vault / name
    moved.parent.mkdir(exist_ok=True)
    page.rename(moved)
    bench.until(Topic.UNDONE, name, told)
    bench.write("Other.md", f"# Other\n\n{BLOCK}")
    bench.until(Topic.CHANGED, "Other.md", told)
    assert moved.read_text() == before
    moved.write_text(f"Mine.\n\n{before}")
    bench.until(Topic.CHANGED, name, told)


def test_an_edit_ends_that(bench: Bench) -> None:
    page = rendered(bench)
    told = len(bench.events)
    before = undo(bench, page)
    bench.until(Topic.UNDONE, "Page.md", told)
    page.write_text(f"Mine.\n\n{before}")
    bench.until(Topic.CHANGED, "Page.md", told)
    assert "Sign-up form" in page.read_text()


def test_a_change_in_taiga_ends_that(bench: Bench) -> None:
    page = rendered(bench)
    told = len(bench.events)
    undo(bench, page)
    bench.until(Topic.UNDONE, "Page.md", told)
    change(bench)
    bench.until(Topic.CHANGED, "Page.md", told)
    assert "One more" in page.read_text()


def test_neither_new_settings_nor_another_watch_put_it_back(bench: Bench) -> None:
    page = rendered(bench)
    told = len(bench.events)
    before = undo(bench, page)
    bench.until(Topic.UNDONE, "Page.md", told)
    bench.inbox.reload()
    bench.until(Topic.SETTINGS, since=told)
    bench.write("Other.md")
    bench.until(Topic.CHANGED, "Other.md", told)
    bench.stop()
    assert page.read_text() == before
    told, bench.inbox = len(bench.events), Inbox()
    bench.start()
    bench.until(Topic.UNDONE, "Page.md", told)
    assert page.read_text() == before


def test_two_steps_back_stay(bench: Bench) -> None:
    page = rendered(bench)
    told = len(bench.events)
    change(bench)
    bench.until(Topic.CHANGED, "Page.md", told)
    told = len(bench.events)
    assert "One more" not in undo(bench, page)
    assert undo(bench, page) == BLOCK
    bench.until(Topic.UNDONE, "Page.md", told)
    bench.write("Other.md")
    bench.until(Topic.CHANGED, "Other.md", told)
    assert page.read_text() == BLOCK


def test_a_rendering_that_was_asked_for_is_kept(bench: Bench) -> None:
    page = rendered(bench)
    told = len(bench.events)
    after = page.read_text()
    before = undo(bench, page)
    bench.until(Topic.UNDONE, "Page.md", told)
    vault = Vault(bench.vault, state=bench.folders.state)
    with vault.writing() as writer:
        writer.replace(vault.read("Page.md"), after)
    bench.write("Other.md")
    bench.until(Topic.CHANGED, "Other.md", told)
    assert page.read_text() == after != before
