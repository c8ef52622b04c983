"""Log in to Taiga: ask for the password, prove it, and keep the tokens, never the password."""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from dataclasses import replace
from functools import partial
from getpass import getpass
from typing import TYPE_CHECKING

from taiga_notes.cli import opening, output
from taiga_notes.config.passwords import password_of
from taiga_notes.config.settings import UserConfig, load_user, web_of
from taiga_notes.config.toml_reader import ExpectedError, address
from taiga_notes.errors import ConfigError, SourceError
from taiga_notes.system.atomic_write import create_file
from taiga_notes.system.folders import make_folder
from taiga_notes.system.paths import user_folders
from taiga_notes.taiga.auth.credentials import Anonymous, NewToken
from taiga_notes.taiga.auth.session import demand_encryption, session
from taiga_notes.taiga.http.client import Client
from taiga_notes.taiga.http.web_front import Front, locate

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Iterable


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    parser.add_argument(
        "--api", metavar="URL", help="where Taiga is: the address of its web front, or of its API"
    )
    parser.add_argument("--web", metavar="URL", help="where links lead, if that is elsewhere")
    parser.add_argument("--username", metavar="NAME", help="user name or e-mail address")
    opening.add_server_argument(parser)


def run(args: Namespace) -> int:
    """Logs in, and keeps the address in the user's configuration where there is none yet.

    Raises:
        ConfigError: there is no terminal to ask at.
        LoginError: Taiga refuses.
        SourceError: Taiga can't be reached.
    """
    given = {
        "TAIGA_NOTES_API": _address("--api", args.api),
        "TAIGA_NOTES_WEB": _address("--web", args.web),
    }
    if args.server and (args.api or args.web):
        raise ConfigError(
            f"where the server '{args.server}' is says your own configuration",
            hint="leave --api and --web out",
        )
    env = dict(os.environ) | {name: value for name, value in given.items() if value}
    known = load_user(env, args.server)
    # Before anything is sent; `session` asks again, since a front may name another API.
    demand_encryption(known)
    front = locate(known.api, lambda at: Client.of(known, Anonymous(), at))
    is_set = args.web or env.get("TAIGA_NOTES_WEB")
    is_kept = not args.api and known.web != web_of(known.api)
    web = known.web if is_set or is_kept else front.web
    user = _chosen(replace(known, api=front.api, web=web), args.username)
    own = session(user, user_folders(env).state)
    kept = password_of(user)
    password = kept.read() if kept else _secret(user)
    # A login request carries no Authorization: Taiga refuses one that has a stale token.
    with Client.of(user, Anonymous()) as client:
        account = own.log_in(password, client.post, partial(_prove, user))
    output.say(f"logged in to {user.api} as {account.get('username')}")
    output.say(_where_links_lead(user, front))
    _keep_address(user)
    return 0


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
        match client.get("/users/me").data:
            case {"username": str()}:
                return
    raise SourceError(
        "Taiga gave a token, but its answer about you is none", hint="is `api` right?"
    )


def _chosen(user: UserConfig, username: str | None) -> UserConfig:
    """The settings for the account that is to log in."""
    if username and username != user.username:
        # The configured command prints another account's password.
        return replace(user, username=username, password_command=())
    return user if user.username else replace(user, username=_ask("User name or e-mail: "))


def _ask(question: str) -> str:
    if not sys.stdin.isatty():
        raise ConfigError("no user name is given", hint="use --username NAME")
    return _answer("user name", lambda: input(question).strip())


def _secret(user: UserConfig) -> str:
    if not sys.stdin.isatty():
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


def _keep_address(user: UserConfig) -> None:
    """Server and user name, so that the next command knows them without being told."""
    lines = [f"[servers.{user.server}]"] if user.server else []
    lines += [
        f"{key} = {json.dumps(value, ensure_ascii=False)}"
        for key, value in (("api", user.api), ("web", user.web), ("username", user.username))
    ]
    # One that is there is never changed: it is the user's own, comments and all.
    if not user.file.exists():
        try:
            make_folder(str(user.file.parent))
            create_file(str(user.file), ("\n".join(lines) + "\n").encode(), 0o600)
        except OSError as error:
            output.complain(f"{user.file} can't be written: {error.strerror}")
            _tell_lines(user, lines)
            return
        output.say(f"wrote {user.file}")
        return

    # As the next command is going to read it: without what was said to this one alone.
    kept = load_user(
        {name: value for name, value in os.environ.items() if _finds_files(name)}, user.server
    )
    if (kept.api, kept.web, kept.username) != (user.api, user.web, user.username):
        _tell_lines(user, lines)


def _tell_lines(user: UserConfig, lines: Iterable[str]) -> None:
    output.say(f"to use this login, set in {user.file}:")
    for line in lines:
        output.say(f"  {line}")


def _finds_files(variable: str) -> bool:
    return variable == "TAIGA_NOTES_CONFIG" or not variable.startswith("TAIGA_NOTES_")
