"""What Taiga's webhooks send: whether a delivery is genuine, and what it hints at.

The keys to tell that by are the user's own, and those that we made, which lie in a file by server
and project, readable by the user alone.

A delivery is a hint and nothing more: it says that something of a project changed. Whose project
that is, the key tells with which it is signed, never its text; of the text only the kind of the
object, its id and the date are looked at.
"""

from __future__ import annotations

import hmac
import json
import secrets
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from taiga_notes.errors import ConfigError
from taiga_notes.model.kinds import KINDS
from taiga_notes.system.atomic_write import replace_private
from taiga_notes.system.folders import make_private_folder
from taiga_notes.system.locks import Lock, LockedError
from taiga_notes.webhook.refusal import RefusalError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from taiga_notes.config.settings import UserConfig

ANY = "*"
"""Stands for the projects that have no key of their own: `webhook_key`, TAIGA_NOTES_WEBHOOK_KEY."""

KEY_BYTES = 32
"""Of chance in a key; Taiga takes any text."""

SHORTEST_KEY = 8
"""Characters of a key: from a delivery that was overheard, a shorter one is guessed in no time."""

KEY_FILE_WAIT = 5.0
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
    keys = _keys_of(user, state)
    for project, key in keys.items():
        if len(key) < SHORTEST_KEY:
            whose = "the webhook key" if project == ANY else f"the webhook key of {project}"
            raise ConfigError(
                f"{whose} is too short: it needs {SHORTEST_KEY} characters or more",
                hint="`taiga-notes webhook add` makes a good one if none is set",
            )
    return keys


def all_usable_keys(user: UserConfig, state: Path) -> dict[str, str]:
    """The same with those of the user's other servers: `work.acme` → key.

    Raises:
        ConfigError: as `usable_keys`.
    """
    keys = usable_keys(user, state)
    for name, server in user.servers.items():
        # A key is a secret of one server, and its project may have the slug of another's.
        keys |= {f"{name}.{slug}": key for slug, key in usable_keys(server, state).items()}
    return keys


def _keys_of(user: UserConfig, state: Path) -> dict[str, str]:
    keys = {**KeyFile(state, user.api).load(), **user.webhook_keys}
    return keys | ({ANY: user.webhook_key} if user.webhook_key else {})


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
            return keys.setdefault(project, secrets.token_urlsafe(KEY_BYTES))

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
            with Lock(str(self._file.with_suffix(".lock")), KEY_FILE_WAIT):
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


_KIND_OF_TYPE = {name: kind.name for kind in KINDS.values() for name in kind.webhook_types}

MAX_DATE = 40
"""Characters; Taiga's dates have 24."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a genuine delivery says.

    Attributes:
        projects: whose key signed it: one, or several that share a key.
        kind: a name of `kinds.KINDS`; empty for a type that is not known.
        id: Taiga's number of the object; None where there is none.
        date: when it happened, as sent; empty where it is not said.
        test: whether someone pressed Taiga's "test" button: nothing happened.
    """

    projects: tuple[str, ...]
    kind: str = ""
    id: int | None = None
    date: str = ""
    test: bool = False

    @property
    def replayable(self) -> bool:
        """Whether a second one like it is the same one again."""
        return bool(self.kind and self.id is not None and self.date)


def read_delivery(body: bytes, headers: Mapping[str, str], keys: Mapping[str, str]) -> Delivery:
    """Verifies a delivery and reads it.

    Args:
        body: the exact bytes: Taiga's `resend` orders the same JSON differently.
        headers: the request's, with lower-case names.
        keys: project → key.

    Raises:
        RefusalError: it is not signed, not with one of the keys, or not of a delivery's form.
    """
    # First: of a body that is not signed nothing is parsed.
    projects = signers(body, _signatures(headers), keys)
    return _interpret(_load(body), projects)


def _signatures(headers: Mapping[str, str]) -> list[str]:
    """The signatures sent: Taiga's own header and the undocumented one say the same."""
    own, hub = headers.get("x-taiga-webhook-signature"), headers.get("x-hub-signature")
    if own is None and hub is None:
        raise RefusalError(HTTPStatus.UNAUTHORIZED, "no signature")
    if hub is not None and not hub.startswith("sha1="):
        raise RefusalError(HTTPStatus.FORBIDDEN, "wrong signature")
    sent = (own, hub.removeprefix("sha1=") if hub is not None else None)
    return [signature for signature in sent if signature is not None]


def signers(body: bytes, signatures: list[str], keys: Mapping[str, str]) -> tuple[str, ...]:
    """The projects with whose key all of `signatures` were made.

    Raises:
        RefusalError: there is none.
    """
    # Every key is tried and compared in full, so that the time taken tells nothing.
    fits = [project for project, key in keys.items() if _all_fit(body, signatures, key)]
    if not fits:
        raise RefusalError(HTTPStatus.FORBIDDEN, "wrong signature")
    return tuple(fits)


def _all_fit(body: bytes, signatures: list[str], key: str) -> bool:
    right = hmac.digest(key.encode(), body, "sha1").hex().encode()
    # As bytes: of a text that is no ASCII `compare_digest` makes an error.
    same = [hmac.compare_digest(right, sent.encode("utf-8", "replace")) for sent in signatures]
    return all(same)


def _load(body: bytes) -> Mapping[str, object]:
    try:
        document = json.loads(body.decode())
    except (ValueError, RecursionError):
        raise RefusalError(HTTPStatus.BAD_REQUEST, "not JSON") from None
    if not isinstance(document, dict) or not isinstance(document.get("type"), str):
        raise RefusalError(HTTPStatus.BAD_REQUEST, "no delivery of Taiga's")
    return document


def _interpret(document: Mapping[str, object], projects: tuple[str, ...]) -> Delivery:
    kind, date, data = (document.get(name) for name in ("type", "date", "data"))
    if kind == "test":
        return Delivery(projects, test=True)
    number = data.get("id") if isinstance(data, dict) else None
    return Delivery(
        projects,
        kind=_KIND_OF_TYPE.get(str(kind), ""),
        id=number if type(number) is int else None,
        date=date if isinstance(date, str) and len(date) <= MAX_DATE else "",
    )
