"""The folders in which Obsidian and SilverBullet keep templates of pages to be.

Obsidian's are what its settings say, of the core plugin, Templater and QuickAdd; where those say
nothing, a folder `Templates`. SilverBullet's is `Library`, in a space of its own only: others have
libraries that are notes.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

OBSIDIAN = ".obsidian"
_SETTINGS = (
    ("templates.json", "folder"),
    ("plugins/templater-obsidian/data.json", "templates_folder"),
    ("plugins/quickadd/data.json", "templateFolderPath"),
)
_USUAL = frozenset({"templates", "_templates"})
LARGEST = 1024 * 1024
"""Bytes of the largest settings that are read: a hundred times the largest in use."""

_SILVERBULLET = ("_plug", ".silverbullet.auth.json", ".silverbullet.db.json", ".silverbullet.db")
_LIBRARY, _CONFIG = "Library", "CONFIG.md"


def settings_files(root: str) -> Iterator[str]:
    """The files of a vault by which it shows where templates are kept, be they there or not.

    That a folder is made there, or above, shows only the next time that a page is looked at.
    """
    folder = os.path.join(root, OBSIDIAN)
    yield from (os.path.join(folder, name) for name in ("app.json", *dict(_SETTINGS)))
    yield from (os.path.join(root, name) for name in (_LIBRARY, _CONFIG))


class TemplateFolders:
    """The folders with templates in one vault.

    Args:
        root: the vault's folder, a real path.
    """

    __slots__ = ("_known", "_root")

    def __init__(self, root: str) -> None:
        self._root = root
        self._known: dict[str, tuple[str, ...]] = {}

    def hold(self, name: str) -> bool:
        """Whether a page lies in one of them.

        Args:
            name: the page's.
        """
        path = os.path.join(self._root, *name.split("/"))
        folder = os.path.dirname(path)
        own = _alike(f"{folder}{os.sep}")
        return any(
            own.startswith(_alike(f"{each}{os.sep}"))
            for above in _upwards(folder)
            for each in self._of(above)
        )

    def _of(self, folder: str) -> tuple[str, ...]:
        """The folders with templates that are known from what lies in that folder."""
        if folder not in self._known:
            self._known[folder] = (*_obsidian(folder), *_silverbullet(folder))
        return self._known[folder]


def _alike(path: str) -> str:
    """A path as file systems compare it that know neither cases nor how a letter is composed."""
    if not path.isascii():
        from unicodedata import normalize  # noqa: PLC0415  (few names need it)

        path = normalize("NFC", path)
    return path.casefold()


def _upwards(folder: str) -> Iterator[str]:
    above = ""
    while folder != above:
        yield folder
        folder, above = os.path.dirname(folder), folder


def _obsidian(folder: str) -> Iterator[str]:
    settings = os.path.join(folder, OBSIDIAN)
    if not os.path.isdir(settings):
        return
    said = [text for file, key in _SETTINGS if (text := _setting(f"{settings}/{file}", key))]
    if not said:
        said = [name for name in os.listdir(folder) if name.lower() in _USUAL]
    for name in said:
        yield os.path.join(folder, *name.split("/"))


def _setting(path: str, key: str) -> str:
    """A folder that settings name; empty where they name none, or the whole vault."""
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST)
    except OSError:
        return ""
    from json import loads  # noqa: PLC0415  (few vaults have such settings)

    try:
        found = loads(data)
    except (ValueError, RecursionError):
        return ""
    text = found.get(key) if isinstance(found, dict) else None
    # On Windows, plugins take what Explorer shows.
    return os.path.normpath(text.replace("\\", "/")).strip("./\\ ") if isinstance(text, str) else ""


def _silverbullet(folder: str) -> Iterator[str]:
    library = os.path.join(folder, _LIBRARY)
    if not os.path.isdir(library):
        return
    if any(os.path.lexists(os.path.join(folder, name)) for name in _SILVERBULLET) or (
        _is_silverbullets(os.path.join(folder, _CONFIG))
    ):
        yield library


def _is_silverbullets(path: str) -> bool:
    try:
        with open(path, "rb") as file:
            return b"```space-" in file.read(LARGEST)
    except OSError:
        return False
