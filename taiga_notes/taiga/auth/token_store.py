"""Where a session's tokens are kept: the system's keyring, else a file for this user alone.

The keyring is there if the `keyring` library is installed and finds one.

One record a session stands in the state folder. It names API and user, so that tokens never go to
another host, and holds the tokens unless the keyring does; the password is kept nowhere.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from taiga_notes.errors import LoginError, UnreachableError
from taiga_notes.system.atomic_write import replace_private
from taiga_notes.system.folders import make_private_folder, remove
from taiga_notes.system.locks import Lock, LockedError
from taiga_notes.taiga.auth.token_rules import TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from keyring.backend import KeyringBackend

SERVICE = "taiga-notes"
"""The name under which the entries stand."""

RECOMMENDED = 1
"""The priority from which keyring recommends a backend; below are refusing and plain-text ones."""


class Keyring:
    """A keyring that never raises: a locked, absent or broken one holds nothing.

    Args:
        backend: of the `keyring` library. They are many, and raise what they like.
    """

    def __init__(self, backend: KeyringBackend) -> None:
        self._backend = backend

    def get(self, name: str) -> str | None:
        """The entry `name`."""
        try:
            return self._backend.get_password(SERVICE, name)
        except Exception:  # noqa: BLE001 - see the class
            return None

    def set(self, name: str, text: str) -> bool:
        """Keep `text` as the entry `name`, and tell whether it can be read again."""
        try:
            self._backend.set_password(SERVICE, name, text)
        except Exception:  # noqa: BLE001 - see the class
            return False
        # Not every backend keeps what it takes, and a session that is lost costs a login.
        return self.get(name) == text

    def delete(self, name: str) -> None:
        """Remove the entry `name`, if there is one."""
        with suppress(Exception):  # see the class
            self._backend.delete_password(SERVICE, name)


def system_keyring() -> Keyring | None:
    """The system's keyring; None where there is none that keeps secrets."""
    try:
        import keyring  # noqa: PLC0415 - optional, and slow to import

        backend = keyring.get_keyring()
        usable = backend.priority >= RECOMMENDED
    except Exception:  # noqa: BLE001 - not installed, or broken in some way of its own
        return None
    return Keyring(backend) if usable else None


LOCK_TIMEOUT = 120.0
"""Seconds to wait while another process talks to Taiga: longer than its request may take."""

_FOLDER = "login"
_ROUNDS = 100_000
_LONGEST_RECORD = 64 * 1024


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a login gave.

    Attributes:
        access: goes with each request; lives 24 hours.
        refresh: buys the next pair, once; lives 8 days. Empty on a Taiga that has none.
        expires: when `access` ends, in Unix seconds; None where our clock can't tell.
    """

    # Neither is shown: a `repr` ends in tracebacks, and whoever has one of them is the user.
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires: float | None = None


class TokenStore:
    """One session's tokens.

    Args:
        state: the user's state folder, where all sessions are kept.
        api: the API that they are for.
        username: the account, as the user writes it.
        use_keyring: whether a new session may go into the system's keyring.
    """

    def __init__(self, state: Path, api: str, username: str, *, use_keyring: bool = True) -> None:
        self.api = api
        self.username = username
        self._folder = state / _FOLDER
        self._use_keyring = use_keyring
        # Taiga does not mind the case of a user name.
        key = hashlib.sha256(f"{api}\n{username.lower()}".encode()).hexdigest()[:24]
        self._file = self._folder / f"{key}.json"
        self._mark_file = self._folder / f"{key}.refused"

    def locked(self) -> AbstractContextManager[None]:
        """Be the only process that changes sessions.

        Raises:
            UnreachableError: another one has been at it for too long.
            LoginError: the folder can't be used.
        """
        return _locked(self._folder)

    def load(self) -> Tokens | None:
        """The tokens; None where there are none, or none that can be read."""
        record = _read(self._file)
        # The file's name is but a hash: the record says to which host its tokens may go.
        if record.get("api") != self.api:
            return None
        if record.get("keyring") is True:
            keyring = system_keyring()
            text = keyring.get(_name(record)) if keyring else None
            return _tokens(_parse(text.encode())) if text else None
        return _tokens(record)

    def save(self, tokens: Tokens, *, anew: bool = False) -> None:
        """Keep `tokens`; when this returns they are on disk. Hold the lock.

        Args:
            tokens: what a login or a renewal gave.
            anew: a login: choose between keyring and file, and forget the refused password.

        Raises:
            LoginError: they can't be kept.
        """
        kept = {"auth_token": tokens.access, "refresh": tokens.refresh, "expires": tokens.expires}
        known: dict[str, object] = {"version": 1, "api": self.api, "username": self.username}
        # A renewal stays where the login put it: the setting is about new sessions.
        wanted = self._use_keyring if anew else _read(self._file).get("keyring") is True
        keyring = system_keyring() if wanted else None
        # The keyring first: the record that points there must not come before what it points to.
        in_keyring = keyring is not None and keyring.set(_name(known), json.dumps(kept))
        with _complaining(self._folder):
            record = {**known, "keyring": True} if in_keyring else {**known, **kept}
            replace_private(str(self._file), json.dumps(record).encode())
            if anew:
                # Last: without the new session on disk, the refused password stays refused.
                remove(str(self._mark_file))

    def refuse(self, password: str) -> None:
        """Remember that Taiga refused `password`, so that it is not tried again by itself.

        16 bits of a salted hash are enough to know it again, and too few to guess it from.
        """
        salt = secrets.token_hex(8)
        with _complaining(self._folder):
            replace_private(str(self._mark_file), f"{salt} {_mark(salt, password)}".encode())

    def refused(self, password: str) -> bool:
        """Whether Taiga refused `password` the last time it was tried."""
        try:
            salt, _, mark = self._mark_file.read_bytes()[:100].decode("ascii").partition(" ")
        except (OSError, UnicodeDecodeError):
            return False
        return secrets.compare_digest(mark, _mark(salt, password))


class PassingTokens:
    """One session's tokens, kept as long as the process lives: for machines that keep nothing.

    Args:
        api: the API that they are for.
        username: the account.
    """

    def __init__(self, api: str, username: str) -> None:
        self.api = api
        self.username = username
        self._tokens: Tokens | None = None
        self._refused = ""

    def locked(self) -> AbstractContextManager[None]:
        """See `TokenStore.locked`: nobody else knows of them."""
        return nullcontext()

    def load(self) -> Tokens | None:
        """See `TokenStore.load`."""
        return self._tokens

    def save(self, tokens: Tokens, *, anew: bool = False) -> None:
        """See `TokenStore.save`."""
        self._tokens = tokens
        self._refused = "" if anew else self._refused

    def refuse(self, password: str) -> None:
        """See `TokenStore.refuse`."""
        self._refused = password

    def refused(self, password: str) -> bool:
        """See `TokenStore.refused`."""
        return bool(self._refused) and secrets.compare_digest(
            self._refused.encode(), password.encode()
        )


def can_keep(state: Path) -> bool:
    """Whether sessions can be kept in the user's state folder."""
    folder = str(state / _FOLDER)
    try:
        make_private_folder(folder)
    except OSError:
        return False
    return os.access(folder, os.W_OK | os.X_OK)


def accounts(state: Path, api: str) -> list[str]:
    """The user names that are logged in at `api`, by the user's state folder."""
    records = map(_read, sorted((state / _FOLDER).glob("*.json")))
    return [str(record.get("username")) for record in records if record.get("api") == api]


def log_out(state: Path, api: str | None = None, username: str | None = None) -> list[str]:
    """Forget every session of this user; Taiga itself lets its tokens run out within 8 days.

    Args:
        state: the user's state folder.
        api: forget those there only; None means all.
        username: forget that user's only; None means all.

    Returns:
        What was forgotten, as "user at API".

    Raises:
        SourceError: another process holds the sessions, or they can't be removed.
    """
    folder = state / _FOLDER
    if not folder.is_dir():
        return []
    with _locked(folder), _complaining(folder):
        files = [(file, _read(file)) for file in sorted(folder.glob("*.json"))]
        chosen = [(file, record) for file, record in files if _is_of(record, api, username)]
        records = [record for _, record in chosen if record]
        keyring = system_keyring()
        # Before the records: without its own nobody would know that an entry is left.
        for record in records:
            if keyring is not None:
                keyring.delete(_name(record))
        # Drafts as well: one that a killed process left behind holds tokens, too.
        left = [*folder.glob("*.json*"), *folder.glob("*.refused*")] if api is None else []
        for file in dict.fromkeys([*(file for file, _ in chosen), *left]):
            remove(str(file))
    return [_name(record) for record in records]


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    with ExitStack() as stack:
        with _complaining(folder):
            make_private_folder(str(folder))
            try:
                stack.enter_context(Lock(str(folder / "lock"), LOCK_TIMEOUT))
            except LockedError as error:
                raise UnreachableError(
                    f"another taiga-notes has been logging in for {LOCK_TIMEOUT:.0f} seconds",
                    hint=f"end process {error.holder}, or try again",
                ) from None
        # Outside: an OSError of whoever holds the lock is none of this folder's.
        yield


@contextmanager
def _complaining(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise LoginError(
            f"the login can't be kept in {folder}: {error.strerror or error}",
            hint="make room there, or make the folder your own",
        ) from error


def _is_of(record: Mapping[str, object], api: str | None, username: str | None) -> bool:
    name = str(record.get("username")).lower()
    return api in {None, record.get("api")} and (username or name).lower() == name


def _name(record: Mapping[str, object]) -> str:
    # In small letters: the same user, spelt otherwise, has the same entry.
    return f"{record.get('username')} at {record.get('api')}".lower()


def _mark(salt: str, password: str) -> str:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), _ROUNDS, 2).hex()


def _read(file: Path) -> Mapping[str, object]:
    """A record; empty where there is none, or none that can be read."""
    try:
        with file.open("rb") as stream:
            return _parse(stream.read(_LONGEST_RECORD))
    except OSError:
        return {}


def _parse(data: bytes) -> Mapping[str, object]:
    try:
        record = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return record if isinstance(record, dict) else {}


def _tokens(record: Mapping[str, object]) -> Tokens | None:
    match record:
        case {"auth_token": str(access), "refresh": str(refresh), "expires": expires} if (
            TOKEN.fullmatch(access)
        ):
            clock = expires if isinstance(expires, int | float) else None
            return Tokens(access, refresh, clock)
        case _:
            return None
