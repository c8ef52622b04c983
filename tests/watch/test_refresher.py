from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from taiga_notes.model.rows import Listing
from taiga_notes.system import files
from taiga_notes.watch.refresher import PageStates

if TYPE_CHECKING:
    import pytest

    from tests.watch.conftest import Bench

STORIES, ISSUES = (Listing(kind, "acme") for kind in ("userstories", "issues"))


def test_a_page_that_was_given_something_else_is_not_true_any_more() -> None:
    pages = PageStates({"A.md": {STORIES: "a", ISSUES: "b"}, "B.md": {ISSUES: "b"}, "C.md": {}})

    assert pages.lists() == {STORIES, ISSUES}
    assert pages.stale({STORIES: "new", ISSUES: "b"}) == {"A.md"}
    assert pages.stale({ISSUES: "new"}) == {"A.md", "B.md"}
    assert pages.stale({STORIES: "a"}) == set()


def test_what_is_told_of_a_page_is_told_once_until_it_is_something_else() -> None:
    pages = PageStates()

    assert not pages.complain("A.md", ())
    assert pages.complain("A.md", ("wrong",))
    assert not pages.complain("A.md", ("wrong",))
    assert pages.complain("A.md", ())


def test_a_page_that_is_forgotten_begins_anew() -> None:
    pages = PageStates({"A.md": {STORIES: "a"}}, {"A.md": ("wrong",)})
    pages.forget("A.md")
    pages.forget("never there.md")

    assert pages == PageStates()


def test_the_store_stays_open_as_long_as_the_account_is_the_same(bench: Bench) -> None:
    worker = bench.worker()
    setup, refresher = worker._setup, worker._refresher
    before = refresher._taiga
    refresher.adopt(replace(setup, names=("Page.md",)))
    assert refresher._taiga is before

    origin = setup.settings.user, ("bob",), setup.settings.web, None
    refresher.adopt(replace(setup, origin=origin))
    assert refresher._taiga is not before
    refresher.close()


def test_a_start_opens_no_page_that_was_without_blocks_the_last_time(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("Plain.md", "Other.md"):
        os.utime(bench.write(name, "No block.\n"), (1e9, 1e9))
    looked: list[str] = []
    look = files.look

    def noted(path: str) -> tuple[bytes, files.Stamp]:
        looked.append(Path(path).name)
        return look(path)

    monkeypatch.setattr(files, "look", noted)
    # A page that changed a moment ago may change again unseen, and is not remembered: its ctime.
    monkeypatch.setattr("taiga_notes.refresh.page_cache.TICK", -60_000_000_000)
    for found in (["Other.md", "Plain.md"], ["Other.md"]):
        refresher = bench.worker()._refresher
        assert list(refresher.refresh_all(set())) == []
        refresher.close()
        assert sorted(looked) == found
        looked.clear()
        bench.write("Other.md", "Still none.\n")
