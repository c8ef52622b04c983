"""Write a commented taiga-notes.toml, which makes a folder a vault: every key, all but one off."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from taiga_notes.cli import output
from taiga_notes.cli.silverbullet_import import import_page
from taiga_notes.errors import ConfigError
from taiga_notes.system.atomic_write import create_file
from taiga_notes.system.paths import VAULT_FILE, vault_root

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Mapping


_TEXT = """\
# taiga-notes: what this vault shows of Taiga.
# The file travels with the notes, so it holds nothing secret: server and account are set with
# `taiga-notes login` and in your own configuration, never here.

# The project of pages that name none: its slug, as in https://tree.taiga.io/project/SLUG/.
# In its place, projects = ["acme", "beta"] lists those of several as one.
# project = "acme"

# The template of blocks that name none. `taiga-notes templates` lists them.
# template = "links"

# A folder of this vault with templates of your own (NAME.md.j2).
# templates = "templates"

# Pages that are none of taiga-notes' business, as in a .gitignore of this folder, also if they are
# named. A folder with a taiga-notes.toml of its own is another vault.
# exclude = ["archive/**", "*.draft.md"]

# A file of this vault that rows come from, so that no server is asked and no account is needed;
# `taiga-notes snapshot FILE` writes one.
# snapshot = "taiga.json"

# Where links lead, if Taiga's web front is not where your account says.
# web = "https://tree.taiga.io"

# Refuse to render with an account at any other server than this.
# api = "https://api.taiga.io/api/v1"

# What happens to a block that was edited by hand: "refuse" reports it and leaves it alone,
# "rescue" moves the edited text below the block, "overwrite" discards it.
# on_edit = "refuse"

# Of how many items at most Taiga may be asked one by one, as it has to be for their descriptions.
# max_details = 500

# The time zone by which `today()` goes and in which moments are written, so that every machine
# writes the same; without it the machine's, and UTC.
# timezone = "Europe/Berlin"

# What a ticked box sets, and what an emptied one, in a block that may be pushed, such as
# <!-- #taiga: from userstories where not is_closed template tasks push done -->
# The name of a status, or a list of which each kind of items takes the first that it has.
# [push]
# done = ["Done", "Closed"]
# reopen = "In progress"

# Queries by name, for `from presets.open`. `userstories` leaves out stories whose status is
# archived, as Taiga's board does; userstories{status__is_archived=true} lists just those.
# [presets]
# open = "from userstories where not is_closed"

# A page for each item that a query gives, made in that folder: what Taiga says of it is kept in
# keys of its front matter, and in a block by that template; the rest of the page is yours.
# [[mirror]]
# query = "from userstories where assignee == me.username"
# folder = "stories"
# name = "{{ row.ref }} {{ row.subject }}"
# template = "story"
# The keys, and what they hold; without this those that fit, from taiga_ref to taiga_url.
# keys = {ref = "ref", status = "status_name", due = "due_date"}

# [watch]
# Milliseconds without a change after which a page counts as saved; `render` waits for it, too.
# quiet_ms = 300
# How often to look whether something changed in Taiga.
# every = "60s"
"""


def example(**values: str | int) -> str:
    """The text of a new `taiga-notes.toml`.

    Args:
        values: of the keys that are set: `project`, `api`, `web`; all others are off.
    """
    text = _TEXT
    for key, value in values.items():
        line = f"{key} = {json.dumps(value)}".replace("\\", r"\\")
        text = re.sub(rf"^# {key} = .*$", line, text, flags=re.MULTILINE)
    return text


def add_arguments(parser: ArgumentParser) -> None:
    """See the module's docstring."""
    parser.add_argument("folder", nargs="?", default=".", type=Path, help="default: this one")
    parser.add_argument("--project", metavar="SLUG", help="the project of pages that name none")
    parser.add_argument(
        "--from-silverbullet",
        metavar="PAGE",
        help="a page of SilverBullet that fetches from Taiga: its settings, templates and queries",
    )


def run(args: Namespace) -> int:
    """Writes the files, and says what comes next.

    Raises:
        ConfigError: there is a vault already, the folder can't be written, or the page holds
            nothing of Taiga's.
        WriteError: the page can't be read.
    """
    file = args.folder / VAULT_FILE
    if args.from_silverbullet is None:
        values = {} if args.project is None else {"project": args.project}
        _found(file, values)
        _next("", values)
        return 0
    # Nothing is written beside a vault's settings that stay as they are.
    if os.path.lexists(file):
        raise _exists(file)
    if not args.folder.is_dir():
        raise ConfigError(f"there is no folder {args.folder}", hint="make the folder first")
    imported = import_page(args.from_silverbullet, args.folder)
    values = imported.values | ({"project": args.project} if args.project else {})
    _found(file, values)
    _next(imported.login, values)
    output.say("next: `taiga-notes bake` turns the live queries of other pages into blocks")
    return imported.status


def _found(file: Path, values: Mapping[str, str | int]) -> None:
    """Makes a folder a vault."""
    try:
        create_file(str(file), example(**values).encode())
    except FileExistsError:
        raise _exists(file) from None
    except OSError as error:
        hint = "make the folder first" if isinstance(error, FileNotFoundError) else ""
        raise ConfigError(f"{file} can't be written: {error.strerror}", hint=hint) from error
    output.say(f"wrote {file}")
    _warn_of_outer(file.parent)


def _exists(file: Path) -> ConfigError:
    return ConfigError(f"{file} exists already", hint="edit it, or remove it first")


def _next(login: str, values: Mapping[str, str | int]) -> None:
    if "project" not in values:
        output.say("next: set `project` in it: the slug behind /project/ in Taiga's addresses")
    command = f"taiga-notes login{login}"
    output.say(f"next: `{command}`, then `taiga-notes doctor`, then `taiga-notes render`")


def _warn_of_outer(folder: Path) -> None:
    outer, file = vault_root(str(folder.resolve().parent))
    if file:
        # `.` is what people give, and no name.
        output.complain(
            f"{folder.resolve()} lies in the vault {outer},"
            " which leaves it and its pages alone from now on"
        )
