"""What is remembered of pages saves work, and never hides a change: through the command line."""

from __future__ import annotations

import json
import os
import re
import time
from typing import TYPE_CHECKING

import pytest

from taiga_notes.cli import main
from taiga_notes.cli.opening import logins
from taiga_notes.refresh import fingerprint, page_cache
from taiga_notes.refresh.fingerprint import asker
from taiga_notes.refresh.page_cache import TICK
from taiga_notes.system.files import stamp
from taiga_notes.taiga.source import Taiga as Source
from taiga_notes.vault.journal import JournalEntry, digest
from taiga_notes.vault.vault import Vault
from tests.fake_taiga import Taiga, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from taiga_notes.vault.writer import PageFile
    from tests.fake_taiga.model import Story

pytestmark = pytest.mark.slow

STORIES = [
    {"id": 1, "ref": 11, "subject": "Sign-up", "assigned_to_extra_info": {"username": "ann"}},
    {"id": 2, "ref": 12, "subject": "Search", "assigned_to_extra_info": {"username": "bob"}},
]


def block(query: str) -> str:
    return f"<!-- taiga: {query} -->\n<!-- /taiga -->\n"


class Desk:
    """A user's machine: a vault, a snapshot, and a note of which pages a run reads."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.vault = folder / "vault"
        self.vault.mkdir()
        self.rows: tuple[str, ...] = ("--snapshot", str(folder / "taiga.json"))
        self.read: list[str] = []
        self.status = 0
        self.put("../taiga.json", json.dumps({"userstories": STORIES}))
        self.put("taiga-notes.toml", 'project = "acme"\n')
        patch.chdir(self.vault)
        for name in [*os.environ]:
            if name.startswith(("TAIGA_NOTES_", "XDG_")):
                patch.delenv(name)
        patch.setenv("HOME", str(folder / "home"))
        # Long after all that was written, so that every stamp can be relied on.
        clock = time.time_ns
        patch.setattr(time, "time_ns", lambda: clock() + 10 * TICK)
        read = Vault.read

        def noted(vault: Vault, name: str) -> PageFile:
            self.read.append(name)
            return read(vault, name)

        patch.setattr(Vault, "read", noted)

    def put(self, name: str, text: str) -> Path:
        path = self.vault / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def text(self, name: str) -> str:
        return (self.vault / name).read_text()

    def reads(self, *arguments: str) -> list[str]:
        """The pages that a run has a look into."""
        self.read.clear()
        self.status = main(["render", *arguments, *self.rows])
        return sorted(set(self.read))

    def settle(self) -> None:
        """Render until nothing has to be looked at any more."""
        self.reads()
        self.reads()
        assert self.reads() == []


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(tmp_path, monkeypatch)


@pytest.fixture
def pages(desk: Desk) -> Desk:
    """Three pages, one of which has nothing for us, and all is settled."""
    desk.put("A.md", block("from userstories select subject"))
    desk.put("b/B.md", block("from userstories where assignee == 'ann' template links"))
    desk.put("C.md", "Nothing here.\n")
    desk.settle()
    return desk


# What need not be looked at


def test_pages_that_did_not_change_are_counted_without_a_look(
    pages: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert pages.reads() == []
    assert capsys.readouterr().out == "0 pages changed, 2 unchanged\n"


def test_what_the_whole_vault_taught_counts_for_a_page_and_the_other_way_round(
    pages: Desk,
) -> None:
    assert pages.reads("A.md") == []
    pages.put("A.md", pages.text("A.md") + "\nMore.\n")
    assert pages.reads("A.md") == ["A.md"]
    assert pages.reads() == []


@pytest.mark.parametrize("flag", ["--check", "--diff", "--json", "--force"])
def test_whatever_a_run_is_for_it_need_not_look(
    pages: Desk, flag: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert pages.reads(flag) == []
    assert pages.status == 0
    if flag == "--json":
        document = json.loads(capsys.readouterr().out)
        assert [(page["page"], page["blocks"]) for page in document["pages"]] == [
            ("A.md", 1),
            ("b/B.md", 1),
        ]


def test_a_look_teaches_as_much_as_a_render(desk: Desk) -> None:
    desk.put("A.md", block("from userstories select subject"))
    desk.reads()
    assert desk.reads("--check") == ["A.md"]
    assert desk.reads() == []


def test_who_has_nothing_to_render_does_not_wait_for_others_that_write(pages: Desk) -> None:
    others = Vault(pages.vault, state=pages.folder / "home/.local/state/taiga-notes")
    with others.writing():
        assert pages.reads() == []
    assert pages.status == 0


def test_what_is_remembered_needs_no_page_that_was_rendered(desk: Desk) -> None:
    desk.put("C.md", "Nothing here.\n")
    desk.reads()
    [file] = desk.folder.glob("home/**/vaults/*/pages")
    before = stamp(file.stat())
    desk.reads()
    assert stamp(file.stat()) == before


def test_pages_of_items_are_found_without_a_look(pages: Desk) -> None:
    mirror = '[[mirror]]\nquery = "from userstories{project=\'acme\'}"\nfolder = "stories"\n'
    rows = [{**story, "project_extra_info": {"slug": "acme"}} for story in STORIES]
    pages.put("../taiga.json", json.dumps({"userstories": rows}))
    pages.put("taiga-notes.toml", pages.text("taiga-notes.toml") + mirror)
    pages.put("D.md", block("from links() select note"))
    pages.settle()
    first, second = (pages.vault / "stories" / name for name in ("11 Sign-up.md", "12 Search.md"))
    assert first.exists()
    # A page that moved is looked at, as is what shows where it is; one that is gone is made again.
    first.rename(pages.vault / "Mine.md")
    assert pages.reads() == ["D.md", "Mine.md"]
    assert "[[Mine]]" in pages.text("D.md")
    pages.settle()
    second.unlink()
    pages.reads()
    assert second.exists()
    assert not first.exists()
    # Named alone, a page of an item is seen to as well.
    rows[0]["subject"] = "Sign up"
    pages.put("../taiga.json", json.dumps({"userstories": rows}))
    pages.reads("Mine.md")
    assert 'taiga_subject: "Sign up"' in pages.text("Mine.md")


# What must be looked at


def test_what_a_killed_run_left_is_made_whole_although_nothing_is_to_be_rendered(
    pages: Desk,
) -> None:
    old, new = b"Nothing here.\n", b"Something here.\n"
    others = Vault(pages.vault, state=pages.folder / "home/.local/state/taiga-notes")
    with others.writing() as writer:
        writer.journal().pending.add(JournalEntry("C.md", old, digest(new), after=new))
        writer._cut_short = True
    (pages.vault / "C.md").write_bytes(new[:4] + old[4:])
    assert others.is_unfinished()
    assert pages.reads() == []
    assert pages.text("C.md") == old.decode()
    assert not others.is_unfinished()


def obsidian_says_so(desk: Desk) -> None:
    desk.put(".obsidian/templates.json", '{"folder": "b"}')


def silverbullet_says_so(desk: Desk) -> None:
    (desk.vault / "b").rename(desk.vault / "Library")
    desk.put("CONFIG.md", "```space-lua\n```\n")


@pytest.mark.parametrize("change", [obsidian_says_so, silverbullet_says_so])
def test_a_page_that_was_made_a_template_is_passed_by(
    pages: Desk, change: Callable[[Desk], None], capsys: pytest.CaptureFixture[str]
) -> None:
    change(pages)
    capsys.readouterr()
    for _ in range(2):
        assert "b/B.md" not in pages.reads()
        assert "1 template passed by" in capsys.readouterr().err


def edit(desk: Desk) -> None:
    desk.put("A.md", desk.text("A.md").replace("Sign-up", "By hand"))


def swap_of_equal_size_and_time(desk: Desk) -> None:
    path = desk.vault / "A.md"
    before = path.stat()
    path.write_text(desk.text("A.md").replace("Sign-up", "By hand"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize("change", [edit, swap_of_equal_size_and_time])
def test_a_page_that_was_edited_by_hand_is_told_of_each_time(
    pages: Desk, change: Callable[[Desk], None]
) -> None:
    change(pages)
    for _ in range(3):
        assert pages.reads() == ["A.md"]
        assert pages.status == 3
    assert pages.reads("--force") == ["A.md"]
    assert "Sign-up" in pages.text("A.md")


def own_template(desk: Desk) -> None:
    desk.put("templates/links.md.j2", "{% for row in rows %}! {{ row.subject }}\n{% endfor %}")


def settings(desk: Desk) -> None:
    desk.put("taiga-notes.toml", 'project = "acme"\nweb = "https://other.example"\n')


def user_settings(desk: Desk) -> None:
    desk.put("../home/.config/taiga-notes/config.toml", 'web = "https://own.example"\n')


def rows(desk: Desk) -> None:
    stories = [{**story, "subject": "Other"} for story in STORIES]
    desk.put("../taiga.json", json.dumps({"userstories": stories}))


@pytest.mark.parametrize("change", [own_template, settings, user_settings, rows])
def test_what_decides_what_pages_hold_is_heeded(
    pages: Desk, change: Callable[[Desk], None]
) -> None:
    change(pages)
    assert pages.reads() == ["A.md", "b/B.md"]
    pages.settle()


def test_a_template_that_changes_or_goes_is_heeded(pages: Desk) -> None:
    own_template(pages)
    pages.settle()
    assert "! Sign-up" in pages.text("b/B.md")
    pages.put("templates/links.md.j2", "{% for row in rows %}? {{ row.subject }}\n{% endfor %}")
    pages.reads()
    assert "? Sign-up" in pages.text("b/B.md")
    pages.settle()
    (pages.vault / "templates/links.md.j2").unlink()
    pages.reads()
    assert "#11 Sign-up" in pages.text("b/B.md")


def test_another_file_of_rows_is_heeded(pages: Desk) -> None:
    stories = [{**story, "subject": "Other"} for story in STORIES]
    pages.put("../other.json", json.dumps({"userstories": stories}))
    pages.rows = ("--snapshot", str(pages.folder / "other.json"))
    pages.reads()
    assert "- Other" in pages.text("A.md")


def test_another_project_is_heeded(pages: Desk) -> None:
    assert pages.reads("--project", "7") == ["A.md", "b/B.md"]


def test_the_environment_is_heeded(pages: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAIGA_NOTES_WEB", "https://third.example")
    assert pages.reads() == ["A.md", "b/B.md"]


def test_another_version_of_this_program_is_heeded(
    pages: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = pages.put("../package/refresh/part.py", "")
    monkeypatch.setattr(fingerprint, "__file__", str(part))
    pages.put("taiga-notes.toml", 'project = "acme"\n')
    pages.settle()
    part.write_text("# another\n")
    assert pages.reads() == ["A.md", "b/B.md"]


def test_each_day_is_another(pages: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    today = time.localtime
    monkeypatch.setattr(time, "localtime", lambda _moment: today(time.time() + 86_400))
    assert pages.reads() == ["A.md", "b/B.md"]


def test_a_clock_that_is_set_to_summer_is_heeded(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    zones = ["UTC", "WET-1"]
    seconds = time.time_ns() // 86_400_000_000_000 * 86_400  # at most ten hours on, it is this day
    desk.put("A.md", block(f"os.date('%H:%M', {seconds})"))
    monkeypatch.setattr("taiga_notes.system.clock.seconds", lambda: float(seconds))
    try:
        for zone, shown in zip(zones, ("00:00", "01:00"), strict=True):
            monkeypatch.setenv("TZ", zone)
            time.tzset()
            desk.settle()
            assert shown in desk.text("A.md")
    finally:
        monkeypatch.delenv("TZ")
        time.tzset()


@pytest.mark.parametrize(
    ("toml", "query"),
    [
        ("", "from userstories where now() > '2020' select subject"),
        ("[presets]\nold = \"from userstories where now() > '2020'\"\n", "from presets.old"),
    ],
)
def test_what_depends_on_the_moment_is_looked_at_each_time(
    desk: Desk, toml: str, query: str
) -> None:
    desk.put("taiga-notes.toml", toml)
    desk.put("A.md", block(query))
    desk.reads()
    assert desk.status == 0
    assert [desk.reads(), desk.reads(), desk.reads()] == [["A.md"]] * 3


def test_a_page_that_moved_is_rendered_under_its_new_name(desk: Desk) -> None:
    desk.put("people/ann.md", block("from userstories where assignee == page.name:sub(8)"))
    desk.put("people/bob.md", block("'{{ page.path }}'"))
    desk.settle()
    assert "Sign-up" in desk.text("people/ann.md")
    (desk.vault / "people/ann.md").rename(desk.vault / "people/bob.md")
    assert desk.reads() == ["people/bob.md"]
    assert "Search" in desk.text("people/bob.md")
    (desk.vault / "people").rename(desk.vault / "people2")
    assert desk.reads() == ["people2/bob.md"]


def test_a_page_under_several_names_keeps_the_one_that_it_had(desk: Desk) -> None:
    desk.put("b.md", block("from userstories where 'b' == page.name"))
    desk.settle()
    text = desk.text("b.md")
    assert "Search" in text
    (desk.vault / "a.md").symlink_to("b.md")
    assert desk.reads() == []
    assert desk.text("b.md") == text


def test_a_block_that_fails_is_told_of_each_time(
    desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    desk.put("A.md", block("from userstories select nothing_such"))
    for _ in range(4):
        capsys.readouterr()
        assert desk.reads() == ["A.md"]
        assert desk.status == 3
        assert "nothing_such" in capsys.readouterr().err


def test_a_new_page_is_found_and_one_that_went_is_not_missed(pages: Desk) -> None:
    pages.put("D.md", block("from userstories select ref"))
    assert pages.reads() == ["D.md"]
    (pages.vault / "A.md").unlink()
    pages.settle()


def test_a_page_without_blocks_that_gets_one_is_found(pages: Desk) -> None:
    pages.put("C.md", block("from userstories select ref"))
    assert pages.reads() == ["C.md"]


def test_exclusions_count_at_once(pages: Desk, capsys: pytest.CaptureFixture[str]) -> None:
    pages.put("taiga-notes.toml", 'project = "acme"\nexclude = ["b"]\n')
    assert pages.reads() == ["A.md"]
    pages.reads()
    capsys.readouterr()
    assert pages.reads() == []
    assert "1 unchanged" in capsys.readouterr().out
    pages.put(".gitignore", "A.md\n")
    assert pages.reads() == []
    assert "no page has a block" in capsys.readouterr().out


def test_what_changed_a_moment_ago_may_change_again_unseen(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time_ns() - 10 * TICK  # before all that is written below
    monkeypatch.setattr(time, "time_ns", lambda: now)
    desk.put("A.md", block("from userstories select subject"))
    assert [desk.reads(), desk.reads(), desk.reads()] == [["A.md"]] * 3


@pytest.mark.parametrize(
    "damaged",
    [
        lambda _: b"",
        lambda whole: whole[:-1],
        lambda whole: whole.replace(b'"pages"', b'"PAGES"'),
        lambda whole: whole.replace(b"taiga-notes pages", b"taiga-notes index"),
        lambda whole: whole[:32] + b"[" * 100_000,
    ],
    ids=["empty", "cut", "changed", "of another version", "deep"],
)
def test_a_damaged_file_costs_one_slow_run(pages: Desk, damaged: Callable[[bytes], bytes]) -> None:
    [file] = pages.folder.glob("home/**/vaults/*/pages")
    file.write_bytes(damaged(file.read_bytes()))
    assert pages.reads() == ["A.md", "b/B.md"]
    assert pages.reads() == []


def test_no_secret_is_remembered(pages: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TAIGA_NOTES_TOKEN", "a.secret.token")
    monkeypatch.setenv("TAIGA_NOTES_PASSWORD", "hunter2")
    pages.settle()
    [record] = pages.folder.glob("home/**/vaults/*/pages")
    assert not {b"secret", b"hunter2"} & {*record.read_bytes().replace(b".", b" ").split()}
    assert b"hunter2" not in record.read_bytes()
    assert record.stat().st_mode & 0o777 == 0o600


# Taiga


class Office(Desk):
    """The same, with a Taiga on a socket."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, taiga: Taiga) -> None:
        super().__init__(folder, patch)
        self.rows = ()
        self.taiga = taiga

    def asks(self, *arguments: str) -> list[str]:
        """The requests of a run."""
        self.taiga.log.clear()
        self.reads(*arguments)
        return self.taiga.log.lines()

    def story(self, slug: str) -> Story:
        [project] = [one for one in self.taiga.projects.values() if one.slug == slug]
        found: Story = self.taiga.of_project("userstories", project)[0]
        return found


@pytest.fixture
def office(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """Two pages about two projects and one about oneself, and all is settled."""
    taiga = Taiga()
    office = Office(tmp_path, monkeypatch, taiga)
    ada = taiga.add_user("ada")
    for slug in ("acme", "shop"):
        project = taiga.add_project(slug.title(), owner=ada, slug=slug)
        taiga.add_story(project, f"First of {slug}", assigned_to=ada)
    office.put("A.md", block("from userstories template links"))
    office.put("B.md", block("from userstories{project='shop'} template table"))
    office.put("C.md", block("me.username"))
    office.put("../home/.config/taiga-notes/config.toml", 'max_wait = "0s"\n')
    with serve(taiga) as server:
        monkeypatch.setenv("TAIGA_NOTES_API", server.url)
        monkeypatch.setenv("TAIGA_NOTES_TOKEN", taiga.token(ada))
        office.settle()
        yield office


def test_where_nothing_changed_taiga_is_asked_whether_it_did(office: Office) -> None:
    lines = office.asks()
    assert len(lines) == 4  # two a project
    assert all("page_size=1" in line or "/by_slug" in line for line in lines)
    assert office.read == []


def test_where_taiga_answers_as_it_did_neither_store_nor_client_is_needed(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    monkeypatch.setattr("taiga_notes.taiga.source.Taiga.open", None)
    assert len(office.asks("-v")) == 4
    assert (office.status, office.read) == (0, [])
    told = capsys.readouterr().out.splitlines()
    assert "asked: GET /projects/by_slug?slug=shop" in told
    assert told[-1] == "0 pages changed, 3 unchanged"


def opened(office: Office, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether a run opens the store."""
    taigas: list[object] = []
    begin = Source.begin

    def noted(taiga: Source, *, full: bool = False) -> None:
        taigas.append(taiga)
        begin(taiga, full=full)

    with monkeypatch.context() as patch:
        patch.setattr(Source, "begin", noted)
        office.reads()
    return bool(taigas)


def test_after_ten_minutes_it_is_looked_at_more_closely(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not opened(office, monkeypatch)
    hours_later(1 / 6, monkeypatch)
    assert opened(office, monkeypatch)
    assert not opened(office, monkeypatch)
    hours_later(-1, monkeypatch)
    assert opened(office, monkeypatch)


def test_what_leaves_no_trace_is_read_again_when_it_is_due(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.put("../home/.config/taiga-notes/config.toml", 'full_every = "2m"\n')
    office.put("A.md", block("from userstories select total_voters"))
    office.settle()
    office.taiga.vote(office.story("acme"), office.taiga.add_user("bob"))
    hours_later(1 / 60, monkeypatch)
    assert not opened(office, monkeypatch)
    hours_later(1 / 60, monkeypatch)
    office.reads()
    assert "- 1\n" in office.text("A.md")


def test_lists_that_are_counted_in_turns_wait_no_longer_for_theirs(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.put("D.md", block("from tasks select subject") + block("from issues select subject"))
    office.settle()
    assert not opened(office, monkeypatch)
    hours_later(0.05, monkeypatch)
    assert opened(office, monkeypatch)


def test_who_logs_in_anew_may_be_told_other_things(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.put("../home/.local/state/taiga-notes/login/other.json", "{}")
    assert opened(office, monkeypatch)


def test_where_a_page_changed_taiga_is_asked_but_once(office: Office) -> None:
    office.put("A.md", office.text("A.md") + "\nMore.\n")
    assert len(office.asks()) == 4
    assert office.read == ["A.md"]


def test_where_taiga_answers_otherwise_nothing_is_asked_twice(office: Office) -> None:
    edited(office)
    lines = office.asks()
    assert len(lines) == len({*lines})
    assert office.read == ["B.md"]


def test_a_page_asks_for_its_own_lists_alone(office: Office) -> None:
    assert not any("acme" in line for line in office.asks("B.md"))
    assert office.read == []


def edited(office: Office) -> None:
    office.taiga.edit(office.story("shop"), subject="Changed")


def dragged(office: Office) -> None:
    office.taiga.drag_on_board(office.story("shop"), "In progress")


def renamed(office: Office) -> None:
    office.taiga.rename_status(office.story("shop").status, "Changed")


def deleted(office: Office) -> None:
    office.taiga.delete(office.story("shop"))


@pytest.mark.parametrize("change", [edited, dragged, renamed, deleted])
def test_only_pages_whose_lists_changed_are_looked_at(
    office: Office, change: Callable[[Office], None]
) -> None:
    before = office.text("B.md")
    change(office)
    assert office.reads() == ["B.md"]
    assert office.text("B.md") != before
    office.settle()


def test_a_part_of_the_vault_does_not_hide_what_changed_for_the_rest(office: Office) -> None:
    office.put("D.md", block("from userstories{project='shop'} template links"))
    office.settle()
    edited(office)
    assert office.reads("D.md") == ["D.md"]
    assert office.reads("D.md") == ["D.md"]
    assert office.reads() == ["B.md"]
    assert "Changed" in office.text("B.md")


def test_reading_everything_anew_looks_at_everything(office: Office) -> None:
    assert office.reads("--full") == ["A.md", "B.md"]


def test_another_account_sees_with_its_own_eyes(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAIGA_NOTES_TOKEN", office.taiga.token(office.taiga.add_user("bob")))
    assert office.reads() == ["A.md", "B.md", "C.md"]
    assert "bob" in office.text("C.md")


def test_so_does_another_account_at_another_server(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are told the same of the project."""
    taiga, project = office.taiga, office.story("acme").project
    people = [taiga.add_user(name) for name in ("bob", "eve")]
    for one in people:
        taiga.add_member(project, one, role="Back")
    table = f'[servers.work]\napi = "{os.environ["TAIGA_NOTES_API"]}"\n'
    office.put("../home/.config/taiga-notes/config.toml", f'max_wait = "0s"\n{table}')
    (office.vault / "B.md").unlink()
    office.rows = ("--server", "work", "--project", "acme")
    for one in people:
        monkeypatch.setenv("TAIGA_NOTES_TOKEN_WORK", taiga.token(one))
        office.settle()
        assert one.username in office.text("C.md")


def test_offline_nothing_is_opened_where_the_store_is_as_it_was(
    office: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    office.rows = ("--offline",)
    office.settle()
    capsys.readouterr()
    monkeypatch.setattr("taiga_notes.taiga.source.Taiga.open", None)
    assert office.asks() == []
    assert (office.status, office.read) == (0, [])
    said = capsys.readouterr().out
    assert said.startswith("0 pages changed, 3 unchanged, as of 2")
    assert said.endswith(", offline\n")


def test_offline_the_age_is_told_to_machines_as_well(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    office.rows = ("--offline",)
    office.settle()
    capsys.readouterr()
    assert office.reads("--json") == []
    document = json.loads(capsys.readouterr().out)
    assert document["trouble"] == "offline"
    assert document["as_of"]


def test_offline_what_another_run_has_stored_is_seen(office: Office) -> None:
    office.rows = ("--offline",)
    office.settle()
    office.rows = ()
    edited(office)
    assert office.reads("--check") == ["B.md"]
    office.rows = ("--offline",)
    assert office.reads("B.md") == ["B.md"]
    assert "Changed" in office.text("B.md")


def test_offline_another_login_is_seen(office: Office) -> None:
    office.rows = ("--offline",)
    office.settle()
    office.put("../home/.local/state/taiga-notes/login/other.json", "{}")
    # Whose store it is has to be found out anew; it turns out to be the same.
    assert office.reads() == []
    assert office.read == []


def test_a_taiga_that_is_gone_is_told_of_although_nothing_needs_a_look(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    office.taiga.faults.add("unavailable", times=None)
    capsys.readouterr()
    assert office.reads() == []
    assert office.status == 4
    assert "server unreachable" in capsys.readouterr().out


def test_a_project_that_went_private_is_told_of_each_time(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAIGA_NOTES_TOKEN", office.taiga.token(office.taiga.add_user("eve")))
    office.settle()
    office.taiga.make_private(office.story("shop").project)
    for _ in range(3):
        assert office.reads() == ["B.md"]
        assert office.status == 4


# Rows that are young enough


@pytest.fixture
def young(office: Office) -> Office:
    """The same, for a user to whom rows of the last hour are current."""
    office.put("../home/.config/taiga-notes/config.toml", 'max_wait = "0s"\nmax_age = "1h"\n')
    office.settle()
    return office


def hours_later(hours: float, patch: pytest.MonkeyPatch) -> None:
    clock = time.time
    patch.setattr(time, "time", lambda: clock() + 3600 * hours)
    patch.setattr(Source.__init__, "__kwdefaults__", {"full": False, "now": time.time})


def test_where_rows_are_young_nobody_is_asked_and_no_store_is_opened(
    young: Office, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    monkeypatch.setattr("taiga_notes.taiga.source.Taiga.open", None)
    assert young.asks() == []
    assert (young.status, young.read) == (0, [])
    said = capsys.readouterr().out
    assert re.fullmatch(r"0 pages changed, 3 unchanged, as of [-0-9]{10} [:0-9]{5}\n", said)


@pytest.fixture
def watched(young: Office) -> Callable[..., None]:
    """Says when a watch held all pages against Taiga; others have written the store since."""
    [store] = young.folder.glob("home/.cache/**/*.sqlite")
    os.utime(store, (1, 1))
    [pages] = young.folder.glob("home/**/vaults/*/pages")

    def say(moment: object, **other: object) -> None:
        said = {"true_at": moment, "made_at": time.time(), "asker": asker(os.environ, logins())}
        pages.with_name("watch.json").write_text(json.dumps({**said, **other}))

    return say


def test_where_a_watch_has_looked_nobody_else_need(
    young: Office,
    watched: Callable[[object], None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    moment = time.time() - 1_800
    watched(moment)
    capsys.readouterr()
    with monkeypatch.context() as patch:
        patch.setattr("taiga_notes.taiga.source.Taiga.open", None)
        assert young.asks() == []
        assert (young.status, young.read) == (0, [])
        told = time.strftime("%Y-%m-%d %H:%M", time.localtime(moment))
        assert capsys.readouterr().out == f"0 pages changed, 3 unchanged, as of {told}\n"
    # What was saved meanwhile is rendered all the same.
    young.put("A.md", block("from userstories select subject"))
    assert young.reads() == ["A.md"]


@pytest.mark.parametrize("ago", [3_601, -60, None, "now"])
def test_a_watch_that_looked_too_long_ago_or_never_does_not_count(
    young: Office, watched: Callable[[object], None], monkeypatch: pytest.MonkeyPatch, ago: object
) -> None:
    watched(time.time() - ago if isinstance(ago, int) else ago)
    assert opened(young, monkeypatch)


@pytest.mark.parametrize(
    "other",
    [
        {"made_at": 0.0},  # before the settings were changed that we have read
        {"made_at": None},
        {"asker": asker({"TAIGA_NOTES_TOKEN": "another's"}, ())},
        {"asker": asker({}, ["another's.json"])},
    ],
)
def test_a_watch_that_asks_as_another_or_by_older_settings_does_not_count(
    young: Office,
    watched: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    other: dict[str, object],
) -> None:
    watched(time.time() - 1, **other)
    assert opened(young, monkeypatch)


def test_to_whom_no_rows_are_young_a_watch_says_nothing(office: Office) -> None:
    [pages] = office.folder.glob("home/**/vaults/*/pages")
    pages.with_name("watch.json").write_text(json.dumps({"true_at": time.time() - 1}))
    assert office.asks()


def test_a_watch_speaks_for_its_own_project(
    young: Office, watched: Callable[[object], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    young.rows = ("--project", "acme")
    young.reads()
    young.reads()
    watched(time.time() - 1)
    monkeypatch.setattr(page_cache, "_true_at", None)
    young.reads()
    assert young.status == 0


def test_a_page_that_was_saved_is_rendered_from_young_rows(young: Office) -> None:
    young.put("A.md", block("from userstories select subject"))
    assert young.asks() == []
    assert young.read == ["A.md"]
    assert "First of acme" in young.text("A.md")


def test_rows_grow_old(young: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    edited(young)
    assert young.reads() == []
    hours_later(1, monkeypatch)
    assert young.reads() == ["B.md"]
    assert "Changed" in young.text("B.md")


def test_a_list_that_is_young_makes_no_other_one_younger(
    young: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        hours_later(0.5, patch)
        young.put("D.md", block("from issues select count()"))
        young.reads("D.md")
        # What the others rely on is remembered without that list, which comes to it then.
        young.reads("A.md", "B.md", "C.md")
        assert young.reads("D.md") == ["D.md"]
        assert young.reads() == []
    edited(young)
    hours_later(1, monkeypatch)
    assert young.reads() == ["B.md"]


def test_a_clock_that_went_back_makes_nothing_young(
    young: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    hours_later(-2, monkeypatch)
    assert young.asks()


def test_everything_is_asked_for_anew_however_young_it_is(young: Office) -> None:
    edited(young)
    assert young.reads("--full") == ["A.md", "B.md"]
    assert "Changed" in young.text("B.md")


def test_the_age_of_young_rows_is_told_to_machines(
    young: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert young.asks("--json") == []
    document = json.loads(capsys.readouterr().out)
    assert (document["trouble"], document["unchanged"]) == (None, 3)
    assert document["as_of"]


def test_what_was_stored_offline_is_not_called_so_online(
    young: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    young.rows = ("--offline",)
    young.settle()
    young.rows = ()
    capsys.readouterr()
    assert young.asks() == []
    assert "offline" not in capsys.readouterr().out
