"""What is remembered of the vault that a command is about: what counts, and where it is kept."""

from __future__ import annotations

import math
import os

from taiga_notes.cli import opening
from taiga_notes.refresh.fingerprint import listed, program, stamps, words
from taiga_notes.refresh.page_cache import PageCache
from taiga_notes.refresh.page_record import Shelf
from taiga_notes.system import clock
from taiga_notes.system.paths import builtin_templates, user_state, vault_root
from taiga_notes.vault.state_folder import home
from taiga_notes.vault.vault import mkdocs_files

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Iterator, Sequence

    from taiga_notes.cli.opening import Opened


class Recall:
    """The memory of the vault at `start`, for one run.

    Args:
        args: with those of `opening.add_rows_arguments`.
        start: a page or folder in the vault.
        opened: asked for settings and rows where what is remembered does not do.

    Attributes:
        root: the vault's folder.
        memory: what is remembered.
        exclude: the vault's exclusions.

    Raises:
        ConfigError: there is no vault, or its settings are wrong.
        SourceError: the snapshot is none.
    """

    def __init__(self, args: Namespace, start: str, opened: Opened) -> None:
        self._args = args
        self._opened = opened
        self._state = user_state(os.environ)
        self.root, file = vault_root(start)
        options = (
            os.path.realpath(file) if file else "",
            os.path.realpath(args.snapshot) if args.snapshot else "",
            args.project or "",
        )
        self.memory = PageCache(
            home(self._state, os.path.realpath(self.root)),
            words(os.environ, *options),
            lambda: opened.source,
            # Machines are told the age of the rows in more ways than one.
            alone=args.offline and not args.json,
            now=math.inf if args.full or args.json else clock.seconds(),
        )
        self.exclude = self.memory.exclude if self.memory.holds else self._looked_up()
        opened.known_age = ", ".join(self._words_of_age())

    def _looked_up(self) -> Sequence[str]:
        """The vault's exclusions; whatever is wrong with settings or snapshot is told."""
        if not self._args.snapshot:
            opening.demand_vault(self._opened.settings)
        _ = self._opened.snapshot
        return self._opened.settings.vault.exclude

    def save(self) -> None:
        """Remembers what the run found out."""
        opened = self._opened
        self.memory.save(lambda: ([*self._files()], opened.settings.vault.exclude), self._shelf())

    def _words_of_age(self) -> Iterator[str]:
        if self.memory.age:
            yield self.memory.age
        if self.memory.trusts and self._args.offline:
            yield "offline"

    def _files(self) -> Iterator[str]:
        """What decides what pages hold, besides Taiga's rows."""
        settings = self._opened.settings
        if settings.vault.file:
            yield str(settings.vault.file)
        yield str(settings.user.file)
        yield from mkdocs_files(os.path.realpath(self.root))
        if self._args.snapshot:
            yield os.path.realpath(self._args.snapshot)
        for folder in (str(settings.vault.templates), builtin_templates()):
            yield from listed(folder, ".j2")
        yield from program()

    def _shelf(self) -> Shelf | None:
        """Taiga's store, if the run took rows from it, and another one may without asking.

        Trouble is to be told each time, so then there is nothing to rely on.
        """
        opened = self._opened
        state = opened.state
        if state is None or state.as_of is None or state.notes or state.detail:
            return None
        # Settings are read by now: Taiga was opened.
        file, max_age = opened.taiga.file, opened.max_age
        if file is None or not (self._args.offline or max_age):
            return None
        since = state.as_of.timestamp()
        logins = listed(os.path.join(self._state, "login"), ".json")
        files = stamps((str(file), f"{file}-wal", *logins))
        return Shelf(files, age=state.written, since=since, until=since + max_age)
