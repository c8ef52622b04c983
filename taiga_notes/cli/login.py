"""Log in to Taiga: ask for the password, prove it, and keep the tokens, never the password."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

from taiga_notes.atomic_write import create_file
from taiga_notes.cli import output
from taiga_notes.errors import ConfigError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Callable, Iterable

    from taiga_notes.config.settings import UserConfig


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    parser.add_argument("--api", metavar="URL", help="the API's root, ending in /api/v1")
    parser.add_argument("--web", metavar="URL", help="where links lead, if that is elsewhere")
    parser.add_argument("--username", metavar="NAME", help="user name or e-mail address")


def run(args: Namespace) -> int:
    """Logs in, and keeps the address in the user's configuration where there is none yet.

    Raises:
        ConfigError: there is no terminal to ask at.
        LoginError: Taiga refuses.
        SourceError: Taiga can't be reached.
    """
    from taiga_notes.config.settings import folders, load_user  # noqa: PLC0415
    from taiga_notes.taiga.client import Client  # noqa: PLC0415
    from taiga_notes.taiga.login import Anonymous  # noqa: PLC0415
    from taiga_notes.taiga.passwords import password_of  # noqa: PLC0415
    from taiga_notes.taiga.session import session  # noqa: PLC0415

    given = {"TAIGA_NOTES_API": args.api, "TAIGA_NOTES_WEB": args.web}
    env = dict(os.environ) | {name: value for name, value in given.items() if value}
    user = _chosen(load_user(env), args.username)
    own = session(user, folders(env).state)
    kept = password_of(user)
    password = kept.read() if kept else _secret(f"Password for {user.username} at {user.api}: ")
    # A login request carries no Authorization: Taiga refuses one that has a stale token.
    with Client(user.api, Anonymous(), timeout=user.timeout, max_wait=user.max_wait) as client:
        account = own.log_in(password, client.post)
    output.say(f"logged in to {user.api} as {account.get('username')}")
    _keep_address(user)
    return 0


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


def _secret(question: str) -> str:
    if not sys.stdin.isatty():
        raise ConfigError(
            "there is no terminal to ask for the password at",
            hint="set TAIGA_NOTES_PASSWORD, or `password_command` in your own configuration",
        )
    from getpass import getpass  # noqa: PLC0415

    return _answer("password", lambda: getpass(question))


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
    lines = [
        f"{key} = {json.dumps(value, ensure_ascii=False)}"
        for key, value in (("api", user.api), ("web", user.web), ("username", user.username))
    ]
    if not user.file.exists():
        try:
            user.file.parent.mkdir(parents=True, exist_ok=True)
            create_file(str(user.file), ("\n".join(lines) + "\n").encode(), 0o600)
        except OSError as error:
            output.complain(f"{user.file} can't be written: {error.strerror}")
            _tell_lines(user, lines)
            return
        output.say(f"wrote {user.file}")
        return
    from taiga_notes.config.settings import load_user  # noqa: PLC0415

    kept = load_user({name: value for name, value in os.environ.items() if _finds_files(name)})
    if (kept.api, kept.username) != (user.api, user.username):
        _tell_lines(user, lines)


def _tell_lines(user: UserConfig, lines: Iterable[str]) -> None:
    output.say(f"to use this login, set in {user.file}:")
    for line in lines:
        output.say(f"  {line}")


def _finds_files(variable: str) -> bool:
    return variable == "TAIGA_NOTES_CONFIG" or not variable.startswith("TAIGA_NOTES_")
