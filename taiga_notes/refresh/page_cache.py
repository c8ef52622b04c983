"""What the last runs found out about a vault's pages, so that they need not be looked at again.

    plain     pages without blocks: see `index`
    settled   pages whose blocks were rendered and did not change

A settled page stays so as long as these are the same: its own stamp, the circumstances (see
`circumstances`), and the lists that its blocks asked for. Lists are held against Taiga by their
stamps; in a run that asks nobody, the unchanged files of the store answer for them.

All of this is a cache. What is not remembered is looked at; losing it costs one slow run.
"""

from __future__ import annotations

import math
import os

from taiga_notes.errors import SourceError
from taiga_notes.refresh.fingerprint import older, stamps
from taiga_notes.refresh.page_record import PageRecord, SettledPage, Shelf
from taiga_notes.refresh.plain_pages import TICK, PlainPages
from taiga_notes.system import clock
from taiga_notes.system.files import stamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from taiga_notes.model.rows import Listing, Source
    from taiga_notes.refresh.page_record import Listed
    from taiga_notes.system.files import Stamp


class PageCache:
    """What is remembered of one vault, loaded when made.

    Args:
        home: the folder for what we remember of the vault.
        words: see `circumstances.words`.
        source: gives whom to ask for lists; called once one has to be asked for.
        alone: whether the store may answer for its lists, as nobody else is to be asked.
        now: when the run begins, in Unix seconds: the store may answer for what is current still;
            infinite where all is to be asked for.

    Attributes:
        index: the plain pages.
        holds: whether the circumstances are those in which pages were remembered.
        trusts: whether the store is the one that was looked at then, so that nobody need be asked.
        exclude: the vault's exclusions, if the circumstances hold.
        age: how old the store's rows are, in words, if it is trusted.
    """

    def __init__(
        self,
        home: str,
        words: list[str],
        source: Callable[[], Source],
        *,
        alone: bool = False,
        now: float = math.inf,
    ) -> None:
        self._path = os.path.join(home, "settled")
        self._begun = clock.nanoseconds() - TICK
        self._source = source
        self._words = words
        self.index = PlainPages(os.path.join(home, "index"))
        record = PageRecord.read(self._path)
        self.holds = record.words == words and record.files == stamps(record.files)
        self._record = record if self.holds else PageRecord()
        shelf = self._record.shelf
        current = alone or shelf.since <= now < shelf.until
        self.trusts = current and bool(shelf.files) and shelf.files == stamps(shelf.files)
        self.exclude = self._record.exclude
        self.age = shelf.age if self.trusts else ""
        self._met: dict[str, SettledPage] = {}
        self._same = dict.fromkeys(shelf.known, True) if self.trusts else {}

    def is_settled(self, name: str, status: Callable[[], os.stat_result]) -> bool:
        """Whether a page was settled the last time and is still the same.

        Args:
            name: the page's.
            status: gives the file's status; called where the page was settled.

        Raises:
            OSError: as `status` does.
        """
        page = self._record.pages.get(name)
        if page is None or page.stamp != stamp(status()):
            return False
        self._met[name] = page
        return True

    def blocks(self, name: str) -> int | None:
        """How many blocks a page has that need not be rendered; None if it has to be.

        Args:
            name: of a page that a search came upon.
        """
        page = self._met.get(name)
        if page is None:
            return None
        if all(map(self._is_same, page.lists)):
            return page.blocks
        del self._met[name]
        return None

    def add(self, name: str, stamp: Stamp, blocks: int, lists: Iterable[Listing]) -> None:
        """Remembers a page that was rendered and did not change.

        Args:
            name: the page's.
            stamp: the file's when it was read.
            blocks: how many it has.
            lists: what they asked for.
        """
        if not older({name: stamp}, self._begun):
            return
        listed = [one for one in map(self._listed, lists) if one[-1]]
        self._same.update(dict.fromkeys(listed, True))
        self._met[name] = SettledPage(stamp, blocks, listed)

    def save(
        self,
        circumstances: Callable[[], tuple[Iterable[str], Sequence[str]]],
        shelf: Shelf | None = None,
    ) -> None:
        """Writes what is new, if it can be relied on: nothing changed while the run was at it.

        Args:
            circumstances: gives the files that count, and the vault's exclusions; called where
                they are not known yet.
            shelf: Taiga's store, if lists were looked at there that may be relied on later.
        """
        self.index.save()
        old, new = self._record, PageRecord(self._words)
        new.pages = self._met if self.index.whole else old.pages | self._met
        if new.pages == old.pages and (self.trusts or shelf is None or not new.pages):
            return
        files, new.exclude = (old.files, old.exclude) if self.holds else circumstances()
        new.files = stamps(files)
        if not older(new.files, self._begun) or (self.holds and new.files != old.files):
            return
        new.shelf = self._shelved(shelf)
        new.write(self._path)

    def _shelved(self, found: Shelf | None) -> Shelf:
        """What is to be remembered of the store: as old as the oldest that was relied on."""
        relied = self._record.shelf if self.trusts else None
        shelves = [shelf for shelf in (found, relied) if shelf is not None]
        if not shelves or not older(shelves[0].files, self._begun):
            return Shelf({})
        known = (listed for listed, same in self._same.items() if same)
        oldest = min(shelves, key=lambda shelf: shelf.since)
        return Shelf(shelves[0].files, known, oldest.age, oldest.since, oldest.until)

    def _is_same(self, listed: Listed) -> bool:
        """Whether a list is the one that it was."""
        if listed not in self._same:
            from taiga_notes.model.rows import Listing  # noqa: PLC0415  (only if one has to be asked for)

            try:
                self._same[listed] = self._listed(Listing(*listed[:4])) == listed
            except SourceError:
                # Whatever it is, the page is to tell of it.
                self._same[listed] = False
        return self._same[listed]

    def _listed(self, listing: Listing) -> Listed:
        from taiga_notes.refresh.dependencies import stamp_of  # noqa: PLC0415  (as above)

        stamp = stamp_of(self._source(), listing)
        return listing.kind, listing.project, listing.filters, listing.path, stamp
