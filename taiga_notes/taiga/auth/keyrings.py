"""The system's keyring, if the `keyring` library is installed and finds one."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
