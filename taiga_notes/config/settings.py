"""All settings, as the files and the environment set them; see `loading` for what may set which.

Nothing is created or read at import time.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from datetime import UTC
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from taiga_notes.config.time_zones import zone_of
from taiga_notes.errors import UnknownServerError, UntrustedError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import tzinfo

    from taiga_notes.config.mirror_settings import Mirror
    from taiga_notes.config.toml_reader import Endpoint
    from taiga_notes.model.rows import Projects

API = "https://api.taiga.io/api/v1"
"""Taiga's own service."""

WEB = "https://tree.taiga.io"
"""The web front of Taiga's own service, which the API never names."""

ENVIRONMENT = {
    "api": "TAIGA_NOTES_API",
    "web": "TAIGA_NOTES_WEB",
    "username": "TAIGA_NOTES_USERNAME",
    "password": "TAIGA_NOTES_PASSWORD",
    "token": "TAIGA_NOTES_TOKEN",
    "application_token": "TAIGA_NOTES_APPLICATION_TOKEN",
    "webhook_key": "TAIGA_NOTES_WEBHOOK_KEY",
}
"""By keys of the user's file, the variables that count before it."""

NEVER_IN_A_FILE = ("password", "token", "auth_token", "refresh")
"""Secrets: keys that are refused in every file."""

LOG_IN = "run `taiga-notes login`, or set `password_command` in your own configuration"
"""What to do in place of keeping one in a file."""

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
        return ENVIRONMENT[key] + (f"_{self.server.upper()}" if self.server else "")


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
