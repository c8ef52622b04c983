"""Log in to Taiga: ask for the password, prove it, and keep the tokens, never the password."""

from __future__ import annotations

import errno
import os
import sys
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from getpass import getpass
from typing import TYPE_CHECKING

from taiga_notes.cli import opening, output
from taiga_notes.cli.browser_tokens import browser_tokens
from taiga_notes.config.passwords import password_of
from taiga_notes.config.settings import UserConfig
from taiga_notes.config.toml_editor import lines_of, with_keys
from taiga_notes.config.toml_reader import ExpectedError, address, read_file
from taiga_notes.config.user_file import load_user, login_type, web_of
from taiga_notes.errors import ConfigError, SourceError
from taiga_notes.system.atomic_write import create_file, save_file
from taiga_notes.system.folders import make_folder
from taiga_notes.system.paths import user_folders
from taiga_notes.taiga.auth.credentials import Anonymous, NewToken
from taiga_notes.taiga.auth.session import session
from taiga_notes.taiga.auth.token_rules import demand_encryption
from taiga_notes.taiga.http.client import Client
from taiga_notes.taiga.http.responses import TroubleError
from taiga_notes.taiga.http.web_front import Front, locate, named

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Mapping
    from pathlib import Path


_KEPT = ("api", "web", "username", "login_type", "allow_http")
"""Settings that a login knows; the last two only where they are not the usual."""

_ALWAYS = frozenset(("api", "web", "username"))
_FOR_ITS_SERVER = frozenset(("application_token", "password_command", "headers"))
"""Secrets that a file holds without saying for which server."""

_REFUSED = (
    "Taiga does not take this auth token: it is wrong, or ended after its 24 hours",
    "sign in anew in a private window, and copy its tokens at once",
)


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    parser.add_argument(
        "--api", metavar="URL", help="where Taiga is: the address of its web front, or of its API"
    )
    parser.add_argument("--web", metavar="URL", help="where links lead, if that is elsewhere")
    parser.add_argument("--username", metavar="NAME", help="user name or e-mail address")
    opening.add_server_argument(parser)
    parser.add_argument(
        "--type", metavar="TYPE", help="how the server checks passwords, if a plugin does: ldap, …"
    )
    parser.add_argument(
        "--token",
        action="store_true",
        help="take over a browser's session: its auth token and refresh token are asked for, or "
        "read from the standard input",
    )
    parser.add_argument(
        "--allow-http", action="store_true", help="send credentials unencrypted: on a LAN"
    )


def run(args: Namespace) -> int:
    """Logs in, and keeps what the next command needs in the user's configuration.

    Raises:
        ConfigError: there is no terminal to ask at.
        LoginError: Taiga refuses.
        SourceError: Taiga can't be reached.
    """
    env = dict(os.environ)
    known = _known(args, env)
    known = replace(known, allow_http=known.allow_http or args.allow_http)
    # Before anything is sent; `session` asks again, since a front may name another API.
    demand_encryption(known)
    front = locate(known.api, lambda at: Client.of(known, Anonymous(), at))
    is_set = args.web or env.get("TAIGA_NOTES_WEB")
    is_kept = not args.api and known.web != web_of(known.api)
    web = known.web if is_set or is_kept else front.web
    user = replace(known, api=front.api, web=web, login_type=_login_type(args, known, front))
    state = user_folders(env).state
    try:
        if args.token:
            user = _taken_over(user, args.username, state)
        else:
            user = _chosen(user, args.username)
            _log_in(user, state)
    except TroubleError as error:
        raise named(error, user.api, lambda at: Client.of(user, Anonymous(), at)) from error
    output.say(_where_links_lead(user, front))
    _keep(user)
    return 0


def _known(args: Namespace, env: dict[str, str]) -> UserConfig:
    """What is known before a login; what flags say of the usual server is set in the environment.

    Raises:
        ConfigError: a flag is wrong, or there is no such server and no address for it.
    """
    given = {"api": _address("--api", args.api), "web": _address("--web", args.web)}
    said = {name: value for name, value in given.items() if value}
    if not args.server:
        env |= {f"TAIGA_NOTES_{name.upper()}": value for name, value in said.items()}
        return load_user(env)
    if said and args.server in load_user(env).servers:
        raise ConfigError(
            f"where the server '{args.server}' is says your own configuration",
            hint="leave --api and --web out",
        )
    return load_user(env, args.server, said if "api" in said else None)


def _log_in(user: UserConfig, state: Path) -> None:
    own, kept = session(user, state), password_of(user)
    password = kept.read() if kept else _secret(user)
    # A login request carries no Authorization: Taiga refuses one that has a stale token.
    with Client.of(user, Anonymous()) as client:
        account = own.log_in(password, client.post, partial(_prove, user))
    output.say(f"logged in to {user.api} as {account.get('username')}")


def _taken_over(user: UserConfig, username: str | None, state: Path) -> UserConfig:
    """The settings for the account of a browser's session, which is ours from now on.

    Raises:
        ConfigError: there are no tokens, or they are not those of one session.
        LoginError: Taiga refuses one.
    """
    demand_encryption(user)
    tokens = browser_tokens(sys.stdin, getpass)
    # By use: who it is that is logged in is nowhere else to be had.
    with Client.of(user, NewToken(f"Bearer {tokens.access}", *_REFUSED)) as client:
        name = _username(client)
    if username and username.lower() != name.lower():
        raise ConfigError(
            f"these are the tokens of {name!a}, not of {username!a}; nothing has changed"
        )
    user = replace(user, username=name)
    with Client.of(user, Anonymous()) as client:
        ends = session(user, state).take_over(tokens.access, tokens.refresh, client.post)
    output.say(f"logged in to {user.api} as {name}")
    if tokens.refresh:
        output.say("the browser's session is ours now: close its window, without logging out")
    elif ends is not None:
        end = datetime.fromtimestamp(ends, UTC).astimezone()
        output.say(f"without a refresh token this login ends on {end:%Y-%m-%d at %H:%M}")
    return user


def _login_type(args: Namespace, known: UserConfig, front: Front) -> str:
    """How the server checks a password: by the flag, the user's settings, the web front's form."""
    usual = UserConfig(known.file).login_type
    if not args.type:
        return known.login_type if known.login_type != usual else front.login_type or usual
    try:
        return login_type(args.type)
    except ExpectedError as error:
        raise ConfigError(f"--type must be {error}") from error


def _address(flag: str, given: str | None) -> str | None:
    """An address as a flag gave it, or as a browser shows it: with what a page is asked for.

    Raises:
        ConfigError: it is none.
    """
    if not given:
        return given
    page = given.partition("#")[0].partition("?")[0]
    try:
        return address(page)
    except ExpectedError as error:
        hint = ""
        with suppress(ExpectedError):
            hint = "" if "://" in page else f"did you mean {address(f'https://{page.strip()}')}?"
        raise ConfigError(f"{flag} must be {error}", hint=hint) from error


def _where_links_lead(user: UserConfig, front: Front) -> str:
    said = f"links lead to {user.web}"
    if user.web != front.web:
        return f"{said}, as you set it; Taiga's web front seems to be at {front.web}"
    return said if front.known else f"{said}; set `web` if that is not Taiga's web front"


def _prove(user: UserConfig, header: str) -> None:
    """Uses a new token: a proxy may take it off each request, so that it is of no use.

    Raises:
        LoginError: Taiga does not take it.
        SourceError: Taiga can't be reached.
    """
    with Client.of(user, NewToken(header)) as client:
        _username(client)


def _username(client: Client) -> str:
    """Who we are, in Taiga's own words."""
    match client.get("/users/me").data:
        case {"username": str(name)} if name:
            return name
        case _:
            raise SourceError("Taiga's answer about you is none", hint="is `api` right?")


def _chosen(user: UserConfig, username: str | None) -> UserConfig:
    """The settings for the account that is to log in."""
    if username and username != user.username:
        # The configured command prints another account's password.
        return replace(user, username=username, password_command=())
    return user if user.username else replace(user, username=_ask("User name or e-mail: "))


def _is_at_terminal() -> bool:
    # It is None where whoever started this has closed it.
    return bool(sys.stdin) and sys.stdin.isatty()


def _ask(question: str) -> str:
    if not _is_at_terminal():
        raise ConfigError("no user name is given", hint="use --username NAME")
    return _answer("user name", lambda: input(question).strip())


def _secret(user: UserConfig) -> str:
    if not _is_at_terminal():
        given = user.variable("password")
        raise ConfigError(
            "there is no terminal to ask for the password at",
            hint=f"set {given}, or `password_command` in your own configuration",
        )

    return _answer("password", lambda: getpass(f"Password for {user.username} at {user.api}: "))


def _answer(what: str, ask: Callable[[], str]) -> str:
    """What was typed.

    Raises:
        ConfigError: nothing was.
    """
    try:
        answer = ask()
    except EOFError:
        answer = ""
    if not answer:
        raise ConfigError(f"no {what} was given, and nothing has changed")
    return answer


def _keep(user: UserConfig) -> None:
    """Server, account and how to log in, so that the next command knows them without being told."""
    # As the next command is going to read it: without what was said to this one alone.
    own = load_user({name: value for name, value in os.environ.items() if _finds_files(name)})
    kept = own.servers.get(user.server) if user.server else own
    values: dict[str, str | bool] = {
        name: getattr(user, name)
        for name in _KEPT
        if name in _ALWAYS or getattr(user, name) != getattr(UserConfig(user.file), name)
    }
    new = {
        name: value
        for name, value in values.items()
        if kept is None or value != getattr(kept, name)
    }
    try:
        if not user.file.exists() and _written(user, values):
            output.say(f"wrote {user.file}")
        elif new and _added(user, new):
            output.say(f"added to {user.file}{_below(user)}: {', '.join(new)}")
        elif new:
            _tell_lines(user, values)
    except OSError as error:
        output.complain(f"{user.file} can't be written: {error.strerror}")
        _tell_lines(user, values)


def _table(user: UserConfig) -> tuple[str, ...]:
    """Where in the user's file it stands what is said of a server; the usual one's is above all."""
    return ("servers", user.server) if user.server else ()


def _below(user: UserConfig) -> str:
    return f", below [{'.'.join(_table(user))}]" if user.server else ""


def _written(user: UserConfig, values: Mapping[str, str | bool]) -> bool:
    """Makes the user's file, unless TOML can't say what is to stand there.

    Raises:
        OSError: it can't be written.
    """
    text = with_keys("", values, _table(user))
    if text is not None:
        make_folder(str(user.file.parent))
        create_file(str(user.file), text.encode(), 0o600)
    return text is not None


def _added(user: UserConfig, new: Mapping[str, str | bool]) -> bool:
    """Adds keys to the user's file; whether that was right: what it says already is never changed.

    Raises:
        OSError: it can't be written.
    """
    file, found = user.file, read_file(user.file)
    if found is None:
        return False
    for name in _table(user):
        found = found.take_table(name)
    if new.keys() & found.values.keys():
        return False
    if "api" in new and _FOR_ITS_SERVER & found.values.keys():
        # They were given for the server that the file is about, which is not this one.
        return False
    if not os.access(file, os.W_OK):
        raise PermissionError(errno.EACCES, "it is read-only")
    text = with_keys(file.read_bytes().decode(), new, _table(user))
    if text is not None:
        save_file(str(file), text.encode())
    return text is not None


def _tell_lines(user: UserConfig, values: Mapping[str, str | bool]) -> None:
    output.say(f"to use this login, set in {user.file}{_below(user)}:")
    for line in lines_of(values):
        output.say(f"  {line}")


def _finds_files(variable: str) -> bool:
    return variable == "TAIGA_NOTES_CONFIG" or not variable.startswith("TAIGA_NOTES_")
