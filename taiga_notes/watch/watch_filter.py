"""What in a vault's folder is worth a flag: pages, templates and settings, by name alone."""

from __future__ import annotations

import os
from dataclasses import dataclass
from enum import Enum, auto

from taiga_notes.config.settings import VAULT_FILE
from taiga_notes.vault.discovery import MARKDOWN, NEVER

IGNORE_FILE = ".gitignore"
TEMPLATE = ".j2"


class FileKind(Enum):
    """What a file is to us."""

    PAGE = auto()
    TEMPLATE = auto()
    SETTINGS = auto()
    """Which pages are ours, and what they are rendered with."""


@dataclass(frozen=True, slots=True)
class WatchFilter:
    """What is looked at below a vault's root.

    Attributes:
        root: the vault's folder, a real path.
        templates: the templates' folder by its name in the vault. It may be hidden.
    """

    root: str
    templates: str

    def name(self, path: str) -> str:
        """A path's name in the vault, with `/`; empty for the root."""
        return path[len(self.root) :].strip(os.sep).replace(os.sep, "/")

    def path(self, name: str) -> str:
        """The path of a name."""
        return f"{self.root.rstrip(os.sep)}{os.sep}{name}" if name else self.root

    def kind(self, name: str) -> FileKind | None:
        """What the file of that name is; None for what is none of ours.

        Whether a page is excluded, or a copy, is asked when it is opened.
        """
        folder, _, last = name.rpartition("/")
        if last.endswith(TEMPLATE) and self._is_below_templates(folder):
            return FileKind.TEMPLATE
        if name == VAULT_FILE:
            return FileKind.SETTINGS
        if not all(map(_is_open, folder.split("/"))):
            return None
        # A `taiga-notes.toml` further down makes of its folder a vault of its own, or no longer.
        if last in {IGNORE_FILE, VAULT_FILE}:
            return FileKind.SETTINGS
        return FileKind.PAGE if last.endswith(MARKDOWN) and not last.startswith(".") else None

    def enters(self, folder: str) -> bool:
        """Whether something in the folder of that name may be ours."""
        if all(map(_is_open, folder.split("/"))) or self._is_below_templates(folder):
            return True
        return self.templates.startswith(f"{folder}/")

    def _is_below_templates(self, folder: str) -> bool:
        return not self.templates or f"{folder}/".startswith(f"{self.templates}/")


def _is_open(part: str) -> bool:
    return not part.startswith(".") and part not in NEVER
