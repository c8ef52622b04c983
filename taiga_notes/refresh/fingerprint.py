"""What decides what pages hold, besides themselves and Taiga's rows.

    words   the day, the options of a run, the environment: what is no file
    files   settings, templates, this program, a snapshot: each known by its stamp

As long as all of that is the same, the settings need not even be read. Files are named by who has
read them; here they are only looked at again.
"""

from __future__ import annotations

import os
from zlib import crc32

from taiga_notes.system import clock
from taiga_notes.system.files import stamp_of
from taiga_notes.system.paths import builtin_templates
from taiga_notes.vault.vault import mkdocs_files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from taiga_notes.config.settings import Settings
    from taiga_notes.system.files import Stamp

    Stamps = dict[str, Stamp | None]

_PLAIN = (
    *("TAIGA_NOTES_API", "TAIGA_NOTES_WEB", "TAIGA_NOTES_USERNAME", "TAIGA_NOTES_CONFIG"),
    *("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA"),
    *("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_STATE_HOME"),
)
_SECRET = ("TAIGA_NOTES_TOKEN", "TAIGA_NOTES_APPLICATION_TOKEN")


class Fingerprint:
    """All of that, as it was at one moment.

    Args:
        words: see `words`.
        files: by their paths, see `stamps`.
    """

    __slots__ = ("files", "words")

    def __init__(self, words: list[str], files: Stamps) -> None:
        self.words = words
        self.files = files

    def holds(self, words: list[str]) -> bool:
        """Whether all of it is the same now.

        Args:
            words: those of now.
        """
        return self.words == words and self.files == stamps(self.files)


def words(env: Mapping[str, str], *options: str) -> list[str]:
    """What is no file.

    Args:
        env: the environment, of which all counts that settings are read from. Of tokens there is
            a checksum, which tells accounts apart and can't be turned back; passwords do not
            decide what is shown.
        options: those of the run.
    """
    # `today()` is the user's; a time zone that changes in the middle of a day changes nothing.
    # What is overdue goes by the day in UTC.
    day = " ".join(clock.days())
    plain = (env.get(name, "") for name in _PLAIN)
    return [day, *options, *plain, *(_checked(env.get(name, "")) for name in _SECRET)]


def _checked(secret: str) -> str:
    return f"{crc32(os.fsencode(secret)):08x}" if secret else ""


def stamps(paths: Iterable[str]) -> Stamps:
    """The files' stamps; None for one that does not exist, or can't be looked at."""
    return {path: stamp_of(path) for path in paths}


def older(found: Iterable[Stamp | None], moment: int) -> bool:
    """Whether no file changed since then, so that whoever read one afterwards read this state.

    Args:
        found: the files' stamps.
        moment: in nanoseconds since 1970.
    """
    return all(max(each[0], each[1]) < moment for each in found if each is not None)


def deciding(settings: Settings, root: str, snapshot: str | None) -> Iterator[str]:
    """The files that decide what pages hold.

    Args:
        settings: the settings.
        root: the vault's folder, a real path.
        snapshot: the file that rows come from; None where they come from Taiga.
    """
    from taiga_notes.vault.template_folders import settings_files  # noqa: PLC0415  (seldom asked for)

    if settings.vault.file:
        yield str(settings.vault.file)
    yield str(settings.user.file)
    yield from mkdocs_files(root)
    yield from settings_files(root)
    if snapshot:
        yield os.path.realpath(snapshot)
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
