"""Lists of several projects, and of every one: whole, in one order, and all or nothing."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from taiga_notes.config.settings import Settings, UserConfig, VaultConfig
from taiga_notes.errors import SourceError, UnreachableError, UntrustedError
from taiga_notes.model.rows import Listing
from taiga_notes.taiga.snapshot import Snapshot
from taiga_notes.taiga.store.database import Database
from tests.taiga.shelf import KINDS, Shelf

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fake_taiga.model import Project

ALL = Listing("userstories", "*")
SUBJECT = ("subject",)


class Street(Shelf):
    """Projects `acme`, `beta` and `zeta` of Ada's with a story of each kind, and one of Bob's that
    everybody can see."""

    def __init__(self, file: Path | None) -> None:
        super().__init__(file)
        self.zeta, self.beta = self.project("Zeta", slug="zeta"), self.project("Beta", slug="beta")
        self.bob = self.fake.add_user("bob")
        self.open = self.fake.add_project("Open", owner=self.bob, slug="open")
        self.made = [self._fill(each) for each in (self.acme, self.zeta, self.beta, self.open)]

    def _fill(self, project: Project) -> Any:
        self.fake.add_issue(project, f"Issue of {project.slug}")
        return self.fake.add_story(project, f"Story of {project.slug}")

    def subjects(self, listing: Listing = ALL, **policy: Any) -> list[object]:
        return [row["subject"] for row in self.rows(listing, **policy)]


@pytest.fixture
def street(tmp_path: Path) -> Street:
    return Street(tmp_path / "store.sqlite")


def test_every_project_that_one_is_a_member_of_in_the_order_of_their_slugs(street: Street) -> None:
    assert street.subjects() == ["Story of acme", "Story of beta", "Story of zeta"]
    street.fake.add_member(street.open, street.ada)
    street.fake.remove_member(street.beta, street.ada)
    assert street.subjects() == ["Story of acme", "Story of open", "Story of zeta"]


def test_several_come_in_the_order_in_which_they_are_named_each_once(street: Street) -> None:
    keys = ("zeta", street.acme.id, "open", "acme", street.zeta.id)
    found = street.subjects(Listing("userstories", keys))
    assert found == ["Story of zeta", "Story of acme", "Story of open"]


def test_lists_of_many_projects_are_read_through_one_connection(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[sqlite3.Connection] = []
    snapshot = Database.snapshot

    def counted(at: Database) -> sqlite3.Connection:
        opened.append(snapshot(at))
        return opened[-1]

    with street.taiga() as taiga:
        taiga.rows(ALL)
        monkeypatch.setattr(Database, "snapshot", counted)
        taiga.begin()
        rows = taiga.rows(ALL)
        still = [one for one in opened if _is_open(one)]
        assert len(still) == 2, "one for these, one for the list of the projects"
        assert [rows[index]["subject"] for index in range(3)] == list(rows.column(SUBJECT))
        taiga.rest()
        assert not any(map(_is_open, still))


def _is_open(connection: sqlite3.Connection) -> bool:
    try:
        connection.execute("SELECT 1")
    except sqlite3.ProgrammingError:
        return False
    return True


def test_what_tells_of_projects_is_asked_for_them_all_before_their_lists(street: Street) -> None:
    street.subjects()
    street.fake.edit(street.made[2], subject="Other")
    street.fake.log.clear()
    assert "Other" in street.subjects()
    asked = [line.split()[1].partition("?")[0] for line in street.fake.log.lines()]
    assert asked[-8:-2] == [*["/projects/by_slug"] * 3, *["/userstories"] * 3]
    assert asked[-2].startswith("/timeline/")


def test_a_row_says_by_its_slug_of_which_project_it_is(street: Street) -> None:
    for kind in ("userstories", "issues"):
        with street.taiga() as taiga:
            rows = taiga.rows(Listing(kind, "*"))
            assert rows.column(("project",)) == ["acme", "beta", "zeta"]
            assert [rows[index]["project"] for index in range(3)] == ["acme", "beta", "zeta"]
            assert rows[-1]["project"] == "zeta"
            assert [rows.carries((name,)) for name in ("subject", "subjcet")] == [True, False]
            assert {"subject", "project"} <= {*rows.names(())}
            with pytest.raises(IndexError):
                rows[3]


def test_the_store_has_each_projects_list_as_if_it_had_been_asked_for_alone(street: Street) -> None:
    street.subjects()
    assert street.subjects(Listing("userstories", "beta"), is_offline=True) == ["Story of beta"]
    assert street.subjects(is_offline=True) == ["Story of acme", "Story of beta", "Story of zeta"]
    with street.taiga(is_offline=True) as taiga:
        names = {each.key: [one.name for one in each.lists] for each in taiga.status().projects}
    assert sorted(names) == ["acme", "beta", "zeta"]
    assert all(len(lists) == 1 for lists in names.values())


def test_another_stamp_means_other_rows_also_in_a_later_run(street: Street) -> None:
    def stamp() -> str:
        with street.taiga() as taiga:
            rows = taiga.rows(ALL)
            assert taiga.rows(ALL) is rows
            return rows.stamp

    first = stamp()
    assert stamp() == first
    street.fake.edit(street.made[2], subject="Other")
    assert stamp() != first


def hide(project: Project) -> None:
    project.is_private = True
    project.anon_permissions = project.public_permissions = []


def test_one_project_that_is_gone_is_told_and_shrinks_no_list(street: Street) -> None:
    lists = Listing("userstories", ("acme", "beta", "zeta"))
    street.subjects(lists)
    hide(street.beta)
    street.fake.remove_member(street.beta, street.ada)
    with street.taiga() as taiga, pytest.raises(SourceError, match="'beta' is not visible"):
        taiga.rows(lists)
    with street.taiga() as taiga, pytest.raises(SourceError, match="no project 'gamma'"):
        taiga.rows(Listing("userstories", ("acme", "gamma", "zeta")))


def test_one_project_without_the_right_to_see_them_is_told(street: Street) -> None:
    street.fake.add_member(street.open, street.ada, role="UX")
    hide(street.open)
    for role in street.open.roles:
        role.permissions = [each for each in role.permissions if each != "view_issues"]
    assert "Story of open" in street.subjects()
    with street.taiga() as taiga, pytest.raises(SourceError, match="issues of project open"):
        taiga.rows(Listing("issues", "*"))


def test_a_server_that_fails_in_between_leaves_what_is_stored(street: Street) -> None:
    expected = street.subjects()
    street.refused = {f"/projects/{street.beta.id}": 503, "/projects/by_slug": 503}
    with street.taiga() as taiga:
        rows = taiga.rows(ALL)
        assert rows.column(SUBJECT) == expected
        assert taiga.state.trouble
    street.fake.add_member(street.open, street.ada)
    with street.taiga() as taiga, pytest.raises(UnreachableError):
        # A project that has never been seen can't be left out either.
        taiga.rows(ALL)


def test_nobody_and_who_is_a_member_of_nothing_has_no_projects(street: Street) -> None:
    street.reading = None
    with street.taiga() as taiga, pytest.raises(SourceError, match="without an account"):
        taiga.rows(ALL)
    street.reading = street.fake.add_user("cleo")
    with Street(None).taiga() as other:
        assert other.projects(None) == ()
    lonely = Shelf(None)
    lonely.reading = lonely.fake.add_user("cleo")
    with lonely.taiga() as taiga, pytest.raises(SourceError, match="member of no project"):
        taiga.rows(ALL)


def test_a_throttled_server_is_asked_for_no_more_than_it_allows(street: Street) -> None:
    expected = street.subjects()
    street.fake.settings.rates["user-read"] = "4/min"
    street.fake.clock.advance(61)
    street.asked()
    with street.taiga() as taiga:
        assert taiga.rows(ALL).column(SUBJECT) == expected
        assert taiga.state.trouble == "throttled by the server"
    assert len(street.asked()) <= 4 + 4, "each that was under way was refused once"


def test_projects_that_are_fresh_enough_are_not_asked_for(street: Street) -> None:
    expected = street.subjects()
    street.asked()
    assert street.subjects(max_age=3600) == expected
    assert street.asked() == []


def test_nothing_changed_costs_two_requests_a_project_and_one_more(street: Street) -> None:
    def refreshed() -> list[str]:
        street.asked()
        with street.taiga() as taiga:
            for kind in KINDS:
                taiga.rows(Listing(kind, "*"))
        return street.asked()

    refreshed()
    for _ in range(2):
        requests = refreshed()
        assert len(requests) <= 2 * 3 + 1, requests
    # Now and then what leaves no trace is counted all the same.
    street.time += 601
    assert len(refreshed()) == 2 * 3 + 2


def settings(tmp_path: Path, *trust: Path, file: bool = True) -> Settings:
    vault = VaultConfig(tmp_path, tmp_path / "taiga-notes.toml" if file else None)
    return Settings(vault, UserConfig(tmp_path / "config.toml", trust=trust))


EVERYTHING = [
    ALL,
    Listing("issues", "*"),
    Listing("userstories", ("acme", "*")),
    Listing("", path="/userstories?project=*"),
    Listing("", path="/userstories?project__slug=*"),
    # Taiga lists what all projects have, where it is told of none.
    Listing("", path="/userstories?order_by=ref"),
    Listing("userstories", None, (("project", "*"),)),
    # So it does of what people look up.
    Listing("", path="/users"),
    Listing("", path="/roles?name=Back"),
]


def test_only_a_trusted_vault_may_ask_for_all_of_them(street: Street, tmp_path: Path) -> None:
    for listing in EVERYTHING:
        with street.taiga() as taiga:
            taiga._demand_trust = settings(tmp_path).demand_trust
            with pytest.raises(UntrustedError) as error:
                taiga.rows(listing)
            assert f'set trust = ["{tmp_path}"]' in error.value.hint
            assert str(tmp_path / "config.toml") in error.value.hint
            taiga._demand_trust = settings(tmp_path, tmp_path).demand_trust
            assert len(taiga.rows(listing))
            # Without a vault it is the user who asks.
            taiga._demand_trust = settings(tmp_path, file=False).demand_trust
            assert len(taiga.rows(listing))


def test_who_trusts_others_is_told_to_add_this_one(tmp_path: Path) -> None:
    with pytest.raises(UntrustedError) as error:
        settings(tmp_path, tmp_path / "other").demand_trust("x")
    assert f'add "{tmp_path}" to `trust`' in error.value.hint


def test_any_vault_may_name_projects(street: Street, tmp_path: Path) -> None:
    with street.taiga() as taiga:
        taiga._demand_trust = settings(tmp_path).demand_trust
        assert len(taiga.rows(Listing("userstories", ("acme", "beta")))) == 2
        assert len(taiga.rows(Listing("", path=f"/roles?project={street.acme.id}")))
        assert len(taiga.rows(Listing("projects"))) == 3
        # So does who names one of their sprints or statuses by its number.
        status = taiga.rows(Listing("userstories", "beta"))[0]["status"]
        assert len(taiga.rows(Listing("", path=f"/userstories?status={status}"))) == 1


def row(number: int, slug: str | None) -> dict[str, object]:
    named = {"project_extra_info": {"slug": slug}} if slug else {}
    return {"id": number, "ref": number, "subject": f"{slug} {number}", **named}


def test_a_snapshot_has_the_projects_that_it_holds() -> None:
    rows = [row(1, "zeta"), row(2, "acme"), row(3, None), row(4, "beta"), row(5, "acme")]
    snapshot = Snapshot({"userstories": rows})

    def ids(project: Any) -> list[object]:
        return [*snapshot.rows(Listing("userstories", project)).column(("id",))]

    assert ids("*") == [3, 2, 5, 4, 1]
    assert ids(("zeta", "acme")) == [1, 3, 2, 5]
    assert snapshot.projects("*") == ("acme", "beta", "zeta")
    assert snapshot.projects(("zeta", "acme")) == ("zeta", "acme")
    assert snapshot.projects(14) == (14,)
    assert snapshot.projects(None) == ()
    with pytest.raises(SourceError, match="'gamma'"):
        ids(("acme", "gamma"))
    column = snapshot.rows(Listing("userstories", "*")).column(("project",))
    assert column == [None, "acme", "acme", "beta", "zeta"]
