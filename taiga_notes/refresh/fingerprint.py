"""What decides what the pages of a vault hold, besides themselves and Taiga.

    words   the day at the vault's place, the options of a run, the environment: what is no file
    files   settings, templates, this program, a snapshot: each known by its stamp

As long as all of that is the same, the settings need not even be read. Files are named by who has
read them; here they are only looked at again.
"""

from __future__ import annotations

import os
from zlib import crc32

from taiga_notes.system import clock
from taiga_notes.system.files import Stamp, stamp_of
from taiga_notes.system.paths import builtin_templates
from taiga_notes.vault.exclusion import settings_files
from taiga_notes.vault.vault import mkdocs_files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from taiga_notes.config.settings import Settings

    Deciding = tuple[Iterable[str], Sequence[str], str]
    """The files of the fingerprint, the vault's exclusions and its time zone."""

    Stamps = dict[str, str | None]
    """By path: `as_text` of the file's stamp; None for one that can't be looked at."""


_PLAIN = (
    *("TAIGA_NOTES_API", "TAIGA_NOTES_WEB", "TAIGA_NOTES_USERNAME", "TAIGA_NOTES_CONFIG"),
    *("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"),
    *("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"),
)
_SECRET = ("TAIGA_NOTES_TOKEN", "TAIGA_NOTES_APPLICATION_TOKEN")
_OF_SERVERS = tuple(f"{name}_" for name in (*_SECRET, "TAIGA_NOTES_USERNAME"))
"""What the variables of other servers begin with, see `UserConfig.variable`."""


def run_words(zone: str, moment: float, env: Mapping[str, str], *options: str) -> list[str]:
    """What is no file.

    Args:
        zone: the vault's time zone; empty for the machine's.
        moment: when the run began, in Unix seconds.
        env: the environment, of which all counts that settings are read from. Of tokens there is
            a checksum, which tells accounts apart and can't be turned back; passwords do not
            decide what is shown.
        options: those of the run.

    Raises:
        LookupError: see `clock.days`; so for ValueError and OSError.
    """
    # `today()` is the vault's, and so is `os.date`, which writes times of day: the same day may
    # have other ones where a clock is set to summer, or a machine to another zone. What is overdue
    # goes by the day in UTC.
    day = " ".join((*clock.days(zone, moment), clock.offset(zone, moment)))
    return [day, *options, *_env_words(env)]


def _env_words(env: Mapping[str, str]) -> Iterator[str]:
    yield from (env.get(name, "") for name in _PLAIN)
    yield from (_checked(env.get(name, "")) for name in _SECRET)
    for name in sorted(env):
        if name.startswith(_OF_SERVERS):
            yield f"{name} {_checked(env[name])}"


def asker(env: Mapping[str, str], logins: Iterable[str]) -> str:
    """Tells by whom Taiga is asked, as far as no settings tell: another text for others.

    Args:
        env: the environment.
        logins: the files of sessions, each of which is named by its server and account.
    """
    return _checked("\n".join((*_env_words(env), *sorted(logins))))


def _checked(secret: str) -> str:
    return f"{crc32(os.fsencode(secret)):08x}" if secret else ""


def as_text(stamp: Stamp) -> str:
    """A stamp as it is remembered."""
    return " ".join(map(str, stamp))


def stamps(paths: Iterable[str]) -> Stamps:
    """The files as they are now."""
    found = ((path, stamp_of(path)) for path in paths)
    return {path: stamp and as_text(stamp) for path, stamp in found}


def older(found: Iterable[str | None], moment: int) -> bool:
    """Whether no file changed since then, so that whoever read one afterwards read this state.

    Args:
        found: the files' stamps.
        moment: in nanoseconds since 1970.
    """
    return all(max(map(int, each.split()[:2])) < moment for each in found if each)


def deciding_files(settings: Settings, root: str, snapshot: str | None) -> Iterator[str]:
    """The files that decide what pages hold.

    Args:
        settings: the settings.
        root: the vault's folder, a real path.
        snapshot: the file that rows come from in place of what the vault says.
    """
    if settings.vault.file:
        yield str(settings.vault.file)
    yield str(settings.user.file)
    yield from mkdocs_files(root)
    yield from settings_files(root)
    rows = snapshot or settings.vault.snapshot
    if rows:
        yield os.path.realpath(rows)
    for folder in (str(settings.vault.templates), builtin_templates()):
        yield from listed(folder, ".j2")
    yield from _program()


def _program() -> Iterator[str]:
    """The files that this program consists of."""
    for folder, below, _ in os.walk(os.path.dirname(os.path.dirname(__file__))):
        below[:] = [name for name in below if name != "__pycache__"]
        yield from listed(folder, ".py")


def listed(folder: str, ending: str) -> Iterator[str]:
    """A folder, be there one or not, and the files in it whose names end so."""
    yield folder
    if os.path.isdir(folder):
        yield from (
            os.path.join(folder, name) for name in os.listdir(folder) if name.endswith(ending)
        )
