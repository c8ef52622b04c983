"""What a watch works with, all of it made from the settings, and made anew with them."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Self

from taiga_notes.errors import ConfigError
from taiga_notes.refresh.compose import RenderContext
from taiga_notes.refresh.page_cache import PageCache
from taiga_notes.refresh.refresh import MIRRORS
from taiga_notes.render import Templates, builtin_folder
from taiga_notes.system import clock
from taiga_notes.system.paths import vault_home
from taiga_notes.taiga.servers import Servers
from taiga_notes.taiga.snapshot import SnapshotFile
from taiga_notes.taiga.source import Taiga, account_of
from taiga_notes.vault.vault import Vault
from taiga_notes.watch.scan import WatchFilter

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from pathlib import Path

    from taiga_notes.config.settings import Settings, UserConfig
    from taiga_notes.errors import EndedError, SourceError
    from taiga_notes.model.rows import Source
    from taiga_notes.refresh.dependencies import Asked
    from taiga_notes.system.paths import Folders

    Origin = tuple[UserConfig, tuple[str, ...], str, Path | None]
    """Whose rows there are, and how they are got: settings, account, web address, snapshot."""

MAX_WAIT = 2.0
"""Seconds that one poll waits for a throttled or failing server: the next poll comes anyway."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What a watch works with.

    Attributes:
        settings: what all else is made from.
        folders: the user's folders.
        origin: see `Origin`: where it is the same, a Taiga stays open.
        vault: its pages.
        watch_filter: what in its folder is watched.
        names: the pages and folders to keep true; the empty name is the whole vault.
        passed_by: what was named besides, and why it is not.
        templates: the vault's and the built-in ones.
        aside: see `RenderContext`; what a template's change makes void, as it does the templates.
    """

    settings: Settings
    folders: Folders
    origin: Origin
    vault: Vault
    watch_filter: WatchFilter
    names: tuple[str, ...]
    passed_by: tuple[str, ...]
    templates: Templates
    aside: dict[Hashable, EndedError] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings, folders: Folders, paths: Sequence[str]) -> Self:
        """What these settings amount to; nothing of it is opened yet.

        Args:
            settings: the settings.
            folders: the user's folders.
            paths: the pages and folders to keep true; none for the whole vault.

        Raises:
            ConfigError: a path is not in the vault, all of them are to be passed by, or the
                exclusions are wrong.
        """
        own, user = settings.vault, settings.user
        vault = Vault(
            own.root, state=folders.state, exclude=own.exclude, quiet=lambda: own.watch.quiet
        )
        chosen = vault.chosen(paths)
        if not chosen.names:
            raise ConfigError(f"there is nothing to watch: {'; '.join(chosen.passed_by)}")
        # By real paths, as events name them: the settings may name a symlink to the folder.
        inside = partial(_name_within, vault.root)
        return cls(
            settings,
            folders,
            (user, _accounts(user, folders.state), settings.web, own.snapshot),
            vault,
            WatchFilter(
                vault.root, inside(own.templates), inside(own.snapshot) if own.snapshot else None
            ),
            tuple(chosen.names),
            tuple(chosen.passed_by),
            make_templates(settings),
        )

    @property
    def home(self) -> str:
        """The folder for what we remember of the vault."""
        return vault_home(self.folders.state, self.vault.root)

    @property
    def asks(self) -> bool:
        """Whether there is a server to ask: not where rows come from a file."""
        return self.settings.vault.snapshot is None

    def stored(self) -> Servers | SnapshotFile:
        """What answers from the stores, or from the vault's own file, and asks nobody."""
        if self.settings.vault.snapshot:
            return SnapshotFile(self.settings.vault.snapshot)
        return Servers(self.settings, partial(Taiga.open, folders=self.folders, offline=True))

    def plain_pages(self) -> PageCache:
        """Which pages are without blocks by what was last seen of them; else nothing of a cache."""
        return PageCache(os.path.join(self.home, "pages"), lambda _zone: [], self.stored)

    def connect(self) -> Servers:
        """What asks the servers."""
        return Servers(self.settings, self._impatient)

    def _impatient(self, settings: Settings) -> Taiga:
        user = settings.user
        # A poll that waits holds up the next one, which would ask the same.
        impatient = replace(user, max_wait=min(user.max_wait, MAX_WAIT))
        return Taiga.open(replace(settings, user=impatient), self.folders)

    def render_context(
        self, source: Source, refusals: Mapping[Asked, SourceError]
    ) -> RenderContext:
        """What pages are rendered with now.

        Args:
            source: where rows come from.
            refusals: what Taiga last said of lists that it refuses.
        """
        own = self.settings.vault
        return RenderContext(
            source=source,
            templates=self.templates,
            now=clock.now(own.zone),
            dates=own.dates,
            project=own.project,
            template=own.template,
            presets=own.presets,
            on_edit=own.on_edit,
            aside=self.aside,
            refusals=refusals,
        )

    def with_new_templates(self) -> Self:
        """The same, once a template changed."""
        # Anew: a template that had to be ended may be better now.
        return replace(self, templates=make_templates(self.settings), aside={})

    def keeps(self, page: str) -> bool:
        """Whether that page is to be kept true; or the vault's mirrors, by the name `MIRRORS`."""
        if page == MIRRORS:
            return "" in self.names and bool(self.settings.vault.mirror)
        if page in self.names:
            return True
        wanted = any(not name or page.startswith(f"{name}/") for name in self.names)
        return wanted and self.vault.lists(page)


def _accounts(user: UserConfig, state: Path) -> tuple[str, ...]:
    """A name for the account at each server."""
    return tuple(account_of(each, state) for each in (user, *user.servers.values()))


def _name_within(root: str, path: Path) -> str:
    """The name in the vault of what a path leads to; empty for the vault itself."""
    inside = os.path.relpath(os.path.realpath(path), root)
    return "" if inside == os.curdir else inside.replace(os.sep, "/")


def make_templates(settings: Settings) -> Templates:
    """The vault's templates as they are now, before the built-in ones."""
    return Templates([settings.vault.templates, builtin_folder()], settings.vault.dates)


def demand_same_vault(settings: Settings, root: str) -> None:
    """Check that new settings are those of the vault that is being watched.

    Raises:
        ConfigError: its `taiga-notes.toml` is gone.
    """
    if os.path.realpath(settings.vault.root) != root or settings.vault.file is None:
        raise ConfigError(f"there is no taiga-notes.toml in {root} any more", hint="put it back")
