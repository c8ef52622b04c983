"""The settings of a run, out of all that may set them.

taiga-notes.toml in the vault      project, templates, presets: shared, synced, cloned, so
never trusted with secrets, commands or another server
the user's config.toml             server and account
the environment                    the same, and before it
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from taiga_notes.config.settings import Settings, VaultConfig
from taiga_notes.config.user_file import load_user
from taiga_notes.config.vault_file import load_vault
from taiga_notes.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


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
    return Settings(load_vault(start.absolute(), user), user)


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
