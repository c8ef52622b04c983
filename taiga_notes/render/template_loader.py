"""Templates' files: which one a name means, and what may be read.

A template is a file `NAME.md.j2` right in one of the folders; the first folder that has it wins.
Nothing else is read: a name is no path, and a link that leaves its folder leads nowhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from jinja2 import BaseLoader, Environment

from taiga_notes.errors import RenderError, did_you_mean
from taiga_notes.system.files import Stamp, stamp
from taiga_notes.system.paths import builtin_templates

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence


SUFFIX: Final = ".md.j2"

_LARGEST: Final = 64 * 1024  # bytes; the longest built-in template has some 500
_NAME: Final = re.compile(r"\w[\w -]*(?:\.[\w -]+)*")
_COMMENT: Final = re.compile(r"\s*\{#-?\s*(.*?)\s*-?#\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class TemplateInfo:
    """A template that can be used by its name."""

    name: str
    file: Path
    builtin: bool
    description: str
    """The comment at its head, on one line; empty without."""


def builtin_folder() -> Path:
    """The folder of the built-in templates, in a wheel or in a checkout."""
    return Path(builtin_templates()).resolve()


class FolderLoader(BaseLoader):
    """Finds templates in folders.

    Args:
        folders: searched in this order; one that does not exist is empty.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self.folders = tuple(folders)

    def get_source(
        self,
        environment: Environment,  # noqa: ARG002 - Jinja's
        template: str,
    ) -> tuple[str, str, Callable[[], bool]]:
        """See Jinja; asked before each use whether the file is still the one that was read.

        Raises:
            RenderError: there is no such template, or it can't be read.
        """
        file = self.find(template)
        seen = _identity(file)
        text = self.read(file)
        # What is still the same file is within its folder as it was.
        return text, str(file), lambda: _identity(self._first(template)[1]) == seen

    def find(self, name: str) -> Path:
        """The file that the name means.

        Raises:
            RenderError: it means none.
        """
        return _within(*self._first(name))

    def _first(self, name: str) -> tuple[Path, Path]:
        """The first folder that has a file of that name, and the file."""
        # No path, whoever names it: a page of a stranger's must not name files outside of the
        # folders.
        if not _NAME.fullmatch(name):
            raise RenderError(
                f"'{name}' is no template's name", hint="a name is no path and has no suffix"
            )
        for folder in self.folders:
            file = folder / f"{name}{SUFFIX}"
            if file.is_file():
                return folder, file
        raise RenderError(f"there is no template '{name}'", hint=self._nearest(name))

    def read(self, file: Path) -> str:
        """A template's text.

        Raises:
            RenderError: it is too large, no UTF-8, or can't be opened.
        """
        try:
            with file.open("rb") as opened:
                # Bounded in the reading: a vault's file may be of any size, and grow meanwhile.
                data = opened.read(_LARGEST + 1)
        except OSError as error:
            raise RenderError(f"can't be read: {error.strerror}", template=file.name) from error
        if len(data) > _LARGEST:
            raise RenderError(f"is larger than {_LARGEST // 1024} KiB", template=file.name)
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            raise RenderError("is not UTF-8", template=file.name, line=line) from error
        # `markdown` marks with NUL where an edge is to be judged.
        return text.replace("\0", "")

    def files(self) -> Iterator[tuple[str, Path]]:
        """Each name with its file, by name."""
        found: dict[str, Path] = {}
        for folder in reversed(self.folders):
            found |= {
                file.name.removesuffix(SUFFIX): file
                for file in folder.glob(f"*{SUFFIX}")
                if file.is_file()
            }
        yield from sorted(found.items())

    def _nearest(self, name: str) -> str:
        meant = did_you_mean(name, (known for known, _ in self.files()))
        listed = meant or "`taiga-notes templates` lists all that there are"
        # No folder is named: the message stands in a page, which others share.
        return f"{listed}; its file would be {name}{SUFFIX}"


def description(text: str) -> str:
    """What a template's first comment says, on one line."""
    comment = _COMMENT.match(text)
    return " ".join(comment[1].split()) if comment else ""


def _within(folder: Path, file: Path) -> Path:
    # A cloned vault may hold a link to any file of the user's, which a page would then show.
    if not file.resolve().is_relative_to(folder.resolve()):
        raise RenderError("is a link that leaves its folder", template=file.name)
    return file


def _identity(file: Path) -> tuple[str, Stamp]:
    return str(file), stamp(file.stat())
