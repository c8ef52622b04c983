"""Where a vault, this user's folders and our own begin.

What concerns a vault is kept in the user's state folder, never in the vault:

    STATE/bodies      what we wrote into baked sections, of all vaults (see `remembered_bodies`)
    STATE/vaults/%2Fhome%2Fann%2Fnotes/
        lock      held by the process that writes the vault's pages
        pages     those that need not be looked at again; a cache (see `page_cache`)
        journal/  what the last runs replaced (see `journal`)
        undone    what `undo` restored, and what it told; a cache (see `undo`)
        bases/    what blocks held that may be pushed (see `push.base_shelf`)
        pushes    what was sent to Taiga (see `push.push_journal`)

A run with nothing to do needs no more than this, and neither paths as objects nor settings: hence
text, and `Folders` is no dataclass.
"""

from __future__ import annotations

import os
import stat
import sys
from contextlib import suppress

from taiga_notes.errors import ConfigError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path


VAULT_FILE = "taiga-notes.toml"
"""In a vault's root; this file is what makes a folder a vault."""

LONGEST_NAME = 200
"""Bytes of the longest name of such a folder; file systems allow 255."""

_QUOTED = str.maketrans({"%": "%25", "/": "%2F", "\\": "%5C", ":": "%3A"})


def vault_root(start: str) -> tuple[str, str | None]:
    """The vault that a page or a folder is in.

    Args:
        start: its path; it need not exist.

    Returns:
        The vault's folder and its `taiga-notes.toml`; without one the page's folder, and None.
    """
    # Not normalised: behind a symlink, `..` is not where its text says.
    if not os.path.isabs(start):
        start = os.path.join(os.getcwd(), start)
    folder = start if os.path.isdir(start) else os.path.dirname(start)
    for root in upwards(folder):
        file = os.path.join(root, VAULT_FILE)
        # A pipe or a device of that name, which an archive can carry, would never end.
        if os.path.isfile(file):
            return root, file
    return folder, None


def upwards(folder: str) -> Iterator[str]:
    """A folder, and each of those above it."""
    above = ""
    while folder != above:
        yield folder
        folder, above = os.path.dirname(folder), folder


def builtin_templates() -> str:
    """The folder of the built-in templates, in a wheel or in a checkout."""
    package = os.path.dirname(os.path.dirname(__file__))
    installed = os.path.join(package, "_templates")
    return installed if os.path.isdir(installed) else os.path.join(package, "..", "templates")


class Folders:
    """The user's folders for this program; they need not exist.

    Attributes:
        config: holds `config.toml`.
        cache: what can be fetched again.
        state: what can't: tokens, the journal.
    """

    __slots__ = ("cache", "config", "state")

    def __init__(self, config: Path, cache: Path, state: Path) -> None:
        self.config = config
        self.cache = cache
        self.state = state


def shown(path: str) -> str:
    """A path as one would type it from where one stands."""
    try:
        found = os.path.relpath(path)
    except (OSError, ValueError):
        return path  # on another drive, or this folder is gone
    # GitHub's workflows obey a line that begins so, as many begin with a path.
    return os.path.join(".", found) if found.startswith("::") else found


def user_folders(env: Mapping[str, str]) -> Folders:
    """Where this user keeps configuration, cache and state; `XDG_*` counts on every system.

    Raises:
        ConfigError: there is no home folder to look in.
    """
    from pathlib import Path  # noqa: PLC0415  (a run with nothing to do needs `user_state` only)

    return Folders(*map(Path, _folders(env)))


def user_state(env: Mapping[str, str]) -> str:
    """`Folders.state`, as text.

    Raises:
        ConfigError: there is no home folder to look in.
    """
    return _folders(env)[2]


def digest(data: bytes) -> str:
    """A name for what is too long or too secret to be one: 64 digits."""
    from hashlib import sha256  # noqa: PLC0415  (few names are so long)

    return sha256(data).hexdigest()


def vault_home(state: str | os.PathLike[str], root: str) -> str:
    """The folder for what we remember of a vault. It need not exist.

    Args:
        state: our folder in the user's state folder.
        root: the vault's real path.
    """
    name = root.translate(_QUOTED)
    if len(os.fsencode(name)) > LONGEST_NAME:
        name = f"{digest(os.fsencode(root))[:32]}-{name[-40:]}"
    return os.path.join(makeable_state(state), "vaults", name)


def makeable_state(state: str | os.PathLike[str]) -> str:
    """That folder, or where the user can't write to it one of theirs until the machine restarts.

    A container has often a home that nobody can write to, and pages that are to be rendered.
    """
    state = os.fspath(state)
    if os.access(next(filter(os.path.isdir, upwards(state)), ""), os.W_OK):
        return state
    return _passing_state() or state


if sys.platform == "win32":

    def _passing_state() -> str:
        """None: whose a folder is can't be told there."""
        return ""

else:

    def _passing_state() -> str:
        """A folder of this user's among the temporary ones; empty if there is none to be had."""
        from tempfile import gettempdir  # noqa: PLC0415  (few homes are read-only)

        user = os.getuid()
        folder = os.path.join(gettempdir(), f"taiga-notes-{user}")
        try:
            with suppress(FileExistsError):
                os.mkdir(folder, 0o700)
            found = os.lstat(folder)
        except OSError:
            return ""
        # Anybody may have made it first, or a link of that name, to read what pages held.
        is_ours = stat.S_ISDIR(found.st_mode) and found.st_uid == user
        return folder if is_ours and not found.st_mode & 0o077 else ""


def _folders(env: Mapping[str, str]) -> tuple[str, str, str]:
    config, cache, state = _usual_folders(sys.platform, env)
    return (
        _xdg(env, "XDG_CONFIG_HOME") or config,
        _xdg(env, "XDG_CACHE_HOME") or cache,
        _xdg(env, "XDG_STATE_HOME") or state,
    )


def _xdg(env: Mapping[str, str], variable: str) -> str | None:
    # A relative path there is to be ignored (XDG Base Directory Specification 0.8).
    path = env.get(variable, "")
    return os.path.join(path, "taiga-notes") if os.path.isabs(path) else None


def _usual_folders(system: str, env: Mapping[str, str]) -> tuple[str, str, str]:
    home = _home(env)
    if system == "win32":
        local = env.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local")
        roaming = env.get("APPDATA") or os.path.join(home, "AppData", "Roaming")
        own = os.path.join(local, "taiga-notes")
        config = os.path.join(roaming, "taiga-notes")
        return config, os.path.join(own, "cache"), os.path.join(own, "state")
    if system == "darwin":
        support = os.path.join(home, "Library", "Application Support", "taiga-notes")
        cache = os.path.join(home, "Library", "Caches", "taiga-notes")
        return support, cache, os.path.join(support, "state")
    return (
        os.path.join(home, ".config", "taiga-notes"),
        os.path.join(home, ".cache", "taiga-notes"),
        os.path.join(home, ".local", "state", "taiga-notes"),
    )


def _home(env: Mapping[str, str]) -> str:
    # A relative one would make a vault's files the user's own settings, and keep tokens in it.
    for home in env.get("HOME"), env.get("USERPROFILE"), os.path.expanduser("~"):
        if home and os.path.isabs(home):
            return home
    hint = "set HOME to an absolute path"
    raise ConfigError("there is no home folder to keep settings and state in", hint=hint)


def bodies_file(home: str) -> str:
    """The file in which we remember bodies, which is not one vault's: see `remembered_bodies`."""
    return os.path.join(os.path.dirname(os.path.dirname(home)), "bodies")


def make_state_folder(folder: str) -> None:
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
        raise unusable_state(error.filename or folder, error) from error


def unusable_state(folder: str, error: OSError) -> ConfigError:
    """The message for a folder of ours that gives us trouble."""
    hint = "set XDG_STATE_HOME to a folder that you may write to"
    return ConfigError(f"the state folder {folder!r} can't be used: {error.strerror}", hint=hint)
