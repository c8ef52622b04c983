"""A vault: a folder of markdown notes, of which we read some and write fewer."""

from __future__ import annotations

import os

from taiga_notes.errors import WriteError
from taiga_notes.system import files
from taiga_notes.system.paths import bodies_file, shown, unusable_state, vault_home
from taiga_notes.vault.discovery import Notes
from taiga_notes.vault.search import UTF16, SearchResult, search, unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from taiga_notes.page.commonmark import Dialect
    from taiga_notes.vault.journal import Journal
    from taiga_notes.vault.remembered_bodies import RememberedBodies
    from taiga_notes.vault.search import KnownPages
    from taiga_notes.vault.undo import JournaledRun, Undone
    from taiga_notes.vault.writer import PageFile, WaitPolicy, Writer

WAIT = 10.0
"""Seconds to wait for another taiga-notes that writes the same vault."""


class Chosen:
    """What a user means by paths.

    Attributes:
        names: of pages and folders; the empty name is the whole vault.
        passed_by: of what was named and is passed by, its name and why.
    """

    __slots__ = ("names", "passed_by")

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self.passed_by: list[str] = []


def mkdocs_files(root: str) -> list[str]:
    """Where MkDocs' settings may lie: pages are in the same folder, or in `docs` below it."""
    return [
        os.path.join(folder, name)
        for folder in (root, os.path.dirname(root))
        for name in ("mkdocs.yml", "mkdocs.yaml")
    ]


def dialect_of(root: str) -> Dialect:
    """Which containers the pages of a vault may have: MkDocs' where its settings lie there."""
    from taiga_notes.page.commonmark import Dialect  # noqa: PLC0415  (pages with blocks only)

    found = any(map(os.path.isfile, mkdocs_files(root)))
    return Dialect.MKDOCS if found else Dialect.COMMONMARK


class Vault:
    """A folder of notes.

    Args:
        root: the folder.
        state: where we remember things; a folder of ours in the user's state folder.
        exclude: patterns of what is not ours, as in a `.gitignore` of `root`; None where nothing
            is to be excluded.
        quiet: gives the seconds for which a page is left in peace after a save; asked once there
            is a page to write.

    Raises:
        ConfigError: there is no such folder, or there are too many patterns.
        WriteError: a `.gitignore` above the vault can't be read.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        *,
        state: str | os.PathLike[str],
        exclude: Sequence[str] | None = (),
        quiet: Callable[[], float] = float,
    ) -> None:
        self._notes = Notes(root, exclude)
        self.root = self._notes.root
        self._home = vault_home(state, self.root)
        self._quiet = quiet

    def chosen(self, paths: Sequence[str | os.PathLike[str]]) -> Chosen:
        """What a user means by paths; the whole vault if there are none.

        Raises:
            ConfigError: a path is outside the vault, is neither a page nor a folder, or does not
                exist.
            WriteError: a `.gitignore` can't be read.
        """
        chosen = Chosen([] if paths else [""])
        for path in paths:
            name = self._notes.chosen(path)
            if reason := self._notes.passed_by(name):
                chosen.passed_by.append(f"{self.shown(name)} {reason}")
            else:
                chosen.names.append(name)
        return chosen

    def named(self, path: str | os.PathLike[str]) -> str:
        """The name of what has that path; it need not exist.

        Raises:
            ConfigError: it is outside the vault.
        """
        return self._notes.named(path)

    @property
    def home(self) -> str:
        """The folder of what we remember of it; need not exist."""
        return self._home

    def path(self, name: str) -> str:
        """The path of a page or folder."""
        return self._notes.path(name)

    def shown(self, name: str) -> str:
        """The path of a page or folder as one would type it from where one stands."""
        return shown(self.path(name))

    def is_template(self, name: str) -> bool:
        """Whether a page lies where another program keeps templates, and is to be passed by."""
        return self._notes.is_template(name)

    def lists(self, name: str) -> bool:
        """Whether a walk of the whole vault comes upon that page, should it exist."""
        return self._notes.lists(name)

    def entries(self, folder: str) -> list[str]:
        """What a folder lists, pages or not; nothing where it is not there.

        Raises:
            WriteError: it can't be read.
        """
        try:
            return os.listdir(self._notes.path(folder))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise unreadable(folder, error) from error

    def nested(self) -> list[str]:
        """The folders in it that are vaults of their own."""
        return self.search(lambda _data: False).vaults

    @property
    def dialect(self) -> Dialect:
        """Which containers its pages may have: MkDocs' where its settings lie here or above."""
        return dialect_of(self.root)

    def search(
        self,
        holds: Callable[[bytes], bool],
        names: Iterable[str] = ("",),
        cache: KnownPages | None = None,
    ) -> SearchResult:
        """Finds pages by what they hold.

        Args:
            holds: whether bytes of a page hold what is searched for.
            names: where to look, as `chosen` gives them.
            cache: what need not be looked at; None looks at everything.
        """
        return search(self._notes, names, holds, cache)

    def read(self, name: str) -> PageFile:
        """Reads a page.

        Raises:
            PageGoneError: there is no such page.
            PageChangedError: it became a symlink just now.
            WriteError: it can't be read, is no text in UTF-8, is larger than `files.LARGEST`, or
                leads out of the vault.
        """
        real = self._notes.real(name)
        try:
            data, stamp = files.contents(real)
        except OSError as error:
            raise unreadable(name, error, real) from error
        from taiga_notes.vault.writer import PageFile  # noqa: PLC0415  (see `writing`)

        return PageFile(name, _decoded(name, data), stamp)

    def writing(self, wait: float = WAIT, policy: WaitPolicy | None = None) -> Writer:
        """Who writes pages, once it is entered as a context.

        Args:
            wait: seconds to wait for another taiga-notes that writes the same vault.
            policy: what to do about pages that others are writing; by default, to wait a little.
        """
        # A run that finds nothing to render writes nothing.
        from taiga_notes.vault.writer import WaitOnce, Writer  # noqa: PLC0415

        return Writer(
            self._notes,
            self._home,
            wait,
            quiet=self._quiet,
            policy=policy or WaitOnce(),
            is_unfinished=self.is_unfinished,
        )

    def is_unfinished(self) -> bool:
        """Whether a run that writes pages has begun and not ended: it goes on, or was killed.

        Raises:
            ConfigError: the state folder can't be used.
        """
        try:
            names = os.listdir(os.path.join(self._home, "journal"))
        except FileNotFoundError:
            return False
        except OSError as error:
            raise unusable_state(self._home, error) from error
        # Finished runs are numbers: any other name there is a run that goes on, or a killed one's.
        return not all(map(str.isdecimal, names))

    def undo(
        self, paths: Sequence[str | os.PathLike[str]] = (), wait: float = WAIT
    ) -> list[Undone]:
        """Restores what the last run replaced; see `undo.undo`.

        Args:
            paths: of pages and folders, as they are or were; none for the whole vault.
            wait: seconds to wait for another taiga-notes that writes the same vault.

        Raises:
            ConfigError: there is and was no such page, or the state folder can't be used.
            WriteError: another process writes the vault for longer than `wait` seconds.
        """
        from taiga_notes.vault.undo import UndoState, undo  # noqa: PLC0415  (one command needs it)

        with self.writing(wait) as writer:
            try:
                names = self._undoable(paths, writer.journal())
                return undo(self._notes, writer, UndoState(self._home), names)
            except OSError as error:
                raise unusable_state(self._home, error) from error

    def planned_undo(self, paths: Sequence[str | os.PathLike[str]] = ()) -> list[JournaledRun]:
        """What calls of `undo` would do; see `undo.planned`.

        Args:
            paths: see `undo`.

        Raises:
            ConfigError: as for `undo`.
        """
        from taiga_notes.vault.journal import Journal  # noqa: PLC0415  (one command needs it)
        from taiga_notes.vault.undo import planned  # noqa: PLC0415  (as above)

        try:
            journal = Journal(os.path.join(self._home, "journal"))
            return planned(self._notes, journal, self._undoable(paths, journal))
        except OSError as error:
            raise unusable_state(self._home, error) from error

    def _undoable(self, paths: Sequence[str | os.PathLike[str]], journal: Journal) -> list[str]:
        """The names of pages and folders that are there, or that runs replaced something in."""
        from taiga_notes.vault.undo import name_of  # noqa: PLC0415  (as above)

        return [name_of(self._notes, journal, os.fspath(path)) for path in paths] or [""]

    def bodies(self) -> RememberedBodies:
        """What we wrote into baked sections."""
        from taiga_notes.vault.remembered_bodies import RememberedBodies  # noqa: PLC0415  (few pages have any)

        return RememberedBodies(bodies_file(self._home))


def _decoded(name: str, data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        if data.startswith(UTF16):
            found = "it is UTF-16"
        else:
            line = data.count(b"\n", 0, error.start) + 1
            found = f"byte {error.start} is {data[error.start]:#04x}, in line {line}"
        message = f"is left alone: it is not UTF-8 ({found})"
        raise WriteError(message, page=name, hint="save it as UTF-8") from error
