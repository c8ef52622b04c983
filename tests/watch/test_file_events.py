"""Real watchdog on real files; only Linux's inotify tells when a file was closed."""

from __future__ import annotations

import ctypes
import errno
import logging
import os
import resource
import shutil
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from watchdog.observers import inotify_c

from taiga_notes.watch.file_events import MOST_WATCHES, FileEvents, UnwatchableError
from taiga_notes.watch.inbox import Inbox, Messages
from taiga_notes.watch.scan import WatchFilter, scan
from tests.left_open import in_use
from tests.unprivileged import public_folder, unprivileged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator


class Watched:
    """A vault whose files are watched."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.inbox = Inbox()
        self.watch_filter = WatchFilter(str(root), "templates")
        self.events = FileEvents(self.watch_filter, self.inbox)
        self._marker = 0

    def messages(self, *, scanned: bool = False) -> Messages:
        """All that came of what happened until now; `scanned` as for `until`.

        A last file is written in every folder with a watch of its own, and waited for: each such
        watch has a thread of its own.
        """
        self._marker += 1
        last = {f"{folder}/last {self._marker}.md".strip("/") for folder in self.events._watches}
        for name in last:
            (self.root / name).write_text("")
        return self.until(*last, without=last, scanned=scanned)

    def until(self, *names: str, without: Iterable[str] = (), scanned: bool = False) -> Messages:
        """What came into the inbox until each of these names had, as whatever.

        Args:
            names: what is waited for.
            without: what is left out.
            scanned: take what is in folders that came for touched, as the worker does.
        """
        total, end = Messages(), time.monotonic() + 120
        while not total.touched.keys() | total.gone | total.folders >= set(names):
            assert time.monotonic() < end, f"not in time: {total}"
            more = self.inbox.wait(0.5)
            total.touched = {
                name: at for name, at in total.touched.items() if name not in more.gone
            } | more.touched
            total.gone = (total.gone - set(more.touched)) | more.gone
            total.folders |= more.folders
            for folder in more.folders if scanned else ():
                total.touched |= dict.fromkeys(scan(self.watch_filter, folder).files, 0)
            total.lost |= more.lost
        for name in without:
            total.touched.pop(name, None)
        return total


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Watched]:
    root = tmp_path / "vault"
    for folder in ("a/b", "templates", ".git", "a/node_modules/x"):
        (root / folder).mkdir(parents=True)
    for page in ("Home.md", "a/One.md", "a/b/Two.md"):
        (root / page).write_text("old\n")
    watched = Watched(root)
    with watched.events:
        yield watched


def in_place(page: Path) -> None:
    page.write_text("new\n")


def in_two_steps(page: Path) -> None:
    page.write_text("")
    page.write_text("new\n")


def renamed_and_made(page: Path) -> None:
    backup = page.with_name(page.name + "~")
    page.rename(backup)
    page.write_text("new\n")
    backup.unlink()


def swapped(page: Path) -> None:
    temporary = page.with_name(f".{page.name}.tmp")
    temporary.write_text("new\n")
    temporary.replace(page)


def synced(page: Path) -> None:
    temporary = page.with_name(f".syncthing.{page.name}.tmp")
    temporary.write_text("new\n")
    os.utime(temporary, ns=(1, 1))
    temporary.replace(page)


def deleted_and_made(page: Path) -> None:
    page.unlink()
    page.write_text("new\n")


@pytest.mark.parametrize(
    "save", [in_place, in_two_steps, renamed_and_made, swapped, synced, deleted_and_made]
)
@pytest.mark.parametrize("name", ["Home.md", "a/One.md", "a/b/Two.md"])
def test_every_way_of_saving_touches_that_page_and_no_other(
    vault: Watched, save: Callable[[Path], None], name: str
) -> None:
    save(vault.root / name)

    messages = vault.messages()

    assert set(messages.touched) == {name}
    assert not messages.gone


def test_a_page_still_being_written_comes_to_nothing(vault: Watched) -> None:
    with (vault.root / "a/New.md").open("w") as page:
        page.write("half")
        page.flush()
        assert not vault.messages().touched
    assert set(vault.messages().touched) == {"a/New.md"}


def test_looking_and_what_is_none_of_ours_come_to_nothing(vault: Watched) -> None:
    (vault.root / "Home.md").read_text()
    (vault.root / "Home.md").chmod(0o600)
    (vault.root / "a/picture.png").write_bytes(b"")
    (vault.root / "a/node_modules/x/Readme.md").write_text("")
    for name in ("HEAD.md", "COMMIT_EDITMSG", "objects/ab/Page.md", "refs/new/branch"):
        (vault.root / ".git" / name).parent.mkdir(parents=True, exist_ok=True)
        (vault.root / ".git" / name).write_text("")
    for name in (".Home.md.swp", ".Home.md.un~", "Home.md~", "4913", "#Home.md#", "Home.md.tmp"):
        (vault.root / name).write_text("")
        (vault.root / "templates" / name.replace("md", "j2")).write_text("")
        (vault.root / name).unlink()

    messages = vault.messages()

    assert (messages.touched, messages.gone, messages.folders) == ({}, set(), set())


def test_settings_and_templates_count(vault: Watched) -> None:
    names = {"taiga-notes.toml", "a/.gitignore", "templates/own.md.j2"}
    for name in names:
        (vault.root / name).write_text("")

    assert set(vault.messages().touched) == names


def test_a_new_folder_is_watched_with_all_that_comes_with_it(vault: Watched) -> None:
    # What is in it by the time it is told of is found by a scan, what comes later by its own event.
    for folder in ("new", "new/deep", "new/deeper/still", "a/another"):
        (vault.root / folder).mkdir(parents=True)
        vault.until(folder)
        page = f"{folder}/Page.md"
        (vault.root / page).write_text("")
        vault.until(page, scanned=True)


def test_a_moved_page_is_gone_there_and_touched_here(vault: Watched) -> None:
    (vault.root / "a/One.md").rename(vault.root / "a/b/Moved.md")

    messages = vault.until("a/One.md", "a/b/Moved.md")

    assert (set(messages.touched), messages.gone) == ({"a/b/Moved.md"}, {"a/One.md"})


def test_a_page_moved_in_or_out_of_the_vault(vault: Watched, tmp_path: Path) -> None:
    (tmp_path / "Outside.md").write_text("")
    (tmp_path / "Outside.md").rename(vault.root / "a/Inside.md")
    (vault.root / "Home.md").rename(tmp_path / "Gone.md")

    messages = vault.until("Home.md", "a/Inside.md")

    assert (set(messages.touched), messages.gone) == ({"a/Inside.md"}, {"Home.md"})


def test_a_deleted_page_and_a_deleted_folder_are_gone(vault: Watched) -> None:
    (vault.root / "Home.md").unlink()
    shutil.rmtree(vault.root / "a/b")

    assert vault.until("Home.md", "a/b").gone >= {"Home.md", "a/b"}


@pytest.mark.parametrize("folder", ["a", "a/b", "plain"])
def test_a_moved_folder_is_watched_at_its_new_place(vault: Watched, folder: str) -> None:
    (vault.root / folder).mkdir(exist_ok=True)
    vault.messages()
    (vault.root / folder).rename(vault.root / "moved")
    vault.until("moved", folder)

    (vault.root / "moved/New.md").write_text("")
    assert set(vault.messages().touched) == {"moved/New.md"}


@pytest.mark.parametrize("folder", ["a", "a/b", "a/b/deep", "plain"])
def test_a_folder_made_again_is_watched_again(vault: Watched, folder: str) -> None:
    (vault.root / folder).mkdir(exist_ok=True)
    for number in range(20):
        shutil.rmtree(vault.root / folder)
        (vault.root / folder).mkdir()
        at_once, later = f"{folder}/{number} at once.md", f"{folder}/{number} later.md"
        (vault.root / at_once).write_text("")
        vault.until(at_once, scanned=True)
        vault.messages(scanned=True)

        # That the folder went may be told once more only now, and have it watched anew.
        (vault.root / later).write_text("")
        assert later in vault.until(later, scanned=True).touched


def test_the_system_is_asked_for_nothing_else(vault: Watched) -> None:
    # Opening, reading and closing unread are so frequent that a walk of 10,000 folders, watchdog's
    # own among them, fills inotify's queue; that a file was changed, its closing tells as well.
    close_write, moved, create, delete, delete_self = 0x8, 0xC0, 0x100, 0x200, 0x400
    expected = close_write | moved | create | delete | delete_self
    (number,) = vault.events._descriptors
    lines = Path(f"/proc/self/fdinfo/{number}").read_text().splitlines()
    masks = {int(line.partition(" mask:")[2].split()[0], 16) for line in lines if " mask:" in line}

    assert {mask & 0xFFF for mask in masks} == {expected}


def test_folders_that_are_none_of_ours_are_not_watched(vault: Watched) -> None:
    watched = {name: watch.is_recursive for name, watch in vault.events._watches.items()}

    assert watched == {"": False, "a": False, "a/b": True, "templates": True}
    assert vault.events.covers(scan(vault.watch_filter))


def test_too_many_watches_become_a_single_one(tmp_path: Path) -> None:
    for number in range(MOST_WATCHES):
        (tmp_path / f"{number}").mkdir()
    (tmp_path / ".git").mkdir()
    watched = Watched(tmp_path)

    with watched.events:
        assert list(watched.events._watches) == [""]
        (tmp_path / "7/Page.md").write_text("")
        assert set(watched.messages().touched) == {"7/Page.md"}


def test_too_many_new_folders_are_a_reason_to_begin_anew(vault: Watched) -> None:
    before = in_use()
    for number in range(2 * MOST_WATCHES):
        (vault.root / f"{number}").mkdir()
    found = vault.until(*(f"{number}" for number in range(2 * MOST_WATCHES)))

    assert found.lost
    assert not vault.events.covers(scan(vault.watch_filter))
    assert len(in_use().threads - before.threads) <= MOST_WATCHES


@pytest.mark.slow
def test_a_thousand_pages_at_once_are_all_seen(vault: Watched) -> None:
    names = {f"many/{number // 100}/{number}.md" for number in range(1000)}
    for name in names:
        (vault.root / name).parent.mkdir(parents=True, exist_ok=True)
        (vault.root / name).write_text("")

    found = vault.messages()
    for folder in found.folders:
        names -= set(scan(vault.watch_filter, folder).files)

    assert names <= set(found.touched)
    assert not found.lost


def test_dropped_events_are_a_reason_to_doubt(vault: Watched) -> None:
    logging.getLogger("watchdog.observers.inotify_c").warning("Inotify queue overflowed")

    assert vault.messages().lost


def test_a_crash_of_watchdog_is_noticed(vault: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _args: None)
    assert vault.events.covers(scan(vault.watch_filter))
    monkeypatch.setattr(vault.events, "on_any_event", lambda _event: 1 / 0)
    (vault.root / "Home.md").write_text("")

    end = time.monotonic() + 120
    while vault.events.alive:
        assert time.monotonic() < end
        time.sleep(0.01)
    assert not vault.events.covers(scan(vault.watch_filter))


def test_a_missing_vault_is_unwatchable(tmp_path: Path) -> None:
    with pytest.raises(UnwatchableError), Watched(tmp_path / "missing").events:
        pass


def test_a_folder_that_may_not_be_read_spares_all_others() -> None:
    with public_folder() as root, unprivileged():
        for name in ("open", "closed", "open/closed"):
            (root / name).mkdir()
        for name in ("closed", "open/closed"):
            (root / name).chmod(0)
        watched = Watched(root)
        with watched.events:
            (root / "open/Page.md").write_text("")

            assert "open/Page.md" in watched.until("open/Page.md").touched
            assert watched.events.covers(scan(watched.watch_filter))


def test_no_descriptor_for_inotify_is_a_refusal(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    free = os.dup(0)
    os.close(free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free, hard))
    try:
        with pytest.raises(UnwatchableError), Watched(tmp_path).events:
            pass
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_folders_that_inotify_left_out_are_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(20):
        (tmp_path / f"{number}").mkdir()
    real, granted = inotify_c.inotify_add_watch, iter(range(10))

    def limited(*args: object) -> int:
        if next(granted, None) is None:
            ctypes.set_errno(errno.ENOSPC)
            return -1
        return real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(inotify_c, "inotify_add_watch", limited)

    with pytest.raises(UnwatchableError, match="limit"), Watched(tmp_path).events:
        pass


def test_nothing_is_left_running(tmp_path: Path) -> None:
    before = in_use()
    for _ in range(3):
        watched = Watched(tmp_path)
        with watched.events:
            watched.messages()

    assert not in_use() - before
