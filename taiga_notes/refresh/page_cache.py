"""What the last runs found out about a vault's pages, so that they need not be looked at again.

    plain     pages without blocks, by their stamps alone
    settled   pages whose blocks were rendered and did not change

A settled page stays so as long as these are the same: its own stamp, the fingerprint of all else
that decides what it holds (see `fingerprint`), and the lists that its blocks asked for. Lists are
held against Taiga by their stamps; in a run that asks nobody, the unchanged files of the store
answer for them.

All of this is a cache, in one file a vault. What is not remembered is looked at; a file that is
missing, of another version or damaged in any way costs one slow run, and no more. Two processes
that write it at once cost as much: the later one wins, and all that it wrote is true.
"""

from __future__ import annotations

import math
import os
from contextlib import suppress
from zlib import crc32

from taiga_notes.errors import SourceError
from taiga_notes.refresh.fingerprint import Fingerprint, older, stamps
from taiga_notes.system import clock
from taiga_notes.system.files import stamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from taiga_notes.model.rows import Listing, Source
    from taiga_notes.refresh.dependencies import ListState
    from taiga_notes.refresh.fingerprint import Stamps
    from taiga_notes.system.files import Stamp

    StampedList = str
    """A `Listing`'s parts and the stamp that the list had, as JSON."""

    SettledPage = tuple[Stamp, int, tuple[StampedList, ...]]
    """The file's stamp, how many blocks it has, and what they asked for."""

TICK = 2_000_000_000
"""Nanoseconds: the coarsest clock of a file system (FAT's). A page that changed so shortly before
we looked may change again without its stamp showing it, and is not remembered (git calls such
entries racily clean)."""

_TELLS_INODES = os.name != "nt"

LARGEST = 64 * 1024 * 1024
"""Bytes of the largest file that is loaded: pages by the million."""

SLACK = 100
"""How many plain pages that are gone are kept in mind at least, for the file need not be written
each time that one goes."""

_MAGIC = b"taiga-notes pages 3\n".ljust(24) + hash((1, 2**40, 3)).to_bytes(8, "little", signed=True)
"""With a number by which we see that Python makes the same ones of the same stamps."""

_SUM, _LENGTH = 4, 8
"""Bytes of the checksum behind it, of all that follows; and of the length of what is settled."""


class KnownStore:
    """The state of Taiga's store in which its lists are known.

    Attributes:
        files: the store, and what says whose it is.
        age: how old its rows are, in words.
        since: when the oldest of them was held against Taiga, in Unix seconds.
        until: up to when they count as current.
        lists: those that are in it just so.
    """

    __slots__ = ("age", "files", "lists", "since", "until")

    def __init__(
        self,
        files: Stamps,
        age: str = "",
        since: float = 0.0,
        until: float = 0.0,
        lists: Iterable[StampedList] = (),
    ) -> None:
        self.files = files
        self.age = age
        self.since = since
        self.until = until
        self.lists = frozenset(lists)


class PageCache:
    """What is remembered of one vault, loaded when made.

    Args:
        path: the file; it need not exist and may hold anything.
        words: see `fingerprint.words`.
        source: gives whom to ask for lists; called once one has to be asked for.
        now: when the run begins, in Unix seconds: the store answers for what is current still.
            None where it answers for everything, as nobody else is to be asked; infinite where it
            answers for nothing.

    Attributes:
        whole: set once the whole vault has been walked: pages that were not met are then forgotten.
        holds: whether the fingerprint is that with which pages were remembered.
        trusts: whether the store is the one that was looked at then, so that nobody need be asked.
        exclude: the vault's exclusions, if the fingerprint holds.
        age: how old the store's rows are, in words, if it is trusted.
    """

    def __init__(
        self,
        path: str,
        words: list[str],
        source: Callable[[], Source],
        now: float | None = math.inf,
    ) -> None:
        self._path = path
        self._before = clock.nanoseconds() - TICK
        self._words = words
        self._source = source
        self._text, self._plain = _read(path)
        self._kept: list[int] = []
        self._fresh: list[int] = []
        self.whole = False
        known = _Settled.read(self._text)
        self.holds = known.fingerprint.holds(words)
        self._known = known if self.holds else _Settled(Fingerprint(words, {}))
        store = self._known.store
        current = now is None or store.since <= now < store.until
        self.trusts = current and bool(store.files) and store.files == stamps(store.files)
        self.exclude = self._known.exclude
        self.age = store.age if self.trusts else ""
        self._met: dict[str, SettledPage] = {}
        self._same = dict.fromkeys(store.lists, True) if self.trusts else {}

    def unknown(self, entries: list[os.DirEntry[str]]) -> list[os.DirEntry[str]]:
        """Those that are not known to be plain pages."""
        known, keep = self._plain, self._kept.append
        if not known:
            return entries
        rest = []
        for entry in entries:
            try:
                number = hash(stamp(entry.stat()))
            except OSError:
                rest.append(entry)
                continue
            if number in known:
                keep(number)
            else:
                rest.append(entry)
        return rest

    def add_plain(self, stamp: Stamp) -> None:
        """Remembers a page without blocks.

        One number a page: no names, so that 10,000 load in less than a millisecond, and a page
        that moves is still known.
        """
        # Where folders do not tell inodes, too much would look alike.
        if older([stamp], self._before) and stamp[3] and _TELLS_INODES:
            self._fresh.append(hash(stamp))

    def is_settled(self, name: str, status: Callable[[], os.stat_result]) -> bool:
        """Whether a page was settled the last time and is still the same.

        Args:
            name: the page's.
            status: gives the file's status; called where the page was settled.

        Raises:
            OSError: as `status` does.
        """
        page = self._known.pages.get(name)
        if page is None or page[0] != stamp(status()):
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
        _, count, lists = page
        if all(map(self._is_same, lists)):
            return count
        del self._met[name]
        return None

    def add(self, name: str, stamp: Stamp, blocks: int, lists: Mapping[Listing, ListState]) -> None:
        """Remembers a page that was rendered and did not change.

        Args:
            name: the page's.
            stamp: the file's when it was read.
            blocks: how many it has.
            lists: what they asked for, and what that was like.
        """
        if not older([stamp], self._before):
            return
        # Rows without a stamp are a file's, which is part of the fingerprint.
        stamped = tuple(_stamped(each, state) for each, state in lists.items() if state)
        self._same.update(dict.fromkeys(stamped, True))
        self._met[name] = stamp, blocks, stamped

    def save(
        self,
        deciding: Callable[[], tuple[Iterable[str], Sequence[str]]],
        store: KnownStore | None = None,
    ) -> None:
        """Writes what is new, if it can be relied on: nothing changed while the run was at it.

        Args:
            deciding: gives the files of the fingerprint, and the vault's exclusions; called where
                they are not known yet.
            store: Taiga's, if lists were looked at there that may be relied on later.
        """
        plain, settled = self._new_plain(), self._new_settled(deciding, store)
        if plain is None and settled is None:
            return
        text = self._text if settled is None else settled.text()
        _write(self._path, text, [*self._plain] if plain is None else plain)

    def _new_plain(self) -> list[int] | None:
        """The numbers of plain pages, if it is worth writing them."""
        if not self.whole:
            return [*self._plain, *self._fresh] if self._fresh else None
        numbers = [*self._kept, *self._fresh]
        stale = len(self._plain) > 2 * len(numbers) + SLACK
        return numbers if self._fresh or stale else None

    def _new_settled(
        self,
        deciding: Callable[[], tuple[Iterable[str], Sequence[str]]],
        store: KnownStore | None,
    ) -> _Settled | None:
        """What is settled, if it is worth writing and can be relied on."""
        old = self._known
        pages = self._met if self.whole else old.pages | self._met
        if pages == old.pages and (self.trusts or store is None or not pages):
            return None
        files, exclude = (old.fingerprint.files, old.exclude) if self.holds else deciding()
        now = stamps(files)
        if not older(now.values(), self._before) or (self.holds and now != old.fingerprint.files):
            return None
        return _Settled(Fingerprint(self._words, now), exclude, pages, self._new_store(store))

    def _new_store(self, found: KnownStore | None) -> KnownStore:
        """What is to be remembered of the store: as old as the oldest that was relied on."""
        relied = self._known.store if self.trusts else None
        stores = [store for store in (found, relied) if store is not None]
        if not stores or not older(stores[0].files.values(), self._before):
            return KnownStore({})
        oldest = min(stores, key=lambda store: store.since)
        same = (each for each, is_same in self._same.items() if is_same)
        return KnownStore(stores[0].files, oldest.age, oldest.since, oldest.until, same)

    def _is_same(self, known: StampedList) -> bool:
        """Whether a list is the one that it was."""
        if known not in self._same:
            from taiga_notes.refresh.dependencies import stamp_of  # noqa: PLC0415  (only to ask)

            listing, stamp = _list_of(known)
            try:
                self._same[known] = stamp_of(self._source(), listing) == stamp
            except SourceError:
                # Whatever it is, the page is to tell of it.
                self._same[known] = False
        return self._same[known]


class _Settled:
    """What is remembered of settled pages; in the file, as JSON.

    Args:
        fingerprint: with which they were remembered.
        exclude: the vault's exclusions.
        pages: by name.
        store: Taiga's store; without files where there is none to be relied on.
    """

    __slots__ = ("exclude", "fingerprint", "pages", "store")

    def __init__(
        self,
        fingerprint: Fingerprint,
        exclude: Sequence[str] = (),
        pages: dict[str, SettledPage] | None = None,
        store: KnownStore | None = None,
    ) -> None:
        self.fingerprint = fingerprint
        self.exclude = exclude
        self.pages = {} if pages is None else pages
        self.store = KnownStore({}) if store is None else store

    @classmethod
    def read(cls, text: bytes) -> _Settled:
        """What was written; nothing of what can't have been."""
        if not text:
            return cls(Fingerprint([], {}))
        from json import loads  # noqa: PLC0415  (where no page is settled, there is nothing to read)

        try:
            return cls._of(loads(text))
        except (ValueError, TypeError, LookupError, AttributeError, RecursionError):
            return cls(Fingerprint([], {}))

    @classmethod
    def _of(cls, document: dict[str, Any]) -> _Settled:
        lists = document["lists"]
        files, age, since, until, known = document["store"]
        pages = {
            name: (_stamp(*stamp), blocks, tuple([lists[number] for number in numbers]))
            for name, (stamp, blocks, numbers) in document["pages"].items()
        }
        return cls(
            Fingerprint(document["words"], _stamps(document["files"])),
            document["exclude"],
            pages,
            KnownStore(_stamps(files), age, since, until, map(lists.__getitem__, known)),
        )

    def text(self) -> bytes:
        """As it is written."""
        from json import dumps  # noqa: PLC0415  (seldom needed)

        numbers: dict[StampedList, int] = {}

        def numbered(lists: Iterable[StampedList]) -> list[int]:
            return [numbers.setdefault(each, len(numbers)) for each in lists]

        store = self.store
        document = {
            "words": self.fingerprint.words,
            "files": self.fingerprint.files,
            "exclude": self.exclude,
            "store": (store.files, store.age, store.since, store.until, numbered(store.lists)),
            "pages": {
                name: (stamp, blocks, numbered(lists))
                for name, (stamp, blocks, lists) in self.pages.items()
            },
            "lists": [*numbers],
        }
        return dumps(document).encode()


def _stamped(listing: Listing, stamp: str) -> StampedList:
    from json import dumps  # noqa: PLC0415  (as above)

    return dumps([listing.kind, listing.project, listing.filters, listing.path, stamp])


def _list_of(known: StampedList) -> tuple[Listing, str]:
    """The list, and the stamp that it had."""
    from json import loads  # noqa: PLC0415  (as above)

    from taiga_notes.model.rows import Listing  # noqa: PLC0415  (as in `_is_same`)

    kind, project, filters, path, stamp = loads(known)
    return Listing(kind, project, tuple(map(tuple, filters)), path), stamp


def _stamps(found: dict[str, list[int] | None]) -> Stamps:
    return {path: None if each is None else _stamp(*each) for path, each in found.items()}


def _stamp(mtime: int, ctime: int, size: int, inode: int) -> Stamp:
    return mtime, ctime, size, inode


def _read(path: str) -> tuple[bytes, set[int]]:
    """What a file says of settled pages, and the numbers of plain ones."""
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST)
    except OSError:
        return b"", set()
    begin = len(_MAGIC) + _SUM
    body = data[begin:]
    if data[:begin] != _MAGIC + _sum(body):
        return b"", set()
    end = _LENGTH + int.from_bytes(body[:_LENGTH], "little")
    return body[_LENGTH:end], set(memoryview(body)[end:].cast("q"))


def _write(path: str, text: bytes, numbers: list[int]) -> None:
    from array import array  # noqa: PLC0415  (seldom needed)

    from taiga_notes.system.atomic_write import write_cache  # noqa: PLC0415  (as above)
    from taiga_notes.system.folders import PRIVATE, make_folder  # noqa: PLC0415  (as above)

    with suppress(OSError):  # where there can be no folder, there is no file
        make_folder(os.path.dirname(path), PRIVATE)
    body = len(text).to_bytes(_LENGTH, "little") + text + array("q", numbers).tobytes()
    write_cache(path, _MAGIC + _sum(body) + body)


def _sum(data: bytes) -> bytes:
    return crc32(data).to_bytes(_SUM, "little")
