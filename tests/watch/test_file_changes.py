"""From flags and looks to the agenda, on real files, with the system's events left out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from taiga_notes.watch import file_watcher as sight_module
from taiga_notes.watch.file_changes import FileChanges
from taiga_notes.watch.file_events import FileEvents, UnwatchableError
from taiga_notes.watch.file_watcher import SHORTEST, SOMETIMES
from taiga_notes.watch.inbox import Inbox, Raised
from taiga_notes.watch.page_states import PageStates
from taiga_notes.watch.scan import Scan, mark_of
from taiga_notes.watch.schedule import Cadence, Change, Schedule
from taiga_notes.watch.watch_filter import WatchFilter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Desk:
    """A tracker that polls, with a clock that stands still."""

    def __init__(self, root: Path, *, poll: bool = True) -> None:
        self.root = root
        self.now = 100.0
        self.flags = Inbox()
        self.pages = PageStates()
        self.agenda = Schedule(0.1, Cadence(3600), self.now)
        self.agenda.due(self.now)
        self.agenda.looked(Change.CHANGE, self.now)
        self.tracker = FileChanges(
            WatchFilter(str(root), "templates"),
            self.flags,
            self.pages,
            self.agenda,
            lambda page: not page.startswith("Excluded/"),
            poll=poll,
            clock=lambda: self.now,
        )

    def due(self) -> set[str]:
        """What is due, once all is quiet."""
        self.now += 1
        return set(self.agenda.due(self.now).files)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    for name in ("Home.md", "a/One.md", "a/b/Two.md", "templates/own.md.j2", "taiga-notes.toml"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    desk = Desk(tmp_path)
    desk.tracker.open()
    yield desk
    desk.tracker.close()


def test_what_is_there_at_first_is_not_due(desk: Desk) -> None:
    desk.tracker.take(Raised(touched={"Home.md": desk.now}))

    assert desk.due() == set()
    assert set(desk.pages.marks) == {
        "Home.md",
        "a/One.md",
        "a/b/Two.md",
        "templates/own.md.j2",
        "taiga-notes.toml",
    }


def test_what_changed_is_due_once(desk: Desk) -> None:
    (desk.root / "Home.md").write_text("new")
    desk.tracker.take(Raised(touched={"Home.md": desk.now}))
    assert desk.due() == {"Home.md"}

    desk.tracker.take(Raised(touched={"Home.md": desk.now}))
    assert desk.due() == set()


def test_what_we_wrote_ourselves_is_not_due(desk: Desk) -> None:
    (desk.root / "Home.md").write_text("by us")
    mark = mark_of(str(desk.root / "Home.md"))
    assert mark is not None
    desk.pages.marks["Home.md"] = mark

    desk.tracker.take(Raised(touched={"Home.md": desk.now}))

    assert desk.due() == set()


def test_a_page_that_is_not_to_be_kept_true_is_no_reason_to_do_anything(desk: Desk) -> None:
    (desk.root / "Excluded").mkdir()
    (desk.root / "Excluded/Page.md").write_text("new")
    before = desk.agenda.next()
    desk.tracker.take(Raised(touched={"Excluded/Page.md": desk.now}))

    assert desk.agenda.next() == before
    assert desk.due() == set()


def test_what_is_gone_is_forgotten(desk: Desk) -> None:
    desk.pages.asked["a/b/Two.md"] = {}
    (desk.root / "a/b/Two.md").unlink()
    (desk.root / "a/b").rmdir()
    desk.tracker.take(Raised(gone={"a/b"}))

    assert "a/b/Two.md" not in desk.pages.marks
    assert "a/b/Two.md" not in desk.pages.asked
    assert desk.due() == set()


def test_what_is_said_to_be_gone_may_be_back(desk: Desk) -> None:
    (desk.root / "Home.md").write_text("as vim saves")
    (desk.root / "a/One.md").write_text("in a folder made anew")
    desk.tracker.take(Raised(gone={"Home.md", "a"}))

    assert desk.due() == {"Home.md", "a/One.md"}


def test_a_touched_file_that_is_gone_by_now_is_forgotten(desk: Desk) -> None:
    (desk.root / "Home.md").unlink()
    desk.tracker.take(Raised(touched={"Home.md": desk.now}))

    assert desk.due() == set()
    assert "Home.md" not in desk.pages.marks


@pytest.mark.parametrize("name", ["taiga-notes.toml", "templates/own.md.j2"])
def test_without_settings_or_a_template_pages_may_be_others(desk: Desk, name: str) -> None:
    (desk.root / name).unlink()
    desk.tracker.take(Raised(gone={name}))

    assert desk.due() == {name}


def test_a_folder_that_came_is_looked_through(desk: Desk) -> None:
    (desk.root / "new/deep").mkdir(parents=True)
    (desk.root / "new/deep/Page.md").write_text("")
    desk.tracker.take(Raised(folders={"new"}))

    assert desk.due() == {"new/deep/Page.md"}


def test_folders_that_came_are_a_reason_to_look_whether_all_is_watched(tmp_path: Path) -> None:
    desk = Desk(tmp_path, poll=False)
    desk.tracker.open()
    try:
        assert desk.tracker.next_look == desk.now + SOMETIMES
        desk.tracker.take(Raised(folders={"new"}))
        assert desk.tracker.next_look == desk.now + SHORTEST
    finally:
        desk.tracker.close()


def test_doubt_is_a_reason_to_look_at_all_of_it(desk: Desk) -> None:
    (desk.root / "Home.md").write_text("new")
    (desk.root / "a/One.md").unlink()
    desk.tracker.look_if_due()
    assert desk.due() == set()

    desk.tracker.take(Raised(lost=True))
    desk.tracker.look_if_due()
    assert desk.due() == {"Home.md"}
    assert "a/One.md" not in desk.pages.marks


def test_polling_looks_again_and_again_but_not_all_the_time(desk: Desk) -> None:
    assert desk.tracker.polling == "as you asked"
    assert desk.tracker.next_look == desk.now + SHORTEST

    (desk.root / "Home.md").write_text("new")
    desk.now += SHORTEST
    desk.tracker.look_if_due()

    assert desk.due() == {"Home.md"}


def test_a_large_vault_is_polled_more_seldom(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(_interest: WatchFilter) -> object:
        desk.now += 2
        return Scan()

    monkeypatch.setattr(sight_module, "scan", slow)
    desk.now = desk.tracker.next_look
    desk.tracker.look_if_due()

    assert desk.tracker.next_look == desk.now + 50


def test_a_vault_that_went_or_was_replaced_is_noticed(desk: Desk) -> None:
    gone = [desk.tracker.gone]
    away = desk.root.with_name("away")
    desk.root.rename(away)
    gone.append(desk.tracker.gone)
    desk.root.mkdir()
    gone.append(desk.tracker.gone)

    desk.tracker.close()
    desk.root.rmdir()
    away.rename(desk.root)
    (desk.root / "Home.md").write_text("changed meanwhile")
    desk.tracker.reopen()
    gone.append(desk.tracker.gone)
    assert gone == [False, True, True, False]
    assert desk.due() == {"Home.md"}


def test_a_tracker_that_is_closed_has_nothing_to_look_at(desk: Desk) -> None:
    desk.tracker.close()

    assert desk.tracker.gone
    assert desk.tracker.next_look == math.inf
    desk.tracker.look_if_due()
    desk.tracker.take(Raised(lost=True))


def test_where_the_system_refuses_files_are_polled_and_it_is_said_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_events: FileEvents) -> FileEvents:
        raise UnwatchableError("inotify watch limit reached")

    monkeypatch.setattr(FileEvents, "__enter__", refuse)
    desk = Desk(tmp_path, poll=False)
    desk.tracker.open()

    assert desk.tracker.polling == "inotify watch limit reached"
    assert desk.tracker.next_look == desk.now + SHORTEST


def test_a_system_that_refused_is_asked_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_events: FileEvents) -> FileEvents:
        raise UnwatchableError("inotify watch limit reached")

    desk = Desk(tmp_path, poll=False)
    with monkeypatch.context() as patch:
        patch.setattr(FileEvents, "__enter__", refuse)
        desk.tracker.open()
    desk.now += SHORTEST
    desk.tracker.look_if_due()
    assert desk.tracker.polling

    desk.now += SOMETIMES
    desk.tracker.look_if_due()
    assert not desk.tracker.polling
    desk.tracker.close()


def test_what_other_machines_may_write_to_is_polled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sight_module, "remote_kind", lambda _root: "nfs4")
    desk = Desk(tmp_path, poll=False)
    desk.tracker.open()

    assert desk.tracker.polling == "nfs4 does not tell of changes made elsewhere"


def test_a_watched_vault_is_looked_at_now_and_then_and_watched_anew_if_need_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(tmp_path, poll=False)
    desk.tracker.open()
    try:
        assert desk.tracker.polling == ""
        assert desk.tracker.next_look == desk.now + SOMETIMES
        covers = iter([False])
        monkeypatch.setattr(FileEvents, "covers", lambda *_: next(covers, True))
        monkeypatch.setattr(FileEvents, "alive", False)
        (tmp_path / "Unseen.md").write_text("")
        desk.tracker.look_if_due()

        assert desk.due() == {"Unseen.md"}
        assert next(covers, "begun anew") == "begun anew"
        assert desk.tracker.polling == ""
    finally:
        desk.tracker.close()
