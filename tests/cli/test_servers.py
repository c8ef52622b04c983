"""One vault, two servers: each with a login, a store, a probe and troubles of its own."""

from __future__ import annotations

import json
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.cli.program import Program, untouched
from tests.cli.watching import ForkedWatch
from tests.fake_taiga import Server, Taiga, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.slow

EACH = 'each "* {{ row.project }}: {{ row.subject }}"'
HOME, WORK = "home.md", "work.md"


def block(query: str) -> str:
    return f"<!-- taiga\n{query}\n{EACH}\n-->\n\n<!-- /taiga -->\n"


@dataclass
class Two:
    """Ada's Taiga at home, and the one at work, where she is `ada.lee`."""

    home: Taiga
    work: Taiga
    home_server: Server
    work_server: Server
    program: Program

    def configure(self, *, trusted: bool = True, more: str = "") -> None:
        trust = f'trust = ["{self.program.folder}"]\n' if trusted else ""
        self.program.configure(
            f'api = "{self.home_server.url}"\nusername = "ada"\nmax_wait = "0s"\n{trust}'
            f'[servers.work]\napi = "{self.work_server.url}"\nusername = "ada.lee"\n{more}'
        )

    def shown(self, name: str) -> list[str]:
        lines = (self.program.folder / name).read_text().splitlines()
        return [line[2:] for line in lines if line.startswith("* ")]


@pytest.fixture
def two(program: Program) -> Iterator[Two]:
    home, work = Taiga(), Taiga()
    for taiga, name, slug in ((home, "ada", "garden"), (work, "ada.lee", "shop")):
        ada, other = taiga.add_user(name), taiga.add_user("bob")
        project = taiga.add_project(slug.title(), owner=ada, slug=slug)
        taiga.add_member(project, other)
        taiga.add_story(project, f"Hers in {slug}", assigned_to=ada)
        taiga.add_story(project, f"His in {slug}", assigned_to=other)
    with serve(home) as home_server, serve(work) as work_server:
        found = Two(home, work, home_server, work_server, program)
        found.configure()
        program.env |= {
            "TAIGA_NOTES_PASSWORD": "ada-password",
            "TAIGA_NOTES_PASSWORD_WORK": "ada.lee-password",
        }
        program.page("taiga-notes.toml", 'project = "garden"\n')
        program.page(HOME, block("from userstories where assignee == me.username"))
        program.page(
            WORK, block("from work.userstories{project='shop'}\nwhere assignee == me.username")
        )
        yield found


def test_each_server_is_asked_with_its_own_login_and_gets_no_other(two: Two) -> None:
    program = two.program
    program.page(
        "page.md",
        "---\ntaiga: {server: work, project: shop}\n---\n"
        + block("from userstories where assignee == me.username")
        + "\nAnd <!-- taiga: me.username --><!-- /taiga -->,"
        + " <!-- taiga: work.me.username --><!-- /taiga -->.\n",
    )
    assert program("login").status == 0
    done = program("login", "--server", "work")
    assert (done.status, f"logged in to {two.work_server.url} as ada.lee" in done.out) == (0, True)
    program.env.clear()
    done = program.render()
    assert (done.status, done.err) == (0, "")
    assert two.shown(HOME) == ["garden: Hers in garden"]
    assert two.shown(WORK) == ["shop: Hers in shop"]
    assert two.shown("page.md") == ["shop: Hers in shop"]
    assert "-->ada.lee<!--" in (program.folder / "page.md").read_text()
    lines = program(
        "query", "--format", "json", "from work.userstories{project='shop'} select url"
    ).out.splitlines()
    url = f"{two.work_server.url.removesuffix('/api/v1')}/project/shop/us/1"
    assert url in map(json.loads, lines)
    assert not [line for line in two.home.log.lines() if "shop" in line]
    assert not [line for line in two.work.log.lines() if "garden" in line]
    two.home.log.clear()
    two.work.log.clear()
    with untouched(program.folder):
        assert program.render().status == 0
    assert len(two.home.log.lines()) <= 3
    assert len(two.work.log.lines()) <= 3
    with untouched(program.folder):
        assert program.render("--offline").status == 0


def test_a_failing_server_spares_the_blocks_of_the_other(two: Two) -> None:
    program = two.program
    assert program.render().status == 0
    for taiga, slug in ((two.home, "garden"), (two.work, "shop")):
        project = next(iter(taiga.projects.values()))
        ada = next(iter(taiga.users.values()))
        taiga.add_story(project, f"New in {slug}", assigned_to=ada)
    two.work.faults.add("unavailable", times=None)
    done = program.render()
    assert done.status == 4
    assert "server unreachable" in done.out
    assert two.shown(HOME) == ["garden: Hers in garden", "garden: New in garden"]
    assert two.shown(WORK) == ["shop: Hers in shop"]
    two.work.faults.clear()
    two.home.faults.add("unavailable", times=None)
    assert program.render().status == 4
    assert two.shown(WORK) == ["shop: Hers in shop", "shop: New in shop"]


def test_a_refused_login_is_told_of_that_server_alone(two: Two) -> None:
    program = two.program
    program.env["TAIGA_NOTES_PASSWORD_WORK"] = "wrong-password"
    done = program.render()
    assert done.status == 5
    assert "taiga-notes login --server work" in done.err
    assert two.shown(HOME) == ["garden: Hers in garden"]
    assert two.shown(WORK) == []
    # What was given for one host is never tried at another.
    del program.env["TAIGA_NOTES_PASSWORD_WORK"]
    two.work.log.clear()
    assert program.render().status == 5
    assert not [line for line in two.work.log.lines() if "/auth" in line]


def test_other_servers_are_for_trusted_vaults(two: Two) -> None:
    two.configure(trusted=False)
    program = two.program
    program.page(
        "front.md", "---\ntaiga: {server: work, project: shop}\n---\n" + block("from tasks")
    )
    done = program.render()
    assert done.status == 4
    assert "may not ask for the server 'work'" in done.err
    assert f'set trust = ["{program.folder}"]' in done.err
    assert two.shown(HOME) == ["garden: Hers in garden"]
    assert two.work.log.lines() == []
    # The user's own word is no vault's.
    done = program("query", "--server", "work", "from userstories{project='shop'} select subject")
    assert (done.status, "Hers in shop" in done.out) == (0, True)


def test_a_server_that_is_not_there_is_an_error_and_writes_into_no_page(two: Two) -> None:
    program = two.program
    program.page("a.md", block("from wrok.userstories{project='shop'}"))
    program.page("b.md", "---\ntaiga: {server: elsewhere}\n---\n" + block("from tasks"))
    with untouched(program.folder):
        done = program.render("a.md", "b.md")
    assert done.status == 4
    assert "there is no server 'wrok' in your own configuration (did you mean 'work'?)" in done.err
    assert "there is no server 'elsewhere'" in done.err
    for command in ("login", "logout", "status", "doctor", "cache clear", "fields tasks"):
        done = program(*command.split(), "--server", "wrok")
        assert (done.status, "did you mean 'work'?" in done.err + done.out) == (2, True), command


def test_a_bare_list_of_another_server_has_no_project_of_this_one(two: Two) -> None:
    program = two.program
    program.page(WORK, block("from work.userstories"))
    program.page("front.md", "---\ntaiga: {server: work}\n---\n" + block("from userstories"))
    done = program.render(WORK, "front.md")
    assert (done.status, "no project is named" in done.err) == (4, True)
    program.page(WORK, block("from work.userstories{project='*'}"))
    program.page(
        "front.md", "---\ntaiga: {server: work, project: '*'}\n---\n" + block("from tasks")
    )
    assert program.render(WORK, "front.md").status == 0
    assert len(two.shown(WORK)) == 2


def test_commands_speak_of_each_server_or_of_one(two: Two) -> None:
    program = two.program
    assert program.render().status == 0
    told = program("status").out
    assert (two.home_server.url in told, f"{two.work_server.url}, 'work'" in told) == (True, True)
    one = program("status", "--server", "work").out
    assert (two.home_server.url in one, two.work_server.url in one) == (False, True)
    document = json.loads(program("status", "--json").out)
    assert document["projects"][0]["project"] == "garden"
    assert document["servers"]["work"]["projects"][0]["project"] == "shop"

    done = program("doctor")
    assert (done.status, f"server work: {two.work_server.url}" in done.out) == (0, True), done.out
    assert "login work: ada.lee" in done.out
    two.work.faults.add("unavailable", times=None)
    done = program("doctor")
    assert (done.status, "login: ada" in done.out) == (4, True)
    assert "fault  server work" in done.out
    two.work.faults.clear()

    done = program("snapshot", "work.json", "--server", "work", "--project", "shop")
    assert (done.status, done.err) == (0, "")
    held = json.loads((program.folder / "work.json").read_text())
    assert [each["slug"] for each in held["projects"]] == ["shop"]
    done = program("render", "--snapshot", "work.json", WORK)
    assert (done.status, "nothing of the server 'work'" in done.err) == (4, True)
    assert "garden" in program("fields", "userstories").out
    assert '"shop"' in program("fields", "userstories", "--server", "work", "--project", "shop").out

    cleared = program("cache", "clear", "--server", "work").out.splitlines()
    assert len(cleared) == 1
    assert program.render("--offline", HOME).status == 0
    assert program.render("--offline", WORK).status == 4
    assert len(program("cache", "clear").out.splitlines()) == 2

    done = program("logout", "--server", "work")
    assert done.out == f"logged out: ada.lee at {two.work_server.url}\n"
    assert program("logout").out == f"logged out: ada at {two.home_server.url}\n"


def test_explain_and_list_name_the_server(two: Two) -> None:
    program = two.program
    assert program.render().status == 0
    done = program("explain", WORK)
    assert done.status == 0, done.err
    assert "work.userstories of shop" in done.out
    assert program("list").status == 0


def test_a_watch_polls_each_server_and_knows_whose_webhook_came(two: Two) -> None:
    program = two.program
    program.page("taiga-notes.toml", 'project = "garden"\n[watch]\nquiet_ms = 100\nevery = "1h"\n')
    program.env["TAIGA_NOTES_WEBHOOK_KEY"] = "a key of the usual server"
    [shop] = two.work.projects.values()
    with ForkedWatch(program, "--webhook", "127.0.0.1:0") as watching:
        watching.until("changed", page=WORK)
        watching.settle()
        address = watching.started["webhook"]
        # One of the keys is made for the server of that name, the project's slug be what it may.
        hook = ("webhook", "add", f"http://{address}/", "--server", "work", "--project", "shop")
        assert program(*hook).status == 0
        watching.process.send_signal(signal.SIGHUP)
        watching.until("settings")
        watching.settle()
        since = watching.mark
        two.home.faults.add("unavailable", times=None)
        two.work.add_story(shop, "New in shop", assigned_to=shop.owner)
        watching.until("webhook", since, message="1 delivery for work.shop")
        watching.until("changed", since, page=WORK)
        assert two.shown(WORK) == ["shop: Hers in shop", "shop: New in shop"]
        watching.until("taiga", since)
        assert two.shown(HOME) == ["garden: Hers in garden"]
