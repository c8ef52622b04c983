"""Settings, and what may set them.

    taiga-notes.toml in the vault      project, templates, presets: shared, synced, cloned, so
                                       never trusted with secrets, commands or another server
    the user's config.toml             server and account
    the environment                    the same, and before it

Nothing is created or read at import time.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from datetime import UTC
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from taiga_notes.config import toml_reader
from taiga_notes.config.time_zones import time_zone, zone_of
from taiga_notes.config.tokens import GivenToken, given_token
from taiga_notes.config.toml_reader import Endpoint, ExpectedError, TomlTable
from taiga_notes.errors import (
    ConfigError,
    UnknownServerError,
    UntrustedError,
    did_you_mean,
)
from taiga_notes.system.paths import VAULT_FILE, user_folders, vault_root

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import tzinfo

    from taiga_notes.config.mirror_settings import Mirror
    from taiga_notes.model.rows import ProjectKey, Projects

__all__ = [
    "VAULT_FILE",
    "OnEdit",
    "PushStatuses",
    "Settings",
    "UserConfig",
    "VaultConfig",
    "Watch",
    "demand_own_server",
    "is_trusted",
    "load",
    "load_user",
    "web_of",
]

API = "https://api.taiga.io/api/v1"
"""Taiga's own service."""

WEB = "https://tree.taiga.io"
"""The web front of Taiga's own service, which the API never names."""

# Compiled where one is needed: a run needs few of them.
_API_PATH = r"(?i)/api(/v[0-9]+)?\Z"
_HEADER = r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}"
_LANGUAGE = r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}"
_LOGIN_TYPE = r"[A-Za-z0-9._-]{1,50}"

OnEdit = Literal["refuse", "rescue", "overwrite"]
"""What happens to a block whose body was edited by hand."""


@dataclass(frozen=True, slots=True)
class Watch:
    """How `watch` waits.

    Attributes:
        quiet_ms: milliseconds without a change after which a page counts as saved.
        every: seconds between two looks at Taiga.
    """

    quiet_ms: int = 300
    every: float = 60.0

    @property
    def quiet(self) -> float:
        """`quiet_ms` in seconds."""
        return self.quiet_ms / 1000


@dataclass(frozen=True, slots=True)
class PushStatuses:
    """What ticks and their taking back mean, in the statuses of the vault's projects.

    Attributes:
        done: names of statuses: the first that a kind of items has is what a tick sets.
        reopen: the same for a box that is emptied, which without any means nothing.
    """

    done: tuple[str, ...] = ()
    reopen: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VaultConfig:
    """What a vault says of itself.

    Attributes:
        root: the vault's folder.
        file: its `taiga-notes.toml`; None where there is none.
        project: `project` or `projects`: whose rows the pages list that do not say.
        template: the template for blocks that name none.
        templates: the folder of the vault's own templates, inside the vault; need not exist.
        presets: named queries.
        exclude: globs of pages that are none of ours, relative to the root.
        snapshot: a file in the vault that rows come from in place of a server; it need not exist.
        web: the address that links lead to.
        api: the API that this vault is meant for; only ever compared with the user's.
        on_edit: see `OnEdit`.
        max_details: see `UserConfig`; None where the vault says nothing.
        timezone: by which `today()` goes, and in which moments are written; empty for the
            machine's, and for UTC.
        watch: see `Watch`.
        push: see `PushStatuses`.
        mirror: which items get a page each.
    """

    root: Path
    file: Path | None = None
    project: Projects = None
    template: str | None = None
    templates: Path = Path("templates")
    presets: Mapping[str, str] = field(default_factory=dict)
    exclude: tuple[str, ...] = ()
    snapshot: Path | None = None
    web: str | None = None
    api: str | None = None
    on_edit: OnEdit = "refuse"
    max_details: int | None = None
    timezone: str = ""
    watch: Watch = field(default_factory=Watch)
    push: PushStatuses = field(default_factory=PushStatuses)
    mirror: tuple[Mirror, ...] = ()

    @property
    def zone(self) -> tzinfo | None:
        """The vault's own time zone; None where it has none."""
        return zone_of(self.timezone) if self.timezone else None

    @property
    def dates(self) -> tzinfo:
        """The zone in which moments are written: never the machine's, for pages are shared."""
        return self.zone or UTC


class Credential(Enum):
    """What says to Taiga who we are."""

    TOKEN = auto()
    """`TAIGA_NOTES_TOKEN`: an auth_token, used as it is and never renewed."""
    APPLICATION = auto()
    """`TAIGA_NOTES_APPLICATION_TOKEN`, or `application_token` in the user's configuration."""
    NONE = auto()
    """`anonymous = true`: public projects only."""
    SESSION = auto()
    """That of `taiga-notes login`, or begun with a password of the environment or of a command."""


@dataclass(frozen=True, slots=True)
class UserConfig:
    """Server and account, from the user's own file and the environment.

    Attributes:
        file: the user's configuration file, whether it exists or not.
        api: the API's root; credentials go nowhere else.
        web: the address of Taiga's web front.
        username: or e-mail address; None for whoever logged in.
        login_type: how the server checks a password: "normal", or as a plugin of its calls it.
        password: from the environment only.
        password_command: a program and its arguments that prints the password.
        token: an auth_token, from the environment only.
        application_token: see Taiga's external applications.
        anonymous: use no account.
        keyring: keep tokens in the system's keyring where there is one.
        allow_http: send credentials over a connection that anyone on the way can read.
        language: of Taiga's messages, as in `Accept-Language`.
        timeout: seconds without a byte after which an answer is given up.
        max_wait: seconds to wait in all for a throttled or failing server.
        proxy: a proxy's address, or "none"; None for what the environment says.
        ca_file: the certificates to believe in place of the system's.
        headers: go with each request to the API's server, for a gateway before it.
        header_commands: header → a program and its arguments that prints its value.
        full_every: seconds after which everything is read again.
        max_age: seconds for which rows count as current without asking Taiga again; watching does
            not heed it.
        max_details: of how many items at most a page's part may need a request each.
        webhook: where to receive deliveries.
        webhook_key: for projects that `webhook_keys` does not name.
        webhook_keys: by project slug.
        trust: vaults that may do what a stranger's may not; see `is_trusted`.
        servers: other servers and accounts by the name that queries give them.
        server: its own name among those; empty for the one that needs no name.
    """

    file: Path
    api: str = API
    web: str = WEB
    username: str | None = None
    login_type: str = "normal"
    password: str | None = field(default=None, repr=False)
    password_command: tuple[str, ...] = field(default=(), repr=False)
    token: str | None = field(default=None, repr=False)
    application_token: str | None = field(default=None, repr=False)
    anonymous: bool = False
    keyring: bool = True
    allow_http: bool = False
    language: str = "en"
    timeout: float = 30.0
    max_wait: float = 30.0
    proxy: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    header_commands: Mapping[str, tuple[str, ...]] = field(default_factory=dict, repr=False)
    full_every: float = 86_400.0
    max_age: float = 0.0
    max_details: int = 500
    webhook: Endpoint | None = None
    webhook_key: str | None = field(default=None, repr=False)
    webhook_keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    trust: tuple[Path, ...] = ()
    servers: Mapping[str, UserConfig] = field(default_factory=dict, repr=False)
    server: str = ""

    @property
    def credential(self) -> Credential:
        """Which one counts: the first that is configured."""
        if self.token:
            return Credential.TOKEN
        if self.application_token:
            return Credential.APPLICATION
        return Credential.NONE if self.anonymous else Credential.SESSION

    def variable(self, key: str) -> str:
        """The environment variable for one of `_OF_A_SERVER`, such as its password."""
        return _ENVIRONMENT[key] + (f"_{self.server.upper()}" if self.server else "")


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of a run."""

    vault: VaultConfig
    user: UserConfig

    @property
    def web(self) -> str:
        """The address that links lead to."""
        return self.vault.web or self.user.web

    @property
    def max_details(self) -> int:
        """`max_details`: a vault that is not trusted may have Taiga asked for less, no more."""
        own, user = self.vault.max_details, self.user.max_details
        if own is None:
            return user
        return own if self.is_trusted else min(own, user)

    def at(self, server: str) -> Settings:
        """The settings for another one of the user's servers.

        Args:
            server: its name.

        Raises:
            UnknownServerError: there is none of that name.
            UntrustedError: the vault may not ask for it.
        """
        found = self.switched(server)
        if found is not self:
            self.demand_trust(f"the server '{server}'")
        return found

    def switched(self, server: str) -> Settings:
        """The same where it is the user who asks, and no vault.

        Raises:
            UnknownServerError: there is none of that name.
        """
        user = at_server(self.user, server)
        if user is self.user:
            return self
        # Where the vault's links lead, and its rows come from, is said in place of its own server.
        vault = replace(self.vault, web=None, snapshot=None)
        return replace(self, vault=vault, user=user)

    @property
    def is_trusted(self) -> bool:
        """Whether the user's own configuration trusts the vault."""
        return is_trusted(self.vault.root, self.user.trust)

    def demand_trust(self, what: str) -> None:
        """Check that what is asked for is for this vault.

        Where there is no vault, it is the user who asks, and nobody's shared pages.

        Args:
            what: is asked for, as it follows "for".

        Raises:
            UntrustedError: only a trusted vault may have it, and this one is none.
        """
        if self.vault.file is None or self.is_trusted:
            return
        import json  # noqa: PLC0415 - only on the way to an error

        root = json.dumps(os.path.realpath(self.vault.root), ensure_ascii=False)
        add = f"add {root} to `trust`" if self.user.trust else f"set trust = [{root}]"
        raise UntrustedError(
            f"a vault that you have not said to trust may not ask for {what}",
            hint=f"if you do trust it, {add} in {self.user.file}",
        )


_ENVIRONMENT = {
    "api": "TAIGA_NOTES_API",
    "web": "TAIGA_NOTES_WEB",
    "username": "TAIGA_NOTES_USERNAME",
    "password": "TAIGA_NOTES_PASSWORD",
    "token": "TAIGA_NOTES_TOKEN",
    "application_token": "TAIGA_NOTES_APPLICATION_TOKEN",
    "webhook_key": "TAIGA_NOTES_WEBHOOK_KEY",
}
_OF_A_SERVER = ("username", "password", "token", "application_token", "webhook_key")
"""Of these there is a variable for each server: `TAIGA_NOTES_PASSWORD_WORK`. No other one counts
for it: what was given for one host is not sent to another."""

_NEVER_IN_A_FILE = ("password", "token", "auth_token", "refresh")
_LOG_IN = "run `taiga-notes login`, or set `password_command` in your own configuration"


def load(start: Path, env: Mapping[str, str], server: str = "") -> Settings:
    """The settings for pages at or below `start`.

    Args:
        start: a page or a folder; the vault is the nearest folder above with a `taiga-notes.toml`,
            else `start`'s own folder.
        env: the environment.
        server: which of the user's servers is meant where none is named.

    Raises:
        ConfigError: a file or a variable is wrong, the vault asks for another server, or there is
            no such server.
    """
    settings = load_files(start, env, server)
    if server:
        # What a vault says of its server is said of the usual one.
        return Settings(replace(settings.vault, web=None, snapshot=None), settings.user)
    if settings.vault.snapshot is None:
        demand_own_server(settings)
    return settings


def load_files(start: Path, env: Mapping[str, str], server: str = "") -> Settings:
    """The settings for who asks no server: for which one the vault is meant does not matter.

    Args:
        start: see `load`.
        env: see `load`.
        server: see `load`.

    Raises:
        ConfigError: a file or a variable is wrong, or there is no such server.
    """
    user = load_user(env, server)
    return Settings(_load_vault(start.absolute(), user), user)


def preset_line(vault: VaultConfig, preset: str) -> int | None:
    """The 1-based line of the vault's file on which a preset is written, if that can be seen."""
    try:
        text = "" if vault.file is None else vault.file.read_text(encoding="utf-8")
    except OSError:
        return None
    key = rf"""^[ \t]*(?:presets[ \t]*\.[ \t]*)?(["']?){re.escape(preset)}\1[ \t]*="""
    found = [*re.finditer(key, text, re.MULTILINE)]
    # Another table may have a key of that name.
    return text.count("\n", 0, found[0].start()) + 1 if len(found) == 1 else None


def demand_own_server(settings: Settings) -> None:
    """Check that the vault is meant for the server that the user's account is at.

    Where rows come from the vault's own file, no server is asked, and it need not be.

    Raises:
        ConfigError: it is meant for another one.
    """
    vault, user = settings.vault, settings.user
    if vault.api not in {None, user.api}:
        raise ConfigError(
            f"{vault.file} is meant for {vault.api}, but your account is at {user.api}",
            hint=f'if you trust this vault, set api = "{vault.api}" in {user.file}',
        )


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
    found.instead = _given(env, _ENVIRONMENT)
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


def at_server(user: UserConfig, name: str) -> UserConfig:
    """The settings for another one of the user's servers; the same where none is named.

    Raises:
        UnknownServerError: there is none of that name.
    """
    if name in {"", user.server}:
        return user
    if name not in user.servers:
        near = did_you_mean(name, user.servers)
        raise UnknownServerError(
            f"there is no server {name[:40]!a} in your own configuration",
            hint=near or f"`taiga-notes login --server {name[:40]} --api URL` adds one",
        )
    return replace(user.servers[name], servers=user.servers, trust=user.trust, webhook=user.webhook)


def _given(env: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """By keys, the variable that counts before the file, and its text."""
    return {
        key: (variable, env[variable]) for key, variable in variables.items() if env.get(variable)
    }


_SERVER_NAME = r"[A-Za-z_][A-Za-z0-9_]{0,39}"
_INHERITED = ("language", "keyring", "timeout", "max_wait", "full_every", "max_age", "max_details")
"""What says how servers are asked, and means every one that does not say otherwise."""


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
    for key in _NEVER_IN_A_FILE:
        if key in found.values:
            raise found.wrong(key, f"`{key}` is never kept in a file", _LOG_IN)
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
        timeout=found.take("timeout", _positive_span, 30.0),
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


_OWN_HEADERS = frozenset(
    (
        *("accept", "accept-encoding", "accept-language", "authorization", "connection"),
        *("content-length", "content-type", "host", "transfer-encoding", "user-agent"),
    )
)
"""Headers that Taiga or HTTP needs as they are."""


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


def is_trusted(root: Path, trust: Iterable[Path]) -> bool:
    """Whether the user's own configuration trusts a vault.

    It does if it names that very folder, by whatever path or link. What lies below a trusted vault
    and is a vault of its own is not trusted with it: it may be a stranger's, cloned or unpacked.

    Args:
        root: the vault's folder.
        trust: see `UserConfig`.
    """
    return any(_is_same(root, folder) for folder in trust)


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except (OSError, ValueError):  # one of them is not there
        return False


def _positive_span(value: object) -> float:
    seconds = toml_reader.span(value)
    if seconds:
        return seconds
    raise ExpectedError("a span of time above 0")


def _mirrors(found: TomlTable) -> tuple[Mirror, ...]:
    if not found.take("mirror", bool, default=False):
        return ()
    from taiga_notes.config.mirror_settings import mirrors  # noqa: PLC0415 - 2 ms that few need to pay

    return mirrors(found)


def _load_vault(start: Path, user: UserConfig) -> VaultConfig:
    folder, named = vault_root(os.fspath(start))
    root = Path(folder)
    if named is not None:
        file = Path(named)
        if not _is_below(file, root):
            raise ConfigError(
                f"{file} leads out of the vault",
                hint="nothing outside of a vault is read for it: put a copy there",
            )
        if found := toml_reader.read_file(file):
            return _vault(found, root, user)
    return VaultConfig(root, templates=_inside(TomlTable({}, root / VAULT_FILE), root, "templates"))


def _vault(found: TomlTable, root: Path, user: UserConfig) -> VaultConfig:
    vault = VaultConfig(
        root=root,
        file=found.file,
        project=_projects(found),
        template=found.take("template", toml_reader.text, None),
        templates=_inside(found, root, found.take("templates", toml_reader.text, "templates")),
        presets=found.take("presets", toml_reader.text_table, {}),
        exclude=found.take("exclude", toml_reader.texts, ()),
        snapshot=_snapshot(found, root, found.take("snapshot", toml_reader.text, None)),
        web=found.take("web", toml_reader.address, None),
        api=found.take("api", toml_reader.address, None),
        on_edit=found.take("on_edit", _on_edit, "refuse"),
        max_details=found.take("max_details", toml_reader.count, None),
        timezone=found.take("timezone", time_zone, ""),
        watch=_watch(found.take_table("watch")),
        push=_push(found.take_table("push")),
        mirror=_mirrors(found),
    )
    own = f"a vault is shared: set it in your own configuration, {user.file}"
    never = dict.fromkeys(_NEVER_IN_A_FILE, _LOG_IN)
    page = {"server": "a page names it in its front matter: taiga: {server: NAME}"}
    found.finish({**dict.fromkeys(UserConfig.__slots__, own), **never, **page})
    return vault


def _watch(found: TomlTable) -> Watch:
    usual = Watch()
    watch = Watch(
        quiet_ms=found.take("quiet_ms", toml_reader.milliseconds, usual.quiet_ms),
        every=found.take("every", _positive_span, usual.every),
    )
    found.finish({})
    return watch


def _projects(found: TomlTable) -> Projects:
    """The vault's one project, or its several ones.

    Raises:
        ConfigError: both are set, or one is none.
    """
    one = found.take("project", _project, None)
    more = found.take("projects", _project_list, None)
    if one is not None and more is not None:
        raise found.wrong(
            "projects",
            "both `project` and `projects` are set",
            "keep one of the two",
        )
    return one if more is None else more


def _project_list(value: object) -> Projects:
    try:
        keys = [_project(each) for each in value] if isinstance(value, list) else []
    except ExpectedError:
        keys = []
    if keys:
        from taiga_notes.model.rows import several  # noqa: PLC0415 - likewise

        return several(keys)
    raise ExpectedError('a list of slugs such as ["acme", "beta"]')


def _push(found: TomlTable) -> PushStatuses:
    statuses = PushStatuses(
        done=found.take("done", _names, ()), reopen=found.take("reopen", _names, ())
    )
    found.finish({})
    return statuses


def _names(value: object) -> tuple[str, ...]:
    """A name, or several of which each kind of items has its own."""
    match value:
        case str() if value:
            return (value,)
        case list() if value:
            return toml_reader.texts(value)
    raise ExpectedError("a status's name, or a list of such")


def _project(value: object) -> ProjectKey:
    match value:
        case bool():
            pass
        case int() if value > 0:
            return value
        case str() if value and value.isprintable():
            return value
    raise ExpectedError("a project's slug or number")


def _on_edit(value: object) -> OnEdit:
    match value:
        case "refuse" | "rescue" | "overwrite":
            return value
        case _:
            raise ExpectedError('"refuse", "rescue" or "overwrite"')


def _inside(found: TomlTable, root: Path, name: str) -> Path:
    """The folder of templates by its name in the vault."""
    if folder := _within(root, name):
        return folder
    raise found.wrong(
        "templates",
        f"the folder {name!a} is not inside the vault",
        "templates are read from inside the vault only: name a folder such as templates",
    )


def _snapshot(found: TomlTable, root: Path, name: str | None) -> Path | None:
    """The file of rows by its name in the vault."""
    if name is None:
        return None
    file = _within(root, name)
    # A pipe or a device, which an archive can carry, would never end.
    if file is not None and (file.is_file() or not file.exists()):
        return file
    if file is not None:
        raise found.wrong("snapshot", f"the snapshot {name!a} is no file")
    raise found.wrong(
        "snapshot",
        f"the snapshot {name!a} is not inside the vault",
        "a vault's rows are read from inside the vault only: name a file such as taiga.json; "
        "`--snapshot FILE` reads any",
    )


def _within(root: Path, name: str) -> Path | None:
    """What has that name in the vault; None where `..` or a link leads out of it."""
    place = root / name
    is_plain = not Path(name).is_absolute() and ".." not in Path(name).parts
    return place if is_plain and _is_below(place, root) else None


def _is_below(folder: Path, root: Path) -> bool:
    try:
        real = folder.resolve()
    except (OSError, RuntimeError):
        return False
    # A link that leads to itself: from Python 3.13 on `resolve` gives it back, and raises nothing.
    return not real.is_symlink() and real.is_relative_to(root.resolve())
