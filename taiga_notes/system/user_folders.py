"""Where this user's configuration, cache and state live. Nothing is created here."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from taiga_notes.system.paths import user_folders

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Folders:
    """The user's folders for this program; they need not exist.

    Attributes:
        config: holds `config.toml`.
        cache: what can be fetched again.
        state: what can't: tokens, the journal.
    """

    config: Path
    cache: Path
    state: Path


def folders(env: Mapping[str, str]) -> Folders:
    """Where this user keeps configuration, cache and state.

    Raises:
        ConfigError: there is no home folder to look in.
    """
    return Folders(*map(Path, user_folders(env)))
