"""A SilverBullet page that fetches from Taiga, taken over: templates, a page of blocks, settings.

What is there already stays as it is. The page is read, never run, and left as it is.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

from taiga_notes.bake.integration_page import read_integration
from taiga_notes.cli import opening, output
from taiga_notes.cli.bake_command import objection_by
from taiga_notes.config.settings import API
from taiga_notes.config.user_file import web_of
from taiga_notes.errors import ConfigError, TaigaNotesError, WriteError
from taiga_notes.model.calendar import Calendar
from taiga_notes.model.invented_lists import Invented
from taiga_notes.model.kinds import KINDS
from taiga_notes.model.rows import Listing
from taiga_notes.page.front_matter import page_data
from taiga_notes.query import QueryClock
from taiga_notes.render import Templates, builtin_folder
from taiga_notes.render.template_loader import SUFFIX
from taiga_notes.system import clock
from taiga_notes.system.atomic_write import create_file
from taiga_notes.system.folders import make_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from taiga_notes.bake.baking import Left
    from taiga_notes.bake.integration_page import IntegrationPage, PageSettings

MAX_BYTES = 256 * 1024
"""Of the page: it may be anyone's, and no such page is a tenth as long."""
_SOME_LEFT = 3


@dataclass(frozen=True, slots=True)
class Imported:
    """What was taken over.

    Attributes:
        values: of keys of `taiga-notes.toml`.
        login: the flags of `taiga-notes login`, each behind a blank.
        status: the exit status: 3 if something was left as it is.
    """

    values: dict[str, str | int]
    login: str
    status: int


def import_page(name: str, folder: Path) -> Imported:
    """Takes over what a page holds, and says what it did, and what it left.

    Args:
        name: the page's file.
        folder: where the vault is to be.

    Raises:
        ConfigError: the page holds nothing of Taiga's, or the folder can't be written.
        WriteError: the page can't be read.
    """
    now = clock.now(None)
    templates = _PageTemplates(folder, now.date())
    found = read_integration(_read(name), templates.fault)
    if found.is_empty:
        hint = "name the page with `taiga = {…}`, the space-lua script and its templates"
        raise ConfigError(f"{name} holds nothing of Taiga's", hint=hint)
    templates.made = found.templates
    title = Path(name).stem
    check = objection_by(templates, QueryClock(now), page_data(title, {}), {})
    baked = found.blocks(title, check)
    left = [*found.left, *baked.left]
    for own, text in found.template_files().items():
        _create(folder / "templates" / f"{own}{SUFFIX}", text)
    if baked.count:
        _create(folder / f"{title} blocks.md", baked.text)
    _tell(name, found, sorted(left, key=lambda one: one.line))
    return Imported(_values(found.settings), _login(found.settings), _SOME_LEFT if left else 0)


class _PageTemplates(Templates):
    """Templates, and before them those that a page defines, which no file holds yet."""

    def __init__(self, folder: Path, today: date) -> None:
        super().__init__([folder / "templates", builtin_folder()], UTC)
        self.made: Mapping[str, str] = {}
        self._calendar = Calendar(today)

    def render(
        self, name: str, rows: Sequence[object], *, page: Mapping[str, object] | None = None
    ) -> str:
        """See `Templates.render`."""
        if name in self.made:
            return self.render_each(self.made[name], rows, page=page or {})
        return super().render(name, rows, page=page or {})

    def fault(self, text: str) -> str:
        """What is wrong with a template for the items of any kind; empty if one kind will do."""
        faults = []
        for kind in KINDS:
            rows = Invented().rows(Listing(kind))
            try:
                self.render_each(text, [rows[number] for number in range(len(rows))])
            except TaigaNotesError as error:
                faults.append(error.message)
            else:
                return ""
        return faults[0]


def _read(name: str) -> str:
    """A page's text.

    Raises:
        WriteError: see `import_page`.
    """
    if not opening.is_file(name):
        raise WriteError("there is no such page", page=name)
    try:
        with Path(name).open("rb") as file:
            data = file.read(MAX_BYTES + 1)
        if len(data) > MAX_BYTES:
            raise WriteError(f"it is longer than {MAX_BYTES // 1024} kB", page=name)
        return data.decode()
    except UnicodeDecodeError:
        raise WriteError("this is no UTF-8", page=name, hint="save it as such") from None
    except OSError as error:
        raise WriteError(f"it can't be read: {error.strerror}", page=name) from error


def _create(path: Path, text: str) -> None:
    """Writes a file, unless there is one already, which stays as it is.

    Raises:
        ConfigError: it can't be written.
    """
    try:
        make_folder(str(path.parent))
        create_file(str(path), text.encode())
    except FileExistsError:
        output.complain(f"{path} exists already: left as it is")
    except OSError as error:
        raise ConfigError(f"{path} can't be written: {error.strerror}") from error
    else:
        output.say(f"wrote {path}")


def _tell(name: str, found: IntegrationPage, left: Sequence[Left]) -> None:
    for one in left:
        output.complain(f"{name}:{one.line}: left alone: {one.reason}")
    if found.settings.me:
        output.say(f"{name}:{found.settings.me}: your number is needed nowhere: queries say `me`")
    if found.settings.password:
        output.complain(
            f"{name}:{found.settings.password}: the password was not taken along: "
            "`taiga-notes login` asks for it once; delete it there, and change it if others saw it"
        )


def _values(said: PageSettings) -> dict[str, str | int]:
    values: dict[str, str | int] = {}
    if said.project is not None:
        values["project"] = said.project
    if said.api:
        values["api"] = said.api
    if said.web and said.web != web_of(said.api or API):
        values["web"] = said.web
    return values


def _login(said: PageSettings) -> str:
    given = {"--username": said.username, "--api": "" if said.api == API else said.api}
    return "".join(f" {flag} {shlex.quote(value)}" for flag, value in given.items() if value)
