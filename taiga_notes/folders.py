"""Where this user's configuration, cache and state live. Nothing is created here."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from taiga_notes.errors import ConfigError

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
    """Where this user keeps configuration, cache and state; `XDG_*` counts on every system.

    Raises:
        ConfigError: there is no home folder to look in.
    """
    config, cache, state = _usual_folders(sys.platform, env)
    return Folders(
        _xdg(env, "XDG_CONFIG_HOME") or config,
        _xdg(env, "XDG_CACHE_HOME") or cache,
        _xdg(env, "XDG_STATE_HOME") or state,
    )


def _xdg(env: Mapping[str, str], variable: str) -> Path | None:
    # A relative path there is to be ignored (XDG Base Directory Specification 0.8).
    path = Path(env.get(variable, ""))
    return path / "taiga-notes" if path.is_absolute() else None


def _usual_folders(system: str, env: Mapping[str, str]) -> tuple[Path, Path, Path]:
    home = _home(env)
    if system == "win32":
        local = Path(env.get("LOCALAPPDATA") or home / "AppData" / "Local") / "taiga-notes"
        roaming = Path(env.get("APPDATA") or home / "AppData" / "Roaming") / "taiga-notes"
        return roaming, local / "cache", local / "state"
    if system == "darwin":
        support = home / "Library" / "Application Support" / "taiga-notes"
        return support, home / "Library" / "Caches" / "taiga-notes", support / "state"
    dotted = (home / ".config", home / ".cache", home / ".local" / "state")
    config, cache, state = (folder / "taiga-notes" for folder in dotted)
    return config, cache, state


def _home(env: Mapping[str, str]) -> Path:
    named = env.get("HOME") or env.get("USERPROFILE")
    try:
        return Path(named) if named else Path.home()
    except RuntimeError as error:
        raise ConfigError(
            "there is no home folder to keep settings and state in", hint="set HOME"
        ) from error
