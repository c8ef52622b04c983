"""What `Taiga` gives, says and refuses."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from taiga_notes.config.settings import Settings, UserConfig, VaultConfig
from taiga_notes.errors import LoginError, SourceError, UnreachableError
from taiga_notes.model.kinds import ADDED, READABLE, kind_of
from taiga_notes.model.rows import Listing, Table
from taiga_notes.system.paths import Folders
from taiga_notes.taiga.api_list import ApiList
from taiga_notes.taiga.source import Taiga, account_of, store_file
from taiga_notes.taiga.store.stored_rows import StoredRows
from tests.fake_taiga import populate
from tests.tables import each, others_slow
from tests.taiga.shelf import KINDS, START, STORIES, Shelf, answering, of

if TYPE_CHECKING:
    from pathlib import Path

SUBJECT = ("subject",)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "store.sqlite", stories=5)


def whole_lists(lines: list[str]) -> list[str]:
    return [line for line in lines if "page_size=1000" in line]


def subjects(rows: Any) -> list[object]:
    return [row["subject"] for row in rows]


# --- rows, as the query engine sees them


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    shelf = Shelf(tmp_path_factory.mktemp("busy") / "store.sqlite")
    shelf.acme = populate(shelf.fake, stories=40, name="Busy")
    shelf.reading = shelf.acme.owner
    return shelf


@pytest.mark.parametrize("kind", others_slow(KINDS, 2))
def test_rows_of_the_store_are_like_any_other_rows(busy: Shelf, kind: str) -> None:
    table = Table(busy.listed(of(kind)), kind)
    paths: list[tuple[str, ...]] = [(name,) for name in ADDED]
    paths += [tuple(name.split(".")) for name in kind_of(kind).fields]
    paths += [("no_such_field",), ("id", "x"), ("project_extra_info", "x"), ("points", "1")]
    with busy.taiga() as taiga:
        rows = taiga.rows(Listing(kind, "busy"))
        assert rows.kind == kind
        assert len(rows) == len(table)
        assert [rows[index] for index in range(len(rows))] == [*table.items]
        assert rows[-1] == table[-1]
        assert set(rows.names(())) == set(table.names(()))
        for path in paths:
            assert rows.column(path) == table.column(path), path
            assert rows.carries(path) == table.carries(path), path
            assert set(rows.names(path)) == set(table.names(path)), path
        with pytest.raises(IndexError):
            rows[len(rows)]


def test_an_empty_list_has_no_fields(shelf: Shelf) -> None:
    with shelf.taiga() as taiga:
        rows = taiga.rows(of("epics"))
        assert len(rows) == 0
        assert rows.column(SUBJECT) == []
        assert not rows.carries(SUBJECT)
        assert list(rows.names(())) == []


def test_a_field_that_only_a_later_row_has_is_carried(shelf: Shelf) -> None:
    epic = shelf.fake.add_epic(shelf.acme, "Epic")
    for story in shelf.stories[1:3]:
        shelf.fake.relate_epic(epic, story)
    with shelf.taiga() as taiga:
        rows = taiga.rows(Listing("", path=f"/epics/{epic.id}/related_userstories"))
        assert (rows.kind, len(rows)) == ("", 2)
        assert rows.carries(("user_story",))
        assert not rows.carries(("user_story", "id"))
        assert not rows.carries(("url",)), "a list of no known kind is as it came"
        assert set(rows.names(())) == {"epic", "user_story", "order"}


def test_a_field_that_one_row_of_many_has_is_found(shelf: Shelf) -> None:
    strange = [{"id": 1}, {"id": 2, "über": {"a": None}}, {"id": 3, "über": None}]
    with shelf.taiga() as taiga:
        taiga.client.listing = lambda *_, decode, **__: decode(json.dumps(strange).encode())  # type: ignore[method-assign]  # what no Taiga lists
        rows = taiga.rows(Listing("", path="/swimlanes"))
        assert rows.carries(("über",))
        assert rows.carries(("über", "a"))
        assert not rows.carries(("über", "b"))
        assert not rows.carries(("a",))
        assert list(rows.names(())) == ["id", "über"]
        assert list(rows.names(("über",))) == ["a"]


# --- one fetch per list


def test_a_list_is_fetched_once_a_refresh(shelf: Shelf) -> None:
    with shelf.taiga() as taiga:
        first = taiga.rows(STORIES)
        assert len(whole_lists(shelf.asked())) == 1
        for _ in range(5):
            assert taiga.rows(STORIES) is first
        assert shelf.asked() == []
        shelf.fake.edit(shelf.stories[0], subject="Other")
        assert taiga.rows(STORIES).column(SUBJECT)[0] == "Story 0", "as the refresh found it"
        taiga.begin()
        assert taiga.rows(STORIES).column(SUBJECT)[0] == "Other"


def test_rows_are_the_same_object_as_long_as_nothing_changes(shelf: Shelf) -> None:
    with shelf.taiga() as taiga:
        first = taiga.rows(STORIES)
        column = first.column(("tags",))
        stamp = first.stamp
        taiga.begin()
        assert taiga.rows(STORIES) is first
        assert first.column(("tags",)) is column
        shelf.fake.comment(shelf.stories[0], "Well")
        shelf.fake.add_task(shelf.stories[0], "New")
        taiga.begin()
        assert taiga.rows(STORIES) is not first, "a comment counts"
    with shelf.taiga() as taiga:
        known = taiga.rows(STORIES).stamp
    with shelf.taiga() as taiga:
        assert known == taiga.rows(STORIES).stamp != stamp, "also in another process"


def test_rows_of_an_earlier_refresh_can_still_be_asked(shelf: Shelf) -> None:
    with shelf.taiga() as taiga:
        rows = taiga.rows(STORIES)
        assert isinstance(rows, StoredRows)
        taiga.begin()
        assert rows.column(SUBJECT)[0] == "Story 0"
        shelf.fake.edit(shelf.stories[0], subject="Other")
        taiga.begin()
        taiga.rows(STORIES)
        with pytest.raises(SourceError, match="changed while it was read"):
            rows.column(("owner",))
        taiga.rest()
        assert rows.is_let_go, "nothing keeps the store from tidying up"


def test_a_refresh_can_rest_without_being_another_one(shelf: Shelf) -> None:
    with shelf.taiga() as taiga:
        first = taiga.rows(STORIES)
        taiga.rest()
        shelf.asked()
        assert taiga.rows(STORIES) is first
        assert subjects(first)[0] == "Story 0"
        taiga.rest()
        shelf.fake.edit(shelf.stories[0], subject="Other")
        shelf.rows()
        shelf.asked()
        assert subjects(taiga.rows(STORIES))[0] == "Other", "as another process left it"
        assert shelf.asked() == []


@pytest.mark.parametrize(
    "path",
    [
        "/userstories?project=1&status__is_archived=false",
        "/userstories?status__is_archived=false&project=1",
        "/userstories?status__is_archived=fals%65&project=1&page_size=100&page=2",
        "/userstories?project__slug=acme&status__is_archived=false",
        "/userstories?project=9&project=1&status__is_archived=false",
    ],
)
def test_a_path_is_the_list_that_it_means(shelf: Shelf, path: str) -> None:
    shelf.rows(STORIES)
    shelf.asked()
    with shelf.taiga() as taiga:
        rows = taiga.rows(Listing("", path=path))
        assert rows.kind == "userstories"
        assert rows.column(("url",))[0] == "https://tree.example/project/acme/us/1"
    assert whole_lists(shelf.asked()) == []


def test_a_path_without_a_project_is_read_each_time(shelf: Shelf) -> None:
    shelf.fake.add_task(shelf.stories[0], "Draw it")
    listing = Listing("", path=f"/tasks?user_story={shelf.stories[0].id}")
    for _ in range(2):
        assert subjects(shelf.rows(listing)) == ["Draw it"]
    line = f"GET /tasks?user_story={shelf.stories[0].id}&page_size=1000"
    assert shelf.asked() == [line, line]


@each(
    "path",
    [
        "https://evil.example/userstories",
        "//evil.example/userstories",
        "/../admin",
        "/projects/../../admin",
        "/%2e%2e/admin",
        "/userstories/..%2f..%2fadmin",
        "/userstories\\..\\..",
        "/userstories?project=1#x",
        "/userstories?project=1\r\nX-Evil: 1",
        "userstories",
        "@evil.example",
        "/user stories",
        "/",
        "/users/me",
        "/webhooks?project=1",
        "/memberships",
        "/exporter/1",
    ],
)
def test_a_path_that_leads_elsewhere_is_refused(shelf: Shelf, path: str) -> None:
    said = "no path below Taiga's API|none of the lists that a query can read"
    with shelf.taiga() as taiga, pytest.raises(SourceError, match=said):
        taiga.rows(Listing("", path=path))
    assert shelf.asked() == []


@each("path", READABLE)
def test_only_what_is_known_to_be_a_harmless_list_is_asked_for(path: str) -> None:
    assert ApiList.all_of(Listing("", path=path.replace("{id}", "39")))[0].path == path.replace(
        "{id}", "39"
    )
    for other in (f"{path}/1", f"/_{path[1:]}", path.title(), f"{path[:-1]}%{ord(path[-1]):02X}"):
        with pytest.raises(SourceError, match="none of the lists that a query can read"):
            ApiList.all_of(Listing("", path=other))


@each(
    ("text", "sent"),
    [
        ("2026-11-22T10:00:00.957+00:00", "2026-11-22T10:00:00.957+00:00"),
        ("2026-11-22T10:00:00+0100", "2026-11-22T10:00:00+0100"),
        ("2026-11-22T10:00:00%2B00:00", "2026-11-22T10:00:00+00:00"),
        ("2026-11-22+10:00", "2026-11-22 10:00"),
        ("a+b", "a b"),
    ],
)
def test_a_plus_sign_before_a_time_zone_is_meant(text: str, sent: str) -> None:
    """Taiga reads a time with a blank there as midnight, and returns other rows."""
    [asked] = ApiList.all_of(Listing("", path=f"/userstories?modified_date__gte={text}"))
    assert asked.params == (("modified_date__gte", sent),)


def test_stories_of_all_the_world_are_not_fetched(shelf: Shelf) -> None:
    for listing in (Listing("userstories"), STORIES_OF_NONE, Listing("", path="/userstories")):
        with shelf.taiga() as taiga, pytest.raises(SourceError, match="no project is named"):
            taiga.rows(listing)
    assert shelf.asked() == []


STORIES_OF_NONE = Listing("userstories", None, (("status__is_archived", "false"),))


# --- projects and people


def test_projects_are_ones_own(shelf: Shelf) -> None:
    shelf.fake.add_project("Foreign", owner=shelf.fake.add_user("eve"), slug="foreign")
    with shelf.taiga() as taiga:
        rows = taiga.rows(Listing("projects"))
        assert rows.column(("slug",)) == ["acme"]
        assert rows.column(("url",)) == ["https://tree.example/project/acme"]
        assert taiga.rows(Listing("projects", "acme")) is rows
    assert len(shelf.rows(Listing("projects", None, (("is_featured", "false"),)))) == 2


def test_without_an_account_there_are_no_own_projects(shelf: Shelf) -> None:
    shelf.reading = None
    with pytest.raises(SourceError, match="without an account"):
        shelf.rows(Listing("projects"))


def test_me_is_asked_for_once_a_day(shelf: Shelf) -> None:
    for _ in range(3):
        with shelf.taiga() as taiga:
            assert [taiga.me()["username"] for _ in range(2)] == ["ada", "ada"]
    assert shelf.asked() == ["GET /users/me"]
    shelf.time += 90_000
    with shelf.taiga() as taiga:
        taiga.me()
    assert shelf.asked() == ["GET /users/me"]


def test_what_a_project_calls_me_otherwise_is_asked_for_anew(shelf: Shelf) -> None:
    def names() -> list[object]:
        with shelf.taiga() as taiga:
            return [taiga.me()["full_name"], taiga.rows(STORIES).stamp and taiga.me()["full_name"]]

    assert names() == ["Ada", "Ada"]
    names()
    shelf.asked()
    assert names() == ["Ada", "Ada"]
    assert len(shelf.asked()) == 2, "the project's detail and a count, as without it"
    shelf.fake.rename_user(shelf.ada, "Ada King")
    assert names() == ["Ada King", "Ada King"]
    # A project that is not to be seen any more says nothing of who asks.
    names()
    shelf.fake.delete_project(shelf.acme)
    shelf.fake.rename_user(shelf.ada, "Countess")
    with shelf.taiga() as taiga:
        assert taiga.me()["full_name"] == "Countess"
    with shelf.taiga() as taiga:
        assert taiga.me()["full_name"] == "Countess"


def test_reading_everything_anew_asks_for_me_too(shelf: Shelf) -> None:
    for full in (False, True):
        with shelf.taiga(full=full) as taiga:
            taiga.me()
        assert shelf.asked() == ["GET /users/me"]


def test_who_asks_nobody_of_young_rows_asks_nobody_of_me(shelf: Shelf) -> None:
    for _ in range(2):
        with shelf.taiga(max_age=60.0) as taiga:
            taiga.me()
            taiga.rows(STORIES)
    shelf.asked()
    with shelf.taiga(max_age=60.0) as taiga:
        taiga.me()
    assert shelf.asked() == []


def test_nobody_is_me_without_an_account(shelf: Shelf) -> None:
    shelf.reading = None
    with shelf.taiga() as taiga:
        assert taiga.me() == {}
    assert shelf.asked() == []


def test_me_is_known_offline(shelf: Shelf) -> None:
    with shelf.taiga(is_offline=True) as taiga, pytest.raises(UnreachableError):
        taiga.me()
    with shelf.taiga() as taiga:
        taiga.me()
    shelf.time += 90_000
    with shelf.taiga(is_offline=True) as taiga:
        assert taiga.me()["username"] == "ada"
    shelf.fake.faults.add("reset", times=None)
    with shelf.taiga() as taiga:
        assert taiga.me()["username"] == "ada"
        assert taiga.state.trouble == "server unreachable"


def test_a_projects_detail_comes_by_slug_and_by_id(shelf: Shelf) -> None:
    with shelf.taiga() as taiga:
        assert taiga.project("acme") == taiga.project(shelf.acme.id)
    shelf.fake.faults.add("reset", times=None)
    with shelf.taiga() as taiga:
        assert taiga.project("acme")["slug"] == "acme"
        with pytest.raises(UnreachableError):
            taiga.project("other")


def test_a_project_is_the_same_by_id(shelf: Shelf) -> None:
    shelf.rows(STORIES)
    assert shelf.rows(Listing("userstories", shelf.acme.id, STORIES.filters)) == shelf.listed()


@pytest.mark.parametrize("project", ["nowhere", 99, "", "a b"])
def test_an_unknown_project_is_an_error_with_a_remedy(shelf: Shelf, project: Any) -> None:
    with pytest.raises(SourceError, match="there is no project") as caught:
        shelf.rows(Listing("userstories", project))
    assert "right account" in caught.value.hint


@pytest.mark.parametrize(
    "asked",
    [
        Listing("userstories", "nowhere"),
        Listing("issues", ("nowhere", "acme")),
        Listing("userstories", "acme", (("status", "none"),)),
        Listing("", None, path="/users?project=99"),
    ],
)
def test_what_is_refused_is_asked_for_once_a_refresh(shelf: Shelf, asked: Listing) -> None:
    def refused(taiga: Taiga) -> list[str]:
        shelf.fake.log.clear()
        with pytest.raises(SourceError):
            taiga.rows(asked)
        return shelf.fake.log.lines()

    with shelf.taiga() as taiga:
        first = refused(taiga)
        assert first
        assert refused(taiga) == []
        taiga.begin()
        assert refused(taiga) == first


def test_a_foreign_private_project_is_an_error(shelf: Shelf) -> None:
    shelf.fake.make_private(shelf.acme)
    shelf.reading = shelf.fake.add_user("eve")
    for project in ("acme", shelf.acme.id):
        with pytest.raises(SourceError, match="there is no project"):
            shelf.rows(Listing("userstories", project))


def test_a_private_project_wants_a_login(shelf: Shelf) -> None:
    shelf.fake.make_private(shelf.acme)
    shelf.reading = None
    with pytest.raises(LoginError):
        shelf.rows()


def test_a_project_gone_private_is_said_to_be_and_kept(shelf: Shelf) -> None:
    shelf.reading = shelf.fake.add_user("eve")
    kept = shelf.rows()
    shelf.fake.make_private(shelf.acme)
    with pytest.raises(SourceError, match="not visible to this account any more"):
        shelf.rows()
    assert shelf.rows(is_offline=True) == kept


# --- without Taiga


OUTAGES = ["reset", "unavailable", "bad gateway", "gateway timeout", "error", "hang up", "html"]


@pytest.mark.parametrize("fault", [*OUTAGES, "half json", "throttled"])
def test_a_server_that_fails_leaves_the_last_known_state(shelf: Shelf, fault: str) -> None:
    kept = shelf.rows()
    shelf.fake.edit(shelf.stories[0], subject="Unknown to us")
    shelf.fake.faults.add(fault, times=None, seconds=3600)
    with shelf.taiga() as taiga:
        rows = taiga.rows(STORIES)
        assert [rows[index] for index in range(len(rows))] == kept
        said = "throttled by the server" if fault == "throttled" else "server unreachable"
        assert taiga.state.trouble == said
        assert taiga.state.detail
        assert taiga.state.as_of == datetime.fromtimestamp(START + 1, UTC)
        with pytest.raises(UnreachableError):
            taiga.rows(of("tasks"))
        asked = len(shelf.asked())
        for kind in ("issues", "wiki"):
            with pytest.raises(UnreachableError):
                taiga.rows(of(kind))
        assert shelf.asked() == [], f"after {asked} requests it is left in peace"


def test_the_state_speaks_as_a_summary_does(shelf: Shelf) -> None:
    shelf.rows()
    with shelf.taiga(is_offline=True) as taiga:
        assert str(taiga.state) == "offline"
        taiga.rows(STORIES)
        local = datetime.fromtimestamp(START + 1, UTC).astimezone()
        assert str(taiga.state) == f"as of {local:%Y-%m-%d %H:%M}, offline"
    shelf.fake.faults.add("reset", times=None)
    with shelf.taiga() as taiga:
        taiga.rows(STORIES)
        assert str(taiga.state) == f"as of {local:%Y-%m-%d %H:%M}, server unreachable"


def test_all_is_well_has_nothing_to_say(shelf: Shelf) -> None:
    with shelf.taiga() as taiga:
        taiga.rows(STORIES)
        assert (str(taiga.state), taiga.state.trouble, taiga.state.notes) == ("", "", ())


def test_as_of_is_the_age_of_the_oldest_list(shelf: Shelf) -> None:
    shelf.rows(of("tasks"))
    shelf.time += 1_000
    shelf.rows(STORIES)
    with shelf.taiga(is_offline=True) as taiga:
        for listing in (STORIES, of("tasks"), STORIES):
            taiga.rows(listing)
        assert taiga.state.as_of == datetime.fromtimestamp(START + 1, UTC)


def test_offline_asks_nobody(shelf: Shelf) -> None:
    kept = shelf.rows()
    shelf.asked()
    assert shelf.rows(is_offline=True) == kept
    with pytest.raises(UnreachableError, match="not in the store") as caught:
        shelf.rows(of("issues"), is_offline=True)
    assert "--offline" in caught.value.hint
    assert shelf.asked() == []


def test_the_next_refresh_tries_again(shelf: Shelf) -> None:
    shelf.rows()
    shelf.fake.edit(shelf.stories[0], subject="Other")
    with shelf.taiga() as taiga:
        shelf.fake.faults.add("reset", times=None)
        assert subjects(taiga.rows(STORIES))[0] == "Story 0"
        shelf.fake.faults.clear()
        assert subjects(taiga.rows(STORIES))[0] == "Story 0"
        taiga.begin()
        assert subjects(taiga.rows(STORIES))[0] == "Other"
        assert str(taiga.state) == ""


def test_a_list_that_fails_alone_is_its_own_fault(shelf: Shelf) -> None:
    bad = of("userstories", created_date__gte="yesterday")
    with shelf.taiga() as taiga:
        taiga.rows(STORIES)
        with pytest.raises(SourceError, match="500") as caught:
            taiga.rows(bad)
        assert not isinstance(caught.value, UnreachableError)
        assert "date" in caught.value.hint
        assert len(taiga.rows(of("tasks"))) == 0, "the others are not offline for that"
        assert str(taiga.state) == ""


def test_a_filter_that_taiga_refuses_is_an_error(shelf: Shelf) -> None:
    with pytest.raises(SourceError, match="400"):
        shelf.rows(of("userstories", status="abc"))


def test_a_refused_login_is_an_error_and_the_store_is_kept(shelf: Shelf) -> None:
    kept = shelf.rows()
    shelf.fake.deactivate_user(shelf.ada)
    with pytest.raises(LoginError):
        shelf.rows()
    assert shelf.rows(is_offline=True) == kept


def test_a_server_that_dies_halfway_leaves_whole_lists(shelf: Shelf) -> None:
    kept = shelf.rows()
    for story in shelf.stories:
        shelf.fake.drag_on_board(story, "Done")
    shelf.fake.faults.add("reset", times=None, after=3)
    with shelf.taiga() as taiga:
        rows = taiga.rows(STORIES)
        assert [rows[index] for index in range(len(rows))] == kept
    shelf.fake.faults.clear()
    assert shelf.rows() == shelf.listed()


# --- age, status, settings


def test_what_was_checked_just_now_is_not_checked_again(shelf: Shelf) -> None:
    shelf.rows()
    shelf.asked()
    shelf.rows(max_age=30.0)
    assert shelf.asked() == []
    shelf.time += 60
    shelf.rows(max_age=30.0)
    assert len(shelf.asked()) == 2


def test_status_tells_what_there_is(shelf: Shelf) -> None:
    with shelf.taiga() as taiga:
        empty = taiga.status()
        assert (empty.projects, empty.others, empty.error) == ((), (), "")
        taiga.rows(STORIES)
        taiga.rows(Listing("projects"))
    shelf.rows()
    with pytest.raises(SourceError):
        shelf.rows(of("userstories", status="abc"))
    shelf.asked()
    with shelf.taiga(is_offline=True) as taiga:
        status = taiga.status()
    assert shelf.asked() == []
    [project] = status.projects
    assert (project.key, project.number) == ("acme", shelf.acme.id)
    [stories] = project.lists
    assert (stories.kind, stories.count) == ("userstories", 5)
    assert stories.read == datetime.fromtimestamp(START + 1, UTC)
    assert stories.checked == datetime.fromtimestamp(START + 2, UTC)
    [others] = status.others
    assert others.name == f"/projects?member={shelf.ada.id}"
    assert "400" in status.error
    assert status.error_at == datetime.fromtimestamp(START + 3, UTC)
    assert status.file == shelf.file
    assert status.bytes > 0


def test_clear_removes_the_store(shelf: Shelf) -> None:
    assert shelf.file is not None
    with shelf.taiga() as taiga:
        taiga.rows(STORIES)
        taiga.clear()
        assert list(shelf.file.parent.iterdir()) == []
        assert len(taiga.rows(STORIES)) == 5, "and it is begun again"


def test_memory_alone_will_do(tmp_path: Path) -> None:
    shelf = Shelf(None, stories=3)
    with shelf.taiga() as taiga:
        assert len(taiga.rows(STORIES)) == 3
        shelf.fake.add_story(shelf.acme, "New")
        taiga.begin()
        shelf.asked()
        assert len(taiga.rows(STORIES)) == 4
        assert whole_lists(shelf.asked()) == [], "it remembers as long as it lives"
        assert taiga.rows(STORIES).column(("tags",)) == [[], [], [], []]
        assert taiga.status().bytes == 0
        taiga.clear()
    assert list(tmp_path.iterdir()) == []


def test_a_list_tells_what_is_held_of_it_and_what_it_took(shelf: Shelf) -> None:
    with shelf.taiga() as taiga:
        assert taiga.requests == (0, ())
        assert taiga.held(STORIES) is None
        taiga.rows(STORIES)
        held = taiga.held(STORIES)
        count, latest = taiga.requests
    assert held is not None
    assert (held.kind, held.count) == ("userstories", 5)
    assert held.checked == held.read == datetime.fromtimestamp(START + 1, UTC)
    asked = shelf.asked()
    assert (count, [*latest]) == (len(asked), asked)
    with shelf.taiga(is_offline=True) as taiga:
        assert taiga.held(STORIES) == held
        assert taiga.held(of("tasks")) is None
        assert taiga.requests == (0, ())


def user(**fields: Any) -> UserConfig:
    return UserConfig(**{"api": "https://taiga.example/api/v1", **fields})


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    return Folders(tmp_path / "config", tmp_path / "cache", tmp_path / "state")


def test_each_account_has_a_store_of_its_own(folders: Folders) -> None:
    file = folders.config / "config.toml"
    accounts = [
        account_of(user(file=file, **fields), folders.state)
        for fields in (
            {"anonymous": True},
            {"username": "Ada"},
            {"username": "bob"},
            {"token": "abc"},
            {"token": "abd"},
            {"application_token": "xyz"},
            {},
        )
    ]
    assert accounts[0] == ""
    assert accounts[1] == account_of(user(file=file, username="ada"), folders.state)
    assert len(set(accounts)) == 7
    assert not any("abc" in one or "xyz" in one for one in accounts), "no token in a file's name"
    apis = ("https://a.example/api/v1", "https://b.example/api/v1", "https://a.example/other")
    files = {store_file(folders.cache, api, "ada") for api in apis}
    assert len(files) == 3
    assert {one.parent for one in files} == {folders.cache / "store"}


def test_the_account_that_is_logged_in_counts_where_none_is_named(folders: Folders) -> None:
    login = folders.state / "login"
    login.mkdir(parents=True)
    me = user(file=folders.config / "config.toml")
    (login / "a.json").write_text(json.dumps({"api": me.api, "username": "Ada"}))
    assert account_of(me, folders.state) == "ada"


def test_settings_open_a_taiga(folders: Folders, tmp_path: Path) -> None:
    settings = Settings(
        VaultConfig(tmp_path, web="https://vault.example"),
        user(file=folders.config / "config.toml", anonymous=True, timeout=1.0, max_wait=0.0),
    )
    with Taiga.open(settings, folders, offline=True) as taiga:
        assert taiga.me() == {}
        assert taiga.client.api == "https://taiga.example/api/v1"
        with pytest.raises(UnreachableError):
            taiga.rows(STORIES)
    assert [one.name for one in (folders.cache / "store").iterdir()] != []


@pytest.fixture
def connected(shelf: Shelf) -> list[object]:
    made: list[object] = []
    connect = shelf.client

    def client() -> Any:
        made.append(connect())
        return made[-1]

    shelf.client = client  # type: ignore[method-assign]  # counts
    return made


def test_no_connection_is_made_before_it_is_needed(shelf: Shelf, connected: list[object]) -> None:
    shelf.rows()
    assert len(connected) == 1
    shelf.rows(is_offline=True)
    shelf.rows(max_age=60.0)
    with shelf.taiga() as taiga:
        taiga.status()
    assert len(connected) == 1


@pytest.mark.parametrize("data", [[], "text", None, {"name": "no id"}, {"id": "text"}])
def test_an_answer_about_a_project_that_is_none_is_an_error(shelf: Shelf, data: object) -> None:
    with shelf.taiga() as taiga:
        answering(taiga, "/projects/by_slug", data)
        with pytest.raises(SourceError, match="about project 'acme'"):
            taiga.rows(STORIES)


@pytest.mark.parametrize("data", [[], "text", None])
def test_an_answer_about_me_that_is_none_is_an_error(shelf: Shelf, data: object) -> None:
    with shelf.taiga() as taiga:
        answering(taiga, "/users/me", data)
        with pytest.raises(SourceError, match="about you"):
            taiga.me()


@pytest.mark.parametrize("data", [{}, "text", ["text"], None])
def test_a_timeline_that_is_none_means_full_reads(shelf: Shelf, data: object) -> None:
    shelf.rows()
    shelf.fake.drag_on_board(shelf.stories[-1], "Done")
    with shelf.taiga() as taiga:
        answering(taiga, f"/timeline/project/{shelf.acme.id}", data)
        rows = taiga.rows(STORIES)
        assert [rows[index] for index in range(len(rows))] == shelf.listed()


def test_a_start_from_the_store_imports_nothing_of_the_network(shelf: Shelf) -> None:
    shelf.rows()
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from taiga_notes.model.rows import Listing\n"
        "from taiga_notes.taiga.sync.sync_session import SyncPolicy\n"
        "from taiga_notes.taiga.source import Taiga\n"
        "listing = Listing('userstories', 'acme', (('status__is_archived', 'false'),))\n"
        "policy = SyncPolicy('https://tree.example', is_offline=True)\n"
        "with Taiga(lambda: None, file=Path(sys.argv[1]), policy=policy) as taiga:\n"
        "    assert taiga.rows(listing).column(('subject',))\n"
        "    assert taiga.rows(listing)[0]\n"
        "print(*sys.modules)\n"
    )
    command = [sys.executable, "-c", program, str(shelf.file)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    heavy = {"httpx", "ssl", "hashlib", "email.utils", "secrets", "socket"}
    heavy |= {
        f"taiga_notes.taiga.{name}"
        for name in ("http.client", "sync.list_sync", "sync.probe", "store.list_content")
    }
    assert heavy & set(done.stdout.split()) == set()


def test_a_first_fetch_that_is_throttled_goes_on_where_it_was(shelf: Shelf) -> None:
    lists = [of(kind) for kind in KINDS]
    shelf.fake.settings.rates["user-read"] = "7/min"
    came: set[Listing] = set()
    for _ in range(len(lists) + 1):
        shelf.asked()
        with shelf.taiga() as taiga:
            for listing in lists:
                with suppress(UnreachableError):
                    taiga.rows(listing)
                    came.add(listing)
            state = taiga.state
        whole = [line for line in shelf.asked() if "page_size=1000" in line]
        if state.trouble:
            assert state.trouble == "throttled by the server"
            assert "unreachable" not in str(state)
        assert len(whole) <= 3, "what came is not read again"
        shelf.fake.clock.advance(61)
        shelf.time += 61
    assert came == set(lists)
    assert not state.trouble
