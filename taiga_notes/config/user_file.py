"""The user's `config.toml` and the environment → server and account."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from taiga_notes.config import toml_reader
from taiga_notes.config.settings import (
    API,
    ENVIRONMENT,
    LOG_IN,
    NEVER_IN_A_FILE,
    WEB,
    UserConfig,
    VaultConfig,
    at_server,
)
from taiga_notes.config.tokens import GivenToken, given_token
from taiga_notes.config.toml_reader import ExpectedError, TomlTable
from taiga_notes.errors import ConfigError, UnknownServerError
from taiga_notes.system.paths import VAULT_FILE, user_folders

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# Compiled where one is needed: a run needs few of them.
_API_PATH = r"(?i)/api(/v[0-9]+)?\Z"

_HEADER = r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}"

_LANGUAGE = r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}"

_LOGIN_TYPE = r"[A-Za-z0-9._-]{1,50}"

_SERVER_NAME = r"[A-Za-z_][A-Za-z0-9_]{0,39}"

_OF_A_SERVER = ("username", "password", "token", "application_token", "webhook_key")
"""Of these there is a variable for each server: `TAIGA_NOTES_PASSWORD_WORK`. No other one counts
for it: what was given for one host is not sent to another."""

_INHERITED = ("language", "keyring", "timeout", "max_wait", "full_every", "max_age", "max_details")
"""What says how servers are asked, and means every one that does not say otherwise."""

_OWN_HEADERS = frozenset(
    (
        *("accept", "accept-encoding", "accept-language", "authorization", "connection"),
        *("content-length", "content-type", "host", "transfer-encoding", "user-agent"),
    )
)
"""Headers that Taiga or HTTP needs as they are."""


def load_user(
    env: Mapping[str, str], server: str = "", new: Mapping[str, str] | None = None
) -> UserConfig:
    """Server and account.

    Args:
        env: the environment.
        server: see `load`.
        new: what that server's table is to say, which is not there yet.

    Raises:
        ConfigError: the file or a variable is wrong, or there is no such server.
    """
    named = env.get("TAIGA_NOTES_CONFIG")
    file = Path(named) if named else user_folders(env).config / "config.toml"
    found = toml_reader.read_file(file)
    if found is None and named:
        raise ConfigError(f"{file}, which TAIGA_NOTES_CONFIG names, does not exist")
    found = found or TomlTable({}, file)
    found.instead = _given(env, ENVIRONMENT)
    user = _user(found)
    tables = found.take_table("servers")
    if new:
        tables.values = {server: new, **tables.values}
    servers = _servers(tables, user, env)
    found.finish(
        dict.fromkeys(
            (*VaultConfig.__slots__, "projects"),
            f"it is a vault's setting: move it to a {VAULT_FILE}",
        )
    )
    try:
        return at_server(replace(user, servers=servers), server)
    except UnknownServerError as error:
        # Here it is a flag's word, and no page's.
        raise ConfigError(error.message, hint=error.hint) from None


def _given(env: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """By keys, the variable that counts before the file, and its text."""
    return {
        key: (variable, env[variable]) for key, variable in variables.items() if env.get(variable)
    }


def _servers(found: TomlTable, user: UserConfig, env: Mapping[str, str]) -> dict[str, UserConfig]:
    servers: dict[str, UserConfig] = {}
    if not found.values:
        return servers
    from taiga_notes.model.kinds import NAMES  # noqa: PLC0415 - 3 ms that few need to pay

    for name in found.values:
        table = found.take_table(name)
        if not re.fullmatch(_SERVER_NAME, name) or name in NAMES:
            raise table.wrong(
                "",
                f"{name[:40]!a} can't be a server's name",
                "take letters, digits and _, and nothing that means something in a query",
            )
        if "api" not in table.values:
            raise table.wrong(
                "",
                f"the server '{name}' has no `api`",
                "set the address of its API, such as https://taiga.example.org/api/v1",
            )
        named = UserConfig(found.file, server=name)
        table.instead = _given(env, {key: named.variable(key) for key in _OF_A_SERVER})
        own = _user(table)
        above = {key: getattr(user, key) for key in _INHERITED if key not in table.values}
        servers[name] = replace(own, **above, server=name)
        table.finish(
            {
                **dict.fromkeys(VaultConfig.__slots__, f"it is a vault's: move it to {VAULT_FILE}"),
                **dict.fromkeys(("webhook", "trust"), "it means all servers: move it to the top"),
            }
        )
    return servers


def _user(found: TomlTable) -> UserConfig:
    """What a table says of a server and an account; at the top it says more."""
    for key in NEVER_IN_A_FILE:
        if key in found.values:
            raise found.wrong(key, f"`{key}` is never kept in a file", LOG_IN)
    api = found.take("api", toml_reader.address, API)
    headers, commands = _headers(found.take_table("headers"))
    if not _is_at(api, found.values.get("api")):
        # They are secrets, and given for the server that the same file names.
        headers, commands = {}, {}
    token, application_token = _tokens(found)
    return UserConfig(
        file=found.file,
        api=api,
        web=found.take("web", toml_reader.address, web_of(api)),
        username=found.take("username", toml_reader.text, None),
        login_type=found.take("login_type", login_type, "normal"),
        password=found.take("password", toml_reader.secret, None),
        password_command=found.take("password_command", _command, ()),
        token=token,
        application_token=application_token,
        anonymous=found.take("anonymous", toml_reader.flag, default=False),
        keyring=found.take("keyring", toml_reader.flag, default=True),
        allow_http=found.take("allow_http", toml_reader.flag, default=False),
        language=found.take("language", _language, "en"),
        timeout=found.take("timeout", toml_reader.positive_span, 30.0),
        max_wait=found.take("max_wait", toml_reader.span, 30.0),
        proxy=found.take("proxy", toml_reader.secret, None),
        ca_file=found.take("ca_file", _file_beside(found.file), None),
        headers=headers,
        header_commands=commands,
        full_every=found.take("full_every", toml_reader.span, 86_400.0),
        max_age=found.take("max_age", toml_reader.span, 0.0),
        max_details=found.take("max_details", toml_reader.count, 500),
        webhook=None if found.name else found.take("webhook", toml_reader.endpoint, None),
        webhook_key=found.take("webhook_key", toml_reader.secret, None),
        webhook_keys=found.take("webhook_keys", toml_reader.text_table, {}),
        trust=() if found.name else found.take("trust", _folders, ()),
    )


def _tokens(found: TomlTable) -> tuple[str | None, str | None]:
    """The auth_token and the application token: a scheme before one says more than its key.

    Raises:
        ConfigError: one is none, or an auth_token is kept in the file.
    """
    bearer = application = None
    for key, usual in (("token", "Bearer"), ("application_token", "Application")):
        given = found.take(key, given_token, GivenToken(""))
        if (given.scheme or usual) == "Application":
            application = application or given.text or None
            continue
        if key == "application_token" and given.text and key not in found.instead:
            raise found.wrong(
                key,
                "a Bearer token is never kept in a file",
                "it ends after 24 hours: run `taiga-notes login --token`",
            )
        bearer = bearer or given.text or None
    return bearer, application


def login_type(value: object) -> str:
    """What `POST /auth` calls a kind of login: "normal", "ldap", "oidc"; Taiga takes any case."""
    match value:
        case str() if re.fullmatch(_LOGIN_TYPE, value):
            return value
        case _:
            raise ExpectedError('a kind of login such as "normal" or "ldap"')


def _language(value: object) -> str:
    """One language, in letters, digits and hyphens: it becomes a header."""
    match value:
        case str() if re.fullmatch(_LANGUAGE, value):
            return value
        case _:
            raise ExpectedError('one language such as "de" or "pt-br"')


def web_of(api: str) -> str:
    """Where Taiga's web front usually is: the API's address without the `/api/v1` at its end.

    So also where all of Taiga lies below a path (`https://example.org/taiga/api/v1`).
    """
    return WEB if api == API else re.sub(_API_PATH, "", api)


def _command(value: object) -> tuple[str, ...]:
    """A program and its arguments: never a shell's line."""
    expected = 'a command such as "pass show taiga", or a list of its words'
    match value:
        case str():
            import shlex  # noqa: PLC0415 - 1 ms that few need to pay

            try:
                words = tuple(shlex.split(value, posix=os.name != "nt"))
            except ValueError:
                raise ExpectedError(expected) from None
        case _:
            words = toml_reader.texts(value)
    if not words:
        raise ExpectedError(expected)
    return words


def _is_at(api: str, named: object) -> bool:
    """Whether an API is at the server that a file names, if it names any."""
    if not isinstance(named, str):
        return True
    try:
        return api.split("/")[:3] == toml_reader.address(named).split("/")[:3]
    except ExpectedError:
        return False


def _headers(found: TomlTable) -> tuple[dict[str, str], dict[str, tuple[str, ...]]]:
    """Headers with their values, and those whose values a command prints (`NAME_command`)."""
    values: dict[str, str] = {}
    commands: dict[str, tuple[str, ...]] = {}
    for key in found.values:
        name = key.removesuffix("_command")
        if not re.fullmatch(_HEADER, name) or name.lower() in _OWN_HEADERS:
            raise found.wrong(
                key,
                f"{key[:80]!a} is no header that can be set",
                "name the one that your gateway wants, such as CF-Access-Client-Id",
            )
        if name == key:
            values[name] = found.take(key, _header_value, "")
        else:
            commands[name] = found.take(key, _command, ())
    return values, commands


def fits_header(text: str) -> bool:
    """Whether a text can be a header's value."""
    return text.isascii() and text.isprintable() and text == text.strip()


def _header_value(value: object) -> str:
    text = toml_reader.secret(value)
    if fits_header(text):
        return text
    raise ExpectedError("a text in quotes, of ASCII letters, without blanks around it")


def _file_beside(config: Path) -> Callable[[object], Path]:
    """Reads a file's name: relative ones start from the configuration's folder."""

    def read(value: object) -> Path:
        return config.absolute().parent / Path(toml_reader.text(value)).expanduser()

    return read


def _folders(value: object) -> tuple[Path, ...]:
    """Folders by absolute paths, `~` being the user's own."""
    expected = 'a list of folders such as ["~/notes"], with whole paths'
    try:
        found = tuple(Path(text).expanduser() for text in toml_reader.texts(value))
    except (ExpectedError, RuntimeError):  # no such user's home
        raise ExpectedError(expected) from None
    if all(folder.is_absolute() and "\0" not in f"{folder}" for folder in found):
        return found
    raise ExpectedError(expected)
