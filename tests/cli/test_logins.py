"""Logins of other kinds: a browser's session, a plugin's password check, plain http on a LAN."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from tests.cli.program import PROGRAM
from tests.cli.terminal import Terminal
from tests.fake_taiga import Server, Taiga, serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.program import Program
    from tests.fake_taiga.model import User

pytestmark = pytest.mark.slow

DAY = 86_400.0
QUERY = ("query", "me.username .. ' ' .. #userstories{project='acme'}")


@dataclass
class Lan:
    """A Taiga, and a newcomer's machine."""

    taiga: Taiga
    server: Server
    ada: User
    program: Program

    @property
    def config(self) -> Path:
        return self.program.home / "config" / "taiga-notes" / "config.toml"

    def browser(self) -> tuple[str, str]:
        """The tokens of a session that somebody began in a browser."""
        return self.taiga.token(self.ada), self.taiga.refresh_token(self.ada)

    def files(self) -> bytes:
        """What is kept: all but locks, which say who held them last."""
        paths = (path for path in self.program.home.parent.rglob("*.*") if path.is_file())
        return b"".join(path.read_bytes() for path in paths)


@pytest.fixture
def lan(program: Program) -> Iterator[Lan]:
    taiga = Taiga()
    ada = taiga.add_user("ada")
    taiga.add_project("Acme", owner=ada, slug="acme")
    with serve(taiga) as server:
        yield Lan(taiga, server, ada, program)


# --- a browser's session ---


def test_a_browsers_session_is_taken_over_proved_kept_and_renewed(lan: Lan) -> None:
    access, refresh = lan.browser()
    with Terminal(lan.program, "login", "--token", "--api", lan.server.url) as terminal:
        terminal.until("Auth token: ")
        terminal.type(f'"{access}"\n')
        terminal.until("Refresh token (empty if there is none): ")
        terminal.type(f"{refresh}\n")
        assert terminal.end() == 0
    assert access not in terminal.shown
    assert refresh not in terminal.shown
    assert f"logged in to {lan.server.url} as ada" in terminal.shown
    assert "close its window, without logging out" in terminal.shown
    # What was typed is worthless by now, and kept nowhere.
    assert access.encode() not in lan.files()
    assert refresh.encode() not in lan.files()
    assert lan.taiga.log.lines("/auth") == ["POST /auth/refresh"]
    assert lan.program(*QUERY).out == "ada 0\n"
    for _ in range(3):
        lan.taiga.clock.advance(5 * DAY)
        done = lan.program(*QUERY)
        assert (done.status, done.out, done.err) == (0, "ada 0\n", "")


def test_it_may_be_piped(lan: Lan) -> None:
    login = ("login", "--token", "--api", lan.server.url)
    # As in the local storage of Taiga's front, where texts are JSON's.
    copied = '{{"token": "\\"{0}\\"", "refresh": "\\"{1}\\""}}'
    for form in ("{0}\n{1}\n", "Bearer {0}\r\n\r\n{1}", copied):
        done = lan.program(*login, typed=form.format(*lan.browser()))
        assert (done.status, done.err) == (0, "")
        assert lan.program("logout").status == 0
    done = lan.program(*login, typed=json.dumps({"auth_token": lan.browser()[0], "refresh": None}))
    assert "without a refresh token this login ends on 20" in done.out
    assert lan.program(*QUERY).out == "ada 0\n"
    lan.taiga.clock.advance(2 * DAY)
    assert "has ended (run `taiga-notes login`)" in lan.program(*QUERY).err


def test_what_is_no_session_changes_nothing(lan: Lan) -> None:
    access, refresh = lan.browser()
    used = lan.taiga.refresh_token(lan.ada)
    bob = lan.taiga.add_user("bob")
    login = ("login", "--token", "--api", lan.server.url)
    assert lan.program(*login, typed=f"{access}\n{used}\n").status == 0
    before = lan.files()
    cases = [
        (2, "", "no token was given"),
        (2, f"{refresh}\n{access}", "the auth token comes first, then the refresh token"),
        (2, f"{lan.taiga.token(bob)}\n{refresh}", "these tokens are of two accounts"),
        (2, f"{access}\n{refresh}\n{access}", "these are more than two tokens"),
        (2, f"Basic {access}", "what was given is no token"),
        (2, "Application a:b:c", "this is an application's token, which needs no login"),
        (2, "[1, 2]", "what was given is no token"),
        (5, "eyJ.e30.x\n", "Taiga does not take this auth token"),
        (5, f"{access}\n{used}\n", "Taiga does not take this refresh token: it is used up"),
    ]
    for status, typed, said in cases:
        done = lan.program(*login, typed=typed)
        assert (done.status, done.out) == (status, ""), typed
        assert said in done.err
        assert "eyJ" not in done.err
    shell = f"'{PROGRAM}' login --api {lan.server.url}"
    for line, said in (
        (f"{shell} --token <&-", "no token was given"),
        (f"{shell} --username ada <&-", "there is no terminal to ask for the password at"),
        (f"printf '\\377' | {shell} --token", "what was given is no t"),
    ):
        done = lan.program.command(["sh", "-c", line])
        assert done.status == 2, done
        assert said in done.err
    done = lan.program(*login, "--username", "bob", typed=f"{access}\n{refresh}")
    assert "these are the tokens of 'ada', not of 'bob'" in done.err
    assert lan.files() == before
    # The refresh token of the last but one try was not spent on it.
    assert lan.program(*login, "--username", "ADA", typed=f"{access}\n{refresh}").status == 0


# --- a plugin's password check ---


def test_a_plugins_kind_of_login_is_asked_for_and_kept(lan: Lan) -> None:
    lan.taiga.settings.login_type = "ldap"
    lan.program.env["TAIGA_NOTES_PASSWORD"] = "ada-password"
    login = ("login", "--api", lan.server.url, "--username", "ada")
    done = lan.program(*login)
    assert done.status == 5
    assert "`login --type`" in done.err
    assert lan.program(*login, "--type", "l dap").status == 2
    assert lan.program(*login, "--type", "ldap").status == 0
    assert tomllib.loads(lan.config.read_text())["login_type"] == "ldap"
    # Also for whoever logs in again, be it a machine.
    lan.taiga.clock.advance(20 * DAY)
    assert lan.program(*QUERY).out == "ada 0\n"


# --- one command on a LAN ---

MINE = "# My own.\nkeyring = false # none here\n\n# Taiga's hooks\n[webhook_keys]\nacme = 'k'\n"


@pytest.fixture
def unencrypted(lan: Lan) -> str:
    """An address at which anyone could listen, as far as can be told from it."""
    lan.program.env["TAIGA_NOTES_PASSWORD"] = "ada-password"
    return lan.server.url.replace("127.0.0.1", "0.0.0.0")  # noqa: S104  (this machine)


def test_a_first_login_without_encryption_is_one_command(lan: Lan, unencrypted: str) -> None:
    login = ("login", "--api", unencrypted, "--username", "ada")
    refused = lan.program(*login)
    assert refused.status == 2
    assert "unencrypted" in refused.err
    assert "--allow-http" in refused.err
    done = lan.program(*login, "--allow-http")
    assert (done.status, done.err) == (0, "")
    assert tomllib.loads(lan.config.read_text())["allow_http"] is True
    assert lan.program(*QUERY).out == "ada 0\n"


def test_what_a_login_knows_is_added_to_a_configuration(lan: Lan, unencrypted: str) -> None:
    config = lan.program.configure(MINE)
    config.chmod(0o640)
    done = lan.program("login", "--api", unencrypted, "--username", "ada", "--allow-http")
    assert done.out.splitlines()[-1] == f"added to {config}: api, web, username, allow_http"
    web = unencrypted.removesuffix("/api/v1")
    added = f'api = "{unencrypted}"\nweb = "{web}"\nusername = "ada"\nallow_http = true\n'
    head, tail = MINE.split("# Taiga's", 1)
    assert config.read_text() == f"{head}{added}\n# Taiga's{tail}"
    assert config.stat().st_mode & 0o777 == 0o640
    assert lan.program(*QUERY).out == "ada 0\n"
    # The next one has nothing to add.
    before = config.read_bytes()
    assert lan.program("login").out.splitlines()[-1].startswith("links lead to")
    assert config.read_bytes() == before


def test_what_a_login_knows_of_a_named_server_stands_in_its_own_table(lan: Lan) -> None:
    lan.program.env["TAIGA_NOTES_PASSWORD_WORK"] = "ada-password"
    api, web = lan.server.url, lan.server.url.removesuffix("/api/v1")
    mine = f"# My own.\n[servers.work]\napi = '{api}' # mine\n\n[webhook_keys]\nacme = 'its own'\n"
    config = lan.program.configure(mine)
    done = lan.program("login", "--server", "work", "--username", "ada")
    assert done.out.splitlines()[-1] == f"added to {config}, below [servers.work]: username"
    assert config.read_text() == mine.replace("mine\n\n", 'mine\n\nusername = "ada"\n\n', 1)
    assert lan.program("login", "--server", "work", "--api", api).status == 2

    # One that no configuration knows, and then no configuration at all.
    lan.program.env["TAIGA_NOTES_PASSWORD_LAB"] = "ada-password"
    assert "no server 'lab'" in lan.program("login", "--server", "lab").err
    login = ("login", "--server", "lab", "--api", api, "--username", "ada")
    before = config.read_text()
    added = f'[servers.lab]\napi = "{api}"\nweb = "{web}"\nusername = "ada"\n'
    assert lan.program(*login).status == 0
    assert config.read_text() == f"{before}\n{added}"
    config.unlink()
    assert lan.program(*login).out.splitlines()[-1] == f"wrote {config}"
    assert config.read_text() == added
    assert lan.program("login", "--server", "a b", "--api", api).status == 2


def test_secrets_of_a_configuration_are_not_led_to_another_server(
    lan: Lan, unencrypted: str
) -> None:
    for text in (
        'application_token = "a"\n',
        'password_command = "x"\n',
        '[headers]\nX-Gate = "g"\n',
    ):
        config = lan.program.configure(text)
        done = lan.program("login", "--api", unencrypted, "--username", "ada", "--allow-http")
        assert (done.status, done.err) == (0, "")
        assert f"to use this login, set in {config}:\n  api = " in done.out
        assert config.read_text() == text


def test_what_a_configuration_says_otherwise_is_told_and_left(lan: Lan, unencrypted: str) -> None:
    text = 'username = "bob"\nallow_http = false\n'
    config = lan.program.configure(text)
    done = lan.program("login", "--api", unencrypted, "--username", "ada", "--allow-http")
    assert done.out.endswith('  username = "ada"\n  allow_http = true\n')
    assert config.read_text() == text
