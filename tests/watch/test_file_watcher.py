"""What a file watcher tells of real files, with the system's events left out."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import pytest

from taiga_notes.watch import file_watcher as file_watcher_module
from taiga_notes.watch.file_events import FileEvents, UnwatchableError
from taiga_notes.watch.file_watcher import SHORTEST, SOMETIMES, FileChange, FileWatcher
from taiga_notes.watch.inbox import Inbox, Messages
from taiga_notes.watch.scan import Scan, WatchFilter, mark_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Desk:
    """A file watcher that polls, with a clock that stands still."""

    def __init__(self, root: Path, *, poll: bool = True) -> None:
        self.root = root
        self.now = 100.0
        self.watch_filter = WatchFilter(str(root), "templates")
        self.file_watcher = FileWatcher(
            self.watch_filter, Inbox(), poll=poll, clock=lambda: self.now
        )
        self._changes: list[FileChange] = []

    def take(self, messages: Messages) -> None:
        self._changes += self.file_watcher.take(messages)

    def scan(self) -> None:
        self._changes += self.file_watcher.scan_if_due()

    def reopen(self) -> None:
        self._changes += self.file_watcher.reopen(self.watch_filter)

    def changes(self) -> dict[str, str]:
        """What was told of each file since the last time."""
        changes = {one.name: "gone" if one.gone else "changed" for one in self._changes}
        self._changes.clear()
        return changes


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    for name in ("Home.md", "a/One.md", "a/b/Two.md", "templates/own.md.j2", "taiga-notes.toml"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    desk = Desk(tmp_path)
    desk.file_watcher.open()
    yield desk
    desk.file_watcher.close()


def test_what_is_there_at_first_is_no_change(desk: Desk) -> None:
    desk.take(Messages(touched={"Home.md": desk.now}))

    assert desk.changes() == {}
    assert desk.file_watcher.pages == {"Home.md", "a/One.md", "a/b/Two.md"}


def test_what_changed_is_told_once(desk: Desk) -> None:
    (desk.root / "Home.md").write_text("new")
    desk.take(Messages(touched={"Home.md": desk.now}))
    assert desk.changes() == {"Home.md": "changed"}

    desk.take(Messages(touched={"Home.md": desk.now}))
    assert desk.changes() == {}


def test_what_we_wrote_ourselves_is_no_change(desk: Desk) -> None:
    (desk.root / "Home.md").write_text("by us")
    mark = mark_of(str(desk.root / "Home.md"))
    assert mark is not None
    desk.file_watcher.know("Home.md", mark)

    desk.take(Messages(touched={"Home.md": desk.now}))

    assert desk.changes() == {}


def test_what_is_gone_is_told_once(desk: Desk) -> None:
    (desk.root / "a/b/Two.md").unlink()
    (desk.root / "a/b").rmdir()
    for changes in ({"a/b/Two.md": "gone"}, {}):
        desk.take(Messages(gone={"a/b"}))
        assert desk.changes() == changes


def test_what_is_said_to_be_gone_may_be_back(desk: Desk) -> None:
    (desk.root / "Home.md").write_text("as vim saves")
    (desk.root / "a/One.md").write_text("in a folder made anew")
    desk.take(Messages(gone={"Home.md", "a"}))

    assert desk.changes() == {"Home.md": "changed", "a/One.md": "changed"}


def test_a_touched_file_that_is_gone_by_now_is_told_as_gone(desk: Desk) -> None:
    (desk.root / "Home.md").unlink()
    desk.take(Messages(touched={"Home.md": desk.now}))

    assert desk.changes() == {"Home.md": "gone"}


def test_a_folder_that_came_is_looked_through(desk: Desk) -> None:
    (desk.root / "new/deep").mkdir(parents=True)
    (desk.root / "new/deep/Page.md").write_text("")
    desk.take(Messages(folders={"new"}))

    assert desk.changes() == {"new/deep/Page.md": "changed"}


def test_folders_that_came_are_a_reason_to_see_whether_all_is_watched(tmp_path: Path) -> None:
    desk = Desk(tmp_path, poll=False)
    desk.file_watcher.open()
    try:
        assert desk.file_watcher.next_scan == desk.now + SOMETIMES
        desk.take(Messages(folders={"new"}))
        assert desk.file_watcher.next_scan == desk.now + SHORTEST
    finally:
        desk.file_watcher.close()


def test_doubt_is_a_reason_to_scan_all_of_it(desk: Desk) -> None:
    (desk.root / "Home.md").write_text("new")
    (desk.root / "a/One.md").unlink()
    desk.scan()
    assert desk.changes() == {}

    desk.take(Messages(lost=True))
    desk.scan()
    assert desk.changes() == {"Home.md": "changed", "a/One.md": "gone"}


def test_polling_scans_again_and_again_but_not_all_the_time(desk: Desk) -> None:
    assert desk.file_watcher.polling == "as you asked"
    assert desk.file_watcher.next_scan == desk.now + SHORTEST

    (desk.root / "Home.md").write_text("new")
    desk.now += SHORTEST
    desk.scan()

    assert desk.changes() == {"Home.md": "changed"}


def test_a_large_vault_is_polled_more_seldom(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def slow(_watch_filter: WatchFilter) -> object:
        desk.now += 2
        return Scan()

    monkeypatch.setattr(file_watcher_module, "scan", slow)
    desk.now = desk.file_watcher.next_scan
    desk.scan()

    assert desk.file_watcher.next_scan == desk.now + 50


def linked(desk: Desk) -> Path:
    """The file behind a page that is a symlink, whose folder nobody watches."""
    target = desk.root.parent / "elsewhere.txt"
    target.write_text("elsewhere")
    (desk.root / "Link.md").symlink_to(target)
    return target


def by_events(desk: Desk) -> None:
    desk.take(Messages(touched={"Link.md": desk.now}))


def by_folder(desk: Desk) -> None:
    desk.take(Messages(folders={""}))
    desk.now = desk.file_watcher.next_scan
    desk.scan()


def by_scan(desk: Desk) -> None:
    desk.take(Messages(lost=True))
    desk.scan()


@pytest.mark.parametrize("noticed", [by_events, by_folder, by_scan])
def test_what_a_symlink_names_is_looked_at_again_and_again(
    tmp_path: Path, noticed: Callable[[Desk], None]
) -> None:
    desk = Desk(tmp_path / "vault", poll=False)
    desk.root.mkdir()
    desk.file_watcher.open()
    try:
        assert desk.file_watcher.next_look == desk.file_watcher.next_scan
        target = linked(desk)
        noticed(desk)
        assert desk.changes() == {"Link.md": "changed"}
        for text, change in (("", "changed"), ("back again", "changed"), (None, "gone")):
            desk.now = desk.file_watcher.next_look
            assert desk.now < desk.file_watcher.next_scan
            target.unlink() if text is None else target.write_text(text)
            desk.scan()
            assert desk.changes() == {"Link.md": change}
        target.write_text("and there it is")
        desk.now = desk.file_watcher.next_look
        desk.scan()
        assert desk.changes() == {"Link.md": "changed"}
    finally:
        desk.file_watcher.close()


def test_a_vault_that_went_or_was_replaced_is_noticed(desk: Desk) -> None:
    gone = [desk.file_watcher.gone]
    away = desk.root.with_name("away")
    desk.root.rename(away)
    gone.append(desk.file_watcher.gone)
    desk.root.mkdir()
    gone.append(desk.file_watcher.gone)

    desk.file_watcher.close()
    desk.root.rmdir()
    away.rename(desk.root)
    (desk.root / "Home.md").write_text("changed meanwhile")
    desk.reopen()
    gone.append(desk.file_watcher.gone)
    assert gone == [False, True, True, False]
    assert desk.changes() == {"Home.md": "changed"}


def test_a_closed_file_watcher_has_nothing_to_scan(desk: Desk) -> None:
    desk.file_watcher.close()

    assert desk.file_watcher.gone
    assert desk.file_watcher.next_scan == math.inf
    desk.scan()
    desk.take(Messages(lost=True))


def test_where_the_system_refuses_files_are_polled_and_it_is_said_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_events: FileEvents) -> FileEvents:
        raise UnwatchableError("inotify watch limit reached")

    monkeypatch.setattr(FileEvents, "__enter__", refuse)
    desk = Desk(tmp_path, poll=False)
    desk.file_watcher.open()

    assert desk.file_watcher.polling == "inotify watch limit reached"
    assert desk.file_watcher.next_scan == desk.now + SHORTEST


def test_a_system_that_refused_is_asked_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_events: FileEvents) -> FileEvents:
        raise UnwatchableError("inotify watch limit reached")

    desk = Desk(tmp_path, poll=False)
    with monkeypatch.context() as patch:
        patch.setattr(FileEvents, "__enter__", refuse)
        desk.file_watcher.open()
    desk.now += SHORTEST
    desk.scan()
    assert desk.file_watcher.polling

    desk.now += SOMETIMES
    desk.scan()
    assert not desk.file_watcher.polling
    desk.file_watcher.close()


def test_what_other_machines_may_write_to_is_polled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_watcher_module, "remote_kind", lambda _root: "nfs4")
    desk = Desk(tmp_path, poll=False)
    desk.file_watcher.open()

    assert desk.file_watcher.polling == "nfs4 does not tell of changes made elsewhere"


def test_a_watched_vault_is_scanned_now_and_then_and_watched_anew_if_need_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk(tmp_path, poll=False)
    desk.file_watcher.open()
    try:
        assert desk.file_watcher.polling == ""
        assert desk.file_watcher.next_scan == desk.now + SOMETIMES
        covers = iter([False])
        monkeypatch.setattr(FileEvents, "covers", lambda *_: next(covers, True))
        monkeypatch.setattr(FileEvents, "alive", False)
        (tmp_path / "Unseen.md").write_text("")
        desk.scan()

        assert desk.changes() == {"Unseen.md": "changed"}
        assert next(covers, "begun anew") == "begun anew"
        assert desk.file_watcher.polling == ""
    finally:
        desk.file_watcher.close()
