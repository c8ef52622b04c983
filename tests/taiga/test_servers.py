"""Several servers as one source: which is asked, and what is told of all of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from taiga_notes.config.settings import Settings, UserConfig, VaultConfig
from taiga_notes.errors import LoginError, UnreachableError
from taiga_notes.model.rows import Listing
from taiga_notes.taiga.servers import Servers
from taiga_notes.taiga.store_report import OFFLINE, SERVER_UNREACHABLE, State

if TYPE_CHECKING:
    from taiga_notes.taiga.source import Taiga

USER = UserConfig(Path("config.toml"))
SETTINGS = Settings(
    VaultConfig(Path("vault")),
    replace(USER, servers={name: replace(USER, server=name) for name in ("work", "club")}),
)
OLD, NEW = (datetime(2026, 11, day, tzinfo=UTC) for day in (22, 23))


class Scripted:
    """A Taiga that is as it is told to be."""

    def __init__(self, settings: Settings) -> None:
        self.name = settings.user.server
        self.state = State(NEW, current=True)
        self.remembers = True
        self.calls: list[str] = []
        self.error: Exception | None = None

    def rows(self, listing: Listing) -> str:
        if self.error:
            raise self.error
        return f"{listing.kind} at {self.name}"

    def me(self) -> str:
        return f"me at {self.name}"

    def held(self, listing: Listing) -> str:
        return f"{listing.kind} held at {self.name}"

    def __getattr__(self, name: str) -> Any:
        return lambda: self.calls.append(name)


def servers() -> Servers:
    return Servers(SETTINGS, lambda settings: cast("Taiga", Scripted(settings)))


def at(found: Servers, name: str) -> Any:
    return found.at(name)


def test_the_server_that_is_named_is_asked_and_no_other_opened() -> None:
    found = servers()
    work = Listing("tasks", server="work")
    assert cast("Any", found.rows(work)) == "tasks at work"
    assert list(found.opened) == ["work"]
    assert cast("Any", found.rows(Listing("tasks"))) == "tasks at "
    assert cast("Any", found.me("work")) == "me at work"
    assert cast("Any", found.held(work)) == "tasks held at work"
    assert found.at("work") is found.at("work")
    assert list(found.opened) == ["work", ""]


def test_the_usual_one_may_be_called_by_its_name() -> None:
    found = Servers(SETTINGS.switched("work"), lambda settings: cast("Taiga", Scripted(settings)))
    assert found.at("work") is found.at("")
    assert at(found, "club").name == "club"


def test_all_that_are_open_begin_rest_and_close_together() -> None:
    with servers() as found:
        both = at(found, ""), at(found, "work")
        found.begin()
        found.rest()
    assert [one.calls for one in both] == [["begin", "rest", "close"]] * 2
    assert found.remembers
    both[1].remembers = False
    assert not found.remembers


def test_the_state_is_that_of_the_oldest_rows_and_of_the_worst_server() -> None:
    found = servers()
    assert found.state == State()
    one, other = at(found, ""), at(found, "work")
    assert found.state == State(NEW, current=True)
    error = UnreachableError("no answer")
    other.state = State(OLD, SERVER_UNREACHABLE, error, ("a note",))
    assert found.state == State(OLD, SERVER_UNREACHABLE, error, ("a note",))
    one.state = State(NEW, OFFLINE, notes=("a note",))
    assert found.state == State(OLD, SERVER_UNREACHABLE, error, ("a note",))
    other.state = State()
    assert found.state == State(NEW, OFFLINE, notes=("a note",))


def test_who_is_to_log_in_is_told_where() -> None:
    found = servers()
    for name, hint in (("work", "run `taiga-notes login --server work`"), ("", "as it was")):
        at(found, name).error = LoginError("no", hint="as it was")
        with pytest.raises(LoginError) as error:
            found.rows(Listing("tasks", server=name))
        assert error.value.hint == hint
