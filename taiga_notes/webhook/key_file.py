"""The keys of the webhooks that we made, by server and project: readable by the user alone."""

from __future__ import annotations

import json
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING

from taiga_notes.errors import ConfigError
from taiga_notes.system.atomic_write import replace_private
from taiga_notes.system.folders import make_private_folder
from taiga_notes.system.locks import Lock, LockedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from taiga_notes.config.settings import UserConfig

ANY = "*"
"""Stands for the projects that have no key of their own: `webhook_key`, TAIGA_NOTES_WEBHOOK_KEY."""

BYTES = 32
"""Of chance in a key; Taiga takes any text."""

SHORTEST = 8
"""Characters of a key: from a delivery that was overheard, a shorter one is guessed in no time."""

WAIT = 5.0
"""Seconds to wait for another process that writes the file."""

_ByServer = dict[str, dict[str, str]]


def usable_keys(user: UserConfig, state: Path) -> dict[str, str]:
    """Project → key: those that we made, and the user's own, which count for more.

    Args:
        user: see `taiga_notes.config.settings`.
        state: the user's state folder.

    Raises:
        ConfigError: the file can't be read, or a key is too short.
    """
    keys = {**KeyFile(state, user.api).load(), **user.webhook_keys}
    keys |= {ANY: user.webhook_key} if user.webhook_key else {}
    for project, key in keys.items():
        if len(key) < SHORTEST:
            whose = "the webhook key" if project == ANY else f"the webhook key of {project}"
            raise ConfigError(
                f"{whose} is too short: it needs {SHORTEST} characters or more",
                hint="`taiga-notes webhook add` makes a good one if none is set",
            )
    return keys


class KeyFile:
    """The file with the keys that we made.

    Args:
        state: the user's state folder.
        api: the server that they are for.
    """

    def __init__(self, state: Path, api: str) -> None:
        self._file = state / "webhook-keys.json"
        self._api = api

    def load(self) -> dict[str, str]:
        """Project slug → key.

        Raises:
            ConfigError: the file can't be read.
        """
        return self._all().get(self._api, {})

    def provide(self, project: str) -> str:
        """The project's key; a new one is on disk before anybody learns of it.

        Raises:
            ConfigError: it can't be kept.
        """
        with self._changing() as keys:
            return keys.setdefault(project, secrets.token_urlsafe(BYTES))

    def forget(self, project: str) -> None:
        """Drops a project's key, if there is one.

        Raises:
            ConfigError: the file can't be written.
        """
        with self._changing() as keys:
            keys.pop(project, None)

    @contextmanager
    def _changing(self) -> Iterator[dict[str, str]]:
        try:
            make_private_folder(str(self._file.parent))
            # Not on the file itself, which is replaced: a lock on the old one would bind nobody.
            # Read anew within it, or another process's key would be lost.
            with Lock(str(self._file.with_suffix(".lock")), WAIT):
                servers = self._all()
                yield servers.setdefault(self._api, {})
                replace_private(str(self._file), json.dumps(servers, indent=1).encode())
        except (OSError, LockedError) as error:
            raise ConfigError(
                f"webhook keys can't be kept in {self._file}: {error}",
                hint="set XDG_STATE_HOME to a folder that you may write to",
            ) from error

    def _all(self) -> _ByServer:
        try:
            servers = json.loads(self._file.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError) as error:
            raise self._unusable(str(error)) from error
        match servers:
            case dict() if all(isinstance(keys, dict) for keys in servers.values()):
                return servers
        raise self._unusable("it is no table of keys")

    def _unusable(self, why: str) -> ConfigError:
        return ConfigError(
            f"{self._file} can't be read: {why}",
            hint="remove it, and make the webhooks anew with `taiga-notes webhook add`",
        )
