"""The vaults of open pages: settings and stored rows, kept while somebody types.

Nobody is asked here: rows are the store's, or the snapshot's. What they were when a query was
evaluated counts until a file that decides it is another.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from taiga_notes.config.loading import load
from taiga_notes.errors import BlockError, RenderError, SourceError, TaigaNotesError
from taiga_notes.lsp.sampled_rows import SampledSource
from taiga_notes.model.kinds import VALUES, kind_of
from taiga_notes.model.parts import valued
from taiga_notes.model.rows import Listing
from taiga_notes.page.splice import Origin, origin
from taiga_notes.push.base_shelf import BaseShelf
from taiga_notes.query.explanation import as_written
from taiga_notes.refresh.dependencies import ME, stamp_of
from taiga_notes.refresh.field_values import field_values
from taiga_notes.refresh.fingerprint import listed, stamps
from taiga_notes.refresh.page_inspection import CountedRows, counted_rows, shown_by
from taiga_notes.refresh.static_checks import query_mistake
from taiga_notes.system import clock
from taiga_notes.system.paths import VAULT_FILE, user_folders, vault_root
from taiga_notes.taiga.servers import Servers
from taiga_notes.watch.setup import Setup

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping
    from datetime import datetime

    from taiga_notes.config.settings import Settings
    from taiga_notes.model.rows import Projects, Rows
    from taiga_notes.page.splice import Block
    from taiga_notes.query import Scope
    from taiga_notes.refresh.compose import InspectedBlock, RenderContext
    from taiga_notes.refresh.dependencies import Asked, ListState
    from taiga_notes.system.paths import Folders

HASTE = 20.0
"""By how much faster time passes for a query that is being typed: it may compute for half a
second, where a run gives it ten."""

MOST = 512
"""Queries whose results are kept."""


@dataclass(frozen=True, slots=True)
class BlockFacts:
    """What a block's query gives from what is stored.

    Attributes:
        counted: its rows; None where there are none to be had.
        error: why not.
        is_late: whether it was given up because it takes long: that is no mistake yet.
        lists: what it reads, and what that was like.
        templates: of those that it names, what is wrong with them.
    """

    counted: CountedRows | None = None
    error: TaigaNotesError | None = None
    is_late: bool = False
    lists: Mapping[Asked, ListState] = field(default_factory=dict)
    templates: tuple[tuple[str, RenderError], ...] = ()

    @property
    def listings(self) -> list[Listing]:
        """The lists that its query names."""
        return [
            each
            for each in self.lists
            if isinstance(each, Listing) and each.kind not in {ME.kind, VALUES.name}
        ]


class OpenedVault:
    """A vault, and what is stored for it. One thread at a time may use it.

    Args:
        settings: its settings.
        folders: the user's folders.

    Raises:
        ConfigError: its exclusions are wrong.
        WriteError: a `.gitignore` above it can't be read.
    """

    def __init__(self, settings: Settings, folders: Folders) -> None:
        self.settings = settings
        self.setup = Setup.of(settings, folders, ())
        self.vault = self.setup.vault
        self._stored = self.setup.stored()
        self.source = SampledSource(self._stored)
        self.bases = BaseShelf(self.vault.home)
        self._bodies = self.vault.bodies()
        self._dialect = self.vault.dialect
        self._facts: dict[Hashable, BlockFacts] = {}
        self._values: dict[Hashable, list[object]] = {}
        self._origins: dict[Hashable, Origin] = {}
        self._seen: object = None
        self._rows_seen: object = None
        self.freshen()

    def freshen(self) -> bool:
        """Takes note of rows and templates that are others by now, or of another day.

        Returns:
            Whether there are any.
        """
        own = self.settings.vault
        seen = stamps(listed(str(own.templates), ".j2")), clock.now(own.zone).date()
        rows_seen = [*map(_written_at, self._rows_files())]
        is_same = seen == self._seen and max(len(self._facts), len(self._origins)) < MOST
        if is_same and rows_seen == self._rows_seen:
            return False
        self._seen, self._rows_seen = seen, rows_seen
        self._stored.begin()
        self._values.clear()
        self._origins.clear()
        before = len(self._facts)
        # The store's files change as well when we put a column into it: then rows are the same.
        self._facts = {
            key: each for key, each in self._facts.items() if is_same and self._is_current(each)
        }
        return not is_same or len(self._facts) < before

    def _is_current(self, facts: BlockFacts) -> bool:
        """Whether a query would be given the same rows again."""
        try:
            return all(
                state is not None and stamp_of(self.source, listing) == state
                for listing, state in facts.lists.items()
            )
        except SourceError:
            return False

    def _rows_files(self) -> Iterable[str]:
        if not isinstance(self._stored, Servers):
            # Rows of a file have no stamp of their own, but the file has.
            yield str(self.settings.vault.snapshot)
            return
        for taiga in (self._stored.at(""), *self._stored.opened.values()):
            if taiga.file is not None:
                yield from (str(taiga.file), f"{taiga.file}-wal")

    def context(self) -> RenderContext:
        """What its pages would be rendered with."""
        return replace(self.setup.render_context(self.source, {}), dialect=self._dialect)

    def origin(self, block: Block) -> Origin:
        """Who wrote what stands in a block: to tell that takes longer than all else of a page."""
        key = (block.text, block.body, block.checksum, block.form)
        found = self._origins.get(key)
        if found is None:
            found = self._origins[key] = origin(block, self._bodies.of(block.text))
        return found

    def name_of(self, path: str) -> str:
        """A page's name in the vault.

        Raises:
            ConfigError: it is outside of it.
        """
        return self.vault.named(path)

    def facts(self, each: InspectedBlock, context: RenderContext) -> BlockFacts:
        """What a block's query gives; evaluated once."""
        scope = each.scope
        text = each.block.text
        page = repr(sorted(dict(scope.page).items(), key=str)) if "page" in text else ""
        key = (text, scope.project, scope.server, each.template, page)
        found = self._facts.get(key)
        if found is None:
            found = self._facts[key] = self._evaluated(each, context)
        return found

    def _evaluated(self, each: InspectedBlock, context: RenderContext) -> BlockFacts:
        text = each.block.text
        scope = replace(each.scope, cpu_time=lambda: time.thread_time() * HASTE)
        begun = time.thread_time()
        try:
            counted = counted_rows(text, scope, each.template)
            error = None
        except SourceError as wrong:
            # What nothing of that kind has is wrong whatever Taiga holds.
            counted, error = None, query_mistake(text, scope) or wrong
        except (BlockError, RenderError) as wrong:
            counted, error = None, wrong
        return BlockFacts(
            counted,
            error,
            error is not None and time.thread_time() - begun > 9 / HASTE,
            each.tracker.noted().lists,
            tuple(_wrong_templates(each, counted, context)),
        )

    def checked(self, facts: BlockFacts) -> datetime | None:
        """When the oldest list that a block reads was last held against Taiga.

        None where that is not known, or rows are a file's.
        """
        if not isinstance(self._stored, Servers):
            return None
        held = (self._stored.held(each) for each in facts.listings)
        return min((each.checked for each in held if each is not None), default=None)

    def values(self, kind: str, name: str, scope: Scope) -> list[object]:
        """The values that a field may have; none where nothing lists them, or they are not stored.

        Args:
            kind: whose field it is.
            name: the field's.
            scope: what the query can see.
        """
        if valued(kind, tuple(name.split("."))) is None:
            return []
        key = (kind, name, scope.project, scope.server)
        found = self._values.get(key)
        if found is None:
            found = self._values[key] = self._listed(kind, name, scope)
        return found

    def _listed(self, kind: str, name: str, scope: Scope) -> list[object]:
        try:
            found = field_values(kind, name, lambda each: self.rows(each, scope))
        except SourceError:
            return []
        return [*dict.fromkeys(each for each in found if isinstance(each, str))]

    def rows(self, kind: str, scope: Scope) -> Rows:
        """The list of that kind which a bare name means there.

        Raises:
            SourceError: it is not stored.
        """
        project: Projects = scope.project if kind_of(kind).is_of_a_project else None
        return self.source.rows(Listing(kind, project, server=scope.server))

    def rest(self) -> None:
        """Lets go of the store, so that others can tidy it up."""
        self._stored.rest()

    def close(self) -> None:
        """Lets go of everything."""
        self._stored.close()


def _written_at(path: str) -> tuple[int, int] | None:
    """When a file was last written, and its size: SQLite touches its files when it reads, too."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


def _wrong_templates(
    each: InspectedBlock, counted: CountedRows | None, context: RenderContext
) -> Iterable[tuple[str, RenderError]]:
    """Which of the templates that a query, or its page for it, names there are not."""
    shown = shown_by(each, counted).split(", ") if counted else ()
    try:
        named = {as_written(each.block.text)[1], *shown}
    except BlockError:
        return
    for name in sorted(named - {"", "each"}):
        try:
            context.templates.source(name)
        except RenderError as error:
            yield name, error


class Vaults:
    """The vaults of all open pages, by their folders.

    Args:
        env: the environment.
    """

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self._opened: dict[str, tuple[object, OpenedVault]] = {}
        self._wrong: dict[str, object] = {}

    def of(self, path: str) -> OpenedVault:
        """The vault of a page, by its own settings as they are now.

        Args:
            path: the page's, or a folder; it need not exist.

        Raises:
            ConfigError: a setting is wrong.
            WriteError: a `.gitignore` can't be read.
        """
        root, _ = vault_root(path)
        seen = self._stamps(root)
        known = self._opened.get(root)
        if known is not None and known[0] == seen:
            return known[1]
        if known is not None:
            known[1].close()
            del self._opened[root]
        # Until it is open: pages that were told of wrong settings are told once these are mended.
        self._wrong[root] = seen
        opened = OpenedVault(load(Path(root), self._env), user_folders(self._env))
        del self._wrong[root]
        self._opened[root] = seen, opened
        return opened

    def freshen(self) -> bool:
        """See `OpenedVault.freshen`; of all of them. Those with other settings are closed.

        Returns:
            Whether there are any, or settings that were wrong are others by now.
        """
        stale = [root for root, (seen, _) in self._opened.items() if self._stamps(root) != seen]
        for root in stale:
            _, opened = self._opened.pop(root)
            opened.close()
        mended = [root for root, seen in self._wrong.items() if self._stamps(root) != seen]
        for root in mended:
            del self._wrong[root]
        changed = [each.freshen() for _, each in self._opened.values()]
        return bool(stale or mended) or any(changed)

    def _stamps(self, root: str) -> object:
        """What the files are like that a vault's settings come from."""
        config = user_folders(self._env).config / "config.toml"
        user = self._env.get("TAIGA_NOTES_CONFIG") or str(config)
        return stamps([str(Path(root) / VAULT_FILE), user])

    def rest(self) -> None:
        """See `OpenedVault.rest`."""
        for _, opened in self._opened.values():
            opened.rest()

    def close(self) -> None:
        """Lets go of all of them."""
        for _, opened in self._opened.values():
            opened.close()
