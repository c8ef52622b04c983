"""`taiga-notes login` and `logout`, at a terminal and without one."""

from __future__ import annotations

import stat
import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.cli.terminal import Terminal
from tests.fake_taiga import Taiga, serve
from tests.wire import answering, wire

if TYPE_CHECKING:
    import socket
    from pathlib import Path

    from tests.cli.conftest import Acme
    from tests.cli.program import Program
    from tests.wire import Wire

pytestmark = pytest.mark.slow

PASSWORD = "ada-password"


@pytest.fixture
def nobody(acme: Acme, program: Program) -> Acme:
    """A user whose configuration knows nothing yet."""
    program.env.clear()
    return acme


def files(program: Program) -> list[Path]:
    return [path for path in program.home.parent.rglob("*") if path.is_file()]


def test_it_asks_without_echo_and_keeps_the_tokens_and_never_the_password(
    nobody: Acme, program: Program
) -> None:
    with Terminal(program, "login", "--api", nobody.server.url) as terminal:
        terminal.until("User name or e-mail: ")
        terminal.type("ada\n")
        terminal.until(f"Password for ada at {nobody.server.url}: ")
        terminal.type(f"{PASSWORD}\n")
        assert terminal.end() == 0

    assert PASSWORD not in terminal.shown
    config = program.home / "config" / "taiga-notes" / "config.toml"
    assert terminal.shown.splitlines()[-3:] == [
        f"logged in to {nobody.server.url} as ada",
        f"links lead to {nobody.web}",
        f"wrote {config}",
    ]
    assert tomllib.loads(config.read_text()) == {
        "api": nobody.server.url,
        "web": nobody.web,
        "username": "ada",
    }
    assert all(PASSWORD.encode() not in path.read_bytes() for path in files(program))
    kept = [path for path in files(program) if b"eyJ" in path.read_bytes()]
    assert kept
    for path in kept:
        assert path.is_relative_to(program.home / "state" / "taiga-notes")
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert not list(program.folder.iterdir())
    # From here on nothing is asked, and nothing needs to be set.
    mine = program("query", "me.username .. ' ' .. #userstories{project='acme'}")
    assert (mine.status, mine.out) == (0, "ada 3\n")

    out = program("logout")
    assert (out.status, out.out) == (0, f"logged out: ada at {nobody.server.url}\n")
    assert not [path for path in files(program) if b"eyJ" in path.read_bytes()]
    assert program("query", "#issues{project='acme'}").status == 5
    assert program("logout").out == "nobody is logged in\n"


def test_a_wrong_password_is_asked_about_and_not_kept(nobody: Acme, program: Program) -> None:
    arguments = ("login", "--api", nobody.server.url, "--username", "ada")
    with Terminal(program, *arguments) as terminal:
        terminal.until("Password")
        terminal.type("nonsense\n")
        assert terminal.end() == 5
    assert f"{nobody.server.url} knows no account 'ada' with this password" in terminal.shown
    assert "nonsense" not in terminal.shown
    assert nobody.taiga.log.lines() == ["POST /auth"]
    assert not (program.home / "config").exists()
    assert all(b"nonsense" not in path.read_bytes() for path in files(program))


@pytest.mark.parametrize("keys", ["\n", "\x04", "\x03"])
def test_nothing_typed_is_no_login(nobody: Acme, program: Program, keys: str) -> None:
    arguments = ("login", "--api", nobody.server.url, "--username", "ada")
    with Terminal(program, *arguments) as terminal:
        terminal.until("Password")
        terminal.type(keys)
        assert terminal.end() == (130 if keys == "\x03" else 2)
    said = "interrupted" if keys == "\x03" else "no password was given, and nothing has changed"
    assert f": {said}" in terminal.shown  # the program's name before it has a colour there
    assert not nobody.taiga.log.lines()


def test_without_a_terminal_it_says_where_else_a_password_may_come_from(
    nobody: Acme, program: Program
) -> None:
    done = program("login", "--api", nobody.server.url)
    assert (done.status, done.err) == (
        2,
        "taiga-notes: no user name is given (use --username NAME)\n",
    )
    arguments = ("login", "--api", nobody.server.url, "--username", "ada")
    done = program(*arguments, typed=f"{PASSWORD}\n")
    assert done.status == 2
    assert done.err == (
        "taiga-notes: there is no terminal to ask for the password at"
        " (set TAIGA_NOTES_PASSWORD, or `password_command` in your own configuration)\n"
    )
    program.env["TAIGA_NOTES_PASSWORD"] = PASSWORD
    assert program(*arguments).out.startswith(f"logged in to {nobody.server.url} as ada\n")


def test_a_configured_command_gives_the_password_of_its_own_account_only(
    nobody: Acme, program: Program
) -> None:
    program.configure(
        f'api = "{nobody.server.url}"\nusername = "ada"\npassword_command = "echo {PASSWORD}"\n'
    )
    assert program("login").out.startswith(f"logged in to {nobody.server.url} as ada\n")
    nobody.taiga.log.clear()
    done = program("login", "--username", "bob")
    assert done.status == 2
    assert "there is no terminal" in done.err
    assert not nobody.taiga.log.lines()


def test_a_configuration_that_can_not_be_written_loses_no_login(
    nobody: Acme, program: Program
) -> None:
    program.env = {"TAIGA_NOTES_API": nobody.server.url, "TAIGA_NOTES_PASSWORD": PASSWORD}
    config = program.configure("")
    config.unlink()
    config.symlink_to("nowhere/config.toml")
    done = program("login", "--username", "ada")
    assert (done.status, done.err) == (
        0,
        f"taiga-notes: {config} can't be written: No such file or directory\n",
    )
    assert f"to use this login, set in {config}:\n  api = " in done.out
    del program.env["TAIGA_NOTES_PASSWORD"]
    program.env["TAIGA_NOTES_USERNAME"] = "ada"
    assert program("query", "#userstories{project='acme'}").out == "3\n"


def test_another_login_tells_what_to_set(nobody: Acme, program: Program) -> None:
    config = program.configure('username = "bob"\n')
    before = config.read_bytes()
    program.env["TAIGA_NOTES_PASSWORD"] = PASSWORD
    done = program("login", "--api", nobody.server.url, "--username", "ada")
    assert done.out.splitlines()[2:] == [
        f"to use this login, set in {config}:",
        f'  api = "{nobody.server.url}"',
        f'  web = "{nobody.web}"',
        '  username = "ada"',
    ]
    assert config.read_bytes() == before


@pytest.mark.parametrize(
    ("fault", "status", "told"),
    [
        ("html", 4, "not Taiga's API but a web page answered /auth"),
        ("wrong type", 4, "Taiga answered a login without a token (is `api` right?)"),
        ("throttled", 5, "lets nobody log in from here for "),
    ],
)
def test_a_server_that_gives_no_login_is_told(
    nobody: Acme, program: Program, fault: str, status: int, told: str
) -> None:
    program.env |= {"TAIGA_NOTES_PASSWORD": PASSWORD, "TAIGA_NOTES_API": nobody.server.url}
    nobody.taiga.faults.add(fault, times=None)
    done = program("login", "--username", "ada")
    assert done.status == status
    assert told in done.err


def test_a_password_never_travels_unencrypted(program: Program) -> None:
    program.env["TAIGA_NOTES_PASSWORD"] = PASSWORD
    done = program("login", "--api", "http://taiga.example.org/api/v1", "--username", "ada")
    assert done.status == 2
    assert "password and tokens would go to http://taiga.example.org/api/v1 unencrypted" in done.err
    done = program("login", "--api", "taiga.example.org", "--username", "ada")
    assert done.status == 2
    assert "api" in done.err.lower()


def test_a_session_is_renewed_without_a_word_and_its_end_is_told(program: Program) -> None:
    taiga = Taiga()
    taiga.add_project("Acme", owner=taiga.add_user("ada"), slug="acme")
    with serve(taiga) as server:
        program.env |= {"TAIGA_NOTES_API": server.url, "TAIGA_NOTES_PASSWORD": PASSWORD}
        assert program("login", "--username", "ada").status == 0
        program.env.clear()
        taiga.clock.advance(25 * 3600)
        program.configure(f'api = "{server.url}"\nusername = "ada"\n')
        query = ("query", "#userstories{project='acme'}", "--full")
        done = program(*query)
        assert (done.status, done.out, done.err) == (0, "0\n", "")
        assert taiga.log.lines("/auth/refresh") == ["POST /auth/refresh"]
        taiga.clock.advance(9 * 24 * 3600)
        done = program(*query)
    assert (done.status, done.out) == (5, "")
    assert done.err == (
        f"taiga-notes: the session at {server.url} has ended (run `taiga-notes login`)\n"
    )


# --- which address is given ---


def _below_a_path(server: Wire, connection: socket.socket, head: bytes) -> None:
    """A Taiga at /taiga, as its Docker images have it with SUBPATH."""
    method, path, _ = head.decode().split(" ", 2)
    root = f"http://{server.host}/taiga"
    account = {"auth_token": "t", "refresh": "r", "username": "ada"}
    answers = {
        ("GET", "/taiga/conf.json"): (200, {"api": f"{root}/api/v1/", "baseHref": "/taiga/"}),
        ("POST", "/taiga/api/v1/auth"): (200, account),
        ("GET", "/taiga/api/v1/users/me"): (200, {"username": "ada"}),
    }
    status, body = answers.get((method, path), (404, b"<h1>Not Found</h1>"))
    answering(status, body)(server, connection, head)


@pytest.mark.parametrize(
    "path",
    [
        *("/taiga/api/v1", "/taiga/api/v1/", "/taiga", "/taiga/", "/taiga/project/acme/backlog"),
        *("/taiga/project/acme/kanban?swimlane=3", "/taiga/#/", "/%74aiga/?next=%2Fproject"),
    ],
)
def test_any_address_of_a_taiga_below_a_path_will_do(program: Program, path: str) -> None:
    with wire(_below_a_path) as server:
        program.env["TAIGA_NOTES_PASSWORD"] = PASSWORD
        done = program("login", "--api", server.url(path=path), "--username", "ada")
        assert (done.status, done.err) == (0, "")
        web = server.url(path="/taiga")
        assert done.out.splitlines()[:2] == [
            f"logged in to {web}/api/v1 as ada",
            f"links lead to {web}",
        ]
        config = program.home / "config" / "taiga-notes" / "config.toml"
        assert tomllib.loads(config.read_text()) == {
            "api": f"{web}/api/v1",
            "web": web,
            "username": "ada",
        }
        program.page("taiga-notes.toml", "")
        doctor = program("doctor")
    assert f"ok     links: they lead to {web}\n" in doctor.out


def test_no_taiga_is_told(program: Program) -> None:
    with wire(answering(200, b"<title>My blog</title>", "text/html")) as server:
        done = program("login", "--api", server.url(path="/blog"), "--username", "ada")
    assert done.status == 2
    assert f"no Taiga is found at {server.url(path='/blog')}" in done.err


@pytest.mark.parametrize(
    "address", ["https://ada:pw@taiga.example", "https://ada:pw?@taiga.example", "?x", "x"]
)
def test_what_is_no_address_is_refused(program: Program, address: str) -> None:
    done = program("login", "--api", address, "--username", "ada")
    assert done.status == 2
    assert "--api must be an address such as" in done.err
    assert "pw" not in done.err


@pytest.mark.parametrize(
    ("flag", "given", "said"),
    [
        ("--api", "tree.taiga.io", "--api must be an address such as https://taiga.example.org"),
        ("--api", "tree.taiga.io", "did you mean https://tree.taiga.io?"),
        ("--web", "taiga.example.org/taiga", "did you mean https://taiga.example.org/taiga?"),
        ("--api", "localhost:9000", "did you mean https://localhost:9000?"),
        ("--api", "ftp://taiga.example.org", "--api must be an address"),
        ("--web", "https://", "--web must be an address"),
    ],
)
def test_what_is_no_address_is_told_by_the_flag_that_gave_it(
    program: Program, flag: str, given: str, said: str
) -> None:
    done = program("login", flag, given)
    assert done.status == 2
    assert said in done.err
    assert "TAIGA_NOTES" not in done.err
