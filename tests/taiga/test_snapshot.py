"""Snapshots: rows from a file as from Taiga, and clear words where the file is none."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from taiga_notes.errors import SourceError
from taiga_notes.model.details import DetailRequest, Details
from taiga_notes.model.kinds import ADDED, KINDS, OF_ISSUES
from taiga_notes.model.rows import Listing, Row, Table
from taiga_notes.taiga import snapshot as snapshot_module
from taiga_notes.taiga.snapshot import Snapshot, SnapshotFile, write_snapshot
from tests.tables import each
from tests.taiga.scripted import RECORDINGS

if TYPE_CHECKING:
    from pathlib import Path

WEB = "https://tree.taiga.io"
PROJECT = "lab_owner-lab-mixed"


def _body(name: str) -> Any:
    return json.loads((RECORDINGS / f"{name}.json").read_text(encoding="utf-8"))["response"]["body"]


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    """A snapshot as it would be of the recorded project."""
    lists = {kind: _body(f"{kind}/list") for kind in KINDS if kind != "projects"}
    return {**lists, "projects": [_body("projects/detail")], "me": _body("users_me")}


def _refs(table: Table) -> list[object]:
    return list(table.column(("ref",)))


# --- rows ---


def test_userstories_alone_are_a_snapshot() -> None:
    story = {"id": 1, "ref": 12, "subject": "Sign-up", "project_extra_info": {"slug": "acme"}}
    table = Snapshot({"userstories": [story]}).rows(Listing("userstories"))
    assert table.kind == "userstories"
    assert table[0].items() >= story.items()
    assert set(table[0]) == set(story) | (set(ADDED) - set(OF_ISSUES))
    assert table[0]["url"] == "https://tree.taiga.io/project/acme/us/12"


def test_links_lead_where_the_snapshot_says() -> None:
    story = {"ref": 12, "project_extra_info": {"slug": "acme"}}
    snapshot = Snapshot({"userstories": [story], "web": "https://taiga.example/front/"})
    (url,) = snapshot.rows(Listing("userstories")).column(("url",))
    assert url == "https://taiga.example/front/project/acme/us/12"


@each("kind", KINDS)
def test_each_kind_of_list_can_be_read(recorded: dict[str, Any], kind: str) -> None:
    table = Snapshot(recorded).rows(Listing(kind, PROJECT))
    assert len(table) == len(recorded[kind])
    assert set(table.column(("kind",))) == {kind}
    assert all(str(url).startswith(f"{WEB}/project/") for url in table.column(("url",)))


@each("kind", list(KINDS))
def test_a_column_is_what_the_rows_hold(recorded: dict[str, Any], kind: str) -> None:
    whole = Snapshot(recorded).rows(Listing(kind, PROJECT))
    rows = [whole[place] for place in range(len(whole))]
    looked_at_alone = Snapshot(recorded).rows(Listing(kind, PROJECT))
    for name in {name for row in rows for name in row}:
        assert [*looked_at_alone.column((name,))] == [row.get(name) for row in rows], name
        assert [*looked_at_alone.column_at((name,), (0,))] == [rows[0].get(name)], name


def test_the_project_s_detail_adds_what_rows_lack(recorded: dict[str, Any]) -> None:
    table = Snapshot(recorded).rows(Listing("userstories", PROJECT))
    assert set(table.column(("status_order",))) <= {1, 2, 3, 4, 5, 6}
    assert None not in table.column(("status_order",))


def test_a_list_is_made_once(recorded: dict[str, Any]) -> None:
    snapshot = Snapshot(recorded)
    assert snapshot.rows(Listing("tasks", PROJECT)) is snapshot.rows(Listing("tasks", PROJECT))


def test_archived_stories_are_left_out_where_the_project_tells_which(
    recorded: dict[str, Any],
) -> None:
    without = (("status__is_archived", "false"),)
    everything = Snapshot(recorded).rows(Listing("userstories", PROJECT))
    current = Snapshot(recorded).rows(Listing("userstories", PROJECT, without))
    assert len(everything) - len(current) == 3
    assert "Archived" not in current.column(("status_name",))
    untold = Snapshot({"userstories": recorded["userstories"]})
    assert len(untold.rows(Listing("userstories", None, without))) == len(everything)


@each(
    ("path", "kind", "number"),
    [
        ("/userstories", "userstories", 30),
        ("/userstories?project=14&status__is_archived=false", "userstories", 27),
        (f"/userstories?project__slug={PROJECT}&milestone=17", "userstories", 5),
        ("/tasks?project=14&status__is_closed=true", "tasks", 1),
        ("/wiki?slug=%C3%BCberblick", "wiki", 1),
    ],
)
def test_a_path_reads_the_list_that_it_names(
    recorded: dict[str, Any], path: str, kind: str, number: int
) -> None:
    table = Snapshot(recorded).rows(Listing("", path=path))
    assert (table.kind, len(table)) == (kind, number)


def test_me_is_whoever_made_it(recorded: dict[str, Any]) -> None:
    assert Snapshot(recorded).me()["username"] == "lab_owner"
    assert Snapshot({"userstories": []}).me() == {}


def test_a_project_is_found_by_slug_and_by_id(recorded: dict[str, Any]) -> None:
    snapshot = Snapshot(recorded)
    assert snapshot.project(PROJECT) is snapshot.project(14) is recorded["projects"][0]
    assert snapshot.project("other") is None


# --- whose rows ---


TWO = {
    "userstories": [
        {"ref": 1, "project": 1, "project_extra_info": {"id": 1, "slug": "one"}},
        {"ref": 2, "project": 2, "project_extra_info": {"id": 2, "slug": "two"}},
        {"ref": 3, "project": 2},
        {"ref": 4, "project_extra_info": {"slug": "one"}},
        {"ref": 5},
    ]
}


@pytest.mark.parametrize(
    ("project", "refs"),
    [
        (None, [1, 2, 3, 4, 5]),
        ("one", [1, 3, 4, 5]),  # row 3 does not tell its slug
        (2, [2, 3, 4, 5]),  # row 4 does not tell its id
    ],
)
def test_a_row_that_does_not_name_its_project_belongs_to_every_one(
    project: str | int | None, refs: list[int]
) -> None:
    assert _refs(Snapshot(TWO).rows(Listing("userstories", project))) == refs


@pytest.mark.parametrize(("project", "refs"), [("one", [1, 4, 5]), (2, [2, 3, 5])])
def test_the_list_of_projects_tells_slugs_and_ids_apart(
    project: str | int, refs: list[int]
) -> None:
    projects = [{"id": 1, "slug": "one"}, {"id": 2, "slug": "two"}]
    snapshot = Snapshot({**TWO, "projects": projects})
    assert _refs(snapshot.rows(Listing("userstories", project))) == refs
    assert len(snapshot.rows(Listing("projects", project))) == 2


def test_an_unknown_project_is_no_empty_list() -> None:
    with pytest.raises(SourceError, match=r"holds no project 'three' \(it holds one, two\)"):
        Snapshot(TWO).rows(Listing("userstories", "three"))
    with pytest.raises(SourceError, match=r"holds no project '3' \(it holds 1, 2\)"):
        Snapshot(TWO).rows(Listing("", path="/userstories?project=3"))
    assert len(Snapshot({"userstories": [{"ref": 1}]}).rows(Listing("userstories", "any"))) == 1


def test_of_a_filter_that_a_path_names_twice_the_last_counts_as_it_does_for_taiga() -> None:
    snapshot = Snapshot({"userstories": [{"ref": 1, "status": 1}, {"ref": 2, "status": 2}]})
    path = "/userstories?status=1&page_size=1&status=2"
    assert _refs(snapshot.rows(Listing("", path=path))) == [2]


# --- what is none ---


@each(
    ("data", "message"),
    [
        ([], "s is no JSON object, but a list (it looks like"),
        (None, "s is no JSON object, but null"),
        ("x", "s is no JSON object, but a text"),
        ({}, "s holds none of Taiga's lists (its keys are among userstories, tasks,"),
        ({"stories": []}, "s holds none of Taiga's lists"),
        ({"userstories": {}}, "s: `userstories` is no list, but an object"),
        ({"tasks": None}, "s: `tasks` is no list, but null"),
        ({"tasks": [{}, 3]}, "s: item 2 of `tasks` is no object, but a number"),
        (
            {"tasks": [], "user_stories": []},
            "unknown key 'user_stories' (did you mean `userstories`?)",
        ),
        ({"tasks": [], "Web": ""}, "unknown key 'Web' (did you mean `web`?)"),
        ({"tasks": [], "me": []}, "s: `me` is no object, but a list"),
        ({"tasks": [], "web": "javascript:x"}, "s: `web` is no http address"),
        ({"tasks": [], "web": "https://x\ny"}, "s: `web` is no http address"),
    ],
)
def test_what_is_no_snapshot_is_told_why(data: object, message: str) -> None:
    with pytest.raises(SourceError, match=re.escape(message)):
        Snapshot(data, "s")


def test_other_keys_do_no_harm() -> None:
    Snapshot({"userstories": [], "made_at": "2026-11-22", "comment": "for the demo"})


@pytest.mark.parametrize(
    ("listing", "message"),
    [
        (Listing("tasks"), "the snapshot holds no list of 'tasks' (it holds userstories)"),
        (Listing("", path="/userstories/12"), "'/userstories/12' is none of the lists"),
        (Listing("", path="/users?project=1"), "no list of 'users'"),
        (Listing("userstories", None, (("q", "x"),)), "can't apply Taiga's filter 'q'"),
    ],
)
def test_what_a_snapshot_lacks_is_no_empty_list(listing: Listing, message: str) -> None:
    with pytest.raises(SourceError, match=re.escape(message)):
        Snapshot({"userstories": []}).rows(listing)


def test_a_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "taiga.json"
    file.write_bytes(b'\xef\xbb\xbf{"userstories": [{"subject": "\\ud83d half"}]}')
    assert Snapshot.read(file).rows(Listing("userstories"))[0]["subject"] == "\ufffd half"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"userstories": [\n{"id": 1},\n]}', "is no JSON (line "),
        (b"", "is no JSON (line 1, column 1)"),
        (b"\xff", "is no JSON ("),
        (b"[" * 100_000, "is no JSON ("),
        (b'{"userstories": [NaN]}', "is no JSON ("),
    ],
)
def test_a_file_that_is_no_json_is_told_where(tmp_path: Path, data: bytes, message: str) -> None:
    file = tmp_path / "taiga.json"
    file.write_bytes(data)
    with pytest.raises(SourceError, match=re.escape(f"{file} {message}")):
        Snapshot.read(file)


def test_a_file_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"none\.json can't be read: No such file"):
        Snapshot.read(tmp_path / "none.json")


ANY_ROW = st.dictionaries(
    st.sampled_from(["id", "ref", "project", "project_extra_info", "status", "tags", "milestone"]),
    st.none()
    | st.integers()
    | st.text(max_size=4)
    | st.lists(st.integers(), max_size=2)
    | st.dictionaries(st.sampled_from(["id", "slug"]), st.integers() | st.lists(st.text())),
)


@given(
    stories=st.lists(ANY_ROW, max_size=4),
    projects=st.lists(ANY_ROW, max_size=2),
    project=st.none() | st.integers() | st.text(max_size=4),
)
def test_whatever_rows_hold_they_are_listed_or_refused(
    stories: list[Row], projects: list[Row], project: str | int | None
) -> None:
    snapshot = Snapshot({"userstories": stories, "projects": projects})
    try:
        table = snapshot.rows(Listing("userstories", project, (("status__is_archived", "false"),)))
    except SourceError:
        return
    assert len(table) <= len(stories)


# --- writing ---


def test_a_snapshot_of_a_snapshot_is_the_same_to_the_byte(recorded: dict[str, Any]) -> None:
    once = write_snapshot(Snapshot(recorded), [PROJECT], WEB)
    again = write_snapshot(Snapshot(json.loads(once)), [14], WEB)
    assert once == again
    assert once.endswith("}\n")


def test_a_written_snapshot_has_everything_but_what_is_added(recorded: dict[str, Any]) -> None:
    written = json.loads(write_snapshot(Snapshot(recorded), [PROJECT], WEB))
    assert written["web"] == WEB
    for kind in KINDS:
        rows = recorded[kind]
        assert [set(row) for row in written[kind]] == [set(row) for row in rows]
    story, theirs = written["userstories"][0], recorded["userstories"][0]
    assert {key: value for key, value in story.items() if value != theirs[key]}.keys() <= {
        *("owner_extra_info", "assigned_to_extra_info", "assigned_users", "watchers")
    }


def test_it_renders_the_same_as_its_source(recorded: dict[str, Any]) -> None:
    written = Snapshot(json.loads(write_snapshot(Snapshot(recorded), [PROJECT], WEB)))
    for kind in KINDS:
        ours = written.rows(Listing(kind, PROJECT))
        theirs = Snapshot(recorded).rows(Listing(kind, PROJECT))
        for name in ADDED:
            assert ours.column((name,)) == theirs.column((name,))


def test_a_written_snapshot_tells_no_secret_and_no_address(recorded: dict[str, Any]) -> None:
    leaky = {
        **recorded,
        "projects": [
            {
                **recorded["projects"][0],
                "transfer_token": "S3CRET1",
                "userstories_csv_uuid": "S3CRET2",
                "members": [{"id": 1, "email": "eve@acme.example", "username": "eve"}],
            }
        ],
    }
    text = write_snapshot(Snapshot(leaky), [PROJECT], WEB)
    assert "S3CRET" not in text
    assert "@acme.example" not in text
    assert recorded["me"]["email"] not in text
    assert recorded["me"]["gravatar_id"] not in text
    assert set(json.loads(text)["me"]) <= {"id", "username", "full_name", "full_name_display"} | {
        *("lang", "roles")
    }


def test_order_that_means_nothing_does_not_show(recorded: dict[str, Any]) -> None:
    turned = json.loads(json.dumps(recorded))
    for story in turned["userstories"]:
        story["assigned_users"].reverse()
        story["watchers"].reverse()
    turned["projects"][0]["my_permissions"].reverse()
    one, other = (write_snapshot(Snapshot(data), [14], WEB) for data in (recorded, turned))
    assert one == other


class Shy(Snapshot):
    """A source that refuses what the account may not see, as Taiga's does."""

    def rows(self, listing: Listing, /) -> Table:
        if listing.kind == "wiki":
            raise SourceError("not for you")
        return super().rows(listing)


def test_what_the_account_may_not_see_is_left_out(recorded: dict[str, Any]) -> None:
    detail = {**recorded["projects"][0], "my_permissions": ["view_us", "view_tasks"]}
    written = json.loads(write_snapshot(Shy({**recorded, "projects": [detail]}), [14], WEB))
    assert set(written) == {"userstories", "tasks", "projects", "me", "web"}


def test_a_list_that_can_not_be_had_is_no_empty_list(recorded: dict[str, Any]) -> None:
    with pytest.raises(SourceError, match="not for you"):
        write_snapshot(Shy(recorded), [14], WEB)


def test_a_project_that_is_not_there_is_no_empty_snapshot(recorded: dict[str, Any]) -> None:
    with pytest.raises(SourceError, match="there is no project 'none'"):
        write_snapshot(Snapshot(recorded), ["none"], WEB)


# --- a file that changes ---


def _subjects(file: SnapshotFile) -> list[object]:
    file.begin()
    try:
        return list(file.rows(Listing("userstories")).column(("subject",)))
    finally:
        file.rest()
        file.close()


def test_a_file_is_read_again_when_it_or_the_day_is_another(tmp_path: Path) -> None:
    path = tmp_path / "taiga.json"
    now = 1_795_000_000.0
    file = SnapshotFile(path, now=lambda: now)
    with pytest.raises(SourceError, match="can't be read"):
        _subjects(file)
    story = {"subject": "One", "due_date": "2026-11-18"}
    path.write_text(json.dumps({"userstories": [story], "me": {"username": "ada"}}))
    assert _subjects(file) == ["One"]
    assert file.me() == {"username": "ada"}

    first = file.rows(Listing("userstories"))
    file.begin()
    assert file.rows(Listing("userstories")) is first
    (due,) = first.column(("due_date_status",))
    assert due == "due_soon"
    now += 86_400
    file.begin()
    assert list(file.rows(Listing("userstories")).column(("due_date_status",))) == ["past_due"]

    path.write_text("{")
    with pytest.raises(SourceError, match="is no JSON"):
        _subjects(file)


def test_a_file_without_end_is_not_read_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot_module, "LARGEST", 100)
    file = tmp_path / "taiga.json"
    file.write_text('{"userstories": []}'.ljust(101))
    with pytest.raises(SourceError, match="is larger than"):
        Snapshot.read(file)


def test_what_lists_leave_out_is_given_for_the_items_that_it_is_asked_for() -> None:
    comments = [{"who": "Ann Lee", "username": "ann", "when": "2026-11-22T10:00:00Z", "text": "+1"}]
    pieces = {"comments": {"1": comments, "2": []}}
    snapshot = Snapshot({"userstories": [], "details": {"userstories": pieces}})
    asked = DetailRequest("userstories", "acme", "comments", (1, 3))
    assert snapshot.details(asked) == Details({1: comments})
    with pytest.raises(SourceError, match="the snapshot holds no history of userstories"):
        snapshot.details(replace(asked, piece="history"))


def test_what_lists_leave_out_is_objects_within_objects() -> None:
    for details, place in ([], "details"), ({"tasks": 1}, "details.tasks"):
        with pytest.raises(SourceError, match=f"`{place}` is no object"):
            Snapshot({"tasks": [], "details": details})
    with pytest.raises(SourceError, match=r"`details\.tasks\.custom` is no object"):
        Snapshot({"tasks": [], "details": {"tasks": {"custom": []}}})


def test_what_lists_leave_out_is_written_where_it_is_asked_for() -> None:
    signed = {"name": "a", "url": "https://t.example/a?token=secret", "email": "a@t.example"}
    pieces = {"attachments": {"1": [signed], "2": []}, "history": {}}
    data = {
        "userstories": [{"id": 1, "project": 7}, {"id": 2, "project": 7}],
        "projects": [{"id": 7, "slug": "acme", "my_permissions": ["view_us"]}],
        "details": {"userstories": pieces},
    }
    text = write_snapshot(Snapshot(data), ["acme"], WEB, ["attachments", "history"])
    written = {"name": "a", "url": "https://t.example/a", "email": None}
    assert json.loads(text)["details"] == {
        "userstories": {"attachments": {"1": [written]}, "history": {}}
    }
    assert "details" not in json.loads(write_snapshot(Snapshot(data), ["acme"], WEB))
