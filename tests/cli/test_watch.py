"""`taiga-notes watch`: the installed program, real files, and a Taiga on a socket."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from taiga_notes.system.locks import Lock
from taiga_notes.system.paths import vault_home
from taiga_notes.watch.schedule import HINT_PATIENCE
from tests.cli.program import PROGRAM, Program
from tests.cli.watching import PATIENCE, ForkedWatch, Watching, block, descriptors, memory_of
from tests.fake_taiga import Server, Taiga, serve, signed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

pytestmark = pytest.mark.slow

KEY = "the hook's key"
SETTINGS = 'project = "acme"\n[watch]\nquiet_ms = 100\nevery = "{every}"\n'


class Lab:
    """A vault, a Taiga, and the program to watch the one for the other."""

    def __init__(self, folder: Path, every: str = "1h") -> None:
        self.program = Program(folder / "home", folder / "vault")
        self.vault = self.program.folder
        self.program.home.mkdir()
        self.vault.mkdir()
        self.set(every=every)
        self.taiga = Taiga()
        ada = self.taiga.add_user("ada")
        self.project = self.taiga.add_project("Acme", owner=ada, slug="acme")
        self.story = self.taiga.add_story(self.project, "Sign-up form")

    def set(self, text: str = SETTINGS, every: str = "1h") -> None:
        (self.vault / "taiga-notes.toml").write_text(text.format(every=every))

    def log_in(self, server: Server) -> None:
        self.program.env |= {
            "TAIGA_NOTES_API": server.url,
            "TAIGA_NOTES_USERNAME": "ada",
            "TAIGA_NOTES_PASSWORD": "ada-password",
            "TAIGA_NOTES_WEBHOOK_KEY": KEY,
        }

    def watching(self, *arguments: str, impairment: str = "") -> Watching:
        return ForkedWatch(self.program, *arguments, impairment=impairment)

    def watch_status(self) -> dict[str, Any]:
        """What `status` says of the watch."""
        told: dict[str, Any] = json.loads(self.program("status", "--json").out)["watch"]
        return told

    def write(self, name: str, text: str | None = None) -> Path:
        page = self.vault / name
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(block() if text is None else text)
        return page

    def shows(self, name: str, text: str) -> bool:
        return text in (self.vault / name).read_text()


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Lab]:
    lab = Lab(tmp_path)
    with serve(lab.taiga) as server:
        lab.log_in(server)
        yield lab


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, Watching]]:
    """One watch for all tests that leave it as they found it."""
    lab = Lab(tmp_path_factory.mktemp("shared"))
    lab.write("node_modules/Readme.md")
    lab.write(".obsidian/Notes.md")
    lab.write("Excluded/Page.md")
    lab.write(".gitignore", "Excluded/\n")
    lab.write("Plain.md", "no block\n")
    with serve(lab.taiga) as server:
        lab.log_in(server)
        with lab.watching("--webhook", "127.0.0.1:0") as watching:
            lab.write("First.md")
            watching.until("changed", page="First.md")
            yield lab, watching


# Ways of saving


def in_place(page: Path, text: str) -> None:
    page.write_text(text)


def in_two_steps(page: Path, text: str) -> None:
    page.write_text("")
    time.sleep(0.02)
    page.write_text(text)


def in_many_steps(page: Path, text: str) -> None:
    with page.open("w") as file:
        for char in text:
            file.write(char)
            file.flush()


def by_vim(page: Path, text: str) -> None:
    """System call by system call, with `backupcopy=no`."""
    with open_in_vim(page):
        backup = page.with_name(f"{page.name}~")
        if page.exists():
            page.rename(backup)
        overwrite(page, text)
        backup.unlink(missing_ok=True)


def by_vim_with_a_copy(page: Path, text: str) -> None:
    """Likewise, with `backupcopy=yes`."""
    with open_in_vim(page):
        backup = page.with_name(f"{page.name}~")
        if page.exists():
            backup.write_bytes(page.read_bytes())
            os.utime(backup, (1_600_000_000, 1_600_000_000))
        overwrite(page, text)
        backup.unlink(missing_ok=True)


@contextmanager
def open_in_vim(page: Path) -> Iterator[None]:
    swap, second = (page.with_name(f".{page.name}.{end}") for end in ("swp", "swx"))
    for file in (swap, second):
        file.touch()
    for file in (second, swap):
        file.unlink()
    swap.write_bytes(b"b0VIM 9.0")
    # May files be made here, and with the page's mode?
    probe = page.with_name("4913")
    probe.touch()
    probe.chmod(0o644)
    probe.unlink()
    yield
    swap.unlink()


def overwrite(page: Path, text: str) -> None:
    descriptor = os.open(page, os.O_WRONLY | os.O_CREAT, 0o644)
    try:
        os.ftruncate(descriptor, 0)
        os.write(descriptor, text.encode())
        os.fsync(descriptor)
        os.fchmod(descriptor, 0o644)
    finally:
        os.close(descriptor)


def by_swap(page: Path, text: str) -> None:
    temporary = page.with_name(f".{page.name}.tmp")
    temporary.write_text(text)
    temporary.replace(page)


def by_syncthing(page: Path, text: str) -> None:
    temporary = page.with_name(f".syncthing.{page.name}.tmp")
    temporary.write_text(text)
    # The other machine's time.
    os.utime(temporary, (1_600_000_000, 1_600_000_000))
    temporary.replace(page)


def from_elsewhere(page: Path, text: str) -> None:
    outside = page.parents[1] / "outside.md"
    outside.write_text(text)
    outside.replace(page)


@pytest.mark.parametrize(
    "save",
    [
        in_place,
        in_two_steps,
        in_many_steps,
        by_vim,
        by_vim_with_a_copy,
        by_swap,
        by_syncthing,
        from_elsewhere,
    ],
)
@pytest.mark.parametrize("new", [True, False], ids=["a new page", "a page that was there"])
def test_every_way_of_saving_is_one_rewrite_of_that_page(
    shared: tuple[Lab, Watching], save: Callable[[Path, str], None], new: bool
) -> None:
    lab, watching = shared
    page = lab.vault / f"{save.__name__} {new}.md"
    if not new:
        page.write_text("nothing of ours\n")
        watching.settle()
    since = watching.mark

    save(page, block())
    watching.until("changed", since, page=page.name)
    watching.settle()

    assert watching.changed(since) == [page.name]
    assert "Sign-up form" in page.read_text()
    assert not watching.complaints


def test_autosave_while_typing_is_one_rewrite_at_the_end(lab: Lab) -> None:
    # Long enough that no busy machine makes a pause of it between two saves.
    lab.set(SETTINGS.replace("100", "2_000"))
    with lab.watching() as watching:
        for length in range(10):
            lab.write("Typed.md", "x" * length + block())
            assert watching.changed() == []
            time.sleep(0.03)
        watching.until("changed", page="Typed.md")
        watching.settle()

        assert watching.changed() == ["Typed.md"]


def test_what_does_not_change_a_block_is_not_rewritten(shared: tuple[Lab, Watching]) -> None:
    lab, watching = shared
    done = (lab.vault / "First.md").read_text()
    since = watching.mark

    (lab.vault / "First.md").write_text(done)
    (lab.vault / "First.md").touch()
    lab.write("Plain.md", "still no block\n")
    lab.write("node_modules/Readme.md")
    lab.write(".obsidian/Notes.md")
    lab.write("Excluded/Page.md")
    lab.write("First.sync-conflict-20261122-120000-ABCDEFG.md")
    watching.settle()

    assert watching.changed(since) == []
    assert lab.shows("Excluded/Page.md", "-->\n\n<!-- /taiga -->")


def test_files_of_editors_and_of_other_programs_cause_nothing(
    shared: tuple[Lab, Watching],
) -> None:
    lab, watching = shared
    since = watching.mark
    others = (
        *(".First.md.swp", ".First.md.swo", ".First.md.un~", "First.md~", "4913"),
        *("#First.md#", ".First.md.kate-swp", "First.md.bak", "First.md.tmp", "First.md.part"),
        *(".~lock.First.md#", "~$First.docx", ".syncthing.First.md.tmp", ".DS_Store"),
        *(".git/COMMIT_EDITMSG", ".git/logs/HEAD.md", ".git/objects/ab/cdef", ".hidden/Page.md"),
        *(".obsidian/workspace.json", ".stversions/First.md", ".trash/First.md", "Excluded/b/P.md"),
    )
    for name in others:
        lab.write(name)
    (lab.vault / ".#First.md").symlink_to("ada@host.4711:1766000000")
    watching.settle()

    assert watching.changed(since) == []
    assert all(lab.shows(name, "-->\n\n<!-- /taiga -->") for name in others)
    (lab.vault / ".#First.md").unlink()
    for folder in (".git", ".hidden", ".stversions", ".trash"):
        shutil.rmtree(lab.vault / folder)


def test_a_git_checkout_of_many_pages_rewrites_each_once(shared: tuple[Lab, Watching]) -> None:
    lab, watching = shared
    names = [f"checkout/{number % 20}/{number}.md" for number in range(300)]
    others = [f"checkout/{number % 20}/plain {number}.md" for number in range(150)]

    def git(*arguments: str) -> None:
        who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.test"]
        subprocess.run(["git", *who, *arguments], cwd=lab.vault, check=True, timeout=300)

    git("init", "-q", "-b", "main")
    git("commit", "-q", "--allow-empty", "-m", "nothing")
    git("checkout", "-q", "-b", "pages")
    staging = lab.program.home / "staging"
    for name in names + others:
        page = staging / name
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(block() if name in names else "plain\n")
    git(f"--work-tree={staging}", "add", "checkout")
    git(f"--work-tree={staging}", "commit", "-q", "-m", "pages")
    git(f"--work-tree={staging}", "checkout", "-q", "main")
    since = watching.mark

    git("checkout", "-q", "pages")
    watching.wait_for(lambda: len(watching.changed(since)) >= len(names))
    watching.settle()

    assert sorted(watching.changed(since)) == sorted(names)
    shutil.rmtree(lab.vault / ".git")
    shutil.rmtree(lab.vault / "checkout")


# Folders


def test_new_folders_and_what_is_in_them(shared: tuple[Lab, Watching]) -> None:
    lab, watching = shared
    since = watching.mark
    for name in ("new/One.md", "new/deep/er/Two.md", "new/deep/Three.md"):
        lab.write(name)
        watching.until("changed", since, page=name)

    assert len(watching.changed(since)) == 3


def test_pages_in_a_folder_that_is_removed_and_made_again(shared: tuple[Lab, Watching]) -> None:
    lab, watching = shared
    for number in range(5):
        since = watching.mark
        lab.write("again/Page.md")
        watching.until("changed", since, page="again/Page.md")
        lab.write(f"again/{number}.md")
        watching.until("changed", since, page=f"again/{number}.md")
        shutil.rmtree(lab.vault / "again")


def test_many_new_folders_beside_one_that_is_not_looked_into(lab: Lab) -> None:
    lab.write("Page.md")
    (lab.vault / ".git").mkdir()
    with lab.watching() as watching:
        watching.until("changed", page="Page.md")
        for number in range(150):
            lab.write(f"{number}/Page.md")
        watching.wait_for(lambda: len(watching.changed()) >= 151)
        saved = [f"{number}/Saved.md" for number in range(0, 150, 5)]
        for name in saved:
            lab.write(name)
        watching.wait_for(lambda: len(watching.changed()) >= 151 + len(saved))
        watching.settle()

        assert max(Counter(watching.changed()).values()) == 1
        assert held_open(watching.pid)["threads"] < 20


FOLDERS = 10_000


def test_ten_thousand_folders_are_watched(lab: Lab) -> None:
    folders = [f"{number // 100}/{number % 100}" for number in range(FOLDERS)]
    for folder in folders:
        (lab.vault / folder).mkdir(parents=True)
    granted = int(Path("/proc/sys/fs/inotify/max_user_watches").read_text())
    with lab.watching() as watching:
        saved = [f"{folder}/Page.md" for folder in folders[:: FOLDERS // 60]]
        for name in saved:
            lab.write(name)
        watching.wait_for(lambda: len(watching.changed()) >= len(saved))
        watching.settle()

        assert sorted(watching.changed()) == sorted(saved)
        polled = any(one["event"] == "files" for one in watching.events)
        assert polled == (granted < FOLDERS)


def test_where_the_system_watches_no_further_folder_files_are_polled(lab: Lab) -> None:
    for number in range(30):
        lab.write(f"{number}/Page.md")
    with lab.watching(impairment="limited") as watching:
        watching.until("files", message="polled, not watched: 31 folders exceed the system's limit")
        watching.wait_for(lambda: len(watching.changed()) >= 30)
        lab.write("29/Saved.md")
        watching.until("changed", page="29/Saved.md")

        assert "31 folders exceed" in lab.watch_status()["polling"]


def test_where_the_systems_limit_is_met_later_files_are_polled_from_then_on(lab: Lab) -> None:
    lab.write("here/Page.md")
    with lab.watching(impairment="limited") as watching:
        watching.until("changed", page="here/Page.md")
        assert not any(one["event"] == "files" for one in watching.events)

        for number in range(30):
            lab.write(f"new/{number}/Page.md")
        watching.until("files", message="folders exceed the system's limit")
        watching.wait_for(lambda: len(watching.changed()) >= 31)
        lab.write("new/29/Saved.md")
        watching.until("changed", page="new/29/Saved.md")


def test_on_a_file_system_of_another_machine_files_are_polled(lab: Lab) -> None:
    table = lab.program.home / "mounts"
    table.write_text(f"/dev/sda1 / ext4 rw 0 0\nnas:/notes {lab.vault} nfs4 rw 0 0\n")
    lab.program.env["MOUNTS"] = str(table)
    with lab.watching(impairment="remote") as watching:
        watching.until("files", message="nfs4 does not tell of changes made elsewhere")
        lab.write("new/Page.md")
        watching.until("changed", page="new/Page.md")


def test_a_moved_page_or_folder_is_kept_true_at_its_new_place(
    shared: tuple[Lab, Watching],
) -> None:
    lab, watching = shared
    for name in ("move/One.md", "move/sub/Two.md"):
        lab.write(name)
        watching.until("changed", page=name)
    since = watching.mark

    (lab.vault / "move/One.md").rename(lab.vault / "Moved.md")
    (lab.vault / "move/sub").rename(lab.vault / "moved")
    watching.settle()
    assert watching.changed(since) == []

    for name in ("Moved.md", "moved/Two.md"):
        page = lab.vault / name
        page.write_text(page.read_text().replace("Sign-up form", "torn"))
        watching.until("problem", since, page=name)
    shutil.rmtree(lab.vault / "moved")
    (lab.vault / "Moved.md").unlink()


def test_a_deleted_page_is_forgotten(shared: tuple[Lab, Watching]) -> None:
    lab, watching = shared
    lab.write("gone/Page.md")
    watching.until("changed", page="gone/Page.md")
    since = watching.mark

    shutil.rmtree(lab.vault / "gone")
    lab.write("templates/list.md.j2", "{% for row in rows %}{{ row }}{% endfor %}\n")
    watching.until("changed", since, page="First.md")
    (lab.vault / "templates/list.md.j2").unlink()
    watching.settle()

    assert all(one.get("page") != "gone/Page.md" for one in watching.events[since:])


def test_mistakes_in_a_page_are_told_once_and_their_end_as_well(
    shared: tuple[Lab, Watching],
) -> None:
    lab, watching = shared
    since = watching.mark
    lab.write("Wrong.md", block("from userstories where nonsense == 1"))
    told = watching.until("problem", since, page="Wrong.md")
    assert told["kind"] == "QueryError"
    (lab.vault / "Wrong.md").touch()
    watching.settle()
    assert sum(one["event"] == "problem" for one in watching.events[since:]) == 1

    lab.write("Wrong.md")
    watching.until("solved", since, page="Wrong.md")


def test_a_page_that_can_not_be_read_is_told_and_left(shared: tuple[Lab, Watching]) -> None:
    lab, watching = shared
    since = watching.mark
    text = block().encode() + b"\xff\n"
    (lab.vault / "Latin.md").write_bytes(text)

    told = watching.until("problem", since, page="Latin.md")

    assert "not UTF-8" in told["message"]
    assert (lab.vault / "Latin.md").read_bytes() == text
    (lab.vault / "Latin.md").unlink()


# Templates and settings


def test_a_template_is_used_from_when_it_is_saved(lab: Lab) -> None:
    lab.write("Page.md")
    lab.write("Other.md", "no block\n")
    template = "{% for row in rows %}- NAME {{ row }}\n{% endfor %}"
    with lab.watching() as watching:
        watching.until("changed", page="Page.md")

        for name in ("One", "Two"):
            since = watching.mark
            lab.write("templates/list.md.j2", template.replace("NAME", name))
            watching.until("changed", since, page="Page.md")
            assert lab.shows("Page.md", f"- {name} Sign-up form")

        since = watching.mark
        (lab.vault / "templates/list.md.j2").unlink()
        watching.until("changed", since, page="Page.md")
        assert lab.shows("Page.md", "\n- Sign-up form")
        assert not watching.complaints


def test_settings_are_read_again_and_wrong_ones_are_not_used(lab: Lab) -> None:
    lab.write("Page.md", block("from presets.mine select subject template list"))
    mine = SETTINGS + '[presets]\nmine = "from userstories where ref {op} {ref}"\n'
    lab.set(mine.replace("{op}", ">").replace("{ref}", "0"))
    with lab.watching() as watching:
        watching.until("changed", page="Page.md")
        assert lab.shows("Page.md", "Sign-up form")

        since = watching.mark
        lab.set(mine.replace("{op}", "<").replace("{ref}", "0"))
        watching.until("settings", since, message="read again")
        watching.until("changed", since, page="Page.md")
        assert not lab.shows("Page.md", "Sign-up form")

        since = watching.mark
        lab.set("projekt = 1\n")
        told = watching.until("settings", since, message="the old settings stay")
        assert told["bad"]
        assert "projekt" in told["message"]
        watching.settle()

        since = watching.mark
        (lab.vault / "taiga-notes.toml").unlink()
        watching.until("settings", since, message="there is no taiga-notes.toml")

        since = watching.mark
        lab.set(mine.replace("{op}", ">").replace("{ref}", "0"))
        watching.until("changed", since, page="Page.md")
        since = watching.mark
        watching.process.send_signal(signal.SIGHUP)
        watching.until("settings", since, message="read again")
        assert watching.process.poll() is None


# Taiga


def test_what_changes_in_taiga_is_polled_for(tmp_path: Path) -> None:
    lab = Lab(tmp_path, every="100ms")
    lab.write("Page.md")
    lab.write("Other.md", block("from issues select subject template list"))
    lab.write("Plain.md", "nothing of ours\n")
    with serve(lab.taiga) as server:
        lab.log_in(server)
        with lab.watching() as watching:
            watching.until("changed", page="Page.md")
            watching.until("changed", page="Other.md")
            for number in range(3):
                since = watching.mark
                lab.taiga.edit(lab.story, subject=f"Changed {number}")
                watching.until("changed", since, page="Page.md")
                assert lab.shows("Page.md", f"Changed {number}")
            assert watching.changed().count("Other.md") == 1
            assert not watching.complaints


def test_taiga_is_asked_ever_more_rarely_while_nothing_happens(tmp_path: Path) -> None:
    lab = Lab(tmp_path, every="100ms")
    lab.write("Page.md")
    with serve(lab.taiga) as server:
        lab.log_in(server)
        with lab.watching() as watching:
            watching.until("changed", page="Page.md")
            watching.wait_for(lambda: pause(watching) > 0.35)  # four times as long, more or less
            assert pause(watching) < 60


def pause(watching: Watching) -> float:
    """Seconds between the last look at Taiga and the next one, as `status` reads it."""
    watch = watching.said_of_itself()
    seconds: float = watch["next_look"] - (watch["looked"] or watch["next_look"])
    return seconds


def test_only_pages_that_ask_for_what_changed_are_opened(tmp_path: Path) -> None:
    lab = Lab(tmp_path, every="100ms")
    page = lab.write("Page.md")
    plain = lab.write("Plain.md", "nothing of ours\n")
    issues = lab.write("Issues.md", block("from issues select subject template list"))
    with serve(lab.taiga) as server:
        lab.log_in(server)
        with lab.watching() as watching:
            watching.until("changed", page="Issues.md")
            for one in (page, plain, issues):
                os.utime(one, (1, 1))
            watching.settle()
            # An access later than the last change shows (relatime).
            read = {one: one.stat().st_atime_ns for one in (plain, issues)}
            lab.taiga.edit(lab.story, subject="Changed")
            watching.until("changed", page="Page.md")

            assert {one: one.stat().st_atime_ns for one in (plain, issues)} == read


def test_a_webhook_brings_the_change_at_once(shared: tuple[Lab, Watching]) -> None:
    lab, watching = shared
    address = watching.started["webhook"]
    done = lab.program("webhook", "add", f"http://{address}/", "--project", "acme")
    assert done.status == 0, done.err
    since = watching.mark
    # The key that was made is known to a watch that begins, or reads its settings again.
    watching.process.send_signal(signal.SIGHUP)
    watching.until("settings", since, message="read again")
    since = watching.mark

    lab.taiga.edit(lab.story, subject="Changed by hook")

    watching.until("webhook", since, message="1 delivery for acme")
    watching.until("changed", since, page="First.md")
    assert lab.shows("First.md", "Changed by hook")
    assert lab.taiga.deliveries[-1].status == 202
    number = next(iter(lab.taiga.webhooks))
    lab.program("webhook", "remove", str(number), "--project", "acme")
    lab.taiga.edit(lab.story, subject="Sign-up form")


def test_a_burst_of_a_thousand_deliveries_costs_one_look(shared: tuple[Lab, Watching]) -> None:
    lab, watching = shared
    address = watching.started["webhook"]
    watching.settle()
    since = watching.mark
    lab.taiga.edit(lab.story, subject="Changed in a burst")
    lab.taiga.log.clear()
    begun = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda number: delivered(address, number), range(1000)))
    took = time.monotonic() - begun

    assert statuses == [202] * 1000
    watching.until("changed", since, page="First.md")
    watching.wait_for(lambda: deliveries_told(watching, since) == 1000)
    watching.settle()

    # A burst that does not end is no reason to wait for ever.
    assert len(lab.taiga.log.lines("/projects/by_slug")) <= 1 + took // HINT_PATIENCE
    assert max(Counter(watching.changed(since)).values()) == 1
    lab.taiga.edit(lab.story, subject="Sign-up form")


def deliveries_told(watching: Watching, since: int) -> int:
    told = [one["message"] for one in watching.events[since:] if one["event"] == "webhook"]
    return sum(int(message.split()[1]) for message in told)


def test_of_taiga_nothing_is_asked_twice(shared: tuple[Lab, Watching]) -> None:
    lab, watching = shared
    for number, subject in enumerate(("", "Asked for once"), 5000):
        if subject:
            lab.taiga.edit(lab.story, subject=subject)
        lab.taiga.log.clear()
        assert delivered(watching.started["webhook"], number) == 202
        watching.wait_for(lambda: bool(lab.taiga.log.lines("/userstories")))
        watching.settle()

        asked = [(entry.path, entry.query) for entry in lab.taiga.log.entries("")]
        assert len(asked) == len(set(asked)), asked
    lab.taiga.edit(lab.story, subject="Sign-up form")


def test_deliveries_are_answered_at_once_whatever_the_vault_is_doing(lab: Lab) -> None:
    for number in range(200):
        lab.write(f"many/{number}.md", block() * 3)
    lab.write("First.md")
    with lab.watching("--webhook", "127.0.0.1:0") as watching:
        watching.until("changed", page="many/")
        for number in range(30):
            assert delivered(watching.started["webhook"], number) == 202
        assert len(watching.changed()) < 201, "all was done before"
        watching.wait_for(lambda: len(watching.changed()) >= 201)


def test_requests_that_are_no_deliveries_do_nothing_and_block_nobody(
    lab: Lab,
) -> None:
    lab.write("Page.md")
    with lab.watching("--webhook", "127.0.0.1:0") as watching, ExitStack() as open_:
        address = watching.started["webhook"]
        host, _, port = address.rpartition(":")
        watching.until("changed", page="Page.md")
        watching.settle()
        lab.taiga.log.clear()
        slow = [open_.enter_context(socket.create_connection((host, int(port)))) for _ in range(20)]
        for client in slow:
            client.sendall(b"POST / HTTP/1.1\r\n")
        body, headers = signed({"type": "userstory"}, KEY)
        statuses = [
            posted(address, body, {}),
            posted(address, body, signed({"type": "userstory"}, "guessed key")[1]),
            posted(address, body.replace(b"story", b"st0ry"), headers),
            posted(address, b"", headers | {"Content-Length": "600000"}),
            posted(address, b"", headers, method="GET"),
            posted(address, *signed({"odd": True}, KEY)),
            posted(address, *signed({"type": "test"}, KEY)),
        ]
        told = watching.until("webhook", message="refused requests")
        watching.settle()
        assert statuses == [401, 403, 403, 413, 405, 400, 200]
        assert (told["bad"], lab.taiga.log.entries("")) == (True, [])

        lab.taiga.edit(lab.story, subject="Still listening")
        assert delivered(address, 1) == 202
        assert delivered(address, 1) == 200
        watching.until("changed", watching.mark, page="Page.md")
        assert not watching.complaints


def posted(address: str, body: bytes, headers: dict[str, str], *, method: str = "POST") -> int:
    """The status of an answer."""
    with closing(http.client.HTTPConnection(address, timeout=120)) as connection:
        connection.request(method, "/", body, headers)
        return connection.getresponse().status


def delivered(address: str, number: int) -> int:
    """The status of an answer to a delivery."""
    moment = f"2026-11-22T04:06:07.{number % 1000:03}Z"
    data = {"action": "change", "type": "userstory", "date": moment, "data": {"id": number}}
    return posted(address, *signed(data, KEY))


# Signals


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_signals_end_it_at_once_whatever_taiga_does(lab: Lab, number: int, status: int) -> None:
    lab.write("Page.md")
    lab.taiga.faults.add("slow start", times=None, seconds=600)
    with Watching(lab.program) as watching:
        watching.wait_for(lambda: lab.taiga.faults.met > 0)

        ended, took = watching.stop(number)

        assert (ended, watching.complaints) == (status, "")
        assert took < 300, "it does not wait for the answer"
        lab.taiga.faults.clear()


def test_signals_leave_every_page_whole(lab: Lab) -> None:
    lab.write("First.md")
    with lab.watching() as watching:
        watching.until("changed", page="First.md")
        pages = [lab.write(f"many/{number}.md") for number in range(1000)]
        watching.until("changed", page="many/")
        status, _ = watching.stop()

    done = sum("Sign-up form" in page.read_text() for page in pages)
    assert status == 0
    assert 0 < done < len(pages)
    assert all(page.read_text().endswith("\nand more\n") for page in pages)
    assert not list(lab.vault.rglob(".*tmp"))


# Faults


def test_a_server_that_is_gone_for_a_while_makes_no_page_worse(tmp_path: Path) -> None:
    lab = Lab(tmp_path, every="100ms")
    lab.write("Page.md")
    with ExitStack() as running:
        server = running.enter_context(serve(lab.taiga))
        lab.log_in(server)
        with lab.watching() as watching:
            watching.until("changed", page="Page.md")
            text = (lab.vault / "Page.md").read_text()
            running.close()
            watching.until("taiga", message="can't be reached")
            since = watching.mark
            lab.taiga.edit(lab.story, subject="Changed meanwhile")
            lab.write("New.md")
            watching.until("changed", since, page="New.md")  # from the store
            assert (lab.vault / "Page.md").read_text() == text

            running.enter_context(serve(lab.taiga, server.server_address[1]))
            watching.until("taiga", since, message="can be reached again")
            watching.until("changed", since, page="Page.md")
            assert lab.shows("Page.md", "Changed meanwhile")
            assert sum(one["event"] == "taiga" for one in watching.events) == 2
            assert not watching.complaints


def test_a_server_that_fails_is_waited_for_and_saves_go_on(tmp_path: Path) -> None:
    faults = {"throttled": {"seconds": 3600}, "error": {}, "reset": {}, "html": {}}
    lab = Lab(tmp_path, every="100ms")
    lab.write("Page.md")
    with serve(lab.taiga) as server:
        lab.log_in(server)
        with lab.watching() as watching:
            watching.until("changed", page="Page.md")
            for fault, options in faults.items():
                since = watching.mark
                lab.taiga.faults.add(fault, times=None, **options)
                watching.until("taiga", since, bad=True)
                watching.wait_for(lambda: pause(watching) > 0.7)  # ever longer: 0.2, 0.4, 0.8
                since = watching.mark
                lab.write(f"{fault}.md")
                watching.until("changed", since, page=f"{fault}.md")
                lab.taiga.faults.clear()
                lab.taiga.edit(lab.story, subject=f"Changed after {fault}")
                watching.until("taiga", since, bad=False)
                watching.wait_for(lambda: lab.shows("Page.md", lab.story.subject))
            assert not watching.complaints


def test_who_is_shut_out_had_reached_taiga_all_the_time(tmp_path: Path) -> None:
    lab = Lab(tmp_path, every="100ms")
    lab.taiga.make_public(lab.project)
    lab.write("Page.md")
    with serve(lab.taiga) as server:
        lab.program.env["TAIGA_NOTES_API"] = server.url
        lab.program.configure("anonymous = true\n")
        with lab.watching() as watching:
            watching.until("changed", page="Page.md")
            text = (lab.vault / "Page.md").read_text()
            for _ in range(2):
                since = watching.mark
                lab.taiga.make_private(lab.project)
                shut = watching.until("taiga", since, bad=True)
                watching.wait_for(lambda: pause(watching) > 0.7)  # ever longer, as above
                lab.taiga.make_public(lab.project)
                again = watching.until("taiga", since, bad=False)
                assert "shows this to an account only" in shut["message"]
                assert again["message"] == "Taiga shows again what pages ask for"
            assert (lab.vault / "Page.md").read_text() == text
            assert not any("reached" in one.get("message", "") for one in watching.events)
            assert not watching.complaints


def test_an_expired_token_is_renewed(tmp_path: Path) -> None:
    lab = Lab(tmp_path, every="100ms")
    lab.taiga.settings.access_seconds = 1
    lab.write("Page.md")
    with serve(lab.taiga) as server:
        lab.log_in(server)
        with lab.watching() as watching:
            watching.until("changed", page="Page.md")
            watching.wait_for(lambda: len(lab.taiga.log.lines("/auth/refresh")) > 1)
            lab.taiga.edit(lab.story, subject="Changed")
            watching.until("changed", watching.mark, page="Page.md")
            assert not [one for one in watching.events if one["bad"]]


def test_a_store_that_is_locked_is_waited_for(tmp_path: Path) -> None:
    lab = Lab(tmp_path, every="100ms")
    lab.write("Page.md")
    with serve(lab.taiga) as server:
        lab.log_in(server)
        with lab.watching() as watching:
            watching.until("changed", page="Page.md")
            (file,) = (lab.program.home / "cache").rglob("*.sqlite")
            store = sqlite3.connect(file, isolation_level=None)
            store.execute("begin immediate")
            since = watching.mark
            lab.taiga.edit(lab.story, subject="Changed")
            lab.write("New.md")
            watching.until("changed", since, page="New.md")
            store.execute("rollback")
            store.close()
            watching.until("changed", since, page="Page.md")


def test_a_store_that_can_not_be_used_is_tried_again(tmp_path: Path) -> None:
    lab = Lab(tmp_path, every="100ms")
    lab.write("Page.md")
    in_the_way = lab.program.home / "cache"
    in_the_way.write_text("")
    with serve(lab.taiga) as server:
        lab.log_in(server)
        with lab.watching() as watching:
            watching.until("taiga", message="can't be used (Not a directory)")
            watching.until("taiga", message="without a store no page can be kept true")
            in_the_way.unlink()
            watching.until("changed", page="Page.md")


def test_other_commands_leave_a_watch_its_store(tmp_path: Path) -> None:
    lab = Lab(tmp_path, every="100ms")
    lab.write("Page.md")
    with serve(lab.taiga) as server:
        lab.log_in(server)
        with lab.watching() as watching:
            watching.until("changed", page="Page.md")
            for number in range(3):
                for command in ("status", "render"):
                    assert lab.program(command).status == 0
                since = watching.mark
                lab.taiga.edit(lab.story, subject=f"Changed {number}")
                watching.until("changed", since, page="Page.md")
            assert not [one for one in watching.events if one["bad"]]


def test_a_vault_that_another_process_writes_is_waited_for(lab: Lab) -> None:
    lab.write("Page.md")
    with lab.watching() as watching:
        watching.until("changed", page="Page.md")
        since = watching.mark
        folder = vault_home(lab.program.home / "state" / "taiga-notes", str(lab.vault))
        with Lock(f"{folder}/lock", 5):
            lab.write("New.md")
            watching.until("problem", since, message="is writing this vault")
            lab.write("Other.md")
        watching.until("changed", since, page="New.md")
        watching.until("changed", since, page="Other.md")
        assert sum(one["event"] == "problem" for one in watching.events[since:]) == 1


def test_a_crash_of_one_refresh_does_not_end_the_watch(lab: Lab) -> None:
    lab.write("Page.md")
    lab.write("Crash.md")
    with lab.watching(impairment="crashing") as watching:
        told = watching.until("mistake", page="Crash.md")
        assert "a mistake in taiga-notes itself: ZeroDivisionError: by zero" in told["message"]
        watching.until("changed", page="Page.md")

        since = watching.mark
        lab.write("Crash.md")
        lab.write("New.md")
        watching.until("mistake", since, page="Crash.md")
        watching.until("changed", since, page="New.md")
        assert "Traceback" not in watching.complaints


@pytest.mark.parametrize("leaves", ["nothing", "an empty folder"])
def test_a_vault_that_is_unmounted_and_comes_back(lab: Lab, leaves: str) -> None:
    lab.write("Page.md")
    away = lab.vault.with_name("away")
    with lab.watching() as watching:
        watching.until("changed", page="Page.md")
        since = watching.mark

        lab.vault.rename(away)
        if leaves == "an empty folder":
            lab.vault.mkdir()
        watching.until("vault", since, message="is gone")
        (away / "New.md").write_text(block())
        if leaves == "an empty folder":
            lab.vault.rmdir()
        away.rename(lab.vault)
        watching.until("vault", since, message="is back")
        watching.until("changed", since, page="New.md")

        since = watching.mark
        lab.write("Later.md")
        watching.until("changed", since, page="Later.md")
        assert watching.changed(since) == ["Later.md"]
        assert not watching.complaints


def test_a_vault_that_is_removed_and_made_anew(lab: Lab) -> None:
    """As by `git checkout`, or by a backup put back: the working folder is gone for good."""
    lab.write("Page.md")
    kept = lab.vault.with_name("kept")
    with lab.watching() as watching:
        watching.until("changed", page="Page.md")
        shutil.copytree(lab.vault, kept)
        since = watching.mark

        shutil.rmtree(lab.vault)
        watching.until("vault", since, message="is gone")
        shutil.copytree(kept, lab.vault)
        watching.until("vault", since, message="is back")
        lab.set('exclude = ["Out.md"]\n' + SETTINGS)
        watching.until("settings", since, message="read again")
        lab.write("Out.md")
        lab.write("Later.md")
        watching.until("changed", since, page="Later.md")
        assert watching.changed(since) == ["Later.md"]
        assert not watching.complaints


# Living with it


def test_a_vault_is_watched_by_one_at_a_time(shared: tuple[Lab, Watching]) -> None:
    lab, watching = shared

    done = lab.program("watch")

    assert done.status == 2
    assert f"watched already, by process {watching.pid}" in done.err


def test_status_tells_of_the_watch_while_it_runs(lab: Lab) -> None:
    lab.write("Page.md")
    with lab.watching("--poll", "--webhook", "127.0.0.1:0") as watching:
        watching.until("changed", page="Page.md")
        watching.wait_for(lambda: "pages with blocks: 1" in lab.program("status").out)
        out = lab.program("status").out
        watch = json.loads(lab.program("status", "--json").out)["watch"]

        assert f"watch    process {watching.pid} since 20" in out
        assert f"polled (as you asked), webhooks received at {watch['webhook']}" in out
        assert watch["looked"] <= time.time() <= watch["next_look"]
        assert (watch["pages"], watch["error"]) == (1, "")

    assert "watch    " not in lab.program("status").out
    assert json.loads(lab.program("status", "--json").out)["watch"] is None


def test_pages_named_are_kept_true_and_no_others(lab: Lab) -> None:
    for name in ("in/One.md", "Two.md", "Three.md"):
        lab.write(name)
    with lab.watching("in", "Two.md") as watching:
        watching.until("changed", page="in/One.md")
        watching.until("changed", page="Two.md")
        lab.write("Three.md")
        lab.write("in/deep/Four.md")
        watching.until("changed", page="in/deep/Four.md")

        assert sorted(watching.changed()) == ["Two.md", "in/One.md", "in/deep/Four.md"]


def test_files_are_polled_where_that_is_asked_for(lab: Lab) -> None:
    lab.write("Page.md")
    with lab.watching("--poll") as watching:
        watching.until("files", message="polled")
        lab.write("new/Page.md")
        watching.until("changed", page="new/Page.md")
        (lab.vault / "new/Page.md").unlink()
        watching.settle()

        assert sorted(watching.changed()) == ["Page.md", "new/Page.md"]


EVENTS = 20
"""Of each kind in an hour."""


def test_an_hour_of_events_leaves_memory_descriptors_and_threads_as_they_were(
    tmp_path: Path,
) -> None:
    lab = Lab(tmp_path, every="100ms")
    for number in range(EVENTS):
        lab.write(f"pages/{number}.md")
    with ExitStack() as running:
        server = running.enter_context(serve(lab.taiga))
        lab.log_in(server)
        watching = running.enter_context(lab.watching("--webhook", "127.0.0.1:0"))
        address = watching.started["webhook"]
        for hour in range(2):  # these fill what is kept at hand
            an_eventful_hour(lab, watching, address, hour)
        usual, memory = held_for_long(watching.pid), memory_of(watching.pid)
        for hour in range(2, 6):
            an_eventful_hour(lab, watching, address, hour)
            watching.wait_for(
                lambda: held_open(watching.pid) == usual,
                lambda: f"{held_open(watching.pid)}, and before {usual}",
            )

        assert not watching.complaints
        assert memory_of(watching.pid) <= memory + 3_000
        # SQLite keeps the descriptor of a connection that is closed for the next one that is
        # opened: two threads have a connection to write and one to read each, never more.
        assert descriptors(watching.pid)["store"] <= 4


def held_open(pid: int) -> Counter[str]:
    """What a process has at any time of a tenth of a second: threads, and descriptors by kind."""
    samples = []
    for _ in range(10):
        threads = sum(1 for _ in Path(f"/proc/{pid}/task").iterdir())
        samples.append(descriptors(pid) + Counter(threads=threads))
        time.sleep(0.01)
    always = {kind: min(sample[kind] for sample in samples) for kind in samples[0]}
    return Counter({kind: count for kind, count in always.items() if kind not in STORE and count})


def held_for_long(pid: int) -> Counter[str]:
    """The same, once it has not changed for two seconds."""
    end = time.monotonic() + PATIENCE
    held, since = held_open(pid), time.monotonic()
    while time.monotonic() < since + 2:
        now = held_open(pid)
        if now != held:
            held, since = now, time.monotonic()
        assert since < end, f"never the same for long: {held}"
    return held


STORE = ("store", "store-wal", "store-shm")


def an_eventful_hour(lab: Lab, watching: Watching, address: str, hour: int) -> None:
    """About what happens to a vault in an hour, as fast as it can be told."""
    since = watching.mark
    for number in range(EVENTS):
        lab.write(f"pages/{number}.md", block() + f"hour {hour}\n")
    lab.write(f"new {hour}/deep/Page.md")
    lab.taiga.edit(lab.story, subject=f"Hour {hour}")
    for number in range(EVENTS):
        delivered(address, 100 * hour + number)
    delivered(address, 0)
    lab.write("templates/list.md.j2", "{% for row in rows %}- {{ row }}\n{% endfor %}")
    lab.write("Wrong.md", block(f"from userstories where nonsense_{hour} == 1"))
    watching.until("problem", since, page="Wrong.md")
    watching.until("changed", since, page="deep/Page.md")
    lab.taiga.faults.add("reset", times=2)
    watching.process.send_signal(signal.SIGHUP)
    watching.until("settings", since)
    watching.wait_for(
        lambda: all(lab.shows(f"pages/{n}.md", f"Hour {hour}") for n in range(EVENTS))
    )
    shutil.rmtree(lab.vault / f"new {hour}")
    (lab.vault / "templates/list.md.j2").unlink()
    watching.settle()
    # The connection to Taiga is there again.
    lab.taiga.edit(lab.story, subject=f"Hour {hour} is over")
    watching.wait_for(lambda: lab.shows("pages/0.md", "is over"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.md"], "does not exist"),
        (["--webhook", "127.0.0.1"], "'127.0.0.1' is not a host and a port"),
        (["--webhook", "127.0.0.1:70000"], "'127.0.0.1:70000' is not a host and a port"),
        (["--webhook", "192.0.2.1:8765"], "can't be received at 192.0.2.1:8765"),
        (["--webhook", "nowhere.invalid:8765"], "can't be received at nowhere.invalid:8765"),
        (["--quiet", "--json"], "--json"),
    ],
)
def test_what_can_not_begin_is_told(lab: Lab, arguments: list[str], said: str) -> None:
    done = lab.program("watch", *arguments)

    assert done.status == 2
    assert said in done.err


def test_a_port_in_use_is_told(lab: Lab) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        done = lab.program("watch", "--webhook", address)

    assert done.status == 2
    assert f"can't be received at {address}: Address already in use" in done.err
    assert "choose another port" in done.err


@pytest.mark.parametrize(
    ("key", "said"), [("", "there is no key"), ("short", "the webhook key is too short")]
)
def test_without_a_good_key_no_webhooks_are_received(lab: Lab, key: str, said: str) -> None:
    del lab.program.env["TAIGA_NOTES_WEBHOOK_KEY"]
    lab.program.env |= {"TAIGA_NOTES_WEBHOOK_KEY": key} if key else {}

    done = lab.program("watch", "--webhook", "127.0.0.1:0")

    assert done.status == 2
    assert said in done.err
    assert "`taiga-notes webhook add` makes" in done.err


def test_without_a_vault_there_is_nothing_to_watch(tmp_path: Path) -> None:
    program = Program(tmp_path, tmp_path)

    done = program("watch")

    assert done.status == 2
    assert "taiga-notes init" in done.err


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_it_ends_where_nobody_reads_what_it_tells(lab: Lab, unbuffered: str) -> None:
    lab.program.env["PYTHONUNBUFFERED"] = unbuffered
    lab.write("Page.md")
    process = lab.program.start("watch")
    assert process.stdout is not None
    assert process.stderr is not None
    with process, process.stdout, process.stderr:
        assert "watching" in process.stdout.readline()
        process.stdout.close()
        lab.write("Saved.md")
        assert process.wait(PATIENCE) == 0
        assert process.stderr.read() == ""


def test_output_that_can_not_be_written_is_told(lab: Lab) -> None:
    done = lab.program.command(["sh", "-c", f"{PROGRAM} watch > /dev/full"])

    assert done.status == 2
    assert done.err == "taiga-notes: the output can't be written: No space left on device\n"


def test_people_read_lines_and_with_quiet_only_what_is_wrong(lab: Lab) -> None:
    lab.write("Page.md")
    lab.write("Wrong.md", block("from userstories where nonsense == 1"))
    for arguments, expected in ((), "changed: Page.md\n"), (("--quiet",), ""):
        out, err = lab.program.home / "out", lab.program.home / "err"
        with out.open("w") as told, err.open("w") as wrong:
            process = subprocess.Popen(
                [PROGRAM, "watch", *arguments],
                cwd=lab.vault,
                env=dict(lab.program.environment()),
                stdout=told,
                stderr=wrong,
            )
        end = time.monotonic() + PATIENCE
        while "Wrong.md:3: unknown field" not in err.read_text():
            assert time.monotonic() < end, err.read_text()
            time.sleep(0.02)
        process.terminate()
        assert process.wait(PATIENCE) == 0
        assert expected in out.read_text()
        assert out.read_text() == "" if arguments else True
        assert "^" in err.read_text()
