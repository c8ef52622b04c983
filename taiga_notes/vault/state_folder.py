"""Where we remember what concerns a vault: in the user's state folder, never in the vault.

STATE/bodies      what we wrote into baked sections, of all vaults (see `remembered_bodies`)
STATE/vaults/%2Fhome%2Fann%2Fnotes/
    lock      held by the process that writes the vault's pages
    pages     those that need not be looked at again; a cache (see `page_cache`)
    journal/  what the last runs replaced (see `journal`)
    undone    what `undo` restored, and what it told; a cache (see `undo`)
    bases/    what blocks held that may be pushed (see `push.base_shelf`)
    pushes    what was sent to Taiga (see `push.push_journal`)
"""

from __future__ import annotations

import os

from taiga_notes.errors import ConfigError


def bodies(home: str) -> str:
    """The file in which we remember bodies, which is not one vault's: see `remembered_bodies`."""
    return os.path.join(os.path.dirname(os.path.dirname(home)), "bodies")


def make(folder: str) -> None:
    """Makes a folder that only the user may read, and those above it.

    Raises:
        ConfigError: that fails.
    """
    if os.path.isdir(folder):
        return
    from taiga_notes.system.folders import PRIVATE, make_folder  # noqa: PLC0415  (few runs find none)

    try:
        make_folder(folder, PRIVATE)
    except OSError as error:
        # Which of those above it is in the way.
        raise unusable(error.filename or folder, error) from error


def unusable(folder: str, error: OSError) -> ConfigError:
    """The message for a folder of ours that gives us trouble."""
    hint = "set XDG_STATE_HOME to a folder that you may write to"
    return ConfigError(f"the state folder {folder!r} can't be used: {error.strerror}", hint=hint)
