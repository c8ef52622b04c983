"""What a command works with: settings, vault, templates and a source of rows, from its arguments.

Everything heavy is imported where it is first needed, so that a command costs what it uses.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from taiga_notes.cli import output
from taiga_notes.errors import ConfigError

if TYPE_CHECKING:
    from argparse import ArgumentParser, Namespace
    from collections.abc import Iterator

    from taiga_notes.compose import Means
    from taiga_notes.config import OnEdit, Settings
    from taiga_notes.query import Answer, Scope
    from taiga_notes.render import Templates
    from taiga_notes.rows import Rows
    from taiga_notes.taiga.snapshot_writer import ProjectSource
    from taiga_notes.taiga.source import Taiga
    from taiga_notes.vault import Vault


def add_vault_argument(parser: ArgumentParser) -> None:
    """`--vault`, for commands that take no paths."""
    parser.add_argument(
        "--vault", metavar="DIR", type=Path, default=Path(), help="default: this folder's vault"
    )


def add_rows_arguments(parser: ArgumentParser) -> None:
    """Where rows come from."""
    parser.add_argument("--snapshot", metavar="FILE", type=Path, help="read rows from this file")
    parser.add_argument("--project", metavar="SLUG", help="the project of bare sources")
    parser.add_argument("--offline", action="store_true", help="ask nobody: use what is stored")
    parser.add_argument("--full", action="store_true", help="read every list whole")


def add_source_arguments(parser: ArgumentParser) -> None:
    """The vault, and where rows come from."""
    add_vault_argument(parser)
    add_rows_arguments(parser)


def settings(start: Path) -> Settings:
    """The settings for what lies at `start`.

    Raises:
        ConfigError: a configuration file or variable is wrong.
    """
    from taiga_notes.config import load  # noqa: PLC0415

    return load(start, os.environ)


def templates(found: Settings) -> Templates:
    """The vault's templates, before the built-in ones."""
    from taiga_notes.render import Templates, builtin_folder  # noqa: PLC0415

    return Templates([found.vault.templates, builtin_folder()])


def vault(found: Settings) -> Vault:
    """The vault's pages.

    Raises:
        ConfigError: the exclusions are wrong.
    """
    from taiga_notes.config import folders  # noqa: PLC0415
    from taiga_notes.vault import Vault  # noqa: PLC0415

    state = folders(os.environ).state
    return Vault(found.vault.root, state=state, exclude=found.vault.exclude)


def demand_vault(found: Settings) -> None:
    """Check that there is a vault to work on.

    Raises:
        ConfigError: there is no `taiga-notes.toml`.
    """
    if found.vault.file is None:
        raise ConfigError(
            f"there is no taiga-notes.toml in {found.vault.root} or above it",
            hint="`taiga-notes init` makes a folder a vault; `taiga-notes demo` needs none",
        )


@dataclass
class Opened:
    """A source, and what goes with it.

    Attributes:
        settings: the settings.
        source: where rows come from.
        taiga: the same, where it is no snapshot.
        project: what bare sources list.
        web: where links lead.
    """

    settings: Settings
    source: ProjectSource
    taiga: Taiga | None
    project: str | int | None
    web: str

    @cached_property
    def templates(self) -> Templates:
        """See `templates`."""
        return templates(self.settings)

    def means(self, on_edit: OnEdit | None = None) -> Means:
        """What pages are rendered with."""
        from taiga_notes.compose import Means  # noqa: PLC0415

        own = self.settings.vault
        return Means(
            source=self.source,
            templates=self.templates,
            now=datetime.now().astimezone(),
            project=self.project,
            template=own.template,
            presets=own.presets,
            on_edit=on_edit or own.on_edit,
        )

    def evaluate(self, expression: str) -> Answer:
        """The value of an expression that stands in no page."""
        from taiga_notes.query import evaluate  # noqa: PLC0415

        return evaluate(expression, self._scope())

    def markdown(self, answer: Answer, template: str | None) -> str:
        """The value as a page would hold it; `template` overrides the query's own."""
        from dataclasses import replace  # noqa: PLC0415

        from taiga_notes.compose import markdown  # noqa: PLC0415

        chosen = replace(answer, template=template, each=None) if template else answer
        return markdown(chosen, self.templates, {}, self.settings.vault.template)

    def rows(self, kind: str) -> Rows:
        """The project's list of that kind."""
        from taiga_notes.rows import Listing  # noqa: PLC0415

        return self.source.rows(Listing(kind, None if kind == "projects" else self.project))

    def _scope(self) -> Scope:
        from taiga_notes.query import Scope  # noqa: PLC0415

        means = self.means()
        return Scope(
            source=means.source,
            now=means.now,
            project=means.project,
            presets=means.presets,
            render=partial(means.templates.render, page={}),
        )

    @property
    def age(self) -> str:
        """How old the rows are, where Taiga was not asked; else empty."""
        return str(self.taiga.state) if self.taiga else ""

    @property
    def status(self) -> int:
        """The exit status that the source alone asks for."""
        from taiga_notes.taiga.report import SERVER_UNREACHABLE  # noqa: PLC0415

        unreachable = self.taiga and self.taiga.state.trouble == SERVER_UNREACHABLE
        return 4 if unreachable else 0

    def report_age(self) -> None:
        """Tells of rows that are not fresh, and of trouble with the store."""
        if self.taiga is None:
            return
        for note in self.taiga.state.notes:
            output.complain(note)
        if self.age:
            detail = self.taiga.state.detail
            output.complain(f"{self.age} ({detail})" if detail else self.age)


@contextmanager
def opened(args: Namespace, found: Settings | None = None) -> Iterator[Opened]:
    """What the arguments name.

    Args:
        args: with those of `add_rows_arguments`.
        found: the settings, where they are loaded already; else those of `--vault`.

    Raises:
        ConfigError: a setting is wrong.
        SourceError: the snapshot is none.
    """
    found = found or settings(args.vault)
    project = _project(args.project) or found.vault.project
    if args.snapshot:
        from taiga_notes.taiga.snapshot import Snapshot  # noqa: PLC0415

        snapshot = Snapshot.read(args.snapshot)
        yield Opened(found, snapshot, None, project, found.web)
        return
    from taiga_notes.config import folders  # noqa: PLC0415
    from taiga_notes.taiga.source import Taiga  # noqa: PLC0415

    own = folders(os.environ)
    with Taiga.open(found, own, offline=args.offline, full=args.full) as taiga:
        yield Opened(found, taiga, taiga, project, found.web)


def _project(given: str | None) -> str | int | None:
    return int(given) if given and given.isdecimal() else given
